/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/promise - no two workers in one strand.
 *
 * thread: workers.  Who calls a handler writes its worker into the strand that
 * it runs, and into the endpoint's own if that is bound, and takes it out when
 * the handler has returned.  An exchange each way shows who else was there.
 */
#include "work/promise.h"

#ifdef WI_DEBUG

#include <stdlib.h>

#include "base/fail.h"
#include "base/stack.h"
#include "base/thread_role.h"

#define PROMISE_STACK_MS 1000u /* [ms] for the other thread to answer */

static void
promise_say(struct wi_log *log, const char *who, const struct wi_stack *stack)
{
	char text[WI_LOG_TEXT_MAX - 64];

	(void)wi_stack_text(stack, " ", text, sizeof(text));
	wi_log_say(log, WI_LOG_WORK_PROMISE, "%s %s", who, text);
}

static void
promise_broken(struct wi_worker *mine, const struct wi_worker *other)
{
	struct wi_log *log = mine->hub->log;
	struct wi_stack stack;

	wi_log_say(log, WI_LOG_WORK_PROMISE,
	    "expected one worker in a strand, found %u and %u", mine->number,
	    other == NULL ? mine->number : other->number);
	wi_stack_here(&stack);
	promise_say(log, "this one:", &stack);
	if (other != NULL && other != mine &&
	    wi_stack_of(other->thread, PROMISE_STACK_MS, &stack) == WEFT_OK)
		promise_say(log, "the other:", &stack);
	abort();
}

static void
promise_enter(struct wi_worker *worker, struct wi_strand *strand)
{
	struct wi_worker *other =
	    __atomic_exchange_n(&strand->runner, worker, __ATOMIC_RELAXED);

	if (other != NULL)
		promise_broken(worker, other);
}

static void
promise_leave(struct wi_worker *worker, struct wi_strand *strand)
{
	struct wi_worker *other =
	    __atomic_exchange_n(&strand->runner, NULL, __ATOMIC_RELAXED);

	if (other != worker)
		promise_broken(worker, other);
}

/* The endpoint's own strand, if another one is run. */
static struct wi_strand *
promise_own(const struct weft_call *call)
{
	return call->endpoint == NULL || &call->endpoint->own == call->strand ?
	    NULL :
	    &call->endpoint->own;
}

void
wi_promise_begin(const struct weft_call *call)
{
	struct wi_strand *own = promise_own(call);

	promise_enter(call->worker, call->strand);
	if (own != NULL)
		promise_enter(call->worker, own);
}

void
wi_promise_end(const struct weft_call *call)
{
	struct wi_strand *own = promise_own(call);

	promise_leave(call->worker, call->strand);
	if (own != NULL)
		promise_leave(call->worker, own);
}

#else

/* An empty file is not C. */
typedef int wi_promise_is_not_checked;

#endif
