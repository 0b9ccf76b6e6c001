/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/aborts.h - does a bug of ours end in wi_assert()?
 *
 * The function runs in a child, whose words on stderr are kept, so that a test
 * can tell our assert from a crash that only looks like one.
 */
#ifndef TESTS_ABORTS_H
#define TESTS_ABORTS_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* true: run(arg) ended in an assertion whose line contains text. */
static inline bool
aborts_saying(void (*run)(void *arg), void *arg, const char *text)
{
	char said[1024];
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0) {
		perror("aborts_saying");
		exit(EXIT_FAILURE);
	}
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		run(arg);
		_exit(0);
	}
	close(fds[1]);
	while (len < sizeof(said) - 1 &&
	    (n = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid)
		return false;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
	    strstr(said, "weft: assertion failed: ") != NULL &&
	    strstr(said, text) != NULL)
		return true;
	fprintf(stderr, "expected an assertion \"%s\", found status %d: %s\n",
	    text, status, said);
	return false;
}

#endif
