/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/pull_message - messages that weft_node_receive() hands out.
 *
 * thread: the one that has the pull.  What work/dispatch_endpoint and
 * work/deflated are to a worker.
 */
#include "handoff/pull_message.h"

#include <errno.h>
#include <string.h>

#include "handoff/finish.h"
#include "handoff/hub.h"
#include "handoff/inflated.h"

/* Its endpoint ends for it: as work/close does it. */
static void
pull_message_wrong(
    struct wi_hub *hub, struct wi_endpoint *endpoint, struct wi_wrong wrong)
{
	struct wi_block *block =
	    wi_block_new(sizeof(struct wi_chunk) + sizeof(wrong));
	struct wi_chunk *chunk;

	__atomic_store_n(&endpoint->muted, 1, __ATOMIC_RELAXED);
	if (block == NULL)
		return; /* what else it sends is dropped in any case */
	chunk = (void *)block->data;
	memset(chunk, 0, sizeof(*chunk));
	chunk->to = endpoint->name;
	chunk->block = block;
	chunk->bytes = block->data + sizeof(*chunk);
	chunk->len = sizeof(wrong);
	chunk->kind = wrong.error == -ENOMEM ? WI_CHUNK_ABORT : WI_CHUNK_WRONG;
	memcpy(block->data + sizeof(*chunk), &wrong, sizeof(wrong));
	wi_outbox_push(&hub->outbox, chunk);
	(void)wi_wake_io(&hub->io_door);
}

/* false: it cannot be, and nothing behind it is seen. */
static bool
pull_message_inflate(struct wi_hub *hub, struct wi_endpoint *endpoint,
    const struct wi_message *message, struct weft_bytes *msg)
{
	struct wi_pull *pull = &hub->pull;
	struct wi_wrong wrong = { WEFT_OK, NULL };

	wrong.error = wi_inflated(hub, endpoint, &pull->inflater, &pull->arena,
	    msg, message->flags, &wrong);
	if (wrong.error < 0) {
		pull_message_wrong(hub, endpoint, wrong);
		return false;
	}
	wi_count(&pull->counters, WEFT_COUNTER_messages_inflated, 1);
	return true;
}

bool
wi_pull_message(
    struct wi_hub *hub, struct wi_batch *batch, struct weft_event *event)
{
	const struct wi_message *message = &batch->messages[batch->done];
	struct wi_pull *pull = &hub->pull;
	struct wi_endpoint *endpoint = wi_endpoint_of(pull->strand);

	if (batch->done < batch->nmessages &&
	    (pull->dropping || wi_finish_muted(endpoint)))
		wi_finish_drop(&pull->counters, batch);
	if (batch->stamp != 0 && batch->done < batch->nmessages)
		wi_finish_late(hub, &pull->counters, endpoint, batch);
	if (batch->done == batch->nmessages)
		return false;
	event->msg.data = batch->data->data + message->offset;
	event->msg.len = message->len;
	if (wi_inflated_is(wi_codec_deflates(endpoint->codec), message) &&
	    !pull_message_inflate(hub, endpoint, message, &event->msg)) {
		wi_finish_drop(&pull->counters, batch);
		return false;
	}
	batch->done++;
	pull->batch = batch;
	pull->budget--;
	wi_count(&pull->counters, WEFT_COUNTER_messages_run, 1);
	event->kind = WEFT_EVENT_MESSAGE;
	return true;
}
