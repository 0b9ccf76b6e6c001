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
#include <sys/socket.h>
#include <unistd.h>

#include <weft/error.h>

#include "base/assert.h"
#include "base/fail.h"
#include "base/nets.h"
#include "codec/codecs.h"
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
	struct wi_listener *listener;

	wi_assert_io();
	for (listener = io->listeners;
	     listener != NULL && !wi_listen_accepts(listener);
	     listener = listener->next)
		continue;
	if (listener == NULL || accept_one(listener) || errno == EAGAIN)
		wi_accept_resume(io);
}

WI_ON_IO static void
accept_refuse(
    struct wi_listener *listener, const struct wi_address *remote, int code)
{
	struct wi_io *io = listener->io;
	char peer[WI_ADDRESS_TEXT];

	(void)wi_address_text(remote, peer, sizeof(peer));
	if (code == -EUSERS) {
		wi_count(io->counters, WEFT_COUNTER_refused_per_ip, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_PER_IP,
		    "%s: %s: expected at most %u endpoints of one address, "
		    "found one more; refused",
		    listener->text, peer, WI_LIMIT(listener->limits, per_ip));
		return;
	}
	wi_count(io->counters, WEFT_COUNTER_accept_errors, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_ACCEPT_FAILED, "%s: %s: %s",
	    listener->text, peer, weft_strerror(code));
}

/* A listener that proxies connect to: is it one of them? */
WI_ON_IO static bool
accept_is_proxy(struct wi_listener *listener, const struct wi_address *remote)
{
	char peer[WI_ADDRESS_TEXT];

	if (wi_nets_have(listener->url.proxy, remote))
		return true;
	(void)wi_address_text(remote, peer, sizeof(peer));
	wi_count(listener->io->counters, WEFT_COUNTER_refused_proxy, 1);
	wi_log_say(listener->io->hub->log, WI_LOG_IO_NO_PROXY,
	    "%s: %s: expected one of its proxies (%s), found another client; "
	    "refused",
	    listener->text, peer, listener->url.proxy);
	return false;
}

/* Which address of ours it came to: that of the listener, unless it has
 * several. */
WI_ON_IO static void
accept_local(
    const struct wi_listener *listener, int fd, struct wi_address *local)
{
	struct sockaddr_storage addr;
	socklen_t addr_len = sizeof(addr);

	*local = listener->bound;
	if (listener->any &&
	    getsockname(fd, (struct sockaddr *)&addr, &addr_len) == 0)
		wi_address_from(local, (struct sockaddr *)&addr);
}

/* false: stop accepting for now; errno says why, EAGAIN: nobody waits. */
WI_ON_IO static bool
accept_one(struct wi_listener *listener)
{
	struct wi_io *io = listener->io;
	struct wi_conn_terms terms = { .codec = listener->places == NULL ?
		    listener->codec :
		    &wi_codec_ws, /* which asks who is meant */
		.limits = wi_desk_limits_now(listener->limits),
		.plugin = listener->plugin,
		.group = listener->places == NULL ? listener->group : NULL,
		.places = listener->places,
		.listener = listener->id,
		.path = listener->path,
		.proxied = listener->url.proxy[0] != '\0' };
	struct sockaddr_storage addr = { .ss_family = AF_UNSPEC };
	socklen_t addr_len = sizeof(addr);
	int fd, rv;

	if (wi_slots_full(&io->hub->slots)) {
		accept_pause(io, WI_ACCEPT_NO_SLOT, "max_endpoints");
		errno = EMFILE;
		return false;
	}
	fd = accept4(listener->fd, (struct sockaddr *)&addr, &addr_len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
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
	wi_address_from(&terms.remote, (struct sockaddr *)&addr);
	if (terms.proxied && !accept_is_proxy(listener, &terms.remote)) {
		(void)close(fd);
		return true;
	}
	accept_local(listener, fd, &terms.local);
	rv = wi_conn_accept(io, fd, &terms);
	if (rv < 0)
		accept_refuse(listener, &terms.remote, rv);
	return true;
}

/* A path that another thread has begun to listen on before a client came is
 * an order that waits: clients are not told that it is not there.  The order
 * may be to end this one: false. */
WI_ON_IO static bool
accept_orders(struct wi_listener *listener)
{
	const struct wi_listener *other;

	if (listener->url.web == WI_URL_NO_WEB)
		return true;
	(void)wi_collect(listener->io);
	for (other = listener->io->listeners; other != NULL;
	     other = other->next)
		if (other == listener)
			return true;
	return false;
}

void
wi_accept_ready(struct wi_listener *listener)
{
	unsigned i;

	if (!accept_orders(listener))
		return;
	for (i = 0; i < ACCEPT_PER_TURN; i++)
		if (!accept_one(listener))
			break;
}
