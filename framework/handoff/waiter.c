/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/waiter - a thread that waits for the I/O thread's word.
 *
 * thread: one waits, the I/O thread tells; a mutex and a condition of its own.
 */
#include "handoff/waiter.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"

struct wi_waiter {
	pthread_mutex_t mutex; /* guards the rest */
	pthread_cond_t cond;
	unsigned refs;
	bool told;
	int code;
	char text[256];
};

struct wi_waiter *
wi_waiter_new(void)
{
	struct wi_waiter *waiter = calloc(1, sizeof(*waiter));
	pthread_condattr_t attr;

	if (waiter == NULL)
		return NULL;
	waiter->refs = 2;
	wi_assert(pthread_mutex_init(&waiter->mutex, NULL) == 0);
	wi_assert(pthread_condattr_init(&attr) == 0);
	wi_assert(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	wi_assert(pthread_cond_init(&waiter->cond, &attr) == 0);
	(void)pthread_condattr_destroy(&attr);
	return waiter;
}

static void
waiter_free(struct wi_waiter *waiter)
{
	(void)pthread_cond_destroy(&waiter->cond);
	(void)pthread_mutex_destroy(&waiter->mutex);
	free(waiter);
}

void
wi_waiter_drop(struct wi_waiter **waiterp)
{
	waiter_free(*waiterp);
	*waiterp = NULL;
}

/* With the mutex held; unlocks it. */
static void
waiter_let_go(struct wi_waiter *waiter)
{
	bool last = --waiter->refs == 0;

	(void)pthread_mutex_unlock(&waiter->mutex);
	if (last)
		waiter_free(waiter);
}

void
wi_waiter_tell(struct wi_waiter **waiterp, int code, const char *text)
{
	struct wi_waiter *waiter = *waiterp;

	if (waiter == NULL)
		return;
	*waiterp = NULL;
	(void)pthread_mutex_lock(&waiter->mutex);
	waiter->told = true;
	waiter->code = code;
	(void)snprintf(waiter->text, sizeof(waiter->text), "%s",
	    text == NULL ? "" : text);
	(void)pthread_cond_signal(&waiter->cond);
	waiter_let_go(waiter);
}

int
wi_waiter_wait(
    struct wi_waiter **waiterp, uint32_t timeout_ms, char *text, size_t size)
{
	struct wi_waiter *waiter = *waiterp;
	struct timespec due;
	int code;

	*waiterp = NULL;
	(void)clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_sec += (time_t)(timeout_ms / 1000);
	due.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (due.tv_nsec >= 1000000000) {
		due.tv_nsec -= 1000000000;
		due.tv_sec++;
	}
	(void)pthread_mutex_lock(&waiter->mutex);
	while (!waiter->told &&
	    pthread_cond_timedwait(&waiter->cond, &waiter->mutex, &due) !=
		ETIMEDOUT)
		continue;
	code = waiter->told ? waiter->code : -ETIMEDOUT;
	(void)snprintf(text, size, "%s", waiter->text);
	waiter_let_go(waiter);
	return code;
}
