/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_udp.c - datagram listeners: an endpoint for each address,
 * made by its first datagram, and what ends it; nothing is cut, joined or out
 * of order.
 */
#include "flow.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "udp_client.h"
#include "witness.h"

#define UDP "udp://127.0.0.1:0"

static uint8_t bytes[UDP_LONGEST + 100];

static struct flow *
udp_node(const char *url)
{
	struct flow *flow = flow_new();
	unsigned i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + i / 256);
	flow_start(flow, url, &witness_echo);
	return flow;
}

/* A node that does not run yet, so that what is sent waits in its socket and
 * comes with one call. */
static struct weft_node *
udp_waiting_node(const char *url, struct weft_bound *bound)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_node *node;
	struct weft_error err;
	unsigned i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + i / 256);
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(node, &witness_echo, NULL, &err), WEFT_OK);
	ck_assert_msg(weft_node_listen(
			  node, url, "witness_echo", bound, &err) == WEFT_OK,
	    "%s", err.text);
	return node;
}

static void
udp_run(struct weft_node *node)
{
	struct weft_error err;

	ck_assert_msg(weft_node_start(node, &err) == WEFT_OK, "%s", err.text);
}

static void
udp_stop(struct weft_node *node)
{
	struct weft_error err;

	weft_node_stop(node);
	ck_assert_msg(weft_node_join(node, &err) == WEFT_OK, "%s", err.text);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}

/* ---- what arrives */

START_TEST(a_datagram_is_a_message_whatever_its_size)
{
	const size_t sizes[] = { 0, 1, 1472, 2048, 2049, 16383, 16384, 65488,
		65489, UDP_LONGEST, 0, 1, 65507, 5, 70 };
	struct flow *flow = udp_node(UDP);
	int fd = udp_client(&flow->bound[0]);
	unsigned i, round;

	for (round = 0; round < 3; round++)
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			udp_send(fd, bytes + i, sizes[i]);
			udp_expect(fd, bytes + i, sizes[i]);
		}
	ck_assert_uint_eq(witness_count('o', 0), 1);
	ck_assert_uint_eq(witness_count('m', 0), 45);
	close(fd);
	flow_end(&flow);
}
END_TEST

/* They were laid out side by side, and moved together. */
START_TEST(small_and_large_ones_of_one_call_do_not_touch_each_other)
{
	const size_t sizes[] = { 20000, 100, 3000, 5, 0, 2048, 2049, 100, 7000,
		1, 30000, 40, 40, 40 };
	const unsigned n = sizeof(sizes) / sizeof(sizes[0]);
	struct weft_bound bound;
	struct weft_node *node =
	    udp_waiting_node("udp://127.0.0.1:0?rcvbuf=400K", &bound);
	int fd = udp_client(&bound);
	unsigned i;

	for (i = 0; i < n; i++)
		udp_send(fd, bytes + i * 11, sizes[i]);
	udp_run(node);
	for (i = 0; i < n; i++)
		udp_expect(fd, bytes + i * 11, sizes[i]);
	/* The first of them came with others. */
	ck_assert_uint_lt(weft_node_counter(node, WEFT_COUNTER_reads), n);
	close(fd);
	udp_stop(node);
}
END_TEST

START_TEST(every_address_is_an_endpoint_of_its_own_and_in_order)
{
	enum {
		PEERS = 5,
		EACH = 40
	};
	struct flow *flow = udp_node("udp://127.0.0.1:0?rcvbuf=1M");
	char text[32], order[EACH + 8];
	const struct witness_entry *entry;
	unsigned i, j;
	int fds[PEERS];

	for (i = 0; i < PEERS; i++)
		fds[i] = udp_client(&flow->bound[0]);
	for (j = 0; j < EACH; j++)
		for (i = 0; i < PEERS; i++) {
			(void)snprintf(text, sizeof(text), "%u of %u", j, i);
			udp_say(fds[i], text);
		}
	for (i = 0; i < PEERS; i++)
		for (j = 0; j < EACH; j++) {
			(void)snprintf(text, sizeof(text), "%u of %u", j, i);
			udp_hear(fds[i], text);
		}
	for (i = 0; i < PEERS; i++) {
		entry = witness_wait('o', 0, i + 1);
		(void)witness_wait('m', entry->id, EACH);
		witness_order(entry->id, order, sizeof(order));
		ck_assert_uint_eq(strspn(order, "om"), EACH + 1);
		ck_assert_int_eq(order[0], 'o');
		close(fds[i]);
	}
	ck_assert_uint_eq(witness_count('o', 0), PEERS);
	flow_end(&flow);
	ck_assert_uint_eq(witness_count('c', 0), PEERS);
}
END_TEST

