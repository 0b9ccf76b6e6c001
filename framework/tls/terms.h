/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/terms.h - the contexts of a node: one for each way in which its URLs
 * have asked for TLS, and all of them read anew on demand.
 *
 * thread: any, under mutexes; no message's way leads through here, a
 * handshake's does, for the time of a few instructions.
 */
#ifndef WI_TLS_TERMS_H
#define WI_TLS_TERMS_H

#include <pthread.h>
#include <stdbool.h>

#include "tls/context.h"

/* Kept until the node ends, so that limits (handoff/endpoint.h) can point to
 * one. */
struct wi_tls_terms {
	struct wi_tls_terms *next;
	const BIO_METHOD *pipes;        /* the book's */
	struct wi_tls_wish wish;        /* constant */
	pthread_mutex_t mutex;          /* guards the rest */
	struct wi_tls_context *context; /* of new handshakes; one reference */
	SSL_SESSION *session; /* ours: the last that was let us; or NULL */
};

struct wi_tls_book {
	pthread_mutex_t mutex; /* guards the rest; before that of terms */
	struct wi_tls_terms *terms;
	BIO_METHOD *pipes; /* made with the first terms */
};

int wi_tls_book_init(struct wi_tls_book *book);

/* wi_tls_book_fini() - nobody has an SSL any more. */
void wi_tls_book_fini(struct wi_tls_book *book);

/*
 * wi_tls_book_terms() - those of a wish; its files are read if they are new.
 *
 *   wish     in       all of its bytes count.
 *   log      in       must outlive the book.
 *   termsp   out      kept by the book; NULL on error.
 *   returns           WEFT_OK, -ENOMEM, or as wi_tls_context_new().
 */
int wi_tls_book_terms(struct wi_tls_book *book, const struct wi_tls_wish *wish,
    struct wi_log *log, struct wi_tls_terms **termsp, struct weft_error *err);

/*
 * wi_tls_book_reload() - read all files again, for handshakes that begin from
 * now on.
 *
 *   nreloaded out     terms.
 *   returns           WEFT_OK; or, as wi_tls_context_new(), what is wrong with
 *                     one, and then all stay as they were.
 */
int wi_tls_book_reload(struct wi_tls_book *book, struct wi_log *log,
    unsigned *nreloaded, struct weft_error *err);

/* wi_tls_terms_begin() - the context of a handshake that begins, and an SSL
 * that is joined to a pipe; NULL: no memory.
 *   contextp  out     one reference; drop it when the handshake is over. */
SSL *wi_tls_terms_begin(struct wi_tls_terms *terms, struct wi_tls_pipe *pipe,
    struct wi_tls_failure *failure, struct wi_tls_context **contextp);

#endif
