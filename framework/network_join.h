/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_join.h - listeners that share the socket of another one.
 */
#ifndef WI_NETWORK_JOIN_H
#define WI_NETWORK_JOIN_H

#include <weft/node.h>

#include "base/url.h"

struct wi_tls_terms;

/*
 * wi_network_join() - who has the socket that a URL of the web names.
 *
 *   url      in       a listener's.
 *   tls      in       what it says of TLS; NULL: none.
 *   joins    out      its id; 0: nobody, or it is no URL of the web.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EADDRINUSE  with that path, too.
 *                     WEFT_EURL    what holds for the whole socket, such as
 *                     proxy=, is not the same.
 *   thread            any.
 */
int wi_network_join(struct weft_node *node, const char *text,
    const struct wi_url *url, const struct wi_tls_terms *tls, uint64_t *joins,
    struct weft_error *err);

#endif
