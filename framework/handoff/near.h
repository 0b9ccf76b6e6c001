/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/near.h - the first worker beside the I/O thread, while it is enough.
 *
 * While one worker keeps up with all the work, the two threads take turns: one
 * hands over and sleeps, the other runs.  On one core such a turn costs a
 * switch; on two, a wake-up of a core that may have gone idle, and the bytes
 * travel between caches.  The kernel does not know that they take turns and
 * spreads them over the cores it finds idle.  So the first worker is held on
 * the core that the I/O thread runs on, follows it when the kernel moves it,
 * and is let go as soon as it does not keep up.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_NEAR_H
#define WI_NEAR_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct wi_near {
	cpu_set_t all;      /* where the worker may run when it is let go */
	bool possible;      /* more than one core, and we know which */
	int cpu;            /* where it is held; -1: let go */
	uint64_t far_until; /* [ns] not before that again */
};

/* wi_near_init() - learn where this process may run. */
void wi_near_init(struct wi_near *near);

/* wi_near_hold() - the worker, which sleeps, is about to be woken: hold it on
 * the core of the calling thread.  thread: I/O. */
void wi_near_hold(struct wi_near *near, pthread_t worker, uint64_t now);

/* wi_near_let_go() - the worker is not enough: it may run anywhere, and is not
 * held again for a while.  thread: I/O. */
void wi_near_let_go(struct wi_near *near, pthread_t worker, uint64_t now);

#endif
