/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_timers.c - signals that come later, once or again and again,
 * and their end.  Many at a time: tests/stress/test_timer_stress.c.
 */
#include <errno.h>
#include <string.h>

#include "flow.h"
#include "flow_client.h"

#define HOUR_MS 3600000u
#define NTOLD 256

struct told {
	uint32_t kind;
	uint64_t at_ms;
};

/* Under flow_lock(). */
static struct told told[NTOLD];
static unsigned ntold, ndestroyed, nended, nclosed;
static bool held;
static weft_strand room;
static weft_timer repeats;
static int cancelled; /* what weft_cancel() answered in the handler */

static void
destroy(void *data)
{
	ck_assert_ptr_eq(data, &room);
	flow_lock();
	ndestroyed++;
	flow_notify();
	flow_unlock();
}

static void
on_signal(struct weft_call *call, const struct weft_signal *signal)
{
	(void)call;
	flow_lock();
	ck_assert_uint_lt(ntold, NTOLD);
	told[ntold++] = (struct told){ signal->kind, flow_now_ms() };
	if (signal->kind == 3 && ntold == 3) {
		cancelled = weft_cancel(repeats);
		ck_assert_uint_eq(ndestroyed, 0);
	}
	flow_notify();
	flow_unlock();
	if (signal->kind == 9)
		FLOW_HOLD(!held);
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct weft_signal signal = {
		.kind = 7, .data = &room, .destroy = destroy
	};

	ck_assert_int_eq(
	    weft_signal_after(weft_strand_of(call), HOUR_MS, &signal, NULL),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_signal_every(weft_strand_of(call), 1, &signal, NULL),
	    WEFT_OK);
	(void)from;
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct weft_signal signal = { .data = &room, .destroy = destroy };

	(void)from;
	(void)why;
	/* Set at the last moment: it is not told any more. */
	ck_assert_int_eq(
	    weft_signal_after(weft_strand_of(call), 0, &signal, NULL),
	    WEFT_OK);
	flow_lock();
	nclosed++;
	flow_unlock();
}

static void
on_ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	(void)state;
	flow_lock();
	nended++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin plugin =
    WEFT_PLUGIN_INIT(.name = "timers", .opened = on_opened,
	.closed = on_closed, .signal = on_signal, .ended = on_ended);

static const struct weft_signal once = {
	.kind = 1, .data = &room, .destroy = destroy
};

static struct flow *
flow_with_room(void)
{
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &plugin);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "timers", "room", NULL, &room),
	    WEFT_OK);
	return flow;
}

static weft_timer
set_after(uint32_t ms, uint32_t kind)
{
	struct weft_signal signal = once;
	weft_timer timer;

	signal.kind = kind;
	ck_assert_int_eq(
	    weft_signal_after(room, ms, &signal, &timer), WEFT_OK);
	return timer;
}

static void
set_held(bool to)
{
	flow_lock();
	held = to;
	flow_notify();
	flow_unlock();
}

/* Its strand is busy until set_held(false). */
static void
hold_room(void)
{
	struct weft_signal signal = { .kind = 9 };

	held = true;
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	FLOW_WAIT(ntold > 0 && told[ntold - 1].kind == 9, "the handler");
}

START_TEST(timers_come_in_the_order_of_their_time_and_never_early)
{
	static const uint32_t ms[] = { 40, 5, 20, 5, 0, 20 };
	static const uint32_t order[] = { 14, 11, 13, 12, 15, 10 };
	struct flow *flow = flow_with_room();
	uint64_t before;
	unsigned i;

	before = flow_now_ms();
	for (i = 0; i < 6; i++)
		(void)set_after(ms[i], 10 + i);
	FLOW_WAIT(ntold == 6 && ndestroyed == 6, "six timers");
	for (i = 0; i < 6; i++) {
		ck_assert_uint_eq(told[i].kind, order[i]);
		ck_assert_uint_ge(told[i].at_ms, before + ms[order[i] - 10]);
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_timers_fired), 6);
	flow_end(&flow);
}
END_TEST

