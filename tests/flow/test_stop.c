/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_stop.c - the orderly stop: what was read is served, what was
 * sent leaves, closed() is said, threads and descriptors are given back; and
 * what happens when somebody does not play along.
 *
 * The plugin holds the one who says "hold" until the test opens the gate.
 */
#include "flow.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_client.h"

static bool gate_open; /* all under flow_lock() */
static unsigned nheld, nrun, nclosed;
static enum weft_reason last_why;

static void
stop_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	bool hold = msg.len == 4 && memcmp(msg.data, "hold", 4) == 0;

	flow_lock();
	nrun++;
	nheld += hold;
	flow_notify();
	flow_unlock();
	if (hold)
		FLOW_HOLD(gate_open);
	if (msg.len == 4 && memcmp(msg.data, "stop", 4) == 0)
		weft_node_stop(weft_call_node(call));
	(void)weft_send(call, from, msg);
}

static void
stop_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	nclosed++;
	last_why = why;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin stop_plugin = WEFT_PLUGIN_INIT(.name = "stop",
    .message = stop_message, .closed = stop_closed);

static void
open_gate(void)
{
	flow_lock();
	gate_open = true;
	flow_notify();
	flow_unlock();
}

/* Ended by itself or by a stop of the test's, and well. */
static void
expect_stopped(struct flow **flowp)
{
	struct flow *flow = *flowp;

	flow_join(flow);
	ck_assert_msg(flow->rv == WEFT_OK, "weft_node_run answered %s: %s",
	    weft_errname(flow->rv), flow->err.text);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_endpoints_now], 0);
	flow_free(flowp);
}

/* A client whose first of ten messages is being handled, the rest read. */
static struct flow_client *
hold_client(struct flow *flow)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_say(client, "hold");
	FLOW_WAIT(nheld == 1, "the handler to be held");
	flow_number_send(client, 20, 1, 9);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 10);
	return client;
}

START_TEST(what_was_read_is_served_and_its_replies_arrive)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = hold_client(flow);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPING");
	open_gate();
	flow_hear(client, "hold");
	flow_number_recv(client, 20, 1, 9);
	ck_assert_int_eq(flow_read_end(client), 0);
	expect_stopped(&flow);
	ck_assert_uint_eq(nrun, 10);
	ck_assert_uint_eq(nclosed, 1);
	ck_assert_int_eq(last_why, WEFT_REASON_STOPPING);
	flow_client_free(&client);
}
END_TEST

START_TEST(replies_arrive_though_the_client_goes_on_sending)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = hold_client(flow);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPING");
	/* Nobody will read this: it must not cost the replies. */
	flow_number_send(client, 20, 10, 1);
	open_gate();
	flow_hear(client, "hold");
	flow_number_recv(client, 20, 1, 9);
	ck_assert_int_eq(flow_read_end(client), 0);
	expect_stopped(&flow);
	ck_assert_uint_eq(nrun, 10);
	flow_client_free(&client);
}
END_TEST

START_TEST(nobody_can_connect_once_the_node_stops)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_bound bound;

	flow_start(flow, FLOW_VARINT, &stop_plugin);
	bound = flow->bound[0];
	client = hold_client(flow);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPING");
	/* The line is said before the listeners close; the client's half is
	 * shut after them, but its replies are still held. */
	FLOW_WAIT(flow_refused(&bound), "the listener to be closed");
	open_gate();
	expect_stopped(&flow);
	flow_client_free(&client);
}
END_TEST

START_TEST(a_second_stop_drops_what_is_left)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint64_t dropped;

	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = hold_client(flow);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPING");
	weft_node_stop(flow->node);
	/* The socket goes at once, though the handler has not returned. */
	(void)flow_read_end(client);
	open_gate();
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	dropped = flow->counters[WEFT_COUNTER_messages_dropped];
	flow_free(&flow);
	ck_assert_uint_eq(nrun, 1);
	ck_assert_uint_eq(dropped, 9);
	ck_assert_uint_eq(nclosed, 1);
	ck_assert_int_eq(last_why, WEFT_REASON_STOPPING);
	flow_client_free(&client);
}
END_TEST

START_TEST(a_reader_that_never_reads_holds_a_stop_up_to_the_deadline)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.drain_ms = 200;
	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = flow_client_new(&flow->bound[0]);
	(void)flow_number_fill(client, 1000, 64u << 20);
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	ck_assert_uint_eq(flow_logged(flow, "IO-DRAIN-LATE"), 1);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_endpoints_now], 0);
	ck_assert_uint_ge(flow->counters[WEFT_COUNTER_sends_gone], 1);
	flow_free(&flow);
	ck_assert_uint_eq(nclosed, 1);
	flow_client_free(&client);
}
END_TEST

START_TEST(a_handler_that_does_not_return_is_stuck)
{
	/* Kept: the node cannot be freed. */
	static struct flow *flow;
	struct flow_client *client;

	flow = flow_new();
	flow->options.drain_ms = 100;
	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = hold_client(flow);
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_ESTUCK);
	ck_assert_int_eq(flow->err.code, WEFT_ESTUCK);
	ck_assert_ptr_nonnull(strstr(flow->err.text, "handler"));
	ck_assert_uint_eq(flow_logged(flow, "WORK-STUCK"), 1);
	ck_assert_int_eq(weft_node_free(&flow->node), WEFT_ESTATE);
	ck_assert_ptr_nonnull(flow->node);
	ck_assert_uint_eq(nrun, 1);
	flow_client_free(&client);
}
END_TEST

