/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/plugin_files.h - files for the tests of plugin/: where fixtures
 * are, a directory of a test's own, and whether anything was left behind.
 */
#ifndef TESTS_PLUGIN_FILES_H
#define TESTS_PLUGIN_FILES_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/error.h>

/* The text of an error says this too; shows all of it if it does not. */
#define ck_assert_says(err, part)                                             \
	ck_assert_msg(strstr((err)->text, (part)) != NULL,                    \
	    "expected \"%s\" in: %s", (part), (err)->text)

/* A new directory.  It is also where private copies go, so that a test can
 * see that none is left. */
static inline void
files_enter(char dir[PATH_MAX])
{
	strcpy(dir, "/tmp/weft-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
}

/* How many entries a directory has. */
static inline unsigned
files_count(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	unsigned count = 0;

	ck_assert_msg(stream != NULL, "%s: %s", dir, strerror(errno));
	while ((entry = readdir(stream)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0;
	(void)closedir(stream);
	return count;
}

/* The end of a test's directory: fails if anything is left in it. */
static inline void
files_leave(const char *dir)
{
	ck_assert_uint_eq(files_count(dir), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

static inline void __attribute__((format(printf, 2, 3)))
files_path(char path[PATH_MAX], const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(path, PATH_MAX, format, args);
	va_end(args);
	ck_assert(len > 0 && len < PATH_MAX);
}

/* A fixture's file, which must be there: a test that is refused for a missing
 * file proves nothing. */
static inline void
files_fixture(char path[PATH_MAX], const char *name)
{
	const char *dir = getenv("WEFT_TEST_PLUGINS");

	ck_assert_msg(dir != NULL, "WEFT_TEST_PLUGINS is not set");
	files_path(path, "%s/%s.so", dir, name);
	ck_assert_msg(
	    access(path, R_OK) == 0, "%s: %s", path, strerror(errno));
}

/* All bytes of a file; the caller frees them. */
static inline uint8_t *
files_read(const char *path, size_t *len)
{
	struct stat st;
	uint8_t *bytes;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	bytes = malloc(*len);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(read(fd, bytes, *len), st.st_size);
	(void)close(fd);
	return bytes;
}

/* What cp does to a file that is there: the same inode gets other bytes. */
static inline void
files_write(const char *path, const void *bytes, size_t len)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	ck_assert_int_eq(close(fd), 0);
}

static inline void
files_copy(const char *from, const char *to)
{
	size_t len;
	uint8_t *bytes = files_read(from, &len);

	files_write(to, bytes, len);
	free(bytes);
}

/* Lines of a file: mappings, of /proc/self/maps. */
static inline unsigned
files_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned count = 0;
	int c;

	ck_assert_ptr_nonnull(file);
	while ((c = getc(file)) != EOF)
		count += c == '\n';
	(void)fclose(file);
	return count;
}

#endif
