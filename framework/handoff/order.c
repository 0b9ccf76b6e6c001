/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/order - what other threads ask of the I/O thread besides messages.
 *
 * thread: any.  An order lies behind its chunk, in a block of its own.
 */
#include "handoff/order.h"

#include <string.h>

#include "handoff/outbox.h"
#include "handoff/wake.h"

struct order_block {
	struct wi_chunk chunk;
	struct wi_order order;
};

static struct wi_chunk *
order_chunk(struct wi_order *order)
{
	return (void *)((char *)order - offsetof(struct order_block, order));
}

struct wi_order *
wi_order_new(enum wi_order_kind kind)
{
	struct wi_block *block = wi_block_new(sizeof(struct order_block));
	struct order_block *whole;

	if (block == NULL)
		return NULL;
	whole = (void *)block->data;
	memset(whole, 0, sizeof(*whole));
	whole->chunk.kind = WI_CHUNK_ORDER;
	whole->chunk.block = block;
	whole->chunk.bytes = (const uint8_t *)&whole->order;
	whole->order.kind = kind;
	whole->order.fd = -1;
	return &whole->order;
}

void
wi_order_push(struct wi_hub *hub, struct wi_order *order)
{
	wi_outbox_push(&hub->outbox, order_chunk(order));
	if (wi_wake_io(&hub->io_door))
		wi_count_shared(&hub->any_counters, WEFT_COUNTER_wakes_io, 1);
}

void
wi_order_drop(struct wi_order *order)
{
	struct wi_block *block = order_chunk(order)->block;

	wi_block_unref(&block);
}
