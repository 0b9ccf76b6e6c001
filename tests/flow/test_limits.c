/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_limits.c - too many clients: above max_endpoints, and out of
 * descriptors, they wait in the backlog and are served when one leaves.
 *
 * Client and node share one process, so a client's socket is made before the
 * descriptors run out, and connected after.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "flow_client.h"

static void
expect_served(struct flow_client *client, const char *words)
{
	flow_say(client, words);
	flow_hear(client, words);
}

START_TEST(above_max_endpoints_a_client_waits_until_one_leaves)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[3];
	const struct flow_line *line;
	unsigned i;

	flow->options.max_endpoints = 2;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < 3; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	expect_served(clients[0], "first");
	expect_served(clients[1], "second");
	flow_say(clients[2], "third");
	line = flow_wait_log(flow, "IO-ACCEPT-PAUSED");
	ck_assert_ptr_nonnull(strstr(line->text, "max_endpoints"));
	flow_silent(clients[2]);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_accept_pauses), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_now), 2);
	expect_served(clients[0], "first again");

	flow_client_free(&clients[1]);
	flow_hear(clients[2], "third");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_opened), 3);
	(void)flow_wait_log(flow, "IO-ACCEPT-RESUMED");
	flow_client_free(&clients[0]);
	flow_client_free(&clients[2]);
	flow_end(&flow);
}
END_TEST

START_TEST(forty_clients_take_turns_in_two_places)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[40];
	unsigned i;

	flow->options.max_endpoints = 2;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < 40; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		flow_say(clients[i], "my turn");
	}
	for (i = 0; i < 40; i++) {
		flow_hear(clients[i], "my turn");
		flow_client_free(&clients[i]);
	}
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 40);
	flow_end(&flow);
}
END_TEST

/* Leave the process room for count more descriptors; returns the limit that
 * was. */
static struct rlimit
limit_descriptors(unsigned count)
{
	struct rlimit before, now;
	int fd = dup(0);

	/* The lowest free one: below it there is no gap. */
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)fd + count;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
	return before;
}

START_TEST(out_of_descriptors_a_client_waits_and_nothing_spins)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[3];
	const struct flow_line *line;
	struct rlimit before;
	uint64_t cpu_ms;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < 3; i++)
		clients[i] = flow_client_socket(&flow->bound[0]);
	flow_client_connect(clients[0], &flow->bound[0]);
	expect_served(clients[0], "first");

	/* The last descriptor goes to the second, and the third waits. */
	before = limit_descriptors(1);
	flow_client_connect(clients[1], &flow->bound[0]);
	expect_served(clients[1], "second");
	flow_client_connect(clients[2], &flow->bound[0]);
	flow_say(clients[2], "third");
	line = flow_wait_log(flow, "IO-ACCEPT-PAUSED");
	ck_assert_msg(strstr(line->text, "EMFILE") != NULL,
	    "expected EMFILE to be named, found: %s", line->text);
	cpu_ms = flow_cpu_ms();
	flow_silent(clients[2]);
	cpu_ms = flow_cpu_ms() - cpu_ms;
	ck_assert_msg(cpu_ms < FLOW_WINDOW_MS / 2,
	    "expected a node that waits, found %llu ms of CPU in %u ms",
	    (unsigned long long)cpu_ms, FLOW_WINDOW_MS);
	ck_assert_uint_eq(flow_logged(flow, "IO-ACCEPT-PAUSED"), 1);
	expect_served(clients[0], "first again");
	expect_served(clients[1], "second again");

	flow_client_free(&clients[0]);
	flow_hear(clients[2], "third");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	flow_client_free(&clients[1]);
	flow_client_free(&clients[2]);
	flow_end(&flow);
}
END_TEST

START_TEST(a_descriptor_that_somebody_else_frees_is_found)
{
	struct flow *flow = flow_new();
	struct flow_client *first, *client;
	struct rlimit before;
	int fd;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	/* Served: the threads have started, and hold no descriptor for a
	 * moment as they do then. */
	first = flow_client_new(&flow->bound[0]);
	expect_served(first, "first");
	client = flow_client_socket(&flow->bound[0]);
	fd = dup(0);
	ck_assert_int_ge(fd, 0);
	before = limit_descriptors(0);
	flow_client_connect(client, &flow->bound[0]);
	flow_say(client, "hello?");
	(void)flow_wait_log(flow, "IO-ACCEPT-PAUSED");
	flow_silent(client);
	/* No endpoint closes: the node has to look by itself. */
	ck_assert_int_eq(close(fd), 0);
	flow_hear(client, "hello?");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	flow_client_free(&client);
	flow_client_free(&first);
	flow_end(&flow);
}
END_TEST

START_TEST(a_node_that_is_stopped_while_it_is_full_stops)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[2];

	flow->options.max_endpoints = 1;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	clients[0] = flow_client_new(&flow->bound[0]);
	expect_served(clients[0], "first");
	clients[1] = flow_client_new(&flow->bound[0]);
	(void)flow_wait_log(flow, "IO-ACCEPT-PAUSED");
	flow_end(&flow);
	flow_client_free(&clients[0]);
	flow_client_free(&clients[1]);
}
END_TEST

START_TEST(an_idle_node_with_clients_uses_no_cpu)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[20];
	uint64_t cpu_ms;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < 20; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		expect_served(clients[i], "now quiet");
	}
	cpu_ms = flow_cpu_ms();
	flow_silent(clients[0]);
	cpu_ms = flow_cpu_ms() - cpu_ms;
	ck_assert_msg(cpu_ms < FLOW_WINDOW_MS / 10,
	    "expected a node that sleeps, found %llu ms of CPU in %u ms",
	    (unsigned long long)cpu_ms, FLOW_WINDOW_MS);
	for (i = 0; i < 20; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("limits", above_max_endpoints_a_client_waits_until_one_leaves,
    forty_clients_take_turns_in_two_places,
    out_of_descriptors_a_client_waits_and_nothing_spins,
    a_descriptor_that_somebody_else_frees_is_found,
    a_node_that_is_stopped_while_it_is_full_stops,
    an_idle_node_with_clients_uses_no_cpu)
