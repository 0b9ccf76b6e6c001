/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_inspect.c - what a node tells of its listeners, plugins,
 * endpoints and workers.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_client.h"
#include "look_wait.h"

static bool hold; /* under flow_lock(): handlers wait */
static unsigned nheld;

/* Everybody is in the lobby, hears of two things, and is held up on demand. */
static void
room_opened(struct weft_call *call, weft_endpoint from)
{
	weft_strand lobby;

	ck_assert_int_eq(weft_strand_get(call, "lobby", &lobby), WEFT_OK);
	ck_assert_int_eq(weft_bind(from, lobby), WEFT_OK);
	weft_strand_release(lobby);
	ck_assert_int_eq(weft_subscribe(call, from, "news/+"), WEFT_OK);
	ck_assert_int_eq(weft_subscribe(call, from, "weather"), WEFT_OK);
}

static void
room_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	flow_lock();
	nheld++;
	flow_notify();
	flow_unlock();
	FLOW_HOLD(!hold);
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static const struct weft_plugin room = WEFT_PLUGIN_INIT(.name = "room",
    .version = "4.2", .opened = room_opened, .message = room_message);

static void
let_go(void)
{
	flow_lock();
	hold = false;
	flow_notify();
	flow_unlock();
}

/* All endpoints, n at a time. */
static unsigned
all(struct flow *flow, struct weft_endpoint_entry *list, size_t size, size_t n)
{
	uint64_t cursor = 0;
	unsigned count = 0;
	int rv;

	while ((rv = weft_node_endpoints(flow->node, &cursor, list + count,
		    n < size - count ? n : size - count)) > 0)
		count += (unsigned)rv;
	ck_assert_int_eq(rv, 0);
	return count;
}

START_TEST(each_listener_is_told_with_what_it_has)
{
	struct flow *flow = flow_new();
	struct weft_listener_info info;
	struct flow_client *clients[3];
	unsigned i;

	flow_add(flow, "tcp+line://127.0.0.1:0?max_message=77", &room);
	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < 3; i++) {
		clients[i] = flow_client_new(&flow->bound[1]);
		flow_say(clients[i], "hello");
		flow_hear(clients[i], "hello");
	}
	flow_client_free(&clients[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	ck_assert_int_eq(weft_node_listener_at(flow->node, 0, &info), WEFT_OK);
	ck_assert_str_eq(info.url, flow->bound[0].url);
	ck_assert(info.listener.id == flow->bound[0].listener.id);
	ck_assert_str_eq(info.plugin, "room");
	ck_assert_str_eq(info.codec, "line");
	ck_assert_uint_eq(info.endpoints, 0);
	ck_assert_uint_eq(info.bounds.max_message, 77);
	LOOK_WAIT(weft_node_listener_at(flow->node, 1, &info) == WEFT_OK &&
		info.endpoints == 2,
	    "one of three to be gone");
	ck_assert_str_eq(info.transport, "tcp");
	ck_assert_str_eq(info.codec, "varint");
	ck_assert_uint_eq(info.accepted, 3);
	ck_assert_uint_eq(info.suspended, 0);
	ck_assert_int_eq(
	    weft_node_listener_at(flow->node, 2, &info), WEFT_ENOLISTENER);
	for (i = 1; i < 3; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

START_TEST(each_plugin_is_told)
{
	const char *folder = getenv("WEFT_TEST_PLUGINS");
	struct flow *flow = flow_new();
	struct weft_plugin_info info;
	char file[512];

	ck_assert_ptr_nonnull(folder);
	(void)snprintf(file, sizeof(file), "%s/good.so", folder);
	flow->load = file;
	flow_start(flow, FLOW_VARINT, &room);
	ck_assert_int_eq(weft_node_plugin_at(flow->node, 0, &info), WEFT_OK);
	ck_assert_str_eq(info.file, file);
	ck_assert_uint_ne(info.hash, 0);
	ck_assert_uint_le(info.since, (uint64_t)time(NULL));
	ck_assert_uint_gt(info.since + 3600, (uint64_t)time(NULL));
	ck_assert_int_eq(weft_node_plugin_at(flow->node, 1, &info), WEFT_OK);
	ck_assert_str_eq(info.name, "room");
	ck_assert_str_eq(info.version, "4.2");
	ck_assert_str_eq(info.file, "");
	ck_assert_uint_eq(info.hash, 0);
	ck_assert_int_eq(
	    weft_node_plugin_at(flow->node, 2, &info), WEFT_ENOPLUGIN);
	flow_end(&flow);
}
END_TEST

START_TEST(an_endpoint_is_told_with_its_strand_and_subscriptions)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_entry list[2], entry;
	struct weft_bounds bounds;
	struct flow_client *client;

	flow->options.outbox_high_bytes = 54321;
	flow_start(flow, FLOW_VARINT, &room);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hello");
	flow_hear(client, "hello");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2);
	ck_assert_uint_eq(all(flow, list, 2, 1), 1);
	ck_assert_int_eq(
	    weft_node_endpoint(flow->node, list[0].endpoint, &entry, &bounds),
	    WEFT_OK);
	ck_assert(entry.endpoint.id == list[0].endpoint.id);
	ck_assert(entry.listener.id == flow->bound[0].listener.id);
	ck_assert_str_eq(entry.plugin, "room");
	ck_assert_str_eq(entry.strand_name, "lobby");
	ck_assert_uint_ne(entry.strand.id, 0);
	ck_assert_uint_eq(entry.subscriptions, 2);
	ck_assert_uint_eq(entry.paused, 0);
	ck_assert_uint_eq(entry.mailbox_messages, 0);
	ck_assert_int_eq(entry.info.state, WEFT_ENDPOINT_OPEN);
	ck_assert_str_eq(entry.info.codec, "varint");
	ck_assert_uint_eq(entry.info.messages_in, 1);
	ck_assert_uint_eq(bounds.outbox_high_bytes, 54321);
	flow_client_free(&client);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	LOOK_WAIT(weft_node_endpoint(flow->node, list[0].endpoint, &entry,
		      NULL) == WEFT_ENOENDPOINT,
	    "its name to be stale");
	flow_end(&flow);
}
END_TEST

START_TEST(a_connection_of_ours_has_no_listener)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_entry list[3];
	weft_endpoint to;
	unsigned i, ours = 0;

	look_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(weft_node_connect_wait(flow->node, flow->bound[0].url,
			     WEFT_PULL, FLOW_DEADLINE_MS, &to, NULL),
	    WEFT_OK);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 2);
	ck_assert_uint_eq(all(flow, list, 3, 3), 2);
	for (i = 0; i < 2; i++)
		if (list[i].endpoint.id == to.id) {
			ours++;
			ck_assert(list[i].listener.id == 0);
			ck_assert_str_eq(list[i].plugin, "");
			ck_assert_uint_eq(list[i].strand.id, 0);
		} else {
			ck_assert(
			    list[i].listener.id == flow->bound[0].listener.id);
		}
	ck_assert_uint_eq(ours, 1);
	flow_end(&flow);
}
END_TEST

