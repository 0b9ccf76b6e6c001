/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/answer - replies, in the order of their requests.
 *
 * thread: I/O.  From io/decode, which has cut a request; from io/collect,
 * which has a reply; to io/flush.  gate_note: handoff/answer.h.
 */
#include "handoff/answer.h"

#include "io/answer.h"

void
wi_answer_opens(struct wi_io *io, struct wi_conn *conn, uint32_t flags)
{
	if ((flags & WI_HTTP_PIECE) == 0) {
		conn->gated = true;
		conn->request = flags >> WI_HTTP_NUMBER_SHIFT;
		conn->body = (flags & WI_HTTP_PART) != 0;
		if (conn->body)
			wi_timeout_partial(io, conn);
	} else if ((flags & WI_HTTP_LAST) != 0) {
		conn->body = false;
	}
}

/* Nobody waits for it, or nobody any more. */
WI_ON_IO static void
answer_drop(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk)
{
	struct wi_block *block = chunk->block;

	wi_count(io->counters, WEFT_COUNTER_sends_gone, chunk->nmessages);
	wi_flush_took(io, conn, wi_load(chunk->nmessages, chunk->len));
	wi_block_unref(&block);
}

/* The next request's turn.  Time that the reply took is not the client's. */
WI_ON_IO static void
answer_done(struct wi_io *io, struct wi_conn *conn)
{
	conn->gated = false;
	wi_fact_set(&conn->facts.heard, wi_io_ticks(io));
	wi_read_resume(io, conn);
}

/* There is no next request: what it says is read and forgotten, so that its
 * end is seen. */
WI_ON_IO static void
answer_streams(struct wi_conn *conn)
{
	conn->streams = true;
	wi_conn_drop_tail(conn);
	wi_conn_poll(conn);
}

void
wi_answer_take(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk)
{
	const uint64_t key = chunk->key;

	if (!conn->gated || conn->streams ||
	    wi_answer_number(key) != conn->request) {
		answer_drop(io, conn, chunk);
		return;
	}
	wi_fact_add(&conn->facts.messages_out, chunk->nmessages);
	wi_count(io->counters, WEFT_COUNTER_messages_out, chunk->nmessages);
	wi_flush_queue(io, conn, chunk);
	if ((key & WI_ANSWER_EVENTS) != 0)
		answer_streams(conn);
	else if ((key & WI_ANSWER_CLOSE) != 0)
		wi_conn_end(io, conn, WEFT_REASON_PEER);
	else if ((key & WI_ANSWER_LAST) != 0)
		answer_done(io, conn);
}
