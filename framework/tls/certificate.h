/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/certificate.h - certificates, keys and whom to trust, from PEM files.
 *
 * thread: any.  Reads files.
 */
#ifndef WI_TLS_CERTIFICATE_H
#define WI_TLS_CERTIFICATE_H

#include <openssl/ssl.h>

#include <weft/error.h>

#include "base/log.h"

/*
 * wi_tls_certificate() - give a context a certificate and its key.
 *
 *   cert     in       a PEM file: the certificate, then those it hangs on.
 *   key      in       a PEM file with its private key; may be the same.
 *   log      in       hears of a key that others may read; may be NULL.
 *   leafp    out      the certificate, with a reference; NULL on error.
 *   err      out      the file, what was expected and what was found; may be
 *                     NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ETLS_EXPIRED  it is not valid now.
 *                     WEFT_ETLS  no PEM, encrypted, a key of another one.
 *                     what the OS answered; -ENOMEM.
 */
int wi_tls_certificate(SSL_CTX *ctx, const char *cert, const char *key,
    struct wi_log *log, X509 **leafp, struct weft_error *err);

/*
 * wi_tls_trust() - trust who is in a PEM file, and nobody else.
 *
 *   ask      in       1: clients are told that these are wanted.
 *   err      out      as above.
 *   returns           WEFT_OK, WEFT_ETLS, what the OS answered, -ENOMEM.
 */
int wi_tls_trust(
    SSL_CTX *ctx, const char *file, int ask, struct weft_error *err);

#endif
