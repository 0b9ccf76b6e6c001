/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/tls_flush - what is queued becomes records of TLS and leaves.
 *
 * thread: I/O.
 *
 * sealed_note: records are made as the socket is written to, up to four of
 * 16 KiB at a time; small messages share one.  What is in a record has left
 * the queue, as what lies in the kernel's buffer has; what the socket does not
 * take of it is kept, at most those four, and goes first.  It cannot be taken
 * back: a record that is left out breaks those behind it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "io/io.h"
#include "io/shake.h"
#include "io/tls.h"

/* Does this thread have the SSL, if there is one?  Not even that may be looked
 * at otherwise (own_note). */
WI_ON_IO static bool
flush_has(const struct wi_tls *tls)
{
	return tls != NULL &&
	    (tls->shake == NULL || wi_tls_reads(tls->conn)) &&
	    tls->ssl != NULL;
}

bool
wi_tls_waits(const struct wi_conn *conn)
{
	return flush_has(conn->tls) && wi_tls_pipe_waits(&conn->tls->pipe) > 0;
}

int
wi_tls_send(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls_pipe *pipe = &conn->tls->pipe;
	ssize_t n;
	int rv = 1;

	while (wi_tls_pipe_waits(pipe) > 0) {
		n = send(conn->fd, pipe->out + pipe->out_at,
		    wi_tls_pipe_waits(pipe), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			wi_count(io->counters, WEFT_COUNTER_writes, 1);
			wi_count(
			    io->counters, WEFT_COUNTER_bytes_out, (uint64_t)n);
			wi_fact_add(&conn->facts.bytes_out, (uint64_t)n);
			wi_tls_pipe_sent(pipe, (size_t)n);
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			rv = 0;
			break;
		} else if (errno != EINTR) {
			rv = -errno;
			wi_tls_pipe_drop(pipe);
		}
	}
	return wi_tls_pipe_keep(pipe) ? rv : -ENOMEM;
}

/* The next bytes of the queue, at most a record's; none are taken off. */
WI_ON_IO static const uint8_t *
flush_gather(struct wi_io *io, const struct wi_conn *conn, size_t *len)
{
	const struct wi_chunk *chunk = conn->out_first;
	uint8_t *stage = io->tls_desk->stage;
	uint32_t at = conn->out_at;
	size_t n;

	*len = 0;
	if (chunk->next == NULL || chunk->len - at >= WI_TLS_RECORD) {
		*len = chunk->len - at < WI_TLS_RECORD ? chunk->len - at :
							 WI_TLS_RECORD;
		return chunk->bytes + at;
	}
	for (; chunk != NULL && *len < WI_TLS_RECORD; chunk = chunk->next) {
		n = chunk->len - at;
		if (n > WI_TLS_RECORD - *len)
			n = WI_TLS_RECORD - *len;
		memcpy(stage + *len, chunk->bytes + at, n);
		*len += n;
		at = 0;
	}
	return stage;
}

/* As many records as one write is to take.  false: OpenSSL refuses. */
WI_ON_IO static bool
flush_seal(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;
	struct wi_tls_pipe *pipe = &tls->pipe;
	const uint8_t *bytes;
	size_t len, sealed;

	wi_tls_pipe_lend(pipe, io->tls_desk->out, sizeof(io->tls_desk->out));
	ERR_clear_error();
	while (conn->out_first != NULL &&
	    pipe->out_size - pipe->out_len >= WI_TLS_RECORD + WI_TLS_HEAD) {
		bytes = flush_gather(io, conn, &len);
		if (len > 0 &&
		    (SSL_write_ex(tls->ssl, bytes, len, &sealed) != 1 ||
			sealed != len))
			return false;
		wi_flush_advance(io, conn, len);
	}
	return true;
}

/* The socket, or OpenSSL, takes no more for good. */
WI_ON_IO static void
flush_failed(struct wi_io *io, struct wi_conn *conn, int code)
{
	wi_tls_pipe_drop(&conn->tls->pipe);
	if (conn->state == WI_CONN_SHAKING)
		wi_shake_failed(io, conn, code, "the peer is gone");
	else
		wi_flush_failed(io, conn, -code);
}

void
wi_tls_flush(struct wi_io *io, struct wi_conn *conn)
{
	int rv;

	if (!flush_has(conn->tls))
		return;
	for (;;) {
		rv = wi_tls_send(io, conn);
		if (rv <= 0)
			break;
		if (conn->out_first == NULL || conn->state == WI_CONN_SHAKING)
			break;
		if (!flush_seal(io, conn)) {
			ERR_clear_error();
			rv = -EPIPE;
			break;
		}
	}
	if (rv < 0) {
		flush_failed(io, conn, rv);
	} else if (conn->state == WI_CONN_SHAKING) {
		wi_conn_poll(conn);
	} else if (rv == 0) {
		wi_flush_waits(io, conn);
	} else {
		conn->waits = false;
		wi_linger_flushed(io, conn);
	}
}

int
wi_tls_say(
    struct wi_io *io, struct wi_conn *conn, const uint8_t *bytes, size_t len)
{
	struct wi_tls *tls = conn->tls;
	size_t sealed;
	int rv;

	if (!flush_has(tls))
		return -ENOTCONN;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, bytes, len, &sealed) != 1) {
		ERR_clear_error();
		return -EPIPE;
	}
	rv = wi_tls_send(io, conn);
	if (rv < 0)
		return rv;
	wi_conn_poll(conn);
	return WEFT_OK;
}

bool
wi_tls_goodbye(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;
	int rv;

	if (!flush_has(tls) || conn->write_error != 0)
		return true;
	/* A part of what was to be said is missing: then it is no end. */
	if (tls->stands && !tls->said_end && !conn->cut) {
		tls->said_end = true;
		ERR_clear_error();
		(void)SSL_shutdown(tls->ssl);
		ERR_clear_error();
	}
	rv = wi_tls_send(io, conn);
	if (rv == 0)
		wi_conn_poll(conn);
	return rv != 0;
}
