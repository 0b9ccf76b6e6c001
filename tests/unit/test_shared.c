/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_shared.c - handoff/shared: the strands that a program makes,
 * by name and by id.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "check_random.h"
#include "handoff/shared.h"
#include "plugin/plugin.h"

#define LONGEST (WI_SHARED_NAME - 1)
#define MANY 10000u

static struct wi_plugin one, other;
static struct wi_shareds shareds;

static void
shareds_of(uint32_t max)
{
	ck_assert_int_eq(wi_shareds_init(&shareds, max), WEFT_OK);
}

static struct wi_shared *
make(struct wi_plugin *plugin, const char *name)
{
	struct wi_shared *shared = NULL;

	check_holds(wi_shared_new(&shareds, plugin, name, NULL, false,
			&shared) == WEFT_OK);
	check_holds(shared != NULL);
	return shared;
}

static struct wi_shared *
get(struct wi_plugin *plugin, const char *name)
{
	struct wi_shared *shared = NULL;

	check_holds(wi_shared_new(&shareds, plugin, name, NULL, true,
			&shared) == WEFT_OK);
	check_holds(shared != NULL);
	return shared;
}

static int
refused(const char *name, bool found)
{
	struct wi_shared *shared = (void *)&shareds;
	int rv = wi_shared_new(&shareds, &one, name, NULL, found, &shared);

	ck_assert_ptr_null(shared);
	return rv;
}

static bool
let_go(struct wi_shared *shared)
{
	return wi_strand_let_go(&shared->strand, WI_HOLD_PLACE, 1);
}

/* What happens when ENDED is run. */
static void
finish(struct wi_shared *shared)
{
	wi_shared_end(shared);
	wi_shared_free(&shareds, shared);
}

static void
end(struct wi_shared *shared)
{
	check_holds(let_go(shared));
	finish(shared);
}

static void
assert_nothing_is_left(void)
{
	ck_assert_uint_eq(shareds.nnamed, 0);
	ck_assert_uint_eq(shareds.slots.nused, 0);
	ck_assert_int_eq(wi_slots_next(&shareds.slots, 0), -1);
	wi_shareds_fini(&shareds);
}

START_TEST(new_strand_is_as_it_was_asked_for)
{
	struct wi_shared *shared = NULL;
	int state;

	shareds_of(10);
	ck_assert_int_eq(
	    wi_shared_new(&shareds, &one, "lobby", &state, false, &shared),
	    WEFT_OK);
	ck_assert_str_eq(shared->name, "lobby");
	ck_assert_ptr_eq(shared->plugin, &one);
	ck_assert_ptr_eq(shared->state, &state);
	ck_assert_uint_eq(shared->holds, 1);
	ck_assert_uint_eq(shared->strand.shared, 1);
	ck_assert_uint_eq(shared->strand.pull, 0);
	ck_assert_uint_ne(shared->id & WI_SHARED_ID, 0);
	ck_assert_int_eq(shared->ended.kind, WI_EVENT_ENDED);
	ck_assert_ptr_eq(wi_shared_find(&shareds, shared->id), shared);
	end(shared);
	assert_nothing_is_left();
}
END_TEST

START_TEST(get_makes_one_and_then_holds_it)
{
	struct wi_shared *shared;
	int state;

	shareds_of(10);
	shared = get(&one, "lobby");
	ck_assert_ptr_null(shared->state);
	ck_assert_uint_eq(shared->holds, 1);
	shared->state = &state;
	ck_assert_ptr_eq(get(&one, "lobby"), shared);
	ck_assert_ptr_eq(get(&one, "lobby"), shared);
	ck_assert_uint_eq(shared->holds, 3);
	ck_assert_ptr_eq(shared->state, &state); /* it keeps what it has */
	ck_assert_uint_eq(shareds.slots.nused, 1);
	ck_assert(!let_go(shared));
	ck_assert(!let_go(shared));
	end(shared);
	assert_nothing_is_left();
}
END_TEST

START_TEST(name_is_compared_as_a_whole)
{
	struct wi_shared *shared;

	shareds_of(10);
	shared = get(&one, "lobby");
	ck_assert_ptr_ne(get(&one, "lobby2"), shared);
	ck_assert_ptr_ne(get(&one, "lobb"), shared);
	ck_assert_ptr_ne(get(&one, "Lobby"), shared);
	ck_assert_uint_eq(shareds.slots.nused, 4);
	wi_shareds_fini(&shareds);
}
END_TEST

