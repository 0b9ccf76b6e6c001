/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_http_stream.c - replies that come later, in pieces, or as
 * events.  Sections are those of RFC 9112.
 */
#include "flow.h"

#include <errno.h>

#include "http_client.h"

#define LONG (8u << 20) /* [bytes] */
#define PIECE 60000u

static struct weft_bytes
bytes(const char *text)
{
	return (struct weft_bytes){ text, strlen(text) };
}

/* Under flow_lock(). */
static struct weft_http_id kept[4];
static unsigned nkept, nclosed, nfull;
static enum weft_reason closed_why;

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

/* For the test to reply to. */
static void
later(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	struct weft_http_id id;

	(void)request;
	(void)body;
	ck_assert_int_eq(weft_http_defer(call, &id), WEFT_OK);
	flow_lock();
	kept[nkept++] = id;
	flow_notify();
	flow_unlock();
}

static void
hello(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	(void)request;
	(void)body;
	(void)weft_http_reply(call, 200, NULL, bytes("hello"));
}

/* Its length is not known before. */
static void
pieces(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	const struct weft_http_response response = { .type = "text/plain",
		.length = WEFT_HTTP_UNKNOWN };
	struct weft_http_id id;

	(void)request;
	(void)body;
	ck_assert_int_eq(weft_http_defer(call, &id), WEFT_OK);
	ck_assert_int_eq(weft_http_begin(call, &id, &response), WEFT_OK);
	ck_assert_int_eq(weft_http_write(call, &id, bytes("hel")), WEFT_OK);
	/* An empty piece would be the last chunk. */
	ck_assert_int_eq(weft_http_write(call, &id, bytes("")), WEFT_OK);
	weft_flush(call);
	ck_assert_int_eq(weft_http_write(call, &id, bytes("lo")), WEFT_OK);
	ck_assert_int_eq(weft_http_end(call, &id), WEFT_OK);
}

static void
measured(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	const struct weft_http_response response = { .length = 5 };
	struct weft_http_id id;

	(void)request;
	(void)body;
	ck_assert_int_eq(weft_http_defer(call, &id), WEFT_OK);
	ck_assert_int_eq(weft_http_begin(call, &id, &response), WEFT_OK);
	ck_assert_int_eq(weft_http_write(call, &id, bytes("hel")), WEFT_OK);
	ck_assert_int_eq(weft_http_write(call, &id, bytes("lo!")), -EINVAL);
	ck_assert_int_eq(weft_http_write(call, &id, bytes("lo")), WEFT_OK);
	ck_assert_int_eq(weft_http_end(call, &id), WEFT_OK);
}

/* Less than was said: the client must not take it for all. */
static void
shortened(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	const struct weft_http_response response = { .length = 5 };
	struct weft_http_id id;

	(void)request;
	(void)body;
	ck_assert_int_eq(weft_http_defer(call, &id), WEFT_OK);
	ck_assert_int_eq(weft_http_begin(call, &id, &response), WEFT_OK);
	ck_assert_int_eq(weft_http_write(call, &id, bytes("hel")), WEFT_OK);
	weft_flush(call);
	ck_assert_int_eq(weft_http_end(call, &id), WEFT_OK);
}

/* LONG bytes, as fast as the client takes them. */
struct flood {
	struct weft_http_id id;
	uint32_t sent;
};

static void
flood_more(struct weft_call *call, struct flood *flood)
{
	char piece[PIECE];
	int rv = WEFT_OK;
	uint32_t n, i;

	while (rv == WEFT_OK && flood->sent < LONG) {
		n = LONG - flood->sent < PIECE ? LONG - flood->sent : PIECE;
		for (i = 0; i < n; i++)
			piece[i] = (char)((flood->sent + i) % 251);
		rv = weft_http_write(
		    call, &flood->id, (struct weft_bytes){ piece, n });
		if (rv == WEFT_OK)
			flood->sent += n;
	}
	if (rv == WEFT_EFULL) {
		flow_lock();
		nfull++;
		flow_notify();
		flow_unlock();
	} else if (rv == WEFT_OK) {
		ck_assert_int_eq(weft_http_end(call, &flood->id), WEFT_OK);
	}
}

static void
flooded(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	const struct weft_http_response response = { .length = LONG };
	struct flood *flood = calloc(1, sizeof(*flood));

	(void)request;
	(void)body;
	ck_assert_ptr_nonnull(flood);
	weft_call_set_user(call, flood);
	ck_assert_int_eq(weft_http_defer(call, &flood->id), WEFT_OK);
	ck_assert_int_eq(
	    weft_http_begin(call, &flood->id, &response), WEFT_OK);
	flood_more(call, flood);
}

