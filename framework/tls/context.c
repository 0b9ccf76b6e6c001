/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/context - what a listener or a connect has to do with TLS.
 *
 * sni_note: a listener has one SSL_CTX for each certificate.  A handshake
 * begins with the first; which one goes on is chosen by the name that the
 * client asks for, the first certificate that is for it.  A client that asks
 * for none, or for one that is not here, gets the first.
 *
 * ticket_note: sessions are kept by clients, in tickets (RFC 5077, RFC 8446
 * 4.6.1), with a key that each context makes for itself: so a reload makes
 * those of before worthless, as it must when it changes who is let in.
 *
 * thread: any.
 */
#include "tls/context.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/fail.h"
#include "tls/certificate.h"

#define CONTEXT_SITES 256u /* certificates of one listener, at most */
#define CONTEXT_PATH 1024u /* [bytes] of a file's name, with its NUL */

/* One certificate of a listener, or what a client has. */
struct context_site {
	SSL_CTX *ctx;
	X509 *leaf; /* NULL: a client without one */
};

struct wi_tls_context {
	uint32_t refs; /* atomic */
	uint32_t nsites;
	struct wi_tls_wish wish;
	void *whose;
	struct wi_log *log;
	uint8_t alpn[WI_URL_TEXT_MAX]; /* as on the wire */
	uint32_t alpn_len;             /* [bytes] 0: none */
	struct context_site sites[CONTEXT_SITES];
};

void
wi_tls_wish(const struct wi_url *url, bool ours, struct wi_tls_wish *wish)
{
	memset(wish, 0, sizeof(*wish));
	wish->ours = ours;
	wish->verify = url->numbers[WI_URL_verify] != 0;
	wish->oldest = (uint8_t)url->numbers[WI_URL_min_version];
	if (ours)
		(void)snprintf(wish->host, sizeof(wish->host), "%.*s",
		    (int)strcspn(url->host, "%"),
		    url->server_name[0] != '\0' ? url->server_name :
			url->host[0] == '\0' || url->host[0] == '*' ?
						  "localhost" :
						  url->host);
	(void)snprintf(wish->cert, sizeof(wish->cert), "%s", url->cert);
	(void)snprintf(wish->key, sizeof(wish->key), "%s", url->key);
	(void)snprintf(
	    wish->ca, sizeof(wish->ca), "%s", ours ? url->ca : url->client_ca);
	(void)snprintf(wish->alpn, sizeof(wish->alpn), "%s", url->alpn);
}

/* ---- what OpenSSL asks in a handshake */

