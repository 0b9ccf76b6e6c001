/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_doc.h - the manual of the configuration, from the table of
 * options.
 *
 * thread: any (pure, but for out).
 */
#ifndef WI_CONF_DOC_H
#define WI_CONF_DOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "host/conf_table.h"

/* One option, wherever it is known from. */
struct wi_conf_row {
	const char *name;
	const char *kind;     /* "time" */
	const char *unit;     /* of the number that it becomes: "ms", "bytes",
	                         "" */
	const char *fallback; /* as it would be written; "": nothing */
	const char *text;     /* what it is for */
	const char *where;    /* listeners: of which transports; else "" */
	bool outer;           /* not written: as outside of the block, where
	                         fallback is the default */
	bool live;            /* a reload changes it */
	bool up_to;           /* if it is not more than at the start */
	char expected[200];   /* "a time, 1ms to 24h" */
	char where_text[80];  /* of where */
};

/* wi_conf_row() - the index-th of a block; false: behind the last. */
bool wi_conf_row(
    enum wi_conf_section section, unsigned index, struct wi_conf_row *row);

/* wi_conf_default() - a configuration that says all defaults, commented. */
void wi_conf_default(FILE *out);

/* wi_conf_doc() - for people. */
void wi_conf_doc(FILE *out);

/* wi_conf_man() - the same in mdoc(7): weft.conf(5). */
void wi_conf_man(FILE *out);

/* wi_conf_doc_json() - for programs: an array of options.  NULL: no memory.
 * owner: the caller, until json_decref(). */
json_t *wi_conf_doc_json(void);

/* wi_conf_section_text() - what a block is for; NULL for WI_CONF_OPTIONS,
 * which is in that of plugins. */
const char *wi_conf_section_text(enum wi_conf_section section);

/* wi_conf_syntax() - the index-th paragraph on how a file is written; NULL
 * behind the last. */
const char *wi_conf_syntax(unsigned index);

#endif
