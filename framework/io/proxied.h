/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/proxied.h - clients that come by a proxy, which says in front of all else
 * whom it speaks for (codec/proxy.h; the URL option proxy).
 *
 * Such a connection is SHAKING and conn->proxied until its header is whole.
 * Until then it has the proxy's address and is not counted for
 * max_endpoints_per_ip; from then on it is the client's, in all that is told
 * of it.
 */
#ifndef WI_PROXIED_H
#define WI_PROXIED_H

#include "io/io.h"

/* wi_proxied_begin() - accepted from a proxy: its header is waited for. */
void wi_proxied_begin(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_proxied_ready() - its socket has something.  When the header is whole
 * goes on with wi_conn_begin(): what follows it is in the socket still. */
void wi_proxied_ready(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_proxied_failed() - there will be none: counted, logged, closed.
 * text: what was expected, and what was found. */
void wi_proxied_failed(
    struct wi_io *io, struct wi_conn *conn, const char *text) WI_ON_IO;

#endif
