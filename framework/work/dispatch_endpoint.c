/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/dispatch_endpoint - the events of one endpoint become calls of its
 * plugin.
 *
 * thread: the worker that has the endpoint's token (port_note in
 * handoff/strand.h): it runs the endpoint's own strand, or the shared one that
 * it is bound to.
 *
 * over_note: behind its last event an endpoint may still be sent signals by
 * threads that looked it up before, and its timers.  They are destroyed here.
 * When nothing is left and the mailbox rests, the endpoint's own hold is given
 * back; only then, since the last hold that goes gives the slot to the I/O
 * thread.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "codec/http.h"
#include "handoff/batch.h"
#include "handoff/finish.h"
#include "handoff/hello.h"
#include "handoff/overload.h"
#include "handoff/post.h"
#include "plugin/plugin.h"
#include "work/deflated.h"
#include "work/http.h"
#include "work/node_hub.h"
#include "work/quarantine.h"
#include "work/request.h"
#include "work/run.h"
#include "work/typed.h"

/* What is to be given back when the mailbox rests. */
struct endpoint_holds {
	uint32_t nsignals;
	bool place;
};

static weft_endpoint
endpoint_name(const struct wi_run *run)
{
	return (weft_endpoint){ run->call.endpoint->name };
}

/* May the next message of a batch be run? */
WI_ON_WORKER static inline bool
endpoint_goes_on(const struct wi_run *run, const struct wi_mailbox *inner)
{
	return run->budget > 0 && !run->call.binds &&
	    !wi_mailbox_hurried(inner) &&
	    (run->outer == inner || !wi_mailbox_hurried(run->outer));
}

static inline struct weft_bytes
endpoint_bytes(const struct wi_batch *batch, const struct wi_message *message)
{
	return (struct weft_bytes){ batch->data->data + message->offset,
		message->len };
}

/* One while some are quarantined. */
WI_ON_WORKER static void
endpoint_watched(struct wi_run *run, struct weft_bytes bytes,
    const struct wi_message *message, const struct weft_codec *codec,
    bool typed)
{
	if (wi_inflated_is(wi_codec_deflates(codec), message)) {
		wi_run_deflated(run, bytes, message->flags, typed);
	} else if (!wi_run_caught(run, bytes)) {
		run->call.flags = message->flags;
		wi_run_begin(run, WI_CALLBACK_message, bytes);
		wi_run_message(run, bytes, typed);
		wi_run_end(run);
	}
}

/* One of a codec that says more than that it is there, or one that may be
 * quarantined. */
WI_ON_WORKER static void
endpoint_special(struct wi_run *run, const struct wi_batch *batch,
    const struct wi_message *message, const struct weft_codec *codec,
    bool typed)
{
	struct weft_bytes bytes = endpoint_bytes(batch, message);
	struct wi_endpoint *endpoint = run->call.endpoint;
	struct wi_worker *worker = run->call.worker;
	bool late;

	if (!wi_codec_replies(codec)) {
		if (codec->open != NULL)
			wi_run_sealed(run, bytes, message->flags);
		else
			endpoint_watched(run, bytes, message, codec, typed);
		return;
	}
	late = batch->stamp != 0 &&
	    wi_overload_late(&worker->hub->overload, endpoint->limits, batch);
	if (late)
		wi_count(worker->counters, WEFT_COUNTER_messages_late, 1);
	wi_http_run(run, bytes, message->flags, late);
}

/* Some of a batch. */
WI_ON_WORKER static void
endpoint_batch(struct wi_run *run, struct wi_batch *batch)
{
	struct wi_endpoint *endpoint = run->call.endpoint;
	struct wi_worker *worker = run->call.worker;
	struct wi_mailbox *inner = &endpoint->own.mailbox;
	const struct wi_message *message = &batch->messages[batch->done];
	const struct weft_codec *codec = wi_endpoint_codec(endpoint);
	const bool web = wi_codec_replies(codec);
	const bool watched = wi_quarantine_any(&worker->hub->quarantine);
	const bool special = codec->open != NULL || web || watched;
	const bool typed = wi_typed(run->call.plugin, codec);
	const bool deflates = wi_codec_deflates(codec);
	struct wi_station *const station = worker->station;
	struct weft_bytes bytes;
	uint32_t nrun = 0;

	wi_run_doing(run, endpoint, WI_CALLBACK_message, message->len);
	do {
		if (wi_finish_muted(endpoint))
			break;
		if (batch->stamp != 0 && !web) {
			wi_finish_late(
			    worker->hub, worker->counters, endpoint, batch);
			if (batch->done == batch->nmessages)
				break;
		}
		bytes = endpoint_bytes(batch, message);
		if (__builtin_expect(special, 0)) {
			endpoint_special(run, batch, message, codec, typed);
		} else if (__builtin_expect(
			       wi_inflated_is(deflates, message), 0)) {
			wi_run_deflated(run, bytes, message->flags, typed);
		} else {
			run->call.flags = message->flags;
			wi_run_begin_next(run, station, bytes);
			wi_run_message(run, bytes, typed);
			wi_run_end_next(run, station);
		}
		message++;
		batch->done++;
		nrun++;
		wi_run_spent(run);
	} while (
	    batch->done < batch->nmessages && endpoint_goes_on(run, inner));
	worker->nmessages += nrun;
	wi_count(worker->counters, WEFT_COUNTER_messages_run, nrun);
	if (wi_finish_muted(endpoint))
		wi_finish_drop(worker->counters, batch);
	if (batch->done < batch->nmessages)
		return;
	wi_mailbox_drop(inner, &batch->event);
	wi_finish_batch(worker->hub, endpoint, batch);
}

