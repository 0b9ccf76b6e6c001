/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/conn.h - a connection: what is behind an endpoint on the I/O thread's
 * side, be it a socket of its own or a peer of a datagram socket.
 *
 * owned by: the I/O thread, all of it but facts.  It lies in the same slot as
 * its struct wi_endpoint (handoff/endpoint.h), in a parallel array.
 *
 * States, and what moves them on:
 *
 *   CONNECTING  ours, and does not stand (again): its socket is being dialled,
 *             or it waits to be dialled again (io/connect.c)
 *   SHAKING   it stands, and a handshake is not over: what a proxy says in
 *             front (io/proxied.c), that of TLS (io/tls_shake.c), then its
 *             codec's (io/shake.c); nobody was told of it
 *   OPEN      reading and writing
 *   ENDING    no more reading; CLOSED stands in the mailbox behind what was
 *             read; replies still leave, or are kept if it will be dialled
 *             again                                <- peer's end, weft_close()
 *   LINGER    the handler has seen CLOSED; what is queued leaves, at most
 *             linger_ms                            <- RELEASE
 *   SHUT      all has left and FIN is sent; what the peer still sends is
 *             thrown away until it has taken everything, at most linger_ms
 *   BROKEN    the socket is gone, CLOSED stands in the mailbox
 *                                                  <- reset, bad bytes
 *   FREE      the slot is given back
 *
 *   OPEN -> ENDING -> LINGER -> SHUT -> FREE
 *   CONNECTING -> OPEN; BROKEN -> CONNECTING when it is dialled again
 *   SHAKING -> OPEN; of a client that is refused -> ENDING; of ours that is
 *   refused -> CONNECTING
 *   any of them -> BROKEN -> FREE
 *
 * A datagram peer has no socket, and goes from LINGER straight to FREE.
 */
#ifndef WI_CONN_H
#define WI_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/endpoint.h>

#include "base/thread_role.h"
#include "handoff/block.h"
#include "handoff/endpoint.h"
#include "handoff/outbox.h"
#include "io/due.h"
#include "io/facts.h"

struct wi_hello;
struct wi_io;
struct wi_listener;
struct wi_outgoing;
struct wi_peer;
struct wi_places;
struct wi_reader;
struct wi_timer;
struct wi_tls;
struct wi_udp;

enum wi_conn_state {
	WI_CONN_FREE,
	WI_CONN_CONNECTING,
	WI_CONN_SHAKING,
	WI_CONN_OPEN,
	WI_CONN_ENDING,
	WI_CONN_LINGER,
	WI_CONN_SHUT,
	WI_CONN_BROKEN,
};

#define WI_CONN_STATE_INLINE 16u /* [bytes] of codec state kept in place */

struct wi_conn {
	struct wi_io *io;
	struct wi_endpoint *endpoint;
	int fd;            /* -1: none (any more) */
	int write_error;   /* not 0: a write failed with it, nothing more can
	                    leave */
	uint8_t state;     /* enum wi_conn_state */
	uint8_t events;    /* WI_POLLER_* polled for */
	uint8_t attention; /* WI_ATTEND_*, taken and not done yet */
	bool is_closed;    /* in io->closed, to be settled */
	bool released;     /* RELEASE has come */
	bool unheld;       /* UNHELD has come */
	bool lost;         /* its last CLOSED was LOST */
	bool ended;        /* CLOSED or GONE is in its mailbox */
	bool is_dirty;     /* in io->dirty, or in its udp's list */
	bool peer_ended;   /* its FIN has been read */
	bool counted;      /* in io->per_ip */
	bool reads_long;   /* the last read filled the room it had */
	bool tail_more;   /* tail holds whole messages: the mailbox was full */
	bool codec_owned; /* codec_state.there was allocated */
	bool greeted;     /* its handshake was over: so there is a goodbye */
	bool cut;         /* a part of what was dropped had left */
	bool pinged;      /* asked whether it is there, pinged_heard ago */
	bool proxied;     /* SHAKING, and its PROXY header has not come yet
	                     (io/proxied.h) */
	bool gated;       /* a request is being run: the next one waits */
	bool body;        /* pieces of a request's body are to come */
	bool streams;     /* its reply is a stream of events */
	bool waits;       /* the socket was full, and the queue has not been
	                     empty since: keep_note in io/waiting.c */

	/* A message that is not whole yet: its first bytes, from tail->data
	 * + tail_at; these bytes are this connection's alone, and so is the
	 * block, unless it is from a pool. */
	struct wi_block *tail;
	uint32_t tail_at;
	uint32_t tail_len;
	uint32_t tail_need; /* [bytes] in all, as the codec said; 0: unknown */
	uint32_t tail_since;   /* [ticks] it was begun */
	uint32_t paused_since; /* [ticks] OPEN and not polled for reading;
	                          SHAKING: it has begun */
	uint32_t request;      /* gated: its number (handoff/answer.h) */
	uint32_t pinged_heard; /* [ticks] facts.heard, then */
	uint32_t
	    linger_ends; /* [ticks] LINGER and SHUT: it has had its time */

