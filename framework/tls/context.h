/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/context.h - what a listener or a connect has to do with TLS, read from
 * its files once: contexts of OpenSSL, shared by all connections.
 *
 * thread: any.  A context does not change once it is made.
 */
#ifndef WI_TLS_CONTEXT_H
#define WI_TLS_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include <weft/error.h>

#include "base/log.h"
#include "base/url.h"
#include "tls/pipe.h"
#include "tls/words.h"

/* As a URL says it.  owned by: see there. */
struct wi_tls_wish {
	bool ours;                  /* we connect */
	bool verify;                /* ours: the server must show who it is */
	uint8_t oldest;             /* value of option min_version */
	char host[WI_URL_HOST_MAX]; /* ours: who must answer */
	char cert[WI_URL_TEXT_MAX];
	char key[WI_URL_TEXT_MAX];
	char ca[WI_URL_TEXT_MAX]; /* ours: of servers; else of clients */
	char alpn[WI_URL_TEXT_MAX];
};

/* wi_tls_wish() - what a URL of tls:// or wss:// says; all bytes of *wish are
 * set. */
void wi_tls_wish(
    const struct wi_url *url, bool ours, struct wi_tls_wish *wish);

struct wi_tls_context; /* opaque; counted */

/*
 * wi_tls_context_new() - read the files.
 *
 *   wish     in       copied.
 *   whose    in       for SSL_CTX_get_app_data().
 *   log      in       hears of keys that others may read; may be NULL.
 *   contextp out      NULL on error.
 *   err      out      the file or option, what was expected and what was
 *                     found; may be NULL.
 *   returns           WEFT_OK, WEFT_EURL (an option), or as
 *                     wi_tls_certificate() and wi_tls_trust().
 *   owner             the caller, by one reference.
 */
int wi_tls_context_new(const struct wi_tls_wish *wish, void *whose,
    struct wi_log *log, struct wi_tls_context **contextp,
    struct weft_error *err);

/* wi_tls_context_hold(), wi_tls_context_drop() - references. */
struct wi_tls_context *wi_tls_context_hold(struct wi_tls_context *context);
void wi_tls_context_drop(struct wi_tls_context **contextp);

/* wi_tls_context_remember() - ours: what is called with each session that a
 * server lets us take up again; it returns 1 if it has kept it. */
void wi_tls_context_remember(struct wi_tls_context *context,
    int (*remember)(SSL *ssl, SSL_SESSION *session));

/*
 * wi_tls_context_begin() - an SSL for one connection.
 *
 *   context  in       held by the caller until the handshake is over.
 *   failure  in,out   where it is said what is wrong with a certificate; host
 *                     is set.  Stays until the handshake is over.
 *   returns           NULL: no memory.
 *   owner             the caller; SSL_free().
 */
SSL *wi_tls_context_begin(
    struct wi_tls_context *context, struct wi_tls_failure *failure);

#endif
