/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/restart.h - when a host that has died is started again, and when not
 * any more.  Pure: the clock is the caller's.
 *
 * One that has served for a while is started again at once.  Those that die
 * soon after they were started are given more and more time: at once, then the
 * first wait, twice that, and so on up to the longest.  More than so many
 * restarts within a window are too many, however long each one lived.
 */
#ifndef WI_RESTART_H
#define WI_RESTART_H

#include <stdint.h>

#define WI_RESTART_MAX 1000u    /* that can be counted */
#define WI_RESTART_SOON_MS 500u /* who lived shorter died at once */

struct wi_restart {
	uint32_t max; /* restarts within the window; more than WI_RESTART_MAX
	                 is that */
	uint32_t window_ms;
	uint32_t first_ms;
	uint32_t longest_ms;
	uint32_t soon;                  /* how many in a row died at once */
	uint64_t at_ms[WI_RESTART_MAX]; /* of the last n % WI_RESTART_MAX */
	uint64_t n;
};

/*
 * wi_restart_died() - a host has died.
 *
 *   restart  in,out   begins as zeros with its limits; these may change.
 *   now_ms   in       [ms] of a clock that only goes forward.
 *   lived_ms in       [ms] for which it was ready; 0: it never was.
 *   returns           [ms] to wait before the next one; -1: give up.
 */
int64_t wi_restart_died(
    struct wi_restart *restart, uint64_t now_ms, uint64_t lived_ms);

#endif
