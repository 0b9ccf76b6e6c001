/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/url_says.h - a URL that must be taken, and one that must be
 * refused with these words.
 */
#ifndef TESTS_URL_SAYS_H
#define TESTS_URL_SAYS_H

#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "check_main.h"

/* One of each transport, to put options behind. */
static const struct url_place {
	const char *text;
	uint32_t is;
} url_places[] = { { "tcp://h:1", WI_URL_TCP }, { "unix:///x", WI_URL_UNIX },
	{ "udp://h:1", WI_URL_UDP },
	{ "udp+multicast://224.0.0.1:1", WI_URL_MULTICAST },
	{ "ws://h:1/p", WI_URL_TCP | WI_URL_WS },
	{ "tls://h:1", WI_URL_TCP | WI_URL_TLS } };

#define URL_NPLACES CHECK_COUNT(url_places)

/* Its parts; what was in memory before does not matter. */
static inline struct wi_url
url_taken(const char *text, uint32_t use)
{
	struct weft_error err;
	struct wi_url url;
	int rv;

	memset(&url, 'x', sizeof(url));
	rv = wi_url_parse(text, use, &url, &err);
	ck_assert_msg(rv == WEFT_OK, "%s: %s", text, err.text);
	return url;
}

/* says: all that stands behind: URL "text": */
static inline void
url_refused(const char *text, uint32_t use, const char *says)
{
	struct weft_error err;
	struct wi_url url;
	char wanted[1024];
	char *at;
	int rv;

	memset(&err, 'x', sizeof(err));
	rv = wi_url_parse(text, use, &url, &err);
	ck_assert_msg(rv == WEFT_EURL, "%s is taken", text);
	ck_assert_int_eq(err.code, WEFT_EURL);
	snprintf(wanted, sizeof(wanted), "URL \"%.160s\": %s", text, says);
	for (at = wanted; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	ck_assert_str_eq(err.text, wanted);
	/* The same without anybody to tell. */
	ck_assert_int_eq(wi_url_parse(text, use, &url, NULL), WEFT_EURL);
}

#endif
