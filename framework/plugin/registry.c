/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/registry.c - the plugins in use: checked, started, ended.
 *
 * thread: the one that sets a node up and tears it down, and who loads while
 *         the node runs; what a plugin is changes by reload.c alone.
 * owns:   every struct wi_plugin, its code and its state.
 * from:   node.c.  to: work/dispatch, which calls api's functions.
 *
 * A plugin is in the list only when all has gone well: its code is mapped, its
 * ABI is one that we know, its name is free and its load() said yes.  On any
 * other way nothing of it stays, but see late_note.
 *
 * late_note: while the node runs, what load() has made, as strands and timers,
 * is known to workers before it has returned.  So the gate of a plugin is shut
 * until then; and if load() says no, what can point to the plugin is not
 * looked for: it stays until the node's end, with no callback but ended().
 * That is rare, since a forked process has tried it before.
 */
#include "plugin/registry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/http.h>

#include "base/fail.h"
#include "codec/http_path.h"
#include "plugin/load.h"
#include "plugin/plugin.h"
#include "plugin/previous.h"
#include "plugin/version.h"
#include "type/check.h"

const struct wi_abi wi_abi_ours = {
	.major = WEFT_ABI_MAJOR,
	.minor = WEFT_ABI_MINOR,
	.size = sizeof(struct weft_plugin),
};

void
wi_plugins_init(
    struct wi_plugins *plugins, struct weft_node *node, struct wi_log *log)
{
	plugins->first = NULL;
	(void)pthread_rwlock_init(&plugins->lock, NULL);
	(void)pthread_mutex_init(&plugins->reload, NULL);
	plugins->reloader = NULL;
	plugins->node = node;
	plugins->log = log;
	plugins->begin = NULL;
	plugins->end = NULL;
	wi_codecs_init(&plugins->codecs);
}

int
wi_plugins_load(struct wi_plugins *plugins, const char *what,
    struct wi_plugin **pluginp, struct weft_error *err)
{
	struct wi_version *version;
	int rc;

	*pluginp = NULL;
	rc = wi_version_open(what, &version, err);
	return rc < 0 ?
	    rc :
	    wi_plugins_bring(plugins, version, WI_LOAD_BEFORE, pluginp, err);
}

int
wi_plugins_add(struct wi_plugins *plugins, const struct weft_plugin *api,
    const char *options, struct wi_plugin **pluginp, struct weft_error *err)
{
	struct wi_version *version;
	int rc;

	*pluginp = NULL;
	rc = wi_version_of(api, options, &version, err);
	return rc < 0 ?
	    rc :
	    wi_plugins_bring(plugins, version, WI_LOAD_BEFORE, pluginp, err);
}

static struct wi_plugin *
registry_new(struct wi_version *version)
{
	struct wi_plugin *plugin = calloc(1, sizeof(*plugin));

	if (plugin == NULL)
		return NULL;
	if (wi_gate_init(&plugin->gate) < 0) {
		free(plugin);
		return NULL;
	}
	(void)snprintf(
	    plugin->name, sizeof(plugin->name), "%s", version->table.name);
	plugin->scope = version->table.scope;
	plugin->streams = wi_routes_stream(version->table.routes);
	wi_plugin_become(plugin, version);
	return plugin;
}

static void
registry_free(struct wi_plugin *plugin)
{
	wi_gate_fini(&plugin->gate);
	free(plugin);
}

void
wi_plugin_become(struct wi_plugin *plugin, struct wi_version *version)
{
	plugin->version = version;
	plugin->api = &version->table;
	plugin->ntypes = version->ntypes;
	plugin->state = version->state;
}

/* ---- check ------------------------------------------------------------ */

static int
registry_check_size(const struct weft_plugin *api, const struct wi_abi *host,
    const char *file, struct weft_error *err)
{
	/* Of our own minor there is one size; an older one is shorter, but
	 * never shorter than the first. */
	if (api->abi_minor == host->minor && api->size != host->size)
		return wi_fail(err, WEFT_EABI,
		    "%s: expected weft_plugin of ABI %u.%u to have size %u, "
		    "found %u",
		    file, host->major, api->abi_minor, host->size, api->size);
	if (api->size < WI_ABI_SIZE_1_0 || api->size > host->size)
		return wi_fail(err, WEFT_EABI,
		    "%s: expected weft_plugin of ABI %u.%u to have size %zu "
		    "to %u, found %u",
		    file, host->major, api->abi_minor, WI_ABI_SIZE_1_0,
		    host->size, api->size);
	if (api->reserved != 0)
		return wi_fail(err, WEFT_EABI,
		    "%s: expected weft_plugin.reserved to be 0, found %u",
		    file, api->reserved);
	return WEFT_OK;
}

