/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_state - the states of a plugin, from one version to the next.
 *
 * thread: the one that reloads.  The plugin's gate is shut, so no handler of
 * it changes what is read here; other plugins' go on, and the I/O thread opens
 * and closes.
 *
 * walk_note: the slots of endpoints are walked while some of them change
 * hands.  An endpoint whose plugin is ours and whose user is set is one that a
 * handler of ours has had, and has not seen closed: it stays until the gate is
 * open.  All others are nothing to us, whatever half of them is read.
 */
#include "reload_state.h"

#include <errno.h>
#include <stdlib.h>

#include <weft/plugin.h>

#include "base/fail.h"
#include "node.h"
#include "strands.h"

/* ---- who has a state */

static int
state_endpoints(struct weft_node *node, const struct wi_plugin *plugin,
    struct wi_saved *saved)
{
	struct wi_slots *slots = &node->hub.slots;
	struct wi_endpoint *endpoint;
	uint64_t name;
	int64_t slot;
	void *user;

	for (slot = wi_slots_next(slots, 0); slot >= 0;
	     slot = wi_slots_next(slots, (uint32_t)slot + 1)) {
		endpoint = wi_endpoint_at(slots, (uint32_t)slot);
		/* See walk_note; pairs with wi_endpoint_open(). */
		if (__atomic_load_n(&endpoint->plugin, __ATOMIC_ACQUIRE) !=
		    plugin)
			continue;
		user = __atomic_load_n(&endpoint->user, __ATOMIC_RELAXED);
		name = __atomic_load_n(&endpoint->name, __ATOMIC_RELAXED);
		if (user != NULL &&
		    wi_saved_add(saved, WI_SAVED_ENDPOINT, name, user) == NULL)
			return -ENOMEM;
	}
	return WEFT_OK;
}

static int
state_strands(struct weft_node *node, const struct wi_plugin *plugin,
    struct wi_saved *saved)
{
	struct wi_shareds *shareds = &node->hub.shareds;
	struct wi_shared *shared;
	int rv = WEFT_OK;
	int64_t slot;

	(void)pthread_mutex_lock(&shareds->mutex);
	for (slot = wi_slots_next(&shareds->slots, 0); slot >= 0;
	     slot = wi_slots_next(&shareds->slots, (uint32_t)slot + 1)) {
		shared = wi_slots_at(&shareds->slots, 0, (uint32_t)slot);
		if (__atomic_load_n(&shared->id, __ATOMIC_ACQUIRE) == 0 ||
		    shared->plugin != plugin || shared->state == NULL)
			continue;
		if (wi_saved_add(saved, WI_SAVED_STRAND, shared->last_id,
			shared->state) == NULL)
			rv = -ENOMEM;
	}
	(void)pthread_mutex_unlock(&shareds->mutex);
	return rv;
}

/* ---- save */

static int
state_nobody(const struct wi_plugin *plugin, const struct wi_saved *saved,
    const struct wi_saved_item *item, struct weft_error *err)
{
	bool strand = item->kind == WI_SAVED_STRAND;
	size_t i, n = 0;

	for (i = 0; i < saved->nitems; i++)
		n += saved->items[i].kind == item->kind;
	return wi_fail(err, WEFT_ELOAD,
	    "%s: expected %s(), as %zu %s a state of their own "
	    "(%s()), found none: they would lose it",
	    wi_plugin_file(plugin), strand ? "save_strand" : "save_endpoint",
	    n, strand ? "strands have" : "endpoints have",
	    strand ? "weft_call_set_strand_state" : "weft_call_set_user");
}

static int
state_save_one(struct weft_node *node, const struct wi_plugin *plugin,
    struct wi_saved *saved, size_t index, struct weft_error *err)
{
	struct wi_saved_item *item = &saved->items[index];
	struct weft_save save = { saved, item };
	const struct weft_plugin *api = plugin->api;
	int rc = WEFT_OK;

