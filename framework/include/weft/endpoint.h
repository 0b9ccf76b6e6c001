/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/endpoint.h - endpoints, messages, and what a handler can do with them.
 *
 * An endpoint is one end of a conversation: a connection of a client.  It is
 * named by a value that can be copied, kept and compared; once it has closed,
 * every call with its name answers WEFT_ENOENDPOINT, also when another client
 * has come since.
 *
 * What happens to an endpoint reaches the handler in this order, on one worker
 * at a time:  opened, any number of messages, closed.  Each opened has exactly
 * one closed, and nothing follows it.  A connection of ours that never stood
 * has a closed without an opened; one with reconnect in its URL keeps its name
 * after closed, and may begin anew with opened (weft_node_connect()).
 */
#ifndef WEFT_ENDPOINT_H
#define WEFT_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

struct weft_node;   /* weft/node.h */
struct weft_call;   /* opaque: one run of a handler, weft_call_*() only */
struct weft_buffer; /* opaque: a message to be given away, weft_buffer_*() */

/* The name of an endpoint.  id 0 names none.  A name comes back only after its
 * slot in the table has been used 16 million times. */
typedef struct weft_endpoint {
	uint64_t id;
} weft_endpoint;

/* Bytes that somebody else owns.  Those of a message begin at any address:
 * memcpy() numbers out of them. */
struct weft_bytes {
	const void *data; /* may be NULL if len is 0 */
	size_t len;       /* [bytes] */
};

/* Who closed an endpoint. */
enum weft_side {
	WEFT_SIDE_PEER, /* the other end, or the network between */
	WEFT_SIDE_US,   /* the program, by a call */
	WEFT_SIDE_NODE, /* Weft itself, to keep a bound or a promise */
};

/* Why an endpoint closed: X(name, word, side, text). */
#define WEFT_REASONS(X)                                                       \
	X(PEER, "peer", PEER, "the peer ended the connection")                \
	X(RESET, "reset", PEER,                                               \
	    "the peer or the network broke the connection")                   \
	X(LOCAL, "local", US, "weft_close() was called")                      \
	X(TOOBIG, "too-big", NODE,                                            \
	    "a message longer than max_message arrived")                      \
	X(MALFORMED, "malformed", NODE,                                       \
	    "bytes arrived that the codec, or a type, refuses")               \
	X(NOMEM, "no-memory", NODE, "no memory was left to read into")        \
	X(STOPPING, "stopping", NODE, "the node is stopping")                 \
	X(ABORT, "abort", US, "weft_abort() was called")                      \
	X(UNLISTEN, "unlisten", US, "its datagram listener was closed")       \
	X(UNRESOLVED, "unresolved", PEER, "the host name has no address")     \
	X(CONNECT, "connect", PEER, "the connection could not be made")       \
	X(HANDSHAKE, "handshake", NODE,                                       \
	    "the connection did not stand in time")                           \
	X(PARTIAL, "partial", NODE,                                           \
	    "a message had begun and was not whole in time")                  \
	X(IDLE, "idle", NODE, "nothing arrived for too long")                 \
	X(EVICTED, "evicted", NODE,                                           \
	    "datagram peers heard of later needed its place")                 \
	X(SLOW, "slow", NODE, "it did not take what was sent to it")          \
	X(TRUNCATED, "truncated", PEER,                                       \
	    "the connection ended without the end of TLS: perhaps it was "    \
	    "cut")                                                            \
	X(QUARANTINED, "quarantined", NODE,                                   \
	    "it sent a message that is quarantined")

enum weft_reason {
#define WEFT_REASON_ENUM(name, word, side, text) WEFT_REASON_##name,
	WEFT_REASONS(WEFT_REASON_ENUM)
#undef WEFT_REASON_ENUM
};

/*
 * weft_reason_name() - a reason as a word: "peer", "too-big".
 *
 *   why      in       one of enum weft_reason.
 *   returns           a constant string, never NULL.
 *   owner             the library.
 *   thread            any.
 */
WEFT_EXPORT const char *weft_reason_name(enum weft_reason why);

/*
 * weft_reason_side() - who closed, by the reason.
 *
 *   why      in       one of enum weft_reason.
 *   returns           WEFT_SIDE_NODE for a value that is none of them.
 *   thread            any.
 */
WEFT_EXPORT enum weft_side weft_reason_side(enum weft_reason why);

