/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network - what a URL says, found in a node; and the public doors to connect
 * (those of listeners: network_listen.c).
 *
 * thread: any.  URLs are read here, so that the caller has every error at
 * once; then an order (handoff/order.h) goes to the I/O thread.  The slot is
 * taken and the endpoint opened here, so that its name can be used at once.
 */
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "codec/codecs.h"
#include "codec/http.h"
#include "codec/url_codec.h"
#include "handoff/order.h"
#include "handoff/post.h"
#include "handoff/waiter.h"
#include "io/datagram.h"
#include "network_limits.h"
#include "node.h"
#include "strands.h"
#include "work/node_hub.h"
#include "work/receive.h"
#include "work/worker.h"

int
wi_network_must_serve(
    const struct weft_node *node, uint32_t use, struct weft_error *err)
{
	enum weft_phase phase = weft_node_phase(node);

	if (phase <= WEFT_PHASE_SERVING ||
	    (phase == WEFT_PHASE_DRAINING && use == WI_URL_CONNECT))
		return WEFT_OK;
	return wi_fail(err, WEFT_ESTATE,
	    "node: expected one that serves or is about to, found one that %s",
	    phase == WEFT_PHASE_DRAINING ? "drains" : "was stopped");
}

/* Requests are run by routes; those that take bodies in pieces want another
 * codec. */
static int
network_http(
    const char *text, struct wi_network_terms *terms, struct weft_error *err)
{
	if (terms->plugin == wi_receive_plugin())
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a plugin, which requests are run by; found "
		    "none",
		    text);
	if (terms->plugin->streams)
		terms->codec = &wi_codec_http_stream;
	return WEFT_OK;
}

/* unix: the path as info shows it, "@" for an abstract one. */
static int
network_path(struct weft_node *node, const char *text,
    struct wi_network_terms *terms, struct weft_error *err)
{
	char path[WI_URL_PATH_MAX + 1];

	terms->path = NULL;
	if (terms->url.is != WI_URL_UNIX)
		return WEFT_OK;
	(void)snprintf(path, sizeof(path), "%s%s",
	    terms->url.abstract ? "@" : "", terms->url.path);
	terms->path = wi_desk_text(&node->hub.desk, path);
	return terms->path != NULL ?
	    WEFT_OK :
	    wi_fail(err, -ENOMEM, "%s: no memory", text);
}

int
wi_network_url(
    const char *text, uint32_t use, struct wi_url *url, struct weft_error *err)
{
	int rv = wi_url_parse(text, use, url, err);

	if (rv == WEFT_OK && url->is == 0)
		rv = wi_fail(err, WEFT_EURL,
		    "%s: expected a transport of tcp, unix, udp, "
		    "udp+multicast, ws, http, tls, wss, https, found %s",
		    text, url->transport);
	return rv;
}

int
wi_network_terms(struct weft_node *node, const char *text, uint32_t use,
    struct wi_network_terms *terms, struct weft_error *err)
{
	int rv;

	rv = wi_network_url(text, use, &terms->url, err);
	if (rv < 0)
		return rv;
	(void)pthread_rwlock_rdlock(&node->plugins.lock);
	rv = wi_url_codec(
	    text, &terms->url, use, &node->plugins.codecs, &terms->codec, err);
	(void)pthread_rwlock_unlock(&node->plugins.lock);
	if (rv == WEFT_OK && terms->url.web == WI_URL_WEB_HTTP)
		rv = network_http(text, terms, err);
	if (rv == WEFT_OK)
		rv = wi_network_limits(
		    node, text, use, &terms->url, &terms->limits, err);
	if (rv == WEFT_OK)
		rv = network_path(node, text, terms, err);
	return rv;
}

int
wi_network_plugin(struct weft_node *node, const char *text, const char *name,
    struct wi_plugin **pluginp, struct weft_error *err)
{
	*pluginp = name == WEFT_PULL ? wi_receive_plugin() :
				       wi_plugins_find(&node->plugins, name);
	if (*pluginp != NULL)
		return WEFT_OK;
	return wi_fail(err, WEFT_ENOPLUGIN,
	    "%s: expected the name of a loaded plugin, found %s", text, name);
}

void
wi_network_order_terms(
    struct wi_order *order, const struct wi_network_terms *terms)
{
	order->codec = terms->codec;
	order->limits = terms->limits;
	order->plugin = terms->plugin;
	order->path = terms->path;
	order->url = terms->url;
}

/* ---- connections of ours */

