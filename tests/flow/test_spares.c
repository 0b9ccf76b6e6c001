/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_spares.c - while handlers hold up all workers, others come
 * and serve the rest; and a handler that does not return is told of.
 *
 * Who says "hold" blocks its worker until the test lets it go.
 */
#include "flow.h"

#include <errno.h>
#include <string.h>

#include "flow_client.h"

#define MANY 6

static unsigned nheld, nfreed; /* under flow_lock() */

static void
hold(void)
{
	unsigned turn;

	flow_lock();
	turn = ++nheld;
	flow_notify();
	flow_unlock();
	FLOW_HOLD(nfreed >= turn);
}

static void
spare_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 4 && memcmp(msg.data, "hold", 4) == 0)
		hold();
	(void)weft_send(call, from, msg);
}

static void
spare_signal(struct weft_call *call, const struct weft_signal *signal)
{
	(void)call;
	(void)signal;
	hold();
}

static const struct weft_plugin spare_plugin =
    WEFT_PLUGIN_INIT(.name = "spare", .message = spare_message,
	.signal = spare_signal);

static void
wait_workers(struct flow *flow, uint64_t n)
{
	FLOW_WAIT(weft_node_counter(flow->node, WEFT_COUNTER_workers_now) == n,
	    "spares to come or to leave");
}

static struct flow *
spare_start(uint32_t max_workers)
{
	struct flow *flow = flow_new();

	flow->options.max_workers = max_workers;
	flow->options.spare_ms = 50;
	flow_start(flow, FLOW_VARINT, &spare_plugin);
	wait_workers(flow, 2);
	return flow;
}

static void
free_all(void)
{
	flow_lock();
	nfreed = nheld;
	flow_notify();
	flow_unlock();
}

/* n clients hold a worker each. */
static void
block(struct flow *flow, struct flow_client **clients, unsigned n)
{
	unsigned i, before = nheld;

	for (i = 0; i < n; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		flow_say(clients[i], "hold");
		FLOW_WAIT(nheld == before + i + 1, "a handler to be held");
	}
}

static void
unblock(struct flow_client **clients, unsigned n)
{
	unsigned i;

	free_all();
	for (i = 0; i < n; i++) {
		flow_hear(clients[i], "hold");
		flow_client_free(&clients[i]);
	}
}

START_TEST(others_are_served_while_all_workers_are_held)
{
	struct flow *flow = spare_start(0);
	struct flow_client *blocked[MANY], *other;

	block(flow, blocked, MANY);
	other = flow_client_new(&flow->bound[0]);
	flow_number_send(other, 100, 0, 500);
	flow_number_recv(other, 100, 0, 500);
	/* As many as are held, and one that was free at least: by now it may
	 * have left. */
	ck_assert_uint_ge(
	    flow_count(flow, WEFT_COUNTER_spares_started), MANY - 1);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_workers_now), MANY);
	unblock(blocked, MANY);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

START_TEST(no_more_than_max_workers_come)
{
	struct flow *flow = spare_start(4);
	struct flow_client *blocked[4], *other;

	block(flow, blocked, 4);
	other = flow_client_new(&flow->bound[0]);
	flow_say(other, "anybody?");
	flow_silent(other);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_workers_now), 4);
	unblock(blocked, 4);
	flow_hear(other, "anybody?");
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

START_TEST(threads_are_as_many_as_before_when_handlers_return)
{
	struct flow *flow = spare_start(0);
	struct flow_client *blocked[MANY];
	unsigned round, before = flow_threads();

	for (round = 1; round <= 3; round++) {
		block(flow, blocked, MANY);
		ck_assert_uint_ge(flow_threads(), before + MANY - 2);
		unblock(blocked, MANY);
		wait_workers(flow, 2);
		/* Or fewer: one of the start may have been about to end. */
		FLOW_WAIT(flow_threads() <= before, "threads to end");
		ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_spares_parked),
		    round * (MANY - 2));
	}
	ck_assert_uint_ge(
	    flow_count(flow, WEFT_COUNTER_spares_started), 3 * (MANY - 2));
	flow_end(&flow);
}
END_TEST

