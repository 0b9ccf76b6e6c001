/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url_cut.h - what url.c and its url_*.c share: pieces of the text, and
 * how to say what is wrong with one.
 *
 * thread: any (pure).
 */
#ifndef WI_URL_CUT_H
#define WI_URL_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/url.h"

/* A piece of the text. */
struct wi_url_span {
	const char *at;
	size_t len;
};

/* What every step needs to report an error. */
struct wi_url_cut {
	const char *text; /* the whole URL */
	uint32_t use;     /* WI_URL_LISTEN or WI_URL_CONNECT */
	struct weft_error *err;
};

/* wi_url_bad() - returns WEFT_EURL. */
int wi_url_bad(const struct wi_url_cut *cut, const char *expected,
    struct wi_url_span found);

/* wi_url_options() - name[=value][&name[=value]]..., of a URL whose transport
 * is known. */
int wi_url_options(
    const struct wi_url_cut *cut, const char *options, struct wi_url *url);

/* wi_url_transport() - sets is, web and tls by the transport's name; one that
 * is not known leaves them. */
void wi_url_transport(struct wi_url *url);

/* wi_url_word() - a value that is one of a few words; false: it is none. */
bool wi_url_word(enum wi_url_kind kind, const char *value, uint64_t *out);

/* wi_url_text() - where the value of an option is kept that is a text; NULL:
 * it is none. */
char *wi_url_text(struct wi_url *url, unsigned option);

/* wi_url_fallbacks() - all options as if none was written. */
void wi_url_fallbacks(struct wi_url *url);

#endif
