/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host_build.c - a plan becomes a node.
 *
 * thread: the host's main.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/channel.h"
#include "host/host.h"
#include "host/seccomp.h"
#include "host/trust.h"

static int build_crashes(struct wi_host *host, struct weft_error *err);
static int build_profile(struct wi_host *host, struct weft_error *err);
static int build_plugins(struct wi_host *host, struct weft_error *err);

int
wi_host_build(struct wi_host *host, struct weft_error *err)
{
	struct weft_options *options = &host->plan.options;
	size_t i;
	int rv;

	options->log = wi_recent_log;
	options->log_arg = &host->recent;
	host->made = *options;
	rv = weft_node_new(&host->node, options, err);
	if (rv < 0)
		return rv;
	host->names = calloc(host->plan.nplugins + 1, sizeof(*host->names));
	host->bound = calloc(host->plan.nlisteners + 1, sizeof(*host->bound));
	if (host->names == NULL || host->bound == NULL)
		return wi_fail(err, -ENOMEM, "host: no memory");
	if (host->plan.facts.seccomp == WI_SECCOMP_ENFORCE)
		wi_seccomp_tell(host);
	rv = build_crashes(host, err);
	if (rv == WEFT_OK)
		rv = build_profile(host, err);
	if (rv == WEFT_OK)
		rv = build_plugins(host, err);
	for (i = 0; i < host->plan.nlisteners && rv == WEFT_OK; i++)
		rv = wi_host_build_listener(
		    host, &host->plan.listeners[i], &host->bound[i], err);
	return rv;
}

void
wi_host_raze(struct wi_host *host)
{
	wi_seccomp_hush();
	(void)weft_node_free(&host->node);
	free(host->names);
	free(host->bound);
	wi_versions_close(&host->versions);
	wi_crash_dir_close(&host->crashes);
	wi_plan_fini(&host->plan, true);
	wi_log_close(&host->log);
	wi_recent_fini(&host->recent);
	wi_host_asks_fini(&host->asks);
}

/* Before plugins are loaded: load() may crash. */
static int
build_crashes(struct wi_host *host, struct weft_error *err)
{
	const char *path = wi_plan_text(&host->plan, WI_PLAN_CRASH_DIR);
	int rv;

	if (path[0] == '\0')
		return wi_versions_open(
		    &host->versions, NULL, WI_CRASH_WITHIN_S, err);
	rv = wi_crash_dir_open(&host->crashes, path, true, err);
	if (rv == WEFT_OK)
		rv = wi_crash_dir_use(
		    &host->crashes, host->node, WI_CRASH_WITHIN_S, err);
	return rv < 0 ? rv :
			wi_versions_open(&host->versions, &host->crashes,
			    WI_CRASH_WITHIN_S, err);
}

/* No line of a plugin runs without it. */
static int
build_profile(struct wi_host *host, struct weft_error *err)
{
	const enum wi_seccomp seccomp =
	    (enum wi_seccomp)host->plan.facts.seccomp;
	int rv;

	if (seccomp == WI_SECCOMP_OFF)
		return WEFT_OK;
	rv = wi_seccomp_enter(seccomp, err);
	if (rv == WEFT_OK)
		wi_log_printf(&host->log, WEFT_LOG_INFO, "HOST-SECCOMP",
		    seccomp == WI_SECCOMP_ENFORCE ?
			"system calls that no host needs are forbidden" :
			"system calls that no host needs are logged by the "
			"kernel");
	return rv;
}

/* ---- plugins */

/* What serves now, and from where: for a host after this one. */
static void
build_serves(struct wi_host *host, const char *title, const char *name)
{
	struct weft_plugin_info info;
	struct weft_error err;
	uint32_t i;

	for (i = 0; weft_node_plugin_at(host->node, i, &info) == WEFT_OK; i++)
		if (strcmp(info.name, name) == 0 &&
		    wi_versions_serves(&host->versions, title, info.file,
			info.hash, &err) < 0)
			wi_log_printf(&host->log, WEFT_LOG_WARN,
			    "HOST-VERSION", "plugin %s: %s", title, err.text);
}

/* What others can write is not run with our rights. */
static int
build_trust(const char *what, struct weft_error *err)
{
	char *path;
	int rv = weft_plugin_find(what, &path, err);

	if (rv < 0)
		return rv;
	rv = wi_trust_file("plugin", path, err);
	free(path);
	return rv;
}

