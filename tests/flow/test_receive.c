/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_receive.c - events for programs that own their main loop:
 * each kind, in order, in time, within the bounds.
 */
#include "flow.h"

#include <stdlib.h>

#include "flow_client.h"
#include "receiver.h"

#define MIB (1u << 20)

static void
answer(struct flow *flow, const struct weft_event *event)
{
	ck_assert_int_eq(
	    weft_node_send(flow->node, event->endpoint, event->msg), WEFT_OK);
}

/* The next event, as a program with that timeout gets it. */
static struct weft_event
fetch(struct flow *flow, int timeout_ms)
{
	struct timespec due = flow_due(FLOW_DEADLINE_MS);
	struct weft_event event;
	int rv;

	while ((rv = weft_node_receive(flow->node, timeout_ms, &event)) ==
	    -EAGAIN) {
		ck_assert_int_ne(timeout_ms, -1);
		ck_assert_msg(flow_left_ms(&due) > 0, "waited for an event");
		if (timeout_ms == 0)
			ck_assert(
			    receiver_readable(flow->node, FLOW_DEADLINE_MS));
	}
	ck_assert_int_eq(rv, WEFT_OK);
	return event;
}

static void
try_echo(int timeout_ms)
{
	struct flow *flow = flow_new();
	struct weft_event opened, event;
	struct flow_client *client;
	unsigned i;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	opened = fetch(flow, timeout_ms);
	ck_assert_int_eq(opened.kind, WEFT_EVENT_OPENED);
	for (i = 0; i < 100; i++) {
		flow_number_send(client, 10 + i, i, 1);
		event = fetch(flow, timeout_ms);
		ck_assert_int_eq(event.kind, WEFT_EVENT_MESSAGE);
		ck_assert(event.endpoint.id == opened.endpoint.id);
		answer(flow, &event);
		flow_number_recv(client, 10 + i, i, 1);
	}
	flow_client_free(&client);
	event = fetch(flow, timeout_ms);
	ck_assert_int_eq(event.kind, WEFT_EVENT_CLOSED);
	ck_assert_int_eq(event.why, WEFT_REASON_PEER);
	ck_assert_int_eq(event.code, WEFT_OK);
	ck_assert(event.endpoint.id == opened.endpoint.id);
	receiver_stop(&flow, 0);
}

START_TEST(echo_without_waiting_but_in_a_poll_of_ones_own)
{
	try_echo(0);
}
END_TEST

START_TEST(echo_waiting_for_ever)
{
	try_echo(-1);
}
END_TEST

START_TEST(echo_waiting_for_a_while)
{
	try_echo(3);
}
END_TEST

START_TEST(nothing_comes_and_the_time_passes)
{
	struct flow *flow = flow_new();
	struct weft_event event;
	struct timespec due;

	flow_begin(flow, FLOW_VARINT, NULL);
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	due = flow_due(FLOW_WINDOW_MS);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_WINDOW_MS, &event), -EAGAIN);
	ck_assert_int_eq(flow_left_ms(&due), 0);
	receiver_stop(&flow, 0);
}
END_TEST

START_TEST(the_descriptor_is_readable_until_there_is_nothing)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;
	unsigned i;

	flow_begin(flow, FLOW_VARINT, NULL);
	/* Also for who has never asked. */
	ck_assert(!receiver_readable(flow->node, 0));
	client = flow_client_new(&flow->bound[0]);
	ck_assert(receiver_readable(flow->node, FLOW_DEADLINE_MS));
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	ck_assert(!receiver_readable(flow->node, 0));
	for (i = 0; i < 50; i++) {
		flow_say(client, "a");
		flow_say(client, "b");
		flow_wait_count(
		    flow, WEFT_COUNTER_messages_in, 2 * (uint64_t)i + 2);
		ck_assert(receiver_readable(flow->node, FLOW_DEADLINE_MS));
		(void)receiver_expect(flow->node, WEFT_EVENT_MESSAGE, "a");
		/* One event for each poll is as good. */
		ck_assert(receiver_readable(flow->node, 0));
		(void)receiver_expect(flow->node, WEFT_EVENT_MESSAGE, "b");
		ck_assert(receiver_readable(flow->node, 0));
		ck_assert_int_eq(
		    weft_node_receive(flow->node, 0, &event), -EAGAIN);
		ck_assert(!receiver_readable(flow->node, 0));
	}
	flow_client_free(&client);
	receiver_stop(&flow, 1);
}
END_TEST

