/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev.c - the command "weft dev": build, run, watch, build again, reload.
 *
 * One poll() over the signals, the folder and what the build says.  A build
 * that fails changes nothing: what ran goes on.  A change during a build means
 * another one after it; there is never more than one.
 *
 * thread: main; the node has threads of its own (dev_node.c).
 */
#include "host/dev.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <weft/weft.h>

#include "base/clock.h"
#include "host/dev_build.h"
#include "host/dev_node.h"
#include "host/dev_plan.h"
#include "host/dev_watch.h"
#include "host/usage.h"

#define DEV_NAME "weft dev"
#define DEV_BUILD_LIMIT UINT64_C(60000000000) /* [ns] */

enum {
	DEV_KEY_BUILD_TIMEOUT = 0x100
};

struct dev {
	const char *folder;
	const char *urls[WI_DEV_MAX];
	size_t nurls;
	const char *folders[WI_DEV_MAX]; /* that are watched */
	size_t nfolders;
	uint64_t build_limit_ns;
	sigset_t mask;      /* as it was when we began */
	int signals;        /* signalfd */
	uint64_t change_ns; /* of the build that runs */
	struct wi_dev_plan plan;
	struct wi_dev_watch watch;
	struct wi_dev_build build;
	struct wi_dev_node node;
	bool stops;
};

static const char dev_doc[] =
    "Build a plugin's folder, run it, and reload it whenever a file is saved."
    "\v"
    "FOLDER (.) has a Makefile and a weft.conf, as \"weft new\" makes them: "
    "\"make\" builds the plugins, and weft.conf says which they are and where "
    "they listen.  A build that fails is shown, and the version before runs "
    "on; it does, too, if the new one cannot take over.  Clients stay "
    "connected.\n\n"
    "What happens is told on stdout, a line each with the time of day, and "
    "what the compiler says.  SIGINT and SIGTERM stop in order; a second one "
    "at once.\n\n"
    "Exit status: 0 stopped in order, 1 it did not work, 2 wrong usage.";

static const struct argp_option dev_table[] = {
	{ .name = "listen",
	    .key = 'l',
	    .arg = "URL",
	    .doc = "Serve the first plugin there, instead of where the "
		   "configuration says" },
	{ .name = "config",
	    .key = 'c',
	    .arg = "FILE",
	    .doc = "The configuration (weft.conf), as seen from FOLDER" },
	{ .name = "watch",
	    .key = 'w',
	    .arg = "DIR",
	    .doc = "Watch this folder, too" },
	{ .name = "build-timeout",
	    .key = DEV_KEY_BUILD_TIMEOUT,
	    .arg = "T",
	    .doc = "End a build that takes longer (60s)" },
	{ .name = NULL }
};

void
wi_dev_say(const char *format, ...)
{
	struct timespec now;
	char clock[16] = "";
	struct tm local;
	va_list args;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &local) != NULL)
		(void)strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	(void)printf("%s.%03ld ", clock, now.tv_nsec / 1000000);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	(void)fflush(stdout);
}

static void
dev_add(struct argp_state *state, const char *name, const char **list,
    size_t *count, const char *arg)
{
	if (*count == WI_DEV_MAX)
		argp_error(state, "--%s: expected at most %d, found another",
		    name, WI_DEV_MAX);
	list[(*count)++] = arg;
}

