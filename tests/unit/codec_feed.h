/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/codec_feed.h - feed a codec a script of bytes, in every way.
 *
 * A script is what a peer sends.  However the network cuts it, the codec must
 * find the same messages and the same error, so codec_feed_all() feeds it
 * whole, split at every position, one byte at a time and in random chunks, and
 * each of these again as a framework does that waits until cut->need bytes
 * are there.
 *
 * Bytes not used up yet stay in front of those that come, as in the framework.
 * Every call of decode() gets them in a block of exactly their size, so a
 * sanitizer sees one byte read too many, and every answer is checked against
 * the contract in weft/codec.h.
 *
 * Used by Check programs and, with CODEC_FEED_FAIL of their own, by fuzzers.
 */
#ifndef TESTS_CODEC_FEED_H
#define TESTS_CODEC_FEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/codec.h>
#include <weft/error.h>

#ifndef CODEC_FEED_FAIL
#include <check.h>
#define CODEC_FEED_FAIL(...) ck_abort_msg(__VA_ARGS__)
#endif

/* Longer scripts are not split everywhere, but at about this many places.  A
 * fuzzer, which feeds thousands of scripts, has fewer. */
#ifndef CODEC_FEED_SPLITS
#define CODEC_FEED_SPLITS 1024
#define CODEC_FEED_RANDOM_WAYS 32
#endif
/* Longer scripts are fed bytewise only at their front and their end. */
#define CODEC_FEED_BYTES 2048

