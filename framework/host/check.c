/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check.c - the command "weft check": will it run?
 *
 * thread: main.
 */
#include "host/check.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include <weft/weft.h>

#include "host/check_plugin.h"
#include "host/finding.h"
#include "host/usage.h"

#define CHECK_NAME "weft check"
#define CHECK_TIMEOUT UINT64_C(5000000000) /* [ns] */

enum {
	CHECK_KEY_STRICT = 0x100
};

struct check {
	const char *what;
	bool json;
	bool strict;
	uint64_t timeout_ns;
};

static const char check_doc[] =
    "Say whether a plugin is fit to be run, without running it."
    "\v"
    "PLUGIN is a file (it has a '/' or ends in .so) or the name of an "
    "installed plugin, with options behind a '?', as in \"weft run\".  It is "
    "loaded and unloaded in a process of its own: what it does there is done, "
    "but a crash or a hang is a line of the report.\n\n"
    "An error keeps the plugin from running, or makes it unsafe.  A warning "
    "is about what goes wrong later: state that a reload loses, code that "
    "cannot be unmapped.  A note says what would help.\n\n"
    "Exit status: 0 no errors, 1 errors (with --strict, warnings too), 2 "
    "wrong usage.";

static const struct argp_option check_table[] = {
	{ .name = "json", .key = 'j', .doc = "Print one line of JSON" },
	{ .name = "strict",
	    .key = CHECK_KEY_STRICT,
	    .doc = "Warnings make the exit status 1, too" },
	{ .name = "timeout",
	    .key = 't',
	    .arg = "T",
	    .doc = "Time for loading and unloading (5s)" },
	{ .name = NULL }
};

static error_t
check_option(int key, char *arg, struct argp_state *state)
{
	struct check *check = state->input;
	struct weft_error err;

	switch (key) {
	case 'j':
		check->json = true;
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
			    "expected one plugin, found a second: \"%s\"",
			    arg);
		check->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (check->what == NULL)
			argp_error(state, "expected a plugin");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
wi_check_main(int argc, char **argv)
{
	static const struct argp argp = { .options = check_table,
		.parser = check_option,
		.args_doc = "PLUGIN",
		.doc = check_doc };
	struct check check = { .timeout_ns = CHECK_TIMEOUT };
	struct wi_findings findings = { .count = 0 };
	bool bad;
	int rc;

	argp_err_exit_status = WI_EXIT_USAGE;
	(void)argp_parse(&argp, argc, argv, 0, NULL, &check);
	wi_check_plugin(check.what, check.timeout_ns, &findings);
	rc = wi_findings_print(&findings, check.what, check.json);
	bad = findings.levels[WI_LEVEL_ERROR] > 0 ||
	    (check.strict && findings.levels[WI_LEVEL_WARNING] > 0);
	wi_findings_free(&findings);
	if (rc < 0)
		wi_complain(CHECK_NAME, "%s", weft_strerror(rc));
	return rc < 0 || bad ? WI_EXIT_FAILURE : WI_EXIT_OK;
}
