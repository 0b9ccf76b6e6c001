/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/due.h - coarse deadlines for very many things: a hashed timing wheel
 * (Varghese and Lauck, 1987).
 *
 * Setting and clearing are a few instructions, whatever is set already; an
 * entry is 24 bytes in the object that it is about.  A deadline is met less
 * than WI_DUE_TICK_MS late and never early.  While nothing is set no timer
 * runs; else it runs for the next bucket with something in it for this round,
 * and at least once a round.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_DUE_H
#define WI_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/thread_role.h"

#define WI_DUE_TICK_MS 16u
#define WI_DUE_BUCKETS 1024u /* one round: 16 s; later ones wait for more */

/* All zeros: not set. */
struct wi_due {
	struct wi_due *next;
	struct wi_due **prev; /* what points to this one; NULL: not set */
	uint64_t at;          /* [ms] of the loop's clock (uv_now()) */
};

/* wi_due_cb - the deadline has passed; the entry is not set any more, and may
 * be set again or freed.  It may set and clear others, but not close.  Of
 * several that are due none is promised to come before another. */
typedef void wi_due_cb(void *arg, struct wi_due *due);

struct wi_dues {
	uv_timer_t timer; /* one shot: see wake */
	wi_due_cb *cb;
	void *arg;
	uint64_t wake; /* [ms] the timer is armed for; UINT64_MAX: it is not */
	uint64_t tick; /* all buckets before this one's are done */
	uint32_t count; /* entries that are set */
	bool passed;    /* one was set whose time had passed already */
	bool running;   /* callbacks are being called */
	struct wi_due *buckets[WI_DUE_BUCKETS];
	uint64_t soonest[WI_DUE_BUCKETS];   /* tick: none of it is earlier */
	uint64_t near[WI_DUE_BUCKETS / 64]; /* bit: soonest is in this round */
};

/* wi_dues_init() - nothing is set.  wi_dues_close() - all must be cleared;
 * closes the timer (its memory goes when the loop has run). */
void wi_dues_init(
    struct wi_dues *dues, uv_loop_t *loop, wi_due_cb *cb, void *arg) WI_ON_IO;
void wi_dues_close(struct wi_dues *dues) WI_ON_IO;

/* wi_due_set() - at that time, or in the next turn if that has passed; an
 * entry that is set already is moved. */
void wi_due_set(
    struct wi_dues *dues, struct wi_due *due, uint64_t at) WI_ON_IO;

/* wi_due_clear() - not any more; does nothing if it is not set. */
void wi_due_clear(struct wi_dues *dues, struct wi_due *due) WI_ON_IO;

/* wi_dues_run() - what the timer calls: everything that is due at uv_now().
 * Here for tests, which have a clock of their own. */
void wi_dues_run(struct wi_dues *dues) WI_ON_IO;

static inline bool
wi_due_is_set(const struct wi_due *due)
{
	return due->prev != 0;
}

#endif
