/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_drained.c - drained(): who is told WEFT_EFULL is told once
 * when there is room again; from handlers, from other threads, by
 * weft_node_receive(), and for a connection that was lost meanwhile.
 */
#include "flow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_client.h"
#include "receiver.h"
#include "witness.h"

#define LEN 10000u /* [bytes] of a message */
#ifdef FLOW_SANITIZED
#define COUNT 1000u
#else
#define COUNT 10000u /* of them: 100 MB */
#endif
#define ROUNDS 3u  /* at least so often the outbox is full */
#define ROUND 150u /* messages that are read then: more than it holds */
#define BIG 60000u
#define THREADS 4u

/* Under flow_lock(). */
static unsigned nfull;    /* WEFT_EFULL was answered */
static unsigned ndrained; /* drained() was called */
static unsigned nlate;    /* sent in closed() */
static weft_endpoint opened;
static bool is_open;

static uint32_t next_number; /* the sender's */

/* Number n with its framing into out; *bodyp: where the body begins. */
static void
number_body(uint8_t *out, uint32_t n, const uint8_t **bodyp)
{
	*bodyp = out + flow_number_frame(out, LEN, n) - LEN;
}

static void
note_opened(struct weft_call *call, weft_endpoint from)
{
	(void)call;
	flow_lock();
	opened = from;
	is_open = true;
	flow_notify();
	flow_unlock();
}

static void
note_drained(struct weft_call *call, weft_endpoint to)
{
	(void)call;
	ck_assert_uint_eq(to.id, opened.id);
	flow_lock();
	ndrained++;
	flow_notify();
	flow_unlock();
}

/* ---- a handler that sends as much as it may */

static void
fill(struct weft_call *call, weft_endpoint to)
{
	uint8_t frame[FLOW_HEAD_MAX + LEN];
	const uint8_t *body;
	int rv;

	while (next_number < COUNT) {
		number_body(frame, next_number, &body);
		rv = weft_send(call, to, (struct weft_bytes){ body, LEN });
		if (rv == WEFT_EFULL) {
			flow_lock();
			nfull++;
			flow_unlock();
			return;
		}
		ck_assert_int_eq(rv, WEFT_OK);
		next_number++;
	}
}

static void
fill_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)msg;
	fill(call, from);
}

static void
fill_drained(struct weft_call *call, weft_endpoint to)
{
	note_drained(call, to);
	/* One for each WEFT_EFULL, and none besides. */
	flow_lock();
	ck_assert_uint_eq(ndrained, nfull);
	flow_unlock();
	fill(call, to);
}

static const struct weft_plugin filler = WEFT_PLUGIN_INIT(.name = "filler",
    .opened = note_opened, .message = fill_message, .drained = fill_drained);

/* All numbers, some each time that the outbox has become full. */
static void
recv_in_rounds(struct flow *flow, struct flow_client *client)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		flow_wait_count(flow, WEFT_COUNTER_sends_full, i + 1);
		flow_number_recv(client, LEN, i * ROUND, ROUND);
	}
	flow_number_recv(client, LEN, ROUNDS * ROUND, COUNT - ROUNDS * ROUND);
}

START_TEST(a_handler_fills_the_outbox_again_and_again)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &filler);
	client = flow_client_new_small(&flow->bound[0]);
	flow_say(client, "go");
	recv_in_rounds(flow, client);
	flow_lock();
	ck_assert_uint_eq(nfull, ndrained);
	ck_assert_uint_ge(nfull, ROUNDS);
	flow_unlock();
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), nfull);
	flow_silent(client);
	ck_assert_uint_eq(ndrained, nfull);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- threads of the program's own */

static const struct weft_plugin noter = WEFT_PLUGIN_INIT(.name = "noter",
    .opened = note_opened, .drained = note_drained);

struct sender {
	pthread_t thread;
	struct weft_node *node;
	uint32_t count;
};

/* Until it is taken; each time it is not, drained() must follow. */
static void
send_patiently(struct weft_node *node, const uint8_t *body)
{
	unsigned seen;
	int rv;

	for (;;) {
		flow_lock();
		seen = ndrained;
		flow_unlock();
		rv = weft_node_send(
		    node, opened, (struct weft_bytes){ body, LEN });
		if (rv == WEFT_OK)
			return;
		ck_assert_int_eq(rv, WEFT_EFULL);
		flow_lock();
		nfull++;
		flow_unlock();
		FLOW_WAIT(ndrained > seen, "drained()");
	}
}

static void *
sender_main(void *arg)
{
	struct sender *sender = arg;
	uint8_t frame[FLOW_HEAD_MAX + LEN];
	const uint8_t *body;
	uint32_t i;

	for (i = 0; i < sender->count; i++) {
		number_body(frame, i, &body);
		send_patiently(sender->node, body);
	}
	return NULL;
}

