/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_stack_late.c - base/stack: answers that come when the time
 * is over, or just then.
 *
 * The program has a sem_clockwait() and a backtrace() of its own, which decide
 * who of both comes first.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include <weft/error.h>

#include "base/stack.h"
#include "check_main.h"
#include "stack_sitter.h"

#ifdef HAVE_BACKTRACE

#include <execinfo.h>

typedef int clockwait_fn(sem_t *, clockid_t, const struct timespec *);
typedef int backtrace_fn(void **, int);

static clockwait_fn *real_clockwait;
static backtrace_fn *real_backtrace;

/* The time of a request is over when this one has answered. */
static struct sitter *answers_first;

/* And when this one walks its stack, which it does until it is let go. */
static const struct sitter *walks_long;
static uint32_t walks;  /* atomic */
static uint32_t let_go; /* atomic */

void *sit_in_a_loop(void *arg);
void *sit_blocked(void *arg);
void *sit_blocked_elsewhere(void *arg);

WEFT_EXPORT int
sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *end)
{
	if (answers_first != NULL) {
		tell(&answers_first->unblock);
		wait_for(&answers_first->open);
	} else if (walks_long != NULL) {
		wait_for(&walks);
	} else {
		return real_clockwait(sem, clock, end);
	}
	errno = ETIMEDOUT;
	return -1;
}

WEFT_EXPORT int
backtrace(void **frames, int nframes)
{
	if (walks_long != NULL && look(&let_go) == 0) {
		tell(&walks);
		wait_for(&let_go);
	}
	return real_backtrace(frames, nframes);
}

EXPORTED void *
sit_in_a_loop(void *arg)
{
	struct sitter *sitter = arg;

	tell(&sitter->there);
	while (look(&sitter->leave) == 0)
		;
	return NULL;
}

EXPORTED void *
sit_blocked(void *arg)
{
	struct sitter *sitter = arg;

	sit_until_unblocked(sitter);
	sitter->got = 1; /* or it would be a jump, without a frame */
	return NULL;
}

EXPORTED void *
sit_blocked_elsewhere(void *arg)
{
	struct sitter *sitter = arg;

	sit_until_unblocked(sitter);
	sitter->got = 2;
	return NULL;
}

START_TEST(late_answer_is_not_taken_for_the_one_that_is_awaited)
{
	struct sitter late = { .there = 0 }, awaited = { .there = 0 };
	struct sitter asker = { .there = 1 };
	struct wi_stack stack;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&late, sit_blocked);
	sit_down(&awaited, sit_blocked_elsewhere);
	ck_assert_int_eq(
	    wi_stack_of(late.thread, NO_ANSWER_MS, &stack), -ETIMEDOUT);

	asker.asked = awaited.thread;
	asker.stack = &stack;
	sit_down(&asker, ask_for_it);
	wait_for(&awaited.pending);
	tell(&late.unblock);
	wait_for(&late.open); /* its handler has run */
	tell(&awaited.unblock);
	get_up(&asker);
	ck_assert_int_eq(asker.rv, WEFT_OK);
	ck_assert_in(&stack, sit_blocked_elsewhere);
	ck_assert_not_in(&stack, sit_blocked);
	get_up(&late);
	get_up(&awaited);
	wi_stack_stop();
}
END_TEST

START_TEST(answer_at_the_end_of_the_time_is_taken)
{
	struct sitter last = { .there = 0 }, next = { .there = 0 };
	struct wi_stack stack;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&last, sit_blocked);
	sit_down(&next, sit_in_a_loop);
	answers_first = &last;
	ck_assert_int_eq(wi_stack_of(last.thread, ANSWER_MS, &stack), WEFT_OK);
	ck_assert_in(&stack, sit_blocked);
	answers_first = NULL;
	ck_assert_int_eq(wi_stack_of(next.thread, ANSWER_MS, &stack), WEFT_OK);
	ck_assert_in(&stack, sit_in_a_loop);
	get_up(&last);
	get_up(&next);
	wi_stack_stop();
}
END_TEST

START_TEST(walk_that_ends_in_the_time_of_another_is_no_answer)
{
	struct sitter slow = { .there = 0 }, awaited = { .there = 0 };
	struct sitter asker = { .there = 1 };
	struct wi_stack stack;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&slow, sit_in_a_loop);
	sit_down(&awaited, sit_blocked);
	walks_long = &slow;
	ck_assert_int_eq(
	    wi_stack_of(slow.thread, ANSWER_MS, &stack), -ETIMEDOUT);
	walks_long = NULL;

	asker.asked = awaited.thread;
	asker.stack = &stack;
	sit_down(&asker, ask_for_it);
	wait_for(&awaited.pending);
	tell(&let_go);
	get_up(&slow); /* out of its handler too */
	tell(&awaited.unblock);
	get_up(&asker);
	ck_assert_int_eq(asker.rv, WEFT_OK);
	ck_assert_in(&stack, sit_blocked);
	ck_assert_not_in(&stack, sit_in_a_loop);
	get_up(&awaited);
	wi_stack_stop();
}
END_TEST

#else

START_TEST(system_without_backtrace_is_not_asked)
{
	ck_assert_int_eq(wi_stack_start(), -ENOSYS);
}
END_TEST

#endif

int
main(void)
{
	const TTest *const tests[] = {
#ifdef HAVE_BACKTRACE
		late_answer_is_not_taken_for_the_one_that_is_awaited,
		answer_at_the_end_of_the_time_is_taken,
		walk_that_ends_in_the_time_of_another_is_no_answer,
#else
		system_without_backtrace_is_not_asked,
#endif
	};

#ifdef HAVE_BACKTRACE
	real_clockwait = (clockwait_fn *)dlsym(RTLD_NEXT, "sem_clockwait");
	real_backtrace = (backtrace_fn *)dlsym(RTLD_NEXT, "backtrace");
	if (real_clockwait == NULL || real_backtrace == NULL)
		return EXIT_FAILURE;
#endif
	return check_main("stack_late", tests, CHECK_COUNT(tests));
}
