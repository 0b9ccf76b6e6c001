/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/timer - timers of the program's: when they are due, their event goes to
 * the mailbox of their strand.
 *
 * thread: I/O.  Takes orders from handoff/timer; one handle of libuv's ends
 * the poll when the next one is due.
 *
 * due_note: the time of a timer is read where it is set, so it does not matter
 * when the order is taken.  One that repeats is due at its first time plus
 * whole periods: nothing adds up.  Times that passed while the machine was
 * late are one, and one whose last event still waits in the mailbox is not put
 * there again.
 *
 * end_note: timers of an endpoint are handed to its strand behind its CLOSED,
 * and all of a node when its last endpoint has gone, to be destroyed there.
 */
#include "base/assert.h"
#include "base/clock.h"
#include "handoff/schedule.h"
#include "handoff/timer.h"
#include "io/io.h"

#define TIMER_MS 1000000u /* [ns] */

CK_STACK_CONTAINER(struct wi_timer, set_entry, timer_of_set)
CK_STACK_CONTAINER(struct wi_timer, cancel_entry, timer_of_cancel)

static struct wi_timer *
timer_of_tick(struct wi_tick *tick)
{
	return (void *)((char *)tick - offsetof(struct wi_timer, tick));
}

/* ---- of an endpoint */

WI_ON_IO static struct wi_conn *
timer_conn(struct wi_io *io, const struct wi_timer *timer)
{
	return wi_conn_of(io, wi_endpoint_slot(wi_endpoint_of(timer->strand)));
}

/* true: its endpoint ends, so nobody is to be told. */
WI_ON_IO static bool
timer_join(struct wi_io *io, struct wi_timer *timer)
{
	struct wi_conn *conn;

	if (io->drain >= WI_DRAIN_JOINING)
		return true;
	if (timer->strand->shared)
		return false;
	conn = timer_conn(io, timer);
	if (conn->ended)
		return true;
	timer->sibling = conn->timers;
	timer->sibling_link = &conn->timers;
	if (conn->timers != NULL)
		conn->timers->sibling_link = &timer->sibling;
	conn->timers = timer;
	return false;
}

WI_ON_IO static void
timer_leave(struct wi_timer *timer)
{
	if (timer->to != 0)
		wi_request_leave(timer);
	if (timer->sibling_link == NULL)
		return;
	*timer->sibling_link = timer->sibling;
	if (timer->sibling != NULL)
		timer->sibling->sibling_link = timer->sibling_link;
	timer->sibling_link = NULL;
}

/* ---- due */

WI_ON_IO static void
timer_push(struct wi_io *io, struct wi_timer *timer)
{
	struct wi_strand *strand = timer->strand;

	__atomic_store_n(&timer->queued, 1, __ATOMIC_RELAXED);
	if (wi_mailbox_push(&strand->mailbox, &timer->event))
		wi_schedule(io->hub, strand);
}

/* It is in no wheel (any more), and comes to its end on its strand: the
 * wheel's hold goes to its event.  See destroy_note in handoff/timer.h. */
WI_ON_IO static void
timer_hand_over(struct wi_io *io, struct wi_timer *timer)
{
	timer_leave(timer);
	__atomic_store_n(&timer->drop, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&timer->queued, __ATOMIC_SEQ_CST) == 0)
		timer_push(io, timer);
	else
		wi_timer_let_go(io->hub, &io->timer_cache, timer);
}

WI_ON_IO static void
timer_again(struct wi_io *io, struct wi_timer *timer, uint64_t now)
{
	uint64_t at = timer->tick.at + timer->every_ms;

	if (at <= now)
		at = now + timer->every_ms - (now - at) % timer->every_ms;
	wi_wheel_set(&io->wheel, &timer->tick, at);
}

WI_ON_IO static void
timer_due(struct wi_io *io, struct wi_timer *timer, uint64_t now)
{
	if (wi_timer_cancelled(timer)) {
		timer_leave(timer);
		wi_timer_let_go(io->hub, &io->timer_cache, timer);
		return;
	}
	wi_count(io->counters, WEFT_COUNTER_timers_fired, 1);
	if (timer->every_ms == 0) {
		timer_leave(timer);
		timer_push(io, timer);
		return;
	}
	if (__atomic_load_n(&timer->queued, __ATOMIC_ACQUIRE) == 0) {
		wi_timer_hold(timer);
		timer_push(io, timer);
	}
	timer_again(io, timer, now);
}

/* ---- orders */

WI_ON_IO static void
timer_set(struct wi_io *io, struct wi_timer *timer)
{
	if (wi_timer_cancelled(timer)) {
		wi_timer_let_go(io->hub, &io->timer_cache, timer);
		return;
	}
	if (timer_join(io, timer)) {
		timer_hand_over(io, timer);
		return;
	}
	wi_wheel_set(&io->wheel, &timer->tick, timer->tick.at);
	if (timer->to != 0)
		wi_request_join(io, timer);
}

