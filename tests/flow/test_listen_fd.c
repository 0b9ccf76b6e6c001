/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_listen_fd.c - listeners on sockets that somebody else has
 * opened: they outlive the node, and one that is not what the URL says is
 * refused and stays the caller's.
 */
#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_client.h"
#include "udp_client.h"
#include "witness.h"
#include "ws_client.h"

#define GROUP "udp+multicast://239.1.2.3:0?interface=lo"

static int
socket_of(const char *url, struct weft_bound *bound)
{
	struct weft_error err;
	int fd, rv;

	rv =
	    weft_listen_socket(url, &fd, bound->url, sizeof(bound->url), &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static struct flow *
node(void)
{
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &witness_echo);
	return flow;
}

static void
listen_on(struct flow *flow, const char *url, int fd, struct weft_bound *bound)
{
	struct weft_error err;
	int rv = weft_node_listen_fd(
	    flow->node, url, "witness_echo", fd, bound, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
}

/* Refused with these words; the socket is still ours, and as it was. */
static void
refused(const char *url, int fd, int code, const char *words)
{
	struct flow *flow = node();
	struct weft_bound bound;
	struct weft_error err;
	int flags = fcntl(fd, F_GETFD);

	ck_assert_int_eq(weft_listen_socket_check(url, fd, &err), code);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	ck_assert_int_eq(weft_node_listen_fd(flow->node, url, "witness_echo",
			     fd, &bound, &err),
	    code);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, url) != NULL, "%s", err.text);
	ck_assert_int_eq(fcntl(fd, F_GETFD), flags);
	flow_end(&flow);
	ck_assert_int_eq(fcntl(fd, F_GETFD), flags);
}

START_TEST(clients_wait_in_the_socket_for_the_next_node)
{
	struct weft_bound bound;
	struct flow_client *first, *second;
	struct flow *flow;
	int fd = socket_of(FLOW_VARINT, &bound);

	first = flow_client_new(&bound); /* before there is a node */
	flow_say(first, "one");
	flow = node();
	listen_on(flow, bound.url, dup(fd), NULL);
	flow_hear(first, "one");
	flow_end(&flow);
	flow_client_free(&first);
	second = flow_client_new(&bound); /* while there is none */
	flow_say(second, "two");
	flow = node();
	listen_on(flow, FLOW_VARINT, fd, &bound);
	flow_hear(second, "two");
	flow_client_free(&second);
	flow_end(&flow);
	ck_assert(flow_refused(&bound)); /* it was the node's */
}
END_TEST

START_TEST(what_the_url_says_of_sockets_is_set)
{
	struct flow *flow = node();
	struct weft_bound bound;
	int fd = socket_of(
		"tcp://127.0.0.1:0?nodelay=yes&keepalive=20s", &bound),
	    value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	listen_on(flow, "tcp://127.0.0.1:0?nodelay=no", dup(fd), &bound);
	ck_assert_int_eq(
	    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
	ck_assert_int_eq(value, 0);
	ck_assert_int_eq(
	    getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &len), 0);
	ck_assert_int_eq(value, 0);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	flow_end(&flow);
}
END_TEST

START_TEST(the_file_of_a_unix_socket_stays)
{
	char place[] = "/tmp/weft-test-XXXXXX", url[96], path[64];
	struct weft_bound bound;
	weft_endpoint there;
	struct flow *flow;
	struct stat st;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(place));
	(void)snprintf(path, sizeof(path), "%s/s", place);
	(void)snprintf(url, sizeof(url), "unix+varint://%s", path);
	fd = socket_of(url, &bound);
	ck_assert_str_eq(bound.url, url);
	flow = node();
	listen_on(flow, url, dup(fd), &bound);
	ck_assert_int_eq(weft_node_ping(flow->node, FLOW_DEADLINE_MS), 0);
	ck_assert_int_eq(weft_node_connect_wait(flow->node, url,
			     "witness_echo", FLOW_DEADLINE_MS, &there, NULL),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, bound.listener), WEFT_OK);
	flow_end(&flow);
	ck_assert_int_eq(stat(path, &st), 0);
	refused("unix:///other", fd, -EINVAL, "expected a socket at /other");
	close(fd);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(place), 0);
}
END_TEST

