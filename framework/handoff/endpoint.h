/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/endpoint.h - what both sides know of an endpoint.
 *
 * The socket and all that belongs to it is the I/O thread's (io/conn.h).  Here
 * is the rest: the id that senders look up, the marks, the strand, and what
 * the worker keeps for the handler.  It lies in a slot that can always be read
 * (handoff/slots.h); the id says whether it still means what the reader
 * thinks.
 *
 * Life: the I/O thread opens it, pushes OPENED, then batches, then CLOSED; the
 * worker that has run CLOSED says WI_ATTEND_RELEASE, and whoever lets go of
 * the last hold on its strand (hold_note in handoff/strand.h) says
 * WI_ATTEND_UNHELD; only after both the I/O thread gives the slot back.  So a
 * worker that runs an event may use the endpoint without looking at its id.
 */
#ifndef WI_ENDPOINT_H
#define WI_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ck_stack.h>

#include <weft/codec.h>
#include <weft/endpoint.h>

#include "handoff/limits.h"
#include "handoff/slots.h"
#include "handoff/strand.h"

struct wi_http_body;
struct wi_inflater;
struct wi_plugin;

#define WI_ID_SLOT_BITS 24
#define WI_ID_SLOT_MASK 0xffffffu

/* Why the I/O thread should look at an endpoint. */
#define WI_ATTEND_RESUME 1u  /* its mailbox fell below the low mark */
#define WI_ATTEND_RELEASE 2u /* the handler has seen it close */
#define WI_ATTEND_UNHELD 4u  /* nobody holds its strand any more */

struct wi_endpoint {
	/* What senders look at; written by the I/O thread. */
	_Alignas(64) uint64_t id;       /* atomic; 0: nobody */
	const struct weft_codec *codec; /* atomic; set before id */
	const struct wi_limits *limits; /* atomic; set before id */
	uint64_t out_load; /* atomic: sent to it and not written yet */

	/* What readers and the worker share. */
	uint64_t in_load;    /* atomic: read and not run yet */
	uint8_t read_paused; /* atomic: the I/O thread waits for RESUME */
	uint8_t attention;   /* atomic: WI_ATTEND_* not looked at yet */
	uint8_t muted;       /* atomic: we closed it, drop its messages */
	uint8_t ready;       /* atomic: the connection stands */
	uint8_t drain_state; /* atomic: see handoff/drained.h */
	uint8_t stale;       /* atomic: under REFUSE, the oldest that waits has
	                        waited for outbox_age_ms */
	bool moved;          /* bound anew, and bound() not run yet; runner */
	bool over;           /* its last event was run; runner */
	ck_stack_entry_t attend_entry;

	/* The worker's, and constants set before OPENED is pushed. */
	struct wi_strand *group; /* what it is bound to, one hold; NULL:
	                            nothing.  See port_note; stored as an
	                            atomic, for io/show.c */
	struct wi_plugin *plugin;
	void *user;    /* weft_call_set_user(); its strand only */
	uint64_t name; /* its id, also after id is 0; constant */
	struct wi_strand own;
	struct wi_event opened; /* never allocated, so never lost */
	struct wi_event closed; /* CLOSED, LOST or GONE */
	struct wi_event drained;
	struct wi_event port;
};

/* What only some endpoints have, so it lies in an array of its own: pages that
 * nobody needs are never touched.  owned by: the runner of its strand.  All
 * zero when a slot is taken, and when it is given back. */
struct wi_endpoint_more {
	struct wi_inflater *inflater; /* what its messages refer to */
	struct wi_http_body *body;    /* of a request that comes in pieces
	                                 (work/http_body.c) */
};
#define WI_ENDPOINT_MORE 2u /* which of the slots' arrays */

/* What CLOSED carries: the reason, and the system's code behind it. */
static inline uint32_t
wi_closed_detail(enum weft_reason why, int code)
{
	return (uint32_t)why | (uint32_t)-code << 8;
}

static inline enum weft_reason
wi_closed_reason(uint32_t detail)
{
	return (enum weft_reason)(detail & 0xffu);
}

static inline int
wi_closed_code(uint32_t detail)
{
	return -(int)(detail >> 8);
}

/*
 * A load counts messages and bytes in one word: messages << 40 | bytes.
 */
static inline uint64_t
wi_load(uint64_t messages, uint64_t bytes)
{
	return messages << 40 | bytes;
}

