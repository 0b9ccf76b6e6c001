/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network - listen, unlisten, connect: the public doors, for every thread.
 *
 * thread: any.  URLs are read here, and listening sockets made and bound, so
 * that the caller has every error and the bound address at once; then an order
 * (handoff/order.h) gives them to the I/O thread.  For a connection the slot
 * is taken and the endpoint opened here, so that its name can be used at once.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "base/url.h"
#include "codec/codecs.h"
#include "codec/http.h"
#include "codec/ws.h"
#include "handoff/order.h"
#include "handoff/post.h"
#include "handoff/waiter.h"
#include "io/datagram.h"
#include "io/socket.h"
#include "network_join.h"
#include "network_limits.h"
#include "node.h"
#include "strands.h"
#include "work/node_hub.h"
#include "work/receive.h"
#include "work/worker.h"

struct network_terms { /* what a URL says, found in this node */
	struct wi_url url;
	const struct weft_codec *codec;
	const struct wi_limits *limits;
	struct wi_plugin *plugin;
	const char *path; /* unix: kept */
};

static int
network_must_serve(
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

/* Paths are the routes' business. */
static int
network_http(const char *text, uint32_t use, struct network_terms *terms,
    struct weft_error *err)
{
	if (use == WI_URL_CONNECT)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a URL that can be connected to, found "
		    "http, which is served only",
		    text);
	if (terms->url.codec[0] != '\0')
		return wi_fail(err, WEFT_EURL,
		    "%s: expected no codec, found %s", text, terms->url.codec);
	if (terms->url.target[0] != '\0' &&
	    strcmp(terms->url.target, "/") != 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected no path, which a plugin's routes have; "
		    "found %s",
		    text, terms->url.target);
	if (terms->plugin == wi_receive_plugin())
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a plugin, which requests are run by; found "
		    "none",
		    text);
	terms->codec =
	    terms->plugin->streams ? &wi_codec_http_stream : &wi_codec_http;
	return WEFT_OK;
}

/* One of the streams' codecs, by its name. */
static int
network_stream_codec(struct weft_node *node, const char *text,
    struct network_terms *terms, struct weft_error *err)
{
	const char *name = terms->url.codec;
	char names[256];

	(void)pthread_rwlock_rdlock(&node->plugins.lock);
	terms->codec = wi_codecs_find(&node->plugins.codecs, name);
	if (terms->codec == NULL)
		wi_codecs_names(&node->plugins.codecs, names, sizeof(names));
	(void)pthread_rwlock_unlock(&node->plugins.lock);
	return terms->codec != NULL ?
	    WEFT_OK :
	    wi_fail(err, WEFT_EURL, "%s: expected a codec of %s, found %s",
		text, names, name);
}

static int
network_codec(struct weft_node *node, const char *text, uint32_t use,
    struct network_terms *terms, struct weft_error *err)
{
	const char *name = terms->url.codec, *why;

	if (terms->url.web == WI_URL_WEB_HTTP)
		return network_http(text, use, terms, err);
	if (terms->url.web == WI_URL_WEB_WS) {
		why = wi_ws_options(terms->url.origin, terms->url.protocols);
		if (why != NULL)
			return wi_fail(err, WEFT_EURL, "%s: %s", text, why);
		terms->codec = wi_codec_ws_find(name, use == WI_URL_CONNECT);
		return terms->codec != NULL ?
		    WEFT_OK :
		    wi_fail(err, WEFT_EURL,
			"%s: expected no codec, or text; found %s", text,
			name);
	}
	if ((terms->url.is & WI_URL_DATAGRAM) != 0) {
		if (name[0] != '\0' && strcmp(name, "raw") != 0)
			return wi_fail(err, WEFT_EURL,
			    "%s: expected no codec: a datagram is a message; "
			    "found %s",
			    text, name);
		terms->codec = &wi_codec_datagram;
		return WEFT_OK;
	}
	return network_stream_codec(node, text, terms, err);
}

