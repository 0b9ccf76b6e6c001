/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_connect.c - connections of ours: opened or closed with the
 * reason, messages that wait, close and abort, connecting again, waiting.
 *
 * One node is both ends in most tests: site 0 echoes, site 1 is there for its
 * plugin, the witness, to which the connections belong.  Where the server has
 * to behave badly, it is a plain socket of the test's.
 */
#include "flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_client.h"
#include "witness.h"

#define HELLO ((struct weft_bytes){ "hello", 5 })
#define BIG 100000u /* [bytes] of a message; more than an outbox of 64 KiB */

static struct flow *
connect_node(void)
{
	struct flow *flow = flow_new();

	flow_add(flow, FLOW_VARINT, &flow_echo);
	flow_start(flow, FLOW_VARINT, &witness_only);
	FLOW_WAIT(
	    weft_node_connect_wait(flow->node, "tcp://127.0.0.1:1", "nobody",
		0, &(weft_endpoint){ 0 }, NULL) == WEFT_ENOPLUGIN,
	    "the node to run");
	return flow;
}

static weft_endpoint
connect_to(struct flow *flow, const char *url)
{
	struct weft_error err;
	weft_endpoint to;
	int rv = weft_node_connect(flow->node, url, "witness", &to, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	ck_assert_uint_ne(to.id, 0);
	return to;
}

/* ---- a server of the test's own */

struct server {
	int fd;
	char url[64];
};

static struct server
server_new(bool listens, const char *options)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	struct server server;

	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(server.fd, 0);
	ck_assert_int_eq(bind(server.fd, (struct sockaddr *)&in, len), 0);
	if (listens)
		ck_assert_int_eq(listen(server.fd, 8), 0);
	ck_assert_int_eq(
	    getsockname(server.fd, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(server.url, sizeof(server.url),
	    "tcp+varint://127.0.0.1:%u%s", ntohs(in.sin_port), options);
	return server;
}

static int
server_accept(const struct server *server)
{
	struct pollfd poll_fd = { .fd = server->fd, .events = POLLIN };
	int fd;

	ck_assert_int_eq(poll(&poll_fd, 1, FLOW_DEADLINE_MS), 1);
	fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* All of it, then whatever read() says next: 0, or -errno. */
static int
server_read(int fd, void *out, size_t len)
{
	struct timeval patience = { .tv_sec = FLOW_DEADLINE_MS / 1000 };
	ssize_t n;
	char more;

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			     sizeof(patience)),
	    0);
	if (len > 0) {
		n = recv(fd, out, len, MSG_WAITALL);
		ck_assert_int_eq((int)n, (int)len);
	}
	n = recv(fd, &more, 1, 0);
	return n < 0 ? -errno : (int)n;
}

/* ---- tests */

START_TEST(what_is_sent_before_it_stands_arrives_when_it_does)
{
	struct flow *flow = connect_node();
	weft_endpoint to = connect_to(flow, flow->bound[0].url);
	char order[8];

	ck_assert_int_eq(weft_node_send(flow->node, to, HELLO), WEFT_OK);
	ck_assert_str_eq(witness_wait('m', to.id, 1)->head, "hello");
	witness_order(to.id, order, sizeof(order));
	ck_assert_str_eq(order, "om");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_connects), 1);
	flow_wait_log(flow, "IO-CONNECTED");
	flow_end(&flow);
	ck_assert_int_eq(
	    witness_wait('c', to.id, 1)->why, WEFT_REASON_STOPPING);
}
END_TEST

START_TEST(one_asked_for_before_the_node_runs_begins_with_it)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct server server = server_new(true, "");
	struct weft_node *node;
	struct weft_error err;
	weft_endpoint to;
	int fd;

	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(node, &witness_only, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_connect(node, server.url, "witness", &to, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_send(node, to, HELLO), WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	fd = server_accept(&server);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_int_eq(witness_count('c', to.id), 1);
	close(fd);
	close(server.fd);
}
END_TEST

START_TEST(a_port_where_nobody_listens_is_closed_with_the_cause)
{
	struct flow *flow = connect_node();
	struct server server = server_new(false, "");
	weft_endpoint to = connect_to(flow, server.url);
	const struct witness_entry *closed = witness_wait('c', to.id, 1);

	ck_assert_int_eq(closed->why, WEFT_REASON_CONNECT);
	ck_assert_int_eq(closed->code, -ECONNREFUSED);
	ck_assert_uint_eq(witness_count('o', to.id), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_connects_failed), 1);
	flow_wait_log(flow, "IO-CONNECT-FAILED");
	FLOW_WAIT(weft_node_send(flow->node, to, HELLO) == WEFT_ENOENDPOINT,
	    "a name that is stale");
	flow_end(&flow);
	close(server.fd);
}
END_TEST

