/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/bind - an endpoint is to run on another strand; who holds a strand.
 *
 * thread: any.
 *
 * bind_note: a handler that binds its own endpoint has the endpoint's token
 * (port_note in handoff/strand.h), and leaves word in its call; the run ends
 * when it returns.  Whoever else binds it sends the word by its mailbox, where
 * it overtakes what waits, and its runner reads it between two events.
 */
#include <errno.h>

#include <weft/strand.h>

#include "handoff/post.h"
#include "handoff/signal.h"
#include "work/node_hub.h"
#include "work/send.h"
#include "work/worker.h"

/* The strand that a name means for this endpoint, held; NULL: its own. */
static int
bind_target(struct wi_hub *hub, const struct wi_endpoint *endpoint,
    uint64_t id, struct wi_strand **strandp)
{
	int rv;

	*strandp = NULL;
	if (endpoint->own.pull)
		return WEFT_ESTATE;
	if (id == endpoint->name)
		return WEFT_OK;
	if ((id & WI_SHARED_ID) == 0)
		return WEFT_ENOSTRAND;
	rv = wi_post_find(hub, id, WI_HOLD_PLACE, strandp);
	if (rv == WEFT_OK &&
	    wi_shared_of(*strandp)->plugin != endpoint->plugin) {
		wi_post_release(hub, *strandp, WI_HOLD_PLACE, 1);
		*strandp = NULL;
		rv = WEFT_ENOSTRAND;
	}
	return rv;
}

/* See bind_note. */
static int
bind_by_call(struct wi_hub *hub, struct weft_call *call, uint64_t id)
{
	struct wi_strand *strand;
	int rv;

	if (call->last || call->endpoint->over)
		return WEFT_ENOENDPOINT;
	rv = bind_target(hub, call->endpoint, id, &strand);
	if (rv < 0)
		return rv;
	if (call->binds && call->bind_to != NULL)
		wi_post_release(hub, call->bind_to, WI_HOLD_PLACE, 1);
	call->binds = true;
	call->bind_to = strand;
	return WEFT_OK;
}

static int
bind_by_event(struct wi_hub *hub, struct wi_strand *own, uint64_t id)
{
	struct wi_signal *signal;
	struct wi_strand *strand;
	int rv;

	rv = bind_target(hub, wi_endpoint_of(own), id, &strand);
	if (rv < 0)
		return rv;
	signal = wi_signal_bind(strand);
	if (signal != NULL) {
		wi_post(hub, own, &signal->event);
		return WEFT_OK;
	}
	if (strand != NULL)
		wi_post_release(hub, strand, WI_HOLD_PLACE, 1);
	return -ENOMEM;
}

static int
bind_found(struct wi_hub *hub, weft_endpoint endpoint, weft_strand strand)
{
	struct wi_worker *worker = wi_send_own_worker(hub);
	struct wi_strand *own;
	int rv;

	if (worker != NULL && worker->call != NULL &&
	    worker->call->endpoint != NULL &&
	    worker->call->endpoint->name == endpoint.id)
		return bind_by_call(hub, worker->call, strand.id);
	if ((endpoint.id & WI_SHARED_ID) != 0)
		return WEFT_ENOENDPOINT;
	rv = wi_post_find(hub, endpoint.id, WI_HOLD_SIGNAL, &own);
	if (rv < 0)
		return rv == WEFT_ENOSTRAND ? WEFT_ENOENDPOINT : rv;
	rv = bind_by_event(hub, own, strand.id);
	if (rv < 0)
		wi_post_release(hub, own, WI_HOLD_SIGNAL, 1);
	return rv;
}

/* Is this thread none of the node's workers?  Then *endedp says whether
 * strands have come to their end; if not, wi_post_end() must follow. */
static bool
bind_visits(struct wi_hub *hub, bool *endedp)
{
	bool visits = wi_send_own_worker(hub) == NULL;

	*endedp = visits && !wi_post_begin(hub);
	return visits && !*endedp;
}

int
weft_bind(weft_endpoint endpoint, weft_strand strand)
{
	struct wi_hub *hub;
	bool visits, ended;
	int rv;

	if (strand.node == NULL || strand.id == 0)
		return WEFT_ENOSTRAND;
	hub = wi_node_hub(strand.node);
	visits = bind_visits(hub, &ended);
	rv = ended ? WEFT_ENOENDPOINT : bind_found(hub, endpoint, strand);
	if (visits)
		wi_post_end(hub);
	return rv;
}

weft_strand
weft_endpoint_strand(struct weft_node *node, weft_endpoint endpoint)
{
	return (weft_strand){ .node = node, .id = endpoint.id };
}

int
weft_strand_hold(weft_strand strand)
{
	struct wi_strand *held;
	struct wi_hub *hub;
	bool visits, ended;
	int rv;

	if (strand.node == NULL || strand.id == 0)
		return WEFT_ENOSTRAND;
	if ((strand.id & WI_SHARED_ID) == 0)
		return WEFT_OK;
	hub = wi_node_hub(strand.node);
	visits = bind_visits(hub, &ended);
	rv = ended ? WEFT_ENOSTRAND :
		     wi_post_find(hub, strand.id, WI_HOLD_PLACE, &held);
	if (visits)
		wi_post_end(hub);
	return rv;
}

void
weft_strand_release(weft_strand strand)
{
	struct wi_shared *shared = NULL;
	struct wi_hub *hub;
	bool visits, ended;

	if (strand.node == NULL)
		return;
	hub = wi_node_hub(strand.node);
	visits = bind_visits(hub, &ended);
	if (!ended)
		shared = wi_shared_find(&hub->shareds, strand.id);
	if (shared != NULL)
		wi_post_release(hub, &shared->strand, WI_HOLD_PLACE, 1);
	if (visits)
		wi_post_end(hub);
}
