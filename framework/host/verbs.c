/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/verbs - the commands that talk to a host that runs.
 *
 * Each is a row of a table: what it takes, and who tells the answer to people.
 * The request's words are made here, sent by host/ask.c and told by
 * host/tell*.c.
 *
 * thread: main.
 */
#include "host/verbs.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/error.h>

#include "host/ask.h"
#include "host/tell.h"
#include "host/usage.h"

#define VERBS_WAIT_NS UINT64_C(10000000000)
#define VERBS_STOP_NS UINT64_C(60000000000)
#define VERBS_WATCH_MS 1000
#define VERBS_WORDS 8u

struct verbs_row {
	const char *name;
	const char *args;
	const char *doc;
	unsigned min, max; /* words */
	const struct argp_option *options;
	void (*tell)(
	    const json_t *lines, const struct wi_telling *how, FILE *out);
	uint64_t wait_ns;
};

struct verbs {
	const struct verbs_row *row;
	const char *words[VERBS_WORDS + 1]; /* of the request; [0]: the verb */
	unsigned nwords;
	unsigned nargs;
	char deadline[48];
	char listener[512];
	char plugin[128];
	struct wi_ask ask;
	struct wi_telling how;
	bool watches;
	bool waits; /* until the host has gone */
};

enum {
	VERBS_KEY_ADMIN = 0x100,
	VERBS_KEY_JSON,
	VERBS_KEY_TIMEOUT,
	VERBS_KEY_WATCH,
	VERBS_KEY_LISTENER,
	VERBS_KEY_PLUGIN,
	VERBS_KEY_SORT,
	VERBS_KEY_LIMIT,
	VERBS_KEY_DEADLINE,
	VERBS_KEY_WAIT,
	VERBS_KEY_NOW,
	VERBS_KEY_DRY,
};

static const struct argp_option verbs_common[] = {
	{ .name = "admin",
	    .key = VERBS_KEY_ADMIN,
	    .arg = "PATH",
	    .doc = "The host's admin socket ($WEFT_ADMIN, else "
		   "$XDG_RUNTIME_DIR/weft/admin.sock, else "
		   "/run/weft/admin.sock)" },
	{ .name = "json",
	    .key = VERBS_KEY_JSON,
	    .doc = "Print lines of JSON, as the host says them" },
	{ .name = "timeout",
	    .key = VERBS_KEY_TIMEOUT,
	    .arg = "T",
	    .doc = "Wait so long, in seconds or with a unit, then give up" },
	{ .name = NULL }
};
static const struct argp_option verbs_status[] = {
	{ .name = "watch",
	    .key = VERBS_KEY_WATCH,
	    .doc = "Again each second, until it is interrupted" },
	{ .name = NULL }
};
static const struct argp_option verbs_endpoints[] = {
	{ .name = "listener",
	    .key = VERBS_KEY_LISTENER,
	    .arg = "LISTENER",
	    .doc = "Only its clients" },
	{ .name = "plugin",
	    .key = VERBS_KEY_PLUGIN,
	    .arg = "NAME",
	    .doc = "Only those that it serves" },
	{ .name = "sort",
	    .key = VERBS_KEY_SORT,
	    .arg = "BY",
	    .doc = "in or out (bytes), or age; the largest first" },
	{ .name = "limit",
	    .key = VERBS_KEY_LIMIT,
	    .arg = "N",
	    .doc = "At most so many" },
	{ .name = NULL }
};
static const struct argp_option verbs_drain[] = {
	{ .name = "deadline",
	    .key = VERBS_KEY_DEADLINE,
	    .arg = "T",
	    .doc = "Stop then, whoever is left (never)" },
	{ .name = "wait",
	    .key = VERBS_KEY_WAIT,
	    .doc = "Wait until the host has gone" },
	{ .name = NULL }
};
static const struct argp_option verbs_stop[] = {
	{ .name = "now",
	    .key = VERBS_KEY_NOW,
	    .doc = "Drop what has not been done yet" },
	{ .name = NULL }
};
static const struct argp_option verbs_reload[] = {
	{ .name = "dry-run",
	    .key = VERBS_KEY_DRY,
	    .doc = "Only say what would happen" },
	{ .name = NULL }
};

#define VERBS_LISTENER                                                        \
	"LISTENER is a number of \"weft status\", a URL, or a part of one "   \
	"that no other has."