	if (item->kind == WI_SAVED_PLUGIN) {
		if (api->save != NULL)
			rc = api->save(&save, item->old);
	} else if (item->kind == WI_SAVED_STRAND) {
		if (api->save_strand == NULL)
			return state_nobody(plugin, saved, item, err);
		rc = api->save_strand(
		    &save, (weft_strand){ node, item->id }, item->old);
	} else {
		if (api->save_endpoint == NULL)
			return state_nobody(plugin, saved, item, err);
		rc = api->save_endpoint(
		    &save, (weft_endpoint){ item->id }, item->old);
	}
	if (rc == WEFT_OK)
		return WEFT_OK;
	return wi_fail(err, WEFT_ELOAD, "%s: %s() answered %d (%s)",
	    wi_plugin_file(plugin),
	    item->kind == WI_SAVED_PLUGIN     ? "save" :
		item->kind == WI_SAVED_STRAND ? "save_strand" :
						"save_endpoint",
	    rc, weft_errname(rc));
}

int
wi_reload_collect(struct weft_node *node, const struct wi_plugin *plugin,
    struct wi_saved *saved, struct weft_error *err)
{
	int rv = WEFT_OK;

	if (wi_saved_add(saved, WI_SAVED_PLUGIN, 0, plugin->state) == NULL)
		rv = -ENOMEM;
	if (rv == WEFT_OK)
		rv = state_strands(node, plugin, saved);
	if (rv == WEFT_OK)
		rv = state_endpoints(node, plugin, saved);
	return rv == WEFT_OK ?
	    WEFT_OK :
	    wi_fail(err, rv, "%s: no memory", wi_plugin_file(plugin));
}

int
wi_reload_save(struct weft_node *node, const struct wi_plugin *plugin,
    struct wi_saved *saved, struct weft_error *err)
{
	int rv = WEFT_OK;
	size_t i;

	for (i = 0; rv == WEFT_OK && i < saved->nitems; i++)
		rv = state_save_one(node, plugin, saved, i, err);
	return rv;
}