START_TEST(a_stop_before_the_run_is_not_forgotten)
{
	struct weft_bound bound;
	struct weft_error err;
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &flow_echo, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "echo", &bound, &err),
	    WEFT_OK);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_run(node, &err), WEFT_OK);
	ck_assert(flow_refused(&bound));
	/* It runs once. */
	ck_assert_int_eq(weft_node_run(node, &err), WEFT_ESTATE);
	ck_assert_int_eq(err.code, WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "has not run yet"));
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_ptr_null(node);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(two_stops_before_the_run_are_one_more_reason_to_stop)
{
	struct weft_error err;
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	weft_node_stop(node);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_run(node, &err), WEFT_OK);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_node_that_never_runs_can_be_freed)
{
	struct weft_bound bound;
	struct weft_error err;
	struct weft_node *node;
	unsigned before;

	/* The first node of a process opens what libuv keeps for good. */
	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	before = flow_descriptors();
	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &flow_echo, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "echo", &bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert(flow_refused(&bound));
	ck_assert_uint_eq(flow_descriptors(), before);
}
END_TEST

START_TEST(a_node_that_has_stopped_takes_nothing)
{
	const struct weft_bytes msg = { "late", 4 };
	struct flow *flow = flow_new();
	struct weft_event event;
	struct flow_client *client;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	weft_node_stop(flow->node);
	ck_assert_int_eq(weft_node_join(flow->node, NULL), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_send(flow->node, event.endpoint, msg), WEFT_ENOENDPOINT);
	ck_assert_int_eq(weft_node_subscribe(flow->node, event.endpoint, "a"),
	    WEFT_ENOENDPOINT);
	ck_assert_int_eq(weft_node_publish(flow->node, "a", msg), WEFT_ESTATE);
	ck_assert_int_eq(
	    weft_node_publish_keyed(flow->node, "a", 1, msg), WEFT_ESTATE);
	ck_assert_int_eq(
	    weft_node_topic_slow(flow->node, "a",
		&(struct weft_slow_reader){ .policy = WEFT_SLOW_CLOSE }),
	    WEFT_ESTATE);
	ck_assert_int_eq(weft_node_free(&flow->node), WEFT_OK);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

START_TEST(descriptors_and_threads_are_given_back)
{
	struct flow_client *clients[20];
	unsigned fds, threads, i, round;
	struct flow *flow;

	/* The first node of a process opens what libuv keeps for good. */
	flow = flow_new();
	flow_start(flow, FLOW_VARINT, &stop_plugin);
	flow_end(&flow);
	fds = flow_descriptors();
	threads = flow_threads();
	for (round = 0; round < 5; round++) {
		flow = flow_new();
		flow->options.workers = 5;
		flow_add(flow, "tcp://[::1]:0", &stop_plugin);
		flow_start(flow, FLOW_VARINT, &stop_plugin);
		for (i = 0; i < 20; i++) {
			clients[i] = flow_client_new(&flow->bound[i % 2]);
			flow_say(clients[i], "hello");
			flow_hear(clients[i], "hello");
		}
		ck_assert_uint_eq(flow_threads(), threads + 1 + 5);
		flow_end(&flow);
		for (i = 0; i < 20; i++)
			flow_client_free(&clients[i]);
		ck_assert_uint_eq(flow_descriptors(), fds);
		/* A thread that was joined may be listed a moment longer. */
		FLOW_WAIT(flow_threads() == threads, "its threads to be gone");
	}
}
END_TEST

START_TEST(a_handler_stops_the_node)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "stop");
	flow_hear(client, "stop");
	ck_assert_int_eq(flow_read_end(client), 0);
	expect_stopped(&flow);
	flow_client_free(&client);
}
END_TEST

/* The test's own process gets the signal: Check has forked it. */
static void
try_signal(int signum)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.signals = 1;
	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = hold_client(flow);
	ck_assert_int_eq(kill(getpid(), signum), 0);
	(void)flow_wait_log(flow, "IO-STOPPING");
	open_gate();
	flow_hear(client, "hold");
	flow_number_recv(client, 20, 1, 9);
	ck_assert_int_eq(flow_read_end(client), 0);
	expect_stopped(&flow);
	flow_client_free(&client);
}

START_TEST(sigterm_stops_in_order)
{
	try_signal(SIGTERM);
}
END_TEST

START_TEST(sigint_stops_in_order)
{
	try_signal(SIGINT);
}
END_TEST

START_TEST(a_signal_before_the_run_is_not_forgotten)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_bound bound;
	struct weft_error err;
	struct weft_node *node;

	options.signals = 1;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &flow_echo, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "echo", &bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	ck_assert_int_eq(weft_node_run(node, &err), WEFT_OK);
	ck_assert(flow_refused(&bound));
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_second_signal_stops_at_once)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.signals = 1;
	flow_start(flow, FLOW_VARINT, &stop_plugin);
	client = hold_client(flow);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	(void)flow_wait_log(flow, "IO-STOPPING");
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	(void)flow_read_end(client);
	open_gate();
	expect_stopped(&flow);
	ck_assert_uint_eq(nrun, 1);
	flow_client_free(&client);
}
END_TEST

FLOW_MAIN("stop", what_was_read_is_served_and_its_replies_arrive,
    replies_arrive_though_the_client_goes_on_sending,
    nobody_can_connect_once_the_node_stops, a_second_stop_drops_what_is_left,
    a_reader_that_never_reads_holds_a_stop_up_to_the_deadline,
    a_handler_that_does_not_return_is_stuck,
    a_stop_before_the_run_is_not_forgotten,
    two_stops_before_the_run_are_one_more_reason_to_stop,
    a_node_that_never_runs_can_be_freed, a_node_that_has_stopped_takes_nothing,
    descriptors_and_threads_are_given_back, a_handler_stops_the_node,
    sigterm_stops_in_order, sigint_stops_in_order,
    a_signal_before_the_run_is_not_forgotten, a_second_signal_stops_at_once)
