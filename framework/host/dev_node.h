/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_node.h - the node of weft dev, and its plugins.
 *
 * thread: main.
 */
#ifndef WI_DEV_NODE_H
#define WI_DEV_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/node.h>

#define WI_DEV_MAX 32 /* plugins, and listeners, of one node */

struct wi_dev_plugin {
	const char *what; /* as weft_node_load() */
	const char *name; /* its own, once it is loaded; the node's */
	uint64_t seen;    /* hash of its file, as it was loaded */
	unsigned version; /* 1, and one more with each reload */
};

struct wi_dev_listener {
	const char *url;
	size_t plugin; /* index */
};

/* owned by: dev, who fills in what and url. */
struct wi_dev_node {
	struct weft_options options;
	struct wi_dev_plugin plugins[WI_DEV_MAX];
	size_t nplugins;
	struct wi_dev_listener listeners[WI_DEV_MAX];
	size_t nlisteners;
	struct weft_node *node; /* NULL: it does not run yet */
};

/*
 * wi_dev_node_start() - load all plugins, bind all listeners, run; says where.
 *
 *   returns           WEFT_OK, or an error of weft/node.h: nothing runs.
 */
WEFT_CHECK int wi_dev_node_start(
    struct wi_dev_node *dev, struct weft_error *err);

/*
 * wi_dev_node_reload() - each plugin whose file is another now; says how it
 * went.
 *
 *   since_ns in       [ns] when the change was made that is live then.
 *   build_ns in       [ns] what the build took of it.
 */
void wi_dev_node_reload(
    struct wi_dev_node *dev, uint64_t since_ns, uint64_t build_ns);

/* wi_dev_node_stop() - in order.
 *   returns           as weft_node_join(); WEFT_OK if it did not run. */
WEFT_CHECK int wi_dev_node_stop(
    struct wi_dev_node *dev, struct weft_error *err);

#endif
