/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_spare.c - handoff/spare and handoff/crew: when spares come,
 * how many, and when they go.  All threads are played by this one.
 */
#include <errno.h>
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "handoff/crew.h"
#include "handoff/schedule.h"

#define NWORKERS 2u
#define NMAX 5u
#define NSTRANDS 16u
#define MS UINT64_C(1000000) /* [ns] */
#define NOW (10000 * MS)

static struct wi_station stations[NMAX];
static struct wi_strand strands[NSTRANDS];
static struct wi_hub hub;
static unsigned nstarts;
static int start_rv;
static enum wi_thread_state states[NMAX];

static int
start(struct wi_hub *of, uint32_t number)
{
	nstarts++;
	ck_assert_ptr_eq(of, &hub);
	ck_assert_uint_lt(number, NMAX);
	if (start_rv < 0)
		return start_rv;
	wi_bed_man(&stations[number].bed);
	return WEFT_OK;
}

static enum wi_thread_state
state_of(pid_t tid)
{
	ck_assert_int_ge(tid, 100);
	ck_assert_int_lt(tid, 100 + (int)NMAX);
	return states[tid - 100];
}

/* The first workers are awake and idle; nothing is queued.  A run takes so
 * long that any strand in a queue is too much for one worker. */
static void
setup(void)
{
	uint32_t i;

	memset(&hub, 0, sizeof(hub));
	memset(stations, 0, sizeof(stations));
	memset(strands, 0, sizeof(strands));
	nstarts = 0;
	start_rv = WEFT_OK;
	for (i = 0; i < NSTRANDS; i++)
		strands[i].shared = 1; /* no endpoint is looked for */
	hub.stations = stations;
	hub.nworkers = NWORKERS;
	hub.nlive = NWORKERS;
	hub.max_workers = NMAX;
	wi_spares_init(&hub.spares, 10, 1000);
	hub.spares.start = start;
	hub.spares.state = state_of;
	for (i = 0; i < NMAX; i++) {
		stations[i].run_ns = 1 * MS;
		stations[i].tid = 100 + (pid_t)i;
		states[i] = WI_THREAD_WAITS;
		ck_assert_int_eq(wi_bed_init(&stations[i].bed), WEFT_OK);
		ck_assert_int_eq(
		    wi_runq_init(&stations[i].runq, NSTRANDS), WEFT_OK);
	}
}

static void
teardown(void)
{
	for (uint32_t i = 0; i < NMAX; i++) {
		wi_bed_fini(&stations[i].bed);
		wi_runq_fini(&stations[i].runq);
	}
}

static void
queue(uint32_t n)
{
	static uint32_t next;

	for (; n > 0; n--)
		wi_schedule(&hub, &strands[next++ % NSTRANDS]);
}

/* Worker i is in a run that is so old. */
static void
hold(uint32_t i, uint64_t now, uint64_t ns)
{
	stations[i].busy_since = now - ns;
}

static void
mind(uint64_t now)
{
	struct wi_crew crew;

	wi_crew_look(&hub, now, &crew);
	wi_spare_mind(&hub, &crew, now);
}

static uint64_t
counted(enum weft_counter which)
{
	return wi_counted(&hub.io_counters, which);
}

START_TEST(nobody_comes_while_nothing_waits)
{
	setup();
	hold(0, NOW, 20 * MS);
	hold(1, NOW, 20 * MS);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 0);
	queue(1);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	teardown();
}
END_TEST

START_TEST(nobody_comes_while_a_first_worker_sleeps_or_was_not_held_long)
{
	setup();
	queue(3);
	hold(0, NOW, 10 * MS - 1);
	hold(1, NOW, 1000);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 0);
	hold(0, NOW, 20 * MS);
	wi_bed_lie_down(&stations[1].bed);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 0);
	wi_bed_get_up(&stations[1].bed);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	teardown();
}
END_TEST

START_TEST(one_comes_for_each_that_is_held_and_no_more_than_strands_wait)
{
	setup();
	hold(0, NOW, 20 * MS);
	queue(3);
	mind(NOW);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	ck_assert_uint_eq(hub.nlive, NWORKERS + 1);
	hold(1, NOW, 20 * MS);
	hold(2, NOW, 20 * MS);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 3);
	/* All are held, and max_workers are there. */
	hold(3, NOW, 20 * MS);
	hold(4, NOW, 20 * MS);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 3);
	ck_assert_uint_eq(hub.nlive, NMAX);
	ck_assert_uint_eq(counted(WEFT_COUNTER_spares_started), 3);
	teardown();
}
END_TEST

START_TEST(nobody_comes_while_one_that_is_not_held_keeps_up)
{
	setup();
	stations[0].run_ns = 1000;
	stations[1].run_ns = 1000;
	hold(0, NOW, 20 * MS);
	queue(3);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 0);
	stations[1].run_ns = 1 * MS;
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	teardown();
}
END_TEST

