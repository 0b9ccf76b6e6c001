/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/io.h - the I/O thread's own things, and the doors of its rooms.
 *
 * The way of bytes through this folder, one file a step:
 *
 *   listen -> accept -> conn -> read -> decode -> (handoff)
 *   (handoff) -> collect -> flush -> linger
 *
 * beside it, what we open ourselves and what has no connections:
 *
 *   dial -> connect -> conn
 *   udp (datagram, peers) -> conn, (handoff)
 *
 * and around them poller (which sockets have something), loop (what happens
 * before it sleeps), timeout, timer (the program's), and drain (the orderly
 * stop).  Included by io/ and node.c only.
 */
#ifndef WI_IO_H
#define WI_IO_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include <weft/node.h>

#include "base/counter.h"
#include "base/thread_role.h"
#include "base/wheel.h"
#include "handoff/block.h"
#include "handoff/hub.h"
#include "io/conn.h"
#include "io/due.h"
#include "io/per_ip.h"
#include "io/poller.h"
#include "io/publish.h"
#include "io/slice.h"
#include "io/waiting.h"

struct wi_listener;
struct wi_order;
struct wi_plugin;
struct wi_span;
struct wi_tls_desk;
struct wi_udp_desk;

/* How far the stop has come (io/drain.c). */
enum wi_drain {
	WI_DRAIN_NOT,     /* serving */
	WI_DRAIN_CLOSING, /* nothing new; endpoints finish what they have */
	WI_DRAIN_FORCED,  /* the rest is dropped */
	WI_DRAIN_JOINING, /* no endpoint left, workers leave */
	WI_DRAIN_DONE,    /* the loop ends */
};

/* What the codec of a connection is given, for a report of a crash: read by a
 * signal handler on the I/O thread alone. */
struct wi_cutting {
	const struct wi_conn *conn; /* NULL: nothing is decoded */
	const struct wi_span *span; /* io/decode.h */
	uint32_t first;             /* where span->at was at first */
};

/* Are clients accepted, or what is waited for? */
enum wi_accept {
	WI_ACCEPT_ON,
	WI_ACCEPT_NO_SLOT,       /* max_endpoints are open */
	WI_ACCEPT_NO_DESCRIPTOR, /* or no memory for one */
};

struct wi_io {
	uv_loop_t loop;
	uv_prepare_t prepare; /* before each poll: collect, flush, wake */
	uv_check_t check;     /* after each poll */
	uv_timer_t nudge;     /* while work is out: look again, see loop.c */
	uv_idle_t hurry;      /* while the outbox does not get empty */
	uv_timer_t retry;     /* while accepting is paused */
	uv_timer_t deadline;  /* while draining */
	uv_signal_t signals[2];

	struct wi_hub *hub;
	struct wi_counters *counters; /* the I/O thread's */
	struct wi_pool blocks;
	struct wi_block *read_block; /* filled by reads of all endpoints */
	struct wi_pool long_blocks;
	struct wi_block *long_block; /* of those with long messages; or NULL */
	struct wi_cutting cutting;

	struct wi_listener *listeners;
	struct wi_conn *closed;       /* sockets closed in this turn */
	struct wi_conn *dirty;        /* have output that was not tried yet */
	struct wi_udp *udps;          /* datagram sockets (io/udp.h) */
	struct wi_udp_desk *udp_desk; /* what they use in turn; NULL: none */
	struct wi_tls_desk *tls_desk; /* io/tls.h; NULL: none yet */
	struct wi_dues dues;          /* deadlines of connections */
	struct wi_per_ip per_ip;
	struct wi_publisher publisher;
	struct wi_waitings waitings;

	/* The program's timers (io/timer.c). */
	uv_timer_t timer;
	struct wi_wheel wheel;
	uint64_t timer_armed; /* [ms] timer is set for; UINT64_MAX: it is not;
	                         0: its time has come */
	ck_stack_entry_t *timer_sets; /* orders that were taken */
	struct wi_timer_cache timer_cache;

	struct wi_poller poller; /* sockets of connections */

	uint32_t nconns;         /* connections in use */
	uint32_t nours;          /* of these, not of a listener */
	uint32_t max_handshakes; /* of TLS, at a time */
	uint64_t stuck_ns;       /* a handler that runs so long is logged */
	uint64_t sentinel_next;  /* [ns] not before that another one */
	struct wi_slice slice;   /* that this thread had before */
	uint32_t linger_ms;
	uint32_t drain_ms;
	uint32_t stops_seen;      /* of hub->stop_asked */
	uint64_t nudge_ms;        /* present delay of nudge */
	uint64_t nudge_seen;      /* runs at the last nudge */
	uint64_t scheduled_seen;  /* hub->nscheduled of the last turn */
	uint64_t drain_seen;      /* runs at the last drain deadline */
	struct wi_conn *attended; /* whose worker said something */
	enum wi_accept accept;    /* io/accept.c */
	bool stuck;               /* a worker did not come back */
	bool leaving;             /* no new clients: weft_node_drain() */
	bool changes;             /* slice_note in io/change.c: in a round */
	bool change_again;        /* and then in another one */
	enum wi_drain drain;
};

/* loop.c: the poller. */
int wi_io_init(struct wi_io *io, struct wi_hub *hub,
    const struct weft_options *options) WI_ON_IO;
