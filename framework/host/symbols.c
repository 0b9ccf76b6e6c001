/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/symbols.c - functions and lines of addresses, by addr2line(1).
 *
 * thread: main.
 *
 * program_note: a program and not a library (libdw): a file that breaks its
 * reader breaks a child, weft needs nothing more to be built, and what finds
 * separate debug information (/usr/lib/debug) is the same.
 */
#include "host/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/error.h>

#define SYMBOLS_MAX 256u
#define SYMBOLS_HEX 20u /* [bytes] of "0x0123456789abcdef" with its NUL */

static int
symbols_spawn(const char *file, char (*words)[SYMBOLS_HEX], size_t count,
    int out, pid_t *child)
{
	char program[] = "addr2line", functions[] = "-fCe", end[] = "--";
	char *argv[SYMBOLS_MAX + 6];
	posix_spawn_file_actions_t actions;
	char *path = strdup(file);
	size_t i, n = 0;
	int rv;

	if (path == NULL)
		return -ENOMEM;
	argv[n++] = program;
	argv[n++] = functions;
	argv[n++] = path;
	argv[n++] = end;
	for (i = 0; i < count; i++)
		argv[n++] = words[i];
	argv[n] = NULL;
	rv = posix_spawn_file_actions_init(&actions);
	if (rv == 0) {
		(void)posix_spawn_file_actions_adddup2(&actions, out, 1);
		(void)posix_spawn_file_actions_addopen(
		    &actions, 2, "/dev/null", O_WRONLY, 0);
		rv = posix_spawnp(
		    child, program, &actions, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	free(path);
	return -rv;
}

/* One line, printable, without its end; false: there is none. */
static int
symbols_line(FILE *in, char *out, size_t size)
{
	char line[1024];
	size_t i;

	if (fgets(line, sizeof(line), in) == NULL)
		return 0;
	line[strcspn(line, "\n")] = '\0';
	for (i = 0; line[i] != '\0' && i < size - 1; i++)
		out[i] = line[i] < 0x20 || line[i] >= 0x7f ? '?' : line[i];
	out[i] = '\0';
	return 1;
}

/* Two lines for each: a function, or "??", and file:line, or "??:0". */
static void
symbols_take(FILE *in, size_t count, struct wi_symbol *symbols)
{
	char function[160], place[200];
	size_t i;

	for (i = 0; i < count; i++) {
		if (!symbols_line(in, function, sizeof(function)) ||
		    !symbols_line(in, place, sizeof(place)))
			return;
		if (strcmp(function, "??") == 0)
			continue;
		if (place[0] == '?')
			place[0] = '\0';
		(void)snprintf(symbols[i].text, sizeof(symbols[i].text),
		    "%s%s%s", function, place[0] == '\0' ? "" : " at ", place);
	}
}

int
wi_symbols_find(const char *file, const uint64_t *addresses, size_t count,
    struct wi_symbol *symbols)
{
	char words[SYMBOLS_MAX][SYMBOLS_HEX];
	int pipes[2], rv, status;
	pid_t child;
	FILE *in;
	size_t i;

	for (i = 0; i < count; i++)
		symbols[i].text[0] = '\0';
	if (count > SYMBOLS_MAX)
		count = SYMBOLS_MAX;
	for (i = 0; i < count; i++)
		(void)snprintf(
		    words[i], sizeof(words[i]), "0x%" PRIx64, addresses[i]);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	rv = symbols_spawn(file, words, count, pipes[1], &child);
	(void)close(pipes[1]);
	if (rv < 0) {
		(void)close(pipes[0]);
		return rv;
	}
	in = fdopen(pipes[0], "r");
	if (in != NULL) {
		symbols_take(in, count, symbols);
		(void)fclose(in);
	} else {
		(void)close(pipes[0]);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WEFT_OK;
}
