/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_limits - what holds for all endpoints of a listener or a connect:
 * the node's limits, and what the URL says of them.
 *
 * thread: any.
 */
#include "network_limits.h"

#include <errno.h>

#include "base/fail.h"
#include "base/nets.h"
#include "codec/http_head.h"
#include "io/datagram.h"
#include "node.h"
#include "node_tls.h"

#define LIMITS_UDP_IDLE_MS 60000u

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

/* What an endpoint says it is. */
static const char *
limits_transport(const struct wi_url *url)
{
	if (url->web == WI_URL_WEB_WS)
		return url->tls ? "wss" : "ws";
	if (url->web == WI_URL_WEB_HTTP)
		return url->tls ? "https" : "http";
	if (url->is == WI_URL_TCP)
		return url->tls ? "tls" : "tcp";
	return url->is == WI_URL_UNIX ? "unix" :
	    url->is == WI_URL_UDP     ? "udp" :
					"udp+multicast";
}

/* The node's limits, with what the URL says of them. */
int
wi_network_limits(struct weft_node *node, const char *text, uint32_t use,
    const struct wi_url *url, const struct wi_limits **limitsp,
    struct weft_error *err)
{
	struct wi_limits limits = node->hub.limits;
	uint32_t longest = 1u << 30;
	int rv;

	*limitsp = NULL;
	if (wi_url_given(url, WI_URL_proxy) &&
	    !wi_nets_meet(url->proxy, url->is == WI_URL_UNIX))
		return wi_fail(err, WEFT_EURL,
		    "%s: proxy: expected %s among them, found none: nobody "
		    "could connect",
		    text, url->is == WI_URL_UNIX ? "unix" : "a network");
	limits.transport = limits_transport(url);
	if ((url->is & WI_URL_DATAGRAM) != 0) {
		longest = WI_DATAGRAM_MAX;
		if (limits.idle_ms == 0 && use == WI_URL_LISTEN)
			limits.idle_ms = LIMITS_UDP_IDLE_MS;
		if (limits.max_message > longest)
			limits.max_message = longest;
	}
	limits.max_message = (uint32_t)wi_url_number(
	    url, WI_URL_max_message, limits.max_message);
	if (limits.max_message > longest)
		return wi_fail(err, WEFT_EURL,
		    "%s: max_message: expected at most %u, which is what a "
		    "datagram can hold, found %u",
		    text, longest, limits.max_message);
	/* There it is that of a body, and the head comes besides. */
	if (url->web == WI_URL_WEB_HTTP)
		limits.max_message += WI_HTTP_HEAD_MAX;
	limits.idle_ms =
	    (uint32_t)wi_url_number(url, WI_URL_idle, limits.idle_ms);
	limits.deadline_ms =
	    (uint32_t)wi_url_number(url, WI_URL_deadline, limits.deadline_ms);
	limits.partial_ms =
	    (uint32_t)wi_url_number(url, WI_URL_partial, limits.partial_ms);
	limits.handshake_ms = (uint32_t)wi_url_number(
	    url, WI_URL_handshake, limits.handshake_ms);
	limits.per_ip = (uint32_t)wi_url_number(
	    url, WI_URL_max_endpoints_per_ip, limits.per_ip);
	limits.slow_reader = (uint32_t)wi_url_number(
	    url, WI_URL_slow_reader, limits.slow_reader);
	limits.outbox_high_bytes = (uint32_t)wi_url_number(
	    url, WI_URL_outbox_high, limits.outbox_high_bytes);
	if (limits.outbox_pause_bytes > limits.outbox_high_bytes)
		limits.outbox_pause_bytes = limits.outbox_high_bytes;
	limits.outbox_age_ms = (uint32_t)wi_url_number(
	    url, WI_URL_outbox_age, limits.outbox_age_ms);
	limits.malformed =
	    (uint32_t)wi_url_number(url, WI_URL_malformed, limits.malformed);
	limits.ping_ms = (uint32_t)url->numbers[WI_URL_ping];
	limits.pong_ms = (uint32_t)url->numbers[WI_URL_pong_timeout];
	limits_send_marks(&limits);
	limits.reconnect_ms = (uint32_t)url->numbers[WI_URL_reconnect];
	limits.reconnect_max_ms = (uint32_t)url->numbers[WI_URL_reconnect_max];
	if (url->numbers[WI_URL_deflate] == WEFT_DEFLATE_TAKEOVER &&
	    limits.deadline_ms != 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: deflate: expected yes or no with a deadline, found "
		    "takeover: later messages may refer to one that is "
		    "dropped",
		    text);
	if (url->tls) {
		rv = wi_node_tls(
		    node, text, url, use == WI_URL_CONNECT, &limits.tls, err);
		if (rv < 0)
			return rv;
	}
	if (wi_desk_place(
		&node->hub.desk, url, use == WI_URL_CONNECT, &limits.place))
		*limitsp = wi_desk_limits(&node->hub.desk, &limits);
	return *limitsp != NULL ? WEFT_OK :
				  wi_fail(err, -ENOMEM, "%s: no memory", text);
}
