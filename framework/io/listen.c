/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/listen - sockets that clients connect to.
 *
 * thread: I/O.  Takes sockets that another thread has bound (io/socket.c) and
 * owns them from then on; io/accept takes clients from them, io/udp datagrams.
 *
 * We accept by ourselves on a uv_poll_t instead of uv_listen(), because libuv
 * answers EMFILE by accepting and closing every client that waits: we would
 * rather leave them in the backlog until there is a descriptor.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/fail.h"
#include "handoff/order.h"
#include "handoff/post.h"
#include "io/io.h"
#include "io/listener.h"
#include "io/places.h"
#include "io/socket.h"
#include "io/udp.h"

static void listen_on_poll(uv_poll_t *poll, int status, int events);
static void listen_on_closed(uv_handle_t *handle);

WI_ON_IO static void
listen_fill(struct wi_listener *listener, struct wi_io *io,
    const struct wi_order *order)
{
	static const uint8_t zeros[16];
	struct sockaddr_storage addr;
	socklen_t addr_len = sizeof(addr);

	memset(&addr, 0, sizeof(addr));
	(void)getsockname(order->fd, (struct sockaddr *)&addr, &addr_len);
	wi_address_from(&listener->bound, (struct sockaddr *)&addr);
	listener->any = listener->bound.family != AF_UNIX &&
	    memcmp(listener->bound.ip, zeros, sizeof(zeros)) == 0;
	listener->io = io;
	listener->id = order->id;
	listener->codec = order->codec;
	/* They may have changed since the order was written. */
	listener->limits = wi_desk_limits_now(order->limits);
	listener->plugin = order->plugin;
	listener->group = order->group;
	listener->path = order->path;
	listener->max_peers = (uint32_t)order->url.numbers[WI_URL_max_peers];
	listener->url = order->url;
	listener->file = order->file;
	listener->fd = -1;
	(void)snprintf(
	    listener->text, sizeof(listener->text), "%s", order->text);
}

WI_ON_IO static struct wi_listener *
listen_find(struct wi_io *io, uint64_t id)
{
	struct wi_listener *listener = io->listeners;

	while (listener != NULL && listener->id != id)
		listener = listener->next;
	return listener;
}

/* At the end of the list. */
WI_ON_IO static void
listen_add(struct wi_io *io, struct wi_listener *listener)
{
	struct wi_listener **end;

	for (end = &io->listeners; *end != NULL; end = &(*end)->next)
		continue;
	*end = listener;
}

WI_ON_IO static void
listen_take_out(struct wi_io *io, const struct wi_listener *listener)
{
	struct wi_listener **link = &io->listeners;

	while (*link != listener)
		link = &(*link)->next;
	*link = listener->next;
}

/* On the socket of another one (io/places.h). */
WI_ON_IO static int
listen_join(struct wi_io *io, struct wi_listener *listener, uint64_t other)
{
	struct wi_listener *host = listen_find(io, other);
	int rv;

	if (host == NULL)
		return WEFT_ENOLISTENER;
	listen_add(io, listener);
	rv = wi_places_join(io, listener, host);
	if (rv < 0)
		listen_take_out(io, listener);
	return rv;
}

WI_ON_IO static int
listen_datagrams(struct wi_io *io, struct wi_listener *listener, int fd)
{
	int rv = wi_udp_open(io, fd, listener, &listener->udp);

	if (rv == WEFT_OK)
		listen_add(io, listener);
	return rv;
}

WI_ON_IO static int
listen_attach(struct wi_io *io, struct wi_listener *listener, int fd)
{
	int rv;

	if (listener->url.is != WI_URL_TCP && listener->url.is != WI_URL_UNIX)
		return listen_datagrams(io, listener, fd);
	rv = uv_poll_init_socket(&io->loop, &listener->poll, fd);
	if (rv == 0) {
		listener->fd = fd;
		listen_add(io, listener);
	}
	return rv;
}

WI_ON_IO static void
listen_let_go(struct wi_io *io, struct wi_strand *group)
{
	if (group != NULL)
		wi_post_release(io->hub, group, WI_HOLD_PLACE, 1);
}

void
wi_listen_take(struct wi_io *io, struct wi_order *order)
{
	struct wi_listener *listener;
	int rv = WEFT_ESTATE;

	listener = calloc(1, sizeof(*listener));
	if (listener == NULL)
		rv = -ENOMEM;
	else
		listen_fill(listener, io, order);
	if (listener != NULL && io->drain == WI_DRAIN_NOT)
		rv = order->joins != 0 ?
		    listen_join(io, listener, order->joins) :
		    listen_attach(io, listener, order->fd);
	if (rv < 0) {
		if (io->drain == WI_DRAIN_NOT)
			wi_log_say(io->hub->log, WI_LOG_IO_LISTEN_FAILED,
			    "%s: %s", order->text, weft_strerror(rv));
		wi_socket_unlink(&order->url, &order->file);
		if (order->fd >= 0)
			(void)close(order->fd);
		listen_let_go(io, order->group);
		(void)wi_desk_listener_remove(&io->hub->desk, order->id);
		free(listener);
		return;
	}
	if (io->accept == WI_ACCEPT_ON)
		wi_listen_poll(listener, true);
	if (io->leaving)
		wi_listen_end(io, listener->id);
}

void
wi_listen_poll(struct wi_listener *listener, bool on)
{
	if (listener->fd < 0)
		return;
	if (on && wi_listen_accepts(listener))
		wi_assert(uv_poll_start(&listener->poll, UV_READABLE,
			      listen_on_poll) == 0);
	else
		wi_assert(uv_poll_stop(&listener->poll) == 0);
}

