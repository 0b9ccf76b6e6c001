/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_codec.h - what the fuzzers of codecs share.
 *
 * The first two bytes of an input choose max_message, the rest is what a
 * hostile client sends.  Checked besides what the sanitizers see:
 * - whole, split, bytewise and in random chunks it brings the same messages
 *   and the same error (tests/unit/codec_feed.h);
 * - these are the ones that a naive decoder finds, which is written for its
 *   fuzzer, has all bytes before it and knows nothing of speed;
 * - where a message has one spelling, the messages framed again are the very
 *   bytes that were used up.
 */
#ifndef TESTS_FUZZ_CODEC_H
#define TESTS_FUZZ_CODEC_H

#include <stdio.h>
#include <stdlib.h>

#define CODEC_FEED_FAIL(...)                                                  \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		fprintf(stderr, "\n");                                        \
		abort();                                                      \
	} while (0)

#define CODEC_FEED_SPLITS 32
#define CODEC_FEED_RANDOM_WAYS 8

#include "../unit/codec_feed.h"

#include "codec/codecs.h"

/*
 * A naive decoder: what decode() answers to these bytes, none of which it has
 * seen before.  It need not say what it needs.
 */
typedef int fuzz_naive_cb(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut);

/* 0 .. 0x7fff, or huge: no message is ever too big then. */
static inline size_t
fuzz_max_message(const uint8_t choice[2])
{
	size_t max_message = (size_t)choice[0] | (size_t)choice[1] << 8;

	if (max_message & 0x8000)
		max_message = SIZE_MAX >> (max_message & 63);
	return max_message;
}

/* That a naive decoder finds what the codec has found. */
static inline void
fuzz_is_naive(const struct weft_codec *codec, fuzz_naive_cb *naive,
    const struct codec_feed *feed, const uint8_t *script, size_t len,
    size_t max_message)
{
	struct weft_cut cut;
	size_t at;
	size_t i;
	int rv = WEFT_CUT_MORE;

	for (at = i = 0; at < len; at += cut.used, i++) {
		memset(&cut, 0, sizeof(cut));
		rv = naive(script + at, len - at, max_message, &cut);
		if (rv != WEFT_CUT_MESSAGE)
			break;
		if (!codec_feed_is(feed, i, script + at + cut.offset, cut.len))
			CODEC_FEED_FAIL("%s: message %zu is not the %zu bytes "
					"at %zu that a naive decoder finds",
			    codec->name, i, cut.len, at + cut.offset);
	}
	if (i != feed->nmessages || (rv < 0 ? rv : 0) != feed->error ||
	    (rv >= 0 && len - at != feed->left))
		CODEC_FEED_FAIL("%s: %zu messages, error %d, %zu bytes left; "
				"a naive decoder finds %zu, %d, %zu",
		    codec->name, feed->nmessages, feed->error, feed->left, i,
		    rv < 0 ? rv : 0, len - at);
}

/* That the messages framed again are the bytes that were used up. */
static inline void
fuzz_is_framed_again(const struct weft_codec *codec,
    const struct codec_feed *feed, const uint8_t *script)
{
	struct codec_bytes again = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < feed->nmessages; i++)
		codec_frame_add(&again, codec, codec_feed_data(feed, i),
		    feed->messages[i].len, 0);
	if (again.len != feed->shown - feed->left ||
	    (again.len > 0 && memcmp(again.data, script, again.len) != 0))
		CODEC_FEED_FAIL("%s: %zu messages framed again are other "
				"bytes than the %zu that were used up",
		    codec->name, feed->nmessages, feed->shown - feed->left);
	codec_bytes_free(&again);
}

/* One input, with all of it; one_spelling: see above. */
static inline void
fuzz_codec(const struct weft_codec *codec, fuzz_naive_cb *naive,
    int one_spelling, const uint8_t *data, size_t size)
{
	struct codec_feed feed;
	size_t max_message;

	if (size < 2)
		return;
	max_message = fuzz_max_message(data);
	data += 2;
	size -= 2;
	codec_feed_all(
	    codec, CODEC_FEED_FRAMES, max_message, data, size, &feed);
	fuzz_is_naive(codec, naive, &feed, data, size, max_message);
	if (one_spelling)
		fuzz_is_framed_again(codec, &feed, data);
	codec_feed_free(&feed);
}

#endif
