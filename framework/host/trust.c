/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/trust - may others write what decides what this process does?
 *
 * thread: any.
 *
 * time_note: what is looked at may be changed before it is used, but only by
 * those whom it is trusted to: the answer is about who can, not about bytes.
 */
#include "host/trust.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"

static int
trust_fail(const char *what, const char *path, const char *who,
    const struct stat *st, struct weft_error *err)
{
	return wi_fail(err, -EPERM,
	    "%s: %s: expected a %s that only its owner can write, found one "
	    "that %s can (mode %04o, user %u, group %u)",
	    what, path, S_ISDIR(st->st_mode) ? "folder" : "file", who,
	    st->st_mode & 07777u, (unsigned)st->st_uid, (unsigned)st->st_gid);
}

static int
trust_look(const char *what, const char *path, bool sticky_will_do,
    struct weft_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return wi_fail(err, -errno, "%s: %s: %s", what, path,
		    weft_strerror(-errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return trust_fail(what, path, "another user", &st, err);
	if (sticky_will_do && (st.st_mode & S_ISVTX) != 0)
		return WEFT_OK;
	if ((st.st_mode & S_IWOTH) != 0)
		return trust_fail(what, path, "everybody", &st, err);
	if ((st.st_mode & S_IWGRP) != 0 && st.st_gid != getegid())
		return trust_fail(what, path, "its group", &st, err);
	return WEFT_OK;
}

/* path: real, and cut down to "/" on the way. */
static int
trust_above(const char *what, char *path, struct weft_error *err)
{
	char *slash;
	int rv = WEFT_OK;

	while (rv == WEFT_OK && strcmp(path, "/") != 0) {
		slash = strrchr(path, '/');
		slash[slash == path] = '\0';
		rv = trust_look(what, path, true, err);
	}
	return rv;
}

int
wi_trust_folder(const char *what, const char *path, struct weft_error *err)
{
	char real[PATH_MAX];
	struct stat st;
	int rv;

	if (realpath(path, real) == NULL || stat(real, &st) < 0)
		return wi_fail(err, -errno, "%s: %s: expected a folder: %s",
		    what, path, weft_strerror(-errno));
	if (!S_ISDIR(st.st_mode))
		return wi_fail(err, -ENOTDIR,
		    "%s: %s: expected a folder, found another file", what,
		    path);
	rv = trust_look(what, real, false, err);
	return rv < 0 ? rv : trust_above(what, real, err);
}

static int
trust_folder_of(const char *what, const char *path, struct weft_error *err)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy))
		return wi_fail(err, -ENAMETOOLONG,
		    "%s: expected a path of less than %u bytes", what,
		    (unsigned)sizeof(copy));
	strcpy(copy, path);
	return wi_trust_folder(what, dirname(copy), err);
}

int
wi_trust_file(const char *what, const char *path, struct weft_error *err)
{
	char real[PATH_MAX];
	int rv;

	if (realpath(path, real) == NULL)
		return wi_fail(err, -errno, "%s: %s: expected a file: %s",
		    what, path, weft_strerror(-errno));
	rv = trust_look(what, real, false, err);
	if (rv == WEFT_OK)
		rv = trust_folder_of(what, real, err);
	if (rv == WEFT_OK && strcmp(real, path) != 0)
		rv = trust_folder_of(what, path, err);
	return rv;
}
