/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_ws_deflate_nodes.c - permessage-deflate (RFC 7692) between
 * nodes of ours: connections, threads of the program's, weft_node_receive(),
 * and connections that reconnect.
 *
 * Site 0 echoes; site 1 is there for the plugin that connections belong to.
 */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "receiver.h"
#include "ws_small.h"

#define SMALL_TEXT (WS_FIN | WS_TEXT | WS_SMALL)
#define LEN 1000u /* [bytes] of a message that shrinks */

static struct {
	unsigned nopened, nright, nwrong, nclosed;
} seen; /* under flow_lock() */

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	(void)call;
	(void)from;
	flow_lock();
	seen.nopened++;
	flow_notify();
	flow_unlock();
}

/* Messages are numbered: the seed of each is how many came before. */
static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char expected[LEN];

	(void)call;
	(void)from;
	flow_lock();
	ws_small_text(expected, LEN, seen.nright);
	if (msg.len == LEN && memcmp(msg.data, expected, LEN) == 0)
		seen.nright++;
	else
		seen.nwrong++;
	flow_notify();
	flow_unlock();
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	(void)why;
	flow_lock();
	seen.nclosed++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin client = WEFT_PLUGIN_INIT(.name = "client",
    .opened = on_opened, .message = on_message, .closed = on_closed);

/* Echo; "end" ends it. */
static void
on_server_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 3 && memcmp(msg.data, "end", 3) == 0)
		ck_assert_int_eq(weft_close(call, from), WEFT_OK);
	else
		ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "server", .message = on_server_message);

/* A node that echoes at that URL; site 1 is the client's. */
static struct flow *
node(const char *url)
{
	struct flow *flow = flow_new();

	flow_add(flow, url, &server);
	flow_start(flow, FLOW_VARINT, &client);
	return flow;
}

static weft_endpoint
connect_to(struct flow *flow, const char *options)
{
	struct weft_error err;
	weft_endpoint to;
	char url[320];
	int rv;

	(void)snprintf(url, sizeof(url), "%s%s", flow->bound[0].url, options);
	rv = weft_node_connect(flow->node, url, "client", &to, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	return to;
}

/* Number so many, from a thread that is no worker. */
static void
send_numbered(
    struct flow *flow, weft_endpoint to, unsigned first, unsigned count)
{
	char text[LEN];

	for (; count > 0; count--, first++) {
		ws_small_text(text, LEN, first);
		ck_assert_int_eq(weft_node_send(flow->node, to,
				     (struct weft_bytes){ text, LEN }),
		    WEFT_OK);
	}
}

/* inflated: how many of what was said, by both sides together, came made
 * smaller. */
static void
talk(const char *listens, const char *options, bool early, uint64_t inflated)
{
	struct flow *flow = node(listens);
	weft_endpoint to = connect_to(flow, options);

	/* What is sent before the handshake is over stays as it is. */
	if (!early)
		FLOW_WAIT(seen.nopened == 1, "opened()");
	send_numbered(flow, to, 0, 100);
	FLOW_WAIT(seen.nright == 100, "the echoes");
	ck_assert_uint_eq(seen.nwrong, 0);
	if (!early)
		ck_assert_uint_eq(
		    flow_count(flow, WEFT_COUNTER_messages_inflated),
		    inflated);
	ck_assert_uint_le(
	    flow_count(flow, WEFT_COUNTER_messages_inflated), inflated);
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	flow_end(&flow);
}

START_TEST(both_sides_make_what_they_send_smaller)
{
	talk("ws://127.0.0.1:0?deflate=yes", "?deflate=yes", false, 200);
}
END_TEST

START_TEST(takeover_is_let_be_and_not_used)
{
	talk("ws://127.0.0.1:0?deflate=takeover&deflate_bits=9",
	    "?deflate=takeover&deflate_bits=9", false, 200);
}
END_TEST

START_TEST(sides_that_do_not_agree_talk_as_ever)
{
	talk("ws://127.0.0.1:0", "?deflate=yes", false, 0);
}
END_TEST

START_TEST(nor_does_a_client_that_does_not_offer)
{
	talk("ws://127.0.0.1:0?deflate=yes", "?deflate=no", false, 0);
}
END_TEST

START_TEST(what_is_sent_before_it_is_open_arrives)
{
	talk("ws://127.0.0.1:0?deflate=yes", "?deflate=yes", true, 200);
}
END_TEST

/* What it has sent may wait for another handshake: kept_note in
 * io/shake.c. */
START_TEST(what_a_connection_that_reconnects_sends_stays_as_it_is)
{
	struct flow *flow = node("ws://127.0.0.1:0/a?deflate=yes");
	struct weft_bound again;
	struct weft_error err;
	weft_endpoint to;
	char url[256];

	(void)snprintf(url, sizeof(url), "%s", flow->bound[0].url);
	to = connect_to(flow, "?deflate=takeover&reconnect=10ms");
	FLOW_WAIT(seen.nopened == 1, "opened()");
	send_numbered(flow, to, 0, 10);
	FLOW_WAIT(seen.nright == 10, "the echoes");
	/* The echoes were inflated, and what they answer was not. */
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_messages_inflated), 10);
	/* Its server comes again, and knows no deflate. */
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, flow->bound[0].listener), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_send(flow->node, to, (struct weft_bytes){ "end", 3 }),
	    WEFT_OK);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	send_numbered(flow, to, 10, 10);
	flow_wait_count(flow, WEFT_COUNTER_connects_failed, 1);
	ck_assert_msg(weft_node_listen(
			  flow->node, url, "server", &again, &err) == WEFT_OK,
	    "%s", err.text);
	FLOW_WAIT(seen.nright == 20, "the echoes");
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_messages_inflated), 10);
	ck_assert_uint_eq(seen.nwrong, 0);
	flow_end(&flow);
}
END_TEST