START_TEST(a_reply_leaves_from_the_address_that_was_called)
{
	struct flow *flow = udp_node("udp://*:0");
	int one = udp_client_to(&flow->bound[0], 0x7f000007);
	int two = udp_client(&flow->bound[0]);

	/* A connected socket hears that address only. */
	udp_say(one, "to .7");
	udp_hear(one, "to .7");
	udp_say(two, "to .1");
	udp_hear(two, "to .1");
	close(one);
	close(two);
	flow_end(&flow);
}
END_TEST

START_TEST(one_that_is_too_big_is_dropped_and_said)
{
	struct flow *flow = udp_node("udp://127.0.0.1:0?max_message=3000");
	int fd = udp_client(&flow->bound[0]);
	const struct flow_line *line;

	udp_send(fd, bytes, 3000);
	udp_expect(fd, bytes, 3000);
	udp_send(fd, bytes, 3001);
	udp_send(fd, bytes, 60000);
	udp_say(fd, "after");
	udp_hear(fd, "after");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_datagrams_toobig), 2);
	line = flow_wait_log(flow, "IO-DATAGRAM-TOOBIG");
	ck_assert_ptr_nonnull(strstr(line->text, "at most 3000"));
	ck_assert_ptr_nonnull(strstr(line->text, "found 3001"));
	ck_assert_uint_eq(witness_count('o', 0), 1);
	ck_assert_uint_eq(witness_count('m', 0), 2);
	close(fd);
	flow_end(&flow);
}
END_TEST

/* ---- who is there */

START_TEST(who_was_not_heard_of_for_longest_makes_room)
{
	struct flow *flow = udp_node("udp://127.0.0.1:0?max_peers=2");
	int a = udp_client(&flow->bound[0]), b = udp_client(&flow->bound[0]),
	    c = udp_client(&flow->bound[0]);
	uint64_t second;

	udp_say(a, "a");
	udp_hear(a, "a");
	udp_say(b, "b");
	udp_hear(b, "b");
	second = witness_wait('o', 0, 2)->id;
	udp_say(a, "a again");
	udp_hear(a, "a again");
	udp_say(c, "c");
	udp_hear(c, "c");
	ck_assert_int_eq(
	    witness_wait('c', second, 1)->why, WEFT_REASON_EVICTED);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_evicted), 1);
	flow_wait_log(flow, "IO-EVICTED");
	udp_say(a, "still");
	udp_hear(a, "still");
	ck_assert_uint_eq(witness_count('o', 0), 3);
	close(a);
	close(b);
	close(c);
	flow_end(&flow);
}
END_TEST

/* All in one call: what came from one is said before its end is. */
START_TEST(with_room_for_one_each_is_heard_before_it_is_closed)
{
	struct weft_bound bound;
	struct weft_node *node =
	    udp_waiting_node("udp://127.0.0.1:0?max_peers=1", &bound);
	int a = udp_client(&bound), b = udp_client(&bound);
	char order[8];
	unsigned i;

	for (i = 0; i < 6; i++)
		udp_say(i % 2 == 0 ? a : b, "here");
	udp_run(node);
	(void)witness_wait('m', 0, 6);
	(void)witness_wait('c', 0, 5);
	udp_stop(node);
	(void)witness_wait('c', 0, 6);
	for (i = 1; i <= 6; i++) {
		witness_order(witness_wait('o', 0, i)->id, order, 8);
		ck_assert_str_eq(order, "omc");
	}
	close(a);
	close(b);
}
END_TEST

