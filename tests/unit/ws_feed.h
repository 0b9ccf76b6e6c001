/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/ws_feed.h - feed a WebSocket codec a script of bytes, in every
 * way (as codec_feed.h does it for codecs without a handshake).
 *
 * The feeder is what weft/codec.h lets a framework be: bytes not used up stay
 * in front of those that come; they lie in a block of exactly their size at
 * each call; MORE is called again with more bytes behind, SKIP may use up none
 * if it has an answer; and no more is kept than the bound.  Whatever a codec
 * does against that fails the test.
 *
 * What comes of it is a list of events, and the frame that end() writes.  The
 * masks of a client's answers, which are random, are taken off first.
 */
#ifndef TESTS_WS_FEED_H
#define TESTS_WS_FEED_H

#include <stdbool.h>

#include "codec_feed.h"

#include "codec/codecs.h"
#include "codec/http_head.h"
#include "codec/inflate.h"
#include "codec/ws.h"

enum ws_kind {
	WS_SEEN_OPEN, /* its bytes are the head */
	WS_SEEN_MESSAGE,
	WS_SEEN_ANSWER
};

struct ws_event {
	enum ws_kind kind;
	uint32_t flags;
	size_t offset; /* in ws_feed.bytes */
	size_t len;
};

struct ws_feed {
	const struct weft_codec *codec;
	struct wi_ws *ws; /* a block of exactly its size */
	size_t max_message;
	bool client;
	bool obey_need;
	bool open;
	bool ended;

	uint8_t *pending; /* exactly npending bytes, NULL if that is 0 */
	size_t npending;
	size_t need;
	size_t shown;
	size_t kept; /* the most that were kept for MORE */
	unsigned ncalls;
	unsigned narrived;

	struct codec_bytes bytes;
	struct codec_bytes events; /* of struct ws_event */
	size_t nevents;
	size_t nmessages;

	int error; /* of END */
	uint32_t status;
	const char *why; /* words, or NULL */
	char words[200];
	uint8_t begun[1024]; /* what begin() wrote */
	size_t begun_len;
	uint8_t end[256]; /* what end() wrote */
	size_t end_len;
};

static const struct weft_codec_place ws_feed_place = { NULL, "", "", "", NULL,
	0, 0, 0, 0 };
static const struct weft_codec_place ws_feed_place_client = { "a.example",
	"/chat", "", "", NULL, 0, 0, 0, 0 };

/* What handshakes of ws_feed_open() are taken to have agreed on. */
static struct wi_ws_extension ws_feed_extension;

/* RFC 6455, section 1.3. */
static const char ws_feed_request[] =
    "GET /chat HTTP/1.1\r\nHost: server.example.com\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

/* ---- scripts */

/* A frame of the least length that it can have; its head is first, the length
 * and, masked, the key. */
static inline void
ws_add(struct codec_bytes *script, bool masked, unsigned first,
    const void *payload, size_t len)
{
	static const uint8_t key[4] = { 0x37, 0xfa, 0x21, 0x3d };
	const uint8_t *from = payload;
	uint8_t head[10] = { (uint8_t)first };
	size_t n = 2, i;

	if (len <= 125) {
		head[1] = (uint8_t)len;
	} else if (len <= 0xffff) {
		head[1] = 126;
		for (i = 0; i < 2; i++)
			head[n++] = (uint8_t)(len >> (8 - 8 * i));
	} else {
		head[1] = 127;
		for (i = 0; i < 8; i++)
			head[n++] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	}
	head[1] |= masked ? 0x80 : 0;
	codec_bytes_add(script, head, n);
	if (masked)
		codec_bytes_add(script, key, 4);
	codec_bytes_add(script, from, len);
	for (i = 0; masked && i < len; i++)
		script->data[script->len - len + i] ^= key[i % 4];
}

/* Take the mask off a control frame; it must have one if it is a client's. */
static inline size_t
ws_unmask(bool client, uint8_t *frame, size_t len)
{
	uint8_t key[4];
	size_t n, i;

	if (len < 2 || (frame[1] & 0x80u) / 0x80u != (unsigned)client)
		CODEC_FEED_FAIL("a frame of ours, of %zu bytes, is %smasked",
		    len, client ? "not " : "");
	if (!client)
		return len;
	n = frame[1] & 0x7fu;
	if (len != 6 + n)
		CODEC_FEED_FAIL("a frame of %zu bytes in %zu", n, len);
	memcpy(key, frame + 2, 4);
	for (i = 0; i < n; i++)
		frame[2 + i] = frame[6 + i] ^ key[i % 4];
	frame[1] &= 0x7f;
	return 2 + n;
}

