/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/slots.h - numbered slots in address space that is reserved once.
 *
 * A slot's address never moves and can always be read, by any thread: that is
 * what makes a stale endpoint id safe to look up.  Memory is used only where
 * slots are in use; a group of 64 that falls empty gives its pages back, and
 * reads as zeros from then on.
 *
 * Slots are taken by the I/O thread for clients that come and by any thread
 * for a connection of ours, and given back by the I/O thread; a mutex guards
 * the book-keeping.  No message's way leads through it.
 */
#ifndef WI_SLOTS_H
#define WI_SLOTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WI_SLOTS_GROUP 64u     /* slots that share a bitmap word */
#define WI_SLOTS_EMPTY_KEPT 4u /* empty groups that keep their pages */
#define WI_SLOTS_ARRAYS 3u     /* parallel arrays with the same numbering */

struct wi_slots {
	uint32_t max;                   /* slots, a multiple of the group */
	uint32_t limit;                 /* that may be in use, at most max;
	                                   atomic, written under mutex */
	uint8_t *base[WI_SLOTS_ARRAYS]; /* the arrays; constant */
	size_t stride[WI_SLOTS_ARRAYS]; /* [bytes] a slot, a multiple of 64 */

	pthread_mutex_t mutex; /* guards the rest */
	uint32_t nused;        /* slots in use; atomic, for hints */
	uint32_t ngroups;
	uint32_t low;          /* no group below has a free slot */
	uint32_t nempty;       /* empty groups that hold pages */
	uint64_t *used;        /* per group: a bit per slot in use */
	uint8_t *touched;      /* per group: holds pages */
	uint32_t *generations; /* per slot: 24 bits, never 0 */
};

/*
 * wi_slots_init() - reserve the arrays.
 *
 *   max      in       slots that may be in use at a time.
 *   stride   in       [bytes] a slot of each array; rounded up to 64.  0: it
 *                     is not used.
 *   returns           WEFT_OK or -ENOMEM.
 */
int wi_slots_init(struct wi_slots *slots, uint32_t max,
    const size_t stride[WI_SLOTS_ARRAYS]);
void wi_slots_fini(struct wi_slots *slots);

/* wi_slots_take() - the lowest free slot, with a new generation; -1: none.
 * thread: any. */
int64_t wi_slots_take(struct wi_slots *slots, uint32_t *generation);

/* wi_slots_give() - a slot is free again.  thread: any. */
void wi_slots_give(struct wi_slots *slots, uint32_t slot);

/* wi_slots_at() - the slot's place in an array. */
static inline void *
wi_slots_at(const struct wi_slots *slots, unsigned array, uint32_t slot)
{
	return slots->base[array] + slots->stride[array] * slot;
}

/* wi_slots_set() - so many may be in use from now on, at most max; those that
 * are stay.  wi_slots_limit() - how many.  thread: any. */
void wi_slots_set(struct wi_slots *slots, uint32_t limit);
uint32_t wi_slots_limit(const struct wi_slots *slots);

/* wi_slots_full() - at the instant it is asked.  thread: any. */
bool wi_slots_full(const struct wi_slots *slots);

/* wi_slots_next() - the first slot in use at or above from; -1: none.
 * thread: any. */
int64_t wi_slots_next(struct wi_slots *slots, uint32_t from);

#endif