START_TEST(an_abstract_name_is_no_path)
{
	struct weft_bound bound;
	char url[64];
	int fd;

	(void)snprintf(
	    url, sizeof(url), "unix+varint://@weft-%d", (int)getpid());
	fd = socket_of(url, &bound);
	ck_assert_int_eq(weft_listen_socket_check(url, fd, NULL), WEFT_OK);
	ck_assert_int_eq(
	    weft_listen_socket_check("unix://@weft", fd, NULL), -EINVAL);
	(void)snprintf(url, sizeof(url), "unix:///weft-%d", (int)getpid());
	ck_assert_int_eq(weft_listen_socket_check(url, fd, NULL), -EINVAL);
	close(fd);
}
END_TEST

START_TEST(datagrams_come_to_it)
{
	struct weft_bound bound;
	struct flow *flow;
	int fd = socket_of("udp://127.0.0.1:0", &bound), client;

	client = udp_client(&bound);
	udp_say(client, "before");
	flow = node();
	listen_on(flow, bound.url, fd, NULL);
	udp_hear(client, "before");
	udp_say(client, "after");
	udp_hear(client, "after");
	close(client);
	flow_end(&flow);
}
END_TEST

/* A plain one, that is in no group and does not tell where things came to. */
START_TEST(a_plain_socket_is_made_fit)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0xef010203) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), client, on = 1;
	const struct in_addr via = { htonl(INADDR_LOOPBACK) };
	struct flow *flow = node();
	struct weft_bound bound;
	socklen_t len = sizeof(on);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	listen_on(flow, GROUP, dup(fd), &bound);
	ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, &len), 0);
	ck_assert_int_eq(on, 1);
	in.sin_port = htons(udp_port(&bound));
	client = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(
	    setsockopt(client, IPPROTO_IP, IP_MULTICAST_IF, &via, sizeof(via)),
	    0);
	ck_assert_int_eq((int)sendto(client, "hey", 3, 0,
			     (struct sockaddr *)&in, sizeof(in)),
	    3);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 1);
	close(client);
	close(fd);
	flow_end(&flow);
}
END_TEST

START_TEST(a_group_that_is_joined_already_is_fine)
{
	struct flow *flow = node();
	struct weft_bound bound;
	int fd = socket_of(GROUP, &bound);

	listen_on(flow, GROUP, fd, &bound);
	flow_end(&flow);
}
END_TEST

static void
hear_at(const struct weft_bound *bound, const char *target, const char *text)
{
	struct flow_client *client = flow_client_new(bound);

	ws_open(client, target);
	ws_send(client, WS_FIN | WS_TEXT, text, strlen(text));
	ws_hear(client, WS_FIN | WS_TEXT, text);
	flow_client_free(&client);
}

START_TEST(listeners_of_the_web_share_one_socket)
{
	struct flow *flow = node();
	struct weft_bound bound, one, two;
	char url[320];
	int fd = socket_of("ws://127.0.0.1:0", &bound);

	(void)snprintf(
	    url, sizeof(url), "ws+text://127.0.0.1:%u/one", udp_port(&bound));
	listen_on(flow, url, dup(fd), &one);
	(void)snprintf(
	    url, sizeof(url), "ws+text://127.0.0.1:%u/two", udp_port(&bound));
	listen_on(flow, url, dup(fd), &two);
	hear_at(&bound, "/one", "first");
	hear_at(&bound, "/two", "second");
	/* The first has the socket, which stays for the other one. */
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, one.listener), WEFT_OK);
	hear_at(&bound, "/two", "third");
	listen_on(flow, one.url, dup(fd), &one);
	hear_at(&bound, "/one", "fourth");
	close(fd);
	flow_end(&flow);
	ck_assert(flow_refused(&bound));
}
END_TEST

