/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/plugin.h - plugins in use: found, loaded, checked, and their state.
 *
 * The way of a plugin: find (a name becomes a file), open (the file becomes
 * code), registry (the code is checked and listed, its end kept), load (its
 * load() is run, with options).  peek goes the first three steps only.
 *
 * thread: the one that sets a node up and tears it down; while the node runs
 * the workers read api and state only.
 */
#ifndef WI_PLUGIN_H
#define WI_PLUGIN_H

#include <stdint.h>

#include <weft/error.h>
#include <weft/plugin.h>

#include "base/log.h"
#include "codec/table.h"
#include "plugin/open.h"

struct wi_strand;

#define WI_PLUGIN_NAME_MAX 31 /* [bytes] */

/* owned by: the registry. */
struct wi_plugin {
	struct wi_plugin *next;        /* in the registry, newest last */
	const struct weft_plugin *api; /* what it exports: &table */
	void *state;                   /* what its load() made */
	struct wi_strand *strand;      /* of WEFT_SCOPE_PLUGIN; else NULL */
	char *path;                    /* the file it came from; NULL: it is
	                                  part of the program */
	struct wi_opened opened;       /* its code; all zero without a path */
	size_t ntypes;                 /* in table.receives */
	struct weft_plugin table;      /* copy, full size: members that an
	                                  older minor did not know are NULL */
	char name[WI_PLUGIN_NAME_MAX + 1]; /* stays when its code goes */
};

/* owned by: the node. */
struct wi_plugins {
	struct wi_plugin *first;
	struct weft_node *node; /* for weft_load_node() */
	struct wi_log *log;
	struct wi_codecs codecs; /* what URLs of this node may name */
	/* What surrounds a load(): what the plugin needs (an error is that of
	 * the load), and its end if it is refused.  May be NULL. */
	int (*begin)(struct weft_node *node, struct wi_plugin *plugin,
	    struct weft_error *err);
	void (*end)(struct weft_node *node, struct wi_plugin *plugin);
};

void wi_plugins_init(
    struct wi_plugins *plugins, struct weft_node *node, struct wi_log *log);

/* wi_plugins_load() - as weft_node_load() (weft/node.h). */
int wi_plugins_load(struct wi_plugins *plugins, const char *what,
    struct wi_plugin **pluginp, struct weft_error *err);

/* wi_plugins_add() - as weft_node_add(). */
int wi_plugins_add(struct wi_plugins *plugins, const struct weft_plugin *api,
    const char *options, struct wi_plugin **pluginp, struct weft_error *err);

/* wi_plugins_find() - by the name that it exports; NULL if there is none. */
struct wi_plugin *wi_plugins_find(
    const struct wi_plugins *plugins, const char *name);

/* wi_plugin_file() - for error texts and logs.  owner: the plugin. */
static inline const char *
wi_plugin_file(const struct wi_plugin *plugin)
{
	return plugin->path != NULL ? plugin->path : "(part of the program)";
}

/* wi_plugin_opened() - its code; all zero if it is part of the program. */
static inline const struct wi_opened *
wi_plugin_opened(const struct wi_plugin *plugin)
{
	return &plugin->opened;
}

/* wi_plugins_fini() - unload() each, newest first, then unmap their code.  The
 * tables of their codecs stay, but their functions are gone. */
void wi_plugins_fini(struct wi_plugins *plugins);

/* wi_plugins_forget() - free the codecs too: no endpoint is left that has
 * one.  After wi_plugins_fini(). */
void wi_plugins_forget(struct wi_plugins *plugins);

#endif
