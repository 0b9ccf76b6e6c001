/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_wheel.c - base/wheel: dates that are exact to a millisecond.
 */
#include <string.h>

#include "check_main.h"
#include "check_random.h"
#include "base/wheel.h"

#define SECOND UINT64_C(1000)
#define HOUR (3600 * SECOND)
#define NEVER UINT64_MAX
#define ENTRIES 300u

/* How far away: on both sides of each level's borders. */
static const uint64_t far[] = { 0, 1, 2, 100, 254, 255, 256, 257, 300, 511,
	512, 1000, 65279, 65280, 65535, 65536, 65537, 65792, 100000,
	(1 << 24) - 65536, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, 5 << 24,
	UINT64_C(0xfeffffff), UINT64_C(0xff000000), UINT64_C(0xffffffff),
	UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1, UINT64_C(77) << 32,
	UINT64_C(1) << 45 };
#define NFAR CHECK_COUNT(far)

/* From where: in the middle of blocks, and at their ends. */
static const uint64_t starts[] = { 0, 1, 255, 256, 65535, 65536, 1000003,
	(1 << 24) - 1, 1 << 24, UINT64_C(0xffffffff), UINT64_C(1) << 32,
	UINT64_C(0x123456789abcd), UINT64_C(0xffffffffff) };

static struct wi_wheel wheel;
static struct wi_tick e[ENTRIES];

/* Each test is a process of its own, but may begin several times. */
static void
begin(uint64_t now)
{
	memset(e, 0, sizeof(e));
	wi_wheel_init(&wheel, now);
}

/* The next that comes by then, as a number in e; -1: none. */
static int
take(uint64_t now)
{
	struct wi_tick *tick = wi_wheel_take(&wheel, now);

	if (tick == NULL)
		return -1;
	check_holds(!wi_tick_is_set(tick));
	check_holds(tick->at <= now);
	return (int)(tick - e);
}

static void
set(uint32_t i, uint64_t at)
{
	wi_wheel_set(&wheel, &e[i], at);
	check_holds(wi_tick_is_set(&e[i]));
}

START_TEST(entry_is_24_bytes)
{
	ck_assert_uint_eq(sizeof(struct wi_tick), 24);
}
END_TEST

START_TEST(each_fires_at_its_millisecond_and_never_early)
{
	size_t s, i, k;
	uint64_t at;

	for (s = 0; s < CHECK_COUNT(starts); s++) {
		for (i = 1; i < NFAR; i++) {
			begin(starts[s]);
			at = starts[s] + far[i];
			set(0, at);
			for (k = 0; k < i; k++)
				ck_assert_int_eq(take(starts[s] + far[k]), -1);
			for (k = 300; k > 0; k--)
				if (k <= far[i])
					check_holds(take(at - k) == -1);
			ck_assert(wi_tick_is_set(&e[0]));
			ck_assert_int_eq(take(at), 0);
			ck_assert_uint_eq(e[0].at, at);
			ck_assert_int_eq(take(at), -1);
			ck_assert_uint_eq(wheel.count, 0);
		}
	}
}
END_TEST

START_TEST(same_millisecond_fires_in_the_order_of_setting)
{
	size_t k;
	int i;

	for (k = 0; k < NFAR; k++) {
		begin(1000003);
		for (i = 0; i < 20; i++)
			set((uint32_t)i, 1000003 + far[k]);
		for (i = 0; i < 20; i++)
			ck_assert_int_eq(take(1000003 + far[k]), i);
		ck_assert_int_eq(take(1000003 + far[k]), -1);
	}
}
END_TEST

/* Set from far away, then from nearer and nearer, so that they lie on all
 * levels at once; where blocks of all levels begin, and elsewhere. */
START_TEST(order_is_kept_whatever_levels_they_went_through)
{
	static const uint64_t dates[] = { UINT64_C(1) << 46,
		(UINT64_C(1) << 46) + (1 << 24), (UINT64_C(1) << 46) + 65536,
		(UINT64_C(1) << 46) + 256, UINT64_C(0x7654321fedcb),
		(UINT64_C(1) << 46) - 1 };
	size_t d, k;
	int i;

	for (d = 0; d < CHECK_COUNT(dates); d++) {
		begin(0);
		for (k = 0; k < NFAR; k++) {
			ck_assert_int_eq(
			    take(dates[d] - far[NFAR - 1 - k]), -1);
			set((uint32_t)(2 * k), dates[d]);
			set((uint32_t)(2 * k + 1), dates[d]);
			if (k == NFAR - 2)
				ck_assert_uint_eq(
				    wi_wheel_next(&wheel), dates[d]);
			if (k ==
			    NFAR - 2) /* the last is for the date itself */
				break;
		}
		for (i = 0; i < (int)(2 * NFAR - 2); i++)
			ck_assert_int_eq(take(dates[d]), i);
		ck_assert_int_eq(take(dates[d]), -1);
	}
}
END_TEST

