/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/runq.h - the runnable strands of one worker.
 *
 * Two parts, both Concurrency Kit's:
 *   inbox  a ck_stack: any thread pushes, one exchange takes all of it;
 *   ring   a ck_ring, one producer (the queue's worker) and many takers (the
 *          worker itself and thieves).
 * The worker moves its inbox into its ring and runs from the ring, so what it
 * has not started yet can be stolen; a thief that finds the ring empty takes
 * the inbox.  Each strand stands in at most one queue at a time (its mailbox
 * sees to that), and the ring has room for every strand that can exist, so
 * nothing is ever full.
 */
#ifndef WI_RUNQ_H
#define WI_RUNQ_H

#include <stdbool.h>
#include <stdint.h>

#include <ck_ring.h>
#include <ck_stack.h>

#include "handoff/endpoint.h"

struct wi_runq {
	ck_ring_t ring;
	ck_ring_buffer_t *slots; /* of the ring; owner and thieves */
	_Alignas(64) ck_stack_t inbox;
};

/* wi_runq_init() - with room for nstrands; WEFT_OK or -ENOMEM. */
int wi_runq_init(struct wi_runq *runq, uint32_t nstrands);
void wi_runq_fini(struct wi_runq *runq);

/* wi_runq_push() - from any thread: to the back, by way of the inbox. */
void wi_runq_push(struct wi_runq *runq, struct wi_strand *strand);

/* wi_runq_push_own() - from the queue's worker: to the back. */
void wi_runq_push_own(struct wi_runq *runq, struct wi_strand *strand);

/* wi_runq_take() - the oldest, or NULL.  thread: the queue's worker. */
struct wi_strand *wi_runq_take(struct wi_runq *runq);

/* wi_runq_steal() - one of victim's, or NULL; the rest of an inbox that was
 * taken goes into runq, behind what came there meanwhile.
 * thread: runq's worker. */
struct wi_strand *wi_runq_steal(struct wi_runq *runq, struct wi_runq *victim);

/* wi_runq_remove() - a strand that may stand in the inbox stands there no
 * more.  thread: one, while no other uses it. */
void wi_runq_remove(struct wi_runq *runq, const struct wi_strand *strand);

/* wi_runq_empty() - at the instant it is asked.  thread: any. */
bool wi_runq_empty(const struct wi_runq *runq);

#endif
