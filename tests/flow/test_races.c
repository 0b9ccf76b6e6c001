/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_races.c - faults that a whole node once had, and that only
 * much traffic or many rounds bring out.  Each test says which it was.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flow_client.h"

#ifdef FLOW_SANITIZED
#define SCALE 10u /* everything is slower, and sees more */
#else
#define SCALE 1u
#endif

#define SMALL 16u /* [bytes] of a message that many go into one read of */

/* Sends numbered messages, many in one write, from a thread of its own. */
struct sender {
	struct flow_client *client;
	uint32_t total;
	pthread_t thread;
};

static void *
sender_run(void *arg)
{
	struct sender *sender = arg;

	flow_number_send(sender->client, SMALL, 0, sender->total);
	return NULL;
}

static void
sender_start(struct sender *sender, struct flow_client *client, uint32_t total)
{
	sender->client = client;
	sender->total = total;
	ck_assert_int_eq(
	    pthread_create(&sender->thread, NULL, sender_run, sender), 0);
}

/* A block was given back while it was still being decoded: its first batch was
 * run before its second was cut. */
START_TEST(reads_of_thousands_of_messages_keep_their_block)
{
	enum {
		NCLIENTS = 4
	};
	const uint32_t total = 400000 / SCALE;
	struct sender senders[NCLIENTS];
	struct flow_client *clients[NCLIENTS];
	struct flow *flow = flow_new();
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < NCLIENTS; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		sender_start(&senders[i], clients[i], total);
	}
	for (i = 0; i < NCLIENTS; i++)
		flow_number_recv(clients[i], SMALL, 0, total);
	for (i = 0; i < NCLIENTS; i++) {
		ck_assert_int_eq(pthread_join(senders[i].thread, NULL), 0);
		flow_client_free(&clients[i]);
	}
	flow_end(&flow);
}
END_TEST

/* With a full socket, the load of the outbox was not looked at any more, and
 * reading went on until replies were refused. */
START_TEST(one_who_sends_first_and_reads_later_gets_every_reply)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t total;
	uint64_t sent;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	sent = flow_number_fill(client, SMALL, UINT64_C(1) << 30);
	total = flow_number_rest(client, SMALL, sent);
	flow_number_recv(client, SMALL, 0, total);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), 0);
	ck_assert_uint_gt(flow_count(flow, WEFT_COUNTER_read_pauses), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* A RELEASE that joined an attention taken before overtook its chunks: at an
 * orderly stop the last replies were thrown away. */
START_TEST(a_stop_under_load_loses_no_reply)
{
	const unsigned rounds = 60 / (SCALE > 1 ? 3 : 1);
	struct flow_client *client;
	struct sender sender;
	struct flow *flow;
	unsigned i;
	uint64_t run;

	for (i = 0; i < rounds; i++) {
		flow = flow_new();
		flow->options.mailbox_high_messages = 64;
		flow_start(flow, FLOW_VARINT, &flow_echo);
		client = flow_client_new(&flow->bound[0]);
		sender_start(&sender, client, 200);
		flow_wait_count(flow, WEFT_COUNTER_messages_run, 1 + i);
		weft_node_stop(flow->node);
		ck_assert_int_eq(pthread_join(sender.thread, NULL), 0);
		flow_join(flow);
		ck_assert_int_eq(flow->rv, WEFT_OK);
		run = flow->counters[WEFT_COUNTER_messages_run];
		ck_assert_uint_eq(
		    flow->counters[WEFT_COUNTER_messages_in], run);
		ck_assert_uint_eq(flow->counters[WEFT_COUNTER_sends_gone], 0);
		flow_number_recv(client, SMALL, 0, (uint32_t)run);
		ck_assert_int_eq(flow_read_end(client), 0);
		flow_client_free(&client);
		flow_free(&flow);
	}
}
END_TEST

/* "The workers have left" was not among what is looked at before sleeping. */
START_TEST(a_thousand_idle_nodes_stop_at_once)
{
	const unsigned rounds = 1000 / SCALE;
	struct flow *flow;
	unsigned i;

	for (i = 0; i < rounds; i++) {
		flow = flow_new();
		flow_start(flow, FLOW_VARINT, &flow_echo);
		flow_end(&flow);
	}
}
END_TEST

/* Whole messages that were left in the tail when a mark was reached had nobody
 * to take them up when the other mark was the one that fell. */
START_TEST(small_marks_of_every_kind_hold_nobody_up)
{
	const uint32_t total = 20000 / SCALE;
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct sender sender;

	flow->options.mailbox_high_messages = 3;
	flow->options.outbox_pause_bytes = 40;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new_small(&flow->bound[0]);
	sender_start(&sender, client, total);
	flow_number_recv(client, SMALL, 0, total);
	ck_assert_int_eq(pthread_join(sender.thread, NULL), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("races", reads_of_thousands_of_messages_keep_their_block,
    one_who_sends_first_and_reads_later_gets_every_reply,
    a_stop_under_load_loses_no_reply, a_thousand_idle_nodes_stop_at_once,
    small_marks_of_every_kind_hold_nobody_up)
