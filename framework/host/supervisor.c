/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/supervisor.c - the supervisor's loop: signals and timers.
 *
 * thread: main, the only one.  Owns the listening sockets and the host
 * process; loads no plugin, and reads nothing that a client has sent.
 */
#include "host/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/channel.h"
#include "host/conf.h"
#include "host/notify.h"
#include "host/usage.h"

#define SUPERVISOR_NOW_MS 1000    /* from "at once" to SIGKILL */
#define SUPERVISOR_LONG_MS 600000 /* a wait with nothing due */

enum {
	FD_SIGNALS,
	FD_HOST,
	FD_NEXT,
	FD_N
};

static int
supervisor_signals(void)
{
	static const int which[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2,
		SIGCHLD };
	sigset_t signals;
	size_t i;
	int fd;

	(void)sigemptyset(&signals);
	for (i = 0; i < sizeof(which) / sizeof(which[0]); i++)
		(void)sigaddset(&signals, which[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

void
wi_supervisor_end(struct wi_supervisor *supervisor, int status)
{
	supervisor->state = WI_ENDED;
	supervisor->status = status;
}

void
wi_supervisor_stop(struct wi_supervisor *supervisor)
{
	const bool at_once = supervisor->stops++ > 0;
	const uint64_t now_ms = wi_child_now_ms();

	if (supervisor->state == WI_SUPERVISES) {
		supervisor->state = WI_STOPPING;
		(void)wi_notify("STOPPING=1\nSTATUS=draining");
		wi_supervisor_say(supervisor, WEFT_LOG_INFO, "SERVE-STOPPING",
		    "the host drains");
		if (supervisor->next.pid != 0)
			(void)kill(supervisor->next.pid, SIGTERM);
		/* Who comes now is refused, and can go elsewhere. */
		wi_sockets_close(&supervisor->sockets, supervisor->former < 0);
	}
	if (supervisor->host.pid == 0) {
		wi_supervisor_end(supervisor, supervisor->status);
		return;
	}
	(void)wi_channel_say(supervisor->host.channel,
	    at_once ? WI_SAY_STOP : WI_SAY_DRAIN, -1, "", 0);
	supervisor->kill_at_ms =
	    now_ms + (at_once ? SUPERVISOR_NOW_MS : supervisor->plan.drain_ms);
}

static void
supervisor_reopen(struct wi_supervisor *supervisor)
{
	struct weft_error err;

	if (wi_log_move(&supervisor->log, supervisor->log.path, &err) < 0)
		wi_supervisor_say(
		    supervisor, WEFT_LOG_ERROR, "SERVE-LOG", "%s", err.text);
	if (supervisor->host.pid != 0)
		(void)wi_channel_say(
		    supervisor->host.channel, WI_SAY_REOPEN, -1, "", 0);
}

/* Several ends may hide behind one SIGCHLD. */
static void
supervisor_wait(struct wi_supervisor *supervisor)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == supervisor->host.pid)
			wi_supervisor_died(supervisor, status);
		else if (pid == supervisor->next.pid)
			wi_supervisor_next_died(supervisor, status);
	}
}

static void
supervisor_signal(struct wi_supervisor *supervisor, unsigned signum)
{
	switch (signum) {
	case SIGCHLD:
		supervisor_wait(supervisor);
		break;
	case SIGHUP:
		wi_supervisor_reload(supervisor, false);
		break;
	case SIGUSR1:
		supervisor_reopen(supervisor);
		break;
	case SIGUSR2:
		wi_supervisor_next(supervisor);
		break;
	default:
		wi_supervisor_stop(supervisor);
		break;
	}
}

static void
supervisor_take_signals(struct wi_supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (supervisor->state != WI_ENDED &&
	    read(supervisor->signals, &info, sizeof(info)) ==
		(ssize_t)sizeof(info))
		supervisor_signal(supervisor, info.ssi_signo);
}

static uint64_t
supervisor_earlier(uint64_t a, uint64_t b)
{
	return b != 0 && b < a ? b : a;
}

