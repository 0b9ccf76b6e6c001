/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_http_upload.c - bodies that come in pieces
 * (WEFT_ROUTE_STREAM), and the whole ones of other routes beside them.
 */
#include "flow.h"

#include "http_client.h"

#define LONG (8u << 20) /* [bytes] */
#define PIECE 50000u

static struct weft_bytes
bytes(const char *text)
{
	return (struct weft_bytes){ text, strlen(text) };
}

/* Under flow_lock(). */
static unsigned nheads, npieces, nclosed;
static uint64_t nbytes;
static enum weft_reason closed_why;
static bool go_on;

/* What a connection's upload has come to.  owned by: the connection. */
struct upload {
	uint64_t at;
	bool wrong;
};

static void
begin_upload(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	struct weft_bytes name;

	(void)request;
	ck_assert_uint_eq(body.len, 0);
	ck_assert_int_eq(weft_http_param(call, "name", &name), WEFT_OK);
	free(weft_call_user(call));
	weft_call_set_user(call, calloc(1, sizeof(struct upload)));
	flow_lock();
	nheads++;
	flow_notify();
	flow_unlock();
	if (name.len == 6 && memcmp(name.data, "forbid", 6) == 0)
		ck_assert_int_eq(
		    weft_http_reply(call, 403, NULL, bytes("")), WEFT_OK);
}

static void
piece(struct weft_call *call, struct weft_bytes part, bool last)
{
	struct upload *upload = weft_call_user(call);
	const uint8_t *at = part.data;
	char text[64];
	size_t i;

	for (i = 0; i < part.len; i++)
		upload->wrong |= at[i] != (upload->at + i) % 251;
	upload->at += part.len;
	flow_lock();
	npieces++;
	nbytes += part.len;
	flow_notify();
	flow_unlock();
	if (!last)
		return;
	(void)snprintf(text, sizeof(text), "%llu %s",
	    (unsigned long long)upload->at, upload->wrong ? "wrong" : "right");
	ck_assert_int_eq(
	    weft_http_reply(call, 200, NULL, bytes(text)), WEFT_OK);
}

/* Stands still until the test says so. */
static void
piece_held(struct weft_call *call, struct weft_bytes part, bool last)
{
	FLOW_HOLD(go_on);
	piece(call, part, last);
}

static void
piece_silent(struct weft_call *call, struct weft_bytes part, bool last)
{
	(void)call;
	(void)part;
	(void)last;
}

static void
whole(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	char text[64];

	(void)request;
	(void)snprintf(text, sizeof(text), "whole %zu", body.len);
	ck_assert_int_eq(
	    weft_http_reply(call, 200, NULL, bytes(text)), WEFT_OK);
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	free(weft_call_user(call));
	flow_lock();
	nclosed++;
	closed_why = why;
	flow_notify();
	flow_unlock();
}

static const struct weft_route routes[] = {
	WEFT_ROUTE_STREAM("PUT", "/files/{name}", begin_upload, piece),
	WEFT_ROUTE_STREAM("PUT", "/held/{name}", begin_upload, piece_held),
	WEFT_ROUTE_STREAM("PUT", "/silent/{name}", begin_upload, piece_silent),
	WEFT_ROUTE("POST", "/whole", whole),
	WEFT_ROUTE("GET", "/whole", whole),
	WEFT_ROUTE_END,
};

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "server", .closed = closed, .routes = routes);

static struct flow_client *
begin(struct flow **flow, const char *url)
{
	*flow = flow_new();
	flow_start(*flow, url, &server);
	return flow_client_new(&(*flow)->bound[0]);
}

static void
put(struct flow_client *client, const char *target, const char *fields)
{
	char head[512];

	(void)snprintf(head, sizeof(head),
	    "PUT %s HTTP/1.1\r\n" HTTP_HOST "%s\r\n", target, fields);
	http_write(client, head);
}

/* Bytes [at, at + n) of what is uploaded. */
static void
part(struct flow_client *client, uint32_t at, uint32_t n)
{
	uint8_t some[PIECE];
	uint32_t i;

	ck_assert_uint_le(n, sizeof(some));
	for (i = 0; i < n; i++)
		some[i] = (uint8_t)((at + i) % 251);
	flow_write(client, some, n);
}

