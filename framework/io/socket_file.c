/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/socket_file - the file of a Unix listener.
 *
 * thread: any.  Owns nothing: the file is the caller's, who gives it back to
 * wi_socket_unlink().
 *
 * race_note: whether a socket file is dead only connect() tells, and between
 * its ECONNREFUSED and our unlink() another starter may have put its own
 * socket there, or be between bind() and listen(), which looks dead as well.
 * There is no "unlink if it is still that inode", so starters take turns: the
 * directory is locked (flock(2): leaves no file behind and ends with the
 * process) from before bind() until after listen().  Whoever comes second
 * finds a socket that answers.  Binding to another name and rename() would
 * need no lock against a half-made socket, but would still replace whatever
 * somebody has put there meanwhile, and the odd name is what ss(8) and every
 * client's getpeername() would show.
 *
 * Anybody who may read the directory may lock it, too, so we do not wait for
 * long, and a directory that cannot be read or locked does not keep us from
 * listening: then we are as careless as others.  Against programs that do not
 * lock, there is the window between asking and unlinking, some microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "io/socket_job.h"

#define FILE_LOCK_TRIES 50      /* one a millisecond */
#define FILE_BIND_TRIES 8       /* others may come and go meanwhile */
#define FILE_ENTRY_MAX 1048576u /* [bytes] of a group with all its members */

static int file_lock(const char *path);
static int file_bind(const struct wi_socket_job *job);
static int file_make_way(const struct wi_socket_job *job);
static int file_ask(const struct wi_socket_job *job);
static int file_dress(const struct wi_socket_job *job);
static int file_owner(
    const struct wi_socket_job *job, uid_t *uidp, gid_t *gidp);
static int file_number(const char *text, uint32_t *number);
static int file_find_id(const char *name, bool group, uint32_t *idp);

int
wi_socket_file_listen(
    const struct wi_socket_job *job, struct wi_socket_file *file)
{
	struct stat st;
	int lock, rv;

	lock = file_lock(job->url->path);
	rv = file_bind(job);
	if (rv == WEFT_OK && lstat(job->url->path, &st) < 0)
		rv = wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": expected the socket file to stay, "
				   "found: %s",
		    job->text, weft_strerror(-errno));
	if (rv == WEFT_OK) {
		file->device = st.st_dev;
		file->inode = st.st_ino;
		rv = file_dress(job);
		if (rv == WEFT_OK &&
		    listen(job->fd, (int)job->url->numbers[WI_URL_backlog]) <
			0)
			rv = wi_fail(job->err, -errno,
			    WI_SOCKET_TEXT ": cannot listen: %s", job->text,
			    weft_strerror(-errno));
		if (rv != WEFT_OK)
			wi_socket_unlink(job->url, file);
	}
	if (rv != WEFT_OK)
		*file = (struct wi_socket_file){ 0 };
	if (lock >= 0)
		(void)close(lock);
	return rv;
}

/* See race_note; -1: do without. */
static int
file_lock(const char *path)
{
	const struct timespec wait = { .tv_nsec = 1000000 };
	char folder[WI_URL_PATH_MAX];
	const char *slash;
	int fd, i;

	slash = strrchr(path, '/');
	strcpy(folder, slash == NULL ? "." : "/");
	if (slash != NULL && slash != path) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* There is no flock() with a deadline. */
	for (i = 0; i < FILE_LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		(void)nanosleep(&wait, NULL);
	}
	(void)close(fd);
	return -1;
}

static int
file_bind(const struct wi_socket_job *job)
{
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int i, rv;

	addr_len = wi_socket_path(job->url, &addr);
	/* The new file gets the mode of the socket (less the umask): never
	 * more than was asked for, not even until file_dress(). */
	if (wi_url_given(job->url, WI_URL_mode) &&
	    fchmod(job->fd, (mode_t)job->url->numbers[WI_URL_mode]) < 0)
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": option mode: %s", job->text,
		    weft_strerror(-errno));
	for (i = 0; i < FILE_BIND_TRIES; i++) {
		if (bind(job->fd, (struct sockaddr *)&addr, addr_len) == 0)
			return WEFT_OK;
		if (errno != EADDRINUSE)
			break;
		rv = file_make_way(job);
		if (rv != WEFT_OK)
			return rv;
	}
	return wi_fail(job->err, -errno,
	    WI_SOCKET_TEXT ": cannot listen: expected a path where a socket "
			   "may be made, found: %s",
	    job->text, weft_strerror(-errno));
}

/* Remove what is in our way, if it is a dead socket; WEFT_OK: try again. */
static int
file_make_way(const struct wi_socket_job *job)
{
	const char *path = job->url->path;
	struct stat st;
	int rv;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return WEFT_OK;
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": cannot listen: %s", job->text,
		    weft_strerror(-errno));
	}
	if (!S_ISSOCK(st.st_mode))
		return wi_fail(job->err, -EEXIST,
		    WI_SOCKET_TEXT ": cannot listen: expected a free path or "
				   "a dead socket, found a file that is no "
				   "socket",
		    job->text);
	rv = file_ask(job);
	if (rv != -ECONNREFUSED)
		return rv;
	if (unlink(path) < 0 && errno != ENOENT)
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": cannot listen: expected the right to "
				   "replace a dead socket, found: %s",
		    job->text, weft_strerror(-errno));
	return WEFT_OK;
}

/* Does somebody listen there?  -ECONNREFUSED: no; WEFT_OK: it is gone.  Who
 * listens there sees a client that leaves at once. */
