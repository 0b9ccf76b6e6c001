/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_strand.c - handoff/strand: who holds a strand, own and
 * shared, and who is told that it was the last.
 */
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "check_random.h"
#include "handoff/endpoint.h"
#include "handoff/shared.h"

#define NO_LIMIT UINT32_MAX
#define OWN_PLACES 0xfffffu /* 20 bits, the one from the start included */

static struct wi_endpoint endpoint;
static struct wi_shared shared;
static struct wi_strand *const own = &endpoint.own;
static struct wi_strand *const made = &shared.strand;
static struct wi_strand *const both[] = { &endpoint.own, &shared.strand };

static void
strands_init(void)
{
	memset(&endpoint, 0xff, sizeof(endpoint));
	memset(&shared, 0xff, sizeof(shared));
	wi_strand_init(own, false, false);
	wi_strand_init(made, true, false);
}

static void
hold_signals(struct wi_strand *strand, uint32_t n, uint32_t limit)
{
	while (n-- > 0)
		check_holds(
		    wi_strand_hold(strand, WI_HOLD_SIGNAL, limit) == WEFT_OK);
}

static void
hold_places(struct wi_strand *strand, uint32_t n)
{
	while (n-- > 0)
		check_holds(
		    wi_strand_hold(strand, WI_HOLD_PLACE, 0) == WEFT_OK);
}

START_TEST(new_strand_is_idle_and_held_once)
{
	size_t i;

	strands_init();
	for (i = 0; i < CHECK_COUNT(both); i++) {
		struct wi_event event;

		wi_event_init(&event, WI_EVENT_SIGNAL);
		ck_assert_ptr_null(both[i]->mailbox.last[WI_LANE_NORMAL]);
		ck_assert_ptr_null(both[i]->mailbox.last[WI_LANE_URGENT]);
		ck_assert(wi_mailbox_push(&both[i]->mailbox, &event));
		ck_assert(wi_strand_let_go(both[i], WI_HOLD_PLACE, 1));
	}
}
END_TEST

START_TEST(strand_knows_what_it_was_made_as)
{
	strands_init();
	ck_assert_uint_eq(own->shared, 0);
	ck_assert_uint_eq(made->shared, 1);
	ck_assert_uint_eq(own->pull, 0);
	ck_assert_uint_eq(made->pull, 0);
	wi_strand_init(own, false, true);
	wi_strand_init(made, true, true);
	ck_assert_uint_eq(own->pull, 1);
	ck_assert_uint_eq(made->pull, 1);
	ck_assert_ptr_eq(wi_shared_of(made), &shared);
	ck_assert_ptr_eq(wi_endpoint_of(own), &endpoint);
}
END_TEST

START_TEST(what_nobody_holds_cannot_be_held_again)
{
	size_t i;

	strands_init();
	for (i = 0; i < CHECK_COUNT(both); i++) {
		ck_assert(wi_strand_let_go(both[i], WI_HOLD_PLACE, 1));
		ck_assert_int_eq(
		    wi_strand_hold(both[i], WI_HOLD_PLACE, 0), WEFT_ENOSTRAND);
		ck_assert_int_eq(
		    wi_strand_hold(both[i], WI_HOLD_SIGNAL, NO_LIMIT),
		    WEFT_ENOSTRAND);
		/* That it has ended is said before that it is full. */
		ck_assert_int_eq(wi_strand_hold(both[i], WI_HOLD_SIGNAL, 0),
		    WEFT_ENOSTRAND);
	}
	/* A new one in the same place is held once again. */
	strands_init();
	for (i = 0; i < CHECK_COUNT(both); i++)
		ck_assert_int_eq(
		    wi_strand_hold(both[i], WI_HOLD_PLACE, 0), WEFT_OK);
}
END_TEST

