/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strands - strands of a node: the public doors to make them, those that
 * scopes need, and the end of all.
 *
 * thread: making: any.  The end: the one that runs the node or sets it up,
 * when no worker runs.
 *
 * last_note: what waits in a mailbox when the workers are gone is destroyed
 * here, and ended() is called for each strand that is left, whoever has
 * references to it: before any unload(), since both are the plugin's code.
 */
#include "strands.h"

#include <string.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "handoff/finish.h"
#include "handoff/post.h"
#include "handoff/request.h"
#include "node.h"
#include "plugin/load.h"
#include "work/receive.h"
#include "work/worker.h"

/* ---- making */

static int
strands_make(struct weft_node *node, struct wi_plugin *plugin,
    const char *name, void *state, bool get, struct wi_shared **sharedp)
{
	return wi_shared_new(
	    &node->hub.shareds, plugin, name, state, get, sharedp);
}

static int
strands_new(struct weft_node *node, struct wi_plugin *plugin, const char *name,
    void *state, bool get, weft_strand *strand)
{
	bool visits = !wi_receive_is_worker(&node->hub);
	struct wi_shared *shared;
	int rv;

	strand->node = node;
	strand->id = 0;
	if (visits && !wi_post_begin(&node->hub))
		return WEFT_ESTATE;
	rv = strands_make(node, plugin, name, state, get, &shared);
	if (rv == WEFT_OK)
		strand->id = shared->id;
	if (visits)
		wi_post_end(&node->hub);
	return rv;
}

int
weft_strand_new(
    struct weft_call *call, const char *name, void *state, weft_strand *strand)
{
	return strands_new(
	    call->worker->hub->node, call->plugin, name, state, false, strand);
}

int
weft_strand_get(struct weft_call *call, const char *name, weft_strand *strand)
{
	return strands_new(
	    call->worker->hub->node, call->plugin, name, NULL, true, strand);
}

int
weft_load_strand_new(
    struct weft_load *load, const char *name, void *state, weft_strand *strand)
{
	int rv;

	if (!weft_load_is_reload(load))
		return strands_new(weft_load_node(load), wi_load_plugin(load),
		    name, state, false, strand);
	/* Of a name it is there already, and gets its state when this version
	 * takes over. */
	rv = strands_new(weft_load_node(load), wi_load_plugin(load), name,
	    NULL, name != NULL, strand);
	if (rv < 0)
		return rv;
	rv = wi_load_made(load, strand->id, state);
	if (rv < 0)
		weft_strand_release(*strand);
	return rv;
}

static int
strands_by_plugin(struct weft_node *node, const char *plugin, const char *name,
    void *state, bool get, weft_strand *strand)
{
	struct wi_plugin *found;

	strand->node = node;
	strand->id = 0;
	found = plugin == WEFT_PULL ? wi_receive_plugin() :
				      wi_plugins_find(&node->plugins, plugin);
	if (found == NULL)
		return WEFT_ENOPLUGIN;
	return strands_new(node, found, name, state, get, strand);
}

int
weft_node_strand_new(struct weft_node *node, const char *plugin,
    const char *name, void *state, weft_strand *strand)
{
	return strands_by_plugin(node, plugin, name, state, false, strand);
}

int
weft_node_strand_get(struct weft_node *node, const char *plugin,
    const char *name, weft_strand *strand)
{
	return strands_by_plugin(node, plugin, name, NULL, true, strand);
}

/* ---- scopes */

int
wi_strands_begin(
    struct weft_node *node, struct wi_plugin *plugin, struct weft_error *err)
{
	struct wi_shared *shared;
	int rv;

	if (plugin->api->scope > WEFT_SCOPE_PLUGIN)
		return wi_fail(err, WEFT_EABI,
		    "%s: expected weft_plugin.scope to be one of enum "
		    "weft_scope, found %u",
		    wi_plugin_file(plugin), plugin->api->scope);
	if (plugin->api->scope != WEFT_SCOPE_PLUGIN)
		return WEFT_OK;
	rv = strands_make(node, plugin, plugin->name, NULL, false, &shared);
	if (rv < 0)
		return wi_fail(err, rv,
		    "%s: expected room for the strand of its scope, found "
		    "max_strands of them",
		    wi_plugin_file(plugin));
	plugin->strand = &shared->strand;
	return WEFT_OK;
}

int
wi_strands_for_connect(struct weft_node *node, struct wi_plugin *plugin,
    struct wi_strand **strandp)
{
	(void)node;
	*strandp = plugin->strand;
	return *strandp == NULL ? WEFT_OK :
				  wi_strand_hold(*strandp, WI_HOLD_PLACE, 0);
}

int
wi_strands_for_listener(struct weft_node *node, struct wi_plugin *plugin,
    struct wi_strand **strandp)
{
	struct wi_shared *shared;
	int rv;

	if (plugin->scope != WEFT_SCOPE_LISTENER)
		return wi_strands_for_connect(node, plugin, strandp);
	*strandp = NULL;
	rv = strands_make(node, plugin, NULL, NULL, false, &shared);
	if (rv == WEFT_OK)
		*strandp = &shared->strand;
	return rv;
}

/* ---- the end */

/* A request of a strand that nobody runs any more. */
static void
strands_tell(
    struct weft_node *node, struct wi_timer *timer, struct weft_reply reply)
{
	struct wi_strand *strand = timer->strand;
	struct wi_worker nobody = { .hub = &node->hub };
	struct weft_call call = { .worker = &nobody, .strand = strand };

