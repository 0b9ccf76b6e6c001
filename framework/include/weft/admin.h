/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/admin.h - look at a node that runs, and steer it: for whoever operates
 * it.  The program "weft status" and its sisters are written with these calls.
 *
 *	struct weft_endpoint_entry list[64];
 *	uint64_t cursor = 0;
 *	int n, i;
 *
 *	while ((n = weft_node_endpoints(node, &cursor, list, 64)) > 0)
 *		for (i = 0; i < n; i++)
 *			printf("%s\n", list[i].info.remote);
 *
 * What only the I/O thread knows it is asked for, at most WEFT_LOOK_MAX
 * endpoints at a time, so that it goes on with its sockets in between: a look
 * at all is not one of an instant.  Nothing of it costs a message anything.
 */
#ifndef WEFT_ADMIN_H
#define WEFT_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>
#include <weft/node.h>
#include <weft/strand.h>

WEFT_BEGIN_DECLS

/* ---- steer */

/*
 * weft_node_suspend() - a listener takes no new clients, until it is resumed.
 * weft_node_resume() - it takes them again.
 *
 * Of a stream listener new clients connect and wait in the backlog, with what
 * they send, until they are accepted; what was accepted goes on.  Of a
 * datagram listener datagrams of unknown peers are dropped (counted:
 * datagrams_suspended); peers that are known go on.  Listeners of ws:// that
 * share a port: clients wait when all of these are suspended; else those that
 * ask for the path of one that is are closed in their handshake.
 *
 *   node     in       as weft_node_listen().
 *   listener in       from struct weft_bound.
 *   returns           WEFT_OK: it is so, as soon as the I/O thread has heard
 *                     of it; twice the same is once.  Or an error below.
 *   errors            WEFT_ENOLISTENER  closed already, or never there.
 *                     -ENOMEM           no memory for the command.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_suspend(
    struct weft_node *node, weft_listener listener);
WEFT_EXPORT WEFT_CHECK int weft_node_resume(
    struct weft_node *node, weft_listener listener);

/*
 * weft_node_drain() - no new clients; stop when those that are there have
 * gone by themselves.
 *
 * Stream listeners close: who connects is refused, also who waited in the
 * backlog.  Datagram listeners know their peers, and nobody else, until they
 * are idle.  When the last client has gone, or at the deadline, the node
 * stops as by weft_node_stop().  Connections of ours do not hold it up.
 *
 *   node     in       running, or about to.
 *   deadline_ms in    [ms] to wait for clients; 0: for ever.
 *   returns           WEFT_OK: it is under way; again, the deadline is the new
 *                     one.  Or an error below.
 *   errors            WEFT_ESTATE  the node stops or has stopped.
 *                     -ENOMEM      no memory for the command.
 *   thread            any.  Does not block.
 *
 * From then on weft_node_listen() answers WEFT_ESTATE.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_drain(
    struct weft_node *node, uint32_t deadline_ms);

/* How far a node is. */
enum weft_phase {
	WEFT_PHASE_NEW, /* it does not run yet */
	WEFT_PHASE_SERVING,
	WEFT_PHASE_DRAINING, /* weft_node_drain() */
	WEFT_PHASE_STOPPING, /* weft_node_stop() */
	WEFT_PHASE_STOPPED,
};

/* weft_node_phase() - how far it is.  thread: any. */
WEFT_EXPORT enum weft_phase weft_node_phase(const struct weft_node *node);

/* weft_phase_name() - "serving"; a constant.  thread: any. */
WEFT_EXPORT const char *weft_phase_name(enum weft_phase phase);

/* ---- look */

/* What bounds the endpoints of a listener, as its URL and the node's options
 * say.  0: there is no such bound. */
struct weft_bounds {
	uint32_t max_message; /* [bytes] */
	uint32_t mailbox_high_messages;
	uint32_t mailbox_high_bytes;
	uint32_t outbox_high_messages;
	uint32_t outbox_high_bytes;
	uint32_t outbox_pause_bytes;
	uint32_t partial_ms;
	uint32_t idle_ms;
	uint32_t handshake_ms;
	uint32_t deadline_ms;
	uint32_t outbox_age_ms;
	uint32_t max_endpoints_per_ip;
};

/* A listener. */
struct weft_listener_info {
	weft_listener listener;
	char url[256];   /* as struct weft_bound */
	char plugin[32]; /* who serves it; "": weft_node_receive() */
	const char *transport;
	const char *codec;
	uint32_t suspended; /* 1: weft_node_suspend() */
	uint32_t endpoints; /* that it has accepted and that are there */
	uint64_t accepted;  /* in all */
	struct weft_bounds bounds;
};

