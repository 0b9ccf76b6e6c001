/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node - builds every room, and ends them.
 *
 * thread: the one that makes the node, which is the I/O thread while it runs.
 *
 * Start: options, hub (what crosses), I/O; then plugins and listeners as the
 * program asks; run starts the workers and then polls.  Stop: I/O drains
 * (io/drain.c) and workers leave; run joins them; free unloads the plugins and
 * ends I/O and the hub, in that order.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

#include "node.h"

#include "base/assert.h"
#include "base/fail.h"
#include "crash/install.h"
#include "engine.h"
#include "io/slice.h"
#include "node_options.h"
#include "node_thread.h"
#include "strands.h"
#include "work/node_hub.h"
#include "work/pool.h"
#include "work/receive.h"

static int
node_stations_init(struct wi_hub *hub)
{
	size_t size = hub->max_workers * sizeof(*hub->stations);
	uint32_t i;
	int rv;

	hub->stations = aligned_alloc(64, size);
	if (hub->stations == NULL)
		return -ENOMEM;
	memset(hub->stations, 0, size);
	for (i = 0; i < hub->max_workers; i++) {
		hub->stations[i].hub = hub;
		hub->stations[i].number = i;
		rv = wi_bed_init(&hub->stations[i].bed);
		/* A spare gets its queue when it is started. */
		if (rv == WEFT_OK && i < hub->nworkers)
			rv = wi_runq_init(&hub->stations[i].runq,
			    hub->slots.max + hub->shareds.slots.max);
		if (rv < 0)
			return rv;
	}
	return WEFT_OK;
}

static void
node_hub_fini(struct wi_hub *hub)
{
	uint32_t i;

	if (hub->stations != NULL)
		for (i = 0; i < hub->max_workers; i++) {
			wi_runq_fini(&hub->stations[i].runq);
			wi_bed_fini(&hub->stations[i].bed);
		}
	free(hub->stations);
	hub->stations = NULL;
	wi_pull_fini(&hub->pull);
	wi_timers_fini(&hub->timers);
	wi_shareds_fini(&hub->shareds);
	wi_slots_fini(&hub->slots);
	wi_desk_fini(&hub->desk);
}

/* It is not to inherit the I/O thread's slice. */
static int
node_start_spare(struct wi_hub *hub, uint32_t number)
{
	struct weft_node *node = hub->node;
	int rv;

	wi_assert_io();
	wi_slice_restore(&node->io.slice);
	rv = wi_pool_start_spare(hub, number);
	wi_slice_shorten(&node->io.slice);
	if (rv < 0)
		wi_log_say(&node->log, WI_LOG_WORK_NO_SPARE,
		    "%u workers, and handlers block: %s", number,
		    weft_strerror(rv));
	return rv;
}

static int
node_hub_init(struct weft_node *node)
{
	const size_t strides[WI_SLOTS_ARRAYS] = { sizeof(struct wi_endpoint),
		sizeof(struct wi_conn), sizeof(struct wi_endpoint_more) };
	struct wi_hub *hub = &node->hub;
	int rv;

	hub->node = node;
	hub->log = &node->log;
	hub->nworkers = node->options.workers;
	hub->nlive = hub->nworkers;
	hub->max_workers = node->options.max_workers;
	wi_spares_init(&hub->spares, node->options.block_after_ms,
	    node->options.spare_ms);
	hub->spares.start = node_start_spare;
	wi_overload_init(&hub->overload, &node->log,
	    node->options.queue_target_ms, node->options.queue_interval_ms);
	hub->max_signals = node->options.max_signals;
	hub->max_requests = node->options.max_requests;
	hub->publish_high_bytes = node->options.publish_high_bytes;
	wi_outbox_init(&hub->outbox);
	wi_near_init(&hub->near);
	rv = wi_desk_init(&hub->desk, &node->options);
	if (rv < 0)
		return rv;
	rv = wi_pull_init(&hub->pull);
	if (rv == WEFT_OK)
		rv = wi_slots_init(
		    &hub->slots, node->options.max_endpoints, strides);
	if (rv == WEFT_OK)
		rv = wi_shareds_init(&hub->shareds, node->options.max_strands);
	if (rv == WEFT_OK)
		rv = wi_timers_init(&hub->timers, node->options.max_timers);
	if (rv == WEFT_OK)
		rv = node_stations_init(hub);
	if (rv < 0)
		node_hub_fini(hub);
	return rv;
}

