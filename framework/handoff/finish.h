/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/finish.h - what is to be done when an event of an endpoint has been
 * run, whoever ran it: a worker (work/dispatch) or the thread in
 * weft_node_receive() (handoff/pull).
 *
 * thread: the one that runs the endpoint's strand, for all of these.
 */
#ifndef WI_FINISH_H
#define WI_FINISH_H

#include <stdbool.h>

#include "base/counter.h"
#include "handoff/batch.h"
#include "handoff/endpoint.h"
#include "handoff/signal.h"
#include "handoff/timer.h"

struct wi_hub;

/* wi_finish_muted() - we have closed it: its messages are not run any more. */
static inline bool
wi_finish_muted(const struct wi_endpoint *endpoint)
{
	return __atomic_load_n(&endpoint->muted, __ATOMIC_RELAXED) != 0;
}

/* wi_finish_drop() - what was not run of a batch is not run any more.
 * counters: the caller's own. */
void wi_finish_drop(struct wi_counters *counters, struct wi_batch *batch);

/* wi_finish_late() - what was not run of a batch is dropped if it is too old
 * (handoff/overload.h).  Asked before each message.  thread: its runner. */
void wi_finish_late(struct wi_hub *hub, struct wi_counters *counters,
    const struct wi_endpoint *endpoint, struct wi_batch *batch);

/* wi_finish_batch() - all of a batch is done, and dropped from its mailbox:
 * its load is taken off, reading goes on if that was what it waited for, and
 * the batch is gone. */
void wi_finish_batch(
    struct wi_hub *hub, struct wi_endpoint *endpoint, struct wi_batch *batch);

/* wi_finish_drained() - before DRAINED is run, and after it was dropped from
 * its mailbox: whoever is told WEFT_EFULL from here on gets another. */
void wi_finish_drained(struct wi_endpoint *endpoint);

/* wi_finish_closed() - CLOSED or LOST was run, and what was sent meanwhile has
 * been pushed (order_note in handoff/outbox.h). */
void wi_finish_closed(struct wi_hub *hub, struct wi_endpoint *endpoint);

/* wi_finish_signal() - a signal that was run, or that nobody is to see: what
 * it carries is destroyed. */
void wi_finish_signal(
    struct wi_counters *counters, struct wi_signal *signal, bool run);

/*
 * wi_finish_timer_begin() - a timer whose event was dropped from the mailbox.
 *
 *   told     in       somebody is there to be told.
 *   returns           true: tell it, then call wi_finish_timer(); false:
 *                     nobody is to be told, and it is done with.
 */
bool wi_finish_timer_begin(struct wi_hub *hub, struct wi_timer_cache *cache,
    struct wi_counters *counters, struct wi_timer *timer, bool told);
void wi_finish_timer(struct wi_hub *hub, struct wi_timer_cache *cache,
    struct wi_counters *counters, struct wi_timer *timer);

/* wi_finish_bind() - an endpoint is bound to strand, which is held for it (or
 * NULL: to nothing).  false: it was already. */
bool wi_finish_bind(struct wi_hub *hub, struct wi_endpoint *endpoint,
    struct wi_strand *strand);

/* wi_finish_over() - CLOSED or GONE was run: what comes from here on is run by
 * nobody, and the endpoint is bound to nothing.  Its own hold is to be given
 * back (wi_post_release()) when its mailbox rests. */
void wi_finish_over(struct wi_hub *hub, struct wi_endpoint *endpoint);

#endif
