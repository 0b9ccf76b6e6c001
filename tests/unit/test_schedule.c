/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_schedule.c - handoff/schedule: which worker gets a strand,
 * and who is woken.  All threads are played by this one.
 */
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "handoff/schedule.h"

#define NWORKERS 3u
#define NSTRANDS 16u
#define NOW UINT64_C(10000000000) /* [ns] */
#define LONG_AGO (NOW - 1000000u) /* a run that began then may be blocked */
#define JUST_NOW (NOW - 1000u)

static struct wi_station stations[NWORKERS];
static struct wi_strand strands[NSTRANDS];
static struct wi_hub hub;

static void
setup(void)
{
	uint32_t i;

	memset(&hub, 0, sizeof(hub));
	memset(stations, 0, sizeof(stations));
	memset(strands, 0, sizeof(strands));
	for (i = 0; i < NSTRANDS; i++)
		strands[i].shared = 1; /* no endpoint is looked for */
	hub.stations = stations;
	hub.nworkers = NWORKERS;
	hub.nlive = NWORKERS;
	hub.max_workers = NWORKERS;
	wi_spares_init(&hub.spares, 10, 10000);
	for (i = 0; i < NWORKERS; i++) {
		ck_assert_int_eq(wi_bed_init(&stations[i].bed), WEFT_OK);
		ck_assert_int_eq(
		    wi_runq_init(&stations[i].runq, NSTRANDS), WEFT_OK);
	}
}

static void
teardown(void)
{
	for (uint32_t i = 0; i < NWORKERS; i++) {
		wi_bed_fini(&stations[i].bed);
		wi_runq_fini(&stations[i].runq);
	}
}

static int
posts_of(uint32_t worker)
{
	int value;

	ck_assert_int_eq(sem_getvalue(&stations[worker].bed.sem, &value), 0);
	return value;
}

static void
expect_woken(int first, int second, int third)
{
	ck_assert_int_eq(posts_of(0), first);
	ck_assert_int_eq(posts_of(1), second);
	ck_assert_int_eq(posts_of(2), third);
}

static uint64_t
counted_wakes(void)
{
	return wi_counted(&hub.io_counters, WEFT_COUNTER_wakes_worker);
}

START_TEST(strand_goes_to_the_worker_that_ran_it_last)
{
	setup();
	strands[0].worker = 2;
	wi_schedule(&hub, &strands[0]);
	ck_assert(wi_runq_empty(&stations[0].runq));
	ck_assert(wi_runq_empty(&stations[1].runq));
	ck_assert_ptr_eq(wi_runq_take(&stations[2].runq), &strands[0]);
	ck_assert_uint_eq(hub.nscheduled, 1);
	teardown();
}
END_TEST

START_TEST(strand_of_a_sleeper_goes_to_the_first_that_is_awake)
{
	setup();
	wi_bed_lie_down(&stations[0].bed);
	wi_bed_lie_down(&stations[2].bed);
	strands[0].worker = 2;
	wi_schedule(&hub, &strands[0]);
	ck_assert_ptr_eq(wi_runq_take(&stations[1].runq), &strands[0]);
	teardown();
}
END_TEST

START_TEST(strand_goes_to_the_first_worker_when_all_sleep)
{
	uint32_t i;

	setup();
	for (i = 0; i < NWORKERS; i++)
		wi_bed_lie_down(&stations[i].bed);
	strands[0].worker = 2;
	wi_schedule(&hub, &strands[0]);
	/* Scheduling alone wakes nobody: a turn of the loop wakes once. */
	expect_woken(0, 0, 0);
	ck_assert(wi_schedule_wake(&hub, NOW));
	expect_woken(1, 0, 0);
	ck_assert_uint_eq(counted_wakes(), 1);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 0), &strands[0]);
	teardown();
}
END_TEST

