/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/terms - the contexts of a node.
 *
 * thread: any.
 */
#include "tls/terms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

int
wi_tls_book_init(struct wi_tls_book *book)
{
	memset(book, 0, sizeof(*book));
	return -pthread_mutex_init(&book->mutex, NULL);
}

static void
terms_free(struct wi_tls_terms *terms)
{
	wi_tls_context_drop(&terms->context);
	SSL_SESSION_free(terms->session);
	(void)pthread_mutex_destroy(&terms->mutex);
	free(terms);
}

void
wi_tls_book_fini(struct wi_tls_book *book)
{
	struct wi_tls_terms *terms;

	while ((terms = book->terms) != NULL) {
		book->terms = terms->next;
		terms_free(terms);
	}
	BIO_meth_free(book->pipes);
	(void)pthread_mutex_destroy(&book->mutex);
}

/* A session of ours that can be taken up again takes the place of the one
 * before.  returns 1: it is kept. */
static int
terms_remember(SSL *ssl, SSL_SESSION *session)
{
	struct wi_tls_terms *terms =
	    SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	SSL_SESSION *before;

	(void)pthread_mutex_lock(&terms->mutex);
	before = terms->session;
	terms->session = session;
	(void)pthread_mutex_unlock(&terms->mutex);
	SSL_SESSION_free(before);
	return 1;
}

static int
terms_context(struct wi_tls_terms *terms, struct wi_log *log,
    struct wi_tls_context **contextp, struct weft_error *err)
{
	int rv;

	rv = wi_tls_context_new(&terms->wish, terms, log, contextp, err);
	if (rv == WEFT_OK && terms->wish.ours)
		wi_tls_context_remember(*contextp, terms_remember);
	return rv;
}

static int
terms_new(struct wi_tls_book *book, const struct wi_tls_wish *wish,
    struct wi_log *log, struct wi_tls_terms **termsp, struct weft_error *err)
{
	struct wi_tls_terms *terms = calloc(1, sizeof(*terms));
	int rv;

	if (book->pipes == NULL)
		book->pipes = wi_tls_pipe_method();
	if (terms == NULL || book->pipes == NULL ||
	    pthread_mutex_init(&terms->mutex, NULL) != 0) {
		free(terms);
		return wi_fail(err, -ENOMEM, "tls: no memory");
	}
	terms->wish = *wish;
	terms->pipes = book->pipes;
	rv = terms_context(terms, log, &terms->context, err);
	if (rv < 0) {
		terms_free(terms);
		return rv;
	}
	terms->next = book->terms;
	book->terms = terms;
	*termsp = terms;
	return WEFT_OK;
}

int
wi_tls_book_terms(struct wi_tls_book *book, const struct wi_tls_wish *wish,
    struct wi_log *log, struct wi_tls_terms **termsp, struct weft_error *err)
{
	struct wi_tls_terms *terms;
	int rv = WEFT_OK;

	*termsp = NULL;
	(void)pthread_mutex_lock(&book->mutex);
	for (terms = book->terms; terms != NULL; terms = terms->next)
		if (memcmp(&terms->wish, wish, sizeof(*wish)) == 0)
			break;
	if (terms == NULL)
		rv = terms_new(book, wish, log, &terms, err);
	if (rv == WEFT_OK)
		*termsp = terms;
	(void)pthread_mutex_unlock(&book->mutex);
	return rv;
}

/* ---- reload */

static void
terms_renew(struct wi_tls_terms *terms, struct wi_tls_context **contextp)
{
	struct wi_tls_context *before;
	SSL_SESSION *session;

	(void)pthread_mutex_lock(&terms->mutex);
	before = terms->context;
	terms->context = *contextp;
	session = terms->session;
	terms->session = NULL;
	(void)pthread_mutex_unlock(&terms->mutex);
	*contextp = NULL;
	wi_tls_context_drop(&before);
	SSL_SESSION_free(session);
}

/* All or none. */
static int
terms_reload(struct wi_tls_book *book, struct wi_log *log, unsigned *nreloaded,
    struct weft_error *err)
{
	struct wi_tls_context **fresh;
	struct wi_tls_terms *terms;
	unsigned n = 0, i = 0;
	int rv = WEFT_OK;

	for (terms = book->terms; terms != NULL; terms = terms->next)
		n++;
	fresh = calloc(n + 1, sizeof(struct wi_tls_context *));
	if (fresh == NULL)
		return wi_fail(err, -ENOMEM, "tls: no memory");
	for (terms = book->terms; terms != NULL && rv == WEFT_OK;
	     terms = terms->next)
		rv = terms_context(terms, log, &fresh[i++], err);
	i = 0;
	for (terms = book->terms; terms != NULL && rv == WEFT_OK;
	     terms = terms->next)
		terms_renew(terms, &fresh[i++]);
	for (i = 0; i < n; i++)
		wi_tls_context_drop(&fresh[i]);
	free(fresh);
	*nreloaded = rv == WEFT_OK ? n : 0;
	return rv;
}

int
wi_tls_book_reload(struct wi_tls_book *book, struct wi_log *log,
    unsigned *nreloaded, struct weft_error *err)
{
	int rv;

	*nreloaded = 0;
	(void)pthread_mutex_lock(&book->mutex);
	rv = terms_reload(book, log, nreloaded, err);
	(void)pthread_mutex_unlock(&book->mutex);
	return rv;
}

/* ---- one connection */

SSL *
wi_tls_terms_begin(struct wi_tls_terms *terms, struct wi_tls_pipe *pipe,
    struct wi_tls_failure *failure, struct wi_tls_context **contextp)
{
	SSL_SESSION *session;
	SSL *ssl;

	(void)pthread_mutex_lock(&terms->mutex);
	*contextp = wi_tls_context_hold(terms->context);
	session = terms->session;
	if (session != NULL)
		(void)SSL_SESSION_up_ref(session);
	(void)pthread_mutex_unlock(&terms->mutex);
	ssl = wi_tls_context_begin(*contextp, failure);
	if (ssl != NULL && !wi_tls_pipe_join(terms->pipes, ssl, pipe)) {
		SSL_free(ssl);
		ssl = NULL;
	}
	if (ssl != NULL && session != NULL)
		(void)SSL_set_session(ssl, session);
	SSL_SESSION_free(session);
	if (ssl == NULL)
		wi_tls_context_drop(contextp);
	return ssl;
}
