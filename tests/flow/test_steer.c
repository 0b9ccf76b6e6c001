/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_steer.c - listeners are suspended and resumed, and a node is
 * drained.
 */
#include "flow.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_client.h"
#include "look_wait.h"
#include "udp_client.h"
#include "ws_client.h"

/* What the I/O thread was told before is done when it has answered this. */
static struct weft_listener_info
listener_of(struct flow *flow, uint32_t index)
{
	struct weft_listener_info info;

	ck_assert_int_eq(
	    weft_node_listener_at(flow->node, index, &info), WEFT_OK);
	return info;
}

static void
suspend(struct flow *flow, uint32_t index, bool on)
{
	weft_listener listener = flow->bound[index].listener;

	ck_assert_int_eq(on ? weft_node_suspend(flow->node, listener) :
			      weft_node_resume(flow->node, listener),
	    WEFT_OK);
	ck_assert_uint_eq(listener_of(flow, index).suspended, on);
}

static void
expect_served(struct flow_client *client, const char *words)
{
	flow_say(client, words);
	flow_hear(client, words);
}

START_TEST(clients_of_a_suspended_listener_wait_in_the_backlog)
{
	struct flow *flow = flow_new();
	struct flow_client *before, *during, *other;

	flow_add(flow, FLOW_VARINT, &flow_echo);
	look_start(flow, FLOW_VARINT, &flow_echo);
	before = flow_client_new(&flow->bound[0]);
	expect_served(before, "before");
	suspend(flow, 0, true);
	suspend(flow, 0, true);

	during = flow_client_new(&flow->bound[0]);
	flow_say(during, "during");
	flow_silent(during);
	expect_served(before, "who is there goes on");
	other = flow_client_new(&flow->bound[1]);
	expect_served(other, "and so do other listeners");
	ck_assert_uint_eq(listener_of(flow, 0).endpoints, 1);

	suspend(flow, 0, false);
	flow_hear(during, "during");
	ck_assert_uint_eq(flow_logged(flow, "IO-SUSPENDED"), 1);
	ck_assert_uint_eq(flow_logged(flow, "IO-RESUMED"), 1);
	flow_client_free(&before);
	flow_client_free(&during);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

/* Accepting that is paused for another cause does not resume it. */
START_TEST(a_suspended_listener_stays_so_when_slots_become_free)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[2];

	flow->options.max_endpoints = 1;
	flow_add(flow, FLOW_VARINT, &flow_echo);
	look_start(flow, FLOW_VARINT, &flow_echo);
	clients[0] = flow_client_new(&flow->bound[0]);
	expect_served(clients[0], "the one");
	clients[1] = flow_client_new(&flow->bound[1]);
	(void)flow_wait_log(flow, "IO-ACCEPT-PAUSED");
	suspend(flow, 1, true);
	flow_client_free(&clients[0]);
	(void)flow_wait_log(flow, "IO-ACCEPT-RESUMED");
	flow_say(clients[1], "now");
	flow_silent(clients[1]);
	suspend(flow, 1, false);
	flow_hear(clients[1], "now");
	flow_client_free(&clients[1]);
	flow_end(&flow);
}
END_TEST

START_TEST(new_peers_of_a_suspended_datagram_listener_are_dropped)
{
	struct flow *flow = flow_new();
	int known, unknown;

	look_start(flow, "udp://127.0.0.1:0", &flow_echo);
	known = udp_client(&flow->bound[0]);
	udp_say(known, "hello");
	udp_hear(known, "hello");
	suspend(flow, 0, true);
	unknown = udp_client(&flow->bound[0]);
	udp_say(unknown, "hello?");
	flow_wait_count(flow, WEFT_COUNTER_datagrams_suspended, 1);
	udp_say(known, "again");
	udp_hear(known, "again");
	suspend(flow, 0, false);
	udp_say(unknown, "hello!");
	udp_hear(unknown, "hello!");
	(void)close(known);
	(void)close(unknown);
	flow_end(&flow);
}
END_TEST

START_TEST(a_path_of_a_shared_port_is_suspended_by_itself)
{
	struct flow *flow = flow_new();
	struct weft_bound two;
	struct flow_client *client;
	char url[64], answer[1024];

	look_start(flow, "ws://127.0.0.1:0/one", &flow_echo);
	(void)snprintf(url, sizeof(url), "ws://127.0.0.1:%u/two",
	    (unsigned)atoi(strrchr(flow->bound[0].url, ':') + 1));
	ck_assert_int_eq(
	    weft_node_listen(flow->node, url, flow_echo.name, &two, NULL),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_suspend(flow->node, two.listener), WEFT_OK);
	ck_assert_uint_eq(listener_of(flow, 1).suspended, 1);

	client = flow_client_new(&flow->bound[0]);
	ws_open(client, "/one");
	ck_assert_uint_eq(listener_of(flow, 0).endpoints, 1);
	flow_client_free(&client);
	client = flow_client_new(&flow->bound[0]);
	ws_ask(client, "/two", "");
	(void)flow_wait_log(flow, "IO-HANDSHAKE");
	flow_client_free(&client);

	/* All of them: clients wait. */
	suspend(flow, 0, true);
	client = flow_client_new(&flow->bound[0]);
	ws_ask(client, "/two", "");
	flow_silent(client);
	ck_assert_int_eq(weft_node_resume(flow->node, two.listener), WEFT_OK);
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	ck_assert_uint_eq(listener_of(flow, 1).endpoints, 1);
	ck_assert_uint_eq(listener_of(flow, 1).accepted, 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(what_is_no_listener_is_neither_suspended_nor_resumed)
{
	struct flow *flow = flow_new();
	weft_listener none = { 4711 };

	look_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(
	    weft_node_suspend(flow->node, none), WEFT_ENOLISTENER);
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, flow->bound[0].listener), WEFT_OK);
	ck_assert_int_eq(weft_node_resume(flow->node, flow->bound[0].listener),
	    WEFT_ENOLISTENER);
	flow_end(&flow);
}
END_TEST

