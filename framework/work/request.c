/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/request - what strands ask of endpoints, and what became of it.
 *
 * thread: the worker that runs the strand.  A request is sent like a message,
 * and its timer is set like any (work/timer.c); see handoff/request.h.
 */
#include "work/request.h"

#include <errno.h>

#include <weft/request.h>

#include "base/assert.h"
#include "base/clock.h"
#include "codec/codecs.h"
#include "handoff/post.h"
#include "handoff/request.h"
#include "work/quarantine.h"
#include "work/reply.h"
#include "work/send.h"
#include "work/typed.h"

#define REQUEST_MS 1000000u /* [ns] */

/* ---- asked */

/* A timer of the strand that runs, which does not know yet whom it asks. */
WI_ON_WORKER static int
request_make(struct weft_call *call, uint32_t timeout_ms,
    weft_on_reply *on_reply, void *user, struct wi_timer **timerp)
{
	struct wi_worker *worker = call->worker;
	struct wi_timer *timer;
	int rv;

	rv = wi_strand_hold(call->strand, WI_HOLD_PLACE, 0);
	if (rv < 0)
		return rv;
	timer = wi_timer_take(&worker->hub->timers, &worker->timers);
	if (timer == NULL) {
		wi_post_release(worker->hub, call->strand, WI_HOLD_PLACE, 1);
		return WEFT_EFULL;
	}
	__atomic_store_n(&timer->strand, call->strand, __ATOMIC_RELAXED);
	timer->every_ms = 0;
	timer->tick.at =
	    (wi_clock_ns() + REQUEST_MS - 1) / REQUEST_MS + timeout_ms;
	timer->what =
	    (struct weft_signal){ .bytes = { timer->bytes, 0 }, .data = user };
	timer->request = (struct wi_request){ .on_reply = on_reply };
	*timerp = timer;
	return WEFT_OK;
}

/* It may be answered as soon as it is written. */
WI_ON_WORKER static int
request_send(struct wi_worker *worker, struct wi_timer *timer,
    weft_endpoint to, struct weft_bytes msg)
{
	uint64_t id = wi_timer_id(&worker->hub->timers, timer);
	struct wi_open open;
	int rv;

	rv = wi_reply_open(worker, to.id, msg.len, &open);
	if (rv < 0)
		return rv;
	/* Release: all else of it is set; pairs with the acquire in
	 * wi_timer_cancel(). */
	__atomic_store_n(&timer->to, to.id, __ATOMIC_RELEASE);
	/* The I/O thread hears of it first, so that it may see it answered
	 * but not closed before. */
	ck_stack_push_upmc(&worker->hub->timers.sets, &timer->set_entry);
	wi_reply_seal(worker, &open, msg, WEFT_KIND_REQUEST, id);
	wi_send_owe(worker);
	return WEFT_OK;
}

WI_ON_WORKER static int
request_ask(struct weft_call *call, weft_endpoint to, struct weft_bytes msg,
    uint32_t timeout_ms, weft_on_reply *on_reply, void *user)
{
	struct wi_worker *worker = call->worker;
	struct wi_timer *timer;
	int rv;

	rv = request_make(call, timeout_ms, on_reply, user, &timer);
	if (rv < 0)
		return rv;
	rv = request_send(worker, timer, to, msg);
	if (rv < 0)
		wi_timer_let_go(worker->hub, &worker->timers, timer);
	return rv;
}

int
weft_request(struct weft_call *call, weft_endpoint to, struct weft_bytes msg,
    uint32_t timeout_ms, weft_on_reply *on_reply, void *user)
{
	struct wi_worker *worker = call->worker;
	const struct wi_endpoint *endpoint;
	struct wi_hub *hub = worker->hub;
	int rv;

	if (timeout_ms == 0 || on_reply == NULL)
		return -EINVAL;
	if (worker != wi_worker_current ||
	    __atomic_load_n(&hub->signals_end, __ATOMIC_SEQ_CST) != 0)
		return WEFT_ESTATE;
	wi_assert_worker();
	endpoint = wi_endpoint_find(&hub->slots, to.id);
	if (endpoint == NULL)
		return WEFT_ENOENDPOINT;
	if (__atomic_load_n(&endpoint->own.pull, __ATOMIC_RELAXED) != 0)
		return WEFT_ESTATE; /* nobody would look for the reply */
	if (__atomic_fetch_add(&hub->nrequests, 1, __ATOMIC_RELAXED) >=
	    __atomic_load_n(&hub->max_requests, __ATOMIC_RELAXED))
		rv = WEFT_EFULL;
	else
		rv = request_ask(call, to, msg, timeout_ms, on_reply, user);
	if (rv < 0)
		__atomic_fetch_sub(&hub->nrequests, 1, __ATOMIC_RELAXED);
	else
		wi_count(worker->counters, WEFT_COUNTER_requests, 1);
	return rv;
}

/* ---- what became of it */

WI_ON_WORKER static void
request_tell(struct wi_run *run, struct wi_timer *timer, int code,
    struct weft_bytes msg)
{
	const struct weft_reply reply = {
		.code = code, .from = { timer->to }, .msg = msg
	};

	wi_run_begin(run, WI_CALLBACK_on_reply, msg);
	wi_request_call(run->call.worker->hub, timer, &run->call, &reply);
	wi_run_end(run);
	run->call.worker->nmessages++;
}

/* Does the strand that asked run here? */
WI_ON_WORKER static bool
request_is_here(const struct wi_run *run, const struct wi_timer *timer)
{
	return timer->strand == run->call.strand ||
	    timer->strand == &run->call.endpoint->own;
}