START_TEST(one_that_says_nothing_is_idle_and_may_come_back)
{
	struct flow *flow = udp_node("udp://127.0.0.1:0?idle=200ms");
	int quiet = udp_client(&flow->bound[0]),
	    busy = udp_client(&flow->bound[0]);
	uint64_t first, began = flow_now_ms();

	udp_say(quiet, "one");
	udp_hear(quiet, "one");
	first = witness_wait('o', 0, 1)->id;
	while (witness_count('c', first) == 0 &&
	    flow_now_ms() - began < FLOW_DEADLINE_MS) {
		udp_say(busy, "tick");
		udp_hear(busy, "tick");
	}
	ck_assert_int_eq(witness_wait('c', first, 1)->why, WEFT_REASON_IDLE);
	ck_assert_uint_ge(flow_now_ms() - began, 200);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_closed_idle), 1);
	flow_wait_log(flow, "IO-IDLE");
	udp_say(quiet, "two");
	udp_hear(quiet, "two");
	ck_assert_uint_eq(witness_count('m', first), 1);
	close(quiet);
	close(busy);
	flow_end(&flow);
}
END_TEST

START_TEST(after_a_close_the_next_datagram_is_somebody_new)
{
	struct flow *flow = udp_node(UDP);
	int fd = udp_client(&flow->bound[0]);
	uint64_t first;

	udp_say(fd, "one");
	udp_hear(fd, "one");
	first = witness_wait('o', 0, 1)->id;
	ck_assert_int_eq(
	    weft_node_close(flow->node, (weft_endpoint){ first }), WEFT_OK);
	ck_assert_int_eq(witness_wait('c', first, 1)->why, WEFT_REASON_LOCAL);
	udp_say(fd, "two");
	udp_hear(fd, "two");
	ck_assert_uint_eq(witness_count('o', 0), 2);
	ck_assert_uint_eq(witness_count('m', first), 1);
	first = witness_wait('o', 0, 2)->id;
	ck_assert_int_eq(
	    weft_node_abort(flow->node, (weft_endpoint){ first }), WEFT_OK);
	ck_assert_int_eq(witness_wait('c', first, 1)->why, WEFT_REASON_ABORT);
	udp_say(fd, "three");
	udp_hear(fd, "three");
	ck_assert_uint_eq(witness_count('o', 0), 3);
	close(fd);
	flow_end(&flow);
}
END_TEST

/* Until it is answered. */
static void
udp_ask(int fd, const char *text)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	struct timespec due = flow_due(FLOW_DEADLINE_MS);

	do {
		ck_assert_msg(flow_left_ms(&due) > 0, "no answer");
		udp_say(fd, text);
	} while (poll(&pollfd, 1, 50) == 0);
	udp_hear(fd, text);
}

START_TEST(one_address_has_no_more_than_its_share)
{
	struct flow *flow =
	    udp_node("udp://127.0.0.1:0?max_endpoints_per_ip=1");
	int one = udp_client(&flow->bound[0]),
	    two = udp_client(&flow->bound[0]);

	udp_say(one, "one");
	udp_hear(one, "one");
	udp_say(two, "two");
	flow_wait_count(flow, WEFT_COUNTER_datagrams_dropped, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_refused_per_ip), 1);
	flow_wait_log(flow, "IO-DATAGRAM-DROPPED");
	ck_assert_int_eq(weft_node_close(flow->node,
			     (weft_endpoint){ witness_wait('o', 0, 1)->id }),
	    WEFT_OK);
	/* Its place is free when it has gone altogether; until then there is
	 * no answer. */
	udp_ask(two, "two again");
	close(one);
	close(two);
	flow_end(&flow);
}
END_TEST

/* ---- above the mark */

static bool gate_open, gate_reached;

static void
gate_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 4 && memcmp(msg.data, "wait", 4) == 0) {
		flow_lock();
		gate_reached = true;
		flow_notify();
		flow_unlock();
		FLOW_HOLD(gate_open);
	}
	(void)weft_send(call, from, msg);
}

static const struct weft_plugin gate =
    WEFT_PLUGIN_INIT(.name = "gate", .message = gate_message);

