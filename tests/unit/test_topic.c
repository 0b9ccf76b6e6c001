/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_topic.c - base/topic: which topics and filters there may be.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/topic.h"
#include "check_main.h"

/* The sentence about a topic or filter; "" if it may be. */
static const char *
said(int (*check)(const char *, size_t, struct weft_error *), const char *text,
    size_t len)
{
	static struct weft_error err;
	int rv;

	memset(&err, 0, sizeof(err));
	rv = check(text, len, &err);
	ck_assert_int_eq(rv, err.code);
	ck_assert(rv == WEFT_OK || rv == -EINVAL);
	ck_assert_int_eq(check(text, len, NULL), rv);
	return err.text;
}

static void
topic_is(const char *topic, const char *expected)
{
	ck_assert_str_eq(said(wi_topic_check, topic, strlen(topic)), expected);
}

static void
filter_is(const char *filter, const char *expected)
{
	ck_assert_str_eq(
	    said(wi_topic_check_filter, filter, strlen(filter)), expected);
}

START_TEST(names_of_any_bytes_but_nul_and_wildcards_may_be_published_to)
{
	static const char *const names[] = { "a", "/", "//", "/finance",
		"sport/tennis/player1", "Accounts payable", "$SYS/x", "$",
		"a/", "\xc3\xbc/\xff", "\x01\n" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(names); i++) {
		topic_is(names[i], "");
		filter_is(names[i], "");
	}
}
END_TEST

START_TEST(wildcards_are_for_filters_and_the_byte_is_named)
{
	topic_is(
	    "+", "topic \"+\": expected no wildcard, found '+' at byte 1");
	topic_is(
	    "a/#", "topic \"a/#\": expected no wildcard, found '#' at byte 3");
	topic_is("ab+c",
	    "topic \"ab+c\": expected no wildcard, found '+' at byte 3");
}
END_TEST

/* MQTT 3.1.1, 4.7.1.2 and 4.7.1.3, and more of the kind. */
START_TEST(wildcards_that_are_whole_levels_make_a_filter)
{
	static const char *const filters[] = { "#", "+", "sport/#",
		"sport/tennis/#", "+/tennis/#", "sport/+/player1", "+/+", "/+",
		"+/", "/#", "+/#", "//+//#", "$SYS/#", "$SYS/monitor/+" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(filters); i++)
		filter_is(filters[i], "");
}
END_TEST

START_TEST(wildcards_elsewhere_are_refused_and_the_byte_is_named)
{
	filter_is("sport/tennis#",
	    "filter \"sport/tennis#\": expected a wildcard to be a whole "
	    "level, found '#' at byte 13");
	filter_is("sport/tennis/#/ranking",
	    "filter \"sport/tennis/#/ranking\": expected '#' as the last "
	    "level only, found it at byte 14");
	filter_is("sport+",
	    "filter \"sport+\": expected a wildcard to be a whole level, "
	    "found '+' at byte 6");
	filter_is("a/+b",
	    "filter \"a/+b\": expected a wildcard to be a whole level, found "
	    "'+' at byte 3");
	filter_is("++",
	    "filter \"++\": expected a wildcard to be a whole level, found "
	    "'+' at byte 1");
	filter_is("#/",
	    "filter \"#/\": expected '#' as the last level only, found it at "
	    "byte 1");
	filter_is("##",
	    "filter \"##\": expected a wildcard to be a whole level, found "
	    "'#' at byte 1");
}
END_TEST

START_TEST(lengths_of_1_to_1024_bytes_are_taken)
{
	char text[WI_TOPIC_BYTES + 1];

	memset(text, 'x', sizeof(text));
	ck_assert_str_eq(said(wi_topic_check, text, 1024), "");
	ck_assert_str_eq(said(wi_topic_check_filter, text, 1024), "");
	ck_assert_str_eq(said(wi_topic_check, text, 1025),
	    "topic: expected 1 to 1024 bytes, found 1025");
	ck_assert_str_eq(said(wi_topic_check_filter, text, 1025),
	    "filter: expected 1 to 1024 bytes, found 1025");
	topic_is("", "topic: expected 1 to 1024 bytes, found 0");
	filter_is("", "filter: expected 1 to 1024 bytes, found 0");
	ck_assert_int_eq(wi_topic_check(NULL, 0, NULL), -EINVAL);
}
END_TEST

START_TEST(levels_are_counted_also_empty_ones)
{
	topic_is("///////////////", ""); /* 16 */
	topic_is("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "");
	filter_is("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/#", "");
	topic_is("////////////////",
	    "topic \"////////////////\": expected at most 16 levels, found "
	    "another '/' at byte 16");
	filter_is("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/#",
	    "filter \"1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/#\": expected "
	    "at most 16 levels, found another '/' at byte 39");
}
END_TEST

START_TEST(plus_levels_are_counted)
{
	filter_is("+/+/+/a/+/+/+/#", "");
	filter_is("+/+/+/+/+/+/+/+",
	    "filter \"+/+/+/+/+/+/+/+\": expected at most 6 levels '+', found "
	    "another at byte 13");
}
END_TEST

START_TEST(nul_is_refused_wherever_it_stands)
{
	ck_assert_str_eq(said(wi_topic_check, "a/\0b", 4),
	    "topic \"a/\": expected no NUL, found one at byte 3");
	ck_assert_str_eq(said(wi_topic_check_filter, "a\0", 2),
	    "filter \"a\": expected no NUL, found one at byte 2");
	ck_assert_str_eq(said(wi_topic_check, "", 1),
	    "topic \"\": expected no NUL, found one at byte 1");
}
END_TEST

START_TEST(nothing_behind_the_length_is_read)
{
	ck_assert_str_eq(said(wi_topic_check, "ab#", 2), "");
	ck_assert_str_eq(said(wi_topic_check_filter, "a/##", 3), "");
	ck_assert_str_eq(said(wi_topic_check_filter, "+b", 1), "");
}
END_TEST

START_TEST(long_name_is_cut_in_the_text_and_the_reason_is_not)
{
	char text[WI_TOPIC_BYTES], expected[300];

	memset(text, 'x', sizeof(text));
	text[1000] = '#';
	snprintf(expected, sizeof(expected),
	    "topic \"%.160s\": expected no wildcard, found '#' at byte 1001",
	    text);
	ck_assert_str_eq(said(wi_topic_check, text, sizeof(text)), expected);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		names_of_any_bytes_but_nul_and_wildcards_may_be_published_to,
		wildcards_are_for_filters_and_the_byte_is_named,
		wildcards_that_are_whole_levels_make_a_filter,
		wildcards_elsewhere_are_refused_and_the_byte_is_named,
		lengths_of_1_to_1024_bytes_are_taken,
		levels_are_counted_also_empty_ones,
		plus_levels_are_counted,
		nul_is_refused_wherever_it_stands,
		nothing_behind_the_length_is_read,
		long_name_is_cut_in_the_text_and_the_reason_is_not,
	};

	return check_main("topic", tests, CHECK_COUNT(tests));
}
