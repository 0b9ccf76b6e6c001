/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_desk.c - handoff/desk: limits and texts are kept once, ids
 * of listeners are open or not.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "check_main.h"
#include "base/url.h"
#include "handoff/desk.h"

#define MANY 100u

static const struct weft_options options = {
	.size = sizeof(options),
	.max_message = 1000,
	.idle_ms = 7000,
	.outbox_high_bytes = 4096,
	.outbox_pause_bytes = 2048,
	.slow_reader = 1,
};

START_TEST(equal_limits_are_kept_once)
{
	struct wi_limits limits = { .transport = "tcp",
		.given = 1ull << WI_URL_max_message,
		.max_message = 1 };
	const struct wi_limits *one, *two;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	one = wi_desk_limits(&desk, &limits);
	ck_assert_ptr_nonnull(one);
	ck_assert_ptr_ne(one, &limits);
	limits.max_message = 2;
	two = wi_desk_limits(&desk, &limits);
	ck_assert_ptr_ne(two, one);
	limits.max_message = 1;
	ck_assert_ptr_eq(wi_desk_limits(&desk, &limits), one);
	ck_assert_uint_eq(one->max_message, 1);
	ck_assert_uint_eq(two->max_message, 2);
	ck_assert_uint_eq(desk.nkept, 2);
	wi_desk_fini(&desk);
}
END_TEST

/* What the URL says goes on to hold; the rest follows, in place. */
START_TEST(limits_follow_the_options)
{
	const struct wi_limits tcp = { .longest = WI_LIMITS_LONGEST };
	const struct wi_limits said = { .longest = WI_LIMITS_LONGEST,
		.given = 1ull << WI_URL_idle | 1ull << WI_URL_outbox_high,
		.idle_ms = 5,
		.outbox_high_bytes = 100 };
	const struct wi_limits peers = { .longest = 500,
		.kind = WI_LIMITS_PEERS };
	const struct wi_limits *one, *two, *three;
	struct weft_options next = options;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	one = wi_desk_limits(&desk, &tcp);
	two = wi_desk_limits(&desk, &said);
	three = wi_desk_limits(&desk, &peers);
	ck_assert_uint_eq(one->idle_ms, 7000);
	ck_assert_uint_eq(one->outbox_pause_bytes, 2048);
	ck_assert_uint_eq(two->idle_ms, 5);
	ck_assert_uint_eq(two->outbox_pause_bytes, 100);
	ck_assert_uint_eq(three->max_message, 500);
	next.idle_ms = 0;
	next.outbox_high_bytes = 8192;
	next.deadline_ms = 9;
	ck_assert_int_eq(wi_desk_change(&desk, &next), 0);
	ck_assert_uint_eq(one->idle_ms, 0);
	ck_assert_uint_eq(one->send_high_bytes, 8192);
	ck_assert_uint_eq(two->idle_ms, 5);
	ck_assert_uint_eq(two->outbox_high_bytes, 100);
	ck_assert_uint_eq(two->deadline_ms, 9);
	ck_assert_uint_eq(three->idle_ms, 60000);
	ck_assert_ptr_eq(wi_desk_limits_now(one), one);
	ck_assert_ptr_eq(wi_desk_limits(&desk, &tcp), one);
	ck_assert_uint_eq(desk.nkept, 3);
	wi_desk_fini(&desk);
}
END_TEST

/* Whoever is there keeps it: there are others for whoever connects. */
START_TEST(a_longest_message_is_for_whoever_connects)
{
	const struct wi_limits tcp = { .longest = WI_LIMITS_LONGEST };
	const struct wi_limits said = { .longest = WI_LIMITS_LONGEST,
		.given = 1ull << WI_URL_max_message,
		.max_message = 33 };
	const struct wi_limits *one, *two, *now;
	struct weft_options next = options;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	one = wi_desk_limits(&desk, &tcp);
	two = wi_desk_limits(&desk, &said);
	next.max_message = 2000;
	next.idle_ms = 3;
	ck_assert_int_eq(wi_desk_change(&desk, &next), 0);
	ck_assert_uint_eq(one->max_message, 1000);
	ck_assert_uint_eq(one->idle_ms, 3);
	now = wi_desk_limits_now(one);
	ck_assert_ptr_ne(now, one);
	ck_assert_uint_eq(now->max_message, 2000);
	ck_assert_uint_eq(now->idle_ms, 3);
	ck_assert_ptr_eq(wi_desk_limits_now(now), now);
	ck_assert_ptr_eq(wi_desk_limits(&desk, &tcp), now);
	ck_assert_ptr_eq(wi_desk_limits_now(two), two);
	/* And back: the same ones again, however often. */
	ck_assert_int_eq(wi_desk_change(&desk, &options), 0);
	ck_assert_ptr_eq(wi_desk_limits_now(one), one);
	ck_assert_ptr_eq(wi_desk_limits_now(now), one);
	ck_assert_uint_eq(now->idle_ms, 7000);
	ck_assert_int_eq(wi_desk_change(&desk, &next), 0);
	ck_assert_ptr_eq(wi_desk_limits_now(one), now);
	ck_assert_uint_eq(desk.nkept, 3);
	wi_desk_fini(&desk);
}
END_TEST

