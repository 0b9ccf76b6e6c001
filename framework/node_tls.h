/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_tls.h - what a node's URLs ask of TLS.
 */
#ifndef WI_NODE_TLS_H
#define WI_NODE_TLS_H

#include <stdbool.h>

#include <weft/node.h>

#include "base/url.h"

struct wi_tls_terms;

/*
 * wi_node_tls() - the terms of a URL of tls:// or wss://; its files are read.
 *
 *   ours     in       we connect.
 *   termsp   out      kept by the node; NULL on error.
 *   err      out      the URL, the file, what was expected and found.
 *   returns           WEFT_OK, WEFT_EURL, WEFT_ETLS, WEFT_ETLS_EXPIRED, what
 *                     the OS answered, -ENOMEM.
 *   thread            any.
 */
int wi_node_tls(struct weft_node *node, const char *text,
    const struct wi_url *url, bool ours, struct wi_tls_terms **termsp,
    struct weft_error *err);

#endif
