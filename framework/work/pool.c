/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/pool - the worker threads of a node.
 *
 * thread: the one that runs the node.
 */
#include "work/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "base/assert.h"
#include "handoff/wake.h"
#include "work/promise.h"
#include "work/worker.h"

static void
pool_tell_to_leave(struct wi_hub *hub)
{
	uint32_t i;

	__atomic_store_n(&hub->workers_stop, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < hub->nworkers; i++)
		(void)wi_wake_worker(&hub->stations[i].bed);
}

/* Signals are the I/O thread's: workers are started with all blocked, except
 * those that a thread brings upon itself. */
static int
pool_start_one(struct wi_worker *worker)
{
	sigset_t all, before;
	char name[16];
	int rv;

	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGSEGV);
	(void)sigdelset(&all, SIGBUS);
	(void)sigdelset(&all, SIGFPE);
	(void)sigdelset(&all, SIGILL);
	(void)sigdelset(&all, SIGABRT);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rv = pthread_create(&worker->thread, NULL, wi_worker_main, worker);
	worker->station->thread = worker->thread;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rv != 0)
		return -rv;
	(void)snprintf(
	    name, sizeof(name), "weft-work-%u", worker->number % 1000);
	(void)pthread_setname_np(worker->thread, name);
	return WEFT_OK;
}

int
wi_pool_start(struct wi_hub *hub, struct wi_worker **workersp)
{
	struct wi_worker *workers;
	uint32_t i, j;
	int rv;

	*workersp = NULL;
	workers = calloc(hub->nworkers, sizeof(*workers));
	if (workers == NULL)
		return -ENOMEM;
	wi_promise_start();
	for (i = 0; i < hub->nworkers; i++) {
		workers[i].hub = hub;
		workers[i].station = &hub->stations[i];
		workers[i].counters = &hub->stations[i].counters;
		workers[i].number = i;
		wi_pool_init(&workers[i].blocks);
		rv = pool_start_one(&workers[i]);
		if (rv < 0)
			goto fail;
	}
	*workersp = workers;
	return WEFT_OK;
fail:
	pool_tell_to_leave(hub);
	for (j = 0; j < i; j++)
		(void)pthread_join(workers[j].thread, NULL);
	wi_promise_stop();
	free(workers);
	return rv;
}

void
wi_pool_join(struct wi_hub *hub, struct wi_worker *workers)
{
	uint32_t i;

	for (i = 0; i < hub->nworkers; i++)
		wi_assert(pthread_join(workers[i].thread, NULL) == 0);
	wi_promise_stop();
}

void
wi_pool_free(struct wi_hub *hub, struct wi_worker **workersp)
{
	struct wi_worker *workers = *workersp;
	uint32_t i;

	*workersp = NULL;
	if (workers == NULL)
		return;
	for (i = 0; i < hub->nworkers; i++) {
		if (workers[i].out_block != NULL)
			wi_block_unref(&workers[i].out_block);
		wi_pool_fini(&workers[i].blocks);
	}
	free(workers);
}