static int
file_ask(const struct wi_socket_job *job)
{
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int fd, rv;

	addr_len = wi_socket_path(job->url, &addr);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": no socket: %s", job->text,
		    weft_strerror(-errno));
	rv = connect(fd, (struct sockaddr *)&addr, addr_len) < 0 ? -errno : 0;
	(void)close(fd);
	if (rv == -ECONNREFUSED)
		return rv;
	if (rv == -ENOENT)
		return WEFT_OK;
	/* EAGAIN: so many clients wait for it; EPROTOTYPE: for datagrams. */
	if (rv == 0 || rv == -EAGAIN || rv == -EPROTOTYPE)
		return wi_fail(job->err, -EADDRINUSE,
		    WI_SOCKET_TEXT ": cannot listen: expected a free path or "
				   "a dead socket, found one that somebody "
				   "listens on",
		    job->text);
	return wi_fail(job->err, -EADDRINUSE,
	    WI_SOCKET_TEXT ": cannot listen: expected a free path or a dead "
			   "socket, found one that cannot be asked: %s",
	    job->text, weft_strerror(rv));
}

/* Owner and mode of the new file.  Nobody can connect before listen(). */
static int
file_dress(const struct wi_socket_job *job)
{
	const struct wi_url *url = job->url;
	mode_t mode = (mode_t)url->numbers[WI_URL_mode];
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;
	int rv;

	if (wi_url_given(url, WI_URL_owner)) {
		rv = file_owner(job, &uid, &gid);
		if (rv != WEFT_OK)
			return rv;
		if (lchown(url->path, uid, gid) < 0)
			return wi_fail(job->err, -errno,
			    WI_SOCKET_TEXT ": option owner: expected the "
					   "right to give the socket file to "
					   "%s, found: %s",
			    job->text, url->owner, weft_strerror(-errno));
	}
	if (!wi_url_given(url, WI_URL_mode))
		return WEFT_OK;
	rv = fchmodat(AT_FDCWD, url->path, mode, AT_SYMLINK_NOFOLLOW);
	if (rv < 0 && errno == EOPNOTSUPP) /* glibc, where /proc is not */
		rv = chmod(url->path, mode);
	if (rv < 0)
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": option mode: expected the right to set "
				   "%03o, found: %s",
		    job->text, (unsigned)mode, weft_strerror(-errno));
	return WEFT_OK;
}

/* user[:group], :group; each a name or a number. */
static int
file_owner(const struct wi_socket_job *job, uid_t *uidp, gid_t *gidp)
{
	char name[WI_URL_TEXT_MAX];
	uint32_t id;
	char *group;
	int rv = WEFT_EURL;

	strncpy(name, job->url->owner, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	group = strchr(name, ':');
	if (group != NULL)
		*group++ = '\0';
	if (name[0] != '\0') {
		rv = file_find_id(name, false, &id);
		if (rv != WEFT_OK)
			return wi_fail(job->err, rv,
			    WI_SOCKET_TEXT ": option owner: expected a user "
					   "of this machine, found \"%s\"",
			    job->text, name);
		*uidp = id;
	}
	if (group != NULL && group[0] != '\0') {
		rv = file_find_id(group, true, &id);
		if (rv != WEFT_OK)
			return wi_fail(job->err, rv,
			    WI_SOCKET_TEXT ": option owner: expected a group "
					   "of this machine, found \"%s\"",
			    job->text, group);
		*gidp = id;
	}
	if (rv != WEFT_OK)
		return wi_fail(job->err, rv,
		    WI_SOCKET_TEXT ": option owner: expected user[:group], "
				   "found \"%s\"",
		    job->text, job->url->owner);
	return WEFT_OK;
}

static int
file_number(const char *text, uint32_t *number)
{
	char *end;
	unsigned long long value;

	if (text[strspn(text, "0123456789")] != '\0')
		return WEFT_EURL;
	errno = 0;
	value = strtoull(text, &end, 10);
	/* The last one means "leave it" to chown(2). */
	if (errno != 0 || end == text || value >= UINT32_MAX)
		return WEFT_EURL;
	*number = (uint32_t)value;
	return WEFT_OK;
}

static int
file_find_id(const char *name, bool group, uint32_t *idp)
{
	struct passwd pw, *pw_found = NULL;
	struct group gr, *gr_found = NULL;
	size_t size;
	char *buffer;
	int rv = ERANGE;

	if (file_number(name, idp) == WEFT_OK)
		return WEFT_OK;
	for (size = 1024; rv == ERANGE && size <= FILE_ENTRY_MAX; size *= 2) {
		buffer = malloc(size);
		if (buffer == NULL)
			return -ENOMEM;
		rv = group ? getgrnam_r(name, &gr, buffer, size, &gr_found) :
			     getpwnam_r(name, &pw, buffer, size, &pw_found);
		if (gr_found != NULL)
			*idp = gr.gr_gid;
		if (pw_found != NULL)
			*idp = pw.pw_uid;
		free(buffer);
	}
	return gr_found != NULL || pw_found != NULL ? WEFT_OK : WEFT_EURL;
}

void
wi_socket_unlink(const struct wi_url *url, const struct wi_socket_file *file)
{
	struct stat st;

	if (file->inode == 0 || lstat(url->path, &st) < 0)
		return;
	if (st.st_dev == file->device && st.st_ino == file->inode)
		(void)unlink(url->path);
}

socklen_t
wi_socket_path(const struct wi_url *url, struct sockaddr_storage *addr)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len;

	/* An abstract name begins with a NUL, and ends where the length says;
	 * a path ends with one. */
	len = strnlen(url->path, sizeof(un.sun_path) - 1);
	memcpy(un.sun_path + (url->abstract ? 1 : 0), url->path, len);
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, &un, sizeof(un));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
}
