/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check.c - the command "weft check": what is asked for, and of what.
 *
 * thread: main.
 * to:     conf_check, for a configuration; check_plugin, for a plugin.
 */
#include "host/check.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <weft/weft.h>

#include "host/check_plugin.h"
#include "host/usage.h"

#define CHECK_NAME "weft check"
#define CHECK_TIMEOUT UINT64_C(5000000000) /* [ns] */

enum {
	CHECK_KEY_STRICT = 0x100
};

static const char check_doc[] =
    "Check a configuration, or a plugin: say all that is wrong with it."
    "\v"
    "FILE is a configuration as \"weft serve\" takes it (\"weft conf doc\" "
    "says what it may say).  Each problem is a line on stdout: the file, line "
    "and column, what was expected and what was found.  Nothing is opened but "
    "the file and those that it includes, unless --plugins asks for it.\n\n"
    "PLUGIN ends in .so, or is the name of an installed plugin and no file "
    "that is here; options may stand behind a '?', as in \"weft run\".  It is "
    "loaded and unloaded in a process of its own: a crash or a hang is a line "
    "of the report.  An error keeps it from running, or makes it unsafe; a "
    "warning is about what goes wrong later: state that a reload loses, code "
    "that cannot be unmapped; a note says what would help.\n\n"
    "Exit status: 0 nothing is wrong, 1 there are problems (of a plugin: "
    "errors; with --strict, warnings too), 2 wrong usage.";

static const struct argp_option check_table[] = {
	{ .name = "json", .key = 'j', .doc = "Print one line of JSON" },
	{ .name = "plugins",
	    .key = 'p',
	    .doc = "Of a configuration: open its plugins too, in a process of "
		   "their own, and check their options" },
	{ .name = "set",
	    .key = 's',
	    .arg = "NAME=VALUE",
	    .doc = "As if the file said so, as of \"weft serve\"" },
	{ .name = "strict",
	    .key = CHECK_KEY_STRICT,
	    .doc = "Of a plugin: a warning makes the exit status 1, too" },
	{ .name = "timeout",
	    .key = 't',
	    .arg = "T",
	    .doc = "Of a plugin: time for loading and unloading (5s)" },
	{ .name = NULL }
};

static error_t
check_option(int key, char *arg, struct argp_state *state)
{
	struct wi_check *check = state->input;
	struct weft_error err;
	size_t n = 0;

	switch (key) {
	case 'j':
		check->json = true;
		return 0;
	case 'p':
		check->plugins = true;
		return 0;
	case 's':
		while (check->sets[n] != NULL)
			n++;
		check->sets[n] = arg;
		return 0;
	case CHECK_KEY_STRICT:
		check->strict = true;
		return 0;
	case 't':
		if (wi_usage_duration(
			"--timeout", arg, &check->timeout_ns, &err) < 0)
			argp_error(state, "%s", err.text);
		return 0;
	case ARGP_KEY_ARG:
		if (check->what != NULL)
			argp_error(state,
			    "expected one file, found a second: \"%s\"", arg);
		check->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (check->what == NULL)
			argp_error(state, "expected a file, or a plugin");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool
check_is_plugin(const char *what)
{
	size_t len = strcspn(what, "?");
	struct stat st;

	if (len >= 3 && strncmp(what + len - 3, ".so", 3) == 0)
		return true;
	return strchr(what, '/') == NULL && strchr(what, '.') == NULL &&
	    (stat(what, &st) < 0 || !S_ISREG(st.st_mode));
}

int
wi_check_main(int argc, char **argv)
{
	static const struct argp argp = { .options = check_table,
		.parser = check_option,
		.args_doc = "FILE|PLUGIN",
		.doc = check_doc };
	struct wi_check check = { .timeout_ns = CHECK_TIMEOUT };
	int status;

	argp_err_exit_status = WI_EXIT_USAGE;
	check.sets = calloc((size_t)argc + 1, sizeof(*check.sets));
	if (check.sets == NULL) {
		wi_complain(CHECK_NAME, "no memory");
		return WI_EXIT_FAILURE;
	}
	argp_parse(&argp, argc, argv, 0, NULL, &check);
	status = check_is_plugin(check.what) ? wi_check_plugin_main(&check) :
					       wi_check_conf(&check);
	free(check.sets);
	return status;
}
