/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/send - what a handler can do to endpoints.
 *
 * thread: the worker that runs the handler; weft_node_*() from any.
 *
 * A reply is framed once, here, into the worker's block, behind the reply
 * before it.  Replies to the same endpoint that follow each other become one
 * chunk: the I/O thread then writes them with one call, without touching them.
 *
 *   | chunk | head msg tail head msg tail ... | chunk | head msg tail ...
 *
 * A reply of more than SEND_ALONE bytes gets a block of its own.
 */
#include <errno.h>
#include <string.h>

#include <weft/endpoint.h>
#include <weft/slow.h>

#include "base/assert.h"
#include "base/clock.h"
#include "codec/codecs.h"
#include "codec/http.h"
#include "handoff/drained.h"
#include "handoff/wake.h"
#include "plugin/plugin.h"
#include "work/buffer.h"
#include "work/http.h"
#include "work/node_hub.h"
#include "work/send.h"
#include "work/worker.h"

#define SEND_ALONE 16384u   /* [bytes] framed: a block of its own */
#define SEND_PUBLISH 32768u /* [bytes] framed and not published, at most */

int
wi_send_find_any(struct wi_hub *hub, uint64_t id, struct wi_receiver *to)
{
	to->endpoint = wi_endpoint_find(&hub->slots, id);
	if (to->endpoint == NULL)
		return WEFT_ENOENDPOINT;
	/* If the slot changes hands from here on, the codec may be the next
	 * one's: the chunk is dropped.  NULL: its pages were given back. */
	to->codec = __atomic_load_n(&to->endpoint->codec, __ATOMIC_RELAXED);
	to->limits = __atomic_load_n(&to->endpoint->limits, __ATOMIC_RELAXED);
	return to->codec == NULL || to->limits == NULL ? WEFT_ENOENDPOINT :
							 WEFT_OK;
}

int
wi_send_find(
    struct wi_hub *hub, uint64_t id, size_t len, struct wi_receiver *to)
{
	int rv = wi_send_find_any(hub, id, to);

	if (rv < 0)
		return rv;
	if (wi_codec_replies(to->codec))
		return WEFT_ESTATE;
	if (len > wi_codec_message_max(to->codec, to->limits->max_message))
		return WEFT_ETOOBIG;
	return WEFT_OK;
}

/* How much more the marks let go to an endpoint, besides what is on its way
 * and what is pending here; false: less than room->want. */
static bool
send_has_room(const struct wi_receiver *to, const struct wi_chunk *pending,
    struct wi_room *room)
{
	const struct wi_limits *limits = to->limits;
	uint64_t load, messages, bytes;

	if (__atomic_load_n(&to->endpoint->stale, __ATOMIC_SEQ_CST) != 0)
		return false;
	load = __atomic_load_n(&to->endpoint->out_load, __ATOMIC_SEQ_CST);
	messages = wi_load_messages(load);
	bytes = wi_load_bytes(load);
	if (pending != NULL) {
		messages += pending->nmessages;
		bytes += pending->len;
	}
	room->bytes = WI_LIMIT(limits, send_high_bytes);
	if (messages == 0 && room->bytes < room->want)
		room->bytes = room->want;
	room->messages = WI_LIMIT(limits, send_high_messages);
	if (messages >= room->messages || bytes + room->want > room->bytes)
		return false;
	room->bytes -= bytes;
	room->messages -= messages;
	return true;
}

int
wi_send_may(const struct wi_receiver *to, const struct wi_chunk *pending,
    size_t len, struct wi_counters *full, struct wi_room *room)
{
	room->want = wi_codec_frame_max(to->codec, len);
	if (room->want > wi_codec_encode_limit(len))
		return WEFT_ETOOBIG;
	if (send_has_room(to, pending, room))
		return WEFT_OK;
	wi_drained_want(&to->endpoint->drain_state);
	if (send_has_room(to, pending, room)) /* drained_note */
		return WEFT_OK;
	wi_count_shared(full, WEFT_COUNTER_sends_full, 1);
	return WEFT_EFULL;
}

void
wi_send_link(struct wi_worker *worker, struct wi_chunk *chunk)
{
	chunk->next = NULL;
	if (worker->out_first == NULL)
		worker->out_first = chunk;
	else
		worker->out_last->next = chunk;
	worker->out_last = chunk;
	worker->open.chunk = NULL;
}

