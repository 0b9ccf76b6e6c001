/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/pull.h - the strands whose events weft_node_receive() hands out.
 *
 * What runq and dispatch are to a worker, this is to a thread of the program's
 * own that asks for one event at a time.  Between two calls it keeps the
 * strand, and the batch whose bytes the program looks at; what is to be done
 * after an event is done when the next one is asked for.
 *
 * One thread at a time has it, by wi_pull_claim(): the receiver, mostly;
 * weft_node_join(), which drops what nobody will ask for any more; and the I/O
 * thread, at the end of a stop that nobody received to the end.
 */
#ifndef WI_PULL_H
#define WI_PULL_H

#include <stdbool.h>
#include <stdint.h>

#include <ck_stack.h>

#include <weft/node.h>

#include "base/arena.h"
#include "base/counter.h"
#include "handoff/batch.h"
#include "handoff/endpoint.h"
#include "handoff/signal.h"
#include "handoff/timer.h"
#include "handoff/wake.h"

struct wi_hub;
struct wi_inflater;

struct wi_pull {
	_Alignas(64) ck_stack_t inbox; /* any thread pushes */
	struct wi_fd_bed bed;
	uint32_t ended;              /* atomic: the node has stopped */
	_Alignas(64) uint32_t owned; /* atomic: somebody has the rest */

	uint32_t budget;         /* messages left in this turn of strand */
	ck_stack_entry_t *first; /* taken from inbox, oldest first */
	ck_stack_entry_t *last;
	struct wi_strand *strand;   /* whose turn it is; NULL: nobody's */
	struct wi_batch *batch;     /* of it, the first in its mailbox, and a
	                               message was handed out; else NULL */
	struct wi_endpoint *closed; /* its CLOSED was handed out; else NULL */
	bool closed_again;          /* that was LOST */
	struct wi_signal *signal;   /* was handed out; else NULL */
	struct wi_timer *timer;     /* likewise */
	uint32_t nsignals;          /* of strand, run and held still */
	bool place;                 /* of strand, to be let go of */
	struct wi_batch *kept;      /* done with, but its bytes may be looked
	                               at; else NULL */
	struct wi_signal *kept_signal; /* likewise */
	struct wi_timer *kept_timer;   /* likewise */
	struct wi_timer_cache timers;  /* free ones */
	struct wi_arena arena;         /* a message that was inflated; it may
	                                  be looked at likewise */
	struct wi_inflater *inflater;  /* for those that are by themselves */
	bool dropping;                 /* nobody sees the events */
	uint64_t ntaken;               /* atomic: turns of strands so far */
	struct wi_counters counters;
};

/* wi_pull_init() - WEFT_OK, or what the OS answered: then wi_pull_fini() may
 * be called all the same. */
int wi_pull_init(struct wi_pull *pull);
void wi_pull_fini(struct wi_pull *pull);

/* wi_pull_push() - a runnable strand, to the back; whoever polls is woken by
 * wi_wake_fd() afterwards.  thread: any. */
void wi_pull_push(struct wi_pull *pull, struct wi_strand *strand);

/* wi_pull_waits() - has a strand come that nobody has taken?  thread: any. */
bool wi_pull_waits(const struct wi_pull *pull);

/* wi_pull_end() - the node has stopped.  thread: the one that ran it. */
void wi_pull_end(struct wi_pull *pull);

/* wi_pull_ended() - thread: any. */
bool wi_pull_ended(const struct wi_pull *pull);

/* wi_pull_claim() - have it; false: somebody has it.  thread: any.
 * wi_pull_let_go() - thread: the one that has it. */
bool wi_pull_claim(struct wi_pull *pull);
void wi_pull_let_go(struct wi_pull *pull);

/*
 * wi_pull_next() - finish the event that was handed out last, and hand out the
 * next.
 *
 *   event    out      its bytes are valid until the next of these calls.
 *   returns           false: there is none at the moment.
 *   thread            the one that has it.
 */
bool wi_pull_next(struct wi_hub *hub, struct weft_event *event);

/* wi_pull_drop() - the same for all there are, which nobody gets to see.
 * thread: the one that has it. */
void wi_pull_drop(struct wi_hub *hub);

/* wi_pull_abandon() - the same at the end of a stop, for a receiver that has
 * not asked for a while and may ask again; the bytes that it looks at stay.
 * true: something was dropped.  thread: I/O. */
bool wi_pull_abandon(struct wi_hub *hub);

/* wi_pull_forget() - let go of bytes that were kept: nobody looks at them any
 * more.  thread: the one that has it. */
void wi_pull_forget(struct wi_hub *hub);

#endif