static int
registry_check_name(const char *name, const char *file, struct weft_error *err)
{
	size_t len;

	if (name == NULL)
		return wi_fail(err, WEFT_EABI,
		    "%s: expected weft_plugin.name to be set, found NULL",
		    file);
	len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	if (len == 0 || len > WI_PLUGIN_NAME_MAX || name[len] != '\0')
		return wi_fail(err, WEFT_EABI,
		    "%s: expected weft_plugin.name to be 1 to %u of "
		    "[a-z0-9_-], found \"%.40s\"",
		    file, WI_PLUGIN_NAME_MAX, name);
	return WEFT_OK;
}

int
wi_abi_check(const struct weft_plugin *api, const struct wi_abi *host,
    const char *file, struct weft_error *err)
{
	int rc;

	if (api == NULL)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected the symbol weft_plugin, found none: a "
		    "plugin ends in WEFT_PLUGIN(...)",
		    file);
	if (api->abi_major != host->major || api->abi_minor > host->minor)
		return wi_fail(err, WEFT_EABI,
		    "%s: expected plugin ABI %u.x (x <= %u), found %u.%u",
		    file, host->major, host->minor, api->abi_major,
		    api->abi_minor);
	rc = registry_check_size(api, host, file, err);
	if (rc == WEFT_OK)
		rc = registry_check_name(api->name, file, err);
	return rc;
}

void
wi_abi_copy(struct weft_plugin *table, const struct weft_plugin *api)
{
	memset(table, 0, sizeof(*table));
	memcpy(table, api,
	    api->size < sizeof(*table) ? api->size : sizeof(*table));
}

static void
registry_list(struct wi_plugins *plugins, struct wi_plugin *plugin)
{
	const struct wi_version *version = plugin->version;
	struct wi_plugin **last;

	for (last = &plugins->first; *last != NULL; last = &(*last)->next)
		continue;
	/* Release: pairs with wi_plugins_first(). */
	__atomic_store_n(last, plugin, __ATOMIC_RELEASE);
	if (plugin->refused)
		return;
	wi_log_say(plugins->log, WI_LOG_PLUGIN_LOADED, "%s %s %s %016" PRIx64,
	    plugin->name,
	    version->table.version == NULL ? "-" : version->table.version,
	    wi_version_file(version), version->opened.hash);
}

static int
registry_name(const struct wi_plugins *plugins, const struct wi_plugin *plugin,
    struct weft_error *err)
{
	const struct wi_plugin *other = wi_plugins_find(plugins, plugin->name);

	return other == NULL ?
	    WEFT_OK :
	    wi_fail(err, -EEXIST,
		"%s: expected a name that is free, found "
		"\"%s\", which %s has",
		wi_plugin_file(plugin), plugin->name, wi_plugin_file(other));
}

/* The codec of its WEFT_CODEC(). */
static int
registry_codec(struct wi_plugins *plugins, struct wi_plugin *plugin,
    struct weft_error *err)
{
	int rc;

	(void)pthread_rwlock_wrlock(&plugins->lock);
	rc = wi_version_codec(plugin->version, &plugins->codecs, plugin, err);
	(void)pthread_rwlock_unlock(&plugins->lock);
	return rc;
}

/* All codecs that it brought: they can be found, or are forgotten. */
static void
registry_settle(
    struct wi_plugins *plugins, const struct wi_plugin *plugin, bool keep)
{
	(void)pthread_rwlock_wrlock(&plugins->lock);
	if (keep)
		wi_codecs_keep(&plugins->codecs, plugin);
	else
		wi_codecs_drop(&plugins->codecs, plugin);
	(void)pthread_rwlock_unlock(&plugins->lock);
}

/* See late_note. */
static void
registry_refuse(struct wi_plugins *plugins, struct wi_plugin *plugin)
{
	struct weft_plugin *table = &plugin->version->table;
	const struct weft_plugin rest = { .name = table->name,
		.scope = table->scope,
		.ended = table->ended };

	*table = rest;
	plugin->version->state = NULL;
	wi_plugin_become(plugin, plugin->version);
	plugin->refused = true;
	registry_list(plugins, plugin);
}

/* true: it is listed. */
static bool
registry_start(struct wi_plugins *plugins, struct wi_plugin *plugin,
    enum wi_load_when when, int *rc, struct weft_error *err)
{
	*rc = registry_name(plugins, plugin, err);
	if (*rc == WEFT_OK)
		*rc = registry_codec(plugins, plugin, err);
	if (*rc < 0)
		return false;
	*rc = wi_load_run(plugins, plugin, when, err);
	registry_settle(plugins, plugin, *rc == WEFT_OK);
	if (*rc == WEFT_OK)
		registry_list(plugins, plugin);
	else if (when == WI_LOAD_LATE)
		registry_refuse(plugins, plugin);
	return *rc == WEFT_OK || when == WI_LOAD_LATE;
}

