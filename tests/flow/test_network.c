/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_network.c - listeners that come and go while the node runs,
 * Unix sockets, and what is known of an endpoint.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "flow_client.h"
#include "witness.h"

static char place[64]; /* a folder of the test's */

static void
place_make(void)
{
	(void)snprintf(place, sizeof(place), "/tmp/weft-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
}

static void
place_drop(void)
{
	ck_assert_int_eq(rmdir(place), 0); /* nothing was left in it */
}

static void
listen_now(struct flow *flow, const char *url, struct weft_bound *bound)
{
	struct weft_error err;
	int rv =
	    weft_node_listen(flow->node, url, "witness_echo", bound, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	ck_assert_uint_ne(bound->listener.id, 0);
}

static weft_endpoint
connect_now(struct flow *flow, const char *url)
{
	struct weft_error err;
	weft_endpoint to;
	int rv = weft_node_connect_wait(
	    flow->node, url, "witness", FLOW_DEADLINE_MS, &to, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	return to;
}

/* flow_start() returns when clients can connect, which is a little before the
 * node runs. */
static void
network_wait_runs(struct flow *flow)
{
	weft_endpoint to;

	FLOW_WAIT(weft_node_connect_wait(flow->node, "tcp://127.0.0.1:1",
		      "nobody", 0, &to, NULL) == WEFT_ENOPLUGIN,
	    "the node to run");
}

static struct flow *
network_node(void)
{
	struct flow *flow = flow_new();

	flow_add(flow, FLOW_VARINT, &witness_echo);
	flow_start(flow, FLOW_VARINT, &witness_only);
	network_wait_runs(flow);
	return flow;
}

START_TEST(a_listener_comes_while_the_node_runs)
{
	struct flow *flow = network_node();
	struct flow_client *client;
	struct weft_bound bound;

	listen_now(flow, FLOW_VARINT, &bound);
	client = flow_client_new(&bound);
	flow_say(client, "late");
	flow_hear(client, "late");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_listener_goes_and_its_clients_stay)
{
	struct flow *flow = network_node();
	struct flow_client *client;
	struct weft_bound bound;

	listen_now(flow, FLOW_VARINT, &bound);
	client = flow_client_new(&bound);
	flow_say(client, "before");
	flow_hear(client, "before");
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, bound.listener), WEFT_OK);
	flow_wait_log(flow, "IO-UNLISTENED");
	FLOW_WAIT(flow_refused(&bound), "nobody to listen there");
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, bound.listener), WEFT_ENOLISTENER);
	flow_say(client, "after");
	flow_hear(client, "after");
	listen_now(flow, bound.url, &bound);
	flow_client_free(&client);
	client = flow_client_new(&bound);
	flow_say(client, "again");
	flow_hear(client, "again");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_port_in_use_is_said_with_its_url)
{
	struct flow *flow = network_node();
	struct weft_error err;

	ck_assert_int_eq(weft_node_listen(flow->node, flow->bound[0].url,
			     "witness", NULL, &err),
	    -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.text, flow->bound[0].url));
	ck_assert_int_eq(
	    weft_node_listen(flow->node, FLOW_VARINT, "nobody", NULL, &err),
	    WEFT_ENOPLUGIN);
	flow_end(&flow);
}
END_TEST

START_TEST(a_stopped_node_takes_no_listener)
{
	struct weft_node *node;
	struct weft_error err;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(node, &witness_only, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "witness", NULL, &err),
	    WEFT_OK);
	weft_node_stop(node);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "witness", NULL, &err),
	    WEFT_ESTATE);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(unix_sockets_carry_the_same)
{
	struct flow *flow = network_node();
	struct weft_endpoint_info info;
	struct weft_bound bound;
	weft_endpoint to;
	struct stat st;
	char url[128], path[96];

	place_make();
	(void)snprintf(path, sizeof(path), "%s/echo.sock", place);
	(void)snprintf(url, sizeof(url), "unix+varint://%s?mode=0640", path);
	listen_now(flow, url, &bound);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	to = connect_now(flow, bound.url);
	ck_assert_int_eq(weft_node_send(flow->node, to,
			     (struct weft_bytes){ "over a file", 11 }),
	    WEFT_OK);
	ck_assert_str_eq(witness_wait('m', to.id, 1)->head, "over a file");
	ck_assert_int_eq(weft_endpoint_info(flow->node, to, &info), WEFT_OK);
	ck_assert_str_eq(info.transport, "unix");
	ck_assert_str_eq(info.remote, path);
	ck_assert_str_eq(info.local, "");
	flow_end(&flow);
	ck_assert_int_eq(access(path, F_OK), -1);
	place_drop();
}
END_TEST

