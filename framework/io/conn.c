/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/conn - a connection: the socket behind an endpoint.
 *
 * thread: I/O.  Takes accepted sockets from io/accept, datagram peers from
 * io/udp, and what io/connect has brought about; io/read and io/flush work on
 * it; events about it go to its strand.
 *
 * free_note: a slot is given back when four things have happened: the handler
 * has seen CLOSED (released), nobody holds the endpoint's strand (unheld), the
 * socket is closed, and the turn in which that happened is over, so that
 * whoever had it in hand then still may.  Until then its id may be stale, but
 * its place is not another's.  A connection that will be dialled again keeps
 * slot and id: its strand gets LOST instead of CLOSED, and if it is given up
 * later without having been dialled, GONE.
 */
#include "io/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/admin.h>
#include <weft/error.h>

#include "base/assert.h"
#include "handoff/post.h"
#include "handoff/hello.h"
#include "handoff/schedule.h"
#include "io/answer.h"
#include "io/io.h"
#include "io/places.h"
#include "io/proxied.h"
#include "io/shake.h"
#include "io/tls.h"
#include "io/udp.h"

static const uint8_t conn_moves[] = {
	/* to, as bits, by from */
	[WI_CONN_FREE] = 1u << WI_CONN_OPEN | 1u << WI_CONN_CONNECTING |
	    1u << WI_CONN_SHAKING,
	[WI_CONN_CONNECTING] =
	    1u << WI_CONN_OPEN | 1u << WI_CONN_BROKEN | 1u << WI_CONN_SHAKING,
	[WI_CONN_SHAKING] = 1u << WI_CONN_OPEN | 1u << WI_CONN_ENDING |
	    1u << WI_CONN_BROKEN | 1u << WI_CONN_CONNECTING,
	[WI_CONN_OPEN] = 1u << WI_CONN_ENDING | 1u << WI_CONN_BROKEN,
	[WI_CONN_ENDING] = 1u << WI_CONN_LINGER | 1u << WI_CONN_BROKEN,
	[WI_CONN_LINGER] = 1u << WI_CONN_SHUT | 1u << WI_CONN_BROKEN,
	[WI_CONN_SHUT] = 1u << WI_CONN_BROKEN,
	[WI_CONN_BROKEN] = 1u << WI_CONN_FREE | 1u << WI_CONN_CONNECTING,
};

void
wi_conn_to(struct wi_conn *conn, enum wi_conn_state state)
{
	wi_assert((conn_moves[conn->state] & 1u << state) != 0);
	conn->state = (uint8_t)state;
	wi_fact_set(&conn->facts.state,
	    state == WI_CONN_CONNECTING || state == WI_CONN_SHAKING ?
		WEFT_ENDPOINT_CONNECTING :
		state == WI_CONN_OPEN ? WEFT_ENDPOINT_OPEN :
					WEFT_ENDPOINT_CLOSING);
}

struct wi_conn *
wi_conn_of(struct wi_io *io, uint32_t slot)
{
	return wi_slots_at(&io->hub->slots, 1, slot);
}

void *
wi_conn_codec_state(struct wi_conn *conn)
{
	return conn->codec_owned ? conn->codec_state.there :
				   conn->codec_state.here;
}

void
wi_conn_push(struct wi_io *io, struct wi_conn *conn, struct wi_event *event)
{
	struct wi_strand *own = &conn->endpoint->own;

	if (wi_mailbox_push(&own->mailbox, event))
		wi_schedule(io->hub, own);
}

void
wi_conn_drop_tail(struct wi_conn *conn)
{
	if (conn->tail != NULL)
		wi_block_unref(&conn->tail);
	conn->tail_len = 0;
	conn->tail_more = false;
}

void
wi_conn_free_codec(struct wi_conn *conn)
{
	if (conn->codec_owned)
		free(conn->codec_state.there);
	conn->codec_owned = false;
}

/* ---- polling */