START_TEST(two_held_and_one_strand_bring_one)
{
	setup();
	hold(0, NOW, 20 * MS);
	hold(1, NOW, 20 * MS);
	queue(1);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	teardown();
}
END_TEST

START_TEST(once_one_has_blocked_the_next_is_noticed_sooner)
{
	setup();
	queue(4);
	hold(0, NOW, 1 * MS);
	mind(NOW);
	ck_assert(!wi_spare_blocks(&hub));
	ck_assert_uint_eq(nstarts, 0);
	hold(0, NOW, 10 * MS);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	/* That it has waited so long is learnt at the second look. */
	mind(NOW + 1);
	mind(NOW + 2);
	ck_assert(wi_spare_blocks(&hub));
	hold(1, NOW + 2, 1 * MS);
	mind(NOW + 2);
	ck_assert_uint_eq(nstarts, 2);
	/* A second later that is forgotten. */
	hold(0, NOW + 1002 * MS, 1 * MS);
	hold(1, NOW + 1002 * MS, 1 * MS);
	mind(NOW + 1002 * MS);
	ck_assert(!wi_spare_blocks(&hub));
	ck_assert(!wi_spare_is_due(&hub));
	teardown();
}
END_TEST

START_TEST(those_that_compute_have_as_many_as_there_are_first_workers)
{
	uint32_t i;

	setup();
	for (i = 0; i < NMAX; i++) {
		states[i] = WI_THREAD_RUNS;
		hold(i, NOW, 20 * MS);
	}
	queue(NSTRANDS);
	mind(NOW);
	ck_assert_uint_eq(nstarts, NWORKERS);
	mind(NOW);
	ck_assert_uint_eq(nstarts, NWORKERS);
	ck_assert(!wi_spare_blocks(&hub)); /* nothing is learnt of that */
	/* One is seen to wait, at the next look, and that holds for its run:
	 * then another one may come. */
	states[0] = WI_THREAD_WAITS;
	mind(NOW);
	ck_assert_uint_eq(nstarts, NWORKERS);
	mind(NOW + 1 * MS);
	ck_assert_uint_eq(nstarts, NWORKERS + 1);
	states[0] = WI_THREAD_RUNS;
	mind(NOW + 5 * MS);
	ck_assert_uint_eq(hub.spares.allowed, NWORKERS + 1);
	teardown();
}
END_TEST

START_TEST(one_that_computes_for_a_moment_has_none)
{
	setup();
	states[0] = WI_THREAD_RUNS;
	states[1] = WI_THREAD_RUNS;
	hold(0, NOW, 9 * MS);
	hold(1, NOW, 9 * MS);
	queue(4);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 0);
	teardown();
}
END_TEST

START_TEST(one_that_cannot_be_started_is_tried_again_a_second_later)
{
	setup();
	queue(4);
	hold(0, NOW, 20 * MS);
	start_rv = -EAGAIN;
	mind(NOW);
	mind(NOW + 999 * MS);
	ck_assert_uint_eq(nstarts, 1);
	ck_assert_uint_eq(hub.spares.nawake, 0);
	ck_assert_uint_eq(hub.nlive, NWORKERS);
	start_rv = WEFT_OK;
	mind(NOW + 1000 * MS);
	ck_assert_uint_eq(nstarts, 2);
	ck_assert_uint_eq(hub.spares.nawake, 1);
	teardown();
}
END_TEST

START_TEST(a_parked_one_is_woken_and_one_that_left_is_started_again)
{
	setup();
	queue(4);
	hold(0, NOW, 20 * MS);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	wi_spare_out(&hub);
	wi_bed_lie_down(&stations[2].bed);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	ck_assert_uint_eq(counted(WEFT_COUNTER_spares_woken), 1);
	ck_assert(!wi_bed_used(&stations[2].bed));
	wi_bed_sleep(&stations[2].bed); /* takes the post */
	wi_spare_out(&hub);
	wi_bed_lie_down(&stations[2].bed);
	ck_assert(wi_bed_sleep_or_leave(&stations[2].bed, 1));
	ck_assert(wi_bed_left(&stations[2].bed));
	ck_assert(!wi_wake_worker(&stations[2].bed));
	mind(NOW);
	ck_assert_uint_eq(nstarts, 2);
	ck_assert_uint_eq(hub.nlive, NWORKERS + 1);
	ck_assert(!wi_bed_used(&stations[2].bed));
	teardown();
}
END_TEST

START_TEST(one_that_is_woken_as_it_would_leave_stays)
{
	setup();
	wi_bed_lie_down(&stations[2].bed);
	ck_assert(wi_wake_worker(&stations[2].bed));
	ck_assert(!wi_bed_sleep_or_leave(&stations[2].bed, 1));
	ck_assert(!wi_bed_left(&stations[2].bed));
	teardown();
}
END_TEST