static void
drained(struct weft_call *call, weft_endpoint to)
{
	(void)to;
	if (weft_call_user(call) != NULL)
		flood_more(call, weft_call_user(call));
}

static void
flood_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	free(weft_call_user(call));
	closed(call, from, why);
}

static void
events(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	weft_endpoint from = weft_call_endpoint(call);

	(void)request;
	(void)body;
	/* Before, it gets replies only. */
	ck_assert_int_eq(weft_send(call, from, bytes("early")), WEFT_ESTATE);
	ck_assert_int_eq(weft_http_events(call, "a/#/b"), -EINVAL);
	ck_assert_int_eq(weft_http_events(call, "news/+"), WEFT_OK);
	ck_assert_int_eq(weft_http_events(call, "news/+"), WEFT_ESTATE);
	ck_assert_int_eq(weft_send(call, from, bytes("welcome")), WEFT_OK);
}

static void
say(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	(void)request;
	ck_assert_int_eq(weft_publish(call, "news/x", body), WEFT_OK);
	(void)weft_http_reply(call, 204, NULL, bytes(""));
}

static const struct weft_route routes[] = {
	WEFT_ROUTE("GET", "/", hello),
	WEFT_ROUTE("GET", "/later", later),
	WEFT_ROUTE("GET", "/pieces", pieces),
	WEFT_ROUTE("GET", "/measured", measured),
	WEFT_ROUTE("GET", "/shortened", shortened),
	WEFT_ROUTE("GET", "/flooded", flooded),
	WEFT_ROUTE("GET", "/events", events),
	WEFT_ROUTE("POST", "/say", say),
	WEFT_ROUTE_END,
};

static const struct weft_plugin server = WEFT_PLUGIN_INIT(.name = "server",
    .closed = flood_closed, .drained = drained, .routes = routes);

static struct flow_client *
begin(struct flow **flow)
{
	*flow = flow_new();
	flow_start(*flow, HTTP_URL, &server);
	return flow_client_new(&(*flow)->bound[0]);
}

START_TEST(a_deferred_reply_is_its_requests)
{
	const struct weft_http_response first = { .body = bytes("first") };
	const struct weft_http_response second = { .body = bytes("second") };
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow);
	http_write(client,
	    "GET /later HTTP/1.1\r\n" HTTP_HOST "\r\n"
	    "GET /later HTTP/1.1\r\n" HTTP_HOST "\r\n");
	FLOW_WAIT(nkept == 1, "the first request");
	flow_silent(client);
	ck_assert_int_eq(
	    weft_node_http_respond(flow->node, &kept[0], &first), WEFT_OK);
	http_hear(client, 200, "first");
	FLOW_WAIT(nkept == 2, "the second request");
	/* It was replied to: nobody hears this, the second least of all. */
	ck_assert_int_eq(
	    weft_node_http_respond(flow->node, &kept[0], &first), WEFT_OK);
	flow_wait_count(flow, WEFT_COUNTER_sends_gone, 1);
	flow_silent(client);
	ck_assert_int_eq(
	    weft_node_http_respond(flow->node, &kept[1], &second), WEFT_OK);
	http_hear(client, 200, "second");
	http_get(client, "/");
	http_hear(client, 200, "hello");
	flow_client_free(&client);
	FLOW_WAIT(nclosed == 1, "its end");
	FLOW_WAIT(weft_node_http_respond(flow->node, &kept[1], &second) ==
		WEFT_ENOENDPOINT,
	    "its name to be stale");
	flow_end(&flow);
}
END_TEST

START_TEST(who_goes_before_the_reply_is_gone)
{
	const struct weft_http_response response = { .status = 200 };
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow);
	http_get(client, "/later");
	FLOW_WAIT(nkept == 1, "the request");
	flow_client_free(&client);
	FLOW_WAIT(nclosed == 1, "the end, though nothing is replied");
	FLOW_WAIT(weft_node_http_respond(flow->node, &kept[0], &response) ==
		WEFT_ENOENDPOINT,
	    "its name to be stale");
	flow_end(&flow);
}
END_TEST

START_TEST(a_node_stops_though_a_reply_is_owed)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow);
	http_write(client,
	    "GET /later HTTP/1.1\r\n" HTTP_HOST "\r\n"
	    "GET /later HTTP/1.1\r\n" HTTP_HOST "\r\n");
	FLOW_WAIT(nkept == 1, "the request");
	flow_end(&flow);
	flow_lock();
	ck_assert_uint_eq(nkept, 1);
	ck_assert_uint_eq(nclosed, 1);
	flow_unlock();
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
}
END_TEST

