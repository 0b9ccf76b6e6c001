/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crash_dir.h - the directory of a host's crashes: reports, and messages
 * that are quarantined.
 *
 *	DIR/crash-20261130T104217Z-123.txt   a report each
 *	DIR/quarantine/0123456789abcdef      a message that is, once it was
 *	                                     caught; empty until then
 *	DIR/released/0123456789abcdef        reports until then do not count
 *	DIR/key                              of the hashes
 *
 * thread: main, except what a worker calls when a message was caught.
 */
#ifndef WI_CRASH_DIR_H
#define WI_CRASH_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#define WI_CRASH_REPORTS_MAX 50u               /* that are kept */
#define WI_CRASH_BYTES_MAX ((uint64_t)8 << 20) /* [bytes] all together */
#define WI_CRASH_WITHIN_S 60u /* two crashes of one message: default */

/* owned by: the command. */
struct wi_crash_dir {
	const char *path;
	int fd;         /* the directory; -1: none is used */
	int quarantine; /* likewise, in it */
	int released;   /* likewise */
};

/* What stands in it, newest first. */
struct wi_crash_list {
	char (*names)[64];
	size_t n;
};

/*
 * wi_crash_dir_open() - the directory of a host.
 *
 *   path     in       outlives dir.
 *   make     in       make it, mode 0700, if it is not there.  Else it is
 *                     only looked at, and may be anybody's.
 *   err      out      names it.
 *   returns           WEFT_OK or what the system says; -EPERM: it is
 *                     not ours, or others may write into it.
 */
int wi_crash_dir_open(struct wi_crash_dir *dir, const char *path, bool make,
    struct weft_error *err);
void wi_crash_dir_close(struct wi_crash_dir *dir);

/*
 * wi_crash_dir_use() - a node that is about to run keeps its report there, and
 * is not given what has killed others before it: of a message that was at hand
 * in two crashes within within_s.  Old reports are removed.
 *
 *   dir      in       open; outlives the node.
 *   within_s in       [s]
 *   err      out      may be NULL.
 */
int wi_crash_dir_use(struct wi_crash_dir *dir, struct weft_node *node,
    uint32_t within_s, struct weft_error *err);

/* wi_crash_dir_list() - the reports.  owner: the caller frees names. */
int wi_crash_dir_list(
    const struct wi_crash_dir *dir, struct wi_crash_list *list);

/* wi_crash_dir_release() - a message is given to handlers again, also by a
 * host that runs.  -ENOENT: it is not quarantined. */
int wi_crash_dir_release(const struct wi_crash_dir *dir, uint64_t hash);

#endif
