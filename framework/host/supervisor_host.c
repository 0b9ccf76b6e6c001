/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/supervisor_host.c - the host is started, listened to, and mourned.
 *
 * thread: main, of the supervisor.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/channel.h"
#include "host/notify.h"
#include "host/seccomp.h"
#include "host/supervisor.h"
#include "host/usage.h"

static void
host_limits(struct wi_supervisor *supervisor)
{
	const struct wi_plan *plan = &supervisor->plan;

	supervisor->restart.max = plan->restart_max;
	supervisor->restart.window_ms = plan->restart_window_ms;
	supervisor->restart.first_ms = plan->backoff_ms;
	supervisor->restart.longest_ms = plan->backoff_max_ms;
}

/* One clear line, and systemd knows it too. */
static void
host_give_up(struct wi_supervisor *supervisor)
{
	wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-GAVE-UP",
	    "the host has died more than %u times within %u ms (restart_max, "
	    "restart_window): this is given up",
	    supervisor->plan.restart_max, supervisor->plan.restart_window_ms);
	(void)wi_notify("STOPPING=1\nSTATUS=gave up: the host dies too often");
	wi_supervisor_end(supervisor, WI_EXIT_FAILURE);
}

/* After a death: again, later, or not any more. */
static void
host_again(struct wi_supervisor *supervisor, uint64_t lived_ms)
{
	const uint64_t now_ms = wi_child_now_ms();
	int64_t wait_ms;

	host_limits(supervisor);
	wait_ms = wi_restart_died(&supervisor->restart, now_ms, lived_ms);
	if (wait_ms < 0) {
		host_give_up(supervisor);
		return;
	}
	if (wait_ms > 0) {
		wi_supervisor_say(supervisor, WEFT_LOG_WARN, "SERVE-BACKOFF",
		    "the next host is started in %lld ms", (long long)wait_ms);
		(void)wi_notify("STATUS=the host died, the next one waits");
	}
	supervisor->restart_at_ms = now_ms + (uint64_t)wait_ms;
}

void
wi_supervisor_start(struct wi_supervisor *supervisor)
{
	static char host[] = "weft", verb[] = "host",
		    version[] = WI_CHANNEL_VERSION;
	char *const argv[] = { host, verb, version, NULL };
	int rv;

	supervisor->failed = false;
	supervisor->forbidden = 0;
	supervisor->plan.facts.takes_over = supervisor->former >= 0;
	rv = wi_child_start(&supervisor->host, "/proc/self/exe", argv, false);
	if (rv < 0) {
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-NO-HOST",
		    "no host could be started: %s", weft_strerror(rv));
		host_again(supervisor, 0);
		return;
	}
	rv = wi_plan_tell(
	    &supervisor->plan, supervisor->host.channel, WI_SAY_GO);
	if (rv < 0)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-NO-HOST",
		    "host %d does not take its plan: %s",
		    (int)supervisor->host.pid, weft_strerror(rv));
}

static void
host_announce(struct wi_supervisor *supervisor)
{
	if (!supervisor->announced) {
		(void)printf("ready\n");
		(void)fflush(stdout);
	}
	supervisor->announced = true;
}

static void
host_is_ready(struct wi_supervisor *supervisor)
{
	struct wi_child *host = &supervisor->host;

	host->ready = true;
	host->ready_ms = wi_child_now_ms();
	wi_supervisor_say(supervisor, WEFT_LOG_INFO, "SERVE-READY",
	    "host %d is ready after %llu ms", (int)host->pid,
	    (unsigned long long)(host->ready_ms - host->started_ms));
	if (supervisor->state == WI_SUPERVISES)
		(void)wi_notify(
		    "READY=1\nMAINPID=%ld\nSTATUS=serving, host %ld",
		    (long)getpid(), (long)host->pid);
	supervisor->was_ready = true;
	host_announce(supervisor);
	wi_supervisor_took_over(supervisor);
	wi_supervisor_again(supervisor);
}

/* Only what a plan has done is news: a restart opens the same ones. */
static void
host_listens(
    const struct wi_supervisor *supervisor, const struct wi_message *message)
{
	const char *at;

	if (supervisor->announced && !supervisor->reloads)
		return;
	/* A host is not trusted with the terminal of who started us. */
	for (at = message->data; *at >= ' ' && *at <= '~'; at++)
		continue;
	(void)printf(
	    "listening %.*s\n", (int)(at - message->data), message->data);
	(void)fflush(stdout);
}

/* What its profile has killed it for, or a process that it has forked. */
static void
host_was_killed(
    struct wi_supervisor *supervisor, const struct wi_seccomp_call *call)
{
	const int host = (int)supervisor->host.pid;
	char words[512];

	/* Who has said what it was need not be mourned as mute. */
	if (call->number < 0 && call->pid == supervisor->forbidden)
		return;
	supervisor->forbidden = call->pid;
	wi_seccomp_words(call, words, sizeof(words));
	if (call->pid == host)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-SECCOMP",
		    "seccomp: host %d was killed for calling %s", host, words);
	else
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-SECCOMP",
		    "seccomp: process %d, a child of host %d, was killed for "
		    "calling %s",
		    (int)call->pid, host, words);
}

