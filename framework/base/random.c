/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/random.c - the one door that randomness comes through.
 *
 * thread: any.
 */
#include "base/random.h"

#include <sys/random.h>

#include "base/assert.h"

uint32_t
wi_random(void)
{
	uint32_t value;

	/* Up to 256 bytes it neither fails nor returns less, once the system
	 * has booted (getrandom(2), NOTES). */
	wi_assert(getrandom(&value, sizeof(value), 0) == sizeof(value));
	return value;
}
