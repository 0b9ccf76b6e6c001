/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_line.c - codec/line from scripted feeds.
 */
#include "codec_feed.h"

#include "check_main.h"
#include "codec/codecs.h"

/* A script as a literal that may hold NUL bytes. */
#define FEED(max, script, feed)                                               \
	codec_feed_all(&wi_codec_line, CODEC_FEED_FRAMES, max, script,        \
	    sizeof(script) - 1, feed)
#define REFUSED(max, script, error, after)                                    \
	codec_feed_refused(                                                   \
	    &wi_codec_line, max, script, sizeof(script) - 1, error, after)
#define IS(feed, i, text) codec_feed_is(feed, i, text, sizeof(text) - 1)

START_TEST(line_ends_in_lf_or_crlf_and_the_ending_is_not_delivered)
{
	struct codec_feed feed;

	FEED(100, "one\ntwo\r\nthree\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	ck_assert(IS(&feed, 0, "one"));
	ck_assert(IS(&feed, 1, "two"));
	ck_assert(IS(&feed, 2, "three"));
	ck_assert_uint_eq(feed.left, 0);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(empty_line_is_an_empty_message)
{
	struct codec_feed feed;

	FEED(100, "\n\r\n\n\na\r\n\r\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 6);
	ck_assert(IS(&feed, 0, ""));
	ck_assert(IS(&feed, 1, ""));
	ck_assert(IS(&feed, 2, ""));
	ck_assert(IS(&feed, 3, ""));
	ck_assert(IS(&feed, 4, "a"));
	ck_assert(IS(&feed, 5, ""));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(cr_that_no_lf_follows_stays_and_so_does_nul)
{
	struct codec_feed feed;

	FEED(100, "a\rb\n\ra\n\r\r\nx\r\r\r\n\0\0\n\xff\r\xfe\r\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 6);
	ck_assert(IS(&feed, 0, "a\rb"));
	ck_assert(IS(&feed, 1, "\ra"));
	ck_assert(IS(&feed, 2, "\r"));
	ck_assert(IS(&feed, 3, "x\r\r"));
	ck_assert(IS(&feed, 4, "\0\0"));
	ck_assert(IS(&feed, 5, "\xff\r\xfe"));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(line_without_its_ending_is_kept)
{
	struct codec_feed feed;

	FEED(100, "one\ntw", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert_uint_eq(feed.left, 2);
	/* Where a line ends can not be known. */
	ck_assert_uint_eq(feed.need, 0);
	codec_feed_free(&feed);

	FEED(100, "\r", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 0);
	ck_assert_uint_eq(feed.left, 1);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(sent_lines_get_an_lf_and_come_back_as_sent)
{
	static const char *const lines[] = { "one", "", "with\rcr", "x", "" };
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	size_t i;

	ck_assert_ptr_null(wi_codec_line.head);
	ck_assert_uint_eq(wi_codec_line.tail_max, 1);
	for (i = 0; i < CHECK_COUNT(lines); i++)
		codec_frame_add(
		    &script, &wi_codec_line, lines[i], strlen(lines[i]), 0);
	ck_assert_uint_eq(script.len, 16);
	ck_assert_mem_eq(script.data, "one\n\nwith\rcr\nx\n\n", 16);
	codec_feed_all(&wi_codec_line, CODEC_FEED_FRAMES, 100, script.data,
	    script.len, &feed);
	ck_assert_uint_eq(feed.nmessages, CHECK_COUNT(lines));
	for (i = 0; i < CHECK_COUNT(lines); i++)
		ck_assert(codec_feed_is(&feed, i, lines[i], strlen(lines[i])));
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(sent_message_with_lf_in_it_is_several_lines)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;

	codec_frame_add(&script, &wi_codec_line, "one\ntwo\r", 8, 0);
	codec_feed_all(&wi_codec_line, CODEC_FEED_FRAMES, 100, script.data,
	    script.len, &feed);
	ck_assert_uint_eq(feed.nmessages, 2);
	ck_assert(IS(&feed, 0, "one"));
	ck_assert(IS(&feed, 1, "two"));
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(text_of_max_message_passes_with_either_ending)
{
	struct codec_feed feed;

	FEED(5, "hello\nhello\r\n\rell\r\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	ck_assert(IS(&feed, 0, "hello"));
	ck_assert(IS(&feed, 1, "hello"));
	ck_assert(IS(&feed, 2, "\rell"));
	codec_feed_free(&feed);

	FEED(5, "hell\r\r\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert(IS(&feed, 0, "hell\r"));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(longer_text_is_too_big_as_soon_as_it_shows)
{
	struct codec_feed feed;

	REFUSED(5, "hello!\n", WEFT_ETOOBIG, 6);
	REFUSED(5, "hello!and no end", WEFT_ETOOBIG, 6);
	/* The CR may be the ending until something else follows. */
	REFUSED(5, "hello\rx", WEFT_ETOOBIG, 7);
	REFUSED(5, "hello\r\r\n", WEFT_ETOOBIG, 7);
	REFUSED(5, "\r\r\r\r\r\r\r\n", WEFT_ETOOBIG, 7);

	/* What came before it is still delivered. */
	FEED(5, "ok\r\nhello!\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_ETOOBIG);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(IS(&feed, 0, "ok"));
	codec_feed_free(&feed);
}
END_TEST

START_TEST(nothing_but_empty_lines_passes_a_max_message_of_zero)
{
	struct codec_feed feed;

	FEED(0, "\n\r\n\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	codec_feed_free(&feed);
	REFUSED(0, "a\n", WEFT_ETOOBIG, 1);
	REFUSED(0, "\ra\n", WEFT_ETOOBIG, 2);
	REFUSED(0, "\r\r\n", WEFT_ETOOBIG, 2);
}
END_TEST

START_TEST(bound_of_all_there_is_does_not_overflow)
{
	struct codec_feed feed;
	size_t below;

	for (below = 0; below <= 3; below++) {
		FEED(SIZE_MAX - below, "one\r\ntwo\n", &feed);
		ck_assert_int_eq(feed.error, WEFT_OK);
		ck_assert_uint_eq(feed.nmessages, 2);
		ck_assert(IS(&feed, 0, "one"));
		ck_assert(IS(&feed, 1, "two"));
		codec_feed_free(&feed);
	}
}
END_TEST

/* decode() is given the bytes again, with other ones where it has looked: had
 * it looked there again, it had found the LF.  So a long line that comes in
 * small parts costs what it costs whole. */
START_TEST(no_byte_is_looked_at_twice)
{
	uint8_t *state = calloc(1, wi_codec_line.state_size);
	uint8_t line[] = "0123456789";
	struct weft_cut cut = { 0 };
	int rv;

	ck_assert_ptr_nonnull(state);
	rv = wi_codec_line.decode(state, line, 4, 100, &cut);
	ck_assert_int_eq(rv, WEFT_CUT_MORE);
	memset(line, '\n', 4);
	rv = wi_codec_line.decode(state, line, 6, 100, &cut);
	ck_assert_int_eq(rv, WEFT_CUT_MORE);
	memset(line, '\n', 6);
	line[8] = '\n';
	rv = wi_codec_line.decode(state, line, 10, 100, &cut);
	ck_assert_int_eq(rv, WEFT_CUT_MESSAGE);
	ck_assert_uint_eq(cut.offset, 0);
	ck_assert_uint_eq(cut.len, 8);
	ck_assert_uint_eq(cut.used, 9);

	/* The next line is looked at from its front again. */
	line[9] = '\n';
	memset(&cut, 0, sizeof(cut));
	rv = wi_codec_line.decode(state, line + 9, 1, 100, &cut);
	ck_assert_int_eq(rv, WEFT_CUT_MESSAGE);
	ck_assert_uint_eq(cut.len, 0);
	ck_assert_uint_eq(cut.used, 1);
	free(state);
}
END_TEST

START_TEST(line_of_seventy_thousand_bytes_is_fed_in_every_way)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	uint8_t *data = malloc(70000);

	ck_assert_ptr_nonnull(data);
	memset(data, 'x', 70000);
	codec_frame_add(&script, &wi_codec_line, data, 70000, 0);
	codec_bytes_add(&script, "end\r\n", 5);
	codec_feed_all(&wi_codec_line, CODEC_FEED_FRAMES, 70000, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 2);
	ck_assert(codec_feed_is(&feed, 0, data, 70000));
	ck_assert(IS(&feed, 1, "end"));
	codec_feed_free(&feed);
	codec_bytes_free(&script);
	free(data);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		line_ends_in_lf_or_crlf_and_the_ending_is_not_delivered,
		empty_line_is_an_empty_message,
		cr_that_no_lf_follows_stays_and_so_does_nul,
		line_without_its_ending_is_kept,
		sent_lines_get_an_lf_and_come_back_as_sent,
		sent_message_with_lf_in_it_is_several_lines,
		text_of_max_message_passes_with_either_ending,
		longer_text_is_too_big_as_soon_as_it_shows,
		nothing_but_empty_lines_passes_a_max_message_of_zero,
		bound_of_all_there_is_does_not_overflow,
		no_byte_is_looked_at_twice,
		line_of_seventy_thousand_bytes_is_fed_in_every_way,
	};

	return check_main("line", tests, CHECK_COUNT(tests));
}
