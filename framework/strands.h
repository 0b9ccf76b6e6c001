/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strands.h - strands of a node: those that scopes need, and the end of all.
 */
#ifndef WI_STRANDS_H
#define WI_STRANDS_H

#include <weft/error.h>

struct weft_node;
struct wi_plugin;
struct wi_strand;

/* wi_strands_begin() - before a plugin's load(): the strand of its scope.
 * WEFT_OK, or WEFT_EFULL: max_strands are there. */
int wi_strands_begin(
    struct weft_node *node, struct wi_plugin *plugin, struct weft_error *err);

/* wi_strands_for_listener() - what clients of a new listener are bound to,
 * held for it; NULL: nothing.  returns as above. */
int wi_strands_for_listener(struct weft_node *node, struct wi_plugin *plugin,
    struct wi_strand **strandp);

/* wi_strands_for_connect() - likewise of an endpoint of ours. */
int wi_strands_for_connect(struct weft_node *node, struct wi_plugin *plugin,
    struct wi_strand **strandp);

/* wi_strands_end() - no worker runs (yet, or any more): what waits in strands
 * is destroyed, and those that were made end.  plugin: only its; NULL: all,
 * for good.  thread: the one that runs the node, or sets it up. */
void wi_strands_end(struct weft_node *node, struct wi_plugin *plugin);

#endif
