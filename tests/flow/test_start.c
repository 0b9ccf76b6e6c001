/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_start.c - a node in a thread of its own: it starts once,
 * several do at once, what goes wrong at the start, and which threads may do
 * what.
 */
#include "flow.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "flow_client.h"
#include "receiver.h"

START_TEST(a_started_node_serves_until_it_is_stopped)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_begin(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hello");
	flow_hear(client, "hello");
	weft_node_stop(flow->node);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_finish(flow);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_messages_run], 1);
	ck_assert_uint_eq(flow_logged(flow, "IO-STOPPED"), 1);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

START_TEST(a_node_starts_once_and_is_joined_once)
{
	struct weft_error err;
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "was started"));
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "has not run yet"));
	ck_assert_int_eq(weft_node_run(node, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "has not run yet"));
	ck_assert_int_eq(weft_node_free(&node), WEFT_ESTATE);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_ESTATE);
	/* It has run, also for a second start. */
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "has not run yet"));
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_stop_before_the_start_is_not_forgotten)
{
	struct weft_event event;
	struct weft_error err;
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_receive(node, -1, &event), WEFT_ESTATE);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* Threads cannot have a stack of this size. */
static void
set_stack(size_t size)
{
	pthread_attr_t attr;

	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, size), 0);
	ck_assert_int_eq(pthread_setattr_default_np(&attr), 0);
	ck_assert_int_eq(pthread_attr_destroy(&attr), 0);
}

START_TEST(without_a_thread_it_can_be_started_later)
{
	struct weft_error err;
	struct weft_node *node;
	unsigned threads;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	threads = flow_threads();
	set_stack((size_t)1 << 46);
	ck_assert_int_eq(weft_node_start(node, &err), -EAGAIN);
	ck_assert_int_eq(err.code, -EAGAIN);
	ck_assert_ptr_nonnull(strstr(err.text, "its thread"));
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_ESTATE);
	ck_assert_uint_eq(flow_threads(), threads);
	set_stack((size_t)8 << 20);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* The I/O thread stands, but not all workers: the start says so itself.  A
 * sanitizer needs more address space than the limit leaves. */
START_TEST(without_workers_the_start_fails_and_leaves_nothing)
{
#ifndef FLOW_SANITIZED
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct rlimit limit = { (rlim_t)2 << 30, (rlim_t)2 << 30 };
	struct weft_event event;
	struct weft_error err;
	struct weft_node *node;
	unsigned threads;

	options.workers = 1024;
	options.max_endpoints = 100;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	threads = flow_threads();
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_int_eq(weft_node_start(node, &err), -EAGAIN);
	ck_assert_ptr_nonnull(strstr(err.text, "1024 worker threads"));
	ck_assert_int_eq(weft_node_receive(node, -1, &event), WEFT_ESTATE);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_ESTATE);
	FLOW_WAIT(flow_threads() == threads, "its threads to be gone");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
#endif
}
END_TEST

/* Asks until it may; then it waits for one event. */
static struct weft_event second_event; /* under flow_lock() */
static bool second_has;

static void *
second_receiver(void *arg)
{
	struct weft_event event;
	int rv;

	do
		rv = weft_node_receive(arg, -1, &event);
	while (rv == WEFT_ESTATE);
	ck_assert_int_eq(rv, WEFT_OK);
	flow_lock();
	second_event = event;
	second_has = true;
	flow_notify();
	flow_unlock();
	return NULL;
}

START_TEST(two_threads_cannot_ask_at_once)
{
	struct flow *flow = flow_new();
	struct weft_event event;
	struct flow_client *client;
	struct weft_error err;
	pthread_t thread;

	flow_begin(flow, FLOW_VARINT, NULL);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, second_receiver, flow->node), 0);
	FLOW_WAIT(weft_node_receive(flow->node, 0, &event) == WEFT_ESTATE,
	    "the other thread to be in weft_node_receive()");
	ck_assert_int_eq(
	    weft_node_receive(flow->node, -1, &event), WEFT_ESTATE);
	ck_assert_int_eq(weft_node_join(flow->node, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "weft_node_receive"));
	/* That did the other no harm. */
	client = flow_client_new(&flow->bound[0]);
	FLOW_WAIT(second_has, "the other thread to have the event");
	ck_assert_int_eq(second_event.kind, WEFT_EVENT_OPENED);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	flow_say(client, "one after the other is fine");
	(void)receiver_expect(
	    flow->node, WEFT_EVENT_MESSAGE, "one after the other is fine");
	flow_client_free(&client);
	receiver_stop(&flow, 1);
}
END_TEST

/* Under flow_lock(): what the node's own threads are told. */
static int asked_handler = 1, joined_handler = 1, asked_io = 1, joined_io = 1;
static struct weft_node *asked_node;

