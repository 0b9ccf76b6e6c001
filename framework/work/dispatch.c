/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/dispatch - run a strand: its events become calls of the plugin.
 *
 * thread: the worker that has the strand.  This is the one door through which
 * anything reaches user code.
 *
 * A run ends after DISPATCH_BUDGET messages; then the strand goes to the back
 * of the queue, so that one busy endpoint cannot keep the others waiting.
 * What the handlers sent is published when the run ends; while handlers take
 * long, after each of them, and a run ends by time (wi_worker_pace()).
 */
#include "base/assert.h"
#include "handoff/batch.h"
#include "handoff/outbox.h"
#include "handoff/wake.h"
#include "plugin/plugin.h"
#include "work/worker.h"

#define DISPATCH_BUDGET 64u /* messages in one run of a strand */

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

/* See pause_note in io/read.c. */
WI_ON_WORKER static void
dispatch_batch_done(struct wi_worker *worker, struct wi_batch *batch)
{
	struct wi_endpoint *endpoint = batch->event.endpoint;
	const struct wi_limits *limits = endpoint->limits;
	uint64_t load;

	load = wi_load_sub(
	    &endpoint->in_load, wi_load(batch->nmessages, batch->nbytes));
	wi_batch_free(batch);
	if (wi_load_messages(load) > limits->mailbox_low_messages ||
	    wi_load_bytes(load) > limits->mailbox_low_bytes ||
	    __atomic_load_n(&endpoint->read_paused, __ATOMIC_SEQ_CST) == 0 ||
	    __atomic_exchange_n(&endpoint->read_paused, 0, __ATOMIC_SEQ_CST) ==
		0)
		return;
	wi_outbox_attend(&worker->hub->outbox, endpoint, WI_ATTEND_RESUME);
	(void)wi_wake_io(&worker->hub->io_door);
}

/* Some of a batch; true: all of it is done, and the event is gone. */
WI_ON_WORKER static bool
dispatch_batch(
    struct weft_call *call, struct wi_batch *batch, uint32_t *budget)
{
	struct wi_worker *worker = call->worker;
	uint32_t first = batch->done;

	while (batch->done<batch->nmessages && * budget> 0) {
		if (__atomic_load_n(
			&call->endpoint->muted, __ATOMIC_RELAXED) != 0) {
			wi_count(worker->counters,
			    WEFT_COUNTER_messages_dropped,
			    batch->nmessages - batch->done);
			wi_count(worker->counters, WEFT_COUNTER_messages_run,
			    batch->done - first);
			first = batch->done = batch->nmessages;
			break;
		}
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
	return batch->done == batch->nmessages;
}

WI_ON_WORKER static void
dispatch_closed(struct weft_call *call, enum weft_reason why)
{
	const struct weft_plugin *api = call->endpoint->plugin->api;

	if (api->closed != NULL)
		api->closed(
		    call, (struct weft_endpoint){ call->endpoint->name }, why);
}

/* The last that is done with an endpoint: what its handlers sent goes first
 * (order_note in handoff/outbox.h), and then its slot is the I/O thread's. */
WI_ON_WORKER static void
dispatch_release(struct wi_worker *worker, struct wi_endpoint *endpoint)
{
	wi_send_publish(worker);
	wi_outbox_attend(&worker->hub->outbox, endpoint, WI_ATTEND_RELEASE);
	(void)wi_wake_io(&worker->hub->io_door);
}

bool
wi_dispatch_run(struct wi_worker *worker, struct wi_strand *strand)
{
	struct weft_call call = { .worker = worker };
	uint32_t budget = DISPATCH_BUDGET;
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
			dispatch_batch_done(worker, (struct wi_batch *)event);
			break;
		case WI_EVENT_CLOSED:
			wi_mailbox_drop(&strand->mailbox);
			dispatch_closed(
			    &call, (enum weft_reason)event->detail);
			/* An endpoint's own strand ends with it. */
			wi_assert(strand == &event->endpoint->own);
			dispatch_release(worker, event->endpoint);
			return false;
		}
	}
	wi_send_publish(worker);
	return !wi_mailbox_rest(&strand->mailbox);
}