/* 7.1; 6.3 for one of HTTP/1.0. */
START_TEST(a_reply_of_unknown_length_comes_in_chunks)
{
	struct flow_client *client;
	struct flow *flow;
	char head[1024], five[6] = "";

	client = begin(&flow);
	http_get(client, "/pieces");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	ck_assert_int_eq(
	    strncmp(http_field(head, "transfer-encoding"), "chunked\r\n", 9),
	    0);
	ck_assert_ptr_null(http_field(head, "content-length"));
	http_hear_chunks(client, "hello");
	/* 9.3.2 of RFC 9110: no body. */
	http_write(client, "HEAD /pieces HTTP/1.1\r\n" HTTP_HOST "\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	http_get(client, "/");
	http_hear(client, 200, "hello");
	http_write(client,
	    "GET /pieces HTTP/1.0\r\n"
	    "Connection: keep-alive\r\n\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	ck_assert_ptr_null(http_field(head, "transfer-encoding"));
	ck_assert_int_eq(
	    strncmp(http_field(head, "connection"), "close\r\n", 7), 0);
	flow_read(client, five, 5);
	ck_assert_str_eq(five, "hello");
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_reply_of_known_length_is_that_long)
{
	struct flow_client *client;
	struct flow *flow;
	char head[1024];

	client = begin(&flow);
	http_get(client, "/measured");
	http_hear(client, 200, "hello");
	http_get(client, "/measured");
	http_hear(client, 200, "hello");
	http_write(client, "HEAD /shortened HTTP/1.1\r\n" HTTP_HOST "\r\n");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	http_get(client, "/shortened");
	FLOW_WAIT(nclosed == 1 && closed_why == WEFT_REASON_ABORT, "its end");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_slow_client_holds_up_its_own_reply)
{
	struct flow *flow = flow_new();
	struct flow_client *client, *other;
	char head[1024];
	uint8_t *found = malloc(PIECE);
	uint32_t at, n, i;

	ck_assert_ptr_nonnull(found);
	flow_start(flow, HTTP_URL, &server);
	client = flow_client_new_small(&flow->bound[0]);
	http_get(client, "/flooded");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	FLOW_WAIT(nfull > 0, "the marks");
	other = flow_client_new(&flow->bound[0]);
	http_get(other, "/");
	http_hear(other, 200, "hello");
	flow_client_free(&other);
	for (at = 0; at < LONG; at += n) {
		n = LONG - at < PIECE ? LONG - at : PIECE;
		flow_read(client, found, n);
		for (i = 0; i < n; i++)
			if (found[i] != (uint8_t)((at + i) % 251))
				ck_abort_msg("byte %u is wrong", at + i);
	}
	http_get(client, "/");
	http_hear(client, 200, "hello");
	free(found);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* WHATWG HTML, 9.2. */
START_TEST(what_is_published_is_an_event)
{
	struct flow_client *page, *client;
	struct flow *flow;
	char head[1024], event[256];

	page = begin(&flow);
	http_get(page, "/events");
	ck_assert_uint_eq(http_head(page, head, sizeof(head)), 200);
	ck_assert_int_eq(strncmp(http_field(head, "content-type"),
			     "text/event-stream\r\n", 19),
	    0);
	(void)http_chunk(page, event, sizeof(event));
	ck_assert_str_eq(event, "data: welcome\n\n");
	client = flow_client_new(&flow->bound[0]);
	http_post(client, "/say", "one\ntwo");
	http_hear(client, 204, "");
	(void)http_chunk(page, event, sizeof(event));
	ck_assert_str_eq(event, "data: one\ndata: two\n\n");
	ck_assert_int_eq(
	    weft_node_publish(flow->node, "news/y", bytes("three")), WEFT_OK);
	(void)http_chunk(page, event, sizeof(event));
	ck_assert_str_eq(event, "data: three\n\n");
	/* What it asks now has no reply: this one never ends. */
	http_get(page, "/");
	flow_silent(page);
	flow_client_free(&page);
	FLOW_WAIT(nclosed == 1, "its end");
	http_post(client, "/say", "to nobody");
	http_hear(client, 204, "");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("http_stream", a_deferred_reply_is_its_requests,
    who_goes_before_the_reply_is_gone, a_node_stops_though_a_reply_is_owed,
    a_reply_of_unknown_length_comes_in_chunks,
    a_reply_of_known_length_is_that_long, a_slow_client_holds_up_its_own_reply,
    what_is_published_is_an_event)
