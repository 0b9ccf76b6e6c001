/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/deflated - messages that came made smaller, on their way to their
 * handler: inflated into the worker's arena, as values are (work/typed).
 *
 * thread: the worker.
 */
#include "work/deflated.h"

#include <errno.h>

#include "work/close.h"
#include "work/quarantine.h"
#include "work/typed.h"

void
wi_run_deflated(
    struct wi_run *run, struct weft_bytes msg, uint32_t flags, bool typed)
{
	struct weft_call *call = &run->call;
	struct wi_worker *worker = call->worker;
	struct wi_arena_mark mark = wi_arena_mark(&worker->arena);
	struct wi_wrong wrong = { WEFT_OK, NULL };
	int rv;

	rv = wi_inflated(worker->hub, call->endpoint, &worker->inflater,
	    &worker->arena, &msg, flags, &wrong);
	if (rv == WEFT_OK) {
		wi_count(worker->counters, WEFT_COUNTER_messages_inflated, 1);
		call->flags = flags & WEFT_TEXT;
		if (!wi_run_quarantined(run, msg)) {
			wi_run_begin(run, WI_CALLBACK_message, msg);
			wi_run_message(run, msg, typed);
			wi_run_end(run);
		}
	} else if (rv == -ENOMEM) {
		(void)weft_abort(call, weft_call_endpoint(call));
	} else {
		(void)wi_close_wrong(call, &wrong);
	}
	wi_arena_release(&worker->arena, mark);
}