START_TEST(second_one_of_a_name_is_refused)
{
	struct wi_shared *shared;

	shareds_of(10);
	shared = make(&one, "lobby");
	ck_assert_int_eq(refused("lobby", false), -EEXIST);
	ck_assert_uint_eq(shared->holds, 1);
	ck_assert_uint_eq(shareds.slots.nused, 1);
	ck_assert_ptr_eq(get(&one, "lobby"), shared);
	ck_assert_int_eq(refused("lobby", false), -EEXIST);
	ck_assert(!let_go(shared));
	end(shared);
	end(make(&one, "lobby"));
	assert_nothing_is_left();
}
END_TEST

START_TEST(empty_and_too_long_names_are_refused)
{
	char name[WI_SHARED_NAME + 10];
	struct wi_shared *shared;

	shareds_of(10);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(refused("", false), -EINVAL);
	ck_assert_int_eq(refused("", true), -EINVAL);
	ck_assert_int_eq(refused(name, false), -EINVAL);
	name[LONGEST + 1] = '\0';
	ck_assert_int_eq(refused(name, false), -EINVAL);
	ck_assert_int_eq(refused(name, true), -EINVAL);
	ck_assert_uint_eq(shareds.slots.nused, 0);
	name[LONGEST] = '\0';
	shared = make(&one, name);
	ck_assert_str_eq(shared->name, name);
	ck_assert_ptr_eq(get(&one, name), shared);
	ck_assert(!let_go(shared));
	end(shared);
	end(get(&one, "n"));
	assert_nothing_is_left();
}
END_TEST

START_TEST(ones_without_a_name_are_each_another)
{
	struct wi_shared *first, *second;

	shareds_of(10);
	first = make(&one, NULL);
	second = make(&one, NULL);
	ck_assert_ptr_ne(first, second);
	ck_assert_str_eq(first->name, "");
	ck_assert_uint_eq(shareds.nnamed, 0);
	ck_assert_ptr_eq(wi_shared_find(&shareds, first->id), first);
	ck_assert_ptr_eq(wi_shared_find(&shareds, second->id), second);
	end(first);
	end(second);
	assert_nothing_is_left();
}
END_TEST

START_TEST(two_plugins_may_use_one_name)
{
	struct wi_shared *mine, *theirs;

	shareds_of(10);
	mine = make(&one, "lobby");
	theirs = make(&other, "lobby");
	ck_assert_ptr_ne(mine, theirs);
	ck_assert_ptr_eq(get(&one, "lobby"), mine);
	ck_assert_ptr_eq(get(&other, "lobby"), theirs);
	ck_assert(!let_go(mine));
	end(mine);
	/* That of the other is not touched by it. */
	ck_assert_ptr_eq(get(&other, "lobby"), theirs);
	ck_assert_ptr_ne(get(&one, "lobby"), theirs);
	wi_shareds_fini(&shareds);
}
END_TEST

START_TEST(pull_is_a_plugin_whose_strands_are_not_for_workers)
{
	/* Only its address is looked at. */
	struct wi_plugin *pull =
	    (struct wi_plugin *)(uintptr_t)&wi_pull_plugin;
	struct wi_shared *shared;

	shareds_of(10);
	shared = make(pull, "mine");
	ck_assert_uint_eq(shared->strand.pull, 1);
	end(shared);
	assert_nothing_is_left();
}
END_TEST

/* ended_note: its ended() has not been run, so its slot is in use. */
static void
replace_ended(bool found)
{
	struct wi_shared *ended, *next;
	uint64_t id;

	shareds_of(10);
	ended = make(&one, "lobby");
	id = ended->id;
	ck_assert(let_go(ended));
	next = found ? get(&one, "lobby") : make(&one, "lobby");
	ck_assert_ptr_ne(next, ended);
	ck_assert_uint_eq(shareds.slots.nused, 2);
	ck_assert_uint_eq(shareds.nnamed, 1);
	ck_assert_ptr_eq(wi_shared_find(&shareds, id), ended);
	ck_assert_int_eq(
	    wi_strand_hold(&ended->strand, WI_HOLD_PLACE, 0), WEFT_ENOSTRAND);
	finish(ended);
	ck_assert_ptr_null(wi_shared_find(&shareds, id));
	/* The name is the new one's, also afterwards. */
	ck_assert_ptr_eq(get(&one, "lobby"), next);
	ck_assert(!let_go(next));
	end(next);
	assert_nothing_is_left();
}

