/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_u16.c - codec/u16 from scripted feeds.
 */
#include "codec_feed.h"

#include "check_main.h"
#include "codec/codecs.h"

/* A script as a literal that may hold NUL bytes. */
#define FEED(max, script, feed)                                               \
	codec_feed_all(&wi_codec_u16, CODEC_FEED_FRAMES, max, script,         \
	    sizeof(script) - 1, feed)
#define REFUSED(max, script, error, after)                                    \
	codec_feed_refused(                                                   \
	    &wi_codec_u16, max, script, sizeof(script) - 1, error, after)

static const struct {
	size_t len; /* that it says */
	const char *bytes;
} prefixes[] = {
	{ 0, "\x00\x00" },
	{ 1, "\x00\x01" },
	{ 255, "\x00\xff" },
	{ 256, "\x01\x00" },
	{ 32768, "\x80\x00" },
	{ 65534, "\xff\xfe" },
	{ 65535, "\xff\xff" },
};

START_TEST(length_is_two_bytes_big_endian_both_ways)
{
	struct weft_cut cut;
	uint8_t *bytes;
	size_t i;
	int rv;

	ck_assert_uint_eq(wi_codec_u16.head_max, 2);
	ck_assert_ptr_null(wi_codec_u16.tail);
	for (i = 0; i < CHECK_COUNT(prefixes); i++) {
		/* No more room than it needs: a write behind is seen. */
		bytes = malloc(2);
		ck_assert_ptr_nonnull(bytes);
		ck_assert_uint_eq(
		    wi_codec_u16.head(bytes, prefixes[i].len, 0), 2);
		ck_assert_mem_eq(bytes, prefixes[i].bytes, 2);
		memset(&cut, 0, sizeof(cut));
		rv = wi_codec_u16.decode(NULL, bytes, 2, SIZE_MAX, &cut);
		if (prefixes[i].len == 0) {
			ck_assert_int_eq(rv, WEFT_CUT_MESSAGE);
			ck_assert_uint_eq(cut.used, 2);
		} else {
			ck_assert_int_eq(rv, WEFT_CUT_MORE);
			ck_assert_uint_eq(cut.need, 2 + prefixes[i].len);
		}
		free(bytes);
	}
}
END_TEST

START_TEST(messages_of_every_kind_come_back_as_sent)
{
	static const size_t lens[] = { 0, 1, 2, 0, 64, 254, 255, 256, 257, 999,
		0 };
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	uint8_t data[1010];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 0x80);
	for (i = 0; i < CHECK_COUNT(lens); i++)
		codec_frame_add(&script, &wi_codec_u16, data + i, lens[i], 0);
	codec_feed_all(&wi_codec_u16, CODEC_FEED_FRAMES, 999, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, CHECK_COUNT(lens));
	for (i = 0; i < CHECK_COUNT(lens); i++)
		ck_assert(codec_feed_is(&feed, i, data + i, lens[i]));
	ck_assert_uint_eq(feed.left, 0);
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(longest_message_there_can_be_is_fed_in_every_way)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	uint8_t *data = calloc(1, 65535);

	ck_assert_ptr_nonnull(data);
	data[0] = 1;
	data[65534] = 2;
	codec_frame_add(&script, &wi_codec_u16, data, 65535, 0);
	codec_frame_add(&script, &wi_codec_u16, "end", 3, 0);
	codec_feed_all(&wi_codec_u16, CODEC_FEED_FRAMES, 1u << 20, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 2);
	ck_assert(codec_feed_is(&feed, 0, data, 65535));
	ck_assert(codec_feed_is(&feed, 1, "end", 3));
	codec_feed_free(&feed);
	codec_bytes_free(&script);
	free(data);
}
END_TEST

START_TEST(what_it_can_not_say_is_too_long_to_be_sent)
{
	ck_assert_uint_eq(wi_codec_u16.message_max, 65535);
	ck_assert_uint_eq(wi_codec_message_max(&wi_codec_u16, 65536), 65535);
	ck_assert_uint_eq(wi_codec_message_max(&wi_codec_u16, 65535), 65535);
	ck_assert_uint_eq(wi_codec_message_max(&wi_codec_u16, 100), 100);
}
END_TEST

START_TEST(message_that_is_not_whole_is_kept_and_says_what_it_needs)
{
	struct codec_feed feed;

	FEED(1000, "\0\2ab\1\0hel", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(codec_feed_is(&feed, 0, "ab", 2));
	ck_assert_uint_eq(feed.left, 5);
	ck_assert_uint_eq(feed.need, 258);
	codec_feed_free(&feed);

	FEED(1000, "\0\2ab\1", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.left, 1);
	ck_assert_uint_eq(feed.need, 0);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(message_of_max_message_passes_and_one_more_is_too_big)
{
	struct codec_feed feed;

	FEED(5, "\0\5hello", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert(codec_feed_is(&feed, 0, "hello", 5));
	codec_feed_free(&feed);
	REFUSED(5, "\0\6hello!", WEFT_ETOOBIG, 2);

	/* What came before it is still delivered. */
	FEED(5, "\0\1a\0\6hello!", &feed);
	ck_assert_int_eq(feed.error, WEFT_ETOOBIG);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(codec_feed_is(&feed, 0, "a", 1));
	codec_feed_free(&feed);
	REFUSED(65534, "\xff\xff", WEFT_ETOOBIG, 2);
}
END_TEST

START_TEST(too_big_is_known_by_the_first_byte_that_shows_it)
{
	REFUSED(5, "\1\0", WEFT_ETOOBIG, 1);
	REFUSED(255, "\1\0", WEFT_ETOOBIG, 1);
	/* 256 itself would pass. */
	REFUSED(256, "\1\1", WEFT_ETOOBIG, 2);
}
END_TEST

START_TEST(nothing_but_empty_messages_passes_a_max_message_of_zero)
{
	struct codec_feed feed;

	FEED(0, "\0\0\0\0\0\0", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	codec_feed_free(&feed);
	REFUSED(0, "\0\1", WEFT_ETOOBIG, 2);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		length_is_two_bytes_big_endian_both_ways,
		messages_of_every_kind_come_back_as_sent,
		longest_message_there_can_be_is_fed_in_every_way,
		what_it_can_not_say_is_too_long_to_be_sent,
		message_that_is_not_whole_is_kept_and_says_what_it_needs,
		message_of_max_message_passes_and_one_more_is_too_big,
		too_big_is_known_by_the_first_byte_that_shows_it,
		nothing_but_empty_messages_passes_a_max_message_of_zero,
	};

	return check_main("u16", tests, CHECK_COUNT(tests));
}
