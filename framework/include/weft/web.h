/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/web.h - what endpoints of ws:// have besides messages: text, the
 * request that opened them, and words at the end (RFC 6455).
 *
 *	weft run ./chat.so --listen ws://0.0.0.0:8080/chat
 *
 * A request's head may have 8192 bytes and 100 fields (else 431).  A peer that
 * does not answer a ping (options ping, pong_timeout) is closed as any that is
 * silent: WEFT_REASON_IDLE, and 1001.
 *
 * With the option deflate messages may be made smaller on the wire
 * (permessage-deflate, RFC 7692).  Handlers do not notice: theirs are as they
 * were sent, of at most max_message bytes; a longer one, or one that is no
 * DEFLATE or no UTF-8, ends the connection like any that is too long or
 * malformed (1009, 1007).
 *
 * A handler needs none of this: what arrives is a message, what it sends is
 * one, and so the same plugin serves ws:// and tcp+line://.  Messages leave as
 * binary ones, or as text where the URL says ws+text://.
 */
#ifndef WEFT_WEB_H
#define WEFT_WEB_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

/*
 * weft_call_is_text() - in message(): was it sent as text?  Then it is valid
 * UTF-8 (RFC 6455, 5.6).
 *
 *   returns           false elsewhere, and for codecs that have no text.
 *   thread            the handler's.
 */
WEFT_EXPORT bool weft_call_is_text(const struct weft_call *call);

/*
 * weft_send_text() - as weft_send(), as text where the codec has such a thing.
 *
 *   msg      in       UTF-8, which is not looked at: a peer may close for
 *                     what is not (1007).
 *   returns           as weft_send().
 *   thread            any, until the handler returns.
 */
WEFT_EXPORT int weft_send_text(
    struct weft_call *call, weft_endpoint to, struct weft_bytes msg);

/* The request that a client began with, as it was sent: nothing is decoded. */
struct weft_http_request {
	struct weft_bytes method; /* "GET" */
	struct weft_bytes target; /* "/chat?room=a" */
	struct weft_bytes path;   /* "/chat" */
	struct weft_bytes query;  /* "room=a"; len 0: none */
};

/*
 * weft_call_http_request() - in opened(): the request of a ws:// client.
 *
 *   request  out      all lens 0 on error.
 *   returns           WEFT_OK, or WEFT_ESTATE: this call has none.
 *   owner             the framework: they stay until the handler returns.
 *   thread            the handler's.
 */
WEFT_EXPORT int weft_call_http_request(
    const struct weft_call *call, struct weft_http_request *request);

/*
 * weft_call_http_field() - in opened(): a field of that request; on a
 * connection of ours, of the response.
 *
 *   name     in       in any case: "origin", "cookie".
 *   value    out      without blanks around it; the first one if there are
 *                     several; len 0 on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            -ENOENT      there is no such field.
 *                     WEFT_ESTATE  this call has no request.
 *   owner, thread     as above.
 */
WEFT_EXPORT int weft_call_http_field(
    const struct weft_call *call, const char *name, struct weft_bytes *value);

/*
 * weft_call_http_protocol() - in opened(): the subprotocol that was agreed on
 * (option protocols; RFC 6455, 1.9).
 *
 *   protocol out      len 0: none; a client that offers others only is let in
 *                     all the same, and a server need not choose one.
 *   returns           WEFT_OK, or WEFT_ESTATE: this call has no request.
 *   owner, thread     as above.
 */
WEFT_EXPORT int weft_call_http_protocol(
    const struct weft_call *call, struct weft_bytes *protocol);

/*
 * weft_close_status() - as weft_close(), and tell the peer why.
 *
 *   status   in       1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455,
 *                     7.4).  Who has not said one says 1000, or what the
 *                     reason of the end is: 1001 going away, 1007 no text,
 *                     1009 too big, ...
 *   text     in       UTF-8 for people, at most 123 bytes; may be NULL.
 *   returns           as weft_close(), or an error below.
 *   errors            -EINVAL  not such a status, or a longer text.
 *   thread            any, until the handler returns.
 *
 * Codecs that have no such words close as ever.
 */
WEFT_EXPORT int weft_close_status(struct weft_call *call,
    weft_endpoint endpoint, uint32_t status, const char *text);

/*
 * weft_call_status() - in closed(): the status that the peer has said; 1005 if
 * it ended without one; 0 if it said nothing, or we were the first.
 *
 *   returns           0 elsewhere.
 *   thread            the handler's.
 */
WEFT_EXPORT uint32_t weft_call_status(const struct weft_call *call);

WEFT_END_DECLS

#endif
