/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/restart.c - when a host that has died is started again.
 *
 * thread: any.  Owns nothing.
 */
#include "host/restart.h"

static uint32_t
restart_max(const struct wi_restart *restart)
{
	return restart->max < WI_RESTART_MAX ? restart->max : WI_RESTART_MAX;
}

/* So many were within the window. */
static uint32_t
restart_recent(const struct wi_restart *restart, uint64_t now_ms)
{
	const uint32_t max = restart_max(restart);
	uint32_t recent = 0;

	while (recent < max && recent < restart->n &&
	    now_ms -
		    restart
			->at_ms[(restart->n - 1 - recent) % WI_RESTART_MAX] <
		restart->window_ms)
		recent++;
	return recent;
}

static int64_t
restart_wait(const struct wi_restart *restart)
{
	uint64_t wait = restart->first_ms;
	uint32_t i;

	if (restart->soon <= 1)
		return 0;
	for (i = 2; i < restart->soon && wait < restart->longest_ms; i++)
		wait *= 2;
	return (
	    int64_t)(wait < restart->longest_ms ? wait : restart->longest_ms);
}

int64_t
wi_restart_died(struct wi_restart *restart, uint64_t now_ms, uint64_t lived_ms)
{
	if (restart_recent(restart, now_ms) >= restart_max(restart))
		return -1;
	restart->at_ms[restart->n++ % WI_RESTART_MAX] = now_ms;
	if (lived_ms >= WI_RESTART_SOON_MS)
		restart->soon = 0;
	else
		restart->soon++;
	return restart_wait(restart);
}
