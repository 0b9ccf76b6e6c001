/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_fail.c - base/fail: errors for users; with it what stops us
 * for bugs of ours, base/assert and base/thread_role.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/fail.h"
#include "base/thread_role.h"
#include "check_main.h"

START_TEST(fail_fills_code_and_text_and_returns_the_code)
{
	struct weft_error err;
	int rv;

	rv = wi_fail(&err, WEFT_EURL, "%s: expected %d, found %d", "x", 1, 2);
	ck_assert_int_eq(rv, WEFT_EURL);
	ck_assert_int_eq(err.code, WEFT_EURL);
	ck_assert_str_eq(err.text, "x: expected 1, found 2");
}
END_TEST

START_TEST(fail_without_an_error_struct_still_returns_the_code)
{
	ck_assert_int_eq(wi_fail(NULL, -5, "%s", "nobody reads this"), -5);
	wi_fail_clear(NULL);
}
END_TEST

START_TEST(clear_leaves_no_code_and_no_text)
{
	struct weft_error err;

	memset(&err, 'x', sizeof(err));
	wi_fail_clear(&err);
	ck_assert_int_eq(err.code, WEFT_OK);
	ck_assert_str_eq(err.text, "");
}
END_TEST

START_TEST(text_can_be_put_around_the_text_that_was_there)
{
	struct weft_error err;

	wi_fail(&err, -5, "%s", "no such symbol");
	wi_fail(&err, -6, "plugin %s: %s", "echo", err.text);
	ck_assert_int_eq(err.code, -6);
	ck_assert_str_eq(err.text, "plugin echo: no such symbol");
}
END_TEST

START_TEST(long_text_is_cut_and_says_so)
{
	struct weft_error err;
	char text[1000];

	memset(text, 'a', sizeof(text));
	text[sizeof(err.text) - 1] = '\0';
	wi_fail(&err, -5, "%s", text); /* fits to the last byte */
	ck_assert_str_eq(err.text, text);

	text[sizeof(err.text) - 1] = 'a';
	text[sizeof(text) - 1] = '\0';
	wi_fail(&err, -5, "%s", text);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert_str_eq(err.text + sizeof(err.text) - 5, "a...");
}
END_TEST

