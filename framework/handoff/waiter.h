/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/waiter.h - a thread that waits for the I/O thread's word: for
 * weft_node_connect_wait() only, never on a message's way.
 *
 * Two hold it, the thread that waits and the I/O thread; the last to let go
 * frees it, so that a deadline may pass at any time.
 */
#ifndef WI_WAITER_H
#define WI_WAITER_H

#include <stddef.h>
#include <stdint.h>

struct wi_waiter; /* opaque */

/* wi_waiter_new() - with both references; NULL: no memory. */
struct wi_waiter *wi_waiter_new(void);

/* wi_waiter_drop() - with both references still the caller's. */
void wi_waiter_drop(struct wi_waiter **waiterp);

/* wi_waiter_tell() - how it ended: WEFT_OK or a negative code, with words or
 * NULL; lets go, *waiterp becomes NULL.  *waiterp may be NULL.
 * thread: I/O. */
void wi_waiter_tell(struct wi_waiter **waiterp, int code, const char *text);

/*
 * wi_waiter_wait() - until it is told, or the deadline; lets go.
 *
 *   text     out      of size bytes: the words, "" if there are none.
 *   returns           what was told, or -ETIMEDOUT.
 *   thread            the one that made it.
 */
int wi_waiter_wait(
    struct wi_waiter **waiterp, uint32_t timeout_ms, char *text, size_t size);

#endif
