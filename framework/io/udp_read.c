/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/udp_read - what waits in a datagram socket becomes batches.
 *
 * thread: I/O.
 *
 * place_note: as long as datagrams are small, many places of READ_PLACE bytes
 * are laid out in the loop's read block, each backed by a scratch area that
 * takes the rest of one that is large after all; then what came is moved
 * together, so that the block holds no more than that.  Once one was large,
 * the next are read into blocks of their own, few at a time: those are passed
 * on as they are, and small ones among them copied out.
 *
 * Datagrams of one peer that follow each other are one batch.  Nothing is ever
 * cut: what is longer than max_message, or does not fit the peer's mailbox, is
 * dropped and counted.
 */
#include <errno.h>
#include <string.h>

#include <weft/error.h>

#include "base/assert.h"
#include "base/fail.h"
#include "io/decode.h"
#include "io/udp_room.h"

#define READ_PLACE 2048u   /* [bytes] for a small one */
#define READ_PLACES_MIN 8u /* room for so many, or another block */
#define READ_LIST 4096u    /* [bytes] kept for the batches' lists */
#define READ_KEEP 16384u   /* [bytes] from here on its block is passed on */
#define READ_CALLS 4u      /* in a turn, then the others' turn */

/* The batch that is being filled. */
struct read_batch {
	struct wi_batch *batch; /* NULL: none */
	struct wi_conn *conn;
	struct wi_block *data;
	uint32_t capacity;
	const struct wi_datagram *last; /* whose sender is last_conn */
	struct wi_conn *last_conn;
};

WI_ON_IO static void
read_end_batch(struct wi_io *io, struct read_batch *open)
{
	if (open->batch != NULL)
		wi_decode_end(io, open->conn, open->batch);
	open->batch = NULL;
}

WI_ON_IO static void
read_drop(struct wi_udp *udp, const struct wi_datagram *got, const char *why)
{
	char peer[WI_ADDRESS_TEXT];

	(void)wi_address_text(&got->remote, peer, sizeof(peer));
	wi_count(udp->io->counters, WEFT_COUNTER_datagrams_dropped, 1);
	wi_log_say(udp->io->hub->log, WI_LOG_IO_DATAGRAM_DROPPED,
	    "%s: %u bytes: %s", peer, got->len, why);
}

WI_ON_IO static bool
read_is_too_big(const struct wi_udp *udp, const struct wi_datagram *got)
{
	return got->cut || got->len > udp->terms.limits->max_message;
}

WI_ON_IO static void
read_refuse(struct wi_udp *udp, const struct wi_datagram *got)
{
	uint32_t max = udp->terms.limits->max_message;
	char peer[WI_ADDRESS_TEXT];

	(void)wi_address_text(&got->remote, peer, sizeof(peer));
	wi_count(udp->io->counters, WEFT_COUNTER_datagrams_toobig, 1);
	wi_log_say(udp->io->hub->log, WI_LOG_IO_DATAGRAM_TOOBIG,
	    "%s: expected a datagram of at most %u bytes (max_message), found "
	    "%u%s; dropped",
	    peer, max, got->len, got->cut ? " or more" : "");
}

/* ---- who sent it */

WI_ON_IO static void
read_evict(struct wi_udp *udp)
{
	struct wi_io *io = udp->io;
	struct wi_conn *conn = wi_conn_of(io, udp->peers.oldest->slot);
	char peer[WI_ADDRESS_TEXT];

	wi_udp_unpeer(conn);
	if (conn->state != WI_CONN_OPEN)
		return; /* it has ended by itself */
	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_closed_evicted, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_EVICTED,
	    "%s: expected at most %u peers (max_peers), found one more; the "
	    "one not heard of for longest is closed",
	    peer, udp->max_peers);
	wi_conn_end(io, conn, WEFT_REASON_EVICTED);
}