START_TEST(a_thread_of_ones_own_is_told_too)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct sender sender;

	flow_start(flow, FLOW_VARINT, &noter);
	client = flow_client_new_small(&flow->bound[0]);
	FLOW_WAIT(is_open, "opened()");
	sender = (struct sender){ .node = flow->node, .count = COUNT };
	ck_assert_int_eq(
	    pthread_create(&sender.thread, NULL, sender_main, &sender), 0);
	recv_in_rounds(flow, client);
	ck_assert_int_eq(pthread_join(sender.thread, NULL), 0);
	ck_assert_uint_ge(nfull, ROUNDS);
	ck_assert_uint_eq(ndrained, nfull);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(none_of_several_threads_is_forgotten)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct sender senders[THREADS];
	uint8_t body[LEN];
	uint32_t i;

	flow->options.outbox_high_bytes = 40000;
	flow_start(flow, FLOW_VARINT, &noter);
	client = flow_client_new_small(&flow->bound[0]);
	FLOW_WAIT(is_open, "opened()");
	for (i = 0; i < THREADS; i++) {
		senders[i] = (struct sender){ .node = flow->node,
			.count = COUNT / THREADS };
		ck_assert_int_eq(pthread_create(&senders[i].thread, NULL,
				     sender_main, &senders[i]),
		    0);
	}
	flow_wait_count(flow, WEFT_COUNTER_sends_full, 1);
	for (i = 0; i < COUNT; i++)
		ck_assert_uint_eq(flow_recv(client, body, LEN), LEN);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(senders[i].thread, NULL), 0);
	ck_assert_uint_ge(ndrained, 1);
	ck_assert_uint_le(ndrained, nfull);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- weft_node_receive() */

static void *
reader_main(void *arg)
{
	flow_number_recv(arg, LEN, 0, COUNT);
	return NULL;
}

START_TEST(the_event_comes_by_receive_too)
{
	struct flow *flow = flow_new();
	uint8_t frame[FLOW_HEAD_MAX + LEN];
	struct flow_client *client;
	const uint8_t *body;
	struct weft_event event;
	weft_endpoint to;
	bool reads = false;
	pthread_t reader;
	uint32_t n = 0;
	int rv;

	flow_begin(flow, FLOW_VARINT, NULL);
	client = flow_client_new_small(&flow->bound[0]);
	to = receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL).endpoint;
	while (n < COUNT) {
		number_body(frame, n, &body);
		rv = weft_node_send(
		    flow->node, to, (struct weft_bytes){ body, LEN });
		if (rv == WEFT_OK) {
			n++;
			continue;
		}
		ck_assert_int_eq(rv, WEFT_EFULL);
		nfull++;
		/* First the kernel takes some; then nobody, until there is a
		 * reader. */
		if (!reads &&
		    weft_node_receive(flow->node, FLOW_WINDOW_MS, &event) ==
			WEFT_OK) {
			ck_assert_int_eq(event.kind, WEFT_EVENT_DRAINED);
			continue;
		}
		if (!reads)
			ck_assert_int_eq(
			    pthread_create(&reader, NULL, reader_main, client),
			    0);
		reads = true;
		event = receiver_expect(flow->node, WEFT_EVENT_DRAINED, NULL);
		ck_assert_uint_eq(event.endpoint.id, to.id);
	}
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	ck_assert_uint_ge(nfull, ROUNDS);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_WINDOW_MS, &event), -EAGAIN);
	flow_client_free(&client);
	receiver_expect(flow->node, WEFT_EVENT_CLOSED, NULL);
	receiver_stop(&flow, 0);
}
END_TEST

/* ---- a connection of ours that is lost */

static int
server_new(char *url, size_t size)
{
	uint16_t port;
	int fd = flow_listen(&port);

	(void)snprintf(url, size,
	    "tcp+varint://127.0.0.1:%u?reconnect=10ms&reconnect_max=50ms",
	    port);
	return fd;
}

static int
server_accept(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int accepted;

	ck_assert_int_eq(poll(&poll_fd, 1, FLOW_DEADLINE_MS), 1);
	accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(accepted, 0);
	return accepted;
}

static void
server_reset(int fd)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	ck_assert_int_eq(
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	close(fd);
}

static unsigned
send_until_full(struct weft_node *node, weft_endpoint to)
{
	static const uint8_t big[BIG];
	unsigned n = 0;
	int rv;

	while ((rv = weft_node_send(
		    node, to, (struct weft_bytes){ big, BIG })) == WEFT_OK)
		n++;
	ck_assert_int_eq(rv, WEFT_EFULL);
	return n;
}

