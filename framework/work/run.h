/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/run.h - one run of a strand by a worker: between dispatch.c, which has
 * the strand, and dispatch_endpoint.c, which has an endpoint's events.
 *
 * owned by: the worker, on its stack.
 */
#ifndef WI_RUN_H
#define WI_RUN_H

#include "handoff/mailbox.h"
#include "plugin/plugin.h"
#include "work/promise.h"
#include "work/worker.h"

struct wi_signal;
struct wi_timer;

/* What a handler is given that is given none. */
#define WI_RUN_NO_BYTES ((struct weft_bytes){ NULL, 0 })

struct wi_run {
	struct weft_call call;    /* first: what handlers are given */
	struct wi_mailbox *outer; /* of the strand that is run */
	uint32_t budget;          /* events that it may still have */
};

/* How an endpoint's turn ended. */
enum wi_turn {
	WI_TURN_RESTS, /* nothing is left; its token is gone */
	WI_TURN_AGAIN, /* something is; the token is the caller's to queue */
	WI_TURN_MOVED, /* it was bound elsewhere; the same */
};

/* wi_run_endpoint() - an endpoint's events, as long as the budget lasts and
 * nothing urgent comes to the strand.  thread: who has its token. */
enum wi_turn wi_run_endpoint(
    struct wi_run *run, struct wi_endpoint *endpoint) WI_ON_WORKER;

/* wi_run_signal() - one that was dropped from its mailbox; told: somebody is
 * to see it. */
void wi_run_signal(
    struct wi_run *run, struct wi_signal *signal, bool told) WI_ON_WORKER;

/* wi_run_timer() - likewise. */
void wi_run_timer(
    struct wi_run *run, struct wi_timer *timer, bool told) WI_ON_WORKER;

/* wi_run_doing() - what is about to be called, and for whom; endpoint NULL:
 * for nobody. */
WI_ON_WORKER static inline void
wi_run_doing(const struct wi_run *run, const struct wi_endpoint *endpoint,
    enum wi_callback callback, size_t len)
{
	struct wi_worker *worker = run->call.worker;
	struct wi_station *station = worker->station;

	wi_doing_set(&station->doing, run->call.plugin, endpoint, callback,
	    (uint32_t)len);
	wi_flight_context(&station->flight, run->call.plugin,
	    endpoint == NULL ? 0 : endpoint->name, worker->began, callback);
}

/* wi_run_begin_next(), wi_run_end_next() - around the handler of
 * wi_run_doing(), once more perhaps.  bytes: what it is given; station: the
 * worker's, which who calls it often keeps. */
WI_ON_WORKER static inline void
wi_run_begin_next(
    struct wi_run *run, struct wi_station *station, struct weft_bytes bytes)
{
	wi_doing_bytes(&station->doing, bytes.data, (uint32_t)bytes.len);
	wi_flight_note(&station->flight, (uint32_t)bytes.len);
	wi_promise_begin(&run->call);
}

WI_ON_WORKER static inline void
wi_run_end_next(struct wi_run *run, struct wi_station *station)
{
	wi_promise_end(&run->call);
	wi_doing_done(&station->doing);
}

/* wi_run_begin(), wi_run_end() - around a handler of run->call.
 * bytes: what it is given; data may be NULL. */
WI_ON_WORKER static inline void
wi_run_begin(
    struct wi_run *run, enum wi_callback callback, struct weft_bytes bytes)
{
	if (bytes.data == NULL)
		bytes.data = "";
	wi_run_doing(run, run->call.endpoint, callback, bytes.len);
	wi_run_begin_next(run, run->call.worker->station, bytes);
}

WI_ON_WORKER static inline void
wi_run_end(struct wi_run *run)
{
	wi_run_end_next(run, run->call.worker->station);
}

/* wi_run_spent() - a handler has returned: lets out what it sent if handlers
 * take long, and ends the run if it has had its time. */
WI_ON_WORKER static inline void
wi_run_spent(struct wi_run *run)
{
	struct wi_worker *worker = run->call.worker;

	run->budget -= run->budget > 0;
	if ((worker->slow ||
		__atomic_load_n(&worker->station->hurry, __ATOMIC_RELAXED) !=
		    WI_HURRY_NOT) &&
	    !wi_worker_pace(worker))
		run->budget = 0;
}

#endif