static int
state_by_id(const void *one, const void *other)
{
	const struct wi_saved_item *a = one, *b = other;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

void
wi_reload_recall(struct wi_saved *saved, struct wi_saved *kept)
{
	struct wi_saved_item *item, *was;
	size_t i;

	if (kept->nitems > 1)
		qsort(kept->items, kept->nitems, sizeof(*kept->items),
		    state_by_id);
	free(saved->bytes);
	saved->bytes = kept->bytes;
	saved->len = kept->len;
	saved->max_bytes = kept->max_bytes;
	kept->bytes = NULL;
	for (i = 0; i < saved->nitems; i++) {
		item = &saved->items[i];
		was = kept->nitems == 0 ?
		    NULL :
		    bsearch(item, kept->items, kept->nitems, sizeof(*item),
			state_by_id);
		item->said = was != NULL && was->said;
		item->at = was == NULL ? 0 : was->at;
		item->len = was == NULL ? 0 : was->len;
		item->now = NULL;
	}
	wi_saved_fini(kept);
}

/* ---- load */

/* What the version has made of the first n items. */
static void
state_drop_now(struct weft_node *node, const struct wi_version *version,
    struct wi_saved *saved, size_t n)
{
	const struct weft_plugin *table = &version->table;
	struct wi_saved_item *item;

	while (n-- > 0) {
		item = &saved->items[n];
		if (item->now != NULL && item->kind == WI_SAVED_STRAND &&
		    table->drop_strand != NULL)
			table->drop_strand(
			    (weft_strand){ node, item->id }, item->now);
		if (item->now != NULL && item->kind == WI_SAVED_ENDPOINT &&
		    table->drop_endpoint != NULL)
			table->drop_endpoint(
			    (weft_endpoint){ item->id }, item->now);
		item->now = NULL;
	}
}

/* Strands that load() has asked for. */
static void
state_release(struct weft_node *node, struct weft_load *load)
{
	size_t i;

	for (i = 0; i < load->nstrands; i++)
		weft_strand_release(
		    (weft_strand){ node, load->strands[i].id });
	load->nstrands = 0;
}

/* The callback that an item needs in the next version. */
static int
state_must_read(const struct wi_version *version, const struct wi_saved *saved,
    struct weft_error *err)
{
	const struct weft_plugin *table = &version->table;
	const char *missing = NULL;
	size_t i;

	for (i = 0; i < saved->nitems && missing == NULL; i++) {
		if (saved->items[i].kind == WI_SAVED_STRAND)
			missing =
			    table->load_strand == NULL ? "load_strand" : NULL;
		else if (saved->items[i].kind == WI_SAVED_ENDPOINT)
			missing = table->load_endpoint == NULL ?
			    "load_endpoint" :
			    NULL;
		else if (saved->items[i].said)
			missing = table->load == NULL ? "load" : NULL;
	}
	return missing == NULL ?
	    WEFT_OK :
	    wi_fail(err, WEFT_ELOAD,
		"%s: expected %s(), as the version before has saved a state "
		"for it, found none",
		wi_version_file(version), missing);
}

int
wi_reload_load(struct weft_node *node, struct weft_load *load,
    struct wi_saved *saved, struct weft_error *err)
{
	size_t i;
	int rc;

	rc = state_must_read(load->version, saved, err);
	if (rc == WEFT_OK)
		rc = wi_load_state(load, saved, err);
	if (rc < 0) {
		state_release(node, load);
		return rc;
	}
	for (i = 1; rc == WEFT_OK && i < saved->nitems; i++)
		rc = wi_load_item(load, saved, &saved->items[i], err);
	if (rc == WEFT_OK)
		return WEFT_OK;
	/* The one that failed has made nothing. */
	saved->items[i - 1].now = NULL;
	wi_reload_undo(node, load, saved);
	return rc;
}

void
wi_reload_undo(
    struct weft_node *node, struct weft_load *load, struct wi_saved *saved)
{
	const struct weft_plugin *table = &load->version->table;

	state_drop_now(node, load->version, saved, saved->nitems);
	if (table->unload != NULL)
		table->unload(load->version->state);
	load->version->state = NULL;
	state_release(node, load);
}

/* ---- the change */

/* replaces: also if it has one. */
static void
state_set_strand(
    struct weft_node *node, uint64_t id, void *state, bool replaces)
{
	struct wi_shared *shared = wi_shared_find(&node->hub.shareds, id);

	if (shared != NULL && (replaces || shared->state == NULL))
		shared->state = state;
}

void
wi_reload_hand_over(struct weft_node *node, const struct weft_load *load,
    const struct wi_saved *saved)
{
	const struct wi_saved_item *item;
	struct wi_endpoint *endpoint;
	size_t i;

	for (i = 1; i < saved->nitems; i++) {
		item = &saved->items[i];
		if (item->kind == WI_SAVED_STRAND) {
			state_set_strand(node, item->id, item->now, true);
			continue;
		}
		endpoint = wi_endpoint_at(
		    &node->hub.slots, (uint32_t)(item->id & WI_ID_SLOT_MASK));
		__atomic_store_n(&endpoint->user, item->now, __ATOMIC_RELAXED);
	}
	for (i = 0; i < load->nstrands; i++)
		state_set_strand(
		    node, load->strands[i].id, load->strands[i].state, false);
}

void
wi_reload_drop(struct weft_node *node, struct wi_version *version,
    const struct wi_saved *saved)
{
	const struct weft_plugin *table = &version->table;
	const struct wi_saved_item *item;
	size_t i;

	for (i = 1; i < saved->nitems; i++) {
		item = &saved->items[i];
		if (item->kind == WI_SAVED_STRAND &&
		    table->drop_strand != NULL)
			table->drop_strand(
			    (weft_strand){ node, item->id }, item->old);
		if (item->kind == WI_SAVED_ENDPOINT &&
		    table->drop_endpoint != NULL)
			table->drop_endpoint(
			    (weft_endpoint){ item->id }, item->old);
	}
	if (table->unload != NULL)
		table->unload(version->state);
	version->state = NULL;
}
