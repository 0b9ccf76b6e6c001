/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h - what network.c and network_listen.c share; for those two.
 *
 * thread: any.
 */
#ifndef WI_NETWORK_H
#define WI_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/node.h>

#include "base/url.h"

struct wi_limits;
struct wi_order;
struct wi_plugin;

/* What a URL says, found in this node. */
struct wi_network_terms {
	struct wi_url url;
	const struct weft_codec *codec;
	const struct wi_limits *limits;
	struct wi_plugin *plugin;
	const char *path; /* unix: kept */
};

static inline bool
wi_network_is_datagram(const struct wi_url *url)
{
	return (url->is & WI_URL_DATAGRAM) != 0;
}

/* wi_network_must_serve() - WEFT_ESTATE unless the node runs or is about to;
 * use: WI_URL_CONNECT is possible while it drains. */
int wi_network_must_serve(
    const struct weft_node *node, uint32_t use, struct weft_error *err);

/* wi_network_url() - the parts of a URL whose transport is one of ours. */
int wi_network_url(const char *text, uint32_t use, struct wi_url *url,
    struct weft_error *err);

/* wi_network_plugin() - the plugin of that name, or who WEFT_PULL is. */
int wi_network_plugin(struct weft_node *node, const char *text,
    const char *name, struct wi_plugin **pluginp, struct weft_error *err);

/*
 * wi_network_terms() - what the URL says.
 *
 *   use      in       WI_URL_LISTEN or WI_URL_CONNECT.
 *   terms    in,out   with the plugin; the rest is found.
 *   returns           WEFT_OK, or as weft_node_listen().
 */
int wi_network_terms(struct weft_node *node, const char *text, uint32_t use,
    struct wi_network_terms *terms, struct weft_error *err);

/* wi_network_order_terms() - what an order of either kind says of them. */
void wi_network_order_terms(
    struct wi_order *order, const struct wi_network_terms *terms);

#endif