/* "No strand is forgotten": whoever lies down after the choice is woken. */
START_TEST(worker_that_fell_asleep_over_a_full_queue_is_woken)
{
	setup();
	strands[0].worker = 1;
	wi_schedule(&hub, &strands[0]);
	strands[1].worker = 2;
	wi_schedule(&hub, &strands[1]);
	wi_bed_lie_down(&stations[1].bed);
	wi_bed_lie_down(&stations[2].bed);
	(void)wi_schedule_wake(&hub, NOW);
	expect_woken(0, 1, 1);
	ck_assert_uint_eq(counted_wakes(), 2);
	/* Woken once: the next turn finds them up. */
	(void)wi_schedule_wake(&hub, NOW);
	expect_woken(0, 1, 1);
	teardown();
}
END_TEST

START_TEST(strand_of_a_worker_that_is_up_wakes_nobody)
{
	setup();
	wi_bed_lie_down(&stations[1].bed);
	wi_bed_lie_down(&stations[2].bed);
	wi_schedule(&hub, &strands[0]);
	ck_assert(wi_schedule_wake(&hub, NOW));
	expect_woken(0, 0, 0);
	ck_assert_uint_eq(counted_wakes(), 0);
	teardown();
}
END_TEST

static void
all_lie_down(void)
{
	for (uint32_t i = 0; i < NWORKERS; i++)
		if (!wi_bed_used(&stations[i].bed))
			wi_bed_lie_down(&stations[i].bed);
}

START_TEST(worker_that_is_awake_has_to_be_looked_after)
{
	setup();
	ck_assert(wi_schedule_wake(&hub, NOW));
	wi_bed_lie_down(&stations[0].bed);
	wi_bed_lie_down(&stations[1].bed);
	ck_assert(wi_schedule_wake(&hub, NOW));
	all_lie_down();
	/* All sleep and nothing is queued: the node costs nothing. */
	ck_assert(!wi_schedule_wake(&hub, NOW));
	expect_woken(0, 0, 0);
	teardown();
}
END_TEST

START_TEST(worker_that_is_held_up_is_told_to_hurry)
{
	setup();
	stations[0].busy_since = JUST_NOW;
	stations[1].busy_since = LONG_AGO;
	(void)wi_schedule_wake(&hub, NOW);
	ck_assert_uint_eq(stations[0].hurry, 0);
	ck_assert_uint_eq(stations[1].hurry, 1);
	ck_assert_uint_eq(stations[2].hurry, 0);
	teardown();
}
END_TEST

/* Worker 0 is up and has n strands, each of which takes run_ns. */
static void
load_worker_0(uint32_t n, uint64_t run_ns)
{
	for (uint32_t i = 0; i < n; i++)
		wi_schedule(&hub, &strands[i]);
	stations[0].run_ns = run_ns;
	stations[0].busy_since = JUST_NOW;
	wi_bed_lie_down(&stations[1].bed);
	wi_bed_lie_down(&stations[2].bed);
}

START_TEST(short_queue_of_light_work_wakes_no_second_worker)
{
	setup();
	load_worker_0(10, 20000); /* 200 us */
	(void)wi_schedule_wake(&hub, NOW);
	expect_woken(0, 0, 0);
	wi_schedule_help(&hub, &stations[0].counters, NOW);
	expect_woken(0, 0, 0);
	teardown();
}
END_TEST

START_TEST(long_queue_wakes_one_more_worker_at_a_time)
{
	struct wi_counters *counters = &stations[0].counters;

	setup();
	load_worker_0(10, 100000); /* 1 ms */
	(void)wi_schedule_wake(&hub, NOW);
	expect_woken(0, 1, 0);
	ck_assert_uint_eq(counted_wakes(), 1);
	/* 500 us for each of the two: still too much. */
	wi_schedule_help(&hub, counters, NOW);
	expect_woken(0, 1, 1);
	ck_assert_uint_eq(wi_counted(counters, WEFT_COUNTER_wakes_worker), 1);
	ck_assert_uint_eq(counted_wakes(), 1);
	/* And nobody is left to wake. */
	wi_schedule_help(&hub, counters, NOW);
	expect_woken(0, 1, 1);
	ck_assert_uint_eq(wi_counted(counters, WEFT_COUNTER_wakes_worker), 1);
	teardown();
}
END_TEST

START_TEST(queue_behind_a_blocked_worker_wakes_another)
{
	setup();
	load_worker_0(1, 1000);
	stations[0].busy_since = LONG_AGO;
	ck_assert(wi_schedule_wake(&hub, NOW));
	expect_woken(0, 1, 0);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 1), &strands[0]);
	teardown();
}
END_TEST

