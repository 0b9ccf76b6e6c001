/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_histogram.c - percentiles within the error that is promised.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "host/histogram.h"

/* Every room starts from an empty one. */
static struct wi_histogram h;

static void
setup(void)
{
	wi_histogram_init(&h);
}

/* What is read back for a value: never less, at most 1/128 more. */
static void
check_near(uint64_t got, uint64_t value)
{
	ck_assert_uint_ge(got, value);
	ck_assert_uint_le(got - value, value / 128);
}

START_TEST(empty_histogram_answers_zero)
{
	ck_assert_uint_eq(wi_histogram_at(&h, 0.5), 0);
	ck_assert_uint_eq(wi_histogram_at(&h, 1.0), 0);
	ck_assert_uint_eq(h.count, 0);
	ck_assert(wi_histogram_mean(&h) == 0.0);
}
END_TEST

START_TEST(small_values_are_exact)
{
	uint64_t v;

	for (v = 0; v < 256; v++) {
		ck_assert_uint_eq(wi_histogram_index(v), v);
		ck_assert_uint_eq(wi_histogram_top(v), v);
	}
}
END_TEST

START_TEST(buckets_follow_each_other_without_gap_up_to_the_greatest_value)
{
	uint64_t top;
	size_t i;

	for (i = 0; i + 1 < WI_HISTOGRAM_BUCKETS; i++) {
		top = wi_histogram_top(i);
		ck_assert_uint_eq(wi_histogram_index(top), i);
		ck_assert_uint_eq(wi_histogram_index(top + 1), i + 1);
	}
	ck_assert_uint_eq(wi_histogram_top(i), UINT64_MAX);
	ck_assert_uint_eq(wi_histogram_index(UINT64_MAX), i);
}
END_TEST

START_TEST(any_value_is_read_back_within_the_stated_error)
{
	uint64_t x = 12345, v;
	int i;

	for (i = 0; i < 200000; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		v = x >> (i % 64);
		check_near(wi_histogram_top(wi_histogram_index(v)), v);
	}
}
END_TEST

START_TEST(percentiles_of_known_values_are_within_the_stated_error)
{
	uint64_t v;

	for (v = 1; v <= 100000; v++)
		wi_histogram_add(&h, v * 1000, 1);
	ck_assert_uint_eq(h.count, 100000);
	check_near(wi_histogram_at(&h, 0.5), 50000 * 1000);
	check_near(wi_histogram_at(&h, 0.9), 90000 * 1000);
	check_near(wi_histogram_at(&h, 0.99), 99000 * 1000);
	check_near(wi_histogram_at(&h, 0.999), 99900 * 1000);
	ck_assert_uint_eq(wi_histogram_at(&h, 1.0), 100000 * 1000);
	ck_assert_uint_eq(h.min, 1000);
	ck_assert(wi_histogram_mean(&h) == 50000.5 * 1000);
}
END_TEST

START_TEST(percentiles_of_exact_values_are_the_ranked_value)
{
	uint64_t v;

	for (v = 1; v <= 100; v++)
		wi_histogram_add(&h, v, 1);
	ck_assert_uint_eq(wi_histogram_at(&h, 0.0), 1);
	ck_assert_uint_eq(wi_histogram_at(&h, 0.5), 50);
	ck_assert_uint_eq(wi_histogram_at(&h, 0.99), 99);
	ck_assert_uint_eq(wi_histogram_at(&h, 0.991), 100);
}
END_TEST

START_TEST(value_added_many_times_weighs_as_many)
{
	wi_histogram_add(&h, 10, 99);
	wi_histogram_add(&h, 5000, 1);
	wi_histogram_add(&h, 77, 0);
	ck_assert_uint_eq(h.count, 100);
	ck_assert_uint_eq(wi_histogram_at(&h, 0.99), 10);
	ck_assert_uint_eq(wi_histogram_at(&h, 0.999), 5000);
	ck_assert_uint_eq(h.max, 5000);
	ck_assert_uint_eq(h.min, 10);
}
END_TEST

START_TEST(percentile_never_exceeds_the_maximum)
{
	wi_histogram_add(&h, 1000001, 1);
	ck_assert_uint_gt(
	    wi_histogram_top(wi_histogram_index(1000001)), 1000001);
	ck_assert_uint_eq(wi_histogram_at(&h, 0.5), 1000001);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("histogram");
	TCase *tc = tcase_create("histogram");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, empty_histogram_answers_zero);
	tcase_add_test(tc, small_values_are_exact);
	tcase_add_test(tc,
	    buckets_follow_each_other_without_gap_up_to_the_greatest_value);
	tcase_add_test(tc, any_value_is_read_back_within_the_stated_error);
	tcase_add_test(
	    tc, percentiles_of_known_values_are_within_the_stated_error);
	tcase_add_test(tc, percentiles_of_exact_values_are_the_ranked_value);
	tcase_add_test(tc, value_added_many_times_weighs_as_many);
	tcase_add_test(tc, percentile_never_exceeds_the_maximum);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
