/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host_build.c - a plan becomes a node, and a node another plan.
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

/* [ms] for handlers to return, and for each trial of a new version: less than
 * what a host that says nothing is killed for. */
#define BUILD_RELOAD_MS 2000u

static int build_crashes(struct wi_host *host, struct weft_error *err);
static int build_profile(struct wi_host *host, struct weft_error *err);
static int build_plugins(struct wi_host *host, struct weft_error *err);
static int build_listener(struct wi_host *host,
    struct wi_plan_listener *listener, struct weft_bound *bound,
    struct weft_error *err);

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
		rv = build_listener(
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

static int
build_plugin(struct wi_host *host, const struct wi_plan_plugin *plugin,
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
		rv = build_plugin(
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

static int
build_listener(struct wi_host *host, struct wi_plan_listener *listener,
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

/* ---- another plan */

static bool
build_is_same(
    const struct wi_plan_listener *a, const struct wi_plan_listener *b)
{
	return b != NULL && strcmp(a->url, b->url) == 0 &&
	    strcmp(a->plugin, b->plugin) == 0;
}

/* One that is loaded: if its file or its options are others. */
static void
build_reload_plugin(struct wi_host *host, size_t at,
    const struct wi_plan_plugin *next, bool dry)
{
	const struct weft_reload how = { .size = sizeof(how),
		.flags = WEFT_RELOAD_IF_CHANGED | (dry ? WEFT_RELOAD_DRY : 0),
		.wait_ms = BUILD_RELOAD_MS,
		.trial_ms = BUILD_RELOAD_MS };
	struct wi_plan_plugin *now = &host->plan.plugins[at];
	struct weft_reloaded done = { .pause_ns = 0 };
	struct weft_error err;
	char *what = strdup(next->what);

	if (what == NULL ||
	    wi_host_reload_plugin(
		host, host->names[at], next->what, &how, &done, &err) < 0) {
		wi_host_say(host, WI_SAY_LEFT,
		    "plugin %s: the version that runs goes on: %s",
		    next->title, what == NULL ? "no memory" : err.text);
		free(what);
		return;
	}
	if (done.pause_ns != 0)
		wi_host_say(host, WI_SAY_NOTE,
		    "plugin %s: %s, version \"%s\" to \"%s\", paused for "
		    "%.1f ms; %u endpoints handed over",
		    next->title, dry ? "would be reloaded" : "reloaded",
		    done.from, done.to, (double)done.pause_ns / 1e6,
		    done.endpoints);
	if (dry) {
		free(what);
		return;
	}
	(void)pthread_mutex_lock(&host->asks.mutex);
	free(now->what);
	now->what = what;
	(void)pthread_mutex_unlock(&host->asks.mutex);
}

/* One more, that is loaded.  The admin socket looks at them. */
static int
build_list(struct wi_host *host, const struct wi_plan_plugin *plugin,
    const char *name)
{
	const char **names;
	int rv = -ENOMEM;

	(void)pthread_mutex_lock(&host->asks.mutex);
	names = realloc(
	    host->names, (host->plan.nplugins + 2) * sizeof(*host->names));
	if (names != NULL) {
		host->names = names;
		names[host->plan.nplugins] = name;
		rv = wi_plan_add_plugin(
		    &host->plan, plugin->title, plugin->what);
	}
	(void)pthread_mutex_unlock(&host->asks.mutex);
	return rv;
}

/* One that is not loaded yet. */
static void
build_load_plugin(
    struct wi_host *host, const struct wi_plan_plugin *next, bool dry)
{
	const char *name;
	struct weft_error err;
	int rv;

	if (dry) {
		wi_host_say(host, WI_SAY_NOTE, "plugin %s: would be loaded",
		    next->title);
		return;
	}
	if (pthread_mutex_trylock(&host->asks.reloads) != 0) {
		wi_host_say(host, WI_SAY_LEFT,
		    "plugin %s: not loaded: another is being reloaded; try "
		    "again",
		    next->title);
		return;
	}
	rv = build_plugin(host, next, &name, &err);
	if (rv == WEFT_OK && (rv = build_list(host, next, name)) < 0)
		(void)wi_fail(&err, rv, "plugin %s: no memory", next->title);
	(void)pthread_mutex_unlock(&host->asks.reloads);
	if (rv < 0)
		wi_host_say(host, WI_SAY_LEFT, "%s: not loaded", err.text);
	else
		wi_host_say(
		    host, WI_SAY_NOTE, "plugin %s: loaded", next->title);
}

static void
build_reload_plugins(
    struct wi_host *host, const struct wi_plan *next, bool dry)
{
	size_t i, j;

	for (i = 0; i < next->nplugins; i++) {
		for (j = 0; j < host->plan.nplugins; j++)
			if (strcmp(host->plan.plugins[j].title,
				next->plugins[i].title) == 0)
				break;
		if (j < host->plan.nplugins)
			build_reload_plugin(host, j, &next->plugins[i], dry);
		else
			build_load_plugin(host, &next->plugins[i], dry);
	}
}

/* What can change while it serves: where the log goes, and how much of it. */
static void
build_log(struct wi_host *host, const struct wi_plan *next)
{
	const char *path = wi_plan_text(next, WI_PLAN_LOG_FILE);
	uint32_t level = next->options.log_level;
	struct weft_error err;

	if (level != host->plan.options.log_level) {
		host->plan.options.log_level = level;
		weft_log_level(host->node,
		    level == 0 ? WEFT_LOG_INFO : (enum weft_log_level)level);
	}
	if (strcmp(path, host->log.path) != 0 &&
	    wi_log_move(&host->log, path, &err) < 0)
		wi_host_say(host, WI_SAY_LEFT, "%s", err.text);
}

/* Close what is gone or changed.  Its socket stays with the supervisor, so
 * nobody is refused before it is opened again. */
static void
build_close(struct wi_host *host, const struct wi_plan *next)
{
	const struct wi_plan_listener *old;
	size_t i;

	for (i = 0; i < host->plan.nlisteners; i++) {
		old = &host->plan.listeners[i];
		if (host->bound[i].listener.id != 0 &&
		    !build_is_same(old, wi_plan_listener(next, old->title)))
			(void)weft_node_unlisten(
			    host->node, host->bound[i].listener);
	}
}

static void
build_open(
    struct wi_host *host, struct wi_plan *next, struct weft_bound *bound)
{
	struct wi_plan_listener *old, *new;
	struct weft_error err;
	size_t i, at;

	for (i = 0; i < next->nlisteners; i++) {
		new = &next->listeners[i];
		old = wi_plan_listener(&host->plan, new->title);
		at = old == NULL ? 0 : (size_t)(old - host->plan.listeners);
		if (old != NULL && build_is_same(new, old) &&
		    host->bound[at].listener.id != 0)
			bound[i] = host->bound[at];
		else if (build_listener(host, new, &bound[i], &err) < 0)
			wi_host_say(host, WI_SAY_LEFT, "%s", err.text);
	}
}

/* What of the plan is so now.  The admin socket looks at it. */
static void
build_take(
    struct wi_host *host, struct wi_plan *next, struct weft_bound *bound)
{
	struct wi_plan_listener *listeners = host->plan.listeners;
	size_t nlisteners = host->plan.nlisteners;
	char *origins = wi_host_origins(host, next);

	(void)pthread_mutex_lock(&host->asks.mutex);
	free(host->bound);
	host->bound = bound;
	host->plan.listeners = next->listeners;
	host->plan.nlisteners = next->nlisteners;
	if (origins != NULL) {
		free(host->plan.texts[WI_PLAN_ORIGINS]);
		host->plan.texts[WI_PLAN_ORIGINS] = origins;
	}
	(void)pthread_mutex_unlock(&host->asks.mutex);
	next->listeners = listeners;
	next->nlisteners = nlisteners;
	__atomic_store_n(
	    &host->ops.allow_load, next->facts.load_any, __ATOMIC_RELAXED);
}

void
wi_host_try(struct wi_host *host, const struct wi_plan *next)
{
	wi_host_limits(host, next, true);
	build_reload_plugins(host, next, true);
}

void
wi_host_apply(struct wi_host *host, struct wi_plan *next)
{
	struct weft_bound *bound =
	    calloc(next->nlisteners + 1, sizeof(*bound));
	struct weft_error err;

	if (bound == NULL) {
		wi_host_say(host, WI_SAY_LEFT, "no memory: nothing is done");
		return;
	}
	build_log(host, next);
	wi_host_limits(host, next, false);
	build_reload_plugins(host, next, false);
	build_close(host, next);
	build_open(host, next, bound);
	build_take(host, next, bound);
	if (weft_node_tls_reload(host->node, &err) < 0)
		wi_host_say(host, WI_SAY_LEFT,
		    "%s: certificates and keys stay as they were", err.text);
}
