/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/dispatch - run a strand: its events become calls of the plugin.
 *
 * thread: the worker that has the strand.  With work/dispatch_endpoint this is
 * the one door through which anything reaches a handler (handoff/pull is the
 * one of weft_node_receive(); what follows an event stands in handoff/finish
 * for both).
 *
 * A run ends after WI_STRAND_BUDGET events; then the strand goes to the back
 * of the queue, so that one busy endpoint cannot keep the others waiting; and
 * an endpoint that has used up the budget of a shared strand goes behind the
 * others there.  What the handlers sent is published when the run ends; while
 * handlers take long, after each of them, and a run ends by time
 * (wi_worker_pace()).
 *
 * publish_note: what was sent is published before the strand may be run by
 * another worker: before its mailbox rests, and before an endpoint's token
 * goes elsewhere.  So replies to one endpoint leave in the order of its
 * messages.
 */
#include "base/assert.h"
#include "handoff/finish.h"
#include "handoff/gate.h"
#include "handoff/post.h"
#include "handoff/publish.h"
#include "plugin/plugin.h"
#include "work/request.h"
#include "work/run.h"

void
wi_run_signal(struct wi_run *run, struct wi_signal *signal, bool told)
{
	const struct weft_plugin *api = run->call.plugin->api;

	told = told && api->signal != NULL;
	if (told) {
		wi_run_begin(run, WI_CALLBACK_signal, signal->u.what.bytes);
		api->signal(&run->call, &signal->u.what);
		wi_run_end(run);
		run->call.worker->nmessages++;
	}
	wi_finish_signal(run->call.worker->counters, signal, told);
	wi_run_spent(run);
}

void
wi_run_timer(struct wi_run *run, struct wi_timer *timer, bool told)
{
	const struct weft_plugin *api = run->call.plugin->api;
	struct wi_worker *worker = run->call.worker;

	if (timer->to != 0) {
		wi_run_request(run, timer, told);
		return;
	}
	if (wi_finish_timer_begin(worker->hub, &worker->timers,
		worker->counters, timer, told && api->signal != NULL)) {
		wi_run_begin(run, WI_CALLBACK_signal, timer->what.bytes);
		api->signal(&run->call, &timer->what);
		wi_run_end(run);
		worker->nmessages++;
		wi_finish_timer(
		    worker->hub, &worker->timers, worker->counters, timer);
	}
	wi_run_spent(run);
}

/* An endpoint that is not bound; true: it is to be queued again. */
WI_ON_WORKER static bool
dispatch_own(struct wi_run *run, struct wi_endpoint *endpoint)
{
	struct wi_worker *worker = run->call.worker;
	enum wi_turn turn = wi_run_endpoint(run, endpoint);

	if (turn == WI_TURN_RESTS)
		return false;
	wi_send_publish(worker);
	if (turn == WI_TURN_MOVED)
		wi_post_token(worker->hub, endpoint);
	return turn == WI_TURN_AGAIN;
}

/* An endpoint that is bound to the strand has its turn. */
WI_ON_WORKER static void
dispatch_port(struct wi_run *run, struct wi_event *port)
{
	struct wi_endpoint *endpoint = wi_endpoint_of_port(port);
	struct wi_worker *worker = run->call.worker;

	/* First: once it rests, it may be pushed again. */
	wi_mailbox_drop(run->outer, port);
	switch (wi_run_endpoint(run, endpoint)) {
	case WI_TURN_RESTS:
		break;
	case WI_TURN_AGAIN:
		if (run->budget == 0)
			(void)wi_mailbox_push(run->outer, port);
		else
			wi_mailbox_undrop(run->outer, port);
		break;
	case WI_TURN_MOVED:
		wi_send_publish(worker);
		wi_post_token(worker->hub, endpoint);
		break;
	}
}

WI_ON_WORKER static void
dispatch_ended(struct wi_run *run, struct wi_shared *shared)
{
	struct wi_hub *hub = run->call.worker->hub;
	const struct weft_plugin *api = shared->plugin->api;
	weft_strand name = weft_strand_of(&run->call);

	wi_mailbox_drop(run->outer, &shared->ended);
	wi_shared_end(shared);
	wi_publish_over(hub, shared, name.id);
	run->call.endpoint = NULL;
	wi_run_begin(run, WI_CALLBACK_ended, WI_RUN_NO_BYTES);
	if (api->ended != NULL)
		api->ended(&run->call, name, shared->state);
	wi_run_end(run);
	wi_send_publish(run->call.worker);
	wi_count(run->call.worker->counters, WEFT_COUNTER_strands_ended, 1);
	wi_shared_free(&hub->shareds, shared);
}

/* true: it is to be queued again. */
WI_ON_WORKER static bool
dispatch_shared(struct wi_run *run, struct wi_shared *shared)
{
	struct wi_worker *worker = run->call.worker;
	uint32_t nsignals = 0;
	struct wi_event *event;

	for (;;) {
		event = wi_mailbox_peek(run->outer);
		if (event == NULL || run->budget == 0) {
			wi_send_publish(worker);
			/* If these were the last, ENDED comes in. */
			if (nsignals > 0)
				wi_post_release(worker->hub, &shared->strand,
				    WI_HOLD_SIGNAL, nsignals);
			nsignals = 0;
			if (wi_mailbox_rest(run->outer))
				return false;
			if (run->budget == 0)
				return true;
		} else if (event->kind == WI_EVENT_PORT) {
			dispatch_port(run, event);
		} else if (event->kind == WI_EVENT_SIGNAL) {
			wi_mailbox_drop(run->outer, event);
			run->call.endpoint = NULL;
			run->call.plugin = shared->plugin;
			nsignals++;
			wi_run_signal(run, (struct wi_signal *)event, true);
		} else if (event->kind == WI_EVENT_TIMER) {
			wi_mailbox_drop(run->outer, event);
			run->call.endpoint = NULL;
			run->call.plugin = shared->plugin;
			wi_run_timer(run, wi_timer_of(event), true);
		} else if (event->kind == WI_EVENT_ANSWER) {
			wi_mailbox_drop(run->outer, event);
			run->call.endpoint = NULL;
			run->call.plugin = shared->plugin;
			wi_run_answer(run, wi_timer_of_answer(event));
		} else {
			wi_assert(event->kind == WI_EVENT_ENDED);
			run->call.plugin = shared->plugin;
			dispatch_ended(run, shared);
			return false;
		}
	}
}

/* All of a strand's events are one plugin's (handoff/gate.h). */
WI_ON_WORKER static struct wi_gate *
dispatch_gate(struct wi_strand *strand)
{
	struct wi_plugin *plugin = strand->shared ?
	    wi_shared_of(strand)->plugin :
	    wi_endpoint_of(strand)->plugin;

	return &plugin->gate;
}

bool
wi_dispatch_run(struct wi_worker *worker, struct wi_strand *strand)
{
	struct wi_gate *gate = dispatch_gate(strand);
	struct wi_run run = { .call = { .worker = worker, .strand = strand },
		.outer = &strand->mailbox,
		.budget = WI_STRAND_BUDGET };
	bool again;

	if (!wi_gate_enter(worker->station, gate, strand))
		return false;
	__atomic_store_n(
	    &strand->worker, (uint16_t)worker->number, __ATOMIC_RELAXED);
	worker->nmessages = 0;
	worker->call = &run.call;
	again = strand->shared ? dispatch_shared(&run, wi_shared_of(strand)) :
				 dispatch_own(&run, wi_endpoint_of(strand));
	worker->call = NULL;
	wi_gate_leave(worker->station, gate);
	return again;
}
