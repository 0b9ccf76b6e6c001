/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host.c - "weft host": from being started by a supervisor to the end.
 *
 * thread: main.  The order matters: the plan first (it says who to be), then
 * privileges, then the log, then the profile of system calls, then the first
 * line of a plugin.
 *
 * parent_note: a host must not outlive its supervisor.  That it is gone is
 * seen by the end of the channel (host/host_loop.c), and for when that is not
 * looked at the kernel is asked to say so: by SIGKILL as long as plugins are
 * loaded, by SIGTERM, which is an orderly stop, once it serves.  The kernel
 * forgets what it was asked when the user changes, so it is asked after that.
 */
#include "host/host.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/channel.h"
#include "host/privileges.h"
#include "host/seccomp.h"
#include "host/usage.h"

#define HOST_NAME "weft host"

void
wi_host_say(struct wi_host *host, int kind, const char *format, ...)
{
	char line[1024];
	va_list args;
	size_t len;

	if (host->channel < 0)
		return;
	va_start(args, format);
	len = wi_line_format(line, sizeof(line), format, args);
	va_end(args);
	(void)wi_channel_say(
	    host->channel, (enum wi_channel_kind)kind, -1, line, len);
}

/* As many descriptors as we may have. */
static void
host_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The supervisor's signals are blocked since before we were started.  A
 * terminal's SIGINT goes to it alone, and it tells us. */
static int
host_signals(void)
{
	sigset_t signals, children;

	(void)sigemptyset(&children);
	(void)sigaddset(&children, SIGCHLD);
	(void)sigprocmask(SIG_UNBLOCK, &children, NULL);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* See spawn_note in host/seccomp_told.c. */
static void
host_children(const struct wi_host *host, int signals)
{
	sigset_t both;

	if (host->plan.facts.seccomp != WI_SECCOMP_ENFORCE)
		return;
	(void)sigemptyset(&both);
	(void)sigaddset(&both, SIGTERM);
	(void)sigaddset(&both, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &both, NULL);
	(void)signalfd(signals, &both, 0);
}

/* See parent_note. */
static void
host_parent(struct wi_host *host, int signum)
{
	char nothing;

	(void)prctl(PR_SET_PDEATHSIG, signum);
	if (recv(host->channel, &nothing, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(WI_EXIT_FAILURE); /* it was gone before that */
}

static int
host_hear_plan(struct wi_host *host, struct weft_error *err)
{
	struct wi_message message;
	int rv = WEFT_OK;

	while (rv == WEFT_OK) {
		rv = wi_channel_hear(host->channel, &message);
		if (rv == WEFT_OK)
			rv = wi_plan_hear(&host->plan, &message);
	}
	return rv == 1 ?
	    WEFT_OK :
	    wi_fail(err, rv, "expected a plan of the supervisor, found: %s",
		weft_strerror(rv));
}

static int
host_prepare(struct wi_host *host, struct weft_error *err)
{
	const struct wi_plan *plan = &host->plan;
	int rv = host_hear_plan(host, err);

	if (rv < 0)
		return rv;
	host_raise_descriptors();
	rv = wi_privileges_drop(wi_plan_text(plan, WI_PLAN_USER),
	    wi_plan_text(plan, WI_PLAN_GROUP), err);
	if (rv < 0)
		return rv;
	host_parent(host, SIGKILL);
	return wi_log_move(
	    &host->log, wi_plan_text(plan, WI_PLAN_LOG_FILE), err);
}

static int
host_serve(struct wi_host *host, int signals, struct weft_error *err)
{
	int rv = host_prepare(host, err);

	if (rv == WEFT_OK) {
		host_children(host, signals);
		rv = wi_host_build(host, err);
	}
	if (rv == WEFT_OK)
		rv = weft_node_start(host->node, err);
	if (rv < 0)
		return rv;
	host_parent(host, SIGTERM);
	rv = wi_host_admin_first(host, err);
	if (rv < 0) {
		weft_node_stop(host->node);
		return weft_node_join(host->node, NULL) == WEFT_ESTUCK ?
		    WEFT_ESTUCK :
		    rv;
	}
	wi_host_loop(host, signals);
	wi_host_admin_stop(host);
	return weft_node_join(host->node, err);
}

int
wi_host_main(int argc, char **argv)
{
	struct wi_host host = { .channel = WI_CHANNEL_FD,
		.crashes = { .fd = -1, .quarantine = -1, .released = -1 },
		.versions = { .versions = -1, .refused = -1 } };
	int signals = host_signals(), rv;
	struct weft_error err;

	if (argc != 2 || strcmp(argv[1], WI_CHANNEL_VERSION) != 0 ||
	    wi_channel_patience(host.channel) < 0) {
		wi_complain(
		    HOST_NAME, "expected to be started by \"weft serve\"");
		return WI_EXIT_USAGE;
	}
	wi_plan_init(&host.plan);
	wi_recent_init(&host.recent, wi_log_put, &host.log);
	rv = wi_host_asks_init(&host.asks);
	if (rv == WEFT_OK)
		rv = wi_log_open(&host.log, WEFT_LOG_INFO);
	if (rv == WEFT_OK)
		rv = host_serve(&host, signals, &err);
	else
		(void)wi_fail(&err, rv, "descriptors: %s", weft_strerror(rv));
	if (rv < 0)
		wi_host_say(&host, WI_SAY_FAILED, "%s", err.text);
	/* A stuck handler still uses the node: leave without freeing it. */
	if (rv == WEFT_ESTUCK)
		_exit(WI_EXIT_FAILURE);
	wi_host_raze(&host);
	return rv < 0 ? WI_EXIT_FAILURE : WI_EXIT_OK;
}
