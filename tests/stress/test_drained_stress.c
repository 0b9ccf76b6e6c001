/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_drained_stress.c - handoff/drained (drained_note): whoever
 * was told that there is no room is told when there is.
 *
 * The parts that senders, the I/O thread and the worker play are played here
 * as they are there.  There is room for one message, so senders wait most of
 * the time, and nothing else leaves that could make up for a lost wish: it
 * leaves one waiting for ever, and the watchdog says which.
 */
#include "handoff/drained.h"
#include "stress.h"

#define MAX_SENDERS 3u

struct sender {
	_Alignas(STRESS_LINE) uint64_t nsent; /* atomic, one writer */
	uint64_t nfull;
};

static struct sender senders[MAX_SENDERS];
static _Alignas(STRESS_LINE) uint64_t load; /* atomic: sent, not written */
static _Alignas(STRESS_LINE) uint8_t state;
static _Alignas(STRESS_LINE) uint8_t event;  /* atomic: it is in the mailbox */
static _Alignas(STRESS_LINE) uint64_t ntold; /* atomic, one writer */
static _Alignas(STRESS_LINE) bool over;      /* atomic */
static uint64_t most;
static unsigned nsenders;
static uint64_t ndoubled;

static uint64_t
progress(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < nsenders; i++)
		sum += __atomic_load_n(&senders[i].nsent, __ATOMIC_RELAXED);
	return sum;
}

static void
missing(FILE *out)
{
	for (unsigned i = 0; i < nsenders; i++)
		fprintf(out, "sender %u: expected %llu, found %llu\n", i,
		    (unsigned long long)most,
		    (unsigned long long)__atomic_load_n(
			&senders[i].nsent, __ATOMIC_RELAXED));
}

static bool
has_room(void)
{
	return __atomic_load_n(&load, __ATOMIC_SEQ_CST) == 0;
}

/* As wi_send_may(). */
static void
sender_main(void *arg)
{
	struct sender *sender = arg;
	uint32_t random = (uint32_t)(sender - senders) + 1;
	uint64_t told;

	while (sender->nsent < most) {
		stress_spin(stress_random(&random) % 64);
		told = __atomic_load_n(&ntold, __ATOMIC_ACQUIRE);
		if (!has_room()) {
			wi_drained_want(&state);
			if (!has_room()) {
				sender->nfull++;
				stress_wait(&ntold, told + 1);
				continue;
			}
		}
		__atomic_fetch_add(&load, 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(
		    &sender->nsent, sender->nsent + 1, __ATOMIC_RELAXED);
	}
}

/* As wi_flush_took(). */
static void
io_main(void *arg)
{
	uint32_t random = 99;

	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		if (__atomic_load_n(&load, __ATOMIC_RELAXED) == 0) {
			__atomic_store_n(&over, progress() == most * nsenders,
			    __ATOMIC_RELAXED);
			sched_yield();
			continue;
		}
		stress_spin(stress_random(&random) % 64);
		if (__atomic_sub_fetch(&load, 1, __ATOMIC_SEQ_CST) > 0 ||
		    !wi_drained_wanted(&state) || !wi_drained_take(&state))
			continue;
		if (__atomic_exchange_n(&event, 1, __ATOMIC_ACQ_REL) != 0)
			ndoubled++;
	}
}

/* As the worker that runs DRAINED. */
static void
worker_main(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		if (__atomic_load_n(&event, __ATOMIC_ACQUIRE) == 0) {
			sched_yield();
			continue;
		}
		__atomic_store_n(&event, 0, __ATOMIC_RELAXED);
		wi_drained_forget(&state);
		__atomic_store_n(&ntold, ntold + 1, __ATOMIC_RELEASE);
	}
}

static void
run(unsigned count)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	uint64_t nfull = 0;
	unsigned i;

	nsenders = count;
	most = stress_many(150000) / count;
	for (i = 0; i < count; i++)
		stress_team_add(&team, sender_main, &senders[i]);
	stress_team_add(&team, io_main, NULL);
	stress_team_add(&team, worker_main, NULL);
	stress_watch_start(&watch);
	stress_team_run(&team);
	stress_watch_end(&watch);
	ck_assert_uint_eq(ndoubled, 0);
	for (i = 0; i < count; i++)
		nfull += senders[i].nfull;
	/* Without a wait nothing was tested. */
	ck_assert_uint_gt(nfull, 100);
	ck_assert_uint_gt(ntold, 100);
}

START_TEST(one_that_waits_is_told)
{
	run(1);
}
END_TEST

START_TEST(each_of_several_that_wait_is_told)
{
	run(MAX_SENDERS);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		one_that_waits_is_told,
		each_of_several_that_wait_is_told,
	};

	return stress_main("drained stress", tests, CHECK_COUNT(tests));
}
