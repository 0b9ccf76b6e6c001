/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_raw.c - codec/raw from scripted feeds.
 */
#include "codec_feed.h"

#include "check_main.h"
#include "codec/codecs.h"

static const struct codec_way whole = { .name = "whole",
	.bytes_from = SIZE_MAX };

START_TEST(stream_brings_the_same_bytes_however_it_is_fed)
{
	uint8_t script[300];
	struct codec_feed feed;
	size_t i;

	for (i = 0; i < sizeof(script); i++)
		script[i] = (uint8_t)i;
	codec_feed_all(&wi_codec_raw, CODEC_FEED_STREAM, 1000, script,
	    sizeof(script), &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.bytes.len, sizeof(script));
	ck_assert_mem_eq(feed.bytes.data, script, sizeof(script));
	ck_assert_uint_eq(feed.left, 0);
	codec_feed_free(&feed);

	/* The same with many pieces. */
	codec_feed_all(&wi_codec_raw, CODEC_FEED_STREAM, 7, script,
	    sizeof(script), &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.bytes.len, sizeof(script));
	ck_assert_mem_eq(feed.bytes.data, script, sizeof(script));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(message_is_what_one_read_returned)
{
	const struct codec_way split = {
		.name = "split in two", .split = 2, .bytes_from = SIZE_MAX
	};
	struct codec_feed feed;

	codec_feed_way(&wi_codec_raw, 5, "hello", 5, &whole, &feed);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(codec_feed_is(&feed, 0, "hello", 5));
	codec_feed_free(&feed);

	codec_feed_way(&wi_codec_raw, 5, "hello", 5, &split, &feed);
	ck_assert_uint_eq(feed.nmessages, 2);
	ck_assert(codec_feed_is(&feed, 0, "he", 2));
	ck_assert(codec_feed_is(&feed, 1, "llo", 3));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(read_above_max_message_is_cut_into_several)
{
	struct codec_feed feed;

	codec_feed_way(&wi_codec_raw, 4, "hello, you", 10, &whole, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	ck_assert(codec_feed_is(&feed, 0, "hell", 4));
	ck_assert(codec_feed_is(&feed, 1, "o, y", 4));
	ck_assert(codec_feed_is(&feed, 2, "ou", 2));
	ck_assert_uint_eq(feed.left, 0);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(max_message_of_zero_is_too_big_and_not_an_endless_loop)
{
	struct codec_feed feed;

	codec_feed_all(&wi_codec_raw, CODEC_FEED_STREAM, 0, "x", 1, &feed);
	ck_assert_int_eq(feed.error, WEFT_ETOOBIG);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(nothing_stands_around_a_message)
{
	struct codec_bytes script = { NULL, 0, 0 };

	ck_assert_ptr_null(wi_codec_raw.head);
	ck_assert_ptr_null(wi_codec_raw.tail);
	codec_frame_add(&script, &wi_codec_raw, "hello", 5, 0);
	ck_assert_uint_eq(script.len, 5);
	ck_assert_mem_eq(script.data, "hello", 5);
	codec_bytes_free(&script);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		stream_brings_the_same_bytes_however_it_is_fed,
		message_is_what_one_read_returned,
		read_above_max_message_is_cut_into_several,
		max_message_of_zero_is_too_big_and_not_an_endless_loop,
		nothing_stands_around_a_message,
	};

	return check_main("raw", tests, CHECK_COUNT(tests));
}