	/* What waits to be written, oldest first. */
	struct wi_chunk *out_first;
	struct wi_chunk *out_last;
	uint64_t out_bytes;    /* [bytes] queued here */
	uint32_t out_at;       /* [bytes] of out_first that have left */
	uint32_t out_messages; /* [messages] queued here */

	struct wi_conn *next;          /* in io->dirty, or its udp's list */
	struct wi_conn *closed_next;   /* in io->closed */
	struct wi_conn *attended_next; /* in io->attended */
	struct wi_due due;             /* io/timeout.c */
	uint64_t listener;             /* id of who accepted it; 0: ours */
	struct wi_timer *timers;       /* of its own strand (io/timer.c) */
	struct wi_timer *asked;        /* requests to it (io/request.c) */
	struct wi_reader *reader;      /* NULL: none (io/reader.h) */

	union {
		uint8_t here[WI_CONN_STATE_INLINE];
		void *there; /* codecs with a larger state */
	} codec_state;

	struct wi_places *places; /* SHAKING, of a socket with several paths
	                             (io/places.h); else NULL */
	struct wi_outgoing *outgoing; /* ours (io/connect.c), else NULL */
	struct wi_tls *tls;           /* io/tls.h; NULL: none */
	struct wi_udp *udp;           /* a datagram peer, else NULL */
	struct wi_peer *peer;         /* likewise; the udp's */

	struct wi_facts facts; /* last: other threads read it at any time */
};

/* wi_conn_io() - whose it is. */
static inline struct wi_io *
wi_conn_io(const struct wi_conn *conn)
{
	return conn->io;
}

/* What a connection is made of. */
struct wi_conn_terms {
	const struct weft_codec *codec;
	const struct wi_limits *limits;
	struct wi_plugin *plugin;
	struct wi_strand *group;  /* what it is bound to; NULL: nothing */
	struct wi_places *places; /* to choose from; NULL: nothing */
	uint64_t listener;        /* whose client it is; 0: ours */
	const char *path;         /* as struct wi_facts */
	bool proxied;             /* a PROXY header comes first */
	struct wi_address remote; /* counted for max_endpoints_per_ip, unless
	                             proxied */
	struct wi_address local;
};

/*
 * wi_conn_accept() - a connection and its endpoint for an accepted socket.
 *
 *   fd       in       non-blocking; closed by the connection, or by this call
 *                     if it fails.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_EFULL  no slot; -EUSERS  its address has
 *                     max_endpoints_per_ip; -ENOMEM.
 */
int wi_conn_accept(
    struct wi_io *io, int fd, const struct wi_conn_terms *terms) WI_ON_IO;

/* wi_conn_open_peer() - the same for a peer of a datagram socket: *connp. */
int wi_conn_open_peer(struct wi_io *io, struct wi_udp *udp,
    struct wi_peer *peer, const struct wi_conn_terms *terms,
    struct wi_conn **connp) WI_ON_IO;

/* wi_conn_prepare() - one that connects: its slot was taken, its facts begun
 * and its endpoint opened by the thread that asked. */
void wi_conn_prepare(struct wi_io *io, struct wi_conn *conn,
    struct wi_endpoint *endpoint) WI_ON_IO;

/* wi_conn_stands() - CONNECTING becomes OPEN, and OPENED is pushed; or
 * SHAKING.
 *
 *   fd       in       connected, or -1 with conn->udp set; closed if this
 *                     fails.
 *   returns           WEFT_OK, -ENOMEM, or what the OS answered.
 */
int wi_conn_stands(struct wi_io *io, struct wi_conn *conn, int fd) WI_ON_IO;

/* wi_conn_begin() - an accepted one: its codec begins, or it is OPEN; if that
 * fails it is refused. */
