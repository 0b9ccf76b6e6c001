/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_overload.c - more comes than the one worker can do: who has
 * something waiting is not read from, and what is too old is not run.
 *
 * "hold" blocks the worker until the test lets it go; "wait" makes a message
 * take 2 ms.
 */
#include "flow.h"

#include <string.h>

#include "flow_client.h"

#define TARGET_MS 2
#define LATE_MS 1000 /* what is run in its turn waits less, on any machine */
#define INTERVAL_MS 20
#define FRAME 101 /* [bytes] of 100, with its head */

static unsigned nheld, nfreed, nseen; /* under flow_lock() */

static void
burn(void)
{
	uint64_t until = flow_now_ms() + 2;

	while (flow_now_ms() < until)
		continue;
}

static void
load_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	unsigned turn;

	flow_lock();
	nseen++;
	flow_unlock();
	if (msg.len == 4 && memcmp(msg.data, "hold", 4) == 0) {
		flow_lock();
		turn = ++nheld;
		flow_notify();
		flow_unlock();
		FLOW_HOLD(nfreed >= turn);
	} else if (msg.len == 100) {
		burn();
	}
	(void)weft_send(call, from, msg);
}

static const struct weft_plugin load_plugin =
    WEFT_PLUGIN_INIT(.name = "load", .message = load_message);

static struct flow *
load_new(void)
{
	struct flow *flow = flow_new();

	flow->options.workers = 1;
	flow->options.max_workers = 1;
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

START_TEST(who_has_some_waiting_is_not_read_from)
{
	struct flow *flow = load_new();
	struct flow_client *clients[4];
	uint64_t in;
	uint32_t i;

	flow->options.queue_target_ms = TARGET_MS;
	flow->options.queue_interval_ms = INTERVAL_MS;
	flow_start(flow, FLOW_VARINT, &load_plugin);
	for (i = 0; i < 4; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		flow_number_send(clients[i], 100, 0, 50);
	}
	/* 200 messages of 2 ms: all but the first wait for longer. */
	flow_wait_count(flow, WEFT_COUNTER_overloads, 1);
	(void)flow_wait_log(flow, "WORK-OVERLOAD");
	/* Each of these is in one read, if it is read at all. */
	for (i = 0; i < 4; i++)
		flow_number_send(clients[i], 100, 50, 1);
	for (i = 0; i < 4; i++)
		flow_number_recv(clients[i], 100, 0, 10);
	in = flow_count(flow, WEFT_COUNTER_messages_in);
	ck_assert_uint_le(in, 200);
	/* Nothing is lost, and it ends. */
	for (i = 0; i < 4; i++)
		flow_number_recv(clients[i], 100, 10, 41);
	for (i = 0; flow_logged(flow, "WORK-LOAD") == 0; i++) {
		flow_say(clients[0], "x");
		flow_hear(clients[0], "x");
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_in), 204 + i);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_late), 0);
	for (i = 0; i < 4; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

START_TEST(a_burst_is_no_overload)
{
	struct flow *flow = load_new();
	struct flow_client *client;

	flow->options.queue_target_ms = TARGET_MS;
	flow->options.queue_interval_ms = 86400000;
	flow_start(flow, FLOW_VARINT, &load_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, 100, 0, 50);
	flow_number_recv(client, 100, 0, 50);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_overloads), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* What waits behind "hold" for longer than the deadline, which is LATE_MS. */
static void
late(struct flow *flow, const char *url)
{
	struct flow_client *blocked, *other;

	flow_start(flow, url, &load_plugin);
	blocked = flow_client_new(&flow->bound[0]);
	other = flow_client_new(&flow->bound[0]);
	flow_say(blocked, "hold");
	FLOW_WAIT(nheld == 1, "the handler to be held");
	flow_say(other, "one");
	flow_say(other, "two");
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 3);
	flow_silent_for(other, LATE_MS + FLOW_WINDOW_MS);
	free_all();
	flow_hear(blocked, "hold");
	flow_wait_count(flow, WEFT_COUNTER_messages_late, 2);
	flow_say(other, "three");
	flow_hear(other, "three");
	ck_assert_uint_eq(nseen, 2);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_late), 2);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_dropped), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_run), 2);
	flow_client_free(&blocked);
	flow_client_free(&other);
	flow_end(&flow);
}

START_TEST(what_is_older_than_the_deadline_is_not_run)
{
	struct flow *flow = load_new();

	flow->options.deadline_ms = LATE_MS;
	late(flow, FLOW_VARINT);
}
END_TEST

START_TEST(a_listener_may_have_a_deadline_of_its_own)
{
	late(load_new(), FLOW_VARINT "?deadline=1s");
}
END_TEST

START_TEST(a_listener_may_be_without_one)
{
	struct flow *flow = load_new();
	struct flow_client *blocked, *other;

	flow->options.deadline_ms = 1;
	flow_start(flow, FLOW_VARINT "?deadline=0", &load_plugin);
	blocked = flow_client_new(&flow->bound[0]);
	other = flow_client_new(&flow->bound[0]);
	flow_say(blocked, "hold");
	FLOW_WAIT(nheld == 1, "the handler to be held");
	flow_say(other, "one");
	flow_silent(other);
	free_all();
	flow_hear(other, "one");
	flow_client_free(&blocked);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("overload", who_has_some_waiting_is_not_read_from,
    a_burst_is_no_overload, what_is_older_than_the_deadline_is_not_run,
    a_listener_may_have_a_deadline_of_its_own, a_listener_may_be_without_one)
