/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/due - coarse deadlines for very many things.
 *
 * thread: I/O.  Owns one timer of the loop; the entries are their objects'.
 *
 * A tick is WI_DUE_TICK_MS of the loop's clock, and an entry lies in the
 * bucket of the tick that its deadline falls into, whichever round that is.
 * The timer is armed for a tick's last millisecond, when all of it is due.
 *
 * round_note: a bucket may hold entries of later rounds only, and thousands of
 * idle connections with a minute to live must not wake a process every 16 ms
 * for nothing.  So each bucket knows a tick that none of its entries comes
 * before (clearing an entry leaves it as it is; looking at the bucket makes it
 * exact), and only where that tick is less than a round ahead of dues->tick
 * does the bucket's bit in near stand, by which the timer is armed.  When
 * dues->tick moves on, the buckets that it passed are looked at again.
 *
 * passed_note: an entry whose time has passed when it is set lies in the
 * bucket of dues->tick, and the timer is armed for "now".  Inside a callback
 * that is the next millisecond: libuv (1.44, uv__run_timers) runs a timer that
 * a timer's callback starts for "now" in the same turn, so that a callback
 * that always sets its entry again would keep the loop for itself.
 */
#include "io/due.h"

#include <string.h>

#include "base/assert.h"

#define DUE_NEVER UINT64_MAX
#define DUE_WORDS (WI_DUE_BUCKETS / 64)

static void due_on_timer(uv_timer_t *timer);

void
wi_dues_init(struct wi_dues *dues, uv_loop_t *loop, wi_due_cb *cb, void *arg)
{
	uint32_t i;

	memset(dues, 0, sizeof(*dues));
	/* It cannot fail (libuv 1.44, src/timer.c). */
	wi_assert(uv_timer_init(loop, &dues->timer) == 0);
	dues->timer.data = dues;
	dues->cb = cb;
	dues->arg = arg;
	dues->wake = DUE_NEVER;
	for (i = 0; i < WI_DUE_BUCKETS; i++)
		dues->soonest[i] = DUE_NEVER;
}

void
wi_dues_close(struct wi_dues *dues)
{
	wi_assert(dues->count == 0 && !dues->running);
	uv_close((uv_handle_t *)&dues->timer, NULL);
}

/* The last millisecond of a tick. */
static uint64_t
due_end(uint64_t tick)
{
	return tick * WI_DUE_TICK_MS + (WI_DUE_TICK_MS - 1);
}

/* See round_note. */
WI_ON_IO static void
due_mark(struct wi_dues *dues, uint32_t bucket)
{
	uint64_t bit = UINT64_C(1) << (bucket % 64);

	if (dues->soonest[bucket] - dues->tick < WI_DUE_BUCKETS)
		dues->near[bucket / 64] |= bit;
	else
		dues->near[bucket / 64] &= ~bit;
}

/* Ticks from dues->tick to the next that is marked; WI_DUE_BUCKETS: none. */
WI_ON_IO static uint32_t
due_distance(const struct wi_dues *dues)
{
	uint32_t from = dues->tick % WI_DUE_BUCKETS, at = from / 64, i;
	uint64_t word = dues->near[at] & (UINT64_MAX << (from % 64));

	/* The last word is the first again, for what lies before from. */
	for (i = 0; word == 0; i++) {
		if (i == DUE_WORDS)
			return WI_DUE_BUCKETS;
		at = (at + 1) % DUE_WORDS;
		word = dues->near[at];
	}
	at = at * 64 + (uint32_t)__builtin_ctzll(word);
	return (at - from) % WI_DUE_BUCKETS;
}

/* When is there something to do next?  [ms], 0: at once. */
WI_ON_IO static uint64_t
due_next(const struct wi_dues *dues)
{
	uint32_t distance;

	if (dues->count == 0)
		return DUE_NEVER;
	if (dues->passed)
		return 0;
	distance = due_distance(dues);
	if (distance < WI_DUE_BUCKETS)
		return due_end(dues->tick + distance);
	return (dues->tick + WI_DUE_BUCKETS) * WI_DUE_TICK_MS;
}

WI_ON_IO static void
due_arm(struct wi_dues *dues, uint64_t wake)
{
	uint64_t now = uv_now(dues->timer.loop);

	if (wake == dues->wake)
		return;
	dues->wake = wake;
	if (wake == DUE_NEVER)
		wi_assert(uv_timer_stop(&dues->timer) == 0);
	else
		wi_assert(uv_timer_start(&dues->timer, due_on_timer,
			      wake > now ? wake - now : 0, 0) == 0);
}