static const struct verbs_row verbs_rows[] = {
	{ "status", "",
	    "Tell how a host is: its plugins, listeners, traffic, and which "
	    "limits were reached.",
	    0, 0, verbs_status, wi_tell_status, VERBS_WAIT_NS },
	{ "endpoints", "",
	    "List the endpoints of a host.\v"
	    "IN and OUT are messages and bytes; MAILBOX is what no handler "
	    "has taken, OUTBOX what the peer has not; PAUSED is why it is not "
	    "read from.  " VERBS_LISTENER,
	    0, 0, verbs_endpoints, wi_tell_endpoints, VERBS_WAIT_NS },
	{ "explain", "NAME",
	    "Tell all that is known of an endpoint, a listener or a plugin.\v"
	    "NAME is an endpoint's id or its peer's address, both as \"weft "
	    "endpoints\" lists them; a plugin's name; or a "
	    "listener.  " VERBS_LISTENER,
	    1, 1, NULL, wi_tell_explain, VERBS_WAIT_NS },
	{ "suspend", "LISTENER",
	    "Let a listener take no new clients: they wait in the backlog (of "
	    "datagrams: are dropped) until \"weft resume\".\v" VERBS_LISTENER,
	    1, 1, NULL, wi_tell_lines, VERBS_WAIT_NS },
	{ "resume", "LISTENER",
	    "Let a listener take clients again.\v" VERBS_LISTENER, 1, 1, NULL,
	    wi_tell_lines, VERBS_WAIT_NS },
	{ "drain", "",
	    "Let a host take no new clients, and stop when those that are "
	    "there have gone by themselves.\v"
	    "Of \"weft serve\" that is the end of the service, with status 0; "
	    "its supervisor closes the listening sockets.",
	    0, 0, verbs_drain, wi_tell_lines, VERBS_WAIT_NS },
	{ "stop", "",
	    "Stop a host as SIGTERM does, and wait until it has gone: what "
	    "was read is served, what was sent leaves.\v"
	    "Of \"weft serve\" that is the end of the service.",
	    0, 0, verbs_stop, wi_tell_lines, VERBS_STOP_NS },
	{ "reload", "[PLUGIN [FILE]]",
	    "Let a new version of a plugin take over, or read the "
	    "configuration again.\v"
	    "Clients stay connected.  Whatever is wrong with the new version, "
	    "the old one goes on, and the reason is told.  FILE is another "
	    "one than it was loaded from, if the host was started with "
	    "--allow-load, or its configuration has load_any.\n\n"
	    "Without PLUGIN the configuration of \"weft serve\" is read "
	    "again, as SIGHUP does: each thing that changes is told, and "
	    "whatever is wrong with the file, or was left as it is.  The "
	    "status is 0 if all of it was done (with --dry-run: could be), "
	    "but for options that take a restart, which are marked.",
	    0, 2, verbs_reload, wi_tell_lines, VERBS_STOP_NS },
	{ "rollback", "PLUGIN",
	    "Let the version before the present one of a plugin take over "
	    "again.",
	    1, 1, verbs_reload, wi_tell_lines, VERBS_STOP_NS },
};

#define VERBS_COUNT (sizeof(verbs_rows) / sizeof(verbs_rows[0]))

static void
verbs_word(struct verbs *verbs, const char *word)
{
	if (verbs->nwords < VERBS_WORDS)
		verbs->words[verbs->nwords++] = word;
}

/* "name=value" in that room. */
static void
verbs_option(struct argp_state *state, char *room, size_t size,
    const char *name, const char *value)
{
	int n = snprintf(room, size, "%s=%s", name, value);

	if (n < 0 || (size_t)n >= size)
		argp_error(state, "--%s: expected a shorter text", name);
	verbs_word(state->input, room);
}

static void
verbs_time(
    struct argp_state *state, const char *name, const char *arg, uint64_t *ns)
{
	struct weft_error err;

	if (wi_usage_duration(name, arg, ns, &err) < 0)
		argp_error(state, "%s", err.text);
	else if (*ns < 1000000 || *ns > UINT64_C(86400000000000))
		argp_error(
		    state, "%s: expected 1ms to 24h, found \"%s\"", name, arg);
}

static void
verbs_deadline(struct argp_state *state, struct verbs *verbs, const char *arg)
{
	char ms[24];
	uint64_t ns = 0;

	verbs_time(state, "--deadline", arg, &ns);
	(void)snprintf(
	    ms, sizeof(ms), "%llu", (unsigned long long)(ns / 1000000));
	verbs_option(state, verbs->deadline, sizeof(verbs->deadline),
	    "deadline_ms", ms);
}

static void
verbs_arg(struct argp_state *state, struct verbs *verbs, const char *arg)
{
	if (verbs->nargs++ == verbs->row->max)
		argp_error(state, "expected %s, found \"%s\" besides",
		    verbs->row->max == 0 ? "options only" : verbs->row->args,
		    arg);
	verbs_word(verbs, arg);
}

static void
verbs_list_option(struct argp_state *state, int key, char *arg)
{
	struct verbs *verbs = state->input;
	struct weft_error err;

	if (key == VERBS_KEY_LISTENER)
		verbs_option(state, verbs->listener, sizeof(verbs->listener),
		    "listener", arg);
	else if (key == VERBS_KEY_PLUGIN)
		verbs_option(state, verbs->plugin, sizeof(verbs->plugin),
		    "plugin", arg);
	else if (key == VERBS_KEY_LIMIT &&
	    wi_usage_number(
		"--limit", arg, 1, UINT32_MAX, &verbs->how.limit, &err) < 0)
		argp_error(state, "%s", err.text);
	else if (key == VERBS_KEY_SORT && strcmp(arg, "in") != 0 &&
	    strcmp(arg, "out") != 0 && strcmp(arg, "age") != 0)
		argp_error(state,
		    "--sort: expected in, out or age, found \"%s\"", arg);
	else if (key == VERBS_KEY_SORT)
		verbs->how.sort = arg;
}

