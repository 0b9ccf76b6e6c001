/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_send.c - what a handler, and a thread of the program's own,
 * can do to endpoints: send, give a buffer away, close; and what they are told
 * when the endpoint is gone.
 *
 * The first byte of a message picks the handler's part; see send_message().
 */
#include "flow.h"

#include <errno.h>
#include <string.h>

#include "flow_client.h"

#define NAMES 8
#define MAX_MESSAGE 1000u

static weft_endpoint names[NAMES]; /* under flow_lock(), as they came */
static unsigned nnames, nclosed;

static struct weft_bytes
text(const char *words)
{
	return (struct weft_bytes){ words, strlen(words) };
}

static void
send_opened(struct weft_call *call, weft_endpoint from)
{
	(void)call;
	flow_lock();
	ck_assert_uint_lt(nnames, NAMES);
	names[nnames++] = from;
	flow_notify();
	flow_unlock();
}

static void
send_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	(void)why;
	flow_lock();
	nclosed++;
	flow_notify();
	flow_unlock();
}

static weft_endpoint
name_of(unsigned client)
{
	weft_endpoint name;

	flow_lock();
	name = names[client];
	flow_unlock();
	return name;
}

/* 's': every call with a name that has become stale, or never was one. */
static void
try_stale(struct weft_call *call, weft_endpoint gone)
{
	struct weft_node *node = weft_call_node(call);
	struct weft_buffer *buf, *kept;

	ck_assert_int_eq(weft_send(call, gone, text("x")), WEFT_ENOENDPOINT);
	ck_assert_int_eq(weft_close(call, gone), WEFT_ENOENDPOINT);
	ck_assert_int_eq(
	    weft_node_send(node, gone, text("x")), WEFT_ENOENDPOINT);
	ck_assert_int_eq(weft_node_close(node, gone), WEFT_ENOENDPOINT);
	ck_assert_int_eq(weft_buffer_new(&buf, 10), WEFT_OK);
	kept = buf;
	ck_assert_int_eq(weft_send_buffer(call, gone, &buf), WEFT_ENOENDPOINT);
	ck_assert_ptr_eq(buf, kept);
	ck_assert_uint_eq(weft_buffer_len(buf), 10);
	weft_buffer_free(&buf);
	ck_assert_ptr_null(buf);
}

/* 'l': longer than max_message. */
static void
try_too_long(struct weft_call *call, weft_endpoint to)
{
	struct weft_node *node = weft_call_node(call);
	static const char zeros[MAX_MESSAGE + 1];
	struct weft_bytes longest = { zeros, MAX_MESSAGE };
	struct weft_bytes longer = { zeros, MAX_MESSAGE + 1 };
	struct weft_buffer *buf, *kept;

	ck_assert_int_eq(weft_send(call, to, longer), WEFT_ETOOBIG);
	ck_assert_int_eq(weft_node_send(node, to, longer), WEFT_ETOOBIG);
	ck_assert_int_eq(weft_buffer_new(&buf, longer.len), WEFT_OK);
	kept = buf;
	ck_assert_int_eq(weft_send_buffer(call, to, &buf), WEFT_ETOOBIG);
	ck_assert_ptr_eq(buf, kept);
	ck_assert_int_eq(weft_buffer_truncate(buf, longest.len), WEFT_OK);
	memset(weft_buffer_data(buf), 'L', longest.len);
	ck_assert_int_eq(weft_send_buffer(call, to, &buf), WEFT_OK);
	ck_assert_ptr_null(buf);
	ck_assert_int_eq(weft_send(call, to, longest), WEFT_OK);
}

