/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/timer - signals that come later: the public doors.
 *
 * thread: any.  An order goes to the I/O thread (io/timer) with what else the
 * worker has for it; a cancel decides at once, whatever the order is worth.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/strand.h>

#include "base/assert.h"
#include "base/clock.h"
#include "handoff/post.h"
#include "handoff/timer.h"
#include "handoff/wake.h"
#include "work/node_hub.h"
#include "work/send.h"
#include "work/worker.h"

#define TIMER_MS 1000000u    /* [ns] */
#define TIMER_MAX (1u << 30) /* [bytes] that one carries */

static struct wi_timer_cache *
timer_cache(struct wi_worker *worker)
{
	return worker == NULL ? NULL : &worker->timers;
}

/* The I/O thread has an order. */
static void
timer_wake(struct wi_hub *hub, struct wi_worker *worker)
{
	if (worker != NULL) {
		wi_assert_worker();
		wi_send_owe(worker);
	} else if (wi_wake_io(&hub->io_door)) {
		wi_count_shared(&hub->any_counters, WEFT_COUNTER_wakes_io, 1);
	}
}

static int
timer_copy(struct wi_timer *timer, const struct weft_signal *what)
{
	size_t len = what->bytes.len;
	void *bytes = timer->bytes;

	if (len > sizeof(timer->bytes)) {
		bytes = malloc(len);
		if (bytes == NULL)
			return -ENOMEM;
	}
	timer->what = *what;
	wi_signal_keep(what);
	timer->what.bytes.data = bytes;
	if (len > 0)
		memcpy(bytes, what->bytes.data, len);
	if ((what->flags & WEFT_SIGNAL_URGENT) != 0)
		timer->event.lane = WI_LANE_URGENT;
	return WEFT_OK;
}

/* Held by the strand's name, and filled in. */
static int
timer_make(struct wi_hub *hub, struct wi_worker *worker, uint64_t id,
    const struct weft_signal *what, struct wi_timer **timerp)
{
	struct wi_strand *strand;
	struct wi_timer *timer;
	int rv;

	rv = wi_post_find(hub, id, WI_HOLD_PLACE, &strand);
	if (rv < 0)
		return rv;
	timer = wi_timer_take(&hub->timers, timer_cache(worker));
	if (timer == NULL) {
		wi_post_release(hub, strand, WI_HOLD_PLACE, 1);
		return WEFT_EFULL;
	}
	__atomic_store_n(&timer->strand, strand, __ATOMIC_RELAXED);
	rv = timer_copy(timer, what);
	if (rv < 0)
		wi_timer_let_go(hub, timer_cache(worker), timer);
	*timerp = timer;
	return rv;
}

static int
timer_set(struct wi_hub *hub, struct wi_worker *worker, uint64_t id,
    uint32_t ms, uint32_t every_ms, const struct weft_signal *what,
    weft_timer *out)
{
	struct wi_timer *timer;
	int rv;

	if (__atomic_load_n(&hub->signals_end, __ATOMIC_SEQ_CST) != 0)
		return WEFT_ESTATE;
	rv = timer_make(hub, worker, id, what, &timer);
	if (rv < 0)
		return rv;
	timer->every_ms = every_ms;
	/* Rounded up, so that it never comes early. */
	timer->tick.at = (wi_clock_ns() + TIMER_MS - 1) / TIMER_MS + ms;
	if (out != NULL)
		out->id = wi_timer_id(&hub->timers, timer);
	ck_stack_push_upmc(&hub->timers.sets, &timer->set_entry);
	timer_wake(hub, worker);
	return WEFT_OK;
}

static int
timer_new(weft_strand strand, uint32_t ms, uint32_t every_ms,
    const struct weft_signal *signal, weft_timer *out)
{
	struct wi_worker *worker;
	struct wi_hub *hub;
	int rv;

	if (out != NULL)
		*out = (weft_timer){ .node = strand.node, .id = 0 };
	if (strand.node == NULL || strand.id == 0)
		return WEFT_ENOSTRAND;
	if ((signal->flags & ~WEFT_SIGNAL_URGENT) != 0)
		return -EINVAL;
	if (signal->bytes.len > TIMER_MAX)
		return WEFT_ETOOBIG;
	hub = wi_node_hub(strand.node);
	worker = wi_send_own_worker(hub);
	if (worker != NULL)
		return timer_set(
		    hub, worker, strand.id, ms, every_ms, signal, out);
	if (!wi_post_begin(hub))
		return WEFT_ESTATE;
	rv = timer_set(hub, NULL, strand.id, ms, every_ms, signal, out);
	wi_post_end(hub);
	return rv;
}

int
weft_signal_after(weft_strand strand, uint32_t ms,
    const struct weft_signal *signal, weft_timer *timer)
{
	return timer_new(strand, ms, 0, signal, timer);
}

int
weft_signal_every(weft_strand strand, uint32_t ms,
    const struct weft_signal *signal, weft_timer *timer)
{
	if (ms == 0) {
		if (timer != NULL)
			*timer = (weft_timer){ .node = strand.node, .id = 0 };
		return -EINVAL;
	}
	return timer_new(strand, ms, ms, signal, timer);
}

int
weft_cancel(weft_timer name)
{
	struct wi_worker *worker;
	struct wi_timer *timer;
	struct wi_hub *hub;
	bool runs;

	if (name.node == NULL || name.id == 0)
		return WEFT_ENOTIMER;
	hub = wi_node_hub(name.node);
	timer = wi_timer_cancel(&hub->timers, name.id, 0, &runs);
	if (timer == NULL)
		return WEFT_ENOTIMER;
	if (!runs)
		wi_timer_destroy(timer);
	worker = wi_send_own_worker(hub);
	ck_stack_push_upmc(&hub->timers.cancels, &timer->cancel_entry);
	timer_wake(hub, worker);
	return WEFT_OK;
}
