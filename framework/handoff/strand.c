/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/strand - who holds a strand.
 *
 * thread: any.  Holds of an own strand are one word of 32 bits (an endpoint
 * has no room for more): 12 for signals, 20 for places; of a shared one twice
 * 32 bits.
 */
#include "handoff/strand.h"

#include <weft/error.h>

#include "base/assert.h"
#include "handoff/shared.h"

#define STRAND_OWN_SIGNAL (1u << 20)
#define STRAND_SIGNAL (UINT64_C(1) << 32)

void
wi_strand_init(struct wi_strand *strand, bool shared, bool pull)
{
	wi_mailbox_init(&strand->mailbox);
	__atomic_store_n(&strand->worker, 0, __ATOMIC_RELAXED);
	/* Somebody with a stale name may be reading these. */
	__atomic_store_n(&strand->pull, pull, __ATOMIC_RELAXED);
	__atomic_store_n(&strand->shared, shared, __ATOMIC_RELAXED);
#ifdef WI_DEBUG
	strand->runner = NULL;
#endif
	/* Release: it can be held from here on; pairs with the acquire in
	 * wi_strand_hold(). */
	if (shared)
		__atomic_store_n(
		    &wi_shared_of(strand)->holds, 1, __ATOMIC_RELEASE);
	else
		__atomic_store_n(&strand->own_holds, 1, __ATOMIC_RELEASE);
}

static int
strand_hold_own(uint32_t *holds, enum wi_hold what, uint32_t limit)
{
	uint32_t old = __atomic_load_n(holds, __ATOMIC_RELAXED);
	uint32_t one = what == WI_HOLD_SIGNAL ? STRAND_OWN_SIGNAL : 1;

	if (limit > WI_OWN_SIGNALS)
		limit = WI_OWN_SIGNALS;
	do {
		if (old == 0)
			return WEFT_ENOSTRAND;
		if (what == WI_HOLD_SIGNAL ?
			old / STRAND_OWN_SIGNAL >= limit :
			(old + 1) % STRAND_OWN_SIGNAL == 0)
			return WEFT_EFULL;
	} while (!__atomic_compare_exchange_n(
	    holds, &old, old + one, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return WEFT_OK;
}

int
wi_strand_hold(struct wi_strand *strand, enum wi_hold what, uint32_t limit)
{
	uint64_t *holds, old, one;

	if (!__atomic_load_n(&strand->shared, __ATOMIC_RELAXED))
		return strand_hold_own(&strand->own_holds, what, limit);
	holds = &wi_shared_of(strand)->holds;
	one = what == WI_HOLD_SIGNAL ? STRAND_SIGNAL : 1;
	old = __atomic_load_n(holds, __ATOMIC_RELAXED);
	do {
		if (old == 0)
			return WEFT_ENOSTRAND;
		if (what == WI_HOLD_SIGNAL && old / STRAND_SIGNAL >= limit)
			return WEFT_EFULL;
		/* Acquire: what the strand's maker wrote; pairs with the
		 * release in wi_strand_init(). */
	} while (!__atomic_compare_exchange_n(
	    holds, &old, old + one, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return WEFT_OK;
}

bool
wi_strand_let_go(struct wi_strand *strand, enum wi_hold what, uint32_t count)
{
	bool signals = what == WI_HOLD_SIGNAL;
	uint64_t before, n;

	/* Release: what this holder did comes before the end; acquire: so it
	 * does for whoever brings the end about. */
	if (!strand->shared) {
		n = (uint64_t)count * (signals ? STRAND_OWN_SIGNAL : 1);
		before = __atomic_fetch_sub(
		    &strand->own_holds, (uint32_t)n, __ATOMIC_ACQ_REL);
	} else {
		n = count * (signals ? STRAND_SIGNAL : 1);
		before = __atomic_fetch_sub(
		    &wi_shared_of(strand)->holds, n, __ATOMIC_ACQ_REL);
	}
	wi_assert(before >= n);
	return before == n;
}
