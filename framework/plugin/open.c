/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/open.c - a plugin's file becomes code in this process.
 *
 * thread: the one that sets a node up and tears it down.
 * owns:   the private copy, from its making until the linker has mapped it.
 * from:   plugin/find.c, a path.  to: plugin/registry.c, a handle.
 *
 * copy_note: the linker never sees the deployed file.  It maps a file and
 * reads its pages when they are touched, so cp over a plugin in use would
 * change or take away code that runs (SIGBUS), and it knows a file by its
 * name, so the same path opened again would answer with the old code.  So the
 * file is read once, checked, and written to a fresh directory under a name
 * that carries its hash.  The copy is removed as soon as it is mapped: the
 * mapping keeps its inode, nobody can overwrite it, and nothing is left behind
 * by a process that dies later.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* ST_NOEXEC, asprintf */
#endif

#include "plugin/open.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/code.h"
#include "base/content.h"
#include "base/fail.h"

#define OPEN_FILE_MAX ((size_t)256 << 20) /* [bytes], debug information too */
#define OPEN_NAME_MAX 64 /* [bytes] of the file's name that the copy keeps */

typedef ElfW(Phdr) open_segment;

struct open_image {
	uint8_t *bytes;
	size_t len;
};

/* Where an object lies, once base is known. */
struct open_extent {
	uintptr_t base;
	uintptr_t from;
	uintptr_t to;
};

static int open_read(
    const char *path, struct open_image *image, struct weft_error *err);
static int open_read_checked(const char *path, int fd,
    struct open_image *image, struct weft_error *err);
static int open_copy(const char *path, const struct open_image *image,
    struct wi_opened *opened, struct weft_error *err);
static int open_link(
    const char *path, struct wi_opened *opened, struct weft_error *err);

/* What runs from the copy of an image. */
static int
open_image(const char *path, const struct open_image *image,
    struct wi_opened *opened, struct weft_error *err)
{
	int rc;

	opened->hash = wi_content_hash(image->bytes, image->len);
	(void)wi_build_id(image->bytes, image->len, opened->build_id);
	opened->since = (uint64_t)time(NULL);
	rc = open_copy(path, image, opened, err);
	return rc < 0 ? rc : open_link(path, opened, err);
}

/* The rest of both ways: nothing stays of one that failed. */
static int
open_done(int rc, struct open_image *image, struct wi_opened *opened)
{
	free(image->bytes);
	if (rc < 0)
		memset(opened, 0, sizeof(*opened));
	return rc;
}

int
wi_open_file(
    const char *path, struct wi_opened *opened, struct weft_error *err)
{
	struct open_image image = { NULL, 0 };
	int rc;

	memset(opened, 0, sizeof(*opened));
	rc = open_read(path, &image, err);
	if (rc == WEFT_OK)
		rc = wi_open_check(path, image.bytes, image.len, err);
	if (rc == WEFT_OK)
		rc = open_image(path, &image, opened, err);
	return open_done(rc, &image, opened);
}

int
wi_open_look(const char *path, uint64_t *hash, struct weft_error *err)
{
	struct open_image image = { NULL, 0 };
	int rc;

	rc = open_read(path, &image, err);
	if (rc == WEFT_OK)
		*hash = wi_content_hash(image.bytes, image.len);
	free(image.bytes);
	return rc;
}

int
wi_open_again(
    const char *path, int fd, struct wi_opened *opened, struct weft_error *err)
{
	struct open_image image = { NULL, 0 };
	int rc;

	memset(opened, 0, sizeof(*opened));
	if (lseek(fd, 0, SEEK_SET) < 0)
		return wi_fail(err, WEFT_ELOAD, "%s: its copy is gone: %s",
		    path, weft_strerror(-errno));
	rc = open_read_checked(path, fd, &image, err);
	if (rc == WEFT_OK)
		rc = open_image(path, &image, opened, err);
	return open_done(rc, &image, opened);
}

/* ---- read ------------------------------------------------------------- */