WI_ON_IO static struct wi_conn *
read_new_peer(struct wi_udp *udp, const struct wi_datagram *got)
{
	struct wi_io *io = udp->io;
	struct wi_conn_terms terms = udp->terms;
	struct wi_conn *conn;
	struct wi_peer *peer;
	int rv;

	if (udp->suspended) {
		wi_count(io->counters, WEFT_COUNTER_datagrams_suspended, 1);
		return NULL;
	}
	if (udp->peers.count >= udp->max_peers)
		read_evict(udp);
	peer = wi_peers_add(
	    &udp->peers, &got->remote, &got->local, uv_now(&io->loop));
	if (peer == NULL) {
		read_drop(udp, got, "no memory for a new peer");
		return NULL;
	}
	terms.remote = got->remote;
	terms.local = got->local;
	rv = wi_conn_open_peer(io, udp, peer, &terms, &conn);
	if (rv < 0) {
		wi_peers_remove(&udp->peers, peer);
		if (rv == -EUSERS)
			wi_count(io->counters, WEFT_COUNTER_refused_per_ip, 1);
		read_drop(udp, got,
		    rv == -EUSERS ? "its address has max_endpoints_per_ip" :
			rv == WEFT_EFULL ? "max_endpoints are open" :
					   "no memory for a new peer");
		return NULL;
	}
	peer->slot = wi_endpoint_slot(conn->endpoint);
	udp->nconns++;
	wi_udp_watch(udp);
	return conn;
}

WI_ON_IO static struct wi_conn *
read_find(
    struct wi_udp *udp, struct read_batch *open, const struct wi_datagram *got)
{
	struct wi_io *io = udp->io;
	struct wi_peer *peer;
	struct wi_conn *conn;

	if (udp->connected)
		return udp->fixed;
	peer = wi_peers_find(&udp->peers, &got->remote, &got->local);
	conn = peer == NULL ? NULL : wi_conn_of(io, peer->slot);
	if (conn != NULL && conn->state != WI_CONN_OPEN) {
		wi_udp_unpeer(conn); /* see end_note in udp.c */
		conn = NULL;
	}
	if (conn == NULL) {
		/* The one whose batch is open may have to make room, and what
		 * it sent comes before its end. */
		read_end_batch(io, open);
		return read_new_peer(udp, got);
	}
	wi_peers_heard(&udp->peers, peer, uv_now(&io->loop));
	return conn;
}

/* Mostly the sender of the one before it. */
WI_ON_IO static struct wi_conn *
read_from(
    struct wi_udp *udp, struct read_batch *open, const struct wi_datagram *got)
{
	const struct wi_datagram *last = open->last;

	if (last == NULL || open->last_conn->state != WI_CONN_OPEN ||
	    memcmp(&last->remote, &got->remote, sizeof(got->remote)) != 0 ||
	    memcmp(&last->local, &got->local, sizeof(got->local)) != 0) {
		open->last_conn = read_find(udp, open, got);
		open->last = open->last_conn == NULL ? NULL : got;
	}
	return open->last_conn;
}

/* ---- what it is */

WI_ON_IO static bool
read_fits(const struct wi_io *io, const struct wi_conn *conn)
{
	const struct wi_limits *limits = conn->endpoint->limits;
	uint64_t load =
	    __atomic_load_n(&conn->endpoint->in_load, __ATOMIC_RELAXED);

	if (load != 0 && wi_overload_is(&io->hub->overload))
		return false;
	return wi_load_messages(load) <
	    WI_LIMIT(limits, mailbox_high_messages) &&
	    wi_load_bytes(load) < WI_LIMIT(limits, mailbox_high_bytes);
}

