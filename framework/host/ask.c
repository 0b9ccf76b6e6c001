/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/ask - ask a host that runs, over its admin socket.
 *
 * thread: main.
 */
#include "host/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "host/admin_request.h"

#define ASK_ANSWER_MAX ((size_t)1 << 30) /* [bytes] */
#define ASK_PLACE "/run/weft/admin.sock"

/* What has come so far. */
struct ask_bytes {
	char *bytes;
	size_t len;
	size_t room;
};

const char *
wi_ask_path(const struct wi_ask *ask, char room[512])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	const char *path = getenv("WEFT_ADMIN");

	if (ask->path != NULL)
		return ask->path;
	if (path != NULL && path[0] != '\0')
		return path;
	if (folder != NULL && folder[0] != '\0') {
		(void)snprintf(room, 512, "%s/weft/admin.sock", folder);
		if (access(room, F_OK) == 0)
			return room;
	}
	return ASK_PLACE;
}

static int
ask_left_ms(uint64_t due)
{
	uint64_t now = wi_clock_ns();

	return now >= due ? 0 : (int)((due - now) / 1000000 + 1);
}

static int
ask_late(const char *path, struct weft_error *err)
{
	return wi_fail(err, -ETIMEDOUT,
	    "%s: expected the host to answer in time, found it silent", path);
}

static int
ask_poll(int fd, short events, uint64_t due, const char *path,
    struct weft_error *err)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&poll_fd, 1, ask_left_ms(due));
	while (n < 0 && errno == EINTR);
	return n > 0 ? WEFT_OK : ask_late(path, err);
}

/* ---- connect */

static int
ask_failed(const char *path, int code, struct weft_error *err)
{
	return wi_fail(err, code,
	    "expected a host at %s, found %s (%s); it listens there if it was "
	    "started with --admin, or has it in its file (admin)",
	    path,
	    code == -ENOENT           ? "no such socket" :
		code == -ECONNREFUSED ? "a socket that nobody listens on" :
		code == -EACCES       ? "a socket of another user" :
					"another file",
	    weft_strerror(code));
}

/* It may have to wait, while the backlog is full. */
static int
ask_connect(
    const char *path, uint64_t wait_ns, int *fdp, struct weft_error *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = (time_t)(wait_ns / 1000000000),
		.tv_usec = (suseconds_t)(wait_ns / 1000 % 1000000) };
	int code;

	if (strlen(path) >= sizeof(addr.sun_path))
		return wi_fail(err, -ENAMETOOLONG,
		    "%s: expected a path of less than %u bytes", path,
		    (unsigned)sizeof(addr.sun_path));
	strcpy(addr.sun_path, path);
	*fdp = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fdp < 0)
		return wi_fail(err, -errno, "%s: no socket: %s", path,
		    weft_strerror(-errno));
	(void)setsockopt(*fdp, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(*fdp, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return WEFT_OK;
	code = -errno;
	(void)close(*fdp);
	if (code == -EAGAIN)
		return ask_late(path, err);
	return ask_failed(path, code, err);
}

/* Before anything is asked: later it may be gone, and its number another's. */
static void
ask_who(int fd, struct wi_told *told)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 ||
	    who.pid <= 0)
		return;
	told->pid = who.pid;
	told->host = pidfd_open(who.pid, 0);
}

/* ---- ask */

static int
ask_line(const char *const words[], char line[WI_REQUEST_MAX], size_t *len,
    struct weft_error *err)
{
	json_t *json;
	size_t n, at;
	unsigned i;

	at = (size_t)snprintf(line, WI_REQUEST_MAX, "%s", WI_REQUEST_PROTOCOL);
	for (i = 0; words[i] != NULL; i++) {
		json = json_string(words[i]);
		if (json == NULL)
			return wi_fail(err, -EINVAL,
			    "expected UTF-8, found other bytes in word %u",
			    i + 1);
		line[at++] = ' ';
		n = json_dumpb(
		    json, line + at, WI_REQUEST_MAX - 1 - at, JSON_ENCODE_ANY);
		json_decref(json);
		if (n == 0 || at + n + 1 >= WI_REQUEST_MAX)
			return wi_fail(err, -E2BIG,
			    "expected words of less than %u bytes, found more",
			    WI_REQUEST_MAX - 16);
		at += n;
	}
	line[at++] = '\n';
	*len = at;
	return WEFT_OK;
}

/* It is small and goes at once, or the host does not read. */
static int
ask_send(int fd, const char *const words[], const char *path,
    struct weft_error *err)
{
	char line[WI_REQUEST_MAX];
	size_t len = 0;
	int rv;