/* 'g': give a buffer away, shorter than it was planned. */
static void
try_give(struct weft_call *call, weft_endpoint to)
{
	struct weft_buffer *buf;

	ck_assert_int_eq(weft_buffer_new(&buf, 100), WEFT_OK);
	ck_assert_uint_eq(weft_buffer_len(buf), 100);
	memcpy(weft_buffer_data(buf), "given away", 10);
	ck_assert_int_eq(weft_buffer_truncate(buf, 50), WEFT_OK);
	ck_assert_int_eq(weft_buffer_truncate(buf, 51), -EINVAL);
	ck_assert_int_eq(weft_buffer_truncate(buf, 10), WEFT_OK);
	ck_assert_uint_eq(weft_buffer_len(buf), 10);
	ck_assert_int_eq(weft_send_buffer(call, to, &buf), WEFT_OK);
	ck_assert_ptr_null(buf);
	weft_buffer_free(&buf);
	ck_assert_int_eq(weft_buffer_new(&buf, 0), WEFT_OK);
	ck_assert_int_eq(weft_send_buffer(call, to, &buf), WEFT_OK);
}

/* 'm': the three ways of sending in turn, to the sender and to the first
 * client, then close the sender from "outside". */
static void
try_mixed(struct weft_call *call, weft_endpoint from)
{
	struct weft_node *node = weft_call_node(call);
	weft_endpoint to[2] = { from, name_of(0) };
	struct weft_buffer *buf;
	struct weft_bytes msg;
	uint8_t frame[64];
	uint32_t i;

	for (i = 0; i < 300; i++) {
		/* Without its framing, which is one byte for a short one. */
		(void)flow_number_frame(frame, 16, i / 2);
		msg = (struct weft_bytes){ frame + 1, 16 };
		if (i % 3 == 0) {
			ck_assert_int_eq(weft_send(call, to[i % 2], msg), 0);
		} else if (i % 3 == 1) {
			ck_assert_int_eq(
			    weft_node_send(node, to[i % 2], msg), 0);
		} else {
			ck_assert_int_eq(weft_buffer_new(&buf, 16), 0);
			memcpy(weft_buffer_data(buf), msg.data, 16);
			ck_assert_int_eq(
			    weft_send_buffer(call, to[i % 2], &buf), 0);
		}
	}
	ck_assert_int_eq(weft_node_close(node, from), WEFT_OK);
}

/* 'h': a helper thread sends with the handler's call, while the handler waits
 * for it. */
struct helped {
	struct weft_call *call;
	weft_endpoint to;
};

static void *
help(void *arg)
{
	const struct helped *helped = arg;
	struct weft_buffer *buf;

	ck_assert_int_eq(
	    weft_send(helped->call, helped->to, text("helper")), WEFT_OK);
	ck_assert_int_eq(weft_buffer_new(&buf, 3), WEFT_OK);
	memcpy(weft_buffer_data(buf), "two", 3);
	ck_assert_int_eq(
	    weft_send_buffer(helped->call, helped->to, &buf), WEFT_OK);
	ck_assert_ptr_null(buf);
	weft_flush(helped->call);
	return NULL;
}

static void
try_helper(struct weft_call *call, weft_endpoint to)
{
	struct helped helped = { call, to };
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, help, &helped), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void
send_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	const char *what = msg.data;

	switch (msg.len > 0 ? what[0] : 0) {
	case 's':
		try_stale(call, name_of(0));
		try_stale(call, (weft_endpoint){ 0 });
		try_stale(call, (weft_endpoint){ ~UINT64_C(0) });
		try_stale(call, (weft_endpoint){ from.id + 1 });
		break;
	case 'l':
		try_too_long(call, from);
		return;
	case 'g':
		try_give(call, from);
		return;
	case 'm':
		try_mixed(call, from);
		return;
	case 'h':
		try_helper(call, from);
		break;
	case 't': /* to the first client */
		ck_assert_int_eq(weft_send(call, name_of(0), msg), WEFT_OK);
		return;
	case 'k': /* close the first client */
		ck_assert_int_eq(weft_close(call, name_of(0)), WEFT_OK);
		break;
	}
	(void)weft_send(call, from, msg);
}

static const struct weft_plugin send_plugin = WEFT_PLUGIN_INIT(.name = "send",
    .opened = send_opened, .message = send_message, .closed = send_closed);

