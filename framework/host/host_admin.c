/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host_admin.c - the admin socket of a host that is served.
 *
 * thread: the host's main; what the socket asks (struct wi_admin_ops) is run
 * by its own threads.
 *
 * again_note: the first host of all ends if it cannot have the socket: who has
 * started it sees why.  Later ones serve, with or without it, and try again:
 * nobody loses a connection because a folder has gone.  The same way a host
 * that takes over gets it: the one before closes it when it is told to leave.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/admin.h"
#include "host/admin_answer.h"
#include "host/child.h"
#include "host/conf.h"
#include "host/conf_table.h"
#include "host/host.h"

#define ADMIN_AGAIN_MS 1000u
#define ADMIN_TAKES_OVER_MS 20u

/* ---- asked by the socket's threads */

static int
admin_reload(void *arg, bool dry, void (*tell)(void *told, json_t *line),
    void *told, struct weft_error *err)
{
	struct wi_host *host = arg;
	json_t *lines, *line;
	size_t i;
	int rv;

	rv = wi_host_ask(&host->asks, dry, &lines, err);
	json_array_foreach(lines, i, line)
	{
		tell(told, json_incref(line));
	}
	json_decref(lines);
	return rv;
}

/* Its file is that of the plan, also while a kept version serves instead
 * (host/versions.h).  NULL: the file that it has.  owner: the caller, until
 * free(). */
static char *
admin_file(struct wi_host *host, const char *plugin)
{
	const char *kept = wi_plan_text(&host->plan, WI_PLAN_CRASH_DIR);
	struct weft_plugin_info info = { .file = "" };
	char *what = NULL;
	uint32_t i;

	for (i = 0; weft_node_plugin_at(host->node, i, &info) == WEFT_OK &&
	     strcmp(info.name, plugin) != 0;
	     i++)
		continue;
	if (kept[0] == '\0' || strncmp(info.file, kept, strlen(kept)) != 0)
		return NULL;
	(void)pthread_mutex_lock(&host->asks.mutex);
	for (i = 0; i < host->plan.nplugins; i++)
		if (strcmp(host->names[i], plugin) == 0)
			what = strdup(host->plan.plugins[i].what);
	(void)pthread_mutex_unlock(&host->asks.mutex);
	return what;
}

static int
admin_reload_plugin(void *arg, const char *plugin, const char *what,
    const struct weft_reload *how, struct weft_reloaded *done,
    struct weft_error *err)
{
	struct wi_host *host = arg;
	char *file = what == NULL ? admin_file(host, plugin) : NULL;
	int rv = wi_host_reload_plugin(
	    host, plugin, file == NULL ? what : file, how, done, err);

	free(file);
	return rv;
}

static void
admin_end(void *arg, bool now)
{
	struct wi_host *host = arg;

	wi_host_ask_stop(&host->asks, now);
}

static void
admin_drain(void *arg, uint32_t deadline_ms)
{
	struct wi_host *host = arg;

	wi_host_ask_drain(&host->asks, deadline_ms);
}

/* The listener of the file that has this URL now; "": none has. */
static const char *
admin_title(const struct wi_host *host, const char *url)
{
	size_t i;

	for (i = 0; i < host->plan.nlisteners; i++)
		if (host->bound[i].listener.id != 0 &&
		    strcmp(host->bound[i].url, url) == 0)
			return host->plan.listeners[i].title;
	return "";
}

static bool
admin_source_of(const struct wi_host *host, const char *title,
    const char *name, struct wi_conf_written *origin)
{
	const char *lines = wi_plan_text(&host->plan, WI_PLAN_ORIGINS);

	if (strcmp(name, "outbox_high_bytes") == 0 &&
	    wi_conf_origins_find(
		lines, "listener", title, "outbox_high", origin))
		return true;
	return wi_conf_origins_find(lines, "listener", title, name, origin) ||
	    wi_conf_origins_find(lines, "", "", name, origin);
}

/* Bounds have other names than what is written, where a name is to say its
 * unit. */
