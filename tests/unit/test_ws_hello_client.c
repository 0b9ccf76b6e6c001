/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_hello_client.c - the opening handshake of a client (RFC
 * 6455, section 4.1): what it asks, and which answers it takes.
 */
#include "ws_feed.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "check_main.h"

static const struct weft_codec_place chat = { "a.example:8080", "/chat?a=b",
	"", "", NULL, 0, 0, 0, 0 };
static const struct weft_codec_place two = { "a.example", "/chat", "",
	"v1.chat, v2.chat", NULL, 0, 0, 0, 0 };

/* A client that has asked: its words, and the accept that they call for, by
 * section 4.2.2, point 5, step 4. */
struct asked {
	struct ws_feed feed;
	char words[1025];
	char key[25];
	char accept[29];
};

static void
call_for(struct asked *asked)
{
	static const char field[] = "Sec-WebSocket-Key: ";
	const char *at = strstr(asked->words, field);
	char joined[64];
	uint8_t digest[SHA_DIGEST_LENGTH];
	int n;

	ck_assert_ptr_nonnull(at);
	(void)snprintf(
	    asked->key, sizeof(asked->key), "%.24s", at + strlen(field));
	n = snprintf(joined, sizeof(joined),
	    "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", asked->key);
	ck_assert_int_eq(n, 60);
	(void)SHA1((const uint8_t *)joined, (size_t)n, digest);
	(void)EVP_EncodeBlock(
	    (uint8_t *)asked->accept, digest, sizeof(digest));
}

static void
ask(struct asked *asked, const struct weft_codec_place *place)
{
	ws_feed_begin(&asked->feed, true, 1u << 20, place);
	memcpy(asked->words, asked->feed.begun, asked->feed.begun_len);
	asked->words[asked->feed.begun_len] = '\0';
	call_for(asked);
}

START_TEST(a_request_has_all_that_section_4_1_wants)
{
	struct asked asked;
	char expected[1025];

	ask(&asked, &chat);
	(void)snprintf(expected, sizeof(expected),
	    "GET /chat?a=b HTTP/1.1\r\nHost: a.example:8080\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
	    asked.key);
	ck_assert_str_eq(asked.words, expected);
	ws_feed_free(&asked.feed);
}
END_TEST

START_TEST(subprotocols_are_asked_for_as_they_are_written)
{
	struct asked asked;

	ask(&asked, &two);
	ck_assert_ptr_nonnull(strstr(asked.words,
	    "\r\nSec-WebSocket-Protocol: v1.chat, v2.chat\r\n\r\n"));
	ws_feed_free(&asked.feed);
}
END_TEST

START_TEST(no_path_is_asked_for_as_a_slash)
{
	static const struct weft_codec_place bare = { "a.example", "", "", "",
		NULL, 0, 0, 0, 0 };
	struct asked asked;

	ask(&asked, &bare);
	ck_assert_int_eq(
	    strncmp(asked.words, "GET / HTTP/1.1\r\nHost: a.example\r\n", 33),
	    0);
	ws_feed_free(&asked.feed);
}
END_TEST

/* Section 4.1, point 7: 16 bytes, at random for each connection. */
START_TEST(each_request_has_a_key_of_its_own)
{
	struct asked one, other;
	uint8_t bytes[24];

	ask(&one, &chat);
	ask(&other, &chat);
	ck_assert_str_ne(one.key, other.key);
	ck_assert_int_eq(
	    EVP_DecodeBlock(bytes, (const uint8_t *)one.key, 24), 18);
	ck_assert_str_eq(one.key + 22, "==");
	ws_feed_free(&one.feed);
	ws_feed_free(&other.feed);
}
END_TEST

START_TEST(what_a_server_of_ours_is_asked_it_accepts)
{
	struct ws_feed server;
	struct asked asked;

	ask(&asked, &two);
	ws_feed_begin(&server, false, 1u << 20, &two);
	ws_feed_arrive(&server, asked.words, strlen(asked.words));
	ck_assert(server.open);
	ck_assert_int_eq(ws_seen(&server, 0)->kind, WS_SEEN_ANSWER);
	ws_feed_arrive(
	    &asked.feed, server.bytes.data, ws_seen(&server, 0)->len);
	ck_assert(asked.feed.open);
	ck_assert(!asked.feed.ended);
	ck_assert_uint_eq(asked.feed.npending, 0);
	ws_feed_free(&server);
	ws_feed_free(&asked.feed);
}
END_TEST

