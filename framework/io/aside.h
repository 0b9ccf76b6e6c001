/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/aside.h - threads beside the I/O thread, for what takes it too long.
 *
 * Not libuv's: those are the whole program's, and a thread that has made
 * itself less urgent stays so (urgent_note in io/aside.c).
 */
#ifndef WI_ASIDE_H
#define WI_ASIDE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/thread_role.h"

struct wi_slice;

#define WI_ASIDE_THREADS 5u   /* the last one is for what is late */
#define WI_ASIDE_LATE_MS 100u /* waited for so long: see urgent_note */

/* owned by: who gives it, but from wi_aside_give() until done is called. */
struct wi_aside_job {
	struct wi_aside_job *next;
	uint64_t given;                         /* [ns] when it was */
	void (*run)(struct wi_aside_job *job);  /* on one of the threads */
	void (*done)(struct wi_aside_job *job); /* on the I/O thread */
};

struct wi_aside_list {
	struct wi_aside_job *first;
	struct wi_aside_job *last;
};

/* owned by: the I/O thread. */
struct wi_aside {
	uv_poll_t poll;        /* of fd */
	uv_timer_t timer;      /* something may be late */
	pthread_mutex_t mutex; /* guards the rest, but for threads */
	pthread_cond_t more;
	pthread_cond_t late;
	struct wi_aside_list given;
	struct wi_aside_list finished;
	bool stops;
	int fd;            /* an eventfd: something is finished; constant */
	uint32_t nthreads; /* constant while there are any */
	pthread_t threads[WI_ASIDE_THREADS];
};

/*
 * wi_aside_start() - with half as many threads as there are cores, four at
 * most, and one for what is late.
 *
 *   slice    in       what the I/O thread had before it was shortened: these
 *                     are not to inherit what it has.
 *   returns           WEFT_OK, or what the system answered: then there is
 *                     nothing to stop.
 */
int wi_aside_start(
    struct wi_aside *aside, uv_loop_t *loop, struct wi_slice *slice) WI_ON_IO;

/* wi_aside_give() - to be run, behind those that were given before. */
void wi_aside_give(struct wi_aside *aside, struct wi_aside_job *job) WI_ON_IO;

/* wi_aside_stop() - waits for what is run; done is called for all, also for
 * those that are not run any more.  The loop has to go on once more before the
 * memory may go. */
void wi_aside_stop(struct wi_aside *aside) WI_ON_IO;

#endif