START_TEST(a_parked_spare_is_woken_and_not_another_started)
{
	struct flow *flow = flow_new();
	struct flow_client *blocked[3];
	unsigned round;

	flow->options.max_workers = 3;
	flow->options.spare_ms = 86400000;
	flow_start(flow, FLOW_VARINT, &spare_plugin);
	for (round = 1; round <= 20; round++) {
		block(flow, blocked, 3);
		unblock(blocked, 3);
		flow_wait_count(flow, WEFT_COUNTER_spares_parked, round);
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_spares_started), 1);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_spares_woken), 19);
	flow_end(&flow);
}
END_TEST

START_TEST(a_signal_is_told_while_all_workers_are_held)
{
	const struct weft_signal signal = { .kind = 1 };
	struct flow *flow = spare_start(0);
	struct flow_client *blocked[2];
	weft_strand strand;

	block(flow, blocked, 2);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "spare", "told", NULL, &strand),
	    WEFT_OK);
	ck_assert_int_eq(weft_signal(strand, &signal), WEFT_OK);
	FLOW_WAIT(nheld == 3, "the signal to be told");
	ck_assert_int_eq(
	    weft_signal_after(strand, 20, &signal, NULL), WEFT_OK);
	weft_strand_release(strand);
	unblock(blocked, 2);
	FLOW_WAIT(nheld == 4, "the timer to be told");
	free_all();
	flow_end(&flow);
}
END_TEST

START_TEST(stop_waits_for_spares_that_are_held)
{
	struct flow *flow = spare_start(0);
	struct flow_client *blocked[MANY];
	unsigned i;

	block(flow, blocked, MANY);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPING");
	unblock(blocked, MANY);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	for (i = 0; i < MANY; i++)
		ck_assert_ptr_null(blocked[i]);
	flow_free(&flow);
}
END_TEST

START_TEST(a_handler_that_does_not_return_is_told_of_once)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	const struct flow_line *line;

	flow->options.stuck_after_ms = 30;
	flow_start(flow, FLOW_VARINT, &spare_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hold");
	line = flow_wait_log(flow, "WORK-STUCK");
	ck_assert_int_eq(line->level, WEFT_LOG_ERROR);
	ck_assert_ptr_nonnull(strstr(
	    line->text, "expected message() of spare to return within 30 ms"));
	ck_assert_ptr_nonnull(strstr(line->text, "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(line->text, ", 4 bytes"));
	/* Or that the thread did not get to say it within 20 ms. */
	line = flow_wait_log(flow, "WORK-STACK");
	ck_assert(strstr(line->text, "test_spares") != NULL ||
	    strstr(line->text, weft_strerror(-ETIMEDOUT)) != NULL);
	flow_silent(client);
	ck_assert_uint_eq(flow_logged(flow, "WORK-STUCK"), 1);
	ck_assert_uint_eq(flow_logged(flow, "WORK-STACK"), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_handlers_stuck), 1);
	free_all();
	flow_hear(client, "hold");
	flow_say(client, "hold");
	FLOW_WAIT(nheld == 2, "the handler to be held again");
	flow_wait_count(flow, WEFT_COUNTER_handlers_stuck, 2);
	free_all();
	flow_hear(client, "hold");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(each_of_many_stuck_handlers_is_told_of)
{
	struct flow *flow = flow_new();
	struct flow_client *blocked[MANY];

	flow->options.stuck_after_ms = 20;
	flow_start(flow, FLOW_VARINT, &spare_plugin);
	block(flow, blocked, MANY);
	flow_wait_count(flow, WEFT_COUNTER_handlers_stuck, MANY);
	ck_assert_uint_eq(flow_logged(flow, "WORK-STUCK"), MANY);
	unblock(blocked, MANY);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("spares", others_are_served_while_all_workers_are_held,
    no_more_than_max_workers_come,
    threads_are_as_many_as_before_when_handlers_return,
    a_parked_spare_is_woken_and_not_another_started,
    a_signal_is_told_while_all_workers_are_held,
    stop_waits_for_spares_that_are_held,
    a_handler_that_does_not_return_is_told_of_once,
    each_of_many_stuck_handlers_is_told_of)
