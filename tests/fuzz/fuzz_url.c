/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_url.c - what a user can write as a URL.
 *
 * Checked besides what the sanitizers see: an error has its code and one clean
 * line; what was taken is in bounds and, written again and read again, is the
 * same address.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"

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
check_error(int rv, const struct weft_error *err, const char *begins)
{
	size_t len;
	size_t i;

	CHECK(rv == WEFT_EURL);
	CHECK(err->code == rv);
	len = strnlen(err->text, sizeof(err->text));
	CHECK(len < sizeof(err->text));
	CHECK(strncmp(err->text, begins, strlen(begins)) == 0);
	for (i = 0; i < len; i++)
		CHECK((unsigned char)err->text[i] >= 0x20);
}

static void
check_round_trip(const struct wi_url *url)
{
	struct sockaddr_storage addr;
	struct sockaddr_storage addr_again;
	struct weft_error err;
	struct wi_url again;
	socklen_t len;
	socklen_t len_again;
	char text[128];
	int rv;

	rv = wi_url_address(url, &addr, &len, &err);
	if (rv != WEFT_OK) {
		check_error(rv, &err, "host: expected ");
		return;
	}
	wi_url_format(text, sizeof(text), url->transport, url->codec, &addr);
	rv = wi_url_parse(text, &again, &err);
	CHECK(rv == WEFT_OK);
	CHECK(strcmp(again.transport, url->transport) == 0);
	CHECK(strcmp(again.codec,
		  strcmp(url->codec, "raw") == 0 ? "" : url->codec) == 0);
	CHECK(again.port == url->port);
	rv = wi_url_address(&again, &addr_again, &len_again, &err);
	CHECK(rv == WEFT_OK);
	CHECK(len_again == len);
	CHECK(memcmp(&addr_again, &addr, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_error err;
	struct wi_url url;
	char *text;
	int rv;

	text = malloc(size + 1);
	CHECK(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';

	rv = wi_url_parse(text, &url, &err);
	if (rv == WEFT_OK) {
		CHECK(strnlen(url.transport, WI_URL_NAME_MAX) > 0);
		CHECK(
		    strnlen(url.transport, WI_URL_NAME_MAX) < WI_URL_NAME_MAX);
		CHECK(strnlen(url.codec, WI_URL_NAME_MAX) < WI_URL_NAME_MAX);
		CHECK(strnlen(url.host, WI_URL_HOST_MAX) < WI_URL_HOST_MAX);
		check_round_trip(&url);
	} else {
		check_error(rv, &err, "URL \"");
		CHECK(wi_url_parse(text, &url, NULL) == rv);
	}
	free(text);
	return 0;
}