static bool
admin_source(
    void *arg, const char *whose, const char *option, char *out, size_t size)
{
	struct wi_host *host = arg;
	struct wi_conf_written origin;
	size_t len = strlen(option);
	char name[64];
	bool found;

	if (len > 3 && strcmp(option + len - 3, "_ms") == 0)
		len -= 3;
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, option);
	(void)pthread_mutex_lock(&host->asks.mutex);
	found = admin_source_of(host, admin_title(host, whose), name, &origin);
	(void)pthread_mutex_unlock(&host->asks.mutex);
	if (found)
		(void)snprintf(out, size, "%s", origin.where);
	return found;
}

static json_t *
admin_options(void *arg)
{
	struct wi_host *host = arg;
	struct weft_options now = WEFT_OPTIONS_INIT;
	const struct wi_conf_option *option;
	struct wi_conf_written origin;
	json_t *options = json_array();
	const uint32_t *value;
	char text[64];
	unsigned i;

	weft_node_options(host->node, &now);
	(void)pthread_mutex_lock(&host->asks.mutex);
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		value = wi_host_option(&now, option);
		if (value == NULL ||
		    !wi_conf_origins_find(
			wi_plan_text(&host->plan, WI_PLAN_ORIGINS), "", "",
			option->name, &origin))
			continue;
		wi_conf_write(option, *value, text, sizeof(text));
		(void)json_array_append_new(options,
		    json_pack("{s:s, s:s, s:o}", "name", option->name, "value",
			text, "source", wi_answer_text(origin.where)));
	}
	(void)pthread_mutex_unlock(&host->asks.mutex);
	return options;
}

static json_t *
admin_sources(void *arg, const char *plugin)
{
	struct wi_host *host = arg;
	struct wi_conf_written origin;
	json_t *sources = json_object();
	const char *lines;
	size_t i;

	(void)pthread_mutex_lock(&host->asks.mutex);
	for (i = 0; i < host->plan.nplugins; i++) {
		if (strcmp(host->names[i], plugin) != 0)
			continue;
		lines = wi_plan_text(&host->plan, WI_PLAN_ORIGINS);
		while (wi_conf_origins_next(
		    &lines, "plugin", host->plan.plugins[i].title, &origin))
			(void)json_object_set_new(sources, origin.name,
			    wi_answer_text(origin.where));
	}
	(void)pthread_mutex_unlock(&host->asks.mutex);
	return sources;
}

/* ---- main */

static int
admin_start(struct wi_host *host, struct weft_error *err)
{
	const char *path = wi_plan_text(&host->plan, WI_PLAN_ADMIN);

	if (path[0] == '\0' || host->admin != NULL)
		return WEFT_OK;
	host->ops = (struct wi_admin_ops){
		.arg = host,
		.file = wi_plan_text(&host->plan, WI_PLAN_FILE),
		.recent = &host->recent,
		.served = true,
		.restarts = host->plan.facts.restarts,
		.allow_load = host->plan.facts.load_any,
		.reload = admin_reload,
		.reload_plugin = admin_reload_plugin,
		.stop = admin_end,
		.drain = admin_drain,
		.source = admin_source,
		.options = admin_options,
		.sources = admin_sources,
	};
	return wi_admin_start(&host->admin, host->node, path, &host->ops, err);
}

/* See again_note. */
int
wi_host_admin_first(struct wi_host *host, struct weft_error *err)
{
	const struct wi_plan_facts *facts = &host->plan.facts;
	int rv = admin_start(host, err);

	if (rv == WEFT_OK || (facts->restarts == 0 && facts->takes_over == 0))
		return rv;
	if (facts->takes_over == 0)
		wi_log_printf(&host->log, WEFT_LOG_ERROR, "HOST-ADMIN",
		    "%s; it is tried again", err->text);
	host->admin_ms = wi_child_now_ms();
	return WEFT_OK;
}

void
wi_host_admin_again(struct wi_host *host, uint64_t now_ms)
{
	struct weft_error err;

	if (host->admin_ms == 0 || now_ms < host->admin_ms)
		return;
	if (admin_start(host, &err) == WEFT_OK)
		host->admin_ms = 0;
	else
		host->admin_ms = now_ms +
		    (host->plan.facts.takes_over != 0 ? ADMIN_TAKES_OVER_MS :
							ADMIN_AGAIN_MS);
}

void
wi_host_admin_stop(struct wi_host *host)
{
	host->admin_ms = 0;
	wi_host_ask_end(&host->asks);
	wi_admin_stop(&host->admin);
}
