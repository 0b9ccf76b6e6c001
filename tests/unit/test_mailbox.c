/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_mailbox.c - handoff/mailbox: the events of one strand in
 * order, and who has to schedule it.  The lanes: test_mailbox_lanes.c.  With
 * many threads: tests/stress.
 */
#include <string.h>

#include "check_main.h"
#include "handoff/mailbox.h"

#define NEVENTS 10

static struct wi_mailbox mailbox;
static struct wi_event events[NEVENTS];

static void
push_some(int from, int to)
{
	for (int i = from; i < to; i++)
		(void)wi_mailbox_push(&mailbox, &events[i]);
}

static void
expect_in_order(int from, int to)
{
	for (int i = from; i < to; i++) {
		ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[i]);
		wi_mailbox_drop(&mailbox, &events[i]);
	}
}

START_TEST(only_the_push_that_finds_it_idle_has_to_schedule)
{
	wi_mailbox_init(&mailbox);
	ck_assert(wi_mailbox_push(&mailbox, &events[0]));
	ck_assert(!wi_mailbox_push(&mailbox, &events[1]));
	ck_assert(!wi_mailbox_push(&mailbox, &events[2]));
	expect_in_order(0, 3);
	ck_assert_ptr_null(wi_mailbox_peek(&mailbox));

	/* Empty, but it still has a runner: nobody else may schedule it. */
	ck_assert(!wi_mailbox_push(&mailbox, &events[3]));
	expect_in_order(3, 4);
	ck_assert(wi_mailbox_rest(&mailbox));
	ck_assert(wi_mailbox_push(&mailbox, &events[4]));
}
END_TEST

START_TEST(events_come_out_in_the_order_of_their_pushes)
{
	wi_mailbox_init(&mailbox);
	push_some(0, NEVENTS);
	expect_in_order(0, NEVENTS);
	ck_assert_ptr_null(wi_mailbox_peek(&mailbox));
}
END_TEST

START_TEST(what_comes_later_stays_behind_what_was_taken)
{
	wi_mailbox_init(&mailbox);
	push_some(0, 4);
	expect_in_order(0, 2);
	push_some(4, 7); /* two are still in the taken list */
	expect_in_order(2, 5);
	push_some(7, NEVENTS);
	expect_in_order(5, NEVENTS);
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

START_TEST(peek_gives_the_same_event_until_it_is_dropped)
{
	wi_mailbox_init(&mailbox);
	push_some(0, 2);
	ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[0]);
	ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[0]);
	push_some(2, 3);
	ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[0]);
	expect_in_order(0, 3);
}
END_TEST

/* A handler's batch is freed once it is dropped. */
START_TEST(dropped_event_is_the_runners_to_overwrite)
{
	wi_mailbox_init(&mailbox);
	push_some(0, 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[i]);
		wi_mailbox_drop(&mailbox, &events[i]);
		memset(&events[i], 0xff, sizeof(events[i]));
	}
	ck_assert_ptr_null(wi_mailbox_peek(&mailbox));
	/* It may be pushed again at once. */
	wi_event_init(&events[1], WI_EVENT_DRAINED);
	ck_assert(!wi_mailbox_push(&mailbox, &events[1]));
	expect_in_order(1, 2);
}
END_TEST

START_TEST(runner_cannot_rest_while_events_wait)
{
	wi_mailbox_init(&mailbox);
	push_some(0, 2);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* in the inbox */
	expect_in_order(0, 1);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* in the taken list */
	push_some(2, 3);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* in both */
	expect_in_order(1, 2);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* in the inbox again */
	expect_in_order(2, 3);
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

/* The exact race that rest() is for: it came after the last peek. */
START_TEST(push_between_the_last_look_and_the_rest_is_not_lost)
{
	wi_mailbox_init(&mailbox);
	push_some(0, 1);
	expect_in_order(0, 1);
	ck_assert_ptr_null(wi_mailbox_peek(&mailbox));
	ck_assert(!wi_mailbox_push(&mailbox, &events[1]));
	ck_assert(!wi_mailbox_rest(&mailbox));
	expect_in_order(1, 2);
}
END_TEST

START_TEST(rest_and_push_alternate_for_ever)
{
	wi_mailbox_init(&mailbox);
	for (int i = 0; i < 1000; i++) {
		ck_assert(wi_mailbox_push(&mailbox, &events[i % NEVENTS]));
		expect_in_order(i % NEVENTS, i % NEVENTS + 1);
		ck_assert(wi_mailbox_rest(&mailbox));
	}
}
END_TEST

START_TEST(event_keeps_what_its_pusher_wrote)
{
	wi_mailbox_init(&mailbox);
	for (int i = 0; i < 3; i++) {
		events[i].kind = WI_EVENT_CLOSED;
		events[i].detail = (uint32_t)i + 40;
	}
	push_some(0, 3);
	for (int i = 0; i < 3; i++) {
		struct wi_event *event = wi_mailbox_peek(&mailbox);

		ck_assert_ptr_eq(event, &events[i]);
		ck_assert_int_eq(event->kind, WI_EVENT_CLOSED);
		ck_assert_uint_eq(event->detail, (uint32_t)i + 40);
		wi_mailbox_drop(&mailbox, event);
	}
}
END_TEST

START_TEST(init_makes_a_used_mailbox_idle_and_empty)
{
	wi_mailbox_init(&mailbox);
	push_some(0, 3);
	expect_in_order(0, 1);
	push_some(3, 5);
	wi_mailbox_init(&mailbox);
	ck_assert(wi_mailbox_push(&mailbox, &events[9]));
	expect_in_order(9, 10);
	ck_assert_ptr_null(wi_mailbox_peek(&mailbox));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		only_the_push_that_finds_it_idle_has_to_schedule,
		events_come_out_in_the_order_of_their_pushes,
		what_comes_later_stays_behind_what_was_taken,
		peek_gives_the_same_event_until_it_is_dropped,
		dropped_event_is_the_runners_to_overwrite,
		runner_cannot_rest_while_events_wait,
		push_between_the_last_look_and_the_rest_is_not_lost,
		rest_and_push_alternate_for_ever,
		event_keeps_what_its_pusher_wrote,
		init_makes_a_used_mailbox_idle_and_empty,
	};

	return check_main("mailbox", tests, CHECK_COUNT(tests));
}
