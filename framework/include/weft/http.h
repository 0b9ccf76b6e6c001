/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/http.h - requests of http:// (RFC 9110, RFC 9112): routes, replies,
 * streams, and events for pages.
 *
 *	#include <weft/weft.h>
 *
 *	static void
 *	room(struct weft_call *call, const struct weft_http_request *request,
 *	    struct weft_bytes body)
 *	{
 *		struct weft_bytes id;
 *
 *		weft_http_param(call, "id", &id);
 *		weft_http_reply(call, 200, "text/plain", id);
 *	}
 *
 *	static const struct weft_route routes[] = {
 *		WEFT_ROUTE("GET", "/rooms/{id}", room),
 *		WEFT_ROUTE_END,
 *	};
 *
 *	WEFT_PLUGIN(.name = "rooms", .routes = routes);
 *
 *	weft run ./rooms.so --listen http://127.0.0.1:8080
 *
 * An endpoint is a connection.  Its requests are run one at a time, in their
 * order: the next one when the one before has been replied to.  A request has
 * its whole body (unless its route is a WEFT_ROUTE_STREAM()), which is at most
 * max_message long (else 413), and a head of at most 8192 bytes and 100 fields
 * (else 414, 431).
 *
 * A plugin without routes gets the bodies of POST and PUT as messages: what it
 * sends back first is the reply (200), nothing is one too (204).
 *
 * What a route's function does not reply to, and has not deferred, is answered
 * 500, and logged (WORK-NO-REPLY).
 */
#ifndef WEFT_HTTP_H
#define WEFT_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/export.h>
#include <weft/web.h>

WEFT_BEGIN_DECLS

/*
 * What runs for a request.
 *
 *   request  in       its parts, as they were sent.
 *   body     in       decoded from its chunks, if it had such; len 0: none.
 *   owner             the framework: they stay until the function returns.
 *   thread            a worker.  May block: other endpoints go on.
 */
typedef void weft_http_function(struct weft_call *call,
    const struct weft_http_request *request, struct weft_bytes body);

/*
 * What runs for each piece of a body that comes in pieces, as they arrive: no
 * more is read while the function takes its time.
 *
 *   piece    in       len 0: nothing, but it may be the last.
 *   last     in       it is: there must be a reply by now, or it is deferred.
 *   owner, thread     as above.  In it the request is at hand (to be replied
 *                     to, deferred), but its head is gone: what is needed of
 *                     it is kept by the route's function, which has run before
 *                     (weft_call_set_user()).
 *
 * Pieces that come after the reply are dropped; a client that goes before the
 * last one is told of by closed().
 */
typedef void weft_http_piece_function(
    struct weft_call *call, struct weft_bytes piece, bool last);

/* One of a plugin's routes; the first that fits is taken. */
struct weft_route {
	const char *method; /* "GET", which is HEAD too; "*": any */
	const char *path;   /* "/rooms/{id}": a name in braces is one segment,
	                       "{name...}" as the last all that is left, even
	                       nothing */
	weft_http_function *function;
	weft_http_piece_function *piece; /* NULL: the body comes whole */
};

#define WEFT_ROUTE(its_method, its_path, its_function)                        \
	{                                                                     \
		its_method, its_path, its_function, NULL                      \
	}
/* WEFT_ROUTE_STREAM() - its body comes in pieces, and may be of any length:
 * the function runs when the head is there, with no body. */
#define WEFT_ROUTE_STREAM(its_method, its_path, its_function, its_piece)      \
	{                                                                     \
		its_method, its_path, its_function, its_piece                 \
	}
#define WEFT_ROUTE_END                                                        \
	{                                                                     \
		NULL, NULL, NULL, NULL                                        \
	}

/*
 * weft_http_param() - what stands for a name in the route's path.
 *
 *   name     in       "id" of "/rooms/{id}".
 *   value    out      decoded (RFC 3986, 2.1); len 0 on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            -ENOENT      the route has no such name.
 *                     -ENOMEM
 *                     WEFT_ESTATE  this call is no route's.
 *   owner             the framework: until the function returns.
 *   thread            the function's.
 */
WEFT_EXPORT int weft_http_param(
    struct weft_call *call, const char *name, struct weft_bytes *value);

/*
 * weft_http_query() - a value of the query, as forms send it: "a" of
 * "/rooms?room=a&last=7" is that of "room".
 *
 *   value    out      decoded, "+" is a blank; the first one if there are
 *                     several; len 0 on error, or if it is empty.
 *   others            as weft_http_param().
 */
WEFT_EXPORT int weft_http_query(
    struct weft_call *call, const char *name, struct weft_bytes *value);

