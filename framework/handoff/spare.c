/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/spare - more workers, while handlers hold up those that are there.
 *
 * thread: the I/O thread brings them; each of them parks itself.
 */
#include "handoff/spare.h"

#include "handoff/crew.h"
#include "handoff/hub.h"

#define SPARE_SOON_NS 100000u       /* see memory_note */
#define SPARE_MEMORY_NS 1000000000u /* see memory_note */
#define SPARE_RETRY_NS 1000000000u  /* no thread was to be had */
#define SPARE_LOOK_NS 1000000u      /* between two looks at one that runs */

void
wi_spares_init(struct wi_spares *spares, uint32_t block_ms, uint32_t idle_ms)
{
	*spares = (struct wi_spares){
		.block_ns = (uint64_t)block_ms * 1000000u,
		.idle_ms = idle_ms,
		.most = UINT32_MAX,
		.hold_ns = (uint64_t)block_ms * 1000000u,
		.state = wi_thread_state,
	};
}

void
wi_spares_set(struct wi_spares *spares, uint32_t block_ms, uint32_t idle_ms,
    uint32_t most)
{
	__atomic_store_n(&spares->block_ns, (uint64_t)block_ms * 1000000u,
	    __ATOMIC_RELAXED);
	__atomic_store_n(&spares->idle_ms, idle_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&spares->most, most, __ATOMIC_RELAXED);
}

/* See memory_note. */
static void
spare_learn(struct wi_spares *spares, uint64_t now)
{
	uint64_t hold_ns = wi_spare_block_ns(spares);

	if (spares->seen_at != 0 && now - spares->seen_at < SPARE_MEMORY_NS &&
	    hold_ns > SPARE_SOON_NS)
		hold_ns = SPARE_SOON_NS;
	if (hold_ns != spares->hold_ns)
		__atomic_store_n(&spares->hold_ns, hold_ns, __ATOMIC_RELAXED);
}

/* See burn_note.  Once a handler was seen to wait, that holds for its run. */
static void
spare_look(struct wi_hub *hub, uint64_t now)
{
	struct wi_spares *spares = &hub->spares;
	uint64_t since;
	uint32_t i;

	for (i = 0; i < hub->nlive; i++) {
		struct wi_station *station = &hub->stations[i];

		since =
		    __atomic_load_n(&station->busy_since, __ATOMIC_RELAXED);
		if (since == 0 || now < since + spares->hold_ns)
			continue;
		if (station->waits == since) {
			if (now - since >= wi_spare_block_ns(spares))
				spares->seen_at = now;
			continue;
		}
		if (now < station->look_at)
			continue;
		station->look_at = now + SPARE_LOOK_NS;
		if (spares->state(__atomic_load_n(
			&station->tid, __ATOMIC_RELAXED)) == WI_THREAD_WAITS)
			__atomic_store_n(
			    &station->waits, since, __ATOMIC_RELAXED);
	}
}

/* Of all workers. */
static uint32_t
spare_most(const struct wi_hub *hub)
{
	uint32_t most = __atomic_load_n(&hub->spares.most, __ATOMIC_RELAXED);

	return most < hub->max_workers ? most : hub->max_workers;
}

/* One that is parked.  false: there is none. */
static bool
spare_wake(struct wi_hub *hub)
{
	struct wi_spares *spares = &hub->spares;
	uint32_t i;

	for (i = hub->nworkers; i < hub->nlive; i++) {
		struct wi_bed *bed = &hub->stations[i].bed;

		if (!wi_bed_used(bed) || wi_bed_left(bed))
			continue;
		__atomic_fetch_add(&spares->nawake, 1, __ATOMIC_RELAXED);
		if (wi_wake_worker(bed)) {
			wi_count(
			    &hub->io_counters, WEFT_COUNTER_spares_woken, 1);
			return true;
		}
		/* It has just left. */
		__atomic_fetch_sub(&spares->nawake, 1, __ATOMIC_RELAXED);
	}
	return false;
}

/* A thread for the first station that has none.  false: there cannot be more
 * now. */
