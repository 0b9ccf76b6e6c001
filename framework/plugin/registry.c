/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/registry.c - the plugins in use: checked, started, ended.
 *
 * thread: the one that sets a node up and tears it down.  While the node runs
 *         nobody writes here, and workers read api and state.
 * owns:   every struct wi_plugin, its code and its state.
 * from:   server.c.  to: work/dispatch, which calls api's functions.
 *
 * A plugin is in the list only when all has gone well: its code is mapped, its
 * ABI is one that we know, its name is free and its load() said yes.  On any
 * other way nothing of it stays.
 */
#include "plugin/registry.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/http.h>

#include "base/fail.h"
#include "codec/http_path.h"
#include "plugin/find.h"
#include "plugin/load.h"
#include "plugin/plugin.h"
#include "type/check.h"

static struct wi_plugin *registry_new(const char *path);
static void registry_drop(struct wi_plugin *plugin);
static int registry_adopt(struct wi_plugins *plugins, struct wi_plugin *plugin,
    const struct weft_plugin *api, const char *options,
    struct weft_error *err);
static int registry_bring(struct wi_plugins *plugins, struct wi_plugin *plugin,
    const char *options, struct weft_error *err);

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
	struct wi_plugin *plugin;
	const char *options;
	char *path;
	int rc;

	*pluginp = NULL;
	rc = wi_find_plugin(what, &path, &options, err);
	if (rc < 0)
		return rc;
	plugin = registry_new(path);
	free(path);
	if (plugin == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", what);
	rc = wi_open_file(plugin->path, &plugin->opened, err);
	if (rc == WEFT_OK)
		rc = registry_adopt(plugins, plugin,
		    dlsym(plugin->opened.dl, "weft_plugin"), options, err);
	if (rc < 0) {
		registry_drop(plugin);
		return rc;
	}
	*pluginp = plugin;
	return WEFT_OK;
}

int
wi_plugins_add(struct wi_plugins *plugins, const struct weft_plugin *api,
    const char *options, struct wi_plugin **pluginp, struct weft_error *err)
{
	struct wi_plugin *plugin;
	int rc;

	*pluginp = NULL;
	plugin = registry_new(NULL);
	if (plugin == NULL)
		return wi_fail(err, -ENOMEM, "a plugin: no memory");
	rc = registry_adopt(plugins, plugin, api, options, err);
	if (rc < 0) {
		registry_drop(plugin);
		return rc;
	}
	*pluginp = plugin;
	return WEFT_OK;
}

static struct wi_plugin *
registry_new(const char *path)
{
	struct wi_plugin *plugin = calloc(1, sizeof(*plugin));

	if (plugin == NULL || path == NULL)
		return plugin;
	plugin->path = strdup(path);
	if (plugin->path == NULL) {
		free(plugin);
		return NULL;
	}
	return plugin;
}

/* Give up one that never was in use. */
static void
registry_drop(struct wi_plugin *plugin)
{
	(void)wi_open_close(&plugin->opened);
	free(plugin->path);
	free(plugin);
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

/* Check, start and list a plugin whose code is there. */
static int
registry_adopt(struct wi_plugins *plugins, struct wi_plugin *plugin,
    const struct weft_plugin *api, const char *options, struct weft_error *err)
{
	const char *file = wi_plugin_file(plugin);
	const struct wi_plugin *other;
	struct wi_plugin **last;
	int rc;

	rc = wi_abi_check(api, &wi_abi_ours, file, err);
	if (rc < 0)
		return rc;
	wi_abi_copy(&plugin->table, api);
	plugin->api = &plugin->table;
	(void)snprintf(plugin->name, sizeof(plugin->name), "%s", api->name);
	other = wi_plugins_find(plugins, api->name);
	if (other != NULL)
		return wi_fail(err, -EEXIST,
		    "%s: expected a name that is free, found \"%s\", which %s "
		    "has",
		    file, api->name, wi_plugin_file(other));
	rc = registry_bring(plugins, plugin, options, err);
	if (rc < 0) {
		wi_codecs_drop(&plugins->codecs, plugin);
		return rc;
	}

	wi_codecs_keep(&plugins->codecs, plugin);
	for (last = &plugins->first; *last != NULL; last = &(*last)->next)
		;
	*last = plugin;
	wi_log_say(plugins->log, WI_LOG_PLUGIN_LOADED, "%s %s %s %016" PRIx64,
	    api->name,
	    plugin->api->version == NULL ? "-" : plugin->api->version, file,
	    plugin->opened.hash);
	return WEFT_OK;
}

/* The symbol of WEFT_CODEC(), which a plugin may have. */
static int
registry_codec(struct wi_plugins *plugins, const struct wi_plugin *plugin,
    struct weft_error *err)
{
	const char *file = wi_plugin_file(plugin);
	const struct weft_codec *codec;
	struct weft_error why;
	int rc;

	if (plugin->opened.dl == NULL)
		return WEFT_OK; /* a part of the program has no symbols */
	codec = dlsym(plugin->opened.dl, "weft_codec");
	if (codec == NULL)
		return WEFT_OK;
	rc = wi_codecs_add(&plugins->codecs, codec, plugin, file, &why);
	if (rc == WEFT_OK)
		return WEFT_OK;
	return wi_fail(
	    err, rc == -EINVAL ? WEFT_EABI : rc, "%s: %s", file, why.text);
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

/* All that the plugin gives the node. */
static int
registry_bring(struct wi_plugins *plugins, struct wi_plugin *plugin,
    const char *options, struct weft_error *err)
{
	int rc = wi_abi_types(
	    &plugin->table, wi_plugin_file(plugin), &plugin->ntypes, err);

	if (rc == WEFT_OK)
		rc =
		    wi_abi_routes(&plugin->table, wi_plugin_file(plugin), err);
	if (rc == WEFT_OK)
		rc = registry_codec(plugins, plugin, err);
	return rc < 0 ? rc : wi_load_run(plugins, plugin, options, err);
}

/* ---- in use, and the end ---------------------------------------------- */

struct wi_plugin *
wi_plugins_find(const struct wi_plugins *plugins, const char *name)
{
	struct wi_plugin *plugin;

	for (plugin = plugins->first; plugin != NULL; plugin = plugin->next) {
		if (strcmp(plugin->api->name, name) == 0)
			return plugin;
	}
	return NULL;
}

/* The end of its code: unload() was called, nobody has its functions. */
static void
registry_end(struct wi_log *log, struct wi_plugin *plugin)
{
	char name[WI_PLUGIN_NAME_MAX + 1];
	int resident;

	/* The name is the plugin's: it goes with the code. */
	(void)snprintf(name, sizeof(name), "%s", plugin->api->name);
	resident = wi_open_close(&plugin->opened);
	if (resident)
		wi_log_say(log, WI_LOG_PLUGIN_RESIDENT,
		    "%s %s: its code cannot be unmapped and stays", name,
		    wi_plugin_file(plugin));
	wi_log_say(log, WI_LOG_PLUGIN_UNLOADED, "%s %s", name,
	    wi_plugin_file(plugin));
	free(plugin->path);
	free(plugin);
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
}
