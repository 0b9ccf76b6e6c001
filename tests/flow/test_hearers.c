/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_hearers.c - strands that have subscribed.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KIND 7

/* Under flow_lock(). */
static unsigned ntold, nended;
static bool hold;
static char last[256];

static struct weft_bytes
bytes(const char *text)
{
	return (struct weft_bytes){ text, strlen(text) };
}

static void
hear_signal(struct weft_call *call, const struct weft_signal *signal)
{
	const struct weft_news *news = signal->data;

	(void)call;
	ck_assert_uint_eq(signal->kind, KIND);
	ck_assert_ptr_eq(news->msg.data, signal->bytes.data);
	ck_assert_uint_eq(news->msg.len, signal->bytes.len);
	ck_assert_uint_eq((uintptr_t)signal->bytes.data % 8, 0);
	flow_lock();
	(void)snprintf(last, sizeof(last), "%s: %.*s", news->topic,
	    (int)news->msg.len, (const char *)news->msg.data);
	ntold++;
	flow_notify();
	flow_unlock();
	FLOW_HOLD(!hold);
}

static void
hear_ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	(void)state;
	flow_lock();
	nended++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin hear = WEFT_PLUGIN_INIT(.name = "hear",
    .signal = hear_signal, .ended = hear_ended);

static weft_strand
strand_new(struct flow *flow)
{
	weft_strand strand;

	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "hear", NULL, NULL, &strand),
	    WEFT_OK);
	return strand;
}

static void
publish(struct flow *flow, const char *topic, const char *text)
{
	ck_assert_int_eq(
	    weft_node_publish(flow->node, topic, bytes(text)), WEFT_OK);
}

static void
subscribe(weft_strand strand, const char *filter)
{
	ck_assert_int_eq(weft_strand_subscribe(strand, filter, KIND), WEFT_OK);
}

START_TEST(a_strand_is_told_once_what_its_filters_meet)
{
	struct flow *flow = flow_new();
	weft_strand one, two;

	flow_start(flow, FLOW_VARINT, &hear);
	one = strand_new(flow);
	two = strand_new(flow);
	subscribe(one, "a/+");
	subscribe(one, "a/#");
	subscribe(one, "a/#");
	subscribe(two, "b");
	publish(flow, "a/x", "hello");
	FLOW_WAIT(ntold == 1, "the strand to be told");
	ck_assert_str_eq(last, "a/x: hello");
	publish(flow, "b", "");
	FLOW_WAIT(ntold == 2, "the other to be told");
	ck_assert_str_eq(last, "b: ");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_subscriptions), 3);
	ck_assert_int_eq(weft_strand_unsubscribe(one, "a/#"), WEFT_OK);
	ck_assert_int_eq(weft_strand_unsubscribe(one, "a/+"), WEFT_OK);
	publish(flow, "a/x", "nobody");
	publish(flow, "b", "last");
	FLOW_WAIT(ntold == 3, "the other to be told again");
	ck_assert_str_eq(last, "b: last");
	flow_wait_count(flow, WEFT_COUNTER_publishes, 4);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_deliveries), 3);
	weft_strand_release(one);
	weft_strand_release(two);
	flow_end(&flow);
}
END_TEST

START_TEST(a_subscription_ends_with_its_strand_and_does_not_keep_it)
{
	struct flow *flow = flow_new();
	weft_strand strand;
	unsigned round;

	flow->options.max_strands = 1; /* the next one has the same place */
	flow_start(flow, FLOW_VARINT, &hear);
	for (round = 1; round <= 50; round++) {
		strand = strand_new(flow);
		subscribe(strand, "a");
		subscribe(strand, round % 2 == 0 ? "b" : "c");
		flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2 * round);
		weft_strand_release(strand);
		FLOW_WAIT(nended == round, "the strand to end");
		FLOW_WAIT(weft_node_counter(
			      flow->node, WEFT_COUNTER_strands_now) == 0,
		    "its place to be free");
		ck_assert_int_eq(
		    weft_strand_subscribe(strand, "a", KIND), WEFT_ENOSTRAND);
	}
	flow_wait_count(flow, WEFT_COUNTER_unsubscriptions, 100);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_subscriptions_now), 0);
	strand = strand_new(flow);
	subscribe(strand, "d");
	publish(flow, "a", "nobody");
	publish(flow, "d", "it");
	FLOW_WAIT(ntold == 1, "the strand to be told");
	ck_assert_str_eq(last, "d: it");
	weft_strand_release(strand);
	flow_end(&flow);
}
END_TEST

