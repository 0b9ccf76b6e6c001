/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/send.h - what send.c does for close.c: a chunk for the I/O thread.
 */
#ifndef WI_SEND_H
#define WI_SEND_H

#include <stddef.h>

#include "base/thread_role.h"
#include "handoff/outbox.h"

struct wi_hub;
struct wi_worker;

/* wi_send_room() - the worker's block with room for want bytes behind a chunk,
 * or NULL: no memory. */
struct wi_block *wi_send_room(
    struct wi_worker *worker, size_t want) WI_ON_WORKER;

/* wi_send_chunk() - a chunk at the end of the block's used part, which has the
 * room; one reference to the block becomes the chunk's. */
struct wi_chunk *wi_send_chunk(
    struct wi_block *block, uint64_t to, enum wi_chunk_kind kind);

/* wi_send_link() - to the worker's list, behind what it has sent. */
void wi_send_link(
    struct wi_worker *worker, struct wi_chunk *chunk) WI_ON_WORKER;

/* wi_send_grown() - so many bytes have joined the list; publishes it when it
 * is long. */
void wi_send_grown(struct wi_worker *worker, uint32_t bytes) WI_ON_WORKER;

/* wi_send_owe() - something was published: the I/O thread is to be woken. */
void wi_send_owe(struct wi_worker *worker) WI_ON_WORKER;

/* wi_send_foreign() - from a thread that is not the node's worker: at once.
 * returns WEFT_OK. */
int wi_send_foreign(struct wi_hub *hub, struct wi_chunk *chunk);

/* wi_send_own_worker() - the worker that this thread is, or NULL if it is none
 * of this node. */
struct wi_worker *wi_send_own_worker(const struct wi_hub *hub);

#endif
