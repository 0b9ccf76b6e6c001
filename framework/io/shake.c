/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/shake - codecs that are a conversation.
 *
 * thread: I/O.  io/conn begins it, io/decode hears what the codec has to say,
 * io/linger ends it.
 *
 * first_note: what is said while SHAKING is sent at once and whole: nothing
 * else has been sent before, so the socket has room for it.  What handlers
 * have sent to a connection of ours waits in its queue until it is OPEN.
 *
 * kept_note: what is sent to a connection of ours that reconnects may wait for
 * the next handshake, which may agree on less.  So it is never deflated; what
 * the peer sends is.
 */
#include "io/shake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "codec/codecs.h"
#include "handoff/hello.h"
#include "io/places.h"
#include "io/proxied.h"
#include "io/tls.h"

#define SHAKE_FIRST_MAX 1024u  /* [bytes] as weft/codec.h says */
#define SHAKE_GOODBYE_MAX 256u /* likewise */
#define SHAKE_PING_MAX 32u     /* likewise */

/* See first_note. */
WI_ON_IO static int
shake_send(
    struct wi_io *io, struct wi_conn *conn, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	if (conn->tls != NULL)
		return wi_tls_say(io, conn, bytes, len);
	do
		n = send(conn->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	wi_count(io->counters, WEFT_COUNTER_writes, 1);
	wi_count(io->counters, WEFT_COUNTER_bytes_out, (uint64_t)n);
	wi_fact_add(&conn->facts.bytes_out, (uint64_t)n);
	return (size_t)n == len ? WEFT_OK : -EAGAIN;
}

void
wi_shake_enter(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->state == WI_CONN_SHAKING)
		return;
	wi_conn_to(conn, WI_CONN_SHAKING);
	conn->greeted = false;
	conn->cut = false;
	conn->endpoint->drained.detail = 0;
	conn->paused_since = wi_io_ticks(io);
	wi_due_set(&io->dues, &conn->due,
	    uv_now(&io->loop) +
		WI_LIMIT(conn->endpoint->limits, handshake_ms));
}

int
wi_shake_begin(struct wi_io *io, struct wi_conn *conn)
{
	const struct wi_limits *limits = conn->endpoint->limits;
	uint8_t first[SHAKE_FIRST_MAX];
	size_t len = 0;
	int rv;

	wi_shake_enter(io, conn);
	/* One that was connected before may have agreed on more. */
	wi_endpoint_speak(
	    conn->endpoint, wi_codec_plain(wi_endpoint_codec(conn->endpoint)));
	rv = wi_endpoint_codec(conn->endpoint)
		 ->begin(wi_conn_codec_state(conn),
		     conn->places != NULL ? &conn->places->all[0].place :
					    &limits->place,
		     first, sizeof(first), &len);
	if (rv == WEFT_OK && len > 0)
		rv = shake_send(io, conn, first, len);
	if (rv < 0)
		return rv;
	wi_conn_poll(conn);
	return WEFT_OK;
}

void
wi_shake_secured(struct wi_io *io, struct wi_conn *conn)
{
	int rv;

	if (conn->endpoint->codec->begin == NULL) {
		wi_shake_done(io, conn, NULL, 0);
		return;
	}
	rv = wi_shake_begin(io, conn);
	if (rv < 0)
		wi_shake_failed(io, conn, rv, weft_strerror(rv));
}

void
wi_shake_due(struct wi_io *io, struct wi_conn *conn)
{
	const uint32_t whole_ms =
	    WI_LIMIT(conn->endpoint->limits, handshake_ms);
	uint64_t passed = (uint64_t)(wi_io_ticks(io) - conn->paused_since) *
	    WI_FACTS_TICK_MS;

	/* A part of it may have set the deadline sooner. */
	if (passed + WI_FACTS_TICK_MS < whole_ms)
		wi_due_set(&io->dues, &conn->due,
		    uv_now(&io->loop) + whole_ms - passed);
	else if (conn->proxied)
		wi_proxied_failed(io, conn,
		    "expected a PROXY header in time, found none, or a part");
	else
		wi_shake_failed(io, conn, -ETIMEDOUT,
		    "expected the handshake to be over in time, found a part "
		    "of it");
}

