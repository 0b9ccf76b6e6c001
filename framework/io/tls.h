/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/tls.h - connections of tls:// and wss://: TLS between the socket and the
 * codec.
 *
 *	tls_shake.c   the handshake, a step at a time on other threads
 *	tls.c         what came from the socket becomes bytes for the codec
 *	tls_flush.c   what is queued becomes records and leaves
 *	tls_facts.c   what the handshake has brought
 *
 * own_note: an SSL has one owner at a time.  While a step of its handshake is
 * run (shake->busy), that is a thread beside (io/aside.h), and the I/O thread
 * looks at nothing of struct wi_tls but conn and shake; wi_aside_give() and
 * the job's done() are the hand-over, both ways.  A connection may end
 * meanwhile: then conn is NULL, and what is left is freed when the step comes
 * back.
 */
#ifndef WI_TLS_H
#define WI_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/thread_role.h"
#include "io/aside.h"
#include "io/io.h"
#include "tls/pipe.h"

struct wi_tls_facts;
struct wi_tls_failure;
struct wi_tls_shake;

/* How the peer's direction has ended. */
enum wi_tls_end {
	WI_TLS_GOES_ON,
	WI_TLS_SAID,   /* by close_notify */
	WI_TLS_CUT,    /* by the end of TCP alone */
	WI_TLS_BROKEN, /* what came is no TLS */
};

/* owned by: its connection; see own_note. */
struct wi_tls {
	struct wi_conn *conn;
	struct wi_tls_shake *shake; /* NULL: the handshake is over */
	SSL *ssl;                   /* NULL: nothing has come yet */
	struct wi_tls_pipe pipe;
	uint8_t *held;              /* memory of pipe.in; NULL: the desk's */
	struct wi_tls_facts *facts; /* until opened() gets them */
	struct wi_tls_failure *failure; /* of WI_TLS_BROKEN; or NULL */
	uint8_t end;                    /* enum wi_tls_end */
	bool stands;                    /* the handshake was no failure */
	bool reading;                   /* what is held is being worked off */
	bool said_end;                  /* our close_notify is written */
};

#define WI_TLS_IN (64u << 10)     /* [bytes] of one read */
#define WI_TLS_RECORD (16u << 10) /* [bytes] of text in one (RFC 8446, 5.1) */
#define WI_TLS_HEAD 1024u         /* [bytes] that it may be longer */
#define WI_TLS_OUT (4u * (WI_TLS_RECORD + WI_TLS_HEAD)) /* of one write */

/* What all connections use in turn; made with the first. */
struct wi_tls_desk {
	struct wi_aside aside;
	struct wi_tls_shake *ready_first; /* wait for a step, in order */
	struct wi_tls_shake *ready_last;
	struct wi_tls_shake *waiting_first; /* wait for a place, likewise */
	struct wi_tls_shake *waiting_last;
	uint32_t nplaces; /* handshakes that have begun and are not over */
	uint32_t nsteps;  /* given to aside, and not done */
	uint32_t max_steps;
	uint8_t in[WI_TLS_IN];        /* as it came */
	uint8_t out[WI_TLS_OUT];      /* as it leaves */
	uint8_t stage[WI_TLS_RECORD]; /* small messages side by side */
};

/* ---- the handshake */

/* wi_tls_begin() - it is SHAKING from here on.  errors: -ENOMEM. */
int wi_tls_begin(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_tls_shake_ready() - its socket has something, and it is not over. */
void wi_tls_shake_ready(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_tls_shake_more() - max_handshakes may have been raised. */
void wi_tls_shake_more(struct wi_io *io) WI_ON_IO;

/* wi_tls_drop() - the connection's socket goes. */
void wi_tls_drop(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_tls_reads() - may more be read from its socket now? */
bool wi_tls_reads(const struct wi_conn *conn) WI_ON_IO;

/* wi_tls_shakes() - TLS, and its handshake is not over. */
static inline bool
wi_tls_shakes(const struct wi_conn *conn)
{
	return conn->tls != NULL && conn->tls->shake != NULL;
}

/* wi_tls_desk_stop() - no connection is left, and the loop is about to end.
 * wi_tls_desk_free() - it has. */
void wi_tls_desk_stop(struct wi_io *io) WI_ON_IO;
void wi_tls_desk_free(struct wi_io *io) WI_ON_IO;

/* wi_tls_facts_new() - what an SSL that stands has to tell; NULL: no memory.
 * thread: the one that has the SSL.  owner: the caller; free(). */
struct wi_tls_facts *wi_tls_facts_new(SSL *ssl);

/* ---- reading */

/*
 * wi_tls_read() - as recv(2), of what TLS lets through.
 *
 *   returns           [bytes]; 0: the end, see tls->end; -1: errno, EAGAIN for
 *                     nothing now.
 */
ssize_t wi_tls_read(
    struct wi_io *io, struct wi_conn *conn, void *out, size_t size) WI_ON_IO;

/* wi_tls_holds() - is there something that no socket becomes readable for? */
bool wi_tls_holds(const struct wi_conn *conn) WI_ON_IO;

/* wi_tls_rest() - reading of this connection stops for now: what was not
 * worked off is kept. */
void wi_tls_rest(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_tls_ended() - 0 was read. */
void wi_tls_ended(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* ---- writing */

/* wi_tls_flush() - as wi_flush_conn(). */
void wi_tls_flush(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_tls_say() - at once, before all that is queued.  returns: WEFT_OK: it has
 * left, or leaves when the socket takes it; what the system answered. */
int wi_tls_say(struct wi_io *io, struct wi_conn *conn, const uint8_t *bytes,
    size_t len) WI_ON_IO;

/* wi_tls_send() - what the SSL has written.  returns: 1: all of it has left;
 * 0: the socket is full; or what the system answered. */
int wi_tls_send(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_tls_waits() - is there something that the socket did not take? */
bool wi_tls_waits(const struct wi_conn *conn) WI_ON_IO;

/* wi_tls_goodbye() - close_notify; false: it, or what is before it, waits for
 * the socket. */
bool wi_tls_goodbye(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

#endif
