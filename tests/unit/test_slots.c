/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_slots.c - handoff/slots: numbers with generations, and
 * memory that is there only where slots are in use.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <weft/error.h>

#include "../stress/aborts.h"
#include "check_main.h"
#include "handoff/slots.h"

#define GROUP WI_SLOTS_GROUP

static const size_t strides[WI_SLOTS_ARRAYS] = { 100, 640, 8 };

static void
slots_of(struct wi_slots *slots, uint32_t max)
{
	ck_assert_int_eq(wi_slots_init(slots, max, strides), WEFT_OK);
}

static uint32_t
take(struct wi_slots *slots)
{
	uint32_t generation = 0;
	int64_t slot = wi_slots_take(slots, &generation);

	ck_assert_int_ge(slot, 0);
	ck_assert_uint_ne(generation, 0);
	ck_assert_uint_le(generation, 0xffffff);
	return (uint32_t)slot;
}

static void
take_all(struct wi_slots *slots)
{
	uint32_t i;

	for (i = 0; i < slots->limit; i++)
		ck_assert_uint_eq(take(slots), i);
}

static void
give_group(struct wi_slots *slots, uint32_t group)
{
	uint32_t i;

	for (i = 0; i < GROUP; i++)
		wi_slots_give(slots, group * GROUP + i);
}

/* Put a mark into each byte of a slot, in all arrays. */
static void
mark(const struct wi_slots *slots, uint32_t slot, uint8_t byte)
{
	unsigned i;

	for (i = 0; i < WI_SLOTS_ARRAYS; i++)
		memset(wi_slots_at(slots, i, slot), byte, slots->stride[i]);
}

static bool
is_marked(const struct wi_slots *slots, uint32_t slot, uint8_t byte)
{
	const uint8_t *at;
	unsigned i;
	size_t j;

	for (i = 0; i < WI_SLOTS_ARRAYS; i++) {
		at = wi_slots_at(slots, i, slot);
		for (j = 0; j < slots->stride[i]; j++)
			if (at[j] != byte)
				return false;
	}
	return true;
}

/* Pages of a group in memory, all arrays; -1 where pages and groups do not
 * share their borders. */
static int
pages_of(const struct wi_slots *slots, uint32_t group)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char in_memory[64];
	int npages = 0;
	unsigned i;
	size_t j, len;

	for (i = 0; i < WI_SLOTS_ARRAYS; i++) {
		len = slots->stride[i] * GROUP;
		if (len % page != 0)
			return -1;
		ck_assert_uint_le(len / page, sizeof(in_memory));
		ck_assert_int_eq(mincore(wi_slots_at(slots, i, group * GROUP),
				     len, in_memory),
		    0);
		for (j = 0; j < len / page; j++)
			npages += in_memory[j] & 1;
	}
	return npages;
}

START_TEST(slots_lie_in_whole_groups_and_no_more_than_asked_for_are_given)
{
	static const uint32_t wants[] = { 1, 63, 64, 65, 1000 };
	struct wi_slots slots;
	size_t i;

	for (i = 0; i < CHECK_COUNT(wants); i++) {
		slots_of(&slots, wants[i]);
		ck_assert_uint_ge(slots.max, wants[i]);
		ck_assert_uint_lt(slots.max, wants[i] + GROUP);
		ck_assert_uint_eq(slots.max % GROUP, 0);
		ck_assert_uint_eq(slots.nused, 0);
		ck_assert(!wi_slots_full(&slots));
		take_all(&slots);
		ck_assert_uint_eq(slots.nused, wants[i]);
		ck_assert(wi_slots_full(&slots));
		ck_assert_int_eq(wi_slots_take(&slots, &(uint32_t){ 0 }), -1);
		wi_slots_fini(&slots);
	}
}
END_TEST