START_TEST(slot_of_zeros_is_held_by_nobody)
{
	memset(&endpoint, 0, sizeof(endpoint));
	memset(&shared, 0, sizeof(shared));
	ck_assert_int_eq(
	    wi_strand_hold(own, WI_HOLD_PLACE, 0), WEFT_ENOSTRAND);
	ck_assert_int_eq(
	    wi_strand_hold(made, WI_HOLD_PLACE, 0), WEFT_ENOSTRAND);
	ck_assert_int_eq(
	    wi_strand_hold(made, WI_HOLD_SIGNAL, NO_LIMIT), WEFT_ENOSTRAND);
}
END_TEST

START_TEST(only_the_last_that_lets_go_is_told)
{
	size_t i;

	strands_init();
	for (i = 0; i < CHECK_COUNT(both); i++) {
		hold_places(both[i], 2);
		hold_signals(both[i], 2, 2);
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_PLACE, 1));
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_SIGNAL, 1));
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_PLACE, 2));
		ck_assert(wi_strand_let_go(both[i], WI_HOLD_SIGNAL, 1));
	}
}
END_TEST

START_TEST(last_one_may_be_a_place_or_a_signal)
{
	size_t i;

	for (i = 0; i < CHECK_COUNT(both); i++) {
		strands_init();
		hold_signals(both[i], 3, NO_LIMIT);
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_SIGNAL, 3));
		ck_assert(wi_strand_let_go(both[i], WI_HOLD_PLACE, 1));
		strands_init();
		hold_signals(both[i], 3, NO_LIMIT);
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_PLACE, 1));
		/* A pending signal alone can still be held by. */
		hold_places(both[i], 1);
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_PLACE, 1));
		ck_assert(wi_strand_let_go(both[i], WI_HOLD_SIGNAL, 3));
	}
}
END_TEST

START_TEST(no_more_signals_than_the_limit_are_held)
{
	size_t i;

	strands_init();
	for (i = 0; i < CHECK_COUNT(both); i++) {
		ck_assert_int_eq(
		    wi_strand_hold(both[i], WI_HOLD_SIGNAL, 0), WEFT_EFULL);
		hold_signals(both[i], 7, 7);
		ck_assert_int_eq(
		    wi_strand_hold(both[i], WI_HOLD_SIGNAL, 7), WEFT_EFULL);
		/* Places are not signals. */
		hold_places(both[i], 1);
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_PLACE, 1));
		ck_assert(!wi_strand_let_go(both[i], WI_HOLD_SIGNAL, 2));
		hold_signals(both[i], 2, 7);
		ck_assert_int_eq(
		    wi_strand_hold(both[i], WI_HOLD_SIGNAL, 7), WEFT_EFULL);
		hold_signals(both[i], 1, 8);
	}
}
END_TEST

START_TEST(own_strand_has_a_limit_of_its_own_for_signals)
{
	strands_init();
	hold_signals(own, WI_OWN_SIGNALS, NO_LIMIT);
	ck_assert_int_eq(
	    wi_strand_hold(own, WI_HOLD_SIGNAL, NO_LIMIT), WEFT_EFULL);
	hold_places(own, 1);
	ck_assert(!wi_strand_let_go(own, WI_HOLD_PLACE, 1));
	ck_assert(!wi_strand_let_go(own, WI_HOLD_SIGNAL, 1));
	hold_signals(own, 1, NO_LIMIT);
	ck_assert(!wi_strand_let_go(own, WI_HOLD_PLACE, 1));
	ck_assert(wi_strand_let_go(own, WI_HOLD_SIGNAL, WI_OWN_SIGNALS));
}
END_TEST

START_TEST(made_strand_has_only_the_limit_that_is_given)
{
	strands_init();
	hold_signals(made, 100000, 100000);
	ck_assert_int_eq(
	    wi_strand_hold(made, WI_HOLD_SIGNAL, 100000), WEFT_EFULL);
	ck_assert(!wi_strand_let_go(made, WI_HOLD_PLACE, 1));
	ck_assert(wi_strand_let_go(made, WI_HOLD_SIGNAL, 100000));
}
END_TEST