START_TEST(the_end_makes_the_descriptor_readable_for_good)
{
	struct flow *flow = flow_new();
	struct weft_event event;
	unsigned i;

	flow_begin(flow, FLOW_VARINT, NULL);
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	weft_node_stop(flow->node);
	for (i = 0; i < 3; i++) {
		ck_assert(receiver_readable(flow->node, FLOW_DEADLINE_MS));
		ck_assert_int_eq(
		    weft_node_receive(flow->node, -1, &event), WEFT_ESTATE);
	}
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(who_only_ended_sending_is_answered_until_closed_was_seen)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "last question");
	flow_client_finish(client);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	event =
	    receiver_expect(flow->node, WEFT_EVENT_MESSAGE, "last question");
	answer(flow, &event);
	event = receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(weft_node_send(flow->node, event.endpoint,
			     (struct weft_bytes){ "and goodbye", 11 }),
	    WEFT_OK);
	flow_hear(client, "last question");
	flow_hear(client, "and goodbye");
	/* The next call says that it was seen. */
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	ck_assert_int_eq(flow_read_end(client), 0);
	ck_assert_int_eq(weft_node_send(flow->node, event.endpoint,
			     (struct weft_bytes){ "?", 1 }),
	    WEFT_ENOENDPOINT);
	flow_client_free(&client);
	receiver_stop(&flow, 0);
}
END_TEST

START_TEST(bytes_stay_until_the_next_call)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, 10000, 7, 1);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	flow_client_reset(&client);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	/* Others come and go meanwhile, through the same blocks. */
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, 1000, 8, 500);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 50);
	ck_assert_uint_eq(flow_number_check(event.msg.data, event.msg.len), 7);
	event = receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(event.why, WEFT_REASON_RESET);
	flow_client_free(&client);
	receiver_stop(&flow, 1);
}
END_TEST

START_TEST(what_is_not_fetched_is_not_read)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;
	uint64_t sent, in;
	uint32_t whole, all, i;
	size_t heap;

	flow->options.mailbox_high_messages = 100;
	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	heap = flow_heap();
	sent = flow_number_fill(client, 1000, 64 * MIB);
	ck_assert_uint_lt(flow_heap(), heap + 16 * MIB);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_read_pauses), 1);
	in = flow_count(flow, WEFT_COUNTER_messages_in);
	whole = (uint32_t)(sent / (1000 + 2));
	ck_assert_uint_le(in, 100);
	ck_assert_uint_gt(whole, in);

	/* Now all arrive, in order. */
	for (i = 0, all = whole; i < all; i++) {
		event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
		ck_assert_uint_eq(
		    flow_number_check(event.msg.data, event.msg.len), i);
		if (i == whole / 2)
			all = flow_number_rest(client, 1000, sent);
	}
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	flow_client_free(&client);
	receiver_stop(&flow, 1);
}
END_TEST

#define NFAIR 1000u /* messages of who has much to say */

START_TEST(who_says_much_waits_for_who_says_little)
{
	struct flow *flow = flow_new();
	struct flow_client *much, *little;
	struct weft_event event;
	uint64_t first;
	unsigned before;

	flow_begin(flow, FLOW_VARINT, NULL);
	much = flow_client_new(&flow->bound[0]);
	first =
	    receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL).endpoint.id;
	flow_number_send(much, 20, 0, NFAIR);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, NFAIR);
	little = flow_client_new(&flow->bound[0]);
	flow_say(little, "me too");
	flow_wait_count(flow, WEFT_COUNTER_messages_in, NFAIR + 1);
	for (before = 0;; before += event.kind == WEFT_EVENT_MESSAGE) {
		event = receiver_next(flow->node);
		if (event.kind == WEFT_EVENT_MESSAGE &&
		    event.endpoint.id != first)
			break;
		ck_assert_uint_lt(before, NFAIR);
	}
	ck_assert_uint_le(before, 128);
	for (; before < NFAIR; before++) {
		event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
		ck_assert_uint_eq(
		    flow_number_check(event.msg.data, event.msg.len), before);
	}
	flow_client_free(&much);
	flow_client_free(&little);
	receiver_stop(&flow, 2);
}
END_TEST

