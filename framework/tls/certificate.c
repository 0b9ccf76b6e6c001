/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/certificate - certificates, keys and whom to trust, from PEM files.
 *
 * Step by step and not by SSL_CTX_use_certificate_chain_file(), since what is
 * wrong is to be said: which file, what was expected there, what was found.
 *
 * thread: any.
 */
#include "tls/certificate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/fail.h"
#include "tls/words.h"

#define CERTIFICATE_OTHERS (S_IRWXG | S_IRWXO)

static int
certificate_open(const char *file, BIO **biop, struct weft_error *err)
{
	struct stat what;
	int rv;

	*biop = NULL;
	if (stat(file, &what) == 0 && S_ISDIR(what.st_mode))
		return wi_fail(err, -EISDIR,
		    "%s: expected a PEM file, found a directory", file);
	*biop = BIO_new_file(file, "r");
	if (*biop != NULL)
		return WEFT_OK;
	rv = errno != 0 ? -errno : -EIO;
	ERR_clear_error();
	return wi_fail(err, rv,
	    "%s: expected a PEM file that can be read, found: %s", file,
	    strerror(-rv));
}

static int
certificate_wrong(const char *file, const char *expected, const char *found,
    struct weft_error *err)
{
	char why[128];

	(void)wi_tls_why(why, sizeof(why));
	return wi_fail(err, WEFT_ETLS, "%s: expected %s, found %s", file,
	    expected, found != NULL ? found : why);
}

/* ---- the key */

/* Nobody is asked: a server that waits for a terminal serves nobody. */
static int
certificate_on_passphrase(char *out, int size, int writing, void *asked)
{
	(void)out;
	(void)size;
	(void)writing;
	*(int *)asked = 1;
	return -1;
}

static void
certificate_look_at(const char *file, struct wi_log *log)
{
	struct stat what;

	if (log != NULL && stat(file, &what) == 0 &&
	    (what.st_mode & CERTIFICATE_OTHERS) != 0)
		wi_log_say(log, WI_LOG_TLS_KEY_OPEN,
		    "%s: expected a private key that its owner alone can "
		    "read (0600), found permissions %04o",
		    file, (unsigned)what.st_mode & 07777);
}

static int
certificate_key(SSL_CTX *ctx, const char *cert, const char *file,
    struct wi_log *log, struct weft_error *err)
{
	EVP_PKEY *key;
	int asked = 0, rv;
	BIO *bio;

	rv = certificate_open(file, &bio, err);
	if (rv < 0)
		return rv;
	key = PEM_read_bio_PrivateKey(
	    bio, NULL, certificate_on_passphrase, &asked);
	BIO_free(bio);
	if (key == NULL)
		return certificate_wrong(file, "a private key in PEM",
		    asked ?
			"one that is encrypted: no passphrase is asked for" :
			"none",
		    err);
	certificate_look_at(file, log);
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1) {
		ERR_clear_error();
		rv = wi_fail(err, WEFT_ETLS,
		    "%s: expected the private key of the certificate in %s, "
		    "found another one's",
		    file, cert);
	}
	EVP_PKEY_free(key);
	return rv;
}

/* ---- the certificate */

static int
certificate_valid(const char *file, const X509 *leaf, struct weft_error *err)
{
	char day[32];

	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
		return wi_fail(err, WEFT_ETLS_EXPIRED,
		    "%s: expected a certificate that is valid now, found one "
		    "that ended on %s",
		    file,
		    wi_tls_date(X509_get0_notAfter(leaf), day, sizeof(day)));
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
		return wi_fail(err, WEFT_ETLS_EXPIRED,
		    "%s: expected a certificate that is valid now, found one "
		    "that begins on %s",
		    file,
		    wi_tls_date(X509_get0_notBefore(leaf), day, sizeof(day)));
	return WEFT_OK;
}

/* Those that it hangs on; ends at what is none, as a key. */
static int
certificate_chain(
    SSL_CTX *ctx, const char *file, BIO *bio, struct weft_error *err)
{
	X509 *next;
	int ok = 1;

	while (ok == 1 &&
	    (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		ok = (int)SSL_CTX_add1_chain_cert(ctx, next);
		X509_free(next);
	}
	if (ok != 1)
		return certificate_wrong(
		    file, "certificates that it hangs on", NULL, err);
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
		ERR_clear_error();
	else if (ERR_peek_last_error() != 0)
		return certificate_wrong(
		    file, "certificates in PEM behind the first", NULL, err);
	return WEFT_OK;
}

int
wi_tls_certificate(SSL_CTX *ctx, const char *cert, const char *key,
    struct wi_log *log, X509 **leafp, struct weft_error *err)
{
	X509 *leaf;
	BIO *bio;
	int rv;

	*leafp = NULL;
	ERR_clear_error();
	rv = certificate_open(cert, &bio, err);
	if (rv < 0)
		return rv;
	leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (leaf == NULL)
		rv = certificate_wrong(
		    cert, "a certificate in PEM", "none", err);
	if (rv == WEFT_OK)
		rv = certificate_valid(cert, leaf, err);
	if (rv == WEFT_OK && SSL_CTX_use_certificate(ctx, leaf) != 1)
		rv = certificate_wrong(cert,
		    "a certificate that is strong enough for this machine",
		    NULL, err);
	if (rv == WEFT_OK)
		rv = certificate_chain(ctx, cert, bio, err);
	if (rv == WEFT_OK)
		rv = certificate_key(ctx, cert, key, log, err);
	BIO_free(bio);
	if (rv == WEFT_OK)
		*leafp = leaf;
	else
		X509_free(leaf);
	return rv;
}

/* ---- whom to trust */

int
wi_tls_trust(SSL_CTX *ctx, const char *file, int ask, struct weft_error *err)
{
	STACK_OF(X509_NAME) * names;
	BIO *bio;
	int rv;

	ERR_clear_error();
	rv = certificate_open(file, &bio, err);
	if (rv < 0)
		return rv;
	BIO_free(bio);
	if (SSL_CTX_load_verify_file(ctx, file) != 1)
		return certificate_wrong(
		    file, "certificates of who signs, in PEM", NULL, err);
	if (!ask)
		return WEFT_OK;
	names = SSL_load_client_CA_file(file);
	if (names == NULL)
		return certificate_wrong(
		    file, "certificates of who signs, in PEM", NULL, err);
	SSL_CTX_set_client_CA_list(ctx, names);
	return WEFT_OK;
}
