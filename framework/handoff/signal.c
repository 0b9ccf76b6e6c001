/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/signal - what the program says to a strand.
 *
 * thread: made by any, ended by the strand's runner.
 */
#include "handoff/signal.h"

#include <string.h>

#include "base/code.h"

struct wi_signal *
wi_signal_fill(struct wi_block *block, const struct weft_signal *what)
{
	struct wi_signal *signal;
	size_t len = what->bytes.len;

	block->fill = (block->fill + 7u) & ~7u;
	signal = (void *)(block->data + block->fill);
	block->fill += (uint32_t)wi_signal_size(len);
	wi_event_init(&signal->event, WI_EVENT_SIGNAL);
	if ((what->flags & WEFT_SIGNAL_URGENT) != 0)
		signal->event.lane = WI_LANE_URGENT;
	signal->block = block;
	signal->u.what = *what;
	signal->u.what.bytes.data = signal + 1;
	wi_signal_keep(what);
	if (len > 0)
		memcpy(signal + 1, what->bytes.data, len);
	return signal;
}

void
wi_signal_keep(const struct weft_signal *what)
{
	if (what->destroy != NULL)
		wi_code_use((const void *)(uintptr_t)what->destroy);
}

void
wi_signal_destroy(const struct weft_signal *what)
{
	what->destroy(what->data);
	wi_code_unuse((const void *)(uintptr_t)what->destroy);
}

struct wi_signal *
wi_signal_bind(struct wi_strand *strand)
{
	struct wi_block *block = wi_block_new(sizeof(struct wi_signal));
	struct wi_signal *signal;

	if (block == NULL)
		return NULL;
	signal = (void *)block->data;
	wi_event_init(&signal->event, WI_EVENT_BIND);
	signal->event.lane = WI_LANE_URGENT;
	signal->block = block;
	signal->u.strand = strand;
	return signal;
}

void
wi_signal_end(struct wi_signal *signal)
{
	struct wi_block *block = signal->block;

	if (signal->event.kind == WI_EVENT_SIGNAL &&
	    signal->u.what.destroy != NULL)
		wi_signal_destroy(&signal->u.what);
	wi_block_unref(&block);
}
