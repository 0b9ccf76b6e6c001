/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_restart.c - when a host that has died is started again.
 */
#include "host/restart.h"

#include "check_main.h"

static struct wi_restart
restart_of(uint32_t max)
{
	return (struct wi_restart){ .max = max,
		.window_ms = 60000,
		.first_ms = 100,
		.longest_ms = 1000 };
}

START_TEST(one_that_served_is_started_again_at_once)
{
	struct wi_restart restart = restart_of(100);

	for (uint64_t now_ms = 0; now_ms < 50000; now_ms += 1000)
		ck_assert_int_eq(
		    wi_restart_died(&restart, now_ms, WI_RESTART_SOON_MS), 0);
}
END_TEST

START_TEST(those_that_die_soon_are_given_more_and_more_time)
{
	static const int expected[] = { 0, 100, 200, 400, 800, 1000, 1000 };
	struct wi_restart restart = restart_of(100);

	for (size_t i = 0; i < CHECK_COUNT(expected); i++)
		ck_assert_int_eq(
		    wi_restart_died(&restart, 1000 * i, 0), expected[i]);
	/* One that served begins anew. */
	ck_assert_int_eq(wi_restart_died(&restart, 9000, 5000), 0);
	ck_assert_int_eq(wi_restart_died(&restart, 9001, 1), 0);
	ck_assert_int_eq(wi_restart_died(&restart, 9002, 1), 100);
}
END_TEST

START_TEST(too_many_within_the_window_are_given_up)
{
	struct wi_restart restart = restart_of(3);

	ck_assert_int_eq(wi_restart_died(&restart, 0, 1000), 0);
	ck_assert_int_eq(wi_restart_died(&restart, 20000, 1000), 0);
	ck_assert_int_eq(wi_restart_died(&restart, 40000, 1000), 0);
	ck_assert_int_eq(wi_restart_died(&restart, 59999, 1000), -1);
}
END_TEST

START_TEST(what_left_the_window_does_not_count)
{
	struct wi_restart restart = restart_of(3);

	for (uint64_t now_ms = 0; now_ms < 10000000; now_ms += 20001)
		ck_assert_int_eq(wi_restart_died(&restart, now_ms, 1000), 0);
	ck_assert_int_eq(wi_restart_died(&restart, 10000000, 1000), -1);
}
END_TEST

START_TEST(none_at_all_may_be_allowed)
{
	struct wi_restart restart = restart_of(0);

	ck_assert_int_eq(wi_restart_died(&restart, 0, 100000), -1);
}
END_TEST

START_TEST(more_than_can_be_counted_is_as_many_as_can)
{
	struct wi_restart restart = restart_of(UINT32_MAX);
	uint32_t i;

	for (i = 0; i < WI_RESTART_MAX; i++)
		ck_assert_int_eq(wi_restart_died(&restart, i, 1000), 0);
	ck_assert_int_eq(wi_restart_died(&restart, i, 1000), -1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		one_that_served_is_started_again_at_once,
		those_that_die_soon_are_given_more_and_more_time,
		too_many_within_the_window_are_given_up,
		what_left_the_window_does_not_count,
		none_at_all_may_be_allowed,
		more_than_can_be_counted_is_as_many_as_can,
	};

	return check_main("restart", tests, CHECK_COUNT(tests));
}
