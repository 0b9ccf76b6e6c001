/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_limits - the options of a node that is there: which they are, and
 * others.
 *
 * thread: any.  What is read for each message lies where it is read and is
 * changed there (handoff/desk, the hub); the rest, and what waits for a mark
 * of before, is the I/O thread's, by an order (io/change.c).
 *
 * all_note: what can fail is done first: the options are looked at, the order
 * is made, and the desk has the memory that it needs or changes nothing.
 */
#include <errno.h>
#include <string.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "handoff/order.h"
#include "node.h"
#include "node_options.h"

static void
limits_set(uint32_t *value, uint32_t to)
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

/* What lies in the hub. */
static void
limits_hub(struct wi_hub *hub, const struct weft_options *options)
{
	limits_set(&hub->max_signals, options->max_signals);
	limits_set(&hub->max_requests, options->max_requests);
	limits_set(&hub->publish_high_bytes, options->publish_high_bytes);
	wi_overload_set(&hub->overload, options->queue_target_ms,
	    options->queue_interval_ms);
	wi_spares_set(&hub->spares, options->block_after_ms, options->spare_ms,
	    options->max_workers);
	wi_slots_set(&hub->slots, options->max_endpoints);
	wi_slots_set(&hub->shareds.slots, options->max_strands);
}

/* See all_note. */
static int
limits_change(struct weft_node *node, const struct weft_options *options,
    struct weft_error *err)
{
	struct weft_options next;
	struct wi_order *order;
	int rv;

	rv = wi_node_options_change(&next, &node->options, options, err);
	if (rv < 0)
		return rv;
	order = wi_order_new(WI_ORDER_CHANGE);
	if (order == NULL)
		return wi_fail(err, -ENOMEM, "limits: no memory");
	rv = wi_desk_change(&node->hub.desk, &next);
	if (rv < 0) {
		wi_order_drop(order);
		return wi_fail(err, rv, "limits: no memory");
	}
	wi_node_options_copy(&node->said, options);
	limits_hub(&node->hub, &next);
	weft_log_level(node, (enum weft_log_level)next.log_level);
	wi_order_push(&node->hub, order);
	return WEFT_OK;
}

int
weft_node_limits(struct weft_node *node, const struct weft_options *options,
    struct weft_error *err)
{
	int rv;

	wi_fail_clear(err);
	if (weft_node_phase(node) == WEFT_PHASE_STOPPED)
		return wi_fail(err, WEFT_ESTATE,
		    "limits: expected a node that has not stopped, found one "
		    "that has");
	(void)pthread_mutex_lock(&node->change);
	rv = limits_change(node, options, err);
	(void)pthread_mutex_unlock(&node->change);
	return rv;
}

void
weft_node_options(struct weft_node *node, struct weft_options *options)
{
	const uint32_t size = options->size < sizeof(*options) ?
	    options->size :
	    (uint32_t)sizeof(*options);

	if (size < offsetof(struct weft_options, workers))
		return;
	(void)pthread_mutex_lock(&node->change);
	memcpy(options, &node->said, size);
	(void)pthread_mutex_unlock(&node->change);
	options->size = size;
}
