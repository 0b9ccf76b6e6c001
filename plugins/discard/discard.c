/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discard - takes every message, answers none, and counts.
 *
 * Each client is a strand of its own, so handlers run on several workers at a
 * time: what they share, the totals, is atomic.  Nobody reads the totals while
 * they grow, so no order between them is needed.
 */
#include <weft/weft.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

struct discard {
	struct weft_node *node; /* for weft_log() */
	atomic_uint_fast64_t messages;
	atomic_uint_fast64_t bytes;
};

static int
load(struct weft_load *load, void **state)
{
	struct discard *discard = malloc(sizeof(*discard));

	if (discard == NULL)
		return weft_load_fail(load, -ENOMEM, "no memory");
	discard->node = weft_load_node(load);
	atomic_init(&discard->messages, 0);
	atomic_init(&discard->bytes, 0);
	*state = discard;
	return WEFT_OK;
}

static void
unload(void *state)
{
	struct discard *discard = state;

	weft_log(discard->node, WEFT_LOG_INFO, "DISCARD-TOTAL",
	    "%" PRIuFAST64 " messages, %" PRIuFAST64 " bytes",
	    atomic_load(&discard->messages), atomic_load(&discard->bytes));
	free(discard);
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct discard *discard = weft_call_state(call);

	(void)from;
	atomic_fetch_add_explicit(&discard->messages, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &discard->bytes, msg.len, memory_order_relaxed);
}

WEFT_PLUGIN(.name = "discard", .load = load, .unload = unload,
    .message = message);
