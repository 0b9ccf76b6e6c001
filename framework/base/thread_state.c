/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/thread_state - does a thread of this process wait, or compute?
 *
 * thread: any.
 */
#include "base/thread_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t
wi_thread_id(void)
{
	return (pid_t)syscall(SYS_gettid);
}

enum wi_thread_state
wi_thread_state(pid_t tid)
{
	char text[128]; /* "TID (NAME) S ..."; a name has 15 bytes at most */
	const char *state;
	ssize_t n;
	int fd;

	(void)snprintf(
	    text, sizeof(text), "/proc/self/task/%d/stat", (int)tid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return WI_THREAD_UNKNOWN;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return WI_THREAD_UNKNOWN;
	text[n] = '\0';
	/* A name may have a ')' of its own; nothing behind it has. */
	state = strrchr(text, ')');
	if (state == NULL || state[1] == '\0')
		return WI_THREAD_UNKNOWN;
	switch (state[2]) {
	case 'R':
		return WI_THREAD_RUNS;
	case 'S':
	case 'D':
		return WI_THREAD_WAITS;
	default:
		return WI_THREAD_UNKNOWN;
	}
}
