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
#include "base/stack.h"
#include "codec/inflate.h"
#include "handoff/wake.h"
#include "work/worker.h"

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
	(void)sigdelset(&all, SIGTRAP);
	(void)sigdelset(&all, SIGSYS);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	__atomic_fetch_add(&worker->hub->nthreads, 1, __ATOMIC_RELAXED);
	rv = pthread_create(&worker->thread, NULL, wi_worker_main, worker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rv != 0) {
		__atomic_fetch_sub(
		    &worker->hub->nthreads, 1, __ATOMIC_RELAXED);
		return -rv;
	}
	worker->started = true;
	worker->station->thread = worker->thread;
	(void)snprintf(
	    name, sizeof(name), "weft-work-%u", worker->number % 1000);
	(void)pthread_setname_np(worker->thread, name);
	return WEFT_OK;
}

static void
pool_prepare(struct wi_hub *hub, uint32_t number)
{
	struct wi_worker *worker = &hub->workers[number];

	worker->hub = hub;
	worker->station = &hub->stations[number];
	worker->counters = &hub->stations[number].counters;
	worker->number = number;
	worker->spare = number >= hub->nworkers;
	wi_pool_init(&worker->blocks);
}

int
wi_pool_start(struct wi_hub *hub)
{
	uint32_t i;
	int rv;

	hub->workers = calloc(hub->max_workers, sizeof(*hub->workers));
	if (hub->workers == NULL)
		return -ENOMEM;
	hub->stacks = wi_stack_start() == WEFT_OK;
	for (i = 0; i < hub->max_workers; i++)
		pool_prepare(hub, i);
	for (i = 0; i < hub->nworkers; i++) {
		rv = pool_start_one(&hub->workers[i]);
		if (rv < 0)
			goto fail;
	}
	return WEFT_OK;
fail:
	__atomic_store_n(&hub->workers_stop, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < hub->nworkers; i++)
		(void)wi_wake_worker(&hub->stations[i].bed);
	wi_pool_join(hub);
	wi_pool_free(hub);
	return rv;
}

int
wi_pool_start_spare(struct wi_hub *hub, uint32_t number)
{
	struct wi_worker *worker = &hub->workers[number];
	struct wi_station *station = &hub->stations[number];
	int rv;

	if (station->runq.slots == NULL) {
		rv = wi_runq_init(
		    &station->runq, hub->slots.max + hub->shareds.slots.max);
		if (rv < 0)
			return rv;
	}
	/* It has left, so this does not wait for long. */
	if (worker->started)
		wi_assert(pthread_join(worker->thread, NULL) == 0);
	worker->started = false;
	wi_bed_man(&station->bed);
	return pool_start_one(worker);
}

void
wi_pool_join(struct wi_hub *hub)
{
	uint32_t i;

	for (i = 0; i < hub->max_workers; i++)
		if (hub->workers[i].started)
			wi_assert(
			    pthread_join(hub->workers[i].thread, NULL) == 0);
	if (hub->stacks)
		wi_stack_stop();
	hub->stacks = false;
}

void
wi_pool_free(struct wi_hub *hub)
{
	uint32_t i;

	if (hub->workers == NULL)
		return;
	for (i = 0; i < hub->max_workers; i++) {
		if (hub->workers[i].out_block != NULL)
			wi_block_unref(&hub->workers[i].out_block);
		wi_pool_fini(&hub->workers[i].blocks);
		wi_arena_fini(&hub->workers[i].arena);
		wi_inflater_free(&hub->workers[i].inflater);
		wi_deflater_fini(&hub->workers[i].deflater);
	}
	free(hub->workers);
	hub->workers = NULL;
}