START_TEST(a_cancelled_one_is_not_told_and_destroyed_at_once)
{
	struct flow *flow = flow_with_room();
	weft_timer timer = set_after(HOUR_MS, 1), last;

	ck_assert_int_eq(weft_cancel(timer), WEFT_OK);
	ck_assert_uint_eq(ndestroyed, 1);
	ck_assert_int_eq(weft_cancel(timer), WEFT_ENOTIMER);
	timer = set_after(20, 2);
	last = set_after(20, 5);
	ck_assert_int_eq(weft_cancel(timer), WEFT_OK);
	FLOW_WAIT(ntold == 1 && ndestroyed == 3, "the other one");
	ck_assert_uint_eq(told[0].kind, 5);
	ck_assert_int_eq(weft_cancel(last), WEFT_ENOTIMER);
	ck_assert_int_eq(
	    weft_cancel((weft_timer){ flow->node, 0 }), WEFT_ENOTIMER);
	flow_wait_count(flow, WEFT_COUNTER_timers_cancelled, 2);
	flow_end(&flow);
	ck_assert_uint_eq(ndestroyed, 3);
}
END_TEST

/* Its time has come, but its strand is busy: cancelling is in time still. */
START_TEST(one_that_waits_to_be_told_can_be_cancelled)
{
	struct flow *flow = flow_with_room();
	weft_timer timer;

	hold_room();
	timer = set_after(0, 1);
	flow_wait_count(flow, WEFT_COUNTER_timers_fired, 1);
	ck_assert_int_eq(weft_cancel(timer), WEFT_OK);
	ck_assert_uint_eq(ndestroyed, 1);
	(void)set_after(0, 2);
	set_held(false);
	FLOW_WAIT(ntold == 2, "the last one");
	ck_assert_uint_eq(told[1].kind, 2);
	flow_end(&flow);
	ck_assert_uint_eq(ndestroyed, 2);
}
END_TEST

START_TEST(urgent_timer_overtakes_in_its_strand)
{
	struct flow *flow = flow_with_room();
	struct weft_signal urgent = { .kind = 6, .flags = WEFT_SIGNAL_URGENT };

	hold_room();
	(void)set_after(0, 1);
	flow_wait_count(flow, WEFT_COUNTER_timers_fired, 1);
	ck_assert_int_eq(weft_signal_after(room, 0, &urgent, NULL), WEFT_OK);
	flow_wait_count(flow, WEFT_COUNTER_timers_fired, 2);
	set_held(false);
	FLOW_WAIT(ntold == 3, "both");
	ck_assert_uint_eq(told[1].kind, 6);
	ck_assert_uint_eq(told[2].kind, 1);
	flow_end(&flow);
}
END_TEST

START_TEST(a_repeating_one_cancels_itself)
{
	struct flow *flow = flow_with_room();
	struct weft_signal signal = once;

	signal.kind = 3;
	cancelled = 1;
	flow_lock(); /* the handler needs its name */
	ck_assert_int_eq(
	    weft_signal_every(room, 2, &signal, &repeats), WEFT_OK);
	flow_unlock();
	FLOW_WAIT(ndestroyed == 1, "it to be destroyed");
	ck_assert_uint_eq(ntold, 3);
	ck_assert_int_eq(cancelled, WEFT_OK);
	ck_assert_int_eq(weft_cancel(repeats), WEFT_ENOTIMER);
	flow_end(&flow);
	ck_assert_uint_eq(ntold, 3);
	ck_assert_uint_eq(ndestroyed, 1);
}
END_TEST

