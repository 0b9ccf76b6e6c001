/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_url.c - what a user can write as a URL.
 *
 * The first byte of an input chooses: for a listener or a connection, and with
 * which beginning, so that all transports are reached soon.
 *
 * Checked besides what the sanitizers see: an error has its code and one clean
 * line; what was taken is in bounds, each option where it belongs and within
 * its range; and written again and read again it is the same place.
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

/* As it stands, and each transport up to its place or its options. */
static const char *const beginnings[] = { "", "tcp://", "tcp+varint://h:1?",
	"tcp://[", "unix://", "unix:///x?", "udp://", "udp://h:1?",
	"udp+multicast://", "udp+multicast://224.0.0.1:1?" };

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
check_text(const char *text, size_t size)
{
	CHECK(strnlen(text, size) < size);
}

static void
check_parts(const struct wi_url *url)
{
	check_text(url->transport, sizeof(url->transport));
	CHECK(url->transport[0] != '\0');
	check_text(url->codec, sizeof(url->codec));
	check_text(url->host, sizeof(url->host));
	check_text(url->path, sizeof(url->path));
	check_text(url->bind_device, sizeof(url->bind_device));
	check_text(url->source, sizeof(url->source));
	check_text(url->owner, sizeof(url->owner));
	check_text(url->interface, sizeof(url->interface));
	CHECK(url->multicast == (url->is == WI_URL_MULTICAST));
	CHECK((url->path[0] != '\0') == (url->is == WI_URL_UNIX));
	CHECK(!url->abstract || url->is == WI_URL_UNIX);
	CHECK(url->is != WI_URL_UNIX || url->host[0] == '\0');
	CHECK(url->is != WI_URL_UNIX || url->abstract || url->path[0] == '/');
}

static void
check_options(const struct wi_url *url, uint32_t use, const char *text)
{
	const struct wi_url_option_info *info;
	unsigned i;

	for (i = 0; (info = wi_url_option_info(i)) != NULL; i++) {
		if (!wi_url_given(url, (enum wi_url_option)i)) {
			CHECK(
			    wi_url_number(url, (enum wi_url_option)i, 7) == 7);
			continue;
		}
		CHECK((info->where & url->is) != 0);
		CHECK((info->where & use) != 0);
		CHECK(url->numbers[i] >= info->min);
		CHECK(url->numbers[i] <= info->max);
		CHECK(strstr(text, info->name) != NULL);
	}
	CHECK((uint64_t)url->given >> i == 0);
}

/* Written again and read again, it is the same URL without its options. */
static void
check_round_trip(const struct wi_url *url, uint32_t use)
{
	struct sockaddr_storage addr = { 0 }, addr_again = { 0 };
	struct weft_error err;
	struct wi_url again;
	socklen_t len = 0, len_again = 0;
	char text[256], twice[256];
	int rv;

	rv = url->is == WI_URL_UNIX ? WEFT_OK :
				      wi_url_address(url, &addr, &len, &err);
	if (rv != WEFT_OK) {
		check_error(rv, &err, "host: expected ");
		return;
	}
	wi_url_format(text, sizeof(text), url, &addr);
	CHECK(strlen(text) < sizeof(text) - 1);
	CHECK(wi_url_parse(text, use, &again, &err) == WEFT_OK);
	CHECK(strcmp(again.transport, url->transport) == 0);
	CHECK(strcmp(again.codec,
		  strcmp(url->codec, "raw") == 0 ? "" : url->codec) == 0);
	CHECK(again.is == url->is);
	CHECK(again.port == url->port);
	CHECK(again.abstract == url->abstract);
	CHECK(strcmp(again.path, url->path) == 0);
	CHECK(again.given == 0);
	if (url->is != WI_URL_UNIX) {
		rv = wi_url_address(&again, &addr_again, &len_again, &err);
		CHECK(rv == WEFT_OK);
		CHECK(len_again == len);
		CHECK(memcmp(&addr_again, &addr, sizeof(addr)) == 0);
	}
	wi_url_format(twice, sizeof(twice), &again, &addr_again);
	CHECK(strcmp(twice, text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t nbeginnings = sizeof(beginnings) / sizeof(beginnings[0]);
	const char *begin;
	struct weft_error err;
	struct wi_url url;
	uint32_t use;
	size_t len;
	char *text;
	int rv;

	if (size == 0)
		return 0;
	use = (data[0] & 1) != 0 ? WI_URL_CONNECT : WI_URL_LISTEN;
	begin = beginnings[(data[0] >> 1) % nbeginnings];
	len = strlen(begin);
	text = malloc(len + size); /* no byte more */
	CHECK(text != NULL);
	memcpy(text, begin, len);
	memcpy(text + len, data + 1, size - 1);
	text[len + size - 1] = '\0';

	memset(&url, 0xa5, sizeof(url));
	rv = wi_url_parse(text, use, &url, &err);
	if (rv == WEFT_OK) {
		check_parts(&url);
		check_options(&url, use, text);
		check_round_trip(&url, use);
	} else {
		check_error(rv, &err, "URL \"");
		CHECK(wi_url_parse(text, use, &url, NULL) == rv);
	}
	free(text);
	return 0;
}
