/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steer - suspend, resume, drain, and how far a node is: the public doors, for
 * every thread.
 *
 * thread: any.  What is asked for becomes an order (handoff/order.h) for the
 * I/O thread: io/listen.c, io/drain.c.
 */
#include <errno.h>

#include <weft/admin.h>

#include "handoff/order.h"
#include "node.h"

static int
steer_listener(
    struct weft_node *node, enum wi_order_kind kind, weft_listener listener)
{
	struct wi_order *order;

	if (!wi_desk_listener_is(&node->hub.desk, listener.id))
		return WEFT_ENOLISTENER;
	order = wi_order_new(kind);
	if (order == NULL)
		return -ENOMEM;
	order->id = listener.id;
	wi_order_push(&node->hub, order);
	return WEFT_OK;
}

int
weft_node_suspend(struct weft_node *node, weft_listener listener)
{
	return steer_listener(node, WI_ORDER_SUSPEND, listener);
}

int
weft_node_resume(struct weft_node *node, weft_listener listener)
{
	return steer_listener(node, WI_ORDER_RESUME, listener);
}

int
weft_node_drain(struct weft_node *node, uint32_t deadline_ms)
{
	enum weft_phase phase = weft_node_phase(node);
	struct wi_order *order;

	if (phase >= WEFT_PHASE_STOPPING)
		return WEFT_ESTATE;
	order = wi_order_new(WI_ORDER_LEAVE);
	if (order == NULL)
		return -ENOMEM;
	order->id = deadline_ms;
	__atomic_store_n(&node->hub.leaving, 1, __ATOMIC_RELAXED);
	wi_order_push(&node->hub, order);
	return WEFT_OK;
}

enum weft_phase
weft_node_phase(const struct weft_node *node)
{
	enum wi_node_state state = wi_node_state(node);

	if (state == WI_NODE_STOPPED || state == WI_NODE_STUCK)
		return WEFT_PHASE_STOPPED;
	if (__atomic_load_n(&node->hub.stop_asked, __ATOMIC_RELAXED) != 0)
		return WEFT_PHASE_STOPPING;
	if (state == WI_NODE_NEW)
		return WEFT_PHASE_NEW;
	return __atomic_load_n(&node->hub.leaving, __ATOMIC_RELAXED) != 0 ?
	    WEFT_PHASE_DRAINING :
	    WEFT_PHASE_SERVING;
}

const char *
weft_phase_name(enum weft_phase phase)
{
	static const char *const names[] = { [WEFT_PHASE_NEW] = "new",
		[WEFT_PHASE_SERVING] = "serving",
		[WEFT_PHASE_DRAINING] = "draining",
		[WEFT_PHASE_STOPPING] = "stopping",
		[WEFT_PHASE_STOPPED] = "stopped" };

	return (unsigned)phase < sizeof(names) / sizeof(names[0]) ?
	    names[phase] :
	    "?";
}