int
wi_host_build_plugin(struct wi_host *host, const struct wi_plan_plugin *plugin,
    const char **name, struct weft_error *err)
{
	char *instead = NULL;
	int rv;

	rv = build_trust(plugin->what, err);
	if (rv == WEFT_OK)
		rv = wi_versions_choose(&host->versions, plugin->title,
		    plugin->what, &instead, err);
	if (rv == WEFT_OK && instead != NULL)
		wi_log_printf(&host->log, WEFT_LOG_ERROR, "HOST-REFUSED",
		    "plugin %s: %s", plugin->title, err->text);
	host->loading = plugin->title;
	if (rv == WEFT_OK)
		rv = weft_node_load(host->node,
		    instead != NULL ? instead : plugin->what, name, err);
	host->loading = NULL;
	free(instead);
	if (rv < 0)
		return wi_fail(
		    err, rv, "plugin %s: %s", plugin->title, err->text);
	build_serves(host, plugin->title, *name);
	return WEFT_OK;
}

static int
build_plugins(struct wi_host *host, struct weft_error *err)
{
	size_t i;
	int rv = WEFT_OK;

	for (i = 0; i < host->plan.nplugins && rv == WEFT_OK; i++)
		rv = wi_host_build_plugin(
		    host, &host->plan.plugins[i], &host->names[i], err);
	return rv;
}

/* The title of a plugin that calls itself so. */
static const char *
build_title(const struct wi_host *host, const char *name)
{
	size_t i;

	for (i = 0; i < host->plan.nplugins; i++)
		if (strcmp(host->names[i], name) == 0)
			return host->plan.plugins[i].title;
	return name;
}

static int
build_reload(struct wi_host *host, const char *plugin, const char *what,
    const struct weft_reload *how, struct weft_reloaded *done,
    struct weft_error *err)
{
	struct weft_plugin_info info = { .file = "" };
	const char *file;
	uint32_t i;
	int rv;

	for (i = 0; weft_node_plugin_at(host->node, i, &info) == WEFT_OK &&
	     strcmp(info.name, plugin) != 0;
	     i++)
		continue;
	file = what != NULL ? what : info.file;
	rv = build_trust(file, err);
	if (rv == WEFT_OK)
		rv = wi_versions_may(&host->versions, file, err);
	if (rv == WEFT_OK)
		rv =
		    weft_node_reload(host->node, plugin, what, how, done, err);
	if (rv == WEFT_OK && done->pause_ns != 0 &&
	    (how == NULL || (how->flags & WEFT_RELOAD_DRY) == 0))
		build_serves(host, build_title(host, plugin), plugin);
	return rv;
}

/* Main does not wait for the admin socket's job: it has to say that it
 * answers. */
int
wi_host_reload_plugin(struct wi_host *host, const char *plugin,
    const char *what, const struct weft_reload *how,
    struct weft_reloaded *done, struct weft_error *err)
{
	int rv;

	if (pthread_mutex_trylock(&host->asks.reloads) != 0)
		return wi_fail(err, WEFT_EBUSY,
		    "%s: expected no reload to be under way, found one; try "
		    "again",
		    plugin);
	rv = build_reload(host, plugin, what, how, done, err);
	(void)pthread_mutex_unlock(&host->asks.reloads);
	return rv;
}

/* What a plugin of the running plan calls itself; NULL: it is not loaded. */
static const char *
build_name(const struct wi_host *host, const char *title)
{
	size_t i;

	for (i = 0; i < host->plan.nplugins; i++)
		if (strcmp(host->plan.plugins[i].title, title) == 0)
			return host->names[i];
	return NULL;
}

int
wi_host_build_listener(struct wi_host *host, struct wi_plan_listener *listener,
    struct weft_bound *bound, struct weft_error *err)
{
	const char *name = build_name(host, listener->plugin);
	char line[sizeof(bound->url) + 256];
	int len, rv;

	if (name == NULL)
		return wi_fail(err, WEFT_ENOPLUGIN,
		    "listener %s: expected a plugin that is loaded, found %s",
		    listener->title, listener->plugin);
	rv = weft_node_listen_fd(
	    host->node, listener->url, name, listener->fd, bound, err);
	if (rv < 0) {
		bound->listener.id = 0;
		return wi_fail(
		    err, rv, "listener %s: %s", listener->title, err->text);
	}
	listener->fd = -1; /* the node's */
	len = snprintf(line, sizeof(line), "%s plugin=%s", bound->url, name);
	if (host->channel >= 0)
		(void)wi_channel_say(
		    host->channel, WI_SAY_LISTENING, -1, line, (size_t)len);
	return WEFT_OK;
}
