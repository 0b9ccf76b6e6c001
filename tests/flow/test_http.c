/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_http.c - http://: requests find their routes, replies their
 * requests.  Sections are those of RFC 9110 and RFC 9112.
 */
#include "flow.h"

#include <errno.h>

#include "http_client.h"

static struct weft_bytes
bytes(const char *text)
{
	return (struct weft_bytes){ text, strlen(text) };
}

/* Under flow_lock(). */
static unsigned nrun, nopened, nclosed;
static enum weft_reason closed_why;
static bool go_on;

static void
opened(struct weft_call *call, weft_endpoint from)
{
	(void)call;
	(void)from;
	flow_lock();
	nopened++;
	flow_notify();
	flow_unlock();
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	nclosed++;
	closed_why = why;
	flow_notify();
	flow_unlock();
}

/* What it was asked: all parts of it. */
static void
ask(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	struct weft_bytes id, room, host, none;
	char text[1024];
	int n;

	ck_assert_int_eq(weft_http_param(call, "id", &id), WEFT_OK);
	ck_assert_int_eq(weft_http_param(call, "ID", &none), -ENOENT);
	ck_assert_ptr_null(none.data);
	(void)weft_http_query(call, "room", &room);
	ck_assert_int_eq(weft_call_http_field(call, "host", &host), WEFT_OK);
	n = snprintf(text, sizeof(text),
	    "%.*s %.*s ? %.*s [%.*s] id=%.*s "
	    "room=%.*s host=%.*s",
	    (int)request->method.len, (const char *)request->method.data,
	    (int)request->path.len, (const char *)request->path.data,
	    (int)request->query.len, (const char *)request->query.data,
	    (int)body.len, (const char *)body.data, (int)id.len,
	    (const char *)id.data, (int)room.len, (const char *)room.data,
	    (int)host.len, (const char *)host.data);
	ck_assert_int_eq(weft_http_reply(call, 200, "text/plain",
			     (struct weft_bytes){ text, (size_t)n }),
	    WEFT_OK);
	/* Once. */
	ck_assert_int_eq(weft_http_reply(call, 200, NULL, body), WEFT_ESTATE);
}

static void
hello(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	(void)request;
	(void)body;
	flow_lock();
	nrun++;
	flow_notify();
	flow_unlock();
	ck_assert_int_eq(
	    weft_http_reply(call, 200, "text/plain", bytes("hello")), WEFT_OK);
}

static void
nothing(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	(void)call;
	(void)request;
	(void)body;
}

static void
held(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	(void)request;
	(void)body;
	flow_lock();
	nrun++;
	flow_notify();
	flow_unlock();
	FLOW_HOLD(go_on);
	ck_assert_int_eq(
	    weft_http_reply(call, 204, NULL, bytes("no body")), WEFT_OK);
}

static void
closing(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	(void)request;
	(void)body;
	(void)weft_http_reply(call, 200, NULL, bytes("bye"));
	(void)weft_close(call, weft_call_endpoint(call));
}

static const struct weft_route routes[] = {
	WEFT_ROUTE("GET", "/", hello),
	WEFT_ROUTE("GET", "/ask/{id}", ask),
	WEFT_ROUTE("POST", "/ask/{id}", ask),
	WEFT_ROUTE("GET", "/nothing", nothing),
	WEFT_ROUTE("GET", "/held", held),
	WEFT_ROUTE("GET", "/closing", closing),
	WEFT_ROUTE_END,
};

static const struct weft_plugin server = WEFT_PLUGIN_INIT(.name = "server",
    .opened = opened, .closed = closed, .routes = routes);

static struct flow_client *
begin(struct flow **flow)
{
	*flow = flow_new();
	flow_start(*flow, HTTP_URL, &server);
	return flow_client_new(&(*flow)->bound[0]);
}

START_TEST(a_request_finds_its_route)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow);
	http_get(client, "/ask/a%20b?last=1&room=x+y%21");
	http_hear(client, 200,
	    "GET /ask/a%20b ? last=1&room=x+y%21 [] id=a b room=x y! "
	    "host=here");
	http_post(client, "/ask/7", "hello");
	http_hear(client, 200, "POST /ask/7 ?  [hello] id=7 room= host=here");
	http_write(client,
	    "POST /ask/8 HTTP/1.1\r\n" HTTP_HOST
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n"
	    "0\r\n\r\n");
	http_hear(client, 200, "POST /ask/8 ?  [hello] id=8 room= host=here");
	http_get(client, "/");
	http_hear(client, 200, "hello");
	FLOW_WAIT(nopened == 1, "one connection");
	flow_client_free(&client);
	FLOW_WAIT(nclosed == 1 && closed_why == WEFT_REASON_PEER, "its end");
	flow_end(&flow);
}
END_TEST

