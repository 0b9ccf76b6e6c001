/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_crash.c - weft/crash.h for a program that embeds a node:
 * what it installs and puts back, and a report of now.  Crashes: crash.sh.
 */
#include "flow.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow_client.h"

static char report[1 << 18]; /* of a handler; under flow_lock() */
static size_t report_len;

static void
read_report(int fd)
{
	ssize_t n;

	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	n = read(fd, report, sizeof(report) - 1);
	ck_assert_int_gt(n, 0);
	report[n] = '\0';
	report_len = (size_t)n;
}

static void
says(const char *text)
{
	if (strstr(report, text) == NULL)
		ck_abort_msg("expected \"%s\" in:\n%s", text, report);
}

static struct weft_node *its_node; /* under flow_lock() */

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	FLOW_WAIT(its_node != NULL, "the node");
	ck_assert_int_eq(
	    weft_crash_write(its_node, fileno(file), 0, NULL, NULL), WEFT_OK);
	flow_lock();
	read_report(fileno(file));
	flow_unlock();
	(void)fclose(file);
	(void)weft_send(call, from, msg);
}

START_TEST(report_of_now_names_the_handler_and_all_threads)
{
	static const struct weft_plugin plugin =
	    WEFT_PLUGIN_INIT(.name = "teller", .version = "3",
		.message = message);
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &plugin);
	flow_lock();
	its_node = flow->node;
	flow_notify();
	flow_unlock();
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "tell me");
	flow_hear(client, "tell me");
	flow_lock();
	ck_assert_int_eq(strncmp(report, "weft-crash 1\n", 13), 0);
	says("\nsignal: 0 none\n");
	says("\nthread: worker ");
	says("\nhandler: message\nplugin: teller\nversion: 3\n"
	     "file: (part of the program)\n");
	says("\nmessage: 7 bytes hash ");
	says("|tell me|\n");
	says("\nstack: this\n");
	says("\nstack: io tid ");
	says("us message teller 0x");
	says(" 7 bytes\n");
	ck_assert_str_eq(report + report_len - 5, "\nend\n");
	flow_unlock();
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(report_without_a_run_says_whose_thread_it_is)
{
	struct weft_node *node;
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(weft_node_new(&node, NULL, NULL), WEFT_OK);
	ck_assert_int_eq(
	    weft_crash_write(node, fileno(file), 0, NULL, NULL), WEFT_OK);
	read_report(fileno(file));
	says("\nthread: other ");
	says("\nhandler: none\n");
	/* Once more: nothing of the first is in its way. */
	ck_assert_int_eq(
	    weft_crash_write(node, fileno(file), 0, NULL, NULL), WEFT_OK);
	ck_assert_int_eq(weft_crash_write(node, -1, 0, NULL, NULL), -EBADF);
	(void)fclose(file);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

static void
own_handler(int signum)
{
	(void)signum;
	_exit(7);
}

static void
handler_is(int signum, void (*expected)(int))
{
	struct sigaction now;

	ck_assert_int_eq(sigaction(signum, NULL, &now), 0);
	ck_assert((now.sa_flags & SA_SIGINFO) == 0);
	ck_assert(now.sa_handler == expected);
}

START_TEST(handlers_are_put_back_by_whoever_asked_for_them)
{
	struct weft_crash_options options = { .size = sizeof(options),
		.fd = STDERR_FILENO };
	struct sigaction own = { .sa_handler = own_handler }, now;
	struct weft_node *node, *other;
	struct weft_error err;

	ck_assert_int_eq(sigaction(SIGFPE, &own, NULL), 0);
	ck_assert_int_eq(weft_node_new(&node, NULL, NULL), WEFT_OK);
	ck_assert_int_eq(weft_node_new(&other, NULL, NULL), WEFT_OK);
	handler_is(SIGFPE, own_handler); /* nobody has asked */
	ck_assert_int_eq(weft_crash_install(node, &options, &err), WEFT_OK);
	ck_assert_int_eq(sigaction(SIGFPE, NULL, &now), 0);
	ck_assert((now.sa_flags & SA_SIGINFO) != 0);
	ck_assert_int_eq(weft_crash_install(other, &options, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "expected one node"));
	weft_crash_remove(other);
	ck_assert_int_eq(sigaction(SIGFPE, NULL, &now), 0);
	ck_assert((now.sa_flags & SA_SIGINFO) != 0);
	/* Taken since by the program: it stays the program's. */
	ck_assert_int_eq(sigaction(SIGILL, &own, NULL), 0);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	handler_is(SIGFPE, own_handler);
	handler_is(SIGILL, own_handler);
	ck_assert_int_eq(weft_crash_install(other, &options, NULL), WEFT_OK);
	weft_crash_remove(other);
	handler_is(SIGFPE, own_handler);
	ck_assert_int_eq(weft_node_free(&other), WEFT_OK);
}
END_TEST

START_TEST(options_that_are_wrong_are_refused)
{
	struct weft_crash_options options = { .size = 1, .dir = "/none/here" };
	struct weft_node *node;
	struct weft_error err;

	ck_assert_int_eq(weft_node_new(&node, NULL, NULL), WEFT_OK);
	ck_assert_int_eq(weft_crash_install(node, &options, &err), -EINVAL);
	options.size = sizeof(options);
	ck_assert_int_eq(weft_crash_install(node, &options, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/none/here: expected"));
	handler_is(SIGSYS, SIG_DFL); /* ASan has SIGSEGV */
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* The program's own handler has the last word, and a child that was forked
 * does not report. */
START_TEST(handler_of_before_comes_after_the_report)
{
	struct weft_crash_options options = { .size = sizeof(options) };
	struct sigaction own = { .sa_handler = own_handler };
	struct weft_node *node;
	FILE *file = tmpfile();
	struct stat st;
	int status;
	pid_t child;

	ck_assert_ptr_nonnull(file);
	options.fd = fileno(file);
	ck_assert_int_eq(sigaction(SIGABRT, &own, NULL), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (weft_node_new(&node, NULL, NULL) < 0 ||
		    weft_crash_install(node, &options, NULL) < 0)
			_exit(1);
		if (fork() == 0)
			abort();
		if (wait(&status) < 0 || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != 7 || fstat(options.fd, &st) < 0 ||
		    st.st_size != 0)
			_exit(2);
		abort();
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	read_report(options.fd);
	says("\nsignal: 6 SIGABRT\n");
	(void)fclose(file);
}
END_TEST

FLOW_MAIN("crash", report_of_now_names_the_handler_and_all_threads,
    report_without_a_run_says_whose_thread_it_is,
    handlers_are_put_back_by_whoever_asked_for_them,
    options_that_are_wrong_are_refused,
    handler_of_before_comes_after_the_report)
