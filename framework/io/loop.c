/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/loop - the loop, and what happens around each poll.
 *
 * thread: I/O.  Owns the loop and its handles.  Before each poll: what the
 * workers asked for is collected and flushed, workers that got something to do
 * are woken, and only then does the thread say that it sleeps (see wake_note
 * in handoff/wake.h).  So a turn of the loop costs at most one wake-up each
 * way, however many messages it carried.
 *
 * lend_note: with only a few strands given out, the replies are microseconds
 * away, and going to sleep and being woken costs more than the work.  So the
 * thread lends its core before it sleeps: a worker on the same core runs at
 * once, and what it sends is found without a wake-up; on another core a few
 * empty sched_yield() calls are a microsecond.  With many strands out there is
 * enough to do for one wake-up to be cheap.
 *
 * nudge_note: a worker may be held up in a handler while strands wait in its
 * queue and another worker sleeps, or while it owes this thread a wake-up
 * (wake_note in work/worker.c).  Nothing would happen on this thread then, so
 * while a worker is awake the poll is bounded by a timer (1 ms, doubled up to
 * 16 ms while nothing moves and no strand waits).  When all workers sleep it
 * is off: a worker never sleeps while it owes anything.
 */
#include <sched.h>
#include <signal.h>

#include "base/assert.h"
#include "base/clock.h"
#include "handoff/schedule.h"
#include "io/io.h"
#include "io/sentinel.h"
#include "io/subscribe.h"
#include "io/tls.h"
#include "io/udp.h"

#define LOOP_NUDGE_MIN_MS 1u
#define LOOP_NUDGE_MAX_MS 16u
#define LOOP_LEND_STRANDS 4u
#define LOOP_LENDS 3u
#define LOOP_PASSES 2u /* over the outbox, then the sockets' turn */

static void loop_on_prepare(uv_prepare_t *prepare);
static void loop_on_check(uv_check_t *check);
static void loop_on_nudge(uv_timer_t *timer);
static void loop_on_hurry(uv_idle_t *idle);
static void loop_on_signal(uv_signal_t *handle, int signum);

WI_ON_IO static int
loop_handles(struct wi_io *io)
{
	int rv;

	if ((rv = wi_io_door_init(&io->hub->io_door, &io->loop)) < 0)
		return rv;
	/* None of these can fail (libuv 1.44, src/loop-watcher.c, timer.c). */
	wi_assert(uv_prepare_init(&io->loop, &io->prepare) == 0);
	wi_assert(uv_prepare_start(&io->prepare, loop_on_prepare) == 0);
	wi_assert(uv_check_init(&io->loop, &io->check) == 0);
	wi_assert(uv_check_start(&io->check, loop_on_check) == 0);
	wi_assert(uv_timer_init(&io->loop, &io->nudge) == 0);
	wi_assert(uv_idle_init(&io->loop, &io->hurry) == 0);
	wi_assert(uv_timer_init(&io->loop, &io->retry) == 0);
	wi_assert(uv_timer_init(&io->loop, &io->deadline) == 0);
	io->prepare.data = io;
	io->check.data = io;
	io->nudge.data = io;
	io->retry.data = io;
	io->deadline.data = io;
	wi_timer_init(io);
	wi_dues_init(&io->dues, &io->loop, wi_timeout_due, io);
	return WEFT_OK;
}

/* From here on, so that one that comes before the loop runs is not lost. */
WI_ON_IO static int
loop_signals(struct wi_io *io)
{
	static const int signums[] = { SIGINT, SIGTERM };
	uint32_t i;
	int rv;

	for (i = 0; i < 2; i++) {
		rv = uv_signal_init(&io->loop, &io->signals[i]);
		if (rv < 0)
			return rv;
		io->signals[i].data = io;
		rv = uv_signal_start(
		    &io->signals[i], loop_on_signal, signums[i]);
		if (rv < 0)
			return rv;
	}
	return WEFT_OK;
}

static void
loop_close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

