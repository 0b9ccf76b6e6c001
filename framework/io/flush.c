/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/flush - bytes leave.
 *
 * thread: I/O.  io/collect queues chunks on connections; once all are queued,
 * each connection that got some writes all it has with one call.  What the
 * socket does not take stays queued until the poller says writable.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/assert.h"
#include "handoff/drained.h"
#include "handoff/schedule.h"
#include "io/io.h"
#include "io/reader.h"
#include "io/slow.h"
#include "io/tls.h"
#include "io/udp.h"
#include "io/waiting.h"

#define FLUSH_IOV 64u /* chunks in one write */

/* A write failed.  What the peer sent before may still be unread: as long as
 * reading goes on, it is reading that tells the end. */
void
wi_flush_failed(struct wi_io *io, struct wi_conn *conn, int error)
{
	if (conn->state != WI_CONN_OPEN) {
		wi_conn_break(io, conn, WEFT_REASON_RESET, -error);
		return;
	}
	conn->write_error = error;
	wi_flush_drop(io, conn);
	wi_read_resume(io, conn);
}

void
wi_flush_queue(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk)
{
	if (conn->waits || conn->state == WI_CONN_CONNECTING ||
	    conn->state == WI_CONN_SHAKING)
		chunk = wi_waiting_keep(&io->waitings, chunk);
	chunk->next = NULL;
	if (conn->out_first == NULL) {
		conn->out_first = chunk;
		chunk->prev = NULL;
	} else {
		conn->out_last->next = chunk;
		chunk->prev = conn->out_last;
	}
	conn->out_last = chunk;
	conn->out_bytes += chunk->len;
	conn->out_messages += chunk->nmessages;
	chunk->since = wi_io_ticks(io);
	/* See again_note in io/connect.c. */
	if (wi_connect_lasts(conn))
		return;
	/* A socket that is full is tried when the poller says so; meanwhile
	 * the load grows, and reading may have to pause. */
	if (conn->write_error != 0) {
		wi_flush_drop(io, conn);
		wi_read_resume(io, conn);
	} else if ((conn->events & WI_POLLER_WRITE) != 0) {
		wi_conn_poll(conn);
	} else {
		wi_flush_again(io, conn);
	}
}

/* A connection that does not stand keeps what it has until it does. */
void
wi_flush_again(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->is_dirty || (conn->fd < 0 && conn->udp == NULL) ||
	    conn->state == WI_CONN_SHAKING)
		return;
	conn->is_dirty = true;
	conn->next = io->dirty;
	io->dirty = conn;
}

/* It is not in the queue any more. */
WI_ON_IO static void
flush_let_go(struct wi_conn *conn, struct wi_chunk *chunk)
{
	struct wi_block *block = chunk->block;
	struct wi_waiting *waiting = wi_waiting_of(chunk);

	conn->out_bytes -= chunk->len;
	conn->out_messages -= chunk->nmessages;
	if (conn->out_first == NULL)
		conn->waits = false;
	if (chunk->kind == WI_CHUNK_WAITING) {
		if (waiting->droppable)
			wi_slow_left(conn, waiting);
		wi_waiting_free(&conn->io->waitings, waiting);
	}
	wi_block_unref(&block);
}

WI_ON_IO static void
flush_done(struct wi_conn *conn, uint64_t *load)
{
	struct wi_chunk *chunk = conn->out_first;

	*load += wi_load(chunk->nmessages, chunk->len);
	conn->out_first = chunk->next;
	if (chunk->next != NULL)
		chunk->next->prev = NULL;
	conn->out_at = 0;
	flush_let_go(conn, chunk);
}

uint64_t
wi_flush_remove(struct wi_conn *conn, struct wi_chunk *chunk)
{
	uint64_t load = wi_load(chunk->nmessages, chunk->len);

	if (chunk->prev == NULL)
		conn->out_first = chunk->next;
	else
		chunk->prev->next = chunk->next;
	if (chunk->next == NULL)
		conn->out_last = chunk->prev;
	else
		chunk->next->prev = chunk->prev;
	flush_let_go(conn, chunk);
	return load;
}

void
wi_flush_advance(struct wi_io *io, struct wi_conn *conn, size_t n)
{
	uint64_t load = 0;
	uint32_t rest;

	while (conn->out_first != NULL) {
		rest = conn->out_first->len - conn->out_at;
		if (n < rest)
			break;
		n -= rest;
		flush_done(conn, &load);
	}
	conn->out_at += (uint32_t)n;
	if (load == 0)
		return;
	if (__atomic_load_n(&conn->endpoint->stale, __ATOMIC_RELAXED) != 0)
		wi_slow_moves(io, conn);
	wi_flush_took(io, conn, load);
}

