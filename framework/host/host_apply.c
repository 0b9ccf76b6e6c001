/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host_apply.c - a running node follows another plan.
 *
 * thread: the host's main.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/channel.h"
#include "host/host.h"

/* [ms] for handlers to return, and for each trial of a new version: less than
 * what a host that says nothing is killed for. */
#define APPLY_RELOAD_MS 2000u

static bool
apply_is_same(
    const struct wi_plan_listener *a, const struct wi_plan_listener *b)
{
	return b != NULL && strcmp(a->url, b->url) == 0 &&
	    strcmp(a->plugin, b->plugin) == 0;
}

/* One that is loaded: if its file or its options are others. */
static void
apply_reload_plugin(struct wi_host *host, size_t at,
    const struct wi_plan_plugin *next, bool dry)
{
	const struct weft_reload how = { .size = sizeof(how),
		.flags = WEFT_RELOAD_IF_CHANGED | (dry ? WEFT_RELOAD_DRY : 0),
		.wait_ms = APPLY_RELOAD_MS,
		.trial_ms = APPLY_RELOAD_MS };
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
apply_list(struct wi_host *host, const struct wi_plan_plugin *plugin,
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
apply_load_plugin(
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
	rv = wi_host_build_plugin(host, next, &name, &err);
	if (rv == WEFT_OK && (rv = apply_list(host, next, name)) < 0)
		(void)wi_fail(&err, rv, "plugin %s: no memory", next->title);
	(void)pthread_mutex_unlock(&host->asks.reloads);
	if (rv < 0)
		wi_host_say(host, WI_SAY_LEFT, "%s: not loaded", err.text);
	else
		wi_host_say(
		    host, WI_SAY_NOTE, "plugin %s: loaded", next->title);
}

static void
apply_reload_plugins(
    struct wi_host *host, const struct wi_plan *next, bool dry)
{
	size_t i, j;

	for (i = 0; i < next->nplugins; i++) {
		for (j = 0; j < host->plan.nplugins; j++)
			if (strcmp(host->plan.plugins[j].title,
				next->plugins[i].title) == 0)
				break;
		if (j < host->plan.nplugins)
			apply_reload_plugin(host, j, &next->plugins[i], dry);
		else
			apply_load_plugin(host, &next->plugins[i], dry);
	}
}

/* How much of it is an option of the node's. */
static void
apply_log(struct wi_host *host, const struct wi_plan *next)
{
	const char *path = wi_plan_text(next, WI_PLAN_LOG_FILE);
	struct weft_error err;

	if (strcmp(path, host->log.path) != 0 &&
	    wi_log_move(&host->log, path, &err) < 0)
		wi_host_say(host, WI_SAY_LEFT, "%s", err.text);
}

/* Close what is gone or changed.  Its socket stays with the supervisor, so
 * nobody is refused before it is opened again. */
static void
apply_close(struct wi_host *host, const struct wi_plan *next)
{
	const struct wi_plan_listener *old;
	size_t i;

	for (i = 0; i < host->plan.nlisteners; i++) {
		old = &host->plan.listeners[i];
		if (host->bound[i].listener.id != 0 &&
		    !apply_is_same(old, wi_plan_listener(next, old->title)))
			(void)weft_node_unlisten(
			    host->node, host->bound[i].listener);
	}
}

static void
apply_open(
    struct wi_host *host, struct wi_plan *next, struct weft_bound *bound)
{
	struct wi_plan_listener *old, *new;
	struct weft_error err;
	size_t i, at;

	for (i = 0; i < next->nlisteners; i++) {
		new = &next->listeners[i];
		old = wi_plan_listener(&host->plan, new->title);
		at = old == NULL ? 0 : (size_t)(old - host->plan.listeners);
		if (old != NULL && apply_is_same(new, old) &&
		    host->bound[at].listener.id != 0)
			bound[i] = host->bound[at];
		else if (wi_host_build_listener(host, new, &bound[i], &err) <
		    0)
			wi_host_say(host, WI_SAY_LEFT, "%s", err.text);
	}
}

/* What of the plan is so now.  The admin socket looks at it. */
static void
apply_take(
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
	apply_reload_plugins(host, next, true);
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
	apply_log(host, next);
	wi_host_limits(host, next, false);
	apply_reload_plugins(host, next, false);
	apply_close(host, next);
	apply_open(host, next, bound);
	apply_take(host, next, bound);
	if (weft_node_tls_reload(host->node, &err) < 0)
		wi_host_say(host, WI_SAY_LEFT,
		    "%s: certificates and keys stay as they were", err.text);
}
