/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/version_file - the file that a plugin is loaded from, and its hash.
 *
 * thread: any.
 */
#include "host/version_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/plugin.h>

#include "base/content.h"
#include "base/fail.h"

#define FILE_MAX ((off_t)256 << 20) /* [bytes], as a plugin may have */

struct file_bytes {
	uint8_t *bytes;
	size_t len;
};

static int
file_read(const char *path, struct file_bytes *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n = 0;
	int rv = WEFT_OK;

	out->bytes = NULL;
	out->len = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		rv = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		rv = -EINVAL;
	else if ((out->bytes = malloc((size_t)st.st_size + 1)) == NULL)
		rv = -ENOMEM;
	while (rv == WEFT_OK && out->len < (size_t)st.st_size &&
	    (n = read(fd, out->bytes + out->len,
		 (size_t)st.st_size - out->len)) > 0)
		out->len += (size_t)n;
	if (n < 0)
		rv = -errno;
	(void)close(fd);
	return rv;
}

int
wi_version_file_find(
    struct wi_version_file *file, const char *what, struct weft_error *err)
{
	struct file_bytes bytes;
	int rv;

	*file = (struct wi_version_file){ NULL, strchr(what, '?'), 0 };
	if (file->options != NULL)
		file->options++;
	rv = weft_plugin_find(what, &file->path, err);
	if (rv < 0)
		return rv;
	rv = file_read(file->path, &bytes);
	if (rv == WEFT_OK)
		file->hash = wi_content_hash(bytes.bytes, bytes.len);
	else
		(void)wi_fail(
		    err, rv, "%s: %s", file->path, weft_strerror(rv));
	free(bytes.bytes);
	if (rv < 0)
		wi_version_file_fini(file);
	return rv;
}

void
wi_version_file_fini(struct wi_version_file *file)
{
	free(file->path);
	file->path = NULL;
}

static int
file_write(int dir_fd, const char *name, const struct file_bytes *bytes)
{
	size_t done = 0;
	ssize_t n = 0;
	int fd, rv;

	fd = openat(dir_fd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (done < bytes->len &&
	    (n = write(fd, bytes->bytes + done, bytes->len - done)) > 0)
		done += (size_t)n;
	rv = n < 0 ? -errno : WEFT_OK;
	if (close(fd) < 0 && rv == WEFT_OK)
		rv = -errno;
	return rv;
}

int
wi_version_file_copy(const char *path, uint64_t hash, int dir_fd,
    const char *name, struct weft_error *err)
{
	struct file_bytes bytes;
	char part[64];
	int rv = file_read(path, &bytes);

	(void)snprintf(part, sizeof(part), "%.50s.part", name);
	if (rv == WEFT_OK && wi_content_hash(bytes.bytes, bytes.len) != hash)
		rv = WEFT_ESTATE;
	if (rv == WEFT_OK)
		rv = file_write(dir_fd, part, &bytes);
	if (rv == WEFT_OK && renameat(dir_fd, part, dir_fd, name) < 0)
		rv = -errno;
	if (rv < 0) {
		(void)unlinkat(dir_fd, part, 0);
		(void)wi_fail(err, rv,
		    "%s: its bytes are not kept, so a version after it "
		    "cannot be taken back: %s",
		    path, weft_strerror(rv));
	}
	free(bytes.bytes);
	return rv;
}
