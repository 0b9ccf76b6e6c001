/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_http.c - codec/http: bytes become requests.  The sections
 * are those of RFC 9112, unless they say otherwise.
 */
#include "http_feed.h"

#include "check_main.h"

#define HOST "Host: a.example\r\n"
#define POST "POST /p HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define GET "GET /g HTTP/1.1\r\n" HOST "\r\n"

/* However it comes: these requests, and then the status (0: none). */
static void
expect(const char *script, size_t len, const char *said, unsigned status)
{
	struct http_feed feed;
	size_t split;

	for (split = 0; split <= len; split++) {
		http_feed(&feed, script, len, split, len + 1);
		ck_assert_str_eq(feed.said, said);
		ck_assert_uint_eq(feed.status, status);
	}
	http_feed(&feed, script, len, 0, 1);
	ck_assert_str_eq(feed.said, said);
	ck_assert_uint_eq(feed.status, status);
}

#define EXPECT(script, said, status)                                          \
	expect(script, sizeof(script) - 1, said, status)

START_TEST(requests_follow_each_other)
{
	EXPECT(GET, "GET /g []\n", 0);
	EXPECT(GET GET GET, "GET /g []\nGET /g []\nGET /g []\n", 0);
	EXPECT(POST "Content-Length: 5\r\n\r\nhello" GET,
	    "POST /p [hello]\nGET /g []\n", 0);
	EXPECT(POST "Content-Length: 0\r\n\r\n" GET, "POST /p []\nGET /g []\n",
	    0);
	/* Section 6.3: without a length there is no body. */
	EXPECT(POST "\r\n" GET, "POST /p []\nGET /g []\n", 0);
	/* Section 2.2: empty lines in front. */
	EXPECT("\r\n\r\n" GET "\r\n" GET, "GET /g []\nGET /g []\n", 0);
	/* A part says nothing. */
	EXPECT("GET /g HTTP/1.1\r\nHo", "", 0);
	EXPECT(POST "Content-Length: 5\r\n\r\nhell", "", 0);
}
END_TEST

/* Section 7.1. */
START_TEST(chunks_are_joined)
{
	EXPECT(CHUNKED "5\r\nhello\r\n0\r\n\r\n" GET,
	    "POST /p [hello]\nGET /g []\n", 0);
	EXPECT(CHUNKED "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n", "POST /p [hello]\n",
	    0);
	EXPECT(CHUNKED "0\r\n\r\n" GET, "POST /p []\nGET /g []\n", 0);
	EXPECT(CHUNKED "000\r\n\r\n", "POST /p []\n", 0);
	EXPECT(CHUNKED "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
	    "POST /p [01234567890123456789]\n", 0);
	/* Sections 7.1.1 and 7.1.2: what they say besides is let by. */
	EXPECT(CHUNKED
	    "5;name=\"a b\"\r\nhello\r\n0;x\r\nA: b\r\nC:\r\n\r\n" GET,
	    "POST /p [hello]\nGET /g []\n", 0);
}
END_TEST

/* Section 7.1: whoever reads a size otherwise than we do would take a part of
 * the body for a request. */
START_TEST(wrong_chunks_are_refused)
{
	EXPECT(CHUNKED "\r\n", "", 400);
	EXPECT(CHUNKED "x\r\n", "", 400);
	EXPECT(CHUNKED "0x1\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "+1\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "-1\r\nh\r\n", "", 400);
	EXPECT(CHUNKED " 1\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1 \r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1\nh\n0\n\n", "", 400);
	EXPECT(CHUNKED "1\r\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1;a\nb\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1;a\x01\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1;\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1;a b\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1;a=\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1;a=\"b\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1;a=\"b\\\"\r\nh\r\n", "", 400);
	EXPECT(CHUNKED "1\r\nhi\r\n", "", 400);
	EXPECT(CHUNKED "1\r\nh\n0\r\n\r\n", "", 400);
	EXPECT(CHUNKED "1\r\nh\rx", "", 400);
	EXPECT(CHUNKED "0\r\nno field\r\n\r\n", "", 400);
	EXPECT(CHUNKED "0\r\n folded: x\r\n\r\n", "", 400);
	EXPECT(CHUNKED "0\r\n: x\r\n\r\n", "", 400);
	EXPECT(CHUNKED "0\r\nA: b\n\r\n", "", 400);
	EXPECT(CHUNKED "123456789\r\n", "", 413);
	EXPECT(CHUNKED "ffffffff\r\n", "", 413);
}
END_TEST

