/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/run.c - weft run: plugins in the foreground, without a file.
 *
 * The command line is read whole before anything is done; then the plugins are
 * loaded, the listeners bound and named on stdout, and the node runs until a
 * signal stops it.
 *
 * thread: main, which becomes the I/O thread.
 */
#include "host/run.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <weft/weft.h>

#include "host/admin.h"
#include "host/recent.h"
#include "host/crash_dir.h"
#include "host/reload.h"
#include "host/usage.h"

#define RUN_NAME "weft run"
#define RUN_TIME_MIN UINT64_C(1000000)        /* [ns] */
#define RUN_TIME_MAX UINT64_C(86400000000000) /* [ns] */

/* What stands on the command line, in its order. */
struct run_item {
	const char *text; /* a plugin or a URL */
	int is_listener;
	const char *plugin; /* who serves it, by its own name */
	struct weft_bound bound;
};

struct run {
	struct run_item *items;
	size_t nitems;
	size_t nlisteners;
	int counters;      /* print them at the end */
	const char *admin; /* where the admin socket is to be, or NULL */
	bool allow_load;
	struct wi_recent recent;
	const char *crash_dir;   /* NULL: crashes are not reported */
	uint32_t crash_within_s; /* of one message: it is quarantined */
	struct weft_options options;
};

enum {
	RUN_KEY_DRAIN = 0x100,
	RUN_KEY_MAX_MESSAGE,
	RUN_KEY_MAX_WORKERS,
	RUN_KEY_MAX_ENDPOINTS,
	RUN_KEY_COUNTERS,
	RUN_KEY_DEADLINE,
	RUN_KEY_QUEUE_TARGET,
	RUN_KEY_QUEUE_INTERVAL,
	RUN_KEY_ADMIN,
	RUN_KEY_ALLOW_LOAD,
	RUN_KEY_CRASH_DIR,
	RUN_KEY_CRASH_WITHIN,
};

static const char run_doc[] =
    "Serve with one plugin or several, in the foreground."
    "\v"
    "PLUGIN is a file (it has a '/' or ends in .so) or the name of an "
    "installed plugin, with options behind a '?': 'slow?burn_us=200'.  A "
    "listener is served by the plugin that stands before it.\n\n"
    "URL is tcp[+CODEC]://HOST:PORT, unix[+CODEC]:///PATH, udp://HOST:PORT "
    "or one of the others that \"weft urls\" lists, with options behind a "
    "\"?\"; port 0 takes a free one.  On stdout "
    "stands a line for each listener, with the real port, then \"ready\"; "
    "everything else is on stderr.\n\n"
    "SIGINT and SIGTERM stop in order: what was read is served, what was sent "
    "leaves.  A second signal stops at once.  SIGHUP reads certificates and "
    "keys again, and reloads plugins whose files have changed.\n\n"
    "Exit status: 0 stopped in order, 1 it did not work, 2 wrong usage, a "
    "wrong URL included.";

