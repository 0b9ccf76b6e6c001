/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/conn_open - connections come to be: clients that were accepted, datagram
 * peers, and those of ours that stand.
 *
 * thread: I/O.  A proxy says first whom it speaks for (io/proxied.c), then a
 * codec that begins with a handshake has its say (io/shake.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/error.h>

#include "handoff/hello.h"
#include "handoff/post.h"
#include "io/io.h"
#include "io/places.h"
#include "io/proxied.h"
#include "io/shake.h"
#include "io/tls.h"

/* All but facts, which others may be reading. */
WI_ON_IO static void
conn_clear(struct wi_io *io, struct wi_conn *conn)
{
	memset(conn, 0, offsetof(struct wi_conn, facts));
	conn->io = io;
	conn->fd = -1;
}

int
wi_conn_start_codec(struct wi_conn *conn, const struct weft_codec *codec)
{
	if (codec->state_size <= WI_CONN_STATE_INLINE) {
		memset(&conn->codec_state, 0, sizeof(conn->codec_state));
		return WEFT_OK;
	}
	conn->codec_state.there = calloc(1, codec->state_size);
	if (conn->codec_state.there == NULL)
		return -ENOMEM;
	conn->codec_owned = true;
	return WEFT_OK;
}

/* The codec's state, and polling, for reading first. */
WI_ON_IO static int
conn_start(struct wi_io *io, struct wi_conn *conn,
    const struct weft_codec *codec, int fd)
{
	int rv = wi_conn_start_codec(conn, codec);

	if (rv < 0)
		return rv;
	if (fd >= 0) {
		rv = wi_poller_add(&io->poller, fd, conn, WI_POLLER_READ);
		conn->events = WI_POLLER_READ;
	}
	if (rv < 0)
		wi_conn_free_codec(conn);
	return rv;
}

void
wi_conn_opened(struct wi_io *io, struct wi_conn *conn, struct wi_hello *hello)
{
	wi_conn_to(conn, WI_CONN_OPEN);
	__atomic_store_n(&conn->endpoint->ready, 1, __ATOMIC_RELAXED);
	wi_conn_push(
	    io, conn, hello != NULL ? &hello->event : &conn->endpoint->opened);
	wi_timeout_opened(io, conn);
	wi_conn_poll(conn);
}

WI_ON_IO static int
conn_begun(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->endpoint->limits->tls != NULL)
		return wi_tls_begin(io, conn);
	if (conn->endpoint->codec->begin != NULL)
		return wi_shake_begin(io, conn);
	wi_due_clear(&io->dues, &conn->due); /* for what came before */
	conn->greeted = conn->endpoint->codec->end != NULL;
	wi_conn_opened(io, conn, NULL);
	return WEFT_OK;
}

WI_ON_IO static void
conn_let_go(struct wi_io *io, struct wi_strand *group)
{
	if (group != NULL)
		wi_post_release(io->hub, group, WI_HOLD_PLACE, 1);
}

/* A slot, a connection in it and its endpoint, which is OPEN.  fd stays the
 * caller's if it fails. */
WI_ON_IO static int
conn_new(struct wi_io *io, int fd, const struct wi_conn_terms *terms,
    struct wi_conn **connp)
{
	uint32_t per_ip = terms->proxied ? 0 : WI_LIMIT(terms->limits, per_ip);
	struct wi_endpoint *endpoint;
	struct wi_conn *conn;
	uint32_t generation;
	int64_t slot;
	int rv;

