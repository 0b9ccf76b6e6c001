/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_ws_client.c - connections of ours by ws:// (RFC 6455): what
 * they ask, what waits until they are open, and what ends them.
 *
 * Site 0 echoes; site 1 is there for the plugin that connections belong to.
 * Where the server has to behave badly, it is a plain socket of the test's.
 */
#include "flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_client.h"
#include "ws_client.h"

static struct {
	unsigned nopened, nmessages, nclosed;
	char protocol[64];
	char message[64];
	size_t len;
	bool text;
	enum weft_reason why;
} seen; /* under flow_lock() */

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct weft_http_request request;
	struct weft_bytes protocol;

	(void)from;
	ck_assert_int_eq(weft_call_http_request(call, &request), WEFT_ESTATE);
	if (weft_call_http_field(call, "Sec-WebSocket-Protocol", &protocol) !=
	    WEFT_OK)
		protocol.len = 0;
	flow_lock();
	seen.nopened++;
	(void)snprintf(seen.protocol, sizeof(seen.protocol), "%.*s",
	    (int)protocol.len,
	    protocol.len == 0 ? "" : (const char *)protocol.data);
	flow_notify();
	flow_unlock();
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)from;
	flow_lock();
	seen.nmessages++;
	seen.len = msg.len;
	seen.text = weft_call_is_text(call);
	(void)snprintf(seen.message, sizeof(seen.message), "%.*s",
	    msg.len > 60 ? 60 : (int)msg.len,
	    msg.len == 0 ? "" : (const char *)msg.data);
	flow_notify();
	flow_unlock();
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	seen.nclosed++;
	seen.why = why;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin client = WEFT_PLUGIN_INIT(.name = "client",
    .opened = on_opened, .message = on_message, .closed = on_closed);

static struct flow *
node(const char *url)
{
	struct flow *flow = flow_new();

	flow_add(flow, url, &flow_echo);
	flow_start(flow, FLOW_VARINT, &client);
	return flow;
}

static weft_endpoint
connect_to(struct flow *flow, const char *url)
{
	struct weft_error err;
	weft_endpoint to;
	int rv = weft_node_connect(flow->node, url, "client", &to, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	return to;
}

/* What is sent at once waits for the handshake. */
START_TEST(messages_go_and_come)
{
	static uint8_t big[100000];
	struct flow *flow = node("ws://127.0.0.1:0/echo");
	weft_endpoint to = connect_to(flow, flow->bound[0].url);

	ck_assert_int_eq(
	    weft_node_send(flow->node, to, (struct weft_bytes){ "early", 5 }),
	    WEFT_OK);
	FLOW_WAIT(seen.nmessages == 1, "the echo");
	ck_assert_uint_eq(seen.nopened, 1);
	ck_assert_str_eq(seen.message, "early");
	ck_assert(!seen.text);
	ck_assert_int_eq(weft_node_send(flow->node, to,
			     (struct weft_bytes){ big, sizeof(big) }),
	    WEFT_OK);
	FLOW_WAIT(seen.nmessages == 2, "the echo");
	ck_assert_uint_eq(seen.len, sizeof(big));
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_LOCAL);
	/* Both ends of it, and neither by a fault. */
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 2);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_malformed), 0);
	flow_end(&flow);
}
END_TEST

START_TEST(text_and_a_subprotocol)
{
	struct flow *flow = node("ws+text://127.0.0.1:0?protocols=x,y");
	char url[320];
	weft_endpoint to;

	(void)snprintf(url, sizeof(url), "%s?protocols=y", flow->bound[0].url);
	to = connect_to(flow, url);
	FLOW_WAIT(seen.nopened == 1, "opened()");
	ck_assert_str_eq(seen.protocol, "y");
	ck_assert_int_eq(
	    weft_node_send(flow->node, to, (struct weft_bytes){ "hi", 2 }),
	    WEFT_OK);
	FLOW_WAIT(seen.nmessages == 1, "the echo");
	ck_assert(seen.text);
	flow_end(&flow);
}
END_TEST

START_TEST(who_is_refused_is_closed)
{
	struct flow *flow = node("ws://127.0.0.1:0/echo");
	char url[320];
	int rv;
	struct weft_error err;
	weft_endpoint to;

	(void)snprintf(url, sizeof(url), "%s2", flow->bound[0].url);
	(void)connect_to(flow, url);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_CONNECT);
	ck_assert_uint_eq(seen.nopened, 0);
	rv = weft_node_connect_wait(
	    flow->node, url, "client", 10000, &to, &err);
	ck_assert_int_eq(rv, WEFT_EMALFORMED);
	ck_assert_ptr_nonnull(strstr(err.text, "101"));
	flow_end(&flow);
}
END_TEST

/* ---- a server of the test's own */

static int
listen_to(char *url, size_t size, const char *options)
{
	uint16_t port;
	int fd = flow_listen(&port);

	(void)snprintf(url, size, "ws://127.0.0.1:%u/%s", port, options);
	return fd;
}