WI_ON_IO static void
due_link(struct wi_dues *dues, struct wi_due *due, uint64_t tick)
{
	uint32_t bucket = tick % WI_DUE_BUCKETS;
	struct wi_due **head = &dues->buckets[bucket];

	due->next = *head;
	due->prev = head;
	if (*head != NULL)
		(*head)->prev = &due->next;
	*head = due;
	dues->count++;
	if (tick < dues->soonest[bucket]) {
		dues->soonest[bucket] = tick;
		due_mark(dues, bucket);
	}
}

/* true: that was the last one of its bucket.  Those that are about to be
 * called lie in no bucket. */
WI_ON_IO static bool
due_unlink(struct wi_dues *dues, struct wi_due *due)
{
	uintptr_t at = (uintptr_t)due->prev - (uintptr_t)dues->buckets;
	bool emptied = due->next == NULL && at < sizeof(dues->buckets);
	uint32_t bucket;

	*due->prev = due->next;
	if (due->next != NULL)
		due->next->prev = due->prev;
	due->next = NULL;
	due->prev = NULL;
	if (--dues->count == 0)
		dues->passed = false;
	if (emptied) {
		bucket = (uint32_t)(at / sizeof(dues->buckets[0]));
		dues->soonest[bucket] = DUE_NEVER;
		due_mark(dues, bucket);
	}
	return emptied;
}

void
wi_due_set(struct wi_dues *dues, struct wi_due *due, uint64_t at)
{
	uint64_t now = uv_now(dues->timer.loop);
	uint64_t tick = at / WI_DUE_TICK_MS;
	bool emptied = false;

	if (wi_due_is_set(due))
		emptied = due_unlink(dues, due);
	if (dues->count == 0)
		dues->tick = now / WI_DUE_TICK_MS;
	if (tick < dues->tick)
		tick = dues->tick;
	due->at = at;
	due_link(dues, due, tick);
	if (at <= now)
		dues->passed = true;
	if (!dues->running &&
	    (emptied || dues->passed || due_end(tick) <= dues->wake))
		due_arm(dues, due_next(dues));
}

void
wi_due_clear(struct wi_dues *dues, struct wi_due *due)
{
	if (!wi_due_is_set(due))
		return;
	if (due_unlink(dues, due) && !dues->running)
		due_arm(dues, due_next(dues));
}

/* Move what is due from a bucket to *end, the end of a list. */
WI_ON_IO static struct wi_due **
due_collect(
    struct wi_dues *dues, uint32_t bucket, uint64_t now, struct wi_due **end)
{
	struct wi_due *due, *next, **kept = &dues->buckets[bucket];
	uint64_t tick, soonest = DUE_NEVER;

	for (due = *kept; due != NULL; due = next) {
		next = due->next;
		if (due->at <= now) {
			due->prev = end;
			*end = due;
			end = &due->next;
			continue;
		}
		due->prev = kept;
		*kept = due;
		kept = &due->next;
		tick = due->at / WI_DUE_TICK_MS;
		if (tick < soonest)
			soonest = tick;
	}
	*kept = NULL;
	*end = NULL;
	dues->soonest[bucket] = soonest;
	return end;
}

/* Let time pass: buckets from dues->tick up to that of now, which may still
 * have something that is not due. */
WI_ON_IO static void
due_advance(struct wi_dues *dues, uint64_t now, struct wi_due **end)
{
	uint64_t last = now / WI_DUE_TICK_MS, first = dues->tick, i;
	uint32_t bucket;

	if (last < first) /* a clock that went back: time stands still */
		last = first;
	dues->tick = last;
	for (i = 0; i <= last - first && i < WI_DUE_BUCKETS; i++) {
		bucket = (first + i) % WI_DUE_BUCKETS;
		if (dues->soonest[bucket] <= last)
			end = due_collect(dues, bucket, now, end);
		due_mark(dues, bucket);
	}
}

void
wi_dues_run(struct wi_dues *dues)
{
	uint64_t now = uv_now(dues->timer.loop);
	struct wi_due *firing = NULL, *due;

	wi_assert(!dues->running);
	due_arm(dues, DUE_NEVER);
	dues->passed = false;
	dues->running = true;
	due_advance(dues, now, &firing);
	/* What a callback clears or moves leaves this list as any other. */
	while ((due = firing) != NULL) {
		(void)due_unlink(dues, due);
		dues->cb(dues->arg, due);
	}
	dues->running = false;
	due_arm(dues, dues->passed ? now + 1 : due_next(dues));
}

static void
due_on_timer(uv_timer_t *timer)
{
	struct wi_dues *dues = timer->data;

	wi_assert_io();
	wi_dues_run(dues);
}
