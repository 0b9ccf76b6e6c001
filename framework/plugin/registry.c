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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "plugin/find.h"
#include "plugin/plugin.h"

#define REGISTRY_NAME_MAX 31    /* [bytes] of a plugin's name */
#define REGISTRY_OPTIONS_MAX 32 /* that one plugin can be given */

struct registry_option {
	const char *name;  /* in registry_options.words */
	const char *value; /* in registry_options.words; may be "" */
	int asked;         /* the plugin has looked at it */
};

/* The options of one loading. */
struct registry_options {
	struct registry_option list[REGISTRY_OPTIONS_MAX];
	size_t len;      /* of list */
	char *words;     /* "burn_us\0" "200\0" "every\0" "10\0" */
	char known[200]; /* "burn_us, every": what the plugin asked for */
};

/* One loading of a plugin.  owned by: registry_start(), on its stack. */
struct weft_load {
	struct weft_node *node;
	struct registry_options *options;
	char text[256]; /* what weft_load_fail() was told */
};

static struct wi_plugin *registry_new(const char *path);
static void registry_drop(struct wi_plugin *plugin);
static int registry_adopt(struct wi_plugins *plugins, struct wi_plugin *plugin,
    const struct weft_plugin *api, const char *options,
    struct weft_error *err);
static int registry_start(const struct wi_plugins *plugins,
    struct wi_plugin *plugin, const char *options, struct weft_error *err);

static const struct wi_abi registry_abi = {
	.major = WEFT_ABI_MAJOR,
	.minor = WEFT_ABI_MINOR,
	.size = sizeof(struct weft_plugin),
};

/* For error texts and logs. */
static const char *
registry_file(const struct wi_plugin *plugin)
{
	return plugin->path != NULL ? plugin->path : "(part of the program)";
}

void
wi_plugins_init(
    struct wi_plugins *plugins, struct weft_node *node, struct wi_log *log)
{
	plugins->first = NULL;
	plugins->node = node;
	plugins->log = log;
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
	if (len == 0 || len > REGISTRY_NAME_MAX || name[len] != '\0')
		return wi_fail(err, WEFT_EABI,
		    "%s: expected weft_plugin.name to be 1 to %u of "
		    "[a-z0-9_-], found \"%.40s\"",
		    file, REGISTRY_NAME_MAX, name);
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
	const char *file = registry_file(plugin);
	const struct wi_plugin *other;
	struct wi_plugin **last;
	int rc;

	rc = wi_abi_check(api, &registry_abi, file, err);
	if (rc < 0)
		return rc;
	wi_abi_copy(&plugin->table, api);
	plugin->api = &plugin->table;
	other = wi_plugins_find(plugins, api->name);
	if (other != NULL)
		return wi_fail(err, -EEXIST,
		    "%s: expected a name that is free, found \"%s\", which %s "
		    "has",
		    file, api->name, registry_file(other));
	rc = registry_start(plugins, plugin, options, err);
	if (rc < 0)
		return rc;

	for (last = &plugins->first; *last != NULL; last = &(*last)->next)
		;
	*last = plugin;
	wi_log_say(plugins->log, WI_LOG_PLUGIN_LOADED, "%s %s %s %016" PRIx64,
	    api->name,
	    plugin->api->version == NULL ? "-" : plugin->api->version, file,
	    plugin->opened.hash);
	return WEFT_OK;
}

/* ---- start ------------------------------------------------------------ */

static struct registry_option *
registry_option(struct registry_options *options, const char *name)
{
	size_t i;

	for (i = 0; i < options->len; i++) {
		if (strcmp(options->list[i].name, name) == 0)
			return &options->list[i];
	}
	return NULL;
}

/* One "name=value" becomes the next of the list. */
static int
registry_parse_one(struct registry_options *options, char *word,
    const char *file, struct weft_error *err)
{
	char *equals = strchr(word, '=');

	if (equals == NULL || equals == word)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected options as name=value&name=value, found "
		    "\"%s\"",
		    file, word);
	*equals = '\0';
	if (registry_option(options, word) != NULL)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected each option once, found \"%s\" twice", file,
		    word);
	if (options->len == REGISTRY_OPTIONS_MAX)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected at most %u options, found \"%s\" besides",
		    file, REGISTRY_OPTIONS_MAX, word);
	options->list[options->len].name = word;
	options->list[options->len].value = equals + 1;
	options->list[options->len].asked = 0;
	options->len++;
	return WEFT_OK;
}