START_TEST(a_request_that_has_no_room_is_not_begun)
{
	struct weft_codec_place place = { "a.example", NULL, "", "", NULL, 0,
		0, 0, 0 };
	struct wi_ws ws = { .place = NULL };
	char target[1024];
	uint8_t out[1024];
	size_t len = 0;

	memset(target, 'x', sizeof(target));
	target[0] = '/';
	target[900] = '\0';
	place.target = target;
	ck_assert_int_eq(
	    wi_codec_ws_client.begin(&ws, &place, out, sizeof(out), &len),
	    WEFT_ETOOBIG);
	ck_assert_uint_eq(len, 0);
}
END_TEST

/* ---- answers */

/* Feed an answer, in which %s is the right accept; whole, split at each
 * position, and one byte at a time.  It must be taken, or refused. */
static void
answered(const struct weft_codec_place *place, const char *format, bool taken)
{
	struct asked asked;
	char text[512];
	size_t len = 1, split, i;

	for (split = 0; split <= len; split++) {
		ask(&asked, place);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		len =
		    (size_t)snprintf(text, sizeof(text), format, asked.accept);
#pragma GCC diagnostic pop
		ck_assert_uint_lt(len, sizeof(text));
		for (i = 0; split == len && i < len; i++)
			ws_feed_arrive(&asked.feed, text + i, 1);
		if (split < len) {
			ws_feed_arrive(&asked.feed, text, split);
			ws_feed_arrive(&asked.feed, text + split, len - split);
		}
		ck_assert_int_eq(asked.feed.open, taken);
		ck_assert_int_eq(asked.feed.ended, !taken);
		/* Nothing is said to a server that is none. */
		ck_assert_uint_eq(asked.feed.nevents, taken ? 1 : 0);
		if (taken) {
			ck_assert(ws_seen_is(
			    &asked.feed, 0, WS_SEEN_OPEN, 0, text, len));
		} else {
			ck_assert_int_eq(asked.feed.error, WEFT_EMALFORMED);
			ck_assert_ptr_nonnull(asked.feed.why);
		}
		ws_feed_free(&asked.feed);
	}
}

#define LINE "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: %s\r\n"

START_TEST(the_right_answer_is_taken)
{
	answered(&chat, LINE UPGRADE CONNECTION ACCEPT "\r\n", true);
	answered(&chat,
	    "HTTP/1.1 101 \r\nServer: x\r\nsec-websocket-accept:%s\r\n"
	    "UPGRADE: WEBSOCKET\r\nCONNECTION: keep-alive, UPGRADE\r\n\r\n",
	    true);
}
END_TEST

/* Section 4.1, "validate the server's response", points 1 to 6. */
START_TEST(another_status_is_refused)
{
	answered(&chat, "HTTP/1.1 200 OK\r\n" UPGRADE CONNECTION ACCEPT "\r\n",
	    false);
	answered(&chat,
	    "HTTP/1.1 100 Continue\r\n" UPGRADE CONNECTION ACCEPT "\r\n",
	    false);
	answered(&chat, "HTTP/1.1 404 Not Found\r\n\r\n", false);
	answered(&chat,
	    "HTTP/1.1 302 Found\r\nLocation: http://b.example/\r\n\r\n",
	    false);
	answered(&chat, "HTTP/1.0 101 Hi\r\n" UPGRADE CONNECTION ACCEPT "\r\n",
	    false);
}
END_TEST

START_TEST(an_answer_without_upgrade_is_refused)
{
	answered(&chat, LINE CONNECTION ACCEPT "\r\n", false);
	answered(&chat, LINE UPGRADE ACCEPT "\r\n", false);
	answered(
	    &chat, LINE "Upgrade: h2c\r\n" CONNECTION ACCEPT "\r\n", false);
	answered(
	    &chat, LINE UPGRADE "Connection: close\r\n" ACCEPT "\r\n", false);
}
END_TEST

START_TEST(another_accept_is_refused)
{
	answered(&chat, LINE UPGRADE CONNECTION "\r\n", false);
	answered(&chat,
	    LINE UPGRADE CONNECTION
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
	    false);
	answered(&chat,
	    LINE UPGRADE CONNECTION "Sec-WebSocket-Accept:\r\n\r\n", false);
	answered(&chat,
	    LINE UPGRADE CONNECTION "Sec-WebSocket-Accept: %.27s\r\n\r\n",
	    false);
	answered(&chat,
	    LINE UPGRADE CONNECTION "Sec-WebSocket-Accept: %.27sA\r\n\r\n",
	    false);
	answered(&chat,
	    LINE UPGRADE CONNECTION "Sec-WebSocket-Accept: %s=\r\n\r\n",
	    false);
	answered(&chat,
	    LINE UPGRADE CONNECTION ACCEPT
	    "Sec-WebSocket-Accept: other\r\n\r\n",
	    false);
}
END_TEST