/* A message of its sender: bytes [at, at + len) of data. */
WI_ON_IO static void
read_take(struct wi_udp *udp, struct read_batch *open, struct wi_block *data,
    uint32_t at, const struct wi_datagram *got)
{
	struct wi_io *io = udp->io;
	struct wi_message *message;
	struct wi_conn *conn;

	if (read_is_too_big(udp, got)) {
		read_refuse(udp, got);
		return;
	}
	conn = read_from(udp, open, got);
	if (conn == NULL || conn->state != WI_CONN_OPEN)
		return;
	if (conn != open->conn || data != open->data || open->batch == NULL ||
	    open->batch->nmessages == open->capacity) {
		read_end_batch(io, open);
		if (!read_fits(io, conn)) {
			read_drop(udp, got, "its mailbox is above its mark");
			return;
		}
		open->batch = wi_decode_begin(io, data, &open->capacity);
		open->conn = conn;
		open->data = data;
	}
	if (open->batch == NULL) {
		read_drop(udp, got, "no memory");
		return;
	}
	wi_fact_add(&conn->facts.bytes_in, got->len);
	wi_fact_set(&conn->facts.heard, wi_io_ticks(io));
	message = &open->batch->messages[open->batch->nmessages++];
	message->offset = at;
	message->len = got->len;
	message->flags = 0;
	/* An empty one weighs something, too. */
	open->batch->nbytes += got->len + 1;
}

WI_ON_IO static int
read_receive(struct wi_udp *udp, uint32_t n)
{
	struct wi_io *io = udp->io;
	struct wi_udp_desk *desk = io->udp_desk;
	uint64_t bytes = 0;
	int got, i;

	got = wi_datagrams_receive(
	    udp->fd, &desk->in, n, &udp->bound, desk->got);
	for (i = 0; i < got; i++)
		bytes += desk->got[i].len;
	if (got > 0) {
		wi_count(io->counters, WEFT_COUNTER_reads, 1);
		wi_count(io->counters, WEFT_COUNTER_bytes_in, bytes);
	} else if (got < 0) {
		/* About one that was sent: ICMP says that nobody is there. */
		wi_count(io->counters, WEFT_COUNTER_datagrams_failed, 1);
	}
	return got;
}

/* ---- small ones (place_note) */

/* One that did not fit its place: put together in a block of its own; NULL: no
 * memory, or it is too big to be wanted. */
WI_ON_IO static struct wi_block *
read_join(const struct wi_udp *udp, uint32_t i)
{
	const struct wi_udp_desk *desk = udp->io->udp_desk;
	const struct iovec *iov = desk->in.iov[i];
	uint32_t len = desk->got[i].len;
	struct wi_block *block;

	if (read_is_too_big(udp, &desk->got[i]))
		return NULL;
	block = wi_block_new(len);
	if (block == NULL)
		return NULL;
	memcpy(block->data, iov[0].iov_base, iov[0].iov_len);
	memcpy(block->data + iov[0].iov_len, iov[1].iov_base,
	    len - iov[0].iov_len);
	return block;
}

WI_ON_IO static void
read_take_joined(struct wi_udp *udp, struct read_batch *open, uint32_t i,
    struct wi_block *block)
{
	const struct wi_datagram *got = &udp->io->udp_desk->got[i];

	if (block == NULL && !read_is_too_big(udp, got)) {
		read_drop(udp, got, "no memory");
		return;
	}
	read_take(udp, open, block, 0, got);
	read_end_batch(udp->io, open);
	if (block != NULL)
		wi_block_unref(&block);
}

/* Places in the block, behind its fill; returns how many. */
WI_ON_IO static uint32_t
read_lay_out(struct wi_udp_desk *desk, const struct wi_block *block)
{
	uint32_t n = (wi_block_room(block) - READ_LIST) / READ_PLACE, i;

	if (n > WI_DATAGRAMS)
		n = WI_DATAGRAMS;
	for (i = 0; i < n; i++) {
		desk->in.iov[i][0] =
		    (struct iovec){ (void *)(uintptr_t)(block->data +
					block->fill + i * READ_PLACE),
			    READ_PLACE };
		desk->in.iov[i][1] =
		    (struct iovec){ desk->scratch + i * WI_UDP_SCRATCH,
			    WI_UDP_SCRATCH };
	}
	return n;
}

