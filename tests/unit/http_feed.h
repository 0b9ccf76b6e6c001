/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/http_feed.h - a client's bytes, as codec/http sees them: whole,
 * split at every position, one byte at a time.
 *
 * Every call of decode() gets them in a block of just their size, so a
 * sanitizer sees one byte read too many.
 */
#ifndef TESTS_HTTP_FEED_H
#define TESTS_HTTP_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "codec/http.h"

#ifndef HTTP_FEED_FAIL
#include <check.h>
#define HTTP_FEED_FAIL(...) ck_abort_msg(__VA_ARGS__)
#endif

#define HTTP_FEED_BODY 1000u /* [bytes] that a body may have */

/* What it brought. */
struct http_feed {
	char said[24576]; /* "GET /a [body]", each request a line */
	size_t len;       /* [bytes] of it */
	unsigned nrequests;
	unsigned ncontinues;
	unsigned status; /* that ends it; 0: none does */
	int error;
	char last[256]; /* what end() writes for it */
	size_t kept;    /* [bytes] the most that had to be kept */
	unsigned npieces;
	size_t longest; /* [bytes] of a piece */
};

static inline void
http_feed_say(struct http_feed *feed, const void *data, size_t len)
{
	if (len >= sizeof(feed->said) - feed->len)
		HTTP_FEED_FAIL("more is said than there is room for");
	if (len > 0)
		memcpy(feed->said + feed->len, data, len);
	feed->len += len;
	feed->said[feed->len] = '\0';
}

/* A request, or its head alone. */
static inline void
http_feed_message(
    struct http_feed *feed, const uint8_t *at, const struct weft_cut *cut)
{
	struct wi_http_head head;
	uint32_t looked = 0;
	size_t len = wi_http_head_end(at, cut->len, &looked);
	const char *why;

	if (len == 0 || wi_http_head_parse(at, len, true, &head, &why) != 0)
		HTTP_FEED_FAIL("a request whose head is none");
	feed->nrequests++;
	if (cut->flags >> WI_HTTP_NUMBER_SHIFT != feed->nrequests)
		HTTP_FEED_FAIL("request %u has number %u", feed->nrequests,
		    cut->flags >> WI_HTTP_NUMBER_SHIFT);
	http_feed_say(feed, head.method.at, head.method.len);
	http_feed_say(feed, " ", 1);
	http_feed_say(feed, head.target.at, head.target.len);
	http_feed_say(feed, " [", 2);
	http_feed_say(feed, at + len, cut->len - len);
	if ((cut->flags & WI_HTTP_PART) == 0)
		http_feed_say(feed, "]\n", 2);
}

static inline void
http_feed_piece(
    struct http_feed *feed, const uint8_t *at, const struct weft_cut *cut)
{
	if (cut->flags >> WI_HTTP_NUMBER_SHIFT != feed->nrequests)
		HTTP_FEED_FAIL("a piece of another request");
	feed->npieces++;
	if (cut->len > feed->longest)
		feed->longest = cut->len;
	http_feed_say(feed, at, cut->len);
	if ((cut->flags & WI_HTTP_LAST) != 0)
		http_feed_say(feed, "]\n", 2);
}

/* One answer of decode(); false: nothing is to be asked before more comes. */
static inline bool
http_feed_one(struct http_feed *feed, const struct weft_codec *codec,
    void *state, uint8_t *pending, size_t *npending)
{
	struct weft_cut cut = { 0 };
	uint8_t *exact = malloc(*npending);
	int rv;

	if (exact == NULL)
		abort();
	memcpy(exact, pending, *npending);
	rv = codec->decode(
	    state, exact, *npending, HTTP_FEED_BODY + WI_HTTP_HEAD_MAX, &cut);
	if (cut.used > *npending || cut.answer_len > 1024)
		HTTP_FEED_FAIL("used %zu of %zu", cut.used, *npending);
	feed->ncontinues += cut.answer_len > 0;
	if (rv == WEFT_CUT_MESSAGE) {
		if (cut.offset + cut.len > cut.used)
			HTTP_FEED_FAIL("a message behind what is used up");
		if ((cut.flags & WI_HTTP_PIECE) != 0)
			http_feed_piece(feed, exact + cut.offset, &cut);
		else
			http_feed_message(feed, exact + cut.offset, &cut);
	} else if (rv == WEFT_CUT_END) {
		feed->status = cut.status;
		feed->error = cut.error;
		if (cut.why == NULL || cut.error >= 0)
			HTTP_FEED_FAIL("ended without a reason");
	} else if (rv == WEFT_CUT_SKIP ? cut.used == 0 : rv != WEFT_CUT_MORE) {
		HTTP_FEED_FAIL("decode() answers %d", rv);
	}
	memcpy(pending, exact, *npending);
	free(exact);
	*npending -= cut.used;
	memmove(pending, pending + cut.used, *npending);
	return rv != WEFT_CUT_MORE && feed->status == 0;
}

/* In parts: up to split, then of step bytes. */
static inline void
http_feed_by(struct http_feed *feed, const struct weft_codec *codec,
    const void *script, size_t len, size_t split, size_t step)
{
	struct wi_http state = { 0 };
	uint8_t *pending = malloc(len + 1);
	size_t at = 0, n, npending = 0;

	if (pending == NULL)
		abort();
	memset(feed, 0, sizeof(*feed));
	while (at < len && feed->status == 0) {
		n = at < split ? split - at : step;
		if (n > len - at)
			n = len - at;
		memcpy(pending + npending, (const uint8_t *)script + at, n);
		npending += n;
		at += n;
		while (npending > 0 &&
		    http_feed_one(feed, codec, &state, pending, &npending))
			continue;
		if (npending > feed->kept)
			feed->kept = npending;
	}
	n = codec->end(&state, WEFT_REASON_MALFORMED, (uint8_t *)feed->last);
	if (n >= sizeof(feed->last))
		HTTP_FEED_FAIL("end() writes %zu bytes", n);
	feed->last[n] = '\0';
	free(pending);
}

static inline void
http_feed(struct http_feed *feed, const void *script, size_t len, size_t split,
    size_t step)
{
	http_feed_by(feed, &wi_codec_http, script, len, split, step);
}

#endif
