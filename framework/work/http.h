/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/http.h - requests of http:// on their way to a handler, and back.
 * thread: the worker.
 */
#ifndef WI_WORK_HTTP_H
#define WI_WORK_HTTP_H

#include <weft/http.h>

#include "codec/http_head.h"
#include "work/run.h"

/* What a weft_http_id says of its request, besides its number. */
#define WI_HTTP_ID_HEAD (UINT64_C(1) << 24)   /* its reply has no body */
#define WI_HTTP_ID_CLOSE (UINT64_C(1) << 25)  /* the last of its connection */
#define WI_HTTP_ID_OLD (UINT64_C(1) << 26)    /* HTTP/1.0: no chunks */
#define WI_HTTP_ID_CHUNKS (UINT64_C(1) << 27) /* weft_http_begin(): so it is */

/* A request at hand.  owned by: wi_http_run(), on its stack. */
struct wi_http_call {
	struct wi_http_head head;
	struct weft_http_request request;
	struct wi_http_text path; /* with "/" for none */
	struct weft_bytes body;
	const struct weft_route *route; /* NULL: none */
	uint64_t id;
	bool replied;
	bool deferred;
};

/*
 * wi_http_run() - a request: its route, or message(); in any case there is a
 * reply, or it was deferred.
 *
 *   late     in       it has waited for too long: nothing is run.
 */
void wi_http_run(struct wi_run *run, struct weft_bytes msg, uint32_t flags,
    bool late) WI_ON_WORKER;

/* wi_http_no_reply() - what has run has neither replied nor deferred. */
void wi_http_no_reply(struct weft_call *call) WI_ON_WORKER;

/* wi_http_answer() - a reply without a body, by no handler.
 * fields: or NULL. */
void wi_http_answer(
    struct weft_call *call, unsigned status, const char *fields) WI_ON_WORKER;

/* http_body.c: wi_http_expect() - the request at hand comes in pieces; msg is
 * its head, and nothing of it was run.  wi_http_piece() - one of them.
 * wi_http_forget() - its client is gone. */
void wi_http_expect(
    struct weft_call *call, struct weft_bytes msg) WI_ON_WORKER;
void wi_http_piece(
    struct wi_run *run, struct weft_bytes piece, uint32_t flags) WI_ON_WORKER;
void wi_http_forget(struct wi_hub *hub, const struct wi_endpoint *endpoint);

/* wi_http_request_of() - the parts of a request's head. */
void wi_http_request_of(
    const struct wi_http_head *head, struct weft_http_request *request);

/* wi_http_message() - weft_send() to the endpoint of the request at hand, in
 * message(): that is the reply.  errors: WEFT_ESTATE: it is not so. */
int wi_http_message(struct weft_call *call, uint64_t to, struct weft_bytes msg,
    uint32_t flags) WI_ON_WORKER;

/* wi_http_respond() - a reply to a request, whoever has it.
 * errors: as weft_http_respond(). */
int wi_http_respond(struct wi_hub *hub, const struct weft_http_id *id,
    const struct weft_http_response *response);

#endif
