/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_ws.c - WebSocket (RFC 6455) through a whole node: how it
 * begins, what arrives, how it ends.  Frames themselves are tests/unit's.
 */
#include "flow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "flow_client.h"
#include "ws_client.h"

#define WS "ws://127.0.0.1:0/chat"

/* What was seen; under flow_lock(). */
static struct {
	unsigned nopened, nmessages, nclosed;
	bool text;
	char path[64], query[64], agent[64], protocol[64];
	enum weft_reason why;
	uint32_t status;
	weft_endpoint last;
} seen;

static void
seen_copy(char *out, struct weft_bytes bytes)
{
	ck_assert_uint_lt(bytes.len, 64);
	memcpy(out, bytes.len == 0 ? "" : bytes.data, bytes.len);
	out[bytes.len] = '\0';
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct weft_http_request request;
	struct weft_bytes agent, protocol;

	ck_assert_int_eq(weft_call_http_request(call, &request), WEFT_OK);
	ck_assert_int_eq(weft_call_http_protocol(call, &protocol), WEFT_OK);
	if (weft_call_http_field(call, "user-agent", &agent) != WEFT_OK)
		agent.len = 0;
	flow_lock();
	seen.nopened++;
	seen.last = from;
	seen_copy(seen.path, request.path);
	seen_copy(seen.query, request.query);
	seen_copy(seen.agent, agent);
	seen_copy(seen.protocol, protocol);
	flow_notify();
	flow_unlock();
	ck_assert_int_eq(weft_subscribe(call, from, "all"), WEFT_OK);
}

static bool
is(struct weft_bytes msg, const char *text)
{
	return msg.len == strlen(text) && memcmp(msg.data, text, msg.len) == 0;
}

/* Echo: text as text.  "go": close with words; "bye": close. */
static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_http_request request;

	ck_assert_int_eq(weft_call_http_request(call, &request), WEFT_ESTATE);
	flow_lock();
	seen.nmessages++;
	seen.text = weft_call_is_text(call);
	flow_notify();
	flow_unlock();
	ck_assert_int_eq(weft_call_is_text(call) ?
		weft_send_text(call, from, msg) :
		weft_send(call, from, msg),
	    WEFT_OK);
	if (is(msg, "go"))
		ck_assert_int_eq(
		    weft_close_status(call, from, 4001, "go away"), WEFT_OK);
	else if (is(msg, "bye"))
		ck_assert_int_eq(weft_close(call, from), WEFT_OK);
	else if (is(msg, "wrong"))
		ck_assert_int_eq(
		    weft_close_status(call, from, 1005, NULL), -EINVAL);
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	flow_lock();
	seen.nclosed++;
	seen.why = why;
	seen.status = weft_call_status(call);
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin plugin = WEFT_PLUGIN_INIT(.name = "ws",
    .opened = on_opened, .message = on_message, .closed = on_closed);

static struct flow_client *
begin(struct flow **flow, const char *url)
{
	*flow = flow_new();
	flow_start(*flow, url, &plugin);
	return flow_client_new(&(*flow)->bound[0]);
}

START_TEST(opened_sees_the_request)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS);
	char answer[1024];

	ck_assert_ptr_nonnull(strstr(flow->bound[0].url, "/chat"));
	ws_ask(client, "/chat?room=a&x=%20", "User-Agent: \t test 1 \r\n");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	FLOW_WAIT(seen.nopened == 1, "opened()");
	ck_assert_str_eq(seen.path, "/chat");
	ck_assert_str_eq(seen.query, "room=a&x=%20");
	ck_assert_str_eq(seen.agent, "test 1");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* The handshake, frames, part of a frame, in one segment and in two. */
