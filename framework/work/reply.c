/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/reply - messages that carry an id: what is a request, and its answer.
 *
 * thread: any; a worker's go with what else it sends, like work/send's.
 */
#include "work/reply.h"

#include <errno.h>

#include <weft/request.h>

#include "base/assert.h"
#include "codec/codecs.h"
#include "work/node_hub.h"
#include "work/send.h"

static int
reply_find(struct wi_hub *hub, uint64_t id, size_t len, struct wi_receiver *to)
{
	int rv = wi_send_find(hub, id, len, to);

	return rv == WEFT_OK && to->codec->seal == NULL ? WEFT_ESTATE : rv;
}

/* Can it join the chunk begun last? */
WI_ON_WORKER static bool
reply_joins(const struct wi_worker *worker, uint64_t id, size_t len,
    const struct wi_receiver *to)
{
	const struct wi_open *last = &worker->open;
	const struct wi_chunk *chunk = last->chunk;
	size_t want = wi_codec_frame_max(to->codec, len);

	return chunk != NULL && chunk->to == id &&
	    last->to.codec == to->codec &&
	    chunk->len + want <= last->room.bytes &&
	    chunk->nmessages < last->room.messages &&
	    wi_block_room(chunk->block) >= want;
}

int
wi_reply_open(
    struct wi_worker *worker, uint64_t id, size_t len, struct wi_open *open)
{
	int rv = reply_find(worker->hub, id, len, &open->to);

	if (rv < 0)
		return rv;
	if (!reply_joins(worker, id, len, &open->to))
		return wi_send_open(worker, id, len, open);
	*open = worker->open;
	return WEFT_OK;
}

void
wi_reply_seal(struct wi_worker *worker, const struct wi_open *open,
    struct weft_bytes msg, enum weft_kind kind, uint64_t id)
{
	struct wi_chunk *chunk = open->chunk;
	uint8_t *out = (uint8_t *)(uintptr_t)chunk->bytes + chunk->len;
	size_t n =
	    wi_codec_seal(open->to.codec, out, msg.data, msg.len, kind, id);

	chunk->len += (uint32_t)n;
	chunk->nmessages++;
	chunk->block->fill += (uint32_t)n;
	wi_send_grown(worker, (uint32_t)n);
}

/* By a thread that is no worker of the node. */
static int
reply_by_other(struct wi_hub *hub, struct weft_request_id request,
    struct weft_bytes msg, enum weft_kind kind)
{
	struct wi_receiver to;
	struct wi_block *block;
	struct wi_chunk *chunk;
	struct wi_room room;
	int rv;

	rv = reply_find(hub, request.from.id, msg.len, &to);
	if (rv == WEFT_OK)
		rv =
		    wi_send_may(&to, NULL, msg.len, &hub->any_counters, &room);
	if (rv < 0)
		return rv;
	block = wi_block_new(room.want + sizeof(*chunk) + 8);
	if (block == NULL)
		return -ENOMEM;
	chunk = wi_send_chunk(block, request.from.id, WI_CHUNK_DATA);
	chunk->nmessages = 1;
	chunk->len = (uint32_t)wi_codec_seal(to.codec,
	    block->data + block->fill, msg.data, msg.len, kind, request.id);
	block->fill += chunk->len;
	return wi_send_foreign(hub, chunk);
}

/* worker: the one that this thread is, of this node; or NULL. */
static int
reply_send(struct wi_hub *hub, struct wi_worker *worker,
    struct weft_request_id request, struct weft_bytes msg, enum weft_kind kind)
{
	struct wi_open open;
	int rv;

	if (worker == NULL)
		return reply_by_other(hub, request, msg, kind);
	wi_assert_worker();
	rv = wi_reply_open(worker, request.from.id, msg.len, &open);
	if (rv == WEFT_OK)
		wi_reply_seal(worker, &open, msg, kind, request.id);
	return rv;
}

static int
reply_by_call(struct weft_call *call, struct weft_request_id request,
    struct weft_bytes msg, enum weft_kind kind)
{
	struct wi_hub *hub = call->worker->hub;

	return reply_send(hub, wi_send_own_worker(hub), request, msg, kind);
}

static int
reply_by_node(struct weft_node *node, struct weft_request_id request,
    struct weft_bytes msg, enum weft_kind kind)
{
	struct wi_hub *hub = wi_node_hub(node);

	return reply_send(hub, wi_send_own_worker(hub), request, msg, kind);
}

int
weft_reply(struct weft_call *call, struct weft_request_id request,
    struct weft_bytes msg)
{
	return reply_by_call(call, request, msg, WEFT_KIND_REPLY);
}

int
weft_refuse(struct weft_call *call, struct weft_request_id request,
    struct weft_bytes msg)
{
	return reply_by_call(call, request, msg, WEFT_KIND_REFUSAL);
}

int
weft_node_reply(struct weft_node *node, struct weft_request_id request,
    struct weft_bytes msg)
{
	return reply_by_node(node, request, msg, WEFT_KIND_REPLY);
}

int
weft_node_refuse(struct weft_node *node, struct weft_request_id request,
    struct weft_bytes msg)
{
	return reply_by_node(node, request, msg, WEFT_KIND_REFUSAL);
}

bool
weft_call_request(
    const struct weft_call *call, struct weft_request_id *request)
{
	*request = (struct weft_request_id){ .from = { 0 } };
	if (!call->asked)
		return false;
	request->from.id = call->endpoint->name;
	request->id = call->request;
	return true;
}