static int
open_read_all(
    const char *path, int fd, struct open_image *image, struct weft_error *err)
{
	size_t done = 0;
	ssize_t n;

	/* One more than its size: a file that has grown is seen too. */
	while (done <= image->len) {
		n = read(fd, image->bytes + done, image->len + 1 - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wi_fail(err, WEFT_ELOAD,
			    "%s: cannot be read: %s", path,
			    weft_strerror(-errno));
		if (n == 0)
			break;
		done += (size_t)n;
	}
	if (done != image->len)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected %zu bytes, found %s: it was written to "
		    "while it was read",
		    path, image->len, done > image->len ? "more" : "fewer");
	return WEFT_OK;
}

static int
open_read_checked(
    const char *path, int fd, struct open_image *image, struct weft_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return wi_fail(err, WEFT_ELOAD, "%s: cannot be read: %s", path,
		    weft_strerror(-errno));
	if (!S_ISREG(st.st_mode))
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a regular file, found %s", path,
		    S_ISDIR(st.st_mode) ? "a directory" : "a special file");
	if (st.st_size <= 0 || (uint64_t)st.st_size > OPEN_FILE_MAX)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a file of 1 to %zu bytes, found %jd", path,
		    OPEN_FILE_MAX, (intmax_t)st.st_size);
	image->len = (size_t)st.st_size;
	image->bytes = malloc(image->len + 1);
	if (image->bytes == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory for %zu bytes",
		    path, image->len);
	return open_read_all(path, fd, image, err);
}

