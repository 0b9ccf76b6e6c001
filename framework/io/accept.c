/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/accept - clients become connections.
 *
 * thread: I/O.  Takes clients from the listeners' backlogs and hands them to
 * io/conn.
 *
 * pause_note: when there is no descriptor or no slot for another client, all
 * listeners stop being polled (a listener that stays readable would spin) and
 * clients wait in the backlog.  Accepting goes on as soon as an endpoint of
 * ours closes.  Without a descriptor it is tried every ACCEPT_RETRY_MS
 * besides, since one may also be freed by somebody else in the process or on
 * the machine; without a slot nobody else can help, and there is no timer.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <weft/error.h>

#include "base/assert.h"
#include "io/io.h"
#include "io/listener.h"

#define ACCEPT_RETRY_MS 8u
#define ACCEPT_PER_TURN 64u /* then the other sockets have their turn */

static void accept_on_retry(uv_timer_t *timer);
static bool accept_one(struct wi_listener *listener) WI_ON_IO;

WI_ON_IO static void
accept_pause(struct wi_io *io, enum wi_accept to, const char *cause)
{
	struct wi_listener *listener;

	if (io->accept == WI_ACCEPT_ON) {
		for (listener = io->listeners; listener != NULL;
		     listener = listener->next)
			wi_listen_poll(listener, false);
		wi_count(io->counters, WEFT_COUNTER_accept_pauses, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_ACCEPT_PAUSED,
		    "%s at %u endpoints: clients wait in the backlog", cause,
		    io->nconns);
	}
	io->accept = to;
	if (to == WI_ACCEPT_NO_DESCRIPTOR)
		wi_assert(uv_timer_start(&io->retry, accept_on_retry,
			      ACCEPT_RETRY_MS, 0) == 0);
}

void
wi_accept_resume(struct wi_io *io)
{
	struct wi_listener *listener;

	if (io->accept != WI_ACCEPT_ON)
		wi_log_say(io->hub->log, WI_LOG_IO_ACCEPT_RESUMED,
		    "at %u endpoints", io->nconns);
	io->accept = WI_ACCEPT_ON;
	wi_assert(uv_timer_stop(&io->retry) == 0);
	for (listener = io->listeners; listener != NULL;
	     listener = listener->next)
		wi_listen_poll(listener, true);
}

/* Still paused: try one client; what it answers resumes or pauses again. */
static void
accept_on_retry(uv_timer_t *timer)
{
	struct wi_io *io = timer->data;

	wi_assert_io();
	if (io->listeners == NULL)
		return;
	if (accept_one(io->listeners) || errno == EAGAIN)
		wi_accept_resume(io);
}

/* false: stop accepting for now; errno says why, EAGAIN: nobody waits. */
WI_ON_IO static bool
accept_one(struct wi_listener *listener)
{
	struct wi_io *io = listener->io;
	int fd, one = 1, rv;

	if (io->nconns >= io->max_endpoints) {
		accept_pause(io, WI_ACCEPT_NO_SLOT, "max_endpoints");
		errno = EMFILE;
		return false;
	}
	fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return false;
		rv = errno;
		if (rv == EINTR || rv == ECONNABORTED)
			return true;
		/* Out of descriptors or memory, or a cause that may come again
		 * at once: in any case, later. */
		accept_pause(io, WI_ACCEPT_NO_DESCRIPTOR, weft_errname(-rv));
		if (rv != EMFILE && rv != ENFILE)
			wi_count(io->counters, WEFT_COUNTER_accept_errors, 1);
		errno = rv;
		return false;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	rv = wi_conn_open(io, fd, listener->codec, listener->plugin);
	if (rv < 0) {
		wi_count(io->counters, WEFT_COUNTER_accept_errors, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_ACCEPT_FAILED, "%s: %s",
		    listener->bound.url, weft_strerror(rv));
	}
	return true;
}

void
wi_accept_ready(struct wi_listener *listener)
{
	unsigned i;

	for (i = 0; i < ACCEPT_PER_TURN; i++)
		if (!accept_one(listener))
			break;
}
