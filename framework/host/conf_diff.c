/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_diff.c - what a reload would do.
 *
 * thread: any (pure).
 * from:   who reloads.  to: the same, and conf_diff_text.
 */
#include "host/conf_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"
#include "host/conf_table.h"

#define DIFF_NONE SIZE_MAX

/* One comparison. */
struct diff {
	const struct wi_conf *before;
	const struct wi_conf *after;
	struct wi_conf_diff *out;
	bool nomem;
};

static void
diff_add(struct diff *diff, const struct wi_conf_change *change)
{
	struct wi_conf_diff *out = diff->out;
	struct wi_conf_change *list;

	if (out->n == out->room) {
		list = realloc(
		    out->list, (out->room * 2 + 16) * sizeof(*out->list));
		if (list == NULL) {
			diff->nomem = true;
			return;
		}
		out->list = list;
		out->room = out->room * 2 + 16;
	}
	out->list[out->n++] = *change;
}

static bool
diff_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* ---- plugins ---------------------------------------------------------- */

static size_t
diff_plugin(const struct wi_conf *conf, const char *title)
{
	size_t i;

	for (i = 0; i < conf->nplugins; i++)
		if (strcmp(conf->plugins[i].title, title) == 0)
			return i;
	return DIFF_NONE;
}

static void
diff_plugins(struct diff *diff)
{
	const struct wi_conf_plugin *now, *was;
	struct wi_conf_change change = { .section = "plugin", .live = true };
	size_t i;

	for (i = 0; i < diff->after->nplugins; i++) {
		now = &diff->after->plugins[i];
		change.title = now->title;
		change.new_index = i;
		change.old_index = diff_plugin(diff->before, now->title);
		was = change.old_index == DIFF_NONE ?
		    NULL :
		    &diff->before->plugins[change.old_index];
		change.kind = was == NULL           ? WI_CONF_PLUGIN_NEW :
		    diff_same(was->what, now->what) ? WI_CONF_PLUGIN_OPTIONS :
						      WI_CONF_PLUGIN_FILE;
		change.before = was == NULL ? NULL : was->what;
		change.after = now->what;
		if (change.kind == WI_CONF_PLUGIN_OPTIONS) {
			change.before = was->options;
			change.after = now->options;
			if (diff_same(was->options, now->options))
				continue;
		}
		diff_add(diff, &change);
	}
	for (i = 0; i < diff->before->nplugins; i++) {
		was = &diff->before->plugins[i];
		if (diff_plugin(diff->after, was->title) == DIFF_NONE)
			diff_add(diff,
			    &(struct wi_conf_change){
				.kind = WI_CONF_PLUGIN_GONE,
				.section = "plugin",
				.title = was->title,
				.before = was->what,
				.live = false,
				.old_index = i,
				.new_index = DIFF_NONE });
	}
}

/* ---- options ---------------------------------------------------------- */

/* A value as it would be written; NULL: none.  owner: the caller, until
 * free(). */
static char *
diff_value(struct diff *diff, const struct wi_conf *conf,
    const struct wi_conf_option *option)
{
	const void *member = (const char *)conf + option->offset;
	char text[64], *value;

	if (option->kind == WI_CONF_PATH || option->kind == WI_CONF_TEXT) {
		if (*(const char *const *)member == NULL)
			return NULL;
		value = strdup(*(const char *const *)member);
	} else {
		wi_conf_write(
		    option, *(const uint32_t *)member, text, sizeof(text));
		value = strdup(text);
	}
	diff->nomem = diff->nomem || value == NULL;
	return value;
}

static void
diff_options(struct diff *diff)
{
	const struct wi_conf_option *option;
	char *before, *after;
	unsigned i;

	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		if (option->offset == WI_CONF_NOWHERE)
			continue;
		before = diff_value(diff, diff->before, option);
		after = diff_value(diff, diff->after, option);
		if (diff_same(before, after)) {
			free(before);
			free(after);
			continue;
		}
		diff_add(diff,
		    &(struct wi_conf_change){ .kind = WI_CONF_OPTION,
			.section = wi_conf_section_name(option->section),
			.name = option->name,
			.before = before,
			.after = after,
			.live = option->live != WI_CONF_IS_RESTART,
			.old_index = DIFF_NONE,
			.new_index = DIFF_NONE });
		if (diff->nomem) {
			free(before);
			free(after);
			return;
		}
	}
}

/* ---- listeners -------------------------------------------------------- */

static size_t
diff_address_len(const char *url)
{
	return strcspn(url, "?");
}

static bool
diff_same_address(const char *a, const char *b)
{
	size_t len = diff_address_len(a);

	return len == diff_address_len(b) && memcmp(a, b, len) == 0;
}

/* With port 0 each has an address of its own. */
static bool
diff_has_no_port(const char *url)
{
	struct wi_url parts;

	return wi_url_parse(url, WI_URL_LISTEN, &parts, NULL) == WEFT_OK &&
	    parts.is != WI_URL_UNIX && parts.port == 0;
}