START_TEST(what_a_full_mailbox_cannot_take_is_dropped_for_that_peer_only)
{
	enum {
		SENT = 200
	};
	struct flow *flow = flow_new();
	uint64_t dropped, run;
	int slow, good;
	unsigned i;

	flow->options.mailbox_high_messages = 16;
	flow->options.mailbox_low_messages = 8;
	flow_start(flow, UDP, &gate);
	slow = udp_client(&flow->bound[0]);
	good = udp_client(&flow->bound[0]);
	udp_say(slow, "wait");
	FLOW_WAIT(gate_reached, "the handler to be held");
	for (i = 0; i < SENT; i++) {
		udp_say(slow, "more");
		/* So that all of them are read one by one, and in between
		 * the other is served. */
		udp_say(good, "good");
		udp_hear(good, "good");
	}
	dropped = flow_count(flow, WEFT_COUNTER_datagrams_dropped);
	ck_assert_uint_ge(dropped, SENT - 2 * 16);
	ck_assert_uint_lt(dropped, SENT);
	ck_assert_ptr_nonnull(strstr(
	    flow_wait_log(flow, "IO-DATAGRAM-DROPPED")->text, "mailbox"));
	flow_lock();
	gate_open = true;
	flow_notify();
	flow_unlock();
	udp_hear(slow, "wait");
	for (i = 0; i < SENT - dropped; i++)
		udp_hear(slow, "more");
	udp_say(slow, "again");
	udp_hear(slow, "again");
	run = flow_count(flow, WEFT_COUNTER_messages_run);
	ck_assert_uint_eq(run, 1 + SENT + SENT - dropped + 1);
	close(slow);
	close(good);
	flow_end(&flow);
}
END_TEST

/* ---- the end */

START_TEST(unlisten_closes_its_peers_and_replies_still_leave)
{
	struct flow *flow = udp_node(UDP);
	unsigned files = flow_descriptors();
	struct weft_bound bound;
	struct weft_error err;
	int one, two;

	ck_assert_int_eq(
	    weft_node_listen(flow->node, UDP, "witness_echo", &bound, &err),
	    WEFT_OK);
	one = udp_client(&bound);
	two = udp_client(&flow->bound[0]);
	udp_say(one, "one");
	udp_hear(one, "one");
	udp_say(two, "two");
	udp_hear(two, "two");
	ck_assert_int_eq(weft_node_send(flow->node,
			     (weft_endpoint){ witness_wait('o', 0, 1)->id },
			     (struct weft_bytes){ "last", 4 }),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, bound.listener), WEFT_OK);
	udp_hear(one, "last");
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_UNLISTEN);
	/* Its socket goes, nobody else's. */
	FLOW_WAIT(flow_descriptors() == files + 2, "the socket to close");
	udp_say(two, "still");
	udp_hear(two, "still");
	ck_assert_uint_eq(witness_count('c', 0), 1);
	close(one);
	close(two);
	flow_end(&flow);
}
END_TEST

START_TEST(a_stop_closes_every_peer_once)
{
	enum {
		PEERS = 200
	};
	struct flow *flow = udp_node(UDP);
	int fds[PEERS];
	unsigned i;

	for (i = 0; i < PEERS; i++) {
		fds[i] = udp_client(&flow->bound[0]);
		udp_say(fds[i], "hello");
	}
	(void)witness_wait('m', 0, PEERS);
	for (i = 0; i < PEERS; i++)
		udp_say(fds[i], "in flight");
	flow_end(&flow);
	ck_assert_uint_eq(witness_count('o', 0), PEERS);
	ck_assert_uint_eq(witness_count('c', 0), PEERS);
	for (i = 1; i <= PEERS; i++)
		ck_assert_int_eq(
		    witness_wait('c', 0, i)->why, WEFT_REASON_STOPPING);
	for (i = 0; i < PEERS; i++)
		close(fds[i]);
}
END_TEST

FLOW_MAIN("udp", a_datagram_is_a_message_whatever_its_size,
    small_and_large_ones_of_one_call_do_not_touch_each_other,
    every_address_is_an_endpoint_of_its_own_and_in_order,
    a_reply_leaves_from_the_address_that_was_called,
    one_that_is_too_big_is_dropped_and_said,
    who_was_not_heard_of_for_longest_makes_room,
    with_room_for_one_each_is_heard_before_it_is_closed,
    one_that_says_nothing_is_idle_and_may_come_back,
    after_a_close_the_next_datagram_is_somebody_new,
    one_address_has_no_more_than_its_share,
    what_a_full_mailbox_cannot_take_is_dropped_for_that_peer_only,
    unlisten_closes_its_peers_and_replies_still_leave,
    a_stop_closes_every_peer_once)
