/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/slow - readers that are too slow.
 *
 * thread: I/O.
 *
 * What may be dropped is marked when it joins the queue, by the policy that it
 * came under: the policy of a topic drops nothing that was sent under one that
 * does not drop.  Those that are marked hang together, oldest first, in the
 * connection's struct wi_reader, and those with a key are found by it, so a
 * slow reader costs a publish no more steps than a fast one.
 *
 * place_note: under CONFLATE a message takes the place of the one before it.
 * If it went to the end instead, as long as other keys come faster than the
 * reader takes them, the key that changes most often would never be sent.
 *
 * Under REFUSE it is senders who look at the marks (drained_note in
 * handoff/drained.h); all that is done here is to say that the oldest is too
 * old.
 */
#include "io/slow.h"

#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "handoff/drained.h"
#include "handoff/schedule.h"
#include "io/io.h"
#include "io/reader.h"
#include "io/waiting.h"

/* ---- what waits */

WI_ON_IO static bool
slow_is_old(const struct wi_io *io, uint32_t since, uint32_t age_ms)
{
	uint32_t waited = wi_io_ticks(io) - since;

	return age_ms != 0 && (uint64_t)waited * WI_FACTS_TICK_MS >= age_ms;
}

/* Has a part of it left? */
WI_ON_IO static bool
slow_has_begun(const struct wi_conn *conn, const struct wi_waiting *waiting)
{
	return conn->out_first == &waiting->chunk && conn->out_at != 0;
}

void
wi_slow_left(struct wi_conn *conn, struct wi_waiting *waiting)
{
	struct wi_reader *reader = conn->reader;

	if (waiting->older == NULL)
		reader->oldest = waiting->newer;
	else
		waiting->older->newer = waiting->newer;
	if (waiting->newer == NULL)
		reader->newest = waiting->older;
	else
		waiting->newer->older = waiting->older;
	if (waiting->keyed)
		wi_slow_keys_remove(&reader->keys, waiting);
	if (waiting->age_ms != 0)
		reader->naged--;
}

/* One that may be dropped.  NULL: no memory, nothing has changed. */
WI_ON_IO static struct wi_waiting *
slow_mark(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk,
    const struct wi_slow_terms *terms)
{
	struct wi_reader *reader = wi_reader_of(conn);
	struct wi_waiting *waiting;

	if (reader == NULL)
		return NULL;
	waiting = chunk->kind == WI_CHUNK_WAITING ?
	    wi_waiting_of(chunk) :
	    wi_waiting_new(&io->waitings, chunk);
	if (waiting == NULL)
		return NULL;
	waiting->key = terms->key;
	waiting->age_ms = terms->age_ms;
	waiting->droppable = true;
	/* Without memory for its key it is just not found by it. */
	waiting->keyed = terms->keyed && terms->policy == WEFT_SLOW_CONFLATE &&
	    wi_slow_keys_find(&reader->keys, &terms->key) == NULL &&
	    wi_slow_keys_add(&reader->keys, waiting) == WEFT_OK;
	waiting->older = reader->newest;
	waiting->newer = NULL;
	if (reader->newest == NULL)
		reader->oldest = waiting;
	else
		reader->newest->newer = waiting;
	reader->newest = waiting;
	if (waiting->age_ms != 0)
		reader->naged++;
	return waiting;
}

/* ---- dropping */

/* Its endpoint has missed something: drained() is owed, but what was dropped
 * makes no room that it could be told of; what leaves does. */
WI_ON_IO static void
slow_missed(struct wi_io *io, struct wi_conn *conn, uint64_t load)
{
	(void)wi_load_sub(&conn->endpoint->out_load, load);
	wi_drained_want(&conn->endpoint->drain_state);
	if (conn->out_first == NULL)
		wi_flush_took(io, conn, 0);
}

WI_ON_IO static void
slow_drop_waiting(struct wi_io *io, struct wi_conn *conn,
    struct wi_waiting *waiting, enum weft_counter why)
{
	wi_count(io->counters, why, waiting->chunk.nmessages);
	slow_missed(io, conn, wi_flush_remove(conn, &waiting->chunk));
}

/* It never joined. */
WI_ON_IO static void
slow_drop_new(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk,
    enum weft_counter why)
{
	uint64_t load = wi_load(chunk->nmessages, chunk->len);
	struct wi_block *block = chunk->block;