/* Bytes that grow. */
struct codec_bytes {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/* One message that was found: where it lies in codec_feed.bytes. */
struct codec_message {
	size_t offset;
	size_t len;
	uint32_t flags;
};

/* What feeding a script brought. */
struct codec_feed {
	struct codec_bytes bytes; /* all messages, one behind the other */
	struct codec_message *messages;
	size_t nmessages;
	int error;       /* WEFT_OK, or what decode() refused with */
	size_t shown;    /* bytes of the script that decode() was shown */
	size_t left;     /* of these, not used up */
	size_t need;     /* of the last answer, if it was MORE */
	unsigned ncalls; /* of decode() */
};

/* FRAMES: the same messages each way.  STREAM: the same bytes each way. */
enum codec_feed_kind {
	CODEC_FEED_FRAMES,
	CODEC_FEED_STREAM
};

/* One way to cut a script into chunks: one byte each below bytes_to and from
 * bytes_from on, else at split, else of random length. */
struct codec_way {
	const char *name;
	size_t split;      /* 0: not there */
	size_t bytes_to;   /* one byte at a time before this position */
	size_t bytes_from; /* and from this one on */
	uint32_t random;   /* seed; 0: chunks are as long as can be */
	int obey_need;     /* do not call again with fewer bytes */
};

/* The codec at work on one endpoint. */
struct codec_run {
	const struct weft_codec *codec;
	size_t max_message;
	const struct codec_way *way;
	uint8_t *state;   /* exactly state_size bytes, NULL if that is 0 */
	uint8_t *pending; /* exactly npending bytes, NULL if that is 0 */
	size_t npending;
	size_t need;
	struct codec_feed *feed;
};

static inline void
codec_bytes_add(struct codec_bytes *bytes, const void *data, size_t len)
{
	if (bytes->cap - bytes->len < len) {
		bytes->cap = (bytes->len + len) * 2;
		bytes->data = realloc(bytes->data, bytes->cap);
		if (bytes->data == NULL)
			abort();
	}
	if (len > 0)
		memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

static inline void
codec_bytes_free(struct codec_bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

/* A copy that ends where its block ends; NULL if len is 0. */
static inline uint8_t *
codec_bytes_exact(const uint8_t *data, size_t len)
{
	uint8_t *copy;

	if (len == 0)
		return NULL;
	copy = malloc(len);
	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	return copy;
}

/* Append a message as the framework sends it; head() and tail() each get a
 * block of exactly the room that they ask for. */
static inline void
codec_frame_add(struct codec_bytes *script, const struct weft_codec *codec,
    const void *data, size_t len, uint32_t flags)
{
	uint8_t *head = malloc(codec->head_max + !codec->head_max);
	uint8_t *tail = malloc(codec->tail_max + !codec->tail_max);

	if (head == NULL || tail == NULL)
		abort();
	if (codec->message_max != 0 && len > codec->message_max)
		CODEC_FEED_FAIL("%s: %zu bytes are no message of it, at most "
				"%zu are",
		    codec->name, len, codec->message_max);
	if (codec->head != NULL)
		codec_bytes_add(script, head, codec->head(head, len, flags));
	codec_bytes_add(script, data, len);
	if (codec->tail != NULL)
		codec_bytes_add(script, tail, codec->tail(tail, len, flags));
	free(head);
	free(tail);
}

static inline void
codec_feed_free(struct codec_feed *feed)
{
	codec_bytes_free(&feed->bytes);
	free(feed->messages);
	memset(feed, 0, sizeof(*feed));
}

static inline void
codec_run_message(struct codec_run *run, const struct weft_cut *cut)
{
	struct codec_feed *feed = run->feed;
	struct codec_message *message;
	size_t n = feed->nmessages;

	/* Room doubles when the count reaches a power of two. */
	if ((n & (n - 1)) == 0) {
		feed->messages = realloc(feed->messages,
		    (n == 0 ? 1 : n * 2) * sizeof(*feed->messages));
		if (feed->messages == NULL)
			abort();
	}
	message = &feed->messages[feed->nmessages++];
	message->offset = feed->bytes.len;
	message->len = cut->len;
	message->flags = cut->flags;
	if (cut->len > 0)
		codec_bytes_add(
		    &feed->bytes, run->pending + cut->offset, cut->len);
}

/* What weft/codec.h promises of every answer. */
static inline void
codec_run_check(
    const struct codec_run *run, int rv, const struct weft_cut *cut)
{
	const char *bad = NULL;

	if (rv == WEFT_CUT_MESSAGE || rv == WEFT_CUT_SKIP) {
		if (cut->used == 0 || cut->used > run->npending)
			bad = "used is not in 1 .. len";
		else if (rv == WEFT_CUT_MESSAGE &&
		    (cut->offset > cut->used ||
			cut->len > cut->used - cut->offset))
			bad = "the message is not within the bytes used up";
		else if (rv == WEFT_CUT_MESSAGE && cut->len > run->max_message)
			bad = "the message is longer than max_message";
		else if (run->npending < run->need)
			bad = "used up before the bytes it needed were there";
	} else if (rv == WEFT_CUT_MORE) {
		if (cut->need != 0 && cut->need <= run->npending)
			bad = "needs no more than it has";
		else if (run->npending < run->need && cut->need != run->need)
			bad = "changed its mind about what it needs";
	} else if (rv != WEFT_ETOOBIG && rv != WEFT_EMALFORMED) {
		bad = "not an answer of decode()";
	} else if (run->npending < run->need) {
		bad = "refused before the bytes it needed were there";
	}
	if (bad != NULL)
		CODEC_FEED_FAIL(
		    "%s fed %s: answer %d: %s (len %zu, offset "
		    "%zu, message %zu, used %zu, need %zu, before %zu)",
		    run->codec->name, run->way->name, rv, bad, run->npending,
		    cut->offset, cut->len, cut->used, cut->need, run->need);
}

/* One call of decode(); 1 to go on with what is left. */
static inline int
codec_run_once(struct codec_run *run)
{
	struct weft_cut cut;
	uint8_t *left;
	int rv;

	memset(&cut, 0, sizeof(cut));
	run->feed->ncalls++;
	rv = run->codec->decode(
	    run->state, run->pending, run->npending, run->max_message, &cut);
	codec_run_check(run, rv, &cut);
	if (rv < 0) {
		run->feed->error = rv;
		return 0;
	}
	if (rv == WEFT_CUT_MORE) {
		run->need = cut.need;
		return 0;
	}
	run->need = 0;
	if (rv == WEFT_CUT_MESSAGE)
		codec_run_message(run, &cut);
	left = codec_bytes_exact(
	    run->pending + cut.used, run->npending - cut.used);
	free(run->pending);
	run->pending = left;
	run->npending -= cut.used;
	return run->npending > 0;
}

/* n more bytes have arrived. */
static inline void
codec_run_arrive(struct codec_run *run, const uint8_t *data, size_t n)
{
	uint8_t *grown;

	grown = malloc(run->npending + n);
	if (grown == NULL)
		abort();
	if (run->npending > 0)
		memcpy(grown, run->pending, run->npending);
	memcpy(grown + run->npending, data, n);
	free(run->pending);
	run->pending = grown;
	run->npending += n;
	run->feed->shown += n;
	if (run->way->obey_need && run->npending < run->need)
		return;
	while (codec_run_once(run))
		continue;
}

static inline uint32_t
codec_way_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* The length of the chunk that begins at position at. */
static inline size_t
codec_way_chunk(
    const struct codec_way *way, uint32_t *seed, size_t at, size_t len)
{
	size_t most = len - at;

	if (at < way->bytes_to || at >= way->bytes_from)
		return 1;
	if (at + most > way->bytes_from)
		most = way->bytes_from - at;
	if (at < way->split && way->split - at < most)
		most = way->split - at;
	if (way->random == 0)
		return most;
	/* Mostly short chunks, sometimes one of any length. */
	if (codec_way_random(seed) % 8 != 0 && most > 8)
		most = 8;
	return 1 + codec_way_random(seed) % most;
}

/* Feed script[0 .. len) in one way; *feed is filled, codec_feed_free() it. */
static inline void
codec_feed_way(const struct weft_codec *codec, size_t max_message,
    const void *script, size_t len, const struct codec_way *way,
    struct codec_feed *feed)
{
	const uint8_t *bytes = script;
	struct codec_run run = { codec, max_message, way, NULL, NULL, 0, 0,
		feed };
	uint32_t seed = way->random;
	size_t at;
	size_t n;

	memset(feed, 0, sizeof(*feed));
	if (codec->state_size > 0) {
		run.state = calloc(1, codec->state_size);
		if (run.state == NULL)
			abort();
	}
	for (at = 0; at < len && feed->error == WEFT_OK; at += n) {
		n = codec_way_chunk(way, &seed, at, len);
		codec_run_arrive(&run, bytes + at, n);
	}
	feed->left = run.npending;
	feed->need = run.need;
	free(run.pending);
	free(run.state);
}

/* Does this way bring what feeding it whole brought? */
static inline void
codec_feed_compare(const struct weft_codec *codec, enum codec_feed_kind kind,
    const struct codec_way *way, const struct codec_feed *whole,
    const struct codec_feed *feed)
{
	const char *differ = NULL;
	size_t i;

	if (feed->error != whole->error)
		differ = "another error";
	else if (feed->bytes.len != whole->bytes.len ||
	    (feed->bytes.len > 0 &&
		memcmp(feed->bytes.data, whole->bytes.data, feed->bytes.len) !=
		    0))
		differ = "other bytes";
	else if (kind == CODEC_FEED_FRAMES &&
	    feed->nmessages != whole->nmessages)
		differ = "another number of messages";
	for (i = 0; differ == NULL && kind == CODEC_FEED_FRAMES &&
	     i < whole->nmessages;
	     i++) {
		if (feed->messages[i].len != whole->messages[i].len)
			differ = "a message of another length";
		else if (feed->messages[i].flags != whole->messages[i].flags)
			differ = "a message with other flags";
	}
	if (differ != NULL)
		CODEC_FEED_FAIL(
		    "%s: fed %s (split %zu, seed %u, obey_need "
		    "%d) it brings %s: %zu messages, %zu bytes, error %d; "
		    "whole: %zu, %zu, %d",
		    codec->name, way->name, way->split, way->random,
		    way->obey_need, differ, feed->nmessages, feed->bytes.len,
		    feed->error, whole->nmessages, whole->bytes.len,
		    whole->error);
}

/* Feed in one way, with and without heed of need, and compare. */
static inline void
codec_feed_try(const struct weft_codec *codec, enum codec_feed_kind kind,
    size_t max_message, const void *script, size_t len, struct codec_way way,
    const struct codec_feed *whole)
{
	struct codec_feed feed;

	for (way.obey_need = 0; way.obey_need <= 1; way.obey_need++) {
		codec_feed_way(codec, max_message, script, len, &way, &feed);
		codec_feed_compare(codec, kind, &way, whole, &feed);
		codec_feed_free(&feed);
	}
}

/* One byte at a time, and the feed that it brought: feed->shown tells how
 * early an error was known. */
static inline void
codec_feed_bytewise(const struct weft_codec *codec, size_t max_message,
    const void *script, size_t len, struct codec_feed *feed)
{
	const struct codec_way way = { .name = "one byte at a time",
		.bytes_from = 0 };

	codec_feed_way(codec, max_message, script, len, &way, feed);
}

/* The position to split at after this one: each near both ends, where frames
 * begin and end, and in a long script some of those between. */
static inline size_t
codec_split_next(size_t at, size_t len)
{
	size_t step = len / CODEC_FEED_SPLITS + 1;

	if (at < 32 || at + 32 >= len)
		return at + 1;
	return at + step + 32 < len ? at + step : len - 32;
}

/*
 * Feed script[0 .. len) in every way and fail the test unless all ways agree.
 * *feed is what feeding it whole brought; codec_feed_free() it.
 */
static inline void
codec_feed_all(const struct weft_codec *codec, enum codec_feed_kind kind,
    size_t max_message, const void *script, size_t len,
    struct codec_feed *feed)
{
	struct codec_way way = { .name = "whole", .bytes_from = SIZE_MAX };
	size_t i;

	codec_feed_way(codec, max_message, script, len, &way, feed);

	way.name = "split in two";
	for (i = 1; i < len; i = codec_split_next(i, len)) {
		way.split = i;
		codec_feed_try(
		    codec, kind, max_message, script, len, way, feed);
	}
	way.name = "one byte at a time";
	way.split = 0;
	way.bytes_to = len <= CODEC_FEED_BYTES ? len : CODEC_FEED_BYTES / 2;
	way.bytes_from =
	    len <= CODEC_FEED_BYTES ? len : len - CODEC_FEED_BYTES / 2;
	codec_feed_try(codec, kind, max_message, script, len, way, feed);

	way = (struct codec_way){ .name = "in random chunks",
		.bytes_from = SIZE_MAX };
	for (i = 1; i <= CODEC_FEED_RANDOM_WAYS; i++) {
		way.random = (uint32_t)i * 2654435761u;
		codec_feed_try(
		    codec, kind, max_message, script, len, way, feed);
	}
}

/* That the script is refused with that error in every way, and, where it comes
 * one byte at a time, after how many of them. */
static inline void
codec_feed_refused(const struct weft_codec *codec, size_t max_message,
    const void *script, size_t len, int error, size_t after)
{
	struct codec_feed feed;

	codec_feed_all(
	    codec, CODEC_FEED_FRAMES, max_message, script, len, &feed);
	if (feed.error != error)
		CODEC_FEED_FAIL("%s: expected error %d, found %d", codec->name,
		    error, feed.error);
	codec_feed_free(&feed);
	codec_feed_bytewise(codec, max_message, script, len, &feed);
	if (feed.error != error || feed.shown != after)
		CODEC_FEED_FAIL("%s: expected error %d after %zu bytes, found "
				"%d after %zu",
		    codec->name, error, after, feed.error, feed.shown);
	codec_feed_free(&feed);
}

/* The bytes of message i; NULL if it has none. */
static inline const uint8_t *
codec_feed_data(const struct codec_feed *feed, size_t i)
{
	return feed->messages[i].len == 0 ?
	    NULL :
	    feed->bytes.data + feed->messages[i].offset;
}

/* Is message i of these bytes? */
static inline int
codec_feed_is(
    const struct codec_feed *feed, size_t i, const void *data, size_t len)
{
	return i < feed->nmessages && feed->messages[i].len == len &&
	    (len == 0 || memcmp(codec_feed_data(feed, i), data, len) == 0);
}

#endif