START_TEST(what_is_not_what_the_url_says_is_refused)
{
	struct weft_bound bound, udp;
	int fd = socket_of(FLOW_VARINT, &bound), plain, datagram;
	char url[64];

	refused("udp://127.0.0.1:0", fd, -EINVAL,
	    "expected a socket of datagrams, found one of streams");
	refused("tcp://[::1]:0", fd, -EINVAL,
	    "expected a socket of the IPv6 family, found one of the IPv4");
	refused("tcp://127.0.0.2:0", fd, -EINVAL,
	    "expected a socket at 127.0.0.2:0, found one at 127.0.0.1:");
	refused("tcp://127.0.0.1:1", fd, -EINVAL,
	    "expected a socket at 127.0.0.1:1, found one at 127.0.0.1:");
	refused("nonsense://127.0.0.1:1", fd, WEFT_EURL, "transport");
	plain = socket(AF_INET, SOCK_STREAM, 0);
	refused("tcp://127.0.0.1:0", plain, -EINVAL,
	    "expected a socket that listens");
	datagram = socket_of("udp://127.0.0.1:0", &udp);
	refused("tcp://127.0.0.1:0", datagram, -EINVAL,
	    "expected a socket of streams, found one of datagrams");
	(void)snprintf(url, sizeof(url), "udp://127.0.0.1:%u", udp_port(&udp));
	ck_assert_int_eq(weft_listen_socket_check(url, datagram, NULL), 0);
	refused("tcp://127.0.0.1:0", STDIN_FILENO, -ENOTSOCK,
	    "expected a socket, found descriptor 0");
	close(datagram);
	close(plain);
	close(fd);
}
END_TEST

START_TEST(a_socket_for_both_families_is_refused)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_STREAM, 0), off = 0;

	ck_assert_int_eq(
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	refused("tcp://[::]:0", fd, -EINVAL, "IPV6_V6ONLY");
	close(fd);
}
END_TEST

START_TEST(an_unknown_plugin_leaves_the_socket_to_us)
{
	struct flow *flow = node();
	struct weft_bound bound;
	struct weft_error err;
	struct flow_client *client;
	int fd = socket_of(FLOW_VARINT, &bound);

	ck_assert_int_eq(weft_node_listen_fd(flow->node, bound.url, "nobody",
			     fd, &bound, &err),
	    WEFT_ENOPLUGIN);
	ck_assert_int_eq(weft_node_listen_fd(flow->node, bound.url, "nobody",
			     -1, &bound, &err),
	    -EBADF);
	listen_on(flow, FLOW_VARINT, fd, &bound);
	client = flow_client_new(&bound);
	flow_say(client, "still");
	flow_hear(client, "still");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

static bool held, release; /* under flow_lock() */

static void
hold(void *arg, enum weft_log_level level, const char *id, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
	if (strcmp(id, "IO-UNLISTENED") != 0)
		return;
	flow_lock();
	held = true;
	flow_notify();
	flow_unlock();
	FLOW_HOLD(release);
}

/* The sink of its log holds the I/O thread up. */
START_TEST(a_ping_is_answered_unless_the_thread_is_held_up)
{
	struct flow *flow = flow_new();
	struct weft_node *node;

	flow->options.log = hold;
	flow_begin(flow, FLOW_VARINT, &witness_echo);
	node = flow->node;
	ck_assert_int_eq(weft_node_ping(node, FLOW_DEADLINE_MS), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_unlisten(node, flow->bound[0].listener), WEFT_OK);
	FLOW_WAIT(held, "the I/O thread to be held up");
	ck_assert_int_eq(weft_node_ping(node, 10), -ETIMEDOUT);
	flow_lock();
	release = true;
	flow_notify();
	flow_unlock();
	ck_assert_int_eq(weft_node_ping(node, FLOW_DEADLINE_MS), WEFT_OK);
	weft_node_stop(node);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(nobody_answers_for_a_node_that_never_runs)
{
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, NULL, NULL), WEFT_OK);
	ck_assert_int_eq(weft_node_ping(node, 1), -ETIMEDOUT);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

FLOW_MAIN("listen_fd", clients_wait_in_the_socket_for_the_next_node,
    what_the_url_says_of_sockets_is_set, the_file_of_a_unix_socket_stays,
    an_abstract_name_is_no_path, datagrams_come_to_it,
    a_plain_socket_is_made_fit, a_group_that_is_joined_already_is_fine,
    listeners_of_the_web_share_one_socket,
    what_is_not_what_the_url_says_is_refused,
    a_socket_for_both_families_is_refused,
    an_unknown_plugin_leaves_the_socket_to_us,
    a_ping_is_answered_unless_the_thread_is_held_up,
    nobody_answers_for_a_node_that_never_runs)
