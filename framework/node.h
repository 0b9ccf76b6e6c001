/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.h - what a node is made of: for node.c and network.c, which know all
 * rooms, and for nobody else.
 */
#ifndef WI_NODE_H
#define WI_NODE_H

#include <weft/node.h>

#include "handoff/hub.h"
#include "io/io.h"
#include "node_thread.h"
#include "plugin/plugin.h"
#include "tls/terms.h"

enum wi_node_state {
	WI_NODE_NEW,
	WI_NODE_RUNNING,
	WI_NODE_STOPPED,
	WI_NODE_STUCK,
};

struct weft_engine;

struct weft_node {
	struct weft_options options; /* that it was made with, each with a
	                                value; those of now: wi_desk_options()
	                                */
	pthread_mutex_t change;      /* one at a time; guards said */
	struct weft_options said;    /* those of now, as they were given */
	struct wi_log log;
	struct wi_hub hub;
	struct wi_io io;
	struct wi_plugins plugins;
	struct wi_tls_book tls;
	const struct weft_engine *engine; /* or NULL */
	void *engine_user;
	uint32_t state; /* atomic: enum wi_node_state */
	struct wi_node_thread thread;
};

static inline enum wi_node_state
wi_node_state(const struct weft_node *node)
{
	return (enum wi_node_state)__atomic_load_n(
	    &node->state, __ATOMIC_ACQUIRE);
}

#endif
