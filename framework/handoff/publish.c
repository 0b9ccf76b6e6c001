/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/publish - a strand that had subscribed is over.
 *
 * thread: the one that runs its ENDED.
 */
#include "handoff/publish.h"

#include <string.h>

#include "handoff/hub.h"

void
wi_publish_over(
    struct wi_hub *hub, const struct wi_shared *shared, uint64_t id)
{
	struct wi_publish *publish;
	struct wi_chunk *chunk;
	struct wi_block *block;

	if (__atomic_load_n(&shared->hears, __ATOMIC_RELAXED) == 0)
		return;
	/* Without memory its subscriptions stay until the node ends, and what
	 * they are sent is dropped. */
	block = wi_block_new(sizeof(*chunk) + sizeof(*publish));
	if (block == NULL)
		return;
	chunk = (void *)block->data;
	publish = (void *)(block->data + sizeof(*chunk));
	memset(chunk, 0, sizeof(*chunk));
	memset(publish, 0, sizeof(*publish));
	chunk->kind = WI_CHUNK_UNSUBSCRIBE;
	chunk->block = block;
	chunk->bytes = block->data + sizeof(*chunk);
	chunk->len = sizeof(*publish);
	publish->who = id;
	wi_outbox_push(&hub->outbox, chunk);
	(void)wi_wake_io(&hub->io_door);
}
