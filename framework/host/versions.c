/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/versions - which versions of plugins have served, and which of them a
 * host has died of.
 *
 * thread: as versions.h says.
 * owns:   descriptors of two directories.
 * from:   host/host_build, host/crash_read.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* asprintf */
#endif

#include "host/versions.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "host/crash_read.h"
#include "host/version_file.h"

#define VERSIONS_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
#define VERSIONS_LINES 64u /* of a plugin, the newest, that are looked at */

/* One line of a plugin's file. */
struct versions_line {
	uint64_t seconds;
	uint64_t hash;
};

struct versions_lines {
	struct versions_line all[VERSIONS_LINES];
	size_t n; /* oldest first */
};

/* ---- the directories */

/* The name of a plugin's file there: a title may be anything. */
static const char *
versions_name(const char *title, char *out, size_t size)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	char *at;

	(void)snprintf(out, size, "%s", title);
	for (at = out; *at != '\0'; at++)
		if (strchr(good, *at) == NULL)
			*at = '_';
	return out;
}

static int
versions_folder(const struct wi_crash_dir *dir, const char *name)
{
	int fd;

	if (mkdirat(dir->fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir->fd, name, VERSIONS_FLAGS);
	return fd < 0 ? -errno : fd;
}

int
wi_versions_open(struct wi_versions *versions, const struct wi_crash_dir *dir,
    uint32_t within_s, struct weft_error *err)
{
	*versions = (struct wi_versions){ dir, within_s, -1, -1 };
	if (dir == NULL)
		return WEFT_OK;
	versions->versions = versions_folder(dir, "versions");
	versions->refused = versions_folder(dir, "refused");
	if (versions->versions >= 0 && versions->refused >= 0)
		return WEFT_OK;
	wi_versions_close(versions);
	return wi_fail(err, -EIO,
	    "%s: expected room for versions of plugins, found none",
	    dir->path);
}

void
wi_versions_close(struct wi_versions *versions)
{
	if (versions->versions >= 0)
		(void)close(versions->versions);
	if (versions->refused >= 0)
		(void)close(versions->refused);
	*versions = (struct wi_versions){ NULL, 0, -1, -1 };
}

/* ---- who has served */

/* What is no line is skipped; of many the last ones are taken. */
static void
versions_read(const struct wi_versions *versions, const char *title,
    struct versions_lines *lines)
{
	struct versions_line line;
	char text[128];
	FILE *file;
	int fd;

	lines->n = 0;
	fd = openat(versions->versions,
	    versions_name(title, text, sizeof(text)),
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (file == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while (fgets(text, sizeof(text), file) != NULL) {
		if (sscanf(text, "%" SCNu64 " %" SCNx64, &line.seconds,
			&line.hash) != 2)
			continue;
		if (lines->n == VERSIONS_LINES)
			memmove(&lines->all[0], &lines->all[1],
			    --lines->n * sizeof(lines->all[0]));
		lines->all[lines->n++] = line;
	}
	(void)fclose(file);
}

static bool
versions_is_refused(const struct wi_versions *versions, uint64_t hash)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%016" PRIx64, hash);
	return faccessat(versions->refused, name, F_OK, 0) == 0;
}

/* The version that served last and is neither that one nor refused; NULL:
 * there is none. */
static const struct versions_line *
versions_before(const struct wi_versions *versions,
    const struct versions_lines *lines, uint64_t hash)
{
	size_t i;

	for (i = lines->n; i-- > 0;)
		if (lines->all[i].hash != hash &&
		    !versions_is_refused(versions, lines->all[i].hash))
			return &lines->all[i];
	return NULL;
}

/* When it began to serve, as the last one; 0: it is not the last. */
static uint64_t
versions_since(const struct versions_lines *lines, uint64_t hash)
{
	uint64_t since = 0;
	size_t i;

	for (i = lines->n; i-- > 0 && lines->all[i].hash == hash;)
		since = lines->all[i].seconds;
	return since;
}

/* ---- verdicts: see verdict_note */

static bool
versions_killed(const struct wi_versions *versions, const char *report,
    uint64_t hash, uint64_t since)
{
	struct wi_crash_file file;
	const char *text;
	bool killed;

	if (wi_crash_read(&file, versions->dir->fd, report) < 0)
		return false;
	text = file.values[WI_CRASH_KEY_file_hash];
	killed = text != NULL && strtoull(text, NULL, 16) == hash &&
	    file.seconds >= since &&
	    file.seconds - since <= versions->within_s;
	wi_crash_file_free(&file);
	return killed;
}

static void
versions_refuse(
    const struct wi_versions *versions, uint64_t hash, const char *report)
{
	char name[24];
	int fd;

	(void)snprintf(name, sizeof(name), "%016" PRIx64, hash);
	fd = openat(versions->refused, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	(void)!write(fd, report, strlen(report));
	(void)close(fd);
}

static void
versions_judge(const struct wi_versions *versions,
    const struct versions_lines *lines, uint64_t hash)
{
	uint64_t since = versions_since(lines, hash);
	struct wi_crash_list list;
	size_t i;

	if (since == 0 || versions_before(versions, lines, hash) == NULL ||
	    wi_crash_dir_list(versions->dir, &list) < 0)
		return;
	for (i = 0; i < list.n; i++)
		if (versions_killed(versions, list.names[i], hash, since)) {
			versions_refuse(versions, hash, list.names[i]);
			break;
		}
	free(list.names);
}

/* Its report, as a text. */
static void
versions_report(
    const struct wi_versions *versions, uint64_t hash, char *out, size_t size)
{
	char name[24];
	ssize_t n = 0;
	int fd;

	(void)snprintf(name, sizeof(name), "%016" PRIx64, hash);
	fd =
	    openat(versions->refused, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		n = read(fd, out, size - 1);
		(void)close(fd);
	}
	out[n < 0 ? 0 : n] = '\0';
}

static int
versions_no(const struct wi_versions *versions, const char *what,
    uint64_t hash, const char *then, struct weft_error *err)
{
	char report[80];

	versions_report(versions, hash, report, sizeof(report));
	return wi_fail(err, WEFT_ELOAD,
	    "%s: a host has died of this file (%s/%s)%s; \"weft crashes %s "
	    "--release %016" PRIx64 "\" lets it be loaded again",
	    what, versions->dir->path, report, then, versions->dir->path,
	    hash);
}

/* ---- at the start of a host, and in a reload */

int
wi_versions_may(const struct wi_versions *versions, const char *what,
    struct weft_error *err)
{
	struct wi_version_file file;
	int rv;

	if (versions->dir == NULL)
		return WEFT_OK;
	rv = wi_version_file_find(&file, what, err);
	if (rv < 0)
		return rv;
	if (versions_is_refused(versions, file.hash))
		rv = versions_no(versions, file.path, file.hash, "", err);
	wi_version_file_fini(&file);
	return rv;
}

static int
versions_instead(const struct wi_versions *versions,
    const struct wi_version_file *file, const struct versions_lines *lines,
    char **instead, struct weft_error *why)
{
	const struct versions_line *before =
	    versions_before(versions, lines, file->hash);
	char name[32], then[80];

	if (before == NULL)
		return versions_no(versions, file->path, file->hash,
		    ", and there is no version before it", why);
	(void)snprintf(name, sizeof(name), "%016" PRIx64 ".so", before->hash);
	if (faccessat(versions->versions, name, R_OK, 0) < 0)
		return versions_no(versions, file->path, file->hash,
		    ", and the version before it is not kept", why);
	if (asprintf(instead, "%s/versions/%s%s%s", versions->dir->path, name,
		file->options == NULL ? "" : "?",
		file->options == NULL ? "" : file->options) < 0) {
		*instead = NULL;
		return wi_fail(why, -ENOMEM, "no memory");
	}
	(void)snprintf(then, sizeof(then),
	    ": the version before it, %016" PRIx64 ", serves", before->hash);
	(void)versions_no(versions, file->path, file->hash, then, why);
	return WEFT_OK;
}

int
wi_versions_choose(const struct wi_versions *versions, const char *title,
    const char *what, char **instead, struct weft_error *why)
{
	struct wi_version_file file;
	struct versions_lines lines;
	int rv;

	*instead = NULL;
	if (versions->dir == NULL)
		return WEFT_OK;
	rv = wi_version_file_find(&file, what, why);
	if (rv < 0)
		return rv;
	versions_read(versions, title, &lines);
	if (!versions_is_refused(versions, file.hash))
		versions_judge(versions, &lines, file.hash);
	if (versions_is_refused(versions, file.hash))
		rv = versions_instead(versions, &file, &lines, instead, why);
	wi_version_file_fini(&file);
	return rv;
}

/* ---- a version serves */

static int
versions_keep(const struct wi_versions *versions, const char *path,
    uint64_t hash, struct weft_error *err)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%016" PRIx64 ".so", hash);
	if (faccessat(versions->versions, name, F_OK, 0) == 0)
		return WEFT_OK;
	return wi_version_file_copy(path, hash, versions->versions, name, err);
}

/* Bytes of versions that are not the newest ones of this plugin. */
static void
versions_prune(
    const struct wi_versions *versions, const struct versions_lines *lines)
{
	uint64_t kept[WI_VERSIONS_KEPT];
	size_t i, j, n = 0;
	char name[32];

	for (i = lines->n; i-- > 0;) {
		for (j = 0; j < n && kept[j] != lines->all[i].hash; j++)
			continue;
		if (j < n)
			continue;
		if (n < WI_VERSIONS_KEPT) {
			kept[n++] = lines->all[i].hash;
			continue;
		}
		(void)snprintf(name, sizeof(name), "%016" PRIx64 ".so",
		    lines->all[i].hash);
		(void)unlinkat(versions->versions, name, 0);
	}
}

int
wi_versions_serves(const struct wi_versions *versions, const char *title,
    const char *path, uint64_t hash, struct weft_error *err)
{
	struct versions_lines lines;
	char line[64], name[128];
	int fd, len, rv;

	if (versions->dir == NULL)
		return WEFT_OK;
	versions_read(versions, title, &lines);
	rv = versions_keep(versions, path, hash, err);
	/* A restart of the same one is no beginning. */
	if (rv < 0 || versions_since(&lines, hash) != 0)
		return rv;
	fd = openat(versions->versions,
	    versions_name(title, name, sizeof(name)),
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return wi_fail(err, -errno, "%s/versions/%s: %s",
		    versions->dir->path, title, weft_strerror(-errno));
	len = snprintf(line, sizeof(line), "%" PRIu64 " %016" PRIx64 "\n",
	    (uint64_t)time(NULL), hash);
	if (write(fd, line, (size_t)len) != len)
		rv = wi_fail(err, -EIO, "%s/versions/%s: cannot be written",
		    versions->dir->path, title);
	(void)close(fd);
	versions_prune(versions, &lines);
	return rv;
}

int
wi_versions_release(const struct wi_crash_dir *dir, uint64_t hash)
{
	char name[40];

	(void)snprintf(name, sizeof(name), "refused/%016" PRIx64, hash);
	return unlinkat(dir->fd, name, 0) < 0 ? -errno : WEFT_OK;
}