int
wi_plugins_bring(struct wi_plugins *plugins, struct wi_version *version,
    enum wi_load_when when, struct wi_plugin **pluginp, struct weft_error *err)
{
	struct wi_plugin *plugin = registry_new(version);
	int rc;

	*pluginp = NULL;
	if (plugin == NULL) {
		rc = wi_fail(
		    err, -ENOMEM, "%s: no memory", wi_version_file(version));
		(void)wi_version_close(&version);
		return rc;
	}
	/* Nobody has it yet. */
	plugin->gate.shut = when == WI_LOAD_LATE;
	if (registry_start(plugins, plugin, when, &rc, err)) {
		*pluginp = plugin;
		return rc;
	}
	registry_free(plugin);
	(void)wi_version_close(&version);
	return rc;
}

int
wi_abi_types(const struct weft_plugin *table, const char *file, size_t *ntypes,
    struct weft_error *err)
{
	const struct weft_type *const *sends = table->sends;
	struct weft_error why;
	int rc = WEFT_OK;

	*ntypes = 0;
	if (table->receives != NULL)
		rc = wi_types_check(table->receives, ntypes, &why);
	for (; rc == WEFT_OK && sends != NULL && *sends != NULL; sends++)
		rc = wi_type_check(*sends, &why);
	return rc == WEFT_OK ? WEFT_OK :
			       wi_fail(err, rc, "%s: %s", file, why.text);
}

int
wi_abi_routes(
    const struct weft_plugin *table, const char *file, struct weft_error *err)
{
	const struct weft_route *route = table->routes;
	const char *why;

	for (; route != NULL && route->path != NULL; route++) {
		why = route->method == NULL || route->method[0] == '\0' ?
		    "expected a method" :
		    route->function == NULL ? "expected a function" :
					      wi_http_route_wrong(route->path);
		if (why != NULL)
			return wi_fail(err, WEFT_EABI, "%s: route %s: %s",
			    file, route->path, why);
	}
	return WEFT_OK;
}

bool
wi_routes_stream(const struct weft_route *route)
{
	for (; route != NULL && route->path != NULL; route++)
		if (route->piece != NULL)
			return true;
	return false;
}

/* ---- in use, and the end ---------------------------------------------- */

struct wi_plugin *
wi_plugins_find(const struct wi_plugins *plugins, const char *name)
{
	struct wi_plugin *plugin;

	for (plugin = wi_plugins_first(plugins); plugin != NULL;
	     plugin = wi_plugin_next(plugin)) {
		if (!plugin->refused && strcmp(plugin->name, name) == 0)
			return plugin;
	}
	return NULL;
}

void
wi_plugin_unmap(
    struct wi_log *log, const char *name, struct wi_version **versionp)
{
	struct wi_version *version = *versionp;
	char *path = version->path;

	version->path = NULL;
	if (wi_version_close(versionp))
		wi_log_say(log, WI_LOG_PLUGIN_RESIDENT,
		    "%s %s: its code cannot be unmapped and stays", name,
		    path);
	wi_log_say(log, WI_LOG_PLUGIN_UNLOADED, "%s %s", name,
	    path == NULL ? "(part of the program)" : path);
	free(path);
}

/* The end of its code: unload() was called, nobody has its functions. */
static void
registry_end(struct wi_log *log, struct wi_plugin *plugin)
{
	struct wi_version *version;

	while ((version = plugin->retired) != NULL) {
		plugin->retired = version->next;
		wi_plugin_unmap(log, plugin->name, &version);
	}
	wi_previous_free(&plugin->previous);
	wi_plugin_unmap(log, plugin->name, &plugin->version);
	registry_free(plugin);
}

/* end_note: all are unloaded before the first one's code goes.  What an
 * earlier plugin still sends in its unload() may be framed by the codec of a
 * later one. */
void
wi_plugins_fini(struct wi_plugins *plugins)
{
	struct wi_plugin *plugin, *newest = NULL;

	/* Newest first: a later one may have been built on an earlier one. */
	while ((plugin = plugins->first) != NULL) {
		plugins->first = plugin->next;
		plugin->next = newest;
		newest = plugin;
	}
	for (plugin = newest; plugin != NULL; plugin = plugin->next)
		if (plugin->api->unload != NULL)
			plugin->api->unload(plugin->state);
	while ((plugin = newest) != NULL) {
		newest = plugin->next;
		registry_end(plugins->log, plugin);
	}
}

void
wi_plugins_forget(struct wi_plugins *plugins)
{
	wi_codecs_fini(&plugins->codecs);
	(void)pthread_mutex_destroy(&plugins->reload);
	(void)pthread_rwlock_destroy(&plugins->lock);
}