/* 20 bits: the next would be a signal. */
START_TEST(places_of_an_own_strand_never_run_over_into_its_signals)
{
	strands_init();
	hold_places(own, OWN_PLACES - 1);
	ck_assert_int_eq(wi_strand_hold(own, WI_HOLD_PLACE, 0), WEFT_EFULL);
	ck_assert_int_eq(wi_strand_hold(own, WI_HOLD_PLACE, 0), WEFT_EFULL);
	hold_signals(own, WI_OWN_SIGNALS, NO_LIMIT);
	ck_assert_uint_eq(own->own_holds, UINT32_MAX);
	ck_assert_int_eq(wi_strand_hold(own, WI_HOLD_PLACE, 0), WEFT_EFULL);
	ck_assert_int_eq(
	    wi_strand_hold(own, WI_HOLD_SIGNAL, NO_LIMIT), WEFT_EFULL);
	ck_assert(!wi_strand_let_go(own, WI_HOLD_SIGNAL, WI_OWN_SIGNALS));
	ck_assert(!wi_strand_let_go(own, WI_HOLD_PLACE, 1));
	hold_places(own, 1);
	ck_assert(wi_strand_let_go(own, WI_HOLD_PLACE, OWN_PLACES));
}
END_TEST

START_TEST(made_strand_can_be_held_by_more_than_a_million)
{
	strands_init();
	hold_places(made, 2 * OWN_PLACES);
	ck_assert_uint_eq(shared.holds, 2 * OWN_PLACES + 1);
	ck_assert(!wi_strand_let_go(made, WI_HOLD_PLACE, 1));
	ck_assert(wi_strand_let_go(made, WI_HOLD_PLACE, 2 * OWN_PLACES));
}
END_TEST

/* A model: two numbers. */
START_TEST(signals_and_places_are_counted_apart)
{
	const uint32_t limit = 5;
	uint32_t n[2], i, round, count;
	uint64_t random = 1;
	bool last;

	for (round = 0; round < 2000; round++) {
		struct wi_strand *strand = both[round % 2];
		enum wi_hold what = WI_HOLD_PLACE;

		strands_init();
		n[WI_HOLD_PLACE] = 1;
		n[WI_HOLD_SIGNAL] = 0;
		for (i = 0; n[0] + n[1] > 0 && i < 1000; i++) {
			what = check_below(&random, 2) == 0 ? WI_HOLD_PLACE :
							      WI_HOLD_SIGNAL;
			if (check_below(&random, 2) == 0) {
				bool full =
				    what == WI_HOLD_SIGNAL && n[what] == limit;

				check_holds(
				    wi_strand_hold(strand, what, limit) ==
				    (full ? WEFT_EFULL : WEFT_OK));
				n[what] += !full;
			} else if (n[what] > 0) {
				count = 1 + check_below(&random, n[what]);
				n[what] -= count;
				last = n[0] + n[1] == 0;
				check_holds(wi_strand_let_go(
						strand, what, count) == last);
			}
		}
		check_holds(n[0] + n[1] > 0 ||
		    wi_strand_hold(strand, what, limit) == WEFT_ENOSTRAND);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		new_strand_is_idle_and_held_once,
		strand_knows_what_it_was_made_as,
		what_nobody_holds_cannot_be_held_again,
		slot_of_zeros_is_held_by_nobody,
		only_the_last_that_lets_go_is_told,
		last_one_may_be_a_place_or_a_signal,
		no_more_signals_than_the_limit_are_held,
		own_strand_has_a_limit_of_its_own_for_signals,
		made_strand_has_only_the_limit_that_is_given,
		places_of_an_own_strand_never_run_over_into_its_signals,
		made_strand_can_be_held_by_more_than_a_million,
		signals_and_places_are_counted_apart,
	};

	return check_main("strand", tests, CHECK_COUNT(tests));
}