/* A chunk at the end of the block's used part.  The block has the room. */
struct wi_chunk *
wi_send_chunk(struct wi_block *block, uint64_t to, enum wi_chunk_kind kind)
{
	struct wi_chunk *chunk;

	block->fill = (block->fill + 7u) & ~7u;
	chunk = (void *)(block->data + block->fill);
	block->fill += (uint32_t)sizeof(*chunk);
	memset(chunk, 0, sizeof(*chunk));
	chunk->to = to;
	chunk->block = block;
	chunk->bytes = block->data + block->fill;
	chunk->kind = kind;
	return chunk;
}

/* The worker's block with room for want bytes behind a chunk, or NULL. */
struct wi_block *
wi_send_room(struct wi_worker *worker, size_t want)
{
	want += sizeof(struct wi_chunk) + 8;
	if (worker->out_block != NULL) {
		if (wi_block_room(worker->out_block) >= want)
			return worker->out_block;
		wi_block_unref(&worker->out_block);
	}
	worker->out_block = wi_pool_take(&worker->blocks);
	return worker->out_block;
}

void
wi_send_grown(struct wi_worker *worker, uint32_t bytes)
{
	worker->out_bytes += bytes;
	if (worker->out_bytes > SEND_PUBLISH)
		wi_send_publish(worker);
}

/* A new chunk for the message: in the worker's block, or in its own. */
WI_ON_WORKER static struct wi_chunk *
send_begin(struct wi_worker *worker, uint64_t to, size_t want)
{
	struct wi_block *block;

	if (want > SEND_ALONE) {
		block = wi_block_new(want + sizeof(struct wi_chunk));
	} else {
		block = wi_send_room(worker, want);
		if (block != NULL)
			wi_block_ref(block);
	}
	return block == NULL ? NULL : wi_send_chunk(block, to, WI_CHUNK_DATA);
}

/* A message of n bytes, framed, was written at the end of the chunk. */
WI_ON_WORKER static inline void
send_grew(struct wi_worker *worker, struct wi_chunk *chunk, size_t n)
{
	chunk->len += (uint32_t)n;
	chunk->nmessages++;
	chunk->block->fill += (uint32_t)n;
	wi_send_grown(worker, (uint32_t)n);
}

/* Write the framed message at the end of the chunk. */
WI_ON_WORKER static inline void
send_append(struct wi_worker *worker, struct wi_chunk *chunk,
    const struct weft_codec *codec, struct weft_bytes msg, uint32_t flags)
{
	uint8_t *out = (uint8_t *)(uintptr_t)chunk->bytes + chunk->len;

	send_grew(worker, chunk,
	    wi_codec_frame(codec, out, msg.data, msg.len, flags));
}

int
wi_send_open(
    struct wi_worker *worker, uint64_t id, size_t len, struct wi_open *open)
{
	struct wi_chunk *pending = worker->out_last;
	int rv;

	if (pending != NULL && pending->to != id)
		pending = NULL;
	rv = wi_send_may(
	    &open->to, pending, len, worker->counters, &open->room);
	if (rv < 0)
		return rv;
	open->chunk = send_begin(worker, id, open->room.want);
	if (open->chunk == NULL)
		return -ENOMEM;
	wi_send_link(worker, open->chunk);
	/* What may be dropped stays apart. */
	if (open->chunk->block == worker->out_block &&
	    open->to.limits->slow_reader == WEFT_SLOW_REFUSE)
		worker->open = *open;
	return WEFT_OK;
}

/* The first message of a chunk.  kind: DATA, or KEYED with a key. */
WI_ON_WORKER static int
send_first(struct wi_worker *worker, uint64_t id, struct weft_bytes msg,
    enum wi_chunk_kind kind, uint64_t key, uint32_t flags)
{
	struct wi_open open = { 0 };
	int rv;

	rv = wi_send_find(worker->hub, id, msg.len, &open.to);
	if (rv == WEFT_ESTATE)
		return wi_http_message(worker->call, id, msg, flags);
	if (rv == WEFT_OK)
		rv = wi_send_open(worker, id, msg.len, &open);
	if (rv < 0)
		return rv;
	open.chunk->kind = kind;
	open.chunk->key = key;
	send_append(worker, open.chunk, open.to.codec, msg, flags);
	return WEFT_OK;
}

