/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/main.c - the program weft: which command is meant.
 *
 * thread: main.
 */
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

#include "host/bench.h"
#include "host/cat.h"
#include "host/crashes.h"
#include "host/describe.h"
#include "host/run.h"
#include "host/urls.h"
#include "host/usage.h"

struct main_command {
	const char *name;
	char *full; /* what it calls itself: argv[0] */
	int (*main)(int argc, char **argv);
	const char *text;
};

static char main_run[] = "weft run";
static char main_cat[] = "weft cat";
static char main_bench[] = "weft bench";
static char main_crashes[] = "weft crashes";
static char main_describe[] = "weft describe";
static char main_urls[] = "weft urls";

static const struct main_command main_commands[] = {
	{ "run", main_run, wi_run_main,
	    "serve with plugins, in the foreground" },
	{ "cat", main_cat, wi_cat_main,
	    "send lines as messages, print replies" },
	{ "bench", main_bench, wi_bench_main,
	    "load an echo server, and check it" },
	{ "crashes", main_crashes, wi_crashes_main,
	    "list crashes, or show one" },
	{ "describe", main_describe, wi_describe_main,
	    "print what a plugin is, and the types of its messages" },
	{ "urls", main_urls, wi_urls_main,
	    "print what a URL may be made of: transports, codecs, options" },
};

#define MAIN_NCOMMANDS (sizeof(main_commands) / sizeof(main_commands[0]))

static void
main_help(FILE *out)
{
	size_t i;

	(void)fprintf(out, "Usage: weft COMMAND [OPTION]...\n\n");
	for (i = 0; i < MAIN_NCOMMANDS; i++)
		(void)fprintf(out, "  %-8s %s\n", main_commands[i].name,
		    main_commands[i].text);
	(void)fprintf(out, "\n\"weft COMMAND --help\" says more.\n");
}

static void
main_version(void)
{
	(void)printf("weft %s (plugin ABI %d.%d)\n", weft_version(),
	    WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
}

int
main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		main_help(stderr);
		return WI_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		main_help(stdout);
		return WI_EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		main_version();
		return WI_EXIT_OK;
	}
	for (i = 0; i < MAIN_NCOMMANDS; i++)
		if (strcmp(argv[1], main_commands[i].name) == 0) {
			argv[1] = main_commands[i].full;
			return main_commands[i].main(argc - 1, argv + 1);
		}
	wi_complain("weft",
	    "expected a command (run, cat, bench, crashes, describe, "
	    "urls), found "
	    "\"%s\"; see \"weft --help\"",
	    argv[1]);
	return WI_EXIT_USAGE;
}