/* unix: the path as info shows it, "@" for an abstract one. */
static int
network_path(struct weft_node *node, const char *text,
    struct network_terms *terms, struct weft_error *err)
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

static int
network_terms(struct weft_node *node, const char *text, uint32_t use,
    struct network_terms *terms, struct weft_error *err)
{
	int rv;

	rv = wi_url_parse(text, use, &terms->url, err);
	if (rv < 0)
		return rv;
	if (terms->url.is == 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a transport of tcp, unix, udp, "
		    "udp+multicast, ws, http, tls, wss, https, found %s",
		    text, terms->url.transport);
	rv = network_codec(node, text, use, terms, err);
	if (rv == WEFT_OK)
		rv = wi_network_limits(
		    node, text, use, &terms->url, &terms->limits, err);
	if (rv == WEFT_OK)
		rv = network_path(node, text, terms, err);
	return rv;
}

static int
network_plugin(struct weft_node *node, const char *text, const char *name,
    struct wi_plugin **pluginp, struct weft_error *err)
{
	*pluginp = name == WEFT_PULL ? wi_receive_plugin() :
				       wi_plugins_find(&node->plugins, name);
	if (*pluginp != NULL)
		return WEFT_OK;
	return wi_fail(err, WEFT_ENOPLUGIN,
	    "%s: expected the name of a loaded plugin, found %s", text, name);
}

/* ---- listeners */

/* A socket, or who has it: listeners of ws:// may share one, each with a path
 * of its own. */
static int
network_bind(struct weft_node *node, const char *text,
    const struct wi_url *url, struct wi_order *order, struct weft_error *err)
{
	int rv = wi_network_join(
	    node, text, url, order->limits->tls, &order->joins, err);

	order->fd = -1;
	if (rv == WEFT_OK && (url->is & WI_URL_DATAGRAM) != 0)
		rv = wi_socket_datagram(text, url, &order->fd, err);
	else if (rv == WEFT_OK && order->joins == 0)
		rv =
		    wi_socket_listen(text, url, &order->fd, &order->file, err);
	return rv;
}

static void
network_order_terms(struct wi_order *order, const struct network_terms *terms)
{
	order->codec = terms->codec;
	order->limits = terms->limits;
	order->plugin = terms->plugin;
	order->path = terms->path;
	order->url = terms->url;
}

/* Where it is bound, or will be. */
static void
network_address(const struct wi_order *order, struct sockaddr_storage *addr)
{
	socklen_t len = sizeof(*addr);

	memset(addr, 0, sizeof(*addr));
	if (order->fd >= 0)
		(void)getsockname(order->fd, (struct sockaddr *)addr, &len);
	else
		(void)wi_url_address(&order->url, addr, &len, NULL);
}

static uint16_t
network_port(const struct wi_order *order)
{
	struct sockaddr_storage addr;

	network_address(order, &addr);
	return ntohs(addr.ss_family == AF_INET6 ?
		((const struct sockaddr_in6 *)(const void *)&addr)->sin6_port :
		((const struct sockaddr_in *)(const void *)&addr)->sin_port);
}

/* Its name, and what its clients are bound to. */
static int
network_list(struct weft_node *node, const char *text, struct wi_order *order,
    struct weft_error *err)
{
	int rv;

	rv = wi_strands_for_listener(node, order->plugin, &order->group);
	if (rv < 0)
		return wi_fail(err, rv,
		    "%s: expected less than %u strands (max_strands), found "
		    "that many",
		    text, node->options.max_strands);
	order->id = wi_desk_listener_add(&node->hub.desk);
	if (order->id != 0 &&
	    (!order->url.web ||
		wi_desk_web_add(&node->hub.desk, order->id, &order->url,
		    order->limits->tls, network_port(order))))
		return WEFT_OK;
	if (order->id != 0)
		(void)wi_desk_listener_remove(&node->hub.desk, order->id);
	if (order->group != NULL)
		wi_post_release(&node->hub, order->group, WI_HOLD_PLACE, 1);
	return wi_fail(err, -ENOMEM, "%s: no memory", text);
}