START_TEST(ended_one_makes_room_for_a_new_one_of_its_name)
{
	replace_ended(false);
}
END_TEST

START_TEST(ended_one_is_not_what_get_finds)
{
	replace_ended(true);
}
END_TEST

START_TEST(several_of_a_name_may_be_about_to_end)
{
	struct wi_shared *ended[5], *last;
	uint32_t i;

	shareds_of(10);
	for (i = 0; i < 5; i++) {
		ended[i] = get(&one, "lobby");
		ck_assert(let_go(ended[i]));
	}
	last = get(&one, "lobby");
	ck_assert_uint_eq(shareds.slots.nused, 6);
	for (i = 5; i-- > 0;) {
		finish(ended[i]);
		ck_assert_ptr_eq(get(&one, "lobby"), last);
	}
	ck_assert(!wi_strand_let_go(&last->strand, WI_HOLD_PLACE, 5));
	end(last);
	assert_nothing_is_left();
}
END_TEST

/* Its ended() may look for it by its id, and does not find it. */
START_TEST(one_whose_end_has_begun_is_found_by_nobody)
{
	struct wi_shared *shared;
	uint64_t id;

	shareds_of(10);
	shared = make(&one, "lobby");
	id = shared->id;
	ck_assert(let_go(shared));
	wi_shared_end(shared);
	ck_assert_ptr_null(wi_shared_find(&shareds, id));
	ck_assert_uint_eq(shareds.slots.nused, 1);
	ck_assert_ptr_ne(get(&one, "lobby"), shared);
	wi_shared_free(&shareds, shared);
	ck_assert_uint_eq(shareds.slots.nused, 1);
	wi_shareds_fini(&shareds);
}
END_TEST

START_TEST(one_that_is_held_still_can_be_ended_by_force)
{
	struct wi_shared *shared;

	shareds_of(10);
	shared = make(&one, "lobby");
	ck_assert_int_eq(
	    wi_strand_hold(&shared->strand, WI_HOLD_SIGNAL, 1), WEFT_OK);
	wi_shared_end(shared);
	ck_assert_int_eq(wi_strand_hold(&shared->strand, WI_HOLD_SIGNAL, 9),
	    WEFT_ENOSTRAND);
	wi_shared_free(&shareds, shared);
	assert_nothing_is_left();
}
END_TEST

static const char *
nth_name(uint32_t n)
{
	static char name[WI_SHARED_NAME];

	(void)snprintf(name, sizeof(name), "room %u", n);
	return name;
}

START_TEST(table_grows_with_its_names_and_finds_each)
{
	static struct wi_shared *rooms[MANY];
	uint32_t i;

	shareds_of(2 * MANY);
	for (i = 0; i < MANY; i++)
		rooms[i] = make(i % 3 == 0 ? &other : &one, nth_name(i));
	ck_assert_uint_eq(shareds.nnamed, MANY);
	ck_assert_uint_ge(shareds.nbuckets, MANY);
	ck_assert_uint_lt(shareds.nbuckets, 4 * MANY);
	ck_assert_uint_eq(shareds.nbuckets & (shareds.nbuckets - 1), 0);
	for (i = 0; i < MANY; i++) {
		check_holds(
		    get(i % 3 == 0 ? &other : &one, nth_name(i)) == rooms[i]);
		check_holds(
		    wi_shared_find(&shareds, rooms[i]->id) == rooms[i]);
	}
	ck_assert_uint_eq(shareds.slots.nused, MANY);
	/* Every second one goes; the others are found as before. */
	for (i = 0; i < MANY; i += 2) {
		check_holds(!let_go(rooms[i]));
		end(rooms[i]);
	}
	ck_assert_uint_eq(shareds.nnamed, MANY / 2);
	for (i = 1; i < MANY; i += 2) {
		check_holds(
		    get(i % 3 == 0 ? &other : &one, nth_name(i)) == rooms[i]);
		check_holds(
		    !wi_strand_let_go(&rooms[i]->strand, WI_HOLD_PLACE, 2));
		end(rooms[i]);
	}
	assert_nothing_is_left();
}
END_TEST