static error_t
dev_option(int key, char *arg, struct argp_state *state)
{
	struct dev *dev = state->input;
	struct weft_error err;

	switch (key) {
	case 'l':
		dev_add(state, "listen", dev->urls, &dev->nurls, arg);
		return 0;
	case 'w':
		dev_add(state, "watch", dev->folders, &dev->nfolders, arg);
		return 0;
	case 'c':
		dev->plan.file = arg;
		return 0;
	case DEV_KEY_BUILD_TIMEOUT:
		if (wi_usage_duration("--build-timeout", arg,
			&dev->build_limit_ns, &err) < 0)
			argp_error(state, "%s", err.text);
		return 0;
	case ARGP_KEY_ARG:
		if (dev->folder != NULL)
			argp_error(state,
			    "expected one folder, found a second: \"%s\"",
			    arg);
		dev->folder = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- builds */

static void
dev_build(struct dev *dev, uint64_t change_ns)
{
	struct weft_error err;

	dev->change_ns = change_ns;
	if (wi_dev_build_start(
		&dev->build, &dev->mask, dev->build_limit_ns, &err) < 0)
		wi_dev_say("not built: %s", err.text);
}

static void
dev_print_output(const struct wi_dev_build *build)
{
	(void)fwrite(build->output, 1, build->len, stdout);
	if (build->len > 0 && build->output[build->len - 1] != '\n')
		(void)putchar('\n');
	if (build->cut)
		(void)printf(
		    "... and more than %zu bytes\n", WI_DEV_OUTPUT_MAX);
	(void)fflush(stdout);
}

static void
dev_say_failed(const struct dev *dev, uint64_t took_ns, int status)
{
	const char *then = dev->node.node != NULL ?
	    "what ran goes on" :
	    "it starts when a build works";

	if (dev->build.late)
		wi_dev_say("build ended after %.0f ms, its deadline; %s:",
		    (double)took_ns / 1e6, then);
	else if (WIFSIGNALED(status))
		wi_dev_say("build failed after %.0f ms (signal %d); %s:",
		    (double)took_ns / 1e6, WTERMSIG(status), then);
	else
		wi_dev_say("build failed after %.0f ms (exit status %d); %s:",
		    (double)took_ns / 1e6, WEXITSTATUS(status), then);
	dev_print_output(&dev->build);
}

/* What was built is to run: now, or instead of what does. */
static void
dev_run(struct dev *dev, uint64_t took_ns)
{
	struct weft_error err;

	if (dev->node.node != NULL) {
		wi_dev_node_reload(&dev->node, dev->change_ns, took_ns);
		return;
	}
	if (wi_dev_node_start(&dev->node, &err) < 0)
		wi_dev_say("not started: %s", err.text);
	else
		wi_dev_say("ready, and watching");
}

static void
dev_end_build(struct dev *dev)
{
	uint64_t took_ns;
	int status;

	if (!wi_dev_build_ended(&dev->build, &status))
		return;
	took_ns = wi_clock_ns() - dev->build.begin_ns;
	if (status != 0 || dev->build.late) {
		dev_say_failed(dev, took_ns, status);
		return;
	}
	wi_dev_say("built in %.0f ms%s", (double)took_ns / 1e6,
	    dev->build.len > 0 ? ", and the compiler says:" : "");
	dev_print_output(&dev->build);
	dev_run(dev, took_ns);
}

/* ---- the loop */

static void
dev_read_signals(struct dev *dev)
{
	struct signalfd_siginfo info;

	while (
	    read(dev->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			wi_dev_say("stopping");
			dev->stops = true;
		}
	dev_end_build(dev);
}

/* [ms] until something is due; -1: nothing is. */
static int
dev_timeout(const struct dev *dev, uint64_t now)
{
	uint64_t due = dev->build.pid == 0 ? wi_dev_watch_due(&dev->watch) :
	    dev->build.late                ? 0 :
					     dev->build.deadline_ns;

	if (due == 0)
		return -1;
	return due <= now ? 0 : (int)((due - now) / 1000000) + 1;
}

static void
dev_do_due(struct dev *dev)
{
	uint64_t now = wi_clock_ns();
	uint64_t first = dev->watch.first_ns;

	if (dev->build.pid != 0) {
		if (!dev->build.late && now >= dev->build.deadline_ns) {
			dev->build.late = true;
			wi_dev_build_kill(&dev->build);
		}
	} else if (first != 0 && now >= wi_dev_watch_due(&dev->watch)) {
		dev->watch.first_ns = 0;
		wi_dev_say("changed: %s", dev->watch.name);
		if (strcmp(dev->watch.name, dev->plan.file) == 0)
			wi_dev_say(
			    "%s is read when weft dev starts", dev->plan.file);
		dev_build(dev, first);
	}
}

static void
dev_loop(struct dev *dev)
{
	struct pollfd fds[3];

	while (!dev->stops) {
		fds[0] = (struct pollfd){ dev->signals, POLLIN, 0 };
		fds[1] = (struct pollfd){ dev->watch.fd, POLLIN, 0 };
		fds[2] = (struct pollfd){ dev->build.fd, POLLIN, 0 };
		(void)poll(fds, dev->build.pid != 0 ? 3 : 2,
		    dev_timeout(dev, wi_clock_ns()));
		wi_dev_watch_read(&dev->watch, wi_clock_ns());
		if (dev->build.pid != 0)
			wi_dev_build_read(&dev->build);
		dev_read_signals(dev);
		if (!dev->stops)
			dev_do_due(dev);
	}
	wi_dev_build_kill(&dev->build);
}

/* ---- the command */

/* Before any thread: all inherit the mask. */
static int
dev_take_signals(struct dev *dev)
{
	sigset_t taken;

	(void)sigemptyset(&taken);
	(void)sigaddset(&taken, SIGINT);
	(void)sigaddset(&taken, SIGTERM);
	(void)sigaddset(&taken, SIGHUP);
	(void)sigaddset(&taken, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &taken, &dev->mask);
	dev->signals = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
	return dev->signals < 0 ? -errno : 0;
}

static int
dev_prepare(struct dev *dev)
{
	struct weft_error err;
	int rc = dev_take_signals(dev);

	if (rc == 0 && dev->folder != NULL && chdir(dev->folder) < 0)
		rc = -errno;
	if (rc < 0) {
		wi_complain(DEV_NAME, "%s: %s",
		    dev->folder != NULL ? dev->folder : "signals",
		    weft_strerror(rc));
		return rc;
	}
	dev->plan.urls = dev->urls;
	dev->plan.nurls = dev->nurls;
	rc = wi_dev_plan_read(&dev->plan, &dev->node);
	if (rc < 0)
		return rc;
	dev->node.options.log = weft_log_stderr;
	rc = wi_dev_watch_init(&dev->watch, dev->folders, dev->nfolders, &err);
	if (rc < 0)
		wi_complain(DEV_NAME, "%s", err.text);
	return rc;
}

static int
dev_stop(struct dev *dev)
{
	struct weft_error err;
	int rc;

	/* A second signal is not waited for: it ends the process. */
	(void)sigprocmask(SIG_SETMASK, &dev->mask, NULL);
	rc = wi_dev_node_stop(&dev->node, &err);
	if (rc < 0)
		wi_complain(DEV_NAME, "%s", err.text);
	/* A stuck handler still uses the node: leave without freeing it. */
	if (rc == WEFT_ESTUCK)
		_exit(WI_EXIT_FAILURE);
	wi_dev_watch_fini(&dev->watch);
	return rc < 0 ? WI_EXIT_FAILURE : WI_EXIT_OK;
}

int
wi_dev_main(int argc, char **argv)
{
	static const struct argp argp = { .options = dev_table,
		.parser = dev_option,
		.args_doc = "[FOLDER]",
		.doc = dev_doc };
	static struct dev dev = { .folders = { "." },
		.nfolders = 1,
		.build_limit_ns = DEV_BUILD_LIMIT,
		.plan = { .file = "weft.conf" },
		.build = { .fd = -1 } };
	int rc;

	argp_err_exit_status = WI_EXIT_USAGE;
	(void)argp_parse(&argp, argc, argv, 0, NULL, &dev);
	rc = dev_prepare(&dev);
	if (rc < 0) {
		wi_dev_plan_free(&dev.plan);
		return WI_EXIT_FAILURE;
	}
	dev_build(&dev, wi_clock_ns());
	dev_loop(&dev);
	rc = dev_stop(&dev);
	wi_dev_plan_free(&dev.plan);
	return rc;
}
