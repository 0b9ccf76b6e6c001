/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_tpl_codec.c - codec/tpl from scripted feeds, with libtpl as
 * the judge of what a head means.
 *
 * libtpl is shown images of our own only, never one that it can not bear.
 */
#include "codec_feed.h"

#include <tpl.h>

#include "check_main.h"
#include "codec/codecs.h"

/* A script as a literal that may hold NUL bytes. */
#define FEED(max, script, feed)                                               \
	codec_feed_all(&wi_codec_tpl, CODEC_FEED_FRAMES, max, script,         \
	    sizeof(script) - 1, feed)
#define REFUSED(max, script, error, after)                                    \
	codec_feed_refused(                                                   \
	    &wi_codec_tpl, max, script, sizeof(script) - 1, error, after)

#define MIB (1024u * 1024u)

/* In libtpl.so, but not in its header. */
extern tpl_hook_t tpl_hook;

/* The number 7 as "i", by a machine of either byte order. */
static const char seven_little[] = "tpl\0\x0e\0\0\0i\0\7\0\0\0";
static const char seven_big[] = "tpl\1\0\0\0\x0ei\0\0\0\0\7";

static int
say_nothing(const char *format, ...)
{
	(void)format;
	return 0;
}

/* What libtpl makes of an image of the format "i": its number, or -1. */
static int32_t
number_by_libtpl(const void *image, size_t len)
{
	char format[] = "i";
	uint8_t *copy = codec_bytes_exact(image, len);
	int32_t number = 0;
	tpl_node *node = tpl_map(format, &number);

	ck_assert_ptr_nonnull(node);
	tpl_hook.oops = say_nothing;
	if (tpl_load(node, TPL_MEM, copy, len) != 0 ||
	    tpl_unpack(node, 0) != 1)
		number = -1;
	tpl_free(node);
	free(copy);
	return number;
}

/* Append libtpl's image of a number and a text; returns its length. */
static size_t
add_pair(struct codec_bytes *script, int32_t number, const char *text)
{
	char format[] = "is";
	char *words = strdup(text);
	tpl_node *node = tpl_map(format, &number, &words);
	void *image;
	size_t len;

	ck_assert_ptr_nonnull(node);
	ck_assert_int_ge(tpl_pack(node, 0), 0);
	ck_assert_int_eq(tpl_dump(node, TPL_MEM, &image, &len), 0);
	codec_bytes_add(script, image, len);
	free(image);
	tpl_free(node);
	free(words);
	return len;
}

/* Append libtpl's image of an array of the numbers below count. */
static size_t
add_array(struct codec_bytes *script, int32_t count)
{
	char format[] = "A(i)";
	int32_t i;
	tpl_node *node = tpl_map(format, &i);
	void *image;
	size_t len;

	ck_assert_ptr_nonnull(node);
	for (i = 0; i < count; i++)
		ck_assert_int_ge(tpl_pack(node, 1), 0);
	ck_assert_int_eq(tpl_dump(node, TPL_MEM, &image, &len), 0);
	codec_bytes_add(script, image, len);
	free(image);
	tpl_free(node);
	return len;
}

