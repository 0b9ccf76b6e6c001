/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/drain - the orderly stop.
 *
 * thread: I/O.  weft_node_stop() only counts up and wakes; this file does what
 * was asked, step by step:
 *
 *   NOT, leaving   no new clients; CLOSING when those that are there have
 *                  gone, or at that deadline (weft_node_drain())
 *   NOT -> CLOSING   no listener, no reading; each endpoint gets CLOSED behind
 *                    what was read of it, and lingers until its replies left
 *   CLOSING -> FORCED   at the deadline or the second call: sockets go, and
 *                    messages that no handler has seen are dropped
 *                    (those that weft_node_receive() was not asked for go
 *                    when it has not been asked for DRAIN_GRACE_MS more)
 *   -> JOINING       no endpoint is left: workers may leave
 *   -> DONE          they have left, or nothing has moved for a while because
 *                    a handler does not return: the loop ends
 */
#include "base/assert.h"
#include "base/fail.h"
#include "handoff/wake.h"
#include "io/io.h"

#define DRAIN_GRACE_MS 1000u /* for a handler to return, once forced */

static void drain_on_deadline(uv_timer_t *timer);

WI_ON_IO static void
drain_each(
    struct wi_io *io, void (*visit)(struct wi_io *io, struct wi_conn *conn))
{
	struct wi_slots *slots = &io->hub->slots;
	struct wi_conn *conn;
	int64_t slot;

	for (slot = wi_slots_next(slots, 0); slot >= 0;
	     slot = wi_slots_next(slots, (uint32_t)slot + 1)) {
		conn = wi_conn_of(io, (uint32_t)slot);
		/* One that another thread has taken just now is FREE still:
		 * its order meets the drain when it comes. */
		if (conn->state != WI_CONN_FREE)
			visit(io, conn);
	}
}

static void
drain_end(struct wi_io *io, struct wi_conn *conn)
{
	wi_assert_io();
	if (wi_connect_lasts(conn))
		wi_connect_close(io, conn);
	else
		wi_conn_end(io, conn, WEFT_REASON_STOPPING);
}

static void
drain_break(struct wi_io *io, struct wi_conn *conn)
{
	wi_assert_io();
	__atomic_store_n(&conn->endpoint->muted, 1, __ATOMIC_RELAXED);
	if (wi_connect_lasts(conn))
		wi_connect_close(io, conn);
	wi_conn_break(io, conn, WEFT_REASON_STOPPING, WEFT_OK);
}

WI_ON_IO static void
drain_deadline(struct wi_io *io, uint64_t ms)
{
	wi_assert(
	    uv_timer_start(&io->deadline, drain_on_deadline, ms, 0) == 0);
}

WI_ON_IO static void
drain_close(struct wi_io *io)
{
	io->drain = WI_DRAIN_CLOSING;
	wi_log_say(io->hub->log, WI_LOG_IO_STOPPING,
	    "%u endpoints, at most %u ms", io->nconns, io->drain_ms);
	wi_listen_close_all(io);
	drain_deadline(io, io->drain_ms);
	drain_each(io, drain_end);
}

WI_ON_IO static void
drain_force(struct wi_io *io)
{
	io->drain = WI_DRAIN_FORCED;
	io->drain_seen = wi_io_runs(io);
	drain_deadline(io, DRAIN_GRACE_MS);
	drain_each(io, drain_break);
}

WI_ON_IO static void
drain_join(struct wi_io *io)
{
	uint32_t i;

	io->drain = WI_DRAIN_JOINING;
	io->drain_seen = wi_io_runs(io);
	drain_deadline(io, DRAIN_GRACE_MS);
	/* See end_note in handoff/post.h. */
	__atomic_store_n(&io->hub->signals_end, 1, __ATOMIC_SEQ_CST);
	wi_timer_end_all(io);
	__atomic_store_n(&io->hub->workers_stop, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < io->hub->nlive; i++)
		(void)wi_wake_worker(&io->hub->stations[i].bed);
}

WI_ON_IO static void
drain_done(struct wi_io *io)
{
	io->drain = WI_DRAIN_DONE;
	wi_assert(uv_timer_stop(&io->deadline) == 0);
	uv_stop(&io->loop);
}

/* As by weft_node_stop(); this thread is awake. */
WI_ON_IO static void
drain_ask(struct wi_io *io)
{
	__atomic_fetch_add(&io->hub->stop_asked, 1, __ATOMIC_RELAXED);
}

static void
drain_on_deadline(uv_timer_t *timer)
{
	struct wi_io *io = timer->data;
	uint64_t runs;

	wi_assert_io();
	wi_drain_step(io);
	if (io->drain == WI_DRAIN_DONE)
		return;
	if (io->drain == WI_DRAIN_NOT) {
		drain_ask(io); /* they had their time */
		return;
	}
	if (io->drain == WI_DRAIN_CLOSING) {
		wi_log_say(io->hub->log, WI_LOG_IO_DRAIN_LATE,
		    "expected all endpoints to be done in %u ms, found %u "
		    "left",
		    io->drain_ms, io->nconns);
		drain_force(io);
		return;
	}
	/* Each endpoint still gets its CLOSED: as long as they are run, they
	 * have the time that takes. */
	runs = wi_io_runs(io);
	if (runs != io->drain_seen || wi_pull_abandon(io->hub)) {
		io->drain_seen = runs;
		drain_deadline(io, DRAIN_GRACE_MS);
		return;
	}
	io->stuck = true;
	drain_done(io);
}

void
wi_drain_asked(struct wi_io *io)
{
	uint32_t asked;

	asked = __atomic_load_n(&io->hub->stop_asked, __ATOMIC_RELAXED);
	if (io->drain == WI_DRAIN_NOT)
		drain_close(io);
	if (io->drain == WI_DRAIN_CLOSING && asked > 1)
		drain_force(io);
	io->stops_seen = asked;
}

void
wi_drain_leave(struct wi_io *io, uint32_t deadline_ms)
{
	if (io->drain != WI_DRAIN_NOT)
		return;
	wi_log_say(io->hub->log, WI_LOG_IO_DRAINING,
	    "%u endpoints, %u of them ours", io->nconns, io->nours);
	io->leaving = true;
	wi_listen_leave_all(io);
	if (deadline_ms != 0)
		drain_deadline(io, deadline_ms);
	else
		wi_assert(uv_timer_stop(&io->deadline) == 0);
}

/* Its clients have gone. */
WI_ON_IO static void
drain_left(struct wi_io *io)
{
	if (io->nconns == io->nours &&
	    __atomic_load_n(&io->hub->stop_asked, __ATOMIC_RELAXED) == 0)
		drain_ask(io);
}

void
wi_drain_step(struct wi_io *io)
{
	if (io->drain == WI_DRAIN_NOT && io->leaving)
		drain_left(io);
	if ((io->drain == WI_DRAIN_CLOSING || io->drain == WI_DRAIN_FORCED) &&
	    io->nconns == 0)
		drain_join(io);
	if (io->drain == WI_DRAIN_JOINING &&
	    __atomic_load_n(&io->hub->nthreads, __ATOMIC_ACQUIRE) == 0)
		drain_done(io);
}
