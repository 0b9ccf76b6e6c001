/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/crew - the workers at one glance.
 *
 * thread: any.  Reads what the stations say of themselves, nothing more.
 */
#include "handoff/crew.h"

#define CREW_LAG_NS 300000u   /* work queued per worker that is able */
#define CREW_STUCK_NS 500000u /* a run this long may be blocked */

static uint64_t
crew_read(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

void
wi_crew_look(const struct wi_hub *hub, uint64_t now, struct wi_crew *crew)
{
	uint64_t queued =
	    crew_read(&hub->nscheduled) + crew_read(&hub->nposted);
	uint64_t hold_ns = crew_read(&hub->spares.hold_ns);
	uint64_t taken = 0, run_ns = 0, since, ns;
	uint32_t i, nlive = wi_crew_live(hub);

	*crew = (struct wi_crew){ .sleeper = WI_CREW_NOBODY };
	for (i = 0; i < nlive; i++) {
		const struct wi_station *station = &hub->stations[i];

		taken += crew_read(&station->ntaken);
		queued += crew_read(&station->nqueued);
		if (wi_bed_used(&station->bed)) {
			if (crew->sleeper == WI_CREW_NOBODY &&
			    i < hub->nworkers)
				crew->sleeper = i;
			continue;
		}
		crew->nawake++;
		since = crew_read(&station->busy_since);
		ns = crew_read(&station->run_ns);
		if (ns > run_ns)
			run_ns = ns;
		ns = since == 0 || now < since ? 0 : now - since;
		if (ns > crew->held_ns)
			crew->held_ns = ns;
		crew->nable += ns < CREW_STUCK_NS && ns < hold_ns;
		if (ns >= hold_ns && crew_read(&station->waits) == since)
			crew->nwaiting++;
		else if (ns >= wi_spare_block_ns(&hub->spares))
			crew->nburning++;
	}
	/* The counts are not read at one instant: below zero means none. */
	crew->nrunnable = queued > taken ? queued - taken : 0;
	crew->lag_ns =
	    crew->nrunnable * run_ns / (crew->nable == 0 ? 1 : crew->nable);
}

bool
wi_crew_behind(const struct wi_crew *crew)
{
	return crew->nrunnable > 0 &&
	    (crew->nable == 0 || crew->lag_ns > CREW_LAG_NS);
}