START_TEST(no_more_than_max_strands_are_made)
{
	struct wi_shared *shared = NULL, *named;
	uint32_t i;

	shareds_of(70);
	named = make(&one, "lobby");
	for (i = 1; i < 70; i++)
		shared = make(&one, i % 2 == 0 ? NULL : nth_name(i));
	ck_assert_int_eq(refused(NULL, false), WEFT_EFULL);
	ck_assert_int_eq(refused("another", false), WEFT_EFULL);
	ck_assert_int_eq(refused("another", true), WEFT_EFULL);
	ck_assert_uint_eq(shareds.slots.nused, 70);
	ck_assert_uint_eq(shareds.nnamed, 36);
	/* Those that are there are found as before. */
	ck_assert_int_eq(refused("lobby", false), -EEXIST);
	ck_assert_ptr_eq(get(&one, "lobby"), named);
	end(shared);
	shared = get(&one, "another");
	ck_assert_int_eq(refused(NULL, false), WEFT_EFULL);
	end(shared);
	wi_shareds_fini(&shareds);
}
END_TEST

/* One that has ended and was not freed takes its slot, not the name. */
START_TEST(full_table_still_lets_an_ended_one_be_freed)
{
	struct wi_shared *shared;

	shareds_of(1);
	shared = make(&one, "lobby");
	ck_assert(let_go(shared));
	ck_assert_int_eq(refused("lobby", true), WEFT_EFULL);
	ck_assert_uint_eq(shareds.nnamed, 0);
	finish(shared);
	end(get(&one, "lobby"));
	assert_nothing_is_left();
}
END_TEST

START_TEST(slot_is_used_again_with_another_id)
{
	struct wi_shared *shared, *before = NULL;
	uint64_t ids[100];
	uint32_t i, j;

	shareds_of(10);
	for (i = 0; i < 100; i++) {
		shared = make(&one, i % 2 == 0 ? "lobby" : NULL);
		ck_assert(before == NULL || before == shared);
		ids[i] = shared->id;
		for (j = 0; j < i; j++) {
			check_holds(ids[j] != ids[i]);
			check_holds(wi_shared_find(&shareds, ids[j]) == NULL);
		}
		ck_assert_ptr_eq(wi_shared_find(&shareds, ids[i]), shared);
		end(shared);
		ck_assert_ptr_null(wi_shared_find(&shareds, ids[i]));
		before = shared;
	}
	assert_nothing_is_left();
}
END_TEST

START_TEST(ids_that_are_no_strands_are_not_found)
{
	struct wi_shared *shared;
	uint64_t id;

	shareds_of(10);
	shared = make(&one, "lobby");
	id = shared->id;
	ck_assert_ptr_null(wi_shared_find(&shareds, 0));
	ck_assert_ptr_null(wi_shared_find(&shareds, WI_SHARED_ID));
	ck_assert_ptr_null(wi_shared_find(&shareds, UINT64_MAX));
	ck_assert_ptr_null(wi_shared_find(&shareds, id & ~WI_SHARED_ID));
	ck_assert_ptr_null(wi_shared_find(&shareds, id + 1));
	ck_assert_ptr_null(wi_shared_find(&shareds, id | 0xffffff));
	ck_assert_ptr_null(wi_shared_find(&shareds, id + (1 << 24)));
	ck_assert_ptr_null(wi_shared_find(&shareds, id ^ UINT64_C(1) << 48));
	ck_assert_ptr_eq(wi_shared_find(&shareds, id), shared);
	end(shared);
	assert_nothing_is_left();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		new_strand_is_as_it_was_asked_for,
		get_makes_one_and_then_holds_it,
		name_is_compared_as_a_whole,
		second_one_of_a_name_is_refused,
		empty_and_too_long_names_are_refused,
		ones_without_a_name_are_each_another,
		two_plugins_may_use_one_name,
		pull_is_a_plugin_whose_strands_are_not_for_workers,
		ended_one_makes_room_for_a_new_one_of_its_name,
		ended_one_is_not_what_get_finds,
		several_of_a_name_may_be_about_to_end,
		one_whose_end_has_begun_is_found_by_nobody,
		one_that_is_held_still_can_be_ended_by_force,
		table_grows_with_its_names_and_finds_each,
		no_more_than_max_strands_are_made,
		full_table_still_lets_an_ended_one_be_freed,
		slot_is_used_again_with_another_id,
		ids_that_are_no_strands_are_not_found,
	};

	return check_main("shared", tests, CHECK_COUNT(tests));
}
