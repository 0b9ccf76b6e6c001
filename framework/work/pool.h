/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/pool.h - the worker threads of a node.
 */
#ifndef WI_POOL_THREADS_H
#define WI_POOL_THREADS_H

#include "handoff/hub.h"

/*
 * wi_pool_start() - start hub->nworkers threads.
 *
 *   returns           WEFT_OK, or what the OS answered: none runs.
 *   thread            the one that runs the node.
 */
int wi_pool_start(struct wi_hub *hub);

/*
 * wi_pool_start_spare() - one more, or again one that has left.
 *
 *   number   in       hub->nworkers up to hub->max_workers - 1.
 *   returns           WEFT_OK, or what the OS answered.
 *   thread            I/O.
 */
int wi_pool_start_spare(struct wi_hub *hub, uint32_t number);

/* wi_pool_join() - wait for threads that have been told to leave; their memory
 * stays until wi_pool_free(), since others may still let go of their
 * blocks. */
void wi_pool_join(struct wi_hub *hub);
void wi_pool_free(struct wi_hub *hub);

#endif