/* Section 6.3, and 11.2 (request smuggling). */
START_TEST(two_lengths_are_refused)
{
	EXPECT(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
	    "", 400);
	EXPECT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
	    "", 400);
	EXPECT(
	    POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "", 400);
	EXPECT(
	    POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "", 400);
	EXPECT(POST "Content-Length: 3, 3\r\n\r\nabc", "", 400);
	EXPECT(POST "Content-Length: +3\r\n\r\nabc", "", 400);
	EXPECT(POST "Content-Length: -3\r\n\r\nabc", "", 400);
	EXPECT(POST "Content-Length: 0x3\r\n\r\nabc", "", 400);
	EXPECT(POST "Content-Length: 3 3\r\n\r\nabc", "", 400);
	EXPECT(POST "Content-Length: \r\n\r\n", "", 400);
	EXPECT(POST "Content-Length : 3\r\n\r\nabc", "", 400);
	EXPECT(POST "Content-Length: 18446744073709551617\r\n\r\n", "", 400);
}
END_TEST

/* Section 6.1. */
START_TEST(other_codings_are_refused)
{
	EXPECT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "", 501);
	EXPECT(POST "Transfer-Encoding: xchunked\r\n\r\n", "", 400);
	EXPECT(POST "Transfer-Encoding: gzip\r\n\r\n", "", 400);
	EXPECT(POST "Transfer-Encoding: chunked\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    "", 400);
	EXPECT(POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", "", 400);
	EXPECT("POST /p HTTP/1.0\r\n" HOST
	       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    "", 400);
	EXPECT(POST "Transfer-Encoding:\tChunked\r\n\r\n0\r\n\r\n",
	    "POST /p []\n", 0);
}
END_TEST

/* Section 5.2. */
START_TEST(a_folded_line_is_refused)
{
	EXPECT("GET /g HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", "", 400);
}
END_TEST

/* RFC 9110, section 2.5. */
START_TEST(http_1_0_is_known)
{
	EXPECT("GET /old HTTP/1.0\r\n\r\n", "GET /old []\n", 0);
	EXPECT("POST /old HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
	    "POST /old [hi]\n", 0);
	EXPECT("GET / HTTP/1.0\r\n" HOST HOST "\r\n", "", 400);
	EXPECT("GET / HTTP/1.1\r\n\r\n", "", 400);
	EXPECT("GET / HTTP/2.0\r\n" HOST "\r\n", "", 505);
}
END_TEST

static void
expect_long(size_t before, size_t behind, unsigned status)
{
	static char script[2 * WI_HTTP_HEAD_MAX + 256];
	struct http_feed feed;
	size_t n;

	n = (size_t)sprintf(script, "GET /");
	memset(script + n, 'a', before);
	n += before;
	n += (size_t)sprintf(script + n, " HTTP/1.1\r\n" HOST "X: ");
	memset(script + n, 'b', behind);
	n += behind;
	n += (size_t)sprintf(script + n, "\r\n\r\n");
	http_feed(&feed, script, n, 0, n);
	ck_assert_uint_eq(feed.status, status);
	http_feed(&feed, script, n, 0, 7);
	ck_assert_uint_eq(feed.status, status);
}

/* RFC 9110, 15.5.15; RFC 6585, 5. */
START_TEST(heads_are_bounded)
{
	const size_t around = strlen("GET / HTTP/1.1\r\n" HOST "X: \r\n\r\n");

	expect_long(10, WI_HTTP_HEAD_MAX - around - 10, 0);
	expect_long(10, WI_HTTP_HEAD_MAX - around - 9, 431);
	expect_long(WI_HTTP_HEAD_MAX - around, 0, 0);
	expect_long(WI_HTTP_HEAD_MAX, 0, 414);
	expect_long(0, WI_HTTP_HEAD_MAX, 431);
}
END_TEST

/* RFC 9110, 15.5.14: as soon as it is known. */
START_TEST(bodies_are_bounded)
{
	struct http_feed feed;
	char script[2048];
	size_t n;

	EXPECT(POST "Content-Length: 1001\r\n\r\n", "", 413);
	EXPECT(POST "Content-Length: 4294967296\r\n\r\n", "", 413);
	EXPECT(CHUNKED "3e9\r\n", "", 413);
	EXPECT(CHUNKED "1\r\na\r\n3e8\r\n", "", 413);
	n = (size_t)sprintf(script, CHUNKED "3e8\r\n");
	memset(script + n, 'x', 1000);
	n += 1000;
	n += (size_t)sprintf(script + n, "\r\n0\r\n\r\n" GET);
	http_feed(&feed, script, n, 0, 3);
	ck_assert_uint_eq(feed.nrequests, 2);
	ck_assert_uint_eq(feed.status, 0);
	http_feed(&feed, POST "Content-Length: 1001\r\n\r\n",
	    strlen(POST "Content-Length: 1001\r\n\r\n"), 0, 1);
	ck_assert_int_eq(feed.error, WEFT_ETOOBIG);
	ck_assert_str_eq(feed.last,
	    "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
	    "Content-Length: 0\r\n\r\n");
}
END_TEST

/* The same requests, their bodies as they come. */
static void
expect_pieces(
    const char *script, size_t len, const char *said, unsigned nrequests)
{
	struct http_feed feed;
	size_t split;

	for (split = 0; split <= len; split++) {
		http_feed_by(
		    &feed, &wi_codec_http_stream, script, len, split, len + 1);
		ck_assert_str_eq(feed.said, said);
		ck_assert_uint_eq(feed.nrequests, nrequests);
	}
	http_feed_by(&feed, &wi_codec_http_stream, script, len, 0, 1);
	ck_assert_str_eq(feed.said, said);
	ck_assert_uint_le(feed.kept, WI_HTTP_HEAD_MAX);
}

START_TEST(bodies_may_come_in_pieces)
{
	static const char script[] =
	    POST "Content-Length: 5\r\n\r\nhello" CHUNKED
		 "3;a\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n" GET POST
		 "Content-Length: 0\r\n\r\n";
	static const char wrong[] =
	    CHUNKED "3\r\nhel\r\n2x\r\nlo\r\n0\r\n\r\n";
	struct http_feed feed;
	char text[4096];
	size_t n;

	expect_pieces(script, sizeof(script) - 1,
	    "POST /p [hello]\nPOST /p [hello]\nGET /g []\nPOST /p []\n", 4);
	/* No bound of all, but of each. */
	n = (size_t)sprintf(text, POST "Content-Length: 3000\r\n\r\n");
	memset(text + n, 'x', 3000 - 1);
	http_feed_by(&feed, &wi_codec_http_stream, text, n + 2999, 0, 4096);
	ck_assert_uint_eq(feed.longest, HTTP_FEED_BODY);
	ck_assert_uint_eq(feed.npieces, 3);
	ck_assert_uint_eq(feed.len, strlen("POST /p [") + 2999);
	ck_assert_uint_eq(feed.status, 0);
	/* In the middle of one nothing is said: a reply may have begun. */
	http_feed_by(
	    &feed, &wi_codec_http_stream, wrong, sizeof(wrong) - 1, 0, 7);
	ck_assert_int_eq(strncmp(feed.said, "POST /p [he", 11), 0);
	ck_assert_uint_eq(feed.status, 400);
	ck_assert_ptr_null(strstr(feed.last, "HTTP"));
}
END_TEST

/* However small the chunks are, what has to be kept is bounded. */
START_TEST(small_chunks_cost_no_memory)
{
	static char script[16384];
	struct http_feed feed;
	size_t n, i;

	n = (size_t)sprintf(script, CHUNKED);
	for (i = 0; i < 1000; i++)
		n += (size_t)sprintf(
		    script + n, "1;abc\r\n%c\r\n", (char)('a' + i % 26));
	n += (size_t)sprintf(script + n, "0\r\n\r\n");
	http_feed(&feed, script, n, 0, 11);
	ck_assert_uint_eq(feed.nrequests, 1);
	ck_assert_uint_le(feed.kept, 1000 + 256 + 500 + 200);
	ck_assert_ptr_nonnull(strstr(feed.said, "[abcdef"));
	ck_assert_uint_eq(feed.len, strlen("POST /p []\n") + 1000);
}
END_TEST

/* RFC 9110, section 10.1.1. */
START_TEST(who_waits_is_told_to_go_on)
{
	static const char script[] =
	    POST "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\nhello" GET;
	static const char old[] = "POST / HTTP/1.0\r\nContent-Length: 1\r\n"
				  "Expect: 100-continue\r\n\r\nx";
	struct http_feed feed;

	http_feed(&feed, script, sizeof(script) - 1, 0, 1);
	ck_assert_uint_eq(feed.ncontinues, 1);
	ck_assert_str_eq(feed.said, "POST /p [hello]\nGET /g []\n");
	/* It is there already. */
	http_feed(&feed, script, sizeof(script) - 1, 0, sizeof(script));
	ck_assert_uint_eq(feed.ncontinues, 0);
	ck_assert_uint_eq(feed.nrequests, 2);
	EXPECT(POST "Content-Length: 5\r\nExpect: tea\r\n\r\nhello", "", 417);
	/* One of HTTP/1.0 is not to be told. */
	http_feed(&feed, old, sizeof(old) - 1, 0, 1);
	ck_assert_uint_eq(feed.ncontinues, 0);
	ck_assert_uint_eq(feed.nrequests, 1);
	/* Not before the length is known to be let. */
	http_feed(&feed,
	    POST "Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n",
	    strlen(
		POST "Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n"),
	    0, 1);
	ck_assert_uint_eq(feed.ncontinues, 0);
	ck_assert_uint_eq(feed.status, 413);
}
END_TEST

/* What is said at the end, by the reason. */
START_TEST(the_end_says_why)
{
	struct wi_http state = { 0 };
	uint8_t out[256];

	ck_assert_uint_eq(wi_codec_http.end(&state, WEFT_REASON_PEER, out), 0);
	ck_assert_uint_eq(wi_codec_http.end(&state, WEFT_REASON_IDLE, out), 0);
	/* RFC 9110, section 15.5.9. */
	out[wi_codec_http.end(&state, WEFT_REASON_PARTIAL, out)] = '\0';
	ck_assert_ptr_nonnull(
	    strstr((char *)out, "HTTP/1.1 408 Request Timeout\r\n"));
}
END_TEST

/* WHATWG HTML, section 9.2.6; each is a chunk. */
START_TEST(events_are_lines)
{
	static const struct {
		const char *msg;
		const char *event;
	} cases[] = {
		{ "", "data: \n\n" },
		{ "hello", "data: hello\n\n" },
		{ "a\nb", "data: a\ndata: b\n\n" },
		{ "a\r\nb\rc", "data: a\ndata: b\ndata: c\n\n" },
		{ "\n\n", "data: \ndata: \ndata: \n\n" },
		{ "a\r", "data: a\ndata: \n\n" },
	};
	char out[256], want[256];
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = wi_codec_http_events.encode((uint8_t *)out,
		    (const uint8_t *)cases[i].msg, strlen(cases[i].msg), 0);
		ck_assert_uint_le(
		    n, wi_codec_http_events.encode_max(strlen(cases[i].msg)));
		(void)sprintf(want, "%08zx\r\n%s\r\n", strlen(cases[i].event),
		    cases[i].event);
		ck_assert_uint_eq(n, strlen(want));
		ck_assert_mem_eq(out, want, n);
	}
}
END_TEST

/* RFC 9110, section 5.6.7. */
START_TEST(dates_are_those_of_http)
{
	char date[WI_HTTP_DATE + 1];

	wi_http_date(784111777, date);
	ck_assert_str_eq(date, "Sun, 06 Nov 1994 08:49:37 GMT");
	wi_http_date(0, date);
	ck_assert_str_eq(date, "Thu, 01 Jan 1970 00:00:00 GMT");
	wi_http_date(1709164800, date);
	ck_assert_str_eq(date, "Thu, 29 Feb 2024 00:00:00 GMT");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		requests_follow_each_other,
		chunks_are_joined,
		wrong_chunks_are_refused,
		two_lengths_are_refused,
		other_codings_are_refused,
		a_folded_line_is_refused,
		http_1_0_is_known,
		heads_are_bounded,
		bodies_are_bounded,
		bodies_may_come_in_pieces,
		small_chunks_cost_no_memory,
		who_waits_is_told_to_go_on,
		the_end_says_why,
		events_are_lines,
		dates_are_those_of_http,
	};

	return check_main("http", tests, CHECK_COUNT(tests));
}