START_TEST(blocked_worker_without_a_queue_wakes_nobody)
{
	setup();
	load_worker_0(1, 1000);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 0), &strands[0]);
	stations[0].busy_since = LONG_AGO;
	ck_assert(wi_schedule_wake(&hub, NOW)); /* but it is out */
	expect_woken(0, 0, 0);
	teardown();
}
END_TEST

/* Counts of several threads are not of one instant. */
START_TEST(more_taken_than_queued_means_none)
{
	setup();
	wi_bed_lie_down(&stations[1].bed);
	stations[0].ntaken = 5;
	stations[0].run_ns = 1000000;
	(void)wi_schedule_wake(&hub, NOW);
	wi_schedule_help(&hub, &stations[0].counters, NOW);
	expect_woken(0, 0, 0);
	all_lie_down();
	ck_assert(!wi_schedule_wake(&hub, NOW));
	expect_woken(0, 0, 0);
	teardown();
}
END_TEST

START_TEST(own_strands_come_before_those_of_others)
{
	setup();
	strands[0].worker = 1;
	strands[1].worker = 0;
	wi_schedule(&hub, &strands[0]);
	wi_schedule(&hub, &strands[1]);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 0), &strands[1]);
	ck_assert_uint_eq(
	    wi_counted(&stations[0].counters, WEFT_COUNTER_strand_steals), 0);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 0), &strands[0]);
	ck_assert_uint_eq(
	    wi_counted(&stations[0].counters, WEFT_COUNTER_strand_steals), 1);
	ck_assert_uint_eq(stations[0].ntaken, 2);
	ck_assert_ptr_null(wi_schedule_find(&hub, 0));
	ck_assert_uint_eq(stations[0].ntaken, 2);
	teardown();
}
END_TEST

START_TEST(each_worker_finds_what_any_other_has)
{
	uint32_t from, to;

	setup();
	for (from = 0; from < NWORKERS; from++)
		for (to = 0; to < NWORKERS; to++) {
			strands[0].worker = (uint16_t)from;
			wi_schedule(&hub, &strands[0]);
			ck_assert(wi_schedule_any(&hub));
			ck_assert_ptr_eq(
			    wi_schedule_find(&hub, to), &strands[0]);
			ck_assert(!wi_schedule_any(&hub));
			wi_schedule_requeue(&hub, from, &strands[0]);
			ck_assert(wi_schedule_any(&hub));
			ck_assert_ptr_eq(
			    wi_schedule_find(&hub, to), &strands[0]);
			ck_assert(!wi_schedule_any(&hub));
		}
	teardown();
}
END_TEST

START_TEST(requeued_strand_goes_to_the_back_and_is_counted)
{
	setup();
	wi_schedule(&hub, &strands[0]);
	wi_schedule(&hub, &strands[1]);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 0), &strands[0]);
	wi_schedule_requeue(&hub, 0, &strands[0]);
	ck_assert_uint_eq(stations[0].nqueued, 1);
	ck_assert_uint_eq(hub.nscheduled, 2);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 0), &strands[1]);
	ck_assert_ptr_eq(wi_schedule_find(&hub, 0), &strands[0]);
	teardown();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		strand_goes_to_the_worker_that_ran_it_last,
		strand_of_a_sleeper_goes_to_the_first_that_is_awake,
		strand_goes_to_the_first_worker_when_all_sleep,
		worker_that_fell_asleep_over_a_full_queue_is_woken,
		strand_of_a_worker_that_is_up_wakes_nobody,
		worker_that_is_awake_has_to_be_looked_after,
		worker_that_is_held_up_is_told_to_hurry,
		short_queue_of_light_work_wakes_no_second_worker,
		long_queue_wakes_one_more_worker_at_a_time,
		queue_behind_a_blocked_worker_wakes_another,
		blocked_worker_without_a_queue_wakes_nobody,
		more_taken_than_queued_means_none,
		own_strands_come_before_those_of_others,
		each_worker_finds_what_any_other_has,
		requeued_strand_goes_to_the_back_and_is_counted,
	};

	return check_main("schedule", tests, CHECK_COUNT(tests));
}