START_TEST(a_drained_node_stops_when_its_last_client_has_gone)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[2];
	struct weft_error err;

	look_start(flow, FLOW_VARINT, &flow_echo);
	clients[0] = flow_client_new(&flow->bound[0]);
	clients[1] = flow_client_new(&flow->bound[0]);
	expect_served(clients[0], "one");
	expect_served(clients[1], "two");
	ck_assert_int_eq(weft_node_phase(flow->node), WEFT_PHASE_SERVING);
	ck_assert_int_eq(weft_node_drain(flow->node, 0), WEFT_OK);
	(void)flow_wait_log(flow, "IO-DRAINING");
	ck_assert_int_eq(weft_node_phase(flow->node), WEFT_PHASE_DRAINING);
	(void)flow_wait_log(flow, "IO-UNLISTENED");
	LOOK_WAIT(flow_refused(&flow->bound[0]), "its socket to be closed");
	ck_assert_int_eq(weft_node_listen(flow->node, FLOW_VARINT,
			     flow_echo.name, NULL, &err),
	    WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "drains"));

	expect_served(clients[0], "who is there is served");
	flow_client_free(&clients[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	expect_served(clients[1], "up to the last");
	flow_client_free(&clients[1]);
	flow_join(flow); /* nobody called weft_node_stop() */
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_free(&flow);
}
END_TEST

START_TEST(a_drained_node_without_clients_stops_at_once)
{
	struct flow *flow = flow_new();

	look_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(weft_node_drain(flow->node, 0), WEFT_OK);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_free(&flow);
}
END_TEST

START_TEST(a_drained_node_stops_at_its_deadline)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	look_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	expect_served(client, "hello");
	ck_assert_int_eq(weft_node_drain(flow->node, 0), WEFT_OK);
	(void)flow_wait_log(flow, "IO-DRAINING");
	flow_silent(client);
	/* Again, with a deadline this time. */
	ck_assert_int_eq(weft_node_drain(flow->node, 50), WEFT_OK);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

START_TEST(a_drain_closes_a_shared_port_and_keeps_datagram_peers)
{
	struct flow *flow = flow_new();
	char url[64];
	int known, unknown;

	flow_add(flow, "ws://127.0.0.1:0/one", &flow_echo);
	look_start(flow, "udp://127.0.0.1:0", &flow_echo);
	(void)snprintf(url, sizeof(url), "ws://127.0.0.1:%u/two",
	    (unsigned)atoi(strrchr(flow->bound[0].url, ':') + 1));
	ck_assert_int_eq(
	    weft_node_listen(flow->node, url, flow_echo.name, NULL, NULL),
	    WEFT_OK);
	known = udp_client(&flow->bound[1]);
	udp_say(known, "hello");
	udp_hear(known, "hello");
	ck_assert_int_eq(weft_node_drain(flow->node, 0), WEFT_OK);
	LOOK_WAIT(flow_refused(&flow->bound[0]), "its socket to be closed");
	ck_assert_uint_eq(flow_logged(flow, "IO-UNLISTENED"), 2);
	unknown = udp_client(&flow->bound[1]);
	udp_say(unknown, "hello?");
	flow_wait_count(flow, WEFT_COUNTER_datagrams_suspended, 1);
	udp_say(known, "again");
	udp_hear(known, "again");
	ck_assert_int_eq(weft_node_drain(flow->node, 1), WEFT_OK);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	(void)close(known);
	(void)close(unknown);
	flow_free(&flow);
}
END_TEST

START_TEST(connections_of_ours_do_not_hold_up_a_drain)
{
	struct flow *flow = flow_new(), *other = flow_new();
	weft_endpoint to;

	look_start(other, FLOW_VARINT, &flow_echo);
	look_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(
	    weft_node_connect_wait(flow->node, other->bound[0].url,
		flow_echo.name, FLOW_DEADLINE_MS, &to, NULL),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_drain(flow->node, 0), WEFT_OK);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_free(&flow);
	flow_end(&other);
}
END_TEST

START_TEST(a_node_that_stops_is_not_drained)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	look_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	expect_served(client, "hello");
	weft_node_stop(flow->node);
	ck_assert_int_eq(weft_node_phase(flow->node), WEFT_PHASE_STOPPING);
	ck_assert_int_eq(weft_node_drain(flow->node, 0), WEFT_ESTATE);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("steer", clients_of_a_suspended_listener_wait_in_the_backlog,
    a_suspended_listener_stays_so_when_slots_become_free,
    new_peers_of_a_suspended_datagram_listener_are_dropped,
    a_path_of_a_shared_port_is_suspended_by_itself,
    what_is_no_listener_is_neither_suspended_nor_resumed,
    a_drained_node_stops_when_its_last_client_has_gone,
    a_drained_node_without_clients_stops_at_once,
    a_drained_node_stops_at_its_deadline,
    a_drain_closes_a_shared_port_and_keeps_datagram_peers,
    connections_of_ours_do_not_hold_up_a_drain,
    a_node_that_stops_is_not_drained)
