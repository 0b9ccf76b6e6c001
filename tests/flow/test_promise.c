/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_promise.c - two workers in one strand end the process, with
 * both stacks (work/promise.h).  The strand is put into a second run queue by
 * hand, which nothing in the library does.  Only with --enable-debug.
 */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/weft.h>

#include "flow.h"
#include "handoff/hub.h"
#include "handoff/signal.h"
#include "work/node_hub.h"

#ifdef WI_DEBUG

static sem_t inside, never;
static weft_strand strand;

static void
sink(void *arg, enum weft_log_level level, const char *id, const char *text)
{
	(void)arg;
	(void)level;
	fprintf(stderr, "%s %s\n", id, text);
	fflush(stderr);
}

static void
on_signal(struct weft_call *call, const struct weft_signal *signal)
{
	(void)call;
	(void)signal;
	(void)sem_post(&inside);
	while (sem_wait(&never) < 0)
		continue;
}

static const struct weft_plugin plugin =
    WEFT_PLUGIN_INIT(.name = "promise", .signal = on_signal);

/* The strand in the queue of the worker that does not run it. */
static void
queue_twice(struct weft_node *node)
{
	struct wi_hub *hub = wi_node_hub(node);
	struct wi_shared *shared = wi_shared_find(&hub->shareds, strand.id);
	uint32_t other = 1 - shared->strand.worker;

	wi_runq_push(&hub->stations[other].runq, &shared->strand);
	(void)wi_wake_worker(&hub->stations[other].bed);
}

/* In the child: never returns. */
static void
break_it(void)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_signal signal = { .kind = 1 };
	struct weft_node *node;
	struct weft_error err;

	options.workers = 2;
	options.log = sink;
	if (sem_init(&inside, 0, 0) < 0 || sem_init(&never, 0, 0) < 0 ||
	    weft_node_new(&node, &options, &err) < 0 ||
	    weft_node_add(node, &plugin, NULL, &err) < 0 ||
	    weft_node_strand_new(node, "promise", NULL, NULL, &strand) < 0 ||
	    weft_node_start(node, &err) < 0 ||
	    weft_signal(strand, &signal) < 0)
		_exit(3);
	while (sem_wait(&inside) < 0)
		continue;
	if (weft_signal(strand, &signal) < 0)
		_exit(4);
	queue_twice(node);
	while (sem_wait(&inside) < 0)
		continue;
	_exit(5); /* both are in it, and nobody has minded */
}

START_TEST(two_workers_in_a_strand_end_the_process_with_both_stacks)
{
	static char said[8192];
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDERR_FILENO);
		break_it();
	}
	(void)close(fds[1]);
	while (len < sizeof(said) - 1 &&
	    (n = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	(void)close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status), "status %d: %s", status, said);
	ck_assert_ptr_nonnull(strstr(
	    said, "WORK-PROMISE expected one worker in a strand, found"));
	ck_assert_ptr_nonnull(strstr(said, "WORK-PROMISE this one: "));
	ck_assert_ptr_nonnull(strstr(said, "WORK-PROMISE the other: "));
}
END_TEST

FLOW_MAIN("promise", two_workers_in_a_strand_end_the_process_with_both_stacks)

#else

int
main(void)
{
	printf("SKIP: not built with --enable-debug\n");
	return 77;
}

#endif
