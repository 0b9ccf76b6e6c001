/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/close.h - endpoints that end for what they have sent.
 *
 * thread: the worker.
 */
#ifndef WI_CLOSE_H
#define WI_CLOSE_H

#include "work/worker.h"

struct wi_wrong;

/* wi_close_malformed() - weft_abort() of the endpoint of the call, with reason
 * MALFORMED. */
int wi_close_malformed(struct weft_call *call) WI_ON_WORKER;

/* wi_close_quarantined() - likewise, with reason QUARANTINED. */
int wi_close_quarantined(struct weft_call *call) WI_ON_WORKER;

/* wi_close_wrong() - the endpoint of the call ends for a message that could
 * not be run; its peer is told why. */
int wi_close_wrong(
    struct weft_call *call, const struct wi_wrong *wrong) WI_ON_WORKER;

/* wi_close_with() - weft_close(), with a status of 16 bits in network order
 * and a text for the peer. */
int wi_close_with(
    struct weft_call *call, weft_endpoint endpoint, struct weft_bytes words);

#endif