int
weft_node_new(struct weft_node **nodep, const struct weft_options *options,
    struct weft_error *err)
{
	struct weft_node *node;
	int role, rv;

	*nodep = NULL;
	wi_fail_clear(err);
	node = aligned_alloc(64, (sizeof(*node) + 63) & ~(size_t)63);
	if (node == NULL)
		return wi_fail(err, -ENOMEM, "node: no memory");
	memset(node, 0, sizeof(*node));
	rv = wi_node_options(&node->options, options, err);
	if (rv < 0) {
		free(node);
		return rv;
	}
	wi_node_options_copy(&node->said, options);
	wi_log_init(&node->log, node->options.log, node->options.log_arg,
	    (enum weft_log_level)node->options.log_level);
	wi_plugins_init(&node->plugins, node, &node->log);
	node->plugins.begin = wi_strands_begin;
	node->plugins.end = wi_strands_end;
	rv = node_hub_init(node);
	if (rv == WEFT_OK && (rv = wi_tls_book_init(&node->tls)) < 0)
		node_hub_fini(&node->hub);
	if (rv < 0) {
		free(node);
		return wi_fail(err, rv, "node: %s", weft_strerror(rv));
	}
	role = wi_role_now();
	wi_become_io();
	rv = wi_io_init(&node->io, &node->hub, &node->options);
	wi_role_again(role);
	if (rv < 0) {
		wi_tls_book_fini(&node->tls);
		node_hub_fini(&node->hub);
		free(node);
		return wi_fail(
		    err, rv, "node: no event loop: %s", weft_strerror(rv));
	}
	(void)pthread_mutex_init(&node->change, NULL);
	*nodep = node;
	return WEFT_OK;
}

WI_ON_IO static int
node_start(struct weft_node *node, struct weft_error *err)
{
	int rv;

	rv = wi_engine_start(node, err);
	if (rv < 0)
		return rv;
	rv = wi_pool_start(&node->hub);
	if (rv == WEFT_OK)
		return WEFT_OK;
	wi_engine_stop(node);
	return wi_fail(err, rv,
	    "node: %u worker threads could not be started: %s",
	    node->hub.nworkers, weft_strerror(rv));
}

static void
node_to(struct weft_node *node, enum wi_node_state state)
{
	__atomic_store_n(&node->state, state, __ATOMIC_RELEASE);
}

WI_ON_IO static int
node_stopped(struct weft_node *node, struct weft_error *err)
{
	__atomic_store_n(&node->hub.runs, 0, __ATOMIC_RELEASE);
	if (node->io.stuck) {
		node_to(node, WI_NODE_STUCK);
		wi_log_say(&node->log, WI_LOG_WORK_STUCK,
		    "a handler has not returned: its thread stays");
		return wi_fail(
		    err, WEFT_ESTUCK, "node: %s", weft_strerror(WEFT_ESTUCK));
	}
	wi_pool_join(&node->hub);
	/* See stop_note in reload.c. */
	(void)pthread_mutex_lock(&node->plugins.reload);
	wi_strands_end(node, NULL);
	/* Whoever asked too late is told so. */
	(void)wi_collect(&node->io);
	wi_engine_stop(node);
	node_to(node, WI_NODE_STOPPED);
	(void)pthread_mutex_unlock(&node->plugins.reload);
	wi_log_say(&node->log, WI_LOG_IO_STOPPED, "%llu endpoints served",
	    (unsigned long long)weft_node_counter(
		node, WEFT_COUNTER_endpoints_opened));
	return WEFT_OK;
}

int
wi_node_serve(struct weft_node *node, void (*running)(struct weft_node *node),
    struct weft_error *err)
{
	struct wi_altstack altstack;
	int role, rv;

