/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/receive.h - events for programs that ask for them, as node.c and
 * node_thread.c see it; the rest is in weft/node.h.
 */
#ifndef WI_RECEIVE_H
#define WI_RECEIVE_H

#include <stdbool.h>

struct wi_hub;
struct wi_plugin;

/* wi_receive_plugin() - what WEFT_PULL names.  owner: constant. */
struct wi_plugin *wi_receive_plugin(void);

/*
 * wi_receive_end() - drop all events until the node has stopped.
 *
 *   returns           WEFT_OK, or WEFT_ESTATE: another thread is in
 *                     weft_node_receive(); nothing was done.
 *   thread            any but the node's own.  Blocks.
 */
int wi_receive_end(struct wi_hub *hub);

/* wi_receive_is_worker() - is this thread a worker of this node? */
bool wi_receive_is_worker(const struct wi_hub *hub);

#endif
