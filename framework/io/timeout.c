/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/timeout - deadlines of connections: idle ones, half-sent messages,
 * readers that are too slow, last replies, the next attempt to connect.
 *
 * thread: I/O.
 *
 * lazy_note: each connection has one entry in the wheel (io/due.h).  What
 * arrives only writes down when; the entry is not moved for that.  When it
 * comes due, what was written down says whether something is over, and when to
 * look again.  While reading is paused, by us, no time passes for the peer.
 */
#include "base/assert.h"
#include "io/io.h"
#include "io/shake.h"
#include "io/slow.h"

#define TIMEOUT_NEVER UINT32_MAX

/* [ticks] that a time takes; 0 for 0. */
WI_ON_IO static uint32_t
timeout_ticks(uint32_t ms)
{
	return ms / WI_FACTS_TICK_MS + (ms % WI_FACTS_TICK_MS != 0);
}

/* [ticks] left of what began then; 0: it is over. */
WI_ON_IO static uint32_t
timeout_left(uint32_t now, uint32_t began, uint32_t ms)
{
	uint32_t passed = now - began, whole = timeout_ticks(ms);

	if (ms == 0)
		return TIMEOUT_NEVER;
	return passed < whole ? whole - passed : 0;
}

WI_ON_IO static void
timeout_set(struct wi_io *io, struct wi_conn *conn, uint32_t ticks)
{
	if (ticks != TIMEOUT_NEVER)
		wi_due_set(&io->dues, &conn->due,
		    uv_now(&io->loop) + (uint64_t)ticks * WI_FACTS_TICK_MS);
}

/* Before the entry that is there, if there is one. */
WI_ON_IO static void
timeout_set_sooner(struct wi_io *io, struct wi_conn *conn, uint32_t ms)
{
	if (!wi_due_is_set(&conn->due) ||
	    conn->due.at > uv_now(&io->loop) + ms + WI_FACTS_TICK_MS)
		timeout_set(io, conn, timeout_left(0, 0, ms));
}

/* [ticks] left until it has been silent for too long: for idle_ms, or for
 * pong_ms after it was asked, which is after ping_ms. */
WI_ON_IO static uint32_t
timeout_idle(struct wi_io *io, struct wi_conn *conn)
{
	const struct wi_limits *limits = conn->endpoint->limits;
	uint32_t now = wi_io_ticks(io), heard = conn->facts.heard, ping;
	uint32_t idle = timeout_left(now, heard, WI_LIMIT(limits, idle_ms));

	if (limits->ping_ms == 0)
		return idle;
	if (conn->pinged && conn->pinged_heard == heard) {
		ping = timeout_left(
		    now, heard, limits->ping_ms + limits->pong_ms);
		return ping < idle ? ping : idle;
	}
	ping = timeout_left(now, heard, limits->ping_ms);
	if (ping == 0 && idle > 0 && wi_shake_ping(io, conn)) {
		conn->pinged = true;
		conn->pinged_heard = heard;
		ping = timeout_left(0, 0, limits->pong_ms);
	}
	return ping < idle ? ping : idle;
}

void
wi_timeout_opened(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->peer != NULL)
		return; /* io/udp.c: the longest idle peer is the oldest */
	wi_fact_set(&conn->facts.heard, wi_io_ticks(io));
	conn->paused_since = wi_io_ticks(io);
	conn->pinged = false;
	timeout_set(io, conn, timeout_idle(io, conn));
}

void
wi_timeout_paused(struct wi_io *io, struct wi_conn *conn)
{
	uint32_t now = wi_io_ticks(io), passed = now - conn->paused_since;

	conn->paused_since = now;
	conn->tail_since += passed;
	wi_fact_set(&conn->facts.heard, conn->facts.heard + passed);
}

void
wi_timeout_waits(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->state == WI_CONN_OPEN && wi_slow_watches(conn))
		timeout_set_sooner(
		    io, conn, WI_LIMIT(conn->endpoint->limits, outbox_age_ms));
}

void
wi_timeout_partial(struct wi_io *io, struct wi_conn *conn)
{
	uint32_t ms = WI_LIMIT(conn->endpoint->limits, partial_ms);

	conn->tail_since = wi_io_ticks(io);
	if (ms != 0)
		timeout_set_sooner(io, conn, ms);
}

WI_ON_IO static void
timeout_partial_over(struct wi_io *io, struct wi_conn *conn)
{
	char peer[WI_ADDRESS_TEXT];

	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_closed_partial, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_PARTIAL,
	    "%s: codec %s: expected the rest of a message within %u ms, found "
	    "%u bytes of it; closed",
	    peer, wi_endpoint_codec(conn->endpoint)->name,
	    WI_LIMIT(conn->endpoint->limits, partial_ms), conn->tail_len);
	wi_conn_end(io, conn, WEFT_REASON_PARTIAL);
}

WI_ON_IO static void
timeout_idle_over(struct wi_io *io, struct wi_conn *conn)
{
	char peer[WI_ADDRESS_TEXT];

	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_closed_idle, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_IDLE,
	    "%s: nothing arrived for %u ms%s; closed", peer,
	    (wi_io_ticks(io) - conn->facts.heard) * WI_FACTS_TICK_MS,
	    conn->pinged ? ", and no answer to a ping" : "");
	wi_conn_end(io, conn, WEFT_REASON_IDLE);
}

/* See lazy_note. */
WI_ON_IO static void
timeout_open(struct wi_io *io, struct wi_conn *conn)
{
	const struct wi_limits *limits = conn->endpoint->limits;
	bool partial = conn->tail != NULL && !conn->tail_more;
	uint32_t now = wi_io_ticks(io), idle, rest, out = TIMEOUT_NEVER;

	if (conn->udp == NULL && (conn->events & WI_POLLER_READ) == 0)
		wi_timeout_paused(io, conn);
	idle = conn->gated ?
	    timeout_left(now, now, WI_LIMIT(limits, idle_ms)) :
	    timeout_idle(io, conn);
	rest = partial || conn->body ?
	    timeout_left(now,
		conn->body ? conn->facts.heard : conn->tail_since,
		WI_LIMIT(limits, partial_ms)) :
	    TIMEOUT_NEVER;
	if (wi_slow_watches(conn))
		out = timeout_left(now, conn->out_first->since,
		    WI_LIMIT(limits, outbox_age_ms));
	if (out == 0) {
		wi_slow_old(io, conn);
		out = TIMEOUT_NEVER;
	}
	if (conn->state != WI_CONN_OPEN)
		return;
	if (rest == 0)
		timeout_partial_over(io, conn);
	else if (idle == 0)
		timeout_idle_over(io, conn);
	else if (idle < rest)
		timeout_set(io, conn, idle < out ? idle : out);
	else
		timeout_set(io, conn, rest < out ? rest : out);
}

void
wi_timeout_changed(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->peer == NULL) /* else wi_udp_watch_all() */
		timeout_open(io, conn);
}

void
wi_timeout_due(void *arg, struct wi_due *due)
{
	struct wi_io *io = arg;
	struct wi_conn *conn =
	    (void *)((char *)due - offsetof(struct wi_conn, due));

	wi_assert_io();
	switch (conn->state) {
	case WI_CONN_CONNECTING:
		wi_connect_due(io, conn);
		break;
	case WI_CONN_SHAKING:
		wi_shake_due(io, conn);
		break;
	case WI_CONN_OPEN:
		timeout_open(io, conn);
		break;
	case WI_CONN_LINGER:
	case WI_CONN_SHUT:
		wi_linger_look(io, conn);
		break;
	default:
		break;
	}
}
