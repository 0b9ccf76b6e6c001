/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/tls_files.h - certificates and keys for a test, made when it
 * runs (P-256): none lies in the tree, to end one day.
 *
 *	tls_files_new();
 *	tls_make_ca("ca");
 *	tls_make("a", "ca", "localhost");
 *	... tls_url("tls+varint://127.0.0.1:0?cert=%a") ...
 *	tls_files_free();
 *
 * A file NAME.pem has the certificate and its key, NAME.crt and NAME.key have
 * one each.
 */
#ifndef TESTS_FLOW_TLS_FILES_H
#define TESTS_FLOW_TLS_FILES_H

#include <openssl/x509.h>

/* tls_files_new() - an empty folder, which is this process's.
 * tls_files_free() - it goes, with all that is in it. */
void tls_files_new(void);
void tls_files_free(void);

/* tls_file() - its path in that folder.  Eight may be in use at a time. */
const char *tls_file(const char *name);

/* tls_url() - each "%NAME" (a-z, 0-9, dots) as the path of NAME; likewise. */
const char *tls_url(const char *url);

/* tls_make_ca() - one that signs itself and others. */
void tls_make_ca(const char *name);

/* tls_make() - one that an authority of that name has signed; names: DNS names
 * and IPv4 addresses, as "localhost,127.0.0.1", the first of them is the
 * common name, too.  ca NULL: it has signed itself. */
void tls_make(const char *name, const char *ca, const char *names);

/* tls_make_when() - valid from and to so many days from now. */
void tls_make_when(
    const char *name, const char *ca, const char *names, int from, int to);

/* tls_write() - a file with that text.  tls_copy() - one becomes another. */
void tls_write(const char *name, const char *text);
void tls_copy(const char *from, const char *to);

/* tls_encrypt() - NAME.key anew, encrypted by a passphrase. */
void tls_encrypt(const char *name);

#endif