/* Twenty periods pass while the strand is busy: one is told, not twenty. */
START_TEST(missed_times_are_told_once)
{
	struct flow *flow = flow_with_room();
	struct weft_signal signal = once;
	uint64_t released;
	unsigned i, early = 0;

	hold_room();
	signal.kind = 4;
	ck_assert_int_eq(
	    weft_signal_every(room, 40, &signal, &repeats), WEFT_OK);
	flow_wait_count(flow, WEFT_COUNTER_timers_fired, 20);
	flow_lock();
	released = flow_now_ms();
	held = false;
	flow_notify();
	flow_unlock();
	FLOW_WAIT(ntold >= 6, "some more");
	ck_assert_int_eq(weft_cancel(repeats), WEFT_OK);
	/* A burst would be all at once; here each but the first has had its
	 * period, give or take one that was just due. */
	for (i = 1; i < 6; i++)
		early += told[i].at_ms < released + 20;
	ck_assert_uint_le(early, 2);
	flow_end(&flow);
	ck_assert_uint_eq(ndestroyed, 1);
}
END_TEST

START_TEST(times_do_not_drift)
{
	struct flow *flow = flow_with_room();
	struct weft_signal signal = once;
	uint64_t before;

	signal.kind = 4;
	before = flow_now_ms();
	ck_assert_int_eq(
	    weft_signal_every(room, 10, &signal, &repeats), WEFT_OK);
	FLOW_WAIT(ntold >= 50, "fifty times");
	/* It is never early, and a late one does not delay the next ones. */
	ck_assert_uint_ge(told[49].at_ms, before + 500);
	for (unsigned i = 1; i < 50; i++)
		ck_assert_uint_ge(told[i].at_ms, before + (i + 1) * 10);
	ck_assert_int_eq(weft_cancel(repeats), WEFT_OK);
	flow_end(&flow);
}
END_TEST

START_TEST(timers_of_an_endpoint_end_with_it)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &plugin);
	client = flow_client_new(&flow->bound[0]);
	FLOW_WAIT(ntold > 0, "the repeating one");
	flow_client_free(&client);
	FLOW_WAIT(ndestroyed == 3, "all three to be destroyed");
	FLOW_WAIT(
	    weft_node_counter(flow->node, WEFT_COUNTER_endpoints_now) == 0,
	    "the endpoint to go");
	ck_assert_uint_eq(nclosed, 1);
	/* Its place is given back: others may have it. */
	client = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 2);
	flow_client_free(&client);
	FLOW_WAIT(ndestroyed == 6, "the other three");
	flow_end(&flow);
}
END_TEST

START_TEST(timer_holds_the_strand_that_it_is_for)
{
	struct flow *flow = flow_with_room();
	weft_timer timer = set_after(HOUR_MS, 1);

	(void)set_after(30, 2);
	weft_strand_release(room);
	FLOW_WAIT(ntold == 1, "the first one");
	ck_assert_uint_eq(nended, 0);
	ck_assert_int_eq(weft_cancel(timer), WEFT_OK);
	FLOW_WAIT(nended == 1, "the strand to end");
	ck_assert_int_eq(
	    weft_signal_after(room, 0, &once, NULL), WEFT_ENOSTRAND);
	flow_end(&flow);
	ck_assert_uint_eq(ndestroyed, 2);
}
END_TEST

START_TEST(stop_destroys_what_is_set)
{
	struct flow *flow = flow_with_room();
	struct weft_signal signal = once;

	(void)set_after(HOUR_MS, 1);
	(void)set_after(24 * HOUR_MS, 1);
	signal.kind = 8;
	ck_assert_int_eq(weft_signal_every(room, 1, &signal, NULL), WEFT_OK);
	FLOW_WAIT(ntold > 0, "the repeating one");
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	ck_assert_uint_eq(ndestroyed, 3);
	ck_assert_uint_eq(nended, 1);
	flow_free(&flow);
}
END_TEST

static int
load_and_refuse(struct weft_load *load, void **state)
{
	weft_strand mine;

	(void)state;
	ck_assert_int_eq(
	    weft_load_strand_new(load, "mine", NULL, &mine), WEFT_OK);
	ck_assert_int_eq(weft_signal_after(mine, 1, &once, NULL), WEFT_OK);
	ck_assert_int_eq(weft_signal(mine, &once), WEFT_OK);
	return weft_load_fail(load, -EPERM, "not today");
}

