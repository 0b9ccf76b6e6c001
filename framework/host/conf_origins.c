/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_origins.c - which line set what, as a text that outlives the
 * configuration and goes to other processes.
 *
 * thread: any (pure).
 */
#include <stdio.h>
#include <string.h>

#include "host/conf.h"
#include "host/conf_source.h"
#include "host/conf_table.h"

struct origins {
	const struct wi_conf *conf;
	char *out;
	size_t size;
	size_t len;
};

/* What is not written is left out, and so is a line that does not fit. */
static void
origins_add(struct origins *origins, const char *section, const char *title,
    const char *name)
{
	const char *origin =
	    wi_conf_origin(origins->conf, section, title, name);
	const size_t room = origins->size - origins->len;
	int n;

	if (strcmp(origin, "default") == 0)
		return;
	n = snprintf(origins->out + origins->len, room, "%s\t%s\t%s\t%s\n",
	    strcmp(section, "options") == 0 ? "plugin" : section,
	    title == NULL ? "" : title, name, origin);
	if (n > 0 && (size_t)n < room)
		origins->len += (size_t)n;
	else
		origins->out[origins->len] = '\0';
}

/* Its file, and whatever options are written: the plugin knows them. */
static void
origins_plugin(struct origins *origins, const char *title)
{
	const struct wi_conf_block *block;
	const struct wi_conf_setting *setting;

	origins_add(origins, "plugin", title, "file");
	for (block = origins->conf->source->blocks; block != NULL;
	     block = block->next)
		if (block->section == WI_CONF_OPTIONS &&
		    block->parent != NULL && block->parent->title != NULL &&
		    strcmp(block->parent->title, title) == 0)
			for (setting = block->settings; setting != NULL;
			     setting = setting->next)
				origins_add(
				    origins, "options", title, setting->name);
}

void
wi_conf_origins(const struct wi_conf *conf, char *out, size_t size)
{
	struct origins origins = { conf, out, size, 0 };
	const char *name;
	unsigned i;
	size_t at;

	out[0] = '\0';
	for (i = 0; (name = wi_conf_name(WI_CONF_TOP, i)) != NULL; i++)
		origins_add(&origins, "", NULL, name);
	for (at = 0; at < conf->nlisteners; at++)
		for (i = 0; (name = wi_conf_name(WI_CONF_LISTENER, i)) != NULL;
		     i++)
			origins_add(&origins, "listener",
			    conf->listeners[at].title, name);
	for (at = 0; at < conf->nplugins; at++)
		origins_plugin(&origins, conf->plugins[at].title);
}

bool
wi_conf_origins_next(const char **lines, const char *section,
    const char *title, struct wi_conf_written *origin)
{
	char head[300];
	const char *line, *end, *tab;
	const int len =
	    snprintf(head, sizeof(head), "%s\t%s\t", section, title);

	for (line = *lines; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		if (strncmp(line, head, (size_t)len) != 0)
			continue;
		line += len;
		tab = strchr(line, '\t');
		(void)snprintf(origin->name, sizeof(origin->name), "%.*s",
		    (int)(tab - line), line);
		(void)snprintf(origin->where, sizeof(origin->where), "%.*s",
		    (int)(end - tab - 1), tab + 1);
		*lines = end + 1;
		return true;
	}
	return false;
}

bool
wi_conf_origins_find(const char *lines, const char *section, const char *title,
    const char *name, struct wi_conf_written *origin)
{
	while (wi_conf_origins_next(&lines, section, title, origin))
		if (strcmp(origin->name, name) == 0)
			return true;
	return false;
}