START_TEST(a_name_without_an_address_is_closed_as_unresolved)
{
	struct flow *flow = connect_node();
	weft_endpoint to =
	    connect_to(flow, "tcp+varint://no-such-host.invalid:1");
	const struct witness_entry *closed = witness_wait('c', to.id, 1);

	ck_assert_int_eq(closed->why, WEFT_REASON_UNRESOLVED);
	ck_assert_int_eq(closed->code, WEFT_EUNRESOLVED);
	flow_wait_log(flow, "IO-CONNECT-FAILED");
	flow_end(&flow);
}
END_TEST

/* A listener whose backlog is full lets nobody in and refuses nobody. */
START_TEST(one_that_never_stands_is_closed_in_time_or_by_us)
{
	struct flow *flow = connect_node();
	struct server server = server_new(false, "?handshake=200ms");
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	weft_endpoint to;
	int fill[8];
	size_t i;

	ck_assert_int_eq(listen(server.fd, 0), 0);
	ck_assert_int_eq(
	    getsockname(server.fd, (struct sockaddr *)&in, &len), 0);
	for (i = 0; i < 8; i++) {
		fill[i] = socket(
		    AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fill[i], (struct sockaddr *)&in, len);
	}
	to = connect_to(flow, server.url);
	ck_assert_int_eq(
	    witness_wait('c', to.id, 1)->why, WEFT_REASON_HANDSHAKE);
	*strchr(server.url, '?') = '\0';
	to = connect_to(flow, server.url);
	ck_assert_int_eq(
	    weft_node_send_ready(flow->node, to, HELLO), WEFT_ENOTREADY);
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	ck_assert_int_eq(witness_wait('c', to.id, 1)->why, WEFT_REASON_LOCAL);
	to = connect_to(flow, server.url);
	flow_end(&flow);
	ck_assert_int_eq(
	    witness_wait('c', to.id, 1)->why, WEFT_REASON_STOPPING);
	for (i = 0; i < 8; i++)
		close(fill[i]);
	close(server.fd);
}
END_TEST

START_TEST(messages_that_wait_keep_to_the_outbox_bound)
{
	struct flow *flow = flow_new();
	struct weft_endpoint_info info;
	struct server server = server_new(true, "");
	static char big[BIG];
	weft_endpoint to;
	unsigned n = 0;
	int rv;

	flow->options.outbox_high_bytes = 300000;
	flow_start(flow, FLOW_VARINT, &witness_only);
	to = connect_to(flow, server.url);
	while ((rv = weft_node_send(flow->node, to,
		    (struct weft_bytes){ big, BIG })) == WEFT_OK)
		n++;
	ck_assert_int_eq(rv, WEFT_EFULL);
	ck_assert_uint_ge(n, 2);
	ck_assert_int_eq(weft_endpoint_info(flow->node, to, &info), WEFT_OK);
	ck_assert_uint_le(info.queued_bytes, 300000);
	flow_end(&flow);
	close(server.fd);
}
END_TEST

START_TEST(close_lets_what_was_sent_leave_even_before_it_stands)
{
	struct flow *flow = connect_node();
	struct server server = server_new(true, "");
	weft_endpoint to = connect_to(flow, server.url);
	char got[6];
	int fd;

	ck_assert_int_eq(weft_node_send(flow->node, to, HELLO), WEFT_OK);
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	fd = server_accept(&server);
	ck_assert_int_eq(server_read(fd, got, sizeof(got)), 0);
	ck_assert_int_eq(memcmp(got, "\5hello", 6), 0);
	ck_assert_int_eq(witness_wait('c', to.id, 1)->why, WEFT_REASON_LOCAL);
	ck_assert_int_eq(weft_reason_side(WEFT_REASON_LOCAL), WEFT_SIDE_US);
	close(fd);
	flow_end(&flow);
	close(server.fd);
}
END_TEST

START_TEST(abort_resets_and_drops)
{
	struct flow *flow = connect_node();
	struct server server = server_new(true, "");
	weft_endpoint to = connect_to(flow, server.url);
	char got[6];
	int fd = server_accept(&server);

	(void)witness_wait('o', to.id, 1);
	ck_assert_int_eq(weft_node_send_ready(flow->node, to, HELLO), WEFT_OK);
	ck_assert_int_eq((int)recv(fd, got, 6, MSG_WAITALL), 6);
	ck_assert_int_eq(weft_node_abort(flow->node, to), WEFT_OK);
	ck_assert_int_eq(server_read(fd, NULL, 0), -ECONNRESET);
	ck_assert_int_eq(witness_wait('c', to.id, 1)->why, WEFT_REASON_ABORT);
	close(fd);
	flow_end(&flow);
	close(server.fd);
}
END_TEST

