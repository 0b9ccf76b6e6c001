/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_hello.c - the opening handshake of a server (RFC 6455,
 * section 4.2), whole and in pieces.
 */
#include "ws_hello_feed.h"

/* A request with a line in another way: ask() puts it together. */
struct asked {
	const char *line;    /* NULL: GET /chat HTTP/1.1 */
	const char *upgrade; /* NULL: as it should be; "": not there */
	const char *connection;
	const char *version;
	const char *key;
	const char *more; /* fields, each ended by CR LF; may be NULL */
};

static const char * or (const char *what, const char *otherwise)
{
	return what == NULL ? otherwise : what;
}

static void
ask(const struct asked *asked, struct codec_bytes *request)
{
	char text[2048];
	int n = snprintf(text, sizeof(text),
	    "%s\r\nHost: a.example:8080\r\n"
	    "%s%s%s%s%s\r\n",
	    or (asked->line, "GET /chat HTTP/1.1"),
	    or (asked->upgrade, "Upgrade: websocket\r\n"),
	    or (asked->connection, "Connection: Upgrade\r\n"),
	    or (asked->version, "Sec-WebSocket-Version: 13\r\n"),
	    or (asked->key, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
	    or (asked->more, ""));

	ck_assert_int_lt(n, (int)sizeof(text));
	codec_bytes_add(request, text, (size_t)n);
}

/* What is asked is refused with that status line. */
static void
refuses(const struct asked *asked, const struct weft_codec_place *place,
    const char *line)
{
	struct codec_bytes request = { NULL, 0, 0 };
	struct ws_feed seen;

	ask(asked, &request);
	hello_feed_all(place, request.data, request.len, &seen);
	hello_is_refused(&seen, line);
	ws_feed_free(&seen);
	codec_bytes_free(&request);
}

/* What is asked is accepted, with that subprotocol (NULL: none). */
static void
accepts(const struct asked *asked, const struct weft_codec_place *place,
    const char *protocol)
{
	struct codec_bytes request = { NULL, 0, 0 };
	struct ws_feed seen;

	ask(asked, &request);
	hello_feed_all(place, request.data, request.len, &seen);
	hello_is_accepted(&seen, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", protocol);
	/* opened() is given the head. */
	ck_assert(
	    ws_seen_is(&seen, 1, WS_SEEN_OPEN, 0, request.data, request.len));
	ck_assert_uint_eq(seen.npending, 0);
	ws_feed_free(&seen);
	codec_bytes_free(&request);
}

static const struct weft_codec_place here = { NULL, "/chat", "", "", NULL, 0,
	0, 0, 0 };

START_TEST(the_key_of_section_1_3_gives_the_accept_of_section_1_3)
{
	struct ws_feed seen;

	hello_feed_all(
	    &here, ws_feed_request, sizeof(ws_feed_request) - 1, &seen);
	hello_is_accepted(&seen, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", NULL);
	ws_feed_free(&seen);
}
END_TEST

/* Section 4.2.1, and lists as in RFC 9110, section 5.6.1. */
START_TEST(fields_are_taken_in_any_case_and_in_lists)
{
	accepts(&(struct asked){ .upgrade = "uPGRADE: WebSocket\r\n" }, &here,
	    NULL);
	accepts(&(struct asked){ .upgrade = "Upgrade: h2c, websocket\r\n" },
	    &here, NULL);
	accepts(&(struct asked){ .connection =
				     "connection: keep-alive, upgrade\r\n" },
	    &here, NULL);
	accepts(&(struct asked){ .connection = "Connection: keep-alive\r\n"
					       "Connection: Upgrade\r\n" },
	    &here, NULL);
	accepts(
	    &(struct asked){ .more = "Content-Length: 0\r\n" }, &here, NULL);
	accepts(&(struct asked){ .more = "Sec-WebSocket-Extensions: "
					 "permessage-deflate\r\n" },
	    &here, NULL);
}
END_TEST

START_TEST(a_plain_request_is_told_to_upgrade)
{
	static const struct asked wrong[] = {
		{ .upgrade = "" },
		{ .upgrade = "Upgrade: h2c\r\n" },
		{ .upgrade = "Upgrade: websockets\r\n" },
		{ .upgrade = "Upgrade:\r\n" },
		{ .connection = "" },
		{ .connection = "Connection: keep-alive\r\n" },
		{ .connection = "Connection: close\r\n" },
		{ .upgrade = "", .connection = "", .version = "", .key = "" },
		{ .version = "" },
		{ .version = "Sec-WebSocket-Version: 8\r\n" },
		{ .version = "Sec-WebSocket-Version: 14\r\n" },
		{ .version = "Sec-WebSocket-Version: 013\r\n" },
		{ .version = "Sec-WebSocket-Version: 13, 8\r\n" },
		{ .version = "Sec-WebSocket-Version:\r\n" },
		{ .version = "Sec-WebSocket-Version: 13\r\n"
			     "Sec-WebSocket-Version: 13\r\n" },
	};
	size_t i;

	/* RFC 9110, 15.5.22 and RFC 6455, 4.4: both fields are required. */
	for (i = 0; i < CHECK_COUNT(wrong); i++)
		refuses(&wrong[i], &here,
		    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
		    "Sec-WebSocket-Version: 13\r\n");
}
END_TEST

START_TEST(another_method_is_refused_with_405)
{
	/* Section 4.1, and RFC 9110, 15.5.6: Allow is required. */
	static const char line[] =
	    "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n";

	refuses(&(struct asked){ .line = "POST /chat HTTP/1.1" }, &here, line);
	refuses(&(struct asked){ .line = "HEAD /chat HTTP/1.1" }, &here, line);
	refuses(&(struct asked){ .line = "OPTIONS * HTTP/1.1" }, &here, line);
	refuses(
	    &(struct asked){ .line = "CONNECT a:80 HTTP/1.1" }, &here, line);
}
END_TEST

START_TEST(another_version_of_http_is_refused_with_505)
{
	static const char line[] =
	    "HTTP/1.1 505 HTTP Version Not Supported\r\n";

	refuses(&(struct asked){ .line = "GET /chat HTTP/1.0" }, &here, line);
	refuses(&(struct asked){ .line = "GET /chat HTTP/2.0" }, &here, line);
	refuses(&(struct asked){ .line = "GET /chat RTSP/1.1" }, &here, line);
	/* HTTP/0.9. */
	refuses(&(struct asked){ .line = "GET /chat" }, &here, line);
}
END_TEST

START_TEST(what_is_no_request_is_refused_with_400)
{
	static const char line[] = "HTTP/1.1 400 Bad Request\r\n";

	refuses(&(struct asked){ .line = "hello" }, &here, line);
	refuses(&(struct asked){ .line = "GET /chat HTTP" }, &here, line);
	refuses(&(struct asked){ .line = "\x16\x03\x01" }, &here, line);
	refuses(&(struct asked){ .more = "Host: b.example\r\n" }, &here, line);
	refuses(&(struct asked){ .more = "X: a\r\n b\r\n" }, &here, line);
	refuses(&(struct asked){ .more = "X : a\r\n" }, &here, line);
	/* A body, which we would take for frames. */
	refuses(
	    &(struct asked){ .more = "Content-Length: 5\r\n" }, &here, line);
	refuses(&(struct asked){ .more = "Transfer-Encoding: chunked\r\n" },
	    &here, line);
}
END_TEST

/* Section 4.2.1, point 5: base64 (RFC 4648) of 16 bytes. */
START_TEST(a_key_that_is_none_is_refused_with_400)
{
#define KEY "Sec-WebSocket-Key: "
	static const char *const wrong[] = { "", KEY "\r\n",
		KEY "dGhlIHNhbXBsZSBub25jZQ=\r\n",
		KEY "dGhlIHNhbXBsZSBub25jZQ\r\n",
		KEY "dGhlIHNhbXBsZSBub25jZQQ=\r\n",
		KEY "dGhlIHNhbXBsZSBub25jZWUh\r\n",
		KEY "dGhlIHNhbXBsZSBub25jZWVlZQ==\r\n",
		KEY "dGhlIHNhbXBsZSBub25j\r\n",
		KEY "dGhlIHNhbXBsZSBub2-jZQ==\r\n",
		KEY "dGhlIHNhbXBs SBub25jZQ==\r\n",
		KEY "dGhlIHNhbXBs=SBub25jZQ==\r\n",
		KEY "========================\r\n",
		KEY "dGhlIHNhbXBsZSBub25j====\r\n",
		KEY "dGhlIHNhbXBsZSBub25jZQ==\r\n" KEY
		    "dGhlIHNhbXBsZSBub25jZQ==\r\n" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++)
		refuses(&(struct asked){ .key = wrong[i] }, &here,
		    "HTTP/1.1 400 Bad Request\r\n");
#undef KEY
}
END_TEST

START_TEST(another_path_is_refused_with_404)
{
	static const char *const wrong[] = { "/", "/chats", "/cha", "/CHAT",
		"/chat/", "//chat", "/x?/chat", "/%63hat", "http://a.example",
		"http://a.example/", "http://a.example?x=/chat",
		"http://a.example/x?y=/chat" };
	char line[100];
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++) {
		(void)snprintf(
		    line, sizeof(line), "GET %s HTTP/1.1", wrong[i]);
		refuses(&(struct asked){ .line = line }, &here,
		    "HTTP/1.1 404 Not Found\r\n");
	}
}
END_TEST

START_TEST(the_path_may_have_a_query_or_stand_behind_a_host)
{
	static const struct weft_codec_place any = { NULL, "", "", "", NULL, 0,
		0, 0, 0 };
	static const struct weft_codec_place root = { NULL, "/", "", "", NULL,
		0, 0, 0, 0 };

	accepts(
	    &(struct asked){ .line = "GET /chat?a=b HTTP/1.1" }, &here, NULL);
	accepts(&(struct asked){ .line = "GET /chat? HTTP/1.1" }, &here, NULL);
	/* RFC 9112, section 3.2.2. */
	accepts(
	    &(struct asked){ .line = "GET http://a.example/chat HTTP/1.1" },
	    &here, NULL);
	accepts(
	    &(struct asked){
		.line = "GET http://a.example/chat?x=/y HTTP/1.1" },
	    &here, NULL);
	accepts(&(struct asked){ .line = "GET / HTTP/1.1" }, &root, NULL);
	accepts(&(struct asked){ .line = "GET /?a HTTP/1.1" }, &root, NULL);
	/* RFC 9110, section 4.2.3: no path is the path "/". */
	accepts(&(struct asked){ .line = "GET http://a.example HTTP/1.1" },
	    &root, NULL);
	accepts(&(struct asked){ .line = "GET http://a.example?b HTTP/1.1" },
	    &root, NULL);
	accepts(
	    &(struct asked){ .line = "GET /any/where HTTP/1.1" }, &any, NULL);
}
END_TEST

/* origin_note, RFC 6454. */
START_TEST(a_page_of_another_host_is_refused_with_403)
{
	static const char *const wrong[] = {
		"Origin: http://b.example:8080\r\n",
		"Origin: http://a.example\r\n",
		"Origin: http://a.example:80\r\n",
		"Origin: http://a.example:8080.b.example\r\n",
		"Origin: http://x.a.example:8080\r\n",
		"Origin: http://a.example:8080/\r\n",
		"Origin: a.example:8080\r\n", "Origin: null\r\n",
		"Origin:\r\n", "Origin: *\r\n",
		("Origin: http://a.example:8080\r\n"
		 "Origin: http://b.example\r\n"),
		"Origin: http://a.example:8080 http://b.example\r\n"
	};
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++)
		refuses(&(struct asked){ .more = wrong[i] }, &here,
		    "HTTP/1.1 403 Forbidden\r\n");
}
END_TEST

START_TEST(a_page_of_the_same_host_is_let_in)
{
	accepts(&(struct asked){ .more = "Origin: http://a.example:8080\r\n" },
	    &here, NULL);
	accepts(
	    &(struct asked){ .more = "oRIGIN: https://A.Example:8080\r\n" },
	    &here, NULL);
}
END_TEST

START_TEST(the_option_origin_says_who_is_let_in)
{
	static const struct weft_codec_place listed = { NULL, "/chat",
		"https://b.example, http://c.example:81", "", NULL, 0, 0, 0,
		0 };
	static const struct weft_codec_place any = { NULL, "/chat", "*", "",
		NULL, 0, 0, 0, 0 };
	static const char forbidden[] = "HTTP/1.1 403 Forbidden\r\n";
	struct asked asked = { .more = "Origin: https://b.example\r\n" };

	accepts(&asked, &listed, NULL);
	accepts(&asked, &any, NULL);
	asked.more = "Origin: HTTP://C.example:81\r\n";
	accepts(&asked, &listed, NULL);
	asked.more = "Origin: null\r\n";
	accepts(&asked, &any, NULL);
	refuses(&asked, &listed, forbidden);
	/* The same host must be listed too, and nothing else is meant. */
	asked.more = "Origin: http://a.example:8080\r\n";
	refuses(&asked, &listed, forbidden);
	asked.more = "Origin: https://b.example:443\r\n";
	refuses(&asked, &listed, forbidden);
	asked.more = "Origin: http://b.example\r\n";
	refuses(&asked, &listed, forbidden);
	asked.more = "Origin: *\r\n";
	refuses(&asked, &listed, forbidden);
	/* Programs send none. */
	accepts(&(struct asked){ .more = NULL }, &listed, NULL);
}
END_TEST

/* Section 4.2.2, point 5: the first of the client's that is one of ours. */
START_TEST(a_subprotocol_is_chosen_by_the_order_of_the_client)
{
	static const struct weft_codec_place ours = { NULL, "/chat", "",
		"v1.chat,v2.chat", NULL, 0, 0, 0, 0 };
	struct asked asked = {
		.more = "Sec-WebSocket-Protocol: x, v2.chat, v1.chat\r\n"
	};

	accepts(&asked, &ours, "v2.chat");
	accepts(&asked, &here, NULL);
	asked.more = "Sec-WebSocket-Protocol: x\r\n"
		     "sec-websocket-protocol: v1.chat\r\n";
	accepts(&asked, &ours, "v1.chat");
	/* None of ours, the case counts (section 1.9), and none asked for. */
	asked.more = "Sec-WebSocket-Protocol: v1.cha, V1.chat, v1.chatt\r\n";
	accepts(&asked, &ours, NULL);
	accepts(&(struct asked){ .more = NULL }, &ours, NULL);
}
END_TEST

START_TEST(the_longest_subprotocol_fits_the_answer)
{
	static const char name[] = "0123456789012345678901234567890123456789"
				   "012345678901234567890123";
	char more[200];
	const struct weft_codec_place ours = { NULL, "/chat", "", name, NULL,
		0, 0, 0, 0 };

	ck_assert_uint_eq(strlen(name), 64);
	(void)snprintf(
	    more, sizeof(more), "Sec-WebSocket-Protocol: %s\r\n", name);
	accepts(&(struct asked){ .more = more }, &ours, name);
}
END_TEST

/* More than 8192 bytes, or 100 fields. */
START_TEST(a_head_that_is_too_long_is_refused_with_431)
{
	static const char line[] =
	    "HTTP/1.1 431 Request Header Fields Too Large\r\n";
	char fields[101 * 7 + 1] = "";
	size_t i;

	for (i = 0; i < 101; i++)
		strcat(fields, "X: yz\r\n");
	refuses(&(struct asked){ .more = fields }, &here, line);
	hello_of_length(&here, WI_HTTP_HEAD_MAX, NULL);
	hello_of_length(&here, WI_HTTP_HEAD_MAX + 1, line);
	hello_of_length(&here, WI_HTTP_HEAD_MAX + 5, line);
	hello_of_length(&here, 3 * WI_HTTP_HEAD_MAX, line);
}
END_TEST

START_TEST(a_head_without_end_is_refused_with_431)
{
	struct ws_feed seen;
	unsigned i;

	ws_feed_begin(&seen, false, 1u << 20, &here);
	for (i = 0; i < 3 * WI_HTTP_HEAD_MAX && !seen.ended; i++)
		ws_feed_arrive(&seen, "x", 1);
	ck_assert_uint_eq(seen.shown, WI_HTTP_HEAD_MAX + 1);
	hello_is_refused(
	    &seen, "HTTP/1.1 431 Request Header Fields Too Large\r\n");
	ws_feed_free(&seen);
}
END_TEST

/* A client need not wait (section 4.1 says it must, but a proxy may join). */
START_TEST(frames_right_behind_the_head_are_read)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct ws_feed seen;

	ask(&(struct asked){ .line = NULL }, &script);
	ws_add(&script, true, 0x81, "first", 5);
	ws_add(&script, true, 0x89, "ping", 4);
	hello_feed_all(&here, script.data, script.len, &seen);
	ck_assert_uint_eq(seen.nevents, 4);
	hello_is_accepted(&seen, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", NULL);
	ck_assert(
	    ws_seen_is(&seen, 2, WS_SEEN_MESSAGE, WEFT_TEXT, "first", 5));
	ck_assert(ws_seen_is(&seen, 3, WS_SEEN_ANSWER, 0, "\x8a\x04ping", 6));
	ws_feed_free(&seen);
	codec_bytes_free(&script);
}
END_TEST

/* What is refused ends there. */
START_TEST(frames_behind_a_refused_head_are_not_read)
{
	struct codec_bytes script = { NULL, 0, 0 };
	struct ws_feed seen;

	ask(&(struct asked){ .key = "" }, &script);
	ws_add(&script, true, 0x81, "first", 5);
	hello_feed_all(&here, script.data, script.len, &seen);
	hello_is_refused(&seen, "HTTP/1.1 400 Bad Request\r\n");
	ws_feed_free(&seen);
	codec_bytes_free(&script);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_key_of_section_1_3_gives_the_accept_of_section_1_3,
		fields_are_taken_in_any_case_and_in_lists,
		a_plain_request_is_told_to_upgrade,
		another_method_is_refused_with_405,
		another_version_of_http_is_refused_with_505,
		what_is_no_request_is_refused_with_400,
		a_key_that_is_none_is_refused_with_400,
		another_path_is_refused_with_404,
		the_path_may_have_a_query_or_stand_behind_a_host,
		a_page_of_another_host_is_refused_with_403,
		a_page_of_the_same_host_is_let_in,
		the_option_origin_says_who_is_let_in,
		a_subprotocol_is_chosen_by_the_order_of_the_client,
		the_longest_subprotocol_fits_the_answer,
		a_head_that_is_too_long_is_refused_with_431,
		a_head_without_end_is_refused_with_431,
		frames_right_behind_the_head_are_read,
		frames_behind_a_refused_head_are_not_read,
	};

	return check_main("ws_hello", tests, CHECK_COUNT(tests));
}
