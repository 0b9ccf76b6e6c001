/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_watch.c - which source files of a folder have changed.
 *
 * thread: main.
 */
#include "host/dev_watch.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fail.h"

#define WATCH_EVENTS                                                          \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE)

int
wi_dev_watch_init(struct wi_dev_watch *watch, const char *const *folders,
    size_t nfolders, struct weft_error *err)
{
	size_t i;
	int rc;

	memset(watch, 0, sizeof(*watch));
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return wi_fail(
		    err, -errno, "cannot watch: %s", weft_strerror(-errno));
	for (i = 0; i < nfolders; i++)
		if (inotify_add_watch(watch->fd, folders[i],
			WATCH_EVENTS | IN_ONLYDIR) < 0) {
			rc = wi_fail(err, -errno,
			    "%s: expected a folder to watch, found: %s",
			    folders[i], weft_strerror(-errno));
			wi_dev_watch_fini(watch);
			return rc;
		}
	return WEFT_OK;
}

bool
wi_dev_is_source(const char *name)
{
	static const char *const endings[] = { ".c", ".h", ".cc", ".cpp",
		".cxx", ".hh", ".hpp", ".hxx", ".inc", ".def", ".s", ".S",
		".mk", ".conf", ".am", ".ac" };
	const char *dot = strrchr(name, '.');
	size_t i;

	if (strcmp(name, "Makefile") == 0 || strcmp(name, "GNUmakefile") == 0)
		return true;
	if (name[0] == '.' || name[0] == '#' || dot == NULL)
		return false;
	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcmp(dot, endings[i]) == 0)
			return true;
	return false;
}

static void
watch_take(struct wi_dev_watch *watch, const struct inotify_event *event,
    uint64_t now_ns)
{
	/* A folder of a file's name is none; what was lost may be anything. */
	if ((event->mask & IN_ISDIR) != 0)
		return;
	if ((event->mask & IN_Q_OVERFLOW) != 0)
		strcpy(watch->name, "more than can be told");
	else if (event->len > 0 && wi_dev_is_source(event->name))
		strcpy(watch->name, event->name);
	else
		return;
	if (watch->first_ns == 0)
		watch->first_ns = now_ns;
	watch->last_ns = now_ns;
}

void
wi_dev_watch_read(struct wi_dev_watch *watch, uint64_t now_ns)
{
	_Alignas(struct inotify_event) char buffer[4096];
	const struct inotify_event *event;
	ssize_t len, at;

	while ((len = read(watch->fd, buffer, sizeof(buffer))) > 0)
		for (at = 0; at < len;
		     at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const struct inotify_event *)&buffer[at];
			watch_take(watch, event, now_ns);
		}
}

uint64_t
wi_dev_watch_due(const struct wi_dev_watch *watch)
{
	uint64_t quiet = watch->last_ns + WI_DEV_QUIET_NS;
	uint64_t longest = watch->first_ns + WI_DEV_LONGEST_NS;

	if (watch->first_ns == 0)
		return 0;
	return quiet < longest ? quiet : longest;
}

void
wi_dev_watch_fini(struct wi_dev_watch *watch)
{
	(void)close(watch->fd);
	watch->fd = -1;
}
