/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/linger - what was sent before the end leaves after it.
 *
 * thread: I/O.  Takes a connection when its handler has seen CLOSED; gives the
 * slot back through wi_conn_settle().
 *
 * shut_note: close(2) on a socket with unread input sends RST, and the peer's
 * kernel may then throw away replies that have left here but were not read
 * there.  So a connection that we end sends FIN first, reads and throws away
 * what still comes, and is closed when the peer's kernel has acknowledged
 * everything, or when the peer ends too.  No event tells of an
 * acknowledgement, so it is looked for every LINGER_LOOK_MS.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "base/fail.h"
#include "io/io.h"
#include "io/shake.h"
#include "io/subscribe.h"
#include "io/tls.h"

#define LINGER_LOOK_MS 16u
#define LINGER_DISCARD 16384u /* [bytes] thrown away by one read */

/* Has the peer's kernel got everything (tcp(7), SIOCOUTQ)?  What cannot be
 * asked is taken as done. */
WI_ON_IO static bool
linger_all_taken(const struct wi_conn *conn)
{
	int unacknowledged;

	return ioctl(conn->fd, TIOCOUTQ, &unacknowledged) < 0 ||
	    unacknowledged == 0;
}

WI_ON_IO static void
linger_finish(struct wi_io *io, struct wi_conn *conn)
{
	wi_conn_to(conn, WI_CONN_BROKEN);
	wi_conn_close_socket(io, conn);
	wi_conn_settle(io, conn);
}

void
wi_conn_shut(struct wi_io *io, struct wi_conn *conn)
{
	wi_endpoint_shut(conn->endpoint);
	wi_subscribe_end(io, conn);
}

void
wi_conn_release(struct wi_io *io, struct wi_conn *conn)
{
	conn->released = true;
	if (conn->state != WI_CONN_BROKEN)
		wi_linger_begin(io, conn);
	else
		wi_conn_settle(io, conn);
}

/* From here on it has linger_ms. */
void
wi_linger_begin(struct wi_io *io, struct wi_conn *conn)
{
	if (wi_connect_lasts(conn)) {
		wi_shake_goodbye(io, conn);
		(void)wi_tls_goodbye(io, conn);
		linger_finish(io, conn); /* again_note in io/connect.c */
		return;
	}
	wi_conn_to(conn, WI_CONN_LINGER);
	wi_conn_shut(io, conn);
	conn->linger_ends = wi_io_ticks(io) +
	    (io->linger_ms + WI_FACTS_TICK_MS - 1) / WI_FACTS_TICK_MS;
	wi_shake_goodbye(io, conn);
	if (conn->state != WI_CONN_LINGER)
		return;
	if (conn->out_first == NULL)
		wi_linger_flushed(io, conn);
	else
		wi_due_set(
		    &io->dues, &conn->due, uv_now(&io->loop) + io->linger_ms);
}

void
wi_linger_discard(struct wi_io *io, struct wi_conn *conn)
{
	uint8_t scratch[LINGER_DISCARD];
	ssize_t n;

	n = recv(conn->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
	if (n > 0)
		wi_count(io->counters, WEFT_COUNTER_bytes_in, (uint64_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    linger_all_taken(conn))
		linger_finish(io, conn);
}

/* See shut_note. */
void
wi_linger_flushed(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->state != WI_CONN_LINGER) {
		wi_read_resume(io, conn);
		return;
	}
	if (!wi_tls_goodbye(io, conn)) {
		wi_due_set(
		    &io->dues, &conn->due, uv_now(&io->loop) + io->linger_ms);
		return;
	}
	if (conn->peer_ended || conn->udp != NULL) {
		linger_finish(io, conn);
		return;
	}
	wi_conn_to(conn, WI_CONN_SHUT);
	if (!linger_all_taken(conn)) {
		(void)shutdown(conn->fd, SHUT_WR);
		wi_due_set(
		    &io->dues, &conn->due, uv_now(&io->loop) + LINGER_LOOK_MS);
		wi_conn_poll(conn);
	} else {
		wi_linger_discard(io, conn);
	}
}

WI_ON_IO static void
linger_over(struct wi_io *io, struct wi_conn *conn)
{
	wi_count(io->counters, WEFT_COUNTER_closed_linger, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_LINGER,
	    "endpoint %016llx: expected its last replies to be taken in "
	    "%u ms, found %llu bytes left",
	    (unsigned long long)conn->endpoint->name, io->linger_ms,
	    (unsigned long long)conn->out_bytes);
	wi_conn_break(io, conn, WEFT_REASON_RESET, WEFT_OK);
}

void
wi_linger_look(struct wi_io *io, struct wi_conn *conn)
{
	if ((int32_t)(wi_io_ticks(io) - conn->linger_ends) >= 0) {
		linger_over(io, conn);
		return;
	}
	wi_due_set(&io->dues, &conn->due, uv_now(&io->loop) + LINGER_LOOK_MS);
	if (conn->state == WI_CONN_SHUT)
		wi_linger_discard(io, conn);
}
