/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_diff_text.c - what a reload would do, for people and programs.
 *
 * thread: any (pure, but for out).
 */
#include <string.h>

#include "host/conf_diff.h"

static const char *const diff_words[] = {
	[WI_CONF_PLUGIN_NEW] = "plugin-new",
	[WI_CONF_PLUGIN_FILE] = "plugin-file",
	[WI_CONF_PLUGIN_OPTIONS] = "plugin-options",
	[WI_CONF_LISTENER_OPEN] = "listener-open",
	[WI_CONF_LISTENER_CHANGE] = "listener-change",
	[WI_CONF_LISTENER_CLOSE] = "listener-close",
	[WI_CONF_PLUGIN_GONE] = "plugin-gone",
	[WI_CONF_OPTION] = "option",
};

static const char *
diff_or_nothing(const char *text)
{
	return text != NULL ? text : "nothing";
}

static void
diff_line(const struct wi_conf_change *change, FILE *out)
{
	switch (change->kind) {
	case WI_CONF_PLUGIN_NEW:
		(void)fprintf(out, ": load %s", change->after);
		return;
	case WI_CONF_PLUGIN_GONE:
		(void)fprintf(out, ": unload %s", change->before);
		return;
	case WI_CONF_LISTENER_OPEN:
		(void)fprintf(out, ": open %s", change->after);
		return;
	case WI_CONF_LISTENER_CLOSE:
		(void)fprintf(out, ": close %s", change->before);
		return;
	case WI_CONF_PLUGIN_FILE:
	case WI_CONF_PLUGIN_OPTIONS:
	case WI_CONF_LISTENER_CHANGE:
	case WI_CONF_OPTION:
		(void)fprintf(out, "%s%s: %s -> %s",
		    change->section[0] != '\0' ? ": " : "",
		    change->kind == WI_CONF_PLUGIN_FILE        ? "file" :
			change->kind == WI_CONF_PLUGIN_OPTIONS ? "options" :
								 change->name,
		    diff_or_nothing(change->before),
		    diff_or_nothing(change->after));
		return;
	}
}

void
wi_conf_change_text(const struct wi_conf_change *change, FILE *out)
{
	(void)fprintf(out, "%s%s%s", change->section,
	    change->title != NULL ? " " : "",
	    change->title != NULL ? change->title : "");
	diff_line(change, out);
	if (!change->live)
		(void)fprintf(out,
		    change->kind == WI_CONF_LISTENER_CHANGE ?
			" (takes a new socket)" :
			" (takes a restart)");
}

void
wi_conf_diff_text(const struct wi_conf_diff *diff, FILE *out)
{
	size_t i;

	if (diff->n == 0)
		(void)fprintf(out, "nothing changes\n");
	for (i = 0; i < diff->n; i++) {
		wi_conf_change_text(&diff->list[i], out);
		(void)fprintf(out, "\n");
	}
}

json_t *
wi_conf_diff_json(const struct wi_conf_diff *diff)
{
	const struct wi_conf_change *change;
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < diff->n; i++) {
		change = &diff->list[i];
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:b}",
			    "change", diff_words[change->kind], "section",
			    change->section, "title", change->title, "name",
			    change->name, "before", change->before, "after",
			    change->after, "live", change->live)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
