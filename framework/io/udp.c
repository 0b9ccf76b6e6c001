/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/udp - datagram sockets: many endpoints, one descriptor.
 *
 * thread: I/O.  A listener's socket makes an endpoint of each address that it
 * hears of; a dialled one has one fixed endpoint.  udp_read.c and udp_write.c
 * move the datagrams; here is who is there, and for how long.
 *
 * end_note: a connection that ends leaves the table of peers, at the latest
 * when the next datagram comes from there, which begins a new endpoint; it
 * stays one of its socket's until what was sent to it has left.  A socket that
 * is closing goes with the last of its connections.
 */
#include "io/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/fail.h"
#include "io/dial.h"
#include "io/listener.h"
#include "io/udp_room.h"

static void udp_on_poll(uv_poll_t *poll, int status, int events);
static void udp_on_timer(uv_timer_t *timer);
static void udp_on_closed(uv_handle_t *handle);

/* ---- coming */

WI_ON_IO static int
udp_desk(struct wi_io *io, int fd)
{
	struct wi_udp_desk *desk;

	if (io->udp_desk != NULL)
		return WEFT_OK;
	desk = aligned_alloc(64, (sizeof(*desk) + 63) & ~(size_t)63);
	if (desk == NULL)
		return -ENOMEM;
	memset(desk, 0, sizeof(*desk));
	desk->scratch = mmap(NULL, (size_t)WI_DATAGRAMS * WI_UDP_SCRATCH,
	    PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (desk->scratch == MAP_FAILED) {
		free(desk);
		return -ENOMEM;
	}
	wi_datagrams_probe(&desk->out, fd);
	io->udp_desk = desk;
	return WEFT_OK;
}

void
wi_udp_fini(struct wi_io *io)
{
	struct wi_udp_desk *desk = io->udp_desk;
	unsigned i;

	if (desk == NULL)
		return;
	for (i = 0; i < WI_UDP_SPARE; i++)
		if (desk->spare[i] != NULL)
			wi_block_unref(&desk->spare[i]);
	(void)munmap(desk->scratch, (size_t)WI_DATAGRAMS * WI_UDP_SCRATCH);
	free(desk);
	io->udp_desk = NULL;
}

WI_ON_IO static int
udp_new(struct wi_io *io, int fd, struct wi_udp **udpp)
{
	struct sockaddr_storage addr = { .ss_family = AF_UNSPEC };
	socklen_t addr_len = sizeof(addr);
	struct wi_udp *udp;
	int rv;

	rv = udp_desk(io, fd);
	if (rv < 0)
		return rv;
	udp = calloc(1, sizeof(*udp));
	if (udp == NULL)
		return -ENOMEM;
	rv = uv_poll_init_socket(&io->loop, &udp->poll, fd);
	if (rv < 0) {
		free(udp);
		return rv;
	}
	wi_assert(uv_timer_init(&io->loop, &udp->timer) == 0);
	udp->handles = 2;
	udp->poll.data = udp;
	udp->timer.data = udp;
	udp->io = io;
	udp->fd = fd;
	udp->end = &udp->first;
	wi_peers_init(&udp->peers);
	(void)getsockname(fd, (struct sockaddr *)&addr, &addr_len);
	wi_address_from(&udp->bound, (struct sockaddr *)&addr);
	udp->next = io->udps;
	io->udps = udp;
	*udpp = udp;
	return WEFT_OK;
}

int
wi_udp_open(struct wi_io *io, int fd, const struct wi_listener *listener,
    struct wi_udp **udpp)
{
	int rv;

	rv = udp_new(io, fd, udpp);
	if (rv < 0)
		return rv;
	(*udpp)->terms.codec = listener->codec;
	(*udpp)->terms.limits = listener->limits;
	(*udpp)->terms.plugin = listener->plugin;
	(*udpp)->terms.group = listener->group;
	(*udpp)->terms.listener = listener->id;
	(*udpp)->max_peers = listener->max_peers;
	wi_udp_poll(*udpp);
	return WEFT_OK;
}

int
wi_udp_connect(struct wi_io *io, int fd, struct wi_conn *conn,
    const struct wi_dialled *how)
{
	struct sockaddr_storage addr;
	socklen_t addr_len = sizeof(addr);
	struct wi_udp *udp;
	int rv;

	(void)how;
	rv = udp_new(io, fd, &udp);
	if (rv < 0) {
		(void)close(fd);
		return rv;
	}
	udp->terms.codec = conn->endpoint->codec;
	udp->terms.limits = conn->endpoint->limits;
	udp->terms.plugin = conn->endpoint->plugin;
	udp->max_peers = UINT32_MAX; /* max_endpoints is the bound */
	udp->fixed = conn;
	udp->connected =
	    getpeername(fd, (struct sockaddr *)&addr, &addr_len) == 0;
	udp->nconns = 1;
	conn->udp = udp;
	wi_udp_poll(udp);
	return WEFT_OK;
}

void
wi_udp_suspend(struct wi_udp *udp, bool on)
{
	udp->suspended = on;
}

/* ---- polling */

void
wi_udp_poll(struct wi_udp *udp)
{
	int events = 0;

	if (!udp->closing)
		events |= UV_READABLE;
	if (udp->first != NULL)
		events |= UV_WRITABLE;
	if (events == udp->events || udp->handles < 2)
		return;
	udp->events = (uint8_t)events;
	if (events == 0)
		wi_assert(uv_poll_stop(&udp->poll) == 0);
	else
		wi_assert(uv_poll_start(&udp->poll, events, udp_on_poll) == 0);
}

static void
udp_on_poll(uv_poll_t *poll, int status, int events)
{
	struct wi_udp *udp = poll->data;

	wi_assert_io();
	if (status < 0) {
		/* libuv has stopped the handle.  An error of a datagram
		 * socket is about one datagram: reading takes it off, and
		 * writing, where nothing is read any more. */
		udp->events = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if ((events & UV_READABLE) != 0 && !udp->closing)
		wi_udp_read(udp);
	if ((events & UV_WRITABLE) != 0 && udp->first != NULL)
		wi_udp_write(udp);
	else
		wi_udp_poll(udp);
}

void
wi_udp_queue(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_udp *udp = conn->udp;

	(void)io;
	conn->next = NULL;
	*udp->end = conn;
	udp->end = &conn->next;
}

void
wi_udp_flush(struct wi_io *io)
{
	struct wi_udp *udp, *next;

	for (udp = io->udps; udp != NULL; udp = next) {
		next = udp->next;
		/* A full one waits for the poller. */
		if (udp->first != NULL && (udp->events & UV_WRITABLE) == 0)
			wi_udp_write(udp);
	}
}

/* ---- idle peers */

void
wi_udp_watch(struct wi_udp *udp)
{
	const uint32_t idle_ms = WI_LIMIT(udp->terms.limits, idle_ms);
	const struct wi_peer *oldest = udp->peers.oldest;
	uint64_t now = uv_now(&udp->io->loop), due;

	if (idle_ms == 0 || oldest == NULL ||
	    uv_is_active((uv_handle_t *)&udp->timer) || udp->handles < 2)
		return;
	due = oldest->heard + idle_ms;
	wi_assert(uv_timer_start(&udp->timer, udp_on_timer,
		      due > now ? due - now : 0, 0) == 0);
}

void
wi_udp_watch_all(struct wi_io *io)
{
	struct wi_udp *udp;

	for (udp = io->udps; udp != NULL; udp = udp->next)
		if (udp->handles == 2) {
			wi_assert(uv_timer_stop(&udp->timer) == 0);
			wi_udp_watch(udp);
		}
}

static void
udp_on_timer(uv_timer_t *timer)
{
	struct wi_udp *udp = timer->data;
	const uint32_t idle_ms = WI_LIMIT(udp->terms.limits, idle_ms);
	struct wi_io *io = udp->io;
	uint64_t now = uv_now(&io->loop);
	struct wi_peer *oldest;
	struct wi_conn *conn;
	char peer[WI_ADDRESS_TEXT];

	wi_assert_io();
	while (idle_ms != 0 && (oldest = udp->peers.oldest) != NULL &&
	    oldest->heard + idle_ms <= now) {
		conn = wi_conn_of(io, oldest->slot);
		wi_udp_unpeer(conn);
		if (conn->state != WI_CONN_OPEN)
			continue; /* it has ended by itself */
		wi_conn_peer(conn, peer, sizeof(peer));
		wi_count(io->counters, WEFT_COUNTER_closed_idle, 1);
		wi_log_say(io->hub->log, WI_LOG_IO_IDLE,
		    "%s: nothing arrived for %u ms; closed", peer, idle_ms);
		wi_conn_end(io, conn, WEFT_REASON_IDLE);
	}
	wi_udp_watch(udp);
}

/* ---- going */

void
wi_udp_unpeer(struct wi_conn *conn)
{
	if (conn->peer == NULL)
		return;
	wi_peers_remove(&conn->udp->peers, conn->peer);
	conn->peer = NULL;
}

void
wi_udp_close(struct wi_io *io, struct wi_udp *udp, enum weft_reason why)
{
	struct wi_conn *conn;

	udp->closing = true;
	wi_udp_poll(udp);
	while (udp->peers.oldest != NULL) {
		conn = wi_conn_of(io, udp->peers.oldest->slot);
		wi_udp_unpeer(conn);
		wi_conn_end(io, conn, why);
	}
	wi_udp_settle(udp);
}

void
wi_udp_detach(struct wi_conn *conn)
{
	struct wi_udp *udp = conn->udp;

	conn->udp = NULL;
	udp->nconns--;
	if (conn == udp->fixed) {
		udp->fixed = NULL;
		wi_udp_close(udp->io, udp, WEFT_REASON_UNLISTEN);
	} else {
		wi_udp_settle(udp);
	}
}

/* One that is listed for writing is let go when its turn comes. */
void
wi_udp_forget(struct wi_io *io, struct wi_conn *conn)
{
	(void)io;
	wi_udp_unpeer(conn);
	if (!conn->is_dirty)
		wi_udp_detach(conn);
}

void
wi_udp_settle(struct wi_udp *udp)
{
	struct wi_udp **link = &udp->io->udps;

	if (!udp->closing || udp->nconns > 0 || udp->first != NULL ||
	    udp->writing || udp->handles < 2)
		return;
	while (*link != udp)
		link = &(*link)->next;
	*link = udp->next;
	udp->handles = 1;
	wi_peers_fini(&udp->peers);
	uv_close((uv_handle_t *)&udp->poll, udp_on_closed);
	uv_close((uv_handle_t *)&udp->timer, udp_on_closed);
	(void)close(udp->fd);
	if (udp->io->accept == WI_ACCEPT_NO_DESCRIPTOR)
		wi_accept_resume(udp->io);
}

static void
udp_on_closed(uv_handle_t *handle)
{
	struct wi_udp *udp = handle->data;

	wi_assert_io();
	if (udp->handles-- == 0)
		free(udp);
}
