/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/crew.h - the workers at one glance: who is awake, who is held up by
 * a handler, and how much is queued.
 */
#ifndef WI_CREW_H
#define WI_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "handoff/hub.h"

#define WI_CREW_NOBODY UINT32_MAX

/* All counts are of one instant, give or take. */
struct wi_crew {
	uint64_t nrunnable; /* strands in queues */
	uint64_t lag_ns;    /* what the able ones need for them, each */
	uint64_t held_ns;   /* [ns] the longest run */
	uint32_t nawake;    /* not asleep */
	uint32_t nable;     /* of these, not held up by one run */
	uint32_t nwaiting;  /* held up by a handler that waits */
	uint32_t nburning;  /* held for long by one that computes */
	uint32_t sleeper;   /* of the first nworkers; or WI_CREW_NOBODY */
};

/* wi_crew_look() - now: [ns].  thread: any. */
void wi_crew_look(
    const struct wi_hub *hub, uint64_t now, struct wi_crew *crew);

/* wi_crew_behind() - do those who are awake not keep up? */
bool wi_crew_behind(const struct wi_crew *crew);

/* wi_crew_live() - how many stations are in use: the first so many. */
static inline uint32_t
wi_crew_live(const struct wi_hub *hub)
{
	/* Acquire: pairs with the release in handoff/spare.c. */
	return __atomic_load_n(&hub->nlive, __ATOMIC_ACQUIRE);
}

#endif