WI_ON_IO static bool
conn_outbox_is_low(const struct wi_endpoint *endpoint)
{
	const struct wi_limits *limits = endpoint->limits;
	uint64_t load = __atomic_load_n(&endpoint->out_load, __ATOMIC_RELAXED);

	return wi_load_bytes(load) <= WI_LIMIT(limits, outbox_pause_bytes) &&
	    wi_load_messages(load) <=
	    WI_LIMIT(limits, outbox_high_messages) / 4;
}

/* gate_note in handoff/answer.h: what is read while a request is run waits,
 * and is little. */
WI_ON_IO static bool
conn_is_gated(const struct wi_conn *conn)
{
	return wi_answer_holds(conn) && conn->tail != NULL;
}

/* Is everything below its mark? */
WI_ON_IO static bool
conn_may_read(const struct wi_conn *conn)
{
	const struct wi_endpoint *endpoint = conn->endpoint;

	return __atomic_load_n(&endpoint->read_paused, __ATOMIC_RELAXED) ==
	    0 &&
	    !conn_is_gated(conn) && conn_outbox_is_low(endpoint);
}

uint32_t
wi_conn_paused(const struct wi_conn *conn)
{
	const struct wi_endpoint *endpoint = conn->endpoint;
	uint32_t why = 0;

	if (conn->state != WI_CONN_OPEN || conn->fd < 0 ||
	    (conn->events & WI_POLLER_READ) != 0)
		return 0;
	if (__atomic_load_n(&endpoint->read_paused, __ATOMIC_RELAXED) != 0)
		why |= WEFT_PAUSED_MAILBOX;
	if (!conn_outbox_is_low(endpoint))
		why |= WEFT_PAUSED_OUTBOX;
	if (conn_is_gated(conn))
		why |= WEFT_PAUSED_REQUEST;
	return why;
}

/* Reading is wanted while nothing is above its mark, writing while something
 * could not leave. */
void
wi_conn_poll(struct wi_conn *conn)
{
	unsigned events = 0;

	if (conn->state == WI_CONN_FREE || conn->fd < 0)
		return;
	if ((conn->state == WI_CONN_OPEN && conn_may_read(conn)) ||
	    (conn->state == WI_CONN_SHAKING && wi_tls_reads(conn)) ||
	    conn->state == WI_CONN_SHUT)
		events |= WI_POLLER_READ;
	if (conn->out_first != NULL && !conn->is_dirty &&
	    conn->state != WI_CONN_SHAKING && !wi_connect_lasts(conn))
		events |= WI_POLLER_WRITE;
	if (wi_tls_waits(conn))
		events |= WI_POLLER_WRITE;
	if (events == conn->events)
		return;
	if ((conn->events & WI_POLLER_READ) != 0 &&
	    (events & WI_POLLER_READ) == 0 && conn->state == WI_CONN_OPEN) {
		wi_count(
		    wi_conn_io(conn)->counters, WEFT_COUNTER_read_pauses, 1);
		conn->paused_since = wi_io_ticks(wi_conn_io(conn));
	} else if ((conn->events & WI_POLLER_READ) == 0 &&
	    (events & WI_POLLER_READ) != 0 && conn->state == WI_CONN_OPEN) {
		wi_timeout_paused(wi_conn_io(conn), conn);
	}
	conn->events = (uint8_t)events;
	wi_poller_set(&wi_conn_io(conn)->poller, conn->fd, conn, events);
}

/* What SO_ERROR says. */
WI_ON_IO static int
conn_error(const struct wi_conn *conn)
{
	socklen_t len = sizeof(int);
	int code = 0;

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	return -code;
}

