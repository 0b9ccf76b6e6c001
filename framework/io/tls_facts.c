/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/tls_facts - what a handshake has brought, for weft_call_tls().
 *
 * thread: the one that has the SSL (io/aside.h).
 */
#include <stdlib.h>
#include <string.h>

#include "handoff/tls_facts.h"
#include "io/tls.h"
#include "tls/words.h"

#define FACTS_NAME_MAX 256u /* [bytes] of a name, with its NUL */

/* Of whom the certificate is; "" unless it was looked at. */
static void
facts_peer(SSL *ssl, char *out, size_t size)
{
	const X509 *certificate = SSL_get0_peer_certificate(ssl);
	const char *host = SSL_get0_peername(ssl);

	out[0] = '\0';
	if (certificate == NULL ||
	    SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE ||
	    SSL_get_verify_result(ssl) != X509_V_OK)
		return;
	if (host != NULL)
		(void)snprintf(out, size, "%s", host);
	else
		(void)wi_tls_name(certificate, out, size);
}

/* At *at, which goes on behind it. */
static const char *
facts_text(char **at, const char *text, size_t len)
{
	char *begin = *at;

	memcpy(begin, text, len);
	begin[len] = '\0';
	*at += len + 1;
	return begin;
}

struct wi_tls_facts *
wi_tls_facts_new(SSL *ssl)
{
	const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const unsigned char *alpn;
	struct wi_tls_facts *facts;
	char peer[FACTS_NAME_MAX], *at;
	unsigned alpn_len;
	size_t host_len = host == NULL ? 0 : strlen(host);

	facts_peer(ssl, peer, sizeof(peer));
	SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
	facts =
	    malloc(sizeof(*facts) + host_len + alpn_len + strlen(peer) + 3);
	if (facts == NULL)
		return NULL;
	at = facts->text;
	facts->info = (struct weft_tls_info){ .version = SSL_get_version(ssl),
		.cipher = SSL_get_cipher_name(ssl),
		.resumed = SSL_session_reused(ssl) == 1 };
	facts->info.server_name =
	    facts_text(&at, host == NULL ? "" : host, host_len);
	facts->info.alpn =
	    facts_text(&at, alpn == NULL ? "" : (const char *)alpn, alpn_len);
	facts->info.peer_name = facts_text(&at, peer, strlen(peer));
	return facts;
}
