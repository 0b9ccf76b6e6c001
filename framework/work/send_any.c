/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/send_any - sending buffers, with a key, and from threads that are no
 * workers of the node.
 *
 * thread: any; what work/send does for a worker is done by it, here.
 */
#include <errno.h>
#include <string.h>

#include <weft/slow.h>

#include "base/assert.h"
#include "codec/codecs.h"
#include "handoff/wake.h"
#include "work/buffer.h"
#include "work/http.h"
#include "work/node_hub.h"
#include "work/send.h"
#include "work/worker.h"

/* Frame a buffer, where it lies if it can be, and make a chunk of it.  On
 * success the buffer is gone. */
static int
send_give(struct wi_hub *hub, struct wi_counters *full, uint64_t id,
    struct weft_buffer **bufp, const struct wi_chunk *pending, uint32_t flags,
    struct wi_chunk **chunkp)
{
	struct wi_receiver to;
	size_t len = weft_buffer_len(*bufp);
	struct wi_room room;
	int rv;

	rv = wi_send_find(hub, id, len, &to);
	if (rv == WEFT_OK)
		rv = wi_send_may(&to, pending, len, full, &room);
	if (rv < 0)
		return rv;
	*chunkp = wi_buffer_frame(bufp, to.codec, id, flags);
	return *chunkp == NULL ? -ENOMEM : WEFT_OK;
}

WI_ON_WORKER static int
send_buffer(struct wi_worker *worker, uint64_t id, struct weft_buffer **bufp)
{
	struct wi_chunk *chunk, *pending = worker->out_last;
	int rv;

	if (pending != NULL && pending->to != id)
		pending = NULL;
	rv = send_give(
	    worker->hub, worker->counters, id, bufp, pending, 0, &chunk);
	if (rv == WEFT_ESTATE) {
		rv = wi_http_message(worker->call, id,
		    (struct weft_bytes){
			weft_buffer_data(*bufp), weft_buffer_len(*bufp) },
		    0);
		if (rv == WEFT_OK)
			weft_buffer_free(bufp);
		return rv;
	}
	if (rv < 0)
		return rv;
	wi_send_link(worker, chunk);
	wi_send_grown(worker, chunk->len);
	return WEFT_OK;
}

/* ---- from a thread that is not a worker of the node */

int
wi_send_foreign(struct wi_hub *hub, struct wi_chunk *chunk)
{
	wi_send_load(hub, chunk);
	wi_outbox_push(&hub->outbox, chunk);
	if (wi_wake_io(&hub->io_door))
		wi_count_shared(&hub->any_counters, WEFT_COUNTER_wakes_io, 1);
	return WEFT_OK;
}

static int
send_foreign_buffer(struct wi_hub *hub, uint64_t id, struct weft_buffer **bufp)
{
	struct wi_chunk *chunk;
	int rv;

	rv = send_give(hub, &hub->any_counters, id, bufp, NULL, 0, &chunk);
	return rv < 0 ? rv : wi_send_foreign(hub, chunk);
}

static int
send_foreign_copy(struct wi_hub *hub, uint64_t id, struct weft_bytes msg,
    uint32_t flags, struct wi_chunk **chunkp)
{
	struct weft_buffer *buf;
	struct wi_receiver to;
	int rv;

	/* Before anything is copied. */
	rv = wi_send_find(hub, id, msg.len, &to);
	if (rv == WEFT_OK)
		rv = weft_buffer_new(&buf, msg.len);
	if (rv < 0)
		return rv;
	if (msg.len > 0)
		memcpy(weft_buffer_data(buf), msg.data, msg.len);
	rv = send_give(hub, &hub->any_counters, id, &buf, NULL, flags, chunkp);
	weft_buffer_free(&buf);
	return rv;
}

int
wi_send_foreign_text(struct wi_hub *hub, uint64_t id, struct weft_bytes msg)
{
	struct wi_chunk *chunk;
	int rv;

	rv = send_foreign_copy(hub, id, msg, WEFT_TEXT, &chunk);
	return rv < 0 ? rv : wi_send_foreign(hub, chunk);
}