void
wi_conn_ready(void *arg, void *whose, unsigned events)
{
	struct wi_conn *conn = whose;
	struct wi_io *io = arg;

	wi_assert_io();
	if (conn->events == 0)
		return; /* see nothing_note in io/poller.c */
	if ((events & WI_POLLER_ERROR) == 0)
		events &= conn->events;
	if ((events & WI_POLLER_WRITE) != 0 &&
	    (conn->out_first != NULL || wi_tls_waits(conn)))
		wi_flush_conn(io, conn);
	if (conn->proxied)
		wi_proxied_ready(io, conn);
	else if ((events & WI_POLLER_READ) != 0 &&
	    (conn->state == WI_CONN_OPEN || conn->state == WI_CONN_SHAKING))
		wi_read_ready(io, conn);
	else if ((events & WI_POLLER_READ) != 0 && conn->state == WI_CONN_SHUT)
		wi_linger_discard(io, conn);
	else if ((events & WI_POLLER_ERROR) != 0 && conn->fd >= 0)
		wi_conn_lost(io, conn, WEFT_REASON_RESET, conn_error(conn));
}

void
wi_conn_lost(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why, int code)
{
	if (conn->state == WI_CONN_SHAKING)
		wi_shake_failed(io, conn, code < 0 ? code : -ECONNRESET,
		    "the peer ended the connection");
	else if (why == WEFT_REASON_PEER)
		wi_conn_end(io, conn, why);
	else
		wi_conn_break(io, conn, why, code);
}

/* ---- ending */

/* CLOSED to its strand, unless it was said before. */
WI_ON_IO static void
conn_say_closed(struct wi_io *io, struct wi_conn *conn)
{
	conn->lost = wi_connect_lasts(conn);
	if (!conn->lost)
		wi_count(io->counters, WEFT_COUNTER_endpoints_closed, 1);
	wi_request_lost(io, conn);
	conn->endpoint->closed.kind =
	    conn->lost ? WI_EVENT_LOST : WI_EVENT_CLOSED;
	wi_conn_push(io, conn, &conn->endpoint->closed);
	if (!conn->lost)
		wi_timer_end_conn(io, conn);
}

/* Nobody was told that it opened. */
WI_ON_IO static void
conn_gone(struct wi_io *io, struct wi_conn *conn)
{
	wi_count(io->counters, WEFT_COUNTER_endpoints_closed, 1);
	conn->endpoint->closed.kind = WI_EVENT_GONE;
	wi_conn_push(io, conn, &conn->endpoint->closed);
	wi_timer_end_conn(io, conn);
	conn->released = true;
}

/* Why it ends: before anybody can see that it does. */
WI_ON_IO static void
conn_ends(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why, int code)
{
	__atomic_store_n(&conn->endpoint->ready, 0, __ATOMIC_RELAXED);
	conn->endpoint->closed.detail = wi_closed_detail(why, code);
	if (conn->outgoing != NULL)
		wi_connect_lost(io, conn, why, code);
}

void
wi_conn_end(struct wi_io *io, struct wi_conn *conn, enum weft_reason why)
{
	if (conn->state == WI_CONN_CONNECTING ||
	    conn->state == WI_CONN_SHAKING) {
		wi_conn_break(io, conn, why, WEFT_OK);
		return;
	}
	/* What was read and is whole is delivered. */
	wi_read_finish(io, conn);
	if (conn->state != WI_CONN_OPEN)
		return;
	wi_conn_drop_tail(conn);
	wi_conn_to(conn, WI_CONN_ENDING);
	wi_due_clear(&io->dues, &conn->due);
	conn_ends(io, conn, why,
	    why == WEFT_REASON_RESET         ? -conn->write_error :
		why == WEFT_REASON_TRUNCATED ? WEFT_ETLS_TRUNCATED :
					       WEFT_OK);
	wi_conn_poll(conn);
	conn_say_closed(io, conn);
}

void
wi_conn_refuse(struct wi_io *io, struct wi_conn *conn)
{
	wi_conn_drop_tail(conn);
	wi_conn_to(conn, WI_CONN_ENDING);
	wi_due_clear(&io->dues, &conn->due);
	wi_conn_poll(conn);
	conn_gone(io, conn);
	wi_linger_begin(io, conn);
}

