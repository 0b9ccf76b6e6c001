/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/close.h - endpoints that end for what they have sent.
 *
 * thread: the worker.
 */
#ifndef WI_CLOSE_H
#define WI_CLOSE_H

#include "work/worker.h"

/* wi_close_malformed() - weft_abort() of the endpoint of the call, with reason
 * MALFORMED. */
int wi_close_malformed(struct weft_call *call) WI_ON_WORKER;

#endif
