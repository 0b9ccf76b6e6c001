/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/near - the first worker beside the I/O thread, while it is enough.
 *
 * thread: I/O.  handoff/schedule decides when; the reason stands in near.h and
 * the measurement in HACKING.md.  Whatever the system refuses here costs speed
 * and nothing else, so errors are not looked at.
 */
#include "handoff/near.h"

#define NEAR_PAUSE_NS 20000000u /* let go for this long at least */

void
wi_near_init(struct wi_near *near)
{
	near->cpu = -1;
	near->far_until = 0;
	near->possible =
	    sched_getaffinity(0, sizeof(near->all), &near->all) == 0 &&
	    CPU_COUNT(&near->all) > 1;
}

void
wi_near_hold(struct wi_near *near, pthread_t worker, uint64_t now)
{
	cpu_set_t one;
	int cpu;

	if (!near->possible || now < near->far_until)
		return;
	cpu = sched_getcpu();
	if (cpu == near->cpu || cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	(void)pthread_setaffinity_np(worker, sizeof(one), &one);
	near->cpu = cpu;
}

void
wi_near_let_go(struct wi_near *near, pthread_t worker, uint64_t now)
{
	near->far_until = now + NEAR_PAUSE_NS;
	if (!near->possible || near->cpu < 0)
		return;
	(void)pthread_setaffinity_np(worker, sizeof(near->all), &near->all);
	near->cpu = -1;
}