/* The listener that is the same one. */
static size_t
diff_listener(
    const struct wi_conf *conf, const struct wi_conf_listener *listener)
{
	const bool by_title = diff_has_no_port(listener->url);
	size_t i;

	for (i = 0; i < conf->nlisteners; i++)
		if (diff_same_address(conf->listeners[i].url, listener->url) &&
		    (!by_title ||
			strcmp(conf->listeners[i].title, listener->title) ==
			    0))
			return i;
	return DIFF_NONE;
}

/* Is it said when the socket is made? */
static bool
diff_is_of_socket(const char *name)
{
	static const char *const names[] = { "backlog", "bind_device",
		"broadcast", "interface", "loop", "mode", "owner", "rcvbuf",
		"reuseport", "sndbuf", "ttl" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Behind the "?"; NULL: it is not written. */
static char *
diff_url_value(struct diff *diff, const char *url, const char *name)
{
	const char *at = strchr(url, '?');
	const size_t len = strlen(name);
	char *value;

	for (; at != NULL; at = strchr(at, '&')) {
		at++;
		if (strncmp(at, name, len) != 0 || at[len] != '=')
			continue;
		value = strndup(at + len + 1, strcspn(at + len + 1, "&"));
		diff->nomem = diff->nomem || value == NULL;
		return value;
	}
	return NULL;
}

static void
diff_listener_change(struct diff *diff, struct wi_conf_change *change,
    const char *name, char *before, char *after)
{
	if (!diff_same(before, after)) {
		change->name = name;
		change->before = before;
		change->after = after;
		change->live = !diff_is_of_socket(name);
		diff_add(diff, change);
		if (!diff->nomem)
			return; /* they are the diff's now */
	}
	free(before);
	free(after);
}

/* The same address: what else differs? */
static void
diff_listener_options(struct diff *diff, size_t old_index, size_t new_index)
{
	const struct wi_conf_listener *was =
	    &diff->before->listeners[old_index];
	const struct wi_conf_listener *now =
	    &diff->after->listeners[new_index];
	struct wi_conf_change change = { .kind = WI_CONF_LISTENER_CHANGE,
		.section = "listener",
		.title = now->title,
		.old_index = old_index,
		.new_index = new_index };
	const struct wi_url_option_info *info;
	unsigned i;

	diff_listener_change(
	    diff, &change, "name", strdup(was->title), strdup(now->title));
	diff_listener_change(
	    diff, &change, "plugin", strdup(was->plugin), strdup(now->plugin));
	for (i = 0; (info = wi_url_option_info(i)) != NULL; i++)
		diff_listener_change(diff, &change, info->name,
		    diff_url_value(diff, was->url, info->name),
		    diff_url_value(diff, now->url, info->name));
}

static void
diff_listeners(struct diff *diff)
{
	const struct wi_conf_listener *one;
	struct wi_conf_change change = { .section = "listener", .live = true };
	size_t i, other;

	for (i = 0; i < diff->after->nlisteners; i++) {
		one = &diff->after->listeners[i];
		other = diff_listener(diff->before, one);
		if (other != DIFF_NONE) {
			diff_listener_options(diff, other, i);
			continue;
		}
		change.kind = WI_CONF_LISTENER_OPEN;
		change.title = one->title;
		change.after = one->url;
		change.old_index = DIFF_NONE;
		change.new_index = i;
		diff_add(diff, &change);
	}
	change.after = NULL;
	for (i = 0; i < diff->before->nlisteners; i++) {
		one = &diff->before->listeners[i];
		if (diff_listener(diff->after, one) != DIFF_NONE)
			continue;
		change.kind = WI_CONF_LISTENER_CLOSE;
		change.title = one->title;
		change.before = one->url;
		change.old_index = i;
		change.new_index = DIFF_NONE;
		diff_add(diff, &change);
	}
}

/* ---- all of it -------------------------------------------------------- */

/* By kind, and stable. */
static void
diff_sort(struct wi_conf_diff *out)
{
	struct wi_conf_change one;
	size_t i, j;

	for (i = 1; i < out->n; i++) {
		one = out->list[i];
		for (j = i; j > 0 && out->list[j - 1].kind > one.kind; j--)
			out->list[j] = out->list[j - 1];
		out->list[j] = one;
	}
}

int
wi_conf_diff(const struct wi_conf *before, const struct wi_conf *after,
    struct wi_conf_diff *out)
{
	struct diff diff = { before, after, out, false };

	memset(out, 0, sizeof(*out));
	diff_plugins(&diff);
	diff_listeners(&diff);
	diff_options(&diff);
	diff_sort(out);
	if (!diff.nomem)
		return WEFT_OK;
	wi_conf_diff_fini(out);
	return -ENOMEM;
}

static void
diff_free(const char *text)
{
	void *memory;

	memcpy(&memory, &text, sizeof(memory));
	free(memory);
}

void
wi_conf_diff_fini(struct wi_conf_diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++) {
		if (diff->list[i].kind != WI_CONF_OPTION &&
		    diff->list[i].kind != WI_CONF_LISTENER_CHANGE)
			continue;
		diff_free(diff->list[i].before);
		diff_free(diff->list[i].after);
	}
	free(diff->list);
	memset(diff, 0, sizeof(*diff));
}
