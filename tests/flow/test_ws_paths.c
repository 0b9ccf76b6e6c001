/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_ws_paths.c - several ws:// listeners on one port, each with
 * a path, a plugin and options of its own; they come and go.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_client.h"
#include "ws_client.h"

static unsigned nopened, nclosed; /* under flow_lock() */

static void
say(struct weft_call *call, weft_endpoint from)
{
	const char *name = weft_call_state(call);

	ck_assert_int_eq(
	    weft_send(call, from, (struct weft_bytes){ name, strlen(name) }),
	    WEFT_OK);
	flow_lock();
	nopened++;
	flow_notify();
	flow_unlock();
}

static void
count(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	(void)why;
	flow_lock();
	nclosed++;
	flow_notify();
	flow_unlock();
}

/* Each says who it is. */
static int
load_one(struct weft_load *load, void **state)
{
	static char one[] = "one";

	(void)load;
	*state = one;
	return WEFT_OK;
}

static int
load_two(struct weft_load *load, void **state)
{
	static char two[] = "two";

	(void)load;
	*state = two;
	return WEFT_OK;
}

static const struct weft_plugin one = WEFT_PLUGIN_INIT(.name = "one",
    .load = load_one, .opened = say, .closed = count);
static const struct weft_plugin two =
    WEFT_PLUGIN_INIT(.name = "two", .load = load_two, .opened = say,
	.closed = count, .scope = WEFT_SCOPE_LISTENER);

static struct flow *
node(void)
{
	struct flow *flow = flow_new();

	flow_add(flow, "ws://127.0.0.1:0/one", &one);
	flow_start(flow, FLOW_VARINT, &two);
	return flow;
}

/* One more on the first one's port. */
static int
more(struct flow *flow, const char *scheme, const char *rest,
    const char *plugin, struct weft_bound *bound, struct weft_error *err)
{
	char url[320];
	int port = atoi(strrchr(flow->bound[0].url, ':') + 1);

	(void)snprintf(
	    url, sizeof(url), "%s://127.0.0.1:%d%s", scheme, port, rest);
	return weft_node_listen(flow->node, url, plugin, bound, err);
}

static void
expect_named(
    struct flow *flow, const char *target, unsigned first, const char *name)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	ws_open(client, target);
	ws_hear(client, first, name);
	flow_client_free(&client);
}

static void
expect_none(struct flow *flow, const char *target)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	char answer[1024];

	ws_ask(client, target, "");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 404);
	flow_client_free(&client);
}

START_TEST(each_path_has_its_plugin)
{
	struct flow *flow = node();
	struct weft_bound bound;
	struct weft_error err;
	unsigned i;

	expect_named(flow, "/one", WS_FIN | WS_BINARY, "one");
	expect_none(flow, "/two");
	ck_assert_int_eq(
	    more(flow, "ws+text", "/two", "two", &bound, &err), WEFT_OK);
	ck_assert_ptr_nonnull(strstr(bound.url, "/two"));
	for (i = 0; i < 3; i++) {
		expect_named(flow, "/two?x", WS_FIN | WS_TEXT, "two");
		expect_named(flow, "/one", WS_FIN | WS_BINARY, "one");
	}
	expect_none(flow, "/three");
	FLOW_WAIT(nopened == 7 && nclosed == 7, "all of them");
	flow_end(&flow);
}
END_TEST

START_TEST(a_path_is_taken_once)
{
	struct flow *flow = node();
	struct weft_bound bound;
	struct weft_error err;

	ck_assert_int_eq(
	    more(flow, "ws", "/one", "two", &bound, &err), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.text, "\"/one\""));
	ck_assert_int_eq(more(flow, "ws", "/", "two", &bound, &err), WEFT_OK);
	/* One without a path has all that is left. */
	ck_assert_int_eq(more(flow, "ws", "", "two", &bound, &err), WEFT_OK);
	expect_named(flow, "/any", WS_FIN | WS_BINARY, "two");
	expect_named(flow, "/one", WS_FIN | WS_BINARY, "one");
	/* tcp:// has no paths, so it cannot share. */
	ck_assert_int_eq(
	    more(flow, "tcp", "", "two", &bound, &err), -EADDRINUSE);
	flow_end(&flow);
}
END_TEST

START_TEST(they_come_and_go)
{
	struct flow *flow = node();
	struct weft_bound bound, again;
	struct weft_error err;
	struct flow_client *waits;

	ck_assert_int_eq(
	    more(flow, "ws", "/two", "two", &bound, &err), WEFT_OK);
	expect_named(flow, "/two", WS_FIN | WS_BINARY, "two");
	/* The first one has the socket, and goes. */
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, flow->bound[0].listener), WEFT_OK);
	(void)flow_wait_log(flow, "IO-UNLISTENED");
	expect_none(flow, "/one");
	expect_named(flow, "/two", WS_FIN | WS_BINARY, "two");
	ck_assert_int_eq(
	    more(flow, "ws", "/one", "one", &again, &err), WEFT_OK);
	expect_named(flow, "/one", WS_FIN | WS_BINARY, "one");
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, bound.listener), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, bound.listener), WEFT_ENOLISTENER);
	/* Who has come and not asked yet may be too late. */
	waits = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 5);
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, again.listener), WEFT_OK);
	FLOW_WAIT(flow_refused(&flow->bound[0]), "the port to be free");
	ws_ask(waits, "/one", "");
	ck_assert_int_eq(flow_read_end(waits), 0);
	flow_client_free(&waits);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("ws_paths", each_path_has_its_plugin, a_path_is_taken_once,
    they_come_and_go)
