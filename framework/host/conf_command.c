/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_command.c - the command "weft conf": default and doc.
 *
 * thread: main.
 * to:     conf_doc, conf_man.
 */
#include "host/conf_command.h"

#include <argp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "host/conf_doc.h"
#include "host/json_value.h"
#include "host/usage.h"

#define COMMAND_NAME "weft conf"

struct command {
	const char *what;
	bool json;
	bool man;
};

static const char command_doc[] =
    "Print what a configuration may say: \"default\" is a file with all "
    "defaults, commented; \"doc\" the manual of all options."
    "\v"
    "Both are made from the table by which configurations are checked.\n\n"
    "Exit status: 0 printed, 1 it did not work, 2 wrong usage.";

static const struct argp_option command_table[] = {
	{ .name = "json",
	    .key = 'j',
	    .doc = "doc: an array of options, one line of JSON" },
	{ .name = "man", .key = 'm', .doc = "doc: weft.conf(5), in mdoc(7)" },
	{ .name = NULL }
};

static void
command_check(const struct command *command, struct argp_state *state)
{
	if (command->what == NULL)
		argp_error(state, "expected default or doc, found nothing");
	else if (strcmp(command->what, "default") != 0 &&
	    strcmp(command->what, "doc") != 0)
		argp_error(state, "expected default or doc, found \"%s\"",
		    command->what);
	else if ((command->json || command->man) &&
	    strcmp(command->what, "doc") != 0)
		argp_error(state,
		    "--json and --man: expected doc, found "
		    "default");
	else if (command->json && command->man)
		argp_error(state, "expected --json or --man, found both");
}

static error_t
command_option(int key, char *arg, struct argp_state *state)
{
	struct command *command = state->input;

	switch (key) {
	case 'j':
		command->json = true;
		return 0;
	case 'm':
		command->man = true;
		return 0;
	case ARGP_KEY_ARG:
		if (command->what != NULL)
			argp_error(state,
			    "expected default or doc, found \"%s\" besides",
			    arg);
		command->what = arg;
		return 0;
	case ARGP_KEY_END:
		command_check(command, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool
command_json(void)
{
	json_t *json = wi_conf_doc_json();
	char *text = wi_json_text(json, 15);

	json_decref(json);
	if (text == NULL)
		return false;
	(void)printf("%s\n", text);
	free(text);
	return true;
}

int
wi_conf_main(int argc, char **argv)
{
	static const struct argp argp = { .options = command_table,
		.parser = command_option,
		.args_doc = "default|doc",
		.doc = command_doc };
	struct command command = { .what = NULL };
	bool done = true;

	argp_err_exit_status = WI_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &command);
	if (strcmp(command.what, "default") == 0)
		wi_conf_default(stdout);
	else if (command.json)
		done = command_json();
	else if (command.man)
		wi_conf_man(stdout);
	else
		wi_conf_doc(stdout);
	if (done && fflush(stdout) == 0 && !ferror(stdout))
		return WI_EXIT_OK;
	wi_complain(
	    COMMAND_NAME, "%s", done ? "cannot write to stdout" : "no memory");
	return WI_EXIT_FAILURE;
}