/* A while in which the sockets may take what they can. */
static void
let_settle(void)
{
	uint64_t began = flow_now_ms();

	FLOW_WAIT(flow_now_ms() - began > FLOW_WINDOW_MS, "a window to pass");
}

static struct flow *
lost_node(int *serverp, const struct weft_plugin *plugin, weft_endpoint *to)
{
	struct flow *flow = flow_new();
	struct weft_error err;
	char url[128];
	int rv;

	*serverp = server_new(url, sizeof(url));
	flow_start(flow, FLOW_VARINT, plugin);
	rv = weft_node_connect(flow->node, url, plugin->name, to, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	return flow;
}

/* Its queue goes with the connection; there is room when it stands again. */
START_TEST(a_sender_whose_connection_was_lost_is_told_when_it_stands_again)
{
	weft_endpoint to;
	unsigned ndrains;
	int server, fd;
	struct flow *flow = lost_node(&server, &witness_only, &to);

	fd = server_accept(server);
	(void)witness_wait('o', to.id, 1);
	do {
		/* The kernel takes some, too. */
		ndrains = witness_count('d', to.id);
		ck_assert_uint_gt(send_until_full(flow->node, to), 0);
		let_settle();
	} while (witness_count('d', to.id) != ndrains);
	server_reset(fd);
	(void)witness_wait('c', to.id, 1);
	fd = server_accept(server);
	/* Before closed() if it was writing that failed, else after. */
	(void)witness_wait('d', to.id, ndrains + 1);
	(void)witness_wait('o', to.id, 2);
	close(fd);
	flow_end(&flow);
	close(server);
}
END_TEST

static void
full_in_closed(
    struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)why;
	if (nfull == 0) {
		nlate = send_until_full(weft_call_node(call), from);
		flow_lock();
		nfull++;
		flow_notify();
		flow_unlock();
	}
}

static const struct weft_plugin late = WEFT_PLUGIN_INIT(.name = "late",
    .opened = note_opened, .closed = full_in_closed, .drained = note_drained);

/* What is sent while it is not there waits, within the bound. */
START_TEST(a_sender_that_was_refused_while_it_was_lost_is_told_too)
{
	struct flow_client *reader;
	static uint8_t body[BIG];
	unsigned i;
	weft_endpoint to;
	int server, fd;
	struct flow *flow = lost_node(&server, &late, &to);

	fd = server_accept(server);
	FLOW_WAIT(is_open, "opened()");
	server_reset(fd);
	FLOW_WAIT(nfull == 1, "WEFT_EFULL in closed()");
	fd = server_accept(server);
	reader = calloc(1, sizeof(*reader));
	ck_assert_ptr_nonnull(reader);
	reader->fd = fd;
	for (i = 0; i < nlate; i++)
		ck_assert_uint_eq(flow_recv(reader, body, BIG), BIG);
	FLOW_WAIT(ndrained == 1, "drained()");
	flow_client_free(&reader);
	flow_end(&flow);
	close(server);
}
END_TEST

START_TEST(a_sender_that_was_refused_before_it_stood_is_told)
{
	weft_endpoint to;
	int server, fd;
	struct flow *flow = flow_new();
	struct flow_client *reader;
	struct weft_error err;
	static uint8_t body[BIG];
	char url[128];
	unsigned n, i;

	server = server_new(url, sizeof(url));
	flow_add(flow, FLOW_VARINT, &flow_echo);
	flow_begin(flow, FLOW_VARINT, &witness_only);
	ck_assert_int_eq(
	    weft_node_connect(flow->node, url, "witness", &to, &err), WEFT_OK);
	n = send_until_full(flow->node, to);
	fd = server_accept(server);
	reader = calloc(1, sizeof(*reader));
	ck_assert_ptr_nonnull(reader);
	reader->fd = fd;
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(flow_recv(reader, body, BIG), BIG);
	(void)witness_wait('d', to.id, 1);
	flow_client_free(&reader);
	weft_node_stop(flow->node);
	flow_finish(flow);
	ck_assert_uint_eq(witness_count('d', to.id), 1);
	flow_free(&flow);
	close(server);
}
END_TEST

FLOW_MAIN("drained", a_handler_fills_the_outbox_again_and_again,
    a_thread_of_ones_own_is_told_too, none_of_several_threads_is_forgotten,
    the_event_comes_by_receive_too,
    a_sender_whose_connection_was_lost_is_told_when_it_stands_again,
    a_sender_that_was_refused_while_it_was_lost_is_told_too,
    a_sender_that_was_refused_before_it_stood_is_told)
