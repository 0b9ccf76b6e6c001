/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/words - what OpenSSL says, as a code of ours and a line of text.
 *
 * thread: any.
 */
#include "tls/words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <weft/error.h>

#define WORDS_ALERTS 1000 /* reasons above are alerts of the peer's */
#define WORDS_NAMES_MAX 4u

/* ---- certificates */

const char *
wi_tls_date(const ASN1_TIME *time, char *out, size_t size)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
	    strftime(out, size, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(out, size, "an unknown day");
	return out;
}

/* One of its alternative names; false: of a kind that is not told. */
static int
words_alternative(const GENERAL_NAME *name, char *out, size_t size)
{
	const ASN1_STRING *text;
	const unsigned char *ip;
	int type;

	text = GENERAL_NAME_get0_value(name, &type);
	if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI) {
		(void)snprintf(out, size, "%.*s", ASN1_STRING_length(text),
		    (const char *)ASN1_STRING_get0_data(text));
		return strlen(out) == (size_t)ASN1_STRING_length(text);
	}
	if (type != GEN_IPADD || ASN1_STRING_length(text) != 4)
		return 0;
	ip = ASN1_STRING_get0_data(text);
	(void)snprintf(out, size, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
	return 1;
}

static void
words_names(const X509 *certificate, unsigned most, char *out, size_t size)
{
	GENERAL_NAMES *all;
	char one[256];
	size_t used = 0;
	unsigned n = 0;
	int i, len;

	out[0] = '\0';
	all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (i = 0; i < sk_GENERAL_NAME_num(all) && n < most && used < size;
	     i++)
		if (words_alternative(
			sk_GENERAL_NAME_value(all, i), one, sizeof(one)))
			used += (size_t)snprintf(out + used, size - used,
			    "%s%s", n++ == 0 ? "" : ", ", one);
	GENERAL_NAMES_free(all);
	if (n > 0)
		return;
	len = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
	    NID_commonName, one, sizeof(one));
	if (len > 0 && strlen(one) == (size_t)len)
		(void)snprintf(out, size, "%s", one);
}

const char *
wi_tls_names(const X509 *certificate, char *out, size_t size)
{
	words_names(certificate, WORDS_NAMES_MAX, out, size);
	if (out[0] == '\0')
		(void)snprintf(out, size, "nobody");
	return out;
}

const char *
wi_tls_name(const X509 *certificate, char *out, size_t size)
{
	words_names(certificate, 1, out, size);
	return out;
}

/* ---- what is wrong with one */

static int
words_verify_code(int error)
{
	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return WEFT_ETLS_HOST;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return WEFT_ETLS_EXPIRED;
	default:
		return WEFT_ETLS_UNTRUSTED;
	}
}

int
wi_tls_on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct wi_tls_failure *failure = SSL_get_app_data(ssl);
	const X509 *found = X509_STORE_CTX_get_current_cert(store);
	int error = X509_STORE_CTX_get_error(store);
	char names[128] = "nobody", day[32];

	if (ok == 1 || failure == NULL || failure->code != WEFT_OK)
		return ok;
	failure->code = words_verify_code(error);
	if (found != NULL)
		(void)wi_tls_names(found, names, sizeof(names));
	if (failure->code == WEFT_ETLS_HOST)
		(void)snprintf(failure->text, sizeof(failure->text),
		    "expected a certificate for %.80s, found one for %s",
		    failure->host, names);
	else if (error == X509_V_ERR_CERT_HAS_EXPIRED && found != NULL)
		(void)snprintf(failure->text, sizeof(failure->text),
		    "expected a certificate that is valid now, found one for "
		    "%s that ended on %s",
		    names,
		    wi_tls_date(X509_get0_notAfter(found), day, sizeof(day)));
	else if (failure->code == WEFT_ETLS_EXPIRED && found != NULL)
		(void)snprintf(failure->text, sizeof(failure->text),
		    "expected a certificate that is valid now, found one for "
		    "%s that begins on %s",
		    names,
		    wi_tls_date(X509_get0_notBefore(found), day, sizeof(day)));
	else
		(void)snprintf(failure->text, sizeof(failure->text),
		    "expected a certificate that hangs on one we trust, found "
		    "one for %s: %s",
		    names, X509_verify_cert_error_string(error));
	return ok;
}

/* ---- the rest */

const char *
wi_tls_why(char *out, size_t size)
{
	unsigned long error = ERR_get_error();
	const char *reason = ERR_reason_error_string(error);

	if (error == 0)
		(void)snprintf(out, size, "no reason was given");
	else if (reason != NULL)
		(void)snprintf(out, size, "%s", reason);
	else
		(void)snprintf(out, size, "error %lx of OpenSSL", error);
	ERR_clear_error();
	return out;
}

/* What is known of a reason of libssl; others are told in its own words. */
static const struct words_reason {
	int reason;
	int code;
	const char *text;
} words_reasons[] = {
	{ SSL_R_HTTP_REQUEST, WEFT_ETLS,
	    "expected TLS, found a request of HTTP without it" },
	{ SSL_R_WRONG_VERSION_NUMBER, WEFT_ETLS,
	    "expected TLS, found bytes that are none" },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, WEFT_ETLS_NO_CERT,
	    "expected a certificate of the client, found none" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, WEFT_ETLS_VERSION,
	    "expected a version of TLS that is spoken here (min_version), "
	    "found an older one" },
	{ SSL_R_VERSION_TOO_LOW, WEFT_ETLS_VERSION,
	    "expected a version of TLS that is spoken here (min_version), "
	    "found an older one" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, WEFT_ETLS_VERSION,
	    "the peer speaks no version of TLS that is spoken here" },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, WEFT_ETLS_NO_CERT,
	    "the peer expected a certificate of ours, and found none" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA, WEFT_ETLS_UNTRUSTED,
	    "the peer does not trust who has signed our certificate" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, WEFT_ETLS_UNTRUSTED,
	    "the peer does not take our certificate" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, WEFT_ETLS_UNTRUSTED,
	    "the peer does not take our certificate" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, WEFT_ETLS_EXPIRED,
	    "the peer says that our certificate is not valid now" },
};

#define WORDS_REASONS (sizeof(words_reasons) / sizeof(words_reasons[0]))

void
wi_tls_failed(struct wi_tls_failure *failure)
{
	unsigned long error = ERR_peek_error();
	int reason = ERR_GET_REASON(error);
	char why[128];
	size_t i;

	failure->from_peer =
	    ERR_GET_LIB(error) == ERR_LIB_SSL && reason > WORDS_ALERTS;
	(void)wi_tls_why(why, sizeof(why));
	if (failure->code != WEFT_OK)
		return;
	failure->code = WEFT_ETLS;
	for (i = 0; ERR_GET_LIB(error) == ERR_LIB_SSL && i < WORDS_REASONS;
	     i++)
		if (words_reasons[i].reason == reason) {
			failure->code = words_reasons[i].code;
			(void)snprintf(failure->text, sizeof(failure->text),
			    "%s", words_reasons[i].text);
			return;
		}
	(void)snprintf(failure->text, sizeof(failure->text), "%s%s",
	    failure->from_peer ? "the peer refused: " : "", why);
}