/* ---- one endpoint */

static inline void
ws_feed_event(struct ws_feed *feed, enum ws_kind kind, const uint8_t *at,
    size_t len, uint32_t flags)
{
	struct ws_event event = { kind, flags, feed->bytes.len, len };

	codec_bytes_add(&feed->bytes, at, len);
	if (kind == WS_SEEN_ANSWER && feed->open)
		event.len = ws_unmask(
		    feed->client, feed->bytes.data + event.offset, len);
	codec_bytes_add(&feed->events, &event, sizeof(event));
	feed->nevents++;
	feed->nmessages += kind == WS_SEEN_MESSAGE;
}

/* The most that may be kept, by weft/codec.h; a head is kept in any case. */
static inline size_t
ws_feed_bound(const struct ws_feed *feed)
{
	size_t bound = 2 * feed->max_message + 1024;

	return !feed->open && bound < WI_HTTP_HEAD_MAX ? WI_HTTP_HEAD_MAX :
							 bound;
}

/* What weft/codec.h promises of every answer. */
static inline void
ws_feed_check(const struct ws_feed *feed, int rv, const struct weft_cut *cut)
{
	const char *bad = NULL;

	if (cut->used > feed->npending)
		bad = "uses more than there is";
	else if (cut->answer_len > 1024 ||
	    (cut->answer_len > 0 && cut->answer == NULL))
		bad = "not an answer to the peer";
	else if (rv != WEFT_CUT_MORE && feed->npending < feed->need)
		bad = "done before the bytes it needed were there";
	else if (rv == WEFT_CUT_MESSAGE &&
	    (cut->used == 0 || cut->offset > cut->used ||
		cut->len > cut->used - cut->offset))
		bad = "the message is not within the bytes used up";
	else if (rv == WEFT_CUT_MESSAGE &&
	    cut->len > ((cut->flags & WI_CODEC_INFLATES) != 0 ?
			       wi_inflate_wire_max(feed->max_message) :
			       feed->max_message))
		bad = "the message is longer than max_message";
	else if (rv == WEFT_CUT_SKIP && cut->used == 0 && cut->answer_len == 0)
		bad = "nothing is used up and nothing answered";
	else if (rv == WEFT_CUT_OPEN &&
	    (feed->open || cut->used == 0 || cut->offset > cut->used ||
		cut->len > cut->used - cut->offset))
		bad = "the handshake is not over once, within the bytes used";
	else if (rv == WEFT_CUT_MORE && cut->answer_len > 0)
		bad = "answers and wants more";
	else if (rv == WEFT_CUT_MORE && cut->need != 0 &&
	    cut->need <= feed->npending)
		bad = "needs no more than it has";
	else if (rv == WEFT_CUT_MORE &&
	    (feed->npending > ws_feed_bound(feed) ||
		cut->need > ws_feed_bound(feed)))
		bad = "wants to keep too much";
	else if (rv < 0 || rv > WEFT_CUT_END)
		bad = "not an answer of a WebSocket codec";
	else if (feed->ncalls > 64 + feed->narrived + 2 * feed->shown)
		bad = "goes round in circles";
	if (bad != NULL)
		CODEC_FEED_FAIL("%s: answer %d: %s (len %zu, offset %zu, "
				"message %zu, used %zu, need %zu, before %zu)",
		    feed->client ? "client" : "server", rv, bad,
		    feed->npending, cut->offset, cut->len, cut->used,
		    cut->need, feed->need);
}

static inline void
ws_feed_ended(struct ws_feed *feed, const struct weft_cut *cut)
{
	feed->ended = true;
	feed->error = cut->error;
	feed->status = cut->status;
	feed->why = cut->why == NULL ? NULL : feed->words;
	(void)snprintf(feed->words, sizeof(feed->words), "%s",
	    cut->why == NULL ? "" : cut->why);
	if (feed->open)
		feed->end_len = feed->codec->end(feed->ws,
		    cut->error == WEFT_ETOOBIG ? WEFT_REASON_TOOBIG :
			cut->error != WEFT_OK  ? WEFT_REASON_MALFORMED :
						 WEFT_REASON_PEER,
		    feed->end);
	if (feed->end_len > 0)
		feed->end_len =
		    ws_unmask(feed->client, feed->end, feed->end_len);
}

