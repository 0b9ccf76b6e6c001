/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_stack.c - base/stack: what another thread is doing.  Whose
 * the signal is, is test_stack_start.c's; answers that come too late are
 * _late.c's; what a stack says, _text.c's.
 *
 * Addresses are compared with the functions of this file, which are exported
 * (-export-dynamic) so that dladdr() knows where they begin.
 */
#include "base/stack.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/error.h>
#include <weft/export.h>

#include "check_main.h"
#include "stack_sitter.h"

#ifdef HAVE_BACKTRACE

/* TSan hands a signal over at the next call or atomic, or inside calls of
 * which it knows that they block (to LLVM 14, read() is none), so that its own
 * frames are on top. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIGNALS_ARE_HELD true
#endif
#elif defined(__SANITIZE_THREAD__)
#define SIGNALS_ARE_HELD true
#endif
#ifndef SIGNALS_ARE_HELD
#define SIGNALS_ARE_HELD false
#endif

/* Where the frames of the handler are not left in the stack. */
#if defined(__x86_64__) || defined(__aarch64__)
#define HANDLER_IS_HIDDEN (!SIGNALS_ARE_HELD)
#else
#define HANDLER_IS_HIDDEN false
#endif

void *sit_in_a_loop(void *arg);
void *sit_in_read(void *arg);
void *sit_in_sem_wait(void *arg);
void *sit_blocked(void *arg);

EXPORTED void *
sit_in_a_loop(void *arg)
{
	struct sitter *sitter = arg;

	errno = ENOTTY;
	tell(&sitter->there);
	while (look(&sitter->leave) == 0)
		;
	sitter->errno_kept = errno;
	return NULL;
}

EXPORTED void *
sit_in_read(void *arg)
{
	struct sitter *sitter = arg;

	sitter->tid = gettid();
	tell(&sitter->there);
	sitter->got = read(sitter->fds[0], &sitter->byte, 1);
	return NULL;
}

EXPORTED void *
sit_in_sem_wait(void *arg)
{
	struct sitter *sitter = arg;

	sitter->tid = gettid();
	tell(&sitter->there);
	sitter->got = sem_wait(&sitter->sem);
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

START_TEST(thread_in_a_loop_is_seen_there)
{
	struct sitter sitter = { .there = 0 };
	struct wi_stack stack;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&sitter, sit_in_a_loop);
	for (int i = 0; i < 50; i++) {
		memset(&stack, 0, sizeof(stack));
		ck_assert_int_eq(
		    wi_stack_of(sitter.thread, ANSWER_MS, &stack), WEFT_OK);
		ck_assert_in(&stack, sit_in_a_loop);
		ck_assert_not_in(&stack, sit_in_read);
		/* look() may be on top, unless it was inlined. */
		if (HANDLER_IS_HIDDEN)
			ck_assert_int_le(
			    frame_in(&stack, (void *)sit_in_a_loop), 1);
	}
	get_up(&sitter);
	ck_assert_int_eq(sitter.errno_kept, ENOTTY);
	wi_stack_stop();
}
END_TEST

/* The kernel says that the thread sleeps. */
static void
wait_for_sleep(pid_t tid)
{
	char path[64], state = '?';

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	while (state != 'S') {
		FILE *file = fopen(path, "re");

		ck_assert_ptr_nonnull(file);
		ck_assert_int_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
		(void)fclose(file);
	}
}

static void
ask_a_sleeper(const struct sitter *sitter, void *(*where)(void *), bool held)
{
	struct wi_stack stack;
	int i, rv;

	for (i = 0; i < 50; i++) {
		wait_for_sleep(sitter->tid);
		rv = wi_stack_of(
		    sitter->thread, held ? NO_ANSWER_MS : ANSWER_MS, &stack);
		if (held && rv == -ETIMEDOUT)
			continue;
		ck_assert_int_eq(rv, WEFT_OK);
		ck_assert_in(&stack, where);
	}
}

START_TEST(thread_in_read_is_seen_there_and_reads_on)
{
	struct sitter sitter = { .there = 0 };

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	ck_assert_int_eq(pipe(sitter.fds), 0);
	sit_down(&sitter, sit_in_read);
	ask_a_sleeper(&sitter, sit_in_read, SIGNALS_ARE_HELD);
	ck_assert_int_eq(write(sitter.fds[1], "x", 1), 1);
	get_up(&sitter);
	ck_assert_int_eq(sitter.got, 1);
	ck_assert_int_eq(sitter.byte, 'x');
	close(sitter.fds[0]);
	close(sitter.fds[1]);
	wi_stack_stop();
}
END_TEST

