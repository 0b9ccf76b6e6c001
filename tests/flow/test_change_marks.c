/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_change_marks.c - marks and counts change while clients are
 * connected (weft_node_limits()): senders, requests, the longest message.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "rpc_wire.h"
#include "witness.h"

#define PIECE 1000u

/* ---- marks */

static weft_endpoint target; /* the first that opens */
static uint32_t nsent;       /* atomic, one writer */

static void
push_opened(struct weft_call *call, weft_endpoint who)
{
	(void)call;
	if (target.id == 0)
		target = who;
}

/* As much as goes to the target: answers how many messages that were. */
static void
push_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	uint8_t piece[PIECE];
	char text[16];
	uint32_t n = 0;

	(void)msg;
	memset(piece, 0, sizeof(piece));
	for (;;) {
		memcpy(piece, &nsent, sizeof(nsent));
		if (weft_send(call, target,
			(struct weft_bytes){ piece, sizeof(piece) }) < 0)
			break;
		__atomic_store_n(&nsent, nsent + 1, __ATOMIC_RELAXED);
		n++;
	}
	(void)snprintf(text, sizeof(text), "%u", n);
	(void)weft_send(call, from, (struct weft_bytes){ text, strlen(text) });
}

static uint32_t ndrained; /* atomic */

static void
push_drained(struct weft_call *call, weft_endpoint who)
{
	(void)call;
	(void)who;
	__atomic_fetch_add(&ndrained, 1, __ATOMIC_RELAXED);
}

static const struct weft_plugin pusher = WEFT_PLUGIN_INIT(.name = "pusher",
    .scope = WEFT_SCOPE_PLUGIN, .opened = push_opened, .message = push_message,
    .drained = push_drained);

static unsigned
push(struct flow_client *client)
{
	char text[16];
	size_t len;

	flow_say(client, "push");
	len = flow_recv(client, text, sizeof(text) - 1);
	text[len] = '\0';
	return (unsigned)atoi(text);
}

START_TEST(a_sender_is_told_full_at_the_new_mark)
{
	struct flow *flow = flow_new();
	struct flow_client *slow, *client;
	uint8_t piece[PIECE];
	uint32_t i, number;
	unsigned n;

	target.id = 0;
	flow->options.outbox_high_bytes = 64u << 10;
	look_start(flow, "tcp+varint://127.0.0.1:0?sndbuf=8k", &pusher);
	slow = flow_client_new_small(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 1);
	client = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 2);
	n = push(client);
	ck_assert_uint_ge(n, 60);
	n = push(client) + push(client);
	ck_assert_uint_lt(n, 500);
	/* Of what the sockets take there is less than half. */
	flow->options.outbox_high_bytes = 2u << 20;
	change(flow);
	ck_assert_uint_ge(push(client), 1900);
	flow->options.outbox_high_bytes = 64u << 10;
	change(flow);
	ck_assert_uint_eq(push(client), 0);
	/* Nothing of it is lost. */
	n = __atomic_load_n(&nsent, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(
		    flow_recv(slow, piece, sizeof(piece)), PIECE);
		memcpy(&number, piece, sizeof(number));
		ck_assert_uint_eq(number, i);
	}
	ck_assert_uint_ge(push(client), 60);
	flow_client_free(&slow);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Although nothing of it leaves. */
START_TEST(a_sender_is_told_at_once_that_there_is_room)
{
	struct flow *flow = flow_new();
	struct flow_client *slow, *client;

	target.id = 0;
	flow->options.outbox_high_bytes = 64u << 10;
	flow->options.outbox_pause_bytes = 1;
	look_start(flow, "tcp+varint://127.0.0.1:0?sndbuf=8k", &pusher);
	slow = flow_client_new_small(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 1);
	client = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 2);
	ck_assert_uint_ge(push(client), 60);
	flow_silent(client);
	ck_assert_uint_eq(__atomic_load_n(&ndrained, __ATOMIC_RELAXED), 0);
	flow->options.outbox_high_bytes = 2u << 20;
	flow->options.outbox_pause_bytes = 1u << 20;
	change(flow);
	FLOW_WAIT(
	    __atomic_load_n(&ndrained, __ATOMIC_RELAXED) != 0, "drained()");
	ck_assert_uint_ge(push(client), 1900);
	flow_client_reset(&slow);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_longer_message_is_for_who_connects_then)
{
	struct flow *flow = flow_new();
	struct flow_client *old, *new;

	flow->options.max_message = 10;
	look_start(flow, FLOW_VARINT, &witness_echo);
	old = flow_client_new(&flow->bound[0]);
	expect_served(old, "0123456789");
	flow->options.max_message = 20;
	change(flow);
	new = flow_client_new(&flow->bound[0]);
	expect_served(new, "01234567890123456789");
	ck_assert_uint_eq(bounds_of(flow, 0).max_message, 20);
	expect_served(old, "0123456789");
	flow_say(old, "0123456789a");
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_TOOBIG);
	flow->options.max_message = 5;
	change(flow);
	expect_served(new, "who is there keeps");
	flow_client_free(&old);
	flow_client_free(&new);
	flow_end(&flow);
}
END_TEST

/* ---- requests */

static void
ask_on_reply(
    struct weft_call *call, const struct weft_reply *reply, void *user)
{
	(void)call;
	(void)reply;
	(void)user;
}

static void
ask_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	int rv = weft_request(call, from, msg, 3600000, ask_on_reply, NULL);
	const char *text = rv == WEFT_OK ? "asked" :
	    rv == WEFT_EFULL             ? "full" :
					   "?";

	(void)weft_send(call, from, (struct weft_bytes){ text, strlen(text) });
}

static const struct weft_plugin asker =
    WEFT_PLUGIN_INIT(.name = "asker", .message = ask_message);

START_TEST(more_requests_may_wait_when_that_is_said)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.max_requests = 1;
	look_start(flow, "tcp+rpc://127.0.0.1:0", &asker);
	client = flow_client_new(&flow->bound[0]);
	rpc_say(client, RPC_MESSAGE, 0, "a");
	(void)rpc_hear(client, RPC_REQUEST, "a");
	(void)rpc_hear(client, RPC_MESSAGE, "asked");
	rpc_say(client, RPC_MESSAGE, 0, "b");
	(void)rpc_hear(client, RPC_MESSAGE, "full");
	flow->options.max_requests = 2;
	change(flow);
	rpc_say(client, RPC_MESSAGE, 0, "c");
	(void)rpc_hear(client, RPC_REQUEST, "c");
	(void)rpc_hear(client, RPC_MESSAGE, "asked");
	rpc_say(client, RPC_MESSAGE, 0, "d");
	(void)rpc_hear(client, RPC_MESSAGE, "full");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("change_marks", a_sender_is_told_full_at_the_new_mark,
    a_sender_is_told_at_once_that_there_is_room,
    a_longer_message_is_for_who_connects_then,
    more_requests_may_wait_when_that_is_said)
