/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_churn.c - a thousand connections that come and go at random
 * while they send, some of them with garbage: good ones get every reply, each
 * opened has its closed, and the counters balance.
 *
 * Random is the same in each run: every client thread has a seed of its own.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "flow_client.h"

#define THREADS 4u
#define EACH 250u /* connections per thread */

/* What the handlers have seen: atomic. */
static uint64_t churn_opened, churn_closed, churn_messages, churn_sent,
    churn_bytes;

static void
count(uint64_t *value, uint64_t n)
{
	(void)__atomic_fetch_add(value, n, __ATOMIC_RELAXED);
}

static uint64_t
counted(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void
churn_on_opened(struct weft_call *call, weft_endpoint from)
{
	(void)from;
	ck_assert_ptr_null(weft_call_user(call));
	weft_call_set_user(call, malloc(1));
	count(&churn_opened, 1);
}

static void
churn_on_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	ck_assert_ptr_nonnull(weft_call_user(call));
	count(&churn_messages, 1);
	count(&churn_bytes, msg.len);
	if (weft_send(call, from, msg) == WEFT_OK)
		count(&churn_sent, 1);
}

static void
churn_on_closed(
    struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	(void)why;
	/* Twice, or not at all: malloc() or a sanitizer would say so.  The
	 * pointer stays where it is: the slot's next endpoint has none. */
	free(weft_call_user(call));
	count(&churn_closed, 1);
}

static const struct weft_plugin churn_plugin =
    WEFT_PLUGIN_INIT(.name = "churn", .opened = churn_on_opened,
	.message = churn_on_message, .closed = churn_on_closed);

/* A thread of clients. */
struct crowd {
	const struct weft_bound *bound;
	uint64_t random;
};

static uint32_t
crowd_random(struct crowd *crowd, uint32_t below)
{
	/* xorshift64 */
	crowd->random ^= crowd->random << 13;
	crowd->random ^= crowd->random >> 7;
	crowd->random ^= crowd->random << 17;
	return (uint32_t)((crowd->random >> 16) % below);
}

/* Gets every reply, and then the end. */
static void
crowd_polite(struct crowd *crowd, struct flow_client *client)
{
	uint32_t len = 8 + crowd_random(crowd, 300);
	uint32_t total = crowd_random(crowd, 60);

	flow_number_send(client, len, 0, total);
	if (crowd_random(crowd, 2) == 0) {
		flow_number_recv(client, len, 0, total);
		flow_number_send(client, len, total, 3);
		flow_client_finish(client);
		flow_number_recv(client, len, total, 3);
	} else {
		flow_client_finish(client);
		flow_number_recv(client, len, 0, total);
	}
	ck_assert_int_eq(flow_read_end(client), 0);
}

/* Any bytes; the node may close at once, so a write may fail. */
static void
crowd_garbage(struct crowd *crowd, struct flow_client *client)
{
	static const uint8_t never[] = { 0x80, 0 };
	uint8_t bytes[200];
	uint32_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)crowd_random(crowd, 256);
	if (crowd_random(crowd, 2) == 0)
		memcpy(bytes, never, sizeof(never));
	flow_write(client, bytes, sizeof(bytes));
}

static void
crowd_visit(struct crowd *crowd)
{
	struct flow_client *client = flow_client_new(crowd->bound);

	switch (crowd_random(crowd, 6)) {
	case 0: /* goes without a word */
		break;
	case 1: /* goes without waiting for the replies */
		flow_number_send(client, 50, 0, crowd_random(crowd, 40));
		break;
	case 2: /* the same, with a reset */
		flow_number_send(client, 50, 0, crowd_random(crowd, 40));
		flow_client_reset(&client);
		return;
	case 3:
		crowd_garbage(crowd, client);
		break;
	default:
		crowd_polite(crowd, client);
		break;
	}
	flow_client_free(&client);
}

