/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/ws_hello_feed.h - feed a WebSocket codec a handshake, in every
 * way, and what a server's answer to one must be.
 */
#ifndef TESTS_WS_HELLO_FEED_H
#define TESTS_WS_HELLO_FEED_H

#include "ws_feed.h"

#include "check_main.h"

/* A server that is begun, fed in one way. */
static inline void
hello_feed_way(const struct weft_codec_place *place, const uint8_t *script,
    size_t len, const struct codec_way *way, struct ws_feed *feed)
{
	ws_feed_begin(feed, false, 1u << 20, place);
	ws_feed_script(feed, script, len, way);
}

/* In every way; *feed is what feeding it whole brought, ws_feed_free() it. */
static inline void
hello_feed_all(const struct weft_codec_place *place, const void *script,
    size_t len, struct ws_feed *feed)
{
	struct codec_way way = { .name = "whole", .bytes_from = SIZE_MAX };
	struct ws_feed again;
	size_t i;

	hello_feed_way(place, script, len, &way, feed);
	way.name = "split in two";
	for (i = 1; i < len; i = codec_split_next(i, len)) {
		way.split = i;
		hello_feed_way(place, script, len, &way, &again);
		ws_feed_same(feed, &again, &way);
		ws_feed_free(&again);
	}
	way = (struct codec_way){ .name = "one byte at a time" };
	for (i = 0; i < 8; i++) {
		hello_feed_way(place, script, len, &way, &again);
		ws_feed_same(feed, &again, &way);
		ws_feed_free(&again);
		way.name = "in random chunks";
		way.bytes_from = SIZE_MAX;
		way.random = (uint32_t)(i + 1) * 2654435761u;
	}
}

/* The answer as text; it stays until the next call. */
static inline const char *
hello_answer(const struct ws_feed *seen)
{
	static char text[1025];
	const struct ws_event *event;

	ck_assert_uint_ge(seen->nevents, 1);
	event = ws_seen(seen, 0);
	ck_assert_int_eq(event->kind, WS_SEEN_ANSWER);
	memcpy(text, seen->bytes.data + event->offset, event->len);
	text[event->len] = '\0';
	ck_assert_uint_eq(strlen(text), event->len);
	return text;
}

/* RFC 6455, section 4.2.2, point 5: nothing else is in it. */
static inline void
hello_is_accepted(
    const struct ws_feed *seen, const char *accept, const char *protocol)
{
	char expected[512];

	ck_assert(!seen->ended);
	ck_assert(seen->open);
	(void)snprintf(expected, sizeof(expected),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
	    accept, protocol == NULL ? "" : "Sec-WebSocket-Protocol: ",
	    protocol == NULL ? "" : protocol, protocol == NULL ? "" : "\r\n");
	ck_assert_str_eq(hello_answer(seen), expected);
	ck_assert_int_eq(ws_seen(seen, 1)->kind, WS_SEEN_OPEN);
}

/* It begins so, says that there is no more, and that is all. */
static inline void
hello_is_refused(const struct ws_feed *seen, const char *begins)
{
	static const char ends[] =
	    "Connection: close\r\nContent-Length: 0\r\n\r\n";
	const char *answer;

	ck_assert(seen->ended);
	ck_assert(!seen->open);
	ck_assert_int_eq(seen->error, WEFT_EMALFORMED);
	ck_assert_ptr_nonnull(seen->why);
	ck_assert_uint_eq(seen->nevents, 1);
	answer = hello_answer(seen);
	ck_assert_uint_ge(strlen(answer), strlen(ends));
	ck_assert_msg(strncmp(answer, begins, strlen(begins)) == 0,
	    "expected \"%s\", found \"%s\"", begins, answer);
	ck_assert_str_eq(answer + strlen(answer) - strlen(ends), ends);
	/* Nothing between the two. */
	if (strchr(begins, '\n') != NULL)
		ck_assert_uint_eq(
		    strlen(answer), strlen(begins) + strlen(ends));
}

/* A right request of so many bytes: begins NULL: accepted. */
static inline void
hello_of_length(
    const struct weft_codec_place *place, size_t len, const char *begins)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct ws_feed seen;

	/* In front of the empty line. */
	codec_bytes_add(&script, ws_feed_request, sizeof(ws_feed_request) - 3);
	codec_bytes_add(&script, "X: ", 3);
	while (script.len < len - 4)
		codec_bytes_add(&script, "x", 1);
	codec_bytes_add(&script, "\r\n\r\n", 4);
	hello_feed_all(place, script.data, script.len, &seen);
	if (begins != NULL)
		hello_is_refused(&seen, begins);
	else
		hello_is_accepted(&seen, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", NULL);
	ws_feed_free(&seen);
	codec_bytes_free(&script);
}

#endif
