/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/mailbox - the events of one strand, in order.
 *
 * thread: push from any, everything else from the one worker that runs the
 * strand.  A push never waits for anybody: it is one compare-and-swap that is
 * retried only when another push came in between.
 *
 * order_note: the inbox is a stack, newest first; the runner takes all of it
 * at once and turns it round.  It is turned round before the next take, so
 * events stay in the order in which their pushes succeeded.
 *
 * No ABA: a push compares the head and links to it, and whatever happened to
 * the list in between, a head that is equal again is a correct next.
 */
#include "handoff/mailbox.h"

void
wi_mailbox_init(struct wi_mailbox *mailbox)
{
	mailbox->first = NULL;
	__atomic_store_n(&mailbox->inbox, WI_MAILBOX_IDLE, __ATOMIC_RELAXED);
}

bool
wi_mailbox_push(struct wi_mailbox *mailbox, struct wi_event *event)
{
	struct wi_event *head;

	head = __atomic_load_n(&mailbox->inbox, __ATOMIC_RELAXED);
	do {
		event->next = head == WI_MAILBOX_IDLE ? NULL : head;
		/* Release: the event's content is seen by who takes it, pairs
		 * with the exchange in mailbox_take().  Acquire: whoever turns
		 * IDLE sees what the last runner left, pairs with the
		 * compare-and-swap in wi_mailbox_rest(). */
	} while (!__atomic_compare_exchange_n(&mailbox->inbox, &head, event,
	    true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return head == WI_MAILBOX_IDLE;
}

static struct wi_event *
mailbox_take(struct wi_mailbox *mailbox)
{
	struct wi_event *event, *next, *first = NULL;

	if (__atomic_load_n(&mailbox->inbox, __ATOMIC_RELAXED) == NULL)
		return NULL;
	event = __atomic_exchange_n(&mailbox->inbox, NULL, __ATOMIC_ACQUIRE);
	for (; event != NULL; event = next) {
		next = event->next;
		event->next = first;
		first = event;
	}
	return first;
}

struct wi_event *
wi_mailbox_peek(struct wi_mailbox *mailbox)
{
	if (mailbox->first == NULL)
		mailbox->first = mailbox_take(mailbox);
	return mailbox->first;
}

void
wi_mailbox_drop(struct wi_mailbox *mailbox)
{
	mailbox->first = mailbox->first->next;
}

bool
wi_mailbox_rest(struct wi_mailbox *mailbox)
{
	struct wi_event *none = NULL;

	if (mailbox->first != NULL)
		return false;
	return __atomic_compare_exchange_n(&mailbox->inbox, &none,
	    WI_MAILBOX_IDLE, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
