/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/read - bytes from a socket into a block; pause and resume.
 *
 * thread: I/O.  The poller says a connection is readable; its bytes go into a
 * block and on to io/decode.
 *
 * Three places to read into:
 *   - the loop's block, which all connections share, one read behind the
 *     other.  A connection that has nothing waiting owns no memory at all.
 *   - the connection's tail, a block of its own, for the rest of a message
 *     that is long.  It grows with what has really arrived, never with what a
 *     length on the wire announces.
 *   - the loop's long block, for connections that fill the room they are
 *     given: several long messages with one read.  The rest of a message stays
 *     there and the next read goes behind it; only at the end of the block it
 *     is copied to the next, or if another connection has read there since.
 *     Who leaves such a rest and falls silent keeps that block from the others
 *     until its message is whole, or partial_ms are over.
 * A short rest is copied in front of the next read instead.
 *
 * pause_note: the worker takes off in_load what it has run, and says RESUME if
 * it brought the load below the low mark and saw read_paused set.  We set
 * read_paused, then look at the load again: both are full barriers, so one of
 * the two sees the other.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <weft/error.h>

#include "base/assert.h"
#include "handoff/overload.h"
#include "io/answer.h"
#include "io/decode.h"
#include "io/io.h"
#include "io/shake.h"
#include "io/tls.h"

#define READ_WANT 16384u    /* [bytes] free in the block, at least */
#define READ_LIST 4096u     /* [bytes] of it kept for the batch's list */
#define READ_COPY_MAX 4096u /* [bytes] of a rest that is copied */
#define READ_LONG (WI_BLOCK_LONG_SIZE - (uint32_t)sizeof(struct wi_block))
#define READ_PER_TURN 4u /* reads of one socket, then the others' turn */
#define READ_TAIL_STEP UINT64_C(64)

/* Where the next read goes, and what stands in front of it. */
struct read_place {
	struct wi_span span; /* at: first byte not used up; end: read here */
	uint32_t room;       /* [bytes] */
	bool shared;         /* a block of the loop's */
};

WI_ON_IO static int
read_into_shared(
    struct wi_io *io, struct wi_conn *conn, struct read_place *place)
{
	struct wi_block *block = wi_decode_room(io, READ_WANT);

	if (block == NULL)
		return -ENOMEM;
	place->shared = true;
	place->span.data = block;
	place->span.at = block->fill;
	place->span.end = block->fill;
	place->room = wi_block_room(block) - READ_LIST;
	if (conn->tail != NULL) {
		memcpy(block->data + block->fill,
		    conn->tail->data + conn->tail_at, conn->tail_len);
		place->span.end += conn->tail_len;
		place->room -= conn->tail_len;
	}
	return WEFT_OK;
}

/* [bytes] that are wanted in the long block, besides the rest that stands in
 * front of them: the mailbox' mark is passed by no more than one message. */
WI_ON_IO static uint32_t
read_long_want(const struct wi_conn *conn)
{
	const struct wi_endpoint *endpoint = conn->endpoint;
	uint64_t high = WI_LIMIT(endpoint->limits, mailbox_high_bytes),
		 waiting;
	uint32_t rest = 0, want;

	waiting = wi_load_bytes(
	    __atomic_load_n(&endpoint->in_load, __ATOMIC_RELAXED));
	if (conn->tail_need > conn->tail_len)
		rest = conn->tail_need - conn->tail_len;
	want = waiting < high && high - waiting < READ_LONG ?
	    (uint32_t)(high - waiting) :
	    READ_LONG;
	if (waiting >= high || want < READ_WANT)
		want = READ_WANT;
	return want > rest ? want : rest;
}

/* Room in the long block: behind the rest, if that is the last there. */
WI_ON_IO static int
read_into_long(
    struct wi_io *io, struct wi_conn *conn, struct read_place *place)
{
	uint32_t want = read_long_want(conn), least;
	struct wi_block *block = io->long_block;
	bool behind = block != NULL && block == conn->tail &&
	    conn->tail_at + conn->tail_len == block->fill;

