/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_trial - something is tried in a process that was forked for it.
 *
 * thread: the one that loads or reloads; in the forked process, the only one.
 *
 * fork_note: the forked process has one thread and the locks of all.  So the
 * node's own are taken before it is forked, and given back on both sides
 * (malloc's and the linker's are seen to by the C library); and no signal is
 * let through to it but those of its own faults, which end it: the handlers
 * that the program has would write to what both have open, as libuv's does.
 * How it ended is told by what it has written into the pipe, or not written:
 * the program may wait for its own children in its own way.
 */
#include "reload_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "node.h"

/* What comes through the pipe. */
struct trial_answer {
	int rc;
	struct weft_error err;
};

static const int trial_faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
	SIGTRAP, SIGSYS };

#define TRIAL_NFAULTS (sizeof(trial_faults) / sizeof(trial_faults[0]))

/* ---- the locks, in their order (HACKING.md) */

static void
trial_lock(struct weft_node *node)
{
	struct wi_hub *hub = &node->hub;

	(void)pthread_rwlock_wrlock(&node->plugins.lock);
	(void)pthread_mutex_lock(&hub->desk.mutex);
	(void)pthread_mutex_lock(&hub->shareds.mutex);
	(void)pthread_mutex_lock(&hub->shareds.slots.mutex);
	(void)pthread_mutex_lock(&hub->slots.mutex);
	(void)pthread_mutex_lock(&hub->timers.mutex);
}

static void
trial_unlock(struct weft_node *node)
{
	struct wi_hub *hub = &node->hub;

	(void)pthread_mutex_unlock(&hub->timers.mutex);
	(void)pthread_mutex_unlock(&hub->slots.mutex);
	(void)pthread_mutex_unlock(&hub->shareds.slots.mutex);
	(void)pthread_mutex_unlock(&hub->shareds.mutex);
	(void)pthread_mutex_unlock(&hub->desk.mutex);
}

/* ---- the forked process */

static void
trial_alone(struct weft_node *node)
{
	const struct rlimit none = { 0, 0 };
	struct sigaction action;
	sigset_t faults;
	size_t i;

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	(void)sigemptyset(&faults);
	for (i = 0; i < TRIAL_NFAULTS; i++) {
		(void)sigaction(trial_faults[i], &action, NULL);
		(void)sigaddset(&faults, trial_faults[i]);
	}
	(void)pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_CORE, &none);
	node->log.sink = NULL;
}

_Noreturn static void
trial_child(struct weft_node *node, int fd, wi_trial *trial, void *arg)
{
	struct trial_answer answer;
	ssize_t n;

	memset(&answer, 0, sizeof(answer));
	trial_alone(node);
	answer.rc = trial(arg, &answer.err);
	do
		n = write(fd, &answer, sizeof(answer));
	while (n < 0 && errno == EINTR);
	_exit(0);
}

/* ---- here */

/* Until the answer is whole, the pipe has ended, or it takes too long.
 * [bytes] of it that came; -1: too long. */
static ssize_t
trial_hear(int fd, struct trial_answer *answer, uint32_t wait_ms)
{
	const uint64_t due = wi_clock_ns() + (uint64_t)wait_ms * 1000000u;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	uint64_t now;
	ssize_t n;

	while (have < sizeof(*answer)) {
		now = wi_clock_ns();
		if (now >= due)
			return -1;
		if (poll(&poll_fd, 1, (int)((due - now) / 1000000u) + 1) <= 0)
			continue;
		n = read(fd, (char *)answer + have, sizeof(*answer) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/* Its end; false: somebody else has waited for it. */
static bool
trial_wait(pid_t pid, int *status)
{
	pid_t ended;

	do
		ended = waitpid(pid, status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == pid;
}

void
wi_trial_reap(pid_t *left)
{
	int status;

	if (*left > 0)
		(void)trial_wait(*left, &status);
	*left = 0;
}

/* It has not answered. */
static int
trial_silent(const char *file, pid_t pid, struct weft_error *err)
{
	int status = 0;

	if (trial_wait(pid, &status) && WIFSIGNALED(status))
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected the trial to return, found that it crashed: "
		    "signal %d (%s)",
		    file, WTERMSIG(status), strsignal(WTERMSIG(status)));
	return wi_fail(err, WEFT_ELOAD,
	    "%s: expected the trial to return, found that it ended its "
	    "process",
	    file);
}

static int
trial_outcome(const char *file, uint32_t wait_ms, pid_t pid, int fd,
    pid_t *left, struct weft_error *err)
{
	struct trial_answer answer;
	ssize_t have = trial_hear(fd, &answer, wait_ms);
	int status;

	if (have < 0) {
		(void)kill(pid, SIGKILL);
		(void)trial_wait(pid, &status);
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected the trial to end within %u ms, found it "
		    "running",
		    file, wait_ms);
	}
	if (have != (ssize_t)sizeof(answer))
		return trial_silent(file, pid, err);
	*left = pid;
	if (err != NULL)
		*err = answer.err;
	return answer.rc;
}

/* See fork_note. */
static pid_t
trial_fork(struct weft_node *node)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	trial_lock(node);
	pid = fork();
	trial_unlock(node);
	if (pid == 0) {
		/* Who writes is known by his thread's id: another here. */
		(void)pthread_rwlock_init(&node->plugins.lock, NULL);
		return 0;
	}
	(void)pthread_rwlock_unlock(&node->plugins.lock);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int
wi_trial_run(struct weft_node *node, const char *file, uint32_t wait_ms,
    wi_trial *trial, void *arg, pid_t *left, struct weft_error *err)
{
	int fds[2], rv;
	pid_t pid;

	*left = 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return wi_fail(err, -errno, "%s: no pipe for a trial: %s",
		    file, weft_strerror(-errno));
	pid = trial_fork(node);
	if (pid == 0)
		trial_child(node, fds[1], trial, arg);
	(void)close(fds[1]);
	rv = pid < 0 ? wi_fail(err, -errno, "%s: no process for a trial: %s",
			   file, weft_strerror(-errno)) :
		       trial_outcome(file, wait_ms, pid, fds[0], left, err);
	(void)close(fds[0]);
	return rv;
}