START_TEST(strides_are_rounded_up_and_slots_do_not_overlap)
{
	struct wi_slots slots;
	uint32_t i;

	slots_of(&slots, 3 * GROUP);
	ck_assert_uint_eq(slots.stride[0], 128);
	ck_assert_uint_eq(slots.stride[1], 640);
	take_all(&slots);
	for (i = 0; i < slots.max; i++) {
		ck_assert_uint_eq(
		    (uintptr_t)wi_slots_at(&slots, 0, i) % 64, 0);
		ck_assert_uint_eq(
		    (uintptr_t)wi_slots_at(&slots, 1, i) % 64, 0);
		mark(&slots, i, (uint8_t)(i + 1));
	}
	for (i = 0; i < slots.max; i++)
		ck_assert(is_marked(&slots, i, (uint8_t)(i + 1)));
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(more_than_there_is_address_space_for_is_refused)
{
	const size_t huge[WI_SLOTS_ARRAYS] = { 64, (size_t)1 << 45 };
	struct wi_slots slots;

	/* The first array fits, so there is something to undo. */
	ck_assert_int_eq(wi_slots_init(&slots, 1000, huge), -ENOMEM);
	ck_assert_ptr_null(slots.base[0]);
	ck_assert_ptr_null(slots.used);
	wi_slots_fini(&slots); /* and again: nothing to free twice */
}
END_TEST

START_TEST(lowest_free_slot_comes_first)
{
	struct wi_slots slots;

	slots_of(&slots, 4 * GROUP);
	take_all(&slots);
	wi_slots_give(&slots, 200);
	wi_slots_give(&slots, 3);
	wi_slots_give(&slots, 70);
	wi_slots_give(&slots, 64);
	wi_slots_give(&slots, 2);
	ck_assert_uint_eq(take(&slots), 2);
	ck_assert_uint_eq(take(&slots), 3);
	ck_assert_uint_eq(take(&slots), 64);
	wi_slots_give(&slots, 0);
	ck_assert_uint_eq(take(&slots), 0);
	ck_assert_uint_eq(take(&slots), 70);
	ck_assert_uint_eq(take(&slots), 200);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(full_table_gives_none_until_one_comes_back)
{
	uint32_t generation = 77;
	struct wi_slots slots;

	slots_of(&slots, 2 * GROUP);
	take_all(&slots);
	ck_assert_int_eq(wi_slots_take(&slots, &generation), -1);
	ck_assert_int_eq(wi_slots_take(&slots, &generation), -1);
	ck_assert_uint_eq(slots.nused, slots.max);
	wi_slots_give(&slots, 127);
	ck_assert_uint_eq(slots.nused, slots.max - 1);
	ck_assert_uint_eq(take(&slots), 127);
	ck_assert_int_eq(wi_slots_take(&slots, &generation), -1);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(slot_has_a_new_generation_each_time)
{
	uint32_t first, second, other;
	struct wi_slots slots;

	slots_of(&slots, GROUP);
	ck_assert_int_eq(wi_slots_take(&slots, &first), 0);
	ck_assert_int_eq(wi_slots_take(&slots, &other), 1);
	wi_slots_give(&slots, 0);
	ck_assert_int_eq(wi_slots_take(&slots, &second), 0);
	ck_assert_uint_ne(first, second);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(generation_wraps_past_zero)
{
	uint32_t generation, i;
	struct wi_slots slots;

	slots_of(&slots, GROUP);
	slots.generations[0] = 0xfffffe;
	ck_assert_int_eq(wi_slots_take(&slots, &generation), 0);
	ck_assert_uint_eq(generation, 0xffffff);
	wi_slots_give(&slots, 0);
	/* 24 bits are over; 0 is left out, since id 0 names nobody. */
	for (i = 1; i <= 3; i++) {
		ck_assert_int_eq(wi_slots_take(&slots, &generation), 0);
		ck_assert_uint_eq(generation, i);
		wi_slots_give(&slots, 0);
	}
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(generation_outlives_the_pages)
{
	uint32_t before, after, group;
	struct wi_slots slots;

	slots_of(&slots, 10 * GROUP);
	take_all(&slots);
	for (group = 0; group < 10; group++)
		give_group(&slots, group);
	before = slots.generations[9 * GROUP];
	take_all(&slots);
	after = slots.generations[9 * GROUP];
	ck_assert_uint_eq(after, before + 1);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(next_walks_the_slots_in_use)
{
	static const uint32_t used[] = { 0, 5, 63, 64, 191, 255 };
	struct wi_slots slots;
	int64_t at = -1;
	uint32_t i;
	size_t n;

	slots_of(&slots, 4 * GROUP);
	ck_assert_int_eq(wi_slots_next(&slots, 0), -1);
	take_all(&slots);
	for (i = 0; i < slots.max; i++) {
		for (n = 0; n < CHECK_COUNT(used) && used[n] != i; n++)
			continue;
		if (n == CHECK_COUNT(used))
			wi_slots_give(&slots, i);
	}
	for (n = 0; n < CHECK_COUNT(used); n++) {
		at = wi_slots_next(&slots, (uint32_t)(at + 1));
		ck_assert_int_eq(at, used[n]);
		ck_assert_int_eq(wi_slots_next(&slots, (uint32_t)at), at);
	}
	/* Past the last, past the end, and far past it. */
	ck_assert_int_eq(wi_slots_next(&slots, 256), -1);
	wi_slots_give(&slots, 255);
	ck_assert_int_eq(wi_slots_next(&slots, 192), -1);
	ck_assert_int_eq(wi_slots_next(&slots, UINT32_MAX), -1);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(few_empty_groups_keep_their_pages_the_others_read_as_zeros)
{
	const uint32_t ngroups = WI_SLOTS_EMPTY_KEPT + 3;
	uint32_t group, kept = 0;
	struct wi_slots slots;

	slots_of(&slots, ngroups * GROUP);
	take_all(&slots);
	for (group = 0; group < slots.max; group++)
		mark(&slots, group, 0xaa);
	for (group = 0; group < ngroups; group++) {
		give_group(&slots, group);
		/* Those that are in use have not lost a byte. */
		if (group + 1 < ngroups)
			ck_assert(
			    is_marked(&slots, (group + 1) * GROUP, 0xaa));
	}
	for (group = 0; group < ngroups; group++) {
		if (is_marked(&slots, group * GROUP + 7, 0xaa))
			kept++;
		else
			ck_assert(is_marked(&slots, group * GROUP + 7, 0));
	}
	ck_assert_uint_eq(kept, WI_SLOTS_EMPTY_KEPT);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(pages_of_an_empty_group_are_given_back)
{
	uint32_t group, n = WI_SLOTS_EMPTY_KEPT + 1;
	struct wi_slots slots;
	int full;

	slots_of(&slots, (n + 2) * GROUP);
	ck_assert_int_le(pages_of(&slots, n), 0);
	take_all(&slots);
	for (group = 0; group < slots.max; group++)
		mark(&slots, group, 0xaa);
	full = pages_of(&slots, 0);
	if (full >= 0) {
		ck_assert_int_gt(full, 0);
		for (group = 0; group <= n; group++)
			give_group(&slots, group);
		ck_assert_int_eq(pages_of(&slots, 0), full); /* is kept */
		ck_assert_int_eq(pages_of(&slots, n), 0);
		ck_assert_int_eq(pages_of(&slots, n + 1), full);
	}
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(client_that_comes_and_goes_costs_no_pages)
{
	struct wi_slots slots;
	int round;

	slots_of(&slots, 8 * GROUP);
	for (round = 0; round < 100; round++) {
		ck_assert_uint_eq(take(&slots), 0);
		if (round == 0)
			mark(&slots, 0, 0xaa);
		else /* nobody has taken the page away in between */
			ck_assert(is_marked(&slots, 0, 0xaa));
		wi_slots_give(&slots, 0);
	}
	ck_assert_uint_eq(slots.nempty, 1);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(count_of_empty_groups_stays_right_over_many_rounds)
{
	const uint32_t ngroups = WI_SLOTS_EMPTY_KEPT + 4;
	uint32_t round, group, held;
	struct wi_slots slots;

	slots_of(&slots, ngroups * GROUP);
	for (round = 0; round < 20; round++) {
		take_all(&slots);
		ck_assert_uint_eq(slots.nempty, 0);
		for (group = ngroups; group-- > 0;)
			give_group(&slots, (group + round) % ngroups);
		ck_assert_uint_eq(slots.nempty, WI_SLOTS_EMPTY_KEPT);
		for (held = 0, group = 0; group < ngroups; group++)
			held += slots.touched[group];
		ck_assert_uint_eq(held, WI_SLOTS_EMPTY_KEPT);
		ck_assert_uint_eq(slots.nused, 0);
	}
	wi_slots_fini(&slots);
}
END_TEST

static void
give_five(void *arg)
{
	wi_slots_give(arg, 5);
}

static void
give_past_the_end(void *arg)
{
	struct wi_slots *slots = arg;

	wi_slots_give(slots, slots->max);
}

START_TEST(giving_what_is_not_taken_is_caught)
{
	struct wi_slots slots;

	slots_of(&slots, GROUP);
	ck_assert_uint_eq(take(&slots), 0);
	ck_assert(aborts_saying(give_five, &slots, "slots.c"));
	ck_assert(aborts_saying(give_past_the_end, &slots, "slots.c"));
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(fewer_or_more_of_those_that_there_are)
{
	struct wi_slots slots;
	uint32_t generation;

	slots_of(&slots, 3);
	take_all(&slots);
	wi_slots_set(&slots, 2);
	ck_assert_uint_eq(wi_slots_limit(&slots), 2);
	wi_slots_give(&slots, 0);
	ck_assert(wi_slots_full(&slots));
	ck_assert_int_eq((int)wi_slots_take(&slots, &generation), -1);
	wi_slots_give(&slots, 1);
	ck_assert(!wi_slots_full(&slots));
	ck_assert_uint_eq(take(&slots), 0);
	wi_slots_set(&slots, 3);
	ck_assert_uint_eq(take(&slots), 1);
	ck_assert_int_eq((int)wi_slots_take(&slots, &generation), -1);
	wi_slots_fini(&slots);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		slots_lie_in_whole_groups_and_no_more_than_asked_for_are_given,
		strides_are_rounded_up_and_slots_do_not_overlap,
		more_than_there_is_address_space_for_is_refused,
		lowest_free_slot_comes_first,
		full_table_gives_none_until_one_comes_back,
		slot_has_a_new_generation_each_time,
		generation_wraps_past_zero,
		generation_outlives_the_pages,
		next_walks_the_slots_in_use,
		few_empty_groups_keep_their_pages_the_others_read_as_zeros,
		pages_of_an_empty_group_are_given_back,
		client_that_comes_and_goes_costs_no_pages,
		count_of_empty_groups_stays_right_over_many_rounds,
		giving_what_is_not_taken_is_caught,
		fewer_or_more_of_those_that_there_are,
	};

	return check_main("slots", tests, CHECK_COUNT(tests));
}
