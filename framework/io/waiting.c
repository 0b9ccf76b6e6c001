/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/waiting - chunks in the queue of a connection that do not lie in the
 * block of their bytes.
 *
 * thread: I/O.
 *
 * keep_note: a worker's replies to many endpoints lie in one block, and none
 * of its 64 KiB come back before the last of them has been written.  So a few
 * bytes for each of many readers that do not read would keep a block each.
 * What waits is therefore copied out when its block is more than
 * WAITING_KEEPS times as large: once, when the socket turns out to be full,
 * and from then on as it comes, until the queue is empty.
 */
#include "io/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "io/io.h"

/* Free ones that are kept, 7 MB at most: as many as a publish to 1,000 readers
 * has on their way, or malloc() is a tenth of it. */
#define WAITING_FREE 65536u
#define WAITING_KEEPS 8u

struct wi_waiting *
wi_waiting_new(struct wi_waitings *waitings, const struct wi_chunk *like)
{
	struct wi_waiting *waiting = waitings->free;

	if (waiting == NULL) {
		waiting = malloc(sizeof(*waiting));
		if (waiting == NULL)
			return NULL;
	} else {
		waitings->free = (void *)waiting->chunk.next;
		waitings->nfree--;
	}
	*waiting = (struct wi_waiting){ .chunk = { .to = like->to,
					    .block = like->block,
					    .bytes = like->bytes,
					    .len = like->len,
					    .nmessages = like->nmessages,
					    .kind = WI_CHUNK_WAITING } };
	return waiting;
}

void
wi_waiting_free(struct wi_waitings *waitings, struct wi_waiting *waiting)
{
	if (waitings->nfree == WAITING_FREE) {
		free(waiting);
		return;
	}
	waiting->chunk.next = (void *)waitings->free;
	waitings->free = waiting;
	waitings->nfree++;
}

void
wi_waitings_fini(struct wi_waitings *waitings)
{
	struct wi_waiting *waiting;

	while ((waiting = waitings->free) != NULL) {
		waitings->free = (void *)waiting->chunk.next;
		free(waiting);
	}
}

/* See keep_note. */
struct wi_chunk *
wi_waiting_keep(struct wi_waitings *waitings, struct wi_chunk *chunk)
{
	struct wi_block *block, *shared = chunk->block;
	struct wi_waiting *waiting;

	if (shared->pool == NULL || chunk->len > shared->size / WAITING_KEEPS)
		return chunk;
	block = wi_block_new(chunk->len);
	if (block == NULL)
		return chunk;
	memcpy(block->data, chunk->bytes, chunk->len);
	if (chunk->kind != WI_CHUNK_WAITING) {
		waiting = wi_waiting_new(waitings, chunk);
		if (waiting == NULL) {
			wi_block_unref(&block);
			return chunk;
		}
		waiting->chunk.prev = chunk->prev;
		waiting->chunk.next = chunk->next;
		waiting->chunk.since = chunk->since;
		chunk = &waiting->chunk;
	}
	chunk->block = block;
	chunk->bytes = block->data;
	wi_block_unref(&shared);
	return chunk;
}

void
wi_waiting_keep_all(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_chunk *chunk, *kept;

	for (chunk = conn->out_first; chunk != NULL; chunk = kept->next) {
		kept = wi_waiting_keep(&io->waitings, chunk);
		if (kept == chunk)
			continue;
		if (kept->prev == NULL)
			conn->out_first = kept;
		else
			kept->prev->next = kept;
		if (kept->next == NULL)
			conn->out_last = kept;
		else
			kept->next->prev = kept;
	}
}
