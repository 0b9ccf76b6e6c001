/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/stress.h - what the stress tests share: how much, threads that
 * start together, and a watchdog that says what is missing.
 *
 * A lost wake-up or a lost strand shows as a test in which nothing moves any
 * more.  The watchdog asks for the progress once a second; when that has not
 * changed for STRESS_STALL seconds, it prints what the test says of itself and
 * ends the program.  Nothing here or in the tests sleeps to let time pass.
 *
 *   WEFT_STRESS=N    N times as many events (default 1).
 *   STRESS_STALL=S   the patience of the watchdog [s] (default 20).
 */
#ifndef TESTS_STRESS_H
#define TESTS_STRESS_H

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../unit/check_main.h"

#if defined(__SANITIZE_THREAD__)
#define STRESS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STRESS_TSAN 1
#endif
#endif

#ifdef STRESS_TSAN
/* TSan asks the program for its defaults.  A suppression needs the stacks of
 * both sides, and of an access that is long ago only a long history has it:
 * with the default, one run of the run queue's test in eight reported what
 * tests/tsan.supp names. */
const char *__tsan_default_options(void);
const char *
__tsan_default_options(void)
{
	return "history_size=7";
}
#endif

#define STRESS_MAX_THREADS 16u
#define STRESS_LINE 64u /* [bytes] a cache line */

/* stress_setting() - a number from the environment. */
static inline uint64_t
stress_setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	char *end;
	uint64_t n;

	if (text == NULL || *text == '\0')
		return fallback;
	n = strtoull(text, &end, 10);
	if (*end != '\0' || n == 0) {
		fprintf(stderr,
		    "%s: expected a number above 0, found \"%s\"\n", name,
		    text);
		exit(EXIT_FAILURE);
	}
	return n;
}

/* stress_many() - so many, as this build and WEFT_STRESS will have it. */
static inline uint64_t
stress_many(uint64_t n)
{
#ifdef STRESS_TSAN
	n /= 8;
#endif
	return n * stress_setting("WEFT_STRESS", 1);
}

/* stress_random() - xorshift; each thread has a state of its own, not 0. */
static inline uint32_t
stress_random(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

/* stress_spin() - a delay of n rounds, far below what a clock can do. */
static inline void
stress_spin(uint32_t n)
{
	while (n-- > 0)
		__asm__ __volatile__("" ::: "memory");
}

/* stress_chill() - the line leaves the caches: the next store to it takes as
 * long as to a message that has not been used for a while. */
static inline void
stress_chill(void *line)
{
#if defined(__x86_64__)
	__builtin_ia32_clflush(line);
#elif defined(__aarch64__)
	__asm__ __volatile__("dc civac, %0" ::"r"(line) : "memory");
#else
	(void)line;
#endif
}

/* stress_wait() - until *value is at least n; the watchdog is the deadline. */
static inline void
stress_wait(const uint64_t *value, uint64_t n)
{
	for (uint32_t i = 0; __atomic_load_n(value, __ATOMIC_ACQUIRE) < n; i++)
		if (i > 200)
			sched_yield();
}

/* stress_main() - check_main() with a time limit that is far behind the
 * watchdog's: Check's own default is 4 s. */
static inline int
stress_main(const char *name, const TTest *const *tests, size_t count)
{
	if (setenv("CK_DEFAULT_TIMEOUT", "300", 0) < 0)
		return EXIT_FAILURE;
	return check_main(name, tests, count);
}

/* What a test tells the watchdog.  Both run in its thread: atomics only. */
struct stress_watch {
	uint64_t (*progress)(void); /* changes while all is well */
	void (*missing)(FILE *out); /* what has not happened */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool is_over; /* lock */
};

static inline void
stress_in_a_second(struct timespec *when)
{
	(void)clock_gettime(CLOCK_MONOTONIC, when);
	when->tv_sec++;
}

static inline void *
stress_watch_main(void *arg)
{
	struct stress_watch *watch = arg;
	uint64_t patience = stress_setting("STRESS_STALL", 20);
	uint64_t last = watch->progress(), stalled = 0, now;
	struct timespec when;

	pthread_mutex_lock(&watch->lock);
	while (!watch->is_over) {
		stress_in_a_second(&when);
		if (pthread_cond_timedwait(
			&watch->ended, &watch->lock, &when) == 0)
			continue;
		now = watch->progress();
		stalled = now == last ? stalled + 1 : 0;
		last = now;
		if (stalled < patience)
			continue;
		fprintf(stderr, "STUCK: nothing has moved for %llu s: ",
		    (unsigned long long)stalled);
		watch->missing(stderr);
		fflush(NULL);
		_exit(EXIT_FAILURE);
	}
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

static inline void
stress_watch_start(struct stress_watch *watch)
{
	pthread_condattr_t attr;

	watch->is_over = false;
	pthread_mutex_init(&watch->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->ended, &attr);
	pthread_condattr_destroy(&attr);
	ck_assert_int_eq(
	    pthread_create(&watch->thread, NULL, stress_watch_main, watch), 0);
}

static inline void
stress_watch_end(struct stress_watch *watch)
{
	pthread_mutex_lock(&watch->lock);
	watch->is_over = true;
	pthread_cond_signal(&watch->ended);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	pthread_cond_destroy(&watch->ended);
	pthread_mutex_destroy(&watch->lock);
}

/* Threads that begin at the same time.  All zero is none. */
struct stress_team {
	pthread_t threads[STRESS_MAX_THREADS];
	uint32_t nthreads;
	uint64_t started; /* atomic: so many are there */
	uint64_t go;      /* atomic */
};

struct stress_member {
	struct stress_team *team;
	void (*run)(void *arg);
	void *arg;
};

static inline void *
stress_member_main(void *arg)
{
	struct stress_member member = *(struct stress_member *)arg;

	free(arg);
	__atomic_fetch_add(&member.team->started, 1, __ATOMIC_RELEASE);
	stress_wait(&member.team->go, 1);
	member.run(member.arg);
	return NULL;
}

static inline void
stress_team_add(struct stress_team *team, void (*run)(void *arg), void *arg)
{
	struct stress_member *member = malloc(sizeof(*member));

	ck_assert_ptr_nonnull(member);
	ck_assert_uint_lt(team->nthreads, STRESS_MAX_THREADS);
	*member = (struct stress_member){ team, run, arg };
	ck_assert_int_eq(pthread_create(&team->threads[team->nthreads++], NULL,
			     stress_member_main, member),
	    0);
}

static inline void
stress_team_run(struct stress_team *team)
{
	uint32_t i;

	stress_wait(&team->started, team->nthreads);
	__atomic_store_n(&team->go, 1, __ATOMIC_RELEASE);
	for (i = 0; i < team->nthreads; i++)
		ck_assert_int_eq(pthread_join(team->threads[i], NULL), 0);
	team->nthreads = 0;
	team->started = 0;
	team->go = 0;
}

/* stress_expect() - for threads of a test: Check's own asserts may only be
 * used by the thread that Check knows. */
#define stress_expect(condition, ...)                                         \
	do {                                                                  \
		if (__builtin_expect(!(condition), 0)) {                      \
			fprintf(stderr, "%s:%d: expected %s: ", __FILE__,     \
			    __LINE__, #condition);                            \
			fprintf(stderr, __VA_ARGS__);                         \
			fputc('\n', stderr);                                  \
			fflush(NULL);                                         \
			_exit(EXIT_FAILURE);                                  \
		}                                                             \
	} while (0)

#endif
