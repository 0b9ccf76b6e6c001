/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_due.c - io/due: coarse deadlines for very many things.
 */
#include <string.h>

#include "../stress/aborts.h"
#include "check_main.h"
#include "due_rig.h"
#include "io/due.h"

START_TEST(deadline_is_met_within_a_tick_and_never_early)
{
	struct rig *rig;
	uint64_t at;

	wi_become_io();
	rig = rig_new();
	for (at = START + 1; at < START + 5 * TICK; at++) {
		set(rig, &rig->entries[0], at);
		pass_until(rig, at - 1);
		ck_assert(wi_due_is_set(&rig->entries[0].due));
		pass_until(rig, at + TICK - 1);
		ck_assert(!wi_due_is_set(&rig->entries[0].due));
	}
	ck_assert_uint_eq(rig->nfired, 5 * TICK - 1);
	ck_assert_uint_eq(rig->nruns, rig->nfired);
	rig_free(rig);
}
END_TEST

START_TEST(timer_runs_only_while_something_is_set)
{
	struct rig *rig;

	wi_become_io();
	rig = rig_new();
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	clear(rig, &rig->entries[0]);
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	set(rig, &rig->entries[0], START + 100);
	set(rig, &rig->entries[1], START + 200 * ROUND);
	ck_assert_uint_ne(wake_of(rig), UINT64_MAX);
	clear(rig, &rig->entries[0]);
	ck_assert_uint_ne(wake_of(rig), UINT64_MAX);
	clear(rig, &rig->entries[1]);
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	set(rig, &rig->entries[0], START - 1);
	ck_assert_uint_eq(wake_of(rig), START);
	clear(rig, &rig->entries[0]);
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	set(rig, &rig->entries[0], START + 100); /* no hurry any more */
	ck_assert_uint_ge(wake_of(rig), START + 100);
	pass_until(rig, START + 200);
	ck_assert_uint_eq(rig->nfired, 1);
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	rig_free(rig);
}
END_TEST

START_TEST(timer_is_armed_for_the_next_bucket_with_something_in_it)
{
	const uint64_t first = START / TICK;
	struct entry *e;
	struct rig *rig;

	wi_become_io();
	rig = rig_new();
	e = rig->entries;
	set(rig, &e[0], (first + 700) * TICK);
	ck_assert_uint_eq(wake_of(rig), (first + 700) * TICK + TICK - 1);
	set(rig, &e[1], (first + 900) * TICK); /* later: nothing changes */
	ck_assert_uint_eq(wake_of(rig), (first + 700) * TICK + TICK - 1);
	set(rig, &e[2], (first + 3) * TICK + 5);
	set(rig, &e[3], (first + 3) * TICK + 2);
	ck_assert_uint_eq(wake_of(rig), (first + 3) * TICK + TICK - 1);
	clear(rig, &e[2]); /* there is another one in that bucket */
	ck_assert_uint_eq(wake_of(rig), (first + 3) * TICK + TICK - 1);
	clear(rig, &e[3]);
	ck_assert_uint_eq(wake_of(rig), (first + 700) * TICK + TICK - 1);
	set(rig, &e[0], (first + 950) * TICK); /* moved behind the other */
	ck_assert_uint_eq(wake_of(rig), (first + 900) * TICK + TICK - 1);
	set(rig, &e[0], (first + 20) * TICK); /* and before it */
	ck_assert_uint_eq(wake_of(rig), (first + 20) * TICK + TICK - 1);
	pass_until(rig, (first + 20) * TICK + TICK - 1);
	ck_assert_uint_eq(e[0].fired, 1);
	ck_assert_uint_eq(wake_of(rig), (first + 900) * TICK + TICK - 1);
	ck_assert_uint_eq(rig->nruns, 1);
	rig_free(rig);
}
END_TEST

START_TEST(bucket_that_is_empty_again_wakes_nobody)
{
	const uint64_t first = START / TICK;
	struct rig *rig;
	uint64_t i;

	wi_become_io();
	rig = rig_new();
	for (i = 0; i < WI_DUE_BUCKETS - 1; i++) {
		set(rig, &rig->entries[0], (first + i) * TICK + TICK - 1);
		set(rig, &rig->entries[1], (first + i + 1) * TICK);
		clear(rig, &rig->entries[0]);
		ck_assert_uint_eq(
		    wake_of(rig), (first + i + 1) * TICK + TICK - 1);
		clear(rig, &rig->entries[1]);
	}
	rig_free(rig);
}
END_TEST