static void *
crowd_run(void *arg)
{
	struct crowd *crowd = arg;
	unsigned i;

	for (i = 0; i < EACH; i++)
		crowd_visit(crowd);
	return NULL;
}

static void
run_crowds(struct flow *flow)
{
	struct crowd crowds[THREADS];
	pthread_t threads[THREADS];
	unsigned i;

	for (i = 0; i < THREADS; i++) {
		crowds[i] = (struct crowd){ &flow->bound[0],
			UINT64_C(0x9e3779b97f4a7c15) * (i + 1) };
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, crowd_run, &crowds[i]),
		    0);
	}
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

/* After the run: what the node counted against what the handlers saw. */
static void
expect_balance(const struct flow *flow)
{
	const uint64_t *n = flow->counters;

	ck_assert_uint_eq(n[WEFT_COUNTER_endpoints_opened], THREADS * EACH);
	ck_assert_uint_eq(n[WEFT_COUNTER_endpoints_closed], THREADS * EACH);
	ck_assert_uint_eq(n[WEFT_COUNTER_endpoints_now], 0);
	ck_assert_uint_eq(counted(&churn_opened), THREADS * EACH);
	ck_assert_uint_eq(counted(&churn_closed), THREADS * EACH);
	ck_assert_uint_eq(n[WEFT_COUNTER_messages_in],
	    n[WEFT_COUNTER_messages_run] + n[WEFT_COUNTER_messages_dropped]);
	ck_assert_uint_eq(
	    n[WEFT_COUNTER_messages_run], counted(&churn_messages));
	/* A reply that was accepted left, or its endpoint was gone. */
	ck_assert_uint_le(n[WEFT_COUNTER_messages_out], counted(&churn_sent));
	ck_assert_uint_ge(
	    n[WEFT_COUNTER_messages_out] + n[WEFT_COUNTER_sends_gone],
	    counted(&churn_sent));
	ck_assert_uint_ge(n[WEFT_COUNTER_closed_malformed], 1);
	ck_assert_uint_ge(n[WEFT_COUNTER_bytes_in], counted(&churn_bytes));
	ck_assert_uint_eq(n[WEFT_COUNTER_sends_full], 0);
}

START_TEST(a_thousand_connections_come_and_go_and_all_counters_balance)
{
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &churn_plugin);
	run_crowds(flow);
	FLOW_WAIT(counted(&churn_closed) == THREADS * EACH,
	    "closed() to be called for everybody");
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	expect_balance(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(they_also_do_in_few_places_and_with_small_marks)
{
	struct flow *flow = flow_new();

	flow->options.workers = 3;
	flow->options.max_endpoints = 3;
	flow->options.mailbox_high_messages = 2;
	flow->options.outbox_pause_bytes = 100;
	flow_start(flow, FLOW_VARINT, &churn_plugin);
	run_crowds(flow);
	FLOW_WAIT(counted(&churn_closed) == THREADS * EACH,
	    "closed() to be called for everybody");
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	expect_balance(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(a_node_that_stops_amid_the_coming_and_going_balances_too)
{
	struct flow_client *clients[200];
	struct flow *flow = flow_new();
	unsigned i;

	flow_start(flow, FLOW_VARINT, &churn_plugin);
	for (i = 0; i < 200; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		flow_number_send(clients[i], 100, 0, 20);
		if (i % 3 == 0)
			flow_client_free(&clients[i]);
		else if (i % 3 == 1)
			flow_client_reset(&clients[i]);
	}
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	ck_assert_uint_eq(counted(&churn_opened), counted(&churn_closed));
	ck_assert_uint_eq(counted(&churn_opened),
	    flow->counters[WEFT_COUNTER_endpoints_opened]);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_endpoints_now], 0);
	for (i = 2; i < 200; i += 3)
		flow_client_free(&clients[i]);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("churn", a_thousand_connections_come_and_go_and_all_counters_balance,
    they_also_do_in_few_places_and_with_small_marks,
    a_node_that_stops_amid_the_coming_and_going_balances_too)
