/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/pull - the strands whose events weft_node_receive() hands out.
 *
 * thread: any pushes strands (handoff/schedule); whoever has claimed it takes
 * them.  From io/ by way of schedule; to the program, and back to the I/O
 * thread by handoff/finish.
 *
 * fairness_note: strands have their turns in the order in which they came.
 * One that has had WI_STRAND_BUDGET messages goes behind all that came
 * meanwhile, so no endpoint waits for more than one turn of each of the
 * others.
 */
#include "handoff/pull.h"

#include "base/assert.h"
#include "handoff/finish.h"
#include "handoff/hub.h"

CK_STACK_CONTAINER(struct wi_strand, entry, strand_of_entry)

int
wi_pull_init(struct wi_pull *pull)
{
	ck_stack_init(&pull->inbox);
	pull->ended = 0;
	pull->owned = 0;
	pull->first = NULL;
	pull->last = NULL;
	pull->strand = NULL;
	pull->batch = NULL;
	pull->closed = NULL;
	pull->kept = NULL;
	pull->dropping = false;
	return wi_fd_bed_init(&pull->bed);
}

void
wi_pull_fini(struct wi_pull *pull)
{
	wi_fd_bed_fini(&pull->bed);
}

/* ---- any thread */

void
wi_pull_push(struct wi_pull *pull, struct wi_strand *strand)
{
	ck_stack_push_upmc(&pull->inbox, &strand->entry);
}

bool
wi_pull_waits(const struct wi_pull *pull)
{
	return ck_pr_load_ptr(&pull->inbox.head) != NULL;
}

void
wi_pull_end(struct wi_pull *pull)
{
	__atomic_store_n(&pull->ended, 1, __ATOMIC_RELEASE);
	(void)wi_wake_fd(&pull->bed);
}

bool
wi_pull_ended(const struct wi_pull *pull)
{
	return __atomic_load_n(&pull->ended, __ATOMIC_ACQUIRE) != 0;
}

bool
wi_pull_claim(struct wi_pull *pull)
{
	/* Acquire: what the last one left; pairs with wi_pull_let_go(). */
	return __atomic_exchange_n(&pull->owned, 1, __ATOMIC_ACQUIRE) == 0;
}

void
wi_pull_let_go(struct wi_pull *pull)
{
	__atomic_store_n(&pull->owned, 0, __ATOMIC_RELEASE);
}

/* ---- whoever has it: strands */

static void
pull_append(struct wi_pull *pull, ck_stack_entry_t *entry)
{
	entry->next = NULL;
	if (pull->first == NULL)
		pull->first = entry;
	else
		pull->last->next = entry;
	pull->last = entry;
}

/* What has come, newest first, to the back, oldest first. */
static void
pull_move(struct wi_pull *pull)
{
	ck_stack_entry_t *entry, *next, *first = NULL;

	if (!wi_pull_waits(pull))
		return;
	for (entry = ck_stack_batch_pop_upmc(&pull->inbox); entry != NULL;
	     entry = next) {
		next = entry->next;
		entry->next = first;
		first = entry;
	}
	for (entry = first; entry != NULL; entry = next) {
		next = entry->next;
		pull_append(pull, entry);
	}
}

/* The next strand has its turn; false: there is none. */
static bool
pull_take(struct wi_pull *pull)
{
	ck_stack_entry_t *entry;

	pull_move(pull);
	entry = pull->first;
	if (entry == NULL)
		return false;
	pull->first = entry->next;
	pull->strand = strand_of_entry(entry);
	pull->budget = WI_STRAND_BUDGET;
	__atomic_store_n(&pull->ntaken, pull->ntaken + 1, __ATOMIC_RELAXED);
	return true;
}

/* Its turn is over.  See fairness_note. */
static void
pull_give_back(struct wi_pull *pull)
{
	struct wi_strand *strand = pull->strand;

	pull->strand = NULL;
	pull->batch = NULL;
	if (wi_mailbox_rest(&strand->mailbox))
		return;
	pull_move(pull);
	pull_append(pull, &strand->entry);
}

/* ---- whoever has it: events */

/* The batch at the front of the mailbox has no message left. */
static void
pull_batch_done(struct wi_hub *hub, struct wi_batch *batch)
{
	struct wi_pull *pull = &hub->pull;

	pull->batch = NULL;
	wi_mailbox_drop(&pull->strand->mailbox);
	wi_finish_batch(hub, batch);
}

