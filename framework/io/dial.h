/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/dial.h - from a URL to a connected socket, without blocking.
 *
 * Looks the name up (libuv's thread pool), orders the addresses and tries them
 * as RFC 8305 says: families in turn, the next attempt 250 ms after the last
 * one began or as soon as it failed, the first that stands wins.  A URL's
 * handshake option bounds all of it together.
 *
 * thread: I/O.
 */
#ifndef WI_DIAL_H
#define WI_DIAL_H

#include <stdint.h>

#include <uv.h>

#include <weft/error.h>

#include "base/address.h"
#include "base/thread_role.h"
#include "base/url.h"

struct wi_dial; /* opaque; owned by: whoever started it */

/* How it ended. */
struct wi_dialled {
	int fd;   /* connected, or -1.  udp to a group or a broadcast address:
	             not connected, since answers come from elsewhere */
	int code; /* WEFT_OK; WEFT_EUNRESOLVED; -ETIMEDOUT; else what the last
	             attempt was answered, as a negated errno */
	struct wi_address remote;
	struct wi_address local;
	char text[256]; /* on error: what was expected and found, in words */
};

/*
 * wi_dial_cb - called once, from the loop, never from wi_dial_start().
 *
 *   arg      in       as given.
 *   result   in       valid during the call.
 *   owner             of result->fd the callee.
 *
 * The dial is gone when it is called: the pointer must not be used any more.
 */
typedef void wi_dial_cb(void *arg, const struct wi_dialled *result);

/*
 * wi_dial_start() - begin.
 *
 *   url      in       of tcp, unix or udp; copied.
 *   handshake_ms in   for all of it together; 0: no limit.
 *   returns           WEFT_OK, or -ENOMEM: cb is not called then.  What fails
 *                     at once is told by cb, too.
 *   owner             of *dialp the caller, until cb is called.
 */
int wi_dial_start(struct wi_dial **dialp, uv_loop_t *loop,
    const struct wi_url *url, uint32_t handshake_ms, wi_dial_cb *cb,
    void *arg) WI_ON_IO;

/* wi_dial_cancel() - give it up; cb is not called; *dialp becomes NULL.  Its
 * memory goes when the loop has closed its handles. */
void wi_dial_cancel(struct wi_dial **dialp) WI_ON_IO;

#endif