/* Do what is due; returns when the next thing is. */
static uint64_t
supervisor_due(struct wi_supervisor *supervisor)
{
	const uint64_t now_ms = wi_child_now_ms();
	uint64_t due_ms = now_ms + SUPERVISOR_LONG_MS;

	if (supervisor->restart_at_ms != 0 &&
	    now_ms >= supervisor->restart_at_ms) {
		supervisor->restart_at_ms = 0;
		wi_supervisor_start(supervisor);
	}
	if (supervisor->kill_at_ms != 0 && now_ms >= supervisor->kill_at_ms) {
		supervisor->kill_at_ms = 0;
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-KILL",
		    "host %d has not stopped in time: it is killed",
		    (int)supervisor->host.pid);
		if (supervisor->host.pid != 0)
			(void)kill(supervisor->host.pid, SIGKILL);
	}
	if (supervisor->beat_ms != 0 && now_ms >= supervisor->beat_at_ms) {
		(void)wi_notify("WATCHDOG=1");
		supervisor->beat_at_ms = now_ms + supervisor->beat_ms;
	}
	due_ms = supervisor_earlier(due_ms, supervisor->restart_at_ms);
	due_ms = supervisor_earlier(due_ms, supervisor->kill_at_ms);
	due_ms = supervisor_earlier(due_ms, supervisor->beat_at_ms);
	return supervisor_earlier(
	    due_ms, wi_supervisor_watch(supervisor, now_ms));
}

static void
supervisor_turn(struct wi_supervisor *supervisor)
{
	struct pollfd fds[FD_N];
	uint64_t due_ms = supervisor_due(supervisor);
	uint64_t now_ms = wi_child_now_ms();

	if (supervisor->state == WI_ENDED)
		return;
	fds[FD_SIGNALS] =
	    (struct pollfd){ .fd = supervisor->signals, .events = POLLIN };
	fds[FD_HOST] = (struct pollfd){ .fd = supervisor->host.channel,
		.events = POLLIN };
	fds[FD_NEXT] = (struct pollfd){ .fd = supervisor->next.channel,
		.events = POLLIN };
	if (poll(fds, FD_N, due_ms > now_ms ? (int)(due_ms - now_ms) : 0) <= 0)
		return;
	/* What a host has said before it died is heard first. */
	if (fds[FD_HOST].revents != 0)
		wi_supervisor_hear(supervisor);
	if (fds[FD_NEXT].revents != 0)
		wi_supervisor_next_hear(supervisor);
	if (fds[FD_SIGNALS].revents != 0)
		supervisor_take_signals(supervisor);
}

/* What can be wrong before there is a host. */
static int
supervisor_begin(struct wi_supervisor *supervisor)
{
	struct weft_error err;
	ssize_t n;
	int rv;

	n = readlink("/proc/self/exe", supervisor->program,
	    sizeof(supervisor->program) - 1);
	supervisor->program[n < 0 ? 0 : n] = '\0';
	supervisor->signals = supervisor_signals();
	supervisor->beat_ms = wi_notify_watchdog_ms();
	if (supervisor->signals < 0)
		return supervisor->signals;
	rv = wi_sockets_open(&supervisor->sockets, &supervisor->plan, &err);
	if (rv < 0)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-SOCKET",
		    "%s", err.text);
	else if (supervisor->former < 0)
		wi_supervisor_sweep(supervisor);
	return rv;
}

int
wi_supervisor_run(struct wi_supervisor *supervisor)
{
	supervisor->host.channel = supervisor->next.channel = -1;
	supervisor->status = WI_EXIT_OK;
	if (supervisor_begin(supervisor) < 0)
		wi_supervisor_end(supervisor, WI_EXIT_FAILURE);
	else
		wi_supervisor_start(supervisor);
	while (supervisor->state != WI_ENDED)
		supervisor_turn(supervisor);
	/* As long as there is a former one, the files are its. */
	wi_sockets_close(&supervisor->sockets, supervisor->former < 0);
	wi_plan_fini(&supervisor->plan, false);
	wi_plan_fini(&supervisor->told, false);
	wi_conf_free(&supervisor->conf);
	wi_conf_free(&supervisor->told_conf);
	if (supervisor->signals >= 0)
		(void)close(supervisor->signals);
	return supervisor->status;
}
