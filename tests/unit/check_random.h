/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/check_random.h - for model tests: random numbers that are the
 * same in each run, and an assertion for millions.
 */
#ifndef TESTS_CHECK_RANDOM_H
#define TESTS_CHECK_RANDOM_H

#include <check.h>
#include <stdint.h>

/* ck_assert() tells Check's parent also of each one that holds. */
#define check_holds(condition)                                                \
	do {                                                                  \
		if (!(condition))                                             \
			ck_abort_msg("found false: %s", #condition);          \
	} while (0)

/* xorshift64*; a seed is any number but 0. */
static inline uint64_t
check_random(uint64_t *random)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return *random * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 .. n - 1 */
static inline uint32_t
check_below(uint64_t *random, uint32_t n)
{
	return (uint32_t)((check_random(random) >> 33) % n);
}

#endif
