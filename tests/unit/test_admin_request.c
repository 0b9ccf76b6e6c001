/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_admin_request.c - lines that are asked of the admin socket:
 * what they say, and what they are refused for.
 */
#include "host/admin_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"

static struct wi_admin_request request;
static struct weft_error err;

static int
parse(const char *line)
{
	return wi_admin_request_parse(line, strlen(line), &request, &err);
}

/* It is refused with that code, and the words have that in them. */
static void
expect_refused(const char *line, size_t len, int code, const char *words)
{
	ck_assert_int_eq(
	    wi_admin_request_parse(line, len, &request, &err), code);
	ck_assert_int_eq(err.code, code);
	ck_assert_msg(strstr(err.text, words) != NULL,
	    "expected \"%s\" in \"%s\"", words, err.text);
}

static void
refused(const char *line, int code, const char *words)
{
	expect_refused(line, strlen(line), code, words);
}

START_TEST(words_are_set_apart_by_blanks)
{
	ck_assert_int_eq(parse("weft/1  explain   tcp://[::1]:1 "), WEFT_OK);
	ck_assert_uint_eq(request.nwords, 2);
	ck_assert_str_eq(request.words[0], "explain");
	ck_assert_str_eq(request.words[1], "tcp://[::1]:1");
	ck_assert_int_eq(parse("weft/1 status\r"), WEFT_OK);
	ck_assert_uint_eq(request.nwords, 1);
	ck_assert_str_eq(request.words[0], "status");
}
END_TEST

START_TEST(a_json_string_is_a_word)
{
	ck_assert_int_eq(
	    parse("\"weft/1\" \"a b\" \"\" \"\\\"\\\\\\u00e4\\t\""), WEFT_OK);
	ck_assert_uint_eq(request.nwords, 3);
	ck_assert_str_eq(request.words[0], "a b");
	ck_assert_str_eq(request.words[1], "");
	ck_assert_str_eq(request.words[2], "\"\\\xc3\xa4\t");
}
END_TEST

START_TEST(what_is_no_line_of_text_is_refused)
{
	expect_refused("weft/1 st\0atus", 14, -EBADMSG, "column 10");
	refused("weft/1 st\tatus", -EBADMSG, "control byte (0x09)");
	refused("weft/1 st\x7f", -EBADMSG, "control byte (0x7f)");
	refused("weft/1 \xff", -EBADMSG, "UTF-8");
	refused("weft/1 \xc3", -EBADMSG, "UTF-8");
	refused("weft/1 \xed\xa0\x80", -EBADMSG, "UTF-8");
}
END_TEST

START_TEST(another_protocol_is_refused)
{
	refused("", -EPROTO, "expected weft/1");
	refused("   ", -EPROTO, "expected weft/1");
	refused("status", -EPROTO, "found \"status\"");
	refused("weft/2 status", -EPROTO, "found \"weft/2\"");
	refused("weft/1", -EBADMSG, "and a verb");
	refused("GET / HTTP/1.1\r", -EPROTO, "found \"GET\"");
}
END_TEST

START_TEST(strings_that_are_none_are_refused)
{
	refused("weft/1 \"a", -EBADMSG, "column 8");
	refused("weft/1 \"a\\\"", -EBADMSG, "column 8");
	refused("weft/1 \"a\"b", -EBADMSG, "column 8");
	refused("weft/1 \"\\u0000\"", -EBADMSG, "column 8");
	refused("weft/1 \"\\ud800\"", -EBADMSG, "column 8");
	refused("weft/1 \"\\x\"", -EBADMSG, "column 8");
	refused("weft/1 a\"b\"", -EBADMSG, "no quote inside");
	refused("weft/1 \"", -EBADMSG, "column 8");
}
END_TEST

