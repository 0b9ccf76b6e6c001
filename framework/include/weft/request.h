/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/request.h - requests: what is asked of an endpoint, and its reply.
 *
 * They need a codec that carries ids: rpc (tcp+rpc://), or one of the
 * program's with seal() and open() (weft/codec.h).  Both ends of a connection
 * may ask the other, at any time, and any number of times; replies may come in
 * any order.
 *
 * On the wire, rpc is the length of what follows, as unsigned LEB128; a byte,
 * the kind: 0 a message, 1 a request, 2 a reply, 3 a refusal; unless it is 0,
 * the id as unsigned LEB128 of 64 bits, as short as can be, which a reply or
 * refusal has of its request; the payload.
 *
 *	static void
 *	on_reply(struct weft_call *call, const struct weft_reply *reply,
 *	    void *user)
 *	{
 *		if (reply->code == WEFT_OK)
 *			use(reply->msg);
 *	}
 *
 *	weft_request(call, device, question, 1000, on_reply, NULL);
 *
 * Who is asked gets a message() as ever, and weft_call_request() there says
 * that it is a request:
 *
 *	if (weft_call_request(call, &request))
 *		weft_reply(call, request, answer);
 */
#ifndef WEFT_REQUEST_H
#define WEFT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

/* What became of a request. */
struct weft_reply {
	/*
	 * WEFT_OK           msg is the reply.
	 * WEFT_EREFUSED     the peer will not answer; msg may say why.
	 * -ETIMEDOUT        no reply came in time; one that still comes is
	 *                   dropped and counted (replies_unasked).
	 * WEFT_ENOENDPOINT  the connection ended before.
	 * WEFT_ENOSTRAND    the strand that asked ends, or the node does.
	 * -ENOMEM           a reply came, and there was no memory for it.
	 */
	int code;
	weft_endpoint from;    /* who was asked */
	struct weft_bytes msg; /* until the function returns */
};

/*
 * A function of the program's that is told what became of a request: exactly
 * once for each weft_request() that answered WEFT_OK, whatever happens.
 *
 *   call     in       on the strand that asked, like any handler of it.  On an
 *                     endpoint's own, weft_call_endpoint() is that endpoint,
 *                     and if it is bound by then, it is where it is bound to;
 *                     else weft_call_endpoint() has id 0.
 *   reply    in       until it returns.
 *   user     in       as given to weft_request(): it can be freed here.
 *   thread            a worker; after the node's end, with WEFT_ENOSTRAND or
 *                     what had come before, the thread that ends it.
 */
typedef void weft_on_reply(
    struct weft_call *call, const struct weft_reply *reply, void *user);

/* A request that was received: it can be copied, kept, and answered later,
 * from any thread. */
struct weft_request_id {
	weft_endpoint from; /* who asks; id 0: none */
	uint64_t id;        /* of its own choice */
};

/*
 * weft_request() - ask an endpoint.
 *
 *   call        in    the call that the handler was given, or on_reply.
 *   to          in    any endpoint of this node whose codec carries ids.
 *   msg         in    copied before return.
 *   timeout_ms  in    [ms] until -ETIMEDOUT, 1 at least.
 *   on_reply    in    see above.
 *   user        in    for on_reply.
 *   returns           WEFT_OK: on_reply will be called, once, on the strand
 *                     that runs this call (weft_strand_of()), which is held
 *                     until then; what the endpoint sent before its reply
 *                     comes before it, if it is run on the same strand.  A
 *                     connection that ends is told before its closed().  An
 *                     endpoint's own strand is not held: its requests to
 *                     others end behind its closed(), with WEFT_ENOSTRAND; so
 *                     does one to itself that it makes in closed().  Or an
 *                     error, and on_reply will not be called.
 *   errors            WEFT_ENOENDPOINT, WEFT_ETOOBIG, WEFT_EFULL, -ENOMEM
 *                                     as weft_send().
 *                     WEFT_EFULL      also: max_requests (weft/node.h) wait
 *                                     for their reply, or max_timers are set.
 *                     WEFT_ESTATE     its codec carries no ids, or its events
 *                                     are for weft_node_receive(); this thread
 *                                     is not the one that runs call; the node
 *                                     has stopped.
 *                     WEFT_ENOSTRAND  in ended(); WEFT_ESTATE in those that
 *                                     the end of the node brings about.
 *                     -EINVAL         timeout_ms is 0, or on_reply is NULL.
 *   owner             user is on_reply's on WEFT_OK, else still the caller's.
 *   thread            the worker that runs call.  Does not block.
 */
WEFT_EXPORT WEFT_CHECK int weft_request(struct weft_call *call,
    weft_endpoint to, struct weft_bytes msg, uint32_t timeout_ms,
    weft_on_reply *on_reply, void *user);

/*
 * weft_call_request() - is the message that this call is about a request?
 *
 *   call     in       the call that message() was given.
 *   request  out      for weft_reply(); from.id 0 if it is none.
 *   returns           true: it is.  It stays open, also when the handler
 *                     returns, until it is answered; Weft keeps nothing of it
 *                     here.
 *   thread            the worker that runs call.
 */
WEFT_EXPORT bool weft_call_request(
    const struct weft_call *call, struct weft_request_id *request);

/*
 * weft_reply() - answer a request.
 * weft_refuse() - say that there is no answer; WEFT_EREFUSED to who asked.
 * weft_node_reply(), weft_node_refuse() - from a thread that is in no handler.
 *
 *   call     in       any that runs; not the one in which it came.
 *   request  in       from weft_call_request(); to be answered once: what
 *                     comes second is dropped by who asked.
 *   msg      in       copied before return; may be empty.
 *   returns           as weft_send(); WEFT_OK does not say that it was waited
 *                     for.
 *   errors            as weft_send(), and
 *                     WEFT_ESTATE  the endpoint's codec carries no ids.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT int weft_reply(struct weft_call *call,
    struct weft_request_id request, struct weft_bytes msg);
WEFT_EXPORT int weft_refuse(struct weft_call *call,
    struct weft_request_id request, struct weft_bytes msg);
WEFT_EXPORT int weft_node_reply(struct weft_node *node,
    struct weft_request_id request, struct weft_bytes msg);
WEFT_EXPORT int weft_node_refuse(struct weft_node *node,
    struct weft_request_id request, struct weft_bytes msg);

WEFT_END_DECLS

#endif
