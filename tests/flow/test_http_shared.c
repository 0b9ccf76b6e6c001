/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_http_shared.c - http:// beside ws:// on one port, and for
 * plugins that have no routes.
 */
#include "flow.h"

#include <errno.h>

#include "http_client.h"
#include "ws_client.h"

static void
page(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	(void)body;
	(void)weft_http_reply(call, 200, "text/plain", request->path);
}

static const struct weft_route routes[] = {
	WEFT_ROUTE("GET", "/{path...}", page),
	WEFT_ROUTE("POST", "/{path...}", page),
	WEFT_ROUTE_END,
};

static const struct weft_plugin pages =
    WEFT_PLUGIN_INIT(.name = "pages", .routes = routes);

static int
more(struct flow *flow, const char *scheme, const char *rest,
    const char *plugin, struct weft_bound *bound, struct weft_error *err)
{
	char text[320];
	int port = atoi(strrchr(flow->bound[0].url, ':') + 1);

	(void)snprintf(
	    text, sizeof(text), "%s://127.0.0.1:%d%s", scheme, port, rest);
	return weft_node_listen(flow->node, text, plugin, bound, err);
}

static void
expect_page(struct flow *flow, const char *target)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	http_get(client, target);
	http_hear(client, 200, target);
	http_post(client, target, "a body");
	http_hear(client, 200, target);
	flow_client_free(&client);
}

static void
expect_echo(struct flow *flow, const char *target)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	ws_open(client, target);
	ws_send(client, WS_FIN | WS_BINARY, "hi", 2);
	ws_hear(client, WS_FIN | WS_BINARY, "hi");
	flow_client_free(&client);
}

/* A client that has asked for a path already, by bytes. */
static void
expect_bytewise(struct flow *flow)
{
	static const char request[] =
	    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
	    "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	size_t i;

	for (i = 0; i < sizeof(request) - 1; i++)
		flow_write(client, request + i, 1);
	http_hear(client, 200, "/a");
	http_hear(client, 200, "/b");
	flow_client_free(&client);
}

START_TEST(a_page_and_its_socket_share_a_port)
{
	struct flow *flow = flow_new();
	struct weft_bound bound;
	struct weft_error err;

	flow_add(flow, HTTP_URL, &pages);
	flow_start(flow, FLOW_VARINT, &flow_echo);
	expect_page(flow, "/");
	ck_assert_int_eq(
	    more(flow, "ws", "/chat", "echo", &bound, &err), WEFT_OK);
	expect_page(flow, "/");
	expect_page(flow, "/chat");
	expect_echo(flow, "/chat?x");
	expect_bytewise(flow);
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, bound.listener), WEFT_OK);
	expect_page(flow, "/index.html");
	flow_end(&flow);
}
END_TEST

START_TEST(a_socket_and_its_page_share_a_port)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_bound bound;
	struct weft_error err;
	char answer[1024];

	flow_add(flow, "ws://127.0.0.1:0/chat", &flow_echo);
	flow_start(flow, FLOW_VARINT, &pages);
	client = flow_client_new(&flow->bound[0]);
	http_get(client, "/");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 404);
	flow_client_free(&client);
	ck_assert_int_eq(
	    more(flow, "http", "/", "pages", &bound, &err), WEFT_OK);
	expect_page(flow, "/");
	expect_echo(flow, "/chat");
	/* One for another path is for the pages. */
	client = flow_client_new(&flow->bound[0]);
	ws_ask(client, "/other", "");
	http_hear(client, 200, "/other");
	flow_client_free(&client);
	/* The one that has the socket goes. */
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, flow->bound[0].listener), WEFT_OK);
	(void)flow_wait_log(flow, "IO-UNLISTENED");
	expect_page(flow, "/chat");
	flow_end(&flow);
}
END_TEST

START_TEST(a_port_has_one_http)
{
	struct flow *flow = flow_new();
	struct weft_bound bound;
	struct weft_error err;

	flow_start(flow, HTTP_URL, &pages);
	ck_assert_int_eq(
	    more(flow, "http", "", "pages", &bound, &err), -EADDRINUSE);
	ck_assert_int_eq(
	    more(flow, "tcp", "", "pages", &bound, &err), -EADDRINUSE);
	flow_end(&flow);
}
END_TEST

