/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/spare.h - more workers, while handlers hold up those that are there.
 *
 * The first nworkers stations are always manned.  While strands wait, those
 * who are able do not keep up (handoff/crew.h), and a handler has held its
 * worker for block_ns, a spare, a worker with a number from nworkers on, takes
 * its place; when the handler has returned, one spare too many parks, and one
 * that was parked for idle_ms leaves.  So as many workers as there are without
 * a handler that blocks are there for the rest, as long as max_workers lets
 * them.
 *
 * burn_note: a handler that waits leaves its core to the spare, one that
 * computes does not: with a thread for each of these all would be slow, and so
 * look as if they blocked, and call for more.  So the system is asked what the
 * thread does (base/thread_state.h); one that waits has its spare, and of
 * those that compute no more than nworkers have.
 *
 * memory_note: block_ns is how long it takes to learn that handlers of this
 * node wait.  For SPARE_MEMORY_NS after one was seen, the others are looked at
 * much sooner: else each would hold up for block_ns what waits behind it.
 *
 * queue_note: strands are queued for the first nworkers only; a spare steals.
 * So its own queue holds what it stole and has not run, and what it ran and
 * is to be run again; before it parks it gives that back, and nothing that
 * sleeps or has left has a strand.
 */
#ifndef WI_SPARE_H
#define WI_SPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/thread_state.h"

struct wi_crew;
struct wi_hub;

/* owned by: who is named beside each.  Others than the owner read hold_ns and
 * allowed for each strand that they run or post, so these are written only
 * when they change. */
struct wi_spares {
	/* Constant while the node runs. */
	int (*start)(struct wi_hub *hub, uint32_t number); /* a thread */
	enum wi_thread_state (*state)(pid_t tid); /* wi_thread_state() */

	/* Atomic: wi_spares_set(). */
	uint64_t block_ns;
	uint32_t idle_ms;
	uint32_t most; /* workers with them, at most max_workers */

	/* The I/O thread's. */
	uint64_t seen_at;  /* [ns] a handler waited; 0: none yet */
	uint64_t retry_at; /* [ns] no thread could be started until then */

	_Alignas(64) uint64_t hold_ns; /* atomic; I/O writes: a run this long
	                                  blocks */
	uint32_t allowed; /* atomic; I/O writes: how many may be awake */
	_Alignas(64) uint32_t nawake; /* atomic: how many are */
};

/* wi_spares_init() - max_workers and nworkers of the hub are set. */
void wi_spares_init(
    struct wi_spares *spares, uint32_t block_ms, uint32_t idle_ms);

/* wi_spares_set() - others from now on; most: of all workers, nworkers at
 * least.  Spares that are too many then park when their handlers return.
 * thread: any, one at a time. */
void wi_spares_set(struct wi_spares *spares, uint32_t block_ms,
    uint32_t idle_ms, uint32_t most);

/* wi_spare_block_ns() - thread: any. */
static inline uint64_t
wi_spare_block_ns(const struct wi_spares *spares)
{
	return __atomic_load_n(&spares->block_ns, __ATOMIC_RELAXED);
}

/* wi_spare_mind() - bring as many as are needed, and say how many are.
 *
 *   crew     in,out   of now.
 *   thread            I/O, once a turn.
 */
void wi_spare_mind(struct wi_hub *hub, struct wi_crew *crew, uint64_t now);

/* wi_spare_too_many() - is it to park?  Then it has been counted out, and has
 * given back what it had.  thread: the spare. */
bool wi_spare_too_many(struct wi_hub *hub, uint32_t number);

/* wi_spare_blocks() - have handlers blocked lately?  wi_spare_is_due() - does
 * one now?  thread: any. */
bool wi_spare_blocks(const struct wi_hub *hub);
bool wi_spare_is_due(const struct wi_hub *hub);

/* wi_spare_out() - it found nothing to do and parks.  thread: the spare. */
void wi_spare_out(struct wi_hub *hub);

#endif
