/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/finish - what is to be done when an event of an endpoint has been
 * run.
 *
 * thread: the one that runs the endpoint's strand.  From work/dispatch and
 * handoff/pull; to the I/O thread, by the outbox's attention.
 */
#include "handoff/finish.h"

#include "handoff/drained.h"
#include "handoff/hub.h"
#include "handoff/inflated.h"
#include "handoff/outbox.h"
#include "handoff/post.h"
#include "handoff/wake.h"

void
wi_finish_drop(struct wi_counters *counters, struct wi_batch *batch)
{
	wi_count(counters, WEFT_COUNTER_messages_dropped,
	    batch->nmessages - batch->done);
	batch->done = batch->nmessages;
}

void
wi_finish_late(struct wi_hub *hub, struct wi_counters *counters,
    const struct wi_endpoint *endpoint, struct wi_batch *batch)
{
	if (!wi_overload_late(&hub->overload, endpoint->limits, batch))
		return;
	wi_count(counters, WEFT_COUNTER_messages_late,
	    batch->nmessages - batch->done);
	batch->done = batch->nmessages;
}

/* See pause_note in io/read.c. */
void
wi_finish_batch(
    struct wi_hub *hub, struct wi_endpoint *endpoint, struct wi_batch *batch)
{
	const struct wi_limits *limits = endpoint->limits;
	uint64_t load;

	load = wi_load_sub(
	    &endpoint->in_load, wi_load(batch->nmessages, batch->nbytes));
	wi_batch_free(batch);
	if (wi_load_messages(load) > WI_LIMIT(limits, mailbox_low_messages) ||
	    wi_load_bytes(load) > WI_LIMIT(limits, mailbox_low_bytes) ||
	    __atomic_load_n(&endpoint->read_paused, __ATOMIC_SEQ_CST) == 0 ||
	    __atomic_exchange_n(&endpoint->read_paused, 0, __ATOMIC_SEQ_CST) ==
		0)
		return;
	wi_outbox_attend(&hub->outbox, endpoint, WI_ATTEND_RESUME);
	(void)wi_wake_io(&hub->io_door);
}

void
wi_finish_drained(struct wi_endpoint *endpoint)
{
	wi_drained_forget(&endpoint->drain_state);
}

void
wi_finish_closed(struct wi_hub *hub, struct wi_endpoint *endpoint)
{
	wi_inflated_forget(hub, endpoint);
	wi_outbox_attend(&hub->outbox, endpoint, WI_ATTEND_RELEASE);
	(void)wi_wake_io(&hub->io_door);
}

void
wi_finish_signal(
    struct wi_counters *counters, struct wi_signal *signal, bool run)
{
	wi_count(counters,
	    run ? WEFT_COUNTER_signals_run : WEFT_COUNTER_signals_dropped, 1);
	wi_signal_end(signal);
}

bool
wi_finish_timer_begin(struct wi_hub *hub, struct wi_timer_cache *cache,
    struct wi_counters *counters, struct wi_timer *timer, bool told)
{
	if (wi_timer_begin(timer, &told)) {
		if (told)
			return true;
		wi_timer_done(timer);
		wi_count(counters, WEFT_COUNTER_signals_dropped, 1);
	}
	wi_timer_let_go(hub, cache, timer);
	return false;
}

void
wi_finish_timer(struct wi_hub *hub, struct wi_timer_cache *cache,
    struct wi_counters *counters, struct wi_timer *timer)
{
	wi_timer_done(timer);
	wi_count(counters, WEFT_COUNTER_signals_run, 1);
	wi_timer_let_go(hub, cache, timer);
}

bool
wi_finish_bind(
    struct wi_hub *hub, struct wi_endpoint *endpoint, struct wi_strand *strand)
{
	struct wi_strand *before = endpoint->group;
	bool moves = strand != before;

	/* Read by io/show.c besides. */
	__atomic_store_n(&endpoint->group, strand, __ATOMIC_RELAXED);
	if (before != NULL)
		wi_post_release(hub, before, WI_HOLD_PLACE, 1);
	return moves;
}

void
wi_finish_over(struct wi_hub *hub, struct wi_endpoint *endpoint)
{
	endpoint->over = true;
	(void)wi_finish_bind(hub, endpoint, NULL);
}