	wi_count(io->counters, why, chunk->nmessages);
	if (chunk->kind == WI_CHUNK_WAITING)
		wi_waiting_free(&io->waitings, wi_waiting_of(chunk));
	wi_block_unref(&block);
	slow_missed(io, conn, load);
}

/* The oldest that may be dropped and has not begun to leave, or NULL. */
WI_ON_IO static struct wi_waiting *
slow_oldest(const struct wi_conn *conn)
{
	struct wi_waiting *waiting =
	    conn->reader == NULL ? NULL : conn->reader->oldest;

	return waiting != NULL && slow_has_begun(conn, waiting) ?
	    waiting->newer :
	    waiting;
}

void
wi_slow_write(struct wi_io *io, struct wi_conn *conn, uint32_t nlook)
{
	struct wi_chunk *chunk, *next;
	struct wi_waiting *waiting;

	if (conn->reader->naged == 0)
		return;
	for (chunk = conn->out_first; chunk != NULL && nlook > 0;
	     chunk = next) {
		next = chunk->next;
		waiting = wi_waiting_of(chunk);
		if (chunk->kind == WI_CHUNK_WAITING && waiting->droppable &&
		    slow_is_old(io, chunk->since, waiting->age_ms) &&
		    !slow_has_begun(conn, waiting))
			slow_drop_waiting(
			    io, conn, waiting, WEFT_COUNTER_slow_aged);
		else
			nlook--;
	}
}

WI_ON_IO static void
slow_close(struct wi_io *io, struct wi_conn *conn)
{
	char peer[WI_ADDRESS_TEXT];

	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_closed_slow, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_SLOW,
	    "%s: expected what is sent to it to be taken, found %llu bytes "
	    "waiting, the first for %u ms; closed",
	    peer, (unsigned long long)conn->out_bytes,
	    (wi_io_ticks(io) - conn->out_first->since) * WI_FACTS_TICK_MS);
	wi_conn_break(io, conn, WEFT_REASON_SLOW, WEFT_OK);
}

/* ---- a new message */

WI_ON_IO static bool
slow_drops(enum weft_slow policy)
{
	return policy == WEFT_SLOW_DROP_OLDEST || policy == WEFT_SLOW_CONFLATE;
}

/* A message longer than the mark passes when nothing else waits. */
WI_ON_IO static bool
slow_fits(const struct wi_io *io, const struct wi_conn *conn, uint32_t len,
    const struct wi_slow_terms *terms)
{
	const struct wi_chunk *first = conn->out_first;

	if (first == NULL)
		return true;
	return conn->out_messages < terms->high_messages &&
	    conn->out_bytes + len <= terms->high_bytes &&
	    (slow_drops(terms->policy) ||
		!slow_is_old(io, first->since, terms->age_ms));
}

/* false: there is none. */
WI_ON_IO static bool
slow_make_room(struct wi_io *io, struct wi_conn *conn, uint32_t len,
    const struct wi_slow_terms *terms)
{
	struct wi_waiting *oldest;

	if (slow_fits(io, conn, len, terms))
		return true;
	/* What has come in this turn alone may have filled it. */
	if (conn->is_dirty && !conn->waits && conn->udp == NULL) {
		wi_flush_conn(io, conn);
		if (conn->endpoint->id == 0)
			return false;
		if (slow_fits(io, conn, len, terms))
			return true;
	}
	if (terms->policy == WEFT_SLOW_CLOSE && conn->state == WI_CONN_OPEN)
		slow_close(io, conn);
	if (!slow_drops(terms->policy))
		return false;
	while (!slow_fits(io, conn, len, terms)) {
		oldest = slow_oldest(conn);
		if (oldest == NULL)
			/* All that is left has begun to leave. */
			return conn->out_first == conn->out_last &&
			    conn->out_at != 0;
		slow_drop_waiting(io, conn, oldest, WEFT_COUNTER_slow_oldest);
	}
	return true;
}

