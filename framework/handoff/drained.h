/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/drained.h - who wants drained() of an endpoint: its drain_state.
 *
 * Senders wish, the I/O thread takes the wish when there is room, and whoever
 * runs DRAINED forgets it.
 *
 * drained_note: who is told WEFT_EFULL shall be told when there is room again.
 *
 *   sender:      wi_drained_want()          look at the load again
 *   I/O thread:  take off the load        wi_drained_take()
 *
 * all four sequentially consistent, so one of the two sees the other; load is
 * out_load and stale.  What the sender sees the second time decides.  A wish
 * is never taken back, even if there was room the second time: that might be
 * another's wish by now.  So a drained() may come that nobody needs any more,
 * and an id that turns stale in between may cost the slot's next endpoint one
 * too many.  A wish that finds QUEUED needs nothing more: forgetting, which
 * comes later, goes before drained().
 */
#ifndef WI_DRAINED_H
#define WI_DRAINED_H

#include <stdbool.h>
#include <stdint.h>

enum wi_drain_state {
	WI_DRAINED_NOT_WANTED,
	WI_DRAINED_WANTED, /* a sender was told WEFT_EFULL, or is about to */
	WI_DRAINED_QUEUED, /* the event is in the mailbox */
};

static inline bool
wi_drained_step(
    uint8_t *state, enum wi_drain_state from, enum wi_drain_state to)
{
	uint8_t is = (uint8_t)from;

	return __atomic_compare_exchange_n(state, &is, (uint8_t)to, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* wi_drained_want() - DRAINED is to come.  thread: any. */
static inline void
wi_drained_want(uint8_t *state)
{
	(void)wi_drained_step(state, WI_DRAINED_NOT_WANTED, WI_DRAINED_WANTED);
}

/* wi_drained_wanted() - may taking it be worth a call?  thread: I/O. */
static inline bool
wi_drained_wanted(const uint8_t *state)
{
	return __atomic_load_n(state, __ATOMIC_SEQ_CST) == WI_DRAINED_WANTED;
}

/* wi_drained_take() - true: somebody wishes; it is QUEUED from here on, and
 * the caller pushes the event.  thread: I/O. */
static inline bool
wi_drained_take(uint8_t *state)
{
	return wi_drained_step(state, WI_DRAINED_WANTED, WI_DRAINED_QUEUED);
}

/* wi_drained_forget() - of a new slot, and before DRAINED is run or after it
 * was dropped: a later wish queues it anew.  Release: its place in the mailbox
 * is free before the I/O thread may push it again; pairs with
 * wi_drained_take().  thread: who has the endpoint. */
static inline void
wi_drained_forget(uint8_t *state)
{
	__atomic_store_n(state, WI_DRAINED_NOT_WANTED, __ATOMIC_RELEASE);
}

#endif
