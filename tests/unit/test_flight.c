/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_flight.c - handoff/flight: what is kept, in which order, and
 * what a reader sees while the worker writes.
 */
#include "handoff/flight.h"

#include <pthread.h>
#include <string.h>

#include "check_main.h"
#include "check_random.h"

/* Only their addresses count. */
static const char plugins[2];
#define PLUGIN(i) ((const struct wi_plugin *)(const void *)&plugins[i])

START_TEST(nothing_called_is_nothing_told)
{
	struct wi_flight flight = { .next = 0 };
	struct wi_flight_event out[WI_FLIGHT_EVENTS];

	ck_assert_uint_eq(wi_flight_get(&flight, out), 0);
}
END_TEST

START_TEST(events_come_oldest_first_with_their_context)
{
	struct wi_flight flight = { .next = 0 };
	struct wi_flight_event out[WI_FLIGHT_EVENTS];

	wi_flight_context(&flight, PLUGIN(0), 7, 1000, WI_CALLBACK_message);
	wi_flight_note(&flight, 1);
	wi_flight_note(&flight, UINT32_MAX);
	wi_flight_context(&flight, PLUGIN(1), 0, 2000, WI_CALLBACK_on_reply);
	wi_flight_note(&flight, 0);
	ck_assert_uint_eq(wi_flight_get(&flight, out), 3);
	ck_assert_ptr_eq(out[0].plugin, PLUGIN(0));
	ck_assert_uint_eq(out[0].endpoint, 7);
	ck_assert_uint_eq(out[0].began, 1000);
	ck_assert_uint_eq(out[0].callback, WI_CALLBACK_message);
	ck_assert_uint_eq(out[0].len, 1);
	ck_assert_uint_eq(out[1].endpoint, 7);
	ck_assert_uint_eq(out[1].len, UINT32_MAX);
	ck_assert_ptr_eq(out[2].plugin, PLUGIN(1));
	ck_assert_uint_eq(out[2].endpoint, 0);
	ck_assert_uint_eq(out[2].began, 2000);
	ck_assert_uint_eq(out[2].callback, WI_CALLBACK_on_reply);
}
END_TEST

START_TEST(last_ones_are_kept_for_ever)
{
	struct wi_flight flight = { .next = 0 };
	struct wi_flight_event out[WI_FLIGHT_EVENTS];
	/* More than there are numbers of contexts. */
	const uint32_t last = (1u << WI_FLIGHT_NUMBERS) + 100;

	for (uint32_t i = 1; i <= last; i++) {
		wi_flight_context(
		    &flight, PLUGIN(i % 2), i, i, WI_CALLBACK_message);
		wi_flight_note(&flight, i);
	}
	ck_assert_uint_eq(wi_flight_get(&flight, out), WI_FLIGHT_EVENTS);
	for (unsigned i = 0; i < WI_FLIGHT_EVENTS; i++) {
		ck_assert_uint_eq(out[i].len, last - WI_FLIGHT_EVENTS + 1 + i);
		ck_assert_uint_eq(out[i].endpoint, out[i].len);
		ck_assert_ptr_eq(out[i].plugin, PLUGIN(out[i].len % 2));
	}
}
END_TEST

START_TEST(context_that_was_overwritten_is_not_told)
{
	struct wi_flight flight = { .next = 0 };
	struct wi_flight_event out[WI_FLIGHT_EVENTS];

	wi_flight_context(&flight, PLUGIN(0), 7, 1, WI_CALLBACK_message);
	wi_flight_note(&flight, 5);
	/* Of batches of which nothing was run. */
	for (unsigned i = 0; i < WI_FLIGHT_EVENTS; i++)
		wi_flight_context(
		    &flight, PLUGIN(1), 8, 2, WI_CALLBACK_message);
	ck_assert_uint_eq(wi_flight_get(&flight, out), 1);
	ck_assert_ptr_null(out[0].plugin);
	ck_assert_uint_eq(out[0].len, 5);
}
END_TEST

static struct wi_flight shared;
static int stop; /* atomic */

/* All of a context says the same number. */
static void *
write_main(void *arg)
{
	for (uint32_t i = 1; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		wi_flight_context(
		    &shared, PLUGIN(i % 2), i, i, WI_CALLBACK_signal);
		wi_flight_note(&shared, i);
		wi_flight_note(&shared, i);
	}
	return arg;
}

START_TEST(reader_beside_the_worker_sees_whole_events)
{
	struct wi_flight_event out[WI_FLIGHT_EVENTS];
	unsigned n, i, whole = 0, round;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, write_main, NULL), 0);
	for (round = 0; round < 2000 || whole < 100; round++) {
		n = wi_flight_get(&shared, out);
		for (i = 0; i < n; i++) {
			check_holds(out[i].callback == WI_CALLBACK_signal);
			if (out[i].plugin == NULL)
				continue;
			check_holds(out[i].endpoint == out[i].len);
			check_holds(out[i].began == out[i].len);
			check_holds(out[i].plugin == PLUGIN(out[i].len % 2));
			whole++;
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		nothing_called_is_nothing_told,
		events_come_oldest_first_with_their_context,
		last_ones_are_kept_for_ever,
		context_that_was_overwritten_is_not_told,
		reader_beside_the_worker_sees_whole_events,
	};

	return check_main("flight", tests, CHECK_COUNT(tests));
}
