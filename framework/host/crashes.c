/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crashes.c - weft crashes: what weft run --crash-dir has kept.
 *
 * thread: main.
 */
#include "host/crashes.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/crash_dir.h"
#include "host/usage.h"
#include "host/versions.h"

#define CRASHES_NAME "weft crashes"

struct crashes {
	const char *path;
	const char *release; /* a hash; NULL: none */
	bool json;
};

static const char crashes_doc[] =
    "List the crashes of hosts that ran with --crash-dir, or show one."
    "\v"
    "PATH is that directory: each report is a line, newest first.  Or it is "
    "a report: all that it says is shown, with the names of functions, and "
    "files and lines where there is debug information (which needs addr2line, "
    "Debian's binutils).  A plugin that is another build by now has no "
    "names.\n\n"
    "Exit status: 0 done, 1 it did not work, 2 wrong usage.";

static const struct argp_option crashes_table[] = {
	{ .name = "json", .key = 'j', .doc = "For programs" },
	{ .name = "release",
	    .key = 'r',
	    .arg = "HASH",
	    .doc = "Give handlers a message again that was quarantined, or "
		   "let a plugin's file be loaded again that was refused" },
	{ .name = NULL }
};

static error_t
crashes_option(int key, char *arg, struct argp_state *state)
{
	struct crashes *crashes = state->input;

	switch (key) {
	case 'j':
		crashes->json = true;
		break;
	case 'r':
		crashes->release = arg;
		if (strlen(arg) != 16 || strspn(arg, "0123456789abcdef") != 16)
			argp_error(state,
			    "--release: expected a hash of 16 digits, found "
			    "\"%s\"",
			    arg);
		break;
	case ARGP_KEY_ARG:
		if (crashes->path != NULL)
			argp_error(
			    state, "expected one PATH, found \"%s\"", arg);
		crashes->path = arg;
		break;
	case ARGP_KEY_END:
		if (crashes->path == NULL)
			argp_error(state,
			    "expected the PATH of a directory "
			    "or of a report");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int
crashes_fail(const char *path, int rv)
{
	wi_complain(CRASHES_NAME,
	    "%s: expected a report of a crash, found: %s", path,
	    rv == -EINVAL ? "another file" : weft_strerror(rv));
	return WI_EXIT_FAILURE;
}

static void
crashes_print_json(json_t *value)
{
	(void)json_dumpf(value, stdout, JSON_INDENT(2));
	(void)printf("\n");
	json_decref(value);
}

static int
crashes_show(const struct crashes *crashes)
{
	struct wi_crash_file file;
	int rv = wi_crash_read(&file, AT_FDCWD, crashes->path);

	if (rv < 0)
		return crashes_fail(crashes->path, rv);
	if (crashes->json)
		crashes_print_json(wi_crash_json(&file, crashes->path, true));
	else
		wi_crash_show(&file);
	wi_crash_file_free(&file);
	return WI_EXIT_OK;
}

static const char *
crashes_value(const struct wi_crash_file *file, enum wi_crash_key key)
{
	return file->values[key] == NULL ? "-" : file->values[key];
}

static void
crashes_line(const struct wi_crash_file *file, const char *name)
{
	const char *signal = crashes_value(file, WI_CRASH_KEY_signal);
	const char *word = strchr(signal, ' ');

	(void)printf("%s %s %s %s in %s", name,
	    word == NULL ? signal : word + 1,
	    crashes_value(file, WI_CRASH_KEY_plugin),
	    crashes_value(file, WI_CRASH_KEY_version),
	    crashes_value(file, WI_CRASH_KEY_handler));
	if (file->hash != 0)
		(void)printf(" message %016" PRIx64, file->hash);
	(void)printf("%s\n", file->whole ? "" : " (not whole)");
}

static int
crashes_list(const struct crashes *crashes, const struct wi_crash_dir *dir)
{
	json_t *all = json_array();
	struct wi_crash_file file;
	struct wi_crash_list list;
	int rv = wi_crash_dir_list(dir, &list);
	size_t i;

	for (i = 0; rv == WEFT_OK && i < list.n; i++) {
		if (wi_crash_read(&file, dir->fd, list.names[i]) < 0) {
			(void)crashes_fail(list.names[i], -EINVAL);
			continue;
		}
		if (crashes->json)
			(void)json_array_append_new(
			    all, wi_crash_json(&file, list.names[i], false));
		else
			crashes_line(&file, list.names[i]);
		wi_crash_file_free(&file);
	}
	free(list.names);
	if (crashes->json)
		crashes_print_json(all);
	else
		json_decref(all);
	return rv < 0 ? crashes_fail(crashes->path, rv) : WI_EXIT_OK;
}

static int
crashes_release(const struct crashes *crashes, const struct wi_crash_dir *dir)
{
	uint64_t hash = strtoull(crashes->release, NULL, 16);
	int rv = wi_versions_release(dir, hash);

	if (rv == -ENOENT)
		rv = wi_crash_dir_release(dir, hash);
	if (rv == WEFT_OK)
		return WI_EXIT_OK;
	wi_complain(CRASHES_NAME,
	    "%s: expected that message %s is quarantined, or that version "
	    "refused, found: %s",
	    crashes->path, crashes->release, weft_strerror(rv));
	return WI_EXIT_FAILURE;
}

int
wi_crashes_main(int argc, char **argv)
{
	static const struct argp argp = { crashes_table, crashes_option,
		"PATH", crashes_doc, NULL, NULL, NULL };
	struct crashes crashes = { .path = NULL };
	struct wi_crash_dir dir;
	struct weft_error err;
	struct stat st;
	int rc;

	argp_err_exit_status = WI_EXIT_USAGE;
	(void)argp_parse(&argp, argc, argv, 0, NULL, &crashes);
	if (stat(crashes.path, &st) < 0)
		return crashes_fail(crashes.path, -errno);
	if (!S_ISDIR(st.st_mode))
		return crashes_show(&crashes);
	if (wi_crash_dir_open(&dir, crashes.path, false, &err) < 0) {
		wi_complain(CRASHES_NAME, "%s", err.text);
		return WI_EXIT_FAILURE;
	}
	rc = crashes.release != NULL ? crashes_release(&crashes, &dir) :
				       crashes_list(&crashes, &dir);
	wi_crash_dir_close(&dir);
	return rc;
}
