/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload.h - one reload: between reload.c, which has the order of its steps,
 * and reload_judge.c, which opens the next version.
 *
 * thread: the one that reloads.
 */
#ifndef WI_RELOAD_NODE_H
#define WI_RELOAD_NODE_H

#include <stdbool.h>

#include <weft/reload.h>

#include "node.h"
#include "plugin/load.h"
#include "plugin/saved.h"

/* owned by: its thread, on its stack. */
struct wi_reload_one {
	struct weft_node *node;
	struct wi_plugin *plugin; /* nobody else reloads it */
	const char *what;         /* its file and options */
	char *text;               /* what, if it was not given */
	bool back;                /* a rollback: what is nothing */
	struct weft_reload how;
	struct weft_reloaded done;
	pid_t trial;             /* that is to be waited for; 0: none */
	struct wi_version *next; /* NULL: not opened, or the plugin by now */
	struct wi_saved saved;
	struct weft_load load;
	struct weft_error *err;
};

/* wi_reload_may() - is this a thread and a time for that?  what: "reload", for
 * the error's text.  WEFT_OK or WEFT_ESTATE. */
int wi_reload_may(
    struct weft_node *node, const char *what, struct weft_error *err);

/* wi_reload_begin() - the same, and from then on nobody else loads or reloads
 * while the node runs, until wi_reload_end(). */
int wi_reload_begin(
    struct weft_node *node, const char *what, struct weft_error *err);
void wi_reload_end(struct weft_node *node);

/* wi_reload_is_due() - what is to be loaded, and whether it is.  false:
 * nothing is to be done, or *rc says why not. */
bool wi_reload_is_due(struct wi_reload_one *reload, int *rc);

/*
 * wi_reload_judge() - the next version is opened, tried and judged; its codec
 * is with the node's, and not kept yet.
 *
 *   returns           WEFT_OK, or an error as weft_node_reload(); next may be
 *                     set in any case.
 */
int wi_reload_judge(struct wi_reload_one *reload);

#endif