/* Can the message join the chunk that was begun last? */
WI_ON_WORKER static inline bool
send_joins(const struct wi_worker *worker, uint64_t id, size_t len)
{
	const struct wi_open *open = &worker->open;
	const struct wi_chunk *chunk = open->chunk;
	size_t want;

	if (chunk == NULL || chunk->to != id ||
	    len > wi_codec_message_max(
		      open->to.codec, open->to.limits->max_message))
		return false;
	want = wi_codec_frame_max(open->to.codec, len);
	return chunk->len + want <= open->room.bytes &&
	    chunk->nmessages < open->room.messages &&
	    wi_block_room(chunk->block) >= want &&
	    __atomic_load_n(&open->to.endpoint->id, __ATOMIC_RELAXED) == id;
}

int
wi_send_copy(struct wi_worker *worker, uint64_t id, struct weft_bytes msg)
{
	if (!send_joins(worker, id, msg.len))
		return send_first(worker, id, msg, WI_CHUNK_DATA, 0, 0);
	send_append(worker, worker->open.chunk, worker->open.to.codec, msg, 0);
	return WEFT_OK;
}

int
wi_send_text(struct wi_worker *worker, uint64_t id, struct weft_bytes msg)
{
	if (!send_joins(worker, id, msg.len))
		return send_first(
		    worker, id, msg, WI_CHUNK_DATA, 0, WEFT_TEXT);
	send_append(
	    worker, worker->open.chunk, worker->open.to.codec, msg, WEFT_TEXT);
	return WEFT_OK;
}

uint8_t *
wi_send_place(const struct wi_worker *worker, uint64_t id, size_t *room)
{
	const struct wi_open *open = &worker->open;
	const struct wi_chunk *chunk = open->chunk;
	const struct weft_codec *codec;
	size_t most;

	if (!send_joins(worker, id, 0))
		return NULL;
	codec = open->to.codec;
	if (codec->head != NULL || codec->tail != NULL ||
	    codec->encode != NULL)
		return NULL;
	*room = wi_block_room(chunk->block);
	most = wi_codec_message_max(codec, open->to.limits->max_message);
	if (*room > most)
		*room = most;
	if (*room > open->room.bytes - chunk->len)
		*room = open->room.bytes - chunk->len;
	return (uint8_t *)(uintptr_t)chunk->bytes + chunk->len;
}

void
wi_send_placed(struct wi_worker *worker, size_t n)
{
	send_grew(worker, worker->open.chunk, n);
}

int
wi_send_keyed(
    struct wi_worker *worker, uint64_t id, uint64_t key, struct weft_bytes msg)
{
	return send_first(worker, id, msg, WI_CHUNK_KEYED, key, 0);
}

void
wi_send_load(struct wi_hub *hub, const struct wi_chunk *chunk)
{
	for (; chunk != NULL; chunk = chunk->next) {
		struct wi_endpoint *endpoint = wi_endpoint_at(
		    &hub->slots, (uint32_t)(chunk->to & WI_ID_SLOT_MASK));

		if (wi_chunk_is_message(chunk->kind))
			(void)wi_load_add(&endpoint->out_load,
			    wi_load(chunk->nmessages, chunk->len));
	}
}

void
wi_send_owe(struct wi_worker *worker)
{
	if (worker->owes_wake)
		return;
	worker->owes_wake = true;
	worker->owed_at = wi_clock_ns();
}

void
wi_send_publish(struct wi_worker *worker)
{
	struct wi_chunk *list = worker->out_first;

	if (list == NULL)
		return;
	worker->out_first = NULL;
	worker->out_last = NULL;
	worker->open.chunk = NULL;
	worker->out_bytes = 0;
	wi_send_load(worker->hub, list);
	wi_outbox_push(&worker->hub->outbox, list);
	wi_send_owe(worker);
}

void
wi_send_wake(struct wi_worker *worker)
{
	if (!worker->owes_wake)
		return;
	worker->owes_wake = false;
	if (wi_wake_io(&worker->hub->io_door))
		wi_count(worker->counters, WEFT_COUNTER_wakes_io, 1);
}

/* ---- the public doors of handlers */

int
weft_send(struct weft_call *call, weft_endpoint to, struct weft_bytes msg)
{
	if (call->worker != wi_worker_current)
		return wi_send_foreign_copy(
		    call->worker->hub, to.id, msg, WI_CHUNK_DATA, 0);
	wi_assert_worker();
	return wi_send_copy(call->worker, to.id, msg);
}

void
weft_flush(struct weft_call *call)
{
	if (call->worker != wi_worker_current)
		return; /* what other threads send is never held back */
	wi_assert_worker();
	wi_send_publish(call->worker);
	wi_send_wake(call->worker);
}
