/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/runq - the runnable strands of one worker.
 *
 * thread: as the header says per function.
 *
 * fairness_note: the inbox is moved behind what is in the ring before each
 * take, so a strand that goes to the back (its budget was used up) waits for
 * those that came while it ran, and those that came wait for at most one round
 * of the ring.
 *
 * Several threads may take the whole inbox (the worker and thieves): each does
 * one exchange, so each gets a list of its own, and a push that races links to
 * a head that it has just compared: there is no ABA in it.
 */
#include "handoff/runq.h"

#include <errno.h>
#include <stdlib.h>

#include <weft/error.h>

#include "base/assert.h"

CK_STACK_CONTAINER(struct wi_strand, entry, strand_of_entry)

int
wi_runq_init(struct wi_runq *runq, uint32_t nstrands)
{
	unsigned size = 4;

	/* A ck_ring holds one less than its size, which must be a power of
	 * two: it does not check. */
	while (size <= nstrands)
		size *= 2;
	ck_stack_init(&runq->inbox);
	ck_ring_init(&runq->ring, size);
	runq->slots = calloc(size, sizeof(*runq->slots));
	return runq->slots == NULL ? -ENOMEM : WEFT_OK;
}

void
wi_runq_fini(struct wi_runq *runq)
{
	free(runq->slots);
	runq->slots = NULL;
}

void
wi_runq_push(struct wi_runq *runq, struct wi_strand *strand)
{
	ck_stack_push_upmc(&runq->inbox, &strand->entry);
}

void
wi_runq_push_own(struct wi_runq *runq, struct wi_strand *strand)
{
	bool pushed = ck_ring_enqueue_spmc(&runq->ring, runq->slots, strand);

	wi_assert(pushed);
}

/* Move a stack of strands, newest first, to the back of the ring. */
static void
runq_move(struct wi_runq *runq, ck_stack_entry_t *entry)
{
	ck_stack_entry_t *next, *first = NULL;

	for (; entry != NULL; entry = next) {
		next = entry->next;
		entry->next = first;
		first = entry;
	}
	for (entry = first; entry != NULL; entry = next) {
		/* Once it is in the ring, it may be stolen, run and pushed
		 * elsewhere before we look again. */
		next = entry->next;
		wi_runq_push_own(runq, strand_of_entry(entry));
	}
}

static ck_stack_entry_t *
runq_take_inbox(struct wi_runq *runq)
{
	if (ck_pr_load_ptr(&runq->inbox.head) == NULL)
		return NULL;
	return ck_stack_batch_pop_upmc(&runq->inbox);
}

struct wi_strand *
wi_runq_take(struct wi_runq *runq)
{
	struct wi_strand *strand;

	runq_move(runq, runq_take_inbox(runq));
	if (ck_ring_dequeue_spmc(&runq->ring, runq->slots, &strand))
		return strand;
	return NULL;
}

struct wi_strand *
wi_runq_steal(struct wi_runq *runq, struct wi_runq *victim)
{
	struct wi_strand *strand;

	if (ck_ring_dequeue_spmc(&victim->ring, victim->slots, &strand))
		return strand;
	runq_move(runq, runq_take_inbox(victim));
	return wi_runq_take(runq);
}

void
wi_runq_remove(struct wi_runq *runq, const struct wi_strand *strand)
{
	ck_stack_entry_t *entry, **link;

	for (link = &runq->inbox.head; (entry = *link) != NULL;
	     link = &entry->next)
		if (entry == &strand->entry) {
			*link = entry->next;
			return;
		}
}

bool
wi_runq_empty(const struct wi_runq *runq)
{
	return ck_pr_load_ptr(&runq->inbox.head) == NULL &&
	    ck_ring_size(&runq->ring) == 0;
}