void
wi_conn_close_socket(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_address remote;

	wi_conn_drop_tail(conn);
	if (!wi_connect_lasts(conn))
		wi_flush_drop(io, conn);
	wi_due_clear(&io->dues, &conn->due);
	wi_conn_free_codec(conn);
	wi_tls_drop(io, conn);
	wi_places_drop(&conn->places);
	if (conn->counted) {
		wi_fact_get_address(conn->facts.remote, &remote);
		wi_per_ip_sub(&io->per_ip, &remote);
		conn->counted = false;
	}
	if (conn->udp != NULL)
		wi_udp_forget(io, conn);
	if (conn->fd < 0)
		return;
	wi_poller_remove(&io->poller, conn->fd, conn);
	conn->events = 0;
	(void)close(conn->fd);
	conn->fd = -1;
	conn->is_closed = true;
	conn->closed_next = io->closed;
	io->closed = conn;
	if (io->accept == WI_ACCEPT_NO_DESCRIPTOR)
		wi_accept_resume(io);
}

/* See free_note. */
void
wi_conn_settle(struct wi_io *io, struct wi_conn *conn)
{
	if (!conn->released || conn->is_closed || conn->is_dirty ||
	    conn->state != WI_CONN_BROKEN)
		return;
	if (wi_connect_lasts(conn)) {
		wi_connect_again(io, conn);
		return;
	}
	if (conn->lost) {
		/* Its strand does not know yet that that was the last. */
		conn->lost = false;
		wi_request_lost(io, conn);
		conn->endpoint->closed.kind = WI_EVENT_GONE;
		wi_conn_push(io, conn, &conn->endpoint->closed);
		wi_timer_end_conn(io, conn);
	}
	if (!conn->unheld)
		return;
	wi_connect_forget(conn);
	wi_conn_to(conn, WI_CONN_FREE);
	io->nconns--;
	io->nours -= conn->listener == 0;
	wi_listen_left(io, conn->listener);
	wi_slots_give(&io->hub->slots, wi_endpoint_slot(conn->endpoint));
	/* With max_endpoints lowered there may be too many still. */
	if (io->accept == WI_ACCEPT_NO_SLOT && !wi_slots_full(&io->hub->slots))
		wi_accept_resume(io);
	if (io->drain != WI_DRAIN_NOT || io->leaving)
		wi_drain_step(io);
}

void
wi_conn_settle_closed(struct wi_io *io)
{
	struct wi_conn *conn;

	while ((conn = io->closed) != NULL) {
		io->closed = conn->closed_next;
		conn->is_closed = false;
		wi_conn_settle(io, conn);
	}
}

void
wi_conn_break(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why, int code)
{
	bool said = conn->state > WI_CONN_OPEN;
	bool unknown =
	    conn->state == WI_CONN_SHAKING && conn->outgoing == NULL;

	if (conn->state == WI_CONN_FREE || conn->state == WI_CONN_BROKEN)
		return;
	wi_conn_to(conn, WI_CONN_BROKEN);
	if (!said)
		conn_ends(io, conn, why, code);
	if (!wi_connect_lasts(conn))
		wi_conn_shut(io, conn);
	wi_conn_close_socket(io, conn);
	if (unknown)
		conn_gone(io, conn);
	else if (!said)
		conn_say_closed(io, conn);
}

void
wi_conn_abort(struct wi_io *io, struct wi_conn *conn, enum weft_reason why)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	__atomic_store_n(&conn->endpoint->muted, 1, __ATOMIC_RELAXED);
	if (wi_connect_lasts(conn))
		wi_connect_close(io, conn);
	/* Then close(2) sends RST (socket(7), SO_LINGER). */
	if (conn->fd >= 0)
		(void)setsockopt(
		    conn->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	wi_conn_break(io, conn, why, WEFT_OK);
}

void
wi_conn_unheld(struct wi_io *io, struct wi_conn *conn)
{
	conn->unheld = true;
	wi_conn_settle(io, conn);
}

void
wi_conn_peer(const struct wi_conn *conn, char *out, size_t size)
{
	struct wi_address remote;

	wi_fact_get_address(conn->facts.remote, &remote);
	(void)wi_address_text(&remote, out, size);
}
