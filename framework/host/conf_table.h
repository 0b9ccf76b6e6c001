/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_table.h - the one table of what a configuration may say.
 *
 * From it come what is parsed and checked, "weft conf default", "weft conf
 * doc" and weft.conf(5).  Options of listeners that a URL has too are those of
 * WI_URL_OPTIONS (base/url.h).
 *
 * thread: any (pure).
 */
#ifndef WI_CONF_TABLE_H
#define WI_CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/conf_source.h"

enum wi_conf_kind {
	WI_CONF_COUNT,     /* a number */
	WI_CONF_BYTES,     /* 64k, 1M */
	WI_CONF_TIME,      /* [ms] 500ms, 30s, 2h */
	WI_CONF_BOOL,      /* yes, no */
	WI_CONF_LEVEL,     /* enum weft_log_level by its name */
	WI_CONF_SLOW,      /* enum weft_slow */
	WI_CONF_MALFORMED, /* enum weft_malformed_answer */
	WI_CONF_SECCOMP,   /* enum wi_seccomp */
	WI_CONF_PATH,      /* of a file or folder; kept as an absolute one */
	WI_CONF_TEXT,
};

/* When does a change of it hold? */
enum wi_conf_live {
	WI_CONF_IS_RESTART, /* of the host, or of all */
	WI_CONF_IS_LIVE,    /* with a reload */
	WI_CONF_IS_UP_TO,   /* likewise, if it is at most what it was when the
	                       host was started */
};

struct wi_conf_option {
	enum wi_conf_section section;
	const char *name;
	enum wi_conf_kind kind;
	size_t offset;        /* in struct wi_conf, of an uint32_t or a text;
	                         WI_CONF_NOWHERE: of a plugin or listener */
	const char *fallback; /* the default, as it would be written; "":
	                         nothing */
	uint64_t min;         /* of PATH and TEXT: [bytes] */
	uint64_t max;
	enum wi_conf_live live;
	const char *text; /* what it is for, one line */
};

#define WI_CONF_NOWHERE SIZE_MAX

/* wi_conf_option() - the index-th; NULL behind the last. */
const struct wi_conf_option *wi_conf_option(unsigned index);

/* wi_conf_option_find() - by name; NULL: none. */
const struct wi_conf_option *wi_conf_option_find(
    enum wi_conf_section section, const char *name);

/* wi_conf_name() - the index-th name that a block knows, those that a URL has
 * included; NULL behind the last.  Options of plugins are not among them. */
const char *wi_conf_name(enum wi_conf_section section, unsigned index);

/* wi_conf_meant() - the name of an option of that block that was meant.
 * wi_conf_meant_block() - the name of a block in it.  NULL: none is near. */
const char *wi_conf_meant(enum wi_conf_section section, const char *word);
const char *wi_conf_meant_block(
    enum wi_conf_section section, const char *word);

/* ---- values */

/*
 * wi_conf_number() - what a value of any kind but PATH and TEXT means.
 *
 *   returns           false: it is no such value, or out of range.
 */
bool wi_conf_number(
    const struct wi_conf_option *option, const char *value, uint64_t *number);

/* wi_conf_expected() - "a time, 1ms to 24h", "yes or no"; cut at size. */
void wi_conf_expected(
    const struct wi_conf_option *option, char *out, size_t size);

/* wi_conf_kind_name() - "time", for programs. */
const char *wi_conf_kind_name(enum wi_conf_kind kind);

/* wi_conf_write() - a number as it would be written: "90s", "yes"; cut at
 * size. */
void wi_conf_write(const struct wi_conf_option *option, uint64_t number,
    char *out, size_t size);

#endif