static int
network_connect(struct weft_node *node, const char *text,
    struct wi_network_terms *terms, struct wi_waiter *waiter,
    weft_endpoint *out, struct weft_error *err)
{
	struct wi_hub *hub = &node->hub;
	struct wi_endpoint *endpoint;
	struct wi_strand *group;
	struct wi_conn *conn;
	struct wi_order *order;
	uint32_t generation;
	int64_t slot;

	order = wi_order_new(WI_ORDER_CONNECT);
	if (order == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", text);
	slot = -1;
	if (wi_strands_for_connect(node, terms->plugin, &group) == WEFT_OK) {
		slot = wi_slots_take(&hub->slots, &generation);
		if (slot < 0 && group != NULL)
			wi_post_release(hub, group, WI_HOLD_PLACE, 1);
	}
	if (slot < 0) {
		wi_order_drop(order);
		return wi_fail(err, WEFT_EFULL,
		    "%s: expected less than %u endpoints (max_endpoints), "
		    "found that many",
		    text, wi_slots_limit(&hub->slots));
	}
	wi_network_order_terms(order, terms);
	order->waiter = waiter;
	order->id =
	    wi_endpoint_id(hub->node_number, generation, (uint32_t)slot);
	endpoint = wi_endpoint_at(&hub->slots, (uint32_t)slot);
	conn = wi_slots_at(&hub->slots, 1, (uint32_t)slot);
	wi_facts_begin(&conn->facts, terms->path, 1, wi_facts_now());
	wi_endpoint_open(endpoint, order->id, terms->codec, terms->limits,
	    terms->plugin, group);
	out->id = order->id;
	wi_order_push(hub, order);
	return WEFT_OK;
}

static int
network_connect_terms(struct weft_node *node, const char *text,
    struct wi_network_terms *terms, struct weft_error *err)
{
	int rv = wi_network_must_serve(node, WI_URL_CONNECT, err);

	return rv < 0 ?
	    rv :
	    wi_network_terms(node, text, WI_URL_CONNECT, terms, err);
}

int
weft_node_connect(struct weft_node *node, const char *url, const char *name,
    weft_endpoint *endpoint, struct weft_error *err)
{
	struct wi_network_terms terms;
	int rv;

	wi_fail_clear(err);
	endpoint->id = 0;
	rv = wi_network_plugin(node, url, name, &terms.plugin, err);
	if (rv == WEFT_OK)
		rv = network_connect_terms(node, url, &terms, err);
	if (rv == WEFT_OK)
		rv = network_connect(node, url, &terms, NULL, endpoint, err);
	return rv;
}

int
weft_connect(struct weft_call *call, const char *url, weft_endpoint *endpoint,
    struct weft_error *err)
{
	struct weft_node *node = call->worker->hub->node;
	struct wi_network_terms terms = { .plugin = call->plugin };
	int rv;

	wi_fail_clear(err);
	endpoint->id = 0;
	rv = network_connect_terms(node, url, &terms, err);
	if (rv == WEFT_OK)
		rv = network_connect(node, url, &terms, NULL, endpoint, err);
	return rv;
}

static int
network_wait(struct weft_node *node, const char *text,
    struct wi_waiter *waiter, uint32_t timeout_ms, weft_endpoint *endpoint,
    struct weft_error *err)
{
	char words[256];
	int rv;

	rv = wi_waiter_wait(&waiter, timeout_ms, words, sizeof(words));
	if (rv == WEFT_OK)
		return WEFT_OK;
	(void)weft_node_abort(node, *endpoint);
	endpoint->id = 0;
	if (rv == -ETIMEDOUT && words[0] == '\0')
		return wi_fail(err, rv,
		    "%s: expected a connection within %u ms, found none", text,
		    timeout_ms);
	return wi_fail(err, rv, "%s: %s", text,
	    words[0] != '\0' ? words : weft_strerror(rv));
}

int
weft_node_connect_wait(struct weft_node *node, const char *url,
    const char *name, uint32_t timeout_ms, weft_endpoint *endpoint,
    struct weft_error *err)
{
	struct wi_network_terms terms;
	struct wi_waiter *waiter;
	int rv;

	wi_fail_clear(err);
	endpoint->id = 0;
	if (wi_role_is_io() ||
	    __atomic_load_n(&node->hub.runs, __ATOMIC_ACQUIRE) == 0)
		return wi_fail(err, WEFT_ESTATE,
		    "%s: expected a node that runs, and a thread that is not "
		    "its I/O thread",
		    url);
	rv = wi_network_plugin(node, url, name, &terms.plugin, err);
	if (rv == WEFT_OK)
		rv = network_connect_terms(node, url, &terms, err);
	if (rv < 0)
		return rv;
	waiter = wi_waiter_new();
	if (waiter == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", url);
	rv = network_connect(node, url, &terms, waiter, endpoint, err);
	if (rv < 0) {
		wi_waiter_drop(&waiter);
		return rv;
	}
	return network_wait(node, url, waiter, timeout_ms, endpoint, err);
}
