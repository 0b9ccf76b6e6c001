/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/promise.h - the promise of strands, checked at each call of a handler:
 * no two at a time.  With --enable-debug only; else these do nothing.
 *
 * If it is broken, the log gets the stacks of both workers, and the process
 * aborts: this is a fault of ours, or memory was overwritten.
 */
#ifndef WI_PROMISE_H
#define WI_PROMISE_H

#include "work/worker.h"

#ifdef WI_DEBUG

/* wi_promise_begin(), wi_promise_end() - around a handler.  thread: the
 * worker that runs call. */
void wi_promise_begin(const struct weft_call *call) WI_ON_WORKER;
void wi_promise_end(const struct weft_call *call) WI_ON_WORKER;

#else

static inline void
wi_promise_begin(const struct weft_call *call)
{
	(void)call;
}

static inline void
wi_promise_end(const struct weft_call *call)
{
	(void)call;
}

#endif

#endif
