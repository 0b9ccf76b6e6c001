/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/mailbox - the events of one strand, in order.
 *
 * thread: push from any, everything else from the one worker that runs the
 * strand.  A push never waits for anybody: it is one compare-and-swap that is
 * retried only when another push came in between.
 *
 * order_note: the inbox is a stack, newest first; the runner takes all of it
 * at once and turns it round, event by event to the front of what it took, and
 * then puts that behind what it had.  So within a lane events stay in the
 * order in which their pushes succeeded.
 *
 * No ABA: a push compares the head and links to it, and whatever happened to
 * the list in between, a head that is equal again is a correct next.
 */
#include "handoff/mailbox.h"

/* The newest event of an inbox, without its marks. */
static struct wi_event *
mailbox_event(uintptr_t inbox)
{
	return (
	    struct wi_event *)(inbox & ~(WI_MAILBOX_IDLE | WI_MAILBOX_URGENT));
}

void
wi_mailbox_init(struct wi_mailbox *mailbox)
{
	mailbox->last[WI_LANE_URGENT] = NULL;
	mailbox->last[WI_LANE_NORMAL] = NULL;
	__atomic_store_n(&mailbox->inbox, WI_MAILBOX_IDLE, __ATOMIC_RELAXED);
}

bool
wi_mailbox_push(struct wi_mailbox *mailbox, struct wi_event *event)
{
	uintptr_t head, pushed = (uintptr_t)event, urgent;

	if (event->lane == WI_LANE_URGENT)
		pushed |= WI_MAILBOX_URGENT;
	head = __atomic_load_n(&mailbox->inbox, __ATOMIC_RELAXED);
	do {
		urgent = head & WI_MAILBOX_URGENT;
		event->next = mailbox_event(head);
		/* Release: the event's content is seen by who takes it, pairs
		 * with the exchange in mailbox_take().  Acquire: whoever turns
		 * IDLE sees what the last runner left, pairs with the
		 * compare-and-swap in wi_mailbox_rest(). */
	} while (!__atomic_compare_exchange_n(&mailbox->inbox, &head,
	    pushed | urgent, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return head == WI_MAILBOX_IDLE;
}

/* What has come, newest first, goes behind what is there.  See order_note. */
static void
mailbox_sort(struct wi_mailbox *mailbox, struct wi_event *event)
{
	struct wi_event *first[WI_LANES] = { NULL, NULL }, *newest[WI_LANES];
	struct wi_event *next;
	unsigned lane;

	for (; event != NULL; event = next) {
		next = event->next;
		lane = event->lane;
		if (first[lane] == NULL)
			newest[lane] = event;
		event->next = first[lane];
		first[lane] = event;
	}
	for (lane = 0; lane < WI_LANES; lane++) {
		struct wi_event **last = &mailbox->last[lane];

		if (first[lane] == NULL)
			continue;
		if (*last == NULL) {
			newest[lane]->next = first[lane];
		} else {
			newest[lane]->next = (*last)->next;
			(*last)->next = first[lane];
		}
		*last = newest[lane];
	}
}

static void
mailbox_take(struct wi_mailbox *mailbox)
{
	if (__atomic_load_n(&mailbox->inbox, __ATOMIC_RELAXED) == 0)
		return;
	mailbox_sort(mailbox,
	    mailbox_event(
		__atomic_exchange_n(&mailbox->inbox, 0, __ATOMIC_ACQUIRE)));
}

struct wi_event *
wi_mailbox_peek(struct wi_mailbox *mailbox)
{
	struct wi_event **last = mailbox->last;

	if ((last[WI_LANE_NORMAL] == NULL && last[WI_LANE_URGENT] == NULL) ||
	    wi_mailbox_hurried(mailbox))
		mailbox_take(mailbox);
	if (last[WI_LANE_URGENT] != NULL)
		return last[WI_LANE_URGENT]->next;
	return last[WI_LANE_NORMAL] == NULL ? NULL :
					      last[WI_LANE_NORMAL]->next;
}

void
wi_mailbox_drop(struct wi_mailbox *mailbox, struct wi_event *event)
{
	struct wi_event **last = &mailbox->last[event->lane];

	if (*last == event)
		*last = NULL;
	else
		(*last)->next = event->next;
}

void
wi_mailbox_undrop(struct wi_mailbox *mailbox, struct wi_event *event)
{
	struct wi_event **last = &mailbox->last[event->lane];

	if (*last == NULL) {
		event->next = event;
		*last = event;
	} else {
		event->next = (*last)->next;
		(*last)->next = event;
	}
}

bool
wi_mailbox_rest(struct wi_mailbox *mailbox)
{
	uintptr_t none = 0;

	if (mailbox->last[WI_LANE_NORMAL] != NULL ||
	    mailbox->last[WI_LANE_URGENT] != NULL)
		return false;
	return __atomic_compare_exchange_n(&mailbox->inbox, &none,
	    WI_MAILBOX_IDLE, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