static struct flow *
send_start(uint32_t max_endpoints)
{
	struct flow *flow = flow_new();

	flow->options.max_endpoints = max_endpoints;
	flow->options.max_message = MAX_MESSAGE;
	flow_start(flow, FLOW_VARINT, &send_plugin);
	return flow;
}

/* Connected, and opened() has written its name down. */
static struct flow_client *
send_client(struct flow *flow)
{
	struct flow_client *client;
	unsigned before;

	flow_lock();
	before = nnames;
	flow_unlock();
	client = flow_client_new(&flow->bound[0]);
	FLOW_WAIT(nnames == before + 1, "opened() to be called");
	return client;
}

START_TEST(a_stale_name_is_refused_also_when_its_place_is_taken_again)
{
	struct flow *flow = send_start(1);
	struct flow_client *client = send_client(flow);

	flow_client_free(&client);
	FLOW_WAIT(nclosed == 1, "closed() to be called");
	/* There is one place, so the second client has the first one's. */
	client = send_client(flow);
	ck_assert_uint_ne(name_of(0).id, name_of(1).id);
	flow_say(client, "s");
	flow_hear(client, "s");
	ck_assert_int_eq(weft_node_send(flow->node, name_of(0), text("x")),
	    WEFT_ENOENDPOINT);
	ck_assert_int_eq(
	    weft_node_close(flow->node, name_of(0)), WEFT_ENOENDPOINT);
	ck_assert_int_eq(
	    weft_node_send(flow->node, name_of(1), text("you")), WEFT_OK);
	flow_hear(client, "you");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_message_longer_than_max_message_is_not_sent)
{
	struct flow *flow = send_start(0);
	struct flow_client *client = send_client(flow);
	char found[MAX_MESSAGE];

	flow_say(client, "l");
	ck_assert_uint_eq(
	    flow_recv(client, found, sizeof(found)), MAX_MESSAGE);
	ck_assert_int_eq(found[MAX_MESSAGE - 1], 'L');
	ck_assert_uint_eq(
	    flow_recv(client, found, sizeof(found)), MAX_MESSAGE);
	ck_assert_int_eq(found[0], 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_buffer_that_is_given_away_arrives_as_it_was_cut)
{
	struct flow *flow = send_start(0);
	struct flow_client *client = send_client(flow);

	flow_say(client, "g");
	flow_hear(client, "given away");
	flow_hear(client, "");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_handler_sends_to_another_client_than_the_one_that_wrote)
{
	struct flow *flow = send_start(0);
	struct flow_client *one = send_client(flow);
	struct flow_client *two = send_client(flow);

	flow_say(two, "to one");
	flow_hear(one, "to one");
	flow_say(two, "plain");
	flow_hear(two, "plain"); /* not "to one": that went elsewhere */
	flow_client_free(&one);
	flow_client_free(&two);
	flow_end(&flow);
}
END_TEST

START_TEST(a_handler_closes_another_client)
{
	struct flow *flow = send_start(0);
	struct flow_client *one = send_client(flow);
	struct flow_client *two = send_client(flow);

	flow_say(two, "kill");
	flow_hear(two, "kill");
	ck_assert_int_eq(flow_read_end(one), 0);
	FLOW_WAIT(nclosed == 1, "closed() to be called");
	flow_say(two, "alive");
	flow_hear(two, "alive");
	flow_client_free(&one);
	flow_client_free(&two);
	flow_end(&flow);
}
END_TEST

START_TEST(three_ways_of_sending_keep_their_order_and_come_before_the_close)
{
	struct flow *flow = send_start(0);
	struct flow_client *one = send_client(flow);
	struct flow_client *two = send_client(flow);

	flow_say(two, "mixed");
	flow_number_recv(two, 16, 0, 150);
	ck_assert_int_eq(flow_read_end(two), 0);
	flow_number_recv(one, 16, 0, 150);
	flow_client_free(&one);
	flow_client_free(&two);
	flow_end(&flow);
}
END_TEST

START_TEST(a_helper_thread_sends_with_the_call_of_a_handler)
{
	struct flow *flow = send_start(0);
	struct flow_client *client = send_client(flow);

	flow_say(client, "help");
	flow_hear(client, "helper");
	flow_hear(client, "two");
	flow_hear(client, "help");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_thread_of_the_programs_own_gives_a_buffer_away)
{
	struct flow *flow = send_start(0);
	struct flow_client *client = send_client(flow);
	struct weft_buffer *buf, *kept;

	ck_assert_int_eq(weft_buffer_new(&buf, 4), WEFT_OK);
	memcpy(weft_buffer_data(buf), "gift", 4);
	kept = buf;
	ck_assert_int_eq(
	    weft_node_send_buffer(flow->node, (weft_endpoint){ 0 }, &buf),
	    WEFT_ENOENDPOINT);
	ck_assert_ptr_eq(buf, kept);
	ck_assert_int_eq(
	    weft_node_send_buffer(flow->node, name_of(0), &buf), WEFT_OK);
	ck_assert_ptr_null(buf);
	flow_hear(client, "gift");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

#define FOREIGNERS 4u
#define FOREIGN_EACH 2000u

struct foreigner {
	struct weft_node *node;
	uint32_t first;
};

static void *
foreign_send(void *arg)
{
	const struct foreigner *who = arg;
	uint8_t frame[64];
	uint32_t i;
	int rv;

	for (i = 0; i < FOREIGN_EACH; i++) {
		(void)flow_number_frame(frame, 24, who->first + i);
		rv = weft_node_send(who->node, name_of(0),
		    (struct weft_bytes){ frame + 1, 24 });
		ck_assert_int_eq(rv, WEFT_OK);
	}
	return NULL;
}

START_TEST(threads_of_the_programs_own_send_and_each_keeps_its_order)
{
	struct foreigner who[FOREIGNERS];
	pthread_t threads[FOREIGNERS];
	struct flow_client *client;
	uint32_t i, number, next[FOREIGNERS] = { 0 };
	struct flow *flow = flow_new();
	uint8_t body[24];

	/* All of it may be on its way at once. */
	flow->options.outbox_high_bytes = 1u << 20;
	flow_start(flow, FLOW_VARINT, &send_plugin);
	client = send_client(flow);
	for (i = 0; i < FOREIGNERS; i++) {
		who[i] = (struct foreigner){ flow->node, i * 100000 };
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, foreign_send, &who[i]),
		    0);
	}
	for (i = 0; i < FOREIGNERS * FOREIGN_EACH; i++) {
		ck_assert_uint_eq(flow_recv(client, body, 24), 24);
		number = flow_number_check(body, 24);
		ck_assert_uint_lt(number / 100000, FOREIGNERS);
		ck_assert_uint_eq(number % 100000, next[number / 100000]++);
	}
	for (i = 0; i < FOREIGNERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	/* And a close behind the last word comes behind it. */
	ck_assert_int_eq(
	    weft_node_send(flow->node, name_of(0), text("end")), WEFT_OK);
	ck_assert_int_eq(weft_node_close(flow->node, name_of(0)), WEFT_OK);
	flow_hear(client, "end");
	ck_assert_int_eq(flow_read_end(client), 0);
	FLOW_WAIT(nclosed == 1, "closed() to be called");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("send", a_stale_name_is_refused_also_when_its_place_is_taken_again,
    a_message_longer_than_max_message_is_not_sent,
    a_buffer_that_is_given_away_arrives_as_it_was_cut,
    a_handler_sends_to_another_client_than_the_one_that_wrote,
    a_handler_closes_another_client,
    three_ways_of_sending_keep_their_order_and_come_before_the_close,
    a_helper_thread_sends_with_the_call_of_a_handler,
    a_thread_of_the_programs_own_gives_a_buffer_away,
    threads_of_the_programs_own_send_and_each_keeps_its_order)