#define NMANY 20u
#define NEACH 300u

START_TEST(many_endpoints_each_in_order)
{
	struct flow_client *clients[NMANY];
	uint32_t next[NMANY] = { 0 };
	struct flow *flow = flow_new();
	uint64_t ids[NMANY];
	struct weft_event event;
	unsigned i, n;

	flow_add(flow, "tcp+varint://[::1]:0", NULL);
	flow_begin(flow, FLOW_VARINT, NULL);
	for (i = 0; i < NMANY; i++) {
		clients[i] = flow_client_new(&flow->bound[i % 2]);
		event = receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
		ids[i] = event.endpoint.id;
	}
	for (i = 0; i < NMANY; i++)
		flow_number_send(clients[i], 50, 0, NEACH);
	for (n = 0; n < NMANY * NEACH; n++) {
		event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
		for (i = 0; ids[i] != event.endpoint.id; i++)
			ck_assert_uint_lt(i, NMANY - 1);
		ck_assert_uint_eq(
		    flow_number_check(event.msg.data, event.msg.len),
		    next[i]++);
	}
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_messages_run), NMANY * NEACH);
	for (i = 0; i < NMANY; i++)
		flow_client_free(&clients[i]);
	receiver_stop(&flow, NMANY);
}
END_TEST

START_TEST(messages_of_who_we_have_closed_are_dropped)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, 20, 0, 10);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 10);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	answer(flow, &event);
	ck_assert_int_eq(weft_node_close(flow->node, event.endpoint), WEFT_OK);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	event = receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(event.why, WEFT_REASON_LOCAL);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_run), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_dropped), 9);
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	flow_number_recv(client, 20, 0, 1);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	receiver_stop(&flow, 0);
}
END_TEST

START_TEST(a_plugin_and_a_receiver_share_a_node)
{
	struct flow *flow = flow_new();
	struct flow_client *served, *pulled;
	struct weft_event event;
	unsigned i;

	flow_add(flow, FLOW_VARINT, &flow_echo);
	flow_begin(flow, FLOW_VARINT, NULL);
	pulled = flow_client_new(&flow->bound[1]);
	served = flow_client_new(&flow->bound[0]);
	flow_say(pulled, "for the program");
	/* Nobody asks, and the plugin goes on. */
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 1);
	for (i = 0; i < 100; i++) {
		flow_number_send(served, 30, i, 1);
		flow_number_recv(served, 30, i, 1);
	}
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	event =
	    receiver_expect(flow->node, WEFT_EVENT_MESSAGE, "for the program");
	answer(flow, &event);
	flow_hear(pulled, "for the program");
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	flow_client_free(&served);
	flow_client_free(&pulled);
	/* The plugin's is none of ours. */
	receiver_stop(&flow, 1);
}
END_TEST

FLOW_MAIN("receive", echo_without_waiting_but_in_a_poll_of_ones_own,
    echo_waiting_for_ever, echo_waiting_for_a_while,
    nothing_comes_and_the_time_passes,
    the_descriptor_is_readable_until_there_is_nothing,
    the_end_makes_the_descriptor_readable_for_good,
    who_only_ended_sending_is_answered_until_closed_was_seen,
    bytes_stay_until_the_next_call, what_is_not_fetched_is_not_read,
    who_says_much_waits_for_who_says_little, many_endpoints_each_in_order,
    messages_of_who_we_have_closed_are_dropped,
    a_plugin_and_a_receiver_share_a_node)