/* See sni_note. */
static int
context_on_name(SSL *ssl, int *alert, void *arg)
{
	const struct wi_tls_context *context = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	uint32_t i;

	(void)alert;
	for (i = 0; name != NULL && i < context->nsites; i++)
		if (X509_check_host(context->sites[i].leaf, name, 0,
			X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1) {
			(void)SSL_set_SSL_CTX(ssl, context->sites[i].ctx);
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_NOACK;
}

/* Ours come first; who offers others only is refused (RFC 7301, 3.2). */
static int
context_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	const struct wi_tls_context *context = arg;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, out_len, context->alpn,
		context->alpn_len, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- making one */

/* "h2,http/1.1" as "\2h2\10http/1.1"; false: an empty name. */
static bool
context_alpn(struct wi_tls_context *context)
{
	const char *at = context->wish.alpn;
	size_t len;

	while (*at != '\0') {
		len = strcspn(at, ",");
		if (len == 0 || (at[len] == ',' && at[len + 1] == '\0'))
			return false;
		context->alpn[context->alpn_len++] = (uint8_t)len;
		memcpy(context->alpn + context->alpn_len, at, len);
		context->alpn_len += (uint32_t)len;
		at += len + (at[len] == ',');
	}
	return true;
}

static bool
context_side(struct wi_tls_context *context, SSL_CTX *ctx)
{
	static const unsigned char ours[] = "weft";

	if (context->wish.ours) {
		SSL_CTX_set_session_cache_mode(
		    ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		/* 0 is success, of this one call. */
		return context->alpn_len == 0 ||
		    SSL_CTX_set_alpn_protos(
			ctx, context->alpn, context->alpn_len) == 0;
	}
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_tlsext_servername_callback(ctx, context_on_name);
	(void)SSL_CTX_set_tlsext_servername_arg(ctx, context);
	if (context->alpn_len > 0)
		SSL_CTX_set_alpn_select_cb(ctx, context_on_alpn, context);
	return SSL_CTX_set_session_id_context(ctx, ours, sizeof(ours) - 1) ==
	    1;
}

/* What holds for all. */
static SSL_CTX *
context_ctx(struct wi_tls_context *context)
{
	SSL_CTX *ctx = SSL_CTX_new(
	    context->wish.ours ? TLS_client_method() : TLS_server_method());

	if (ctx == NULL)
		return NULL;
	(void)SSL_CTX_set_app_data(ctx, context->whose);
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (SSL_CTX_set_min_proto_version(ctx,
		context->wish.oldest == 2 ? TLS1_3_VERSION : TLS1_2_VERSION) ==
		1 &&
	    context_side(context, ctx))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* A certificate and its key; cert "": none. */
static int
context_add(struct wi_tls_context *context, const char *cert, const char *key,
    struct weft_error *err)
{
	struct context_site *site = &context->sites[context->nsites];
	const struct wi_tls_wish *wish = &context->wish;
	int rv = WEFT_OK;

	if (context->nsites == CONTEXT_SITES)
		return wi_fail(err, WEFT_EURL,
		    "cert: expected at most %u certificates, found more",
		    CONTEXT_SITES);
	site->ctx = context_ctx(context);
	if (site->ctx == NULL) {
		ERR_clear_error();
		return wi_fail(err, -ENOMEM, "tls: no memory");
	}
	context->nsites++;
	if (cert[0] != '\0')
		rv = wi_tls_certificate(
		    site->ctx, cert, key, context->log, &site->leaf, err);
	if (rv == WEFT_OK && wish->ca[0] != '\0')
		rv = wi_tls_trust(site->ctx, wish->ca, !wish->ours, err);
	else if (rv == WEFT_OK && wish->ours &&
	    SSL_CTX_set_default_verify_paths(site->ctx) != 1)
		rv = wi_fail(err, WEFT_ETLS,
		    "ca: expected certificates that this machine trusts, "
		    "found none");
	return rv;
}

static int
context_on_pem(const struct dirent *entry)
{
	return fnmatch("*.pem", entry->d_name, FNM_PERIOD) == 0;
}

/* All *.pem there, each with its key in it. */
static int
context_directory(
    struct wi_tls_context *context, const char *path, struct weft_error *err)
{
	struct dirent **entries;
	char file[CONTEXT_PATH];
	int n, i, rv = WEFT_OK;

	n = scandir(path, &entries, context_on_pem, alphasort);
	if (n < 0)
		return wi_fail(
		    err, -errno, "cert: %s: %s", path, strerror(errno));
	if (n == 0)
		rv = wi_fail(err, -ENOENT,
		    "cert: %s: expected files *.pem in it, found none", path);
	for (i = 0; i < n; i++) {
		(void)snprintf(
		    file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (rv == WEFT_OK)
			rv = context_add(context, file, file, err);
		free(entries[i]);
	}
	free(entries);
	return rv;
}

/* The next of "a,b"; false: there is none. */
static bool
context_next(const char **at, char *out, size_t size)
{
	size_t len = strcspn(*at, ",");

	if (len == 0)
		return false;
	(void)snprintf(out, size, "%.*s", (int)len, *at);
	*at += len + ((*at)[len] == ',');
	return true;
}

static int
context_files(struct wi_tls_context *context, struct weft_error *err)
{
	const char *certs = context->wish.cert, *keys = context->wish.key;
	const bool apart = keys[0] != '\0';
	char cert[WI_URL_TEXT_MAX], key[WI_URL_TEXT_MAX];
	struct stat what;
	int rv = WEFT_OK;

	while (rv == WEFT_OK && context_next(&certs, cert, sizeof(cert))) {
		if (stat(cert, &what) == 0 && S_ISDIR(what.st_mode)) {
			rv = context_directory(context, cert, err);
			continue;
		}
		if (apart && !context_next(&keys, key, sizeof(key)))
			return wi_fail(err, WEFT_EURL,
			    "key: expected a file for each of cert, found "
			    "none for %s",
			    cert);
		rv = context_add(context, cert, apart ? key : cert, err);
	}
	if (rv == WEFT_OK && *keys != '\0')
		rv = wi_fail(err, WEFT_EURL,
		    "key: expected a file for each of cert, found %s besides",
		    keys);
	return rv;
}

static int
context_make(struct wi_tls_context *context, struct weft_error *err)
{
	const struct wi_tls_wish *wish = &context->wish;
	int rv = WEFT_OK;

	if (!context_alpn(context))
		return wi_fail(err, WEFT_EURL,
		    "alpn: expected names, as h2,http/1.1, found \"%s\"",
		    wish->alpn);
	if (!wish->ours && wish->cert[0] == '\0')
		return wi_fail(err, WEFT_EURL,
		    "expected the option cert, with the file of the "
		    "certificate, found none");
	if (wish->cert[0] == '\0' && wish->key[0] != '\0')
		return wi_fail(err, WEFT_EURL,
		    "expected the option cert beside key, found none");
	rv = wish->cert[0] != '\0' ? context_files(context, err) :
				     context_add(context, "", "", err);
	if (rv == WEFT_OK && context->nsites == 0)
		rv = wi_fail(err, WEFT_EURL,
		    "cert: expected files, found \"%s\"", wish->cert);
	if (rv == WEFT_OK && wish->ours && context->nsites > 1)
		rv = wi_fail(err, WEFT_EURL,
		    "cert: expected one certificate of ours, found %u",
		    context->nsites);
	return rv;
}

int
wi_tls_context_new(const struct wi_tls_wish *wish, void *whose,
    struct wi_log *log, struct wi_tls_context **contextp,
    struct weft_error *err)
{
	struct wi_tls_context *context = calloc(1, sizeof(*context));
	int rv;

	*contextp = NULL;
	if (context == NULL)
		return wi_fail(err, -ENOMEM, "tls: no memory");
	context->refs = 1;
	context->wish = *wish;
	context->whose = whose;
	context->log = log;
	rv = context_make(context, err);
	if (rv == WEFT_OK)
		*contextp = context;
	else
		wi_tls_context_drop(&context);
	return rv;
}

struct wi_tls_context *
wi_tls_context_hold(struct wi_tls_context *context)
{
	(void)__atomic_fetch_add(&context->refs, 1, __ATOMIC_RELAXED);
	return context;
}

void
wi_tls_context_drop(struct wi_tls_context **contextp)
{
	struct wi_tls_context *context = *contextp;
	uint32_t i;

	*contextp = NULL;
	if (context == NULL ||
	    __atomic_sub_fetch(&context->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (i = 0; i < context->nsites; i++) {
		X509_free(context->sites[i].leaf);
		SSL_CTX_free(context->sites[i].ctx);
	}
	free(context);
}

void
wi_tls_context_remember(struct wi_tls_context *context,
    int (*remember)(SSL *ssl, SSL_SESSION *session))
{
	SSL_CTX_sess_set_new_cb(context->sites[0].ctx, remember);
}

/* ---- one connection */

/* Whom the server must be, and how it is asked for: an address is not asked
 * for by SNI (RFC 6066, section 3). */
static bool
context_host(const struct wi_tls_wish *wish, SSL *ssl)
{
	X509_VERIFY_PARAM *terms = SSL_get0_param(ssl);
	struct in6_addr ip;

	if (inet_pton(AF_INET, wish->host, &ip) == 1 ||
	    inet_pton(AF_INET6, wish->host, &ip) == 1)
		return !wish->verify ||
		    X509_VERIFY_PARAM_set1_ip_asc(terms, wish->host) == 1;
	X509_VERIFY_PARAM_set_hostflags(
	    terms, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		   TLSEXT_NAMETYPE_host_name,
		   (void *)(uintptr_t)wish->host) == 1 &&
	    (!wish->verify ||
		X509_VERIFY_PARAM_set1_host(terms, wish->host, 0) == 1);
}

SSL *
wi_tls_context_begin(
    struct wi_tls_context *context, struct wi_tls_failure *failure)
{
	const struct wi_tls_wish *wish = &context->wish;
	SSL *ssl = SSL_new(context->sites[0].ctx);

	failure->code = WEFT_OK;
	failure->host = wish->host;
	if (ssl == NULL)
		return NULL;
	(void)SSL_set_app_data(ssl, failure);
	if (wish->ours) {
		SSL_set_connect_state(ssl);
		SSL_set_verify(ssl,
		    wish->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
		    wi_tls_on_verify);
	} else {
		SSL_set_accept_state(ssl);
		if (wish->ca[0] != '\0')
			SSL_set_verify(ssl,
			    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			    wi_tls_on_verify);
	}
	if (!wish->ours || context_host(wish, ssl))
		return ssl;
	SSL_free(ssl);
	return NULL;
}
