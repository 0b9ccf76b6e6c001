/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/call - what a handler can ask of the call that it was given.
 *
 * thread: the worker that runs the handler.
 */
#include <weft/endpoint.h>

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
	return call->endpoint->plugin->state;
}

void *
weft_call_user(const struct weft_call *call)
{
	return call->endpoint->user;
}

void
weft_call_set_user(struct weft_call *call, void *user)
{
	call->endpoint->user = user;
}
