/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_node.c - the node of weft dev, and its plugins.
 *
 * thread: main; the node runs in threads of its own.
 */
#include "host/dev_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "base/clock.h"
#include "base/fail.h"
#include "host/dev.h"

/* Until libweft has it, what is loaded stays: XXX(p6): weak goes then. */
#pragma weak weft_node_reload

/* How a plugin's file is now; all zero: it is not there. */
static void
dev_node_look(const struct wi_dev_plugin *plugin, struct stat *st)
{
	struct weft_error err;
	char *path;

	memset(st, 0, sizeof(*st));
	if (weft_plugin_find(plugin->what, &path, &err) < 0)
		return;
	if (stat(path, st) < 0)
		memset(st, 0, sizeof(*st));
	free(path);
}

static bool
dev_node_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What is loaded is at least as new as what was looked at before. */
static int
dev_node_load(struct wi_dev_node *dev, struct weft_error *err)
{
	struct wi_dev_plugin *plugin;
	size_t i;
	int rc = WEFT_OK;

	for (i = 0; i < dev->nplugins && rc == WEFT_OK; i++) {
		plugin = &dev->plugins[i];
		dev_node_look(plugin, &plugin->seen);
		plugin->version = 1;
		rc = weft_node_load(
		    dev->node, plugin->what, &plugin->name, err);
	}
	return rc;
}

static int
dev_node_listen(struct wi_dev_node *dev, struct weft_error *err)
{
	struct weft_bound bound;
	const char *name;
	size_t i;
	int rc = WEFT_OK;

	for (i = 0; i < dev->nlisteners && rc == WEFT_OK; i++) {
		name = dev->plugins[dev->listeners[i].plugin].name;
		rc = weft_node_listen(
		    dev->node, dev->listeners[i].url, name, &bound, err);
		if (rc == WEFT_OK)
			wi_dev_say("listening %s plugin=%s", bound.url, name);
	}
	return rc;
}

int
wi_dev_node_start(struct wi_dev_node *dev, struct weft_error *err)
{
	int rc = weft_node_new(&dev->node, &dev->options, err);

	if (rc < 0)
		return rc;
	rc = dev_node_load(dev, err);
	if (rc == WEFT_OK)
		rc = dev_node_listen(dev, err);
	if (rc == WEFT_OK)
		rc = weft_node_start(dev->node, err);
	if (rc < 0)
		(void)weft_node_free(&dev->node);
	return rc;
}

/* The one place where a plugin is replaced. */
static int
dev_node_replace(struct wi_dev_node *dev, const struct wi_dev_plugin *plugin,
    struct weft_reloaded *done, struct weft_error *err)
{
	if (weft_node_reload == NULL)
		return wi_fail(err, WEFT_ESTATE,
		    "expected a libweft that can reload, found none: start "
		    "weft dev again to run it");
	return weft_node_reload(
	    dev->node, plugin->name, NULL, NULL, done, err);
}

static void
dev_node_reload_one(struct wi_dev_node *dev, struct wi_dev_plugin *plugin,
    uint64_t since_ns, uint64_t build_ns)
{
	struct weft_reloaded done = { .pause_ns = 0 };
	struct weft_error err;
	struct stat now;
	uint64_t begin;

	dev_node_look(plugin, &now);
	if (dev_node_is_same(&now, &plugin->seen)) {
		wi_dev_say("%s: nothing to load: its file is the same",
		    plugin->name);
		return;
	}
	begin = wi_clock_ns();
	if (dev_node_replace(dev, plugin, &done, &err) < 0) {
		wi_dev_say("%s: not loaded, version %u goes on: %s",
		    plugin->name, plugin->version, err.text);
		return;
	}
	plugin->seen = now;
	plugin->version++;
	wi_dev_say("%s: version %u is live, %.0f ms after the change (build "
		   "%.0f, reload %.0f, of these paused %.1f)",
	    plugin->name, plugin->version,
	    (double)(wi_clock_ns() - since_ns) / 1e6, (double)build_ns / 1e6,
	    (double)(wi_clock_ns() - begin) / 1e6,
	    (double)done.pause_ns / 1e6);
}

void
wi_dev_node_reload(
    struct wi_dev_node *dev, uint64_t since_ns, uint64_t build_ns)
{
	size_t i;

	for (i = 0; i < dev->nplugins; i++)
		dev_node_reload_one(
		    dev, &dev->plugins[i], since_ns, build_ns);
}

int
wi_dev_node_stop(struct wi_dev_node *dev, struct weft_error *err)
{
	int rc;

	if (dev->node == NULL)
		return WEFT_OK;
	weft_node_stop(dev->node);
	rc = weft_node_join(dev->node, err);
	if (rc != WEFT_ESTUCK)
		(void)weft_node_free(&dev->node);
	return rc;
}
