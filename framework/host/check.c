/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check.c - the command "weft check": what is asked for, and of what.
 *
 * thread: main.
 * to:     conf_check, for a configuration.
 */
#include "host/check.h"

#include <argp.h>
#include <stdlib.h>

#include "host/usage.h"

static const char check_doc[] =
    "Check a configuration: say all that is wrong with it."
    "\v"
    "FILE is a configuration as \"weft serve\" takes it (\"weft conf doc\" "
    "says what it may say).  Each problem is a line on stdout: the file, line "
    "and column, what was expected and what was found.  Nothing is opened but "
    "the file and those that it includes, unless --plugins asks for it.\n\n"
    "Exit status: 0 nothing is wrong, 1 there are problems, 2 wrong usage.";

static const struct argp_option check_table[] = {
	{ .name = "json", .key = 'j', .doc = "Print one line of JSON" },
	{ .name = "plugins",
	    .key = 'p',
	    .doc =
		"Open the plugins too, in a process of their own, and check "
		"their options" },
	{ .name = "set",
	    .key = 's',
	    .arg = "NAME=VALUE",
	    .doc = "As if the file said so, as of \"weft serve\"" },
	{ .name = NULL }
};

static error_t
check_option(int key, char *arg, struct argp_state *state)
{
	struct wi_check *check = state->input;
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
	case ARGP_KEY_ARG:
		if (check->what != NULL)
			argp_error(state,
			    "expected one file, found a second: \"%s\"", arg);
		check->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (check->what == NULL)
			argp_error(state, "expected a file");
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
		.args_doc = "FILE",
		.doc = check_doc };
	struct wi_check check = { .what = NULL };
	int status;

	argp_err_exit_status = WI_EXIT_USAGE;
	check.sets = calloc((size_t)argc + 1, sizeof(*check.sets));
	if (check.sets == NULL) {
		wi_complain("weft check", "no memory");
		return WI_EXIT_FAILURE;
	}
	argp_parse(&argp, argc, argv, 0, NULL, &check);
	status = wi_check_conf(&check);
	free(check.sets);
	return status;
}
