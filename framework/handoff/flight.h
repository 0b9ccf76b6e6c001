/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/flight.h - the flight recorder: what a worker called last.
 *
 * owned by: the worker, which writes; whoever reports a crash reads.  All
 * relaxed.
 *
 * word_note: a message costs one word, which cannot be read half written: its
 * length, and what the others of its batch share with it, as the number of a
 * context.  A context is written once for a batch, and read only if it has its
 * number before and after.
 *
 * when_note: a context has the time at which its run began (work/worker reads
 * the clock then anyway); the clock for each event would cost more than all
 * else.  A run takes WORKER_RUN_NS and one handler at most.
 */
#ifndef WI_FLIGHT_H
#define WI_FLIGHT_H

#include <stdint.h>

#include "handoff/doing.h"

#define WI_FLIGHT_EVENTS 64u  /* told, at most, and contexts that are kept */
#define WI_FLIGHT_RING 256u   /* words: as a uint8_t counts */
#define WI_FLIGHT_NUMBERS 23u /* [bits] of a context's number */
#define WI_FLIGHT_IS_EVENT (UINT64_C(1) << 63)

/* What the events of a batch share. */
struct wi_flight_context {
	uint64_t number;
	const struct wi_plugin *plugin;
	uint64_t endpoint; /* its name; 0: nobody's event */
	uint64_t began;    /* [ns] the run that it was in */
};

struct wi_flight {
	uint64_t words[WI_FLIGHT_RING]; /* 1, number 23, callback 8, len 32 */
	uint64_t head;                  /* of the present context's words */
	uint64_t ncontexts;
	uint8_t next; /* word */
	struct wi_flight_context contexts[WI_FLIGHT_EVENTS];
};

/* One as it is told. */
struct wi_flight_event {
	const struct wi_plugin *plugin; /* NULL: overwritten */
	uint64_t endpoint;
	uint64_t began; /* [ns] */
	uint32_t len;   /* [bytes] */
	uint32_t callback;
};

/* wi_flight_context() - what comes next shares this.  thread: the worker. */
static inline void
wi_flight_context(struct wi_flight *flight, const struct wi_plugin *plugin,
    uint64_t endpoint, uint64_t began, enum wi_callback callback)
{
	uint64_t number =
	    ++flight->ncontexts & ((1u << WI_FLIGHT_NUMBERS) - 1);
	struct wi_flight_context *context =
	    &flight->contexts[number % WI_FLIGHT_EVENTS];

	__atomic_store_n(&context->number, UINT64_MAX, __ATOMIC_RELAXED);
	__atomic_store_n(&context->plugin, plugin, __ATOMIC_RELEASE);
	__atomic_store_n(&context->endpoint, endpoint, __ATOMIC_RELEASE);
	__atomic_store_n(&context->began, began, __ATOMIC_RELEASE);
	__atomic_store_n(&context->number, number, __ATOMIC_RELEASE);
	flight->head =
	    WI_FLIGHT_IS_EVENT | number << 40 | (uint64_t)callback << 32;
}

/* wi_flight_note() - a handler is about to be called, in the present context.
 * thread: the worker. */
static inline void
wi_flight_note(struct wi_flight *flight, uint32_t len)
{
	uint8_t next = flight->next;

	__atomic_store_n(
	    &flight->words[next], flight->head | len, __ATOMIC_RELAXED);
	__atomic_store_n(&flight->next, (uint8_t)(next + 1), __ATOMIC_RELEASE);
}

/*
 * wi_flight_get() - the last events.
 *
 *   out      out      oldest first; the last one may still run.
 *   returns           how many stand in out.
 *   thread            any, and signal handlers.
 */
unsigned wi_flight_get(const struct wi_flight *flight,
    struct wi_flight_event out[WI_FLIGHT_EVENTS]);

#endif