/* Worker 2 has stolen three strands. */
static void
steal_three(void)
{
	queue(3);
	hold(0, NOW, 20 * MS);
	mind(NOW);
	ck_assert_ptr_nonnull(
	    wi_runq_steal(&stations[2].runq, &stations[0].runq));
	ck_assert(!wi_runq_empty(&stations[2].runq));
}

START_TEST(one_too_many_gives_back_what_it_has)
{
	setup();
	steal_three();
	ck_assert(!wi_spare_too_many(&hub, 2));
	/* The handler has returned; the other worker is held now and then. */
	stations[0].busy_since = 0;
	hold(1, NOW, 1000);
	mind(NOW);
	ck_assert(wi_spare_too_many(&hub, 2));
	ck_assert_uint_eq(hub.spares.nawake, 0);
	ck_assert(wi_runq_empty(&stations[2].runq));
	ck_assert_ptr_nonnull(wi_runq_take(&stations[0].runq));
	ck_assert_ptr_nonnull(wi_runq_take(&stations[0].runq));
	ck_assert(wi_runq_empty(&stations[0].runq));
	ck_assert(!wi_spare_too_many(&hub, 2)); /* none is awake */
	teardown();
}
END_TEST

START_TEST(what_is_given_back_wakes_who_sleeps)
{
	setup();
	steal_three();
	stations[0].busy_since = 0;
	mind(NOW);
	hold(0, NOW, 1 * MS);
	wi_bed_lie_down(&stations[1].bed);
	ck_assert(wi_spare_too_many(&hub, 2));
	ck_assert(!wi_bed_used(&stations[1].bed));
	ck_assert(!wi_runq_empty(&stations[1].runq));
	teardown();
}
END_TEST

START_TEST(strands_go_to_the_first_workers_only)
{
	setup();
	steal_three();
	strands[5].worker = 2;
	wi_schedule(&hub, &strands[5]);
	ck_assert_ptr_eq(wi_runq_take(&stations[0].runq), &strands[5]);
	teardown();
}
END_TEST

START_TEST(a_spare_looks_at_all_queues_before_it_is_counted)
{
	setup();
	wi_runq_push(&stations[1].runq, &strands[0]);
	ck_assert_uint_eq(hub.nlive, 2);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 2), &strands[0]);
	wi_runq_push(&stations[0].runq, &strands[0]);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 2), &strands[0]);
	ck_assert_ptr_null(wi_schedule_find(&hub, 2));
	teardown();
}
END_TEST

/* One of two that are awake is too many then, and none more comes. */
START_TEST(fewer_may_be_said_while_some_are_there)
{
	setup();
	queue(8);
	hold(0, NOW, 20 * MS);
	hold(1, NOW, 20 * MS);
	mind(NOW);
	ck_assert_uint_eq(hub.spares.nawake, 2);
	wi_spares_set(&hub.spares, 10, 1000, NWORKERS + 1);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 2);
	ck_assert_uint_eq(hub.spares.allowed, 1);
	ck_assert(wi_spare_too_many(&hub, NWORKERS));
	ck_assert(!wi_spare_too_many(&hub, NWORKERS + 1));
	ck_assert_uint_eq(hub.spares.nawake, 1);
	/* And as many as there are stations when more is said. */
	wi_spares_set(&hub.spares, 10, 1000, UINT32_MAX);
	mind(NOW);
	ck_assert_uint_eq(hub.spares.allowed, 2);
	teardown();
}
END_TEST

START_TEST(how_long_blocks_may_be_said_later)
{
	setup();
	queue(4);
	hold(0, NOW, 20 * MS);
	wi_spares_set(&hub.spares, 30, 1000, NMAX);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 0);
	wi_spares_set(&hub.spares, 15, 1000, NMAX);
	mind(NOW);
	ck_assert_uint_eq(nstarts, 1);
	teardown();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		nobody_comes_while_nothing_waits,
		nobody_comes_while_one_that_is_not_held_keeps_up,
		nobody_comes_while_a_first_worker_sleeps_or_was_not_held_long,
		one_comes_for_each_that_is_held_and_no_more_than_strands_wait,
		two_held_and_one_strand_bring_one,
		once_one_has_blocked_the_next_is_noticed_sooner,
		those_that_compute_have_as_many_as_there_are_first_workers,
		one_that_computes_for_a_moment_has_none,
		one_that_cannot_be_started_is_tried_again_a_second_later,
		a_parked_one_is_woken_and_one_that_left_is_started_again,
		one_that_is_woken_as_it_would_leave_stays,
		one_too_many_gives_back_what_it_has,
		what_is_given_back_wakes_who_sleeps,
		strands_go_to_the_first_workers_only,
		a_spare_looks_at_all_queues_before_it_is_counted,
		fewer_may_be_said_while_some_are_there,
		how_long_blocks_may_be_said_later,
	};

	return check_main("spare", tests, CHECK_COUNT(tests));
}
