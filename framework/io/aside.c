/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/aside - threads beside the I/O thread, for what takes it too long.
 *
 * thread: I/O, and its own: weft-aside.
 *
 * urgent_note: what is run here takes longer than a message, and nobody waits
 * for it so impatiently.  On few cores a worker or a client that wakes while
 * it is run must have that core at once, and to be nice is not enough for it:
 * Linux's scheduler (EEVDF) lets a thread that has slept much finish its turn
 * before one that is awake most of the time.  So these threads are SCHED_IDLE,
 * which whoever wakes goes before (sched(7)); HACKING.md has the measurement.
 * Where handlers burn all cores such a thread gets next to nothing.  So what
 * has waited for WI_ASIDE_LATE_MS is taken by one more thread, which is as the
 * others.
 *
 * spin_note: the I/O thread is told by an eventfd, not by uv_async_send():
 * libuv (1.44, uv__async_spin()) spins until the thread that calls has left
 * it, and one that is SCHED_IDLE may not be let to for milliseconds.  For the
 * same reason the mutex is held for a few instructions only.
 *
 * The policy cannot be taken back without privileges, so libuv's threads,
 * which belong to the whole program, are left alone.
 */
#include "io/aside.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <weft/error.h>

#include "base/assert.h"
#include "base/clock.h"
#include "io/slice.h"

#define ASIDE_LATE_NS (WI_ASIDE_LATE_MS * UINT64_C(1000000))

static void *aside_main(void *arg);
static void *aside_late_main(void *arg);
static void aside_on_finished(uv_poll_t *poll, int status, int events);
static void aside_on_timer(uv_timer_t *timer);

static void
aside_append(struct wi_aside_list *list, struct wi_aside_job *job)
{
	job->next = NULL;
	if (list->first == NULL)
		list->first = job;
	else
		list->last->next = job;
	list->last = job;
}

static struct wi_aside_job *
aside_take(struct wi_aside_list *list)
{
	struct wi_aside_job *job = list->first;

	if (job != NULL)
		list->first = job->next;
	return job;
}

/* ---- the threads */

/* Run it, and tell the I/O thread. */
static void
aside_run(struct wi_aside *aside, struct wi_aside_job *job)
{
	const uint64_t one = 1;
	bool first;

	job->run(job);
	(void)pthread_mutex_lock(&aside->mutex);
	first = aside->finished.first == NULL;
	aside_append(&aside->finished, job);
	(void)pthread_mutex_unlock(&aside->mutex);
	/* See spin_note. */
	if (first)
		wi_assert(write(aside->fd, &one, sizeof(one)) == sizeof(one));
}

/* The next one, when there is one; NULL: it is over. */
static struct wi_aside_job *
aside_wait(struct wi_aside *aside)
{
	struct wi_aside_job *job = NULL;

	(void)pthread_mutex_lock(&aside->mutex);
	while (!aside->stops && (job = aside_take(&aside->given)) == NULL)
		(void)pthread_cond_wait(&aside->more, &aside->mutex);
	(void)pthread_mutex_unlock(&aside->mutex);
	return job;
}

/* Its mutex is held. */
static bool
aside_is_late(const struct wi_aside *aside)
{
	return aside->given.first != NULL &&
	    wi_clock_ns() - aside->given.first->given >= ASIDE_LATE_NS;
}

static struct wi_aside_job *
aside_wait_late(struct wi_aside *aside)
{
	struct wi_aside_job *job = NULL;

	(void)pthread_mutex_lock(&aside->mutex);
	while (!aside->stops && !aside_is_late(aside))
		(void)pthread_cond_wait(&aside->late, &aside->mutex);
	if (!aside->stops)
		job = aside_take(&aside->given);
	(void)pthread_mutex_unlock(&aside->mutex);
	return job;
}

/* See urgent_note. */
static void *
aside_main(void *arg)
{
	const struct sched_param none = { 0 };
	struct wi_aside *aside = arg;
	struct wi_aside_job *job;

	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	while ((job = aside_wait(aside)) != NULL)
		aside_run(aside, job);
	return NULL;
}

static void *
aside_late_main(void *arg)
{
	struct wi_aside *aside = arg;
	struct wi_aside_job *job;

	while ((job = aside_wait_late(aside)) != NULL)
		aside_run(aside, job);
	return NULL;
}

/* ---- the I/O thread's side */

WI_ON_IO static int
aside_thread(struct wi_aside *aside, void *(*run)(void *arg))
{
	pthread_t *thread = &aside->threads[aside->nthreads];
	int rv = pthread_create(thread, NULL, run, aside);

	if (rv != 0)
		return -rv;
	(void)pthread_setname_np(*thread, "weft-aside");
	aside->nthreads++;
	return WEFT_OK;
}