WI_ON_WORKER static void
endpoint_opened(struct wi_run *run)
{
	const struct weft_plugin *api = run->call.plugin->api;

	wi_run_begin(run, WI_CALLBACK_opened, WI_RUN_NO_BYTES);
	if (api->opened != NULL)
		api->opened(&run->call, endpoint_name(run));
	wi_run_end(run);
}

/* What a handshake has brought: its request is for opened() alone, what TLS
 * has to tell stays until closed(). */
WI_ON_WORKER static void
endpoint_hello(struct wi_run *run, struct wi_hello *hello)
{
	if (hello->tls != NULL) {
		*wi_node_tls_facts(run->call.worker->hub->node,
		    run->call.endpoint) = hello->tls;
		hello->tls = NULL;
	}
	run->call.hello = hello;
	endpoint_opened(run);
	run->call.hello = NULL;
	wi_hello_free(hello);
}

WI_ON_WORKER static void
endpoint_forget_tls(struct wi_run *run)
{
	struct wi_tls_facts **facts =
	    wi_node_tls_facts(run->call.worker->hub->node, run->call.endpoint);

	free(*facts);
	*facts = NULL;
}

/* CLOSED and LOST: what its handlers sent goes first (order_note in
 * handoff/outbox.h). */
WI_ON_WORKER static void
endpoint_closed(struct wi_run *run, uint32_t detail)
{
	struct wi_endpoint *endpoint = run->call.endpoint;
	const struct weft_plugin *api = run->call.plugin->api;

	run->call.code = wi_closed_code(detail);
	run->call.status = endpoint->drained.detail;
	wi_run_begin(run, WI_CALLBACK_closed, WI_RUN_NO_BYTES);
	if (api->closed != NULL)
		api->closed(
		    &run->call, endpoint_name(run), wi_closed_reason(detail));
	wi_run_end(run);
	run->call.code = WEFT_OK;
	run->call.status = 0;
	wi_http_forget(run->call.worker->hub, endpoint);
	__atomic_store_n(&endpoint->user, NULL, __ATOMIC_RELAXED);
	if (endpoint->limits->tls != NULL)
		endpoint_forget_tls(run);
	wi_send_publish(run->call.worker);
}

/* What any strand gets: signals, timers and answers, and a wish to bind. */
WI_ON_WORKER static void
endpoint_signal(
    struct wi_run *run, struct wi_event *event, struct endpoint_holds *holds)
{
	struct wi_signal *signal = (struct wi_signal *)event;
	bool wanted = !run->call.endpoint->over;

	switch ((enum wi_event_kind)event->kind) {
	case WI_EVENT_SIGNAL:
		holds->nsignals++;
		wi_run_signal(run, signal, wanted);
		break;
	case WI_EVENT_TIMER:
		wi_run_timer(run, wi_timer_of(event), wanted);
		break;
	case WI_EVENT_ANSWER:
		wi_run_answer(run, wi_timer_of_answer(event));
		break;
	case WI_EVENT_UNANSWERED:
		wi_run_unanswered(run, wi_timer_of_unanswered(event));
		break;
	case WI_EVENT_BIND:
		holds->nsignals++;
		run->call.binds = true;
		run->call.bind_to = signal->u.strand;
		wi_signal_end(signal);
		break;
	default:
		wi_assert(event->kind == WI_EVENT_SIGNAL); /* nothing else */
	}
}

WI_ON_WORKER static void
endpoint_event(
    struct wi_run *run, struct wi_event *event, struct endpoint_holds *holds)
{
	struct wi_endpoint *endpoint = run->call.endpoint;
	const struct weft_plugin *api = run->call.plugin->api;
	struct wi_hub *hub = run->call.worker->hub;

