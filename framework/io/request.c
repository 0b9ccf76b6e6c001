/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/request - requests end with the connection of who was asked.
 *
 * thread: I/O.  Hears of each request as of any timer that is set
 * (io/timer.c); see behind_note in handoff/request.h.
 */
#include "handoff/request.h"

#include "handoff/schedule.h"
#include "io/io.h"

/* Behind what was read of it, while somebody is there to run that. */
WI_ON_IO static bool
request_lose(struct wi_io *io, struct wi_conn *conn, struct wi_timer *timer)
{
	struct wi_strand *own = &conn->endpoint->own;

	if (wi_strand_hold(own, WI_HOLD_PLACE, 0) < 0)
		return false;
	wi_timer_hold(timer);
	wi_event_init(&timer->request.unanswered, WI_EVENT_UNANSWERED);
	if (wi_mailbox_push(&own->mailbox, &timer->request.unanswered))
		wi_schedule(io->hub, own);
	return true;
}

/* Nobody is left who could have its reply. */
WI_ON_IO static void
request_end(struct wi_io *io, struct wi_timer *timer)
{
	struct wi_hub *hub = io->hub;

	if (wi_request_take(
		hub, wi_timer_id(&hub->timers, timer), timer->to) == NULL)
		return;
	wi_count(io->counters, WEFT_COUNTER_requests_disconnected, 1);
	wi_timer_forget(io, timer);
	wi_request_answer(
	    hub, timer, WEFT_ENOENDPOINT, (struct weft_bytes){ NULL, 0 });
}

/* Of that endpoint, not of another that has its slot meanwhile? */
WI_ON_IO static bool
request_is_to(const struct wi_conn *conn, uint64_t to)
{
	return conn->state != WI_CONN_FREE && conn->endpoint->name == to;
}

void
wi_request_join(struct wi_io *io, struct wi_timer *timer)
{
	struct wi_request *request = &timer->request;
	struct wi_conn *conn =
	    wi_conn_of(io, (uint32_t)(timer->to & WI_ID_SLOT_MASK));

	if (!request_is_to(conn, timer->to)) {
		request_end(io, timer);
		return;
	}
	if (conn->state > WI_CONN_OPEN && !wi_connect_lasts(conn)) {
		if (!request_lose(io, conn, timer))
			request_end(io, timer);
		return;
	}
	request->peer = conn->asked;
	request->peer_link = &conn->asked;
	if (conn->asked != NULL)
		conn->asked->request.peer_link = &request->peer;
	conn->asked = timer;
}

void
wi_request_leave(struct wi_timer *timer)
{
	struct wi_request *request = &timer->request;

	if (request->peer_link == NULL)
		return;
	*request->peer_link = request->peer;
	if (request->peer != NULL)
		request->peer->request.peer_link = request->peer_link;
	request->peer_link = NULL;
}

void
wi_request_lost(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_timer *timer, *oldest = NULL;

	/* In the order in which they were asked. */
	while ((timer = conn->asked) != NULL) {
		wi_request_leave(timer);
		timer->request.peer = oldest;
		oldest = timer;
	}
	while ((timer = oldest) != NULL) {
		oldest = timer->request.peer;
		if (!request_lose(io, conn, timer))
			request_end(io, timer);
	}
}