static bool
spare_start(struct wi_hub *hub, uint64_t now)
{
	struct wi_spares *spares = &hub->spares;
	uint32_t i;

	for (i = hub->nworkers; i < hub->nlive; i++)
		if (wi_bed_left(&hub->stations[i].bed))
			break;
	if (i >= spare_most(hub) || spares->start == NULL ||
	    now < spares->retry_at)
		return false;
	/* Before it can count itself out. */
	__atomic_fetch_add(&spares->nawake, 1, __ATOMIC_RELAXED);
	if (spares->start(hub, i) < 0) {
		__atomic_fetch_sub(&spares->nawake, 1, __ATOMIC_RELAXED);
		spares->retry_at = now + SPARE_RETRY_NS;
		return false;
	}
	wi_count(&hub->io_counters, WEFT_COUNTER_spares_started, 1);
	/* Release: what start() made of the station is there for all who see
	 * that it is in use (wi_crew_live()). */
	if (i == hub->nlive)
		__atomic_store_n(&hub->nlive, i + 1, __ATOMIC_RELEASE);
	return true;
}

void
wi_spare_mind(struct wi_hub *hub, struct wi_crew *crew, uint64_t now)
{
	struct wi_spares *spares = &hub->spares;
	uint32_t nawake, allowed, need;

	spare_learn(spares, now);
	if (crew->held_ns >= spares->hold_ns) {
		spare_look(hub, now);
		wi_crew_look(hub, now, crew);
	}
	allowed = crew->nwaiting +
	    (crew->nburning < hub->nworkers ? crew->nburning : hub->nworkers);
	if (allowed > spare_most(hub) - hub->nworkers)
		allowed = spare_most(hub) - hub->nworkers;
	if (spares->allowed != allowed)
		__atomic_store_n(&spares->allowed, allowed, __ATOMIC_RELAXED);
	nawake = __atomic_load_n(&spares->nawake, __ATOMIC_RELAXED);
	if (crew->sleeper != WI_CREW_NOBODY || allowed <= nawake ||
	    !wi_crew_behind(crew))
		return;
	need = allowed - nawake;
	if (need > crew->nrunnable)
		need = (uint32_t)crew->nrunnable;
	while (need-- > 0)
		if (!spare_wake(hub) && !spare_start(hub, now))
			return;
}

/* Queue what the spare has for one of the first, best one that is free. */
static void
spare_give_back(struct wi_hub *hub, struct wi_runq *runq)
{
	struct wi_station *to = &hub->stations[0];
	struct wi_strand *strand = wi_runq_take(runq);
	uint32_t i;

	if (strand == NULL)
		return;
	for (i = 0; i < hub->nworkers; i++)
		if (__atomic_load_n(
			&hub->stations[i].busy_since, __ATOMIC_RELAXED) == 0)
			to = &hub->stations[i];
	for (; strand != NULL; strand = wi_runq_take(runq))
		wi_runq_push(&to->runq, strand);
	(void)wi_wake_worker(&to->bed);
	(void)wi_wake_io(&hub->io_door);
}

bool
wi_spare_too_many(struct wi_hub *hub, uint32_t number)
{
	struct wi_spares *spares = &hub->spares;
	uint32_t nawake;

	nawake = __atomic_load_n(&spares->nawake, __ATOMIC_RELAXED);
	do
		if (nawake <=
		    __atomic_load_n(&spares->allowed, __ATOMIC_RELAXED))
			return false;
	while (!__atomic_compare_exchange_n(&spares->nawake, &nawake,
	    nawake - 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	spare_give_back(hub, &hub->stations[number].runq);
	return true;
}

bool
wi_spare_blocks(const struct wi_hub *hub)
{
	return __atomic_load_n(&hub->spares.hold_ns, __ATOMIC_RELAXED) <
	    wi_spare_block_ns(&hub->spares);
}

bool
wi_spare_is_due(const struct wi_hub *hub)
{
	return __atomic_load_n(&hub->spares.allowed, __ATOMIC_RELAXED) != 0;
}

void
wi_spare_out(struct wi_hub *hub)
{
	__atomic_fetch_sub(&hub->spares.nawake, 1, __ATOMIC_RELAXED);
}
