/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crash_dir.c - the directory of a host's crashes: made, listed, kept
 * small.  What it says about messages: host/crash_poison.c.
 *
 * thread: main.
 */
#include "host/crash_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/crash_poison.h"

#define DIR_KEY_SIZE 16u
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* A directory of ours into which nobody else may write.  make: unless it is
 * there, and then for us alone. */
static int
dir_at(int at, const char *name, int flags, bool make)
{
	struct stat st;
	int fd;

	if (make && mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(at, name, flags);
	if (fd < 0)
		return -errno;
	if (make &&
	    (fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
		(st.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
		(void)close(fd);
		return -EPERM;
	}
	return fd;
}

int
wi_crash_dir_open(struct wi_crash_dir *dir, const char *path, bool make,
    struct weft_error *err)
{
	int rv;

	*dir = (struct wi_crash_dir){
		.path = path, .fd = -1, .quarantine = -1, .released = -1
	};
	rv = dir->fd = dir_at(AT_FDCWD, path, DIR_FLAGS & ~O_NOFOLLOW, make);
	if (rv >= 0)
		rv = dir->quarantine =
		    dir_at(dir->fd, "quarantine", DIR_FLAGS, make);
	if (rv >= 0)
		rv = dir->released =
		    dir_at(dir->fd, "released", DIR_FLAGS, make);
	/* Who only looks may find a directory that was copied by hand. */
	if (rv >= 0 || (!make && dir->fd >= 0))
		return WEFT_OK;
	wi_crash_dir_close(dir);
	return wi_fail(err, rv,
	    "%s: expected a directory of this user's for reports of crashes, "
	    "into which others cannot write, found: %s",
	    path, weft_strerror(rv));
}

static void
dir_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void
wi_crash_dir_close(struct wi_crash_dir *dir)
{
	dir_close(&dir->fd);
	dir_close(&dir->quarantine);
	dir_close(&dir->released);
}

/* ---- reports */

static bool
dir_is_report(const char *name)
{
	size_t len = strlen(name);

	return strncmp(name, "crash-", 6) == 0 && len > 10 && len < 64 &&
	    strcmp(name + len - 4, ".txt") == 0;
}

/* Names begin with the time. */
static int
dir_newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

static int
dir_add(struct wi_crash_list *list, const char *name)
{
	char(*more)[64] = realloc(list->names, (list->n + 1) * sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	list->names = more;
	(void)snprintf(more[list->n++], sizeof(*more), "%s", name);
	return WEFT_OK;
}

int
wi_crash_dir_list(const struct wi_crash_dir *dir, struct wi_crash_list *list)
{
	const struct dirent *entry;
	int fd, rv = WEFT_OK;
	DIR *all;

	*list = (struct wi_crash_list){ .names = NULL, .n = 0 };
	fd = openat(dir->fd, ".", DIR_FLAGS);
	all = fd < 0 ? NULL : fdopendir(fd);
	if (all == NULL) {
		rv = -errno;
		dir_close(&fd);
		return rv;
	}
	while (rv == WEFT_OK && (entry = readdir(all)) != NULL)
		if (dir_is_report(entry->d_name))
			rv = dir_add(list, entry->d_name);
	(void)closedir(all);
	if (rv == WEFT_OK && list->n > 0)
		qsort(list->names, list->n, sizeof(*list->names),
		    dir_newest_first);
	return rv;
}

/* The oldest go: one more is about to come, perhaps. */
static void
dir_prune(const struct wi_crash_dir *dir, const struct wi_crash_list *list)
{
	uint64_t bytes = 0;
	struct stat st;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (fstatat(dir->fd, list->names[i], &st,
			AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (uint64_t)st.st_size;
		if (i + 1 >= WI_CRASH_REPORTS_MAX ||
		    bytes > WI_CRASH_BYTES_MAX)
			(void)unlinkat(dir->fd, list->names[i], 0);
	}
}

/* ---- the key */

static int
dir_key_new(const struct wi_crash_dir *dir, uint8_t key[DIR_KEY_SIZE])
{
	int fd, rv = WEFT_OK;

	if (getrandom(key, DIR_KEY_SIZE, 0) != (ssize_t)DIR_KEY_SIZE)
		return -EIO;
	fd = openat(
	    dir->fd, "key", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, key, DIR_KEY_SIZE) != (ssize_t)DIR_KEY_SIZE)
		rv = -ENOSPC;
	if (close(fd) < 0 && rv == WEFT_OK)
		rv = -errno;
	if (rv < 0)
		(void)unlinkat(dir->fd, "key", 0);
	return rv;
}

static int
dir_key(const struct wi_crash_dir *dir, uint8_t key[DIR_KEY_SIZE])
{
	ssize_t n;
	int fd = openat(dir->fd, "key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT ? dir_key_new(dir, key) : -errno;
	n = read(fd, key, DIR_KEY_SIZE);
	(void)close(fd);
	return n == (ssize_t)DIR_KEY_SIZE ? WEFT_OK : -EINVAL;
}

/* ---- use */

int
wi_crash_dir_use(struct wi_crash_dir *dir, struct weft_node *node,
    uint32_t within_s, struct weft_error *err)
{
	struct weft_crash_options options = { .size = sizeof(options),
		.dir = dir->path };
	struct wi_crash_list list;
	uint8_t key[DIR_KEY_SIZE];
	int rv;

	rv = dir_key(dir, key);
	if (rv < 0)
		return wi_fail(err, rv,
		    "%s/key: expected a key of %u bytes, found: %s", dir->path,
		    DIR_KEY_SIZE, weft_strerror(rv));
	rv = wi_crash_dir_list(dir, &list);
	if (rv == WEFT_OK)
		rv = wi_crash_poison_judge(dir, &list, within_s);
	if (rv == WEFT_OK)
		dir_prune(dir, &list);
	free(list.names);
	if (rv == WEFT_OK) {
		weft_node_quarantine_begin(
		    node, key, wi_crash_poison_caught, dir);
		rv = wi_crash_poison_tell(dir, node);
	}
	if (rv < 0)
		return wi_fail(err, rv, "%s: cannot be read: %s", dir->path,
		    weft_strerror(rv));
	return weft_crash_install(node, &options, err);
}