static int
network_listen(struct weft_node *node, const char *text,
    struct wi_plugin *plugin, struct weft_bound *bound, struct weft_error *err)
{
	struct network_terms terms = { .plugin = plugin };
	struct sockaddr_storage addr;
	struct wi_order *order;
	int rv;

	rv = network_must_serve(node, WI_URL_LISTEN, err);
	if (rv == WEFT_OK)
		rv = network_terms(node, text, WI_URL_LISTEN, &terms, err);
	if (rv < 0)
		return rv;
	order = wi_order_new(WI_ORDER_LISTEN);
	if (order == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", text);
	network_order_terms(order, &terms);
	rv = network_bind(node, text, &terms.url, order, err);
	if (rv == WEFT_OK) {
		rv = network_list(node, text, order, err);
		if (rv < 0) {
			wi_socket_unlink(&terms.url, &order->file);
			if (order->fd >= 0)
				(void)close(order->fd);
		}
	}
	if (rv < 0) {
		wi_order_drop(order);
		return rv;
	}
	network_address(order, &addr);
	wi_url_format(order->text, sizeof(order->text), &terms.url, &addr);
	if (bound != NULL) {
		memcpy(bound->url, order->text, sizeof(bound->url));
		bound->listener.id = order->id;
	}
	wi_log_say(&node->log, WI_LOG_IO_LISTENING, "%s", order->text);
	wi_order_push(&node->hub, order);
	return WEFT_OK;
}

int
weft_node_listen(struct weft_node *node, const char *url, const char *name,
    struct weft_bound *bound, struct weft_error *err)
{
	struct wi_plugin *plugin;
	int rv;

	wi_fail_clear(err);
	rv = network_plugin(node, url, name, &plugin, err);
	return rv < 0 ? rv : network_listen(node, url, plugin, bound, err);
}

int
weft_listen(struct weft_call *call, const char *url, struct weft_bound *bound,
    struct weft_error *err)
{
	wi_fail_clear(err);
	return network_listen(
	    call->worker->hub->node, url, call->plugin, bound, err);
}

int
weft_node_unlisten(struct weft_node *node, weft_listener listener)
{
	struct wi_order *order = wi_order_new(WI_ORDER_UNLISTEN);

	if (order == NULL)
		return -ENOMEM;
	if (!wi_desk_listener_remove(&node->hub.desk, listener.id)) {
		wi_order_drop(order);
		return WEFT_ENOLISTENER;
	}
	order->id = listener.id;
	wi_order_push(&node->hub, order);
	return WEFT_OK;
}

int
weft_unlisten(struct weft_call *call, weft_listener listener)
{
	return weft_node_unlisten(call->worker->hub->node, listener);
}

/* ---- connections of ours */

static int
network_connect(struct weft_node *node, const char *text,
    struct network_terms *terms, struct wi_waiter *waiter, weft_endpoint *out,
    struct weft_error *err)
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
		    text, hub->slots.limit);
	}
	network_order_terms(order, terms);
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
    struct network_terms *terms, struct weft_error *err)
{
	int rv = network_must_serve(node, WI_URL_CONNECT, err);

	return rv < 0 ? rv :
			network_terms(node, text, WI_URL_CONNECT, terms, err);
}

int
weft_node_connect(struct weft_node *node, const char *url, const char *name,
    weft_endpoint *endpoint, struct weft_error *err)
{
	struct network_terms terms;
	int rv;

	wi_fail_clear(err);
	endpoint->id = 0;
	rv = network_plugin(node, url, name, &terms.plugin, err);
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
	struct network_terms terms = { .plugin = call->plugin };
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
	struct network_terms terms;
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
	rv = network_plugin(node, url, name, &terms.plugin, err);
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