/* 15.5.5, 15.5.6, 9.3.7, 9.3.2. */
START_TEST(what_has_no_route_is_answered)
{
	struct flow_client *client;
	char head[1024];
	struct flow *flow;

	client = begin(&flow);
	http_get(client, "/none");
	http_hear(client, 404, "");
	http_post(client, "/", "x");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 405);
	ck_assert_int_eq(strncmp(http_field(head, "allow"), "GET\r\n", 5), 0);
	http_write(client, "DELETE /ask/1 HTTP/1.1\r\n" HTTP_HOST "\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 405);
	ck_assert_int_eq(
	    strncmp(http_field(head, "allow"), "GET, POST\r\n", 11), 0);
	http_write(client, "OPTIONS / HTTP/1.1\r\n" HTTP_HOST "\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 204);
	ck_assert_ptr_nonnull(http_field(head, "allow"));
	/* The head of a GET, with its length, and no body. */
	http_write(client, "HEAD / HTTP/1.1\r\n" HTTP_HOST "\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	ck_assert_int_eq(
	    strncmp(http_field(head, "content-length"), "5\r\n", 3), 0);
	/* 6.6.1. */
	ck_assert_ptr_nonnull(http_field(head, "date"));
	http_get(client, "/");
	http_hear(client, 200, "hello");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_function_that_says_nothing_is_a_fault)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow);
	http_get(client, "/nothing");
	http_hear(client, 500, "");
	ck_assert_ptr_nonnull(strstr(
	    flow_wait_log(flow, "WORK-NO-REPLY")->text, "GET /nothing"));
	http_get(client, "/");
	http_hear(client, 200, "hello");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* RFC 9112, 9.3.2: in their order, one at a time. */
START_TEST(pipelined_requests_wait_for_each_other)
{
	struct flow_client *client;
	struct flow *flow;
	char head[1024];

	client = begin(&flow);
	http_write(client,
	    "GET /held HTTP/1.1\r\n" HTTP_HOST "\r\n"
	    "GET / HTTP/1.1\r\n" HTTP_HOST "\r\n"
	    "GET / HTTP/1.1\r\n" HTTP_HOST "\r\nGET / HT");
	FLOW_WAIT(nrun == 1, "the first");
	flow_silent(client);
	flow_lock();
	ck_assert_uint_eq(nrun, 1);
	go_on = true;
	flow_notify();
	flow_unlock();
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 204);
	/* 15.3.5, 8.6: no body, and no length. */
	ck_assert_ptr_null(http_field(head, "content-length"));
	http_hear(client, 200, "hello");
	http_hear(client, 200, "hello");
	http_write(client, "TP/1.1\r\n" HTTP_HOST "\r\n");
	http_hear(client, 200, "hello");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Who ends its own sending still gets its replies, all of them. */
START_TEST(the_end_of_the_client_comes_behind_its_requests)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow);
	http_write(client,
	    "GET / HTTP/1.1\r\n" HTTP_HOST "\r\n"
	    "GET / HTTP/1.1\r\n" HTTP_HOST "\r\n");
	flow_client_finish(client);
	http_hear(client, 200, "hello");
	http_hear(client, 200, "hello");
	ck_assert_int_eq(flow_read_end(client), 0);
	FLOW_WAIT(nclosed == 1 && closed_why == WEFT_REASON_PEER, "its end");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* RFC 9112, 9.6 and 9.3. */