void
wi_shake_failed(
    struct wi_io *io, struct wi_conn *conn, int code, const char *text)
{
	const bool tls = conn->tls != NULL && !conn->tls->stands;
	char peer[WI_ADDRESS_TEXT], words[320];

	/* text may be the codec's, which goes with its state. */
	wi_conn_peer(conn, peer, sizeof(peer));
	(void)snprintf(words, sizeof(words), "%s: %s%s: %s", peer,
	    tls ? "TLS" : "codec ",
	    tls ? "" : wi_endpoint_codec(conn->endpoint)->name, text);
	wi_count(io->counters, WEFT_COUNTER_handshakes_failed, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_HANDSHAKE, "%s", words);
	if (conn->outgoing == NULL) {
		wi_conn_refuse(io, conn);
		return;
	}
	wi_conn_unstart(io, conn);
	wi_connect_failed(io, conn, code, words);
}

/* See kept_note. */
WI_ON_IO static void
shake_agree(struct wi_conn *conn)
{
	struct wi_endpoint *endpoint = conn->endpoint;

	wi_endpoint_speak(endpoint,
	    wi_codec_agreed(endpoint->codec, wi_conn_codec_state(conn),
		endpoint->limits->reconnect_ms == 0));
}

bool
wi_shake_choose(struct wi_io *io, struct wi_conn *conn,
    const struct weft_codec_place *place)
{
	int rv = WEFT_OK;

	if (conn->places != NULL)
		rv = wi_places_choose(io, conn, place);
	wi_places_drop(&conn->places);
	if (rv < 0)
		wi_shake_failed(io, conn, rv, weft_strerror(rv));
	else
		shake_agree(conn);
	return rv == WEFT_OK;
}

bool
wi_shake_plain(struct wi_io *io, struct wi_conn *conn)
{
	const struct weft_codec *codec = wi_endpoint_codec(conn->endpoint);

	wi_conn_free_codec(conn);
	if (wi_conn_start_codec(conn, codec) < 0) {
		wi_shake_failed(io, conn, -ENOMEM, "no memory");
		return false;
	}
	wi_shake_done(io, conn, NULL, 0);
	return conn->state == WI_CONN_OPEN;
}

void
wi_shake_done(
    struct wi_io *io, struct wi_conn *conn, const uint8_t *bytes, size_t len)
{
	struct wi_hello *hello = malloc(sizeof(*hello) + len);

	if (hello == NULL) {
		wi_shake_failed(io, conn, -ENOMEM, "no memory");
		return;
	}
	wi_event_init(&hello->event, WI_EVENT_HELLO);
	hello->len = len;
	hello->tls = NULL;
	if (conn->tls != NULL) {
		hello->tls = conn->tls->facts;
		conn->tls->facts = NULL;
	}
	if (len > 0)
		memcpy(hello->bytes, bytes, len);
	wi_due_clear(&io->dues, &conn->due);
	conn->greeted = true;
	wi_conn_opened(io, conn, hello);
	if (conn->outgoing != NULL)
		wi_connect_stood(io, conn);
}

/* ---- between messages */

/* To the end of the queue, as replies go. */
WI_ON_IO static int
shake_queue(
    struct wi_io *io, struct wi_conn *conn, const uint8_t *bytes, size_t len)
{
	struct wi_block *block = wi_block_new(sizeof(struct wi_chunk) + len);
	struct wi_chunk *chunk;

	if (block == NULL)
		return -ENOMEM;
	chunk = (void *)block->data;
	*chunk = (struct wi_chunk){ .to = conn->endpoint->name,
		.block = block,
		.bytes = block->data + sizeof(*chunk),
		.len = (uint32_t)len,
		.kind = WI_CHUNK_DATA };
	memcpy(block->data + sizeof(*chunk), bytes, len);
	(void)wi_load_add(&conn->endpoint->out_load, wi_load(0, len));
	wi_flush_queue(io, conn, chunk);
	return WEFT_OK;
}

bool
wi_shake_answer(
    struct wi_io *io, struct wi_conn *conn, const uint8_t *bytes, size_t len)
{
	int rv;