static int
registry_parse(struct registry_options *options, const char *text,
    const char *file, struct weft_error *err)
{
	char *word, *next;
	int rc = WEFT_OK;

	options->len = 0;
	options->words = NULL;
	options->known[0] = '\0';
	if (text == NULL || *text == '\0')
		return WEFT_OK;
	options->words = strdup(text);
	if (options->words == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", file);
	for (word = options->words; rc == WEFT_OK && word != NULL;
	     word = next) {
		next = strchr(word, '&');
		if (next != NULL)
			*next++ = '\0';
		rc = registry_parse_one(options, word, file, err);
	}
	return rc;
}

/* An option that the plugin never asked for is a slip of the user's. */
static int
registry_check_asked(const struct registry_options *options, const char *file,
    struct weft_error *err)
{
	size_t i;

	for (i = 0; i < options->len; i++) {
		if (!options->list[i].asked)
			return wi_fail(err, WEFT_ELOAD,
			    "%s: expected %s%s, found the option \"%s\"", file,
			    options->known[0] == '\0' ? "no options" :
							"options of ",
			    options->known, options->list[i].name);
	}
	return WEFT_OK;
}

static int
registry_run_load(struct weft_load *load, struct wi_plugin *plugin,
    const char *file, struct weft_error *err)
{
	int rc;

	if (plugin->api->load == NULL)
		return WEFT_OK;
	rc = plugin->api->load(load, &plugin->state);
	if (rc == WEFT_OK)
		return WEFT_OK;
	if (rc > 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected load() to answer 0 or a negative code, "
		    "found %d",
		    file, rc);
	return wi_fail(err, WEFT_ELOAD, "%s: load() answered %d (%s)%s%s",
	    file, rc, weft_errname(rc), load->text[0] == '\0' ? "" : ": ",
	    load->text);
}

static int
registry_start(const struct wi_plugins *plugins, struct wi_plugin *plugin,
    const char *options, struct weft_error *err)
{
	struct registry_options parsed;
	struct weft_load load = { .node = plugins->node, .options = &parsed };
	const char *file = registry_file(plugin);
	int rc;

	rc = registry_parse(&parsed, options, file, err);
	if (rc == WEFT_OK)
		rc = registry_run_load(&load, plugin, file, err);
	if (rc == WEFT_OK) {
		rc = registry_check_asked(&parsed, file, err);
		if (rc < 0 && plugin->api->unload != NULL)
			plugin->api->unload(plugin->state);
	}
	free(parsed.words);
	return rc;
}

struct weft_node *
weft_load_node(const struct weft_load *load)
{
	return load->node;
}

const char *
weft_load_option(const struct weft_load *load, const char *name)
{
	struct registry_options *options = load->options;
	struct registry_option *option = registry_option(options, name);
	size_t used = strlen(options->known);

	(void)snprintf(options->known + used, sizeof(options->known) - used,
	    "%s%s", used == 0 ? "" : ", ", name);
	if (option == NULL)
		return NULL;
	option->asked = 1;
	return option->value;
}

int
weft_load_fail(struct weft_load *load, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)wi_line_format(load->text, sizeof(load->text), format, args);
	va_end(args);
	/* A plugin's slip must not turn a refusal into a yes. */
	return code < 0 ? code : WEFT_ELOAD;
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

static void
registry_end(struct wi_log *log, struct wi_plugin *plugin)
{
	char name[REGISTRY_NAME_MAX + 1];
	int resident;

	if (plugin->api->unload != NULL)
		plugin->api->unload(plugin->state);
	/* The name is the plugin's: it goes with the code. */
	(void)snprintf(name, sizeof(name), "%s", plugin->api->name);
	resident = wi_open_close(&plugin->opened);
	if (resident)
		wi_log_say(log, WI_LOG_PLUGIN_RESIDENT,
		    "%s %s: its code cannot be unmapped and stays", name,
		    registry_file(plugin));
	wi_log_say(
	    log, WI_LOG_PLUGIN_UNLOADED, "%s %s", name, registry_file(plugin));
	free(plugin->path);
	free(plugin);
}

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
	while ((plugin = newest) != NULL) {
		newest = plugin->next;
		registry_end(plugins->log, plugin);
	}
}
