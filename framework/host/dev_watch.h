/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_watch.h - which source files of a folder have changed.
 *
 * thread: main.
 */
#ifndef WI_DEV_WATCH_H
#define WI_DEV_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

/* A change is taken when nothing has changed for QUIET, or LONGEST after the
 * first: an editor that saves ten files means one build. */
#define WI_DEV_QUIET_NS UINT64_C(50000000)
#define WI_DEV_LONGEST_NS UINT64_C(500000000)

/* owned by: dev. */
struct wi_dev_watch {
	int fd;            /* inotify */
	uint64_t first_ns; /* of the changes that were not taken; 0: none */
	uint64_t last_ns;
	char name[256]; /* of the last that has changed */
};

/*
 * wi_dev_watch_init() - watch folders, not files: an editor puts a new file in
 * the place of the old one, and what watched that one hears no more.
 *
 *   folders  in       nfolders of them.
 *   returns           WEFT_OK, or what the OS answered; err names the folder.
 */
WEFT_CHECK int wi_dev_watch_init(struct wi_dev_watch *watch,
    const char *const *folders, size_t nfolders, struct weft_error *err);

/* wi_dev_watch_read() - take what has come at fd; now_ns is its time. */
void wi_dev_watch_read(struct wi_dev_watch *watch, uint64_t now_ns);

/* wi_dev_watch_due() - [ns] when the changes are to be taken; 0: there are
 * none. */
uint64_t wi_dev_watch_due(const struct wi_dev_watch *watch);

/* wi_dev_is_source() - does a file of that name go into a build?  What a build
 * makes, and what editors leave beside a file, does not. */
bool wi_dev_is_source(const char *name);

void wi_dev_watch_fini(struct wi_dev_watch *watch);

#endif