void
wi_timer_forget(struct wi_io *io, struct wi_timer *timer)
{
	if (!wi_tick_is_set(&timer->tick))
		return;
	wi_wheel_clear(&io->wheel, &timer->tick);
	timer_leave(timer);
	wi_timer_let_go(io->hub, &io->timer_cache, timer);
}

WI_ON_IO static void
timer_cancel(struct wi_io *io, struct wi_timer *timer)
{
	wi_timer_forget(io, timer);
	wi_timer_let_go(io->hub, &io->timer_cache, timer);
}

WI_ON_IO static ck_stack_entry_t *
timer_take(ck_stack_t *stack)
{
	ck_stack_entry_t *entry, *next, *first = NULL;

	if (ck_pr_load_ptr(&stack->head) == NULL)
		return NULL;
	for (entry = ck_stack_batch_pop_upmc(stack); entry != NULL;
	     entry = next) {
		next = entry->next;
		entry->next = first;
		first = entry;
	}
	return first;
}

/* Those to set are taken before anything else is collected: the connection
 * that one is about was then asked for before. */
void
wi_timer_take_sets(struct wi_io *io)
{
	io->timer_sets = timer_take(&io->hub->timers.sets);
}

void
wi_timer_orders(struct wi_io *io)
{
	ck_stack_entry_t *entry, *next;

	for (entry = io->timer_sets; entry != NULL; entry = next) {
		next = entry->next;
		timer_set(io, timer_of_set(entry));
	}
	io->timer_sets = NULL;
	entry = timer_take(&io->hub->timers.cancels);
	for (; entry != NULL; entry = next) {
		next = entry->next;
		wi_count(io->counters, WEFT_COUNTER_timers_cancelled, 1);
		timer_cancel(io, timer_of_cancel(entry));
	}
}

bool
wi_timer_quiet(const struct wi_io *io)
{
	return ck_pr_load_ptr(&io->hub->timers.sets.head) == NULL &&
	    ck_pr_load_ptr(&io->hub->timers.cancels.head) == NULL;
}

/* It ends the poll: all else is done before the next one. */
static void
timer_on_due(uv_timer_t *handle)
{
	struct wi_io *io = handle->data;

	wi_assert_io();
	io->timer_armed = 0;
}

WI_ON_IO static void
timer_arm(struct wi_io *io, uint64_t now)
{
	uint64_t next = wi_wheel_next(&io->wheel);

	if (next == io->timer_armed)
		return;
	io->timer_armed = next;
	if (next == UINT64_MAX) {
		wi_assert(uv_timer_stop(&io->timer) == 0);
		return;
	}
	/* libuv counts from the time that it has read before the turn. */
	uv_update_time(&io->loop);
	wi_assert(uv_timer_start(&io->timer, timer_on_due,
		      next > now ? next - now : 0, 0) == 0);
}

void
wi_timer_work(struct wi_io *io)
{
	struct wi_tick *tick;
	uint64_t now;

	if (io->wheel.count == 0 && io->timer_armed == UINT64_MAX)
		return;
	now = wi_clock_ns() / TIMER_MS;
	while ((tick = wi_wheel_take(&io->wheel, now)) != NULL)
		timer_due(io, timer_of_tick(tick), now);
	timer_arm(io, now);
}

/* See end_note. */
void
wi_timer_end_conn(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_timer *timer;

	conn->ended = true;
	while ((timer = conn->timers) != NULL) {
		wi_wheel_clear(&io->wheel, &timer->tick);
		timer_hand_over(io, timer);
	}
}

void
wi_timer_end_all(struct wi_io *io)
{
	struct wi_tick *tick;

	while ((tick = wi_wheel_any(&io->wheel)) != NULL)
		timer_hand_over(io, timer_of_tick(tick));
}

void
wi_timer_end_plugin(struct wi_io *io, const struct wi_plugin *plugin)
{
	struct wi_tick *tick, *kept = NULL;
	struct wi_timer *timer;

	while ((tick = wi_wheel_any(&io->wheel)) != NULL) {
		timer = timer_of_tick(tick);
		if (timer->strand->shared &&
		    wi_shared_of(timer->strand)->plugin == plugin) {
			timer_hand_over(io, timer);
			continue;
		}
		tick->next = kept;
		kept = tick;
	}
	while ((tick = kept) != NULL) {
		kept = tick->next;
		tick->next = NULL;
		wi_wheel_set(&io->wheel, tick, tick->at);
	}
}

void
wi_timer_init(struct wi_io *io)
{
	wi_wheel_init(&io->wheel, wi_clock_ns() / TIMER_MS);
	io->timer_armed = UINT64_MAX;
	wi_assert(uv_timer_init(&io->loop, &io->timer) == 0);
	io->timer.data = io;
}
