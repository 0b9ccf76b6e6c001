/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/pipe.h - between an SSL and whoever moves its bytes: what came from the
 * peer lies in a span that is read from, what is to go to the peer gathers
 * behind a pointer.  No socket is touched.
 *
 * thread: the one that has the SSL.
 */
#ifndef WI_TLS_PIPE_H
#define WI_TLS_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* owned by: who has the SSL. */
struct wi_tls_pipe {
	const uint8_t *in; /* not read by the SSL yet; another's memory */
	size_t in_len;     /* [bytes] */
	uint8_t *out;    /* written by the SSL, not sent yet from out_at on */
	size_t out_at;   /* [bytes] */
	size_t out_len;  /* [bytes] written in all */
	size_t out_size; /* [bytes] of the memory */
	bool borrowed;   /* out is another's memory */
};

/* wi_tls_pipe_method() - what wi_tls_pipe_join() needs; NULL: no memory.
 * owner: the caller; BIO_meth_free(). */
BIO_METHOD *wi_tls_pipe_method(void);

/* wi_tls_pipe_join() - an SSL reads from and writes to a pipe, which must
 * outlive it.  false: no memory. */
bool wi_tls_pipe_join(
    const BIO_METHOD *method, SSL *ssl, struct wi_tls_pipe *pipe);

/* wi_tls_pipe_lend() - what the SSL writes goes to that memory first; nothing
 * may be waiting to be sent. */
void wi_tls_pipe_lend(struct wi_tls_pipe *pipe, uint8_t *memory, size_t size);

/* wi_tls_pipe_keep() - lent memory is given back; what was not sent is kept.
 * false: no memory for that, and it is lost. */
bool wi_tls_pipe_keep(struct wi_tls_pipe *pipe);

/* wi_tls_pipe_sent() - so many bytes of out from out_at on have left. */
void wi_tls_pipe_sent(struct wi_tls_pipe *pipe, size_t n);

/* wi_tls_pipe_drop() - what was not sent is not to be sent. */
void wi_tls_pipe_drop(struct wi_tls_pipe *pipe);

/* wi_tls_pipe_waits() - [bytes] to be sent. */
static inline size_t
wi_tls_pipe_waits(const struct wi_tls_pipe *pipe)
{
	return pipe->out_len - pipe->out_at;
}

#endif