START_TEST(why_an_endpoint_is_not_read_from_is_told)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_entry entry;
	struct weft_workers_info workers;
	struct flow_client *client;

	hold = true;
	flow->options.mailbox_high_messages = 4;
	flow_start(flow, FLOW_VARINT, &room);
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, 8, 0, 50);
	FLOW_WAIT(nheld == 1, "the first one to be held up");
	flow_wait_count(flow, WEFT_COUNTER_read_pauses, 1);
	LOOK_WAIT(all(flow, &entry, 1, 1) == 1 && entry.paused != 0,
	    "reading to be paused");
	ck_assert_uint_eq(entry.paused, WEFT_PAUSED_MAILBOX);
	ck_assert_uint_ge(entry.mailbox_messages, 4);
	ck_assert_uint_ge(entry.mailbox_bytes, 4 * 8);
	LOOK_WAIT((weft_node_workers(flow->node, &workers),
		      workers.longest_ns > 1000000),
	    "the handler to have run for 1 ms");
	ck_assert_uint_eq(workers.workers, 2);
	ck_assert_uint_ge(workers.busy, 1);
	let_go();
	flow_number_recv(client, 8, 0, 50);
	LOOK_WAIT(all(flow, &entry, 1, 1) == 1 && entry.paused == 0 &&
		entry.mailbox_messages == 0,
	    "reading to go on");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_peer_that_does_not_read_is_told)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_entry entry;
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new_small(&flow->bound[0]);
	(void)flow_number_fill(client, 60000, UINT64_C(64) << 20);
	LOOK_WAIT(all(flow, &entry, 1, 1) == 1 &&
		(entry.paused & WEFT_PAUSED_OUTBOX) != 0,
	    "reading to be paused for the outbox");
	ck_assert_uint_gt(entry.info.queued_bytes, 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Of those that are there all the time none is missed or doubled, whoever
 * comes and goes meanwhile. */
START_TEST(three_hundred_endpoints_are_told_once_while_others_come_and_go)
{
	static struct weft_endpoint_entry list[600];
	static struct flow_client *clients[300];
	struct flow *flow = flow_new();
	uint64_t first_ids[300] = { 0 };
	struct flow_client *guest;
	unsigned i, j, k, n, seen;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < 300; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 300);
	ck_assert_uint_eq(all(flow, list, 600, 600), 300);
	for (i = 0; i < 300; i++)
		first_ids[i] = list[i].endpoint.id;
	for (k = 0; k < 20; k++) {
		guest = flow_client_new(&flow->bound[0]);
		n = all(flow, list, 600, 1 + 31 * k);
		flow_client_free(&guest);
		for (i = 0; i < 300; i++) {
			for (seen = 0, j = 0; j < n; j++)
				seen += list[j].endpoint.id == first_ids[i];
			ck_assert_uint_eq(seen, 1);
		}
	}
	for (i = 0; i < 300; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

START_TEST(a_node_that_does_not_run_does_not_answer)
{
	struct weft_listener_info info;
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, NULL, NULL), WEFT_OK);
	ck_assert_int_eq(weft_node_phase(node), WEFT_PHASE_NEW);
	ck_assert_int_eq(weft_node_listener_at(node, 0, &info), -ETIMEDOUT);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_node_that_has_stopped_tells_nothing)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_entry entry;
	uint64_t cursor = 0;

	flow_begin(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(
	    weft_node_endpoints(flow->node, &cursor, &entry, 1), 0);
	weft_node_stop(flow->node);
	ck_assert_int_eq(weft_node_join(flow->node, NULL), WEFT_OK);
	cursor = 0;
	ck_assert_int_eq(
	    weft_node_endpoints(flow->node, &cursor, &entry, 1), WEFT_ESTATE);
	ck_assert_int_eq(weft_node_drain(flow->node, 0), WEFT_ESTATE);
	ck_assert_int_eq(weft_node_free(&flow->node), WEFT_OK);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("inspect", each_listener_is_told_with_what_it_has,
    each_plugin_is_told, an_endpoint_is_told_with_its_strand_and_subscriptions,
    a_connection_of_ours_has_no_listener,
    why_an_endpoint_is_not_read_from_is_told,
    a_peer_that_does_not_read_is_told,
    three_hundred_endpoints_are_told_once_while_others_come_and_go,
    a_node_that_does_not_run_does_not_answer,
    a_node_that_has_stopped_tells_nothing)