START_TEST(one_set_near_does_not_overtake_one_set_far)
{
	begin(0);
	set(0, 300);
	set(1, 65536 + 300);
	ck_assert_int_eq(take(100), -1);
	set(2, 300); /* a level below the first, which is still up there */
	ck_assert_int_eq(take(299), -1);
	set(3, 300);
	ck_assert_int_eq(take(300), 0);
	ck_assert_int_eq(take(300), 2);
	ck_assert_int_eq(take(300), 3);
	ck_assert_int_eq(take(300), -1);
	ck_assert_int_eq(take(65536), -1);
	set(4, 65536 + 300);
	ck_assert_int_eq(take(65536 + 300), 1);
	ck_assert_int_eq(take(65536 + 300), 4);
}
END_TEST

START_TEST(moved_one_goes_to_the_back_of_its_millisecond)
{
	size_t k;

	for (k = 0; k < NFAR; k++) {
		begin(77);
		set(0, 77 + far[k]);
		set(1, 77 + far[k]);
		set(2, 77 + far[k] + 1);
		set(3, 77);
		set(0, 77 + far[k]); /* the same date again */
		set(2, 77 + far[k]);
		set(3, 77 + far[k]);
		ck_assert_uint_eq(wheel.count, 4);
		ck_assert_int_eq(take(77 + far[k]), 1);
		ck_assert_int_eq(take(77 + far[k]), 0);
		ck_assert_int_eq(take(77 + far[k]), 2);
		ck_assert_int_eq(take(77 + far[k]), 3);
		ck_assert_int_eq(take(77 + far[k] + 1), -1);
	}
}
END_TEST

START_TEST(cleared_one_never_fires)
{
	uint32_t i;

	begin(5);
	wi_wheel_clear(&wheel, &e[0]); /* not set: nothing */
	ck_assert_uint_eq(wheel.count, 0);
	for (i = 0; i < 3 * NFAR; i++)
		set(i, 5 + far[i / 3]);
	for (i = 0; i < 3 * NFAR; i++)
		if (i % 3 != 1)
			wi_wheel_clear(&wheel, &e[i]);
	ck_assert_uint_eq(wheel.count, NFAR);
	for (i = 0; i < NFAR; i++) {
		if (i % 2 == 0) /* after others have been taken */
			wi_wheel_clear(&wheel, &e[3 * i + 1]);
		else
			ck_assert_int_eq(take(5 + far[i]), (int)(3 * i + 1));
	}
	ck_assert_uint_eq(wheel.count, 0);
	ck_assert_int_eq(take(NEVER - 1), -1);
}
END_TEST

START_TEST(next_is_exact_on_each_level)
{
	size_t s, i;

	for (s = 0; s < CHECK_COUNT(starts); s++) {
		begin(starts[s]);
		ck_assert_uint_eq(wi_wheel_next(&wheel), NEVER);
		for (i = NFAR; i-- > 0;) { /* each sooner than the last one */
			set((uint32_t)i, starts[s] + far[i]);
			ck_assert_uint_eq(
			    wi_wheel_next(&wheel), starts[s] + far[i]);
		}
		for (i = 0; i < NFAR; i++) {
			ck_assert_uint_eq(
			    wi_wheel_next(&wheel), starts[s] + far[i]);
			ck_assert_int_eq(take(starts[s] + far[i]), (int)i);
		}
		ck_assert_uint_eq(wi_wheel_next(&wheel), NEVER);
	}
}
END_TEST

START_TEST(next_forgets_what_was_cleared)
{
	size_t i;

	for (i = 0; i < NFAR; i++) {
		begin(1000);
		set(0, 1000 + far[i]);
		wi_wheel_clear(&wheel, &e[0]);
		ck_assert_uint_eq(wi_wheel_next(&wheel), NEVER);
	}
	/* Two in one bucket: it may be early, but only once. */
	begin(0);
	set(0, 70000);
	set(1, 70010);
	wi_wheel_clear(&wheel, &e[0]);
	ck_assert_uint_le(wi_wheel_next(&wheel), 70010);
	ck_assert_int_eq(take(wi_wheel_next(&wheel)), -1);
	ck_assert_uint_eq(wi_wheel_next(&wheel), 70010);
	ck_assert_int_eq(take(70010), 1);
	/* What is later than all levels too. */
	set(0, UINT64_C(1) << 40);
	set(1, UINT64_C(1) << 50);
	wi_wheel_clear(&wheel, &e[0]);
	ck_assert_int_eq(take(UINT64_C(1) << 40), -1);
	ck_assert_uint_eq(wi_wheel_next(&wheel), UINT64_C(1) << 50);
}
END_TEST