START_TEST(abstract_unix_names_need_no_file)
{
	struct flow *flow = network_node();
	struct weft_bound bound;
	weft_endpoint to;
	char url[96];

	(void)snprintf(
	    url, sizeof(url), "unix+varint://@weft-test-%ld", (long)getpid());
	listen_now(flow, url, &bound);
	to = connect_now(flow, bound.url);
	ck_assert_int_eq(
	    weft_node_send(flow->node, to, (struct weft_bytes){ "a", 1 }),
	    WEFT_OK);
	(void)witness_wait('m', to.id, 1);
	flow_end(&flow);
}
END_TEST

START_TEST(a_unix_path_too_long_is_an_error_with_its_length)
{
	struct flow *flow = network_node();
	struct weft_error err;
	char url[256];

	memset(url, 'x', sizeof(url));
	memcpy(url, "unix:///", 8);
	url[sizeof(url) - 1] = '\0';
	ck_assert_int_eq(
	    weft_node_listen(flow->node, url, "witness", NULL, &err),
	    WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, "107"));
	flow_end(&flow);
}
END_TEST

START_TEST(info_tells_both_ends_and_counts)
{
	struct flow *flow = network_node();
	struct weft_endpoint_info info;
	weft_endpoint to = connect_now(flow, flow->bound[0].url);
	const struct witness_entry *peer;
	char other[128];

	ck_assert_int_eq(
	    weft_node_send(flow->node, to, (struct weft_bytes){ "12345", 5 }),
	    WEFT_OK);
	(void)witness_wait('m', to.id, 1);
	ck_assert_int_eq(weft_endpoint_info(flow->node, to, &info), WEFT_OK);
	ck_assert_int_eq(info.state, WEFT_ENDPOINT_OPEN);
	ck_assert_str_eq(info.transport, "tcp");
	ck_assert_str_eq(info.codec, "varint");
	ck_assert_ptr_nonnull(strstr(flow->bound[0].url, info.remote));
	ck_assert_uint_eq(info.bytes_in, 6);
	ck_assert_uint_eq(info.bytes_out, 6);
	ck_assert_uint_eq(info.messages_in, 1);
	ck_assert_uint_eq(info.messages_out, 1);
	ck_assert_uint_eq(info.queued_bytes, 0);
	ck_assert_uint_lt(info.age_ms, FLOW_DEADLINE_MS);
	(void)snprintf(other, sizeof(other), "%s", info.local);
	peer = witness_wait('m', 0, 1);
	ck_assert_int_eq(
	    weft_endpoint_info(flow->node, (weft_endpoint){ peer->id }, &info),
	    WEFT_OK);
	if (peer->id != to.id)
		ck_assert_str_eq(info.remote, other);
	ck_assert_int_eq(weft_endpoint_info(flow->node,
			     (weft_endpoint){ UINT64_C(1) << 24 | 77 }, &info),
	    WEFT_ENOENDPOINT);
	flow_end(&flow);
}
END_TEST

START_TEST(a_wildcard_listener_tells_which_address_was_called)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_info info;
	struct weft_error err;
	weft_endpoint to;
	char url[64];
	int rv;

	flow_add(flow, "tcp+varint://*:0", &witness_echo);
	flow_start(flow, FLOW_VARINT, &witness_only);
	network_wait_runs(flow);
	(void)snprintf(url, sizeof(url), "tcp+varint://127.0.0.1:%s?source=%s",
	    strrchr(flow->bound[0].url, ':') + 1, "127.0.0.9");
	rv = weft_node_connect_wait(
	    flow->node, url, "witness", FLOW_DEADLINE_MS, &to, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	ck_assert_int_eq(weft_endpoint_info(flow->node, to, &info), WEFT_OK);
	ck_assert_ptr_eq(strstr(info.local, "127.0.0.9:"), info.local);
	(void)witness_wait('o', 0, 2);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("network", a_listener_comes_while_the_node_runs,
    a_listener_goes_and_its_clients_stay, a_port_in_use_is_said_with_its_url,
    a_stopped_node_takes_no_listener, unix_sockets_carry_the_same,
    abstract_unix_names_need_no_file,
    a_unix_path_too_long_is_an_error_with_its_length,
    info_tells_both_ends_and_counts,
    a_wildcard_listener_tells_which_address_was_called)