START_TEST(without_room_for_other_limits_nothing_changes)
{
	const struct wi_limits tcp = { .longest = WI_LIMITS_LONGEST };
	struct weft_options next = options, found;
	const struct wi_limits *one;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	one = wi_desk_limits(&desk, &tcp);
	desk.nkept = WI_DESK_KEEPS;
	next.idle_ms = 3;
	ck_assert_int_eq(wi_desk_change(&desk, &next), 0);
	ck_assert_uint_eq(one->idle_ms, 3);
	next.idle_ms = 4;
	next.slow_reader = 2;
	ck_assert_int_eq(wi_desk_change(&desk, &next), -ENOMEM);
	ck_assert_uint_eq(one->idle_ms, 3);
	wi_desk_options(&desk, &found);
	ck_assert_uint_eq(found.idle_ms, 3);
	ck_assert_uint_eq(found.slow_reader, 1);
	wi_desk_fini(&desk);
}
END_TEST

/* A message may refer to one before it. */
START_TEST(with_deflate_takeover_there_is_no_deadline)
{
	struct wi_limits limits = { .longest = WI_LIMITS_LONGEST,
		.place = { .deflate = WEFT_DEFLATE_TAKEOVER } };
	struct weft_options next = options;
	const struct wi_limits *one;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	one = wi_desk_limits(&desk, &limits);
	next.deadline_ms = 50;
	ck_assert_int_eq(wi_desk_change(&desk, &next), 0);
	ck_assert_uint_eq(one->deadline_ms, 0);
	limits.place.deflate = WEFT_DEFLATE_YES;
	ck_assert_uint_eq(wi_desk_limits(&desk, &limits)->deadline_ms, 50);
	wi_desk_fini(&desk);
}
END_TEST

START_TEST(equal_texts_are_kept_once)
{
	char text[8] = "/a";
	const char *one;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	one = wi_desk_text(&desk, text);
	ck_assert_str_eq(one, "/a");
	text[1] = 'b';
	ck_assert_str_eq(wi_desk_text(&desk, text), "/b");
	ck_assert_str_eq(one, "/a");
	ck_assert_ptr_eq(wi_desk_text(&desk, "/a"), one);
	ck_assert_uint_eq(desk.nkept, 2);
	wi_desk_fini(&desk);
}
END_TEST

START_TEST(no_more_is_kept_than_the_bound)
{
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	ck_assert_ptr_nonnull(wi_desk_text(&desk, "there"));
	desk.nkept = WI_DESK_KEEPS;
	ck_assert_ptr_null(wi_desk_text(&desk, "more"));
	ck_assert_ptr_null(
	    wi_desk_limits(&desk, &(struct wi_limits){ .ping_ms = 1 }));
	ck_assert_ptr_nonnull(wi_desk_text(&desk, "there"));
	wi_desk_fini(&desk);
}
END_TEST

START_TEST(a_listener_is_removed_once_and_its_id_does_not_come_again)
{
	uint64_t ids[MANY], i;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	ck_assert(!wi_desk_listener_remove(&desk, 0));
	for (i = 0; i < MANY; i++) {
		ids[i] = wi_desk_listener_add(&desk);
		ck_assert_uint_eq(ids[i], i + 1);
	}
	for (i = 0; i < MANY; i += 2)
		ck_assert(wi_desk_listener_remove(&desk, ids[i]));
	for (i = 0; i < MANY; i++)
		ck_assert(
		    wi_desk_listener_remove(&desk, ids[i]) == (i % 2 == 1));
	ck_assert_uint_eq(wi_desk_listener_add(&desk), MANY + 1);
	wi_desk_fini(&desk);
}
END_TEST

static void *
add_and_remove(void *arg)
{
	struct wi_desk *desk = arg;
	uint64_t id;
	unsigned i;

	for (i = 0; i < 10000; i++) {
		id = wi_desk_listener_add(desk);
		if (id == 0 || !wi_desk_listener_remove(desk, id) ||
		    wi_desk_listener_remove(desk, id))
			return desk;
	}
	return NULL;
}

START_TEST(threads_do_not_disturb_each_other)
{
	pthread_t threads[4];
	struct wi_desk desk;
	void *wrong;
	unsigned i;

	ck_assert_int_eq(wi_desk_init(&desk, &options), 0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, add_and_remove, &desk),
		    0);
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
		ck_assert_ptr_null(wrong);
	}
	ck_assert_uint_eq(desk.nlisteners, 0);
	ck_assert_uint_eq(desk.last_listener, 40000);
	wi_desk_fini(&desk);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		equal_limits_are_kept_once,
		limits_follow_the_options,
		a_longest_message_is_for_whoever_connects,
		without_room_for_other_limits_nothing_changes,
		with_deflate_takeover_there_is_no_deadline,
		equal_texts_are_kept_once,
		no_more_is_kept_than_the_bound,
		a_listener_is_removed_once_and_its_id_does_not_come_again,
		threads_do_not_disturb_each_other,
	};

	return check_main("desk", tests, CHECK_COUNT(tests));
}
