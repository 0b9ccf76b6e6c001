/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/proxied - clients that come by a proxy.
 *
 * thread: I/O.  io/accept has seen that it is a proxy that may connect;
 * io/conn hands over what its socket says, until the header is whole.
 *
 * peek_note: bytes are looked at first (MSG_PEEK), and no more is taken than
 * belongs to the header.  So whoever reads next, a codec or what comes in
 * front of it, finds its first byte in the socket, and knows nothing of this.
 */
#include "io/proxied.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <weft/error.h>

#include "codec/proxy.h"
#include "io/shake.h"

void
wi_proxied_begin(struct wi_io *io, struct wi_conn *conn)
{
	conn->proxied = true;
	wi_shake_enter(io, conn);
}

void
wi_proxied_failed(struct wi_io *io, struct wi_conn *conn, const char *text)
{
	char peer[WI_ADDRESS_TEXT];

	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_closed_proxy, 1);
	wi_log_say(
	    io->hub->log, WI_LOG_IO_PROXY, "%s: %s; closed", peer, text);
	conn->proxied = false;
	wi_conn_break(io, conn, WEFT_REASON_HANDSHAKE, WEFT_EMALFORMED);
}

/* From here on it is the client's.  false: that one has too many. */
WI_ON_IO static bool
proxied_count(struct wi_io *io, struct wi_conn *conn)
{
	uint32_t limit = WI_LIMIT(conn->endpoint->limits, per_ip);
	char peer[WI_ADDRESS_TEXT];
	struct wi_address remote;
	int rv;

	wi_fact_get_address(conn->facts.remote, &remote);
	rv = wi_per_ip_add(&io->per_ip, &remote, limit);
	conn->counted = rv == WEFT_OK && limit != 0;
	if (rv == WEFT_OK)
		return true;
	wi_conn_peer(conn, peer, sizeof(peer));
	if (rv == WEFT_EFULL) {
		wi_count(io->counters, WEFT_COUNTER_refused_per_ip, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_PER_IP,
		    "%s: expected at most %u endpoints of one address, found "
		    "one more; refused",
		    peer, limit);
	} else {
		wi_count(io->counters, WEFT_COUNTER_accept_errors, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_ACCEPT_FAILED, "%s: %s",
		    peer, weft_strerror(rv));
	}
	wi_conn_break(io, conn, WEFT_REASON_HANDSHAKE, rv);
	return false;
}

WI_ON_IO static void
proxied_done(
    struct wi_io *io, struct wi_conn *conn, const struct wi_proxy *proxy)
{
	conn->proxied = false;
	wi_conn_drop_tail(conn);
	if (proxy->known) {
		wi_fact_set_address(conn->facts.remote, &proxy->remote);
		wi_fact_set_address(conn->facts.local, &proxy->local);
	}
	if (proxied_count(io, conn))
		wi_conn_begin(io, conn);
}

/* A part of it: kept behind what was kept before. */
WI_ON_IO static void
proxied_keep(
    struct wi_io *io, struct wi_conn *conn, const uint8_t *bytes, size_t len)
{
	if (conn->tail == NULL)
		conn->tail = wi_block_new(WI_PROXY_MAX);
	if (conn->tail == NULL) {
		wi_proxied_failed(io, conn,
		    "expected memory for a part of a PROXY header, found "
		    "none");
		return;
	}
	memcpy(conn->tail->data, bytes, len);
	conn->tail_at = 0;
	conn->tail_len = (uint32_t)len;
}

/* See peek_note.  false: it is not there any more. */
WI_ON_IO static bool
proxied_take(
    struct wi_io *io, struct wi_conn *conn, uint8_t *bytes, size_t len)
{
	if (recv(conn->fd, bytes, len, MSG_DONTWAIT) != (ssize_t)len)
		return false;
	wi_count(io->counters, WEFT_COUNTER_reads, 1);
	wi_count(io->counters, WEFT_COUNTER_bytes_in, (uint64_t)len);
	wi_fact_add(&conn->facts.bytes_in, (uint64_t)len);
	wi_fact_set(&conn->facts.heard, wi_io_ticks(io));
	return true;
}

void
wi_proxied_ready(struct wi_io *io, struct wi_conn *conn)
{
	uint8_t bytes[WI_PROXY_MAX];
	size_t kept = conn->tail != NULL ? conn->tail_len : 0;
	struct wi_proxy proxy;
	const char *why;
	ssize_t n;
	int used;

	if (kept > 0)
		memcpy(bytes, conn->tail->data, kept);
	n = recv(conn->fd, bytes + kept, sizeof(bytes) - kept,
	    MSG_DONTWAIT | MSG_PEEK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		wi_proxied_failed(io, conn,
		    "expected a PROXY header, found the end of the "
		    "connection");
		return;
	}
	used = wi_proxy_read(bytes, kept + (size_t)n, &proxy, &why);
	if (used < 0)
		wi_proxied_failed(io, conn, why);
	else if (!proxied_take(io, conn, bytes + kept,
		     used > 0 ? (size_t)used - kept : (size_t)n))
		wi_proxied_failed(io, conn,
		    "expected a PROXY header, found a broken connection");
	else if (used > 0)
		proxied_done(io, conn, &proxy);
	else
		proxied_keep(io, conn, bytes, kept + (size_t)n);
}
