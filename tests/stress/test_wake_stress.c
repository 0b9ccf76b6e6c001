/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_wake_stress.c - handoff/wake: no wake-up is lost.
 *
 * The push is the weakest that the doors have to put up with: a plain store
 * (release) to a message of its own, as ck_ring's is.  What pushes by
 * compare-and-swap gets a fence for nothing on x86, and would hide it if ours
 * were missing.  The sleeper does what work/worker.c and io/loop.c do.
 *
 * Each round is one chance: a waker sends and waits for the answer, after
 * delays that move the push over the instants in which the sleeper lies down.
 * What is lost stays lost, nobody else comes by, so the watchdog sees it.
 */
#include <uv.h>

#include <weft/error.h>

#include "handoff/wake.h"
#include "stress.h"

#define MAX_WAKERS 4u
#define NLINES 4096u /* messages per waker that are used in turn */

/* One message: a line of its own, so that it can be cold. */
struct line {
	_Alignas(STRESS_LINE) uint64_t sent; /* atomic: number of the round */
};

/* One waker's way to the sleeper, and back. */
struct way {
	struct line lines[NLINES];
	_Alignas(STRESS_LINE) uint64_t answered; /* atomic: rounds */
	_Alignas(STRESS_LINE) uint64_t seen;     /* sleeper: rounds */
	uint64_t nwoke; /* waker: wake-ups that said true */
	uint32_t number;
};

static struct way ways[MAX_WAKERS];
static struct wi_bed bed;
static struct wi_io_door door;
static uv_loop_t loop;
static uv_prepare_t prepare;
static uv_check_t check;

static uint32_t nwakers;
static uint64_t nrounds; /* per waker */
static bool is_cold;     /* messages are out of the caches when sent */
static bool is_flood;    /* wakers do not wait for answers */
static uint64_t nslept;  /* sleeps that a wake-up ended */
static bool (*wake)(void);

static uint64_t
progress(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < nwakers; i++)
		sum += __atomic_load_n(&ways[i].answered, __ATOMIC_RELAXED);
	return sum;
}

static void
missing(FILE *out)
{
	for (uint32_t i = 0; i < nwakers; i++)
		fprintf(out, "waker %u: expected %llu answers, found %llu; ",
		    i, (unsigned long long)nrounds,
		    (unsigned long long)__atomic_load_n(
			&ways[i].answered, __ATOMIC_RELAXED));
	fprintf(out, "the sleeper is %s\n",
	    wi_bed_used(&bed) ||
		    __atomic_load_n(&door.asleep, __ATOMIC_RELAXED) != 0 ?
		"in bed" :
		"up");
}

static bool
wake_bed(void)
{
	return wi_wake_worker(&bed);
}

static bool
wake_door(void)
{
	return wi_wake_io(&door);
}

static void
waker_main(void *arg)
{
	struct way *way = arg;
	uint32_t random = way->number + 1;
	uint64_t round;

	for (round = 1; round <= nrounds; round++) {
		struct line *line = &way->lines[round % NLINES];

		/* A flood must not overwrite what was not seen yet. */
		if (!is_flood)
			stress_wait(&way->answered, round - 1);
		else if (round > NLINES)
			stress_wait(&way->answered, round - NLINES);
		stress_spin(stress_random(&random) % 512);
		if (is_cold)
			stress_chill(line);
		__atomic_store_n(&line->sent, round, __ATOMIC_RELEASE);
		way->nwoke += wake();
	}
	stress_wait(&way->answered, nrounds);
}

/* Answer what has come; false: nothing has. */
static bool
sleeper_answer(void)
{
	bool any = false;

	for (uint32_t i = 0; i < nwakers; i++) {
		struct way *way = &ways[i];
		const struct line *line;

		for (;;) {
			line = &way->lines[(way->seen + 1) % NLINES];
			if (__atomic_load_n(&line->sent, __ATOMIC_ACQUIRE) !=
			    way->seen + 1)
				break;
			way->seen++;
			any = true;
			__atomic_store_n(
			    &way->answered, way->seen, __ATOMIC_RELEASE);
		}
	}
	return any;
}

static bool
sleeper_has_some(void)
{
	for (uint32_t i = 0; i < nwakers; i++) {
		struct way *way = &ways[i];

		if (__atomic_load_n(&way->lines[(way->seen + 1) % NLINES].sent,
			__ATOMIC_RELAXED) == way->seen + 1)
			return true;
	}
	return false;
}

static bool
sleeper_is_done(void)
{
	for (uint32_t i = 0; i < nwakers; i++)
		if (ways[i].seen < nrounds)
			return false;
	return true;
}

/* As work/worker.c's worker_next(). */
static void
worker_main(void *arg)
{
	uint32_t random = 12345;

	(void)arg;
	while (!sleeper_is_done()) {
		if (sleeper_answer())
			continue;
		stress_spin(stress_random(&random) % 128);
		if (is_cold)
			stress_chill(&bed);
		wi_bed_lie_down(&bed);
		if (sleeper_has_some()) {
			wi_bed_get_up(&bed);
		} else {
			wi_bed_sleep(&bed);
			nslept++;
		}
	}
}

