/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_socket - where the admin socket lies, and who may come.
 *
 * thread: who starts it; wi_admin_may(): the admin socket's.
 *
 * The socket is made as that of a unix:// listener is (io/socket_file.c): its
 * mode is set before anybody can connect, a dead one is replaced, a live one
 * is not.  Its mode keeps other users out; SO_PEERCRED is asked besides, in
 * case that somebody changes it, or hands a connection on.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/admin_room.h"
#include "host/trust.h"
#include "io/socket.h"

/* Only the last folder: one that is missing above it is a mistake. */
static int
socket_folder(const char *path, struct weft_error *err)
{
	char copy[PATH_MAX];
	const char *folder;

	if (strlen(path) >= sizeof(copy))
		return wi_fail(err, -ENAMETOOLONG,
		    "admin socket: expected a path of less than %u bytes",
		    (unsigned)sizeof(copy));
	strcpy(copy, path);
	folder = dirname(copy);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return wi_fail(err, -errno,
		    "admin socket: %s: expected a folder: %s", folder,
		    weft_strerror(-errno));
	return wi_trust_folder("admin socket", folder, err);
}

/* unix:// with an absolute path. */
static int
socket_url(const char *path, struct wi_url *url, struct weft_error *err)
{
	char cwd[PATH_MAX] = "", text[2 * PATH_MAX];

	if (path[0] != '/' && getcwd(cwd, sizeof(cwd) - 1) == NULL)
		return wi_fail(err, -errno, "admin socket: %s: %s", path,
		    weft_strerror(-errno));
	if (path[0] != '/')
		strcat(cwd, "/");
	(void)snprintf(text, sizeof(text), "unix://%s%s?mode=0600&backlog=128",
	    cwd, path);
	return wi_url_parse(text, WI_URL_LISTEN, url, err);
}

int
wi_admin_open(struct wi_admin *admin, const char *path, struct weft_error *err)
{
	int rv = socket_folder(path, err);

	if (rv == WEFT_OK)
		rv = socket_url(path, &admin->url, err);
	if (rv == WEFT_OK)
		rv = wi_socket_listen(
		    path, &admin->url, &admin->fd, &admin->file, err);
	return rv;
}

void
wi_admin_close(struct wi_admin *admin)
{
	wi_socket_unlink(&admin->url, &admin->file);
	(void)close(admin->fd);
	admin->fd = -1;
}

bool
wi_admin_may(int fd, uint32_t *uid)
{
	struct ucred who = { .uid = UINT32_MAX };
	socklen_t len = sizeof(who);
	int rv;

	rv = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	*uid = who.uid;
	return rv == 0 && (who.uid == 0 || who.uid == geteuid());
}
