/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/wake.h - sleeping, and the only two ways to be woken.
 *
 * wake_note: both sides do the same dance.
 *
 *   sleeper:  asleep = 1;  FENCE;  look at the queues again;  sleep
 *   waker:    push;        FENCE;  asleep == 1?  then wake
 *
 * Without both fences (a plain store followed by a load of something else)
 * each side may miss the other's store, and the message lies there until
 * somebody else comes by.  The fence and the wake-up stand in one function
 * each, and nothing else calls uv_async_send() or sem_post().
 */
#ifndef WI_WAKE_H
#define WI_WAKE_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

/* The I/O thread's bed.  owned by: the I/O thread. */
struct wi_io_door {
	uint32_t asleep; /* atomic: in the poller, or about to be */
	uv_async_t async;
};

/* A worker's bed.  owned by: the worker. */
struct wi_bed {
	uint32_t asleep; /* atomic */
	sem_t sem;
};

int wi_io_door_init(struct wi_io_door *door, uv_loop_t *loop);

/* wi_wake_io() - after a push; returns true if it was asleep and this call
 * woke it.  thread: any, and signal handlers. */
bool wi_wake_io(struct wi_io_door *door);

/* wi_io_lie_down() - about to poll: look at the queues again after it.
 * wi_io_get_up() - not polling (any more).  thread: I/O. */
void wi_io_lie_down(struct wi_io_door *door);
void wi_io_get_up(struct wi_io_door *door);

int wi_bed_init(struct wi_bed *bed);
void wi_bed_fini(struct wi_bed *bed);

/* wi_bed_used() - does the worker sleep?  Without a fence: a hint.  thread:
 * any. */
bool wi_bed_used(const struct wi_bed *bed);

/* wi_wake_worker() - after a push; returns true if it was asleep and this call
 * woke it.  thread: any. */
bool wi_wake_worker(struct wi_bed *bed);

/* wi_bed_lie_down() - about to sleep: look at the queues again after it, then
 * call one of the other two.  thread: the worker. */
void wi_bed_lie_down(struct wi_bed *bed);

/* wi_bed_sleep() - until woken. */
void wi_bed_sleep(struct wi_bed *bed);

/* wi_bed_get_up() - there was something after all. */
void wi_bed_get_up(struct wi_bed *bed);

#endif
