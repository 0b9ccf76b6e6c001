/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/signal.h - what the program says to a strand.
 *
 * A signal lies in a block, with the bytes that it carries behind it; many
 * small ones of a worker share one.  While it is in a mailbox it holds the
 * strand (WI_HOLD_SIGNAL).
 *
 * owner: who makes it, then the mailbox, then the strand's runner.  What it
 * carries is destroyed exactly once: by the runner, when the handler has
 * returned or when there is nobody to be told any more.
 */
#ifndef WI_SIGNAL_H
#define WI_SIGNAL_H

#include <weft/strand.h>

#include "handoff/block.h"
#include "handoff/mailbox.h"

struct wi_strand;

struct wi_signal {
	struct wi_event event;  /* first: SIGNAL or BIND */
	struct wi_block *block; /* it lies in this; one reference */
	union {
		struct weft_signal what;  /* SIGNAL: as the handler sees it */
		struct wi_strand *strand; /* BIND: held; NULL: its own */
	} u;
};

/* wi_signal_size() - [bytes] that one with that many bytes takes. */
static inline size_t
wi_signal_size(size_t len)
{
	return sizeof(struct wi_signal) + len;
}

/*
 * wi_signal_fill() - write a signal at the end of a block's used part, which
 * has the room (wi_signal_size() and 7 more).
 *
 *   block    in       one reference becomes the signal's.
 *   what     in       copied, with its bytes; what it owns is the signal's.
 *   thread            the block's owner.
 */
struct wi_signal *wi_signal_fill(
    struct wi_block *block, const struct weft_signal *what);

/* wi_signal_keep() - it waits, and what it carries with it (base/code.h).
 * wi_signal_destroy() - what it carries; destroy is set. */
void wi_signal_keep(const struct weft_signal *what);
void wi_signal_destroy(const struct weft_signal *what);

/* wi_signal_bind() - a BIND, in a block of its own; NULL: no memory.  It is
 * urgent: it overtakes what the endpoint has waiting.
 *   strand   in       held, for the endpoint; or NULL: its own. */
struct wi_signal *wi_signal_bind(struct wi_strand *strand);

/* wi_signal_end() - destroy what it carries, and free it.  thread: the
 * strand's runner. */
void wi_signal_end(struct wi_signal *signal);

#endif
