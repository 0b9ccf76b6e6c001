/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/tls.h - what endpoints of tls:// and wss:// have besides messages.
 *
 *	weft run echo --listen 'tls+varint://0.0.0.0:3043?cert=/etc/weft/a.pem'
 *
 * A handler needs none of this: opened() follows when the handshake is over,
 * and what is sent is never sent without TLS.  A handshake that fails is
 * logged and counted (handshakes_failed); of a connection of ours, closed()
 * has WEFT_REASON_CONNECT and weft_call_code() says why: WEFT_ETLS_UNTRUSTED,
 * WEFT_ETLS_EXPIRED, WEFT_ETLS_HOST, ...  A peer that ends TCP and not TLS
 * (no close_notify) may have been cut off by somebody between:
 * WEFT_REASON_TRUNCATED.
 */
#ifndef WEFT_TLS_H
#define WEFT_TLS_H

#include <stdbool.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

/* What was agreed on.  No text is NULL; "" where there is none. */
struct weft_tls_info {
	const char *version;     /* "TLSv1.3" */
	const char *cipher;      /* "TLS_AES_256_GCM_SHA384" */
	const char *server_name; /* the host that was asked for (SNI) */
	const char *alpn;        /* the protocol that was chosen */
	const char *peer_name;   /* the first name in the peer's certificate,
	                            if that was verified (client_ca, verify) */
	bool resumed;            /* a session from before was taken up */
};

/*
 * weft_call_tls() - how the endpoint of a call is secured.
 *
 *   call     in       the call that the handler was given.
 *   info     out      undefined on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ESTATE  this call is no endpoint's, or one's
 *                                  without TLS, or not between opened() and
 *                                  closed(), these included.
 *   owner             the framework: the texts stay until closed() has
 *                     returned.
 *   thread            the handler's.
 */
WEFT_EXPORT int weft_call_tls(
    const struct weft_call *call, struct weft_tls_info *info);

/*
 * weft_node_tls_reload() - read all certificates, keys and authorities of a
 * node again, from the files that its URLs name.
 *
 *   node     in       may be running.
 *   err      out      the file, what was expected and what was found; may be
 *                     NULL.
 *   returns           WEFT_OK: handshakes that begin from now on use what was
 *                     read; connections that stand go on; sessions of before
 *                     are not taken up again.  Or an error: all stays as it
 *                     was.
 *   errors            WEFT_ETLS_EXPIRED, WEFT_ETLS  what a file is not.
 *                     -ENOENT, -EACCES, ... what the OS answered; -ENOMEM.
 *   thread            any.  Reads files.
 */
WEFT_EXPORT int weft_node_tls_reload(
    struct weft_node *node, struct weft_error *err);

WEFT_END_DECLS

#endif
