/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find - a path becomes an open file below the root.
 *
 * below_note: the kernel is asked to resolve the path beneath the root
 * (openat2(2), RESOLVE_BENEATH): neither "..", nor a symbolic link, nor a
 * directory that is moved meanwhile leads out of it.  What begins with a dot
 * is not there: nobody means to publish .git or .env.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* See below_note. */
static int
find_open(int root, const char *path)
{
	const struct open_how how = { .flags = O_RDONLY | O_CLOEXEC |
		    O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	long fd;

	do
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

/* As a string; false: it means nothing here. */
static bool
find_text(struct weft_bytes path, char out[FILES_PATH_MAX])
{
	size_t i;

	if (path.len >= FILES_PATH_MAX ||
	    (path.len > 0 && memchr(path.data, '\0', path.len) != NULL))
		return false;
	if (path.len > 0)
		memcpy(out, path.data, path.len);
	out[path.len] = '\0';
	for (i = 0; i < path.len; i++)
		if (out[i] == '.' && (i == 0 || out[i - 1] == '/'))
			return false;
	return true;
}

static void
find_describe(
    struct files_found *found, const struct stat *stat, const char *name)
{
	found->size = (uint64_t)stat->st_size;
	found->modified = stat->st_mtim.tv_sec;
	found->type = files_type(name);
	files_date(found->modified, found->date);
	(void)snprintf(found->etag, sizeof(found->etag),
	    "\"%" PRIx64 "-%" PRIx64 "\"",
	    (uint64_t)stat->st_mtim.tv_sec * 1000000000u +
		(uint64_t)stat->st_mtim.tv_nsec,
	    found->size);
}

/* What an open descriptor is; it is closed unless this answers 0. */
static unsigned
find_judge(struct files_found *found, const char *name)
{
	struct stat stat;
	bool known = fstat(found->fd, &stat) == 0;

	if (known && S_ISREG(stat.st_mode)) {
		find_describe(found, &stat, name);
		return 0;
	}
	(void)close(found->fd);
	return known && S_ISDIR(stat.st_mode) ? 301 : 404;
}

unsigned
files_find(const struct files *files, struct weft_bytes path,
    struct files_found *found)
{
	char text[FILES_PATH_MAX], name[FILES_PATH_MAX + 256];
	size_t len;
	int n;

	if (!find_text(path, text))
		return 404;
	len = strlen(text);
	n = snprintf(name, sizeof(name), "%s%s", text,
	    len == 0 || text[len - 1] == '/' ? files->index : "");
	if (n < 0 || (size_t)n >= sizeof(name))
		return 404;
	found->fd = find_open(files->root, name);
	return found->fd < 0 ? 404 : find_judge(found, name);
}
