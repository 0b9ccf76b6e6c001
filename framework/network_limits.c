/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_limits - what holds for all endpoints of a listener or a connect:
 * the node's limits, and what the URL says of them.
 *
 * thread: any.
 */
#include "network_limits.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/nets.h"
#include "codec/http_head.h"
#include "io/datagram.h"
#include "node.h"
#include "node_tls.h"

#define LIMITS_GIVEN                                                          \
	(1ull << WI_URL_max_message | 1ull << WI_URL_idle |                   \
	    1ull << WI_URL_deadline | 1ull << WI_URL_partial |                \
	    1ull << WI_URL_handshake | 1ull << WI_URL_max_endpoints_per_ip |  \
	    1ull << WI_URL_slow_reader | 1ull << WI_URL_outbox_high |         \
	    1ull << WI_URL_outbox_age | 1ull << WI_URL_malformed)

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

/* What the URL says of those that are the node's else; where it says nothing,
 * wi_limits_take() puts in what there is. */
static void
limits_of_url(struct wi_limits *limits, const struct wi_url *url)
{
	const uint64_t *numbers = url->numbers;

	limits->given = url->given & LIMITS_GIVEN;
	limits->max_message = (uint32_t)numbers[WI_URL_max_message];
	/* There it is that of a body, and the head comes besides. */
	if (url->web == WI_URL_WEB_HTTP) {
		limits->kind |= WI_LIMITS_HTTP;
		limits->max_message += WI_HTTP_HEAD_MAX;
	}
	limits->idle_ms = (uint32_t)numbers[WI_URL_idle];
	limits->deadline_ms = (uint32_t)numbers[WI_URL_deadline];
	limits->partial_ms = (uint32_t)numbers[WI_URL_partial];
	limits->handshake_ms = (uint32_t)numbers[WI_URL_handshake];
	limits->per_ip = (uint32_t)numbers[WI_URL_max_endpoints_per_ip];
	limits->slow_reader = (uint32_t)numbers[WI_URL_slow_reader];
	limits->outbox_high_bytes = (uint32_t)numbers[WI_URL_outbox_high];
	limits->outbox_age_ms = (uint32_t)numbers[WI_URL_outbox_age];
	limits->malformed = (uint32_t)numbers[WI_URL_malformed];
	limits->ping_ms = (uint32_t)numbers[WI_URL_ping];
	limits->pong_ms = (uint32_t)numbers[WI_URL_pong_timeout];
	limits->reconnect_ms = (uint32_t)numbers[WI_URL_reconnect];
	limits->reconnect_max_ms = (uint32_t)numbers[WI_URL_reconnect_max];
}

/* What cannot be together. */
static int
limits_check(struct weft_node *node, const char *text,
    const struct wi_url *url, struct weft_error *err)
{
	struct weft_options options;
	uint64_t longest = (url->is & WI_URL_DATAGRAM) != 0 ?
	    WI_DATAGRAM_MAX :
	    WI_LIMITS_LONGEST;

	if (wi_url_given(url, WI_URL_proxy) &&
	    !wi_nets_meet(url->proxy, url->is == WI_URL_UNIX))
		return wi_fail(err, WEFT_EURL,
		    "%s: proxy: expected %s among them, found none: nobody "
		    "could connect",
		    text, url->is == WI_URL_UNIX ? "unix" : "a network");
	if (wi_url_number(url, WI_URL_max_message, 0) > longest)
		return wi_fail(err, WEFT_EURL,
		    "%s: max_message: expected at most %u, which is what a "
		    "datagram can hold, found %u",
		    text, (unsigned)longest,
		    (unsigned)url->numbers[WI_URL_max_message]);
	if (url->numbers[WI_URL_deflate] != WEFT_DEFLATE_TAKEOVER)
		return WEFT_OK;
	wi_desk_options(&node->hub.desk, &options);
	if (wi_url_number(url, WI_URL_deadline, options.deadline_ms) != 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: deflate: expected yes or no with a deadline, found "
		    "takeover: later messages may refer to one that is "
		    "dropped",
		    text);
	return WEFT_OK;
}

/* The node's limits, with what the URL says of them. */
int
wi_network_limits(struct weft_node *node, const char *text, uint32_t use,
    const struct wi_url *url, const struct wi_limits **limitsp,
    struct weft_error *err)
{
	struct wi_limits limits;
	int rv = limits_check(node, text, url, err);

	*limitsp = NULL;
	if (rv < 0)
		return rv;
	memset(&limits, 0, sizeof(limits)); /* padding, too: see desk.h */
	limits.transport = limits_transport(url);
	limits.longest = WI_LIMITS_LONGEST;
	if ((url->is & WI_URL_DATAGRAM) != 0) {
		limits.longest = WI_DATAGRAM_MAX;
		if (use == WI_URL_LISTEN)
			limits.kind = WI_LIMITS_PEERS;
	}
	limits_of_url(&limits, url);
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
