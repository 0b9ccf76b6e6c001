/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/conn - a connection: the socket behind an endpoint.
 *
 * thread: I/O.  Takes accepted sockets from io/accept; io/read and io/flush
 * work on it; events about it go to its strand.
 *
 * shut_note: close(2) on a socket with unread input sends RST, and the peer's
 * kernel may then throw away replies that have left here but were not read
 * there.  So a connection that we end sends FIN first, reads and throws away
 * what still comes, and is closed when the peer's kernel has acknowledged
 * everything, or when the peer ends too.
 *
 * free_note: a slot is given back when three things have happened: the handler
 * has seen CLOSED (released), the poll handle's close callback has run, and
 * the socket is closed.  Until then its id may be stale, but its place is not
 * another's.
 */
#include "io/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/error.h>

#include "base/assert.h"
#include "handoff/schedule.h"
#include "io/io.h"

#define CONN_LINGER_LOOK_MS 20u /* how often lingerers are looked at */
#define CONN_LINGER_LOOKS 256u  /* of them in one turn */
#define CONN_DISCARD 16384u     /* [bytes] thrown away by one read */

static void conn_on_poll(uv_poll_t *poll, int status, int events);
static void conn_on_linger(uv_timer_t *timer);
static void conn_on_closed(uv_handle_t *handle);
static void conn_discard(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

static const uint8_t conn_moves[] = {
	/* to, as bits, by from */
	[WI_CONN_FREE] = 1u << WI_CONN_OPEN,
	[WI_CONN_OPEN] =
	    1u << WI_CONN_ENDING | 1u << WI_CONN_BROKEN | 1u << WI_CONN_FREE,
	[WI_CONN_ENDING] = 1u << WI_CONN_LINGER | 1u << WI_CONN_BROKEN,
	[WI_CONN_LINGER] =
	    1u << WI_CONN_SHUT | 1u << WI_CONN_FREE | 1u << WI_CONN_BROKEN,
	[WI_CONN_SHUT] = 1u << WI_CONN_FREE | 1u << WI_CONN_BROKEN,
	[WI_CONN_BROKEN] = 1u << WI_CONN_FREE,
};

WI_ON_IO static void
conn_to(struct wi_conn *conn, enum wi_conn_state state)
{
	wi_assert((conn_moves[conn->state] & 1u << state) != 0);
	conn->state = (uint8_t)state;
}

struct wi_conn *
wi_conn_of(struct wi_io *io, uint32_t slot)
{
	return wi_slots_at(&io->hub->slots, 1, slot);
}

WI_ON_IO static struct wi_conn *
conn_of_handle(void *handle)
{
	return (void *)((char *)handle - offsetof(struct wi_conn, poll));
}

WI_ON_IO static size_t
conn_state_size(const struct wi_conn *conn)
{
	return conn->endpoint->codec->state_size;
}

void *
wi_conn_codec_state(struct wi_conn *conn)
{
	if (conn_state_size(conn) <= WI_CONN_STATE_INLINE)
		return conn->codec_state.here;
	return conn->codec_state.there;
}

WI_ON_IO static void
conn_push(struct wi_io *io, struct wi_conn *conn, struct wi_event *event)
{
	struct wi_strand *strand = conn->endpoint->strand;

	if (wi_mailbox_push(&strand->mailbox, event))
		wi_schedule(io->hub, strand);
}

WI_ON_IO static int
conn_start(struct wi_io *io, struct wi_conn *conn, int fd)
{
	int rv;

	if (conn_state_size(conn) > WI_CONN_STATE_INLINE) {
		conn->codec_state.there = calloc(1, conn_state_size(conn));
		if (conn->codec_state.there == NULL)
			return -ENOMEM;
	}
	rv = uv_poll_init_socket(&io->loop, &conn->poll, fd);
	if (rv < 0 && conn_state_size(conn) > WI_CONN_STATE_INLINE)
		free(conn->codec_state.there);
	return rv;
}

int
wi_conn_open(struct wi_io *io, int fd, const struct weft_codec *codec,
    struct wi_plugin *plugin)
{
	struct wi_endpoint *endpoint;
	struct wi_conn *conn;
	uint32_t generation;
	int64_t slot;
	int rv;

	slot = io->nconns < io->max_endpoints ?
	    wi_slots_take(&io->hub->slots, &generation) :
	    -1;
	if (slot < 0) {
		(void)close(fd);
		return WEFT_EFULL;
	}
	endpoint = wi_slots_at(&io->hub->slots, 0, (uint32_t)slot);
	conn = wi_conn_of(io, (uint32_t)slot);
	memset(conn, 0, sizeof(*conn));
	conn->io = io;
	conn->endpoint = endpoint;
	conn->fd = fd;
	/* A sender with a stale id may be reading it. */
	__atomic_store_n(&endpoint->codec, codec, __ATOMIC_RELAXED);
	rv = conn_start(io, conn, fd);
	if (rv < 0) {
		(void)close(fd);
		wi_slots_give(&io->hub->slots, (uint32_t)slot);
		return rv;
	}
	conn->handle_open = true;
	conn_to(conn, WI_CONN_OPEN);
	io->nconns++;
	wi_count(io->counters, WEFT_COUNTER_endpoints_opened, 1);
	wi_endpoint_open(endpoint,
	    wi_endpoint_id(io->hub->node_number, generation, (uint32_t)slot),
	    codec, &io->hub->limits, plugin);
	conn_push(io, conn, &endpoint->opened);
	wi_conn_poll(conn);
	return WEFT_OK;
}

/* Is everything below its mark? */
WI_ON_IO static bool
conn_may_read(const struct wi_conn *conn)
{
	const struct wi_endpoint *endpoint = conn->endpoint;
	const struct wi_limits *limits = endpoint->limits;
	uint64_t load;

	load = __atomic_load_n(&endpoint->out_load, __ATOMIC_RELAXED);
	return __atomic_load_n(&endpoint->read_paused, __ATOMIC_RELAXED) ==
	    0 &&
	    wi_load_bytes(load) <= limits->outbox_pause_bytes &&
	    wi_load_messages(load) <= limits->outbox_high_messages / 4;
}

/* Reading is wanted while nothing is above its mark, writing while something
 * could not leave. */
void
wi_conn_poll(struct wi_conn *conn)
{
	int events = 0;

	if (conn->state == WI_CONN_FREE || conn->fd < 0)
		return;
	if ((conn->state == WI_CONN_OPEN && conn_may_read(conn)) ||
	    conn->state == WI_CONN_SHUT)
		events |= UV_READABLE;
	if (conn->out_first != NULL && !conn->is_dirty)
		events |= UV_WRITABLE;
	if (events == conn->events)
		return;
	if ((conn->events & UV_READABLE) != 0 && (events & UV_READABLE) == 0 &&
	    conn->state == WI_CONN_OPEN)
		wi_count(conn->io->counters, WEFT_COUNTER_read_pauses, 1);
	conn->events = (uint8_t)events;
	if (events == 0)
		wi_assert(uv_poll_stop(&conn->poll) == 0);
	else
		wi_assert(
		    uv_poll_start(&conn->poll, events, conn_on_poll) == 0);
}

static void
conn_on_poll(uv_poll_t *poll, int status, int events)
{
	struct wi_conn *conn;

	wi_assert_io();
	conn = conn_of_handle(poll);
	if (status < 0) {
		/* libuv has stopped the handle; read(2) knows the error. */
		conn->events = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if ((events & UV_WRITABLE) != 0 && conn->out_first != NULL)
		wi_flush_conn(conn->io, conn);
	if ((events & UV_READABLE) != 0 && conn->state == WI_CONN_OPEN)
		wi_read_ready(conn->io, conn);
	else if ((events & UV_READABLE) != 0 && conn->state == WI_CONN_SHUT)
		conn_discard(conn->io, conn);
	else if (status < 0 && conn->state != WI_CONN_FREE)
		wi_conn_break(conn->io, conn, WEFT_REASON_RESET);
	if (status < 0)
		wi_conn_poll(conn);
}

WI_ON_IO static void
conn_say_closed(struct wi_io *io, struct wi_conn *conn, enum weft_reason why)
{
	wi_count(io->counters, WEFT_COUNTER_endpoints_closed, 1);
	conn->endpoint->closed.detail = (uint32_t)why;
	conn_push(io, conn, &conn->endpoint->closed);
}

WI_ON_IO static void
conn_drop_tail(struct wi_conn *conn)
{
	if (conn->tail != NULL)
		wi_block_unref(&conn->tail);
	conn->tail_len = 0;
	conn->tail_more = false;
}

void
wi_conn_end(struct wi_io *io, struct wi_conn *conn, enum weft_reason why)
{
	/* What was read and is whole is delivered. */
	wi_read_finish(io, conn);
	if (conn->state != WI_CONN_OPEN)
		return;
	conn_drop_tail(conn);
	conn_to(conn, WI_CONN_ENDING);
	wi_conn_poll(conn);
	conn_say_closed(io, conn, why);
}

WI_ON_IO static void
conn_close_socket(struct wi_io *io, struct wi_conn *conn)
{
	wi_endpoint_shut(conn->endpoint);
	conn_drop_tail(conn);
	wi_flush_drop(io, conn);
	if (conn->lingers) {
		*conn->linger_prev = conn->linger_next;
		if (conn->linger_next != NULL)
			conn->linger_next->linger_prev = conn->linger_prev;
		else
			io->lingerers_tail = conn->linger_prev;
		conn->lingers = false;
	}
	if (conn->fd < 0)
		return;
	/* The handle stops polling here, so the descriptor may go. */
	uv_close((uv_handle_t *)&conn->poll, conn_on_closed);
	(void)close(conn->fd);
	conn->fd = -1;
	if (io->accept == WI_ACCEPT_NO_DESCRIPTOR)
		wi_accept_resume(io);
}

/* See free_note. */
void
wi_conn_settle(struct wi_io *io, struct wi_conn *conn)
{
	if (!conn->released || conn->handle_open || conn->is_dirty)
		return;
	if (conn_state_size(conn) > WI_CONN_STATE_INLINE)
		free(conn->codec_state.there);
	conn_to(conn, WI_CONN_FREE);
	io->nconns--;
	wi_slots_give(&io->hub->slots, conn->endpoint->slot);
	if (io->accept == WI_ACCEPT_NO_SLOT)
		wi_accept_resume(io);
	if (io->drain != WI_DRAIN_NOT)
		wi_drain_step(io);
}

static void
conn_on_closed(uv_handle_t *handle)
{
	struct wi_conn *conn;

	wi_assert_io();
	conn = conn_of_handle(handle);
	conn->handle_open = false;
	wi_conn_settle(conn->io, conn);
}

void
wi_conn_break(struct wi_io *io, struct wi_conn *conn, enum weft_reason why)
{
	bool said = conn->state != WI_CONN_OPEN;

	if (conn->state == WI_CONN_FREE || conn->state == WI_CONN_BROKEN)
		return;
	conn_to(conn, WI_CONN_BROKEN);
	conn_close_socket(io, conn);
	if (!said)
		conn_say_closed(io, conn, why);
}

/* From here on it has linger_ms. */
WI_ON_IO static void
conn_linger(struct wi_io *io, struct wi_conn *conn)
{
	conn->linger_due = uv_now(&io->loop) + io->linger_ms;
	conn->linger_next = NULL;
	conn->linger_prev = io->lingerers_tail;
	conn->lingers = true;
	*io->lingerers_tail = conn;
	io->lingerers_tail = &conn->linger_next;
	if (!uv_is_active((uv_handle_t *)&io->linger))
		wi_assert(uv_timer_start(&io->linger, conn_on_linger,
			      CONN_LINGER_LOOK_MS, CONN_LINGER_LOOK_MS) == 0);
}

void
wi_conn_release(struct wi_io *io, struct wi_conn *conn)
{
	conn->released = true;
	if (conn->state == WI_CONN_BROKEN) {
		wi_conn_settle(io, conn);
		return;
	}
	conn_to(conn, WI_CONN_LINGER);
	wi_endpoint_shut(conn->endpoint);
	if (conn->out_first == NULL)
		wi_conn_flushed(io, conn);
	else
		conn_linger(io, conn);
}

/* Has the peer's kernel got everything (tcp(7), SIOCOUTQ)?  What cannot be
 * asked is taken as done. */
WI_ON_IO static bool
conn_all_taken(const struct wi_conn *conn)
{
	int unacknowledged;

	return ioctl(conn->fd, TIOCOUTQ, &unacknowledged) < 0 ||
	    unacknowledged == 0;
}

WI_ON_IO static void
conn_finish(struct wi_io *io, struct wi_conn *conn)
{
	conn_close_socket(io, conn);
	wi_conn_settle(io, conn);
}

WI_ON_IO static void
conn_discard(struct wi_io *io, struct wi_conn *conn)
{
	uint8_t scratch[CONN_DISCARD];
	ssize_t n;

	n = recv(conn->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
	if (n > 0)
		wi_count(io->counters, WEFT_COUNTER_bytes_in, (uint64_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    conn_all_taken(conn))
		conn_finish(io, conn);
}

/* See shut_note. */
void
wi_conn_flushed(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->state != WI_CONN_LINGER) {
		wi_read_resume(io, conn);
		return;
	}
	if (conn->peer_ended) {
		conn_finish(io, conn);
		return;
	}
	conn_to(conn, WI_CONN_SHUT);
	if (!conn_all_taken(conn)) {
		(void)shutdown(conn->fd, SHUT_WR);
		if (!conn->lingers)
			conn_linger(io, conn);
		wi_conn_poll(conn);
	} else {
		conn_discard(io, conn);
	}
}

WI_ON_IO static void
conn_linger_over(struct wi_io *io, struct wi_conn *conn)
{
	wi_count(io->counters, WEFT_COUNTER_closed_linger, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_LINGER,
	    "endpoint %016llx: expected its last replies to be taken in "
	    "%u ms, found %llu bytes left",
	    (unsigned long long)conn->endpoint->name, io->linger_ms,
	    (unsigned long long)conn->out_bytes);
	wi_conn_break(io, conn, WEFT_REASON_RESET);
}

/* All lingerers wait equally long, so the list is sorted by linger_due. */
static void
conn_on_linger(uv_timer_t *timer)
{
	struct wi_io *io = timer->data;
	struct wi_conn *conn, *next;
	unsigned looks = 0;
	uint64_t now;

	wi_assert_io();
	now = uv_now(&io->loop);
	while ((conn = io->lingerers) != NULL && conn->linger_due <= now)
		conn_linger_over(io, conn);
	for (; conn != NULL && looks < CONN_LINGER_LOOKS;
	     conn = next, looks++) {
		next = conn->linger_next;
		if (conn->state == WI_CONN_SHUT)
			conn_discard(io, conn);
	}
	if (io->lingerers == NULL)
		wi_assert(uv_timer_stop(timer) == 0);
}

void
wi_conn_peer(const struct wi_conn *conn, char *out, size_t size)
{
	struct sockaddr_storage addr;
	socklen_t addr_len = sizeof(addr);
	char host[INET6_ADDRSTRLEN] = "?";
	uint16_t port = 0;

	if (getpeername(conn->fd, (struct sockaddr *)&addr, &addr_len) < 0) {
		(void)snprintf(out, size, "peer unknown");
		return;
	}
	if (addr.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)&addr;

		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		port = ntohs(in->sin_port);
		(void)snprintf(out, size, "%s:%u", host, port);
	} else if (addr.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)&addr;

		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		port = ntohs(in6->sin6_port);
		(void)snprintf(out, size, "[%s]:%u", host, port);
	} else {
		(void)snprintf(out, size, "peer unknown");
	}
}
