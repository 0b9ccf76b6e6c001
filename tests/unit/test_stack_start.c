/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_stack_start.c - base/stack: whose the signal is, from a
 * start to the last stop.
 */
#include <errno.h>
#include <signal.h>

#include <weft/error.h>

#include "base/stack.h"
#include "check_main.h"
#include "stack_sitter.h"

#ifdef HAVE_BACKTRACE

static void *
sit(void *arg)
{
	sit_until_unblocked(arg);
	return NULL;
}

/* What the process does at the signal. */
static void *
handler_now(void)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(WI_STACK_SIGNAL, NULL, &action), 0);
	return (void *)action.sa_handler;
}

static void
set_handler(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	ck_assert_int_eq(sigaction(WI_STACK_SIGNAL, &action, NULL), 0);
}

static void
handler_of_the_program(int signum)
{
	(void)signum;
}

START_TEST(signal_that_the_program_handles_is_left_to_it)
{
	set_handler(handler_of_the_program);
	ck_assert_int_eq(wi_stack_start(), -EBUSY);
	ck_assert_ptr_eq(handler_now(), (void *)handler_of_the_program);
	set_handler(SIG_DFL);
	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	wi_stack_stop();
}
END_TEST

START_TEST(signal_that_the_program_takes_later_is_left_to_it)
{
	struct sitter sitter = { .there = 0 };
	struct wi_stack stack;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&sitter, sit);
	tell(&sitter.unblock);
	wait_for(&sitter.open);
	set_handler(SIG_DFL); /* which would end us */
	ck_assert_int_eq(
	    wi_stack_of(sitter.thread, NO_ANSWER_MS, &stack), -EBUSY);
	set_handler(handler_of_the_program);
	wi_stack_stop();
	ck_assert_ptr_eq(handler_now(), (void *)handler_of_the_program);
	get_up(&sitter);
}
END_TEST

START_TEST(last_stop_puts_back_what_was_there)
{
	struct sitter sitter = { .there = 0 };
	struct wi_stack stack;
	void *ours;

	sit_down(&sitter, sit);
	tell(&sitter.unblock);
	wait_for(&sitter.open);
	ck_assert_int_eq(
	    wi_stack_of(sitter.thread, NO_ANSWER_MS, &stack), WEFT_ESTATE);
	for (int i = 0; i < 2; i++) {
		void (*before)(int) = i == 0 ? SIG_IGN : SIG_DFL;

		set_handler(before);
		ck_assert_int_eq(wi_stack_start(), WEFT_OK);
		ours = handler_now();
		ck_assert_int_eq(wi_stack_start(), WEFT_OK);
		wi_stack_stop();
		ck_assert_ptr_eq(handler_now(), ours);
		ck_assert_int_eq(
		    wi_stack_of(sitter.thread, ANSWER_MS, &stack), WEFT_OK);
		wi_stack_stop();
		ck_assert_ptr_eq(handler_now(), (void *)before);
	}
	ck_assert_int_eq(
	    wi_stack_of(sitter.thread, NO_ANSWER_MS, &stack), WEFT_ESTATE);
	get_up(&sitter);
}
END_TEST

/* The default of the signal is to end the process. */
START_TEST(request_that_waits_at_the_last_stop_does_no_harm)
{
	struct sitter sitter = { .there = 0 };
	struct wi_stack stack;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&sitter, sit);
	ck_assert_int_eq(
	    wi_stack_of(sitter.thread, NO_ANSWER_MS, &stack), -ETIMEDOUT);
	wait_for(&sitter.pending);
	wi_stack_stop();
	tell(&sitter.unblock);
	wait_for(&sitter.open);
	get_up(&sitter);
}
END_TEST

#else

START_TEST(system_without_backtrace_says_so)
{
	ck_assert_int_eq(wi_stack_start(), -ENOSYS);
	wi_stack_unblock();
	wi_stack_stop();
}
END_TEST

#endif

int
main(void)
{
	const TTest *const tests[] = {
#ifdef HAVE_BACKTRACE
		signal_that_the_program_handles_is_left_to_it,
		signal_that_the_program_takes_later_is_left_to_it,
		last_stop_puts_back_what_was_there,
		request_that_waits_at_the_last_stop_does_no_harm,
#else
		system_without_backtrace_says_so,
#endif
	};

	return check_main("stack_start", tests, CHECK_COUNT(tests));
}
