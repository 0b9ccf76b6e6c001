/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/request.h - requests and replies, as the dispatcher sees them.
 */
#ifndef WI_WORK_REQUEST_H
#define WI_WORK_REQUEST_H

#include <weft/codec.h>

#include "work/run.h"

/* wi_run_sealed() - a message whose codec carries ids: a message, a request or
 * a reply. */
void wi_run_sealed(
    struct wi_run *run, struct weft_bytes msg, uint32_t flags) WI_ON_WORKER;

/* wi_run_request() - TIMER of a request, dropped from the mailbox; told: its
 * time has come, else its strand has ended.
 * wi_run_answer() - ANSWER, likewise.
 * wi_run_unanswered() - UNANSWERED, of run->call.endpoint. */
void wi_run_request(
    struct wi_run *run, struct wi_timer *timer, bool told) WI_ON_WORKER;
void wi_run_answer(struct wi_run *run, struct wi_timer *timer) WI_ON_WORKER;
void wi_run_unanswered(
    struct wi_run *run, struct wi_timer *timer) WI_ON_WORKER;

#endif
