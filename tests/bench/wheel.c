/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/wheel.c - base/wheel with 100,000 entries at random dates within
 * 60 s: what setting, clearing and firing cost.
 *
 *	wheel                prints medians of 5 runs (least to most)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/check_random.h"
#include "base/wheel.h"

#define PENDING 100000u
#define TURNS 1000000u
#define RUNS 5
#define WITHIN 60000u /* [ms] */

static struct wi_wheel wheel;
static struct wi_tick pending[PENDING], extra[1024];
static uint32_t delays[TURNS]; /* random numbers cost, too */
/* [ns] the longest millisecond of a run; the least of all runs, since what
 * else the machine does is in it. */
static uint64_t longest = UINT64_MAX;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void
fill(void)
{
	uint32_t i;

	memset(pending, 0, sizeof(pending));
	wi_wheel_init(&wheel, 0);
	for (i = 0; i < PENDING; i++)
		wi_wheel_set(&wheel, &pending[i], delays[i]);
}

/* Beside what is pending: an answer that comes in time. */
static double
set_clear(void)
{
	uint64_t from = now_ns();
	struct wi_tick *tick;
	uint32_t i;

	for (i = 0; i < TURNS; i++) {
		tick = &extra[i % 1024];
		wi_wheel_set(&wheel, tick, delays[i]);
		wi_wheel_clear(&wheel, tick);
	}
	return (double)(now_ns() - from) / TURNS;
}

/* One that has fired is set again, so that as many stay pending. */
static double
set_fire(void)
{
	uint64_t from = now_ns(), last = from, now = 0, ns, most = 0;
	struct wi_tick *tick;
	uint32_t i;

	for (i = 0; i < TURNS; now++) {
		while ((tick = wi_wheel_take(&wheel, now)) != NULL)
			wi_wheel_set(
			    &wheel, tick, now + 1 + delays[i++ % TURNS]);
		ns = now_ns();
		most = ns - last > most ? ns - last : most;
		last = ns;
	}
	longest = most < longest ? most : longest;
	return (double)(last - from) / i;
}

static int
compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void
measure(const char *what, double (*run)(void))
{
	double ns[RUNS];
	int i;

	for (i = 0; i < RUNS; i++) {
		fill();
		ns[i] = run();
	}
	qsort(ns, RUNS, sizeof(ns[0]), compare);
	printf("%-14s %8.1f ns (%.1f to %.1f)\n", what, ns[RUNS / 2], ns[0],
	    ns[RUNS - 1]);
}

int
main(void)
{
	uint64_t random = 1;
	uint32_t i;

	for (i = 0; i < TURNS; i++)
		delays[i] = check_below(&random, WITHIN);
	measure("set and clear", set_clear);
	measure("set and fire", set_fire);
	printf("longest ms     %8.1f us\n", (double)longest / 1000);
	return 0;
}
