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
#include <elf.h>
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
#include <unistd.h>

#include "base/fail.h"

#define OPEN_FILE_MAX ((size_t)256 << 20) /* [bytes], debug information too */
#define OPEN_NAME_MAX 64 /* [bytes] of the file's name that the copy keeps */

/* Of this machine's own word size; another is refused. */
typedef ElfW(Ehdr) open_head;
typedef ElfW(Phdr) open_segment;

struct open_image {
	uint8_t *bytes;
	size_t len;
};

/* The ELF header of the object that this code is part of: class, byte order
 * and machine that a plugin must share.  The link editor provides it. */
extern const open_head open_own_header __asm__("__ehdr_start")
    __attribute__((visibility("hidden")));

static int open_read(
    const char *path, struct open_image *image, struct weft_error *err);
static uint64_t open_hash(const struct open_image *image);
static int open_copy(const char *path, const struct open_image *image,
    struct wi_opened *opened, struct weft_error *err);
static int open_link(
    const char *path, struct wi_opened *opened, struct weft_error *err);

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
	if (rc == WEFT_OK) {
		opened->hash = open_hash(&image);
		(void)wi_build_id(image.bytes, image.len, opened->build_id);
		rc = open_copy(path, &image, opened, err);
	}
	free(image.bytes);
	if (rc == WEFT_OK)
		rc = open_link(path, opened, err);
	if (rc < 0)
		memset(opened, 0, sizeof(*opened));
	return rc;
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

/* FNV-1a: names contents; nobody's safety rests on it. */
static uint64_t
open_hash(const struct open_image *image)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < image->len; i++)
		hash = (hash ^ image->bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* ---- check ------------------------------------------------------------ */

/* Do len bytes at offset lie in a file of that size?  Says so if not. */
static int
open_check_extent(const char *path, const char *what, uint64_t offset,
    uint64_t len, size_t size, struct weft_error *err)
{
	if (offset <= size && len <= size - offset)
		return WEFT_OK;
	return wi_fail(err, WEFT_ELOAD,
	    "%s: expected %" PRIu64 " bytes at %" PRIu64 " (%s), found a file "
	    "of %zu bytes: it is cut short",
	    path, len, offset, what, size);
}

static int
open_check_head(
    const char *path, const open_head *head, struct weft_error *err)
{
	const open_head *own = &open_own_header;

	if (head->e_ident[EI_CLASS] != own->e_ident[EI_CLASS] ||
	    head->e_ident[EI_DATA] != own->e_ident[EI_DATA] ||
	    head->e_machine != own->e_machine)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected an object for this machine (ELF class %u, "
		    "data %u, machine %u), found class %u, data %u, machine "
		    "%u",
		    path, own->e_ident[EI_CLASS], own->e_ident[EI_DATA],
		    own->e_machine, head->e_ident[EI_CLASS],
		    head->e_ident[EI_DATA], head->e_machine);
	if (head->e_type != ET_DYN)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object (ELF type %u), found type "
		    "%u",
		    path, ET_DYN, head->e_type);
	if (head->e_phentsize != sizeof(open_segment) || head->e_phnum == 0 ||
	    head->e_phnum == PN_XNUM)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected program headers of %zu bytes, found %u of "
		    "%u",
		    path, sizeof(open_segment), head->e_phnum,
		    head->e_phentsize);
	return WEFT_OK;
}

/* Every segment that would be mapped or read must be in the file. */
static int
open_check_segments(const char *path, const open_head *head,
    const uint8_t *bytes, size_t len, struct weft_error *err)
{
	open_segment segment;
	unsigned i, ndynamic = 0;
	int rc;

	rc = open_check_extent(path, "program headers", head->e_phoff,
	    (uint64_t)head->e_phnum * sizeof(segment), len, err);
	for (i = 0; rc == WEFT_OK && i < head->e_phnum; i++) {
		memcpy(&segment, bytes + head->e_phoff + i * sizeof(segment),
		    sizeof(segment));
		rc = open_check_extent(path, "a segment", segment.p_offset,
		    segment.p_filesz, len, err);
		if (segment.p_type == PT_DYNAMIC)
			ndynamic++;
	}
	if (rc == WEFT_OK && ndynamic != 1)
		rc = wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object with one dynamic segment, "
		    "found %u",
		    path, ndynamic);
	return rc;
}

int
wi_open_check(
    const char *path, const uint8_t *bytes, size_t len, struct weft_error *err)
{
	open_head head;
	int rc;

	if (len < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object, found a file that does not "
		    "begin with an ELF header",
		    path);
	rc = open_check_extent(path, "ELF header", 0, sizeof(head), len, err);
	if (rc < 0)
		return rc;
	memcpy(&head, bytes, sizeof(head));
	rc = open_check_head(path, &head, err);
	if (rc == WEFT_OK)
		rc = open_check_segments(path, &head, bytes, len, err);
	/* The linker never reads the section headers, but they close the file:
	 * where they are missing, somebody was interrupted in a copy. */
	if (rc == WEFT_OK && head.e_shoff != 0)
		rc = open_check_extent(path, "section headers", head.e_shoff,
		    (uint64_t)head.e_shnum * head.e_shentsize, len, err);
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

static int
open_link(const char *path, struct wi_opened *opened, struct weft_error *err)
{
	int rc = WEFT_OK;

	opened->dl = dlopen(opened->copy, RTLD_NOW | RTLD_LOCAL);
	if (opened->dl == NULL)
		rc = open_complain(path, opened->copy, err);
	open_unlink(opened->copy);
	if (rc < 0)
		free(opened->copy);
	return rc;
}

int
wi_open_close(struct wi_opened *opened)
{
	void *again = NULL;

	if (opened->dl != NULL) {
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