	rv = ask_line(words, line, &len, err);
	if (rv == WEFT_OK &&
	    send(fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		rv = wi_fail(err, -EPROTO,
		    "%s: expected a host that reads, found: %s", path,
		    weft_strerror(-errno));
	return rv;
}

/* ---- hear */

static int
ask_room(struct ask_bytes *got)
{
	char *grown;

	if (got->room - got->len >= 65536)
		return WEFT_OK;
	if (got->len >= ASK_ANSWER_MAX)
		return -E2BIG;
	grown = realloc(got->bytes, got->room * 2 + 131072);
	if (grown == NULL)
		return -ENOMEM;
	got->bytes = grown;
	got->room = got->room * 2 + 131072;
	return WEFT_OK;
}

static int
ask_hear(int fd, struct ask_bytes *got, uint64_t due, const char *path,
    struct weft_error *err)
{
	ssize_t n;
	int rv;

	do {
		rv = ask_room(got);
		if (rv < 0)
			return wi_fail(
			    err, rv, "%s: its answer is too long", path);
		rv = ask_poll(fd, POLLIN, due, path, err);
		if (rv < 0)
			return rv;
		n = recv(fd, got->bytes + got->len, got->room - got->len, 0);
		if (n < 0 && errno != EINTR)
			return wi_fail(err, -EPROTO,
			    "%s: expected an answer, found: %s", path,
			    weft_strerror(-errno));
		got->len += n > 0 ? (size_t)n : 0;
	} while (n != 0);
	return WEFT_OK;
}

static bool
ask_is(const json_t *line, const char *what)
{
	const char *is = json_string_value(json_object_get(line, "is"));

	return is != NULL && strcmp(is, what) == 0;
}

static int
ask_lines(const struct ask_bytes *got, const char *path, struct wi_told *told,
    struct weft_error *err)
{
	const char *line = got->bytes, *end;
	size_t left = got->len;
	json_t *json;

	for (; left > 0; left -= (size_t)(end + 1 - line), line = end + 1) {
		end = memchr(line, '\n', left);
		json = end == NULL ?
		    NULL :
		    json_loadb(line, (size_t)(end - line), 0, NULL);
		if (json == NULL)
			break;
		if (!ask_is(json, "outcome"))
			(void)json_array_append_new(told->lines, json);
		else
			told->outcome = json;
	}
	if (left == 0 && told->outcome != NULL)
		return WEFT_OK;
	return wi_fail(err, -EPROTO,
	    "%s: expected a host that speaks %s, found %s", path,
	    WI_REQUEST_PROTOCOL,
	    got->len == 0 ? "one that says nothing" : "other bytes");
}

static int
ask_all(const struct wi_ask *ask, const char *path, const char *const words[],
    struct wi_told *told, struct weft_error *err)
{
	uint64_t due = wi_clock_ns() + ask->wait_ns;
	struct ask_bytes got = { NULL, 0, 0 };
	int fd = -1, rv;

	rv = ask_connect(path, ask->wait_ns, &fd, err);
	if (rv < 0)
		return rv;
	ask_who(fd, told);
	rv = ask_send(fd, words, path, err);
	if (rv == WEFT_OK)
		rv = ask_hear(fd, &got, due, path, err);
	if (rv == WEFT_OK)
		rv = ask_lines(&got, path, told, err);
	free(got.bytes);
	(void)close(fd);
	return rv;
}

int
wi_ask(const struct wi_ask *ask, const char *const words[],
    struct wi_told *told, struct weft_error *err)
{
	const char *path, *why;
	char room[512];
	int rv;

	*told = (struct wi_told){ .lines = json_array(), .host = -1 };
	path = wi_ask_path(ask, room);
	rv = ask_all(ask, path, words, told, err);
	if (rv < 0 || json_is_true(json_object_get(told->outcome, "ok")))
		return rv;
	why = json_string_value(json_object_get(told->outcome, "error"));
	return wi_fail(err, -EREMOTEIO, "%s",
	    why == NULL ? "the host does not say why" : why);
}

void
wi_told_fini(struct wi_told *told)
{
	json_decref(told->lines);
	json_decref(told->outcome);
	if (told->host >= 0)
		(void)close(told->host);
}

int
wi_told_wait(
    const struct wi_told *told, uint64_t wait_ns, struct weft_error *err)
{
	struct pollfd fd = { .fd = told->host, .events = POLLIN };
	uint64_t due = wi_clock_ns() + wait_ns;
	int n;

	if (told->host < 0)
		return wi_fail(err, -ENOTSUP,
		    "expected to see the host's process, found that it cannot "
		    "be seen from here; it was told");
	do
		n = poll(&fd, 1, ask_left_ms(due));
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return WEFT_OK;
	return wi_fail(err, -ETIMEDOUT,
	    "expected the host (pid %d) to be gone in time, found it still "
	    "there",
	    (int)told->pid);
}
