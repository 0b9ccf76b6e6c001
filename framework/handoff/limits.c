/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/limits - what the node's options say of an endpoint.
 *
 * thread: any.  From network_limits.c, which has read the URL; kept by
 * handoff/desk.
 */
#include "handoff/limits.h"

#include <weft/node.h>
#include <weft/slow.h>

#include "base/url.h"
#include "codec/http_head.h"

#define LIMITS_UDP_IDLE_MS 60000u

/* Unless the URL says it. */
#define LIMITS_TAKE(member, url_option, option)                               \
	do {                                                                  \
		if ((limits->given >> WI_URL_##url_option & 1u) == 0)         \
			limits->member = options->option;                     \
	} while (0)

static void
limits_send_marks(struct wi_limits *limits)
{
	limits->send_high_messages = limits->outbox_high_messages;
	limits->send_high_bytes = limits->outbox_high_bytes;
	if (limits->slow_reader == WEFT_SLOW_REFUSE)
		return;
	/* Of large messages, one that has begun to leave and one behind it
	 * may wait, whatever the mark; and another one is sent. */
	limits->send_high_messages *= 2;
	limits->send_high_bytes = 2 * limits->send_high_bytes +
	    3 * ((uint64_t)limits->max_message + 1024);
}

/* In place, too. */
static void
limits_take_live(struct wi_limits *limits, const struct weft_options *options)
{
	limits->mailbox_high_messages = options->mailbox_high_messages;
	limits->mailbox_low_messages = options->mailbox_low_messages;
	limits->mailbox_high_bytes = options->mailbox_high_bytes;
	limits->mailbox_low_bytes = options->mailbox_low_bytes;
	limits->outbox_high_messages = options->outbox_high_messages;
	limits->outbox_pause_bytes = options->outbox_pause_bytes;
	LIMITS_TAKE(outbox_high_bytes, outbox_high, outbox_high_bytes);
	LIMITS_TAKE(partial_ms, partial, partial_ms);
	LIMITS_TAKE(idle_ms, idle, idle_ms);
	LIMITS_TAKE(handshake_ms, handshake, handshake_ms);
	LIMITS_TAKE(per_ip, max_endpoints_per_ip, max_endpoints_per_ip);
	LIMITS_TAKE(deadline_ms, deadline, deadline_ms);
	LIMITS_TAKE(outbox_age_ms, outbox_age, outbox_age_ms);
	LIMITS_TAKE(malformed, malformed, malformed);
	if (limits->outbox_pause_bytes > limits->outbox_high_bytes)
		limits->outbox_pause_bytes = limits->outbox_high_bytes;
	if ((limits->kind & WI_LIMITS_PEERS) != 0 && limits->idle_ms == 0 &&
	    (limits->given >> WI_URL_idle & 1u) == 0)
		limits->idle_ms = LIMITS_UDP_IDLE_MS;
	/* Later messages may refer to one that a deadline drops. */
	if (limits->place.deflate == WEFT_DEFLATE_TAKEOVER &&
	    (limits->given >> WI_URL_deadline & 1u) == 0)
		limits->deadline_ms = 0;
	limits_send_marks(limits);
}

void
wi_limits_take(struct wi_limits *limits, const struct weft_options *options)
{
	LIMITS_TAKE(slow_reader, slow_reader, slow_reader);
	if ((limits->given >> WI_URL_max_message & 1u) == 0) {
		limits->max_message = options->max_message;
		if (limits->max_message > limits->longest)
			limits->max_message = limits->longest;
		if ((limits->kind & WI_LIMITS_HTTP) != 0)
			limits->max_message += WI_HTTP_HEAD_MAX;
	}
	limits_take_live(limits, options);
}

void
wi_limits_change(struct wi_limits *limits, const struct weft_options *options)
{
	struct wi_limits next = *limits;

	limits_take_live(&next, options);
#define LIMITS_STORE(member)                                                  \
	__atomic_store_n(&limits->member, next.member, __ATOMIC_RELAXED);
	WI_LIMITS_LIVE(LIMITS_STORE)
#undef LIMITS_STORE
}