/* What is posted is a message, and what is sent back the reply. */
START_TEST(a_plugin_without_routes_gets_messages)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	char head[1024];

	flow_start(flow, HTTP_URL, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	http_post(client, "/", "hello");
	http_hear(client, 200, "hello");
	http_post(client, "/any", "");
	http_hear(client, 200, "");
	http_get(client, "/");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 405);
	ck_assert_ptr_nonnull(strstr(head, "\r\nAllow: POST, PUT\r\n"));
	http_write(client,
	    "PUT / HTTP/1.1\r\n" HTTP_HOST "Transfer-Encoding: chunked\r\n\r\n"
	    "2\r\nhi\r\n0\r\n\r\n");
	http_hear(client, 200, "hi");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Says nothing to "quiet", text to "text", and two things to "twice". */
static void
moody(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 4)
		ck_assert_int_eq(weft_send_text(call, from, msg), WEFT_OK);
	if (msg.len == 5)
		return;
	if (msg.len == 6) {
		ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
		ck_assert_int_eq(weft_send(call, from, msg), WEFT_ESTATE);
	}
}

static const struct weft_plugin moods =
    WEFT_PLUGIN_INIT(.name = "moods", .message = moody);

START_TEST(the_first_message_is_the_reply)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	char head[1024], text[5] = "";

	flow_start(flow, HTTP_URL, &moods);
	client = flow_client_new(&flow->bound[0]);
	http_post(client, "/", "quiet");
	http_hear(client, 204, "");
	http_post(client, "/", "twice!");
	http_hear(client, 200, "twice!");
	http_post(client, "/", "text");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	ck_assert_ptr_nonnull(strstr(head, "text/plain; charset=utf-8\r\n"));
	flow_read(client, text, 4);
	ck_assert_str_eq(text, "text");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(wrong_urls_are_told_why)
{
	struct flow *flow = flow_new();
	struct weft_bound bound;
	struct weft_error err;
	weft_endpoint endpoint;

	flow_start(flow, HTTP_URL, &pages);
	ck_assert_int_eq(weft_node_listen(flow->node,
			     "http+line://127.0.0.1:0", "pages", &bound, &err),
	    WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, "expected no codec"));
	ck_assert_int_eq(weft_node_listen(flow->node, "http://127.0.0.1:0/api",
			     "pages", &bound, &err),
	    WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, "expected no path"));
	ck_assert_int_eq(weft_node_listen(flow->node, "http://127.0.0.1:0",
			     WEFT_PULL, &bound, &err),
	    WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, "expected a plugin"));
	ck_assert_int_eq(weft_node_connect(flow->node, "http://127.0.0.1:1",
			     "pages", &endpoint, &err),
	    WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, "served only"));
	flow_end(&flow);
}
END_TEST

static const struct weft_route no_slash[] = {
	WEFT_ROUTE("GET", "rooms", page),
	WEFT_ROUTE_END,
};
static const struct weft_route no_function[] = {
	WEFT_ROUTE("GET", "/rooms", NULL),
	WEFT_ROUTE_END,
};
static const struct weft_route no_method[] = {
	WEFT_ROUTE("", "/rooms", page),
	WEFT_ROUTE_END,
};

static void
expect_wrong(const struct weft_route *wrong, const char *words)
{
	const struct weft_plugin plugin =
	    WEFT_PLUGIN_INIT(.name = "wrong", .routes = wrong);
	struct weft_node *node;
	struct weft_error err;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, &err), WEFT_EABI);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	weft_node_free(&node);
}

START_TEST(wrong_routes_are_told_why)
{
	expect_wrong(no_slash, "route rooms: expected a path that begins");
	expect_wrong(no_function, "route /rooms: expected a function");
	expect_wrong(no_method, "route /rooms: expected a method");
}
END_TEST

FLOW_MAIN("http_shared", a_page_and_its_socket_share_a_port,
    a_socket_and_its_page_share_a_port, a_port_has_one_http,
    a_plugin_without_routes_gets_messages, the_first_message_is_the_reply,
    wrong_urls_are_told_why, wrong_routes_are_told_why)
