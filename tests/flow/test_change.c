/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_change.c - the options of a node change while clients are
 * connected (weft_node_limits()): what can change does, for those that are
 * there too, and they stay; what cannot is named, and nothing changes.
 */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "change.h"
#include "udp_client.h"
#include "witness.h"

/* ---- what cannot */

/* Each in place of what the node has. */
static const struct {
	size_t offset;
	uint32_t value;
	int rv;
	const char *words;
} cases[] = {
#define CASE(name, value, rv, words)                                          \
	{                                                                     \
		offsetof(struct weft_options, name), value, rv, words         \
	}
	CASE(workers, 3, WEFT_ESTATE,
	    "option workers: expected 2, which the node was made "
	    "with, found 3"),
	CASE(max_workers, 65, WEFT_ESTATE,
	    "option max_workers: expected at most 64, which the node "
	    "was made with, found 65"),
	CASE(max_endpoints, 65537, WEFT_ESTATE,
	    "option max_endpoints: expected at most 65536,"),
	CASE(max_strands, 65537, WEFT_ESTATE,
	    "option max_strands: expected at most 65536,"),
	CASE(max_timers, 77, WEFT_ESTATE,
	    "option max_timers: expected 1048576,"),
	CASE(signals, 1, WEFT_ESTATE, "option signals: expected 0,"),
	CASE(signals, 2, -EINVAL, "option signals: expected 0 or 1, found 2"),
	CASE(max_workers, 1, -EINVAL,
	    "option workers: expected at most max_workers, 1, found "
	    "2"),
	CASE(mailbox_low_bytes, 1u << 20, -EINVAL,
	    "option mailbox_low_bytes: expected at most "
	    "mailbox_high_bytes"),
	CASE(slow_reader, 6, -EINVAL, "option slow_reader: expected"),
	CASE(size, 3, -EINVAL, "options: expected size"),
};

START_TEST(what_cannot_change_is_named_and_nothing_changes)
{
	struct weft_options next, found = WEFT_OPTIONS_INIT;
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_error err;
	size_t i;

	look_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		next = flow->options;
		next.idle_ms = 12345;
		*(uint32_t *)(void *)((char *)&next + cases[i].offset) =
		    cases[i].value;
		ck_assert_int_eq(
		    weft_node_limits(flow->node, &next, &err), cases[i].rv);
		ck_assert_msg(strstr(err.text, cases[i].words) != NULL,
		    "expected \"%s\", found \"%s\"", cases[i].words, err.text);
		ck_assert_uint_eq(bounds_of(flow, 0).idle_ms, 0);
	}
	next = flow->options;
	next.log_arg = &next;
	ck_assert_int_eq(
	    weft_node_limits(flow->node, &next, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "option log_arg: expected"));
	next.log = NULL;
	ck_assert_int_eq(
	    weft_node_limits(flow->node, &next, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "option log: expected"));
	weft_node_options(flow->node, &found);
	ck_assert_mem_eq(&found, &flow->options, sizeof(found));
	expect_served(client, "still");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* What is not said has its default again, and the number of workers, which is
 * the machine's, stays. */
START_TEST(what_a_node_has_is_what_it_was_given_last)
{
	struct weft_options found = { .size = 12 }, small = found;
	struct flow *flow = flow_new();

	flow->options.workers = 0;
	flow->options.idle_ms = 5000;
	look_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_uint_eq(bounds_of(flow, 0).idle_ms, 5000);
	flow->options.idle_ms = 0;
	flow->options.max_message = 99;
	change(flow);
	ck_assert_uint_eq(bounds_of(flow, 0).idle_ms, 0);
	ck_assert_uint_eq(bounds_of(flow, 0).max_message, 99);
	found = (struct weft_options)WEFT_OPTIONS_INIT;
	weft_node_options(flow->node, &found);
	ck_assert_mem_eq(&found, &flow->options, sizeof(found));
	flow->options.max_message = 0;
	change(flow);
	ck_assert_uint_eq(bounds_of(flow, 0).max_message, 1u << 20);
	/* An older program has fewer. */
	weft_node_options(flow->node, &small);
	ck_assert_uint_eq(small.size, 12);
	ck_assert_uint_eq(small.mailbox_high_messages, 0);
	flow_end(&flow);
}
END_TEST

