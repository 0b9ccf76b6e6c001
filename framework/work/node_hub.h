/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/node_hub.h - from the public node to what its threads share.
 *
 * Defined in node.c, the only file that knows struct weft_node.
 */
#ifndef WI_NODE_HUB_H
#define WI_NODE_HUB_H

struct weft_node;
struct wi_hub;

struct wi_hub *wi_node_hub(struct weft_node *node);

#endif
