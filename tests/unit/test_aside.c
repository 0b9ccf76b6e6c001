/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_aside.c - io/aside: who runs a job, who hears of it, what is
 * late, what is left at the end.
 */
#include "io/aside.h"

#include <sched.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdlib.h>

#include <weft/error.h>

#include "check_main.h"
#include "io/slice.h"

struct job {
	struct wi_aside_job job; /* first */
	sem_t *waits;            /* for this, or NULL */
	sem_t *begun;            /* tells this, or NULL */
	int policy;              /* of who has run it; -1: nobody */
	unsigned order;          /* in which it was done, from 1 */
};

static uv_loop_t loop;
static struct wi_aside aside;
static struct wi_slice slice;
static unsigned ndone;

static void
on_run(struct wi_aside_job *arg)
{
	struct job *job = (struct job *)arg;

	job->policy = sched_getscheduler(0);
	if (job->begun != NULL)
		ck_assert_int_eq(sem_post(job->begun), 0);
	if (job->waits != NULL)
		ck_assert_int_eq(sem_wait(job->waits), 0);
}

static void
on_done(struct wi_aside_job *arg)
{
	struct job *job = (struct job *)arg;

	wi_assert_io();
	job->order = ++ndone;
}

static void
begin(void)
{
	wi_become_io();
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(wi_aside_start(&aside, &loop, &slice), WEFT_OK);
}

static void
give(struct job *job, sem_t *waits, sem_t *begun)
{
	wi_assert_io();
	*job = (struct job){ .job = { .run = on_run, .done = on_done },
		.waits = waits,
		.begun = begun,
		.policy = -1 };
	wi_aside_give(&aside, &job->job);
}

/* Check's own time limit is the deadline. */
static void
until(unsigned n)
{
	while (ndone < n)
		(void)uv_run(&loop, UV_RUN_ONCE);
}

static void
end(void)
{
	wi_assert_io();
	wi_aside_stop(&aside);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(jobs_are_run_by_who_is_not_urgent)
{
	struct job jobs[100];
	unsigned i;

	begin();
	ck_assert_uint_ge(aside.nthreads, 2);
	for (i = 0; i < 100; i++)
		give(&jobs[i], NULL, NULL);
	until(100);
	/* A machine that is busy with others may have made some late. */
	for (i = 0; i < 100; i++)
		ck_assert(jobs[i].policy == SCHED_IDLE ||
		    jobs[i].policy == SCHED_OTHER);
	end();
}
END_TEST

/* All the usual threads are held up. */
START_TEST(who_has_waited_is_run_by_another)
{
	struct job held[WI_ASIDE_THREADS], late;
	unsigned i, n;
	sem_t go, begun;

	ck_assert_int_eq(sem_init(&go, 0, 0), 0);
	ck_assert_int_eq(sem_init(&begun, 0, 0), 0);
	begin();
	n = aside.nthreads - 1;
	for (i = 0; i < n; i++)
		give(&held[i], &go, &begun);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(sem_wait(&begun), 0);
	give(&late, NULL, NULL);
	until(1);
	ck_assert_uint_eq(late.order, 1);
	ck_assert_int_eq(late.policy, SCHED_OTHER);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(sem_post(&go), 0);
	until(n + 1);
	end();
}
END_TEST

START_TEST(at_the_end_all_are_done)
{
	struct job jobs[64];
	unsigned i;

	begin();
	for (i = 0; i < 64; i++)
		give(&jobs[i], NULL, NULL);
	end();
	ck_assert_uint_eq(ndone, 64);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { jobs_are_run_by_who_is_not_urgent,
		who_has_waited_is_run_by_another, at_the_end_all_are_done };

	return check_main("aside", tests, CHECK_COUNT(tests));
}