static void
ask_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_event event;
	int asked = weft_node_receive(weft_call_node(call), -1, &event);
	int joined = weft_node_join(weft_call_node(call), NULL);

	flow_lock();
	asked_handler = asked;
	joined_handler = joined;
	flow_unlock();
	(void)weft_send(call, from, msg);
}

static const struct weft_plugin ask_plugin =
    WEFT_PLUGIN_INIT(.name = "ask", .message = ask_message);

/* IO-STOPPING is said by the I/O thread. */
static void
ask_on_line(
    void *arg, enum weft_log_level level, const char *id, const char *text)
{
	struct weft_event event;

	(void)arg;
	(void)level;
	(void)text;
	if (strcmp(id, "IO-STOPPING") != 0)
		return;
	flow_lock();
	asked_io = weft_node_receive(asked_node, -1, &event);
	joined_io = weft_node_join(asked_node, NULL);
	flow_unlock();
}

START_TEST(the_nodes_own_threads_cannot_ask)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.log = ask_on_line;
	flow_begin(flow, FLOW_VARINT, &ask_plugin);
	asked_node = flow->node;
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "?");
	flow_hear(client, "?");
	flow_lock();
	ck_assert_int_eq(asked_handler, WEFT_ESTATE);
	ck_assert_int_eq(joined_handler, WEFT_ESTATE);
	ck_assert_int_eq(asked_io, 1);
	flow_unlock();
	receiver_stop(&flow, 0);
	ck_assert_int_eq(asked_io, WEFT_ESTATE);
	ck_assert_int_eq(joined_io, WEFT_ESTATE);
	flow_client_free(&client);
}
END_TEST

START_TEST(a_node_that_another_thread_runs_can_be_received_from)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_event event;

	flow_start(flow, FLOW_VARINT, NULL);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hello");
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, "hello");
	ck_assert_int_eq(
	    weft_node_send(flow->node, event.endpoint, event.msg), WEFT_OK);
	flow_hear(client, "hello");
	flow_client_free(&client);
	(void)receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	flow_end(&flow);
}
END_TEST

START_TEST(signals_stop_a_started_node_though_the_program_blocks_them)
{
	struct flow *flow = flow_new();
	sigset_t all;

	flow->options.signals = 1;
	ck_assert_int_eq(sigfillset(&all), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &all, NULL), 0);
	flow_begin(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

#define NNODES 4u
#define NROUNDS 6u

static void
use_node(struct flow *flow, unsigned number)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	struct weft_event event;

	flow_number_send(client, 20, number, 1);
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, NULL);
	ck_assert_uint_eq(
	    flow_number_check(event.msg.data, event.msg.len), number);
	ck_assert_int_eq(
	    weft_node_send(flow->node, event.endpoint, event.msg), WEFT_OK);
	flow_number_recv(client, 20, number, 1);
	flow_client_free(&client);
	client = flow_client_new(&flow->bound[1]);
	flow_number_send(client, 20, number + 1, 1);
	flow_number_recv(client, 20, number + 1, 1);
	flow_client_free(&client);
}

START_TEST(several_nodes_at_once_give_everything_back)
{
	struct flow *flows[NNODES], *flow;
	unsigned fds, threads, i, round;

	/* The first node of a process opens what libuv keeps for good. */
	flow = flow_new();
	flow_begin(flow, FLOW_VARINT, NULL);
	receiver_stop(&flow, 0);
	fds = flow_descriptors();
	threads = flow_threads();
	for (round = 0; round < NROUNDS; round++) {
		for (i = 0; i < NNODES; i++) {
			flows[i] = flow_new();
			flow_add(flows[i], FLOW_VARINT, NULL);
			flow_begin(flows[i], FLOW_VARINT, &flow_echo);
		}
		ck_assert_uint_eq(flow_threads(), threads + 3 * NNODES);
		for (i = 0; i < NNODES; i++)
			use_node(flows[i], 10 * i);
		/* Stopped in another order, some before they are fetched. */
		for (i = 0; i < NNODES; i++)
			weft_node_stop(flows[i]->node);
		for (i = NNODES; i-- > 0;) {
			if (i % 2 == 0)
				(void)receiver_rest(flows[i]->node);
			flow_finish(flows[i]);
			flow_free(&flows[i]);
		}
		ck_assert_uint_eq(flow_descriptors(), fds);
		FLOW_WAIT(flow_threads() == threads, "its threads to be gone");
	}
}
END_TEST

FLOW_MAIN("start", a_started_node_serves_until_it_is_stopped,
    a_node_starts_once_and_is_joined_once,
    a_stop_before_the_start_is_not_forgotten,
    without_a_thread_it_can_be_started_later,
    without_workers_the_start_fails_and_leaves_nothing,
    a_node_that_another_thread_runs_can_be_received_from,
    signals_stop_a_started_node_though_the_program_blocks_them,
    several_nodes_at_once_give_everything_back, two_threads_cannot_ask_at_once,
    the_nodes_own_threads_cannot_ask)
