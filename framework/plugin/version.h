/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/version.h - a version of a plugin: opened, judged, closed.
 *
 * thread: the one that loads or reloads.
 */
#ifndef WI_VERSION_H
#define WI_VERSION_H

#include <weft/error.h>

#include "plugin/plugin.h"

/*
 * wi_version_open() - from what the user wrote.
 *
 *   what      in      "PATH?options" or "NAME?options" (plugin/find.h).
 *   versionp  out     its table was checked; load() has not run.  NULL on
 *                     error.
 *   err       out     may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOPLUGIN, WEFT_ELOAD, WEFT_EABI, -ENOMEM
 *   owner             the caller, until wi_version_close().
 */
int wi_version_open(
    const char *what, struct wi_version **versionp, struct weft_error *err);

/*
 * wi_version_changed() - would wi_version_open() find something else than this
 * one?
 *
 *   what     in       as there.
 *   returns           1 or 0, or an error as there.
 */
int wi_version_changed(const struct wi_version *version, const char *what,
    struct weft_error *err);

/* wi_version_again() - one that was in use before, whatever has become of its
 * file.  previous: not NULL. */
int wi_version_again(const struct wi_previous *previous,
    struct wi_version **versionp, struct weft_error *err);

/* wi_version_of() - of a table that is part of the program. */
int wi_version_of(const struct weft_plugin *api, const char *options,
    struct wi_version **versionp, struct weft_error *err);

/*
 * wi_version_codec() - bring the codec of WEFT_CODEC(), if there is one.
 *
 *   codecs   in,out
 *   owner    in       for wi_codecs_keep().
 *   errors            WEFT_EABI, -EEXIST, -ENOMEM
 */
int wi_version_codec(struct wi_version *version, struct wi_codecs *codecs,
    const void *owner, struct weft_error *err);

/*
 * wi_version_close() - give it up; unload() was called, if load() was.
 *
 *   versionp in,out   NULL afterwards.
 *   returns           1 if its code cannot be unmapped and stays, else 0.
 */
int wi_version_close(struct wi_version **versionp);

#endif
