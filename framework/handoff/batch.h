/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/batch.h - all messages that one read of one endpoint brought.
 *
 * A batch is built in the block that the I/O thread reads into, right behind
 * the bytes it describes, so that it costs no allocation.  It holds a
 * reference to the block it lies in (home) and one to the block its bytes are
 * in (data); the two are mostly the same, and then it is one reference.
 *
 * owned by: the I/O thread while it is built, then the mailbox, then the
 * worker.
 */
#ifndef WI_BATCH_H
#define WI_BATCH_H

#include <stdint.h>

#include "handoff/block.h"
#include "handoff/mailbox.h"

struct wi_message {
	uint32_t offset; /* [bytes] from data->data */
	uint32_t len;    /* [bytes] */
	uint32_t flags;  /* struct weft_cut's */
};

struct wi_batch {
	struct wi_event event; /* first: a batch is an event */
	struct wi_block *home;
	struct wi_block *data;
	uint32_t nmessages;
	uint32_t done;   /* messages that were run; worker only */
	uint32_t nbytes; /* of the wire, as the mailbox's mark counts them */
	uint32_t reserved;
	uint64_t stamp; /* [ns] it was decoded; 0: nobody asks */
	struct wi_message messages[];
};

/* wi_batch_free() - let go of its blocks, and so of itself. */
static inline void
wi_batch_free(struct wi_batch *batch)
{
	struct wi_block *home = batch->home, *data = batch->data;

	if (data != home)
		wi_block_unref(&data);
	wi_block_unref(&home);
}

#endif
