/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/worker - the loop of a worker: find a strand, run it, sleep when there
 * is none.
 *
 * thread: the worker.  Takes strands from its run queue or another's, hands
 * them to work/dispatch.  Sleeps in one place, by the dance of handoff/wake.h.
 *
 * wake_note: replies are published after each strand, but the I/O thread, if
 * it sleeps, is woken only when there is nothing more to run or WORKER_OWE_NS
 * after the first of them: it then has the replies of many strands to write
 * instead of one, and the two threads do not take turns on one core.
 */
#include "work/worker.h"

#include <sched.h>

#include "base/altstack.h"
#include "base/clock.h"
#include "base/stack.h"
#include "base/thread_state.h"
#include "handoff/schedule.h"
#include "handoff/spare.h"
#include "handoff/wake.h"

#define WORKER_OWE_NS 50000u   /* a wake-up is owed this long at most */
#define WORKER_SLOW_NS 10000u  /* a message: the handlers take long */
#define WORKER_RUN_NS 200000u  /* then a run ends after this */
#define WORKER_HELP_NS 100000u /* busy this long: look whether help is due */

_Thread_local struct wi_worker *wi_worker_current;

static bool
worker_must_leave(const struct wi_hub *hub)
{
	return __atomic_load_n(&hub->workers_stop, __ATOMIC_SEQ_CST) != 0;
}

/* The next strand of a spare; NULL: leave.  It is woken by wi_spare_mind() or
 * in order to leave. */
WI_ON_WORKER static struct wi_strand *
worker_next_of_spare(struct wi_worker *worker)
{
	struct wi_hub *hub = worker->hub;
	struct wi_bed *bed = &worker->station->bed;
	struct wi_strand *strand;

	for (;;) {
		if (worker_must_leave(hub) ||
		    !wi_spare_too_many(hub, worker->number)) {
			strand = wi_schedule_find(hub, worker->number);
			if (strand != NULL || worker_must_leave(hub))
				return strand;
			wi_spare_out(hub);
		}
		wi_send_wake(worker);
		wi_count(worker->counters, WEFT_COUNTER_spares_parked, 1);
		wi_bed_lie_down(bed);
		if (worker_must_leave(hub))
			wi_bed_get_up(bed);
		else if (wi_bed_sleep_or_leave(bed,
			     __atomic_load_n(
				 &hub->spares.idle_ms, __ATOMIC_RELAXED)))
			return NULL;
	}
}

/* The next strand; NULL: leave. */
WI_ON_WORKER static struct wi_strand *
worker_next(struct wi_worker *worker)
{
	struct wi_hub *hub = worker->hub;
	struct wi_bed *bed = &worker->station->bed;
	struct wi_strand *strand;

	for (;;) {
		strand = wi_schedule_find(hub, worker->number);
		if (strand != NULL)
			return strand;
		if (worker_must_leave(hub))
			return NULL;
		wi_send_wake(worker);
		wi_bed_lie_down(bed);
		if (wi_schedule_any(hub) || worker_must_leave(hub))
			wi_bed_get_up(bed);
		else
			wi_bed_sleep(bed);
	}
}

WI_ON_WORKER static void
worker_set(uint64_t *value, uint64_t to)
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

bool
wi_worker_pace(struct wi_worker *worker)
{
	uint64_t now = wi_clock_ns();

	wi_send_publish(worker);
	if (now - worker->woke_at > WORKER_OWE_NS) {
		worker->woke_at = now;
		wi_send_wake(worker);
	}
	return now - worker->began < WORKER_RUN_NS &&
	    __atomic_load_n(&worker->station->hurry, __ATOMIC_RELAXED) !=
	    WI_HURRY_NOW;
}

/* Moving average over about eight runs. */
WI_ON_WORKER static void
worker_timed(struct wi_worker *worker, uint64_t ns)
{
	uint64_t average = worker->station->run_ns;

	worker_set(&worker->station->run_ns, average - average / 8 + ns / 8);
	worker->slow =
	    (worker->nmessages > 0 &&
		ns > WORKER_SLOW_NS * (uint64_t)worker->nmessages) ||
	    wi_spare_blocks(worker->hub);
}

WI_ON_WORKER static void
worker_run(struct wi_worker *worker, struct wi_strand *strand)
{
	struct wi_station *station = worker->station;
	uint64_t now;

	worker->began = wi_clock_ns();
	__atomic_store_n(&station->hurry, WI_HURRY_NOT, __ATOMIC_RELAXED);
	worker_set(&station->busy_since, worker->began);
	if (wi_dispatch_run(worker, strand))
		wi_schedule_requeue(worker->hub, worker->number, strand);
	now = wi_clock_ns();
	worker_set(&station->busy_since, 0);
	worker_timed(worker, now - worker->began);
	wi_count(worker->counters, WEFT_COUNTER_strand_runs, 1);
	if (worker->owes_wake &&
	    (worker->slow || now - worker->owed_at > WORKER_OWE_NS))
		wi_send_wake(worker);
	if (now - worker->helped_at > WORKER_HELP_NS) {
		worker->helped_at = now;
		wi_schedule_help(worker->hub, worker->counters, now);
	}
}

void *
wi_worker_main(void *arg)
{
	struct wi_altstack altstack = { .memory = NULL };
	struct wi_worker *worker = arg;
	struct wi_strand *strand;

	wi_become_worker();
	wi_worker_current = worker;
	wi_station_current = worker->station;
	wi_deflater_current = &worker->deflater;
	__atomic_store_n(
	    &worker->station->tid, wi_thread_id(), __ATOMIC_RELAXED);
	if (worker->hub->stacks)
		wi_stack_unblock();
	if (worker->hub->crashes)
		wi_altstack_begin(&altstack);
	while ((strand = worker->spare ? worker_next_of_spare(worker) :
					 worker_next(worker)) != NULL)
		worker_run(worker, strand);
	wi_worker_current = NULL;
	wi_station_current = NULL;
	wi_deflater_current = NULL;
	wi_altstack_end(&altstack);
	__atomic_fetch_sub(&worker->hub->nthreads, 1, __ATOMIC_RELEASE);
	(void)wi_wake_io(&worker->hub->io_door);
	return NULL;
}
