/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_slow_topics.c - what was said of topics, for readers that
 * are too slow.
 */
#include "flow.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "flow_client.h"
#include "slow.h"

#define KEYS 10u

static void
rule(struct flow *flow, const char *filter, enum weft_slow policy,
    uint32_t high_bytes)
{
	struct weft_slow_reader what = { .policy = policy,
		.high_bytes = high_bytes };

	ck_assert_int_eq(
	    weft_node_topic_slow(flow->node, filter, &what), WEFT_OK);
}

/* All that was sent, in order; of what was published, of each key, numbers
 * that grow, and the newest. */
static void
recv_conflated(struct flow_client *client, uint32_t sent, uint32_t end)
{
	uint32_t number, last[KEYS] = { 0 }, next = 0, i;

	do {
		number = recv_number(client);
		if (number < sent) {
			ck_assert_uint_eq(number, next);
			next++;
		} else {
			ck_assert_uint_gt(number, last[number % KEYS]);
			last[number % KEYS] = number;
		}
		for (i = 0; i < KEYS && last[i] + KEYS >= end; i++)
			continue;
	} while (i < KEYS || next < sent);
}

START_TEST(each_topic_has_one_message_and_what_was_sent_is_all_there)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t sent, n;
	char topic[32];

	flow_start(flow, FLOW_VARINT "?sndbuf=8k", &sink);
	rule(flow, "price/#", WEFT_SLOW_CONFLATE, 0);
	client = reader_new(flow, "+price/+");
	n = sent = fill(flow);
	while (weft_node_counter(flow->node, WEFT_COUNTER_slow_conflated) <
	    DROPS) {
		snprintf(topic, sizeof(topic), "price/%u", n % KEYS);
		send_to(flow, topic, n++, NO_KEY);
	}
	flow_wait_count(flow, WEFT_COUNTER_publishes, n - sent);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_deliveries), n - sent);
	recv_conflated(client, sent, n);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(each_key_of_a_topic_has_one_message)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t sent, n;

	flow_start(flow, FLOW_VARINT "?sndbuf=8k", &sink);
	rule(flow, "prices", WEFT_SLOW_CONFLATE, 0);
	client = reader_new(flow, "+prices");
	n = sent = fill(flow);
	for (; weft_node_counter(flow->node, WEFT_COUNTER_slow_conflated) <
	     DROPS;
	     n++)
		send_to(flow, "prices", n, n % KEYS);
	flow_wait_count(flow, WEFT_COUNTER_publishes, n - sent);
	recv_conflated(client, sent, n);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(what_was_said_last_holds_until_it_is_taken_back)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t n = 0;

	flow_start(flow, FLOW_VARINT "?" ROOM, &sink);
	rule(flow, "a/b", WEFT_SLOW_DROP_NEWEST, 0);
	rule(flow, "a/#", WEFT_SLOW_CLOSE, 0);
	rule(flow, "a/b", WEFT_SLOW_DROP_OLDEST, 0);
	client = reader_new(flow, "+a/b");
	while (weft_node_counter(flow->node, WEFT_COUNTER_slow_oldest) < DROPS)
		send_to(flow, "a/b", n++, NO_KEY);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_slow_newest), 0);
	rule(flow, "a/b", WEFT_SLOW_DEFAULT, 0);
	send_to(flow, "a/b", n, NO_KEY);
	FLOW_WAIT(nclosed == 1, "closed()");
	ck_assert_int_eq(reason, WEFT_REASON_SLOW);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(topic_has_a_bound_of_its_own)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_info info;
	struct flow_client *client;
	uint32_t sent, n;

	flow_start(flow, FLOW_VARINT "?sndbuf=8k", &sink);
	rule(flow, "#", WEFT_SLOW_DEFAULT, 5000);
	client = reader_new(flow, "+a");
	sent = fill(flow); /* more than that */
	for (n = sent; n < sent + DROPS; n++)
		send_to(flow, "a", n, NO_KEY);
	flow_wait_count(flow, WEFT_COUNTER_publishes, DROPS);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_slow_newest), DROPS);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_deliveries_dropped), DROPS);
	ck_assert_int_eq(
	    weft_endpoint_info(flow->node, reader, &info), WEFT_OK);
	ck_assert_uint_gt(info.queued_bytes, 5000);
	for (n = 0; n < sent; n++)
		ck_assert_uint_eq(recv_number(client), n);
	FLOW_WAIT(ndrained == 1, "drained()");
	send_to(flow, "a", sent, NO_KEY);
	ck_assert_uint_eq(recv_number(client), sent);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

#define EACH 10u /* readers of each of two codecs */
#define BODY 8192u
#define FILL 40u /* messages: more than a socket takes */
#define MORE 100u

/* All readers wait, so all that is kept for them is there to be counted. */
START_TEST(message_has_one_block_for_each_codec)
{
	static const uint8_t body[BODY];
	struct weft_bytes msg = { body, BODY };
	struct flow_client *clients[2 * EACH];
	struct flow *flow = flow_new();
	size_t before = 0, after;
	unsigned i;

	flow_add(flow, FLOW_VARINT "?sndbuf=8k&outbox_high=4M", &sink);
	flow_start(
	    flow, "tcp+u32://127.0.0.1:0?sndbuf=8k&outbox_high=4M", &sink);
	for (i = 0; i < 2 * EACH; i++) {
		clients[i] = flow_client_new_small(&flow->bound[i % 2]);
		if (i % 2 == 0)
			flow_say(clients[i], "+a");
		else
			flow_write(clients[i], "\0\0\0\2+a", 6);
	}
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2 * EACH);
	for (i = 0; i < FILL + MORE; i++) {
		if (i == FILL) {
			flow_wait_count(flow, WEFT_COUNTER_publishes, FILL);
			before = flow_heap();
		}
		ck_assert_int_eq(
		    weft_node_publish(flow->node, "a", msg), WEFT_OK);
	}
	flow_wait_count(flow, WEFT_COUNTER_publishes, FILL + MORE);
	after = flow_heap();
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_deliveries),
	    (FILL + MORE) * 2 * EACH);
	/* A third one would not fit; chunks are less than 200 bytes. */
	ck_assert_uint_lt(
	    after, before + MORE * (2 * BODY + BODY / 2 + 2 * EACH * 200));
	ck_assert(before == 0 || after > before + MORE * 2 * BODY);
	for (i = 0; i < 2 * EACH; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

START_TEST(what_cannot_be_said_is_refused)
{
	struct weft_slow_reader what = { .policy = WEFT_SLOW_CLOSE };
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &sink);
	ck_assert_int_eq(
	    weft_node_topic_slow(flow->node, "a/#", &what), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_topic_slow(flow->node, "a/#/b", &what), -EINVAL);
	what.policy = WEFT_SLOW_CLOSE + 1;
	ck_assert_int_eq(
	    weft_node_topic_slow(flow->node, "a/#", &what), -EINVAL);
	what = (struct weft_slow_reader){ .reserved = 1 };
	ck_assert_int_eq(
	    weft_node_topic_slow(flow->node, "a/#", &what), -EINVAL);
	ck_assert_ptr_null(weft_slow_name(WEFT_SLOW_CLOSE + 1));
	ck_assert_str_eq(weft_slow_name(WEFT_SLOW_CONFLATE), "conflate");
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("slow_topics",
    each_topic_has_one_message_and_what_was_sent_is_all_there,
    each_key_of_a_topic_has_one_message,
    what_was_said_last_holds_until_it_is_taken_back,
    topic_has_a_bound_of_its_own, message_has_one_block_for_each_codec,
    what_cannot_be_said_is_refused)
