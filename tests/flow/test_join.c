/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_join.c - the end of a node whose events are received: stop
 * and join in each state, with a receiver and without.
 */
#include "flow.h"

#include "flow_client.h"
#include "receiver.h"

#define NWAITING 10u /* messages that nobody fetches */

/* A client whose messages wait for a receiver. */
static struct flow_client *
waiting_client(struct flow *flow)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_number_send(client, 20, 0, NWAITING);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, NWAITING);
	return client;
}

START_TEST(join_drops_what_was_never_received)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = waiting_client(flow);
	weft_node_stop(flow->node);
	flow_finish(flow);
	ck_assert_int_eq(flow_read_end(client), 0);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_messages_run], 0);
	ck_assert_uint_eq(
	    flow->counters[WEFT_COUNTER_messages_dropped], NWAITING);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_endpoints_now], 0);
	ck_assert_uint_eq(flow_logged(flow, "IO-DRAIN-LATE"), 0);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

START_TEST(join_drops_the_rest)
{
	struct flow *flow = flow_new();
	struct flow_client *client, *other;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = waiting_client(flow);
	other = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 2);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	(void)receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	(void)receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	weft_node_stop(flow->node);
	flow_finish(flow);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_messages_run], 2);
	ck_assert_uint_eq(
	    flow->counters[WEFT_COUNTER_messages_dropped], NWAITING - 2);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_endpoints_now], 0);
	flow_client_free(&client);
	flow_client_free(&other);
	flow_free(&flow);
}
END_TEST

START_TEST(join_after_closed_was_handed_out_but_not_gone_on)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	flow_client_free(&client);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	(void)receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	weft_node_stop(flow->node);
	flow_finish(flow);
	ck_assert_uint_eq(flow_logged(flow, "IO-DRAIN-LATE"), 0);
	flow_free(&flow);
}
END_TEST

START_TEST(what_was_read_can_be_fetched_while_the_node_stops)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;
	unsigned i;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = waiting_client(flow);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPING");
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	for (i = 0; i < NWAITING; i++) {
		event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
		ck_assert_uint_eq(
		    flow_number_check(event.msg.data, event.msg.len), i);
		ck_assert_int_eq(
		    weft_node_send(flow->node, event.endpoint, event.msg),
		    WEFT_OK);
	}
	event = receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(event.why, WEFT_REASON_STOPPING);
	ck_assert_uint_eq(receiver_rest(flow->node), 0);
	flow_number_recv(client, 20, 0, NWAITING);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(a_second_stop_leaves_only_closed_to_fetch)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = waiting_client(flow);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	weft_node_stop(flow->node);
	weft_node_stop(flow->node);
	(void)flow_read_end(client);
	event = receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(event.why, WEFT_REASON_STOPPING);
	ck_assert_uint_eq(receiver_rest(flow->node), 0);
	flow_finish(flow);
	ck_assert_uint_eq(
	    flow->counters[WEFT_COUNTER_messages_dropped], NWAITING);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

/* Fetches all there is, waiting for ever. */
static unsigned fetched[4]; /* by kind; under flow_lock() */
static bool fetched_all;

static void *
fetch_all(void *arg)
{
	struct weft_event event;
	int rv;

	while ((rv = weft_node_receive(arg, -1, &event)) == WEFT_OK) {
		flow_lock();
		fetched[event.kind]++;
		flow_notify();
		flow_unlock();
	}
	flow_lock();
	fetched_all = rv == WEFT_ESTATE;
	flow_notify();
	flow_unlock();
	return NULL;
}

START_TEST(a_stop_ends_a_receiver_that_waits)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	pthread_t thread;

	flow_begin(flow, FLOW_VARINT, NULL);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, fetch_all, flow->node), 0);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hello");
	FLOW_WAIT(fetched[WEFT_EVENT_MESSAGE] == 1, "the message");
	weft_node_stop(flow->node);
	FLOW_WAIT(fetched_all, "the receiver to be told of the end");
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(fetched[WEFT_EVENT_OPENED], 1);
	ck_assert_uint_eq(fetched[WEFT_EVENT_CLOSED], 1);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(a_stop_ends_a_receiver_that_never_had_anything)
{
	struct flow *flow = flow_new();
	struct weft_event event;
	pthread_t thread;

	flow_begin(flow, FLOW_VARINT, NULL);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, fetch_all, flow->node), 0);
	FLOW_WAIT(fetched_all ||
		weft_node_receive(flow->node, 0, &event) == WEFT_ESTATE,
	    "the receiver to wait");
	weft_node_stop(flow->node);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

static void *
stop_when_messages_came(void *arg)
{
	struct flow *flow = arg;

	flow_wait_count(flow, WEFT_COUNTER_messages_dropped, NWAITING);
	weft_node_stop(flow->node);
	return NULL;
}

START_TEST(join_before_the_stop_drops_what_comes)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	pthread_t thread;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = waiting_client(flow);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, stop_when_messages_came, flow), 0);
	flow_finish(flow);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_messages_run], 0);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

/* Nobody fetches and nobody joins: the node gives up waiting for it. */
START_TEST(a_stop_without_a_receiver_ends_after_its_deadline)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event held, event;

	flow->options.drain_ms = 50;
	flow_begin(flow, FLOW_VARINT, NULL);
	client = waiting_client(flow);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	held = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPED");
	ck_assert_uint_eq(flow_logged(flow, "IO-DRAIN-LATE"), 1);
	ck_assert_uint_eq(flow_logged(flow, "WORK-STUCK"), 0);
	/* We may still look at it. */
	ck_assert_uint_eq(flow_number_check(held.msg.data, held.msg.len), 0);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, -1, &event), WEFT_ESTATE);
	flow_finish(flow);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_messages_run], 1);
	ck_assert_uint_eq(
	    flow->counters[WEFT_COUNTER_messages_dropped], NWAITING - 1);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

/* The same in a node that another thread runs, which nobody will join. */
START_TEST(a_run_without_a_receiver_ends_after_its_deadline)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.drain_ms = 50;
	flow_start(flow, FLOW_VARINT, NULL);
	client = waiting_client(flow);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	(void)receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	flow_end(&flow);
	flow_client_free(&client);
}
END_TEST

FLOW_MAIN("join", join_drops_what_was_never_received, join_drops_the_rest,
    join_after_closed_was_handed_out_but_not_gone_on,
    what_was_read_can_be_fetched_while_the_node_stops,
    a_second_stop_leaves_only_closed_to_fetch,
    a_stop_ends_a_receiver_that_waits,
    a_stop_ends_a_receiver_that_never_had_anything,
    join_before_the_stop_drops_what_comes,
    a_stop_without_a_receiver_ends_after_its_deadline,
    a_run_without_a_receiver_ends_after_its_deadline)