START_TEST(bucket_of_a_later_round_wakes_nobody_in_this_one)
{
	const uint64_t rounds = 37;
	struct entry *e;
	struct rig *rig;
	uint32_t i;

	wi_become_io();
	rig = rig_new();
	e = rig->entries;
	/* In many buckets, and none of it in the first rounds. */
	for (i = 0; i < ENTRIES; i++)
		set(rig, &e[i], START + rounds * ROUND + i * 5 * TICK);
	pass_until(rig, START + rounds * ROUND - 1);
	ck_assert_uint_eq(rig->nfired, 0);
	ck_assert_uint_le(rig->nruns, rounds + 1);
	pass_until(rig, START + (rounds + 3) * ROUND);
	ck_assert_uint_eq(rig->nfired, ENTRIES);
	ck_assert_uint_le(rig->nruns, rounds + 1 + ENTRIES);
	rig_free(rig);
}
END_TEST

START_TEST(entries_of_several_rounds_share_a_bucket)
{
	struct rig *rig;
	uint32_t i, n = 10;

	wi_become_io();
	rig = rig_new();
	for (i = 0; i < n; i++) /* not in the order of time */
		set(rig, &rig->entries[i], START + (i * 7 % n + 1) * ROUND);
	for (i = 1; i <= n; i++) {
		pass_until(rig, START + i * ROUND - 1);
		ck_assert_uint_eq(rig->nfired, i - 1);
		pass_until(rig, START + i * ROUND + TICK - 1);
		ck_assert_uint_eq(rig->nfired, i);
	}
	rig_free(rig);
}
END_TEST

START_TEST(end_of_time_is_a_deadline_as_any_other)
{
	struct rig *rig;

	wi_become_io();
	rig = rig_new();
	set(rig, &rig->entries[0], UINT64_MAX);
	ck_assert_uint_ne(wake_of(rig), UINT64_MAX);
	set(rig, &rig->entries[1], START + 50);
	set(rig, &rig->entries[2], UINT64_MAX - TICK);
	pass_until(rig, START + 5 * ROUND);
	ck_assert_uint_eq(rig->nfired, 1);
	ck_assert_uint_eq(rig->entries[1].fired, 1);
	ck_assert_uint_ne(wake_of(rig), UINT64_MAX);
	rig_free(rig);
}
END_TEST

START_TEST(what_has_passed_comes_in_the_next_turn)
{
	static const uint64_t before[] = { 0, 1, TICK, 3 * TICK, ROUND + 1,
		START };
	struct rig *rig;
	size_t i;

	wi_become_io();
	rig = rig_new();
	set(rig, &rig->entries[1], START + ROUND / 2);
	for (i = 0; i < CHECK_COUNT(before); i++) {
		set(rig, &rig->entries[0], rig->loop.time - before[i]);
		ck_assert_uint_eq(wake_of(rig), rig->loop.time);
		pass_until(rig, rig->loop.time);
		ck_assert_uint_eq(rig->nfired, i + 1);
		pass_until(rig, rig->loop.time + 5);
	}
	ck_assert_uint_eq(rig->nruns, CHECK_COUNT(before));
	rig_free(rig);
}
END_TEST

START_TEST(what_has_passed_does_not_wait_although_the_wheel_stood_still)
{
	struct rig *rig;

	wi_become_io();
	rig = rig_new();
	/* Nothing was due for a while, so nothing has moved. */
	set(rig, &rig->entries[0], START + ROUND - 2 * TICK);
	rig->loop.time += ROUND - 5 * TICK;
	set(rig, &rig->entries[1], rig->loop.time);
	set(rig, &rig->entries[2], rig->loop.time + ROUND - TICK);
	pass_until(rig, rig->loop.time);
	ck_assert_uint_eq(rig->entries[1].fired, 1);
	pass_until(rig, rig->loop.time + 4 * TICK);
	ck_assert_uint_eq(rig->entries[0].fired, 1);
	pass_until(rig, rig->loop.time + ROUND);
	ck_assert_uint_eq(rig->entries[2].fired, 1);
	rig_free(rig);
}
END_TEST