START_TEST(a_long_body_comes_in_pieces)
{
	struct flow_client *client;
	struct flow *flow;
	uint32_t at, n;
	char text[64];

	client = begin(&flow, HTTP_URL "?max_message=20000");
	(void)snprintf(text, sizeof(text), "Content-Length: %u\r\n", LONG);
	put(client, "/files/a", text);
	for (at = 0; at < LONG; at += n) {
		n = LONG - at < PIECE ? LONG - at : PIECE;
		part(client, at, n);
	}
	(void)snprintf(text, sizeof(text), "%u right", LONG);
	http_hear(client, 200, text);
	ck_assert_uint_gt(npieces, LONG / 20000);
	/* The connection goes on. */
	http_get(client, "/whole");
	http_hear(client, 200, "whole 0");
	put(client, "/files/b", "Content-Length: 3\r\n");
	part(client, 0, 3);
	http_hear(client, 200, "3 right");
	put(client, "/files/c", "");
	http_hear(client, 200, "0 right");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(chunks_are_pieces)
{
	struct flow_client *client;
	char chunk[32], text[64];
	struct flow *flow;
	uint32_t at, n;

	client = begin(&flow, HTTP_URL);
	put(client, "/files/a", "Transfer-Encoding: chunked\r\n");
	for (at = 0, n = 1; at < LONG / 8; at += n, n = n % PIECE * 3 + 1) {
		if (n > PIECE)
			n = PIECE;
		(void)snprintf(chunk, sizeof(chunk), "%x;a=b\r\n", n);
		http_write(client, chunk);
		part(client, at, n);
		http_write(client, "\r\n");
	}
	http_write(client, "0\r\nA: b\r\n\r\n");
	(void)snprintf(text, sizeof(text), "%u right", at);
	http_hear(client, 200, text);
	/* Bytewise. */
	put(client, "/files/b", "Transfer-Encoding: chunked\r\n");
	for (at = 0; at < 100; at++) {
		http_write(client, "1");
		http_write(client, "\r");
		http_write(client, "\n");
		part(client, at, 1);
		http_write(client, "\r\n");
	}
	http_write(client, "0\r\n\r\n");
	http_hear(client, 200, "100 right");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* As the function does not go on, no more is read. */
START_TEST(a_slow_function_holds_up_its_client)
{
	struct flow_client *client;
	struct flow *flow;
	uint8_t zeros[PIECE] = { 0 };
	uint64_t sent = 0, before;
	char text[64];

	client = begin(&flow, HTTP_URL);
	(void)snprintf(text, sizeof(text), "Content-Length: %u\r\n", LONG * 8);
	put(client, "/held/a", text);
	FLOW_WAIT(nheads == 1, "the head");
	flow_wait_count(flow, WEFT_COUNTER_reads, 1);
	/* Until the sockets are full; much less than all of it. */
	do {
		before = sent;
		while (sent < LONG * 8 &&
		    flow_try_write(client, zeros, sizeof(zeros)))
			sent += sizeof(zeros);
	} while (sent != before && sent < LONG * 8);
	flow_wait_count(flow, WEFT_COUNTER_read_pauses, 1);
	flow_lock();
	ck_assert_uint_eq(nbytes, 0);
	go_on = true;
	flow_notify();
	flow_unlock();
	flow_client_reset(&client);
	FLOW_WAIT(nclosed == 1, "its end");
	flow_end(&flow);
}
END_TEST

START_TEST(who_is_refused_is_told_at_once)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow, HTTP_URL);
	put(client, "/files/forbid", "Content-Length: 30000\r\n");
	part(client, 0, 10000);
	http_hear(client, 403, "");
	/* The rest of it is read, and nobody sees it. */
	part(client, 10000, 20000);
	http_get(client, "/whole");
	http_hear(client, 200, "whole 0");
	ck_assert_uint_eq(nbytes, 0);
	put(client, "/none", "Content-Length: 3000\r\n");
	http_hear(client, 404, "");
	part(client, 0, 3000);
	http_get(client, "/whole");
	http_hear(client, 200, "whole 0");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(other_routes_get_theirs_whole)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow, HTTP_URL "?max_message=30000");
	http_write(client,
	    "POST /whole HTTP/1.1\r\n" HTTP_HOST
	    "Content-Length: 30000\r\n\r\n");
	part(client, 0, 10000);
	part(client, 10000, 20000);
	http_hear(client, 200, "whole 30000");
	http_write(client,
	    "POST /whole HTTP/1.1\r\n" HTTP_HOST
	    "Transfer-Encoding: chunked\r\n\r\n5\r\n");
	http_write(client, "hello\r\n1\r\n!\r\n0\r\n\r\n");
	http_hear(client, 200, "whole 6");
	/* RFC 9110, section 15.5.14. */
	http_write(client,
	    "POST /whole HTTP/1.1\r\n" HTTP_HOST
	    "Content-Length: 30001\r\n\r\n");
	http_hear_last(client, 413);
	flow_client_free(&client);
	client = flow_client_new(&flow->bound[0]);
	http_write(client,
	    "POST /whole HTTP/1.1\r\n" HTTP_HOST
	    "Transfer-Encoding: chunked\r\n\r\n7531\r\n");
	part(client, 0, 30001);
	http_hear_last(client, 413);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(no_reply_is_a_fault)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow, HTTP_URL);
	put(client, "/silent/a", "Content-Length: 3000\r\n");
	part(client, 0, 1000);
	part(client, 1000, 2000);
	http_hear(client, 500, "");
	(void)flow_wait_log(flow, "WORK-NO-REPLY");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(who_stops_in_the_middle_is_let_go_of)
{
	struct flow_client *client;
	struct flow *flow;

	client = begin(&flow, HTTP_URL "?partial=100ms");
	put(client, "/files/a", "Content-Length: 30000\r\n");
	part(client, 0, 10000);
	FLOW_WAIT(
	    nclosed == 1 && closed_why == WEFT_REASON_PARTIAL, "its end");
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	flow_end(&flow);
	/* Those who are let go of for another reason have time. */
	client = begin(&flow, HTTP_URL);
	put(client, "/files/a", "Content-Length: 30000\r\n");
	part(client, 0, 10000);
	FLOW_WAIT(nheads == 2, "the head");
	flow_client_free(&client);
	FLOW_WAIT(nclosed == 2 && closed_why == WEFT_REASON_PEER, "its end");
	/* A wrong chunk: no answer, since one may have begun. */
	client = flow_client_new(&flow->bound[0]);
	put(client, "/files/a", "Transfer-Encoding: chunked\r\n");
	http_write(client, "3\r\nabcX");
	ck_assert_int_eq(flow_read_end(client), 0);
	FLOW_WAIT(
	    nclosed == 3 && closed_why == WEFT_REASON_MALFORMED, "its end");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("http_upload", a_long_body_comes_in_pieces, chunks_are_pieces,
    a_slow_function_holds_up_its_client, who_is_refused_is_told_at_once,
    other_routes_get_theirs_whole, no_reply_is_a_fault,
    who_stops_in_the_middle_is_let_go_of)
