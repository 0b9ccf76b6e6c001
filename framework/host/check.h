/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check.h - weft check: all that is wrong with a configuration, or with a
 * plugin.
 *
 * thread: main.
 */
#ifndef WI_CHECK_H
#define WI_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* What the command line asks for. */
struct wi_check {
	const char *what;  /* the file, or the plugin */
	const char **sets; /* "workers=4", then NULL */
	bool json;
	bool plugins;        /* of a configuration: open them, too */
	bool strict;         /* of a plugin: warnings are errors */
	uint64_t timeout_ns; /* [ns] of a plugin: for loading it */
};

/* wi_check_main() - the command; argv[0] is its name. */
int wi_check_main(int argc, char **argv);

/* wi_check_conf() - what is wrong with a configuration, on stdout.  returns
 * the exit status (host/conf_check.c). */
int wi_check_conf(const struct wi_check *check);

#endif