	if (conn->state == WI_CONN_SHAKING) {
		rv = shake_send(io, conn, bytes, len);
		if (rv < 0)
			wi_shake_failed(io, conn, rv,
			    "expected the peer to take its answer, found that "
			    "it does not");
	} else {
		rv = shake_queue(io, conn, bytes, len);
		if (rv < 0)
			wi_conn_break(io, conn, WEFT_REASON_NOMEM, rv);
	}
	return rv == WEFT_OK;
}

bool
wi_shake_ping(struct wi_io *io, struct wi_conn *conn)
{
	const struct weft_codec *codec = wi_endpoint_codec(conn->endpoint);
	uint8_t ping[SHAKE_PING_MAX];

	return codec->ping != NULL &&
	    wi_shake_answer(
		io, conn, ping, codec->ping(wi_conn_codec_state(conn), ping));
}

/* ---- the end */

void
wi_shake_wrong(
    struct wi_io *io, struct wi_conn *conn, int error, const char *why)
{
	bool big = error == WEFT_ETOOBIG;
	char peer[WI_ADDRESS_TEXT];

	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters,
	    big ? WEFT_COUNTER_closed_toobig : WEFT_COUNTER_closed_malformed,
	    1);
	if (big)
		wi_log_say(io->hub->log, WI_LOG_IO_MESSAGE_TOOBIG,
		    "%s: codec %s: %s; closed", peer,
		    wi_endpoint_codec(conn->endpoint)->name,
		    why != NULL ?
			why :
			"expected at most max_message bytes, found a longer "
			"message");
	else
		wi_log_say(io->hub->log, WI_LOG_IO_MALFORMED,
		    "%s: codec %s: %s; closed", peer,
		    wi_endpoint_codec(conn->endpoint)->name,
		    why != NULL ? why : "bytes do not follow its format");
	wi_conn_end(
	    io, conn, big ? WEFT_REASON_TOOBIG : WEFT_REASON_MALFORMED);
}

void
wi_shake_ended(
    struct wi_io *io, struct wi_conn *conn, const struct weft_cut *cut)
{
	if (conn->state == WI_CONN_SHAKING) {
		wi_shake_failed(io, conn,
		    cut->error < 0 ? cut->error : WEFT_EMALFORMED,
		    cut->why != NULL ? cut->why : "the handshake was refused");
		return;
	}
	if (conn->state != WI_CONN_OPEN)
		return;
	/* Nothing else uses that one's detail; CLOSED comes behind it. */
	conn->endpoint->drained.detail = cut->status;
	conn->tail_more = false;
	if (cut->error < 0)
		wi_shake_wrong(io, conn, cut->error, cut->why);
	else
		wi_conn_end(io, conn, WEFT_REASON_PEER);
}

void
wi_shake_leave(struct wi_conn *conn, const uint8_t *words, size_t len)
{
	const struct weft_codec *codec = wi_endpoint_codec(conn->endpoint);

	if (len >= 2 && conn->state == WI_CONN_OPEN && codec->leave != NULL)
		codec->leave(wi_conn_codec_state(conn),
		    (uint32_t)words[0] << 8 | words[1],
		    (const char *)words + 2, len - 2);
}

void
wi_shake_goodbye(struct wi_io *io, struct wi_conn *conn)
{
	const struct wi_endpoint *endpoint = conn->endpoint;
	uint8_t last[SHAKE_GOODBYE_MAX];
	size_t len;

	if (!conn->greeted || conn->cut ||
	    wi_endpoint_codec(endpoint)->end == NULL || conn->write_error != 0)
		return;
	len = wi_endpoint_codec(endpoint)->end(wi_conn_codec_state(conn),
	    wi_closed_reason(endpoint->closed.detail), last);
	/* What is in the queue is for the next time: again_note in
	 * io/connect.c. */
	if (wi_connect_lasts(conn))
		(void)shake_send(io, conn, last, len);
	else if (len > 0 && shake_queue(io, conn, last, len) < 0)
		wi_conn_break(io, conn, WEFT_REASON_NOMEM, -ENOMEM);
}
