/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/overload.h - more comes than handlers can do: how it is noticed, and
 * which messages are too old.
 *
 * The measure is CoDel's (RFC 8289): how long messages have waited when their
 * turn comes.  A burst makes them wait too and is over soon; so the node is
 * overloaded when they have waited longer than queue_target all the time for
 * queue_interval, and it is over with the first that has not.
 *
 * While it is overloaded, an endpoint that has a message waiting is not read
 * from (io/read.c), so what waits stays with those who send; and at any time a
 * message that is older than its endpoint's deadline is dropped before the
 * handler: nobody waits for the answer any more, and the time is better spent
 * on one that came later.
 */
#ifndef WI_OVERLOAD_H
#define WI_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "handoff/batch.h"
#include "handoff/endpoint.h"

struct wi_overload {
	uint64_t target_ns;   /* atomic, as interval_ns: wi_overload_set() */
	uint64_t interval_ns; /* target_ns 0: off */
	struct wi_log *log;
	/* Written by those who take messages, when it changes. */
	_Alignas(64) uint64_t since; /* atomic: [ns] from here on all have
	                                waited longer; 0: one has not */
	uint64_t times;              /* atomic: it has come to it */
	uint32_t is;                 /* atomic */
};

void wi_overload_init(struct wi_overload *overload, struct wi_log *log,
    uint32_t target_ms, uint32_t interval_ms);

/* wi_overload_set() - others from now on.  thread: any, one at a time. */
void wi_overload_set(
    struct wi_overload *overload, uint32_t target_ms, uint32_t interval_ms);

/* wi_overload_saw() - a message has waited [from, now) when its turn came.
 * thread: any that takes messages. */
void wi_overload_saw(
    struct wi_overload *overload, uint64_t from, uint64_t now);

/* wi_overload_is() - thread: any. */
static inline bool
wi_overload_is(const struct wi_overload *overload)
{
	/* Who saw it just when it was turned off leaves it behind. */
	return __atomic_load_n(&overload->is, __ATOMIC_RELAXED) != 0 &&
	    __atomic_load_n(&overload->target_ns, __ATOMIC_RELAXED) != 0;
}

/* wi_overload_stamps() - is anybody to ask when messages came? */
static inline bool
wi_overload_stamps(
    const struct wi_overload *overload, const struct wi_limits *limits)
{
	return __atomic_load_n(&overload->target_ns, __ATOMIC_RELAXED) != 0 ||
	    WI_LIMIT(limits, deadline_ms) != 0;
}

/* wi_overload_late() - are the messages of a batch too old?  Also sees how
 * long they have waited.  Asked before each message.  thread: the one that has
 * the batch. */
bool wi_overload_late(struct wi_overload *overload,
    const struct wi_limits *limits, const struct wi_batch *batch);

#endif