static const struct argp_option run_table[] = {
	{ .name = "listen",
	    .key = 'l',
	    .arg = "URL",
	    .doc = "Serve clients that connect there" },
	{ .name = "workers",
	    .key = 'w',
	    .arg = "N",
	    .doc = "Threads that run handlers (as many as there are cores)" },
	{ .name = "max-workers",
	    .key = RUN_KEY_MAX_WORKERS,
	    .arg = "N",
	    .doc = "Most threads that run handlers while some of these block "
		   "(64)" },
	{ .name = "log",
	    .key = 'g',
	    .arg = "LEVEL",
	    .doc = "debug, info, warn (default), error or off" },
	{ .name = "max-message",
	    .key = RUN_KEY_MAX_MESSAGE,
	    .arg = "BYTES",
	    .doc = "Longest message (1048576)" },
	{ .name = "max-endpoints",
	    .key = RUN_KEY_MAX_ENDPOINTS,
	    .arg = "N",
	    .doc = "Most clients at a time (65536)" },
	{ .name = "drain",
	    .key = RUN_KEY_DRAIN,
	    .arg = "T",
	    .doc = "Time for an orderly stop, in seconds, or with its unit: "
		   "500ms (10s)" },
	{ .name = "deadline",
	    .key = RUN_KEY_DEADLINE,
	    .arg = "T",
	    .doc = "Drop a message that has waited so long (never)" },
	{ .name = "queue-target",
	    .key = RUN_KEY_QUEUE_TARGET,
	    .arg = "T",
	    .doc = "While all messages wait longer than this, clients that "
		   "have some waiting are not read from (off)" },
	{ .name = "queue-interval",
	    .key = RUN_KEY_QUEUE_INTERVAL,
	    .arg = "T",
	    .doc = "For how long messages must have waited longer than "
		   "--queue-target before clients are not read from (100ms)" },
	{ .name = "admin",
	    .key = RUN_KEY_ADMIN,
	    .arg = "PATH",
	    .doc = "Listen there for \"weft status\", \"weft stop\" and "
		   "their sisters (nowhere)" },
	{ .name = "allow-load",
	    .key = RUN_KEY_ALLOW_LOAD,
	    .doc = "Let \"weft reload\" load plugins from other files than "
		   "those given here" },
	{ .name = "crash-dir",
	    .key = RUN_KEY_CRASH_DIR,
	    .arg = "DIR",
	    .doc = "Keep reports of crashes there (\"weft crashes\" shows "
		   "them), and do not die of one message a third time" },
	{ .name = "crash-within",
	    .key = RUN_KEY_CRASH_WITHIN,
	    .arg = "T",
	    .doc = "Two crashes of one message in that time: it is given to "
		   "no handler (60s)" },
	{ .name = "counters",
	    .key = RUN_KEY_COUNTERS,
	    .doc = "Print all counters on stderr at the end" },
	{ .name = NULL }
};

static const char *const run_levels[] = { [WEFT_LOG_DEBUG] = "debug",
	[WEFT_LOG_INFO] = "info",
	[WEFT_LOG_WARN] = "warn",
	[WEFT_LOG_ERROR] = "error",
	[WEFT_LOG_OFF] = "off" };

static uint32_t
run_level(const char *text)
{
	uint32_t level;

	for (level = WEFT_LOG_DEBUG; level <= WEFT_LOG_OFF; level++)
		if (strcmp(text, run_levels[level]) == 0)
			return level;
	return 0;
}

static void
run_add(struct run *run, struct argp_state *state, const char *text,
    int is_listener)
{
	if (is_listener && run->nitems == 0)
		argp_error(
		    state, "--listen %s: expected a plugin before it", text);
	run->items[run->nitems].text = text;
	run->items[run->nitems].is_listener = is_listener;
	run->nitems++;
	run->nlisteners += is_listener != 0;
}

static void
run_number(struct argp_state *state, const char *name, const char *text,
    uint32_t max, uint32_t *out)
{
	struct weft_error err;
	uint64_t value;

	if (wi_usage_number(name, text, 1, max, &value, &err) < 0)
		argp_error(state, "%s", err.text);
	else
		*out = (uint32_t)value;
}

/* A time, kept in ms. */
static void
run_time(struct argp_state *state, const char *name, const char *text,
    uint32_t *out)
{
	struct weft_error err;
	uint64_t ns;

	if (wi_usage_duration(name, text, &ns, &err) < 0)
		argp_error(state, "%s", err.text);
	else if (ns < RUN_TIME_MIN || ns > RUN_TIME_MAX)
		argp_error(state, "%s: expected 1ms to 24h, found \"%s\"",
		    name, text);
	else
		*out = (uint32_t)(ns / RUN_TIME_MIN);
}

/* Options that set one of the node's. */
struct run_bound {
	int key;
	const char *name;
	size_t at;    /* in struct weft_options */
	uint32_t max; /* 0: a time */
};

