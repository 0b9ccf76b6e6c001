/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/schedule - which worker gets a runnable strand, and who is woken.
 *
 * thread: the I/O thread schedules, mostly; workers requeue, find and call for
 * help; any thread posts.
 *
 * No strand is forgotten: each is pushed to one worker's queue, and that
 * worker is either awake, then it looks at its queue once more before it
 * sleeps (see wake_note in handoff/wake.h), or asleep, then wi_schedule_wake()
 * wakes it. Everything else here (who helps whom) only decides how soon.
 * A strand for weft_node_receive() goes the same way to handoff/pull.
 */
#include "handoff/schedule.h"

#include "handoff/crew.h"
#include "handoff/spare.h"

#define SCHEDULE_HURRY_NS 500000u /* a run this long lets out what it has */

_Thread_local struct wi_station *wi_station_current;

/* The worker that ran it last, if it is awake; else the first that is.  No
 * spare: queue_note in handoff/spare.h. */
static uint32_t
schedule_choose(const struct wi_hub *hub, const struct wi_strand *strand)
{
	uint32_t i, last;

	last = __atomic_load_n(&strand->worker, __ATOMIC_RELAXED);
	if (last < hub->nworkers && !wi_bed_used(&hub->stations[last].bed))
		return last;
	for (i = 0; i < hub->nworkers; i++)
		if (!wi_bed_used(&hub->stations[i].bed))
			return i;
	return 0;
}

/* See port_note in handoff/strand.h.  NULL: what it is bound to is queued or
 * run already. */
static struct wi_strand *
schedule_route(struct wi_strand *strand)
{
	struct wi_endpoint *endpoint;

	if (strand->shared)
		return strand;
	endpoint = wi_endpoint_of(strand);
	if (endpoint->group == NULL)
		return strand;
	return wi_mailbox_push(&endpoint->group->mailbox, &endpoint->port) ?
	    endpoint->group :
	    NULL;
}

void
wi_schedule(struct wi_hub *hub, struct wi_strand *strand)
{
	uint32_t worker;

	strand = schedule_route(strand);
	if (strand == NULL)
		return;
	if (strand->pull != 0) {
		wi_pull_push(&hub->pull, strand);
		return;
	}
	worker = schedule_choose(hub, strand);
	__atomic_store_n(
	    &hub->nscheduled, hub->nscheduled + 1, __ATOMIC_RELAXED);
	wi_runq_push(&hub->stations[worker].runq, strand);
}

/* Queue it for a worker; returns the worker. */
static uint32_t
schedule_put(struct wi_hub *hub, struct wi_strand *strand)
{
	struct wi_station *mine = wi_station_current;
	uint32_t worker = schedule_choose(hub, strand);

	if (mine == NULL || mine->hub != hub) {
		__atomic_fetch_add(&hub->nposted, 1, __ATOMIC_RELAXED);
	} else {
		__atomic_store_n(
		    &mine->nqueued, mine->nqueued + 1, __ATOMIC_RELAXED);
		if (mine->number == worker) {
			wi_runq_push_own(&mine->runq, strand);
			return worker;
		}
	}
	wi_runq_push(&hub->stations[worker].runq, strand);
	return worker;
}

/* A worker that is woken here is not known to the I/O thread, which may sleep
 * without nudge_note's timer (io/loop.c): so it is woken too; and when it may
 * have to bring a spare. */
void
wi_schedule_post(struct wi_hub *hub, struct wi_strand *strand)
{
	uint32_t worker;

	strand = schedule_route(strand);
	if (strand == NULL)
		return;
	if (strand->pull != 0) {
		wi_pull_push(&hub->pull, strand);
		(void)wi_wake_fd(&hub->pull.bed);
		return;
	}
	worker = schedule_put(hub, strand);
	if (wi_station_current == &hub->stations[worker])
		return;
	if (wi_wake_worker(&hub->stations[worker].bed))
		wi_count_shared(
		    &hub->any_counters, WEFT_COUNTER_wakes_worker, 1);
	else if (!wi_spare_is_due(hub))
		return;
	(void)wi_wake_io(&hub->io_door);
}

