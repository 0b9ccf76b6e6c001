/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_build.c - one run of make, with what it says.
 *
 * make has a process group of its own, so that all of it can be ended; the
 * terminal's SIGINT does not reach it, but ours does at our end.
 *
 * thread: main.
 */
#include "host/dev_build.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"

/* In the child, which has one thread and may be a copy of one that has more:
 * nothing that takes a lock, but what execvpe() does. */
static _Noreturn void
build_exec(const sigset_t *mask, int fd, char *const *environment)
{
	static char make[] = "make", silent[] = "-s";
	char *argv[] = { make, silent, NULL };
	int null = open("/dev/null", O_RDONLY);

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	(void)execvpe("make", argv, environment);
	(void)!write(STDERR_FILENO, "make: not found\n", 16);
	_exit(127);
}

/* Ours, with WEFT; without what a make above us has left there. */
static void
build_set_environment(void)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = '\0';
		(void)setenv("WEFT", self, 1);
	}
	(void)unsetenv("MAKEFLAGS");
	(void)unsetenv("MAKELEVEL");
}

int
wi_dev_build_start(struct wi_dev_build *build, const sigset_t *mask,
    uint64_t limit_ns, struct weft_error *err)
{
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return wi_fail(
		    err, -errno, "no pipe: %s", weft_strerror(-errno));
	build_set_environment();
	build->begin_ns = wi_clock_ns();
	build->deadline_ns = build->begin_ns + limit_ns;
	build->late = false;
	build->cut = false;
	build->len = 0;
	build->pid = fork();
	if (build->pid == 0)
		build_exec(mask, ends[1], environ);
	(void)close(ends[1]);
	if (build->pid < 0) {
		rc = -errno;
		build->pid = 0;
		(void)close(ends[0]);
		return wi_fail(err, rc, "no process: %s", weft_strerror(rc));
	}
	(void)setpgid(build->pid, build->pid);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	build->fd = ends[0];
	return WEFT_OK;
}

void
wi_dev_build_read(struct wi_dev_build *build)
{
	char rest[4096];
	size_t room;
	ssize_t n;

	for (;;) {
		room = WI_DEV_OUTPUT_MAX - build->len;
		n = read(build->fd,
		    room > 0 ? build->output + build->len : rest,
		    room > 0 ? room : sizeof(rest));
		if (n > 0 && room > 0)
			build->len += (size_t)n;
		else if (n > 0)
			build->cut = true;
		else if (n == 0 || errno != EINTR)
			return;
	}
}

void
wi_dev_build_kill(struct wi_dev_build *build)
{
	if (build->pid == 0)
		return;
	(void)kill(-build->pid, SIGKILL);
	(void)kill(build->pid, SIGKILL);
}

bool
wi_dev_build_ended(struct wi_dev_build *build, int *status)
{
	if (build->pid == 0 ||
	    waitpid(build->pid, status, WNOHANG) != build->pid)
		return false;
	wi_dev_build_read(build);
	(void)close(build->fd);
	build->fd = -1;
	build->pid = 0;
	return true;
}