/* What was handed out last has been seen. */
static void
pull_finish(struct wi_hub *hub)
{
	struct wi_pull *pull = &hub->pull;
	struct wi_endpoint *closed = pull->closed;

	if (pull->batch != NULL && pull->batch->done == pull->batch->nmessages)
		pull_batch_done(hub, pull->batch);
	if (closed != NULL) {
		pull->closed = NULL;
		wi_finish_closed(hub, closed);
	}
}

/* The next message of a batch that somebody is to see; false: it has none. */
static bool
pull_message(
    struct wi_pull *pull, struct wi_batch *batch, struct weft_event *event)
{
	const struct wi_message *message = &batch->messages[batch->done];

	if (batch->done < batch->nmessages &&
	    (pull->dropping || wi_finish_muted(batch->event.endpoint)))
		wi_finish_drop(&pull->counters, batch);
	if (batch->done == batch->nmessages)
		return false;
	batch->done++;
	pull->batch = batch;
	pull->budget--;
	wi_count(&pull->counters, WEFT_COUNTER_messages_run, 1);
	event->kind = WEFT_EVENT_MESSAGE;
	event->msg.data = batch->data->data + message->offset;
	event->msg.len = message->len;
	return true;
}

static void
pull_closed(struct wi_pull *pull, const struct wi_event *closed,
    struct weft_event *event)
{
	/* An endpoint's own strand ends with it. */
	wi_assert(pull->strand == &closed->endpoint->own);
	pull->strand = NULL;
	pull->closed = closed->endpoint;
	event->kind = WEFT_EVENT_CLOSED;
	event->why = wi_closed_reason(closed->detail);
	event->code = wi_closed_code(closed->detail);
}

/* One event of the strand whose turn it is; false: its turn is over. */
static bool
pull_run(struct wi_hub *hub, struct weft_event *event)
{
	struct wi_pull *pull = &hub->pull;
	struct wi_mailbox *mailbox = &pull->strand->mailbox;
	struct wi_event *next;

	while (pull->budget > 0 && (next = wi_mailbox_peek(mailbox)) != NULL) {
		*event = (struct weft_event){ .endpoint = {
						  next->endpoint->name } };
		if (next->kind == WI_EVENT_MESSAGES) {
			struct wi_batch *batch = (struct wi_batch *)next;

			if (pull_message(pull, batch, event))
				return true;
			pull_batch_done(hub, batch);
			continue;
		}
		wi_mailbox_drop(mailbox);
		if (next->kind == WI_EVENT_CLOSED) {
			pull_closed(pull, next, event);
		} else if (next->kind == WI_EVENT_DRAINED) {
			wi_finish_drained(next->endpoint);
			event->kind = WEFT_EVENT_DRAINED;
		} else {
			event->kind = WEFT_EVENT_OPENED;
		}
		return true;
	}
	return false;
}

static bool
pull_next(struct wi_hub *hub, struct weft_event *event)
{
	struct wi_pull *pull = &hub->pull;

	pull_finish(hub);
	for (;;) {
		if (pull->strand == NULL && !pull_take(pull))
			return false;
		if (pull_run(hub, event))
			return true;
		pull_give_back(pull);
	}
}

bool
wi_pull_next(struct wi_hub *hub, struct weft_event *event)
{
	wi_pull_forget(&hub->pull);
	return pull_next(hub, event);
}

/* ---- whoever has it: events that nobody asks for any more */

/* true: there was something. */
static bool
pull_drop(struct wi_hub *hub)
{
	struct wi_pull *pull = &hub->pull;
	struct weft_event event;
	bool any;

	any = pull->closed != NULL || pull->batch != NULL;
	pull->dropping = true;
	if (pull->batch != NULL)
		wi_finish_drop(&pull->counters, pull->batch);
	while (pull_next(hub, &event))
		any = true;
	pull->dropping = false;
	return any;
}

void
wi_pull_drop(struct wi_hub *hub)
{
	wi_pull_forget(&hub->pull);
	(void)pull_drop(hub);
}

bool
wi_pull_abandon(struct wi_hub *hub)
{
	struct wi_pull *pull = &hub->pull;
	bool any;

	if (!wi_pull_claim(pull))
		return false; /* somebody asks for events at this moment */
	if (pull->batch != NULL) {
		/* One batch at most was handed out since the last call of the
		 * receiver's, and it is this one. */
		wi_assert(pull->kept == NULL);
		wi_block_ref(pull->batch->home);
		if (pull->batch->data != pull->batch->home)
			wi_block_ref(pull->batch->data);
		pull->kept = pull->batch;
	}
	any = pull_drop(hub);
	wi_pull_let_go(pull);
	return any;
}

void
wi_pull_forget(struct wi_pull *pull)
{
	if (pull->kept != NULL)
		wi_batch_free(pull->kept);
	pull->kept = NULL;
}