/* See drained_note in handoff/drained.h. */
void
wi_flush_took(struct wi_io *io, struct wi_conn *conn, uint64_t load)
{
	struct wi_endpoint *endpoint = conn->endpoint;

	load = wi_load_sub(&endpoint->out_load, load);
	if (!wi_drained_wanted(&endpoint->drain_state) ||
	    conn->state != WI_CONN_OPEN ||
	    __atomic_load_n(&endpoint->stale, __ATOMIC_RELAXED) != 0 ||
	    wi_load_bytes(load) >
		WI_LIMIT(endpoint->limits, outbox_pause_bytes) ||
	    wi_load_messages(load) >
		WI_LIMIT(endpoint->limits, outbox_high_messages) / 4 ||
	    !wi_drained_take(&endpoint->drain_state))
		return;
	if (wi_mailbox_push(&endpoint->own.mailbox, &endpoint->drained))
		wi_schedule(io->hub, &endpoint->own);
}

WI_ON_IO static size_t
flush_gather(const struct wi_conn *conn, struct iovec *iov)
{
	const struct wi_chunk *chunk;
	size_t n = 0;
	uint32_t at = conn->out_at;

	for (chunk = conn->out_first; chunk != NULL && n < FLUSH_IOV;
	     chunk = chunk->next) {
		iov[n].iov_base = (void *)(uintptr_t)(chunk->bytes + at);
		iov[n].iov_len = chunk->len - at;
		at = 0;
		n++;
	}
	return n;
}

/* The socket is full. */
void
wi_flush_waits(struct wi_io *io, struct wi_conn *conn)
{
	if (!conn->waits) {
		conn->waits = true;
		wi_waiting_keep_all(io, conn);
		wi_timeout_waits(io, conn);
	}
	wi_read_resume(io, conn);
}

void
wi_flush_conn(struct wi_io *io, struct wi_conn *conn)
{
	struct iovec iov[FLUSH_IOV];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t n;

	/* It may have been dirty already when it was lost: again_note. */
	if (wi_connect_lasts(conn))
		return;
	if (conn->reader != NULL)
		wi_slow_write(io, conn, FLUSH_IOV);
	if (conn->tls != NULL) {
		wi_tls_flush(io, conn);
		return;
	}
	while (conn->out_first != NULL) {
		msg.msg_iovlen = flush_gather(conn, iov);
		if (msg.msg_iovlen == 1)
			n = send(conn->fd, iov[0].iov_base, iov[0].iov_len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = sendmsg(
			    conn->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN && errno != ENOBUFS)
				wi_flush_failed(io, conn, errno);
			else
				wi_flush_waits(io, conn);
			return;
		}
		wi_count(io->counters, WEFT_COUNTER_writes, 1);
		wi_count(io->counters, WEFT_COUNTER_bytes_out, (uint64_t)n);
		wi_fact_add(&conn->facts.bytes_out, (uint64_t)n);
		wi_flush_advance(io, conn, (size_t)n);
	}
	wi_linger_flushed(io, conn);
}

void
wi_flush_dirty(struct wi_io *io)
{
	struct wi_conn *conn;

	while ((conn = io->dirty) != NULL) {
		io->dirty = conn->next;
		if (conn->udp != NULL) {
			wi_udp_queue(io, conn); /* it stays dirty */
			continue;
		}
		conn->is_dirty = false;
		if (conn->state == WI_CONN_BROKEN)
			wi_conn_settle(io, conn);
		else if (conn->out_first != NULL)
			wi_flush_conn(io, conn);
	}
	wi_udp_flush(io);
}

void
wi_flush_drop(struct wi_io *io, struct wi_conn *conn)
{
	uint64_t load = 0, dropped = 0;

	conn->cut |= conn->out_at != 0;
	while (conn->out_first != NULL) {
		dropped += conn->out_first->nmessages;
		flush_done(conn, &load);
	}
	wi_reader_settle(conn);
	if (load != 0) {
		wi_count(io->counters, WEFT_COUNTER_sends_gone, dropped);
		__atomic_store_n(&conn->endpoint->stale, 0, __ATOMIC_SEQ_CST);
		wi_flush_took(io, conn, load);
	}
}
