/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/mailbox.h - the events of one strand, in two lanes, each in order.
 *
 * Any thread pushes; the one worker that runs the strand takes.  One word, the
 * inbox, says both what has come and whether anybody runs the strand:
 *
 *   WI_MAILBOX_IDLE   nobody runs it, nothing waits
 *   0                 somebody runs it (or it stands in a run queue)
 *   else              the same, and these events wait, newest first; with
 *                     WI_MAILBOX_URGENT added if one of them is urgent
 *
 * so that "push, then see whether it must be scheduled" and "nothing left,
 * then stop running it" are one compare-and-swap each, and no second look is
 * needed between them.
 *
 * Both lanes come through the inbox; the runner sorts them when it takes it.
 * Urgent events overtake those of the normal lane that were not begun, also
 * what was taken before they came; nothing overtakes within a lane.
 */
#ifndef WI_MAILBOX_H
#define WI_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wi_event_kind {
	/* of an endpoint, in its own mailbox */
	WI_EVENT_OPENED,
	WI_EVENT_HELLO,      /* the same: a struct wi_hello */
	WI_EVENT_MESSAGES,   /* a struct wi_batch */
	WI_EVENT_CLOSED,     /* its last; detail: wi_closed_detail() */
	WI_EVENT_LOST,       /* the same, but it will be connected again */
	WI_EVENT_GONE,       /* after LOST: it will not, after all */
	WI_EVENT_DRAINED,    /* there is room in its outbox again */
	WI_EVENT_BIND,       /* a struct wi_signal: to another strand */
	WI_EVENT_UNANSWERED, /* of a struct wi_timer that is a request to it:
	                        no reply comes any more */
	/* of any strand */
	WI_EVENT_SIGNAL, /* a struct wi_signal */
	WI_EVENT_TIMER,  /* of a struct wi_timer */
	WI_EVENT_ANSWER, /* likewise: of a request of this strand */
	/* of a shared strand */
	WI_EVENT_PORT,  /* an endpoint that is bound to it has events */
	WI_EVENT_ENDED, /* its last: nobody has it any more */
};

enum wi_lane {
	WI_LANE_NORMAL,
	WI_LANE_URGENT,
	WI_LANES,
};

/* What waits in a mailbox.  owned by: who pushes it, then the mailbox, then
 * the worker that takes it. */
struct wi_event {
	struct wi_event *next;
	uint8_t kind; /* enum wi_event_kind */
	uint8_t lane; /* enum wi_lane */
	uint16_t reserved;
	uint32_t detail; /* by the kind */
};

/* wi_event_init() - an event of the normal lane. */
static inline void
wi_event_init(struct wi_event *event, enum wi_event_kind kind)
{
	*event =
	    (struct wi_event){ .kind = (uint8_t)kind, .lane = WI_LANE_NORMAL };
}

struct wi_mailbox {
	uintptr_t inbox; /* atomic: as above */
	/* Taken over, as rings: the newest, whose next is the oldest; NULL:
	 * none.  Runner only. */
	struct wi_event *last[WI_LANES];
};

#define WI_MAILBOX_IDLE ((uintptr_t)1)
#define WI_MAILBOX_URGENT ((uintptr_t)2)

/* wi_mailbox_init() - empty and idle. */
void wi_mailbox_init(struct wi_mailbox *mailbox);

/*
 * wi_mailbox_push() - append an event.
 *
 *   returns           true: the strand was idle and is the caller's to put
 *                     into a run queue, which it must.
 *   owner             the mailbox.
 *   thread            any.
 */
bool wi_mailbox_push(struct wi_mailbox *mailbox, struct wi_event *event);

/* wi_mailbox_peek() - the event that is next, or NULL.  thread: the runner. */
struct wi_event *wi_mailbox_peek(struct wi_mailbox *mailbox);

/* wi_mailbox_drop() - the event, which peek gave, is done with: it is the
 * runner's from here on.  thread: the runner. */
void wi_mailbox_drop(struct wi_mailbox *mailbox, struct wi_event *event);

/* wi_mailbox_undrop() - an event that was dropped is the next of its lane
 * again.  thread: the runner. */
void wi_mailbox_undrop(struct wi_mailbox *mailbox, struct wi_event *event);

/* wi_mailbox_hurried() - has an urgent event come that peek has not seen?  To
 * be asked between two messages.  thread: the runner. */
static inline bool
wi_mailbox_hurried(const struct wi_mailbox *mailbox)
{
	return (__atomic_load_n(&mailbox->inbox, __ATOMIC_RELAXED) &
		   WI_MAILBOX_URGENT) != 0;
}

/*
 * wi_mailbox_rest() - stop running the strand, if nothing waits.
 *
 *   returns           true: it is idle; the caller must not touch it again.
 *                     false: events wait, it is still the caller's to run.
 *   thread            the runner.
 */
bool wi_mailbox_rest(struct wi_mailbox *mailbox);

#endif