/* As io/loop.c's loop_on_prepare(). */
static void
io_on_prepare(uv_prepare_t *handle)
{
	for (;;) {
		while (sleeper_answer())
			continue;
		if (sleeper_is_done()) {
			uv_stop(handle->loop);
			return;
		}
		if (is_cold)
			stress_chill(&door.asleep);
		wi_io_lie_down(&door);
		if (!sleeper_has_some())
			return;
		wi_io_get_up(&door);
	}
}

static void
io_on_check(uv_check_t *handle)
{
	(void)handle;
	wi_io_get_up(&door);
	nslept++;
}

static void
io_main(void *arg)
{
	(void)arg;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
}

static void
team_start(struct stress_team *team, uint32_t wakers, uint64_t rounds)
{
	memset(ways, 0, sizeof(ways));
	nslept = 0;
	nwakers = wakers;
	nrounds = stress_many(rounds) / wakers;
	for (uint32_t i = 0; i < wakers; i++) {
		ways[i].number = i;
		stress_team_add(team, waker_main, &ways[i]);
	}
}

static uint64_t
all_woke(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < nwakers; i++)
		sum += ways[i].nwoke;
	return sum;
}

static void
run_bed(uint32_t wakers, uint64_t rounds)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	int posts;

	wake = wake_bed;
	ck_assert_int_eq(wi_bed_init(&bed), WEFT_OK);
	team_start(&team, wakers, rounds);
	stress_team_add(&team, worker_main, NULL);
	stress_watch_start(&watch);
	stress_team_run(&team);
	stress_watch_end(&watch);
	ck_assert_uint_eq(progress(), nrounds * wakers);

	/* Each "true" was one post, and each post ended one sleep or was
	 * taken while getting up. */
	ck_assert_int_eq(sem_getvalue(&bed.sem, &posts), 0);
	ck_assert_int_eq(posts, 0);
	ck_assert(!wi_bed_used(&bed));
	ck_assert_uint_ge(all_woke(), nslept);
	/* Without a sleep nothing was tested; a flood may leave no time. */
	ck_assert(is_flood || nslept > 0);
	wi_bed_fini(&bed);
}

static void
run_door(uint32_t wakers, uint64_t rounds)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };

	wake = wake_door;
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(wi_io_door_init(&door, &loop), 0);
	ck_assert_int_eq(uv_prepare_init(&loop, &prepare), 0);
	ck_assert_int_eq(uv_prepare_start(&prepare, io_on_prepare), 0);
	ck_assert_int_eq(uv_check_init(&loop, &check), 0);
	ck_assert_int_eq(uv_check_start(&check, io_on_check), 0);
	team_start(&team, wakers, rounds);
	stress_team_add(&team, io_main, NULL);
	stress_watch_start(&watch);
	stress_team_run(&team);
	stress_watch_end(&watch);
	ck_assert_uint_eq(progress(), nrounds * wakers);
	ck_assert(is_flood || all_woke() > 0);

	uv_close((uv_handle_t *)&prepare, NULL);
	uv_close((uv_handle_t *)&check, NULL);
	uv_close((uv_handle_t *)&door.async, NULL);
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(worker_and_one_waker_play_ping_pong)
{
	run_bed(1, 80000);
}
END_TEST

START_TEST(worker_and_one_waker_play_ping_pong_with_cold_memory)
{
	is_cold = true;
	run_bed(1, 80000);
}
END_TEST

START_TEST(worker_is_woken_by_many)
{
	is_cold = true;
	run_bed(3, 80000);
}
END_TEST

START_TEST(worker_in_a_flood_sees_the_last_message)
{
	is_flood = true;
	run_bed(2, 1500000);
	ck_assert_uint_lt(all_woke(), nrounds * nwakers);
}
END_TEST

START_TEST(worker_in_a_flood_of_cold_messages_sees_the_last)
{
	is_cold = is_flood = true;
	run_bed(2, 400000);
}
END_TEST

START_TEST(io_and_one_waker_play_ping_pong)
{
	run_door(1, 60000);
}
END_TEST

START_TEST(io_and_one_waker_play_ping_pong_with_cold_memory)
{
	is_cold = true;
	run_door(1, 60000);
}
END_TEST

START_TEST(io_is_woken_by_many)
{
	is_cold = true;
	run_door(3, 60000);
}
END_TEST

START_TEST(io_in_a_flood_sees_the_last_message)
{
	is_flood = true;
	run_door(2, 1500000);
	ck_assert_uint_lt(all_woke(), nrounds * nwakers);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		worker_and_one_waker_play_ping_pong,
		worker_and_one_waker_play_ping_pong_with_cold_memory,
		worker_is_woken_by_many,
		worker_in_a_flood_sees_the_last_message,
		worker_in_a_flood_of_cold_messages_sees_the_last,
		io_and_one_waker_play_ping_pong,
		io_and_one_waker_play_ping_pong_with_cold_memory,
		io_is_woken_by_many,
		io_in_a_flood_sees_the_last_message,
	};

	return stress_main("wake stress", tests, CHECK_COUNT(tests));
}
