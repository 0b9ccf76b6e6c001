/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/typed - messages that are values: checked, unpacked into the worker's
 * arena, given to the handler of their type, forgotten.
 *
 * thread: the worker.
 *
 * giant_note: a value is unpacked while its image is checked, into what is
 * free of the arena.  Only when that is too small is the image checked as a
 * whole first, so that no memory is taken for what is not a value.
 */
#include "work/typed.h"

#include <errno.h>

#include "base/assert.h"
#include "base/log.h"
#include "type/fast.h"
#include "type/unpack.h"
#include "work/close.h"
#include "work/node_hub.h"

/* See giant_note. */
WI_ON_WORKER static int
typed_giant(struct wi_worker *worker, const struct wi_unpack *unpack,
    void **value, struct weft_malformed *why)
{
	size_t first = (unpack->on->type->value_size + 15u) & ~15u;
	uint8_t *giant;
	size_t need;
	int rv;

	rv = wi_unpack_value(unpack, NULL, NULL, 0, &need, why);
	if (rv < 0)
		return rv;
	giant = wi_arena_giant(&worker->arena, first + need);
	if (giant == NULL)
		return -ENOMEM;
	*value = giant;
	return wi_unpack_value(unpack, giant, giant + first, need, &need, why);
}

WI_ON_WORKER static int
typed_unpack(struct wi_worker *worker, const struct wi_unpack *unpack,
    void **value, struct weft_malformed *why)
{
	size_t first = (unpack->on->type->value_size + 15u) & ~15u;
	size_t size, need;
	uint8_t *room;
	int rv;

	room = wi_arena_room(&worker->arena, &size);
	if (room == NULL)
		return -ENOMEM;
	if (first > size)
		return typed_giant(worker, unpack, value, why);
	*value = room;
	rv = wi_unpack_value(
	    unpack, room, room + first, size - first, &need, why);
	if (rv == WEFT_EFULL)
		return typed_giant(worker, unpack, value, why);
	if (rv == WEFT_OK)
		wi_arena_keep(&worker->arena, first + need);
	return rv;
}

/* As type/fast has it; NULL: in doubt. */
WI_ON_WORKER static const struct weft_on *
typed_fast(struct weft_call *call, struct weft_bytes msg, void **value)
{
	const struct weft_on *on = call->plugin->api->receives;
	struct wi_arena *arena = &call->worker->arena;
	const uint8_t *data = NULL;
	size_t first, size, need;
	uint8_t *room;

	for (; on->type != NULL; on++)
		if ((data = wi_fast_is(on->type, msg)) != NULL)
			break;
	room = data == NULL ? NULL : wi_arena_room(arena, &size);
	if (room == NULL)
		return NULL;
	first = (on->type->value_size + 15u) & ~15u;
	if (first > size ||
	    !wi_fast_unpack(on->type, data,
		(const uint8_t *)msg.data + msg.len, room, room + first,
		size - first, &need))
		return NULL;
	wi_arena_keep(arena, first + need);
	*value = room;
	return on;
}

/* Not inline: its locals would make every message's frame larger. */
WI_ON_WORKER static int __attribute__((noinline))
typed_slow(struct weft_call *call, struct weft_bytes msg,
    const struct weft_on **on, void **value, struct weft_malformed *why)
{
	const struct wi_plugin *plugin = call->plugin;
	struct wi_unpack unpack;
	int rv;

	rv = wi_unpack_find(
	    msg, plugin->api->receives, plugin->ntypes, &unpack, why);
	if (rv == WEFT_OK)
		rv = typed_unpack(call->worker, &unpack, value, why);
	if (rv == WEFT_OK)
		*on = unpack.on;
	return rv;
}

WI_ON_WORKER static void
typed_say(const struct weft_call *call, const struct weft_malformed *why,
    const char *what)
{
	struct wi_hub *hub = call->worker->hub;
	char peer[128];

	wi_node_peer(hub->node, call->endpoint, peer, sizeof(peer));
	wi_log_say(hub->log, WI_LOG_WORK_MALFORMED,
	    "%s: %s: a message of %zu bytes, at %u%s%s%s%s: %s; %s", peer,
	    call->plugin->name, why->msg.len, why->offset,
	    why->type == NULL ? "" : ", ", why->type == NULL ? "" : why->type,
	    why->member == NULL ? "" : ".",
	    why->member == NULL ? "" : why->member,
	    weft_fault_text(why->fault), what);
}

WI_ON_WORKER static void
typed_malformed(struct weft_call *call, const struct weft_malformed *why)
{
	const struct weft_plugin *api = call->plugin->api;
	weft_endpoint from = weft_call_endpoint(call);
	uint32_t answer = WEFT_MALFORMED_DEFAULT;

	wi_count(call->worker->counters, WEFT_COUNTER_messages_malformed, 1);
	if (api->malformed != NULL)
		answer = (uint32_t)api->malformed(call, from, why);
	if (answer != WEFT_MALFORMED_CLOSE && answer != WEFT_MALFORMED_SKIP)
		answer = WI_LIMIT(call->endpoint->limits, malformed);
	typed_say(
	    call, why, answer == WEFT_MALFORMED_SKIP ? "skipped" : "closed");
	if (answer == WEFT_MALFORMED_CLOSE)
		(void)wi_close_malformed(call);
}

int
wi_typed_give(struct weft_call *call, struct weft_bytes msg)
{
	struct wi_worker *worker = call->worker;
	struct wi_arena_mark mark = wi_arena_mark(&worker->arena);
	struct weft_malformed why;
	const struct weft_on *on;
	void *value = NULL;
	int rv = WEFT_OK;

	on = typed_fast(call, msg, &value);
	if (on == NULL)
		rv = typed_slow(call, msg, &on, &value, &why);
	if (rv == WEFT_OK) {
		wi_doing_type(&worker->station->doing, on->type->name);
		on->function(call, weft_call_endpoint(call), value);
		wi_doing_type(&worker->station->doing, NULL);
	}
	wi_arena_release(&worker->arena, mark);
	if (rv == WEFT_EMALFORMED)
		typed_malformed(call, &why);
	else if (rv < 0)
		(void)weft_abort(call, weft_call_endpoint(call));
	return rv;
}

int
weft_dispatch_typed(struct weft_call *call, struct weft_bytes msg)
{
	if (call->worker != wi_worker_current || call->endpoint == NULL ||
	    call->plugin->ntypes == 0)
		return WEFT_ESTATE;
	wi_assert_worker();
	return wi_typed_give(call, msg);
}
