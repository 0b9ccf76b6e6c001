/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_varint.c - what a hostile client can do to codec/varint.
 *
 * The first two bytes choose max_message, the rest is what the client sends.
 * Checked besides what the sanitizers see:
 * - whole, split, bytewise and in random chunks it brings the same messages
 *   and the same error (tests/unit/codec_feed.h);
 * - each length has one spelling: the messages framed again are the very
 *   bytes that were used up.
 */
#include <stdio.h>
#include <stdlib.h>

#define CODEC_FEED_FAIL(...)                                                  \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		abort();                                                      \
	} while (0)

#include "../unit/codec_feed.h"

#include "codec/codecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
framed_again_is_what_came(const struct codec_feed *feed, const uint8_t *script)
{
	struct codec_bytes again = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < feed->nmessages; i++)
		codec_frame_add(&again, &wi_codec_varint,
		    codec_feed_data(feed, i), feed->messages[i].len, 0);
	if (again.len != feed->shown - feed->left ||
	    (again.len > 0 && memcmp(again.data, script, again.len) != 0))
		CODEC_FEED_FAIL("varint: %zu messages framed again are other "
				"bytes than the %zu that were used up\n",
		    feed->nmessages, feed->shown - feed->left);
	codec_bytes_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec_feed feed;
	size_t max_message;

	if (size < 2)
		return 0;
	/* 0 .. 0x7fff, or huge: no message is ever too big then. */
	max_message = (size_t)data[0] | (size_t)data[1] << 8;
	if (max_message & 0x8000)
		max_message = SIZE_MAX >> (max_message & 63);
	data += 2;
	size -= 2;

	codec_feed_all(&wi_codec_varint, CODEC_FEED_FRAMES, max_message, data,
	    size, &feed);
	framed_again_is_what_came(&feed, data);
	codec_feed_free(&feed);
	return 0;
}
