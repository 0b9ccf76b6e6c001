/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/versions.h - which versions of plugins have served, and which of them a
 * host has died of: in the directory of crashes.
 *
 *	DIR/versions/TITLE	a line for each that began to serve: when
 *				[s since 1970], the hash of its file; oldest
 *				first
 *	DIR/versions/HASH.so	its file's bytes
 *	DIR/refused/HASH	it is not loaded again: the report that says
 *				why
 *
 * verdict_note: a version is refused if a host has died in its code within
 * within_s of its first serving, and there was another version before it.  So
 * what was just deployed and kills the host is taken back by the next host,
 * and what has served for long, or is the only one there is, is restarted as
 * it is.
 *
 * thread: the host's main, and the one that reloads for the admin socket:
 * lines are appended and files renamed into place, so two at once do no harm.
 */
#ifndef WI_VERSIONS_H
#define WI_VERSIONS_H

#include <stdint.h>

#include <weft/error.h>

#include "host/crash_dir.h"

#define WI_VERSIONS_KEPT 4u /* of a plugin, with their bytes */

/* owned by: the host. */
struct wi_versions {
	const struct wi_crash_dir *dir; /* NULL: nothing is kept */
	uint32_t within_s;
	int versions; /* descriptors of the directories; -1 */
	int refused;
};

/* wi_versions_open() - dir outlives it; NULL is fine.  errors: -EIO. */
int wi_versions_open(struct wi_versions *versions,
    const struct wi_crash_dir *dir, uint32_t within_s, struct weft_error *err);
void wi_versions_close(struct wi_versions *versions);

/*
 * wi_versions_choose() - what is to be loaded at the start of a host.
 *
 *   title    in       the plugin's, in the configuration.
 *   what     in       "FILE?options" or "NAME?options".
 *   instead  out      another "FILE?options", if the one that is asked for is
 *                     refused; else NULL.
 *   why      out      then: words for the log.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ELOAD  it is refused, and the bytes of the version
 *                                 before are not there.
 *                     WEFT_ENOPLUGIN, -ENOMEM
 *   owner             *instead is the caller's to free().
 */
int wi_versions_choose(const struct wi_versions *versions, const char *title,
    const char *what, char **instead, struct weft_error *why);

/* wi_versions_may() - may it be loaded by a reload?  WEFT_OK, or WEFT_ELOAD
 * with the report that says why not, and how it may be again. */
int wi_versions_may(const struct wi_versions *versions, const char *what,
    struct weft_error *err);

/* wi_versions_serves() - that version begins to serve; its bytes are kept.
 * What cannot be written is left out, and said in err.
 *   path     in       where these bytes are, or were a moment ago.
 *   hash     in       of them, as the node has it. */
int wi_versions_serves(const struct wi_versions *versions, const char *title,
    const char *path, uint64_t hash, struct weft_error *err);

/* wi_versions_release() - it may be loaded again.  -ENOENT: it is not refused.
 * dir: as "weft crashes" has it. */
int wi_versions_release(const struct wi_crash_dir *dir, uint64_t hash);

#endif
