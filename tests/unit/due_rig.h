/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/due_rig.h - a wheel of deadlines, with a clock in the test's hand
 * and a plain list of what is set beside it.
 *
 * The loop is not run: the test moves its clock (uv_now() is loop.time) and
 * calls wi_dues_run() when the timer would.
 */
#ifndef TESTS_DUE_RIG_H
#define TESTS_DUE_RIG_H

#include <stdlib.h>
#include <uv.h>

#include "check_main.h"
#include "check_random.h"
#include "io/due.h"

#define START UINT64_C(1000003) /* [ms], in the middle of a tick */
#define TICK WI_DUE_TICK_MS
#define ROUND ((uint64_t)TICK * WI_DUE_BUCKETS)
#define ENTRIES 400u

/* An entry, and what a plain list would know of it. */
struct entry {
	struct wi_due due;
	bool set;
	uint64_t set_at; /* [ms] when that was */
	uint32_t fired;  /* how often */
};

struct rig {
	uv_loop_t loop;
	struct wi_dues dues;
	/* What a callback does; NULL: nothing. */
	void (*then)(struct rig *rig, struct entry *entry);
	struct entry entries[ENTRIES];
	uint32_t nset;
	uint32_t nfired;
	uint32_t nruns;
	uint64_t jumped_to; /* [ms] the clock jumped there: who was due before
	                       may be as late as that */
	uint64_t random;
};

WI_ON_IO static inline void
set(struct rig *rig, struct entry *entry, uint64_t at)
{
	wi_due_set(&rig->dues, &entry->due, at);
	rig->nset += !entry->set;
	entry->set = true;
	entry->set_at = uv_now(&rig->loop);
	check_holds(wi_due_is_set(&entry->due));
	check_holds(entry->due.at == at);
}

WI_ON_IO static inline void
clear(struct rig *rig, struct entry *entry)
{
	wi_due_clear(&rig->dues, &entry->due);
	rig->nset -= entry->set;
	entry->set = false;
	check_holds(!wi_due_is_set(&entry->due));
}

/* Never early; late by less than a tick, by what the clock jumped, or by the
 * millisecond for one that was set too late. */
static inline void
rig_fired(void *arg, struct wi_due *due)
{
	struct entry *entry = (struct entry *)(void *)due;
	struct rig *rig = arg;
	uint64_t now = uv_now(&rig->loop), from = entry->due.at;

	wi_assert_io();
	check_holds(entry->set);
	check_holds(!wi_due_is_set(due));
	check_holds(now >= from);
	if (from <= entry->set_at)
		from = entry->set_at;
	if (from < rig->jumped_to)
		from = rig->jumped_to;
	check_holds(now < from + TICK);
	if (entry->due.at <= entry->set_at)
		check_holds(now <= from + 1);
	entry->set = false;
	entry->fired++;
	rig->nset--;
	rig->nfired++;
	if (rig->then != NULL)
		rig->then(rig, entry);
}

WI_ON_IO static inline struct rig *
rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	ck_assert_ptr_nonnull(rig);
	ck_assert_int_eq(uv_loop_init(&rig->loop), 0);
	rig->loop.time = START;
	wi_dues_init(&rig->dues, &rig->loop, rig_fired, rig);
	return rig;
}

WI_ON_IO static inline void
rig_free(struct rig *rig)
{
	uint32_t i;

	for (i = 0; i < ENTRIES; i++)
		clear(rig, &rig->entries[i]);
	wi_dues_close(&rig->dues);
	ck_assert_int_eq(uv_run(&rig->loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&rig->loop), 0);
	free(rig);
}

/* When will libuv call?  UINT64_MAX: never. */
WI_ON_IO static inline uint64_t
wake_of(const struct rig *rig)
{
	const uv_timer_t *timer = &rig->dues.timer;

	if (!uv_is_active((const uv_handle_t *)timer))
		return UINT64_MAX;
	return uv_now(&rig->loop) + uv_timer_get_due_in(timer);
}

/* Let time pass as a loop does that has nothing else to do. */
WI_ON_IO static inline void
pass_until(struct rig *rig, uint64_t until)
{
	uint64_t wake, before;

	while ((wake = wake_of(rig)) <= until) {
		before = rig->loop.time;
		rig->loop.time = wake;
		wi_dues_run(&rig->dues);
		rig->nruns++;
		/* It must not be called again in the same turn. */
		check_holds(wake_of(rig) > rig->loop.time);
		check_holds(rig->loop.time >= before);
	}
	rig->loop.time = until;
}

/* The process was stopped: nothing was called in between. */
WI_ON_IO static inline void
jump_to(struct rig *rig, uint64_t to)
{
	bool called = wake_of(rig) <= to;

	rig->jumped_to = to;
	rig->loop.time = to;
	if (called)
		wi_dues_run(&rig->dues);
}

#endif