/*
 * weft_send() - send a message to an endpoint, by copy.
 *
 *   call     in       the call that the handler was given.
 *   to       in       any endpoint of this node, not only the sender.
 *   msg      in       copied before return; len 0 .. max_message.
 *   returns           WEFT_OK: queued.  It leaves after the handler has
 *                     returned, in one write with what else goes to the same
 *                     endpoint; weft_flush() lets it go before, which a
 *                     handler that goes on for long wants.  An endpoint that
 *                     closes first drops it.  One that weft_connect() is
 *                     still connecting keeps it until the connection stands.
 *   errors            WEFT_EFULL        the outbox is above its mark (a reader
 *                                       that is too slow): nothing was queued;
 *                                       drained() will say when to go on.
 *                                       Where the slow_reader policy is
 *                                       another than refuse (weft/slow.h),
 *                                       only when much more is on its way than
 *                                       the I/O thread has come to see.
 *                     WEFT_ENOENDPOINT  it has closed.
 *                     WEFT_ETOOBIG      longer than max_message, than the
 *                                       codec can frame (weft/codec.h), or
 *                                       than a datagram can be.
 *                     -ENOMEM           no memory for it.
 *   owner             msg stays the caller's.
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_send(
    struct weft_call *call, weft_endpoint to, struct weft_bytes msg);

/*
 * weft_send_ready() - weft_send(), but only if the connection stands.
 *
 *   others            as weft_send().
 *   returns           as weft_send().
 *   errors            as weft_send(), and
 *                     WEFT_ENOTREADY    it does not stand yet, or not at the
 *                                       moment: nothing was queued.
 *   owner             msg stays the caller's.
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_send_ready(
    struct weft_call *call, weft_endpoint to, struct weft_bytes msg);

/*
 * weft_send_buffer() - send a message and give it away, without a copy
 * (but a codec that changes the bytes, by its encode(), makes one).
 *
 *   call     in       the call that the handler was given.
 *   to       in       any endpoint of this node.
 *   bufp     in,out   *bufp is consumed and set to NULL on WEFT_OK, untouched
 *                     on any error.
 *   returns           as weft_send().
 *   errors            as weft_send().
 *   owner             on WEFT_OK the framework, else still the caller.
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT WEFT_CHECK int weft_send_buffer(
    struct weft_call *call, weft_endpoint to, struct weft_buffer **bufp);

/*
 * weft_close() - close an endpoint after what was sent to it has left.
 *
 *   call     in       the call that the handler was given.
 *   endpoint in       any endpoint of this node.
 *   returns           WEFT_OK: it will close, with reason LOCAL.  Messages of
 *                     it that no handler has seen yet are dropped and counted:
 *                     from now on if it is the endpoint of this call, else
 *                     from when the I/O thread hears of it.  What is sent to
 *                     it before closed() still goes out.
 *   errors            WEFT_ENOENDPOINT  it has closed already.
 *                     -ENOMEM           no memory for the command.
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_close(struct weft_call *call, weft_endpoint endpoint);

/*
 * weft_abort() - close an endpoint at once: what was sent to it and has not
 * left is dropped, messages of it that no handler has seen are dropped, and a
 * TCP peer gets a reset.
 *
 *   others            as weft_close(); the reason is ABORT.
 *   returns           as weft_close().
 *   errors            as weft_close().
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_abort(struct weft_call *call, weft_endpoint endpoint);

/*
 * weft_flush() - let go at once of what this handler run has sent.
 *
 * Only for a handler that is about to block and wants its messages to arrive
 * before that: otherwise they leave soon enough, and in fewer writes.
 *
 *   call     in       the call that the handler was given.
 *   thread            the worker that runs call; on others it does nothing,
 *                     since what they send is never held back.
 */
WEFT_EXPORT void weft_flush(struct weft_call *call);

/*
 * weft_node_send(), weft_node_send_ready(), weft_node_send_buffer(),
 * weft_node_close(), weft_node_abort() - the same without a call, from a
 * thread of one's own.
 *
 *   node     in       must not be freed meanwhile.
 *   others            as weft_send() and its sisters.
 *   returns           as those.
 *   errors            as those.
 *   owner             as those.
 *   thread            any.  Does not block.  Of one thread's messages to one
 *                     endpoint the order is kept, also when the thread is a
 *                     worker that uses weft_send() as well.
 */
WEFT_EXPORT int weft_node_send(
    struct weft_node *node, weft_endpoint to, struct weft_bytes msg);
WEFT_EXPORT WEFT_CHECK int weft_node_send_buffer(
    struct weft_node *node, weft_endpoint to, struct weft_buffer **bufp);
WEFT_EXPORT int weft_node_close(
    struct weft_node *node, weft_endpoint endpoint);
WEFT_EXPORT int weft_node_send_ready(
    struct weft_node *node, weft_endpoint to, struct weft_bytes msg);
WEFT_EXPORT int weft_node_abort(
    struct weft_node *node, weft_endpoint endpoint);

/*
 * weft_buffer_new() - a buffer to build a message in, for weft_send_buffer().
 *
 *   bufp     out      the buffer, or NULL on error.
 *   len      in       [bytes] of the message.
 *   returns           WEFT_OK, or an error below.
 *   errors            -ENOMEM
 *   owner             the caller, until weft_send_buffer() takes it or
 *                     weft_buffer_free() ends it.
 *   thread            any.
 */
WEFT_EXPORT WEFT_CHECK int weft_buffer_new(
    struct weft_buffer **bufp, size_t len);