START_TEST(a_connection_ends_as_it_was_asked_to)
{
	struct flow_client *client;
	char head[1024];
	struct flow *flow;
	char five[6] = "";

	client = begin(&flow);
	http_write(client,
	    "GET / HTTP/1.1\r\n" HTTP_HOST "Connection: x, Close\r\n\r\n"
	    "GET / HTTP/1.1\r\n" HTTP_HOST "\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	ck_assert_ptr_nonnull(http_field(head, "connection"));
	flow_read(client, five, 5);
	ck_assert_str_eq(five, "hello");
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	FLOW_WAIT(nclosed == 1 && closed_why == WEFT_REASON_PEER, "its end");
	/* The one behind it was not run. */
	flow_lock();
	ck_assert_uint_eq(nrun, 1);
	flow_unlock();

	client = flow_client_new(&flow->bound[0]);
	http_write(client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	ck_assert_int_eq(
	    strncmp(http_field(head, "connection"), "keep-alive", 10), 0);
	flow_read(client, five, 5);
	http_write(client, "GET / HTTP/1.0\r\n\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	flow_read(client, five, 5);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);

	client = flow_client_new(&flow->bound[0]);
	http_get(client, "/closing");
	http_hear(client, 200, "bye");
	ck_assert_int_eq(flow_read_end(client), 0);
	FLOW_WAIT(nclosed == 3 && closed_why == WEFT_REASON_LOCAL, "our end");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(wrong_requests_are_told_so)
{
	static const struct {
		const char *request;
		unsigned status;
	} wrong[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/3.0\r\n" HTTP_HOST "\r\n", 505 },
		{ "POST / HTTP/1.1\r\n" HTTP_HOST
		  "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
		    400 },
		{ "POST / HTTP/1.1\r\n" HTTP_HOST
		  "Content-Length: 5001\r\n\r\n",
		    413 },
		{ "POST / HTTP/1.1\r\n" HTTP_HOST
		  "Content-Length: 1\r\nExpect: tea\r\n\r\n",
		    417 },
	};
	struct flow *flow = flow_new();
	struct flow_client *client;
	size_t i;

	flow_start(flow, HTTP_URL "?max_message=5000", &server);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		client = flow_client_new(&flow->bound[0]);
		/* It comes as far as that. */
		http_get(client, "/");
		http_hear(client, 200, "hello");
		http_write(client, wrong[i].request);
		http_hear_last(client, wrong[i].status);
		flow_client_free(&client);
	}
	FLOW_WAIT(nclosed == i, "all of them");
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_closed_malformed), i - 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_toobig), 1);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-MALFORMED")->text, "host"));
	flow_end(&flow);
}
END_TEST

/* 10.1.1: a long body comes when it was told to. */
START_TEST(who_waits_is_told_to_go_on)
{
	struct flow_client *client;
	char head[256];
	struct flow *flow;

	client = begin(&flow);
	http_write(client,
	    "POST /ask/1 HTTP/1.1\r\n" HTTP_HOST
	    "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 100);
	http_write(client, "hi");
	http_hear(client, 200, "POST /ask/1 ?  [hi] id=1 room= host=here");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* 15.5.9. */
START_TEST(half_a_request_is_waited_for_so_long)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, HTTP_URL "?partial=100ms", &server);
	client = flow_client_new(&flow->bound[0]);
	http_get(client, "/");
	http_hear(client, 200, "hello");
	http_write(client, "GET / HTTP/1.1\r\nHo");
	http_hear_last(client, 408);
	FLOW_WAIT(
	    nclosed == 1 && closed_why == WEFT_REASON_PARTIAL, "its end");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* As long as a request is run, its client is not idle. */
START_TEST(only_who_has_asked_nothing_is_idle)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	char head[256];

	flow_start(flow, HTTP_URL "?idle=1s", &server);
	client = flow_client_new(&flow->bound[0]);
	http_get(client, "/held");
	FLOW_WAIT(nrun == 1, "the request");
	flow_silent_for(client, 1000 + FLOW_WINDOW_MS);
	flow_lock();
	go_on = true;
	flow_notify();
	flow_unlock();
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 204);
	ck_assert_int_eq(flow_read_end(client), 0);
	FLOW_WAIT(nclosed == 1 && closed_why == WEFT_REASON_IDLE, "its end");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* 15.6.4: one that has waited for too long is not run. */
START_TEST(late_requests_are_told_so)
{
	struct flow *flow = flow_new();
	struct flow_client *first, *second;
	char head[256];

	flow->options.workers = 1;
	flow->options.max_workers = 1;
	flow_start(flow, HTTP_URL "?deadline=1s", &server);
	first = flow_client_new(&flow->bound[0]);
	second = flow_client_new(&flow->bound[0]);
	http_get(second, "/");
	http_hear(second, 200, "hello");
	http_get(first, "/held");
	FLOW_WAIT(nrun == 2, "the first");
	http_get(second, "/");
	flow_silent_for(second, 1000 + FLOW_WINDOW_MS);
	flow_lock();
	go_on = true;
	flow_notify();
	flow_unlock();
	ck_assert_uint_eq(http_head(first, head, sizeof(head)), 204);
	http_hear(second, 503, "");
	http_get(second, "/");
	http_hear(second, 200, "hello");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_late), 1);
	flow_client_free(&first);
	flow_client_free(&second);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("http", a_request_finds_its_route, what_has_no_route_is_answered,
    a_function_that_says_nothing_is_a_fault,
    pipelined_requests_wait_for_each_other,
    the_end_of_the_client_comes_behind_its_requests,
    a_connection_ends_as_it_was_asked_to, wrong_requests_are_told_so,
    who_waits_is_told_to_go_on, half_a_request_is_waited_for_so_long,
    only_who_has_asked_nothing_is_idle, late_requests_are_told_so)
