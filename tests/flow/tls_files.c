/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/tls_files.c - certificates and keys for a test.
 */
#include "tls_files.h"

#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define FILES_PATHS 8u
#define FILES_DAY 86400L

static char files_dir[64];

void
tls_files_new(void)
{
	strcpy(files_dir, "/tmp/weft-tls-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(files_dir));
}

void
tls_files_free(void)
{
	DIR *dir = opendir(files_dir);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			ck_assert_int_eq(unlink(tls_file(entry->d_name)), 0);
	ck_assert_int_eq(closedir(dir), 0);
	ck_assert_int_eq(rmdir(files_dir), 0);
}

const char *
tls_file(const char *name)
{
	static char paths[FILES_PATHS][384];
	static unsigned next;
	char *path = paths[next++ % FILES_PATHS];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", files_dir, name);
	return path;
}

const char *
tls_url(const char *url)
{
	static char urls[FILES_PATHS][1024];
	static unsigned next;
	char *out = urls[next++ % FILES_PATHS], name[32];
	size_t used = 0, len;

	for (; *url != '\0'; url++) {
		if (*url != '%') {
			out[used++] = *url;
			continue;
		}
		len = strspn(url + 1, "abcdefghijklmnopqrstuvwxyz0123456789.");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, url + 1);
		used += (size_t)sprintf(out + used, "%s", tls_file(name));
		url += len;
	}
	out[used] = '\0';
	return out;
}

/* ---- writing and reading */

static FILE *
files_open(const char *name, const char *end, const char *mode)
{
	char file[64];
	FILE *stream;

	(void)snprintf(file, sizeof(file), "%s%s", name, end);
	stream = fopen(tls_file(file), mode);
	ck_assert_msg(stream != NULL, "%s: cannot be opened", file);
	if (mode[0] == 'w')
		ck_assert_int_eq(fchmod(fileno(stream), 0600), 0);
	return stream;
}

void
tls_write(const char *name, const char *text)
{
	FILE *stream = files_open(name, "", "w");

	ck_assert_int_ge(fputs(text, stream), 0);
	ck_assert_int_eq(fclose(stream), 0);
}

void
tls_copy(const char *from, const char *to)
{
	static char text[16384];
	FILE *stream = files_open(from, "", "r");
	size_t n = fread(text, 1, sizeof(text) - 1, stream);

	text[n] = '\0';
	(void)fclose(stream);
	tls_write(to, text);
}

static void
files_save(const char *name, X509 *certificate, EVP_PKEY *key)
{
	FILE *both = files_open(name, ".pem", "w");
	FILE *one = files_open(name, ".crt", "w");
	FILE *other = files_open(name, ".key", "w");

	ck_assert_int_eq(PEM_write_X509(both, certificate), 1);
	ck_assert_int_eq(PEM_write_X509(one, certificate), 1);
	ck_assert_int_eq(
	    PEM_write_PrivateKey(both, key, NULL, NULL, 0, NULL, NULL), 1);
	ck_assert_int_eq(
	    PEM_write_PrivateKey(other, key, NULL, NULL, 0, NULL, NULL), 1);
	ck_assert_int_eq(fclose(both) | fclose(one) | fclose(other), 0);
}

static EVP_PKEY *
files_key(const char *name)
{
	FILE *stream = files_open(name, ".key", "r");
	EVP_PKEY *key = PEM_read_PrivateKey(stream, NULL, NULL, NULL);

	(void)fclose(stream);
	ck_assert_ptr_nonnull(key);
	return key;
}

static X509 *
files_certificate(const char *name)
{
	FILE *stream = files_open(name, ".crt", "r");
	X509 *certificate = PEM_read_X509(stream, NULL, NULL, NULL);

	(void)fclose(stream);
	ck_assert_ptr_nonnull(certificate);
	return certificate;
}

void
tls_encrypt(const char *name)
{
	EVP_PKEY *key = files_key(name);
	FILE *stream = files_open(name, ".key", "w");
	unsigned char word[] = "secret";

	ck_assert_int_eq(PEM_write_PrivateKey(stream, key, EVP_aes_128_cbc(),
			     word, sizeof(word) - 1, NULL, NULL),
	    1);
	ck_assert_int_eq(fclose(stream), 0);
	EVP_PKEY_free(key);
}

/* ---- making */

static void
files_extend(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_msg(extension != NULL, "extension %s", value);
	ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* "localhost,127.0.0.1" as "DNS:localhost,IP:127.0.0.1". */
static void
files_names(X509 *certificate, const char *names)
{
	char value[512] = "", one[128];
	size_t used = 0, len;

	while (*names != '\0') {
		len = strcspn(names, ",");
		(void)snprintf(one, sizeof(one), "%.*s", (int)len, names);
		used += (size_t)snprintf(value + used, sizeof(value) - used,
		    "%s%s:%s", used == 0 ? "" : ",",
		    strspn(one, "0123456789.") == len ? "IP" : "DNS", one);
		names += len + (names[len] == ',');
	}
	files_extend(certificate, NID_subject_alt_name, value);
}

static X509 *
files_begin(EVP_PKEY *key, const char *names, int from, int to)
{
	static long serial = 1000;
	X509 *certificate = X509_new();
	char common[64];

	ck_assert_ptr_nonnull(certificate);
	(void)snprintf(
	    common, sizeof(common), "%.*s", (int)strcspn(names, ","), names);
	ck_assert_int_eq(X509_set_version(certificate, 2), 1);
	ck_assert_int_eq(
	    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial), 1);
	ck_assert_ptr_nonnull(X509_gmtime_adj(
	    X509_getm_notBefore(certificate), from * FILES_DAY));
	ck_assert_ptr_nonnull(
	    X509_gmtime_adj(X509_getm_notAfter(certificate), to * FILES_DAY));
	ck_assert_int_eq(X509_set_pubkey(certificate, key), 1);
	ck_assert_int_eq(
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate),
		"CN", MBSTRING_ASC, (const unsigned char *)common, -1, -1, 0),
	    1);
	return certificate;
}

static void
files_make(const char *name, const char *ca, const char *names, int from,
    int to, bool signs)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *signer;
	X509 *certificate = files_begin(key, names, from, to), *issuer;

	signer = ca == NULL ? key : files_key(ca);
	issuer = ca == NULL ? certificate : files_certificate(ca);
	ck_assert_int_eq(
	    X509_set_issuer_name(certificate, X509_get_subject_name(issuer)),
	    1);
	files_extend(certificate, NID_basic_constraints,
	    signs ? "critical,CA:TRUE" : "CA:FALSE");
	if (!signs)
		files_names(certificate, names);
	ck_assert_int_gt(X509_sign(certificate, signer, EVP_sha256()), 0);
	files_save(name, certificate, key);
	if (ca != NULL) {
		X509_free(issuer);
		EVP_PKEY_free(signer);
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
}

void
tls_make_ca(const char *name)
{
	files_make(name, NULL, name, -1, 30, true);
}

void
tls_make(const char *name, const char *ca, const char *names)
{
	files_make(name, ca, names, -1, 30, false);
}

void
tls_make_when(
    const char *name, const char *ca, const char *names, int from, int to)
{
	files_make(name, ca, names, from, to, false);
}
