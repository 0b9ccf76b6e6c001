/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/show - the I/O thread tells what it knows.
 *
 * thread: I/O.  Takes orders from io/collect, and writes what other threads
 * cannot read: whose client an endpoint is, what it is bound to, why it is not
 * read from.  All else, its texts too, is the asker's work (inspect.c): what
 * is done here holds up the sockets.
 *
 * budget_note: endpoints and their subscriptions are counted one by one, up to
 * SHOW_BUDGET of both, and the next question goes on from there.
 */
#include "io/show.h"

#include <stdio.h>
#include <string.h>

#include "handoff/answer.h"
#include "handoff/look.h"
#include "handoff/order.h"
#include "handoff/overload.h"
#include "handoff/waiter.h"
#include "io/answer.h"
#include "io/io.h"
#include "io/listener.h"
#include "io/subscribe.h"

#define SHOW_BUDGET 8192u

/* What it is bound to is its runner's; a strand that has ended meanwhile has
 * no id. */
WI_ON_IO static uint64_t
show_strand(const struct wi_endpoint *endpoint)
{
	struct wi_strand *group =
	    __atomic_load_n(&endpoint->group, __ATOMIC_RELAXED);

	if (group == NULL)
		return 0;
	return __atomic_load_n(&wi_shared_of(group)->id, __ATOMIC_RELAXED);
}

WI_ON_IO static void
show_endpoint(
    struct wi_io *io, const struct wi_conn *conn, struct wi_look_endpoint *out)
{
	out->id = conn->endpoint->name;
	out->listener = conn->listener;
	out->strand = show_strand(conn->endpoint);
	out->plugin = conn->endpoint->plugin;
	out->subscriptions = wi_subscribe_count(conn);
	out->paused = wi_conn_paused(conn);
	if ((out->paused & WEFT_PAUSED_MAILBOX) != 0 &&
	    wi_overload_is(&io->hub->overload))
		out->paused |= WEFT_PAUSED_OVERLOAD;
	out->paused_ms = out->paused == 0 ?
	    0 :
	    (uint64_t)(wi_io_ticks(io) - conn->paused_since) *
		WI_FACTS_TICK_MS;
}

/* See budget_note. */
WI_ON_IO static void
show_endpoints(struct wi_io *io, struct wi_look *look)
{
	struct wi_slots *slots = &io->hub->slots;
	const struct wi_conn *conn;
	uint32_t spent = 0;
	int64_t slot;

	for (slot = wi_slots_next(slots, look->from);
	     slot >= 0 && look->n < look->max && spent < SHOW_BUDGET;
	     slot = wi_slots_next(slots, look->from)) {
		look->from = (uint32_t)slot + 1;
		conn = wi_conn_of(io, (uint32_t)slot);
		spent++;
		if (conn->state == WI_CONN_FREE)
			continue;
		show_endpoint(io, conn, &look->is.endpoints[look->n]);
		spent += look->is.endpoints[look->n++].subscriptions;
	}
	look->end = slot < 0;
}

WI_ON_IO static void
show_listener(struct wi_io *io, struct wi_look *look)
{
	struct weft_listener_info *info = &look->is.listener.info;
	const struct wi_listener *listener;
	uint32_t at = 0;

	for (listener = io->listeners; listener != NULL;
	     listener = listener->next)
		if (!listener->gone && at++ == look->from)
			break;
	look->end = listener == NULL;
	if (listener == NULL)
		return;
	info->listener.id = listener->id;
	memcpy(info->url, listener->text, sizeof(info->url));
	info->transport = listener->limits->transport;
	info->codec = listener->codec->name;
	info->suspended = listener->suspended;
	info->endpoints = listener->nconns;
	info->accepted = listener->naccepted;
	look->is.listener.plugin = listener->plugin;
	look->is.listener.limits = listener->udp != NULL ?
	    listener->limits :
	    wi_desk_limits_now(listener->limits);
}

void
wi_show(struct wi_io *io, struct wi_order *order)
{
	struct wi_look *look = order->look;

	if (look->kind == WI_LOOK_ENDPOINTS)
		show_endpoints(io, look);
	else
		show_listener(io, look);
	wi_look_drop(&order->look);
	wi_waiter_tell(&order->waiter, WEFT_OK, NULL);
}