/* One call of decode(); true: go on with what is left. */
static inline bool
ws_feed_once(struct ws_feed *feed)
{
	struct weft_cut cut;
	uint8_t *left;
	int rv;

	memset(&cut, 0, sizeof(cut));
	feed->ncalls++;
	rv = feed->codec->decode(
	    feed->ws, feed->pending, feed->npending, feed->max_message, &cut);
	ws_feed_check(feed, rv, &cut);
	feed->need = rv == WEFT_CUT_MORE ? cut.need : 0;
	if (cut.answer_len > 0)
		ws_feed_event(
		    feed, WS_SEEN_ANSWER, cut.answer, cut.answer_len, 0);
	if (rv == WEFT_CUT_MORE) {
		if (feed->kept < feed->npending)
			feed->kept = feed->npending;
		return false;
	}
	if (rv == WEFT_CUT_END) {
		ws_feed_ended(feed, &cut);
		return false;
	}
	if (rv == WEFT_CUT_OPEN)
		feed->open = true;
	if (rv != WEFT_CUT_SKIP)
		ws_feed_event(feed,
		    rv == WEFT_CUT_OPEN ? WS_SEEN_OPEN : WS_SEEN_MESSAGE,
		    feed->pending + cut.offset, cut.len, cut.flags);
	if (cut.used == 0)
		return true;
	left = codec_bytes_exact(
	    feed->pending + cut.used, feed->npending - cut.used);
	free(feed->pending);
	feed->pending = left;
	feed->npending -= cut.used;
	return feed->npending > 0;
}

static inline void
ws_feed_arrive(struct ws_feed *feed, const void *data, size_t n)
{
	uint8_t *grown;

	if (feed->ended || n == 0)
		return;
	grown = malloc(feed->npending + n);
	if (grown == NULL)
		abort();
	if (feed->npending > 0)
		memcpy(grown, feed->pending, feed->npending);
	memcpy(grown + feed->npending, data, n);
	free(feed->pending);
	feed->pending = grown;
	feed->npending += n;
	feed->shown += n;
	feed->narrived++;
	if (feed->obey_need && feed->npending < feed->need)
		return;
	while (ws_feed_once(feed))
		continue;
}

static inline void
ws_feed_begin(struct ws_feed *feed, bool client, size_t max_message,
    const struct weft_codec_place *place)
{
	memset(feed, 0, sizeof(*feed));
	feed->codec = client ? &wi_codec_ws_client : &wi_codec_ws;
	feed->client = client;
	feed->max_message = max_message;
	feed->ws = calloc(1, feed->codec->state_size);
	if (feed->ws == NULL)
		abort();
	if (feed->codec->begin(feed->ws, place, feed->begun,
		sizeof(feed->begun), &feed->begun_len) != WEFT_OK)
		CODEC_FEED_FAIL("expected begin() to hold");
	if (!client && feed->begun_len != 0)
		CODEC_FEED_FAIL("expected a server to wait");
}

/* Begin, and a handshake: frames follow. */
static inline void
ws_feed_open(struct ws_feed *feed, bool client, size_t max_message)
{
	char answer[256];
	int n;

	ws_feed_begin(feed, client, max_message,
	    client ? &ws_feed_place_client : &ws_feed_place);
	if (client) {
		n = snprintf(answer, sizeof(answer),
		    "HTTP/1.1 101 Switching Protocols\r\n"
		    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		    "Sec-WebSocket-Accept: %.28s\r\n\r\n",
		    (const char *)feed->ws->answer);
		ws_feed_arrive(feed, answer, (size_t)n);
	} else {
		ws_feed_arrive(
		    feed, ws_feed_request, sizeof(ws_feed_request) - 1);
	}
	if (!feed->open || feed->ended || feed->npending > 0)
		CODEC_FEED_FAIL("expected a handshake to be over");
	feed->ws->set = ws_feed_extension.set;
	feed->ws->bits = ws_feed_extension.bits;
	feed->ws->takeover = ws_feed_extension.takeover;
	codec_bytes_free(&feed->bytes);
	codec_bytes_free(&feed->events);
	feed->nevents = 0;
	feed->shown = 0;
	feed->kept = 0;
}

static inline void
ws_feed_free(struct ws_feed *feed)
{
	free(feed->ws);
	free(feed->pending);
	codec_bytes_free(&feed->bytes);
	codec_bytes_free(&feed->events);
	memset(feed, 0, sizeof(*feed));
}

