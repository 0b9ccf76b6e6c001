/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/keep.c - a place for the report of a crash.
 *
 * thread: wi_crash_keep() in a signal handler, the rest before and after.
 *
 * room_note: a process may die because the disk is full, or while it is.  So
 * the room is taken at the start, in a file that has no name: it goes by
 * itself if the process ends otherwise, and gets its name when the report is
 * whole.  Who looks into the directory never sees half of one.
 */
#include "crash/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weft/error.h>

#include "crash/text.h"

#define KEEP_MODE 0600
#define KEEP_NAME_MAX 64 /* [bytes] */

int
wi_crash_place_open(
    struct wi_crash_place *place, const char *dir, int fd, size_t size)
{
	*place = (struct wi_crash_place){
		.path = NULL, .dir_fd = -1, .file_fd = -1, .fd = fd
	};
	if (dir == NULL)
		return WEFT_OK;
	place->path = strdup(dir);
	if (place->path == NULL)
		return -ENOMEM;
	place->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->dir_fd < 0 ||
	    faccessat(place->dir_fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		int rv = -errno;

		wi_crash_place_close(place);
		return rv;
	}
	/* See room_note.  Not every file system has such files. */
	place->file_fd = openat(
	    place->dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, KEEP_MODE);
	if (place->file_fd >= 0 &&
	    fallocate(place->file_fd, 0, 0, (off_t)size) < 0) {
		(void)close(place->file_fd);
		place->file_fd = -1;
	}
	return WEFT_OK;
}

void
wi_crash_place_close(struct wi_crash_place *place)
{
	if (place->file_fd >= 0)
		(void)close(place->file_fd);
	if (place->dir_fd >= 0)
		(void)close(place->dir_fd);
	free(place->path);
	*place = (struct wi_crash_place){
		.path = NULL, .dir_fd = -1, .file_fd = -1, .fd = -1
	};
}

int
wi_crash_write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return WEFT_OK;
}

/* "crash-20261130T104217Z-123.txt": names are in the order of time. */
static void
keep_name(struct wi_crash_text *name, const char *end)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	wi_crash_put(name, "crash-");
	wi_crash_put_time(name, (uint64_t)now.tv_sec, false);
	wi_crash_put(name, "-");
	wi_crash_put_dec(name, (uint64_t)getpid(), 1);
	wi_crash_put(name, end);
	name->at[name->len] = '\0';
}

/* The file that was made gets its name. */
static int
keep_named(struct wi_crash_place *place, const char *bytes, size_t len,
    const char *name)
{
	char bytes_of_path[KEEP_NAME_MAX + 1];
	struct wi_crash_text path;
	int rv = wi_crash_write_all(place->file_fd, bytes, len);

	if (rv < 0)
		return rv;
	if (ftruncate(place->file_fd, (off_t)len) < 0)
		return -errno;
	wi_crash_text_init(&path, bytes_of_path, KEEP_NAME_MAX);
	wi_crash_put(&path, "/proc/self/fd/");
	wi_crash_put_dec(&path, (uint64_t)place->file_fd, 1);
	path.at[path.len] = '\0';
	return linkat(AT_FDCWD, path.at, place->dir_fd, name,
		   AT_SYMLINK_FOLLOW) < 0 ?
	    -errno :
	    WEFT_OK;
}

/* One is made now. */
static int
keep_new(struct wi_crash_place *place, const char *bytes, size_t len,
    const char *name)
{
	int rv, fd;

	fd = openat(place->dir_fd, ".crash.part",
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, KEEP_MODE);
	if (fd < 0)
		return -errno;
	rv = wi_crash_write_all(fd, bytes, len);
	if (close(fd) < 0 && rv == WEFT_OK)
		rv = -errno;
	if (rv == WEFT_OK &&
	    renameat(place->dir_fd, ".crash.part", place->dir_fd, name) < 0)
		rv = -errno;
	if (rv < 0)
		(void)unlinkat(place->dir_fd, ".crash.part", 0);
	return rv;
}

int
wi_crash_keep(struct wi_crash_place *place, const char *bytes, size_t len)
{
	char bytes_of_name[KEEP_NAME_MAX + 1];
	struct wi_crash_text name;
	int rv;

	if (place->dir_fd < 0)
		return wi_crash_write_all(place->fd, bytes, len);
	wi_crash_text_init(&name, bytes_of_name, KEEP_NAME_MAX);
	keep_name(&name, ".txt");
	rv = place->file_fd >= 0 ? keep_named(place, bytes, len, name.at) :
				   -ENOENT;
	return rv < 0 ? keep_new(place, bytes, len, name.at) : rv;
}
