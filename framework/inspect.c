/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect - listeners, plugins, endpoints and workers of a node: the public
 * doors, for every thread but the I/O thread.
 *
 * thread: any.  Ids, and what only the I/O thread knows, are asked of it
 * (handoff/look.h); the rest is read here as weft_endpoint_info() reads it, so
 * that the I/O thread writes no texts.  An endpoint that has closed in between
 * is left out.
 */
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

#include "base/clock.h"
#include "handoff/crew.h"
#include "handoff/look.h"
#include "node.h"
#include "work/receive.h"

static void
inspect_text(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

static void
inspect_plugin_name(char *out, size_t size, const struct wi_plugin *plugin)
{
	inspect_text(
	    out, size, plugin == wi_receive_plugin() ? "" : plugin->name);
}

static void
inspect_bounds(const struct wi_limits *limits, struct weft_bounds *bounds)
{
	*bounds = (struct weft_bounds){
		.max_message = limits->max_message,
		.mailbox_high_messages =
		    WI_LIMIT(limits, mailbox_high_messages),
		.mailbox_high_bytes = WI_LIMIT(limits, mailbox_high_bytes),
		.outbox_high_messages = WI_LIMIT(limits, outbox_high_messages),
		.outbox_high_bytes = WI_LIMIT(limits, outbox_high_bytes),
		.outbox_pause_bytes = WI_LIMIT(limits, outbox_pause_bytes),
		.partial_ms = WI_LIMIT(limits, partial_ms),
		.idle_ms = WI_LIMIT(limits, idle_ms),
		.handshake_ms = WI_LIMIT(limits, handshake_ms),
		.deadline_ms = WI_LIMIT(limits, deadline_ms),
		.outbox_age_ms = WI_LIMIT(limits, outbox_age_ms),
		.max_endpoints_per_ip = WI_LIMIT(limits, per_ip),
	};
}

static int
inspect_ask(struct weft_node *node, enum wi_look_kind kind, uint32_t from,
    uint32_t max, struct wi_look **lookp)
{
	if (weft_node_phase(node) == WEFT_PHASE_STOPPED)
		return WEFT_ESTATE;
	return wi_look_ask(&node->hub, kind, from, max, lookp);
}

/* ---- listeners */

int
weft_node_listener_at(
    struct weft_node *node, uint32_t index, struct weft_listener_info *info)
{
	struct wi_look *look;
	int rv;

	rv = inspect_ask(node, WI_LOOK_LISTENER, index, 1, &look);
	if (rv < 0)
		return rv;
	if (look->end) {
		rv = WEFT_ENOLISTENER;
	} else {
		*info = look->is.listener.info;
		inspect_plugin_name(info->plugin, sizeof(info->plugin),
		    look->is.listener.plugin);
		inspect_bounds(look->is.listener.limits, &info->bounds);
	}
	wi_look_drop(&look);
	return rv;
}

/* ---- plugins */

int
weft_node_plugin_at(
    struct weft_node *node, uint32_t index, struct weft_plugin_info *info)
{
	const struct wi_plugin *plugin = wi_plugins_first(&node->plugins);
	const struct wi_version *version;

	for (; plugin != NULL; plugin = wi_plugin_next(plugin))
		if (!plugin->refused && index-- == 0)
			break;
	if (plugin == NULL)
		return WEFT_ENOPLUGIN;
	inspect_text(info->name, sizeof(info->name), plugin->name);
	/* One that is replaced just now is either. */
	(void)pthread_rwlock_rdlock(&node->plugins.lock);
	version = plugin->version;
	inspect_text(
	    info->version, sizeof(info->version), version->table.version);
	inspect_text(info->file, sizeof(info->file), version->path);
	info->hash = version->opened.hash;
	info->since = version->opened.since;
	(void)pthread_rwlock_unlock(&node->plugins.lock);
	return WEFT_OK;
}

/* ---- endpoints */

/* false: it has closed by now. */
static bool
inspect_endpoint(struct weft_node *node, const struct wi_look_endpoint *found,
    struct weft_endpoint_entry *entry, struct weft_bounds *bounds)
{
	const struct wi_endpoint *endpoint =
	    wi_endpoint_find(&node->hub.slots, found->id);
	const struct wi_limits *limits;
	uint64_t load;

	if (endpoint == NULL)
		return false;
	entry->endpoint.id = found->id;
	limits = __atomic_load_n(&endpoint->limits, __ATOMIC_RELAXED);
	load = __atomic_load_n(&endpoint->in_load, __ATOMIC_RELAXED);
	/* What was read is of this endpoint if it is still there then. */
	if (weft_endpoint_info(node, entry->endpoint, &entry->info) < 0)
		return false;
	entry->listener.id = found->listener;
	entry->strand.node = found->strand == 0 ? NULL : node;
	entry->strand.id = found->strand;
	wi_shared_name(&node->hub.shareds, found->strand, entry->strand_name,
	    sizeof(entry->strand_name));
	inspect_plugin_name(
	    entry->plugin, sizeof(entry->plugin), found->plugin);
	entry->paused = found->paused;
	entry->paused_ms = found->paused_ms;
	entry->subscriptions = found->subscriptions;
	entry->mailbox_messages = wi_load_messages(load);
	entry->mailbox_bytes = wi_load_bytes(load);
	if (bounds != NULL)
		inspect_bounds(limits, bounds);
	return true;
}

static int
inspect_next(struct weft_node *node, uint64_t *cursor,
    struct weft_endpoint_entry *list, size_t n)
{
	struct wi_look *look;
	uint32_t i;
	int count = 0, rv;

	rv = inspect_ask(node, WI_LOOK_ENDPOINTS, (uint32_t)*cursor,
	    n < WEFT_LOOK_MAX ? (uint32_t)n : WEFT_LOOK_MAX, &look);
	if (rv < 0)
		return rv;
	for (i = 0; i < look->n; i++)
		count += inspect_endpoint(
		    node, &look->is.endpoints[i], &list[count], NULL);
	*cursor = look->end ? UINT32_MAX : look->from;
	wi_look_drop(&look);
	return count;
}

int
weft_node_endpoints(struct weft_node *node, uint64_t *cursor,
    struct weft_endpoint_entry *list, size_t n)
{
	int rv = 0;

	while (rv == 0 && *cursor < node->hub.slots.max)
		rv = inspect_next(node, cursor, list, n);
	return rv;
}

int
weft_node_endpoint(struct weft_node *node, weft_endpoint endpoint,
    struct weft_endpoint_entry *entry, struct weft_bounds *bounds)
{
	uint32_t slot = (uint32_t)(endpoint.id & WI_ID_SLOT_MASK);
	struct wi_look *look;
	int rv;

	if (slot >= node->hub.slots.max || endpoint.id == 0)
		return WEFT_ENOENDPOINT;
	rv = inspect_ask(node, WI_LOOK_ENDPOINTS, slot, 1, &look);
	if (rv < 0)
		return rv;
	rv = look->n == 1 && look->is.endpoints[0].id == endpoint.id &&
		inspect_endpoint(node, &look->is.endpoints[0], entry, bounds) ?
	    WEFT_OK :
	    WEFT_ENOENDPOINT;
	wi_look_drop(&look);
	return rv;
}

/* ---- workers */

void
weft_node_workers(const struct weft_node *node, struct weft_workers_info *info)
{
	uint64_t now = weft_node_counter(node, WEFT_COUNTER_workers_now);
	struct wi_crew crew;

	wi_crew_look(&node->hub, wi_clock_ns(), &crew);
	info->workers = node->hub.nworkers;
	info->spares =
	    now > info->workers ? (uint32_t)(now - info->workers) : 0;
	info->busy = crew.nawake;
	info->blocked = crew.nwaiting + crew.nburning;
	info->runnable = crew.nrunnable;
	info->longest_ns = crew.held_ns;
}
