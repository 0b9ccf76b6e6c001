/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/timer.h - signals that come later: set by any thread, kept in the
 * I/O thread's wheel (io/timer.c), told by the strand's runner.
 *
 * Timers lie in one array whose address space is reserved once, so that a
 * stale id can always be looked up; free ones are kept by threads in caches
 * and exchanged many at a time.
 *
 * word_note: one word says whose turn a timer is:
 *
 *   generation << 32 | state << 24 | holds
 *
 *   WAITING    set; in the wheel, or its event is in the mailbox
 *   RUNNING    its handler runs; REPEATING: and it comes again
 *   CANCELLED  weft_cancel() was in time
 *   DONE       told, and what it carries is destroyed
 *
 * Whoever turns WAITING into RUNNING (the runner) or CANCELLED (any thread)
 * has it; so it is told or cancelled, never both.  REPEATING may be cancelled
 * too: that was the last time then.  Holds are places that point to it: the
 * wheel with the way there, its event in the mailbox, an order to cancel.  Who
 * lets go of the last gives it back.
 *
 * A request is a timer that has a to.  It is 0 when the word says WAITING, and
 * set when all else is; so who has the id from a stranger, and finds to as it
 * should be and the same word after it, has one that is whole.
 *
 * destroy_note: what it carries is destroyed by who cancels it, or, while it
 * runs or when nobody does, by the runner; never by the I/O thread, which
 * hands over to the runner what is not to be told any more:
 *
 *   I/O:     drop = 1;    looks at queued:  0: pushes the event once more
 *   runner:  queued = 0;  ... looks at drop:  1: destroys
 *
 * all four sequentially consistent, so one of the two sees the other.
 */
#ifndef WI_TIMER_H
#define WI_TIMER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ck_stack.h>

#include <weft/request.h>
#include <weft/strand.h>

#include "base/wheel.h"
#include "handoff/mailbox.h"

struct wi_block;
struct wi_hub;
struct wi_strand;

#define WI_TIMER_INLINE 56u /* [bytes] of a signal kept in place */
#define WI_TIMER_CACHE 64u  /* timers exchanged at a time */

enum wi_timer_state {
	WI_TIMER_FREE,
	WI_TIMER_WAITING,
	WI_TIMER_RUNNING,   /* once */
	WI_TIMER_REPEATING, /* the same of one that comes again */
	WI_TIMER_CANCELLED,
	WI_TIMER_DONE,
};

/* What a timer that is a request has besides (handoff/request.h). */
struct wi_request {
	weft_on_reply *on_reply;     /* with what.data */
	struct wi_timer *peer;       /* I/O: asked of the same connection */
	struct wi_timer **peer_link; /* I/O: NULL: in no list */
	struct wi_event unanswered;  /* in the mailbox of who was asked */
	struct wi_event answer;      /* in that of who asked; detail: -code */
	struct wi_block *block;      /* with it: the reply; NULL: none */
};

struct wi_timer {
	struct wi_tick tick; /* I/O: in the wheel; at: constant until set */
	uint64_t word;       /* atomic: see word_note */
	struct wi_strand *strand; /* to whom; held */
	struct wi_event event;    /* TIMER */
	uint32_t every_ms;        /* 0: once */
	uint8_t queued;           /* atomic: its event is in the mailbox */
	uint8_t drop; /* atomic: set by I/O, nobody is told any more */
	struct weft_signal what;
	ck_stack_entry_t set_entry;    /* in sets; or free, in a list */
	ck_stack_entry_t cancel_entry; /* in cancels */
	struct wi_timer *sibling;      /* I/O: of the same endpoint */
	struct wi_timer **sibling_link;
	uint64_t to; /* atomic: who is asked; 0: no request.  See word_note */
	union {
		uint8_t bytes[WI_TIMER_INLINE]; /* what.bytes, if they fit */
		struct wi_request request;
	};
};

/* Free ones that a thread has at hand.  owned by: the thread. */
struct wi_timer_cache {
	ck_stack_entry_t *first; /* by their set_entry */
	uint32_t count;
};

struct wi_timers {
	/* Orders to the I/O thread, newest first; any thread pushes. */
	ck_stack_t sets;
	_Alignas(64) ck_stack_t cancels;
	_Alignas(64) struct wi_timer *base; /* max of them */
	uint32_t max;
	pthread_mutex_t mutex;  /* guards the rest */
	ck_stack_entry_t *free; /* by their set_entry */
	uint32_t nused;         /* of base: none from there on was ever used */
};

int wi_timers_init(struct wi_timers *timers, uint32_t max);
void wi_timers_fini(struct wi_timers *timers);

/* wi_timer_take() - one, with a new generation, WAITING and held once; NULL:
 * max are set.  cache: the thread's, or NULL.  thread: any. */
struct wi_timer *wi_timer_take(
    struct wi_timers *timers, struct wi_timer_cache *cache);

/* wi_timer_id() - its name. */
uint64_t wi_timer_id(
    const struct wi_timers *timers, const struct wi_timer *timer);

/* wi_timer_cancel() - by its name, and who is asked if it is a request (else
 * 0): the timer, which is the caller's, to destroy what it carries (unless
 * *runs: then the runner does) and to push to cancels: one hold.  NULL: too
 * late.  thread: any. */
struct wi_timer *wi_timer_cancel(
    struct wi_timers *timers, uint64_t id, uint64_t to, bool *runs);

/* wi_timer_used() - is it waiting, told or on its way?  thread: any. */
bool wi_timer_used(const struct wi_timer *timer);

/* wi_timer_cancelled() - thread: any that holds it. */
bool wi_timer_cancelled(const struct wi_timer *timer);

/* wi_timer_begin() - its event was dropped from the mailbox; false: it was
 * cancelled.  Else *told says whether somebody is to be told, and
 * wi_timer_done() must follow: that destroys what it carries, unless it comes
 * again.  thread: the strand's runner. */
bool wi_timer_begin(struct wi_timer *timer, bool *told);
void wi_timer_done(struct wi_timer *timer);

/* wi_timer_hold() - one more place points to it. */
void wi_timer_hold(struct wi_timer *timer);

/* wi_timer_let_go() - one less; the last gives it back, with its hold on the
 * strand.  cache: the thread's, or NULL.  thread: any. */
void wi_timer_let_go(
    struct wi_hub *hub, struct wi_timer_cache *cache, struct wi_timer *timer);

/* wi_timer_destroy() - what it carries.  thread: as destroy_note says. */
void wi_timer_destroy(struct wi_timer *timer);

/* wi_timer_of() - whose event it is. */
static inline struct wi_timer *
wi_timer_of(struct wi_event *event)
{
	return (void *)((char *)event - offsetof(struct wi_timer, event));
}

/* wi_timer_of_answer(), wi_timer_of_unanswered() - likewise. */
static inline struct wi_timer *
wi_timer_of_answer(struct wi_event *event)
{
	return (
	    void *)((char *)event - offsetof(struct wi_timer, request.answer));
}

static inline struct wi_timer *
wi_timer_of_unanswered(struct wi_event *event)
{
	return (void *)((char *)event -
	    offsetof(struct wi_timer, request.unanswered));
}

#endif
