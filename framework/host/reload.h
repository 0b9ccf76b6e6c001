/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/reload.h - SIGHUP: certificates and keys are read again, and plugins
 * whose files have changed are reloaded.
 */
#ifndef WI_RELOAD_H
#define WI_RELOAD_H

#include <pthread.h>
#include <stdbool.h>

#include <weft/node.h>

/* owned by: who has the node. */
struct wi_reload {
	struct weft_node *node;
	const char *name; /* of the command, for complaints */
	bool had_terminal;
	bool stops; /* atomic: the next signal is the last */
	pthread_t thread;
};

/* wi_reload_hold() - SIGHUP waits, for this thread and those that it starts:
 * before any is started. */
void wi_reload_hold(void);

/* wi_reload_start() - a thread that takes it.
 *   returns           WEFT_OK, or what the system answered. */
int wi_reload_start(
    struct wi_reload *reload, struct weft_node *node, const char *name);

/* wi_reload_stop() - the thread ends; the node may be freed. */
void wi_reload_stop(struct wi_reload *reload);

#endif
