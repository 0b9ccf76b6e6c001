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

#define SCHEDULE_LAG_NS 300000u   /* work queued per awake worker */
#define SCHEDULE_STUCK_NS 500000u /* a run this long may be blocked */

_Thread_local struct wi_station *wi_station_current;

static uint64_t
schedule_read(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

/* The worker that ran it last, if it is awake; else the first that is. */
static uint32_t
schedule_choose(const struct wi_hub *hub, const struct wi_strand *strand)
{
	uint32_t i, last;

	last = __atomic_load_n(&strand->worker, __ATOMIC_RELAXED);
	if (!wi_bed_used(&hub->stations[last].bed))
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
 * without nudge_note's timer (io/loop.c): so it is woken too. */
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
	if (wi_station_current == &hub->stations[worker] ||
	    !wi_wake_worker(&hub->stations[worker].bed))
		return;
	wi_count_shared(&hub->any_counters, WEFT_COUNTER_wakes_worker, 1);
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

/* What is queued, who is awake, and how long a run takes. */
struct schedule_view {
	uint64_t nrunnable; /* strands in queues, give or take */
	uint64_t lag_ns;    /* what the awake ones need for them, each */
	uint32_t nawake;    /* not asleep */
	uint32_t nable;     /* of these, not held up by one run */
	uint32_t sleeper;   /* one that sleeps; nworkers: none */
};

static void
schedule_look(
    const struct wi_hub *hub, uint64_t now, struct schedule_view *view)
{
	uint64_t queued =
	    schedule_read(&hub->nscheduled) + schedule_read(&hub->nposted);
	uint64_t taken = 0, run_ns = 0, since, ns;
	uint32_t i;

	*view = (struct schedule_view){ .sleeper = hub->nworkers };
	for (i = 0; i < hub->nworkers; i++) {
		const struct wi_station *station = &hub->stations[i];

		taken += schedule_read(&station->ntaken);
		queued += schedule_read(&station->nqueued);
		if (wi_bed_used(&station->bed)) {
			if (view->sleeper == hub->nworkers)
				view->sleeper = i;
			continue;
		}
		view->nawake++;
		since = schedule_read(&station->busy_since);
		ns = schedule_read(&station->run_ns);
		if (ns > run_ns)
			run_ns = ns;
		if (since == 0 || now < since + SCHEDULE_STUCK_NS)
			view->nable++;
	}
	/* The counts are not read at one instant: below zero means none. */
	view->nrunnable = queued > taken ? queued - taken : 0;
	view->lag_ns =
	    view->nrunnable * run_ns / (view->nable == 0 ? 1 : view->nable);
}

static bool
schedule_behind(const struct schedule_view *view)
{
	return view->nrunnable > 0 &&
	    (view->nable == 0 || view->lag_ns > SCHEDULE_LAG_NS);
}

void
wi_schedule_help(
    struct wi_hub *hub, struct wi_counters *counters, uint64_t now)
{
	struct schedule_view view;

	schedule_look(hub, now, &view);
	if (view.sleeper == hub->nworkers || !schedule_behind(&view))
		return;
	if (wi_wake_worker(&hub->stations[view.sleeper].bed))
		wi_count(counters, WEFT_COUNTER_wakes_worker, 1);
}

/* Tell workers that are held up to let out what they have. */
static void
schedule_hurry(struct wi_hub *hub, uint64_t now)
{
	uint64_t since;
	uint32_t i;

	for (i = 0; i < hub->nworkers; i++) {
		since = schedule_read(&hub->stations[i].busy_since);
		if (since != 0 && now > since + SCHEDULE_STUCK_NS)
			__atomic_store_n(
			    &hub->stations[i].hurry, 1, __ATOMIC_RELAXED);
	}
}

bool
wi_schedule_wake(struct wi_hub *hub, uint64_t now)
{
	struct schedule_view view;
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
	schedule_look(hub, now, &view);
	if (view.nawake > 1 || view.nable < view.nawake ||
	    schedule_behind(&view))
		wi_near_let_go(&hub->near, hub->stations[0].thread, now);
	if (view.sleeper != hub->nworkers && schedule_behind(&view) &&
	    wi_wake_worker(&hub->stations[view.sleeper].bed))
		wi_count(&hub->io_counters, WEFT_COUNTER_wakes_worker, 1);
	schedule_hurry(hub, now);
	return view.nawake > 0 || view.nrunnable > 0;
}

struct wi_strand *
wi_schedule_find(struct wi_hub *hub, uint32_t worker)
{
	struct wi_station *station = &hub->stations[worker];
	struct wi_strand *strand;
	uint32_t i;

	strand = wi_runq_take(&station->runq);
	for (i = 1; strand == NULL && i < hub->nworkers; i++) {
		uint32_t victim = (worker + i) % hub->nworkers;

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
	uint32_t i;

	for (i = 0; i < hub->nworkers; i++)
		if (!wi_runq_empty(&hub->stations[i].runq))
			return true;
	return false;
}
