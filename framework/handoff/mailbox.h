/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/mailbox.h - the events of one strand, in order.
 *
 * Any thread pushes; the one worker that runs the strand takes.  One word, the
 * inbox, says both what has come and whether anybody runs the strand:
 *
 *   WI_MAILBOX_IDLE   nobody runs it, nothing waits
 *   NULL              somebody runs it (or it stands in a run queue)
 *   else              the same, and these events wait, newest first
 *
 * so that "push, then see whether it must be scheduled" and "nothing left,
 * then stop running it" are one compare-and-swap each, and no second look is
 * needed between them.
 */
#ifndef WI_MAILBOX_H
#define WI_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wi_event_kind {
	WI_EVENT_OPENED,
	WI_EVENT_MESSAGES, /* a struct wi_batch */
	WI_EVENT_CLOSED,
	WI_EVENT_DRAINED, /* there is room in its outbox again */
};

struct wi_endpoint;

/* What waits in a mailbox.  owned by: who pushes it, then the mailbox, then
 * the worker that takes it. */
struct wi_event {
	struct wi_event *next;
	struct wi_endpoint *endpoint;
	enum wi_event_kind kind;
	uint32_t detail; /* CLOSED: wi_closed_detail() */
};

struct wi_mailbox {
	struct wi_event *inbox; /* atomic: as above */
	struct wi_event *first; /* taken over, oldest first; runner only */
};

#define WI_MAILBOX_IDLE ((struct wi_event *)(uintptr_t)1)

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

/* wi_mailbox_peek() - the oldest event, or NULL.  thread: the runner. */
struct wi_event *wi_mailbox_peek(struct wi_mailbox *mailbox);

/* wi_mailbox_drop() - the event that peek gave is done with.  The runner's
 * from here on.  thread: the runner. */
void wi_mailbox_drop(struct wi_mailbox *mailbox);

/*
 * wi_mailbox_rest() - stop running the strand, if nothing waits.
 *
 *   returns           true: it is idle; the caller must not touch it again.
 *                     false: events wait, it is still the caller's to run.
 *   thread            the runner.
 */
bool wi_mailbox_rest(struct wi_mailbox *mailbox);

#endif