static void
host_forbidden(
    struct wi_supervisor *supervisor, const struct wi_message *message)
{
	struct wi_seccomp_call call;

	if (message->len != sizeof(call))
		return;
	memcpy(&call, message->data, sizeof(call));
	host_was_killed(supervisor, &call);
}

/* It has died of SIGSYS, perhaps without a word. */
static void
host_mute(struct wi_supervisor *supervisor, int status)
{
	const struct wi_seccomp_call call = { .number = -1,
		.pid = (int32_t)supervisor->host.pid };

	if (supervisor->plan.facts.seccomp == WI_SECCOMP_ENFORCE &&
	    WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		host_was_killed(supervisor, &call);
}

static void
host_said(struct wi_supervisor *supervisor, const struct wi_message *message)
{
	switch (message->kind) {
	case WI_SAY_LISTENING:
		host_listens(supervisor, message);
		break;
	case WI_SAY_READY:
		host_is_ready(supervisor);
		break;
	case WI_SAY_APPLIED:
		wi_supervisor_applied(supervisor);
		break;
	case WI_SAY_NOTE:
		wi_supervisor_say_reload(
		    supervisor, WEFT_LOG_INFO, "note", message->data);
		break;
	case WI_SAY_LEFT:
		supervisor->left++;
		wi_supervisor_say_reload(
		    supervisor, WEFT_LOG_WARN, "left", message->data);
		break;
	case WI_SAY_ASKS:
		wi_supervisor_asked(supervisor, message);
		break;
	case WI_SAY_FORBIDDEN:
		host_forbidden(supervisor, message);
		break;
	case WI_SAY_FAILED:
		supervisor->failed = true;
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-FAILED",
		    "%s: %s", supervisor->file, message->data);
		break;
	default:
		break;
	}
}

void
wi_supervisor_hear(struct wi_supervisor *supervisor)
{
	struct wi_child *host = &supervisor->host;
	struct wi_message message;

	if (wi_channel_hear(host->channel, &message) < 0) {
		(void)close(host->channel);
		host->channel = -1; /* its end is near: SIGCHLD says so */
		return;
	}
	if (message.fd >= 0)
		(void)close(message.fd);
	host->heard_ms = wi_child_now_ms();
	host_said(supervisor, &message);
}

/* It has ended because it was to. */
static void
host_stopped(struct wi_supervisor *supervisor, int status)
{
	char words[128];

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		wi_child_status(status, words, sizeof(words));
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-STOPPED",
		    "the host has not stopped in order: %s", words);
		supervisor->status = WI_EXIT_FAILURE;
	}
	wi_supervisor_say(
	    supervisor, WEFT_LOG_INFO, "SERVE-STOPPED", "the host is gone");
	wi_supervisor_end(supervisor, supervisor->status);
}

/* What it has said and nobody has read yet: why it failed, perhaps. */
static void
host_last_words(struct wi_supervisor *supervisor)
{
	while (supervisor->host.channel >= 0)
		wi_supervisor_hear(supervisor);
}

void
wi_supervisor_died(struct wi_supervisor *supervisor, int status)
{
	struct wi_child *host = &supervisor->host;
	uint64_t lived_ms;
	char words[128];
	int pid = (int)host->pid;

	host_last_words(supervisor);
	host_mute(supervisor, status);
	lived_ms = host->ready ? wi_child_now_ms() - host->ready_ms : 0;
	wi_child_forget(host);
	supervisor->kill_at_ms = 0;
	wi_supervisor_not_applied(supervisor);
	if (supervisor->state != WI_SUPERVISES) {
		host_stopped(supervisor, status);
		return;
	}
	/* What it has said about itself does not change by trying again. */
	if (supervisor->failed && !supervisor->was_ready) {
		wi_supervisor_end(supervisor, WI_EXIT_FAILURE);
		return;
	}
	wi_child_status(status, words, sizeof(words));
	wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-DIED",
	    "host %d has died: %s; it served for %llu ms", pid, words,
	    (unsigned long long)lived_ms);
	supervisor->plan.facts.restarts++;
	host_again(supervisor, lived_ms);
}

uint64_t
wi_supervisor_watch(struct wi_supervisor *supervisor, uint64_t now_ms)
{
	const struct wi_child *host = &supervisor->host;
	uint64_t due_ms;

	/* A drain may take long, and a host that hangs would never end it. */
	if (host->pid == 0 ||
	    (supervisor->state != WI_SUPERVISES && !supervisor->drains))
		return 0;
	due_ms = host->ready ? host->heard_ms + supervisor->plan.stuck_ms :
			       host->started_ms + supervisor->plan.start_ms;
	if (now_ms < due_ms)
		return due_ms;
	wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-STUCK",
	    host->ready ?
		"host %d has not answered for %llu ms: it is killed" :
		"host %d is not ready after %llu ms: it is killed",
	    (int)host->pid,
	    (unsigned long long)(now_ms -
		(host->ready ? host->heard_ms : host->started_ms)));
	(void)kill(host->pid, SIGKILL);
	/* Its end is what comes next; do not say it twice. */
	supervisor->host.heard_ms = supervisor->host.started_ms = now_ms;
	return now_ms + supervisor->plan.stuck_ms;
}
