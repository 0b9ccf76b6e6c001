/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_path.c - who can write a plugin's file, or put another one in its
 * place.
 *
 * Who runs plugins runs them with its own rights, so only it and root may be
 * able to say what they are.  In a sticky folder (/tmp) others can add names,
 * but not take ours away.
 *
 * thread: main.
 */
#include "host/check_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/error.h>

static void
check_one(const char *path, struct wi_findings *out)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		wi_findings_add(out, WI_LEVEL_ERROR, "path",
		    "expected to look at %s, found: %s", path,
		    weft_strerror(-errno));
		return;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid())
		wi_findings_add(out, WI_LEVEL_WARNING, "path",
		    "expected %s to be root's or of the user who runs it "
		    "(%u), found user %u as its owner",
		    path, (unsigned)geteuid(), (unsigned)st.st_uid);
	if (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0)
		return;
	if ((st.st_mode & S_IWOTH) != 0)
		wi_findings_add(out, WI_LEVEL_ERROR, "path",
		    "expected %s to be written by its owner only, found that "
		    "all can (mode %04o)",
		    path, (unsigned)st.st_mode & 07777);
	else if ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0)
		wi_findings_add(out, WI_LEVEL_WARNING, "path",
		    "expected %s to be written by its owner only, found that "
		    "group %u can (mode %04o)",
		    path, (unsigned)st.st_gid, (unsigned)st.st_mode & 07777);
}

void
wi_check_path(const char *path, struct wi_findings *out)
{
	char *real = realpath(path, NULL);
	char *slash;

	if (real == NULL) {
		wi_findings_add(out, WI_LEVEL_ERROR, "path",
		    "expected a file, found: %s", weft_strerror(-errno));
		return;
	}
	check_one(real, out);
	while ((slash = strrchr(real, '/')) != NULL) {
		*slash = '\0';
		check_one(*real == '\0' ? "/" : real, out);
	}
	free(real);
}
