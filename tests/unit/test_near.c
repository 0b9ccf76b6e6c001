/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_near.c - handoff/near: where a thread may run is asked of
 * the system, after each call.
 */
#include "handoff/near.h"

#include <semaphore.h>
#include <string.h>

#include "check_main.h"

static sem_t end_of_thread;

static void *
wait_for_end(void *arg)
{
	(void)arg;
	while (sem_wait(&end_of_thread) != 0)
		continue;
	return NULL;
}

static pthread_t
start_thread(void)
{
	pthread_t thread;

	ck_assert_int_eq(sem_init(&end_of_thread, 0, 0), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_end, NULL), 0);
	return thread;
}

static void
end_thread(pthread_t thread)
{
	ck_assert_int_eq(sem_post(&end_of_thread), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

/* This thread, and so its core, on the n-th core that it may use. */
static int
go_to_core(int n)
{
	cpu_set_t all, one;
	int cpu;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && n-- == 0)
			break;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_int_eq(sched_getcpu(), cpu);
	return cpu;
}

static void
expect_held(pthread_t thread, int cpu)
{
	cpu_set_t set;

	ck_assert_int_eq(pthread_getaffinity_np(thread, sizeof(set), &set), 0);
	ck_assert_int_eq(CPU_COUNT(&set), 1);
	ck_assert(CPU_ISSET(cpu, &set));
}

static void
expect_free(const struct wi_near *near, pthread_t thread)
{
	cpu_set_t set;

	ck_assert_int_eq(pthread_getaffinity_np(thread, sizeof(set), &set), 0);
	ck_assert(CPU_EQUAL(&set, &near->all));
}

START_TEST(a_worker_is_held_follows_and_is_let_go)
{
	struct wi_near near;
	pthread_t worker;
	cpu_set_t all;
	int cpu;

	wi_near_init(&near);
	if (!near.possible)
		return; /* one core: the next test is about that */
	worker = start_thread();
	all = near.all;
	cpu = go_to_core(0);
	wi_near_hold(&near, worker, 1);
	expect_held(worker, cpu);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
	cpu = go_to_core(1);
	wi_near_hold(&near, worker, 2);
	expect_held(worker, cpu);
	wi_near_let_go(&near, worker, 3);
	expect_free(&near, worker);
	/* Not again at once, but later. */
	wi_near_hold(&near, worker, near.far_until - 1);
	expect_free(&near, worker);
	wi_near_hold(&near, worker, near.far_until);
	expect_held(worker, cpu);
	end_thread(worker);
}
END_TEST

START_TEST(on_one_core_nothing_is_touched)
{
	struct wi_near near;
	cpu_set_t before, after;
	pthread_t worker;

	(void)go_to_core(0);
	wi_near_init(&near);
	ck_assert(!near.possible);
	worker = start_thread();
	ck_assert_int_eq(
	    pthread_getaffinity_np(worker, sizeof(before), &before), 0);
	wi_near_hold(&near, worker, 1);
	wi_near_let_go(&near, worker, 2);
	ck_assert_int_eq(
	    pthread_getaffinity_np(worker, sizeof(after), &after), 0);
	ck_assert(CPU_EQUAL(&before, &after));
	end_thread(worker);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_worker_is_held_follows_and_is_let_go,
		on_one_core_nothing_is_touched };

	return check_main("near", tests, sizeof(tests) / sizeof(tests[0]));
}