static error_t
verbs_common_key(int key, char *arg, struct argp_state *state)
{
	struct verbs *verbs = state->input;

	switch (key) {
	case VERBS_KEY_ADMIN:
		verbs->ask.path = arg;
		break;
	case VERBS_KEY_JSON:
		verbs->ask.json = true;
		break;
	case VERBS_KEY_TIMEOUT:
		verbs_time(state, "--timeout", arg, &verbs->ask.wait_ns);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t
verbs_key(int key, char *arg, struct argp_state *state)
{
	struct verbs *verbs = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = verbs;
		break;
	case VERBS_KEY_WATCH:
		verbs->watches = true;
		break;
	case VERBS_KEY_DEADLINE:
		verbs_deadline(state, verbs, arg);
		break;
	case VERBS_KEY_WAIT:
		verbs->waits = true;
		break;
	case VERBS_KEY_NOW:
		verbs_word(verbs, "now=1");
		break;
	case VERBS_KEY_DRY:
		verbs_word(verbs, "dry=1");
		break;
	case VERBS_KEY_LISTENER:
	case VERBS_KEY_PLUGIN:
	case VERBS_KEY_LIMIT:
	case VERBS_KEY_SORT:
		verbs_list_option(state, key, arg);
		break;
	case ARGP_KEY_ARG:
		verbs_arg(state, verbs, arg);
		break;
	case ARGP_KEY_END:
		if (verbs->nargs < verbs->row->min)
			argp_error(state, "expected %s", verbs->row->args);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* ---- do it */

static void
verbs_json(const json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		(void)json_dumpf(line, stdout, JSON_COMPACT);
		(void)putchar('\n');
	}
}

static void
verbs_tell(const struct verbs *verbs, const struct wi_told *told)
{
	json_t *lines = json_incref(told->lines);

	if (verbs->row->tell == wi_tell_endpoints) {
		json_decref(lines);
		lines = wi_tell_sort(told->lines, &verbs->how);
	}
	if (verbs->ask.json) {
		verbs_json(lines);
		if (told->outcome != NULL)
			(void)json_dumpf(told->outcome, stdout, JSON_COMPACT);
		if (told->outcome != NULL)
			(void)putchar('\n');
	} else {
		verbs->row->tell(lines, &verbs->how, stdout);
	}
	json_decref(lines);
	(void)fflush(stdout);
}

static int
verbs_once(const struct verbs *verbs)
{
	char full[64], room[512];
	struct weft_error err;
	struct wi_told told;
	int rv;

	(void)snprintf(full, sizeof(full), "weft %s", verbs->row->name);
	rv = wi_ask(&verbs->ask, verbs->words, &told, &err);
	/* Of one that the host refuses, as far as it went. */
	if (rv == WEFT_OK || rv == -EREMOTEIO)
		verbs_tell(verbs, &told);
	if (rv == WEFT_OK && verbs->waits)
		rv = wi_told_wait(&told, verbs->ask.wait_ns, &err);
	if (rv == WEFT_OK && verbs->waits && !verbs->ask.json)
		(void)printf("the host at %s (pid %d) has gone\n",
		    wi_ask_path(&verbs->ask, room), (int)told.pid);
	wi_told_fini(&told);
	if (rv < 0)
		wi_complain(full, "%s", err.text);
	return rv < 0 ? WI_EXIT_FAILURE : WI_EXIT_OK;
}

/* Until it fails: Ctrl-C ends it as it ends anything. */
static int
verbs_watch(const struct verbs *verbs)
{
	int rc;

	do {
		if (!verbs->ask.json && isatty(STDOUT_FILENO))
			(void)printf("\033[H\033[J");
		rc = verbs_once(verbs);
	} while (rc == WI_EXIT_OK && poll(NULL, 0, VERBS_WATCH_MS) == 0);
	return rc;
}

int
wi_verbs_main(int argc, char **argv)
{
	static const struct argp common = { verbs_common, verbs_common_key,
		NULL, NULL, NULL, NULL, NULL };
	static const struct argp_child children[] = { { &common, 0, NULL, 0 },
		{ NULL, 0, NULL, 0 } };
	struct argp argp = { .parser = verbs_key };
	struct verbs verbs = { .how = { .limit = UINT32_MAX } };
	const char *name = strchr(argv[0], ' ') + 1;
	size_t i = 0;

	while (i + 1 < VERBS_COUNT && strcmp(verbs_rows[i].name, name) != 0)
		i++;
	verbs.row = &verbs_rows[i];
	verbs.ask.wait_ns = verbs.row->wait_ns;
	verbs.waits = strcmp(name, "stop") == 0;
	verbs_word(&verbs, verbs.row->name);
	argp.options = verbs.row->options;
	argp.args_doc = verbs.row->args;
	argp.doc = verbs.row->doc;
	argp.children = children;
	argp_err_exit_status = WI_EXIT_USAGE;
	(void)argp_parse(&argp, argc, argv, 0, NULL, &verbs);
	return verbs.watches ? verbs_watch(&verbs) : verbs_once(&verbs);
}