void wi_conn_begin(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
/* wi_conn_start_codec() - its codec's state, zeroed.  errors: -ENOMEM. */
int wi_conn_start_codec(
    struct wi_conn *conn, const struct weft_codec *codec) WI_ON_IO;

/* wi_conn_opened() - it becomes OPEN; hello: what its handshake has brought,
 * or NULL.  owner: the mailbox. */
void wi_conn_opened(
    struct wi_io *io, struct wi_conn *conn, struct wi_hello *hello) WI_ON_IO;

/* wi_conn_unstart() - ours, and it does not stand after all: its socket goes.
 * It is CONNECTING again. */
void wi_conn_unstart(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_refuse() - a client that is SHAKING: no more reading; what was said
 * to it leaves, nobody is told. */
void wi_conn_refuse(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_of() - the connection in an endpoint's slot. */
struct wi_conn *wi_conn_of(struct wi_io *io, uint32_t slot) WI_ON_IO;

/* wi_conn_state() - the codec's state of it; NULL if it has none. */
void *wi_conn_codec_state(struct wi_conn *conn) WI_ON_IO;

/* wi_conn_ready() - its socket has something (a wi_poller_cb). */
void wi_conn_ready(void *arg, void *whose, unsigned events);

/* wi_conn_poll() - poll for what is wanted in its present state. */
void wi_conn_poll(struct wi_conn *conn) WI_ON_IO;

/* wi_conn_paused() - WEFT_PAUSED_*: why it is not polled for reading; 0: it
 * is, or it is not OPEN. */
uint32_t wi_conn_paused(const struct wi_conn *conn) WI_ON_IO;

/* wi_conn_end() - no more reading: CLOSED behind what was read.  Does nothing
 * unless OPEN or CONNECTING. */
void wi_conn_end(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why) WI_ON_IO;

/* wi_conn_break() - the socket is of no use: away with it and with what was
 * queued; CLOSED unless it was said before.  code: WEFT_OK, or what the system
 * said. */
void wi_conn_break(struct wi_io *io, struct wi_conn *conn,
    enum weft_reason why, int code) WI_ON_IO;

/* wi_conn_abort() - wi_conn_break() of one that no handler shall hear of any
 * more but by CLOSED; its peer gets a reset. */
void wi_conn_abort(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why) WI_ON_IO;

/* wi_conn_lost() - wi_conn_end() for PEER, else wi_conn_break(); of one that
 * is SHAKING, the end of that. */
void wi_conn_lost(struct wi_io *io, struct wi_conn *conn, enum weft_reason why,
    int code) WI_ON_IO;

/* wi_conn_shut() - its endpoint's name is stale from here on. */
void wi_conn_shut(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_release() - the handler has seen CLOSED (linger.c).
 * wi_conn_unheld() - nobody holds its strand any more. */
void wi_conn_release(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_conn_unheld(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_settle() - give the slot back, if nothing holds it any more.
 * wi_conn_settle_closed() - of those whose socket was closed in this turn. */
void wi_conn_settle(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_conn_settle_closed(struct wi_io *io) WI_ON_IO;

/* wi_conn_push() - an event to its strand. */
void wi_conn_push(
    struct wi_io *io, struct wi_conn *conn, struct wi_event *event) WI_ON_IO;

/* wi_conn_drop_tail(), wi_conn_free_codec() - what it has of a message that is
 * not whole; what its codec remembers. */
void wi_conn_drop_tail(struct wi_conn *conn) WI_ON_IO;
void wi_conn_free_codec(struct wi_conn *conn) WI_ON_IO;

/* wi_conn_to() - move to another state, if the table above allows it. */
void wi_conn_to(struct wi_conn *conn, enum wi_conn_state state) WI_ON_IO;

/* wi_conn_close_socket() - its descriptor and what is queued go. */
void wi_conn_close_socket(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_conn_peer() - "127.0.0.1:41213", for logs. */
void wi_conn_peer(const struct wi_conn *conn, char *out, size_t size);

/* linger.c: replies leave after the end.
 * wi_linger_begin() - the handler has seen CLOSED.
 * wi_linger_flushed() - nothing is queued any more.
 * wi_linger_discard() - SHUT, and something may have come.
 * wi_linger_look() - its deadline: see shut_note there. */
void wi_linger_begin(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_linger_flushed(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_linger_discard(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_linger_look(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* timeout.c: idle and half-sent messages.
 * wi_timeout_opened() - it is OPEN: idle counts from now.
 * wi_timeout_partial() - it has a message that is not whole, as of now.
 * wi_timeout_waits() - its socket does not take what is queued.
 * wi_timeout_paused() - reading was paused by us since paused_since: that time
 * is not counted against the peer. */
void wi_timeout_paused(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_timeout_opened(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_timeout_waits(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_timeout_partial(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_timeout_changed() - it is OPEN, and its limits may be others. */
void wi_timeout_changed(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_timeout_due() - the deadline of any connection (a wi_due_cb). */
void wi_timeout_due(void *arg, struct wi_due *due);

/* connect.c: connections of ours; of others wi_connect_lasts() is false and
 * wi_connect_forget() does nothing.
 * wi_connect_lost() - it ends, and why: whether it lasts is decided here.
 * wi_connect_lasts() - it will be dialled again, and keeps slot and id.
 * wi_connect_again() - it is CONNECTING again; its handler has seen CLOSED.
 * wi_connect_forget() - it is over for good. */
void wi_connect_lost(struct wi_io *io, struct wi_conn *conn,
    enum weft_reason why, int code) WI_ON_IO;
bool wi_connect_lasts(const struct wi_conn *conn) WI_ON_IO;
void wi_connect_again(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_connect_forget(struct wi_conn *conn) WI_ON_IO;

/* wi_connect_stood() - it is OPEN.
 * wi_connect_failed() - CONNECTING, and this attempt is over.  text: why. */
void wi_connect_stood(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;
void wi_connect_failed(struct wi_io *io, struct wi_conn *conn, int code,
    const char *text) WI_ON_IO;

/* wi_connect_due() - CONNECTING, and its wait is over. */
void wi_connect_due(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_connect_close() - weft_close(), while it does not stand. */
void wi_connect_close(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

#endif
