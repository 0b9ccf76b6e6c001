/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/pull - the strands whose events weft_node_receive() hands out.
 *
 * thread: any pushes strands (handoff/schedule); whoever has claimed it takes
 * them.  From io/ by way of schedule; to the program, and back to the I/O
 * thread by handoff/finish.
 *
 * fairness_note: strands have their turns in the order in which they came.
 * One that has had WI_STRAND_BUDGET messages goes behind all that came since:
 * no endpoint waits for more than one turn of each of the others.
 */
#include "handoff/pull.h"

#include "base/assert.h"
#include "codec/inflate.h"
#include "handoff/finish.h"
#include "handoff/hello.h"
#include "handoff/hub.h"
#include "handoff/post.h"
#include "handoff/publish.h"
#include "handoff/pull_message.h"

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
	pull->signal = NULL;
	pull->timer = NULL;
	pull->nsignals = 0;
	pull->place = false;
	pull->kept = NULL;
	pull->kept_signal = NULL;
	pull->kept_timer = NULL;
	pull->timers = (struct wi_timer_cache){ NULL, 0 };
	pull->arena = (struct wi_arena){ NULL, 0, NULL };
	pull->inflater = NULL;
	pull->dropping = false;
	return wi_fd_bed_init(&pull->bed);
}

void
wi_pull_fini(struct wi_pull *pull)
{
	wi_arena_fini(&pull->arena);
	wi_inflater_free(&pull->inflater);
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

static bool
pull_strand_is_over(struct wi_strand *strand)
{
	return !strand->shared && wi_endpoint_of(strand)->over;
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
	if (pull_strand_is_over(pull->strand)) {
		/* Held by what came, so it can be held once more: over_note
		 * in work/dispatch_endpoint.c. */
		wi_assert(
		    wi_strand_hold(pull->strand, WI_HOLD_PLACE, 0) == WEFT_OK);
		pull->place = true;
	}
	__atomic_store_n(&pull->ntaken, pull->ntaken + 1, __ATOMIC_RELAXED);
	return true;
}

/* Signals that were seen do not hold the strand any more.  An endpoint's that
 * is over is held until its mailbox rests (over_note in
 * work/dispatch_endpoint.c). */
static void
pull_let_go(struct wi_hub *hub, struct wi_strand *strand)
{
	struct wi_pull *pull = &hub->pull;
	uint32_t nsignals = pull->nsignals;
	bool place = pull->place;

	pull->nsignals = 0;
	pull->place = false;
	if (nsignals > 0)
		wi_post_release(hub, strand, WI_HOLD_SIGNAL, nsignals);
	if (place)
		wi_post_release(hub, strand, WI_HOLD_PLACE, 1);
}

/* Its turn is over, and what it had is seen.  See fairness_note. */
static void
pull_give_back(struct wi_hub *hub)
{
	struct wi_pull *pull = &hub->pull;
	struct wi_strand *strand = pull->strand;
	bool over = pull_strand_is_over(strand);

	pull->strand = NULL;
	pull->batch = NULL;
	if (!over)
		pull_let_go(hub, strand);
	if (wi_mailbox_rest(&strand->mailbox)) {
		if (over)
			pull_let_go(hub, strand);
		return;
	}
	if (over) {
		pull->strand = strand; /* to the end */
		return;
	}
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
	wi_mailbox_drop(&pull->strand->mailbox, &batch->event);
	wi_finish_batch(hub, wi_endpoint_of(pull->strand), batch);
}

/* What was handed out last has been seen. */
static void
pull_finish(struct wi_hub *hub)
{
	struct wi_pull *pull = &hub->pull;
	struct wi_endpoint *closed = pull->closed;

	if (pull->batch != NULL && pull->batch->done == pull->batch->nmessages)
		pull_batch_done(hub, pull->batch);
	if (pull->signal != NULL) {
		wi_finish_signal(&pull->counters, pull->signal, true);
		pull->signal = NULL;
	}
	if (pull->timer != NULL) {
		wi_finish_timer(
		    hub, &pull->timers, &pull->counters, pull->timer);
		pull->timer = NULL;
	}
	if (closed == NULL)
		return;
	pull->closed = NULL;
	if (!pull->closed_again) {
		wi_finish_over(hub, closed);
		pull->place = true;
	}
	wi_finish_closed(hub, closed);
}

/* false: nobody is to see it. */
static bool
pull_signal(
    struct wi_pull *pull, struct wi_signal *signal, struct weft_event *event)
{
	pull->nsignals++;
	pull->budget--;
	if (pull->dropping || pull_strand_is_over(pull->strand)) {
		wi_finish_signal(&pull->counters, signal, false);
		return false;
	}
	pull->signal = signal;
	event->kind = WEFT_EVENT_SIGNAL;
	event->signal = &signal->u.what;
	return true;
}

static bool
pull_timer(
    struct wi_hub *hub, struct wi_timer *timer, struct weft_event *event)
{
	struct wi_pull *pull = &hub->pull;

	pull->budget--;
	if (!wi_finish_timer_begin(hub, &pull->timers, &pull->counters, timer,
		!pull->dropping && !pull_strand_is_over(pull->strand)))
		return false;
	pull->timer = timer;
	event->kind = WEFT_EVENT_SIGNAL;
	event->signal = &timer->what;
	return true;
}

static void
pull_closed(struct wi_pull *pull, const struct wi_event *closed,
    struct weft_event *event)
{
	pull->closed = wi_endpoint_of(pull->strand);
	pull->closed_again = closed->kind == WI_EVENT_LOST;
	event->kind = WEFT_EVENT_CLOSED;
	event->why = wi_closed_reason(closed->detail);
	event->code = wi_closed_code(closed->detail);
}

/* The strand's last event: its turn is over with it. */
static void
pull_ended(struct wi_hub *hub, struct weft_event *event)
{
	struct wi_shared *shared = wi_shared_of(hub->pull.strand);

	hub->pull.strand = NULL;
	wi_shared_end(shared);
	wi_publish_over(hub, shared, event->strand.id);
	event->kind = WEFT_EVENT_ENDED;
	event->state = shared->state;
	wi_count(&hub->pull.counters, WEFT_COUNTER_strands_ended, 1);
	wi_shared_free(&hub->shareds, shared);
}

/* One that is not a batch, out of its mailbox; false: nobody is to see it. */
static bool
pull_event(struct wi_hub *hub, struct wi_event *next, struct weft_event *event)
{
	struct wi_pull *pull = &hub->pull;

	switch ((enum wi_event_kind)next->kind) {
	case WI_EVENT_HELLO:
	case WI_EVENT_OPENED:
		if (next->kind == WI_EVENT_HELLO)
			wi_hello_free((struct wi_hello *)next);
		event->kind = WEFT_EVENT_OPENED;
		return true;
	case WI_EVENT_DRAINED:
		wi_finish_drained(wi_endpoint_of(pull->strand));
		event->kind = WEFT_EVENT_DRAINED;
		return true;
	case WI_EVENT_CLOSED:
	case WI_EVENT_LOST:
		pull_closed(pull, next, event);
		return true;
	case WI_EVENT_GONE:
		wi_finish_over(hub, wi_endpoint_of(pull->strand));
		pull->place = true;
		return false;
	case WI_EVENT_SIGNAL:
		return pull_signal(pull, (struct wi_signal *)next, event);
	case WI_EVENT_TIMER:
		return pull_timer(hub, wi_timer_of(next), event);
	case WI_EVENT_ENDED:
		pull_ended(hub, event);
		return true;
	case WI_EVENT_MESSAGES:
	case WI_EVENT_BIND:
	case WI_EVENT_PORT:
	case WI_EVENT_ANSWER:
	case WI_EVENT_UNANSWERED:
		break;
	}
	wi_assert(next->kind == WI_EVENT_ENDED); /* none of these comes here */
	return false;
}

static void
pull_name(
    struct wi_hub *hub, struct wi_strand *strand, struct weft_event *event)
{
	*event = (struct weft_event){ .strand.node = hub->node };
	if (strand->shared) {
		event->strand.id = wi_shared_of(strand)->id;
	} else {
		event->endpoint.id = wi_endpoint_of(strand)->name;
		event->strand.id = event->endpoint.id;
	}
}

/* One event of the strand whose turn it is; false: its turn is over. */
static bool
pull_run(struct wi_hub *hub, struct weft_event *event)
{
	struct wi_pull *pull = &hub->pull;
	struct wi_mailbox *mailbox = &pull->strand->mailbox;
	bool over = pull_strand_is_over(pull->strand);
	struct wi_event *next;

	pull_name(hub, pull->strand, event);
	while ((pull->budget > 0 || over) &&
	    (next = wi_mailbox_peek(mailbox)) != NULL) {
		if (next->kind == WI_EVENT_MESSAGES) {
			struct wi_batch *batch = (struct wi_batch *)next;

			if (wi_pull_message(hub, batch, event))
				return true;
			pull_batch_done(hub, batch);
			continue;
		}
		wi_mailbox_drop(mailbox, next);
		if (pull_event(hub, next, event))
			return true;
		over = pull_strand_is_over(pull->strand);
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
		pull_give_back(hub);
	}
}

bool
wi_pull_next(struct wi_hub *hub, struct weft_event *event)
{
	wi_pull_forget(hub);
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

	any = pull->closed != NULL || pull->batch != NULL ||
	    pull->signal != NULL || pull->timer != NULL;
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
	wi_pull_forget(hub);
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
	pull->kept_signal = pull->signal;
	pull->signal = NULL;
	pull->kept_timer = pull->timer;
	pull->timer = NULL;
	any = pull_drop(hub);
	wi_pull_let_go(pull);
	return any;
}

void
wi_pull_forget(struct wi_hub *hub)
{
	struct wi_pull *pull = &hub->pull;

	if (pull->kept != NULL)
		wi_batch_free(pull->kept);
	pull->kept = NULL;
	if (pull->kept_signal != NULL)
		wi_finish_signal(&pull->counters, pull->kept_signal, true);
	pull->kept_signal = NULL;
	if (pull->kept_timer != NULL)
		wi_finish_timer(
		    hub, &pull->timers, &pull->counters, pull->kept_timer);
	pull->kept_timer = NULL;
	wi_arena_release(&pull->arena, (struct wi_arena_mark){ 0, NULL });
}
