/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/counter.h - what a node counts: the one list of all counters.
 *
 * Each has a name, a unit and one meaning; each only grows, except those whose
 * name ends in _now.  Indexes are stable within a minor version, names for
 * ever.
 */
#ifndef WEFT_COUNTER_H
#define WEFT_COUNTER_H

#include <stdint.h>

#include <weft/export.h>

WEFT_BEGIN_DECLS

struct weft_node;

/* X(name, unit, meaning) */
#define WEFT_COUNTERS(X)                                                      \
	X(endpoints_now, "endpoints", "open endpoints")                       \
	X(endpoints_opened, "endpoints", "accepted since the start")          \
	X(endpoints_closed, "endpoints", "closed since the start")            \
	X(bytes_in, "bytes", "read from sockets")                             \
	X(bytes_out, "bytes", "written to sockets")                           \
	X(reads, "calls", "reads that brought bytes")                         \
	X(writes, "calls", "writes that took bytes")                          \
	X(messages_in, "messages", "cut from bytes by a codec")               \
	X(messages_out, "messages", "handed to the I/O thread by senders")    \
	X(messages_run, "messages", "given to a handler")                     \
	X(messages_dropped, "messages",                                       \
	    "read, then dropped because their endpoint was closed by us")     \
	X(sends_gone, "messages", "sent, but the endpoint closed first")      \
	X(sends_full, "messages", "refused with WEFT_EFULL")                  \
	X(closed_toobig, "endpoints", "closed: longer than max_message")      \
	X(closed_malformed, "endpoints",                                      \
	    "closed: bytes that the codec, or a type, refuses")               \
	X(closed_nomem, "endpoints", "closed: no memory to read into")        \
	X(closed_linger, "endpoints", "closed: last replies not taken")       \
	X(read_pauses, "times",                                               \
	    "reading paused: mailbox or outbox above mark")                   \
	X(accept_pauses, "times", "accepting paused: no descriptor or slot")  \
	X(accept_errors, "times", "accepting failed for another cause")       \
	X(wakes_worker, "times", "a sleeping worker was woken")               \
	X(wakes_io, "times", "the sleeping I/O thread was woken")             \
	X(strand_runs, "times", "a worker took a strand")                     \
	X(strand_steals, "times", "of these, from another worker's queue")    \
	X(closed_idle, "endpoints", "closed: nothing arrived for too long")   \
	X(closed_partial, "endpoints", "closed: a message was never whole")   \
	X(closed_evicted, "endpoints",                                        \
	    "closed: datagram peers that had to make room for others")        \
	X(refused_per_ip, "endpoints",                                        \
	    "refused: their address has max_endpoints_per_ip already")        \
	X(connects, "endpoints", "connections begun by us")                   \
	X(connects_failed, "times",                                           \
	    "a connection of ours did not come about")                        \
	X(reconnects, "times", "a lost connection of ours stood again")       \
	X(datagrams_toobig, "datagrams", "dropped: longer than max_message")  \
	X(datagrams_dropped, "datagrams",                                     \
	    "dropped: mailbox above its mark, or no slot for the peer")       \
	X(datagrams_failed, "datagrams",                                      \
	    "refused by the system, or said by ICMP to have met nobody")      \
	X(signals_run, "signals", "told to a handler")                        \
	X(signals_dropped, "signals",                                         \
	    "destroyed: their strand had ended, or nobody listens")           \
	X(strands_now, "strands", "made, and not ended")                      \
	X(strands_ended, "strands", "made, and ended since the start")        \
	X(timers_fired, "times", "a timer's time had come")                   \
	X(timers_cancelled, "timers", "cancelled in time")                    \
	X(rebinds, "times", "an endpoint was bound to another strand")        \
	X(workers_now, "threads", "that run handlers")                        \
	X(spares_started, "threads",                                          \
	    "begun because handlers held up the others")                      \
	X(spares_woken, "times", "a parked one of these was needed again")    \
	X(spares_parked, "times", "one was needed no more")                   \
	X(handlers_stuck, "times", "a handler ran for stuck_after_ms")        \
	X(messages_late, "messages",                                          \
	    "dropped: they had waited longer than their deadline")            \
	X(overloads, "times", "all messages waited longer than queue_target") \
	X(subscriptions_now, "subscriptions", "of open endpoints")            \
	X(subscriptions, "subscriptions", "made since the start")             \
	X(unsubscriptions, "subscriptions", "of these, ended")                \
	X(subscriptions_refused, "subscriptions",                             \
	    "not made: max_subscriptions, or no memory")                      \
	X(publishes, "messages", "published")                                 \
	X(publishes_full, "messages", "refused: publish_high_bytes")          \
	X(deliveries, "messages", "published ones queued, one per receiver")  \
	X(deliveries_dropped, "messages",                                     \
	    "not queued: the receiver's outbox is full, or they are too big") \
	X(slow_newest, "messages",                                            \
	    "dropped: no room, and the policy keeps what waits")              \
	X(slow_oldest, "messages", "dropped to make room for newer ones")     \
	X(slow_conflated, "messages", "replaced by a newer one of their key") \
	X(slow_aged, "messages", "dropped: they had waited longer than age")  \
	X(closed_slow, "endpoints", "closed: a reader that was too slow")     \
	X(requests, "requests", "asked of endpoints")                         \
	X(requests_timed_out, "requests", "of these, not answered in time")   \
	X(requests_disconnected, "requests",                                  \
	    "of these, whose endpoint ended before it answered")              \
	X(replies_unasked, "messages",                                        \
	    "replies dropped: nobody waits for them (any more)")              \
	X(messages_malformed, "messages",                                     \
	    "given to no handler: no value of a type that is received")       \
	X(log_suppressed, "lines", "log lines held back by the rate limit")   \
	X(handshakes_failed, "times",                                         \
	    "a handshake, of TLS or of a codec, came to nothing")             \
	X(messages_inflated, "messages",                                      \
	    "of those that were run, inflated: they came made smaller")       \
	X(publishes_deflated, "copies",                                       \
	    "of published messages, made smaller to be shared")               \
	X(refused_proxy, "endpoints",                                         \
	    "refused: they come from none of the listener's proxies")         \
	X(closed_proxy, "endpoints",                                          \
	    "closed: no PROXY header, or not in time")                        \
	X(tls_handshakes, "times", "a handshake of TLS was done")             \
	X(tls_resumptions, "times", "of these, with a session from before")   \
	X(handshakes_waited, "times",                                         \
	    "one of TLS had to wait for others: max_handshakes")              \
	X(closed_truncated, "endpoints", "closed: without the end of TLS")    \
	X(datagrams_suspended, "datagrams",                                   \
	    "dropped: of new peers, while their listener is suspended")       \
	X(messages_quarantined, "messages",                                   \
	    "given to no handler: processes have died of the same before")

enum weft_counter {
#define WEFT_COUNTER_ENUM(name, unit, text) WEFT_COUNTER_##name,
	WEFT_COUNTERS(WEFT_COUNTER_ENUM)
#undef WEFT_COUNTER_ENUM
	WEFT_NCOUNTERS
};

/* What a counter is. */
struct weft_counter_info {
	const char *name; /* "bytes_in" */
	const char *unit; /* "bytes" */
	const char *text; /* "read from sockets" */
};

/*
 * weft_counter_info() - what counter number index is.
 *
 *   index    in       0 .. WEFT_NCOUNTERS - 1.
 *   returns           a constant, or NULL if there is no such counter.
 *   owner             the library.
 *   thread            any.
 */
WEFT_EXPORT const struct weft_counter_info *weft_counter_info(unsigned index);

/*
 * weft_node_counter() - the present value of a counter.
 *
 *   node     in       a node.
 *   index    in       one of enum weft_counter.
 *   returns           the sum over all threads, which go on counting; 0 if
 *                     there is no such counter.
 *   thread            any, until the node is freed.
 */
WEFT_EXPORT uint64_t weft_node_counter(
    const struct weft_node *node, unsigned index);

WEFT_END_DECLS

#endif