/*
 * weft_node_listener_at() - one listener after the other.
 *
 *   node     in       running, or about to: then it answers when it does.
 *   index    in       0, 1, ... in the order in which they came; while
 *                     listeners come and go one may be told twice or missed.
 *   info     out      undefined on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOLISTENER  there are no more.
 *                     WEFT_ESTATE       the node has stopped, or this is an
 *                                       I/O thread.
 *                     -ETIMEDOUT        the I/O thread has not answered for
 *                                       two seconds, or does not run yet.
 *                     -ENOMEM
 *   owner             transport and codec: the library, valid as long as the
 *                     node is.
 *   thread            any but the node's I/O thread.  Blocks, a turn of the
 *                     loop; in a handler it holds up the worker.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_listener_at(
    struct weft_node *node, uint32_t index, struct weft_listener_info *info);

/* A plugin. */
struct weft_plugin_info {
	char name[32];
	char version[64]; /* "": it does not say */
	char file[512];   /* "": it is part of the program */
	uint64_t hash;    /* of the file's bytes; 0: there is none */
	uint64_t since;   /* [s] of the calendar, when it was loaded */
};

/*
 * weft_node_plugin_at() - one plugin after the other.
 *
 *   node     in       running, or about to.
 *   index    in       0, 1, ... in the order in which they were loaded.
 *   info     out      undefined on error; texts are cut to fit.
 *   returns           WEFT_OK or WEFT_ENOPLUGIN: there are no more.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_plugin_at(
    struct weft_node *node, uint32_t index, struct weft_plugin_info *info);

/* Why an endpoint is not read from: any of these. */
#define WEFT_PAUSED_MAILBOX                                                   \
	1u /* what no handler has taken is above
                                   mailbox_high_*, and not below _low yet */
#define WEFT_PAUSED_OUTBOX                                                    \
	2u                     /* its peer does not take what is sent: above
                                   outbox_pause_bytes, or a quarter of
                                   outbox_high_messages */
#define WEFT_PAUSED_REQUEST 4u /* a request of it is being answered */
#define WEFT_PAUSED_OVERLOAD                                                  \
	8u /* as MAILBOX, but all messages wait longer
                                   than queue_target */

/* An endpoint. */
struct weft_endpoint_entry {
	weft_endpoint endpoint;
	weft_listener
	    listener;       /* that accepted it; id 0: none, we connected */
	weft_strand strand; /* that was made and that it is bound to; id 0: it
	                       has its own; no reference */
	char strand_name[64]; /* "": it has none, or has ended by now */
	char plugin[32];      /* who serves it; "": weft_node_receive() */
	uint32_t paused;      /* WEFT_PAUSED_*; 0: it is read from */
	uint32_t subscriptions;
	uint64_t paused_ms;        /* [ms] since then */
	uint64_t mailbox_messages; /* that no handler has taken */
	uint64_t mailbox_bytes;
	struct weft_endpoint_info info; /* queued_*: its outbox */
};

#define WEFT_LOOK_MAX 128u /* endpoints that one call returns, at most */

/*
 * weft_node_endpoints() - the next endpoints.
 *
 *   node     in       running.
 *   cursor   in,out   0 at first; how far the look has come.
 *   list     out      of n entries.
 *   n        in       1 or more.
 *   returns           how many there are in list, at most n and
 *                     WEFT_LOOK_MAX; 0: there are no more.  Or an error below.
 *   errors            as weft_node_listener_at(), but WEFT_ENOLISTENER.
 *   thread            likewise.
 *
 * Each that is there from the first call to the last is told once.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_endpoints(struct weft_node *node,
    uint64_t *cursor, struct weft_endpoint_entry *list, size_t n);

/*
 * weft_node_endpoint() - one endpoint.
 *
 *   endpoint in       of that node.
 *   entry    out      undefined on error.
 *   bounds   out      may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOENDPOINT  it has closed.
 *                     others as weft_node_endpoints().
 *   thread            likewise.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_endpoint(struct weft_node *node,
    weft_endpoint endpoint, struct weft_endpoint_entry *entry,
    struct weft_bounds *bounds);

/* The threads that run handlers. */
struct weft_workers_info {
	uint32_t workers;    /* there always */
	uint32_t spares;     /* besides, because handlers block */
	uint32_t busy;       /* of both, awake at this moment */
	uint32_t blocked;    /* of these, in a handler that waits or computes
	                      for longer than block_after_ms */
	uint64_t runnable;   /* strands that wait for one */
	uint64_t longest_ns; /* [ns] that a handler runs by now, the longest */
};

/* weft_node_workers() - at this moment, give or take.  thread: any. */
WEFT_EXPORT void weft_node_workers(
    const struct weft_node *node, struct weft_workers_info *info);

WEFT_END_DECLS

#endif
