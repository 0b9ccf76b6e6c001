/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/flags.c - the command "weft flags": what to compile a plugin with, so
 * that it is made for the program that will run it.
 *
 * The headers are, in this order: those of the build tree that this program
 * runs from (its weft-uninstalled.pc knows where the sources are), those
 * beside the folder that it lies in (PREFIX/bin, PREFIX/include: also right
 * when all of a prefix was moved), those of the prefix that it was built for.
 *
 * thread: main.
 */
#include "host/flags.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "host/usage.h"

#define FLAGS_NAME "weft flags"

static const char flags_doc[] =
    "Print what to compile a plugin with, for this very program."
    "\v"
    "As in: cc $(weft flags) -fPIC -shared echo.c -o echo.so\n\n"
    "What is installed has a weft.pc as well: pkg-config --cflags weft says "
    "the same.\n\n"
    "Exit status: 0 printed, 1 no headers were found, 2 wrong usage.";

/* Cut the last component off; false if there is none left. */
static bool
flags_parent(char *dir)
{
	char *slash = strrchr(dir, '/');

	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/* The folder that this program lies in. */
static bool
flags_own_folder(char *dir, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", dir, size - 1);
	const char *base;

	if (len <= 0)
		return false;
	dir[len] = '\0';
	if (!flags_parent(dir))
		return false;
	base = strrchr(dir, '/');
	/* Where libtool hides a program of a build tree. */
	return base == NULL || strcmp(base, "/.libs") != 0 ||
	    flags_parent(dir);
}

/* "includedir=..." of a weft-uninstalled.pc. */
static bool
flags_of_build(const char *dir, char *out, size_t size)
{
	static const char key[] = "includedir=";
	char path[PATH_MAX], line[PATH_MAX + 32];
	bool found = false;
	FILE *in;

	if (snprintf(path, sizeof(path), "%s/framework/weft-uninstalled.pc",
		dir) >= (int)sizeof(path))
		return false;
	in = fopen(path, "re");
	while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			found = snprintf(out, size, "%s",
				    line + sizeof(key) - 1) < (int)size;
	}
	if (in != NULL)
		(void)fclose(in);
	return found;
}

static bool
flags_has_headers(const char *dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/weft/weft.h", dir) <
	    (int)sizeof(path) &&
	    access(path, R_OK) == 0;
}

static int
flags_find(char *out, size_t size, struct weft_error *err)
{
	char dir[PATH_MAX] = "", beside[PATH_MAX + 16] = "";

	if (flags_own_folder(dir, sizeof(dir))) {
		if (flags_of_build(dir, out, size) && flags_has_headers(out))
			return WEFT_OK;
		if (flags_parent(dir))
			(void)snprintf(
			    beside, sizeof(beside), "%s/include", dir);
	}
	(void)snprintf(out, size, "%s",
	    flags_has_headers(beside) ? beside : WEFT_INCLUDEDIR);
	if (flags_has_headers(out))
		return WEFT_OK;
	return wi_fail(err, -ENOENT,
	    "expected weft/weft.h in %s or %s, found it in neither", beside,
	    WEFT_INCLUDEDIR);
}

/* Printed so that a shell reads it as one word. */
static void
flags_print(const char *dir)
{
	(void)printf("-I");
	for (; *dir != '\0'; dir++) {
		if (strchr(" \t'\"\\$`&;|<>()*?[]#~!{}", *dir) != NULL)
			(void)putchar('\\');
		(void)putchar(*dir);
	}
	(void)putchar('\n');
}

int
wi_flags_main(int argc, char **argv)
{
	static const struct argp argp = { .doc = flags_doc };
	char dir[PATH_MAX];
	struct weft_error err;

	argp_err_exit_status = WI_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (flags_find(dir, sizeof(dir), &err) < 0) {
		wi_complain(FLAGS_NAME, "%s", err.text);
		return WI_EXIT_FAILURE;
	}
	flags_print(dir);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		wi_complain(FLAGS_NAME, "cannot write to stdout");
		return WI_EXIT_FAILURE;
	}
	return WI_EXIT_OK;
}