	/* The rest of a message in one read, if it is known; else not so
	 * little that a read is not worth it. */
	least = conn->tail_need > conn->tail_len ?
	    conn->tail_need - conn->tail_len :
	    READ_WANT;
	if (!behind)
		least += conn->tail_len;
	if (block == NULL || wi_block_room(block) < least) {
		block = wi_pool_take(&io->long_blocks);
		if (block == NULL)
			return -ENOMEM;
		if (io->long_block != NULL)
			wi_block_unref(&io->long_block);
		io->long_block = block;
		behind = false;
	}
	place->shared = true;
	place->span.data = block;
	place->span.at = behind ? conn->tail_at : block->fill;
	if (!behind && conn->tail != NULL) {
		memcpy(block->data + block->fill,
		    conn->tail->data + conn->tail_at, conn->tail_len);
		block->fill += conn->tail_len;
	}
	place->span.end = block->fill;
	place->room = wi_block_room(block);
	if (place->room > want)
		place->room = want;
	return WEFT_OK;
}

/* Does it fit there, with what is known to follow? */
WI_ON_IO static bool
read_fits_long(const struct wi_conn *conn)
{
	uint32_t need = conn->tail_need > conn->tail_len ? conn->tail_need :
							   conn->tail_len;

	return need <= READ_LONG - READ_WANT;
}

/* [bytes] for a rest of len: a short one is copied away soon, a long one gets
 * room for as much again as has arrived. */
WI_ON_IO static uint64_t
read_tail_size(uint64_t len, uint64_t need)
{
	uint64_t size = 2 * len;

	if (len <= READ_COPY_MAX)
		return (len + READ_TAIL_STEP - 1) & ~(READ_TAIL_STEP - 1);
	if (size < WI_BLOCK_DATA)
		size = WI_BLOCK_DATA;
	return need != 0 && size > need ? need : size;
}

WI_ON_IO static int
read_grow_tail(struct wi_conn *conn)
{
	struct wi_block *grown;

	grown = wi_block_new(read_tail_size(conn->tail_len, conn->tail_need));
	if (grown == NULL)
		return -ENOMEM;
	memcpy(grown->data, conn->tail->data + conn->tail_at, conn->tail_len);
	wi_block_unref(&conn->tail);
	conn->tail = grown;
	conn->tail_at = 0;
	return WEFT_OK;
}

WI_ON_IO static int
read_into_tail(struct wi_conn *conn, struct read_place *place)
{
	uint32_t end = conn->tail_at + conn->tail_len;
	int rv;

	if (end == conn->tail->size || conn->tail->pool != NULL) {
		rv = read_grow_tail(conn);
		if (rv < 0)
			return rv;
		end = conn->tail_at + conn->tail_len;
	}
	place->shared = false;
	place->span.data = conn->tail;
	place->span.at = conn->tail_at;
	place->span.end = end;
	place->room = conn->tail->size - end;
	return WEFT_OK;
}

/* The rest of a message that is not whole stays with the connection.  fresh:
 * none of it was there before. */
WI_ON_IO static int
read_keep_rest(struct wi_io *io, struct wi_conn *conn,
    const struct wi_span *span, bool fresh)
{
	uint32_t len = span->end - span->at;
	struct wi_block *rest = NULL;

	if (len > READ_COPY_MAX &&
	    (span->data == conn->tail || span->data == io->long_block)) {
		rest = span->data;
		wi_block_ref(rest);
		conn->tail_at = span->at;
	} else if (len > 0) {
		rest = wi_block_new(read_tail_size(len, span->need));
		if (rest == NULL)
			return -ENOMEM;
		memcpy(rest->data, span->data->data + span->at, len);
		conn->tail_at = 0;
	}
	if (conn->tail != NULL)
		wi_block_unref(&conn->tail);
	conn->tail = rest;
	conn->tail_len = len;
	conn->tail_need = (uint32_t)span->need;
	conn->tail_more = span->more;
	if (rest != NULL && !span->more && fresh)
		wi_timeout_partial(io, conn);
	return WEFT_OK;
}

/* How many messages the mailbox may still take; one at least. */
WI_ON_IO static uint32_t
read_limit(const struct wi_conn *conn)
{
	const struct wi_endpoint *endpoint = conn->endpoint;
	uint64_t high = WI_LIMIT(endpoint->limits, mailbox_high_messages),
		 waiting;

	waiting = wi_load_messages(
	    __atomic_load_n(&endpoint->in_load, __ATOMIC_RELAXED));
	return waiting < high ? (uint32_t)(high - waiting) : 1;
}

