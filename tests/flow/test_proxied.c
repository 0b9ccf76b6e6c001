/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_proxied.c - clients that come by a proxy: who handlers are
 * told of, and who is counted.
 */
#include "flow.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "flow_client.h"
#include "proxied.h"
#include "ws_client.h"

START_TEST(the_client_is_whom_the_proxy_speaks_for)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0" PROXY);
	struct flow_client *client;

	client = SAYS(flow, V4);
	hears(&client, "192.0.2.1:56324 203.0.113.7:443");
	client = SAYS(flow, V6);
	hears(&client, "[2001:db8::1]:1 [fd00::2]:65535");
	client = SAYS(flow, BYTES4);
	hears(&client, "192.0.2.1:56324 203.0.113.7:443");
	FLOW_WAIT(nopened == 3 && nclosed == 3, "all of them");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_proxy), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_refused_proxy), 0);
	flow_end(&flow);
}
END_TEST

START_TEST(a_proxy_that_speaks_for_itself_is_itself)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0" PROXY);
	struct flow_client *client;
	char who[80];

	client = SAYS(flow, LOCAL);
	socket_says(client, who, sizeof(who));
	hears(&client, who);
	client = SAYS(flow, "PROXY UNKNOWN\r\n");
	socket_says(client, who, sizeof(who));
	hears(&client, who);
	flow_end(&flow);
}
END_TEST

/* Each byte by itself: nobody is told before the last. */
static void
one_by_one(const void *header, size_t header_len, const char *who)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0" PROXY);
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	const uint8_t *at = header;
	size_t i;

	for (i = 0; i < header_len; i++) {
		ck_assert_uint_eq(nopened, 0);
		flow_write(client, at + i, 1);
		flow_wait_count(flow, WEFT_COUNTER_bytes_in, i + 1);
	}
	flow_hear(client, who);
	flow_say(client, "hello");
	flow_hear(client, "hello");
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(a_header_may_come_in_any_pieces)
{
	one_by_one(V4, sizeof(V4) - 1, "192.0.2.1:56324 203.0.113.7:443");
	nopened = 0;
	one_by_one(
	    BYTES4, sizeof(BYTES4) - 1, "192.0.2.1:56324 203.0.113.7:443");
}
END_TEST

START_TEST(the_longest_header_is_skipped)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0" PROXY);
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	uint8_t header[4096];

	memset(header, 'x', sizeof(header));
	memcpy(header, BYTES4, sizeof(BYTES4) - 1);
	header[14] = 4080 >> 8;
	header[15] = 4080 & 0xff;
	flow_write(client, header, 3000);
	flow_wait_count(flow, WEFT_COUNTER_bytes_in, 3000);
	ck_assert_uint_eq(nopened, 0);
	flow_write(client, header + 3000, sizeof(header) - 3000);
	flow_say(client, "hello");
	hears(&client, "192.0.2.1:56324 203.0.113.7:443");
	flow_end(&flow);
}
END_TEST

START_TEST(a_web_socket_begins_behind_it)
{
	struct flow *flow = node("ws+text://127.0.0.1:0/chat" PROXY);
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	WRITE(client, V4);
	ws_open(client, "/chat");
	ws_hear(client, WS_FIN | WS_TEXT, "192.0.2.1:56324 203.0.113.7:443");
	ws_send(client, WS_FIN | WS_TEXT, "hello", 5);
	ws_hear(client, WS_FIN | WS_TEXT, "hello");
	flow_client_free(&client);
	/* Without it the request is no header. */
	client = flow_client_new(&flow->bound[0]);
	ws_ask(client, "/chat", "");
	(void)flow_read_end(client);
	ck_assert_ptr_nonnull(strstr(
	    flow_wait_log(flow, "IO-PROXY")->text, "expected \"PROXY \""));
	flow_client_free(&client);
	FLOW_WAIT(nopened == 1 && nclosed == 1, "one that came and went");
	flow_end(&flow);
}
END_TEST

/* An abstract name: nothing is left in the file system. */
static struct flow_client *
unix_client(const char *name)
{
	struct flow_client *client = malloc(sizeof(*client));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	client->at = client->end = 0;
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(
	    addr.sun_path + 1, sizeof(addr.sun_path) - 1, "%s", name);
	ck_assert_int_eq(
	    connect(client->fd, (struct sockaddr *)&addr,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		    strlen(name))),
	    0);
	return client;
}