/* They take no signals. */
WI_ON_IO static int
aside_threads(struct wi_aside *aside)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t wanted = cores < 4 ? 1 : (uint32_t)cores / 2;
	sigset_t all, before;
	int rv;

	if (wanted > WI_ASIDE_THREADS - 1)
		wanted = WI_ASIDE_THREADS - 1;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rv = aside_thread(aside, aside_late_main);
	while (rv == WEFT_OK && aside->nthreads <= wanted)
		rv = aside_thread(aside, aside_main);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rv;
}

WI_ON_IO static void
aside_join(struct wi_aside *aside)
{
	uint32_t i;

	(void)pthread_mutex_lock(&aside->mutex);
	aside->stops = true;
	(void)pthread_cond_broadcast(&aside->more);
	(void)pthread_cond_broadcast(&aside->late);
	(void)pthread_mutex_unlock(&aside->mutex);
	for (i = 0; i < aside->nthreads; i++)
		(void)pthread_join(aside->threads[i], NULL);
}

WI_ON_IO static void
aside_fini(struct wi_aside *aside)
{
	(void)pthread_cond_destroy(&aside->late);
	(void)pthread_cond_destroy(&aside->more);
	(void)pthread_mutex_destroy(&aside->mutex);
	(void)close(aside->fd);
}

int
wi_aside_start(struct wi_aside *aside, uv_loop_t *loop, struct wi_slice *slice)
{
	int rv;

	memset(aside, 0, sizeof(*aside));
	aside->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (aside->fd < 0)
		return -errno;
	wi_assert(pthread_mutex_init(&aside->mutex, NULL) == 0);
	wi_assert(pthread_cond_init(&aside->more, NULL) == 0);
	wi_assert(pthread_cond_init(&aside->late, NULL) == 0);
	wi_slice_restore(slice);
	rv = aside_threads(aside);
	wi_slice_shorten(slice);
	if (rv == WEFT_OK)
		rv = uv_poll_init(loop, &aside->poll, aside->fd);
	if (rv < 0) {
		aside_join(aside);
		aside_fini(aside);
		return rv;
	}
	aside->poll.data = aside;
	wi_assert(
	    uv_poll_start(&aside->poll, UV_READABLE, aside_on_finished) == 0);
	wi_assert(uv_timer_init(loop, &aside->timer) == 0);
	aside->timer.data = aside;
	return WEFT_OK;
}

void
wi_aside_give(struct wi_aside *aside, struct wi_aside_job *job)
{
	job->given = wi_clock_ns();
	(void)pthread_mutex_lock(&aside->mutex);
	aside_append(&aside->given, job);
	(void)pthread_cond_signal(&aside->more);
	(void)pthread_mutex_unlock(&aside->mutex);
	if (!uv_is_active((uv_handle_t *)&aside->timer))
		wi_assert(uv_timer_start(&aside->timer, aside_on_timer,
			      WI_ASIDE_LATE_MS + 1, 0) == 0);
}

/* Whoever is late by now has somebody; the others are looked at again. */
static void
aside_on_timer(uv_timer_t *timer)
{
	struct wi_aside *aside = timer->data;
	bool waits;

	wi_assert_io();
	(void)pthread_mutex_lock(&aside->mutex);
	waits = aside->given.first != NULL;
	if (aside_is_late(aside))
		(void)pthread_cond_signal(&aside->late);
	(void)pthread_mutex_unlock(&aside->mutex);
	if (waits)
		wi_assert(uv_timer_start(&aside->timer, aside_on_timer,
			      WI_ASIDE_LATE_MS, 0) == 0);
}

WI_ON_IO static void
aside_tell(struct wi_aside_list list)
{
	struct wi_aside_job *job;

	while ((job = aside_take(&list)) != NULL)
		job->done(job);
}

WI_ON_IO static void
aside_finished(struct wi_aside *aside)
{
	struct wi_aside_list finished;

	(void)pthread_mutex_lock(&aside->mutex);
	finished = aside->finished;
	aside->finished.first = NULL;
	(void)pthread_mutex_unlock(&aside->mutex);
	aside_tell(finished);
}

static void
aside_on_finished(uv_poll_t *poll, int status, int events)
{
	struct wi_aside *aside = poll->data;
	uint64_t n;

	wi_assert_io();
	(void)status;
	(void)events;
	(void)!read(aside->fd, &n, sizeof(n));
	aside_finished(aside);
}

void
wi_aside_stop(struct wi_aside *aside)
{
	aside_join(aside);
	aside_finished(aside);
	aside_tell(aside->given);
	uv_close((uv_handle_t *)&aside->poll, NULL);
	uv_close((uv_handle_t *)&aside->timer, NULL);
	aside_fini(aside);
}