WI_ON_IO static void
read_refuse(struct wi_io *io, struct wi_conn *conn, int code)
{
	char peer[WI_ADDRESS_TEXT];

	if (conn->state == WI_CONN_SHAKING) {
		wi_shake_failed(io, conn, code, weft_strerror(code));
		return;
	}
	wi_conn_peer(conn, peer, sizeof(peer));
	if (code == WEFT_ETOOBIG) {
		wi_count(io->counters, WEFT_COUNTER_closed_toobig, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_MESSAGE_TOOBIG,
		    "%s: codec %s: expected at most %u bytes, found a longer "
		    "message; closed",
		    peer, wi_endpoint_codec(conn->endpoint)->name,
		    conn->endpoint->limits->max_message);
		wi_conn_break(io, conn, WEFT_REASON_TOOBIG, code);
	} else if (code == -ENOMEM) {
		wi_count(io->counters, WEFT_COUNTER_closed_nomem, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_NOMEM, "%s: closed", peer);
		wi_conn_break(io, conn, WEFT_REASON_NOMEM, code);
	} else {
		wi_count(io->counters, WEFT_COUNTER_closed_malformed, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_MALFORMED,
		    "%s: codec %s: bytes do not follow its format; closed",
		    peer, wi_endpoint_codec(conn->endpoint)->name);
		wi_conn_break(io, conn, WEFT_REASON_MALFORMED, code);
	}
}

/* See pause_note.  In an overload (handoff/overload.h) anything that waits is
 * too much, and the worker's RESUME comes with the first batch that is done:
 * most have no other. */
WI_ON_IO static void
read_pause_if_full(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_endpoint *endpoint = conn->endpoint;
	const struct wi_limits *limits = endpoint->limits;
	uint64_t load = __atomic_load_n(&endpoint->in_load, __ATOMIC_RELAXED);
	bool overload = wi_overload_is(&io->hub->overload) && load != 0;

	if (wi_answer_holds(conn) && conn->tail != NULL)
		wi_conn_poll(conn);
	if (!overload &&
	    wi_load_messages(load) < WI_LIMIT(limits, mailbox_high_messages) &&
	    wi_load_bytes(load) < WI_LIMIT(limits, mailbox_high_bytes))
		return;
	(void)__atomic_exchange_n(&endpoint->read_paused, 1, __ATOMIC_SEQ_CST);
	load = __atomic_load_n(&endpoint->in_load, __ATOMIC_SEQ_CST);
	if (overload ? load == 0 :
		       wi_load_messages(load) <=
			WI_LIMIT(limits, mailbox_low_messages) &&
		    wi_load_bytes(load) <= WI_LIMIT(limits, mailbox_low_bytes))
		__atomic_store_n(&endpoint->read_paused, 0, __ATOMIC_RELAXED);
	wi_conn_poll(conn);
}

/* Messages out of the span, the rest to the tail.  The worker may be done with
 * a batch before we are done with its block: hence the reference. */
WI_ON_IO static int
read_use(struct wi_io *io, struct wi_conn *conn, struct wi_span *span,
    uint32_t limit)
{
	struct wi_block *data = span->data;
	uint32_t first = span->at;
	bool had_rest = conn->tail != NULL && !conn->tail_more;
	int rv;

	wi_block_ref(data);
	rv = wi_decode(io, conn, span, limit);
	if (rv == WEFT_OK)
		rv = read_keep_rest(
		    io, conn, span, !had_rest || span->at != first);
	wi_block_unref(&data);
	if (span->ended)
		wi_shake_ended(io, conn, &span->cut);
	else if (rv < 0 && rv != WEFT_ENOENDPOINT)
		read_refuse(io, conn, rv);
	return rv;
}

/* Whole messages that were left when the mailbox was full. */
WI_ON_IO static int
read_use_tail(struct wi_io *io, struct wi_conn *conn, uint32_t limit)
{
	struct wi_span span = { .data = conn->tail,
		.at = conn->tail_at,
		.end = conn->tail_at + conn->tail_len };

	return read_use(io, conn, &span, limit);
}

/* A read that brought nothing; n: what it answered. */
WI_ON_IO static void
read_nothing(struct wi_io *io, struct wi_conn *conn, ssize_t n)
{
	if (conn->tls == NULL)
		conn->peer_ended = n == 0;
	if (n == 0 && conn->write_error != 0)
		wi_conn_end(io, conn, WEFT_REASON_RESET);
	else if (n == 0 && conn->tls != NULL)
		wi_tls_ended(io, conn);
	else if (n == 0)
		wi_conn_lost(io, conn, WEFT_REASON_PEER, WEFT_OK);
	else if (errno != EAGAIN && errno != EINTR)
		wi_conn_lost(io, conn, WEFT_REASON_RESET, -errno);
}

