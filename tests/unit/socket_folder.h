/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/socket_folder.h - Unix sockets in a folder that a test has for
 * itself.
 */
#ifndef TESTS_SOCKET_FOLDER_H
#define TESTS_SOCKET_FOLDER_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/url.h"
#include "io/socket.h"
#include "socket_url.h"

static char folder[64];

static inline void
folder_new(void)
{
	strcpy(folder, "/tmp/weft-socket-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* What a test leaves there is removed; the folder must be empty then. */
static inline void
folder_end(const struct wi_url *url)
{
	(void)unlink(url->path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static inline struct wi_url
url_in_folder(const char *name)
{
	char path[WI_URL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return url_of(WI_URL_UNIX, path, 0);
}

/* A client, or a negated errno. */
static inline int
connect_to(const struct wi_url *url)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd, rv;

	len = wi_socket_path(url, &addr);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	if (connect(fd, (struct sockaddr *)&addr, len) == 0)
		return fd;
	rv = -errno;
	close(fd);
	return rv;
}

#endif