START_TEST(a_lost_one_stands_again_under_its_name)
{
	struct flow *flow = connect_node();
	struct server server =
	    server_new(true, "?reconnect=20ms&reconnect_max=50ms");
	weft_endpoint to = connect_to(flow, server.url);
	char order[16], got[12];
	size_t due;
	unsigned i;
	int fd;

	for (i = 1; i <= 3; i++) {
		fd = server_accept(&server);
		(void)witness_wait('o', to.id, i);
		ck_assert_int_eq(
		    weft_node_send(flow->node, to, HELLO), WEFT_OK);
		/* And what waited; a byte left unread would reset. */
		due = i == 1 ? 6 : 12;
		ck_assert_int_eq(recv(fd, got, due, MSG_WAITALL), due);
		close(fd);
		ck_assert_int_eq(
		    witness_wait('c', to.id, i)->why, WEFT_REASON_PEER);
		/* While it is not there, it waits. */
		ck_assert_int_eq(
		    weft_node_send(flow->node, to, HELLO), WEFT_OK);
	}
	fd = server_accept(&server);
	(void)witness_wait('o', to.id, 4);
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	ck_assert_int_eq(witness_wait('c', to.id, 4)->why, WEFT_REASON_LOCAL);
	witness_order(to.id, order, sizeof(order));
	ck_assert_str_eq(order, "ococococ");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_reconnects), 3);
	FLOW_WAIT(weft_node_send(flow->node, to, HELLO) == WEFT_ENOENDPOINT,
	    "the end for good");
	close(fd);
	flow_end(&flow);
	close(server.fd);
}
END_TEST

START_TEST(attempts_that_fail_are_counted_and_a_stop_ends_them)
{
	struct flow *flow = connect_node();
	struct server server =
	    server_new(false, "?reconnect=10ms&reconnect_max=20ms");
	weft_endpoint to = connect_to(flow, server.url);

	flow_wait_count(flow, WEFT_COUNTER_connects_failed, 4);
	ck_assert_uint_eq(witness_count('c', to.id), 0);
	flow_end(&flow);
	ck_assert_int_eq(
	    witness_wait('c', to.id, 1)->why, WEFT_REASON_STOPPING);
	close(server.fd);
}
END_TEST

START_TEST(waiting_says_how_it_ended)
{
	struct flow *flow = connect_node();
	struct server nobody = server_new(false, "");
	struct weft_error err;
	weft_endpoint to;
	int rv;

	rv = weft_node_connect_wait(flow->node, flow->bound[0].url, "witness",
	    FLOW_DEADLINE_MS, &to, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	ck_assert_int_eq(weft_node_send_ready(flow->node, to, HELLO), WEFT_OK);
	(void)witness_wait('m', to.id, 1);
	rv = weft_node_connect_wait(
	    flow->node, nobody.url, "witness", FLOW_DEADLINE_MS, &to, &err);
	ck_assert_int_eq(rv, -ECONNREFUSED);
	ck_assert_uint_eq(to.id, 0);
	ck_assert_ptr_nonnull(strstr(err.text, nobody.url));
	rv = weft_node_connect_wait(flow->node,
	    "tcp+varint://no-such-host.invalid:1", "witness", FLOW_DEADLINE_MS,
	    &to, &err);
	ck_assert_int_eq(rv, WEFT_EUNRESOLVED);
	flow_end(&flow);
	close(nobody.fd);
}
END_TEST

START_TEST(waiting_ends_at_the_deadline)
{
	struct flow *flow = connect_node();
	struct server nobody = server_new(false, "?reconnect=10ms");
	struct weft_error err;
	weft_endpoint to;

	ck_assert_int_eq(weft_node_connect_wait(flow->node, nobody.url,
			     "witness", 100, &to, &err),
	    -ETIMEDOUT);
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_ABORT);
	flow_end(&flow);
	close(nobody.fd);
}
END_TEST

START_TEST(waiting_needs_a_node_that_runs)
{
	struct weft_node *node;
	struct weft_error err;
	weft_endpoint to;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(node, &witness_only, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_connect_wait(node, "tcp://127.0.0.1:1",
			     "witness", 100, &to, &err),
	    WEFT_ESTATE);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(what_cannot_be_connected_to_is_refused_at_once)
{
	struct flow *flow = connect_node();
	struct weft_error err;
	weft_endpoint to;

	ck_assert_int_eq(weft_node_connect(flow->node, "tcp+nonsense://x:1",
			     "witness", &to, &err),
	    WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, "varint"));
	ck_assert_int_eq(weft_node_connect(flow->node, "carrier://x:1",
			     "witness", &to, &err),
	    WEFT_EURL);
	ck_assert_int_eq(weft_node_connect(flow->node, "tcp://127.0.0.1:1",
			     "nobody", &to, &err),
	    WEFT_ENOPLUGIN);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("connect", what_is_sent_before_it_stands_arrives_when_it_does,
    one_asked_for_before_the_node_runs_begins_with_it,
    a_port_where_nobody_listens_is_closed_with_the_cause,
    a_name_without_an_address_is_closed_as_unresolved,
    one_that_never_stands_is_closed_in_time_or_by_us,
    messages_that_wait_keep_to_the_outbox_bound,
    close_lets_what_was_sent_leave_even_before_it_stands,
    abort_resets_and_drops, a_lost_one_stands_again_under_its_name,
    attempts_that_fail_are_counted_and_a_stop_ends_them,
    waiting_says_how_it_ended, waiting_ends_at_the_deadline,
    waiting_needs_a_node_that_runs,
    what_cannot_be_connected_to_is_refused_at_once)
