/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/facts.h - what weft_endpoint_info() tells of an endpoint.
 *
 * Written by the I/O thread, read by any thread without a lock: every member
 * is stored and loaded as one relaxed atomic, and the reader looks at the
 * endpoint's id before and after.
 */
#ifndef WI_FACTS_H
#define WI_FACTS_H

#include <stdint.h>
#include <string.h>

#include <weft/endpoint.h>

#include "base/address.h"
#include "base/clock.h"

struct wi_tls_facts;

#define WI_FACTS_WORDS (sizeof(struct wi_address) / sizeof(uint64_t))
#define WI_FACTS_TICK_MS 16u /* unit of times: 32 bits are two years */

struct wi_facts {
	uint64_t remote[WI_FACTS_WORDS]; /* a struct wi_address */
	uint64_t local[WI_FACTS_WORDS];
	const char *path; /* unix: of the listener, or where we connected to;
	                     kept by the desk; else NULL */
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint64_t messages_in;
	uint64_t messages_out;
	uint32_t opened; /* [ticks] of the loop's clock */
	uint32_t heard;  /* [ticks] likewise: something arrived */
	uint32_t state;  /* enum weft_endpoint_state */
	uint32_t ours;   /* 1: we connected, path is the remote one */
	/* From opened() to closed(); its runner's alone, NULL before. */
	struct wi_tls_facts *tls;
};

/* wi_facts_now() - now, in ticks: what wi_io_ticks() says on the I/O thread.
 * thread: any. */
static inline uint32_t
wi_facts_now(void)
{
	return (uint32_t)(wi_clock_ns() / 1000000 / WI_FACTS_TICK_MS);
}

static inline void
wi_fact_add(uint64_t *fact, uint64_t amount)
{
	__atomic_store_n(fact, *fact + amount, __ATOMIC_RELAXED);
}

static inline void
wi_fact_set(uint32_t *fact, uint32_t to)
{
	__atomic_store_n(fact, to, __ATOMIC_RELAXED);
}

static inline void
wi_fact_set_address(
    uint64_t fact[WI_FACTS_WORDS], const struct wi_address *address)
{
	uint64_t words[WI_FACTS_WORDS];
	unsigned i;

	memcpy(words, address, sizeof(words));
	for (i = 0; i < WI_FACTS_WORDS; i++)
		__atomic_store_n(&fact[i], words[i], __ATOMIC_RELAXED);
}

static inline void
wi_fact_get_address(
    const uint64_t fact[WI_FACTS_WORDS], struct wi_address *address)
{
	uint64_t words[WI_FACTS_WORDS];
	unsigned i;

	for (i = 0; i < WI_FACTS_WORDS; i++)
		words[i] = __atomic_load_n(&fact[i], __ATOMIC_RELAXED);
	memcpy(address, words, sizeof(words));
}

/* wi_facts_begin() - of an endpoint that is new, before its id can be known.
 * now: in ticks.  thread: the one that took the slot. */
static inline void
wi_facts_begin(
    struct wi_facts *facts, const char *path, uint32_t ours, uint32_t now)
{
	const struct wi_address none = { .family = 0 };

	wi_fact_set_address(facts->remote, &none);
	wi_fact_set_address(facts->local, &none);
	__atomic_store_n(&facts->path, path, __ATOMIC_RELAXED);
	__atomic_store_n(&facts->bytes_in, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&facts->bytes_out, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&facts->messages_in, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&facts->messages_out, 0, __ATOMIC_RELAXED);
	wi_fact_set(&facts->opened, now);
	wi_fact_set(&facts->heard, now);
	wi_fact_set(&facts->state, WEFT_ENDPOINT_CONNECTING);
	wi_fact_set(&facts->ours, ours);
}

#endif
