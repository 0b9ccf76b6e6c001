/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/find.c - from what the user wrote to a plugin's file.
 *
 * thread: the one that sets a node up.
 * owns:   nothing; the path it answers is the caller's.
 * to:     plugin/registry.c, which opens the file.
 *
 * The order of places is the order of how sure it is that somebody meant this
 * one: a variable that was set on purpose, the tree the program was built in,
 * where an administrator installed.
 */
#include "plugin/find.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"

#ifndef WEFT_PLUGINDIR
#define WEFT_PLUGINDIR "/usr/local/lib/weft"
#endif

#define FIND_PARENTS 3 /* above the program's own directory */

/* One search. */
struct find {
	const char *name;
	char *found;       /* the file, once there is one */
	int nomem;         /* the search could not go on */
	unsigned left_out; /* places that did not fit */
	size_t places_len; /* [bytes] used of places */
	char places[430];  /* what was looked at, for the error */
};

static int find_is_path(const char *what);
static int find_try(struct find *find, const char *format, ...)
    WEFT_PRINTF(2, 3);

int
wi_find_plugin(const char *what, char **pathp, const char **optionsp,
    struct weft_error *err)
{
	const char *mark = strchr(what, '?');
	size_t len = mark == NULL ? strlen(what) : (size_t)(mark - what);
	char exe[PATH_MAX];
	ssize_t exe_len;
	char *plain;
	int rc;

	*pathp = NULL;
	*optionsp = mark == NULL ? NULL : mark + 1;
	if (len == 0)
		return wi_fail(err, WEFT_ENOPLUGIN,
		    "expected the name or the file of a plugin, found \"%s\"",
		    what);
	plain = strndup(what, len);
	if (plain == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", what);
	if (find_is_path(plain)) {
		*pathp = plain;
		return WEFT_OK;
	}
	exe_len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[exe_len < 0 ? 0 : exe_len] = '\0';
	rc = wi_find_name(plain, exe_len < 0 ? NULL : exe, pathp, err);
	free(plain);
	return rc;
}

static int
find_is_path(const char *what)
{
	size_t len = strlen(what);

	return strchr(what, '/') != NULL ||
	    (len >= 3 && strcmp(what + len - 3, ".so") == 0);
}

/* Write down a place that did not serve, with the cause if it is not the
 * plain one. */
static void
find_note(struct find *find, const char *path, const char *cause)
{
	size_t room = sizeof(find->places) - find->places_len;
	int len;

	len = snprintf(find->places + find->places_len, room,
	    cause == NULL ? "%s%s" : "%s%s (%s)",
	    find->places_len == 0 ? "" : ", ", path, cause);
	if (len < 0 || (size_t)len >= room || find->left_out > 0) {
		find->places[find->places_len] = '\0';
		find->left_out++;
		return;
	}
	find->places_len += (size_t)len;
}

/* Is there a plugin at this place?  1: the search is over. */
static int
find_try(struct find *find, const char *format, ...)
{
	const char *cause = NULL;
	char path[PATH_MAX];
	struct stat st;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		find_note(find, path, "cut: path too long");
		return 0;
	}
	if (stat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			cause = weft_errname(-errno);
		find_note(find, path, cause);
		return 0;
	}
	if (!S_ISREG(st.st_mode)) {
		find_note(find, path, "not a regular file");
		return 0;
	}
	find->found = strdup(path);
	find->nomem = find->found == NULL;
	return 1;
}

/* $WEFT_PLUGIN_PATH.  An empty element is nothing, not the directory that the
 * program happens to be in. */
static int
find_in_path(struct find *find)
{
	const char *dir = getenv("WEFT_PLUGIN_PATH");
	size_t len;

	for (; dir != NULL && *dir != '\0'; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		if (len > 0 &&
		    find_try(find, "%.*s/%s.so", (int)len, dir, find->name))
			return 1;
	}
	return 0;
}

/* Cut the last component off; 0 if there is none left. */
static int
find_parent(char *dir)
{
	char *slash = strrchr(dir, '/');

	if (slash == NULL)
		return 0;
	*slash = '\0';
	return 1;
}

static int
find_is_build(const char *dir)
{
	char path[PATH_MAX];
	int len;

	len = snprintf(path, sizeof(path), "%s/config.status", dir);
	return len > 0 && (size_t)len < sizeof(path) &&
	    access(path, F_OK) == 0;
}

/* Where libtool leaves a module, seen from where it leaves a program:
 * build/weft, build/.libs/weft, build/tests/unit/.libs/test_find.  Only a
 * folder with a config.status beside plugins/ is a build tree: an installed
 * program must not look into whatever its parents happen to hold. */
static int
find_in_build(struct find *find, const char *exe)
{
	char dir[PATH_MAX];
	const char *base;
	int up;

	if (strlen(exe) >= sizeof(dir))
		return 0;
	strcpy(dir, exe);
	if (!find_parent(dir))
		return 0;
	base = strrchr(dir, '/');
	if (base != NULL && strcmp(base, "/.libs") == 0)
		find_parent(dir);
	for (up = 0; up <= FIND_PARENTS; up++) {
		if (find_is_build(dir) &&
		    find_try(find, "%s/plugins/%s/.libs/%s.so", dir,
			find->name, find->name))
			return 1;
		if (!find_parent(dir))
			break;
	}
	return 0;
}

int
wi_find_name(
    const char *name, const char *exe, char **pathp, struct weft_error *err)
{
	struct find find = { .name = name };
	char more[32] = "";

	*pathp = NULL;
	if (!find_in_path(&find) &&
	    !(exe != NULL && find_in_build(&find, exe)))
		(void)find_try(&find, "%s/%s.so", WEFT_PLUGINDIR, name);
	if (find.nomem)
		return wi_fail(err, -ENOMEM, "%s: no memory", name);
	if (find.found != NULL) {
		*pathp = find.found;
		return WEFT_OK;
	}
	if (find.left_out > 0)
		(void)snprintf(
		    more, sizeof(more), " and %u more", find.left_out);
	return wi_fail(err, WEFT_ENOPLUGIN,
	    "%.32s: no such plugin; looked at %s%s", name, find.places, more);
}
