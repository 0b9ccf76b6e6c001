/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_blocking.c - a handler that blocks holds up nobody but its
 * own client.
 *
 * Two workers.  Who says "hold" blocks its worker until the test lets it go;
 * everybody else must be answered meanwhile.  Nothing else happens in the node
 * then, so an answer that comes was not carried along by something else.
 */
#include "flow.h"

#include <string.h>

#include "flow_client.h"

static unsigned nheld, nfreed; /* under flow_lock() */

static void
block_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	unsigned turn;

	if (msg.len == 4 && memcmp(msg.data, "hold", 4) == 0) {
		flow_lock();
		turn = ++nheld;
		flow_notify();
		flow_unlock();
		FLOW_HOLD(nfreed >= turn);
	}
	(void)weft_send(call, from, msg);
	if (msg.len == 5 && memcmp(msg.data, "flush", 5) == 0)
		weft_flush(call);
}

static const struct weft_plugin block_plugin =
    WEFT_PLUGIN_INIT(.name = "block", .message = block_message);

static struct flow *
block_start(void)
{
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &block_plugin);
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

START_TEST(a_client_that_comes_after_the_block_is_served)
{
	struct flow *flow = block_start();
	struct flow_client *blocked = flow_client_new(&flow->bound[0]);
	struct flow_client *other;

	flow_say(blocked, "hold");
	FLOW_WAIT(nheld == 1, "the handler to be held");
	other = flow_client_new(&flow->bound[0]);
	flow_number_send(other, 100, 0, 500);
	flow_number_recv(other, 100, 0, 500);
	flow_silent(blocked);
	free_all();
	flow_hear(blocked, "hold");
	flow_client_free(&blocked);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

START_TEST(a_client_that_was_there_before_the_block_is_served)
{
	struct flow *flow = block_start();
	struct flow_client *blocked = flow_client_new(&flow->bound[0]);
	struct flow_client *other = flow_client_new(&flow->bound[0]);
	uint32_t i;

	/* Both have been run by the same, near, worker. */
	flow_number_send(blocked, 100, 0, 1);
	flow_number_recv(blocked, 100, 0, 1);
	flow_number_send(other, 100, 0, 1);
	flow_number_recv(other, 100, 0, 1);
	flow_say(blocked, "hold");
	FLOW_WAIT(nheld == 1, "the handler to be held");
	for (i = 1; i < 200; i++) {
		flow_number_send(other, 100, i, 1);
		flow_number_recv(other, 100, i, 1);
	}
	free_all();
	flow_hear(blocked, "hold");
	flow_client_free(&blocked);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

/* The other's only message is sent beside the one that blocks, so it may lie
 * in the queue, or in the hands, of the worker that is then held; and nobody
 * sends anything after it. */
static void
try_beside(bool other_first)
{
	struct flow *flow = block_start();
	struct flow_client *blocked = flow_client_new(&flow->bound[0]);
	struct flow_client *other = flow_client_new(&flow->bound[0]);
	unsigned round;

	for (round = 1; round <= 200; round++) {
		if (other_first)
			flow_say(other, "me too");
		flow_say(blocked, "hold");
		if (!other_first)
			flow_say(other, "me too");
		flow_hear(other, "me too");
		FLOW_WAIT(nheld == round, "the handler to be held");
		free_all();
		flow_hear(blocked, "hold");
	}
	flow_client_free(&blocked);
	flow_client_free(&other);
	flow_end(&flow);
}

START_TEST(a_last_message_behind_the_one_that_blocks_is_served)
{
	try_beside(false);
}
END_TEST

START_TEST(a_last_message_before_the_one_that_blocks_is_served)
{
	try_beside(true);
}
END_TEST

START_TEST(twenty_in_the_queue_of_the_worker_that_blocks_are_served)
{
	struct flow *flow = block_start();
	struct flow_client *clients[21];
	unsigned round, i;

	for (i = 0; i < 21; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	for (round = 1; round <= 50; round++) {
		for (i = 0; i < 21; i++)
			flow_say(
			    clients[i], i == round % 21 ? "hold" : "me too");
		for (i = 0; i < 21; i++)
			if (i != round % 21)
				flow_hear(clients[i], "me too");
		FLOW_WAIT(nheld == round, "the handler to be held");
		free_all();
		flow_hear(clients[round % 21], "hold");
	}
	for (i = 0; i < 21; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

START_TEST(what_was_sent_leaves_when_a_handler_flushes_before_it_blocks)
{
	static const char frames[] = "\5early\5flush\4hold";
	struct flow *flow = block_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	/* One read, one run of the strand: the first handlers have returned,
	 * and the worker is in the third. */
	flow_write(client, frames, sizeof(frames) - 1);
	FLOW_WAIT(nheld == 1, "the handler to be held");
	flow_hear(client, "early");
	flow_hear(client, "flush");
	free_all();
	flow_hear(client, "hold");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(all_workers_blocked_serve_again_when_one_returns)
{
	struct flow *flow = flow_new();
	struct flow_client *blocked[2], *other;

	flow->options.max_workers = 2;
	flow_start(flow, FLOW_VARINT, &block_plugin);
	blocked[0] = flow_client_new(&flow->bound[0]);
	blocked[1] = flow_client_new(&flow->bound[0]);
	flow_say(blocked[0], "hold");
	FLOW_WAIT(nheld == 1, "the first handler to be held");
	flow_say(blocked[1], "hold");
	FLOW_WAIT(nheld == 2, "the second handler to be held");
	other = flow_client_new(&flow->bound[0]);
	flow_say(other, "anybody?");
	flow_silent(other);
	flow_lock();
	nfreed = 1;
	flow_notify();
	flow_unlock();
	flow_hear(other, "anybody?");
	flow_hear(blocked[0], "hold");
	free_all();
	flow_hear(blocked[1], "hold");
	flow_client_free(&blocked[0]);
	flow_client_free(&blocked[1]);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

START_TEST(the_node_does_not_spin_while_a_handler_blocks)
{
	struct flow *flow = block_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	uint64_t cpu_ms;

	flow_say(client, "hold");
	FLOW_WAIT(nheld == 1, "the handler to be held");
	cpu_ms = flow_cpu_ms();
	flow_silent(client);
	cpu_ms = flow_cpu_ms() - cpu_ms;
	ck_assert_msg(cpu_ms < FLOW_WINDOW_MS / 2,
	    "expected a node that waits, found %llu ms of CPU in %u ms",
	    (unsigned long long)cpu_ms, FLOW_WINDOW_MS);
	free_all();
	flow_hear(client, "hold");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("blocking", a_client_that_comes_after_the_block_is_served,
    a_client_that_was_there_before_the_block_is_served,
    a_last_message_behind_the_one_that_blocks_is_served,
    a_last_message_before_the_one_that_blocks_is_served,
    twenty_in_the_queue_of_the_worker_that_blocks_are_served,
    what_was_sent_leaves_when_a_handler_flushes_before_it_blocks,
    all_workers_blocked_serve_again_when_one_returns,
    the_node_does_not_spin_while_a_handler_blocks)
