/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/clock.h - the one door to the time.
 *
 * thread: any.
 */
#ifndef WI_CLOCK_H
#define WI_CLOCK_H

#include <stdint.h>

/* wi_clock_ns() - monotonic time [ns]. */
uint64_t wi_clock_ns(void);

#endif