/* It was taken, by the runner of who was asked. */
WI_ON_WORKER static void
request_bring(struct wi_run *run, struct wi_timer *timer, int code,
    struct weft_bytes msg)
{
	struct wi_endpoint *endpoint = run->call.endpoint;
	struct wi_worker *worker = run->call.worker;
	struct wi_hub *hub = worker->hub;

	/* One hold goes with the order to forget its timeout. */
	wi_timer_hold(timer);
	ck_stack_push_upmc(&hub->timers.cancels, &timer->cancel_entry);
	wi_send_owe(worker);
	if (!request_is_here(run, timer)) {
		wi_request_answer(hub, timer, code, msg);
		return;
	}
	if (timer->strand->shared)
		run->call.endpoint = NULL;
	request_tell(run, timer, code, msg);
	run->call.endpoint = endpoint;
	wi_timer_let_go(hub, &worker->timers, timer);
}

WI_ON_WORKER static void
request_answered(struct wi_run *run, const struct weft_envelope *envelope)
{
	struct wi_worker *worker = run->call.worker;
	struct wi_timer *timer;

	timer = wi_request_take(
	    worker->hub, envelope->id, run->call.endpoint->name);
	if (timer == NULL) {
		wi_count(worker->counters, WEFT_COUNTER_replies_unasked, 1);
		return;
	}
	request_bring(run, timer,
	    envelope->kind == WEFT_KIND_REPLY ? WEFT_OK : WEFT_EREFUSED,
	    (struct weft_bytes){ envelope->payload, envelope->payload_len });
}

/* A codec may be a plugin's: see decode_broken() in io/decode.c. */
WI_ON_WORKER static bool
request_opens(const struct wi_run *run, const struct weft_codec *codec,
    struct weft_bytes msg, uint32_t flags, struct weft_envelope *envelope)
{
	const uint8_t *begin = msg.data;
	int rv = codec->open(msg.data, msg.len, flags, envelope);

	if (rv == WEFT_OK && (unsigned)envelope->kind <= WEFT_KIND_REFUSAL &&
	    envelope->payload >= begin &&
	    envelope->payload <= begin + msg.len &&
	    envelope->payload_len <=
		(size_t)(begin + msg.len - envelope->payload))
		return true;
	wi_log_say(run->call.worker->hub->log, WI_LOG_CODEC_BROKEN,
	    "codec %s: expected open() to find a part of %zu bytes, found %d "
	    "with kind %d, payload_len %zu",
	    codec->name, msg.len, rv, (int)envelope->kind,
	    envelope->payload_len);
	return false;
}

void
wi_run_sealed(struct wi_run *run, struct weft_bytes msg, uint32_t flags)
{
	const struct weft_codec *codec = wi_endpoint_codec(run->call.endpoint);
	const weft_endpoint from = { run->call.endpoint->name };
	struct weft_envelope envelope = { .kind = WEFT_KIND_MESSAGE };
	struct weft_bytes payload;

	if (!request_opens(run, codec, msg, flags, &envelope)) {
		(void)weft_abort(&run->call, from);
		return;
	}
	payload =
	    (struct weft_bytes){ envelope.payload, envelope.payload_len };
	/* The request of a reply that is not told ends with its endpoint. */
	if (wi_run_quarantined(run, payload))
		return;
	if (envelope.kind == WEFT_KIND_REPLY ||
	    envelope.kind == WEFT_KIND_REFUSAL) {
		request_answered(run, &envelope);
		return;
	}
	run->call.asked = envelope.kind == WEFT_KIND_REQUEST;
	run->call.request = envelope.id;
	wi_run_begin(run, WI_CALLBACK_message, payload);
	wi_run_message(run, payload, wi_typed(run->call.plugin, codec));
	wi_run_end(run);
	run->call.asked = false;
}

void
wi_run_unanswered(struct wi_run *run, struct wi_timer *timer)
{
	struct wi_endpoint *endpoint = run->call.endpoint;
	struct wi_worker *worker = run->call.worker;
	struct wi_hub *hub = worker->hub;

	if (wi_request_take(hub, wi_timer_id(&hub->timers, timer),
		endpoint->name) != NULL) {
		wi_count(
		    worker->counters, WEFT_COUNTER_requests_disconnected, 1);
		request_bring(run, timer, WEFT_ENOENDPOINT,
		    (struct weft_bytes){ NULL, 0 });
	}
	wi_timer_let_go(hub, &worker->timers, timer);
	wi_post_release(hub, &endpoint->own, WI_HOLD_PLACE, 1);
	wi_run_spent(run);
}

void
wi_run_request(struct wi_run *run, struct wi_timer *timer, bool told)
{
	struct wi_worker *worker = run->call.worker;

	if (wi_timer_begin(timer, &told)) {
		if (told)
			wi_count(worker->counters,
			    WEFT_COUNTER_requests_timed_out, 1);
		request_tell(run, timer, told ? -ETIMEDOUT : WEFT_ENOSTRAND,
		    (struct weft_bytes){ NULL, 0 });
		wi_timer_done(timer);
	}
	wi_timer_let_go(worker->hub, &worker->timers, timer);
	wi_run_spent(run);
}

void
wi_run_answer(struct wi_run *run, struct wi_timer *timer)
{
	struct wi_worker *worker = run->call.worker;
	struct weft_reply reply;

	wi_request_told(timer, &reply);
	request_tell(run, timer, reply.code, reply.msg);
	wi_request_over(timer);
	wi_timer_let_go(worker->hub, &worker->timers, timer);
	wi_run_spent(run);
}
