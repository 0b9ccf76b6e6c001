/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_admin_request.c - lines that are asked of the admin socket.
 *
 * Checked besides what the sanitizers see: an error has its code and its
 * words; what was taken is in bounds and in order, and written again as JSON
 * strings it says the same.
 */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/admin_request.h"

#define CHECK(condition)                                                      \
	do {                                                                  \
		if (!(condition)) {                                           \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,    \
			    #condition);                                      \
			abort();                                              \
		}                                                             \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_again(const struct wi_admin_request *request)
{
	static char line[8 * WI_REQUEST_MAX];
	static struct wi_admin_request again;
	struct weft_error err;
	size_t at = 6;
	unsigned i;
	json_t *json;

	memcpy(line, "weft/1", 6);
	for (i = 0; i < request->nwords; i++) {
		line[at++] = ' ';
		json = json_string(request->words[i]);
		CHECK(json != NULL);
		at += json_dumpb(
		    json, line + at, sizeof(line) - at, JSON_ENCODE_ANY);
		json_decref(json);
	}
	if (at >= WI_REQUEST_MAX) {
		CHECK(
		    wi_admin_request_parse(line, at, &again, &err) == -E2BIG);
		return;
	}
	CHECK(wi_admin_request_parse(line, at, &again, &err) == WEFT_OK);
	CHECK(again.nwords == request->nwords);
	for (i = 0; i < again.nwords; i++)
		CHECK(strcmp(again.words[i], request->words[i]) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wi_admin_request request;
	struct weft_error err = { 0 };
	const char *args[2];
	unsigned i;
	int rv;

	rv = wi_admin_request_parse((const char *)data, size, &request, &err);
	if (rv < 0) {
		CHECK(err.code == rv && err.text[0] != '\0');
		return 0;
	}
	CHECK(request.nwords >= 1 && request.nwords <= WI_REQUEST_WORDS);
	for (i = 0; i < request.nwords; i++)
		CHECK(request.words[i] >= request.text &&
		    request.words[i] + strlen(request.words[i]) <
			request.text + sizeof(request.text));
	check_again(&request);
	rv = wi_admin_request_check(
	    &request, 0, 2, "listener plugin limit", args, &err);
	CHECK(rv == WEFT_OK || rv == -EINVAL);
	return 0;
}
