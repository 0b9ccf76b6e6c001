/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_ping - ask the I/O thread whether it still answers.
 *
 * thread: any but I/O.  The question travels as all orders do, through the
 * outbox: what is answered is that its loop turns and empties that.
 */
#include <errno.h>

#include <weft/supervise.h>

#include "handoff/order.h"
#include "handoff/waiter.h"
#include "node.h"

int
weft_node_ping(struct weft_node *node, uint32_t timeout_ms)
{
	const enum wi_node_state state = wi_node_state(node);
	struct wi_waiter *waiter;
	struct wi_order *order;
	char words[8];

	if (wi_role_is_io() ||
	    (state != WI_NODE_NEW && state != WI_NODE_RUNNING))
		return WEFT_ESTATE;
	order = wi_order_new(WI_ORDER_PING);
	if (order == NULL)
		return -ENOMEM;
	waiter = wi_waiter_new();
	if (waiter == NULL) {
		wi_order_drop(order);
		return -ENOMEM;
	}
	order->waiter = waiter;
	wi_order_push(&node->hub, order);
	return wi_waiter_wait(&waiter, timeout_ms, words, sizeof(words));
}
