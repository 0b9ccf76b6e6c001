/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/dispatch - run a strand: its events become calls of the plugin.
 *
 * thread: the worker that has the strand.  This is the one door through which
 * anything reaches a handler (handoff/pull is the one of weft_node_receive();
 * what follows an event stands in handoff/finish for both).
 *
 * A run ends after WI_STRAND_BUDGET messages; then the strand goes to the back
 * of the queue, so that one busy endpoint cannot keep the others waiting.
 * What the handlers sent is published when the run ends; while handlers take
 * long, after each of them, and a run ends by time (wi_worker_pace()).
 */
#include "base/assert.h"
#include "handoff/batch.h"
#include "handoff/finish.h"
#include "plugin/plugin.h"
#include "work/worker.h"

WI_ON_WORKER static void
dispatch_opened(struct weft_call *call)
{
	const struct weft_plugin *api = call->endpoint->plugin->api;

	if (api->opened != NULL)
		api->opened(
		    call, (struct weft_endpoint){ call->endpoint->name });
}

WI_ON_WORKER static void
dispatch_message(struct weft_call *call, const struct wi_batch *batch,
    const struct wi_message *message)
{
	const struct weft_plugin *api = call->endpoint->plugin->api;

	if (api->message != NULL)
		api->message(call,
		    (struct weft_endpoint){ call->endpoint->name },
		    (struct weft_bytes){
			batch->data->data + message->offset, message->len });
}

/* Some of a batch; true: all of it is done, and the event is gone. */
WI_ON_WORKER static bool
dispatch_batch(
    struct weft_call *call, struct wi_batch *batch, uint32_t *budget)
{
	struct wi_worker *worker = call->worker;
	uint32_t first = batch->done;

	while (batch->done<batch->nmessages && * budget> 0) {
		if (wi_finish_muted(call->endpoint))
			break;
		dispatch_message(call, batch, &batch->messages[batch->done]);
		batch->done++;
		(*budget)--;
		if ((worker->slow ||
			__atomic_load_n(
			    &worker->station->hurry, __ATOMIC_RELAXED) != 0) &&
		    !wi_worker_pace(worker))
			*budget = 0;
	}
	worker->nmessages += batch->done - first;
	wi_count(
	    worker->counters, WEFT_COUNTER_messages_run, batch->done - first);
	if (wi_finish_muted(call->endpoint))
		wi_finish_drop(worker->counters, batch);
	return batch->done == batch->nmessages;
}

WI_ON_WORKER static void
dispatch_drained(struct weft_call *call)
{
	const struct weft_plugin *api = call->endpoint->plugin->api;

	wi_finish_drained(call->endpoint);
	if (api->drained != NULL)
		api->drained(
		    call, (struct weft_endpoint){ call->endpoint->name });
}

/* The last of an endpoint: what its handlers sent goes first (order_note in
 * handoff/outbox.h). */
WI_ON_WORKER static void
dispatch_closed(struct weft_call *call, uint32_t detail)
{
	const struct weft_plugin *api = call->endpoint->plugin->api;

	call->code = wi_closed_code(detail);
	if (api->closed != NULL)
		api->closed(call,
		    (struct weft_endpoint){ call->endpoint->name },
		    wi_closed_reason(detail));
	wi_send_publish(call->worker);
	wi_finish_closed(call->worker->hub, call->endpoint);
}

bool
wi_dispatch_run(struct wi_worker *worker, struct wi_strand *strand)
{
	struct weft_call call = { .worker = worker };
	uint32_t budget = WI_STRAND_BUDGET;
	struct wi_event *event;

	__atomic_store_n(&strand->worker, worker->number, __ATOMIC_RELAXED);
	worker->nmessages = 0;
	while (budget > 0 &&
	    (event = wi_mailbox_peek(&strand->mailbox)) != NULL) {
		call.endpoint = event->endpoint;
		switch (event->kind) {
		case WI_EVENT_OPENED:
			wi_mailbox_drop(&strand->mailbox);
			dispatch_opened(&call);
			break;
		case WI_EVENT_MESSAGES:
			if (!dispatch_batch(
				&call, (struct wi_batch *)event, &budget))
				break;
			wi_mailbox_drop(&strand->mailbox);
			wi_finish_batch(worker->hub, (struct wi_batch *)event);
			break;
		case WI_EVENT_DRAINED:
			wi_mailbox_drop(&strand->mailbox);
			dispatch_drained(&call);
			break;
		case WI_EVENT_CLOSED:
			/* An endpoint's own strand ends with it. */
			wi_assert(strand == &event->endpoint->own);
			wi_mailbox_drop(&strand->mailbox);
			dispatch_closed(&call, event->detail);
			return false;
		}
	}
	wi_send_publish(worker);
	return !wi_mailbox_rest(&strand->mailbox);
}

int
weft_call_code(const struct weft_call *call)
{
	return call->code;
}