START_TEST(a_unix_socket_may_be_a_proxys)
{
	struct flow *flow;
	struct flow_client *client;
	char name[64], url[128], bytes[16 + 216] = "";

	(void)snprintf(name, sizeof(name), "weft-proxied-%d", (int)getpid());
	(void)snprintf(url, sizeof(url), "unix+varint://@%s?proxy=unix", name);
	flow = node(url);
	client = unix_client(name);
	WRITE(client, V4);
	flow_say(client, "hello");
	hears(&client, "192.0.2.1:56324 203.0.113.7:443");
	/* By itself, and for another Unix socket: neither has an address. */
	(void)snprintf(url, sizeof(url), " @%s", name);
	client = unix_client(name);
	WRITE(client, LOCAL);
	flow_say(client, "hello");
	hears(&client, url);
	client = unix_client(name);
	memcpy(bytes, SIGNATURE "\x21\x31\0\xd8", 16);
	flow_write(client, bytes, sizeof(bytes));
	flow_say(client, "hello");
	hears(&client, url);
	flow_end(&flow);
}
END_TEST

/* ---- how many of one address */

static struct flow_client *
of_address(struct flow *flow, unsigned last, bool in)
{
	char header[80], who[80];
	struct flow_client *client;
	int len;

	len = snprintf(header, sizeof(header),
	    "PROXY TCP4 192.0.2.%u 203.0.113.7 1 2\r\n", last);
	client = says(flow, header, (size_t)len);
	(void)snprintf(who, sizeof(who), "192.0.2.%u:1 203.0.113.7:2", last);
	if (in) {
		flow_hear(client, who);
		flow_hear(client, "hello");
	} else {
		(void)flow_read_end(client);
	}
	return client;
}

START_TEST(the_clients_address_is_counted)
{
	struct flow *flow =
	    node("tcp+varint://127.0.0.1:0" PROXY "&max_endpoints_per_ip=2");
	struct flow_client *waits[5], *in[6], *late;
	unsigned idle, i, round;

	FLOW_WAIT(flow_threads() >= 4, "the node to run");
	idle = flow_descriptors();
	for (round = 1; round <= 3; round++) {
		/* Of the proxy as many as there are: they say nothing yet. */
		for (i = 0; i < 5; i++)
			waits[i] = flow_client_new(&flow->bound[0]);
		for (i = 0; i < 6; i++)
			in[i] = of_address(flow, 1 + i / 2, true);
		late = of_address(flow, 2, false);
		flow_client_free(&late);
		flow_wait_count(flow, WEFT_COUNTER_refused_per_ip, round);
		ck_assert_uint_eq(
		    flow_count(flow, WEFT_COUNTER_refused_per_ip), round);
		ck_assert_ptr_nonnull(
		    strstr(flow_wait_log(flow, "IO-PER-IP")->text,
			"192.0.2.2:1: expected at most 2"));
		/* Each ends in its own way, and all places come back. */
		WRITE(waits[0], "no header");
		flow_write(waits[1], V4, 7);
		flow_client_reset(&waits[2]);
		flow_client_reset(&in[1]);
		flow_client_finish(in[2]);
		flow_write(
		    in[3], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
		for (i = 0; i < 5; i++)
			if (waits[i] != NULL)
				flow_client_free(&waits[i]);
		for (i = 0; i < 6; i++)
			if (in[i] != NULL)
				flow_client_free(&in[i]);
		FLOW_WAIT(flow_descriptors() == idle, "the sockets to close");
	}
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 3 * 12);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_now), 0);
	flow_end(&flow);
}
END_TEST

/* By itself a proxy is a client as any. */
START_TEST(the_proxys_own_address_is_counted_when_it_is_it)
{
	struct flow *flow =
	    node("tcp+varint://127.0.0.1:0" PROXY "&max_endpoints_per_ip=1");
	struct flow_client *first = SAYS(flow, LOCAL), *late, *other;
	char who[80];

	socket_says(first, who, sizeof(who));
	flow_hear(first, who);
	late = SAYS(flow, LOCAL);
	(void)flow_read_end(late);
	flow_client_free(&late);
	flow_wait_count(flow, WEFT_COUNTER_refused_per_ip, 1);
	other = of_address(flow, 1, true);
	flow_client_free(&other);
	flow_client_free(&first);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("proxied", the_client_is_whom_the_proxy_speaks_for,
    a_proxy_that_speaks_for_itself_is_itself, a_header_may_come_in_any_pieces,
    the_longest_header_is_skipped, a_web_socket_begins_behind_it,
    a_unix_socket_may_be_a_proxys, the_clients_address_is_counted,
    the_proxys_own_address_is_counted_when_it_is_it)
