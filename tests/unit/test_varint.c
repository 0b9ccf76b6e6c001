/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_varint.c - codec/varint from scripted feeds.
 */
#include "codec_feed.h"

#include "check_main.h"
#include "codec/codecs.h"

#define MIB (1024u * 1024u)

/* A script as a literal that may hold NUL bytes. */
#define FEED(max, script, feed)                                               \
	codec_feed_all(&wi_codec_varint, CODEC_FEED_FRAMES, max, script,      \
	    sizeof(script) - 1, feed)

struct prefix {
	size_t len; /* that it says */
	const char *bytes;
	size_t nbytes;
};

/* As integer-encoding's VarInt, which message-io's FramedTcp uses. */
static const struct prefix prefixes[] = {
	{ 0, "\x00", 1 },
	{ 1, "\x01", 1 },
	{ 127, "\x7f", 1 },
	{ 128, "\x80\x01", 2 },
	{ 300, "\xac\x02", 2 },
	{ 16383, "\xff\x7f", 2 },
	{ 16384, "\x80\x80\x01", 3 },
	{ 65535, "\xff\xff\x03", 3 },
	{ MIB, "\x80\x80\x40", 3 },
	{ 2097152, "\x80\x80\x80\x01", 4 },
	{ 4294967295u, "\xff\xff\xff\xff\x0f", 5 },
	{ SIZE_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
};

/* What decode() answers to these bytes, in a block of exactly their size. */
static int
decode(const void *bytes, size_t len, size_t max, struct weft_cut *cut)
{
	uint8_t *exact = codec_bytes_exact(bytes, len);
	int rv;

	memset(cut, 0, sizeof(*cut));
	rv = wi_codec_varint.decode(NULL, exact, len, max, cut);
	free(exact);
	return rv;
}

/* That the script is refused, with what, and after how many of its bytes. */
static void
refused(const void *script, size_t len, size_t max, int error, size_t after)
{
	codec_feed_refused(&wi_codec_varint, max, script, len, error, after);
}

START_TEST(prefix_is_the_shortest_and_that_of_message_io)
{
	uint8_t *out;
	size_t i;
	size_t n;

	ck_assert_uint_eq(wi_codec_varint.head_max, 10);
	ck_assert_ptr_null(wi_codec_varint.tail);
	for (i = 0; i < CHECK_COUNT(prefixes); i++) {
		/* No more room than it needs: a write behind is seen. */
		out = malloc(prefixes[i].nbytes);
		ck_assert_ptr_nonnull(out);
		n = wi_codec_varint.head(out, prefixes[i].len, 0);
		ck_assert_uint_eq(n, prefixes[i].nbytes);
		ck_assert_mem_eq(out, prefixes[i].bytes, n);
		free(out);
	}
}
END_TEST

START_TEST(prefix_is_read_as_it_was_written)
{
	struct weft_cut cut;
	size_t i;
	int rv;

	/* Up to 4 GiB: need says the length without the bytes behind. */
	for (i = 1; i < CHECK_COUNT(prefixes) - 1; i++) {
		rv = decode(prefixes[i].bytes, prefixes[i].nbytes,
		    prefixes[i].len, &cut);
		ck_assert_int_eq(rv, WEFT_CUT_MORE);
		ck_assert_uint_eq(
		    cut.need, prefixes[i].nbytes + prefixes[i].len);
		rv = decode(prefixes[i].bytes, prefixes[i].nbytes,
		    prefixes[i].len - 1, &cut);
		ck_assert_int_eq(rv, WEFT_ETOOBIG);
	}
}
END_TEST

START_TEST(messages_of_every_prefix_length_come_back_as_sent)
{
	static const size_t lens[] = { 0, 1, 2, 0, 64, 126, 127, 128, 129, 255,
		256, 1000 };
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	uint8_t data[1000];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 0x80);
	for (i = 0; i < CHECK_COUNT(lens); i++)
		codec_frame_add(&script, &wi_codec_varint, data + i,
		    lens[i] - (lens[i] == 1000 ? i : 0), 0);
	codec_feed_all(&wi_codec_varint, CODEC_FEED_FRAMES, 1000, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, CHECK_COUNT(lens));
	for (i = 0; i < CHECK_COUNT(lens); i++)
		ck_assert(codec_feed_is(
		    &feed, i, data + i, lens[i] - (lens[i] == 1000 ? i : 0)));
	ck_assert_uint_eq(feed.left, 0);
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

/* A stream of message-io's FramedTcp, byte by byte as it is on the wire; that
 * prefix and payload come in segments of their own is one of the ways in which
 * it is fed. */
START_TEST(stream_of_message_io_is_read_however_it_is_cut)
{
	static const size_t lens[] = { 0, 2, 128, 0, 300 };
	static const uint8_t zeros[300];
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	size_t i;

	codec_bytes_add(&script, "\x00\x02\0\0\x80\x01", 6);
	codec_bytes_add(&script, zeros, 128);
	codec_bytes_add(&script, "\x00\xac\x02", 3);
	codec_bytes_add(&script, zeros, 300);
	codec_feed_all(&wi_codec_varint, CODEC_FEED_FRAMES, 300, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, CHECK_COUNT(lens));
	for (i = 0; i < CHECK_COUNT(lens); i++)
		ck_assert(codec_feed_is(&feed, i, zeros, lens[i]));
	ck_assert_uint_eq(feed.left, 0);
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(three_byte_prefix_is_fed_in_every_way)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	uint8_t *data = calloc(1, 16384);

	ck_assert_ptr_nonnull(data);
	data[0] = 1;
	data[16383] = 2;
	codec_frame_add(&script, &wi_codec_varint, data, 16383, 0);
	codec_frame_add(&script, &wi_codec_varint, data, 16384, 0);
	codec_frame_add(&script, &wi_codec_varint, "end", 3, 0);
	ck_assert_uint_eq(script.len, 2 + 16383 + 3 + 16384 + 1 + 3);
	codec_feed_all(&wi_codec_varint, CODEC_FEED_FRAMES, 16384, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	ck_assert(codec_feed_is(&feed, 0, data, 16383));
	ck_assert(codec_feed_is(&feed, 1, data, 16384));
	ck_assert(codec_feed_is(&feed, 2, "end", 3));
	codec_feed_free(&feed);
	codec_bytes_free(&script);
	free(data);
}
END_TEST

START_TEST(message_of_one_mebibyte_is_cut_in_place)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct weft_cut cut;
	uint8_t *data = calloc(1, MIB);
	int rv;

	ck_assert_ptr_nonnull(data);
	codec_frame_add(&script, &wi_codec_varint, data, MIB, 0);
	rv = decode(script.data, script.len, MIB, &cut);
	ck_assert_int_eq(rv, WEFT_CUT_MESSAGE);
	ck_assert_uint_eq(cut.offset, 3);
	ck_assert_uint_eq(cut.len, MIB);
	ck_assert_uint_eq(cut.used, script.len);
	rv = decode(script.data, script.len - 1, MIB, &cut);
	ck_assert_int_eq(rv, WEFT_CUT_MORE);
	ck_assert_uint_eq(cut.need, script.len);
	codec_bytes_free(&script);
	free(data);
}
END_TEST

START_TEST(message_that_is_not_whole_is_kept_and_says_what_it_needs)
{
	struct codec_feed feed;

	FEED(100,
	    "\x02"
	    "ab"
	    "\x05"
	    "hel",
	    &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(codec_feed_is(&feed, 0, "ab", 2));
	ck_assert_uint_eq(feed.left, 4);
	ck_assert_uint_eq(feed.need, 6);
	codec_feed_free(&feed);

	/* A prefix that is not whole does not know yet. */
	FEED(1000,
	    "\x02"
	    "ab"
	    "\x80",
	    &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.left, 1);
	ck_assert_uint_eq(feed.need, 0);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(need_is_obeyed_so_a_long_message_costs_two_calls)
{
	const struct codec_way way = {
		.name = "one byte at a time", .bytes_from = 0, .obey_need = 1
	};
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	uint8_t data[100] = { 0 };

	codec_frame_add(&script, &wi_codec_varint, data, sizeof(data), 0);
	codec_feed_way(
	    &wi_codec_varint, 100, script.data, script.len, &way, &feed);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert_uint_eq(feed.ncalls, 2);
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(message_of_max_message_passes_and_one_more_is_too_big)
{
	struct codec_feed feed;

	FEED(5,
	    "\x05"
	    "hello",
	    &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert(codec_feed_is(&feed, 0, "hello", 5));
	codec_feed_free(&feed);

	refused("\x06"
		"hello!",
	    7, 5, WEFT_ETOOBIG, 1);
	refused("\x01"
		"a"
		"\x06"
		"hello!",
	    9, 5, WEFT_ETOOBIG, 3);
	refused("\x80\x01", 2, 127, WEFT_ETOOBIG, 2);
	refused("\x81\x80\x01", 3, 16384, WEFT_ETOOBIG, 3);
}
END_TEST

START_TEST(nothing_but_empty_messages_passes_a_max_message_of_zero)
{
	struct codec_feed feed;

	FEED(0, "\x00\x00\x00", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	codec_feed_free(&feed);
	refused("\x01", 1, 0, WEFT_ETOOBIG, 1);
}
END_TEST

START_TEST(too_big_is_known_before_the_last_byte_of_the_prefix)
{
	/* 0x7f already is above 100, whatever follows. */
	refused("\xff\x7f", 2, 100, WEFT_ETOOBIG, 1);
	refused("\xff\xff\xff\xff\x0f", 5, 16383, WEFT_ETOOBIG, 3);
	/* The first bits fit, the next do not. */
	refused("\x80\x81\x01", 3, 100, WEFT_ETOOBIG, 2);
	/* Too big comes before overlong: the verdict of the first fault. */
	refused("\xff\x00", 2, 100, WEFT_ETOOBIG, 1);
}
END_TEST

START_TEST(overlong_prefix_is_malformed)
{
	struct codec_feed feed;

	refused("\x80\x00", 2, 1000, WEFT_EMALFORMED, 2);
	refused("\x81\x00"
		"a",
	    3, 1000, WEFT_EMALFORMED, 2);
	refused("\x80\x80\x00", 3, 1000, WEFT_EMALFORMED, 3);
	refused("\x80\x81\x80\x00", 4, 1000, WEFT_EMALFORMED, 4);

	/* What came before it is still delivered. */
	FEED(1000,
	    "\x02"
	    "ok"
	    "\x80\x00",
	    &feed);
	ck_assert_int_eq(feed.error, WEFT_EMALFORMED);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(codec_feed_is(&feed, 0, "ok", 2));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(prefix_of_more_than_ten_bytes_is_malformed)
{
	/* Only zero bits, so that it is not too big before. */
	refused("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, 1000,
	    WEFT_EMALFORMED, 10);
}
END_TEST

START_TEST(prefix_above_64_bits_is_malformed)
{
	refused("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10, SIZE_MAX,
	    WEFT_EMALFORMED, 10);
	refused("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 10, SIZE_MAX,
	    WEFT_EMALFORMED, 10);
}
END_TEST

START_TEST(length_near_the_end_of_size_t_is_too_big_and_does_not_overflow)
{
	struct weft_cut cut;
	int rv;

	refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, SIZE_MAX,
	    WEFT_ETOOBIG, 10);
	/* SIZE_MAX - 10, the longest that a frame of it can be counted for. */
	rv = decode(
	    "\xf5\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, SIZE_MAX, &cut);
	ck_assert_int_eq(rv, WEFT_CUT_MORE);
	ck_assert_uint_eq(cut.need, SIZE_MAX);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		prefix_is_the_shortest_and_that_of_message_io,
		prefix_is_read_as_it_was_written,
		messages_of_every_prefix_length_come_back_as_sent,
		stream_of_message_io_is_read_however_it_is_cut,
		three_byte_prefix_is_fed_in_every_way,
		message_of_one_mebibyte_is_cut_in_place,
		message_that_is_not_whole_is_kept_and_says_what_it_needs,
		need_is_obeyed_so_a_long_message_costs_two_calls,
		message_of_max_message_passes_and_one_more_is_too_big,
		nothing_but_empty_messages_passes_a_max_message_of_zero,
		too_big_is_known_before_the_last_byte_of_the_prefix,
		overlong_prefix_is_malformed,
		prefix_of_more_than_ten_bytes_is_malformed,
		prefix_above_64_bits_is_malformed,
		length_near_the_end_of_size_t_is_too_big_and_does_not_overflow,
	};

	return check_main("varint", tests, CHECK_COUNT(tests));
}