#define RUN_AT(member) offsetof(struct weft_options, member)

static const struct run_bound run_bounds[] = {
	{ 'w', "--workers", RUN_AT(workers), 1024 },
	{ RUN_KEY_MAX_WORKERS, "--max-workers", RUN_AT(max_workers), 1024 },
	{ RUN_KEY_MAX_MESSAGE, "--max-message", RUN_AT(max_message),
	    1u << 30 },
	{ RUN_KEY_MAX_ENDPOINTS, "--max-endpoints", RUN_AT(max_endpoints),
	    16777215 },
	{ RUN_KEY_DRAIN, "--drain", RUN_AT(drain_ms), 0 },
	{ RUN_KEY_DEADLINE, "--deadline", RUN_AT(deadline_ms), 0 },
	{ RUN_KEY_QUEUE_TARGET, "--queue-target", RUN_AT(queue_target_ms), 0 },
	{ RUN_KEY_QUEUE_INTERVAL, "--queue-interval",
	    RUN_AT(queue_interval_ms), 0 },
};

/* false: it is none of those. */
static bool
run_bounded(
    struct run *run, int key, const char *arg, struct argp_state *state)
{
	const struct run_bound *bound = run_bounds;
	const struct run_bound *end =
	    bound + sizeof(run_bounds) / sizeof(run_bounds[0]);
	uint32_t *out;

	while (bound < end && bound->key != key)
		bound++;
	if (bound == end)
		return false;
	out = (void *)((char *)&run->options + bound->at);
	if (bound->max != 0)
		run_number(state, bound->name, arg, bound->max, out);
	else
		run_time(state, bound->name, arg, out);
	return true;
}

