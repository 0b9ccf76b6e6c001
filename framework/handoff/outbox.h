/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/outbox.h - what workers and other threads ask of the I/O thread.
 *
 * A chunk is framed bytes for one endpoint, the command to close it, an order
 * that makes or ends a socket (handoff/order.h), or something about a topic
 * (handoff/publish.h).  It lies in the block whose bytes it describes.  A
 * sender gathers chunks in a list and publishes the list with one push; the
 * I/O thread takes all lists with one exchange.
 *
 * Attention is the other door: what the worker that runs a strand says of an
 * endpoint, without memory of its own, so it cannot fail.
 *
 * order_note: the I/O thread takes the attention first, with what was said of
 * each endpoint, and the chunks second, and works through them the other way
 * round.  So whoever publishes chunks and then says RELEASE can be sure that
 * the chunks are looked at first.
 */
#ifndef WI_OUTBOX_H
#define WI_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include <ck_stack.h>

#include "handoff/block.h"
#include "handoff/endpoint.h"

enum wi_chunk_kind {
	WI_CHUNK_DATA,
	WI_CHUNK_KEYED,       /* DATA, one message, with a key */
	WI_CHUNK_ANSWER,      /* a part of a reply; key: handoff/answer.h */
	WI_CHUNK_CLOSE,       /* weft_close(): no bytes */
	WI_CHUNK_ABORT,       /* weft_abort(): no bytes */
	WI_CHUNK_MALFORMED,   /* likewise, for what it has sent */
	WI_CHUNK_WRONG,       /* likewise: bytes: a struct wi_wrong */
	WI_CHUNK_QUARANTINED, /* likewise: no bytes */
	WI_CHUNK_ORDER,       /* bytes: a struct wi_order; to: 0 */
	WI_CHUNK_SUBSCRIBE,   /* bytes: a struct wi_publish; to: 0 */
	WI_CHUNK_UNSUBSCRIBE,
	WI_CHUNK_PUBLISH,
	WI_CHUNK_DIRECT, /* PUBLISH, from the engine */
	WI_CHUNK_RULE,   /* bytes: a struct wi_publish of a filter and a struct
	                    weft_slow_reader; to: 0 */
	WI_CHUNK_WAITING, /* in a connection's queue only: does not lie in its
	                     block (io/waiting.h) */
};

/* wi_chunk_is_message() - it was sent to an endpoint, and counted as its
 * load. */
static inline bool
wi_chunk_is_message(enum wi_chunk_kind kind)
{
	return kind <= WI_CHUNK_ANSWER;
}

/* What was wrong with a message, seen by who was to run it. */
struct wi_wrong {
	int error;       /* WEFT_EMALFORMED or WEFT_ETOOBIG */
	const char *why; /* expected ..., found ...: a constant */
};

/* owned by: the sender, then the outbox, then the I/O thread, which lets go
 * of block when the bytes are written. */
struct wi_chunk {
	union {
		ck_stack_entry_t entry; /* the first of a list, in the
		                           outbox */
		struct wi_chunk *prev;  /* in the connection's queue */
	};
	struct wi_chunk
	    *next;   /* in the list; later in the connection's queue */
	uint64_t to; /* endpoint id */
	struct wi_block *block; /* one reference */
	const uint8_t *bytes;
	uint32_t len;       /* [bytes] */
	uint32_t nmessages; /* in these bytes */
	enum wi_chunk_kind kind;
	uint32_t since; /* [ticks] it joined the connection's queue */
	uint64_t key;   /* KEYED, ANSWER */
};

struct wi_outbox {
	ck_stack_t chunks;
	_Alignas(64) ck_stack_t attention;
};

void wi_outbox_init(struct wi_outbox *outbox);

/* wi_outbox_push() - publish a list of chunks; the caller then wakes the I/O
 * thread (handoff/wake.h).  owner: the outbox.  thread: any. */
void wi_outbox_push(struct wi_outbox *outbox, struct wi_chunk *list);

/* wi_outbox_attend() - say WI_ATTEND_* of an endpoint; the caller then wakes
 * the I/O thread.  thread: the worker that runs the endpoint's strand. */
void wi_outbox_attend(
    struct wi_outbox *outbox, struct wi_endpoint *endpoint, uint32_t what);

/* wi_outbox_take_attention(), wi_outbox_take_chunks() - all of it, oldest
 * first, or NULL; in this order.  thread: I/O. */
struct wi_endpoint *wi_outbox_take_attention(struct wi_outbox *outbox);
struct wi_chunk *wi_outbox_take_chunks(struct wi_outbox *outbox);

/* wi_outbox_next_attention() - the one behind it, and what was said of it; the
 * worker may say more at once, so it is asked once per endpoint. */
struct wi_endpoint *wi_outbox_next_attention(
    struct wi_endpoint *endpoint, uint32_t *what);

/* wi_outbox_next_list() - the list behind this one, or NULL. */
struct wi_chunk *wi_outbox_next_list(struct wi_chunk *list);

/* wi_outbox_empty() - at the instant it is asked.  thread: I/O. */
bool wi_outbox_empty(const struct wi_outbox *outbox);

#endif
