/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_source.h - what is written in a configuration, before it is
 * judged: blocks of settings, each with its place.  Inside conf only.
 *
 * thread: as host/conf.h.
 */
#ifndef WI_CONF_SOURCE_H
#define WI_CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "host/conf.h"

/* Which block. */
enum wi_conf_section {
	WI_CONF_TOP, /* none: what stands outside of all */
	WI_CONF_PLUGIN,
	WI_CONF_OPTIONS, /* in that of a plugin */
	WI_CONF_LISTENER,
	WI_CONF_SUPERVISOR,
	WI_CONF_NSECTIONS
};

/* wi_conf_section_name() - "plugin"; "" for WI_CONF_TOP. */
const char *wi_conf_section_name(enum wi_conf_section section);

struct wi_conf_place {
	const char *file;   /* as it was given, or "environment WEFT_LOG",
	                       "command line" */
	const char *folder; /* absolute: where its relative paths are from */
	int line;           /* 0: no file */
	int column;         /* 0: not known */
};

/* "name = value" */
struct wi_conf_setting {
	struct wi_conf_setting *next; /* in the order of the file */
	const char *name;
	const char *value;
	const char *origin; /* "weft.conf:12", or place.file */
	struct wi_conf_place place;
};

struct wi_conf_block {
	struct wi_conf_block *next; /* in the order of the file */
	enum wi_conf_section section;
	const char *title;            /* NULL: it has none */
	struct wi_conf_block *parent; /* OPTIONS: of which plugin */
	struct wi_conf_place place;
	struct wi_conf_setting *settings;
};

struct wi_conf_piece; /* of memory */
struct wi_conf_read;  /* host/conf_file.c: a file */

/* owned by: the configuration.  All zero at first. */
struct wi_conf_source {
	struct wi_conf_block *blocks; /* the first one is TOP */
	struct wi_conf_read *read;    /* files, the last one first */
	struct wi_conf_piece *pieces; /* all that is kept, freed at once */
	bool partial; /* something was not read to its end: what is missing
	                 may be there */
	bool nomem;   /* a text could not be kept */
};

/* wi_conf_keep() - zeroed memory until wi_conf_source_fini(); NULL: none is
 * left, and nomem is set. */
void *wi_conf_keep(struct wi_conf_source *source, size_t size);

/* wi_conf_text() - a text that is kept; "" if there is no memory, and nomem is
 * set. */
const char *wi_conf_text(
    struct wi_conf_source *source, const char *format, ...) WEFT_PRINTF(2, 3);

/* wi_conf_block() - one more block; NULL: no memory. */
struct wi_conf_block *wi_conf_block(struct wi_conf_source *source,
    enum wi_conf_section section, const char *title,
    const struct wi_conf_place *place);

/* wi_conf_set() - one more setting; name, value and place are copied. */
void wi_conf_set(struct wi_conf_source *source, struct wi_conf_block *block,
    const char *name, const char *value, const struct wi_conf_place *place);

/* wi_conf_setting() - the one that holds, which is the last; NULL: none. */
struct wi_conf_setting *wi_conf_setting(
    const struct wi_conf_block *block, const char *name);

void wi_conf_source_fini(struct wi_conf_source *source);

/* wi_conf_path() - a relative path becomes absolute. */
const char *wi_conf_path(struct wi_conf_source *source,
    const struct wi_conf_place *place, const char *path);

/* ---- problems */

/* wi_conf_problem() - one more; beyond WI_CONF_PROBLEMS_MAX it is counted. */
void wi_conf_problem(struct wi_conf_problems *problems,
    const struct wi_conf_place *place, const char *format, ...)
    WEFT_PRINTF(3, 4);

/* wi_conf_problems_sort() - by line and column within each file; files in the
 * order in which they were read. */
void wi_conf_problems_sort(struct wi_conf_problems *problems);

#endif