WI_ON_IO static int
read_small(struct wi_udp *udp)
{
	struct wi_io *io = udp->io;
	struct wi_udp_desk *desk = io->udp_desk;
	struct read_batch open = { .batch = NULL };
	struct wi_block *block, *joined[WI_DATAGRAMS];
	uint32_t at[WI_DATAGRAMS], n, i;
	int got;

	block = wi_decode_room(io, READ_PLACES_MIN * READ_PLACE + READ_LIST);
	if (block == NULL)
		return 0; /* what waits waits */
	n = read_lay_out(desk, block);
	got = read_receive(udp, n);
	if (got <= 0)
		return got;
	for (i = 0; (int)i < got; i++) {
		at[i] = block->fill;
		if (desk->got[i].len > READ_PLACE) {
			/* Now, since the next is moved to where it begins. */
			joined[i] = read_join(udp, i);
			continue;
		}
		memmove(block->data + block->fill, desk->in.iov[i][0].iov_base,
		    desk->got[i].len);
		block->fill += desk->got[i].len;
	}
	wi_block_ref(block); /* a list may need another read block */
	for (i = 0; (int)i < got; i++) {
		if (desk->got[i].len > READ_PLACE) {
			read_take_joined(udp, &open, i, joined[i]);
			udp->large = true;
		} else {
			read_take(udp, &open, block, at[i], &desk->got[i]);
		}
	}
	read_end_batch(io, &open);
	wi_block_unref(&block);
	return got == (int)n ? got : 0;
}

/* ---- large ones (place_note) */

/* Small among large: into the loop's block. */
WI_ON_IO static void
read_take_copy(struct wi_udp *udp, struct read_batch *open, uint32_t i)
{
	struct wi_udp_desk *desk = udp->io->udp_desk;
	uint32_t len = desk->got[i].len, at;
	struct wi_block *block;

	read_end_batch(udp->io, open);
	block = wi_decode_room(udp->io, len + READ_LIST);
	if (block == NULL) {
		read_drop(udp, &desk->got[i], "no memory");
		return;
	}
	at = block->fill;
	memcpy(block->data + at, desk->in.iov[i][0].iov_base, len);
	block->fill += len;
	read_take(udp, open, block, at, &desk->got[i]);
	read_end_batch(udp->io, open);
}

WI_ON_IO static void
read_take_block(struct wi_udp *udp, struct read_batch *open, uint32_t i)
{
	struct wi_udp_desk *desk = udp->io->udp_desk;
	struct wi_block *block = desk->spare[i];

	desk->spare[i] = NULL;
	read_take(udp, open, block, 0, &desk->got[i]);
	read_end_batch(udp->io, open);
	wi_block_unref(&block);
}

WI_ON_IO static int
read_large(struct wi_udp *udp)
{
	struct wi_io *io = udp->io;
	struct wi_udp_desk *desk = io->udp_desk;
	struct read_batch open = { .batch = NULL };
	bool large = false;
	uint32_t n, i;
	int got;

	for (n = 0; n < WI_UDP_SPARE; n++) {
		if (desk->spare[n] == NULL)
			desk->spare[n] = wi_pool_take(&io->blocks);
		if (desk->spare[n] == NULL)
			break;
		desk->in.iov[n][0] = (struct iovec){ desk->spare[n]->data,
			desk->spare[n]->size };
		desk->in.iov[n][1] =
		    (struct iovec){ desk->scratch + n * WI_UDP_SCRATCH,
			    WI_UDP_SCRATCH };
	}
	if (n == 0) {
		udp->large = false;
		return 0;
	}
	got = read_receive(udp, n);
	for (i = 0; (int)i < got; i++) {
		uint32_t len = desk->got[i].len;

		large = large || len > READ_PLACE;
		if (len > desk->in.iov[i][0].iov_len)
			read_take_joined(udp, &open, i, read_join(udp, i));
		else if (len < READ_KEEP)
			read_take_copy(udp, &open, i);
		else
			read_take_block(udp, &open, i);
	}
	udp->large = large;
	return got == (int)n ? got : 0;
}

void
wi_udp_read(struct wi_udp *udp)
{
	unsigned calls;
	int more = 1;

	for (calls = 0; calls < READ_CALLS && more > 0; calls++)
		more = udp->large ? read_large(udp) : read_small(udp);
}
