/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_plugin.c - the blocks of plugins.
 *
 * thread: as host/conf.h.
 * from:   conf.  to: struct wi_conf, plugins.
 */
#include <stdio.h>
#include <string.h>

#include "host/conf_read.h"
#include "host/conf_table.h"

#define PLUGIN_OPTION_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"

char *
wi_conf_encode(char *out, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/:,@";
	unsigned char byte;

	for (; *text != '\0'; text++) {
		byte = (unsigned char)*text;
		if (strchr(plain, *text) != NULL) {
			*out++ = *text;
			continue;
		}
		*out++ = '%';
		*out++ = digits[byte >> 4];
		*out++ = digits[byte & 15];
	}
	*out = '\0';
	return out;
}

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

static size_t
plugin_options_room(const struct wi_conf_block *options)
{
	const struct wi_conf_setting *setting;
	size_t room = 1;

	for (setting = options->settings; setting != NULL;
	     setting = setting->next)
		room += strlen(setting->name) + 3 * strlen(setting->value) + 2;
	return room;
}

/* "history=50&motto=a%26b" */
static const char *
plugin_options(struct wi_conf *conf, const struct wi_conf_block *options)
{
	const struct wi_conf_setting *setting;
	char *text = wi_conf_keep(conf->source, plugin_options_room(options));
	char *at = text;

	if (text == NULL)
		return NULL;
	for (setting = options->settings; setting != NULL;
	     setting = setting->next) {
		/* Of one that is written twice, which is a problem, the
		 * last. */
		if (wi_conf_setting(options, setting->name) != setting)
			continue;
		at +=
		    sprintf(at, "%s%s=", at == text ? "" : "&", setting->name);
		at = wi_conf_encode(at, setting->value);
	}
	return at == text ? NULL : text;
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
			plugin->options = plugin_options(conf, other);
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
