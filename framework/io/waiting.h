/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/waiting.h - chunks in the queue of a connection that do not lie in the
 * block of their bytes.
 *
 * These are: what is published, since receivers share the block; what may be
 * dropped; and what a slow reader would otherwise keep a whole block for.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_WAITING_H
#define WI_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/thread_role.h"
#include "handoff/outbox.h"
#include "io/slow_keys.h"

struct wi_conn;
struct wi_io;

struct wi_waiting {
	struct wi_chunk chunk;    /* first; kind WAITING */
	struct wi_waiting *older; /* among those that may be dropped */
	struct wi_waiting *newer;
	struct wi_slow_key key; /* if keyed */
	uint32_t age_ms;        /* not sent when it has waited longer; 0:
	                           however long */
	bool droppable;
	bool keyed; /* it is found by its key */
};

/* Those that are free. */
struct wi_waitings {
	struct wi_waiting *free; /* by chunk.next */
	uint32_t nfree;
};

/* wi_waiting_new() - one with the block, bytes, length and number of messages
 * of a chunk, whose reference to the block becomes its own; the rest is 0.
 * NULL: no memory, nothing has changed. */
struct wi_waiting *wi_waiting_new(
    struct wi_waitings *waitings, const struct wi_chunk *like) WI_ON_IO;

/* wi_waiting_free() - it has left the queue; its block was let go of. */
void wi_waiting_free(
    struct wi_waitings *waitings, struct wi_waiting *waiting) WI_ON_IO;

void wi_waitings_fini(struct wi_waitings *waitings) WI_ON_IO;

/* wi_waiting_of() - of a chunk whose kind is WAITING. */
static inline struct wi_waiting *
wi_waiting_of(struct wi_chunk *chunk)
{
	return (struct wi_waiting *)(void *)chunk;
}

/*
 * wi_waiting_keep() - a chunk that is about to wait for long: if it keeps much
 * more memory than its own, which others share, it gets a block of its own.
 *
 *   returns           the chunk, or the one that is in its place now.  If
 *                     there is no memory, it is left as it is.
 */
struct wi_chunk *wi_waiting_keep(
    struct wi_waitings *waitings, struct wi_chunk *chunk) WI_ON_IO;

/* wi_waiting_keep_all() - of a connection. */
void wi_waiting_keep_all(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

#endif
