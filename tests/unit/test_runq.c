/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_runq.c - handoff/runq: the runnable strands of one worker.
 * With many threads: tests/stress.
 */
#include <weft/error.h>

#include "../stress/aborts.h"
#include "check_main.h"
#include "handoff/runq.h"

#define NSTRANDS 1000

static struct wi_strand strands[NSTRANDS];
static struct wi_runq runq, thief;

static void
setup(uint32_t nstrands)
{
	ck_assert_int_eq(wi_runq_init(&runq, nstrands), WEFT_OK);
	ck_assert_int_eq(wi_runq_init(&thief, nstrands), WEFT_OK);
}

static void
teardown(void)
{
	ck_assert(wi_runq_empty(&runq));
	ck_assert(wi_runq_empty(&thief));
	ck_assert_ptr_null(wi_runq_take(&runq));
	wi_runq_fini(&runq);
	wi_runq_fini(&thief);
}

static void
expect_taken(struct wi_runq *from, int first, int last)
{
	for (int i = first; i <= last; i++)
		ck_assert_ptr_eq(wi_runq_take(from), &strands[i]);
}

START_TEST(strands_leave_in_the_order_they_came)
{
	int i;

	setup(NSTRANDS);
	for (i = 0; i < 10; i++)
		wi_runq_push(&runq, &strands[i]);
	expect_taken(&runq, 0, 9);
	for (i = 0; i < 10; i++)
		wi_runq_push_own(&runq, &strands[i]);
	expect_taken(&runq, 0, 9);
	teardown();
}
END_TEST

START_TEST(inbox_goes_behind_what_is_in_the_ring)
{
	setup(NSTRANDS);
	wi_runq_push(&runq, &strands[2]);
	wi_runq_push(&runq, &strands[3]);
	wi_runq_push_own(&runq, &strands[0]);
	wi_runq_push_own(&runq, &strands[1]);
	expect_taken(&runq, 0, 3);
	teardown();
}
END_TEST

/* See fairness_note: a busy strand may not overtake those that wait. */
START_TEST(strand_that_goes_to_the_back_waits_for_those_that_came)
{
	setup(NSTRANDS);
	wi_runq_push(&runq, &strands[0]);
	wi_runq_push(&runq, &strands[1]);
	expect_taken(&runq, 0, 0);
	wi_runq_push_own(&runq, &strands[0]);
	wi_runq_push(&runq, &strands[2]);
	expect_taken(&runq, 1, 1);
	expect_taken(&runq, 0, 0);
	wi_runq_push_own(&runq, &strands[0]);
	expect_taken(&runq, 2, 2);
	expect_taken(&runq, 0, 0);
	teardown();
}
END_TEST

START_TEST(empty_says_whether_ring_or_inbox_holds_one)
{
	setup(NSTRANDS);
	ck_assert(wi_runq_empty(&runq));
	wi_runq_push(&runq, &strands[0]);
	ck_assert(!wi_runq_empty(&runq));
	expect_taken(&runq, 0, 0);
	ck_assert(wi_runq_empty(&runq));
	wi_runq_push_own(&runq, &strands[0]);
	ck_assert(!wi_runq_empty(&runq));
	expect_taken(&runq, 0, 0);
	teardown();
}
END_TEST

/* A ck_ring holds one less than its size, which must be a power of two and is
 * not checked: around both borders. */
START_TEST(queue_for_n_strands_holds_n_strands)
{
	static const int sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 63, 64,
		511, 512, NSTRANDS };
	int round, i, n;
	size_t s;

	for (s = 0; s < CHECK_COUNT(sizes); s++) {
		n = sizes[s];
		setup((uint32_t)n);
		for (round = 0; round < 5; round++) {
			for (i = 0; i < n; i++)
				wi_runq_push_own(&runq, &strands[i]);
			expect_taken(&runq, 0, n - 1);
			/* Half and half, then all by way of the inbox. */
			for (i = 0; i < n; i++)
				if (i < n / 2)
					wi_runq_push_own(&runq, &strands[i]);
				else
					wi_runq_push(&runq, &strands[i]);
			expect_taken(&runq, 0, n - 1);
			for (i = 0; i < n; i++)
				wi_runq_push(&runq, &strands[i]);
			expect_taken(&runq, 0, n - 1);
		}
		teardown();
	}
}
END_TEST

static void
push_too_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < NSTRANDS; i++)
		wi_runq_push_own(&runq, &strands[i]);
}

START_TEST(more_strands_than_can_exist_are_caught)
{
	setup(100);
	ck_assert(aborts_saying(push_too_many, NULL, "runq.c"));
	teardown();
}
END_TEST

START_TEST(thief_gets_the_oldest_of_the_ring)
{
	setup(NSTRANDS);
	wi_runq_push_own(&runq, &strands[0]);
	wi_runq_push_own(&runq, &strands[1]);
	wi_runq_push(&runq, &strands[2]);
	ck_assert_ptr_eq(wi_runq_steal(&thief, &runq), &strands[0]);
	ck_assert(wi_runq_empty(&thief));
	expect_taken(&runq, 1, 2);
	teardown();
}
END_TEST

START_TEST(thief_that_finds_the_ring_empty_takes_the_inbox)
{
	setup(NSTRANDS);
	for (int i = 0; i < 5; i++)
		wi_runq_push(&runq, &strands[i]);
	ck_assert_ptr_eq(wi_runq_steal(&thief, &runq), &strands[0]);
	/* The rest is the thief's now, in order, and may be stolen back. */
	ck_assert(wi_runq_empty(&runq));
	ck_assert_ptr_eq(wi_runq_steal(&runq, &thief), &strands[1]);
	expect_taken(&thief, 2, 4);
	teardown();
}
END_TEST

START_TEST(nothing_is_stolen_from_an_empty_queue)
{
	setup(NSTRANDS);
	ck_assert_ptr_null(wi_runq_steal(&thief, &runq));
	ck_assert_ptr_null(wi_runq_take(&runq));
	teardown();
}
END_TEST

START_TEST(ring_goes_round_many_times)
{
	int i, next = 0;

	setup(3); /* a ring of four */
	wi_runq_push_own(&runq, &strands[0]);
	wi_runq_push_own(&runq, &strands[1]);
	wi_runq_push_own(&runq, &strands[2]);
	for (i = 0; i < 100000; i++) {
		struct wi_strand *strand = i % 3 == 0 ?
		    wi_runq_steal(&thief, &runq) :
		    wi_runq_take(&runq);

		ck_assert_ptr_eq(strand, &strands[next]);
		if (i % 2 == 0)
			wi_runq_push_own(&runq, strand);
		else
			wi_runq_push(&runq, strand);
		/* Steals look into the ring only while it holds one. */
		next = (next + 1) % 3;
		if (i % 3 == 1)
			continue;
		strand = wi_runq_take(&runq);
		ck_assert_ptr_eq(strand, &strands[next]);
		wi_runq_push_own(&runq, strand);
		next = (next + 1) % 3;
	}
	for (i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(wi_runq_take(&runq));
	teardown();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		strands_leave_in_the_order_they_came,
		inbox_goes_behind_what_is_in_the_ring,
		strand_that_goes_to_the_back_waits_for_those_that_came,
		empty_says_whether_ring_or_inbox_holds_one,
		queue_for_n_strands_holds_n_strands,
		more_strands_than_can_exist_are_caught,
		thief_gets_the_oldest_of_the_ring,
		thief_that_finds_the_ring_empty_takes_the_inbox,
		nothing_is_stolen_from_an_empty_queue,
		ring_goes_round_many_times,
	};

	return check_main("runq", tests, CHECK_COUNT(tests));
}
