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
#include "host/check.h"
#include "host/completion.h"
#include "host/conf_command.h"
#include "host/crashes.h"
#include "host/describe.h"
#include "host/dev.h"
#include "host/flags.h"
#include "host/new.h"
#include "host/host.h"
#include "host/run.h"
#include "host/serve.h"
#include "host/urls.h"
#include "host/usage.h"
#include "host/verbs.h"

struct main_command {
	const char *name;
	char *full; /* what it calls itself: argv[0] */
	int (*main)(int argc, char **argv);
	const char *text; /* NULL: for ourselves only */
};

static char main_new[] = "weft new";
static char main_dev[] = "weft dev";
static char main_check[] = "weft check";
static char main_run[] = "weft run";
static char main_serve[] = "weft serve";
static char main_host[] = "weft host";
static char main_cat[] = "weft cat";
static char main_bench[] = "weft bench";
static char main_crashes[] = "weft crashes";
static char main_describe[] = "weft describe";
static char main_flags[] = "weft flags";
static char main_completion[] = "weft completion";
static char main_urls[] = "weft urls";
static char main_conf[] = "weft conf";
static char main_status[] = "weft status";
static char main_endpoints[] = "weft endpoints";
static char main_explain[] = "weft explain";
static char main_suspend[] = "weft suspend";
static char main_resume[] = "weft resume";
static char main_drain[] = "weft drain";
static char main_stop[] = "weft stop";
static char main_reload[] = "weft reload";
static char main_rollback[] = "weft rollback";

static const struct main_command main_commands[] = {
	{ "new", main_new, wi_new_main,
	    "make a folder with a plugin to begin with" },
	{ "dev", main_dev, wi_dev_main,
	    "build a plugin, run it, reload it whenever a file is saved" },
	{ "check", main_check, wi_check_main,
	    "say all that is wrong with a configuration or a plugin" },
	{ "run", main_run, wi_run_main,
	    "serve with plugins, in the foreground" },
	{ "serve", main_serve, wi_serve_main,
	    "serve as a file says, and stay up" },
	{ "host", main_host, wi_host_main, NULL },
	{ "cat", main_cat, wi_cat_main,
	    "send lines as messages, print replies" },
	{ "bench", main_bench, wi_bench_main,
	    "load an echo server, and check it" },
	{ "crashes", main_crashes, wi_crashes_main,
	    "list crashes, or show one" },
	{ "describe", main_describe, wi_describe_main,
	    "print what a plugin is, and the types of its messages" },
	{ "conf", main_conf, wi_conf_main,
	    "print what a configuration may say: default, doc" },
	{ "completion", main_completion, wi_completion_main,
	    "print what makes a shell complete command lines" },
	{ "flags", main_flags, wi_flags_main,
	    "print what to compile a plugin with" },
	{ "urls", main_urls, wi_urls_main,
	    "print what a URL may be made of: transports, codecs, options" },
	{ "status", main_status, wi_verbs_main, "how a running host is" },
	{ "endpoints", main_endpoints, wi_verbs_main,
	    "who is connected to it" },
	{ "explain", main_explain, wi_verbs_main,
	    "all that is known of an endpoint, listener or plugin" },
	{ "suspend", main_suspend, wi_verbs_main,
	    "let a listener take no new clients for now" },
	{ "resume", main_resume, wi_verbs_main, "let it take clients again" },
	{ "drain", main_drain, wi_verbs_main,
	    "no new clients; stop when the last has gone" },
	{ "stop", main_stop, wi_verbs_main,
	    "stop a running host, and wait until it has gone" },
	{ "reload", main_reload, wi_verbs_main,
	    "another version of a plugin, with its clients" },
	{ "rollback", main_rollback, wi_verbs_main,
	    "the version before, again" },
};

#define MAIN_NCOMMANDS (sizeof(main_commands) / sizeof(main_commands[0]))

static void
main_help(FILE *out)
{
	size_t i;

	(void)fprintf(out, "Usage: weft COMMAND [OPTION]...\n\n");
	for (i = 0; i < MAIN_NCOMMANDS; i++)
		if (main_commands[i].text != NULL)
			(void)fprintf(out, "  %-10s %s\n",
			    main_commands[i].name, main_commands[i].text);
	(void)fprintf(out, "\n\"weft help COMMAND\" says more.\n");
}

static void
main_version(void)
{
	(void)printf("weft %s (plugin ABI %d.%d)\n", weft_version(),
	    WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
}

static int
main_run_command(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < MAIN_NCOMMANDS; i++)
		if (strcmp(argv[0], main_commands[i].name) == 0) {
			argv[0] = main_commands[i].full;
			return main_commands[i].main(argc, argv);
		}
	wi_complain("weft",
	    "expected a command that \"weft help\" lists, found \"%s\"",
	    argv[0]);
	return WI_EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	static char help[] = "--help";
	char *help_argv[3] = { NULL, help, NULL };

	if (argc < 2) {
		main_help(stderr);
		return WI_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		main_version();
		return WI_EXIT_OK;
	}
	if (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "help") != 0)
		return main_run_command(argc - 1, argv + 1);
	if (argc == 2) {
		main_help(stdout);
		return WI_EXIT_OK;
	}
	help_argv[0] = argv[2];
	return main_run_command(2, help_argv);
}
