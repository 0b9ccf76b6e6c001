/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_shared.c - handoff/strand and handoff/shared: who holds a
 * strand, and how it is found.  With many threads: tests/stress.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "handoff/endpoint.h"
#include "handoff/shared.h"

#define MANY 10000u

static struct wi_shareds shareds;
static char plugins[2]; /* only their addresses */

static struct wi_plugin *
plugin(unsigned i)
{
	return (void *)&plugins[i];
}

static struct wi_shared *
made(const char *name, bool get, int expected)
{
	struct wi_shared *shared;

	ck_assert_int_eq(
	    wi_shared_new(&shareds, plugin(0), name, plugins, get, &shared),
	    expected);
	ck_assert(expected == WEFT_OK || shared == NULL);
	return shared;
}

/* The last hold goes, and what the runner of ENDED would do is done. */
static void
end(struct wi_shared *shared)
{
	ck_assert(wi_strand_let_go(&shared->strand, WI_HOLD_PLACE, 1));
	wi_shared_end(shared);
	wi_shared_free(&shareds, shared);
}

START_TEST(own_strand_counts_places_and_signals_apart)
{
	static struct wi_endpoint endpoint;
	struct wi_strand *own = &endpoint.own;
	uint32_t i;

	wi_strand_init(own, false, false);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(
		    wi_strand_hold(own, WI_HOLD_SIGNAL, 3), WEFT_OK);
	ck_assert_int_eq(wi_strand_hold(own, WI_HOLD_SIGNAL, 3), WEFT_EFULL);
	ck_assert_int_eq(wi_strand_hold(own, WI_HOLD_PLACE, 3), WEFT_OK);
	for (; i < WI_OWN_SIGNALS; i++)
		ck_assert_int_eq(
		    wi_strand_hold(own, WI_HOLD_SIGNAL, 1u << 30), WEFT_OK);
	ck_assert_int_eq(
	    wi_strand_hold(own, WI_HOLD_SIGNAL, 1u << 30), WEFT_EFULL);
	ck_assert(!wi_strand_let_go(own, WI_HOLD_PLACE, 2));
	ck_assert(!wi_strand_let_go(own, WI_HOLD_SIGNAL, i - 1));
	ck_assert_int_eq(wi_strand_hold(own, WI_HOLD_PLACE, 0), WEFT_OK);
	ck_assert(!wi_strand_let_go(own, WI_HOLD_PLACE, 1));
	ck_assert(wi_strand_let_go(own, WI_HOLD_SIGNAL, 1));
	ck_assert_int_eq(
	    wi_strand_hold(own, WI_HOLD_SIGNAL, 3), WEFT_ENOSTRAND);
	ck_assert_int_eq(
	    wi_strand_hold(own, WI_HOLD_PLACE, 3), WEFT_ENOSTRAND);
}
END_TEST

START_TEST(places_of_an_own_strand_are_a_million)
{
	static struct wi_endpoint endpoint;
	struct wi_strand *own = &endpoint.own;
	uint32_t n = 1;

	wi_strand_init(own, false, false);
	while (wi_strand_hold(own, WI_HOLD_PLACE, 0) == WEFT_OK)
		n++;
	ck_assert_uint_eq(n, (1u << 20) - 1);
	ck_assert_int_eq(wi_strand_hold(own, WI_HOLD_SIGNAL, 1), WEFT_OK);
	ck_assert(!wi_strand_let_go(own, WI_HOLD_PLACE, n));
	ck_assert(wi_strand_let_go(own, WI_HOLD_SIGNAL, 1));
}
END_TEST

START_TEST(shared_strand_counts_places_and_signals_apart)
{
	struct wi_shared *shared;

	ck_assert_int_eq(wi_shareds_init(&shareds, 64), WEFT_OK);
	shared = made(NULL, false, WEFT_OK);
	ck_assert_int_eq(
	    wi_strand_hold(&shared->strand, WI_HOLD_SIGNAL, 2), WEFT_OK);
	ck_assert_int_eq(
	    wi_strand_hold(&shared->strand, WI_HOLD_SIGNAL, 2), WEFT_OK);
	ck_assert_int_eq(
	    wi_strand_hold(&shared->strand, WI_HOLD_SIGNAL, 2), WEFT_EFULL);
	ck_assert(!wi_strand_let_go(&shared->strand, WI_HOLD_SIGNAL, 2));
	end(shared);
	wi_shareds_fini(&shareds);
}
END_TEST

