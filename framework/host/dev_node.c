/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_node.c - the node of weft dev, and its plugins.
 *
 * thread: main; the node runs in threads of its own.
 */
#include "host/dev_node.h"

#include <stdlib.h>

#include <weft/weft.h>

#include "base/clock.h"
#include "base/hash.h"
#include "host/dev.h"
#include "host/elf_file.h"

/* The hash of a plugin's file; 0: it is not there.  A build may make the same
 * file again. */
static uint64_t
dev_node_look(const struct wi_dev_plugin *plugin)
{
	static const struct wi_hash_key key = { { 1, 2 } };
	struct weft_error err;
	struct wi_elf elf;
	uint64_t hash = 0;
	char *path;

	if (weft_plugin_find(plugin->what, &path, &err) < 0)
		return 0;
	if (wi_elf_open(&elf, path, &err) == WEFT_OK) {
		hash = wi_hash_bytes(&key, elf.bytes, elf.len);
		wi_elf_close(&elf);
	}
	free(path);
	return hash;
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
		plugin->seen = dev_node_look(plugin);
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

static void
dev_node_reload_one(struct wi_dev_node *dev, struct wi_dev_plugin *plugin,
    uint64_t since_ns, uint64_t build_ns)
{
	struct weft_reloaded done = { .pause_ns = 0 };
	struct weft_error err;
	uint64_t begin, now = dev_node_look(plugin);

	if (now == plugin->seen) {
		wi_dev_say(
		    "%s: nothing to load: its file is the same", plugin->name);
		return;
	}
	begin = wi_clock_ns();
	if (weft_node_reload(
		dev->node, plugin->name, NULL, NULL, &done, &err) < 0) {
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
		dev_node_reload_one(dev, &dev->plugins[i], since_ns, build_ns);
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