START_TEST(cut_does_not_split_a_utf8_character)
{
	struct weft_error err;
	char text[1000];
	size_t i;

	/* Of three bytes each: two of three places to cut are inside. */
	for (i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[i] = '\0';
	for (i = 0; i < 3; i++) {
		size_t len;

		wi_fail(&err, -5, "%.*s%s", (int)i, "xx", text);
		len = strlen(err.text);
		ck_assert_str_eq(err.text + len - 3, "...");
		ck_assert_mem_eq(err.text + len - 6, "\xe2\x82\xac", 3);
		ck_assert_uint_eq((len - 3 - i) % 3, 0);
		ck_assert_uint_ge(len, sizeof(err.text) - 3);
	}
}
END_TEST

START_TEST(control_bytes_do_not_reach_a_terminal)
{
	struct weft_error err;

	wi_fail(&err, -5, "file \"%s\"", "a\nb\r\t\x1b[2J\x7f\xc3\xa9");
	ck_assert_str_eq(err.text, "file \"a?b???[2J?\xc3\xa9\"");
}
END_TEST

enum assertion {
	HOLDS,
	FAILS,
	FAILS_AND_IS_LONG,
	CODE_IS_NOT_NEGATIVE,
	IO_IN_NO_ROLE,
	WORKER_IN_NO_ROLE,
	IO_IN_A_WORKER,
	WORKER_IN_IO,
	IO_AFTER_NONE,
	IO_IN_ANOTHER_THREAD
};

static void *
assert_io_here(void *arg)
{
	wi_assert_io();
	return arg;
}

/* Only ever run in a child. */
static void
run_assertion(enum assertion which)
{
	int role;
	char longest[700];
	pthread_t thread;

	switch (which) {
	case HOLDS:
		wi_assert(which == HOLDS);
		wi_become_io();
		wi_assert_io();
		wi_become_worker();
		wi_assert_worker();
		break;
	case FAILS:
		wi_assert(which == HOLDS);
		break;
	case FAILS_AND_IS_LONG:
		memset(longest, 'x', sizeof(longest));
		longest[sizeof(longest) - 1] = '\0';
		wi_assert_failed("long.c", 1, longest);
	case CODE_IS_NOT_NEGATIVE:
		wi_fail(NULL, 0, "%s", "");
		break;
	case IO_IN_NO_ROLE:
		wi_assert_io();
		break;
	case WORKER_IN_NO_ROLE:
		wi_assert_worker();
		break;
	case IO_IN_A_WORKER:
		wi_become_worker();
		wi_assert_io();
		break;
	case WORKER_IN_IO:
		wi_become_io();
		wi_assert_worker();
		break;
	case IO_AFTER_NONE:
		role = wi_role_now();
		wi_become_io();
		wi_role_again(role);
		wi_assert_io();
		break;
	case IO_IN_ANOTHER_THREAD:
		wi_become_io();
		pthread_create(&thread, NULL, assert_io_here, NULL);
		pthread_join(thread, NULL);
		break;
	}
}

/* 0 if a child came through, else the signal that ended it; what it said. */
static int
signal_of(enum assertion which, char *said, size_t size)
{
	int status;
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		run_assertion(which);
		_exit(0);
	}
	close(fds[1]);
	check_read_all(fds[0], said, size);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

START_TEST(assertion_that_fails_names_its_place_and_aborts)
{
	char said[1024];

	ck_assert_int_eq(signal_of(HOLDS, said, sizeof(said)), 0);
	ck_assert_str_eq(said, "");

	ck_assert_int_eq(signal_of(FAILS, said, sizeof(said)), SIGABRT);
	ck_assert_msg(strncmp(said, "weft: assertion failed: ", 24) == 0,
	    "said: %s", said);
	ck_assert_ptr_nonnull(strstr(said, "test_fail.c:"));
	ck_assert_ptr_nonnull(strstr(said, ": which == HOLDS\n"));

	ck_assert_int_eq(
	    signal_of(CODE_IS_NOT_NEGATIVE, said, sizeof(said)), SIGABRT);
	ck_assert_ptr_nonnull(strstr(said, "code < 0"));
}
END_TEST

START_TEST(long_assertion_is_cut_but_keeps_its_newline)
{
	char said[1024];

	ck_assert_int_eq(
	    signal_of(FAILS_AND_IS_LONG, said, sizeof(said)), SIGABRT);
	ck_assert_uint_eq(strlen(said), 511);
	ck_assert_str_eq(said + 509, "x\n");
}
END_TEST

START_TEST(role_is_asserted_per_thread)
{
	static const enum assertion wrong[] = { IO_IN_NO_ROLE,
		WORKER_IN_NO_ROLE, IO_IN_A_WORKER, WORKER_IN_IO, IO_AFTER_NONE,
		IO_IN_ANOTHER_THREAD };
	char said[1024];
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++) {
		ck_assert_int_eq(
		    signal_of(wrong[i], said, sizeof(said)), SIGABRT);
		ck_assert_ptr_nonnull(strstr(said, "thread_role.c:"));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		fail_fills_code_and_text_and_returns_the_code,
		fail_without_an_error_struct_still_returns_the_code,
		clear_leaves_no_code_and_no_text,
		text_can_be_put_around_the_text_that_was_there,
		long_text_is_cut_and_says_so,
		cut_does_not_split_a_utf8_character,
		control_bytes_do_not_reach_a_terminal,
		assertion_that_fails_names_its_place_and_aborts,
		long_assertion_is_cut_but_keeps_its_newline,
		role_is_asserted_per_thread,
	};

	return check_main("fail", tests, CHECK_COUNT(tests));
}
