/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/cat_types.h - weft cat --types: lines of JSON are values of a plugin's
 * types, and so is what is printed.
 *
 * thread: main.
 */
#ifndef WI_CAT_TYPES_H
#define WI_CAT_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/plugin.h>

#include "base/arena.h"

/* The types of one direction, named ones first.  owned by: its wi_cat_types.
 */
struct wi_cat_table {
	struct weft_on *on;
	size_t named;
	size_t all;
};

/* owned by: wi_cat_main().  All zero: not asked for. */
struct wi_cat_types {
	const char *what; /* --types; NULL: lines are bytes */
	const char *name; /* --type; NULL: each line names its type */
	const struct weft_type *only; /* of that name */
	struct weft_opened *opened;
	struct wi_cat_table out; /* what may be sent: receives, then sends */
	struct wi_cat_table in;  /* what comes: sends, then receives */
	struct wi_arena arena;   /* for one line, or one reply */
	uint64_t strangers;      /* replies that are no value of these */
};

/*
 * wi_cat_types_open() - look at the plugin that what names.
 *
 *   returns           WEFT_OK, or that of weft_plugin_open(); -ENOENT: it has
 *                     no types; -EINVAL: none of that name.
 *   owner             of the rest of *types the caller, until
 *                     wi_cat_types_close(), also on error.
 */
WEFT_CHECK int wi_cat_types_open(
    struct wi_cat_types *types, struct weft_error *err);

void wi_cat_types_close(struct wi_cat_types *types);

/*
 * wi_cat_types_image() - a line becomes an image.
 *
 *   image    out      valid until the next call.
 *   returns           WEFT_OK, or an error that says what was expected and
 *                     what was found, but not in which line.
 */
WEFT_CHECK int wi_cat_types_image(struct wi_cat_types *types, const char *line,
    size_t len, struct weft_bytes *image, struct weft_error *err);

/*
 * wi_cat_types_print() - an image becomes a line on stdout; what is no value
 * of a type of the plugin's is told on stderr, and counted.
 *
 *   number   in       which reply it is, from 1.
 *   returns           WEFT_OK, also then; -ENOMEM.
 */
WEFT_CHECK int wi_cat_types_print(struct wi_cat_types *types,
    struct weft_bytes image, uint64_t number, struct weft_error *err);

#endif
