/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/request.h - requests that wait for their outcome.
 *
 * A request is a timer of the strand that asked (handoff/timer.h), set to its
 * timeout, which knows whom it asks (to); its name is the id on the wire.
 *
 * outcome_note: who turns its word from WAITING has its outcome:
 *
 *   the runner of who asked    RUNNING    its time has come (TIMER), or its
 *                                         strand or node ends
 *   the runner of who is asked CANCELLED  a reply (a message), or there will
 *                                         be none (UNANSWERED)
 *   I/O                        CANCELLED  who is asked is gone
 *
 * and brings it to the strand that asked, as an ANSWER if another one runs.
 * So on_reply is called once, whatever comes at the same time.
 *
 * behind_note: a connection ends for its requests where it ends for its
 * strand: UNANSWERED stands in its mailbox behind what was read, before
 * CLOSED.  A reply that was read is thus not lost to the end that followed it.
 */
#ifndef WI_REQUEST_H
#define WI_REQUEST_H

#include <stdint.h>

#include <weft/request.h>

#include "handoff/timer.h"

struct wi_hub;

/* wi_request_take() - its outcome is the caller's to bring about, and one hold
 * is.  NULL: it is another's, or nobody has asked that endpoint under that id.
 * thread: any. */
struct wi_timer *wi_request_take(struct wi_hub *hub, uint64_t id, uint64_t to);

/* wi_request_answer() - to the strand that asked; msg is copied.  One hold
 * goes with it.  thread: who took it, or holds it after that. */
void wi_request_answer(struct wi_hub *hub, struct wi_timer *timer, int code,
    struct weft_bytes msg);

/* wi_request_told() - what ANSWER brought, in *reply; wi_request_over() when
 * on_reply has returned.  thread: the runner of who asked. */
void wi_request_told(const struct wi_timer *timer, struct weft_reply *reply);
void wi_request_over(struct wi_timer *timer);

/* wi_request_call() - on_reply, and the request is counted as over.  thread:
 * the runner of who asked. */
void wi_request_call(struct wi_hub *hub, struct wi_timer *timer,
    struct weft_call *call, const struct weft_reply *reply);

#endif
