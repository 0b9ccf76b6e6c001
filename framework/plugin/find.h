/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/find.h - from what the user wrote to a plugin's file.
 *
 * thread: any; reads the environment.
 */
#ifndef WI_FIND_H
#define WI_FIND_H

#include <weft/error.h>

/*
 * wi_find_plugin() - the file and the options of "NAME?options" or
 * "PATH?options".
 *
 *   what     in       a path has a '/' or ends in ".so"; it is not looked at
 *                     here.  A NAME is searched for in each directory of
 *                     $WEFT_PLUGIN_PATH, in the build tree that this program
 *                     runs from, and in WEFT_PLUGINDIR.
 *   pathp    out      the file, or NULL on error.
 *   optionsp out      behind the first '?' of what, or NULL if there is none.
 *   err      out      lists every place that was looked at; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOPLUGIN  no such name.
 *                     -ENOMEM
 *   owner             *pathp is the caller's to free(); *optionsp is what's.
 */
int wi_find_plugin(const char *what, char **pathp, const char **optionsp,
    struct weft_error *err);

/*
 * wi_find_name() - the file of NAME, for a program at exe.
 *
 *   exe      in       path of the program that runs; NULL: no build tree.
 *                     The tree is looked for in its directory and three above
 *                     it (a ".libs" does not count), as
 *                     plugins/NAME/.libs/NAME.so.
 *
 * The rest is as above.
 */
int wi_find_name(
    const char *name, const char *exe, char **pathp, struct weft_error *err);

#endif