START_TEST(a_line_and_its_words_are_bounded)
{
	static char line[1u << 20];
	unsigned i;

	memset(line, 'a', sizeof(line));
	memcpy(line, "weft/1 ", 7);
	ck_assert_int_eq(
	    wi_admin_request_parse(line, WI_REQUEST_MAX - 1, &request, &err),
	    WEFT_OK);
	ck_assert_uint_eq(strlen(request.words[0]), WI_REQUEST_MAX - 8);
	expect_refused(line, WI_REQUEST_MAX, -E2BIG, "at most 4095 bytes");
	expect_refused(line, sizeof(line), -E2BIG, "at most 4095 bytes");
	for (i = 0; i < 17; i++)
		memcpy(line + 7 + 2 * i, "b ", 2);
	ck_assert_int_eq(
	    wi_admin_request_parse(line, 7 + 2 * 16, &request, &err), WEFT_OK);
	ck_assert_uint_eq(request.nwords, 16);
	expect_refused(line, 7 + 2 * 17, -E2BIG, "at most 16 words");
}
END_TEST

START_TEST(a_line_that_is_cut_anywhere_is_refused_or_shorter)
{
	static const char line[] =
	    "weft/1 endpoints \"listener=a b\" limit=10 \"x\\u00e4\"";
	size_t len;

	ck_assert_int_eq(parse(line), WEFT_OK);
	ck_assert_uint_eq(request.nwords, 4);
	for (len = 0; len < sizeof(line) - 1; len++)
		if (wi_admin_request_parse(line, len, &request, &err) ==
		    WEFT_OK)
			ck_assert_uint_le(request.nwords, 4);
		else
			ck_assert_uint_gt(strlen(err.text), 0);
}
END_TEST

START_TEST(options_and_words_are_told_apart)
{
	const char *args[2];
	uint64_t limit;

	ck_assert_int_eq(
	    parse("weft/1 list limit=10 tcp://h:1?limit=3 plugin="), WEFT_OK);
	ck_assert_int_eq(
	    wi_admin_request_check(&request, 1, 2, "plugin limit", args, &err),
	    WEFT_OK);
	ck_assert_str_eq(args[0], "tcp://h:1?limit=3");
	ck_assert_ptr_null(args[1]);
	ck_assert_str_eq(wi_admin_request_value(&request, "plugin"), "");
	ck_assert_ptr_null(wi_admin_request_value(&request, "lim"));
	ck_assert_int_eq(
	    wi_admin_request_number(&request, "limit", 10, 7, &limit, &err),
	    WEFT_OK);
	ck_assert_uint_eq(limit, 10);
	ck_assert_int_eq(
	    wi_admin_request_number(&request, "sort", 10, 7, &limit, &err),
	    WEFT_OK);
	ck_assert_uint_eq(limit, 7);
	ck_assert_int_eq(
	    wi_admin_request_number(&request, "limit", 9, 7, &limit, &err),
	    -EINVAL);
}
END_TEST

START_TEST(words_too_many_or_too_few_are_refused)
{
	const char *args[1];

	ck_assert_int_eq(parse("weft/1 explain a b"), WEFT_OK);
	ck_assert_int_eq(
	    wi_admin_request_check(&request, 1, 1, "", args, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "found \"b\""));
	ck_assert_int_eq(parse("weft/1 explain"), WEFT_OK);
	ck_assert_int_eq(
	    wi_admin_request_check(&request, 1, 1, "", args, &err), -EINVAL);
	ck_assert_int_eq(parse("weft/1 status limit=1"), WEFT_OK);
	ck_assert_int_eq(
	    wi_admin_request_check(&request, 0, 0, "", args, &err), -EINVAL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { words_are_set_apart_by_blanks,
		a_json_string_is_a_word, what_is_no_line_of_text_is_refused,
		another_protocol_is_refused, strings_that_are_none_are_refused,
		a_line_and_its_words_are_bounded,
		a_line_that_is_cut_anywhere_is_refused_or_shorter,
		options_and_words_are_told_apart,
		words_too_many_or_too_few_are_refused };

	return check_main("admin_request", tests, CHECK_COUNT(tests));
}
