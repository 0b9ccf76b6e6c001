/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_diff.h - what a reload would do: from one configuration to
 * another.
 *
 * thread: any (pure).
 */
#ifndef WI_CONF_DIFF_H
#define WI_CONF_DIFF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "host/conf.h"

/* In the order in which they are listed, and best done. */
enum wi_conf_change_kind {
	WI_CONF_PLUGIN_NEW,      /* is to be loaded */
	WI_CONF_PLUGIN_FILE,     /* has another file, or name */
	WI_CONF_PLUGIN_OPTIONS,  /* the file is the same, its options differ */
	WI_CONF_LISTENER_OPEN,   /* a new address */
	WI_CONF_LISTENER_CHANGE, /* the address stays; one option of it */
	WI_CONF_LISTENER_CLOSE,  /* an address is no longer there */
	WI_CONF_PLUGIN_GONE,     /* is to be unloaded: when the host ends */
	WI_CONF_OPTION,          /* one that stands in no block, or in that of
	                            the supervisor */
};

/* Texts are of the two configurations, but before and after of OPTION and
 * LISTENER_CHANGE, which are the diff's. */
struct wi_conf_change {
	enum wi_conf_change_kind kind;
	const char *section; /* "", "supervisor", "plugin", "listener" */
	const char *title;   /* of the new block, or the one that goes; NULL:
	                        it has none */
	const char *name;    /* "idle": OPTION, LISTENER_CHANGE; else NULL */
	const char *before;  /* a URL, a file, options, a value; NULL: nothing
	                        was written */
	const char *after;   /* likewise */
	bool live;           /* a reload can do it.  Else it takes a restart,
	                        or, LISTENER_CHANGE, a new socket at the same
	                        address */
	size_t old_index;    /* in plugins or listeners; SIZE_MAX: none */
	size_t new_index;
};

/* owned by: the caller.  All zero at first. */
struct wi_conf_diff {
	struct wi_conf_change *list; /* by kind */
	size_t n;
	size_t room;
};

/*
 * wi_conf_diff() - all that differs.
 *
 *   before   in       must stay as long as the diff is looked at.
 *   after    in       likewise.
 *   diff     out      n is 0 when nothing differs.
 *   returns           WEFT_OK or -ENOMEM.
 *   owner             the caller, until wi_conf_diff_fini().
 *
 * Plugins are compared by the names of their blocks, listeners by their
 * addresses (transport, codec and place), or, with port 0, by their names.
 * Whether a plugin's file has other contents is not looked at.
 */
WEFT_CHECK int wi_conf_diff(const struct wi_conf *before,
    const struct wi_conf *after, struct wi_conf_diff *diff);

void wi_conf_diff_fini(struct wi_conf_diff *diff);

/* wi_conf_change_text() - one of them: "listener lines: idle: 30s -> 60s", no
 * LF. */
void wi_conf_change_text(const struct wi_conf_change *change, FILE *out);

/* wi_conf_diff_text() - a line for each: "listener lines: idle: 30s -> 60s";
 * "nothing changes" if there is none. */
void wi_conf_diff_text(const struct wi_conf_diff *diff, FILE *out);

/* wi_conf_diff_json() - an array of objects; NULL: no memory.  owner: the
 * caller, until json_decref(). */
json_t *wi_conf_diff_json(const struct wi_conf_diff *diff);

#endif
