/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/tls - what came from the socket becomes bytes for the codec.
 *
 * thread: I/O.  io/read asks for them as it asks a socket.
 *
 * held_note: one read of the socket brings up to 64 KiB into memory that all
 * connections use in turn, and OpenSSL decrypts from there straight into the
 * block that is read into.  When reading pauses before all of it is used, the
 * rest is copied to memory of the connection's own: no socket becomes readable
 * for it, nor for what OpenSSL has decrypted and not given yet, so io/read
 * asks wi_tls_holds() as it looks at tail_more.
 *
 * An idle connection has neither: OpenSSL lets go of its buffers, too
 * (SSL_MODE_RELEASE_BUFFERS).
 */
#include "io/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "io/shake.h"
#include "tls/words.h"

bool
wi_tls_holds(const struct wi_conn *conn)
{
	const struct wi_tls *tls = conn->tls;

	return tls != NULL && tls->stands &&
	    (tls->end != WI_TLS_GOES_ON || tls->pipe.in_len > 0 ||
		SSL_pending(tls->ssl) > 0);
}

/* One read of the socket, when all of the one before is used.  1: some came;
 * 0: the end; -1: errno. */
WI_ON_IO static int
tls_receive(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;
	ssize_t n;

	free(tls->held);
	tls->held = NULL;
	n = recv(conn->fd, io->tls_desk->in, WI_TLS_IN, MSG_DONTWAIT);
	if (n < 0)
		return -1;
	if (n == 0) {
		conn->peer_ended = true;
		tls->end = WI_TLS_CUT;
		return 0;
	}
	wi_count(io->counters, WEFT_COUNTER_reads, 1);
	wi_count(io->counters, WEFT_COUNTER_bytes_in, (uint64_t)n);
	wi_fact_add(&conn->facts.bytes_in, (uint64_t)n);
	wi_fact_set(&conn->facts.heard, wi_io_ticks(io));
	tls->pipe.in = io->tls_desk->in;
	tls->pipe.in_len = (size_t)n;
	return 1;
}

/* What OpenSSL says when it gives no more. */
WI_ON_IO static void
tls_look(struct wi_tls *tls, int rv)
{
	switch (SSL_get_error(tls->ssl, rv)) {
	case SSL_ERROR_WANT_READ:
		return;
	case SSL_ERROR_ZERO_RETURN:
		tls->end = WI_TLS_SAID;
		break;
	default:
		tls->end = WI_TLS_BROKEN;
		tls->failure = calloc(1, sizeof(*tls->failure));
		if (tls->failure != NULL)
			wi_tls_failed(tls->failure);
	}
	tls->pipe.in_len = 0;
}

ssize_t
wi_tls_read(struct wi_io *io, struct wi_conn *conn, void *out, size_t size)
{
	struct wi_tls *tls = conn->tls;
	size_t got = 0, n;
	int rv = 1;

	if (!wi_tls_holds(conn)) {
		rv = tls_receive(io, conn);
		if (rv <= 0)
			return rv;
	}
	ERR_clear_error();
	while (got < size && tls->end == WI_TLS_GOES_ON) {
		rv = SSL_read_ex(
		    tls->ssl, (uint8_t *)out + got, size - got, &n);
		if (rv != 1)
			break;
		got += n;
	}
	if (rv != 1)
		tls_look(tls, rv);
	/* An answer of OpenSSL's, as to a KeyUpdate.  If it cannot be sent,
	 * reading will tell. */
	if (wi_tls_pipe_waits(&tls->pipe) > 0) {
		(void)wi_tls_send(io, conn);
		wi_conn_poll(conn);
	}
	if (got > 0)
		return (ssize_t)got;
	if (tls->end != WI_TLS_GOES_ON)
		return 0;
	errno = EAGAIN;
	return -1;
}

void
wi_tls_rest(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;

	if (tls == NULL || tls->shake != NULL)
		return;
	tls->reading = false;
	if (tls->pipe.in_len == 0) {
		free(tls->held);
		tls->held = NULL;
	} else if (tls->held == NULL) {
		tls->held = malloc(tls->pipe.in_len);
		if (tls->held == NULL) {
			wi_conn_break(io, conn, WEFT_REASON_NOMEM, -ENOMEM);
			return;
		}
		memcpy(tls->held, tls->pipe.in, tls->pipe.in_len);
		tls->pipe.in = tls->held;
	}
}

/* ---- the end */

/* What was read before is delivered, and what is queued leaves. */
WI_ON_IO static void
tls_cut(struct wi_io *io, struct wi_conn *conn)
{
	static const char words[] =
	    "expected TLS to be ended (close_notify), found the end of the "
	    "connection";
	char peer[WI_ADDRESS_TEXT];

	if (conn->state == WI_CONN_SHAKING) {
		wi_shake_failed(io, conn, WEFT_ETLS_TRUNCATED, words);
		return;
	}
	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_closed_truncated, 1);
	wi_log_say(io->hub->log, WI_LOG_TLS_TRUNCATED, "%s: %s", peer, words);
	wi_conn_end(io, conn, WEFT_REASON_TRUNCATED);
}

WI_ON_IO static void
tls_broken(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls_failure failure = { .code = WEFT_ETLS,
		.text = "no memory to say why" };
	char peer[WI_ADDRESS_TEXT];

	if (conn->tls->failure != NULL)
		failure = *conn->tls->failure;
	if (conn->state == WI_CONN_SHAKING) {
		wi_shake_failed(io, conn, failure.code, failure.text);
		return;
	}
	wi_conn_peer(conn, peer, sizeof(peer));
	wi_log_say(io->hub->log, WI_LOG_TLS_BROKEN, "%s: %s; closed", peer,
	    failure.text);
	if (failure.from_peer) {
		wi_conn_break(io, conn, WEFT_REASON_RESET, failure.code);
		return;
	}
	wi_count(io->counters, WEFT_COUNTER_closed_malformed, 1);
	wi_conn_break(io, conn, WEFT_REASON_MALFORMED, failure.code);
}

void
wi_tls_ended(struct wi_io *io, struct wi_conn *conn)
{
	switch ((enum wi_tls_end)conn->tls->end) {
	case WI_TLS_CUT:
		tls_cut(io, conn);
		break;
	case WI_TLS_BROKEN:
		tls_broken(io, conn);
		break;
	default:
		wi_conn_lost(io, conn, WEFT_REASON_PEER, WEFT_OK);
	}
}
