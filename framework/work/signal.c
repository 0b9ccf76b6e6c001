/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/signal - something is told to a strand.
 *
 * thread: any.  What a worker tells lies in the block that its replies lie in;
 * what others tell has one of its own.  It goes straight to the strand's
 * mailbox, not by way of the I/O thread.
 */
#include <errno.h>

#include <weft/strand.h>

#include "base/assert.h"
#include "handoff/post.h"
#include "handoff/signal.h"
#include "work/node_hub.h"
#include "work/send.h"
#include "work/worker.h"

#define SIGNAL_ALONE 16384u   /* [bytes]: a block of its own */
#define SIGNAL_MAX (1u << 30) /* [bytes] that one carries */
#define SIGNAL_FLAGS WEFT_SIGNAL_URGENT

/* Room for one, with a reference; NULL: no memory. */
static struct wi_block *
signal_room(struct wi_worker *worker, size_t len)
{
	size_t want = wi_signal_size(len) + 7;
	struct wi_block *block;

	if (worker == NULL || want > SIGNAL_ALONE)
		return wi_block_new(want);
	wi_assert_worker();
	block = wi_send_room(worker, want);
	if (block == NULL)
		return NULL;
	wi_block_ref(block);
	/* What was begun in the block is not at its end any more. */
	worker->open.chunk = NULL;
	return block;
}

static int
signal_post(struct wi_hub *hub, struct wi_worker *worker, uint64_t id,
    const struct weft_signal *what)
{
	struct wi_strand *strand;
	struct wi_block *block;
	int rv;

	if (__atomic_load_n(&hub->signals_end, __ATOMIC_SEQ_CST) != 0)
		return WEFT_ESTATE;
	rv = wi_post_find(hub, id, WI_HOLD_SIGNAL, &strand);
	if (rv < 0)
		return rv;
	block = signal_room(worker, what->bytes.len);
	if (block == NULL) {
		wi_post_release(hub, strand, WI_HOLD_SIGNAL, 1);
		return -ENOMEM;
	}
	wi_post(hub, strand, &wi_signal_fill(block, what)->event);
	return WEFT_OK;
}

int
weft_signal(weft_strand strand, const struct weft_signal *signal)
{
	struct wi_worker *worker;
	struct wi_hub *hub;
	int rv;

	if (strand.node == NULL || strand.id == 0)
		return WEFT_ENOSTRAND;
	if ((signal->flags & ~SIGNAL_FLAGS) != 0)
		return -EINVAL;
	if (signal->bytes.len > SIGNAL_MAX)
		return WEFT_ETOOBIG;
	hub = wi_node_hub(strand.node);
	worker = wi_send_own_worker(hub);
	if (worker != NULL)
		return signal_post(hub, worker, strand.id, signal);
	if (!wi_post_begin(hub))
		return WEFT_ESTATE;
	rv = signal_post(hub, NULL, strand.id, signal);
	wi_post_end(hub);
	return rv;
}

int
weft_signal_urgent(weft_strand strand, const struct weft_signal *signal)
{
	struct weft_signal urgent = *signal;

	urgent.flags |= WEFT_SIGNAL_URGENT;
	return weft_signal(strand, &urgent);
}
