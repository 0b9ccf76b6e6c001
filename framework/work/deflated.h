/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/deflated.h - messages that came made smaller, on their way to their
 * handler.
 *
 * thread: the worker.
 */
#ifndef WI_DEFLATED_H
#define WI_DEFLATED_H

#include "handoff/inflated.h"
#include "work/run.h"

/* wi_run_deflated() - a message for which wi_inflated_is(): inflated, given to
 * its handler, forgotten.  If it cannot be, its endpoint ends.  typed:
 * wi_typed(). */
void wi_run_deflated(struct wi_run *run, struct weft_bytes msg, uint32_t flags,
    bool typed) WI_ON_WORKER;

#endif