START_TEST(frames_right_behind_the_request_are_messages)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS);
	static const char request[] =
	    "GET /chat HTTP/1.1\r\nHost: here\r\nUpgrade: WebSocket\r\n"
	    "Connection: upgrade\r\nSec-WebSocket-Key: "
	    "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
	uint8_t all[1024];
	size_t n = strlen(request);
	char answer[1024];

	memcpy(all, request, n);
	n += ws_frame(all + n, WS_FIN | WS_TEXT, "one", 3);
	n += ws_frame(all + n, WS_FIN | WS_BINARY, "two", 3);
	n += ws_frame(all + n, WS_TEXT, "th", 2);
	n += ws_frame(all + n, WS_FIN | WS_PING, "?", 1);
	n += ws_frame(all + n, WS_FIN, "ree", 3);
	flow_write(client, all, n - 2);
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	ws_hear(client, WS_FIN | WS_PONG, "?");
	flow_write(client, all + n - 2, 2);
	/* A pong overtakes what a worker has yet to say. */
	ws_hear(client, WS_FIN | WS_TEXT, "one");
	ws_hear(client, WS_FIN | WS_BINARY, "two");
	ws_hear(client, WS_FIN | WS_TEXT, "three");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(who_is_refused_was_never_there)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS);
	char answer[1024];

	ws_ask(client, "/other", "");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 404);
	ck_assert_int_eq(flow_read_end(client), 0);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-HANDSHAKE")->text, "path"));
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_handshakes_failed), 1);
	ck_assert_uint_eq(seen.nopened + seen.nclosed, 0);
	flow_client_free(&client);
	/* Its place is another's. */
	client = flow_client_new(&flow->bound[0]);
	ws_open(client, "/chat");
	flow_client_free(&client);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	flow_end(&flow);
}
END_TEST

START_TEST(a_page_of_another_host_is_refused)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS);
	char answer[1024];

	ws_ask(client, "/chat", "Origin: https://evil.example\r\n");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 403);
	flow_client_free(&client);
	client = flow_client_new(&flow->bound[0]);
	ws_ask(client, "/chat", "Origin: https://here\r\n");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_subprotocol_is_agreed_on)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS "?protocols=b,c");
	char answer[1024];

	ws_ask(client, "/chat", "Sec-WebSocket-Protocol: a, c, b\r\n");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	ck_assert_ptr_nonnull(strstr(answer, "Sec-WebSocket-Protocol: c\r\n"));
	FLOW_WAIT(seen.nopened == 1, "opened()");
	ck_assert_str_eq(seen.protocol, "c");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_handshake_has_its_time)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS "?handshake=100ms");

	flow_write(client, "GET /chat HT", 12);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_wait_count(flow, WEFT_COUNTER_handshakes_failed, 1);
	ck_assert_uint_eq(seen.nopened, 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Section 5.5.1; replies first. */
START_TEST(a_close_is_answered_behind_the_replies)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS);
	uint8_t all[256];
	size_t n;

	ws_open(client, "/chat");
	n = ws_frame(all, WS_FIN | WS_TEXT, "last", 4);
	n += ws_frame(all + n, WS_FIN | WS_CLOSE,
	    "\x0f\xa0"
	    "done",
	    6);
	flow_write(client, all, n);
	ws_hear(client, WS_FIN | WS_TEXT, "last");
	ws_hear_close(client, 4000, "");
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_PEER);
	ck_assert_uint_eq(seen.status, 4000);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(we_close_with_words)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS);

	ws_open(client, "/chat");
	ws_send(client, WS_FIN | WS_TEXT, "wrong", 5);
	ws_hear(client, WS_FIN | WS_TEXT, "wrong");
	ws_send(client, WS_FIN | WS_TEXT, "go", 2);
	ws_hear(client, WS_FIN | WS_TEXT, "go");
	ws_hear_close(client, 4001, "go away");
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_LOCAL);
	ck_assert_uint_eq(seen.status, 0);
	flow_client_free(&client);
	client = flow_client_new(&flow->bound[0]);
	ws_open(client, "/chat");
	ws_send(client, WS_FIN | WS_BINARY, "bye", 3);
	ws_hear(client, WS_FIN | WS_BINARY, "bye");
	ws_hear_close(client, 1000, "");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_stop_says_going_away)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, WS);

	ws_open(client, "/chat");
	FLOW_WAIT(seen.nopened == 1, "opened()");
	weft_node_stop(flow->node);
	ws_hear_close(client, 1001, "");
	flow_client_free(&client);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_free(&flow);
}
END_TEST

/* ---- what is wrong */

static void
wrong(const char *url, const void *bytes, size_t len, unsigned status,
    enum weft_reason why)
{
	struct flow *flow;
	struct flow_client *client = begin(&flow, url);

	ws_open(client, "/chat");
	ws_send(client, WS_FIN | WS_TEXT, "right", 5);
	ws_hear(client, WS_FIN | WS_TEXT, "right");
	flow_write(client, bytes, len);
	ws_hear_close(client, status, "");
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, why);
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(a_frame_without_a_mask_ends_it)
{
	wrong(WS,
	    "\x81\x01"
	    "x",
	    3, 1002, WEFT_REASON_MALFORMED);
}
END_TEST

