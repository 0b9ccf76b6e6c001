/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/udp_write - what is listed leaves a datagram socket.
 *
 * thread: I/O.  Walks the connections that have something to write, and the
 * datagrams in their chunks (codec/datagram.c), into one sendmmsg() after the
 * other.
 *
 * two_walks_note: the first walk gathers, and changes nothing but that of each
 * connection what is too old is dropped before the rest is gathered; when the
 * kernel has told how many datagrams it took, the second walk takes exactly
 * these off the same connections, in the same order.
 */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/fail.h"
#include "codec/codecs.h"
#include "io/slow.h"
#include "io/udp_room.h"

/* Where in a connection's queue. */
struct write_at {
	const struct wi_chunk *chunk;
	uint32_t offset; /* [bytes] of chunk */
};

/* The next datagram, or false. */
WI_ON_IO static bool
write_next(struct write_at *at, const uint8_t **data, uint32_t *len)
{
	if (at->chunk != NULL && at->offset == at->chunk->len) {
		at->chunk = at->chunk->next;
		at->offset = 0;
	}
	if (at->chunk == NULL)
		return false;
	memcpy(len, at->chunk->bytes + at->offset, sizeof(*len));
	*data = at->chunk->bytes + at->offset + WI_DATAGRAM_HEAD;
	at->offset += WI_DATAGRAM_HEAD + *len;
	return true;
}

/* All that a connection has, or as much as there is room for: then false. */
WI_ON_IO static bool
write_gather_conn(struct wi_udp *udp, struct wi_conn *conn)
{
	struct wi_datagrams_out *out = &udp->io->udp_desk->out;
	struct write_at at;
	struct wi_address remote, local;
	const uint8_t *data;
	uint32_t len;
	bool joins = false;

	wi_fact_get_address(conn->facts.remote, &remote);
	wi_fact_get_address(conn->facts.local, &local);
	if (conn->reader != NULL)
		wi_slow_write(udp->io, conn, WI_DATAGRAMS_IOV);
	at = (struct write_at){ conn->out_first, conn->out_at };
	while (write_next(&at, &data, &len)) {
		if (!wi_datagrams_add(out, udp->connected ? NULL : &remote,
			conn == udp->fixed ? NULL : &local, joins, data, len))
			return false;
		joins = true;
	}
	return true;
}

WI_ON_IO static void
write_gather(struct wi_udp *udp)
{
	struct wi_conn *conn;

	wi_datagrams_begin(&udp->io->udp_desk->out);
	for (conn = udp->first; conn != NULL; conn = conn->next)
		if (!write_gather_conn(udp, conn))
			break;
}

/* The first of the list has nothing more to write. */
WI_ON_IO static void
write_pop(struct wi_udp *udp)
{
	struct wi_conn *conn = udp->first;
	struct wi_io *io = udp->io;

	udp->first = conn->next;
	if (udp->first == NULL)
		udp->end = &udp->first;
	conn->is_dirty = false;
	if (conn->state == WI_CONN_BROKEN) {
		wi_udp_detach(conn);
		wi_conn_settle(io, conn);
	} else {
		wi_linger_flushed(io, conn);
	}
}

/* See two_walks_note.  left: they have left; else they were dropped. */
WI_ON_IO static void
write_take_off(struct wi_udp *udp, uint32_t n, bool left)
{
	struct wi_io *io = udp->io;
	struct wi_conn *conn;
	struct write_at at;
	const uint8_t *data;
	uint64_t framed, bytes;
	uint32_t len;

	while (n > 0) {
		conn = udp->first;
		at = (struct write_at){ conn->out_first, conn->out_at };
		for (framed = bytes = 0; n > 0 && write_next(&at, &data, &len);
		     n--) {
			framed += WI_DATAGRAM_HEAD + len;
			bytes += len;
		}
		if (left) {
			wi_count(io->counters, WEFT_COUNTER_bytes_out, bytes);
			wi_fact_add(&conn->facts.bytes_out, bytes);
		}
		wi_flush_advance(io, conn, framed);
		if (conn->out_first == NULL)
			write_pop(udp);
	}
}

WI_ON_IO static void
write_refused(struct wi_udp *udp, uint32_t entry, int code)
{
	struct wi_io *io = udp->io;
	struct wi_datagrams_out *out = &io->udp_desk->out;
	char peer[WI_ADDRESS_TEXT];

	while (udp->first->out_first == NULL)
		write_pop(udp); /* it had nothing in this entry */
	wi_conn_peer(udp->first, peer, sizeof(peer));
	wi_count(
	    io->counters, WEFT_COUNTER_datagrams_failed, out->counts[entry]);
	wi_log_say(io->hub->log, WI_LOG_IO_DATAGRAM_FAILED,
	    "%s: %u bytes: %s; dropped", peer, out->bytes[entry],
	    weft_strerror(code));
	write_take_off(udp, out->counts[entry], false);
}

/* What was gathered; false: the socket is full. */
WI_ON_IO static bool
write_send(struct wi_udp *udp)
{
	struct wi_io *io = udp->io;
	struct wi_datagrams_out *out = &io->udp_desk->out;
	uint32_t first = 0, end;
	bool joined = out->plain == 0;
	int n;

	while (first < out->n) {
		n = wi_datagrams_send(udp->fd, out, first);
		if (n == -EAGAIN || n == -ENOBUFS)
			return false;
		if (n < 0 && joined && out->plain != 0)
			return true; /* to be gathered anew */
		if (n == -ECONNREFUSED) {
			/* About an earlier one (udp(7)), and said once. */
			wi_count(
			    io->counters, WEFT_COUNTER_datagrams_failed, 1);
			continue;
		}
		if (n < 0) {
			write_refused(udp, first++, n);
			continue;
		}
		wi_count(io->counters, WEFT_COUNTER_writes, 1);
		for (end = first + (uint32_t)n; first < end; first++)
			write_take_off(udp, out->counts[first], true);
	}
	return true;
}

void
wi_udp_write(struct wi_udp *udp)
{
	bool more = true;

	udp->writing = true;
	while (more && udp->first != NULL) {
		if (udp->first->out_first == NULL) {
			write_pop(udp);
			continue;
		}
		write_gather(udp);
		more = write_send(udp);
	}
	udp->writing = false;
	wi_udp_poll(udp);
	wi_udp_settle(udp);
}
