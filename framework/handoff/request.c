/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/request - requests that wait for their outcome.
 *
 * thread: any; see outcome_note.
 */
#include "handoff/request.h"

#include <errno.h>
#include <string.h>

#include <weft/error.h>

#include "handoff/block.h"
#include "handoff/hub.h"
#include "handoff/post.h"

struct wi_timer *
wi_request_take(struct wi_hub *hub, uint64_t id, uint64_t to)
{
	bool runs;

	return wi_timer_cancel(&hub->timers, id, to, &runs);
}

void
wi_request_answer(struct wi_hub *hub, struct wi_timer *timer, int code,
    struct weft_bytes msg)
{
	struct wi_request *request = &timer->request;

	request->block = NULL;
	if (msg.len > 0) {
		request->block = wi_block_new(msg.len);
		if (request->block == NULL) {
			code = -ENOMEM;
		} else {
			memcpy(request->block->data, msg.data, msg.len);
			request->block->fill = (uint32_t)msg.len;
		}
	}
	wi_event_init(&request->answer, WI_EVENT_ANSWER);
	request->answer.detail = (uint32_t)-code;
	wi_post(hub, timer->strand, &request->answer);
}

void
wi_request_told(const struct wi_timer *timer, struct weft_reply *reply)
{
	const struct wi_request *request = &timer->request;

	reply->code = -(int)request->answer.detail;
	reply->msg = (struct weft_bytes){ NULL, 0 };
	if (request->block != NULL)
		reply->msg = (struct weft_bytes){ request->block->data,
			request->block->fill };
}

void
wi_request_over(struct wi_timer *timer)
{
	if (timer->request.block != NULL)
		wi_block_unref(&timer->request.block);
}

void
wi_request_call(struct wi_hub *hub, struct wi_timer *timer,
    struct weft_call *call, const struct weft_reply *reply)
{
	/* First: it may ask again. */
	__atomic_fetch_sub(&hub->nrequests, 1, __ATOMIC_RELAXED);
	timer->request.on_reply(call, reply, timer->what.data);
}