static int
open_read(const char *path, struct open_image *image, struct weft_error *err)
{
	int fd, rc;

	/* O_NONBLOCK: a FIFO is refused below and not waited for here. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		rc = -errno;
		return wi_fail(err,
		    rc == -ENOENT || rc == -ENOTDIR ? WEFT_ENOPLUGIN :
						      WEFT_ELOAD,
		    "%s: expected a plugin's file, found: %s", path,
		    weft_strerror(rc));
	}
	rc = open_read_checked(path, fd, image, err);
	(void)close(fd);
	return rc;
}

/* ---- copy (copy_note) ------------------------------------------------- */

static int
open_write(const char *copy, const struct open_image *image)
{
	size_t done = 0;
	ssize_t n;
	int fd, rc = WEFT_OK;

	fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -errno;
	while (rc == WEFT_OK && done < image->len) {
		n = write(fd, image->bytes + done, image->len - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (close(fd) < 0 && rc == WEFT_OK)
		rc = -errno;
	return rc;
}

/* Unlink the copy and its directory. */
static void
open_unlink(char *copy)
{
	char *slash = strrchr(copy, '/');

	(void)unlink(copy);
	*slash = '\0';
	(void)rmdir(copy);
	*slash = '/';
}

/* dir/echo-0123456789abcdef.so: the name says in a debugger what it is. */
static char *
open_copy_name(const char *dir, const char *path, uint64_t hash)
{
	const char *base = strrchr(path, '/');
	char *copy;
	size_t len;

	base = base == NULL ? path : base + 1;
	len = strlen(base);
	if (len > 3 && strcmp(base + len - 3, ".so") == 0)
		len -= 3;
	if (len > OPEN_NAME_MAX)
		len = OPEN_NAME_MAX;
	if (asprintf(&copy, "%s/%.*s-%016" PRIx64 ".so", dir, (int)len, base,
		hash) < 0)
		return NULL;
	return copy;
}

/* A copy in a new directory of ours, which nobody else may enter. */
static int
open_copy_in(const char *root, const char *path,
    const struct open_image *image, struct wi_opened *opened)
{
	char dir[PATH_MAX];
	struct statvfs fs;
	int len, rc;

	if (statvfs(root, &fs) < 0)
		return -errno;
	if (fs.f_flag & ST_NOEXEC)
		return -ENOEXEC;
	len = snprintf(dir, sizeof(dir), "%s/weft-XXXXXX", root);
	if (len < 0 || (size_t)len >= sizeof(dir))
		return -ENAMETOOLONG;
	if (mkdtemp(dir) == NULL)
		return -errno;
	opened->copy = open_copy_name(dir, path, opened->hash);
	if (opened->copy == NULL) {
		(void)rmdir(dir);
		return -ENOMEM;
	}
	rc = open_write(opened->copy, image);
	if (rc < 0) {
		open_unlink(opened->copy);
		free(opened->copy);
		opened->copy = NULL;
	}
	return rc;
}

/* The first directory that can hold code: made for this, or temporary. */
static int
open_copy(const char *path, const struct open_image *image,
    struct wi_opened *opened, struct weft_error *err)
{
	const char *roots[] = { getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"),
		"/tmp" };
	const char *cause;
	char causes[256] = "";
	size_t used = 0, i;
	int rc;

	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		/* A relative one would move with the working directory. */
		if (roots[i] == NULL || roots[i][0] != '/')
			continue;
		rc = open_copy_in(roots[i], path, image, opened);
		if (rc == WEFT_OK)
			return rc;
		if (rc == -ENOMEM)
			return wi_fail(err, rc, "%s: no memory", path);
		cause = rc == -ENOEXEC ? "noexec" : weft_strerror(rc);
		if (used < sizeof(causes))
			used += (size_t)snprintf(causes + used,
			    sizeof(causes) - used, "%s%s (%s)",
			    used == 0 ? "" : ", ", roots[i], cause);
	}
	return wi_fail(err, WEFT_ELOAD,
	    "%s: expected a directory for a private copy, found %s", path,
	    causes);
}

/* ---- link ------------------------------------------------------------- */

/* The linker's complaint, about the file and not about its copy. */
static int
open_complain(const char *path, const char *copy, struct weft_error *err)
{
	const char *text = dlerror();
	const char *at;

	if (text == NULL)
		text = "no reason given";
	at = strstr(text, copy);
	if (at == NULL)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: the dynamic linker refuses it: %s", path, text);
	if (at == text && strncmp(text + strlen(copy), ": ", 2) == 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: the dynamic linker refuses it: %s", path,
		    text + strlen(copy) + 2);
	return wi_fail(err, WEFT_ELOAD,
	    "%s: the dynamic linker refuses it: %.*s%s%s", path,
	    (int)(at - text), text, path, at + strlen(copy));
}

/* From the lowest to the highest address of an object's segments. */
static int
open_extent(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct open_extent *extent = arg;
	const open_segment *segment;
	uintptr_t at;
	unsigned i;

	(void)size;
	if (info->dlpi_addr != extent->base)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		segment = &info->dlpi_phdr[i];
		if (segment->p_type != PT_LOAD)
			continue;
		at = info->dlpi_addr + segment->p_vaddr;
		if (extent->from == 0 || at < extent->from)
			extent->from = at;
		if (at + segment->p_memsz > extent->to)
			extent->to = at + segment->p_memsz;
	}
	return 1;
}

static int
open_code(void *dl)
{
	struct open_extent extent = { 0, 0, 0 };
	struct link_map *map;

	if (dlinfo(dl, RTLD_DI_LINKMAP, &map) < 0)
		return -1;
	extent.base = map->l_addr;
	(void)dl_iterate_phdr(open_extent, &extent);
	return extent.to == 0 ? -1 : wi_code_add(extent.from, extent.to);
}

static int
open_link(const char *path, struct wi_opened *opened, struct weft_error *err)
{
	int rc = WEFT_OK;

	opened->fd = open(opened->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	opened->dl = dlopen(opened->copy, RTLD_NOW | RTLD_LOCAL);
	if (opened->dl == NULL)
		rc = open_complain(path, opened->copy, err);
	open_unlink(opened->copy);
	if (rc == WEFT_OK) {
		opened->code = open_code(opened->dl);
		return WEFT_OK;
	}
	if (opened->fd >= 0)
		(void)close(opened->fd);
	free(opened->copy);
	return rc;
}

int
wi_open_close(struct wi_opened *opened)
{
	void *again = NULL;

	if (opened->dl != NULL) {
		wi_code_drop(opened->code);
		if (opened->fd >= 0)
			(void)close(opened->fd);
		(void)dlclose(opened->dl);
		/* No file has that name any more: an answer can only be the
		 * mapping. */
		again = dlopen(opened->copy, RTLD_NOW | RTLD_NOLOAD);
		if (again != NULL)
			(void)dlclose(again);
	}
	free(opened->copy);
	memset(opened, 0, sizeof(*opened));
	return again != NULL;
}