START_TEST(clock_that_jumps_over_rounds_leaves_nobody_behind)
{
	struct rig *rig;
	uint32_t i;

	wi_become_io();
	rig = rig_new();
	for (i = 0; i < ENTRIES; i++)
		set(rig, &rig->entries[i], START + i * ROUND / 40);
	jump_to(rig, START + 5 * ROUND);
	ck_assert_uint_eq(rig->nfired, 201);
	ck_assert_uint_le(wake_of(rig), START + 5 * ROUND + ROUND / 40 + TICK);
	jump_to(rig, START + 5 * ROUND + 1);
	ck_assert_uint_eq(rig->nfired, 201);
	jump_to(rig, START + 1000 * ROUND);
	ck_assert_uint_eq(rig->nfired, ENTRIES);
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	rig_free(rig);
}
END_TEST

START_TEST(clock_that_goes_back_calls_nobody_early)
{
	struct rig *rig;
	uint32_t i;

	wi_become_io();
	rig = rig_new();
	for (i = 0; i < ENTRIES; i++)
		set(rig, &rig->entries[i], START + i * TICK);
	pass_until(rig, START + 20 * TICK);
	ck_assert_uint_eq(rig->nfired, 20);
	rig->loop.time = START + 10 * TICK;
	wi_dues_run(&rig->dues);
	ck_assert_uint_eq(rig->nfired, 20);
	pass_until(rig, START + 30 * TICK - 1);
	ck_assert_uint_eq(rig->nfired, 30);
	pass_until(rig, START + (ENTRIES + 1) * TICK);
	ck_assert_uint_eq(rig->nfired, ENTRIES);
	rig_free(rig);
}
END_TEST

/* The same entry, always too late. */
WI_ON_IO static void
again(struct rig *rig, struct entry *entry)
{
	if (entry->fired < 50)
		set(rig, entry, uv_now(&rig->loop));
}

static void
then_again(struct rig *rig, struct entry *entry)
{
	wi_assert_io();
	again(rig, entry);
}

START_TEST(entry_set_again_in_its_callback_does_not_keep_the_loop)
{
	struct rig *rig;

	wi_become_io();
	rig = rig_new();
	rig->then = then_again;
	set(rig, &rig->entries[0], START);
	pass_until(rig, START + 100);
	ck_assert_uint_eq(rig->entries[0].fired, 50);
	ck_assert_uint_eq(rig->nruns, 50);
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	rig_free(rig);
}
END_TEST

START_TEST(what_has_passed_outside_need_not_wait_for_what_did_inside)
{
	struct rig *rig;

	wi_become_io();
	rig = rig_new();
	rig->then = then_again;
	set(rig, &rig->entries[0], START);
	wi_dues_run(&rig->dues);
	ck_assert_uint_eq(wake_of(rig), START + 1);
	set(rig, &rig->entries[1], START);
	ck_assert_uint_eq(wake_of(rig), START);
	rig_free(rig);
}
END_TEST

/* The first that is called clears all others, then frees its own. */
static void
then_clear_others(struct rig *rig, struct entry *entry)
{
	uint32_t i;

	wi_assert_io();
	for (i = 0; i < ENTRIES; i++)
		clear(rig, &rig->entries[i]);
	memset(&entry->due, 0xff, sizeof(entry->due));
	entry->due.prev = NULL;
}

START_TEST(entry_cleared_in_a_callback_is_not_called)
{
	struct rig *rig;
	uint32_t i;

	wi_become_io();
	rig = rig_new();
	rig->then = then_clear_others;
	for (i = 0; i < ENTRIES; i++) /* in one bucket, and in others */
		set(rig, &rig->entries[i], START + i / 2);
	jump_to(rig, START + ENTRIES);
	ck_assert_uint_eq(rig->nfired, 1);
	ck_assert_uint_eq(rig->dues.count, 0);
	ck_assert_uint_eq(wake_of(rig), UINT64_MAX);
	rig_free(rig);
}
END_TEST

/* The first that is called moves all others away. */
static void
then_move_others(struct rig *rig, struct entry *entry)
{
	uint32_t i;

	wi_assert_io();
	rig->then = NULL;
	for (i = 0; i < ENTRIES; i++)
		if (&rig->entries[i] != entry)
			set(rig, &rig->entries[i],
			    uv_now(&rig->loop) + 40 + i % 2 * ROUND);
}

