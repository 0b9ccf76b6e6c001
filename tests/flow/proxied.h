/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/proxied.h - a node whose clients come by a proxy, and what a
 * proxy says of them.
 */
#ifndef TESTS_FLOW_PROXIED_H
#define TESTS_FLOW_PROXIED_H

#include "flow.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "flow_client.h"

#define PROXY "?proxy=127.0.0.0/8"
#define V4 "PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n"
#define V6 "PROXY TCP6 2001:db8::1 fd00::2 1 65535\r\n"
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BYTES4                                                                \
	SIGNATURE "\x21\x11\0\x0f"                                            \
		  "\xc0\x00\x02\x01\xcb\x00\x71\x07\xdc\x04\x01\xbb"          \
		  "\4\0\0"
#define LOCAL SIGNATURE "\x20\x00\0\0"

static unsigned nopened, nclosed; /* under flow_lock() */

/* "REMOTE LOCAL", so that the client hears who it is. */
static inline void
tell(struct weft_call *call, weft_endpoint from)
{
	struct weft_endpoint_info info;
	char text[256];
	int len;

	ck_assert_int_eq(
	    weft_endpoint_info(weft_call_node(call), from, &info), WEFT_OK);
	len = snprintf(text, sizeof(text), "%s %s", info.remote, info.local);
	ck_assert_int_eq(
	    weft_send(call, from, (struct weft_bytes){ text, (size_t)len }),
	    WEFT_OK);
	flow_lock();
	nopened++;
	flow_notify();
	flow_unlock();
}

static inline void
echo(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static inline void
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

static const struct weft_plugin teller = WEFT_PLUGIN_INIT(.name = "teller",
    .opened = tell, .message = echo, .closed = count);

#define WRITE(client, text) flow_write(client, text, sizeof(text) - 1)

/* What the socket itself says, as the server sees it. */
static inline void
socket_says(const struct flow_client *client, char *out, size_t size)
{
	struct sockaddr_in from, to;
	socklen_t len = sizeof(from);

	ck_assert_int_eq(
	    getsockname(client->fd, (struct sockaddr *)&from, &len), 0);
	ck_assert_int_eq(
	    getpeername(client->fd, (struct sockaddr *)&to, &len), 0);
	(void)snprintf(out, size, "127.0.0.1:%u 127.0.0.1:%u",
	    ntohs(from.sin_port), ntohs(to.sin_port));
}

static inline struct flow *
node(const char *url)
{
	struct flow *flow = flow_new();

	flow_start(flow, url, &teller);
	return flow;
}

/* A client that says these bytes, and then "hello" with its length. */
static inline struct flow_client *
says(struct flow *flow, const void *header, size_t len)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_write(client, header, len);
	flow_say(client, "hello");
	return client;
}

#define SAYS(flow, text) says(flow, text, sizeof(text) - 1)

static inline void
hears(struct flow_client **clientp, const char *who)
{
	flow_hear(*clientp, who);
	flow_hear(*clientp, "hello");
	flow_client_free(clientp);
}

#endif