/* ---- every way */

static inline const struct ws_event *
ws_seen(const struct ws_feed *feed, size_t i)
{
	return (const struct ws_event *)(const void *)feed->events.data + i;
}

static inline void
ws_feed_script(struct ws_feed *feed, const uint8_t *script, size_t len,
    const struct codec_way *way)
{
	uint32_t seed = way->random;
	size_t at, n;

	feed->obey_need = way->obey_need != 0;
	for (at = 0; at < len && !feed->ended; at += n) {
		n = codec_way_chunk(way, &seed, at, len);
		ws_feed_arrive(feed, script + at, n);
	}
}

/* The same events, the same end, and the same bytes left if there is none. */
static inline void
ws_feed_same(const struct ws_feed *one, const struct ws_feed *other,
    const struct codec_way *way)
{
	const char *differ = NULL;
	size_t i;

	if (one->nevents != other->nevents)
		differ = "another number of events";
	else if (one->ended != other->ended || one->error != other->error ||
	    one->status != other->status ||
	    strcmp(one->words, other->words) != 0)
		differ = "another end";
	else if (one->end_len != other->end_len ||
	    memcmp(one->end, other->end, one->end_len) != 0)
		differ = "another farewell";
	for (i = 0; differ == NULL && i < one->nevents; i++) {
		const struct ws_event *a = ws_seen(one, i);
		const struct ws_event *b = ws_seen(other, i);

		if (a->kind != b->kind || a->flags != b->flags ||
		    a->len != b->len ||
		    (a->len > 0 &&
			memcmp(one->bytes.data + a->offset,
			    other->bytes.data + b->offset, a->len) != 0))
			differ = "another event";
	}
	if (differ != NULL)
		CODEC_FEED_FAIL("%s: fed %s (split %zu, seed %u, obey_need "
				"%d) it brings %s: %zu events, error %d; "
				"whole: %zu, %d",
		    one->client ? "client" : "server", way->name, way->split,
		    way->random, way->obey_need, differ, other->nevents,
		    other->error, one->nevents, one->error);
}

static inline void
ws_feed_try(const struct ws_feed *whole, const uint8_t *script, size_t len,
    struct codec_way way)
{
	struct ws_feed feed;

	for (way.obey_need = 0; way.obey_need <= 1; way.obey_need++) {
		ws_feed_open(&feed, whole->client, whole->max_message);
		ws_feed_script(&feed, script, len, &way);
		ws_feed_same(whole, &feed, &way);
		ws_feed_free(&feed);
	}
}

/* Frames, behind a handshake, in every way; *feed is what feeding them whole
 * brought, ws_feed_free() it. */
static inline void
ws_feed_all(bool client, size_t max_message, const void *script, size_t len,
    struct ws_feed *feed)
{
	struct codec_way way = { .name = "whole", .bytes_from = SIZE_MAX };
	size_t i;

	ws_feed_open(feed, client, max_message);
	ws_feed_script(feed, script, len, &way);
	way.name = "split in two";
	for (i = 1; i < len; i = codec_split_next(i, len)) {
		way.split = i;
		ws_feed_try(feed, script, len, way);
	}
	way.name = "one byte at a time";
	way.split = 0;
	way.bytes_to = len <= CODEC_FEED_BYTES ? len : CODEC_FEED_BYTES / 2;
	way.bytes_from =
	    len <= CODEC_FEED_BYTES ? len : len - CODEC_FEED_BYTES / 2;
	ws_feed_try(feed, script, len, way);
	way = (struct codec_way){ .name = "in random chunks",
		.bytes_from = SIZE_MAX };
	for (i = 1; i <= CODEC_FEED_RANDOM_WAYS; i++) {
		way.random = (uint32_t)i * 2654435761u;
		ws_feed_try(feed, script, len, way);
	}
}

/* Is event i of that kind, of these bytes? */
static inline bool
ws_seen_is(const struct ws_feed *feed, size_t i, enum ws_kind kind,
    uint32_t flags, const void *data, size_t len)
{
	const struct ws_event *event;

	if (i >= feed->nevents)
		return false;
	event = ws_seen(feed, i);
	return event->kind == kind && event->flags == flags &&
	    event->len == len &&
	    (len == 0 ||
		memcmp(feed->bytes.data + event->offset, data, len) == 0);
}

#endif
