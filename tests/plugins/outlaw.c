/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the system call that its message names, and says what came of it; with
 * OUTLAW_LOADS, and with the option "at=load", in load().
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/weft.h>

/* A line of a stack. */
long outlaw_call(const char *word);

static char outlaw_true[] = "true";
static char *const outlaw_argv[] = { outlaw_true, NULL };

/* As popen(3): the child runs another program, the host waits. */
static long
outlaw_spawn(void)
{
	int status = 0;
	pid_t pid;

	if (posix_spawn(&pid, "/bin/true", NULL, NULL, outlaw_argv, NULL) != 0)
		return -1;
	(void)waitpid(pid, &status, 0);
	return status;
}

static long
outlaw_fork(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execv("/bin/true", outlaw_argv);
		_exit(9);
	}
	(void)waitpid(pid, &status, 0);
	return status;
}

__attribute__((noinline)) long
outlaw_call(const char *word)
{
	/* What would fail anyway: a path that is nowhere, nothing asked. */
	if (strcmp(word, "execve") == 0)
		return execv("/nonexistent/outlaw", outlaw_argv);
	if (strcmp(word, "unshare") == 0)
		return unshare(0);
	if (strcmp(word, "clone") == 0) /* CLONE_SIGHAND alone: EINVAL */
		return syscall(SYS_clone,
		    CLONE_NEWUTS | CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0);
	if (strcmp(word, "setuid") == 0)
		return syscall(SYS_setuid, getuid());
	if (strcmp(word, "clone3") == 0)
		return syscall(SYS_clone3, NULL, 0);
	if (strcmp(word, "new") == 0) /* that no kernel has */
		return syscall(1000);
	if (strcmp(word, "spawn") == 0)
		return outlaw_spawn();
	if (strcmp(word, "fork") == 0)
		return outlaw_fork();
	if (strcmp(word, "ignored") == 0) {
		(void)signal(SIGSYS, SIG_IGN);
		return unshare(0);
	}
	return 0;
}

static int
load(struct weft_load *load, void **state)
{
	const char *at = weft_load_option(load, "at");

	(void)state;
#ifdef OUTLAW_LOADS
	at = "load";
#endif
	if (at != NULL && strcmp(at, "load") == 0)
		(void)outlaw_call("unshare");
	return WEFT_OK;
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char word[32], text[64];
	long rv;
	int n;

	(void)snprintf(
	    word, sizeof(word), "%.*s", (int)msg.len, (const char *)msg.data);
	errno = 0;
	rv = outlaw_call(word);
	n = snprintf(
	    text, sizeof(text), "%s %ld %d", word, rv, rv < 0 ? errno : 0);
	(void)weft_send(call, from, (struct weft_bytes){ text, (size_t)n });
}

WEFT_PLUGIN(.name = "outlaw", .version = OUTLAW_VERSION, .load = load,
    .message = message);