START_TEST(what_a_strand_has_no_room_for_is_dropped_and_counted)
{
	struct flow *flow = flow_new();
	weft_strand strand;
	unsigned i;

	flow->options.max_signals = 3;
	flow_start(flow, FLOW_VARINT, &hear);
	hold = true;
	strand = strand_new(flow);
	subscribe(strand, "a");
	publish(flow, "a", "first");
	FLOW_WAIT(ntold == 1, "the strand to be told");
	for (i = 0; i < 10; i++)
		publish(flow, "a", "more");
	flow_wait_count(flow, WEFT_COUNTER_publishes, 11);
	i = (unsigned)flow_count(flow, WEFT_COUNTER_deliveries);
	ck_assert_uint_ge(i, 3);
	ck_assert_uint_le(i, 4);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_deliveries_dropped), 11 - i);
	flow_lock();
	hold = false;
	flow_notify();
	flow_unlock();
	FLOW_WAIT(ntold == i, "the strand to be told the rest");
	weft_strand_release(strand);
	flow_end(&flow);
}
END_TEST

START_TEST(errors_are_told)
{
	struct flow *flow = flow_new();
	weft_strand strand, none = { NULL, 0 }, own;

	flow_start(flow, FLOW_VARINT, &hear);
	strand = strand_new(flow);
	own = (weft_strand){ flow->node, 1u << 24 };
	ck_assert_int_eq(weft_strand_subscribe(strand, "a#", 1), -EINVAL);
	ck_assert_int_eq(weft_strand_unsubscribe(strand, ""), -EINVAL);
	ck_assert_int_eq(weft_strand_subscribe(none, "a", 1), WEFT_ENOSTRAND);
	ck_assert_int_eq(weft_strand_subscribe(own, "a", 1), WEFT_ENOSTRAND);
	weft_strand_release(strand);
	flow_end(&flow);
}
END_TEST

START_TEST(a_stop_with_news_waiting_leaks_nothing)
{
	struct flow *flow = flow_new();
	weft_strand strand;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &hear);
	hold = true;
	strand = strand_new(flow);
	subscribe(strand, "#");
	publish(flow, "a", "first");
	FLOW_WAIT(ntold == 1, "the strand to be told");
	for (i = 0; i < 100; i++)
		publish(flow, "a", "more");
	flow_wait_count(flow, WEFT_COUNTER_publishes, 101);
	weft_node_stop(flow->node);
	(void)flow_wait_log(flow, "IO-STOPPING");
	flow_lock();
	hold = false;
	flow_notify();
	flow_unlock();
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_free(&flow);
}
END_TEST

START_TEST(a_strand_for_receive_hears_too)
{
	struct flow *flow = flow_new();
	struct weft_event event;
	weft_strand strand;
	const struct weft_news *news;

	flow_begin(flow, FLOW_VARINT, &hear);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, WEFT_PULL, NULL, NULL, &strand),
	    WEFT_OK);
	subscribe(strand, "a");
	publish(flow, "a", "pulled");
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	ck_assert_int_eq(event.kind, WEFT_EVENT_SIGNAL);
	news = event.signal->data;
	ck_assert_str_eq(news->topic, "a");
	ck_assert_uint_eq(news->msg.len, 6);
	ck_assert_int_eq(memcmp(news->msg.data, "pulled", 6), 0);
	weft_strand_release(strand);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	ck_assert_int_eq(event.kind, WEFT_EVENT_ENDED);
	flow_wait_count(flow, WEFT_COUNTER_unsubscriptions, 1);
	weft_node_stop(flow->node);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("hearers", a_strand_is_told_once_what_its_filters_meet,
    a_subscription_ends_with_its_strand_and_does_not_keep_it,
    what_a_strand_has_no_room_for_is_dropped_and_counted, errors_are_told,
    a_stop_with_news_waiting_leaks_nothing, a_strand_for_receive_hears_too)
