/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/conn.h - a connection: the socket behind an endpoint.
 *
 * owned by: the I/O thread, all of it.  It lies in the same slot as its struct
 * wi_endpoint (handoff/endpoint.h), in a parallel array.
 *
 * States, and what moves them on:
 *
 *   OPEN      reading and writing
 *   ENDING    no more reading; CLOSED stands in the mailbox behind what was
 *             read; replies still leave            <- peer's end, weft_close()
 *   LINGER    the handler has seen CLOSED; what is queued leaves, at most
 *             linger_ms                            <- RELEASE
 *   SHUT      all has left and FIN is sent; what the peer still sends is
 *             thrown away until it has taken everything, at most linger_ms
 *   BROKEN    the socket is gone, CLOSED stands in the mailbox
 *                                                  <- reset, bad bytes
 *   FREE      the slot is given back
 *
 *   OPEN -> ENDING -> LINGER -> SHUT -> FREE
 *   any of them -> BROKEN -> FREE
 */
#ifndef WI_CONN_H
#define WI_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include <weft/endpoint.h>

#include "base/thread_role.h"
#include "handoff/block.h"
#include "handoff/endpoint.h"
#include "handoff/outbox.h"

struct wi_io;

enum wi_conn_state {
	WI_CONN_FREE,
	WI_CONN_OPEN,
	WI_CONN_ENDING,
	WI_CONN_LINGER,
	WI_CONN_SHUT,
	WI_CONN_BROKEN,
};

#define WI_CONN_STATE_INLINE 16u /* [bytes] of codec state kept in place */

struct wi_conn {
	uv_poll_t poll;
	struct wi_io *io;
	struct wi_endpoint *endpoint;
	int fd;
	uint8_t state;     /* enum wi_conn_state */
	uint8_t events;    /* UV_READABLE | UV_WRITABLE polled for */
	bool handle_open;  /* poll is not closed yet */
	bool released;     /* RELEASE has come */
	bool is_dirty;     /* in io->dirty */
	bool lingers;      /* in io->lingerers */
	bool peer_ended;   /* its FIN has been read */
	bool write_dead;   /* a write failed: nothing more can leave */
	uint8_t attention; /* WI_ATTEND_*, taken and not done yet */

	/* A message that is not whole yet: its first bytes, from tail->data
	 * + tail_at; tail is this connection's alone. */
	struct wi_block *tail;
	uint32_t tail_at;
	uint32_t tail_len;
	uint64_t tail_need; /* [bytes] in all, as the codec said; 0: unknown */
	bool tail_more;     /* it holds whole messages: the mailbox was full */

	/* What waits to be written, oldest first. */
	struct wi_chunk *out_first;
	struct wi_chunk *out_last;
	uint64_t out_bytes; /* [bytes] queued here */
	uint32_t out_at;    /* [bytes] of out_first that have left */

	struct wi_conn *next;          /* in io->dirty */
	struct wi_conn *attended_next; /* in io->attended */
	struct wi_conn *linger_next;
	struct wi_conn **linger_prev;
	uint64_t linger_due; /* [ms] of the loop's clock */

	union {
		uint8_t here[WI_CONN_STATE_INLINE];
		void *there; /* codecs with a larger state */
	} codec_state;
};

/*
 * wi_conn_open() - a connection and its endpoint for an accepted socket.
 *
 *   fd       in       non-blocking; closed by the connection, or by this call
 *                     if it fails.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_EFULL  no slot; -ENOMEM.
 */
int wi_conn_open(struct wi_io *io, int fd, const struct weft_codec *codec,
    struct wi_plugin *plugin) WI_ON_IO;

/* wi_conn_of() - the connection in an endpoint's slot. */
struct wi_conn *wi_conn_of(struct wi_io *io, uint32_t slot) WI_ON_IO;

/* wi_conn_state() - the codec's state of it; NULL if it has none. */
void *wi_conn_codec_state(struct wi_conn *conn) WI_ON_IO;

/* wi_conn_poll() - poll for what is wanted in its present state. */
void wi_conn_poll(struct wi_conn *conn) WI_ON_IO;

/* wi_conn_end() - no more reading: CLOSED behind what was read.  Does nothing
 * unless OPEN. */
void wi_conn_end(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why) WI_ON_IO;

/* wi_conn_break() - the socket is of no use: away with it and with what was
 * queued; CLOSED unless it was said before. */
void wi_conn_break(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why) WI_ON_IO;

/* wi_conn_release() - the handler has seen CLOSED. */
void wi_conn_release(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_flushed() - nothing is queued any more. */
void wi_conn_flushed(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_settle() - give the slot back, if nothing holds it any more. */
void wi_conn_settle(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_peer() - "127.0.0.1:41213", for logs. */
void wi_conn_peer(const struct wi_conn *conn, char *out, size_t size);

#endif
