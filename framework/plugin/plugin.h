/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/plugin.h - plugins in use: found, loaded, checked, and their state.
 *
 * The way of a plugin: find (a name becomes a file), open (the file becomes
 * code), version (the code is judged), registry (the plugin is listed, its end
 * kept), load (its load() is run, with options).  peek goes the first three
 * steps only.  saved and previous are what one version leaves to the next
 * (reload.c).
 *
 * thread: the one that sets a node up and tears it down, and who loads or
 * reloads; workers read api and state, while they are inside the gate, and
 * anybody goes through the list, which only grows until the node's end.
 */
#ifndef WI_PLUGIN_H
#define WI_PLUGIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/plugin.h>

#include "base/log.h"
#include "codec/table.h"
#include "handoff/gate.h"
#include "plugin/open.h"

struct wi_strand;
struct wi_previous; /* plugin/previous.h */

#define WI_PLUGIN_NAME_MAX 31 /* [bytes] */

/* One version of a plugin: its code, and what that says.  owned by: the
 * plugin. */
struct wi_version {
	struct wi_version *next;  /* retired: the next older one */
	char *path;               /* the file it came from; NULL: it is part of
	                            the program */
	char *options;            /* "a=1&b=2", or NULL */
	struct wi_opened opened;  /* all zero without a path */
	size_t ntypes;            /* in table.receives */
	bool codecs;              /* it has brought some, so its code stays */
	void *state;              /* what its load() made */
	struct weft_plugin table; /* copy, full size: members that an older
	                             minor did not know are NULL */
};

/* A plugin, whichever version it is.  owned by: the registry. */
struct wi_plugin {
	struct wi_plugin *next; /* atomic: in the registry, newest last */
	/* Of the present version; written while the gate is shut. */
	const struct weft_plugin *api; /* &version->table */
	void *state;                   /* version->state */
	size_t ntypes;                 /* version->ntypes */
	struct wi_version *version;
	struct wi_strand *strand; /* of WEFT_SCOPE_PLUGIN; else NULL */
	struct wi_gate gate;
	uint32_t reloads;             /* atomic: somebody reloads it */
	struct wi_version *retired;   /* whose code is still needed */
	struct wi_previous *previous; /* to go back to; NULL: none */
	/* What all versions have in common. */
	uint32_t scope; /* enum weft_scope */
	bool streams;   /* a route takes its body in pieces */
	bool refused;   /* its load() said no while the node ran: it is listed
	                   for the sake of what points to it, and not found */
	char name[WI_PLUGIN_NAME_MAX + 1];
};

/* owned by: the node. */
struct wi_plugins {
	struct wi_plugin *first; /* atomic */
	pthread_rwlock_t lock;   /* of codecs, and of each plugin's version for
	                            who is no worker */
	pthread_mutex_t reload;  /* held by who loads or reloads while the node
	                            runs, one at a time, and while the node's
	                            strands are ended */
	const void *reloader;    /* atomic: on whose thread that is (reload.c,
	                            self_note); NULL: nobody's */
	struct weft_node *node;  /* for weft_load_node() */
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

/* When a plugin is loaded. */
enum wi_load_when {
	WI_LOAD_BEFORE, /* before the node runs */
	WI_LOAD_LATE,   /* while it does */
	WI_LOAD_TRIAL,  /* in a forked process (reload_trial), which ends
	                   afterwards */
};

/*
 * wi_plugins_bring() - start and list a version that was opened and judged.
 *
 *   version  in       the plugins', on error too.
 *   pluginp  out      LATE: its gate is shut, and to be opened by the caller,
 *                     whatever is returned; NULL: there is none.
 *   returns           WEFT_OK, or an error as weft_node_load().
 *   thread            LATE: who holds plugins->reload.
 */
int wi_plugins_bring(struct wi_plugins *plugins, struct wi_version *version,
    enum wi_load_when when, struct wi_plugin **pluginp,
    struct weft_error *err);

/* wi_plugins_first(), wi_plugin_next() - through the list; NULL behind the
 * last.  thread: any.  Acquire: pairs with the release of who lists one. */
static inline struct wi_plugin *
wi_plugins_first(const struct wi_plugins *plugins)
{
	return __atomic_load_n(&plugins->first, __ATOMIC_ACQUIRE);
}

static inline struct wi_plugin *
wi_plugin_next(const struct wi_plugin *plugin)
{
	return __atomic_load_n(&plugin->next, __ATOMIC_ACQUIRE);
}

/* wi_plugins_find() - by the name that it exports; NULL if there is none. */
struct wi_plugin *wi_plugins_find(
    const struct wi_plugins *plugins, const char *name);

/* wi_version_file(), wi_plugin_file() - for error texts and logs.  owner: the
 * version. */
static inline const char *
wi_version_file(const struct wi_version *version)
{
	return version->path != NULL ? version->path : "(part of the program)";
}

static inline const char *
wi_plugin_file(const struct wi_plugin *plugin)
{
	return wi_version_file(plugin->version);
}

/* wi_routes_stream() - does any of them take its body in pieces? */
bool wi_routes_stream(const struct weft_route *route);

/* wi_plugin_become() - that version is the plugin.  Nobody runs it. */
void wi_plugin_become(struct wi_plugin *plugin, struct wi_version *version);

/* wi_plugin_unmap() - the end of a version that nobody needs; says so. */
void wi_plugin_unmap(
    struct wi_log *log, const char *name, struct wi_version **versionp);
/* wi_plugin_opened() - its code; all zero if it is part of the program. */
static inline const struct wi_opened *
wi_plugin_opened(const struct wi_plugin *plugin)
{
	return &plugin->version->opened;
}

/* wi_plugins_fini() - unload() each, newest first, then unmap their code.  The
 * tables of their codecs stay, but their functions are gone. */
void wi_plugins_fini(struct wi_plugins *plugins);

/* wi_plugins_forget() - free the codecs too: no endpoint is left that has
 * one.  After wi_plugins_fini(). */
void wi_plugins_forget(struct wi_plugins *plugins);

#endif