START_TEST(a_node_that_does_not_run_yet_and_one_that_has_stopped)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct flow_client *client;
	struct weft_bound bound;
	struct weft_node *node;
	struct weft_error err;

	options.workers = 2;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &flow_echo, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, flow_echo.name, &bound, &err),
	    WEFT_OK);
	options.max_message = 5;
	ck_assert_int_eq(weft_node_limits(node, &options, &err), WEFT_OK);
	options.max_strands = 10;
	ck_assert_int_eq(weft_node_limits(node, &options, NULL), WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	client = flow_client_new(&bound);
	expect_served(client, "12345");
	flow_say(client, "123456");
	(void)flow_read_end(client);
	flow_client_free(&client);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_limits(node, &options, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "has not stopped"));
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* ---- time limits of who is there */

START_TEST(who_is_idle_already_closes_when_idle_is_set)
{
	struct flow *flow = flow_new();
	struct flow_client *quiet, *said;

	flow_add(flow, "tcp+varint://127.0.0.1:0?idle=1h", &witness_echo);
	look_start(flow, FLOW_VARINT, &witness_echo);
	said = flow_client_new(&flow->bound[0]);
	quiet = flow_client_new(&flow->bound[1]);
	expect_served(said, "hello");
	expect_served(quiet, "hello");
	flow->options.idle_ms = 200;
	change(flow);
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_IDLE);
	ck_assert_int_eq(flow_read_end(quiet), 0);
	/* What its URL says goes on to hold. */
	ck_assert_uint_eq(bounds_of(flow, 0).idle_ms, 3600000);
	ck_assert_uint_eq(bounds_of(flow, 1).idle_ms, 200);
	expect_served(said, "still");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_idle), 1);
	flow_client_free(&said);
	flow_client_free(&quiet);
	flow_end(&flow);
}
END_TEST

START_TEST(a_longer_idle_spares_who_is_there)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.idle_ms = 1500;
	look_start(flow, FLOW_VARINT, &witness_echo);
	client = flow_client_new(&flow->bound[0]);
	expect_served(client, "hello");
	flow->options.idle_ms = 3600000;
	change(flow);
	flow_silent_for(client, 2500); /* nor closed */
	expect_served(client, "still");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_message_that_has_begun_is_cut_off_by_a_shorter_partial)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.partial_ms = 3600000;
	look_start(flow, FLOW_VARINT, &witness_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, "\3abc\5de", 7);
	flow_hear(client, "abc");
	flow->options.partial_ms = 100;
	change(flow);
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_PARTIAL);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(peers_of_a_datagram_listener_are_idle_too)
{
	struct flow *flow = flow_new();
	int peer;

	look_start(flow, "udp://127.0.0.1:0", &witness_echo);
	peer = udp_client(&flow->bound[0]);
	udp_say(peer, "hello");
	udp_hear(peer, "hello");
	ck_assert_uint_eq(bounds_of(flow, 0).idle_ms, 60000);
	flow->options.idle_ms = 200;
	change(flow);
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_IDLE);
	flow->options.idle_ms = 0;
	change(flow);
	ck_assert_uint_eq(bounds_of(flow, 0).idle_ms, 60000);
	udp_say(peer, "again");
	udp_hear(peer, "again");
	(void)close(peer);
	flow_end(&flow);
}
END_TEST

/* More than are looked at in one turn, each of which is in time. */
START_TEST(all_of_very_many_are_looked_at)
{
	enum {
		MANY = 2500
	};
	struct rlimit limit;
	struct flow *flow = flow_new();
	struct flow_client **clients;
	unsigned i;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 2 * MANY + 100) {
		flow_free(&flow);
		return;
	}
	clients = calloc(MANY, sizeof(*clients));
	look_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < MANY; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, MANY);
	flow->options.idle_ms = 500;
	/* Two in a row: the second begins anew. */
	change(flow);
	flow->options.idle_ms = 400;
	change(flow);
	flow_wait_count(flow, WEFT_COUNTER_closed_idle, MANY);
	for (i = 0; i < MANY; i++)
		flow_client_free(&clients[i]);
	free(clients);
	flow_end(&flow);
}
END_TEST

