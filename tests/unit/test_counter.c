/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_counter.c - base/counter: the list, and counting.
 */
#include <ctype.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/counter.h"
#include "check_main.h"

START_TEST(each_counter_has_a_name_a_unit_and_a_meaning)
{
	const struct weft_counter_info *info;
	const char *at;
	unsigned i;

	for (i = 0; i < WEFT_NCOUNTERS; i++) {
		info = weft_counter_info(i);
		ck_assert_ptr_nonnull(info);
		ck_assert_uint_gt(strlen(info->name), 0);
		ck_assert_uint_gt(strlen(info->unit), 0);
		ck_assert_uint_gt(strlen(info->text), 0);
		for (at = info->name; *at != '\0'; at++)
			ck_assert(islower((unsigned char)*at) || *at == '_');
	}
}
END_TEST

START_TEST(info_stands_where_its_index_says)
{
	ck_assert_str_eq(
	    weft_counter_info(WEFT_COUNTER_bytes_in)->name, "bytes_in");
	ck_assert_str_eq(
	    weft_counter_info(WEFT_COUNTER_bytes_in)->unit, "bytes");
	ck_assert_str_eq(weft_counter_info(0)->name, "endpoints_now");
	ck_assert_str_eq(weft_counter_info(WEFT_COUNTER_closed_proxy)->name,
	    "closed_proxy");
}
END_TEST

START_TEST(no_two_counters_share_a_name)
{
	unsigned i, j;

	for (i = 0; i < WEFT_NCOUNTERS; i++)
		for (j = 0; j < i; j++)
			ck_assert_str_ne(weft_counter_info(i)->name,
			    weft_counter_info(j)->name);
}
END_TEST

START_TEST(index_past_the_list_has_no_info)
{
	ck_assert_ptr_null(weft_counter_info(WEFT_NCOUNTERS));
	ck_assert_ptr_null(weft_counter_info(UINT_MAX));
}
END_TEST

START_TEST(counting_touches_one_counter_alone)
{
	static struct wi_counters counters;
	unsigned i;

	wi_count(&counters, WEFT_COUNTER_reads, 3);
	wi_count(&counters, WEFT_COUNTER_reads, 4);
	wi_count_shared(&counters, WEFT_COUNTER_writes, 5);
	wi_count_shared(&counters, WEFT_COUNTER_writes, 0);
	for (i = 0; i < WEFT_NCOUNTERS; i++)
		ck_assert_uint_eq(wi_counted(&counters, (enum weft_counter)i),
		    i == WEFT_COUNTER_reads      ? 7 :
			i == WEFT_COUNTER_writes ? 5 :
						   0);
}
END_TEST

START_TEST(counter_goes_past_32_bits)
{
	static struct wi_counters counters;

	wi_count(&counters, WEFT_COUNTER_bytes_in, UINT32_MAX);
	wi_count(&counters, WEFT_COUNTER_bytes_in, UINT32_MAX);
	ck_assert_uint_eq(wi_counted(&counters, WEFT_COUNTER_bytes_in),
	    2 * (uint64_t)UINT32_MAX);
}
END_TEST

/* Two threads' sets side by side must not share a cache line. */
START_TEST(sets_are_whole_cache_lines)
{
	static struct wi_counters sets[2];

	ck_assert_uint_eq((uintptr_t)&sets[0] % 64, 0);
	ck_assert_uint_eq((uintptr_t)&sets[1] % 64, 0);
	ck_assert_uint_ge(
	    sizeof(sets[0].value) / sizeof(uint64_t), WEFT_NCOUNTERS);
}
END_TEST

#define ROUNDS 50000u

static void *
count_shared(void *arg)
{
	for (uint32_t i = 0; i < ROUNDS; i++)
		wi_count_shared(arg, WEFT_COUNTER_sends_full, 2);
	return NULL;
}

static void *
count_alone(void *arg)
{
	for (uint32_t i = 0; i < ROUNDS; i++)
		wi_count(arg, WEFT_COUNTER_reads, 1);
	return NULL;
}

/* One set with a writer that is read meanwhile; one that all write. */
START_TEST(nothing_is_lost_between_threads)
{
	static struct wi_counters shared, alone;
	uint64_t seen = 0, now = 0;
	pthread_t threads[4];
	int i;

	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
				     i == 0 ? count_alone : count_shared,
				     i == 0 ? &alone : &shared),
		    0);
	while (now < ROUNDS) {
		now = wi_counted(&alone, WEFT_COUNTER_reads);
		ck_assert_uint_ge(now, seen); /* it only grows */
		seen = now;
		sched_yield();
	}
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(
	    wi_counted(&shared, WEFT_COUNTER_sends_full), 3 * 2 * ROUNDS);
	ck_assert_uint_eq(wi_counted(&alone, WEFT_COUNTER_reads), ROUNDS);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_counter_has_a_name_a_unit_and_a_meaning,
		info_stands_where_its_index_says,
		no_two_counters_share_a_name,
		index_past_the_list_has_no_info,
		counting_touches_one_counter_alone,
		counter_goes_past_32_bits,
		sets_are_whole_cache_lines,
		nothing_is_lost_between_threads,
	};

	return check_main("counter", tests, CHECK_COUNT(tests));
}
