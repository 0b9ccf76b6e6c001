/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_waiter.c - handoff/waiter: what was told is heard, whoever
 * comes first, and the last to let go frees it (ASan sees if not).
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "check_main.h"
#include "handoff/waiter.h"

#define ROUNDS 2000u
#define LONG_MS 60000u

START_TEST(what_was_told_before_is_heard_at_once)
{
	struct wi_waiter *waiter = wi_waiter_new(), *other = waiter;
	char text[16];

	ck_assert_ptr_nonnull(waiter);
	wi_waiter_tell(&other, -ECONNREFUSED, "nobody there");
	ck_assert_ptr_null(other);
	ck_assert_int_eq(wi_waiter_wait(&waiter, LONG_MS, text, sizeof(text)),
	    -ECONNREFUSED);
	ck_assert_ptr_null(waiter);
	ck_assert_str_eq(text, "nobody there");
	wi_waiter_tell(&other, 0, NULL); /* nobody: does nothing */
}
END_TEST

START_TEST(a_deadline_may_pass_before_it_is_told)
{
	struct wi_waiter *waiter = wi_waiter_new(), *other = waiter;
	char text[16] = "left";

	ck_assert_int_eq(
	    wi_waiter_wait(&waiter, 20, text, sizeof(text)), -ETIMEDOUT);
	ck_assert_ptr_null(waiter);
	ck_assert_str_eq(text, "");
	wi_waiter_tell(&other, 0, "too late");
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(long_words_are_cut)
{
	struct wi_waiter *waiter = wi_waiter_new(), *other = waiter;
	char text[4];

	wi_waiter_tell(&other, -1, "abcdefgh");
	ck_assert_int_eq(wi_waiter_wait(&waiter, 0, text, sizeof(text)), -1);
	ck_assert_str_eq(text, "abc");
}
END_TEST

START_TEST(one_that_is_not_used_is_dropped)
{
	struct wi_waiter *waiter = wi_waiter_new();

	wi_waiter_drop(&waiter);
	ck_assert_ptr_null(waiter);
}
END_TEST

static void *
tell_main(void *arg)
{
	struct wi_waiter *waiter = arg;

	wi_waiter_tell(&waiter, 7, NULL);
	return waiter;
}

/* With a deadline that passes just then, each of the two may be the last. */
static void
try_threads(uint32_t timeout_ms)
{
	pthread_t thread;
	char text[8];
	unsigned i;
	void *left;
	int rv;

	for (i = 0; i < ROUNDS; i++) {
		struct wi_waiter *waiter = wi_waiter_new();

		ck_assert_int_eq(
		    pthread_create(&thread, NULL, tell_main, waiter), 0);
		rv = wi_waiter_wait(&waiter, timeout_ms, text, sizeof(text));
		ck_assert(rv == 7 || (timeout_ms == 0 && rv == -ETIMEDOUT));
		ck_assert_int_eq(pthread_join(thread, &left), 0);
		ck_assert_ptr_null(left);
	}
}

START_TEST(a_thread_that_waits_is_woken)
{
	try_threads(LONG_MS);
}
END_TEST

START_TEST(telling_and_giving_up_at_once_is_safe)
{
	try_threads(0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_was_told_before_is_heard_at_once,
		a_deadline_may_pass_before_it_is_told,
		long_words_are_cut,
		one_that_is_not_used_is_dropped,
		a_thread_that_waits_is_woken,
		telling_and_giving_up_at_once_is_safe,
	};

	return check_main("waiter", tests, CHECK_COUNT(tests));
}