/* ---- how many */

START_TEST(addresses_are_counted_from_before_there_was_a_limit)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[4];

	look_start(flow, FLOW_VARINT, &flow_echo);
	clients[0] = flow_client_new(&flow->bound[0]);
	clients[1] = flow_client_new(&flow->bound[0]);
	expect_served(clients[0], "one");
	expect_served(clients[1], "two");

	flow->options.max_endpoints_per_ip = 2;
	change(flow);
	(void)bounds_of(flow, 0);
	clients[2] = flow_client_new(&flow->bound[0]);
	(void)flow_read_end(clients[2]);
	flow_wait_count(flow, WEFT_COUNTER_refused_per_ip, 1);
	flow_client_free(&clients[2]);

	flow->options.max_endpoints_per_ip = 1;
	change(flow);
	clients[2] = flow_client_new(&flow->bound[0]);
	(void)flow_read_end(clients[2]);
	flow_client_free(&clients[2]);
	expect_served(clients[0], "who is there stays");
	expect_served(clients[1], "above the limit, too");

	flow->options.max_endpoints_per_ip = 3;
	change(flow);
	clients[2] = flow_client_new(&flow->bound[0]);
	expect_served(clients[2], "three");
	clients[3] = flow_client_new(&flow->bound[0]);
	(void)flow_read_end(clients[3]);
	flow_client_free(&clients[3]);

	flow->options.max_endpoints_per_ip = 0;
	change(flow);
	clients[3] = flow_client_new(&flow->bound[0]);
	expect_served(clients[3], "any");
	flow_wait_count(flow, WEFT_COUNTER_refused_per_ip, 3);
	/* Who was counted is taken off, and who was not is not. */
	flow_client_free(&clients[0]);
	flow_client_free(&clients[3]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 2);
	flow->options.max_endpoints_per_ip = 2;
	change(flow);
	clients[0] = flow_client_new(&flow->bound[0]);
	(void)flow_read_end(clients[0]);
	flow_client_free(&clients[0]);
	flow_client_free(&clients[1]);
	flow_client_free(&clients[2]);
	flow_end(&flow);
}
END_TEST

START_TEST(who_waits_for_a_slot_is_accepted_when_there_are_more)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[3];
	uint64_t pauses;
	unsigned i;

	flow->options.max_endpoints = 3;
	look_start(flow, FLOW_VARINT, &flow_echo);
	flow->options.max_endpoints = 1;
	change(flow);
	for (i = 0; i < 3; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	expect_served(clients[0], "the one");
	flow_say(clients[1], "now");
	flow_silent(clients[1]);
	flow->options.max_endpoints = 2;
	change(flow);
	flow_hear(clients[1], "now");
	flow_say(clients[2], "and now");
	flow_silent(clients[2]);
	flow->options.max_endpoints = 3;
	change(flow);
	flow_hear(clients[2], "and now");
	/* Two too many: nobody is closed, and the next one waits for three to
	 * leave. */
	flow->options.max_endpoints = 1;
	change(flow);
	for (i = 0; i < 3; i++)
		expect_served(clients[i], "still");
	flow_client_free(&clients[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	clients[0] = flow_client_new(&flow->bound[0]);
	flow_say(clients[0], "me?");
	flow_silent(clients[0]);
	pauses = flow_count(flow, WEFT_COUNTER_accept_pauses);
	flow_client_free(&clients[1]);
	flow_silent(clients[0]);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_accept_pauses), pauses);
	flow_client_free(&clients[2]);
	flow_hear(clients[0], "me?");
	flow_client_free(&clients[0]);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("change", what_cannot_change_is_named_and_nothing_changes,
    what_a_node_has_is_what_it_was_given_last,
    a_node_that_does_not_run_yet_and_one_that_has_stopped,
    who_is_idle_already_closes_when_idle_is_set,
    a_longer_idle_spares_who_is_there,
    a_message_that_has_begun_is_cut_off_by_a_shorter_partial,
    peers_of_a_datagram_listener_are_idle_too, all_of_very_many_are_looked_at,
    addresses_are_counted_from_before_there_was_a_limit,
    who_waits_for_a_slot_is_accepted_when_there_are_more)