int
wi_send_foreign_copy(struct wi_hub *hub, uint64_t id, struct weft_bytes msg,
    enum wi_chunk_kind kind, uint64_t key)
{
	struct wi_chunk *chunk;
	int rv;

	rv = send_foreign_copy(hub, id, msg, 0, &chunk);
	if (rv < 0)
		return rv;
	chunk->kind = kind;
	chunk->key = key;
	return wi_send_foreign(hub, chunk);
}

/* ---- the public doors: which of the two is this thread? */

/* The worker that this thread is, if it is one of the node's. */
struct wi_worker *
wi_send_own_worker(const struct wi_hub *hub)
{
	struct wi_worker *worker = wi_worker_current;

	return worker != NULL && worker->hub == hub ? worker : NULL;
}

int
weft_send_buffer(
    struct weft_call *call, weft_endpoint to, struct weft_buffer **bufp)
{
	if (call->worker != wi_worker_current)
		return send_foreign_buffer(call->worker->hub, to.id, bufp);
	wi_assert_worker();
	return send_buffer(call->worker, to.id, bufp);
}

static int
send_must_be_ready(const struct wi_hub *hub, uint64_t id)
{
	const struct wi_endpoint *endpoint = wi_endpoint_find(&hub->slots, id);

	if (endpoint == NULL)
		return WEFT_ENOENDPOINT;
	return __atomic_load_n(&endpoint->ready, __ATOMIC_RELAXED) != 0 ?
	    WEFT_OK :
	    WEFT_ENOTREADY;
}

int
weft_send_ready(
    struct weft_call *call, weft_endpoint to, struct weft_bytes msg)
{
	int rv = send_must_be_ready(call->worker->hub, to.id);

	return rv < 0 ? rv : weft_send(call, to, msg);
}

int
weft_node_send(struct weft_node *node, weft_endpoint to, struct weft_bytes msg)
{
	struct wi_hub *hub = wi_node_hub(node);
	struct wi_worker *worker = wi_send_own_worker(hub);

	if (worker == NULL)
		return wi_send_foreign_copy(hub, to.id, msg, WI_CHUNK_DATA, 0);
	wi_assert_worker();
	return wi_send_copy(worker, to.id, msg);
}

int
weft_node_send_buffer(
    struct weft_node *node, weft_endpoint to, struct weft_buffer **bufp)
{
	struct wi_hub *hub = wi_node_hub(node);
	struct wi_worker *worker = wi_send_own_worker(hub);

	if (worker == NULL)
		return send_foreign_buffer(hub, to.id, bufp);
	wi_assert_worker();
	return send_buffer(worker, to.id, bufp);
}

int
weft_node_send_ready(
    struct weft_node *node, weft_endpoint to, struct weft_bytes msg)
{
	int rv = send_must_be_ready(wi_node_hub(node), to.id);

	return rv < 0 ? rv : weft_node_send(node, to, msg);
}

int
weft_send_keyed(struct weft_call *call, weft_endpoint to, uint64_t key,
    struct weft_bytes msg)
{
	if (call->worker != wi_worker_current)
		return wi_send_foreign_copy(
		    call->worker->hub, to.id, msg, WI_CHUNK_KEYED, key);
	wi_assert_worker();
	return wi_send_keyed(call->worker, to.id, key, msg);
}

int
weft_node_send_keyed(struct weft_node *node, weft_endpoint to, uint64_t key,
    struct weft_bytes msg)
{
	struct wi_hub *hub = wi_node_hub(node);
	struct wi_worker *worker = wi_send_own_worker(hub);

	if (worker == NULL)
		return wi_send_foreign_copy(
		    hub, to.id, msg, WI_CHUNK_KEYED, key);
	wi_assert_worker();
	return wi_send_keyed(worker, to.id, key, msg);
}
