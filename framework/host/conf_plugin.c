/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_plugin.c - the blocks of plugins.
 *
 * thread: as host/conf.h.
 * from:   conf.  to: struct wi_conf, plugins.
 */
#include <stdio.h>
#include <string.h>

#include "base/option.h"
#include "base/percent.h"
#include "host/conf_read.h"
#include "host/conf_table.h"

#define PLUGIN_OPTION_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"

static bool
plugin_is_path(const char *what)
{
	size_t len = strlen(what);

	return strchr(what, '/') != NULL ||
	    (len >= 3 && strcmp(what + len - 3, ".so") == 0);
}

/* A path becomes absolute; a name stays. */
static const char *
plugin_what(struct wi_conf *conf, const struct wi_conf_block *block,
    struct wi_conf_problems *problems)
{
	const struct wi_conf_setting *file = wi_conf_setting(block, "file");
	const struct wi_conf_place *place =
	    file == NULL ? &block->place : &file->place;
	const char *what = file == NULL ? block->title : file->value;

	if (what[0] == '\0' || strlen(what) > 4000)
		wi_conf_problem(problems, place,
		    "file: expected a file, or the name of a plugin, found "
		    "\"%s\"",
		    what);
	else if (strchr(what, '?') != NULL)
		wi_conf_problem(problems, place,
		    "file: expected no \"?\", found \"%s\": options stand in "
		    "options { NAME = VALUE }",
		    what);
	return plugin_is_path(what) ? wi_conf_path(conf->source, place, what) :
				      what;
}

/* ---- options ---------------------------------------------------------- */

/* As the plugin is to have it. */
static const char *
plugin_value(struct wi_conf *conf, const struct wi_conf_setting *setting,
    const struct weft_plugin_option *table)
{
	const struct weft_plugin_option *option =
	    wi_option_find(table, setting->name);

	return option != NULL && option->kind == WEFT_OPTION_FILE ?
	    wi_conf_path(conf->source, &setting->place, setting->value) :
	    setting->value;
}

const char *
wi_conf_plugin_options(struct wi_conf *conf,
    const struct wi_conf_block *options,
    const struct weft_plugin_option *table)
{
	const struct wi_conf_setting *setting;
	const char *text = NULL, *value;
	char *coded;

	for (setting = options->settings; setting != NULL;
	     setting = setting->next) {
		/* Of one that is written twice, which is a problem, the
		 * last. */
		if (wi_conf_setting(options, setting->name) != setting)
			continue;
		value = plugin_value(conf, setting, table);
		coded = wi_conf_keep(conf->source, 3 * strlen(value) + 1);
		if (coded == NULL)
			return NULL;
		(void)wi_percent_encode(value, coded);
		text = wi_conf_text(conf->source, "%s%s%s=%s",
		    text != NULL ? text : "", text != NULL ? "&" : "",
		    setting->name, coded);
	}
	return text;
}

static void
plugin_check_names(
    const struct wi_conf_block *options, struct wi_conf_problems *problems)
{
	const struct wi_conf_setting *setting;

	for (setting = options->settings; setting != NULL;
	     setting = setting->next)
		if (setting->name[0] == '\0' ||
		    setting->name[strspn(
			setting->name, PLUGIN_OPTION_CHARS)] != '\0')
			wi_conf_problem(problems, &setting->place,
			    "options: expected a name of a-z, 0-9 and _, "
			    "found \"%s\"",
			    setting->name);
}

/* ---- blocks ----------------------------------------------------------- */

static void
plugin_block(struct wi_conf *conf, const struct wi_conf_block *block,
    struct wi_conf_problems *problems)
{
	struct wi_conf_plugin *plugin = &conf->plugins[conf->nplugins++];
	const struct wi_conf_setting *setting;
	const struct wi_conf_block *other;

	plugin->title = block->title;
	plugin->what = plugin_what(conf, block, problems);
	for (setting = block->settings; setting != NULL;
	     setting = setting->next)
		if (wi_conf_option_find(WI_CONF_PLUGIN, setting->name) == NULL)
			wi_conf_unknown(problems, block, setting);
	for (other = block->next; other != NULL; other = other->next)
		if (other->section == WI_CONF_OPTIONS &&
		    other->parent == block) {
			plugin_check_names(other, problems);
			plugin->options =
			    wi_conf_plugin_options(conf, other, NULL);
		}
}

void
wi_conf_plugins(struct wi_conf *conf, struct wi_conf_problems *problems)
{
	const struct wi_conf_block *block;
	size_t n = 0;

	for (block = conf->source->blocks; block != NULL; block = block->next)
		n += block->section == WI_CONF_PLUGIN;
	conf->plugins = wi_conf_keep(conf->source, n * sizeof(*conf->plugins));
	if (conf->plugins == NULL)
		return;
	for (block = conf->source->blocks; block != NULL; block = block->next)
		if (block->section == WI_CONF_PLUGIN)
			plugin_block(conf, block, problems);
}