void
wi_schedule_requeue(
    struct wi_hub *hub, uint32_t worker, struct wi_strand *strand)
{
	struct wi_station *station = &hub->stations[worker];

	__atomic_store_n(
	    &station->nqueued, station->nqueued + 1, __ATOMIC_RELAXED);
	wi_runq_push_own(&station->runq, strand);
}

void
wi_schedule_help(
    struct wi_hub *hub, struct wi_counters *counters, uint64_t now)
{
	struct wi_crew crew;

	wi_crew_look(hub, now, &crew);
	if (crew.sleeper == WI_CREW_NOBODY || !wi_crew_behind(&crew))
		return;
	if (wi_wake_worker(&hub->stations[crew.sleeper].bed))
		wi_count(counters, WEFT_COUNTER_wakes_worker, 1);
}

/* Tell workers that are held up to let out what they have. */
static void
schedule_hurry(struct wi_hub *hub, uint64_t now)
{
	uint64_t since;
	uint32_t i;

	for (i = 0; i < hub->nlive; i++) {
		since = __atomic_load_n(
		    &hub->stations[i].busy_since, __ATOMIC_RELAXED);
		if (since != 0 && now > since + SCHEDULE_HURRY_NS)
			__atomic_store_n(&hub->stations[i].hurry,
			    WI_HURRY_SOON, __ATOMIC_RELAXED);
	}
}

enum wi_work
wi_schedule_wake(struct wi_hub *hub, uint64_t now)
{
	struct wi_crew crew;
	uint32_t i;

	for (i = 0; i < hub->nworkers; i++) {
		struct wi_station *station = &hub->stations[i];

		if (wi_runq_empty(&station->runq))
			continue;
		if (i == 0 && wi_bed_used(&station->bed))
			wi_near_hold(&hub->near, station->thread, now);
		if (wi_wake_worker(&station->bed))
			wi_count(
			    &hub->io_counters, WEFT_COUNTER_wakes_worker, 1);
	}
	if (wi_pull_waits(&hub->pull))
		(void)wi_wake_fd(&hub->pull.bed);
	wi_crew_look(hub, now, &crew);
	if (crew.nawake > 1 || crew.nable < crew.nawake ||
	    wi_crew_behind(&crew))
		wi_near_let_go(&hub->near, hub->stations[0].thread, now);
	if (crew.sleeper != WI_CREW_NOBODY && wi_crew_behind(&crew) &&
	    wi_wake_worker(&hub->stations[crew.sleeper].bed))
		wi_count(&hub->io_counters, WEFT_COUNTER_wakes_worker, 1);
	schedule_hurry(hub, now);
	wi_spare_mind(hub, &crew, now);
	if (crew.nrunnable > 0)
		return WI_WORK_WAITS;
	return crew.nawake > 0 ? WI_WORK_RUNS : WI_WORK_NONE;
}

struct wi_strand *
wi_schedule_find(struct wi_hub *hub, uint32_t worker)
{
	struct wi_station *station = &hub->stations[worker];
	struct wi_strand *strand;
	uint32_t i, nlive = wi_crew_live(hub);

	strand = wi_runq_take(&station->runq);
	/* A spare may look before it is counted among those in use. */
	for (i = 1; strand == NULL && i <= nlive; i++) {
		uint32_t victim = (worker + i) % nlive;

		if (victim == worker)
			continue;
		strand =
		    wi_runq_steal(&station->runq, &hub->stations[victim].runq);
		if (strand != NULL)
			wi_count(
			    &station->counters, WEFT_COUNTER_strand_steals, 1);
	}
	if (strand != NULL)
		__atomic_store_n(
		    &station->ntaken, station->ntaken + 1, __ATOMIC_RELAXED);
	return strand;
}

bool
wi_schedule_any(const struct wi_hub *hub)
{
	uint32_t i, nlive = wi_crew_live(hub);

	for (i = 0; i < nlive; i++)
		if (!wi_runq_empty(&hub->stations[i].runq))
			return true;
	return false;
}