static inline uint64_t
wi_load_messages(uint64_t load)
{
	return load >> 40;
}

static inline uint64_t
wi_load_bytes(uint64_t load)
{
	return load & ((UINT64_C(1) << 40) - 1);
}

/* wi_load_add() - returns the load after it.  A full barrier. */
static inline uint64_t
wi_load_add(uint64_t *load, uint64_t amount)
{
	return __atomic_add_fetch(load, amount, __ATOMIC_SEQ_CST);
}

/* wi_load_sub() - returns the load after it; stops at 0 rather than wrap,
 * since a slot that gave its pages back forgets what was on its way to an
 * endpoint that is gone.  A full barrier. */
uint64_t wi_load_sub(uint64_t *load, uint64_t amount);

/* wi_endpoint_id() - 16 bits node, 24 bits generation, 24 bits slot. */
static inline uint64_t
wi_endpoint_id(uint32_t node, uint32_t generation, uint32_t slot)
{
	return (uint64_t)node << 48 | (uint64_t)generation << 24 | slot;
}

/* wi_endpoint_slot() - where it lies. */
static inline uint32_t
wi_endpoint_slot(const struct wi_endpoint *endpoint)
{
	return (uint32_t)(endpoint->name & WI_ID_SLOT_MASK);
}

/* wi_endpoint_at() - the endpoint in a slot, whoever it is.  The array's
 * stride is the size of the struct (node.c), which the compiler knows. */
static inline struct wi_endpoint *
wi_endpoint_at(const struct wi_slots *slots, uint32_t slot)
{
	return (struct wi_endpoint *)(void *)slots->base[0] + slot;
}

/*
 * wi_endpoint_find() - the endpoint that an id names.
 *
 *   returns           NULL if it has closed; else its place, which may turn
 *                     into another endpoint's, or into zeros, at any time
 *                     unless the caller runs one of its events.
 *   thread            any.
 */
static inline struct wi_endpoint *
wi_endpoint_find(const struct wi_slots *slots, uint64_t id)
{
	uint32_t slot = (uint32_t)(id & WI_ID_SLOT_MASK);
	struct wi_endpoint *endpoint;

	if (slot >= slots->max || id == 0)
		return NULL;
	endpoint = wi_endpoint_at(slots, slot);
	/* Acquire: pairs with the release in wi_endpoint_open(). */
	if (__atomic_load_n(&endpoint->id, __ATOMIC_ACQUIRE) != id)
		return NULL;
	return endpoint;
}

/* wi_endpoint_codec() - of one that is there: a reply may turn it into a
 * stream of events (weft_http_events()).  thread: any. */
static inline const struct weft_codec *
wi_endpoint_codec(const struct wi_endpoint *endpoint)
{
	return __atomic_load_n(&endpoint->codec, __ATOMIC_RELAXED);
}

/* wi_endpoint_of() - whose own strand it is. */
static inline struct wi_endpoint *
wi_endpoint_of(struct wi_strand *own)
{
	return (void *)((char *)own - offsetof(struct wi_endpoint, own));
}

/* wi_endpoint_of_port() - whose token it is. */
static inline struct wi_endpoint *
wi_endpoint_of_port(struct wi_event *port)
{
	return (void *)((char *)port - offsetof(struct wi_endpoint, port));
}

/*
 * wi_endpoint_open() - fill a slot that was just taken; its name is valid from
 * here on.
 *
 *   group    in       what it is bound to, with one hold, or NULL.
 *   thread            the one that took the slot.
 */
void wi_endpoint_open(struct wi_endpoint *endpoint, uint64_t id,
    const struct weft_codec *codec, const struct wi_limits *limits,
    struct wi_plugin *plugin, struct wi_strand *group);

/* wi_endpoint_move() - it is another listener's, with one hold of group, or
 * NULL.  Nobody was told of it, and it has no group.  thread: I/O. */
void wi_endpoint_move(struct wi_endpoint *endpoint,
    const struct weft_codec *codec, const struct wi_limits *limits,
    struct wi_plugin *plugin, struct wi_strand *group);

/* wi_endpoint_speak() - the codec that its handshake has led to, or the one
 * that it begins with again.  No batch of it waits.  thread: I/O. */
void wi_endpoint_speak(
    struct wi_endpoint *endpoint, const struct weft_codec *codec);

/* wi_endpoint_shut() - its name is stale from here on.  thread: I/O. */
void wi_endpoint_shut(struct wi_endpoint *endpoint);

#endif