/* One read, and what it brought.  true: there may be more. */
WI_ON_IO static bool
read_socket(struct wi_io *io, struct wi_conn *conn)
{
	struct read_place place;
	ssize_t n;
	int rv;

	if (conn->reads_long && read_fits_long(conn))
		rv = read_into_long(io, conn, &place);
	else if (conn->tail == NULL || conn->tail_len <= READ_COPY_MAX)
		rv = read_into_shared(io, conn, &place);
	else
		rv = read_into_tail(conn, &place);
	if (rv < 0) {
		read_refuse(io, conn, rv);
		return false;
	}
	if (conn->tls != NULL)
		n = wi_tls_read(io, conn,
		    place.span.data->data + place.span.end, place.room);
	else
		n = recv(conn->fd, place.span.data->data + place.span.end,
		    place.room, MSG_DONTWAIT);
	if (n <= 0) {
		read_nothing(io, conn, n);
		return false;
	}
	if (conn->tls == NULL) {
		wi_count(io->counters, WEFT_COUNTER_reads, 1);
		wi_count(io->counters, WEFT_COUNTER_bytes_in, (uint64_t)n);
		wi_fact_add(&conn->facts.bytes_in, (uint64_t)n);
		wi_fact_set(&conn->facts.heard, wi_io_ticks(io));
	}
	place.span.end += (uint32_t)n;
	if (place.shared)
		place.span.data->fill = place.span.end;
	if ((uint32_t)n < READ_WANT)
		conn->reads_long = false;
	else if ((uint32_t)n == place.room)
		conn->reads_long = true;
	if (read_use(io, conn, &place.span, read_limit(conn)) < 0)
		return false;
	return (uint32_t)n == place.room || conn->tail_more ||
	    wi_tls_holds(conn);
}

/* Is there something that no socket becomes readable for?  It is worked off
 * before reading ends, unless that is paused. */
WI_ON_IO static bool
read_holds(const struct wi_conn *conn)
{
	return (conn->state == WI_CONN_OPEN &&
		   (conn->tail_more || wi_tls_holds(conn))) ||
	    (conn->state == WI_CONN_SHAKING && wi_tls_holds(conn));
}

/* One step; true: there may be more. */
WI_ON_IO static bool
read_once(struct wi_io *io, struct wi_conn *conn)
{
	bool more;

	if (conn->tail_more)
		more = read_use_tail(io, conn, read_limit(conn)) == WEFT_OK;
	else
		more = read_socket(io, conn);
	if (conn->state == WI_CONN_OPEN)
		read_pause_if_full(io, conn);
	return more && (conn->events & WI_POLLER_READ) != 0;
}

void
wi_read_ready(struct wi_io *io, struct wi_conn *conn)
{
	unsigned i;

	if (wi_tls_shakes(conn)) {
		wi_tls_shake_ready(io, conn);
		return;
	}
	if (conn->state == WI_CONN_OPEN &&
	    wi_overload_is(&io->hub->overload)) {
		read_pause_if_full(io, conn);
		if ((conn->events & WI_POLLER_READ) == 0)
			return;
	}
	if (conn->tls != NULL)
		conn->tls->reading = true;
	for (i = 0; i < READ_PER_TURN || read_holds(conn); i++)
		if (!read_once(io, conn) ||
		    (conn->state != WI_CONN_OPEN && !read_holds(conn)))
			break;
	wi_tls_rest(io, conn);
}

/* A load has fallen.  No socket becomes readable for what is in the tail, so
 * whoever may have ended a pause calls this, not wi_conn_poll(). */
void
wi_read_resume(struct wi_io *io, struct wi_conn *conn)
{
	wi_conn_poll(conn);
	if (read_holds(conn) && (conn->events & WI_POLLER_READ) != 0 &&
	    (conn->tls == NULL || !conn->tls->reading))
		wi_read_ready(io, conn);
}

void
wi_read_finish(struct wi_io *io, struct wi_conn *conn)
{
	while (conn->state == WI_CONN_OPEN && conn->tail_more &&
	    !wi_answer_holds(conn))
		if (read_use_tail(io, conn, UINT32_MAX) < 0)
			break;
}