static error_t
run_option(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;

	if (run_bounded(run, key, arg, state))
		return 0;
	switch (key) {
	case 'l':
		run_add(run, state, arg, 1);
		break;
	case 'g':
		run->options.log_level = run_level(arg);
		if (run->options.log_level == 0)
			argp_error(state,
			    "--log: expected debug, info, warn, "
			    "error or off, found \"%s\"",
			    arg);
		break;
	case RUN_KEY_CRASH_DIR:
		run->crash_dir = arg;
		break;
	case RUN_KEY_CRASH_WITHIN:
		run_time(state, "--crash-within", arg, &run->crash_within_s);
		run->crash_within_s = (run->crash_within_s + 999) / 1000;
		break;
	case RUN_KEY_COUNTERS:
		run->counters = 1;
		break;
	case RUN_KEY_ADMIN:
		run->admin = arg;
		break;
	case RUN_KEY_ALLOW_LOAD:
		run->allow_load = true;
		break;
	case ARGP_KEY_ARG:
		run_add(run, state, arg, 0);
		break;
	case ARGP_KEY_END:
		if (run->nitems == 0)
			argp_error(state, "expected a plugin");
		else if (run->nlisteners == 0)
			argp_error(state, "expected --listen URL");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* As many descriptors as we may have. */
static void
run_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Load and bind in the order of the command line. */
static int
run_set_up(
    struct weft_node *node, const struct run *run, struct weft_error *err)
{
	const char *plugin = NULL;
	struct run_item *item;
	size_t i;
	int rv = WEFT_OK;

	for (i = 0; i < run->nitems && rv == WEFT_OK; i++) {
		item = &run->items[i];
		if (!item->is_listener)
			rv = weft_node_load(node, item->text, &plugin, err);
		else
			rv = weft_node_listen(
			    node, item->text, plugin, &item->bound, err);
		item->plugin = plugin;
	}
	return rv;
}

/* Once all of it has worked. */
static void
run_say_ready(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->nitems; i++)
		if (run->items[i].is_listener)
			(void)printf("listening %s plugin=%s\n",
			    run->items[i].bound.url, run->items[i].plugin);
	(void)printf("ready\n");
	(void)fflush(stdout);
}

static void
run_print_counters(const struct weft_node *node)
{
	const struct weft_counter_info *info;
	unsigned i;

	for (i = 0; (info = weft_counter_info(i)) != NULL; i++)
		(void)fprintf(stderr, "%-20s %llu %s\n", info->name,
		    (unsigned long long)weft_node_counter(node, i),
		    info->unit);
}

/* Before plugins are loaded: load() may crash. */
static int
run_crashes(struct weft_node *node, const struct run *run,
    struct wi_crash_dir *crashes, struct weft_error *err)
{
	int rv;

	if (run->crash_dir == NULL)
		return WEFT_OK;
	rv = wi_crash_dir_open(crashes, run->crash_dir, true, err);
	return rv < 0 ?
	    rv :
	    wi_crash_dir_use(crashes, node, run->crash_within_s, err);
}

/* Until it has stopped; the admin socket is there before "ready" is said. */
static int
run_node(struct weft_node *node, struct run *run, struct weft_error *err)
{
	const struct wi_admin_ops ops = { .recent = &run->recent,
		.allow_load = run->allow_load };
	struct wi_admin *admin = NULL;
	int rv = WEFT_OK;

	if (run->admin != NULL)
		rv = wi_admin_start(&admin, node, run->admin, &ops, err);
	if (rv < 0)
		return rv;
	run_say_ready(run);
	rv = weft_node_run(node, err);
	wi_admin_stop(&admin);
	return rv;
}

static int
run_serve(struct run *run)
{
	struct wi_crash_dir crashes = { .fd = -1 };
	struct wi_reload reload;
	struct weft_node *node;
	struct weft_error err;
	int rv;

	wi_reload_hold();
	rv = weft_node_new(&node, &run->options, &err);
	if (rv < 0) {
		wi_complain(RUN_NAME, "%s", err.text);
		return WI_EXIT_FAILURE;
	}
	rv = wi_reload_start(&reload, node, RUN_NAME);
	if (rv < 0) {
		wi_complain(RUN_NAME, "%s", weft_strerror(rv));
		(void)weft_node_free(&node);
		return WI_EXIT_FAILURE;
	}
	rv = run_crashes(node, run, &crashes, &err);
	if (rv == WEFT_OK)
		rv = run_set_up(node, run, &err);
	if (rv == WEFT_OK)
		rv = run_node(node, run, &err);
	wi_reload_stop(&reload);
	if (rv < 0)
		wi_complain(RUN_NAME, "%s", err.text);
	/* A stuck handler still uses the node: leave without freeing it. */
	if (rv == WEFT_ESTUCK)
		_exit(WI_EXIT_FAILURE);
	if (run->counters)
		run_print_counters(node);
	(void)weft_node_free(&node);
	if (run->crash_dir != NULL)
		wi_crash_dir_close(&crashes);
	return rv == WEFT_EURL ? WI_EXIT_USAGE :
	    rv < 0             ? WI_EXIT_FAILURE :
				 WI_EXIT_OK;
}

int
wi_run_main(int argc, char **argv)
{
	static const struct argp argp = { run_table, run_option,
		"PLUGIN... --listen URL [--listen URL]...", run_doc, NULL,
		NULL, NULL };
	struct run run = { .options = WEFT_OPTIONS_INIT };
	int rc;

	argp_err_exit_status = WI_EXIT_USAGE;
	wi_recent_init(&run.recent, weft_log_stderr, NULL);
	run.options.log = wi_recent_log;
	run.options.log_arg = &run.recent;
	run.options.log_level = WEFT_LOG_WARN;
	run.options.signals = 1;
	run.crash_within_s = WI_CRASH_WITHIN_S;
	run.items = calloc((size_t)argc, sizeof(*run.items));
	if (run.items == NULL) {
		wi_complain(RUN_NAME, "no memory");
		return WI_EXIT_FAILURE;
	}
	(void)argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &run);
	run_raise_descriptors();
	rc = run_serve(&run);
	wi_recent_fini(&run.recent);
	free(run.items);
	return rc;
}
