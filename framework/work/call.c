/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/call - what a handler can ask of the call that it was given.
 *
 * thread: the worker that runs the handler.
 */
#include <weft/endpoint.h>
#include <weft/strand.h>

#include "plugin/plugin.h"
#include "work/worker.h"

struct weft_node *
weft_call_node(const struct weft_call *call)
{
	return call->worker->hub->node;
}

void *
weft_call_state(const struct weft_call *call)
{
	return call->plugin->state;
}

void *
weft_call_user(const struct weft_call *call)
{
	return call->endpoint == NULL ? NULL : call->endpoint->user;
}

void
weft_call_set_user(struct weft_call *call, void *user)
{
	if (call->endpoint != NULL)
		__atomic_store_n(
		    &call->endpoint->user, user, __ATOMIC_RELAXED);
}

weft_endpoint
weft_call_endpoint(const struct weft_call *call)
{
	return (weft_endpoint){
		call->endpoint == NULL ? 0 : call->endpoint->name
	};
}

int
weft_call_code(const struct weft_call *call)
{
	return call->code;
}

weft_strand
weft_strand_of(const struct weft_call *call)
{
	weft_strand strand = { .node = call->worker->hub->node };

	strand.id = call->strand->shared ?
	    wi_shared_of(call->strand)->last_id :
	    wi_endpoint_of(call->strand)->name;
	return strand;
}

void *
weft_call_strand_state(const struct weft_call *call)
{
	return call->strand->shared ? wi_shared_of(call->strand)->state : NULL;
}

int
weft_call_set_strand_state(struct weft_call *call, void *state)
{
	if (!call->strand->shared)
		return WEFT_ESTATE;
	wi_shared_of(call->strand)->state = state;
	return WEFT_OK;
}