void wi_io_run(struct wi_io *io) WI_ON_IO;
void wi_io_fini(struct wi_io *io) WI_ON_IO;

/* listen.c: sockets that clients connect to. */
void wi_listen_take(struct wi_io *io, struct wi_order *order) WI_ON_IO;
void wi_listen_end(struct wi_io *io, uint64_t id) WI_ON_IO;
void wi_listen_poll(struct wi_listener *listener, bool on) WI_ON_IO;
void wi_listen_close_all(struct wi_io *io) WI_ON_IO;

/* wi_listen_suspend() - it takes no new clients, or does again.
 * wi_listen_leave_all() - none does from now on: those of streams close.
 * wi_listen_accepts() - is its socket one that clients are taken from?
 * wi_listen_joined(), wi_listen_left() - a client of a listener has come, or
 * is gone; wi_listen_moved() - it is one of another.  id 0, or of one that is
 * closed, is nobody. */
void wi_listen_suspend(struct wi_io *io, uint64_t id, bool on) WI_ON_IO;
void wi_listen_leave_all(struct wi_io *io) WI_ON_IO;
bool wi_listen_accepts(const struct wi_listener *listener) WI_ON_IO;
void wi_listen_joined(struct wi_io *io, uint64_t id) WI_ON_IO;
void wi_listen_left(struct wi_io *io, uint64_t id) WI_ON_IO;
void wi_listen_moved(struct wi_io *io, uint64_t from, uint64_t to) WI_ON_IO;

/* connect.c: connections of ours. */
void wi_connect_take(struct wi_io *io, struct wi_order *order) WI_ON_IO;

/* accept.c: clients become connections. */
void wi_accept_ready(struct wi_listener *listener) WI_ON_IO;
void wi_accept_resume(struct wi_io *io) WI_ON_IO;

/* read.c: bytes become batches. */
void wi_read_ready(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_read_resume(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_read_finish(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* loop.c: runs of strands so far, by all workers and the receiver. */
uint64_t wi_io_runs(const struct wi_io *io) WI_ON_IO;

/* collect.c: what the workers asked for. */
bool wi_collect(struct wi_io *io) WI_ON_IO;

/* flush.c: bytes leave. */
void wi_flush_queue(
    struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk) WI_ON_IO;
void wi_flush_again(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_flush_dirty(struct wi_io *io) WI_ON_IO;
void wi_flush_advance(
    struct wi_io *io, struct wi_conn *conn, size_t n) WI_ON_IO;
void wi_flush_took(
    struct wi_io *io, struct wi_conn *conn, uint64_t load) WI_ON_IO;
void wi_flush_conn(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_flush_failed(
    struct wi_io *io, struct wi_conn *conn, int error) WI_ON_IO;
void wi_flush_waits(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_flush_drop(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_flush_remove() - a chunk of which nothing has left; returns its load,
 * which was not taken off. */
uint64_t wi_flush_remove(
    struct wi_conn *conn, struct wi_chunk *chunk) WI_ON_IO;

/* timer.c: timers of the program's.
 * wi_timer_take_sets() - before a turn collects anything.
 * wi_timer_orders() - set and cancel what was asked for.
 * wi_timer_work() - tell what is due, and when to end the poll.
 * wi_timer_quiet() - has nobody asked for anything that was not looked at?
 * wi_timer_forget() - one that is over: its time does not come any more.
 * wi_timer_end_conn(), wi_timer_end_plugin(), wi_timer_end_all() - those of an
 * endpoint whose last event was pushed; of a plugin's strands; of all. */
void wi_timer_init(struct wi_io *io) WI_ON_IO;
void wi_timer_take_sets(struct wi_io *io) WI_ON_IO;
void wi_timer_orders(struct wi_io *io) WI_ON_IO;
void wi_timer_work(struct wi_io *io) WI_ON_IO;
bool wi_timer_quiet(const struct wi_io *io) WI_ON_IO;
void wi_timer_forget(struct wi_io *io, struct wi_timer *timer) WI_ON_IO;
void wi_timer_end_conn(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_timer_end_plugin(
    struct wi_io *io, const struct wi_plugin *plugin) WI_ON_IO;
void wi_timer_end_all(struct wi_io *io) WI_ON_IO;

/* wi_io_ticks() - now, in units of WI_FACTS_TICK_MS. */
static inline uint32_t
wi_io_ticks(const struct wi_io *io)
{
	return (uint32_t)(uv_now(&io->loop) / WI_FACTS_TICK_MS);
}

/* drain.c: the orderly stop.  wi_drain_leave() - first let clients go by
 * themselves, deadline_ms at most; 0: for ever. */
void wi_drain_leave(struct wi_io *io, uint32_t deadline_ms) WI_ON_IO;
void wi_drain_asked(struct wi_io *io) WI_ON_IO;
void wi_drain_step(struct wi_io *io) WI_ON_IO;

/* request.c: who is asked.
 * wi_request_join() - a request was set: it ends with that connection.
 * wi_request_leave() - it has come to another end.
 * wi_request_lost() - no reply can come any more: before CLOSED. */
void wi_request_join(struct wi_io *io, struct wi_timer *timer) WI_ON_IO;
void wi_request_leave(struct wi_timer *timer) WI_ON_IO;
void wi_request_lost(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

#endif