WI_ON_IO static void
loop_fini(struct wi_io *io)
{
	uv_walk(&io->loop, loop_close_handle, NULL);
	while (uv_run(&io->loop, UV_RUN_DEFAULT) != 0)
		continue;
	wi_assert(uv_loop_close(&io->loop) == 0);
	wi_poller_fini(&io->poller);
}

int
wi_io_init(
    struct wi_io *io, struct wi_hub *hub, const struct weft_options *options)
{
	int rv;

	*io = (struct wi_io){ .hub = hub };
	io->counters = &hub->io_counters;
	io->stuck_ns = (uint64_t)options->stuck_after_ms * 1000000u;
	io->linger_ms = options->linger_ms;
	io->max_handshakes = options->max_handshakes;
	io->drain_ms = options->drain_ms;
	wi_pool_init(&io->blocks);
	wi_pool_init_long(&io->long_blocks);
	wi_per_ip_init(&io->per_ip);
	rv =
	    wi_publisher_init(&io->publisher, hub, options->max_subscriptions);
	if (rv == WEFT_OK)
		rv = uv_loop_init(&io->loop);
	if (rv < 0)
		return rv;
	rv = wi_poller_init(&io->poller, &io->loop, wi_conn_ready, io);
	if (rv < 0) {
		wi_assert(uv_loop_close(&io->loop) == 0);
		return rv;
	}
	rv = loop_handles(io);
	if (rv == WEFT_OK && options->signals)
		rv = loop_signals(io);
	if (rv < 0)
		loop_fini(io);
	return rv;
}

static void
loop_on_signal(uv_signal_t *handle, int signum)
{
	struct wi_io *io = handle->data;

	wi_assert_io();
	(void)signum;
	__atomic_fetch_add(&io->hub->stop_asked, 1, __ATOMIC_RELAXED);
}

void
wi_io_run(struct wi_io *io)
{
	wi_slice_shorten(&io->slice);
	(void)uv_run(&io->loop, UV_RUN_DEFAULT);
	wi_slice_restore(&io->slice);
}

uint64_t
wi_io_runs(const struct wi_io *io)
{
	uint64_t runs;
	uint32_t i;

	runs = __atomic_load_n(&io->hub->pull.ntaken, __ATOMIC_RELAXED);
	for (i = 0; i < io->hub->nlive; i++)
		runs += __atomic_load_n(
		    &io->hub->stations[i].ntaken, __ATOMIC_RELAXED);
	return runs;
}

/* See nudge_note.  Called once a turn. */
WI_ON_IO static void
loop_nudge(struct wi_io *io, enum wi_work work)
{
	uint64_t runs = wi_io_runs(io);
	bool moved = runs != io->nudge_seen;

	io->nudge_seen = runs;
	if (work == WI_WORK_NONE) {
		io->nudge_ms = 0;
		wi_assert(uv_timer_stop(&io->nudge) == 0);
	} else if (moved || io->nudge_ms == 0 || work == WI_WORK_WAITS) {
		io->nudge_ms = LOOP_NUDGE_MIN_MS;
		wi_assert(uv_timer_start(&io->nudge, loop_on_nudge,
			      io->nudge_ms, 0) == 0);
	} else if (!uv_is_active((uv_handle_t *)&io->nudge)) {
		if (io->nudge_ms < LOOP_NUDGE_MAX_MS)
			io->nudge_ms *= 2;
		wi_assert(uv_timer_start(&io->nudge, loop_on_nudge,
			      io->nudge_ms, 0) == 0);
	}
}

/* It ends the poll: all else is done before the next one. */
static void
loop_on_nudge(uv_timer_t *timer)
{
	(void)timer;
}

static void
loop_on_hurry(uv_idle_t *idle)
{
	(void)idle;
}

