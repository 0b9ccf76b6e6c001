/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/child.c - processes that are this program again, with a channel.
 *
 * thread: main, the only one: between fork(2) and execve(2) all may be called.
 */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <weft/error.h>

#include "host/channel.h"
#include "host/notify.h"

#define CHILD_NO_EXEC 127 /* its exit status, as a shell's */

uint64_t
wi_child_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* In the child. */
static _Noreturn void
child_become(int channel, const char *program, char *const argv[], bool next)
{
	/* dup2() leaves close-on-exec behind, unless it is there already. */
	if (channel == WI_CHANNEL_FD)
		(void)fcntl(channel, F_SETFD, 0);
	else if (dup2(channel, WI_CHANNEL_FD) < 0)
		_exit(CHILD_NO_EXEC);
	if (next)
		wi_notify_for_child();
	(void)execv(program, argv);
	_exit(CHILD_NO_EXEC);
}

int
wi_child_start(
    struct wi_child *child, const char *program, char *const argv[], bool next)
{
	int ends[2], rv;

	*child = (struct wi_child){ .channel = -1 };
	rv = wi_channel_pair(ends);
	if (rv < 0)
		return rv;
	child->started_ms = child->heard_ms = wi_child_now_ms();
	child->pid = fork();
	if (child->pid == 0)
		child_become(ends[1], program, argv, next);
	rv = child->pid < 0 ? -errno : WEFT_OK;
	(void)close(ends[1]);
	if (rv < 0) {
		(void)close(ends[0]);
		child->pid = 0;
		return rv;
	}
	child->channel = ends[0];
	return WEFT_OK;
}

void
wi_child_forget(struct wi_child *child)
{
	if (child->channel >= 0)
		(void)close(child->channel);
	*child = (struct wi_child){ .channel = -1 };
}

void
wi_child_status(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		(void)snprintf(out, size, "signal %d (%s)%s", WTERMSIG(status),
		    strsignal(WTERMSIG(status)),
		    WCOREDUMP(status) ? ", core dumped" : "");
	else
		(void)snprintf(
		    out, size, "exit status %d", WEXITSTATUS(status));
}
