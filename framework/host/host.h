/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host.h - the host: the process of "weft serve" that has the node, the
 * plugins and the clients.
 */
#ifndef WI_HOST_H
#define WI_HOST_H

#include <stdbool.h>

#include <weft/weft.h>

#include "host/log_out.h"
#include "host/plan.h"

/* owned by: its main thread. */
struct wi_host {
	int channel;         /* to the supervisor; -1: it is gone */
	struct wi_plan plan; /* what this process is; its fds are the node's */
	struct wi_log_out log;
	struct weft_node *node;
	const char **names;       /* of plan.plugins: what they call
	                             themselves */
	struct weft_bound *bound; /* of plan.listeners; id 0: it is not open */
};

/* wi_host_main() - "weft host", for wi_child_start() only: channel at
 * WI_CHANNEL_FD.  argv[1] is WI_CHANNEL_VERSION. */
int wi_host_main(int argc, char **argv);

/*
 * wi_host_build() - make the node, load the plugins, open the listeners.
 *
 *   host     in,out   with channel, plan and log.
 *   returns           WEFT_OK, or an error with its words: then node is NULL
 *                     or not running, and wi_host_raze() follows.
 */
int wi_host_build(struct wi_host *host, struct weft_error *err);

/* wi_host_raze() - the node has stopped, or never ran. */
void wi_host_raze(struct wi_host *host);

/*
 * wi_host_apply() - become another plan while it runs, as far as that can be:
 * listeners come, go and change; certificates are read again.  What cannot be
 * is said in notes, and stays.
 *
 *   next     in,out   listeners are taken out of it.
 */
void wi_host_apply(struct wi_host *host, struct wi_plan *next);

/* wi_host_loop() - what the supervisor and the system say, until the node has
 * stopped. */
void wi_host_loop(struct wi_host *host, int signals);

/* wi_host_say() - a line to the supervisor, as printf(3). */
void wi_host_say(struct wi_host *host, int kind, const char *format, ...)
    WEFT_PRINTF(3, 4);

#endif
