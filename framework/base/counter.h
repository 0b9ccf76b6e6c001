/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/counter.h - counting, with one writer per set.
 *
 * Each thread of a node has a set of its own and adds to it without a lock or
 * a locked instruction; a reader sums the sets.  Threads that are not the
 * node's share one set and add to it atomically.
 */
#ifndef WI_COUNTER_H
#define WI_COUNTER_H

#include <stdint.h>

#include <weft/counter.h>

struct wi_counters {
	_Alignas(64) uint64_t value[WEFT_NCOUNTERS]; /* relaxed atomics */
};

/* wi_count() - thread: the one writer of the set. */
static inline void
wi_count(struct wi_counters *counters, enum weft_counter which, uint64_t n)
{
	uint64_t *value = &counters->value[which];

	__atomic_store_n(value, __atomic_load_n(value, __ATOMIC_RELAXED) + n,
	    __ATOMIC_RELAXED);
}

/* wi_count_shared() - thread: any, for a set that several write. */
static inline void
wi_count_shared(
    struct wi_counters *counters, enum weft_counter which, uint64_t n)
{
	__atomic_fetch_add(&counters->value[which], n, __ATOMIC_RELAXED);
}

/* wi_counted() - thread: any. */
static inline uint64_t
wi_counted(const struct wi_counters *counters, enum weft_counter which)
{
	return (__atomic_load_n(&counters->value[which], __ATOMIC_RELAXED));
}

#endif
