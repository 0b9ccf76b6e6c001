/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/clock.c - the one door to the time.
 *
 * thread: any.
 */
#include "base/clock.h"

#include <time.h>

#include "base/assert.h"

#define CLOCK_NS_PER_S 1000000000u

uint64_t
wi_clock_ns(void)
{
	struct timespec now;
	int rv;

	rv = clock_gettime(CLOCK_MONOTONIC, &now);
	wi_assert(rv == 0);
	return (uint64_t)now.tv_sec * CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}