	/* Whoever listens holds it, so it is there. */
	rv = terms->group == NULL ?
	    WEFT_OK :
	    wi_strand_hold(terms->group, WI_HOLD_PLACE, 0);
	if (rv < 0)
		return rv;
	rv = wi_per_ip_add(&io->per_ip, &terms->remote, per_ip);
	if (rv < 0) {
		conn_let_go(io, terms->group);
		return rv == WEFT_EFULL ? -EUSERS : rv;
	}
	slot = wi_slots_take(&io->hub->slots, &generation);
	rv = slot < 0 ? WEFT_EFULL : WEFT_OK;
	if (rv == WEFT_OK) {
		endpoint = wi_slots_at(&io->hub->slots, 0, (uint32_t)slot);
		conn = wi_conn_of(io, (uint32_t)slot);
		conn_clear(io, conn);
		rv = conn_start(io, conn, terms->codec, fd);
		if (rv < 0)
			wi_slots_give(&io->hub->slots, (uint32_t)slot);
	}
	if (rv < 0) {
		if (per_ip != 0)
			wi_per_ip_sub(&io->per_ip, &terms->remote);
		conn_let_go(io, terms->group);
		return rv;
	}
	conn->endpoint = endpoint;
	conn->fd = fd;
	conn->places = wi_places_hold(terms->places);
	conn->counted = per_ip != 0;
	conn->listener = terms->listener;
	wi_facts_begin(&conn->facts, terms->path, 0, wi_io_ticks(io));
	wi_fact_set_address(conn->facts.remote, &terms->remote);
	wi_fact_set_address(conn->facts.local, &terms->local);
	io->nconns++;
	io->nours += conn->listener == 0;
	wi_listen_joined(io, conn->listener);
	wi_count(io->counters, WEFT_COUNTER_endpoints_opened, 1);
	wi_endpoint_open(endpoint,
	    wi_endpoint_id(io->hub->node_number, generation, (uint32_t)slot),
	    terms->codec, terms->limits, terms->plugin, terms->group);
	*connp = conn;
	return WEFT_OK;
}

void
wi_conn_begin(struct wi_io *io, struct wi_conn *conn)
{
	int rv = conn_begun(io, conn);

	if (rv < 0)
		wi_shake_failed(io, conn, rv, weft_strerror(rv));
}

int
wi_conn_accept(struct wi_io *io, int fd, const struct wi_conn_terms *terms)
{
	struct wi_conn *conn;
	int rv;

	rv = conn_new(io, fd, terms, &conn);
	if (rv < 0) {
		(void)close(fd);
		return rv;
	}
	if (terms->proxied)
		wi_proxied_begin(io, conn);
	else
		wi_conn_begin(io, conn);
	return WEFT_OK;
}

int
wi_conn_open_peer(struct wi_io *io, struct wi_udp *udp, struct wi_peer *peer,
    const struct wi_conn_terms *terms, struct wi_conn **connp)
{
	int rv;

	rv = conn_new(io, -1, terms, connp);
	if (rv < 0)
		return rv;
	(*connp)->udp = udp;
	(*connp)->peer = peer;
	wi_conn_opened(io, *connp, NULL);
	return WEFT_OK;
}

void
wi_conn_prepare(
    struct wi_io *io, struct wi_conn *conn, struct wi_endpoint *endpoint)
{
	conn_clear(io, conn);
	conn->endpoint = endpoint;
	io->nconns++;
	io->nours++;
	wi_count(io->counters, WEFT_COUNTER_endpoints_opened, 1);
	wi_conn_to(conn, WI_CONN_CONNECTING);
}

int
wi_conn_stands(struct wi_io *io, struct wi_conn *conn, int fd)
{
	int rv;

	rv = conn_start(io, conn, conn->endpoint->codec, fd);
	if (rv < 0) {
		if (fd >= 0)
			(void)close(fd);
		return rv;
	}
	conn->fd = fd;
	rv = conn_begun(io, conn);
	if (rv < 0)
		wi_conn_unstart(io, conn);
	return rv;
}

void
wi_conn_unstart(struct wi_io *io, struct wi_conn *conn)
{
	wi_conn_drop_tail(conn);
	wi_conn_free_codec(conn);
	wi_tls_drop(io, conn);
	wi_due_clear(&io->dues, &conn->due);
	wi_poller_remove(&io->poller, conn->fd, conn);
	conn->events = 0;
	(void)close(conn->fd);
	conn->fd = -1;
	if (conn->state == WI_CONN_SHAKING)
		wi_conn_to(conn, WI_CONN_CONNECTING);
}
