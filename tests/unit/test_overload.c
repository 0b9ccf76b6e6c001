/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_overload.c - handoff/overload: when it begins and ends, and
 * which messages are too old.
 */
#include <string.h>

#include "base/clock.h"
#include "check_main.h"
#include "handoff/overload.h"

#define MS UINT64_C(1000000) /* [ns] */
#define NOW (10000 * MS)

static struct wi_overload overload;
static struct wi_log loglines;

/* Target 5 ms, interval 100 ms. */
static void
setup(void)
{
	memset(&loglines, 0, sizeof(loglines));
	wi_overload_init(&overload, &loglines, 5, 100);
}

/* A message that is taken at that time has waited so long. */
static void
saw(uint64_t now, uint64_t waited)
{
	wi_overload_saw(&overload, now - waited, now);
}

START_TEST(it_begins_when_all_have_waited_for_the_interval)
{
	setup();
	saw(NOW, 5 * MS);
	saw(NOW + 99 * MS, 80 * MS);
	ck_assert(!wi_overload_is(&overload));
	saw(NOW + 100 * MS, 80 * MS);
	ck_assert(wi_overload_is(&overload));
	saw(NOW + 300 * MS, 80 * MS);
	ck_assert_uint_eq(overload.times, 1);
}
END_TEST

START_TEST(one_that_has_waited_less_begins_the_interval_anew)
{
	setup();
	saw(NOW, 20 * MS);
	saw(NOW + 60 * MS, 5 * MS - 1);
	saw(NOW + 61 * MS, 20 * MS);
	saw(NOW + 160 * MS, 20 * MS);
	ck_assert(!wi_overload_is(&overload));
	saw(NOW + 161 * MS, 20 * MS);
	ck_assert(wi_overload_is(&overload));
}
END_TEST

START_TEST(it_is_over_with_the_first_that_has_waited_less)
{
	setup();
	saw(NOW, 20 * MS);
	saw(NOW + 100 * MS, 20 * MS);
	ck_assert(wi_overload_is(&overload));
	saw(NOW + 101 * MS, 1 * MS);
	ck_assert(!wi_overload_is(&overload));
	saw(NOW + 102 * MS, 20 * MS);
	ck_assert(!wi_overload_is(&overload));
	saw(NOW + 202 * MS, 20 * MS);
	ck_assert(wi_overload_is(&overload));
	ck_assert_uint_eq(overload.times, 2);
}
END_TEST

START_TEST(a_clock_that_was_read_late_does_no_harm)
{
	setup();
	saw(NOW, 20 * MS);
	saw(NOW - 1 * MS, 20 * MS); /* another worker looked before */
	ck_assert(!wi_overload_is(&overload));
}
END_TEST

START_TEST(a_message_is_late_behind_its_deadline)
{
	struct wi_limits limits = { .deadline_ms = 50 };
	struct wi_batch batch = { .done = 0 };

	setup();
	batch.stamp = wi_clock_ns() - 51 * MS;
	ck_assert(wi_overload_late(&overload, &limits, &batch));
	limits.deadline_ms = 86400000;
	ck_assert(!wi_overload_late(&overload, &limits, &batch));
	limits.deadline_ms = 0;
	ck_assert(!wi_overload_late(&overload, &limits, &batch));
	ck_assert_uint_ne(overload.since, 0);
	/* Decoded before anybody asked, or by a clock that was read late. */
	limits.deadline_ms = 1;
	batch.stamp = 0;
	ck_assert(!wi_overload_late(&overload, &limits, &batch));
	batch.stamp = wi_clock_ns() + 1000 * MS;
	ck_assert(!wi_overload_late(&overload, &limits, &batch));
}
END_TEST

START_TEST(only_who_is_asked_for_it_stamps)
{
	struct wi_limits limits = { .deadline_ms = 0 };

	setup();
	ck_assert(wi_overload_stamps(&overload, &limits));
	wi_overload_init(&overload, &loglines, 0, 100);
	ck_assert(!wi_overload_stamps(&overload, &limits));
	limits.deadline_ms = 1;
	ck_assert(wi_overload_stamps(&overload, &limits));
}
END_TEST

START_TEST(it_is_over_when_it_is_turned_off)
{
	setup();
	saw(NOW, 20 * MS);
	saw(NOW + 100 * MS, 20 * MS);
	ck_assert(wi_overload_is(&overload));
	wi_overload_set(&overload, 0, 100);
	ck_assert_uint_eq(overload.is, 0);
	/* Who saw it just then says so too late. */
	overload.is = 1;
	ck_assert(!wi_overload_is(&overload));
	overload.is = 0;
	/* Others hold from then on. */
	wi_overload_set(&overload, 50, 10);
	saw(NOW, 49 * MS);
	saw(NOW + 10 * MS, 49 * MS);
	ck_assert(!wi_overload_is(&overload));
	saw(NOW + 20 * MS, 51 * MS);
	saw(NOW + 30 * MS, 51 * MS);
	ck_assert(wi_overload_is(&overload));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		it_begins_when_all_have_waited_for_the_interval,
		one_that_has_waited_less_begins_the_interval_anew,
		it_is_over_with_the_first_that_has_waited_less,
		a_clock_that_was_read_late_does_no_harm,
		a_message_is_late_behind_its_deadline,
		only_who_is_asked_for_it_stamps,
		it_is_over_when_it_is_turned_off,
	};

	return check_main("overload", tests, CHECK_COUNT(tests));
}