START_TEST(text_that_is_none_ends_it)
{
	wrong(WS, "\x81\x81\0\0\0\0\xff", 7, 1007, WEFT_REASON_MALFORMED);
}
END_TEST

/* As soon as its head is there. */
START_TEST(a_message_above_the_bound_ends_it)
{
	wrong(WS "?max_message=100", "\x82\xfe\0\xc8\0\0\0\0", 8, 1009,
	    WEFT_REASON_TOOBIG);
}
END_TEST

/* ---- silence */

START_TEST(a_silent_peer_is_asked_and_let_go_of)
{
	struct flow *flow;
	struct flow_client *client =
	    begin(&flow, WS "?ping=50ms&pong_timeout=200ms");
	unsigned i;

	ws_open(client, "/chat");
	for (i = 0; i < 3; i++) {
		ws_hear(client, WS_FIN | WS_PING, "");
		ws_send(client, WS_FIN | WS_PONG, "", 0);
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_idle), 0);
	/* One more, and no answer. */
	ws_hear(client, WS_FIN | WS_PING, "");
	ws_hear_close(client, 1001, "");
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_IDLE);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- pings of one that does not read the pongs */

#define PINGS_CAP (8u << 20) /* [bytes] more than all buffers hold */

/* Until nothing is taken any more: [bytes]; the last may be cut. */
static size_t
pings_fill(struct flow_client *client, const uint8_t *frame, size_t len)
{
	struct pollfd pollfd = { .fd = client->fd, .events = POLLOUT };
	size_t sent = 0;
	ssize_t n;

	while (poll(&pollfd, 1, FLOW_WINDOW_MS) == 1) {
		n = send(client->fd, frame + sent % len, len - sent % len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			continue;
		ck_assert_int_gt(n, 0);
		sent += (size_t)n;
		ck_assert_uint_le(sent, PINGS_CAP);
	}
	return sent;
}

START_TEST(pongs_that_are_not_read_stop_the_pings)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint8_t frame[200];
	char text[101];
	size_t len, sent, i;

	memset(text, 'p', 100);
	text[100] = '\0';
	len = ws_frame(frame, WS_FIN | WS_PING, text, 100);
	flow_start(flow, WS "?rcvbuf=16k&sndbuf=16k", &plugin);
	client = flow_client_new_small(&flow->bound[0]);
	ws_open(client, "/chat");
	sent = pings_fill(client, frame, len);
	ck_assert_uint_gt(sent, 100 * len);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_read_pauses), 1);
	for (i = 0; i < sent / len; i++)
		ws_hear(client, WS_FIN | WS_PONG, text);
	if (sent % len != 0) {
		flow_write(client, frame + sent % len, len - sent % len);
		ws_hear(client, WS_FIN | WS_PONG, text);
	}
	ws_send(client, WS_FIN | WS_TEXT, "on", 2);
	ws_hear(client, WS_FIN | WS_TEXT, "on");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- one message for all */

START_TEST(a_publish_is_framed_for_each_codec)
{
	struct flow *flow = flow_new();
	struct flow_client *ws, *text;

	flow_add(flow, "ws+text://127.0.0.1:0", &plugin);
	flow_start(flow, WS, &plugin);
	text = flow_client_new(&flow->bound[0]);
	ws = flow_client_new(&flow->bound[1]);
	ws_open(text, "/any");
	ws_open(ws, "/chat");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2);
	ck_assert_int_eq(weft_node_publish(flow->node, "all",
			     (struct weft_bytes){ "hi", 2 }),
	    WEFT_OK);
	ws_hear(text, WS_FIN | WS_TEXT, "hi");
	ws_hear(ws, WS_FIN | WS_BINARY, "hi");
	flow_client_free(&text);
	flow_client_free(&ws);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("ws", opened_sees_the_request,
    frames_right_behind_the_request_are_messages,
    who_is_refused_was_never_there, a_page_of_another_host_is_refused,
    a_subprotocol_is_agreed_on, a_handshake_has_its_time,
    a_close_is_answered_behind_the_replies, we_close_with_words,
    a_stop_says_going_away, a_frame_without_a_mask_ends_it,
    text_that_is_none_ends_it, a_message_above_the_bound_ends_it,
    a_silent_peer_is_asked_and_let_go_of,
    pongs_that_are_not_read_stop_the_pings, a_publish_is_framed_for_each_codec)