/* The right answer (section 4.2.2). */
static void
welcome(const char *request, char *out, size_t size)
{
	static const char name[] = "\r\nSec-WebSocket-Key: ";
	const char *key = strstr(request, name) + strlen(name);
	uint8_t digest[SHA_DIGEST_LENGTH];
	char joined[64], accept[32];

	(void)snprintf(joined, sizeof(joined), "%.24s%s", key,
	    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	(void)SHA1((const uint8_t *)joined, strlen(joined), digest);
	(void)EVP_EncodeBlock((uint8_t *)accept, digest, sizeof(digest));
	(void)snprintf(out, size,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	    accept);
}

/* A client of ours that has come, and its request. */
static struct flow_client *
accept_one(int listener, char *request, size_t size)
{
	struct flow_client *peer = calloc(1, sizeof(*peer));
	size_t n = 0;

	ck_assert_ptr_nonnull(peer);
	peer->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(peer->fd, 0);
	do {
		ck_assert_uint_lt(n + 1, size);
		flow_read(peer, request + n, 1);
		request[++n] = '\0';
	} while (strstr(request, "\r\n\r\n") == NULL);
	return peer;
}

START_TEST(the_request_is_one)
{
	struct flow *flow = node("ws://127.0.0.1:0");
	char url[64], request[2048];
	struct flow_client *peer;
	int fd = listen_to(url, sizeof(url), "a/b");

	(void)connect_to(flow, url);
	peer = accept_one(fd, request, sizeof(request));
	ck_assert_int_eq(strncmp(request, "GET /a/b HTTP/1.1\r\n", 19), 0);
	ck_assert_ptr_nonnull(strstr(request, "\r\nHost: 127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(request, "\r\nUpgrade: websocket\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(request, "\r\nSec-WebSocket-Version: 13\r\n"));
	/* Section 4.1: another server's answer is none. */
	flow_write(peer,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
	    129);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-HANDSHAKE")->text, "accept"));
	ck_assert_uint_eq(seen.nopened, 0);
	flow_client_free(&peer);
	(void)close(fd);
	flow_end(&flow);
}
END_TEST

/* Also before the first handshake. */
/* Section 5.5.1, also when it will be connected again. */
START_TEST(the_servers_close_is_answered)
{
	struct flow *flow = node("ws://127.0.0.1:0");
	char url[64], request[2048], answer[256];
	struct flow_client *peer;
	int fd =
	    listen_to(url, sizeof(url), "c?reconnect=10ms&query=room%3Da");
	uint8_t last[8];
	unsigned i;

	(void)connect_to(flow, url);
	for (i = 0; i < 3; i++) {
		peer = accept_one(fd, request, sizeof(request));
		ck_assert_int_eq(
		    strncmp(request, "GET /c?room=a HTTP/1.1\r\n", 24), 0);
		welcome(request, answer, sizeof(answer));
		flow_write(peer, answer, strlen(answer));
		flow_write(peer, "\x88\x02\x03\xe9", 4);
		flow_read(peer, last, 8);
		ck_assert_int_eq(memcmp(last, "\x88\x82", 2), 0);
		ck_assert_uint_eq(
		    (unsigned)(last[6] ^ last[2]) << 8 | (last[7] ^ last[3]),
		    1001);
		ck_assert_int_eq(flow_read_end(peer), 0);
		flow_client_free(&peer);
	}
	FLOW_WAIT(seen.nclosed == 3, "closed()");
	ck_assert_int_eq(shutdown(fd, SHUT_RDWR), 0);
	flow_end(&flow);
}
END_TEST

START_TEST(it_is_tried_again)
{
	struct flow *flow = node("ws://127.0.0.1:0");
	char url[64], request[2048];
	struct flow_client *peer;
	int fd = listen_to(url, sizeof(url), "?reconnect=10ms");
	unsigned i;

	(void)connect_to(flow, url);
	for (i = 0; i < 3; i++) {
		peer = accept_one(fd, request, sizeof(request));
		flow_write(peer, "HTTP/1.1 503 No\r\n\r\n", 19);
		flow_client_free(&peer);
	}
	flow_wait_count(flow, WEFT_COUNTER_handshakes_failed, 3);
	ck_assert_uint_eq(seen.nclosed, 0);
	(void)close(fd);
	flow_end(&flow);
}
END_TEST

START_TEST(a_server_that_is_silent_is_let_go_of)
{
	struct flow *flow = node("ws://127.0.0.1:0");
	char url[64];
	int fd = listen_to(url, sizeof(url), "?handshake=100ms");

	(void)connect_to(flow, url);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_HANDSHAKE);
	(void)close(fd);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("ws_client", messages_go_and_come, text_and_a_subprotocol,
    who_is_refused_is_closed, the_request_is_one,
    the_servers_close_is_answered, it_is_tried_again,
    a_server_that_is_silent_is_let_go_of)
