/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_limits.h - what holds for all endpoints of a listener or a connect.
 */
#ifndef WI_NETWORK_LIMITS_H
#define WI_NETWORK_LIMITS_H

#include <weft/node.h>

#include "base/url.h"
#include "handoff/endpoint.h"

/*
 * wi_network_limits() - the node's limits, with what the URL says of them.
 *
 *   use      in       WI_URL_LISTEN or WI_URL_CONNECT.
 *   limitsp  out      kept by the node; NULL on error.
 *   returns           WEFT_OK, WEFT_EURL, -ENOMEM, or as wi_node_tls().
 *   thread            any.
 */
int wi_network_limits(struct weft_node *node, const char *text, uint32_t use,
    const struct wi_url *url, const struct wi_limits **limitsp,
    struct weft_error *err);

#endif
