/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_thread_state.c - base/thread_state: who waits, who computes.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "base/thread_state.h"
#include "check_main.h"

static sem_t go;
static pid_t tid; /* atomic */
static int stop;  /* atomic */

static void *
other(void *arg)
{
	(void)arg;
	/* What a name may have, and what stands behind it in the file. */
	ck_assert_int_eq(pthread_setname_np(pthread_self(), ") S (R"), 0);
	__atomic_store_n(&tid, wi_thread_id(), __ATOMIC_RELEASE);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		continue;
	ck_assert_int_eq(sem_wait(&go), 0);
	return NULL;
}

static pid_t
begin(pthread_t *thread)
{
	pid_t found;

	tid = 0;
	stop = 0;
	ck_assert_int_eq(sem_init(&go, 0, 0), 0);
	ck_assert_int_eq(pthread_create(thread, NULL, other, NULL), 0);
	while ((found = __atomic_load_n(&tid, __ATOMIC_ACQUIRE)) == 0)
		(void)sched_yield();
	return found;
}

START_TEST(one_that_computes_runs_and_one_that_sleeps_waits)
{
	pthread_t thread;
	pid_t who = begin(&thread);

	ck_assert_int_eq(wi_thread_state(who), WI_THREAD_RUNS);
	ck_assert_int_eq(wi_thread_state(wi_thread_id()), WI_THREAD_RUNS);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	/* The test's time limit is the deadline. */
	while (wi_thread_state(who) != WI_THREAD_WAITS)
		(void)sched_yield();
	ck_assert_int_eq(sem_post(&go), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	while (wi_thread_state(who) != WI_THREAD_UNKNOWN)
		(void)sched_yield();
}
END_TEST

START_TEST(nobody_is_unknown)
{
	ck_assert_int_eq(wi_thread_state(-1), WI_THREAD_UNKNOWN);
	ck_assert_int_eq(wi_thread_state(0x7fffffff), WI_THREAD_UNKNOWN);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		one_that_computes_runs_and_one_that_sleeps_waits,
		nobody_is_unknown
	};

	return check_main("thread_state", tests, CHECK_COUNT(tests));
}