static void
listen_on_poll(uv_poll_t *poll, int status, int events)
{
	struct wi_listener *listener;

	wi_assert_io();
	(void)status;
	(void)events;
	listener = (struct wi_listener *)((char *)poll -
	    offsetof(struct wi_listener, poll));
	wi_accept_ready(listener);
}

/* It is nobody's listener any more; its socket stays. */
WI_ON_IO static void
listen_give_up(struct wi_io *io, struct wi_listener *listener)
{
	(void)wi_desk_listener_remove(&io->hub->desk, listener->id);
	listen_let_go(io, listener->group);
	listener->group = NULL;
}

/* Its socket goes, and it with it. */
WI_ON_IO static void
listen_close(
    struct wi_io *io, struct wi_listener *listener, enum weft_reason why)
{
	if (listener->udp != NULL) {
		wi_udp_close(io, listener->udp, why);
		free(listener);
		return;
	}
	if (listener->fd < 0) {
		free(listener); /* another one has the socket */
		return;
	}
	wi_places_free(listener);
	wi_socket_unlink(&listener->url, &listener->file);
	uv_close((uv_handle_t *)&listener->poll, listen_on_closed);
	(void)close(listener->fd);
	if (io->accept == WI_ACCEPT_NO_DESCRIPTOR)
		wi_accept_resume(io);
}

static void
listen_on_closed(uv_handle_t *handle)
{
	wi_assert_io();
	free((char *)handle - offsetof(struct wi_listener, poll));
}

/* One of several on a socket, or the last of them. */
WI_ON_IO static void
listen_leave(struct wi_io *io, struct wi_listener *listener)
{
	struct wi_listener *host;

	if (listener->host != NULL)
		listen_take_out(io, listener);
	host = wi_places_leave(io, listener);
	if (listener->fd < 0)
		listen_close(io, listener, WEFT_REASON_UNLISTEN);
	if (host != NULL) {
		listen_take_out(io, host);
		listen_close(io, host, WEFT_REASON_UNLISTEN);
	}
}

void
wi_listen_end(struct wi_io *io, uint64_t id)
{
	struct wi_listener *listener = listen_find(io, id);

	if (listener == NULL || listener->gone)
		return;
	wi_log_say(io->hub->log, WI_LOG_IO_UNLISTENED, "%s", listener->text);
	listen_give_up(io, listener);
	if (listener->host != NULL || listener->places != NULL) {
		listen_leave(io, listener);
		return;
	}
	listen_take_out(io, listener);
	listen_close(io, listener, WEFT_REASON_UNLISTEN);
}

/* ---- who takes no clients for now */

/* Those that share a socket wait when all of them are to. */
bool
wi_listen_accepts(const struct wi_listener *listener)
{
	const struct wi_listener *other;

	if (listener->fd < 0)
		return false;
	if (!listener->suspended && !listener->gone)
		return true;
	for (other = listener->io->listeners; other != NULL;
	     other = other->next)
		if (other->host == listener && !other->suspended)
			return true;
	return false;
}

void
wi_listen_suspend(struct wi_io *io, uint64_t id, bool on)
{
	struct wi_listener *listener = listen_find(io, id);

	if (listener == NULL || listener->gone || listener->suspended == on ||
	    io->leaving)
		return;
	wi_log_say(io->hub->log, on ? WI_LOG_IO_SUSPENDED : WI_LOG_IO_RESUMED,
	    "%s", listener->text);
	listener->suspended = on;
	if (listener->udp != NULL)
		wi_udp_suspend(listener->udp, on);
	else if (io->accept == WI_ACCEPT_ON)
		wi_listen_poll(
		    listener->host != NULL ? listener->host : listener, true);
}

/* Peers of a datagram socket need it. */
void
wi_listen_leave_all(struct wi_io *io)
{
	struct wi_listener *listener, *next;
	bool again = true;

	/* Ending one may end its host, which may be the next. */
	while (again) {
		again = false;
		for (listener = io->listeners; listener != NULL && !again;
		     listener = next) {
			next = listener->next;
			if (listener->udp != NULL) {
				listener->suspended = true;
				wi_udp_suspend(listener->udp, true);
			} else if (!listener->gone) {
				wi_listen_end(io, listener->id);
				again = true;
			}
		}
	}
}

void
wi_listen_joined(struct wi_io *io, uint64_t id)
{
	struct wi_listener *listener = id == 0 ? NULL : listen_find(io, id);

	if (listener == NULL)
		return;
	listener->nconns++;
	listener->naccepted++;
}

void
wi_listen_left(struct wi_io *io, uint64_t id)
{
	struct wi_listener *listener = id == 0 ? NULL : listen_find(io, id);

	if (listener != NULL)
		listener->nconns--;
}

void
wi_listen_moved(struct wi_io *io, uint64_t from, uint64_t to)
{
	struct wi_listener *listener = listen_find(io, from);

	if (listener != NULL) {
		listener->nconns--;
		listener->naccepted--;
	}
	wi_listen_joined(io, to);
}

void
wi_listen_close_all(struct wi_io *io)
{
	struct wi_listener *listener;

	while ((listener = io->listeners) != NULL) {
		io->listeners = listener->next;
		if (!listener->gone)
			listen_give_up(io, listener);
		listen_close(io, listener, WEFT_REASON_STOPPING);
	}
}