	if (!strand->shared)
		call.endpoint = wi_endpoint_of(strand);
	call.plugin = strand->shared ? wi_shared_of(strand)->plugin :
				       call.endpoint->plugin;
	reply.from.id = timer->to;
	wi_request_call(&node->hub, timer, &call, &reply);
}

static void
strands_discard_timer(struct weft_node *node, struct wi_timer *timer)
{
	const struct weft_reply none = { .code = WEFT_ENOSTRAND };
	bool told = false;

	if (timer->to == 0) {
		(void)wi_finish_timer_begin(
		    &node->hub, NULL, &node->hub.any_counters, timer, false);
		return;
	}
	if (wi_timer_begin(timer, &told)) {
		strands_tell(node, timer, none);
		wi_timer_done(timer);
	}
	wi_timer_let_go(&node->hub, NULL, timer);
}

static void
strands_discard_answer(struct weft_node *node, struct wi_timer *timer)
{
	struct weft_reply reply;

	wi_request_told(timer, &reply);
	strands_tell(node, timer, reply);
	wi_request_over(timer);
	wi_timer_let_go(&node->hub, NULL, timer);
}

static void
strands_discard_unanswered(struct weft_node *node, struct wi_timer *timer)
{
	const struct weft_reply none = { .code = WEFT_ENOENDPOINT };
	struct wi_hub *hub = &node->hub;

	if (wi_request_take(
		hub, wi_timer_id(&hub->timers, timer), timer->to) != NULL) {
		wi_count_shared(
		    &hub->any_counters, WEFT_COUNTER_requests_disconnected, 1);
		strands_tell(node, timer, none);
		wi_timer_let_go(hub, NULL, timer);
	}
	wi_timer_let_go(hub, NULL, timer);
}

/* See last_note. */
static void
strands_discard(struct weft_node *node, struct wi_strand *strand)
{
	struct wi_mailbox *mailbox = &strand->mailbox;
	struct wi_event *event;

	while ((event = wi_mailbox_peek(mailbox)) != NULL) {
		wi_mailbox_drop(mailbox, event);
		if (event->kind == WI_EVENT_SIGNAL)
			wi_finish_signal(&node->hub.any_counters,
			    (struct wi_signal *)event, false);
		else if (event->kind == WI_EVENT_TIMER)
			strands_discard_timer(node, wi_timer_of(event));
		else if (event->kind == WI_EVENT_ANSWER)
			strands_discard_answer(
			    node, wi_timer_of_answer(event));
		else if (event->kind == WI_EVENT_UNANSWERED)
			strands_discard_unanswered(
			    node, wi_timer_of_unanswered(event));
		else if (event->kind == WI_EVENT_BIND)
			wi_signal_end((struct wi_signal *)event);
	}
}

/* Of endpoints that no worker was there for any more. */
static void
strands_discard_own(struct weft_node *node)
{
	struct wi_slots *slots = &node->hub.slots;
	int64_t slot;

	for (slot = wi_slots_next(slots, 0); slot >= 0;
	     slot = wi_slots_next(slots, (uint32_t)slot + 1))
		strands_discard(
		    node, &wi_endpoint_at(slots, (uint32_t)slot)->own);
}

static void
strands_end_one(struct weft_node *node, struct wi_shared *shared)
{
	const struct weft_plugin *api = shared->plugin->api;
	struct wi_worker nobody = { .hub = &node->hub };
	struct weft_call call = { .worker = &nobody,
		.strand = &shared->strand,
		.plugin = shared->plugin };
	weft_strand name = weft_strand_of(&call);
	uint32_t i;

	strands_discard(node, &shared->strand);
	wi_shared_end(shared);
	if (api->ended != NULL)
		api->ended(&call, name, shared->state);
	wi_count_shared(
	    &node->hub.any_counters, WEFT_COUNTER_strands_ended, 1);
	for (i = 0; i < node->hub.max_workers; i++)
		wi_runq_remove(&node->hub.stations[i].runq, &shared->strand);
	wi_shared_free(&node->hub.shareds, shared);
}

/* What other threads have asked for before reaches its strand. */
static void
strands_collect(struct weft_node *node, const struct wi_plugin *plugin)
{
	struct wi_io *io = &node->io;
	int role = wi_role_now();

	if (plugin == NULL)
		wi_post_end_all(&node->hub);
	wi_become_io();
	wi_timer_take_sets(io);
	if (plugin != NULL) {
		wi_timer_orders(io);
		wi_timer_end_plugin(io, plugin);
	} else {
		if (io->drain == WI_DRAIN_NOT)
			io->drain = WI_DRAIN_DONE; /* it never ran */
		wi_timer_orders(io);
		wi_timer_end_all(io);
	}
	wi_role_again(role);
}

void
wi_strands_end(struct weft_node *node, struct wi_plugin *plugin)
{
	struct wi_slots *slots = &node->hub.shareds.slots;
	struct wi_shared *shared;
	int64_t slot;

	strands_collect(node, plugin);
	if (plugin == NULL) {
		strands_discard_own(node);
		__atomic_store_n(
		    &node->hub.strands_ended, 1, __ATOMIC_RELAXED);
	}
	for (slot = wi_slots_next(slots, 0); slot >= 0;
	     slot = wi_slots_next(slots, (uint32_t)slot + 1)) {
		shared = wi_slots_at(slots, 0, (uint32_t)slot);
		if (plugin == NULL || shared->plugin == plugin)
			strands_end_one(node, shared);
	}
}
