/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_desk.c - handoff/desk: limits and texts are kept once, ids
 * of listeners are open or not.
 */
#include <pthread.h>
#include <string.h>

#include "check_main.h"
#include "handoff/desk.h"

#define MANY 100u

START_TEST(equal_limits_are_kept_once)
{
	struct wi_limits limits = { .transport = "tcp", .max_message = 1 };
	const struct wi_limits *one, *two;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk), 0);
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

START_TEST(equal_texts_are_kept_once)
{
	char text[8] = "/a";
	const char *one;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk), 0);
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

	ck_assert_int_eq(wi_desk_init(&desk), 0);
	ck_assert_ptr_nonnull(wi_desk_text(&desk, "there"));
	desk.nkept = WI_DESK_KEEPS;
	ck_assert_ptr_null(wi_desk_text(&desk, "more"));
	ck_assert_ptr_null(
	    wi_desk_limits(&desk, &(struct wi_limits){ .max_message = 1 }));
	ck_assert_ptr_nonnull(wi_desk_text(&desk, "there"));
	wi_desk_fini(&desk);
}
END_TEST

START_TEST(a_listener_is_removed_once_and_its_id_does_not_come_again)
{
	uint64_t ids[MANY], i;
	struct wi_desk desk;

	ck_assert_int_eq(wi_desk_init(&desk), 0);
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

	ck_assert_int_eq(wi_desk_init(&desk), 0);
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
		equal_texts_are_kept_once,
		no_more_is_kept_than_the_bound,
		a_listener_is_removed_once_and_its_id_does_not_come_again,
		threads_do_not_disturb_each_other,
	};

	return check_main("desk", tests, CHECK_COUNT(tests));
}
