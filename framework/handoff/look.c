/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/look - another thread asks what only the I/O thread knows.
 *
 * thread: any.  The question goes through the outbox as an order, so what the
 * thread has ordered before is done when the answer comes, and what is asked
 * of a node that is about to run waits until it does.
 */
#include "handoff/look.h"

#include <errno.h>
#include <stdlib.h>

#include "base/thread_role.h"
#include "handoff/order.h"
#include "handoff/waiter.h"

/* A loop turns in microseconds; this is for one whose last turn was. */
#define LOOK_WAIT_MS 2000u

static struct wi_look *
look_new(enum wi_look_kind kind, uint32_t from, uint32_t max)
{
	struct wi_look *look = calloc(1, sizeof(*look));

	if (look == NULL)
		return NULL;
	look->refs = 2;
	look->kind = kind;
	look->from = from;
	look->max = max < WEFT_LOOK_MAX ? max : WEFT_LOOK_MAX;
	return look;
}

void
wi_look_drop(struct wi_look **lookp)
{
	struct wi_look *look = *lookp;

	*lookp = NULL;
	if (__atomic_sub_fetch(&look->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(look);
}

int
wi_look_ask(struct wi_hub *hub, enum wi_look_kind kind, uint32_t from,
    uint32_t max, struct wi_look **lookp)
{
	struct wi_waiter *waiter, *mine;
	struct wi_order *order;
	struct wi_look *look;
	char none[1];
	int rv;

	*lookp = NULL;
	if (wi_role_is_io())
		return WEFT_ESTATE;
	look = look_new(kind, from, max);
	waiter = wi_waiter_new();
	order = wi_order_new(WI_ORDER_LOOK);
	if (look == NULL || waiter == NULL || order == NULL) {
		free(look);
		if (waiter != NULL)
			wi_waiter_drop(&waiter);
		if (order != NULL)
			wi_order_drop(order);
		return -ENOMEM;
	}
	mine = waiter;
	order->waiter = waiter;
	order->look = look;
	wi_order_push(hub, order);
	rv = wi_waiter_wait(&mine, LOOK_WAIT_MS, none, sizeof(none));
	if (rv < 0)
		wi_look_drop(&look);
	else
		*lookp = look;
	return rv;
}