START_TEST(jump_over_hours_fires_all_in_order)
{
	uint64_t now = 1000003, random = 1, last;
	uint32_t i;
	int one;

	begin(now);
	for (i = 0; i < ENTRIES; i++)
		set(i, now + check_random(&random) % (30 * HOUR));
	last = 0;
	for (now += 10 * HOUR; wheel.count > 0; now += 10 * HOUR) {
		while ((one = take(now)) >= 0) {
			ck_assert_uint_ge(e[one].at, last);
			last = e[one].at;
		}
		ck_assert_uint_gt(wi_wheel_next(&wheel), now);
	}
	ck_assert_uint_eq(now, 1000003 + 40 * HOUR);
}
END_TEST

START_TEST(dates_beyond_32_bits_fire_in_order)
{
	static const uint64_t at[] = { UINT64_C(1) << 32,
		(UINT64_C(1) << 32) + 1, UINT64_C(3) << 32,
		(UINT64_C(3) << 32) + 1, (UINT64_C(3) << 32) + (1 << 24),
		UINT64_C(1) << 50, UINT64_C(1) << 62, NEVER - 1, NEVER };
	int i, n = (int)CHECK_COUNT(at);

	begin(17);
	for (i = n - 1; i >= 0; i--)
		set((uint32_t)i, at[i]);
	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(wi_wheel_next(&wheel), at[i]);
		ck_assert_int_eq(take(at[i] - 1), -1);
		ck_assert_int_eq(take(at[i]), i);
	}
	ck_assert_int_eq(take(NEVER), -1);
	set(3, 0); /* and no time is left */
	ck_assert_int_eq(take(NEVER), 3);
}
END_TEST

START_TEST(date_that_has_passed_comes_after_all_that_is_due)
{
	begin(1000);
	set(0, 1100);
	set(1, 1300);
	set(2, 2000);
	set(3, 2001);
	ck_assert_int_eq(take(2000), 0);
	/* Now is 2000, and two more are due. */
	set(4, 500);
	set(5, 1200); /* passed as well, although nothing is taken there */
	set(6, 2000);
	ck_assert_uint_le(wi_wheel_next(&wheel), 2000);
	ck_assert_int_eq(take(2001), 1);
	set(7, 2001);
	ck_assert_int_eq(take(2001), 2);
	ck_assert_int_eq(take(2001), 4);
	ck_assert_int_eq(take(2001), 5);
	ck_assert_int_eq(take(2001), 6);
	ck_assert_int_eq(take(2001), 3);
	ck_assert_int_eq(take(2001), 7);
	ck_assert_int_eq(take(2001), -1);
	set(0, 0);
	ck_assert_uint_eq(wi_wheel_next(&wheel), 2001);
	ck_assert_int_eq(take(2001), 0);
}
END_TEST

START_TEST(clock_may_stand_still_and_go_back)
{
	int i;

	begin(1000);
	set(0, 1500);
	set(1, 1500);
	set(2, 1600);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(take(1499), -1);
	ck_assert_int_eq(take(1500), 0);
	ck_assert_int_eq(take(1499), -1);
	ck_assert_int_eq(take(0), -1);
	set(3, 1400); /* the latest time it was told counts */
	ck_assert_int_eq(take(1450), -1);
	ck_assert_int_eq(take(1500), 1);
	ck_assert_int_eq(take(1500), 3);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(take(1500), -1);
	ck_assert_int_eq(take(1599), -1);
	ck_assert_int_eq(take(1600), 2);
}
END_TEST

START_TEST(any_gives_each_that_is_set_once)
{
	struct wi_tick *tick;
	uint32_t i;

	begin(3);
	ck_assert_ptr_null(wi_wheel_any(&wheel));
	for (i = 0; i < 2 * NFAR; i++)
		set(i, 3 + far[i / 2]);
	while ((tick = wi_wheel_any(&wheel)) != NULL) {
		ck_assert(!wi_tick_is_set(tick));
		ck_assert_uint_ne(tick->at, 0);
		tick->at = 0;
		i--;
	}
	ck_assert_uint_eq(i, 0);
	ck_assert_uint_eq(wheel.count, 0);
	ck_assert_uint_eq(wi_wheel_next(&wheel), NEVER);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		entry_is_24_bytes,
		each_fires_at_its_millisecond_and_never_early,
		same_millisecond_fires_in_the_order_of_setting,
		order_is_kept_whatever_levels_they_went_through,
		one_set_near_does_not_overtake_one_set_far,
		moved_one_goes_to_the_back_of_its_millisecond,
		cleared_one_never_fires,
		next_is_exact_on_each_level,
		next_forgets_what_was_cleared,
		jump_over_hours_fires_all_in_order,
		dates_beyond_32_bits_fire_in_order,
		date_that_has_passed_comes_after_all_that_is_due,
		clock_may_stand_still_and_go_back,
		any_gives_each_that_is_set_once,
	};

	return check_main("wheel", tests, CHECK_COUNT(tests));
}
