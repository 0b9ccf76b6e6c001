/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/slow.h - readers that are too slow: the policies (weft/slow.h).
 *
 * owned by: the I/O thread.
 */
#ifndef WI_SLOW_H
#define WI_SLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/slow.h>

#include "base/thread_role.h"
#include "handoff/endpoint.h"
#include "io/slow_keys.h"

struct wi_chunk;
struct wi_conn;
struct wi_io;
struct wi_waiting;

/* What holds for a message. */
struct wi_slow_terms {
	enum weft_slow policy; /* not DEFAULT */
	uint32_t high_bytes;
	uint32_t high_messages;
	uint32_t age_ms; /* 0: any time */
	bool keyed;
	struct wi_slow_key key;
};

/* wi_slow_terms() - those of an endpoint, for a message without a key. */
static inline struct wi_slow_terms
wi_slow_terms(const struct wi_limits *limits)
{
	return (struct wi_slow_terms){ .policy = limits->slow_reader,
		.high_bytes = WI_LIMIT(limits, outbox_high_bytes),
		.high_messages = WI_LIMIT(limits, outbox_high_messages),
		.age_ms = WI_LIMIT(limits, outbox_age_ms) };
}

/* wi_slow_key() - the key of a message that was sent, or published; with all
 * of the bytes of the topic. */
struct wi_slow_key wi_slow_key(
    struct wi_io *io, const void *topic, size_t len, uint64_t key) WI_ON_IO;

/*
 * wi_slow_queue() - a message for a connection, which is counted as its load.
 *
 *   chunk    in       its block is the queue's, or let go of; so is the chunk,
 *                     if it is one of io/waiting.
 *   returns           false: it was dropped, as the terms say, and counted.
 *                     The connection may be closed.
 */
bool wi_slow_queue(struct wi_io *io, struct wi_conn *conn,
    struct wi_chunk *chunk, const struct wi_slow_terms *terms) WI_ON_IO;

/* wi_slow_sent() - a message that was collected: on its connection's own
 * terms, which are not REFUSE.  returns as wi_slow_queue(). */
bool wi_slow_sent(
    struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk) WI_ON_IO;

/* wi_slow_left() - one that could be dropped leaves the queue. */
void wi_slow_left(struct wi_conn *conn, struct wi_waiting *waiting) WI_ON_IO;

/* wi_slow_write() - about to write: what is too old is dropped, among as many
 * as are looked at.  conn->reader must be there. */
void wi_slow_write(
    struct wi_io *io, struct wi_conn *conn, uint32_t nlook) WI_ON_IO;

/* wi_slow_watches() - does somebody have to look when the oldest gets too old?
 * wi_slow_old() - it is. */
bool wi_slow_watches(const struct wi_conn *conn) WI_ON_IO;
void wi_slow_old(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_slow_moves() - something has left: is it still too old? */
void wi_slow_moves(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

#endif