/* ---- weft_node_receive() */

START_TEST(a_program_that_asks_is_given_them_inflated)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[2];
	struct ws_small smalls[2];
	struct weft_event event;
	char text[LEN];
	unsigned i;

	flow_begin(flow, "ws://127.0.0.1:0/?deflate=takeover", NULL);
	for (i = 0; i < 2; i++) {
		clients[i] = ws_small_open(&flow->bound[0], "/",
		    i == 0 ? WS_OFFER "\r\n" :
			     WS_OFFER "; client_no_context_takeover\r\n",
		    "permessage-deflate");
		ws_small_init(&smalls[i], i == 1);
		event = receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	}
	for (i = 0; i < 40; i++) {
		ws_small_text(text, LEN, i / 4);
		ws_small_send(clients[i % 2], &smalls[i % 2], WS_FIN | WS_TEXT,
		    text, LEN);
		event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
		ck_assert_uint_eq(event.msg.len, LEN);
		ck_assert_mem_eq(event.msg.data, text, LEN);
		ck_assert_int_eq(
		    weft_node_send(flow->node, event.endpoint, event.msg),
		    WEFT_OK);
		ws_small_hear(clients[i % 2], &smalls[i % 2],
		    WS_FIN | WS_BINARY | WS_SMALL, text, LEN);
	}
	/* One that cannot be is not given, nor what is behind it. */
	ws_send(clients[0], SMALL_TEXT, "\xff\xff", 2);
	ws_send(clients[0], WS_FIN | WS_TEXT, "behind", 6);
	event = receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(event.why, WEFT_REASON_MALFORMED);
	/* The receiver goes on: so it answers. */
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	ws_hear_close(clients[0], 1007, "");
	for (i = 0; i < 2; i++) {
		ws_small_fini(&smalls[i]);
		flow_client_free(&clients[i]);
	}
	event = receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(event.why, WEFT_REASON_PEER);
	receiver_stop(&flow, 0);
}
END_TEST

/* The bytes of the last event stay while it may be looked at. */
START_TEST(a_stop_leaves_what_was_handed_out)
{
	struct flow *flow = flow_new();
	struct flow_client *one;
	struct ws_small small;
	struct weft_event event;
	char text[LEN];

	flow_begin(flow, "ws://127.0.0.1:0/?deflate=yes", NULL);
	one = ws_small_open(
	    &flow->bound[0], "/", WS_OFFER "\r\n", "permessage-deflate");
	ws_small_init(&small, true);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	ws_small_text(text, LEN, 1);
	ws_small_send(one, &small, WS_FIN | WS_TEXT, text, LEN);
	event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	weft_node_stop(flow->node);
	/* It sees to it that nothing is left (wi_pull_abandon()). */
	flow_wait_log(flow, "IO-STOPPED");
	ck_assert_uint_eq(event.msg.len, LEN);
	ck_assert_mem_eq(event.msg.data, text, LEN);
	ws_small_fini(&small);
	flow_client_free(&one);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("ws_deflate_nodes", both_sides_make_what_they_send_smaller,
    takeover_is_let_be_and_not_used, sides_that_do_not_agree_talk_as_ever,
    nor_does_a_client_that_does_not_offer,
    what_is_sent_before_it_is_open_arrives,
    what_a_connection_that_reconnects_sends_stays_as_it_is,
    a_program_that_asks_is_given_them_inflated,
    a_stop_leaves_what_was_handed_out)
