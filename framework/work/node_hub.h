/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/node_hub.h - from the public node to what its threads share.
 *
 * Defined in node.c and info.c, which know struct weft_node.
 */
#ifndef WI_NODE_HUB_H
#define WI_NODE_HUB_H

#include <stddef.h>

struct weft_node;
struct wi_endpoint;
struct wi_hub;
struct wi_tls_facts;

struct wi_hub *wi_node_hub(struct weft_node *node);

/* wi_node_peer() - "127.0.0.1:41213", of an endpoint that an event of is run,
 * also when it has closed (info.c). */
void wi_node_peer(const struct weft_node *node,
    const struct wi_endpoint *endpoint, char *out, size_t size);

/* wi_node_tls_facts() - where its facts of TLS stand, NULL or the runner's,
 * from opened() to closed() (info.c).  thread: the runner. */
struct wi_tls_facts **wi_node_tls_facts(
    const struct weft_node *node, const struct wi_endpoint *endpoint);

#endif
