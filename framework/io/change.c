/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/change - the node's options change while it runs.
 *
 * thread: I/O.  What weft_node_limits() (node_limits.c) has changed holds
 * already where it is read for each message; here the I/O thread takes over
 * what is its own, and looks at what waits for a mark or a deadline of before:
 * clients in a backlog, handshakes, and each connection.
 *
 * slice_note: connections are looked at CHANGE_SLICE at a time; then the order
 * goes behind what is in the outbox.  There is one such round at a time: a
 * change that comes meanwhile begins it anew when it has come to its end.
 */
#include "io/change.h"

#include "handoff/order.h"
#include "io/io.h"
#include "io/slow.h"
#include "io/tls.h"
#include "io/udp.h"

#define CHANGE_SLICE 1024u /* slots */

/* Set in order->id of one that goes on with a round, at the slot below it. */
#define CHANGE_GOES_ON (UINT64_C(1) << 32)

/* What is the I/O thread's own. */
WI_ON_IO static void
change_options(struct wi_io *io)
{
	struct weft_options options;

	wi_desk_options(&io->hub->desk, &options);
	io->stuck_ns = (uint64_t)options.stuck_after_ms * 1000000u;
	io->linger_ms = options.linger_ms;
	io->drain_ms = options.drain_ms;
	io->max_handshakes = options.max_handshakes;
	io->publisher.max_subscriptions = options.max_subscriptions;
}

/* Who was accepted while there was no limit counts, too. */
WI_ON_IO static void
change_count(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_address remote;

	if (conn->counted || conn->listener == 0 || conn->proxied ||
	    WI_LIMIT(conn->endpoint->limits, per_ip) == 0)
		return;
	wi_fact_get_address(conn->facts.remote, &remote);
	/* Without memory it does not. */
	conn->counted =
	    wi_per_ip_add(&io->per_ip, &remote, UINT32_MAX) == WEFT_OK;
}

WI_ON_IO static void
change_conn(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->state == WI_CONN_SHAKING || conn->state == WI_CONN_OPEN)
		change_count(io, conn);
	if (conn->state == WI_CONN_OPEN)
		wi_timeout_changed(io, conn);
	if (conn->state != WI_CONN_OPEN)
		return;
	if (__atomic_load_n(&conn->endpoint->stale, __ATOMIC_RELAXED) != 0)
		wi_slow_moves(io, conn);
	/* There may be room now for who was told that there is none. */
	wi_flush_took(io, conn, 0);
	wi_read_resume(io, conn);
}

/* See slice_note.  true: that was the last. */
WI_ON_IO static bool
change_slice(struct wi_io *io, uint64_t *at)
{
	struct wi_slots *slots = &io->hub->slots;
	struct wi_conn *conn;
	int64_t slot;
	unsigned i;

	for (i = 0; i < CHANGE_SLICE; i++) {
		slot = wi_slots_next(slots, (uint32_t)*at);
		if (slot < 0)
			return true;
		*at = (uint64_t)slot + 1;
		conn = wi_conn_of(io, (uint32_t)slot);
		if (conn->state != WI_CONN_FREE)
			change_conn(io, conn);
	}
	return false;
}

bool
wi_change_take(struct wi_io *io, struct wi_order *order)
{
	uint64_t at = order->id & ~CHANGE_GOES_ON;

	if ((order->id & CHANGE_GOES_ON) == 0) {
		change_options(io);
		if (io->accept == WI_ACCEPT_NO_SLOT &&
		    !wi_slots_full(&io->hub->slots))
			wi_accept_resume(io);
		wi_tls_shake_more(io);
		wi_udp_watch_all(io);
		io->change_again = io->changes;
		if (io->changes)
			return false;
		io->changes = true;
	}
	if (change_slice(io, &at)) {
		io->changes = io->change_again;
		io->change_again = false;
		at = 0;
	}
	/* At the end nobody takes it any more. */
	if (io->drain != WI_DRAIN_NOT)
		io->changes = false;
	if (!io->changes)
		return false;
	order->id = CHANGE_GOES_ON | at;
	wi_order_push(io->hub, order);
	return true;
}
