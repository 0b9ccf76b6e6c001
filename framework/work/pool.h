/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/pool.h - the worker threads of a node.
 */
#ifndef WI_POOL_THREADS_H
#define WI_POOL_THREADS_H

#include "handoff/hub.h"

struct wi_worker;

/*
 * wi_pool_start() - start hub->nworkers threads.
 *
 *   workersp out      the workers, or NULL on error.
 *   returns           WEFT_OK, or what the OS answered: none runs.
 *   thread            the one that runs the node.
 */
int wi_pool_start(struct wi_hub *hub, struct wi_worker **workersp);

/* wi_pool_join() - wait for threads that have been told to leave; their memory
 * stays until wi_pool_free(), since others may still let go of their
 * blocks. */
void wi_pool_join(struct wi_hub *hub, struct wi_worker *workers);
void wi_pool_free(struct wi_hub *hub, struct wi_worker **workersp);

#endif