	if (event->kind == WI_EVENT_MESSAGES) {
		endpoint_batch(run, (struct wi_batch *)event);
		return;
	}
	wi_mailbox_drop(&endpoint->own.mailbox, event);
	switch ((enum wi_event_kind)event->kind) {
	case WI_EVENT_HELLO:
		endpoint_hello(run, (struct wi_hello *)event);
		break;
	case WI_EVENT_OPENED:
		endpoint_opened(run);
		break;
	case WI_EVENT_DRAINED:
		wi_finish_drained(endpoint);
		wi_run_begin(run, WI_CALLBACK_drained, WI_RUN_NO_BYTES);
		if (api->drained != NULL)
			api->drained(&run->call, endpoint_name(run));
		wi_run_end(run);
		break;
	case WI_EVENT_CLOSED:
		run->call.last = true;
		endpoint_closed(run, event->detail);
		run->call.last = false;
		wi_finish_over(hub, endpoint);
		wi_finish_closed(hub, endpoint);
		holds->place = true;
		break;
	case WI_EVENT_LOST:
		endpoint_closed(run, event->detail);
		wi_finish_closed(hub, endpoint);
		break;
	case WI_EVENT_GONE:
		wi_finish_over(hub, endpoint);
		holds->place = true;
		break;
	default:
		endpoint_signal(run, event, holds);
	}
}

/* weft_bind() was called, here or elsewhere; true: it is bound anew. */
WI_ON_WORKER static bool
endpoint_binds(struct wi_run *run)
{
	struct wi_endpoint *endpoint = run->call.endpoint;
	struct wi_worker *worker = run->call.worker;
	struct wi_strand *strand = run->call.bind_to;

	run->call.binds = false;
	if (endpoint->over) {
		if (strand != NULL)
			wi_post_release(worker->hub, strand, WI_HOLD_PLACE, 1);
		return false;
	}
	if (!wi_finish_bind(worker->hub, endpoint, strand))
		return false;
	wi_count(worker->counters, WEFT_COUNTER_rebinds, 1);
	endpoint->moved = true;
	return true;
}

WI_ON_WORKER static void
endpoint_bound(struct wi_run *run)
{
	const struct weft_plugin *api = run->call.plugin->api;

	run->call.endpoint->moved = false;
	wi_run_begin(run, WI_CALLBACK_bound, WI_RUN_NO_BYTES);
	if (api->bound != NULL)
		api->bound(&run->call, endpoint_name(run));
	wi_run_end(run);
}

/* Signals that were run do not hold the strand any more. */
WI_ON_WORKER static void
endpoint_let_go(struct wi_run *run, struct endpoint_holds *holds)
{
	if (holds->nsignals > 0)
		wi_post_release(run->call.worker->hub,
		    &run->call.endpoint->own, WI_HOLD_SIGNAL, holds->nsignals);
	holds->nsignals = 0;
}

/* See over_note, and publish_note in work/dispatch.c. */
WI_ON_WORKER static bool
endpoint_rests(struct wi_run *run, struct endpoint_holds *holds)
{
	struct wi_endpoint *endpoint = run->call.endpoint;
	bool over = endpoint->over;

	if (run->outer == &endpoint->own.mailbox)
		wi_send_publish(run->call.worker);
	if (!over)
		endpoint_let_go(run, holds);
	if (!wi_mailbox_rest(&endpoint->own.mailbox))
		return false;
	if (!over)
		return true;
	endpoint_let_go(run, holds);
	if (holds->place)
		wi_post_release(
		    run->call.worker->hub, &endpoint->own, WI_HOLD_PLACE, 1);
	return true;
}

enum wi_turn
wi_run_endpoint(struct wi_run *run, struct wi_endpoint *endpoint)
{
	struct wi_mailbox *inner = &endpoint->own.mailbox;
	struct endpoint_holds holds = { 0, false };
	struct wi_event *event;

	run->call.endpoint = endpoint;
	run->call.plugin = endpoint->plugin;
	if (endpoint->over) {
		/* What came holds it, so it can be held: over_note. */
		wi_assert(wi_strand_hold(&endpoint->own, WI_HOLD_PLACE, 0) ==
		    WEFT_OK);
		holds.place = true;
	}
	if (endpoint->moved)
		endpoint_bound(run);
	for (;;) {
		if (run->call.binds && endpoint_binds(run)) {
			endpoint_let_go(run, &holds);
			return WI_TURN_MOVED;
		}
		event = wi_mailbox_peek(inner);
		if (event == NULL || (run->budget == 0 && !endpoint->over)) {
			if (endpoint_rests(run, &holds))
				return WI_TURN_RESTS;
			if (run->budget == 0 && !endpoint->over)
				return WI_TURN_AGAIN;
			continue;
		}
		if (run->outer != inner && !endpoint->over &&
		    wi_mailbox_hurried(run->outer)) {
			endpoint_let_go(run, &holds);
			return WI_TURN_AGAIN;
		}
		endpoint_event(run, event, &holds);
	}
}
