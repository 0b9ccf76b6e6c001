/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/close - a handler, or a thread of the program's, ends an endpoint.
 *
 * thread: the worker that runs the handler; weft_node_*() from any.  The
 * command goes the way of messages, behind what was sent before it.
 */
#include "work/close.h"

#include <errno.h>
#include <string.h>

#include <weft/endpoint.h>

#include "base/assert.h"
#include "handoff/wake.h"
#include "work/node_hub.h"
#include "work/send.h"
#include "work/worker.h"

static const struct weft_bytes close_silent = { NULL, 0 };

/* words: the status, 16 bits, and a text; or none. */
static struct wi_chunk *
close_chunk(struct wi_block *block, uint64_t id, enum wi_chunk_kind kind,
    struct weft_bytes words)
{
	struct wi_chunk *chunk = wi_send_chunk(block, id, kind);

	if (words.len > 0)
		memcpy(block->data + block->fill, words.data, words.len);
	chunk->len = (uint32_t)words.len;
	block->fill += (uint32_t)words.len;
	return chunk;
}

WI_ON_WORKER static int
close_by_worker(struct wi_worker *worker, uint64_t id, enum wi_chunk_kind kind,
    struct weft_bytes words)
{
	struct wi_block *block;

	if (wi_endpoint_find(&worker->hub->slots, id) == NULL)
		return WEFT_ENOENDPOINT;
	block = wi_send_room(worker, words.len);
	if (block == NULL)
		return -ENOMEM;
	wi_block_ref(block);
	wi_send_link(worker, close_chunk(block, id, kind, words));
	return WEFT_OK;
}

static int
close_by_other(struct wi_hub *hub, uint64_t id, enum wi_chunk_kind kind,
    struct weft_bytes words)
{
	struct wi_block *block;

	if (wi_endpoint_find(&hub->slots, id) == NULL)
		return WEFT_ENOENDPOINT;
	block = wi_block_new(sizeof(struct wi_chunk) + words.len);
	if (block == NULL)
		return -ENOMEM;
	return wi_send_foreign(hub, close_chunk(block, id, kind, words));
}

static int
close_by_call(struct weft_call *call, weft_endpoint endpoint,
    enum wi_chunk_kind kind, struct weft_bytes words)
{
	int rv;

	if (call->worker != wi_worker_current)
		return close_by_other(
		    call->worker->hub, endpoint.id, kind, words);
	wi_assert_worker();
	rv = close_by_worker(call->worker, endpoint.id, kind, words);
	/* Another endpoint is muted by the I/O thread, which alone knows that
	 * the slot is still the same one's. */
	if (rv == WEFT_OK && call->endpoint != NULL &&
	    call->endpoint->name == endpoint.id)
		__atomic_store_n(&call->endpoint->muted, 1, __ATOMIC_RELAXED);
	return rv;
}

int
weft_close(struct weft_call *call, weft_endpoint endpoint)
{
	return close_by_call(call, endpoint, WI_CHUNK_CLOSE, close_silent);
}

int
wi_close_with(
    struct weft_call *call, weft_endpoint endpoint, struct weft_bytes words)
{
	return close_by_call(call, endpoint, WI_CHUNK_CLOSE, words);
}

int
weft_abort(struct weft_call *call, weft_endpoint endpoint)
{
	return close_by_call(call, endpoint, WI_CHUNK_ABORT, close_silent);
}

int
wi_close_malformed(struct weft_call *call)
{
	return close_by_call(
	    call, weft_call_endpoint(call), WI_CHUNK_MALFORMED, close_silent);
}

int
wi_close_quarantined(struct weft_call *call)
{
	return close_by_call(call, weft_call_endpoint(call),
	    WI_CHUNK_QUARANTINED, close_silent);
}

int
wi_close_wrong(struct weft_call *call, const struct wi_wrong *wrong)
{
	return close_by_call(call, weft_call_endpoint(call), WI_CHUNK_WRONG,
	    (struct weft_bytes){ wrong, sizeof(*wrong) });
}

static int
close_by_node(
    struct weft_node *node, weft_endpoint endpoint, enum wi_chunk_kind kind)
{
	struct wi_hub *hub = wi_node_hub(node);
	struct wi_worker *worker = wi_send_own_worker(hub);

	if (worker == NULL)
		return close_by_other(hub, endpoint.id, kind, close_silent);
	wi_assert_worker();
	return close_by_worker(worker, endpoint.id, kind, close_silent);
}

int
weft_node_close(struct weft_node *node, weft_endpoint endpoint)
{
	return close_by_node(node, endpoint, WI_CHUNK_CLOSE);
}

int
weft_node_abort(struct weft_node *node, weft_endpoint endpoint)
{
	return close_by_node(node, endpoint, WI_CHUNK_ABORT);
}