	wi_fail_clear(err);
	if (wi_node_state(node) != WI_NODE_NEW)
		return wi_fail(err, WEFT_ESTATE,
		    "node: expected one that has not run yet");
	role = wi_role_now();
	wi_become_io();
	wi_crash_io_begin(node, &altstack);
	node_to(node, WI_NODE_RUNNING);
	rv = node_start(node, err);
	if (rv < 0) {
		node_to(node, WI_NODE_STOPPED);
	} else {
		__atomic_store_n(&node->hub.runs, 1, __ATOMIC_RELEASE);
		if (running != NULL)
			running(node);
		wi_io_run(&node->io);
		rv = node_stopped(node, err);
	}
	wi_pull_end(&node->hub.pull);
	wi_crash_io_end(node, &altstack);
	wi_role_again(role);
	return rv;
}

void
weft_node_stop(struct weft_node *node)
{
	int before = errno; /* a signal handler must leave it alone */

	__atomic_fetch_add(&node->hub.stop_asked, 1, __ATOMIC_RELEASE);
	(void)wi_wake_io(&node->hub.io_door);
	errno = before;
}

int
weft_node_free(struct weft_node **nodep)
{
	struct weft_node *node = *nodep;
	int role;

	if (node == NULL)
		return WEFT_OK;
	if (node->thread.started || wi_node_state(node) == WI_NODE_RUNNING ||
	    wi_node_state(node) == WI_NODE_STUCK)
		return WEFT_ESTATE;
	*nodep = NULL;
	weft_crash_remove(node);
	wi_strands_end(node, NULL);
	wi_plugins_fini(&node->plugins);
	wi_pull_forget(&node->hub);
	role = wi_role_now();
	wi_become_io();
	wi_io_fini(&node->io);
	wi_role_again(role);
	wi_pool_free(&node->hub);
	wi_tls_book_fini(&node->tls);
	node_hub_fini(&node->hub);
	wi_plugins_forget(&node->plugins);
	(void)pthread_mutex_destroy(&node->change);
	free(node);
	return WEFT_OK;
}

static uint64_t
node_sum(const struct weft_node *node, enum weft_counter which)
{
	uint64_t sum;
	uint32_t i;

	sum = wi_counted(&node->hub.io_counters, which) +
	    wi_counted(&node->hub.any_counters, which) +
	    wi_counted(&node->hub.pull.counters, which);
	for (i = 0; i < node->hub.max_workers; i++)
		sum += wi_counted(&node->hub.stations[i].counters, which);
	return sum;
}

uint64_t
weft_node_counter(const struct weft_node *node, unsigned index)
{
	uint64_t opened, closed;

	if (index == WEFT_COUNTER_log_suppressed)
		return __atomic_load_n(
		    &node->log.suppressed, __ATOMIC_RELAXED);
	if (index == WEFT_COUNTER_endpoints_now) {
		closed = node_sum(node, WEFT_COUNTER_endpoints_closed);
		opened = node_sum(node, WEFT_COUNTER_endpoints_opened);
		return opened > closed ? opened - closed : 0;
	}
	if (index == WEFT_COUNTER_subscriptions_now)
		return node_sum(node, WEFT_COUNTER_subscriptions) -
		    node_sum(node, WEFT_COUNTER_unsubscriptions);
	if (index == WEFT_COUNTER_overloads)
		return __atomic_load_n(
		    &node->hub.overload.times, __ATOMIC_RELAXED);
	if (index == WEFT_COUNTER_workers_now)
		return __atomic_load_n(&node->hub.nthreads, __ATOMIC_RELAXED);
	if (index == WEFT_COUNTER_strands_now)
		return __atomic_load_n(
		    &node->hub.shareds.slots.nused, __ATOMIC_RELAXED);
	if (index >= WEFT_NCOUNTERS)
		return 0;
	return node_sum(node, (enum weft_counter)index);
}

void
weft_log(struct weft_node *node, enum weft_log_level level, const char *id,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wi_log_line(&node->log, level, id, format, args);
	va_end(args);
}

void
weft_log_level(struct weft_node *node, enum weft_log_level level)
{
	__atomic_store_n(&node->log.level, level, __ATOMIC_RELAXED);
}

struct wi_hub *
wi_node_hub(struct weft_node *node)
{
	return &node->hub;
}

struct wi_node_thread *
wi_node_thread(struct weft_node *node)
{
	return &node->thread;
}

bool
wi_node_wants_signals(const struct weft_node *node)
{
	return node->options.signals != 0;
}
