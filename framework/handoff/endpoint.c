/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/endpoint - what both sides know of an endpoint.
 *
 * thread: opened by who took its slot, shut by the I/O thread; looked up by
 * any.
 *
 * stale_note: out_load is not reset when a slot gets a new endpoint.  Whoever
 * sends adds to the slot that an id led to, and the I/O thread takes the same
 * amount off the same slot, also when the id has become stale in between: the
 * two always meet, so no endpoint inherits a load that nobody takes off.
 */
#include "handoff/endpoint.h"

#include "handoff/drained.h"

#ifndef WI_DEBUG
_Static_assert(sizeof(struct wi_endpoint) == 192,
    "an idle client costs three cache lines here");
#endif

uint64_t
wi_load_sub(uint64_t *load, uint64_t amount)
{
	uint64_t old, messages, bytes, rest;

	old = __atomic_load_n(load, __ATOMIC_RELAXED);
	do {
		messages = wi_load_messages(old);
		bytes = wi_load_bytes(old);
		messages -= messages < wi_load_messages(amount) ?
		    messages :
		    wi_load_messages(amount);
		bytes -= bytes < wi_load_bytes(amount) ? bytes :
							 wi_load_bytes(amount);
		rest = wi_load(messages, bytes);
	} while (!__atomic_compare_exchange_n(
	    load, &old, rest, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return rest;
}

void
wi_endpoint_open(struct wi_endpoint *endpoint, uint64_t id,
    const struct weft_codec *codec, const struct wi_limits *limits,
    struct wi_plugin *plugin, struct wi_strand *group)
{
	/* A sender with a stale id may be reading these. */
	__atomic_store_n(&endpoint->codec, codec, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->limits, limits, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->in_load, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->read_paused, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->attention, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->muted, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->ready, 0, __ATOMIC_RELAXED);
	wi_drained_forget(&endpoint->drain_state);
	__atomic_store_n(&endpoint->stale, 0, __ATOMIC_RELAXED);
	endpoint->moved = false;
	endpoint->over = false;
	__atomic_store_n(&endpoint->group, group, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->user, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->name, id, __ATOMIC_RELAXED);
	/* Release: pairs with the acquire in reload_state.c. */
	__atomic_store_n(&endpoint->plugin, plugin, __ATOMIC_RELEASE);
	wi_strand_init(&endpoint->own, false, plugin == &wi_pull_plugin);
	wi_event_init(&endpoint->opened, WI_EVENT_OPENED);
	wi_event_init(&endpoint->closed, WI_EVENT_CLOSED);
	wi_event_init(&endpoint->drained, WI_EVENT_DRAINED);
	wi_event_init(&endpoint->port, WI_EVENT_PORT);
	/* Release: pairs with wi_endpoint_find(). */
	__atomic_store_n(&endpoint->id, id, __ATOMIC_RELEASE);
}

void
wi_endpoint_move(struct wi_endpoint *endpoint, const struct weft_codec *codec,
    const struct wi_limits *limits, struct wi_plugin *plugin,
    struct wi_strand *group)
{
	__atomic_store_n(&endpoint->codec, codec, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->limits, limits, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->group, group, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->plugin, plugin, __ATOMIC_RELEASE);
	wi_strand_init(&endpoint->own, false, plugin == &wi_pull_plugin);
}

void
wi_endpoint_speak(struct wi_endpoint *endpoint, const struct weft_codec *codec)
{
	/* Senders may be reading it; each of the two is right for them.  Its
	 * runner reads it behind the event that follows. */
	__atomic_store_n(&endpoint->codec, codec, __ATOMIC_RELAXED);
}

void
wi_endpoint_shut(struct wi_endpoint *endpoint)
{
	__atomic_store_n(&endpoint->id, 0, __ATOMIC_RELEASE);
}