START_TEST(thread_in_sem_wait_is_seen_there_and_waits_on)
{
	struct sitter sitter = { .got = 1 };

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	ck_assert_int_eq(sem_init(&sitter.sem, 0, 0), 0);
	sit_down(&sitter, sit_in_sem_wait);
	ask_a_sleeper(&sitter, sit_in_sem_wait, false);
	ck_assert_int_eq(sem_post(&sitter.sem), 0);
	get_up(&sitter);
	ck_assert_int_eq(sitter.got, 0);
	ck_assert_int_eq(sem_destroy(&sitter.sem), 0);
	wi_stack_stop();
}
END_TEST

START_TEST(thread_that_blocks_the_signal_does_not_answer_in_time)
{
	struct sitter deaf = { .there = 0 }, other = { .there = 0 };
	struct wi_stack stack;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&deaf, sit_blocked);
	sit_down(&other, sit_in_a_loop);
	stack.nframes = 1;
	ck_assert_int_eq(
	    wi_stack_of(deaf.thread, NO_ANSWER_MS, &stack), -ETIMEDOUT);
	ck_assert_int_eq(stack.nframes, 0);
	ck_assert_int_eq(wi_stack_of(deaf.thread, 0, &stack), -ETIMEDOUT);

	ck_assert_int_eq(
	    wi_stack_of(other.thread, ANSWER_MS, &stack), WEFT_OK);
	ck_assert_in(&stack, sit_in_a_loop);

	tell(&deaf.unblock);
	wait_for(&deaf.open);
	ck_assert_int_eq(wi_stack_of(deaf.thread, ANSWER_MS, &stack), WEFT_OK);
	ck_assert_in(&stack, sit_blocked);
	ck_assert_int_eq(
	    wi_stack_of(other.thread, ANSWER_MS, &stack), WEFT_OK);
	ck_assert_in(&stack, sit_in_a_loop);
	get_up(&deaf);
	get_up(&other);
	wi_stack_stop();
}
END_TEST

START_TEST(signal_of_somebody_else_is_no_answer)
{
	struct sitter sitter = { .there = 0 }, asker = { .there = 1 };
	struct wi_stack stack;
	void *none = NULL, *wrong = &sitter;

	ck_assert_int_eq(wi_stack_start(), WEFT_OK);
	sit_down(&sitter, sit_blocked);
	/* Both while nobody is asked and while one is. */
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(raise(WI_STACK_SIGNAL), 0);
		ck_assert_int_eq(
		    pthread_sigqueue(pthread_self(), WI_STACK_SIGNAL,
			(union sigval){ .sival_ptr = none }),
		    0);
		ck_assert_int_eq(
		    pthread_sigqueue(pthread_self(), WI_STACK_SIGNAL,
			(union sigval){ .sival_ptr = wrong }),
		    0);
		if (i == 0) {
			asker.asked = sitter.thread;
			asker.stack = &stack;
			sit_down(&asker, ask_for_it);
			wait_for(&sitter.pending);
		}
	}
	tell(&sitter.unblock);
	get_up(&asker);
	ck_assert_int_eq(asker.rv, WEFT_OK);
	ck_assert_in(&stack, sit_blocked);
	get_up(&sitter);
	wi_stack_stop();
}
END_TEST

#else

START_TEST(system_without_backtrace_has_no_stack_of_others)
{
	struct wi_stack stack = { .nframes = 1 };

	ck_assert_int_eq(wi_stack_of(pthread_self(), 0, &stack), WEFT_ESTATE);
	ck_assert_int_eq(stack.nframes, 0);
}
END_TEST

#endif

int
main(void)
{
	const TTest *const tests[] = {
#ifdef HAVE_BACKTRACE
		thread_in_a_loop_is_seen_there,
		thread_in_read_is_seen_there_and_reads_on,
		thread_in_sem_wait_is_seen_there_and_waits_on,
		thread_that_blocks_the_signal_does_not_answer_in_time,
		signal_of_somebody_else_is_no_answer,
#else
		system_without_backtrace_has_no_stack_of_others,
#endif
	};

	return check_main("stack", tests, CHECK_COUNT(tests));
}
