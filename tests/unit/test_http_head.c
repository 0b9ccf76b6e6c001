/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_http_head.c - codec/http_head: what it takes apart, and what
 * it refuses (RFC 9112, strict_note).
 */
#include "codec/http_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"

#define LINE "GET /chat?a=b HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"

/* A head in a block of its size; the parts point into it. */
struct parsed {
	uint8_t *data;
	size_t len;
	struct wi_http_head head;
	const char *why;
	unsigned status;
};

static void
parse(struct parsed *parsed, const char *text, size_t len, bool request)
{
	uint32_t looked = 0;

	parsed->data = malloc(len);
	parsed->len = len;
	memcpy(parsed->data, text, len);
	/* No part of what was there before may be left. */
	memset(&parsed->head, 0xa5, sizeof(parsed->head));
	parsed->why = NULL;
	/* A whole head, as it is promised. */
	ck_assert_uint_eq(wi_http_head_end(parsed->data, len, &looked), len);
	parsed->status = wi_http_head_parse(
	    parsed->data, len, request, &parsed->head, &parsed->why);
	if (parsed->status != 0)
		ck_assert_ptr_nonnull(parsed->why);
}

static unsigned
status_of(const char *text, size_t len, bool request)
{
	struct parsed parsed;

	parse(&parsed, text, len, request);
	free(parsed.data);
	return parsed.status;
}

/* A request, as a literal that may hold NUL bytes. */
#define STATUS(text) status_of(text, sizeof(text) - 1, true)
#define ANSWER(text) status_of(text, sizeof(text) - 1, false)
#define PARSE(parsed, text) parse(parsed, text, sizeof(text) - 1, true)

static void
is_text(struct wi_http_text text, const char *expected)
{
	ck_assert_uint_eq(text.len, strlen(expected));
	ck_assert_mem_eq(text.at, expected, text.len);
	ck_assert(wi_http_is(text, expected));
}

START_TEST(a_request_is_taken_apart)
{
	struct parsed parsed;

	PARSE(&parsed,
	    LINE "Host: a.example:8080\r\nX-Empty:\r\nX-Blank: \t \r\n"
		 "x-around: \t a  b \t\r\nX-Tight:t\r\n\r\n");
	ck_assert_uint_eq(parsed.status, 0);
	is_text(parsed.head.method, "GET");
	is_text(parsed.head.target, "/chat?a=b");
	ck_assert_uint_eq(parsed.head.nfields, 5);
	ck_assert(!parsed.head.body);
	is_text(parsed.head.fields[0].name, "Host");
	is_text(parsed.head.fields[0].value, "a.example:8080");
	is_text(parsed.head.fields[1].name, "X-Empty");
	is_text(parsed.head.fields[2].name, "X-Blank");
	/* RFC 9112, section 5.1: blanks around are not the value's. */
	is_text(parsed.head.fields[3].value, "a  b");
	is_text(parsed.head.fields[4].value, "t");
	free(parsed.data);
}
END_TEST

START_TEST(an_empty_value_lies_in_the_head)
{
	struct parsed parsed;
	unsigned i;

	PARSE(&parsed, LINE "Host:\r\nX-Empty:\r\nX-Blank: \t \r\n\r\n");
	ck_assert_uint_eq(parsed.status, 0);
	ck_assert_uint_eq(parsed.head.nfields, 3);
	for (i = 0; i < 3; i++) {
		const uint8_t *at =
		    (const uint8_t *)parsed.head.fields[i].value.at;

		ck_assert_uint_eq(parsed.head.fields[i].value.len, 0);
		ck_assert(at >= parsed.data && at < parsed.data + parsed.len);
	}
	free(parsed.data);
}
END_TEST

START_TEST(a_response_is_taken_apart)
{
	struct parsed parsed;
	static const char text[] = "HTTP/1.1 101 Switching Protocols\r\n"
				   "Upgrade: websocket\r\n\r\n";

	parse(&parsed, text, sizeof(text) - 1, false);
	ck_assert_uint_eq(parsed.status, 0);
	ck_assert_uint_eq(parsed.head.status, 101);
	ck_assert_uint_eq(parsed.head.nfields, 1);
	is_text(parsed.head.fields[0].value, "websocket");
	free(parsed.data);
	ck_assert_uint_eq(ANSWER("HTTP/1.1 204 \r\n\r\n"), 0);
}
END_TEST