/* Has nobody asked for anything that was not looked at? */
WI_ON_IO static bool
loop_is_quiet(const struct wi_io *io)
{
	const struct wi_hub *hub = io->hub;

	return wi_outbox_empty(&hub->outbox) && wi_timer_quiet(io) &&
	    __atomic_load_n(&hub->stop_asked, __ATOMIC_RELAXED) ==
	    io->stops_seen &&
	    (io->drain != WI_DRAIN_JOINING ||
		__atomic_load_n(&hub->nthreads, __ATOMIC_RELAXED) != 0);
}

/* Everything that is to be done before a poll; returns as wi_schedule_wake().
 */
WI_ON_IO static enum wi_work
loop_work(struct wi_io *io)
{
	/* Read first: what a thread asked for before it asked for the stop is
	 * then collected before the stop begins.  Acquire: pairs with the
	 * release in weft_node_stop(). */
	uint32_t asked =
	    __atomic_load_n(&io->hub->stop_asked, __ATOMIC_ACQUIRE);
	enum wi_work work;
	uint64_t now;

	if (wi_collect(io) || io->dirty != NULL)
		wi_flush_dirty(io);
	wi_timer_work(io);
	if (asked != io->stops_seen)
		wi_drain_asked(io);
	if (io->drain != WI_DRAIN_NOT || io->leaving)
		wi_drain_step(io);
	wi_conn_settle_closed(io);
	now = wi_clock_ns();
	work = wi_schedule_wake(io->hub, now);
	if (work != WI_WORK_NONE)
		wi_sentinel_look(io, now);
	return work;
}

/* See lend_note. */
WI_ON_IO static void
loop_lend(struct wi_io *io)
{
	uint64_t scheduled = io->hub->nscheduled - io->scheduled_seen;
	unsigned i;

	io->scheduled_seen = io->hub->nscheduled;
	if (scheduled == 0 || scheduled > LOOP_LEND_STRANDS)
		return;
	for (i = 0; i < LOOP_LENDS && wi_outbox_empty(&io->hub->outbox); i++)
		(void)sched_yield();
}

/* Sleep if it is quiet.  Senders that are never quiet must not keep the
 * sockets waiting: after LOOP_PASSES the poll is done without sleeping. */
static void
loop_on_prepare(uv_prepare_t *prepare)
{
	struct wi_io *io = prepare->data;
	enum wi_work work = WI_WORK_NONE;
	bool quiet = false;
	unsigned pass;

	wi_assert_io();
	for (pass = 0; pass < LOOP_PASSES && !quiet; pass++) {
		work = loop_work(io);
		if (work != WI_WORK_NONE)
			loop_lend(io);
		wi_io_lie_down(&io->hub->io_door);
		quiet = loop_is_quiet(io);
		if (!quiet)
			wi_io_get_up(&io->hub->io_door);
	}
	if (quiet)
		wi_assert(uv_idle_stop(&io->hurry) == 0);
	else
		wi_assert(uv_idle_start(&io->hurry, loop_on_hurry) == 0);
	loop_nudge(io, work);
}

static void
loop_on_check(uv_check_t *check)
{
	struct wi_io *io = check->data;

	wi_assert_io();
	wi_io_get_up(&io->hub->io_door);
}

void
wi_io_fini(struct wi_io *io)
{
	/* What threads of the program's own have asked after the end. */
	if (io->drain == WI_DRAIN_NOT)
		io->drain = WI_DRAIN_DONE;
	(void)wi_collect(io);
	wi_listen_close_all(io);
	wi_dues_close(&io->dues);
	wi_tls_desk_stop(io);
	loop_fini(io);
	if (io->read_block != NULL)
		wi_block_unref(&io->read_block);
	if (io->long_block != NULL)
		wi_block_unref(&io->long_block);
	wi_udp_fini(io);
	wi_tls_desk_free(io);
	wi_pool_fini(&io->blocks);
	wi_pool_fini(&io->long_blocks);
	wi_per_ip_fini(&io->per_ip);
	wi_subscribe_end_all(io);
	wi_publisher_fini(&io->publisher);
	wi_waitings_fini(&io->waitings);
}