/* See place_note.  false: nobody has the place, or it cannot be taken. */
WI_ON_IO static bool
slow_replace(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk,
    const struct wi_slow_terms *terms)
{
	struct wi_waiting *waiting;
	struct wi_chunk *old;
	uint64_t load;

	if (conn->reader == NULL)
		return false;
	waiting = wi_slow_keys_find(&conn->reader->keys, &terms->key);
	if (waiting == NULL)
		return false;
	old = &waiting->chunk;
	if (slow_has_begun(conn, waiting)) {
		/* It has got through: the new one is the one of this key. */
		wi_slow_keys_remove(&conn->reader->keys, waiting);
		waiting->keyed = false;
		return false;
	}
	if (conn->out_bytes - old->len + chunk->len > terms->high_bytes) {
		slow_drop_waiting(
		    io, conn, waiting, WEFT_COUNTER_slow_conflated);
		return false;
	}
	load = wi_load(old->nmessages, old->len);
	conn->out_bytes += (uint64_t)chunk->len - old->len;
	wi_block_unref(&old->block);
	old->block = chunk->block;
	old->bytes = chunk->bytes;
	old->len = chunk->len;
	old->since = wi_io_ticks(io);
	if (chunk->kind == WI_CHUNK_WAITING)
		wi_waiting_free(&io->waitings, wi_waiting_of(chunk));
	if (conn->waits)
		(void)wi_waiting_keep(&io->waitings, old);
	wi_count(io->counters, WEFT_COUNTER_slow_conflated, 1);
	(void)wi_load_sub(&conn->endpoint->out_load, load);
	return true;
}

bool
wi_slow_queue(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk,
    const struct wi_slow_terms *terms)
{
	struct wi_waiting *waiting;

	if (terms->keyed && terms->policy == WEFT_SLOW_CONFLATE &&
	    slow_replace(io, conn, chunk, terms))
		return true;
	if (!slow_make_room(io, conn, chunk->len, terms)) {
		slow_drop_new(io, conn, chunk,
		    conn->endpoint->id == 0 ? WEFT_COUNTER_sends_gone :
					      WEFT_COUNTER_slow_newest);
		return false;
	}
	if (slow_drops(terms->policy)) {
		waiting = slow_mark(io, conn, chunk, terms);
		if (waiting == NULL) {
			slow_drop_new(
			    io, conn, chunk, WEFT_COUNTER_slow_newest);
			return false;
		}
		chunk = &waiting->chunk;
	}
	wi_flush_queue(io, conn, chunk);
	return true;
}

struct wi_slow_key
wi_slow_key(struct wi_io *io, const void *topic, size_t len, uint64_t key)
{
	const struct wi_hash_key *secret = &io->publisher.secret;
	struct wi_slow_key out = { .key = key };
	uint64_t words[2];

	/* What came under other rules of topics keeps its place: a message
	 * that takes that of an older one must not pass one in between. */
	if (topic != NULL)
		out.scope = wi_hash_bytes(secret, topic, len) +
		    io->publisher.rules.said;
	words[0] = out.scope;
	words[1] = key;
	out.hash = wi_hash_bytes(secret, words, sizeof(words));
	return out;
}

bool
wi_slow_sent(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk)
{
	struct wi_slow_terms terms = wi_slow_terms(conn->endpoint->limits);

	terms.keyed = chunk->kind == WI_CHUNK_KEYED;
	if (terms.keyed)
		terms.key = wi_slow_key(io, NULL, 0, chunk->key);
	return wi_slow_queue(io, conn, chunk, &terms);
}

/* ---- the age of what waits */

bool
wi_slow_watches(const struct wi_conn *conn)
{
	const struct wi_endpoint *endpoint = conn->endpoint;
	const struct wi_limits *limits = endpoint->limits;

	return WI_LIMIT(limits, outbox_age_ms) != 0 &&
	    conn->out_first != NULL &&
	    (limits->slow_reader == WEFT_SLOW_CLOSE ||
		(limits->slow_reader == WEFT_SLOW_REFUSE &&
		    __atomic_load_n(&endpoint->stale, __ATOMIC_RELAXED) == 0));
}

void
wi_slow_old(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_endpoint *endpoint = conn->endpoint;

	if (endpoint->limits->slow_reader == WEFT_SLOW_CLOSE)
		slow_close(io, conn);
	else
		__atomic_store_n(&endpoint->stale, 1, __ATOMIC_SEQ_CST);
}

void
wi_slow_moves(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_endpoint *endpoint = conn->endpoint;

	if (conn->out_first != NULL &&
	    slow_is_old(io, conn->out_first->since,
		WI_LIMIT(endpoint->limits, outbox_age_ms)))
		return;
	/* Before drain_state is looked at: drained_note. */
	__atomic_store_n(&endpoint->stale, 0, __ATOMIC_SEQ_CST);
	if (conn->out_first != NULL)
		wi_timeout_waits(io, conn);
}