START_TEST(any_method_of_http_is_let_through)
{
	struct parsed parsed;

	PARSE(&parsed, "POST / HTTP/1.1\r\n" HOST "\r\n");
	ck_assert_uint_eq(parsed.status, 0);
	is_text(parsed.head.method, "POST");
	free(parsed.data);
	ck_assert_uint_eq(STATUS("PATCH / HTTP/1.1\r\n" HOST "\r\n"), 0);
	ck_assert_uint_eq(STATUS("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 0);
}
END_TEST

/* RFC 9112, sections 6.1 and 6.2. */
START_TEST(a_body_is_told)
{
	static const struct {
		const char *fields;
		bool body;
	} cases[] = {
		{ "", false },
		{ "Content-Length: 0\r\n", false },
		{ "Content-Length: 1\r\n", true },
		{ "Transfer-Encoding: chunked\r\n", true },
	};
	struct parsed parsed;
	char text[200];
	size_t i;

	for (i = 0; i < CHECK_COUNT(cases); i++) {
		int n = snprintf(
		    text, sizeof(text), LINE HOST "%s\r\n", cases[i].fields);

		parse(&parsed, text, (size_t)n, true);
		ck_assert_uint_eq(parsed.status, 0);
		ck_assert_int_eq(parsed.head.body, cases[i].body);
		free(parsed.data);
	}
}
END_TEST

START_TEST(a_folded_line_is_refused)
{
	/* Section 5.2. */
	ck_assert_uint_eq(STATUS(LINE HOST "X: a\r\n b\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: a\r\n\tb\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X:\r\n b\r\n\r\n"), 400);
	/* Section 2.2: blanks between the first line and the fields. */
	ck_assert_uint_eq(STATUS(LINE " " HOST "\r\n"), 400);
	ck_assert_uint_eq(
	    ANSWER("HTTP/1.1 101 Hi\r\nX: a\r\n b\r\n\r\n"), 400);
}
END_TEST

START_TEST(a_request_has_one_host)
{
	/* Section 3.2. */
	ck_assert_uint_eq(STATUS(LINE "\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: y\r\nhOST: b\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE "hOST: b\r\n\r\n"), 0);
	ck_assert_uint_eq(STATUS(LINE "Hosts: b\r\n\r\n"), 400);
	/* A response has none. */
	ck_assert_uint_eq(ANSWER("HTTP/1.1 101 Hi\r\n\r\n"), 0);
}
END_TEST

START_TEST(another_version_is_refused)
{
	ck_assert_uint_eq(STATUS("GET / HTTP/1.0\r\n" HOST "\r\n"), 0);
	ck_assert_uint_eq(STATUS("GET / HTTP/1.0\r\n\r\n"), 0);
	ck_assert_uint_eq(STATUS("GET / HTTP/2.0\r\n" HOST "\r\n"), 505);
	ck_assert_uint_eq(STATUS("GET / HTTP/0.9\r\n" HOST "\r\n"), 505);
	ck_assert_uint_ne(STATUS("GET / HTTP/1.2\r\n" HOST "\r\n"), 0);
	ck_assert_uint_ne(STATUS("GET / HTTP/1.11\r\n" HOST "\r\n"), 0);
	ck_assert_uint_ne(STATUS("GET / http/1.1\r\n" HOST "\r\n"), 0);
	ck_assert_uint_ne(STATUS("GET / HTTP/1,1\r\n" HOST "\r\n"), 0);
	ck_assert_uint_ne(STATUS("GET /\r\n" HOST "\r\n"), 0);
	ck_assert_uint_eq(ANSWER("HTTP/1.0 101 Hi\r\n\r\n"), 505);
	ck_assert_uint_ne(ANSWER("HTTP/2.0 101 Hi\r\n\r\n"), 0);
}
END_TEST

START_TEST(another_protocol_is_refused)
{
	ck_assert_uint_eq(STATUS("DESCRIBE / HTTP/1.1\r\n" HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS("DESCRIBE /c RTSP/1.1\r\n" HOST "\r\n"), 505);
	ck_assert_uint_eq(STATUS("GET /chat RTSP/1.1\r\n" HOST "\r\n"), 505);
	ck_assert_uint_eq(STATUS("OPTIONS /c RTSP/1.1\r\n" HOST "\r\n"), 505);
	ck_assert_uint_eq(STATUS("SOURCE /chat ICE/1.1\r\n" HOST "\r\n"), 505);
	ck_assert_uint_ne(STATUS("GET /chat ICE/1.1\r\n" HOST "\r\n"), 0);
	ck_assert_uint_ne(STATUS("PRI * HTTP/1.1\r\n" HOST "\r\n"), 0);
	ck_assert_uint_ne(ANSWER("RTSP/1.1 101 Hi\r\n\r\n"), 0);
	ck_assert_uint_ne(ANSWER("ICE/1.1 101 Hi\r\n\r\n"), 0);
	ck_assert_uint_ne(ANSWER("ICY 101 Hi\r\n\r\n"), 0);
}
END_TEST

/* A response is not taken for a request, nor the other way. */
START_TEST(a_head_of_the_other_side_is_refused)
{
	ck_assert_uint_eq(STATUS("HTTP/1.1 101 Hi\r\n" HOST "\r\n"), 400);
	ck_assert_uint_eq(ANSWER(LINE HOST "\r\n"), 400);
}
END_TEST

/* Section 2.2: a bare CR, and for us a bare LF, is no end of a line. */
START_TEST(a_line_that_ends_in_lf_is_refused)
{
	ck_assert_uint_eq(STATUS("GET / HTTP/1.1\n" HOST "\r\n"), 400);
	ck_assert_uint_eq(
	    STATUS("GET / HTTP/1.1\n" HOST "\n\nX: y\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE "Host: a\nX: y\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "\nX: y\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X:\nY: y\r\n\r\n"), 400);
	ck_assert_uint_eq(
	    ANSWER("HTTP/1.1 101 Hi\nUpgrade: websocket\r\n\r\n"), 400);
	ck_assert_uint_eq(
	    ANSWER("HTTP/1.1 101\nUpgrade: websocket\r\n\r\n"), 400);
	ck_assert_uint_eq(
	    ANSWER("HTTP/1.1 101 Hi\r\nUpgrade: a\nX: y\r\n\r\n"), 400);
}
END_TEST

START_TEST(a_bare_cr_is_refused)
{
	ck_assert_uint_eq(STATUS("GET / HTTP/1.1\r" HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE "Host: a\rX: y\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: a\rb\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: a\r\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X:\ra\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS("GET /\ra HTTP/1.1\r\n" HOST "\r\n"), 400);
	ck_assert_uint_eq(
	    ANSWER("HTTP/1.1 101 Hi\rUpgrade: websocket\r\n\r\n"), 400);
}
END_TEST

/* Section 2.2: one empty line in front of a request is let by, and is no part
 * of the method; more are not, and none in front of a response. */
START_TEST(one_empty_line_may_stand_in_front_of_a_request)
{
	struct parsed parsed;

	PARSE(&parsed, "\r\n" LINE HOST "\r\n");
	ck_assert_uint_eq(parsed.status, 0);
	is_text(parsed.head.method, "GET");
	is_text(parsed.head.target, "/chat?a=b");
	free(parsed.data);
	ck_assert_uint_eq(STATUS("\n" LINE HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS("\r" LINE HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS("\r\n\n" LINE HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS("\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(" " LINE HOST "\r\n"), 400);
	ck_assert_uint_eq(ANSWER("\r\nHTTP/1.1 101 Hi\r\n\r\n"), 400);
	ck_assert_uint_eq(ANSWER("\nHTTP/1.1 101 Hi\r\n\r\n"), 400);
}
END_TEST

START_TEST(a_blank_in_front_of_a_colon_is_refused)
{
	/* Section 5.1. */
	ck_assert_uint_eq(STATUS(LINE "Host : a\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X\t: a\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X y: a\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST ": a\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "no colon\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "nocolon\r\n\r\n"), 400);
}
END_TEST

START_TEST(lengths_that_contradict_are_refused)
{
	/* Sections 6.2 and 6.3. */
	ck_assert_uint_eq(STATUS(LINE HOST "Content-Length: 1\r\n"
					   "Content-Length: 2\r\n\r\n"),
	    400);
	ck_assert_uint_eq(STATUS(LINE HOST "Content-Length: 1\r\n"
					   "Content-Length: 1\r\n\r\n"),
	    400);
	ck_assert_uint_eq(STATUS(LINE HOST "Content-Length: 1\r\n"
					   "Transfer-Encoding: chunked\r\n"
					   "\r\n"),
	    400);
	ck_assert_uint_eq(STATUS(LINE HOST "Transfer-Encoding: chunked\r\n"
					   "Content-Length: 1\r\n\r\n"),
	    400);
	ck_assert_uint_eq(
	    STATUS(LINE HOST "Content-Length: 1, 1\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "Content-Length: -1\r\n\r\n"), 400);
	ck_assert_uint_eq(
	    STATUS(LINE HOST "Content-Length: 99999999999999999999\r\n\r\n"),
	    400);
}
END_TEST

START_TEST(control_characters_are_refused)
{
	/* RFC 9110, section 5.5. */
	ck_assert_uint_eq(STATUS(LINE HOST "X: a\0b\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: \0\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: a\x01\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: a\x7f\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X\0: a\r\n\r\n"), 400);
	ck_assert_uint_eq(STATUS("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS("GET /a b HTTP/1.1\r\n" HOST "\r\n"), 400);
	ck_assert_uint_eq(STATUS(LINE HOST "X: caf\xe9\r\n\r\n"), 0);
}
END_TEST

static unsigned
status_of_fields(unsigned n)
{
	char text[4096] = LINE HOST;
	size_t len = strlen(text);

	for (; n > 1; n--)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "X%u: %u\r\n", n, n);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "\r\n");
	return status_of(text, len, true);
}

START_TEST(a_head_has_at_most_100_fields)
{
	ck_assert_uint_eq(status_of_fields(WI_HTTP_FIELDS_MAX), 0);
	ck_assert_uint_eq(status_of_fields(WI_HTTP_FIELDS_MAX + 1), 431);
	ck_assert_uint_eq(status_of_fields(300), 431);
}
END_TEST

START_TEST(fields_are_found_in_any_case_and_counted)
{
	const struct wi_http_field *field;
	struct parsed parsed;
	unsigned n = 7;

	PARSE(&parsed, LINE HOST "x-a: 1\r\nX-B: 2\r\nX-A: 3\r\n\r\n");
	field = wi_http_head_find(&parsed.head, "x-a", &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_nonnull(field);
	is_text(field->value, "1");
	field = wi_http_head_find(&parsed.head, "x-b", &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_nonnull(field);
	is_text(field->value, "2");
	ck_assert_ptr_null(wi_http_head_find(&parsed.head, "x-", &n));
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(wi_http_head_find(&parsed.head, "x-ab", &n));
	free(parsed.data);
}
END_TEST

/* RFC 9110, section 5.6.1: empty elements do not count. */
START_TEST(a_list_is_taken_apart)
{
	static const char text[] = " , one,two ,\tthr ee\t,, four , ";
	static const char *const expected[] = { "one", "two", "thr ee",
		"four" };
	struct wi_http_text list = { text, sizeof(text) - 1 }, token;
	size_t i;

	for (i = 0; i < CHECK_COUNT(expected); i++) {
		ck_assert(wi_http_next_token(&list, &token));
		is_text(token, expected[i]);
	}
	ck_assert(!wi_http_next_token(&list, &token));
	list = (struct wi_http_text){ text, 0 };
	ck_assert(!wi_http_next_token(&list, &token));
}
END_TEST

START_TEST(a_word_is_found_in_lists_of_several_fields)
{
	struct parsed parsed;

	PARSE(&parsed,
	    LINE HOST "Connection: keep-alive\r\nX: upgrade-not\r\n"
		      "connection:\r\nCONNECTION: a, uPGRADE ,b\r\n\r\n");
	ck_assert_uint_eq(parsed.status, 0);
	ck_assert(wi_http_has_token(&parsed.head, "connection", "upgrade"));
	ck_assert(wi_http_has_token(&parsed.head, "connection", "keep-alive"));
	ck_assert(wi_http_has_token(&parsed.head, "connection", "b"));
	ck_assert(!wi_http_has_token(&parsed.head, "connection", "keep"));
	ck_assert(!wi_http_has_token(&parsed.head, "connection", ""));
	ck_assert(!wi_http_has_token(&parsed.head, "x", "upgrade"));
	ck_assert(!wi_http_has_token(&parsed.head, "y", "upgrade"));
	free(parsed.data);
}
END_TEST

START_TEST(the_end_of_a_head_is_found_however_it_comes)
{
	static const char text[] =
	    LINE HOST "X: \r\r\n\n\r\r\n\r\nbody\r\n\r\n";
	const size_t end = sizeof(LINE HOST "X: \r\r\n\n\r\r\n\r\n") - 1;
	uint8_t *data;
	uint32_t looked;
	size_t step, len, found;

	for (step = 1; step <= end; step++) {
		looked = 0;
		for (found = len = 0; found == 0;) {
			len += step;
			if (len > sizeof(text) - 1)
				len = sizeof(text) - 1;
			data = malloc(len);
			memcpy(data, text, len);
			found = wi_http_head_end(data, len, &looked);
			ck_assert_uint_eq(found, len >= end ? end : 0);
			ck_assert_uint_eq(looked, len);
			free(data);
		}
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_request_is_taken_apart,
		an_empty_value_lies_in_the_head,
		a_response_is_taken_apart,
		any_method_of_http_is_let_through,
		a_body_is_told,
		a_folded_line_is_refused,
		a_request_has_one_host,
		another_version_is_refused,
		another_protocol_is_refused,
		a_head_of_the_other_side_is_refused,
		a_line_that_ends_in_lf_is_refused,
		a_bare_cr_is_refused,
		one_empty_line_may_stand_in_front_of_a_request,
		a_blank_in_front_of_a_colon_is_refused,
		lengths_that_contradict_are_refused,
		control_characters_are_refused,
		a_head_has_at_most_100_fields,
		fields_are_found_in_any_case_and_counted,
		a_list_is_taken_apart,
		a_word_is_found_in_lists_of_several_fields,
		the_end_of_a_head_is_found_however_it_comes,
	};

	return check_main("http_head", tests, CHECK_COUNT(tests));
}