START_TEST(load_that_is_refused_leaves_nothing)
{
	struct weft_plugin refuses = plugin;
	struct weft_error err;
	struct weft_node *node;

	refuses.name = "refuses";
	refuses.load = load_and_refuse;
	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(node, &refuses, NULL, &err), WEFT_ELOAD);
	ck_assert_uint_eq(nended, 1);
	ck_assert_uint_eq(ndestroyed, 2);
	ck_assert_uint_eq(
	    weft_node_counter(node, WEFT_COUNTER_strands_now), 0);
	/* And before it runs, one that goes with the node. */
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_strand_new(node, "timers", NULL, NULL, &room), WEFT_OK);
	ck_assert_int_eq(weft_signal_after(room, 0, &once, NULL), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_uint_eq(nended, 2);
	ck_assert_uint_eq(ndestroyed, 3);
}
END_TEST

START_TEST(more_than_max_timers_are_refused)
{
	struct flow *flow = flow_new();
	weft_timer timers[3];
	unsigned i;

	flow->options.max_timers = 3;
	flow_start(flow, FLOW_VARINT, &plugin);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "timers", NULL, NULL, &room),
	    WEFT_OK);
	for (i = 0; i < 3; i++)
		timers[i] = set_after(HOUR_MS, 1);
	ck_assert_int_eq(
	    weft_signal_after(room, 1, &once, &repeats), WEFT_EFULL);
	ck_assert_uint_eq(repeats.id, 0);
	ck_assert_int_eq(weft_signal_every(room, 0, &once, &repeats), -EINVAL);
	ck_assert_int_eq(weft_cancel(timers[1]), WEFT_OK);
	FLOW_WAIT(weft_signal_after(room, 1, &once, &repeats) == WEFT_OK,
	    "its place to be free");
	ck_assert_int_eq(weft_cancel(timers[1]), WEFT_ENOTIMER);
	FLOW_WAIT(ntold == 1, "it to be told");
	flow_end(&flow);
	ck_assert_uint_eq(ndestroyed, 4);
}
END_TEST

START_TEST(receiver_gets_timers)
{
	struct flow *flow = flow_new();
	struct weft_event event;
	struct weft_signal signal = once;
	weft_timer timer;

	flow_begin(flow, FLOW_VARINT, NULL);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, WEFT_PULL, NULL, NULL, &room),
	    WEFT_OK);
	signal.bytes = (struct weft_bytes){
		"more than fits into the timer itself, so it is elsewhere", 57
	};
	(void)set_after(0, 5);
	ck_assert_int_eq(weft_signal_every(room, 5, &signal, &timer), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	ck_assert_int_eq(event.kind, WEFT_EVENT_SIGNAL);
	ck_assert_uint_eq(event.signal->kind, 5);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(
		    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event),
		    WEFT_OK);
		ck_assert_uint_eq(event.signal->kind, 1);
		ck_assert_int_eq(
		    memcmp(event.signal->bytes.data, signal.bytes.data, 57),
		    0);
	}
	ck_assert_uint_eq(ndestroyed, 1);
	ck_assert_int_eq(weft_cancel(timer), WEFT_OK);
	ck_assert_uint_eq(ndestroyed, 1); /* it is looked at */
	ck_assert_int_eq(weft_node_receive(flow->node, 0, &event), -EAGAIN);
	ck_assert_uint_eq(ndestroyed, 2);
	weft_node_stop(flow->node);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("timers", timers_come_in_the_order_of_their_time_and_never_early,
    a_cancelled_one_is_not_told_and_destroyed_at_once,
    one_that_waits_to_be_told_can_be_cancelled,
    urgent_timer_overtakes_in_its_strand, a_repeating_one_cancels_itself,
    missed_times_are_told_once, times_do_not_drift,
    timers_of_an_endpoint_end_with_it, timer_holds_the_strand_that_it_is_for,
    stop_destroys_what_is_set, load_that_is_refused_leaves_nothing,
    more_than_max_timers_are_refused, receiver_gets_timers)
