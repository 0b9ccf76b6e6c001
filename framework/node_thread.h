/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_thread.h - between node.c and node_thread.c: a node that runs in a
 * thread of its own.
 */
#ifndef WI_NODE_THREAD_H
#define WI_NODE_THREAD_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include <weft/error.h>

struct weft_node;

/* owned by: the program's threads; err and rv by the thread until it is
 * joined. */
struct wi_node_thread {
	bool started; /* weft_node_start() went well, not joined yet */
	bool running; /* the thread's: it has told so */
	pthread_t thread;
	sem_t told; /* the thread has told whether the node runs */
	int rv;
	struct weft_error err;
};

/* wi_node_thread() - the node's. */
struct wi_node_thread *wi_node_thread(struct weft_node *node);

/* wi_node_wants_signals() - its option. */
bool wi_node_wants_signals(const struct weft_node *node);

/*
 * wi_node_serve() - as weft_node_run().
 *
 *   running  in       called with node when its workers stand; may be NULL.
 *   others            as weft_node_run().
 *   returns           as weft_node_run().
 */
int wi_node_serve(struct weft_node *node,
    void (*running)(struct weft_node *node), struct weft_error *err);

#endif
