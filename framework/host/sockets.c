/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/sockets.c - the listening sockets that a supervisor keeps.
 *
 * thread: main.  Owns the sockets, and the files of those that it has made.
 */
#include "host/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/supervise.h>

#include "base/fail.h"

/* The path of "unix+line:///run/chat.sock"; NULL: it has none. */
static const char *
sockets_path(const char *url)
{
	const char *rest = strstr(url, "://");

	return strncmp(url, "unix", 4) == 0 && rest != NULL && rest[3] == '/' ?
	    rest + 3 :
	    NULL;
}

/* Which file is at its path now. */
static void
sockets_note_file(struct wi_kept *kept)
{
	const char *path = sockets_path(kept->url);
	struct stat st;

	kept->made =
	    path != NULL && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
	if (kept->made) {
		kept->device = st.st_dev;
		kept->inode = st.st_ino;
	}
}

static void
sockets_unlink(const struct wi_kept *kept)
{
	const char *path = sockets_path(kept->url);
	struct stat st;

	if (kept->made && lstat(path, &st) == 0 && st.st_dev == kept->device &&
	    st.st_ino == kept->inode)
		(void)unlink(path);
}

int
wi_sockets_add(struct wi_sockets *sockets, int fd, const char *title,
    const char *url, bool made)
{
	struct wi_kept *all, *kept;

	all = realloc(sockets->all, (sockets->n + 1) * sizeof(*all));
	if (all == NULL) {
		(void)close(fd);
		return -ENOMEM;
	}
	sockets->all = all;
	kept = &all[sockets->n++];
	*kept = (struct wi_kept){ .fd = fd };
	(void)snprintf(kept->title, sizeof(kept->title), "%s", title);
	(void)snprintf(kept->url, sizeof(kept->url), "%s", url);
	if (made)
		sockets_note_file(kept);
	return WEFT_OK;
}

/* Are there several listeners on one socket of that kind? */
static bool
sockets_shares(const char *url)
{
	return strncmp(url, "ws", 2) == 0 || strncmp(url, "http", 4) == 0;
}

/* Does the URL take any port?  Then its socket is known by name only. */
static bool
sockets_any_port(const char *url)
{
	const char *at = strstr(url, "://"), *end;

	if (at == NULL || strncmp(url, "unix", 4) == 0)
		return false;
	at += 3;
	end = at + strcspn(at, "/?");
	return end - at >= 2 && end[-1] == '0' && end[-2] == ':';
}

/* Is it this listener's?  By its name if that is known, else by its place. */
static bool
sockets_is_for(
    const struct wi_kept *kept, const struct wi_plan_listener *listener)
{
	const bool named = strcmp(kept->title, listener->title) == 0;

	if (kept->wanted && !named && !sockets_shares(listener->url))
		return false;
	if (sockets_any_port(listener->url) && !named)
		return false;
	return weft_listen_socket_check(listener->url, kept->fd, NULL) ==
	    WEFT_OK;
}

/* First by name: a listener that has moved must not get another one's. */
static struct wi_kept *
sockets_find(
    struct wi_sockets *sockets, const struct wi_plan_listener *listener)
{
	struct wi_kept *found = NULL;
	size_t i;

	for (i = 0; i < sockets->n; i++) {
		struct wi_kept *kept = &sockets->all[i];

		if (!sockets_is_for(kept, listener))
			continue;
		if (strcmp(kept->title, listener->title) == 0)
			return kept;
		if (found == NULL)
			found = kept;
	}
	return found;
}

static int
sockets_one(struct wi_sockets *sockets, struct wi_plan_listener *listener,
    struct weft_error *err)
{
	struct wi_kept *kept = sockets_find(sockets, listener);
	char bound[256];
	int fd, rv;

	if (kept == NULL) {
		rv = weft_listen_socket(
		    listener->url, &fd, bound, sizeof(bound), err);
		if (rv < 0)
			return wi_fail(err, rv, "listener %s: %s",
			    listener->title, err->text);
		rv = wi_sockets_add(sockets, fd, listener->title, bound, true);
		if (rv < 0)
			return wi_fail(err, rv, "listener %s: no memory",
			    listener->title);
		kept = &sockets->all[sockets->n - 1];
	}
	kept->wanted = true;
	if (kept->title[0] == '\0')
		(void)snprintf(
		    kept->title, sizeof(kept->title), "%s", listener->title);
	listener->fd = kept->fd;
	return WEFT_OK;
}

/* From there on. */
static void
sockets_drop(struct wi_sockets *sockets, size_t from, bool gone)
{
	size_t i;

	for (i = from; i < sockets->n; i++) {
		/* While it is open nobody takes its file for a dead one. */
		if (gone)
			sockets_unlink(&sockets->all[i]);
		(void)close(sockets->all[i].fd);
	}
	sockets->n = from;
}

int
wi_sockets_open(
    struct wi_sockets *sockets, struct wi_plan *plan, struct weft_error *err)
{
	size_t i, before = sockets->n;
	int rv = WEFT_OK;

	for (i = 0; i < sockets->n; i++)
		sockets->all[i].wanted = false;
	for (i = 0; i < plan->nlisteners && rv == WEFT_OK; i++)
		rv = sockets_one(sockets, &plan->listeners[i], err);
	if (rv < 0)
		sockets_drop(sockets, before, true);
	return rv;
}

static bool
sockets_has(const struct wi_plan *plan, int fd)
{
	size_t i;

	for (i = 0; i < plan->nlisteners; i++)
		if (plan->listeners[i].fd == fd)
			return true;
	return false;
}

void
wi_sockets_sweep(struct wi_sockets *sockets, const struct wi_plan *plan,
    void (*said)(void *arg, const struct wi_kept *kept), void *arg)
{
	size_t i, n = 0;

	for (i = 0; i < sockets->n; i++) {
		struct wi_kept *kept = &sockets->all[i];

		if (sockets_has(plan, kept->fd)) {
			sockets->all[n++] = *kept;
			continue;
		}
		if (said != NULL)
			said(arg, kept);
		sockets_unlink(kept);
		(void)close(kept->fd);
	}
	sockets->n = n;
}

void
wi_sockets_close(struct wi_sockets *sockets, bool gone)
{
	sockets_drop(sockets, 0, gone);
	free(sockets->all);
	*sockets = (struct wi_sockets){ NULL, 0 };
}