START_TEST(images_by_libtpl_are_cut_whole_and_libtpl_reads_them)
{
	struct codec_bytes script = { NULL, 0, 0 };
	char format[] = "is";
	struct codec_feed feed;
	size_t lens[4];
	int32_t number;
	tpl_node *node;
	char *words;
	size_t at;
	size_t i;

	lens[0] = add_pair(&script, 42, "hello");
	lens[1] = add_array(&script, 0);
	lens[2] = add_array(&script, 100);
	lens[3] = add_pair(&script, -1, "");
	codec_feed_all(&wi_codec_tpl, CODEC_FEED_FRAMES, lens[2], script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 4);
	ck_assert_uint_eq(feed.left, 0);
	for (i = at = 0; i < 4; at += lens[i], i++)
		ck_assert(codec_feed_is(&feed, i, script.data + at, lens[i]));

	/* The message is the image: libtpl takes it as it is. */
	node = tpl_map(format, &number, &words);
	ck_assert_int_eq(
	    tpl_load(node, TPL_MEM, codec_feed_data(&feed, 0), lens[0]), 0);
	ck_assert_int_eq(tpl_unpack(node, 0), 1);
	ck_assert_int_eq(number, 42);
	ck_assert_str_eq(words, "hello");
	free(words);
	tpl_free(node);
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(head_by_libtpl_says_what_we_read_in_it)
{
	struct codec_bytes script = { NULL, 0, 0 };
	const uint16_t one = 1;
	uint32_t length;
	uint8_t little;
	size_t len;

	memcpy(&little, &one, 1);
	len = add_pair(&script, 1, "x");
	ck_assert_mem_eq(script.data, "tpl", 3);
	/* Bit 1: strings of now; bit 0: written by a big-endian machine. */
	ck_assert_uint_eq(script.data[3], little ? 2 : 3);
	memcpy(&length, script.data + 4, 4);
	ck_assert_uint_eq(length, len);
	codec_bytes_free(&script);
	(void)add_array(&script, 1);
	ck_assert_uint_eq(script.data[3], little ? 0 : 1);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(image_of_either_byte_order_is_cut)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;

	ck_assert_int_eq(number_by_libtpl(seven_little, 14), 7);
	ck_assert_int_eq(number_by_libtpl(seven_big, 14), 7);
	codec_bytes_add(&script, seven_little, 14);
	codec_bytes_add(&script, seven_big, 14);
	codec_bytes_add(&script, seven_little, 14);
	codec_feed_all(&wi_codec_tpl, CODEC_FEED_FRAMES, 14, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	ck_assert(codec_feed_is(&feed, 0, seven_little, 14));
	ck_assert(codec_feed_is(&feed, 1, seven_big, 14));
	ck_assert(codec_feed_is(&feed, 2, seven_little, 14));
	codec_feed_free(&feed);
	codec_bytes_free(&script);

	/* With the other flag the same length is one of 224 MiB. */
	REFUSED(14, "tpl\1\x0e\0\0\0i\0\7\0\0\0", WEFT_ETOOBIG, 5);
	REFUSED(14, "tpl\0\0\0\0\x0ei\0\0\0\0\7", WEFT_ETOOBIG, 8);
}
END_TEST

/* One byte of the image changed: libtpl refuses it, and so do we, at that byte
 * or with the last one of the length. */
START_TEST(head_that_libtpl_refuses_is_malformed)
{
	static const struct {
		size_t at;
		uint8_t byte;
		size_t after; /* bytes, when we refuse */
	} faults[] = {
		{ 0, 'T', 1 },
		{ 1, 'q', 2 },
		{ 2, 0, 3 },
		{ 3, 0x04, 4 },
		{ 3, 0x80, 4 },
		{ 3, 0xfe, 4 },
		{ 4, 0, 8 },
		{ 4, 8, 8 },
	};
	char image[14];
	size_t i;

	memcpy(image, seven_little, 14);
	for (i = 0; i < CHECK_COUNT(faults); i++) {
		ck_assert_int_eq(number_by_libtpl(image, 14), 7);
		image[faults[i].at] = (char)faults[i].byte;
		ck_assert_int_eq(number_by_libtpl(image, 14), -1);
		codec_feed_refused(&wi_codec_tpl, MIB, image, 14,
		    WEFT_EMALFORMED, faults[i].after);
		memcpy(image, seven_little, 14);
	}
}
END_TEST

/* Those on which tpl_gather() loops for ever, or takes all memory. */
START_TEST(images_that_hurt_tpl_gather_are_refused)
{
	REFUSED(MIB, "tpl\0\0\0\0\0u", WEFT_EMALFORMED, 8);
	REFUSED(MIB, "tpl\0\xff\xff\xff\xffu", WEFT_ETOOBIG, 7);
	REFUSED(MIB, "tpl\1\xff\xff\xff\xffu", WEFT_ETOOBIG, 5);
	/* Not taken for -1 either. */
	REFUSED(0x7fffffff, "tpl\0\xff\xff\xff\xffu", WEFT_ETOOBIG, 8);
}
END_TEST

/* An array of a count that libtpl reads past the end of: its frame is right,
 * and what is in it is for others to validate. */
START_TEST(only_the_frame_is_judged)
{
	struct codec_feed feed;

	FEED(MIB, "tpl\2\x11\0\0\0A(s)\0\0\0\0\x80", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(
	    codec_feed_is(&feed, 0, "tpl\2\x11\0\0\0A(s)\0\0\0\0\x80", 17));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(length_is_nine_at_least_and_max_message_at_most)
{
	struct codec_feed feed;

	FEED(9, "tpl\0\x09\0\0\0u", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	codec_feed_free(&feed);
	REFUSED(9, "tpl\0\x0a\0\0\0u\0", WEFT_ETOOBIG, 5);
	REFUSED(9, "tpl\0\x08\0\0\0u\0", WEFT_EMALFORMED, 8);
	REFUSED(MIB, "tpl\1\0\0\0\x08u\0", WEFT_EMALFORMED, 8);
	REFUSED(MIB, "tpl\0\0\0\x11\0", WEFT_ETOOBIG, 7);
	REFUSED(MIB, "tpl\1\0\x10\0\1", WEFT_ETOOBIG, 8);
	/* Nothing passes a bound below every image's length. */
	REFUSED(8, "tpl\0\x09\0\0\0u", WEFT_ETOOBIG, 5);
	REFUSED(0, "tpl\0\0\0\0\0u", WEFT_EMALFORMED, 8);
}
END_TEST

START_TEST(image_that_is_not_whole_is_kept_and_says_what_it_needs)
{
	struct codec_feed feed;

	FEED(MIB, "tpl\0\x09\0\0\0utpl\0\0\1\0\0u", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert_uint_eq(feed.left, 9);
	ck_assert_uint_eq(feed.need, 256);
	codec_feed_free(&feed);

	FEED(MIB, "tpl\0\x0e\0\0", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.left, 7);
	ck_assert_uint_eq(feed.need, 0);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(nothing_is_written_around_an_image)
{
	ck_assert_ptr_null(wi_codec_tpl.head);
	ck_assert_ptr_null(wi_codec_tpl.tail);
	ck_assert_uint_eq(wi_codec_frame_max(&wi_codec_tpl, 14), 14);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		images_by_libtpl_are_cut_whole_and_libtpl_reads_them,
		head_by_libtpl_says_what_we_read_in_it,
		image_of_either_byte_order_is_cut,
		head_that_libtpl_refuses_is_malformed,
		images_that_hurt_tpl_gather_are_refused,
		only_the_frame_is_judged,
		length_is_nine_at_least_and_max_message_at_most,
		image_that_is_not_whole_is_kept_and_says_what_it_needs,
		nothing_is_written_around_an_image,
	};

	return check_main("tpl_codec", tests, CHECK_COUNT(tests));
}