START_TEST(an_extension_is_refused)
{
	answered(&chat,
	    LINE UPGRADE CONNECTION ACCEPT
	    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
	    false);
}
END_TEST

START_TEST(a_subprotocol_must_have_been_asked_for)
{
#define CHOSEN LINE UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Protocol: "
	answered(&two, CHOSEN "v1.chat\r\n\r\n", true);
	answered(&two, CHOSEN "v2.chat\r\n\r\n", true);
	/* Section 4.1 lets a server choose none. */
	answered(&two, LINE UPGRADE CONNECTION ACCEPT "\r\n", true);
	answered(&two, CHOSEN "v3.chat\r\n\r\n", false);
	answered(&two, CHOSEN "v1\r\n\r\n", false);
	answered(&two, CHOSEN "V1.CHAT\r\n\r\n", false);
	answered(&two, CHOSEN "\r\n\r\n", false);
	answered(&two, CHOSEN "v1.chat, v2.chat\r\n\r\n", false);
	answered(&two,
	    CHOSEN "v1.chat\r\nSec-WebSocket-Protocol: v2.chat\r\n\r\n",
	    false);
	answered(&chat, CHOSEN "v1.chat\r\n\r\n", false);
#undef CHOSEN
}
END_TEST

START_TEST(what_is_no_answer_is_refused)
{
	answered(&chat, "SSH-2.0-OpenSSH_9.2\r\n\r\n", false);
	answered(&chat, "\r\n\r\n", false);
	answered(
	    &chat, LINE UPGRADE " folded\r\n" CONNECTION ACCEPT "\r\n", false);
	answered(&chat, "HTTP/1.1 101 Hi\n" UPGRADE CONNECTION ACCEPT "\r\n",
	    false);
	answered(&chat, "GET /chat HTTP/1.1\r\nHost: a\r\n\r\n", false);
}
END_TEST

START_TEST(an_answer_without_end_is_refused)
{
	struct asked asked;
	unsigned i;

	ask(&asked, &chat);
	for (i = 0; i < 3 * WI_HTTP_HEAD_MAX && !asked.feed.ended; i++)
		ws_feed_arrive(&asked.feed, "x", 1);
	ck_assert_uint_eq(asked.feed.shown, WI_HTTP_HEAD_MAX + 1);
	ck_assert(asked.feed.ended);
	ck_assert_int_eq(asked.feed.error, WEFT_EMALFORMED);
	ck_assert_uint_eq(asked.feed.nevents, 0);
	ws_feed_free(&asked.feed);
}
END_TEST

START_TEST(frames_right_behind_the_answer_are_read)
{
	struct asked asked;
	char text[512];
	int n;

	ask(&asked, &chat);
	n = snprintf(text, sizeof(text),
	    LINE UPGRADE CONNECTION ACCEPT "\r\n\x81\x05"
					   "hello\x89",
	    asked.accept);
	ws_feed_arrive(&asked.feed, text, (size_t)n);
	ck_assert_uint_eq(asked.feed.nevents, 2);
	ck_assert(ws_seen_is(
	    &asked.feed, 1, WS_SEEN_MESSAGE, WEFT_TEXT, "hello", 5));
	ck_assert_uint_eq(asked.feed.npending, 1);
	ws_feed_free(&asked.feed);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_request_has_all_that_section_4_1_wants,
		subprotocols_are_asked_for_as_they_are_written,
		no_path_is_asked_for_as_a_slash,
		each_request_has_a_key_of_its_own,
		what_a_server_of_ours_is_asked_it_accepts,
		a_request_that_has_no_room_is_not_begun,
		the_right_answer_is_taken,
		another_status_is_refused,
		an_answer_without_upgrade_is_refused,
		another_accept_is_refused,
		an_extension_is_refused,
		a_subprotocol_must_have_been_asked_for,
		what_is_no_answer_is_refused,
		an_answer_without_end_is_refused,
		frames_right_behind_the_answer_are_read,
	};

	return check_main("ws_hello_client", tests, CHECK_COUNT(tests));
}
