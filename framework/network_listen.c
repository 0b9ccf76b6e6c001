/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_listen - listen and unlisten: the public doors, for every thread.
 *
 * thread: any.  Sockets are made and bound here, or those of others looked at,
 * so that the caller has every error and the bound address at once; then an
 * order (handoff/order.h) gives them to the I/O thread.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "handoff/order.h"
#include "handoff/post.h"
#include "io/socket.h"
#include "network.h"
#include "network_join.h"
#include "node.h"
#include "strands.h"
#include "work/node_hub.h"
#include "work/worker.h"

/* What is asked for. */
struct network_wish {
	const char *text;
	struct wi_plugin *plugin;
	int fd; /* a socket that is there; -1: make one */
};

/* A socket, or who has it: listeners of ws:// may share one, each with a path
 * of its own. */
static int
network_bind(struct weft_node *node, const struct network_wish *wish,
    struct wi_order *order, struct weft_error *err)
{
	const struct wi_url *url = &order->url;
	const char *text = wish->text;
	int rv = WEFT_OK;

	order->fd = -1;
	if (wish->fd >= 0)
		rv = wi_socket_suits(text, url, wish->fd, err);
	if (rv == WEFT_OK)
		rv = wi_network_join(
		    node, text, url, order->limits->tls, &order->joins, err);
	if (rv < 0 || order->joins != 0)
		return rv;
	if (wish->fd >= 0) {
		order->fd = wish->fd;
		return wi_socket_adopt(text, url, wish->fd, err);
	}
	if (wi_network_is_datagram(url))
		return wi_socket_datagram(text, url, &order->fd, err);
	return wi_socket_listen(text, url, &order->fd, &order->file, err);
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
		    text, wi_slots_limit(&node->hub.shareds.slots));
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

/* A socket and a name for the order. */
static int
network_fill(struct weft_node *node, const struct network_wish *wish,
    struct wi_order *order, struct weft_error *err)
{
	int rv = network_bind(node, wish, order, err);

	if (rv < 0)
		return rv;
	rv = network_list(node, wish->text, order, err);
	if (rv < 0) {
		wi_socket_unlink(&order->url, &order->file);
		if (order->fd >= 0 && order->fd != wish->fd)
			(void)close(order->fd);
	}
	return rv;
}

static int
network_listen(struct weft_node *node, const struct network_wish *wish,
    struct weft_bound *bound, struct weft_error *err)
{
	struct wi_network_terms terms = { .plugin = wish->plugin };
	struct sockaddr_storage addr;
	struct wi_order *order;
	int rv;

	rv = wi_network_must_serve(node, WI_URL_LISTEN, err);
	if (rv == WEFT_OK)
		rv = wi_network_terms(
		    node, wish->text, WI_URL_LISTEN, &terms, err);
	if (rv < 0)
		return rv;
	order = wi_order_new(WI_ORDER_LISTEN);
	if (order == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", wish->text);
	wi_network_order_terms(order, &terms);
	rv = network_fill(node, wish, order, err);
	if (rv < 0) {
		wi_order_drop(order);
		return rv;
	}
	/* It joins another one, whose socket is the same. */
	if (wish->fd >= 0 && order->joins != 0)
		(void)close(wish->fd);
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

/* For whom: by the plugin's name. */
static int
network_listen_for(struct weft_node *node, const char *name,
    struct network_wish *wish, struct weft_bound *bound,
    struct weft_error *err)
{
	int rv;

	wi_fail_clear(err);
	rv = wi_network_plugin(node, wish->text, name, &wish->plugin, err);
	return rv < 0 ? rv : network_listen(node, wish, bound, err);
}

int
weft_node_listen(struct weft_node *node, const char *url, const char *name,
    struct weft_bound *bound, struct weft_error *err)
{
	struct network_wish wish = { .text = url, .fd = -1 };

	return network_listen_for(node, name, &wish, bound, err);
}

int
weft_node_listen_fd(struct weft_node *node, const char *url, const char *name,
    int fd, struct weft_bound *bound, struct weft_error *err)
{
	struct network_wish wish = { .text = url, .fd = fd };

	if (fd < 0)
		return wi_fail(err, -EBADF,
		    "%s: expected a socket, found descriptor %d", url, fd);
	return network_listen_for(node, name, &wish, bound, err);
}

int
weft_listen(struct weft_call *call, const char *url, struct weft_bound *bound,
    struct weft_error *err)
{
	const struct network_wish wish = { url, call->plugin, -1 };

	wi_fail_clear(err);
	return network_listen(call->worker->hub->node, &wish, bound, err);
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

/* ---- sockets without a node */

int
weft_listen_socket(const char *text, int *fdp, char *bound, size_t size,
    struct weft_error *err)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	struct wi_socket_file file;
	struct wi_url url;
	int rv;

	*fdp = -1;
	wi_fail_clear(err);
	rv = wi_network_url(text, WI_URL_LISTEN, &url, err);
	if (rv == WEFT_OK)
		rv = wi_network_is_datagram(&url) ?
		    wi_socket_datagram(text, &url, fdp, err) :
		    wi_socket_listen(text, &url, fdp, &file, err);
	if (rv < 0 || bound == NULL)
		return rv;
	memset(&addr, 0, sizeof(addr));
	(void)getsockname(*fdp, (struct sockaddr *)&addr, &len);
	wi_url_format(bound, size, &url, &addr);
	return WEFT_OK;
}

int
weft_listen_socket_check(const char *text, int fd, struct weft_error *err)
{
	struct wi_url url;
	int rv;

	wi_fail_clear(err);
	rv = wi_network_url(text, WI_URL_LISTEN, &url, err);
	return rv < 0 ? rv : wi_socket_suits(text, &url, fd, err);
}
