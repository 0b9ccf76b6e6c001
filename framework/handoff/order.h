/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/order.h - what other threads ask of the I/O thread besides messages:
 * to take a listener, to suspend or end one, to connect, to say what it knows
 * or that it is there, to let clients go.
 *
 * An order travels through the outbox like a message, in a chunk whose bytes
 * it is (WI_CHUNK_ORDER), so it keeps its place among what one thread sends.
 *
 * owner: who fills it, then the outbox, then the I/O thread.
 */
#ifndef WI_ORDER_H
#define WI_ORDER_H

#include <stdint.h>

#include <weft/node.h>

#include "base/address.h"
#include "base/url.h"
#include "handoff/hub.h"

struct wi_look;
struct wi_plugin;
struct wi_waiter;

enum wi_order_kind {
	WI_ORDER_LISTEN,
	WI_ORDER_UNLISTEN,
	WI_ORDER_CONNECT,
	WI_ORDER_PING,
	WI_ORDER_SUSPEND,
	WI_ORDER_RESUME,
	WI_ORDER_LOOK,   /* handoff/look.h */
	WI_ORDER_LEAVE,  /* weft_node_drain() */
	WI_ORDER_CHANGE, /* weft_node_limits() */
};

struct wi_order {
	enum wi_order_kind kind;
	int fd;         /* LISTEN: a socket that is bound; the order owns it */
	uint64_t joins; /* LISTEN: the listener that has the socket, fd is -1;
	                   0: none */
	uint64_t id;    /* the listener's; CONNECT: the endpoint's; LEAVE: the
	                   deadline [ms]; CHANGE: see io/change.c */
	const struct weft_codec *codec;
	const struct wi_limits *limits;
	struct wi_plugin *plugin;
	struct wi_strand *group;  /* LISTEN: one hold, or NULL */
	struct wi_waiter *waiter; /* CONNECT: one reference, or NULL;
	                              PING: one reference; LOOK */
	struct wi_look *look;     /* LOOK: one reference */
	const char *path;         /* unix: kept by the desk; else NULL */
	struct wi_url url;
	struct wi_socket_file file; /* LISTEN, unix: which file is ours */
	char text[256]; /* LISTEN: where it is bound; CONNECT: as written */
};

/*
 * wi_order_new() - an order to be filled in, or NULL: no memory.
 * wi_order_push() - hand it over and wake the I/O thread.
 * wi_order_drop() - instead: free it; fd and waiter stay the caller's.
 *
 *   owner             the caller, until it is pushed.
 *   thread            any.
 */
struct wi_order *wi_order_new(enum wi_order_kind kind);
void wi_order_push(struct wi_hub *hub, struct wi_order *order);
void wi_order_drop(struct wi_order *order);

#endif