START_TEST(names_belong_to_their_plugin)
{
	struct wi_shared *shared, *other;
	char name[65];

	ck_assert_int_eq(wi_shareds_init(&shareds, 64), WEFT_OK);
	shared = made("lobby", true, WEFT_OK);
	ck_assert_ptr_eq(shared->state, plugins);
	ck_assert_ptr_eq(made("lobby", true, WEFT_OK), shared);
	(void)made("lobby", false, -EEXIST);
	(void)made("", false, -EINVAL);
	memset(name, 'x', sizeof(name));
	name[64] = '\0';
	(void)made(name, false, -EINVAL);
	name[63] = '\0';
	end(made(name, false, WEFT_OK));
	ck_assert_int_eq(
	    wi_shared_new(&shareds, plugin(1), "lobby", NULL, true, &other),
	    WEFT_OK);
	ck_assert_ptr_ne(other, shared);
	end(other);
	ck_assert(!wi_strand_let_go(&shared->strand, WI_HOLD_PLACE, 1));
	end(shared);
	wi_shareds_fini(&shareds);
}
END_TEST

/* See ended_note in handoff/shared.c. */
START_TEST(name_of_one_that_ends_is_free_before_its_place_is)
{
	struct wi_shared *first, *second;
	uint64_t id;

	ck_assert_int_eq(wi_shareds_init(&shareds, 64), WEFT_OK);
	first = made("room", true, WEFT_OK);
	id = first->id;
	ck_assert(wi_strand_let_go(&first->strand, WI_HOLD_PLACE, 1));
	ck_assert_ptr_eq(wi_shared_find(&shareds, id), first);
	second = made("room", true, WEFT_OK);
	ck_assert_ptr_ne(second, first);
	wi_shared_end(first);
	wi_shared_free(&shareds, first);
	ck_assert_ptr_null(wi_shared_find(&shareds, id));
	/* The end of the first has not taken the second's name. */
	ck_assert_ptr_eq(made("room", true, WEFT_OK), second);
	ck_assert(!wi_strand_let_go(&second->strand, WI_HOLD_PLACE, 1));
	end(second);
	wi_shareds_fini(&shareds);
}
END_TEST

START_TEST(places_are_used_again_under_other_ids)
{
	struct wi_shared *shared[64], *again;
	uint64_t id;
	unsigned i;

	ck_assert_int_eq(wi_shareds_init(&shareds, 64), WEFT_OK);
	for (i = 0; i < 64; i++)
		shared[i] = made(NULL, false, WEFT_OK);
	(void)made(NULL, false, WEFT_EFULL);
	(void)made("name", true, WEFT_EFULL);
	id = shared[7]->id;
	ck_assert_uint_ne(id & WI_SHARED_ID, 0);
	end(shared[7]);
	again = made(NULL, false, WEFT_OK);
	ck_assert_ptr_eq(again, shared[7]);
	ck_assert_uint_ne(again->id, id);
	ck_assert_ptr_null(wi_shared_find(&shareds, id));
	ck_assert_ptr_eq(wi_shared_find(&shareds, again->id), again);
	ck_assert_ptr_null(
	    wi_shared_find(&shareds, again->id & ~WI_SHARED_ID));
	ck_assert_ptr_null(wi_shared_find(&shareds, WI_SHARED_ID | 0xffffff));
	for (i = 0; i < 64; i++)
		end(shared[i]);
	wi_shareds_fini(&shareds);
}
END_TEST

START_TEST(table_of_names_grows)
{
	struct wi_shared *shared[MANY];
	char name[16];
	unsigned i;

	ck_assert_int_eq(wi_shareds_init(&shareds, MANY), WEFT_OK);
	for (i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "room %u", i);
		shared[i] = made(name, false, WEFT_OK);
	}
	ck_assert_uint_ge(shareds.nbuckets, MANY / 2);
	for (i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "room %u", i);
		ck_assert_ptr_eq(made(name, true, WEFT_OK), shared[i]);
		ck_assert(
		    !wi_strand_let_go(&shared[i]->strand, WI_HOLD_PLACE, 1));
		end(shared[i]);
	}
	ck_assert_uint_eq(shareds.nnamed, 0);
	ck_assert_uint_eq(shareds.slots.nused, 0);
	wi_shareds_fini(&shareds);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		own_strand_counts_places_and_signals_apart,
		places_of_an_own_strand_are_a_million,
		shared_strand_counts_places_and_signals_apart,
		names_belong_to_their_plugin,
		name_of_one_that_ends_is_free_before_its_place_is,
		places_are_used_again_under_other_ids,
		table_of_names_grows,
	};

	return check_main("shared", tests, CHECK_COUNT(tests));
}