/*
 * weft_buffer_data(), weft_buffer_len() - its bytes, and how many.
 *
 *   buf      in       from weft_buffer_new().
 *   returns           the first byte (uninitialized at first, aligned for any
 *                     type); the length.
 *   owner             the bytes belong to the buffer.
 *   thread            the one that owns the buffer.
 */
WEFT_EXPORT void *weft_buffer_data(struct weft_buffer *buf);
WEFT_EXPORT size_t weft_buffer_len(const struct weft_buffer *buf);

/*
 * weft_buffer_truncate() - make the message shorter than was planned.
 *
 *   buf      in       from weft_buffer_new().
 *   len      in       [bytes], at most the present length.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EINVAL           longer than it is.
 *   thread            the one that owns the buffer.
 */
WEFT_EXPORT WEFT_CHECK int weft_buffer_truncate(
    struct weft_buffer *buf, size_t len);

/*
 * weft_buffer_free() - end a buffer that was not sent.
 *
 *   bufp     in,out   set to NULL; *bufp may be NULL.
 *   thread            the one that owns the buffer.
 */
WEFT_EXPORT void weft_buffer_free(struct weft_buffer **bufp);

/*
 * weft_call_node() - the node that runs the handler.
 *
 *   call     in       the call that the handler was given.
 *   returns           the node, valid until the plugin's unload.
 *   owner             the library.
 *   thread            the worker that runs call.
 */
WEFT_EXPORT struct weft_node *weft_call_node(const struct weft_call *call);

/*
 * weft_call_state() - what the plugin's load made.
 *
 *   call     in       the call that the handler was given.
 *   returns           *state of load(), NULL if there was none.  It is shared
 *                     by all workers: guarding it is the plugin's.
 *   owner             the plugin.
 *   thread            the worker that runs call.
 */
WEFT_EXPORT void *weft_call_state(const struct weft_call *call);

/*
 * weft_call_user(), weft_call_set_user() - one pointer per endpoint.
 *
 *   call     in       the call that the handler was given; the endpoint meant
 *                     is the one whose event this call is.
 *   user     in       kept until closed() has returned, also if the endpoint
 *                     is connected again: free it in closed().
 *   returns           what was set last, NULL at first.  In a call that is no
 *                     endpoint's (weft_call_endpoint() has id 0) it is NULL,
 *                     and setting it does nothing.
 *   owner             the plugin.
 *   thread            the worker that runs call.
 */
WEFT_EXPORT void *weft_call_user(const struct weft_call *call);
WEFT_EXPORT void weft_call_set_user(struct weft_call *call, void *user);

/*
 * weft_call_code() - in closed(): what the system said.
 *
 *   call     in       the call that closed() was given.
 *   returns           a negative code behind the reason (-ECONNREFUSED with
 *                     CONNECT, -ETIMEDOUT with RESET); WEFT_OK if there is
 *                     none, or in another handler.
 *   thread            the worker that runs call.
 */
WEFT_EXPORT int weft_call_code(const struct weft_call *call);

/* How far an endpoint is. */
enum weft_endpoint_state {
	WEFT_ENDPOINT_CONNECTING, /* or waiting to connect again */
	WEFT_ENDPOINT_OPEN,
	WEFT_ENDPOINT_CLOSING, /* only what was sent to it still leaves */
};

/* What is known of an endpoint.  Of a client that came by a proxy (URL option
 * proxy) remote and local are what the proxy says. */
struct weft_endpoint_info {
	enum weft_endpoint_state state;
	const char *transport; /* "tcp", "unix", "udp", "tls", "wss", ... */
	const char *codec;     /* "varint" */
	char local[112];      /* "127.0.0.1:3042", "[::1]:80", a path, "@name";
	                          "" where there is none */
	char remote[112];     /* likewise */
	uint64_t bytes_in;    /* [bytes] that arrived */
	uint64_t bytes_out;   /* [bytes] that left */
	uint64_t messages_in; /* [messages] that arrived */
	uint64_t messages_out; /* [messages] that were taken to be written */
	uint64_t queued_bytes; /* [bytes] sent to it that have not left */
	uint64_t queued_messages; /* [messages] likewise */
	uint64_t age_ms;          /* since it opened, or began to connect */
	uint64_t idle_ms;         /* since something last arrived */
};

/*
 * weft_endpoint_info() - what is known of an endpoint at this moment.
 *
 *   node     in       weft_call_node() in a handler.
 *   endpoint in       of that node.
 *   info     out      undefined on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOENDPOINT  it has closed.
 *   owner             transport and codec: the library, valid as long as the
 *                     node is.
 *   thread            any.  Does not block.  The numbers are each exact, but
 *                     not of one instant.
 */
WEFT_EXPORT int weft_endpoint_info(const struct weft_node *node,
    weft_endpoint endpoint, struct weft_endpoint_info *info);

WEFT_END_DECLS

#endif
