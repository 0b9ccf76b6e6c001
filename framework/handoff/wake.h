/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/wake.h - sleeping, and the only ways to be woken.
 *
 * wake_note: all sides do the same dance.
 *
 *   sleeper:  asleep = 1;  FENCE;  look at the queues again;  sleep
 *   waker:    push;        FENCE;  asleep == 1?  then wake
 *
 * Without both fences (a plain store followed by a load of something else)
 * each side may miss the other's store, and the message lies there until
 * somebody else comes by.  The fence and the wake-up stand in one function
 * each, and nothing else calls uv_async_send() or sem_post(), or writes to the
 * eventfd.
 *
 * post_note: the thread in weft_node_receive() may also sleep in a poll of the
 * program's own, so its bed is an eventfd, and the descriptor itself has to
 * tell the truth: it is readable unless that thread found nothing (asleep is
 * 1) and nothing has come since.  Whoever turns asleep from 1 to 0 writes, be
 * it the thread itself that was up again by its second look; and only the
 * thread itself reads, before it turns asleep to 1.  A write may be late: then
 * asleep is 0 and there is nothing to read yet, so the thread does not lie
 * down, and its poll ends as soon as the write has come.
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
	uint32_t asleep; /* atomic: enum wi_asleep */
	sem_t sem;
};

enum wi_asleep {
	WI_AWAKE,
	WI_ASLEEP,
	WI_LEFT, /* its thread is gone; nobody can be woken */
};

/* The bed of the thread in weft_node_receive().  owned by: that thread. */
struct wi_fd_bed {
	uint32_t asleep; /* atomic: it found nothing, and may poll fd */
	int fd;          /* eventfd, constant; -1: not made */
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

/* wi_bed_used() - does the worker sleep, or has it left?  Without a fence: a
 * hint.  thread: any. */
bool wi_bed_used(const struct wi_bed *bed);

/* wi_wake_worker() - after a push; returns true if it was asleep and this call
 * woke it.  thread: any. */
bool wi_wake_worker(struct wi_bed *bed);

/* wi_bed_lie_down() - about to sleep: look at the queues again after it, then
 * call one of the other two.  thread: the worker. */
void wi_bed_lie_down(struct wi_bed *bed);

/* wi_bed_sleep() - until woken. */
void wi_bed_sleep(struct wi_bed *bed);

/* wi_bed_sleep_or_leave() - the same, for so long; true: nobody woke it, and
 * from here on it has left.  By the clock that is set: then it may leave
 * sooner or later. */
bool wi_bed_sleep_or_leave(struct wi_bed *bed, uint32_t ms);

/* wi_bed_left() - thread: any.  If it has, all that its worker did is seen.
 * wi_bed_man() - of one that has left: it has a new worker, who is awake. */
bool wi_bed_left(const struct wi_bed *bed);
void wi_bed_man(struct wi_bed *bed);

/* wi_bed_get_up() - there was something after all. */
void wi_bed_get_up(struct wi_bed *bed);

/* wi_fd_bed_init() - WEFT_OK, or what the OS answered.  It is asleep from the
 * start, since the program may poll before it has ever looked. */
int wi_fd_bed_init(struct wi_fd_bed *bed);
void wi_fd_bed_fini(struct wi_fd_bed *bed);

/* wi_wake_fd() - after a push, or by its owner when there was something after
 * all; returns true if it was asleep and this call woke it.  thread: any. */
bool wi_wake_fd(struct wi_fd_bed *bed);

/* wi_fd_bed_lie_down() - about to sleep or to say that there is nothing: look
 * at the queues again after it.  false: somebody is just waking us, the
 * descriptor will be readable.  thread: its owner. */
bool wi_fd_bed_lie_down(struct wi_fd_bed *bed);

/* wi_fd_bed_sleep() - until woken, a signal or the time.
 *
 *   timeout_ms in     [ms]; negative: for ever.
 *   returns           false: only the time has passed.
 */
bool wi_fd_bed_sleep(struct wi_fd_bed *bed, int timeout_ms);

#endif