/*
 * weft_http_reply() - reply to the request at hand.
 *
 *   status   in       200 to 599.
 *   type     in       "text/plain; charset=utf-8"; NULL: none is said.
 *   body     in       copied before return.  One of 204 and 304 has none.
 *   returns           WEFT_OK: queued, as weft_send() has it.
 *   errors            -EINVAL           not such a status or type.
 *                     WEFT_ESTATE       no request is at hand, or it was
 *                                       replied to.
 *                     WEFT_EFULL, WEFT_ENOENDPOINT, -ENOMEM
 *                                       as weft_send().
 *   thread            the function's.
 */
WEFT_EXPORT int weft_http_reply(struct weft_call *call, unsigned status,
    const char *type, struct weft_bytes body);

/* A request that is not replied to yet: cheap to copy, and to be kept. */
struct weft_http_id {
	weft_endpoint from;
	uint64_t id;
	uint64_t left; /* [bytes] of a body of known length that are to come */
};

/*
 * weft_http_defer() - the request at hand will be replied to later: the
 * function may return without.
 *
 *   id       out      for weft_http_respond() and its sisters.
 *   returns           WEFT_OK, or WEFT_ESTATE as weft_http_reply().
 *   thread            the function's.
 */
WEFT_EXPORT int weft_http_defer(
    struct weft_call *call, struct weft_http_id *id);

#define WEFT_HTTP_UNKNOWN UINT64_MAX

/* More than weft_http_reply() can say. */
struct weft_http_response {
	unsigned status;    /* 200 to 599; 0: 200 */
	const char *type;   /* content-type; NULL: none is said */
	const char *fields; /* lines, each ended by CR LF: "etag: \"1\"\r\n";
	                       NULL: none.  Not those of the connection:
	                       content-length, transfer-encoding, connection,
	                       date */
	struct weft_bytes body; /* weft_http_respond() only */
	uint64_t length;        /* weft_http_begin() only: [bytes] that will be
	                           written, or WEFT_HTTP_UNKNOWN */
};

/*
 * weft_http_respond() - the whole reply.
 *
 *   call     in       any of the node's, not only that of the request.
 *   id       in       from weft_http_defer(); NULL: the request at hand.
 *   response in       copied before return.
 *   returns           WEFT_OK: queued.  It is dropped if the client has gone,
 *                     or the request was replied to before.
 *   errors            as weft_http_reply(); -EINVAL for fields too.
 *   thread            any, until the handler returns.
 *
 * weft_http_begin() - the head of a reply whose body follows piece by piece,
 * in chunks if its length is not known.
 *
 *   id       in,out   from weft_http_defer().
 *   others            as weft_http_respond().
 *
 * weft_http_write() - a piece of the body.
 *
 *   id       in,out   from weft_http_begin().
 *   errors            WEFT_EFULL        the client does not take it so fast:
 *                                       nothing was queued; drained() of the
 *                                       endpoint will say when to go on.
 *                     -EINVAL           more than the length that was said.
 *                     WEFT_ENOENDPOINT, -ENOMEM
 *
 * weft_http_end() - that was all.  If less was written than was said, the
 * connection is aborted: the client must not take it for the whole.
 */
WEFT_EXPORT int weft_http_respond(struct weft_call *call,
    const struct weft_http_id *id, const struct weft_http_response *response);
WEFT_EXPORT int weft_http_begin(struct weft_call *call,
    struct weft_http_id *id, const struct weft_http_response *response);
WEFT_EXPORT int weft_http_write(
    struct weft_call *call, struct weft_http_id *id, struct weft_bytes piece);
WEFT_EXPORT int weft_http_end(
    struct weft_call *call, const struct weft_http_id *id);

/* The same from threads of the program's own: thread: any, no call needed. */
WEFT_EXPORT int weft_node_http_respond(struct weft_node *node,
    const struct weft_http_id *id, const struct weft_http_response *response);
WEFT_EXPORT int weft_node_http_begin(struct weft_node *node,
    struct weft_http_id *id, const struct weft_http_response *response);
WEFT_EXPORT int weft_node_http_write(
    struct weft_node *node, struct weft_http_id *id, struct weft_bytes piece);
WEFT_EXPORT int weft_node_http_end(
    struct weft_node *node, const struct weft_http_id *id);

/*
 * weft_http_events() - the reply to the request at hand is a stream of events
 * (text/event-stream, as a page's EventSource reads it; WHATWG HTML, 9.2):
 * from here on each message that is sent to the endpoint is one, and each that
 * is published on the topics.
 *
 *	weft_http_events(call, "prices/+");
 *
 *   filter   in       as weft_subscribe(); NULL: nothing is subscribed to.
 *   returns           WEFT_OK, or an error below.
 *   errors            as weft_http_reply() and weft_subscribe().
 *   thread            the function's.
 *
 * It ends when the client goes, or by weft_close(); a page's EventSource then
 * comes again by itself.  What happens to one that does not read says the
 * option slow_reader (weft/slow.h).
 */
WEFT_EXPORT int weft_http_events(struct weft_call *call, const char *filter);

WEFT_END_DECLS

#endif
