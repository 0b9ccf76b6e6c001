/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_source.c - what is written in a configuration, and the memory that
 * it is kept in.
 *
 * thread: as host/conf.h.
 * owns:   the pieces of memory of a configuration.
 * from:   conf_file, and conf for the environment and the command line.
 * to:     conf, conf_listener, conf_plugin.
 */
#include "host/conf_source.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wi_conf_piece {
	struct wi_conf_piece *next;
	max_align_t bytes[];
};

const char *
wi_conf_section_name(enum wi_conf_section section)
{
	static const char *const names[WI_CONF_NSECTIONS] = {
		[WI_CONF_TOP] = "",
		[WI_CONF_PLUGIN] = "plugin",
		[WI_CONF_OPTIONS] = "options",
		[WI_CONF_LISTENER] = "listener",
		[WI_CONF_SUPERVISOR] = "supervisor",
	};

	return names[section];
}

void *
wi_conf_keep(struct wi_conf_source *source, size_t size)
{
	struct wi_conf_piece *piece = calloc(1, sizeof(*piece) + size);

	if (piece == NULL) {
		source->nomem = true;
		return NULL;
	}
	piece->next = source->pieces;
	source->pieces = piece;
	return piece->bytes;
}

const char *
wi_conf_text(struct wi_conf_source *source, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len >= 0)
		text = wi_conf_keep(source, (size_t)len + 1);
	if (text != NULL)
		(void)vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return text != NULL ? text : "";
}

struct wi_conf_block *
wi_conf_block(struct wi_conf_source *source, enum wi_conf_section section,
    const char *title, const struct wi_conf_place *place)
{
	struct wi_conf_block *block = wi_conf_keep(source, sizeof(*block));
	struct wi_conf_block **last = &source->blocks;

	if (block == NULL)
		return NULL;
	block->section = section;
	block->title =
	    title == NULL ? NULL : wi_conf_text(source, "%s", title);
	block->place = *place;
	while (*last != NULL)
		last = &(*last)->next;
	*last = block;
	return block;
}

void
wi_conf_set(struct wi_conf_source *source, struct wi_conf_block *block,
    const char *name, const char *value, const struct wi_conf_place *place)
{
	struct wi_conf_setting *setting =
	    wi_conf_keep(source, sizeof(*setting));
	struct wi_conf_setting **last = &block->settings;

	if (setting == NULL)
		return;
	setting->name = wi_conf_text(source, "%s", name);
	setting->value = wi_conf_text(source, "%s", value);
	setting->place = *place;
	setting->origin = place->line == 0 ?
	    place->file :
	    wi_conf_text(source, "%s:%d", place->file, place->line);
	while (*last != NULL)
		last = &(*last)->next;
	*last = setting;
}

struct wi_conf_setting *
wi_conf_setting(const struct wi_conf_block *block, const char *name)
{
	struct wi_conf_setting *setting, *found = NULL;

	for (setting = block->settings; setting != NULL;
	     setting = setting->next)
		if (strcmp(setting->name, name) == 0)
			found = setting;
	return found;
}

void
wi_conf_source_fini(struct wi_conf_source *source)
{
	struct wi_conf_piece *piece;

	while ((piece = source->pieces) != NULL) {
		source->pieces = piece->next;
		free(piece);
	}
	memset(source, 0, sizeof(*source));
}

const char *
wi_conf_path(struct wi_conf_source *source, const struct wi_conf_place *place,
    const char *path)
{
	const char *folder = place->folder;

	if (path[0] == '/' || folder == NULL)
		return wi_conf_text(source, "%s", path);
	while (strncmp(path, "./", 2) == 0)
		path += 2 + strspn(path + 2, "/");
	return wi_conf_text(
	    source, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path);
}
