/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/words.h - what OpenSSL says, as a code of ours and a line of text.
 *
 * thread: any; OpenSSL keeps its errors by thread, so it is asked on the one
 * that has met them.
 */
#ifndef WI_TLS_WORDS_H
#define WI_TLS_WORDS_H

#include <stddef.h>

#include <openssl/ssl.h>

#define WI_TLS_WORDS 240u /* [bytes] of a text, with its NUL */

/* Why a handshake, or what came later, failed.  owned by: who made the SSL,
 * whose app data it is as long as certificates may be looked at. */
struct wi_tls_failure {
	int code;         /* WEFT_OK: nothing was said yet; WEFT_ETLS... */
	int from_peer;    /* 1: it is the peer who refuses (an alert) */
	const char *host; /* who must answer; "": anybody */
	char text[WI_TLS_WORDS];
};

/* wi_tls_failed() - of a call of an SSL that has failed: fills *failure unless
 * wi_tls_on_verify() has, and forgets this thread's errors of OpenSSL. */
void wi_tls_failed(struct wi_tls_failure *failure);

/* wi_tls_on_verify() - for SSL_set_verify(): says what is wrong with a
 * certificate while it is there.  returns: ok. */
int wi_tls_on_verify(int ok, X509_STORE_CTX *store);

/* wi_tls_why() - this thread's first error of OpenSSL in words; forgets them
 * all.  returns: out. */
const char *wi_tls_why(char *out, size_t size);

/* wi_tls_date() - "2026-11-30"; returns out. */
const char *wi_tls_date(const ASN1_TIME *time, char *out, size_t size);

/* wi_tls_names() - whom a certificate is for: "a.example, *.b.example", else
 * its common name; cut at size.  returns: out. */
const char *wi_tls_names(const X509 *certificate, char *out, size_t size);

/* wi_tls_name() - the first of them, alone. */
const char *wi_tls_name(const X509 *certificate, char *out, size_t size);

#endif
