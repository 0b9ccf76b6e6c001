/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_table.c - the one table of what a configuration may say.
 *
 * thread: any (pure).
 */
#include "host/conf_table.h"

#include <string.h>

#include "base/meant.h"
#include "base/url.h"
#include "host/conf_options.h"

#define TABLE_ROW(                                                            \
    section_, name_, kind_, offset_, fallback_, min_, max_, live_, text_)     \
	{ .section = WI_CONF_##section_,                                      \
		.name = #name_,                                               \
		.kind = WI_CONF_##kind_,                                      \
		.offset = (offset_),                                          \
		.fallback = (fallback_),                                      \
		.min = (min_),                                                \
		.max = (max_),                                                \
		.live = WI_CONF_IS_##live_,                                   \
		.text = (text_) },

static const struct wi_conf_option table_rows[] = {
#define TABLE_NODE(name, kind, member, ...)                                   \
	TABLE_ROW(TOP, name, kind, offsetof(struct wi_conf, node.member),     \
	    __VA_ARGS__)
	WI_CONF_NODE_OPTIONS(TABLE_NODE)
#define TABLE_HOST(name, kind, member, ...)                                   \
	TABLE_ROW(                                                            \
	    TOP, name, kind, offsetof(struct wi_conf, member), __VA_ARGS__)
	    WI_CONF_HOST_OPTIONS(TABLE_HOST)
#define TABLE_PLUGIN(name, kind, member, ...)                                 \
	TABLE_ROW(PLUGIN, name, kind, WI_CONF_NOWHERE, __VA_ARGS__)
		WI_CONF_PLUGIN_OPTIONS(TABLE_PLUGIN)
#define TABLE_LISTENER(name, kind, member, ...)                               \
	TABLE_ROW(LISTENER, name, kind, WI_CONF_NOWHERE, __VA_ARGS__)
		    WI_CONF_LISTENER_OPTIONS(TABLE_LISTENER)
#define TABLE_SUPERVISOR(name, kind, member, ...)                             \
	TABLE_ROW(SUPERVISOR, name, kind,                                     \
	    offsetof(struct wi_conf, supervisor.member), __VA_ARGS__)
			WI_CONF_SUPERVISOR_OPTIONS(TABLE_SUPERVISOR)
};

#define TABLE_NROWS (sizeof(table_rows) / sizeof(table_rows[0]))

const struct wi_conf_option *
wi_conf_option(unsigned index)
{
	return index < TABLE_NROWS ? &table_rows[index] : NULL;
}

const struct wi_conf_option *
wi_conf_option_find(enum wi_conf_section section, const char *name)
{
	size_t i;

	for (i = 0; i < TABLE_NROWS; i++)
		if (table_rows[i].section == section &&
		    strcmp(table_rows[i].name, name) == 0)
			return &table_rows[i];
	return NULL;
}

const char *
wi_conf_name(enum wi_conf_section section, unsigned index)
{
	const struct wi_url_option_info *info;
	size_t i;

	for (i = 0; i < TABLE_NROWS; i++)
		if (table_rows[i].section == section && index-- == 0)
			return table_rows[i].name;
	if (section != WI_CONF_LISTENER)
		return NULL;
	for (i = 0; (info = wi_url_option_info((unsigned)i)) != NULL; i++)
		if ((info->where & WI_URL_LISTEN) != 0 && index-- == 0)
			return info->name;
	return NULL;
}

const char *
wi_conf_meant(enum wi_conf_section section, const char *word)
{
	struct wi_meant meant;
	const char *name;
	unsigned i;

	wi_meant_begin(&meant, word);
	for (i = 0; (name = wi_conf_name(section, i)) != NULL; i++)
		wi_meant_try(&meant, name);
	return meant.best;
}

const char *
wi_conf_meant_block(enum wi_conf_section section, const char *word)
{
	struct wi_meant meant;

	wi_meant_begin(&meant, word);
	if (section == WI_CONF_TOP) {
		wi_meant_try(&meant, "plugin");
		wi_meant_try(&meant, "listener");
		wi_meant_try(&meant, "supervisor");
		wi_meant_try(&meant, "include");
	} else if (section == WI_CONF_PLUGIN) {
		wi_meant_try(&meant, "options");
	}
	return meant.best;
}
