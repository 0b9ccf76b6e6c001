/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/limits.h - what holds for all endpoints of a listener or a connect:
 * what the node's options say, and what the URL says instead.
 *
 * They are kept by the desk (handoff/desk.h) until the node ends, so a stale
 * reader may follow a pointer to them.  weft_node_limits() changes those of
 * WI_LIMITS_LIVE in place, under the desk's mutex, so that they hold at once
 * for everything that is open: everybody else reads them by WI_LIMIT().  Two
 * that belong together may be read while one of them is new and the other is
 * not: each is a mark that is looked at again when something has left or was
 * run, so that does no harm (pause_note in io/read.c, drained_note in
 * handoff/drained.h).  All other members are constant; where one of these
 * changes, whoever connects from then on has other limits
 * (wi_desk_limits_now()).
 */
#ifndef WI_LIMITS_H
#define WI_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/codec.h>

struct weft_options;
struct wi_tls_terms;

#define WI_LIMITS_PEERS 1u /* of a datagram listener: idle, unless said */
#define WI_LIMITS_HTTP 2u  /* max_message is of a body; a head besides */
#define WI_LIMITS_LONGEST (1u << 30)

struct wi_limits {
	const char *transport;         /* "tcp" */
	struct wi_tls_terms *tls;      /* io/tls.h; NULL: none */
	struct weft_codec_place place; /* texts of the desk */
	uint64_t given;       /* bits of enum wi_url_option: the URL says it */
	uint32_t kind;        /* WI_LIMITS_* */
	uint32_t longest;     /* constant: a max_message that can be */
	uint32_t max_message; /* constant */
	uint32_t mailbox_high_messages;
	uint32_t mailbox_low_messages;
	uint32_t mailbox_high_bytes;
	uint32_t mailbox_low_bytes;
	uint32_t outbox_high_messages;
	uint32_t outbox_high_bytes;
	uint32_t outbox_pause_bytes;
	uint32_t partial_ms;       /* 0: never */
	uint32_t idle_ms;          /* 0: never */
	uint32_t ping_ms;          /* constant; 0: never */
	uint32_t pong_ms;          /* constant */
	uint32_t handshake_ms;     /* 0: never */
	uint32_t per_ip;           /* endpoints of one address; 0: no limit */
	uint32_t reconnect_ms;     /* constant; 0: never */
	uint32_t reconnect_max_ms; /* constant */
	uint32_t deadline_ms;      /* 0: never */
	uint32_t slow_reader;      /* constant: enum weft_slow, not DEFAULT */
	uint32_t outbox_age_ms;    /* 0: any time */
	uint32_t malformed; /* enum weft_malformed_answer, not DEFAULT */
	/* What senders let on its way: the marks under REFUSE; else more, as
	 * it is the I/O thread that keeps what waits below them. */
	uint64_t send_high_messages;
	uint64_t send_high_bytes;
};

/* What changes in place. */
#define WI_LIMITS_LIVE(X)                                                     \
	X(mailbox_high_messages)                                              \
	X(mailbox_low_messages)                                               \
	X(mailbox_high_bytes)                                                 \
	X(mailbox_low_bytes)                                                  \
	X(outbox_high_messages)                                               \
	X(outbox_high_bytes)                                                  \
	X(outbox_pause_bytes)                                                 \
	X(partial_ms)                                                         \
	X(idle_ms)                                                            \
	X(handshake_ms)                                                       \
	X(per_ip)                                                             \
	X(deadline_ms)                                                        \
	X(outbox_age_ms)                                                      \
	X(malformed)                                                          \
	X(send_high_messages)                                                 \
	X(send_high_bytes)

/* One of those.  thread: any. */
#define WI_LIMIT(limits, member)                                              \
	__atomic_load_n(&(limits)->member, __ATOMIC_RELAXED)

/*
 * wi_limits_take() - all that the URL does not say, as the node's options
 * have it.
 *
 *   limits   in,out   what is constant whatever they are, and what the URL
 *                     says, is there.
 *   options  in       each with a value (node_options.h).
 *   thread            any; the caller's own copy.
 */
void wi_limits_take(
    struct wi_limits *limits, const struct weft_options *options);

/* wi_limits_change() - the same of limits that others read: WI_LIMITS_LIVE
 * only.  thread: any, one at a time (the desk's mutex). */
void wi_limits_change(
    struct wi_limits *limits, const struct weft_options *options);

#endif