START_TEST(entry_moved_in_a_callback_waits_for_its_new_time)
{
	struct rig *rig;
	uint64_t now;
	uint32_t i;

	wi_become_io();
	rig = rig_new();
	rig->then = then_move_others;
	for (i = 0; i < ENTRIES; i++)
		set(rig, &rig->entries[i], START + i);
	jump_to(rig, START + ENTRIES);
	ck_assert_uint_eq(rig->nfired, 1);
	ck_assert_uint_eq(rig->dues.count, ENTRIES - 1);
	now = rig->loop.time;
	pass_until(rig, now + 39);
	ck_assert_uint_eq(rig->nfired, 1);
	pass_until(rig, now + 40 + TICK);
	ck_assert_uint_ge(rig->nfired, ENTRIES / 2);
	ck_assert_uint_lt(rig->nfired, ENTRIES / 2 + 2);
	pass_until(rig, now + 40 + ROUND + TICK);
	ck_assert_uint_eq(rig->nfired, ENTRIES);
	rig_free(rig);
}
END_TEST

/* Real time from here on. */

struct turns {
	uv_prepare_t prepare;
	uint32_t n;
};

static void
on_turn(uv_prepare_t *prepare)
{
	struct turns *turns = prepare->data;

	turns->n++;
}

static void
then_again_for_a_while(struct rig *rig, struct entry *entry)
{
	wi_assert_io();
	if (entry == &rig->entries[0])
		again(rig, entry);
}

START_TEST(loop_calls_each_in_time_and_ends_when_nothing_is_set)
{
	struct turns turns = { .n = 0 };
	struct rig *rig;
	uint64_t now;
	uint32_t i;

	wi_become_io();
	rig = rig_new();
	rig->jumped_to = UINT64_MAX / 2; /* a busy machine may be late */
	rig->then = then_again_for_a_while;
	ck_assert_int_eq(uv_prepare_init(&rig->loop, &turns.prepare), 0);
	turns.prepare.data = &turns;
	ck_assert_int_eq(uv_prepare_start(&turns.prepare, on_turn), 0);
	uv_unref((uv_handle_t *)&turns.prepare);
	uv_update_time(&rig->loop);
	now = uv_now(&rig->loop);
	set(rig, &rig->entries[0], now);
	for (i = 1; i < 100; i++)
		set(rig, &rig->entries[i], now + i);
	ck_assert_int_eq(uv_run(&rig->loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(rig->nfired, 99 + 50);
	ck_assert_uint_ge(uv_now(&rig->loop), now + 99);
	/* The one that was set again each time: a turn each. */
	ck_assert_uint_ge(turns.n, 49);
	uv_close((uv_handle_t *)&turns.prepare, NULL);
	rig->then = NULL;
	rig_free(rig);
}
END_TEST

static void
close_dues(void *arg)
{
	struct rig *rig = arg;

	wi_become_io();
	wi_dues_close(&rig->dues);
}

START_TEST(end_with_something_set_is_caught)
{
	struct rig *rig;

	wi_become_io();
	rig = rig_new();
	set(rig, &rig->entries[0], START);
	ck_assert(aborts_saying(close_dues, rig, "count == 0"));
	rig_free(rig);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		deadline_is_met_within_a_tick_and_never_early,
		timer_runs_only_while_something_is_set,
		timer_is_armed_for_the_next_bucket_with_something_in_it,
		bucket_that_is_empty_again_wakes_nobody,
		bucket_of_a_later_round_wakes_nobody_in_this_one,
		entries_of_several_rounds_share_a_bucket,
		end_of_time_is_a_deadline_as_any_other,
		what_has_passed_comes_in_the_next_turn,
		what_has_passed_does_not_wait_although_the_wheel_stood_still,
		clock_that_jumps_over_rounds_leaves_nobody_behind,
		clock_that_goes_back_calls_nobody_early,
		entry_set_again_in_its_callback_does_not_keep_the_loop,
		what_has_passed_outside_need_not_wait_for_what_did_inside,
		entry_cleared_in_a_callback_is_not_called,
		entry_moved_in_a_callback_waits_for_its_new_time,
		loop_calls_each_in_time_and_ends_when_nothing_is_set,
		end_with_something_set_is_caught,
	};

	return check_main("due", tests, CHECK_COUNT(tests));
}
