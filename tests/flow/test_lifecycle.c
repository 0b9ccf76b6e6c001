/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_lifecycle.c - opened, messages, closed: in this order, each
 * once, and with the reason that fits.
 *
 * The plugin writes down what happens to each endpoint, in a place that is the
 * endpoint's user pointer.  The first byte of a message says what to do: 'e'
 * send it back, 'c' answer "bye" and close, 'b' as 'c' with a long answer, 'x'
 * nothing.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "flow_client.h"

#define LIVES 64
#define LONG_ANSWER 200000u /* [bytes]: more than a small receive buffer */

/* What happened to an endpoint; under flow_lock(). */
struct life {
	weft_endpoint id;
	char order[32]; /* 'o', 'm' and 'c', as they came */
	unsigned events;
	unsigned strays; /* events with another user pointer or thread */
	bool closed;
	enum weft_reason why;
	bool running; /* a handler of it runs */
};

static struct life lives[LIVES];
static unsigned nlives;

static void
life_event(struct life *life, weft_endpoint from, char what)
{
	flow_lock();
	if (life->id.id != from.id || life->running || life->closed)
		life->strays++;
	life->running = true;
	if (life->events < sizeof(life->order) - 1)
		life->order[life->events] = what;
	life->events++;
	flow_unlock();
}

static void
life_rest(struct life *life)
{
	flow_lock();
	life->running = false;
	flow_notify();
	flow_unlock();
}

static void
life_opened(struct weft_call *call, weft_endpoint from)
{
	struct life *life;

	ck_assert_ptr_null(weft_call_user(call));
	flow_lock();
	ck_assert_uint_lt(nlives, LIVES);
	life = &lives[nlives++];
	life->id = from;
	flow_unlock();
	weft_call_set_user(call, life);
	life_event(life, from, 'o');
	life_rest(life);
}

static void
life_close(struct weft_call *call, weft_endpoint from, size_t len)
{
	char *answer = calloc(1, len);

	ck_assert_ptr_nonnull(answer);
	memcpy(answer, "bye", 3);
	ck_assert_int_eq(
	    weft_send(call, from, (struct weft_bytes){ answer, len }), 0);
	free(answer);
	ck_assert_int_eq(weft_close(call, from), WEFT_OK);
}

static void
life_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	const char *what = msg.data;

	life_event(weft_call_user(call), from, 'm');
	if (msg.len > 0 && what[0] == 'e')
		ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
	if (msg.len > 0 && what[0] == 'c')
		life_close(call, from, 3);
	if (msg.len > 0 && what[0] == 'b')
		life_close(call, from, LONG_ANSWER);
	life_rest(weft_call_user(call));
}

static void
life_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct life *life = weft_call_user(call);

	life_event(life, from, 'c');
	flow_lock();
	life->closed = true;
	life->why = why;
	flow_unlock();
	life_rest(life);
}

static const struct weft_plugin life_plugin = WEFT_PLUGIN_INIT(.name = "life",
    .opened = life_opened, .message = life_message, .closed = life_closed);

static struct flow *
life_start(void)
{
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &life_plugin);
	return flow;
}

static void
life_expect(const struct life *life, const char *order, enum weft_reason why)
{
	FLOW_WAIT(life->closed, "closed() to be called");
	flow_lock();
	ck_assert_str_eq(life->order, order);
	ck_assert_uint_eq(life->strays, 0);
	ck_assert_str_eq(weft_reason_name(life->why), weft_reason_name(why));
	flow_unlock();
}

/* Nothing came behind it; after flow_end(). */
static void
life_expect_last(const struct life *life)
{
	ck_assert_uint_eq(life->events, strlen(life->order));
	ck_assert_uint_eq(life->strays, 0);
}

START_TEST(opened_messages_and_closed_come_in_order_and_once)
{
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_say(client, "e1");
	flow_hear(client, "e1");
	flow_say(client, "x");
	flow_say(client, "e2");
	flow_hear(client, "e2");
	flow_client_free(&client);
	life_expect(&lives[0], "ommmc", WEFT_REASON_PEER);
	flow_end(&flow);
	life_expect_last(&lives[0]);
	ck_assert_uint_eq(nlives, 1);
}
END_TEST

START_TEST(a_client_that_says_nothing_is_opened_and_closed)
{
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_client_free(&client);
	FLOW_WAIT(nlives == 1, "opened() to be called");
	life_expect(&lives[0], "oc", WEFT_REASON_PEER);
	flow_end(&flow);
	life_expect_last(&lives[0]);
}
END_TEST

static void
numbers_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static const struct weft_plugin numbers_plugin =
    WEFT_PLUGIN_INIT(.name = "numbers", .opened = life_opened,
	.message = numbers_message, .closed = life_closed);

START_TEST(a_half_closed_client_gets_all_its_replies_first)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &numbers_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, 64, 0, 1000);
	flow_client_finish(client);
	flow_number_recv(client, 64, 0, 1000);
	ck_assert_int_eq(flow_read_end(client), 0);
	life_expect(&lives[0], "oc", WEFT_REASON_PEER);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_reset_is_told_from_an_orderly_end)
{
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_say(client, "e");
	flow_hear(client, "e");
	flow_client_reset(&client);
	life_expect(&lives[0], "omc", WEFT_REASON_RESET);
	flow_end(&flow);
	life_expect_last(&lives[0]);
}
END_TEST

START_TEST(weft_close_lets_the_reply_leave_and_drops_what_is_not_seen)
{
	static const char frames[] = "\2e1\1c\2e2\2e3\2e4";
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_write(client, frames, sizeof(frames) - 1);
	flow_hear(client, "e1");
	flow_hear(client, "bye");
	ck_assert_int_eq(flow_read_end(client), 0);
	life_expect(&lives[0], "ommc", WEFT_REASON_LOCAL);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_in), 5);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_run), 2);
	flow_wait_count(flow, WEFT_COUNTER_messages_dropped, 3);
	flow_client_free(&client);
	flow_end(&flow);
	life_expect_last(&lives[0]);
}
END_TEST

/* A long last reply to a client that has not read yet, while bytes of the
 * client's may lie unread in our socket: closing at once would make the kernel
 * reset the connection and throw the rest of the reply away. */
static void
try_long_answer(bool more_input)
{
	static uint8_t answer[LONG_ANSWER + FLOW_HEAD_MAX];
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new_small(&flow->bound[0]);
	int err;

	flow_say(client, "e");
	flow_hear(client, "e");
	flow_say(client, "b");
	life_expect(&lives[0], "ommc", WEFT_REASON_LOCAL);
	if (more_input)
		flow_say(client, "e: nobody will read this");
	ck_assert_uint_eq(flow_read_rest(client, answer, sizeof(answer), &err),
	    LONG_ANSWER + 3);
	ck_assert_int_eq(err, 0);
	ck_assert_mem_eq(answer + 3, "bye", 3);
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(a_long_last_reply_arrives_whole)
{
	try_long_answer(false);
}
END_TEST

START_TEST(a_long_last_reply_arrives_whole_though_the_client_goes_on_sending)
{
	try_long_answer(true);
}
END_TEST

START_TEST(an_announced_length_above_max_message_is_too_big)
{
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	/* What stands before it is still heard. */
	flow_write(client, "\1x\xff\xff\xff\xff\x7f", 7);
	life_expect(&lives[0], "omc", WEFT_REASON_TOOBIG);
	(void)flow_read_end(client);
	flow_client_free(&client);
	flow_end(&flow);
	life_expect_last(&lives[0]);
}
END_TEST

START_TEST(a_spelling_that_the_codec_refuses_is_malformed)
{
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_write(client, "\1x\x85\0", 4);
	life_expect(&lives[0], "omc", WEFT_REASON_MALFORMED);
	(void)flow_read_end(client);
	flow_client_free(&client);
	flow_end(&flow);
	life_expect_last(&lives[0]);
}
END_TEST

START_TEST(a_stop_is_said_to_those_who_are_connected)
{
	struct flow *flow = life_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_say(client, "e");
	flow_hear(client, "e");
	weft_node_stop(flow->node);
	ck_assert_int_eq(flow_read_end(client), 0);
	life_expect(&lives[0], "omc", WEFT_REASON_STOPPING);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_free(&flow);
	flow_client_free(&client);
	life_expect_last(&lives[0]);
}
END_TEST

static int late_rv = 1; /* under flow_lock() */

static void
late_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	int rv = weft_send(call, from, (struct weft_bytes){ "late", 4 });

	(void)why;
	flow_lock();
	late_rv = rv;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin late_plugin = WEFT_PLUGIN_INIT(.name = "late",
    .message = numbers_message, .closed = late_closed);

START_TEST(what_closed_sends_arrives_if_the_peer_only_ended_its_sending)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &late_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hello");
	flow_client_finish(client);
	flow_hear(client, "hello");
	flow_hear(client, "late");
	ck_assert_int_eq(flow_read_end(client), 0);
	FLOW_WAIT(late_rv != 1, "closed() to be called");
	ck_assert_int_eq(late_rv, WEFT_OK);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(closed_cannot_send_to_one_who_is_gone)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &late_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hello");
	flow_hear(client, "hello");
	flow_client_reset(&client);
	FLOW_WAIT(late_rv != 1, "closed() to be called");
	ck_assert_int_eq(late_rv, WEFT_ENOENDPOINT);
	flow_end(&flow);
}
END_TEST

START_TEST(each_of_sixty_clients_has_a_user_pointer_of_its_own)
{
	struct flow *flow = life_start();
	struct flow_client *clients[60];
	unsigned i, turn;

	for (i = 0; i < 60; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	for (turn = 0; turn < 5; turn++)
		for (i = 0; i < 60; i++)
			flow_say(clients[i], "e");
	for (i = 0; i < 60; i++) {
		for (turn = 0; turn < 5; turn++)
			flow_hear(clients[i], "e");
		flow_client_free(&clients[i]);
	}
	for (i = 0; i < 60; i++)
		life_expect(&lives[i], "ommmmmc", WEFT_REASON_PEER);
	flow_end(&flow);
	for (i = 0; i < 60; i++)
		life_expect_last(&lives[i]);
	ck_assert_uint_eq(nlives, 60);
}
END_TEST

FLOW_MAIN("lifecycle", opened_messages_and_closed_come_in_order_and_once,
    a_client_that_says_nothing_is_opened_and_closed,
    a_half_closed_client_gets_all_its_replies_first,
    a_reset_is_told_from_an_orderly_end,
    weft_close_lets_the_reply_leave_and_drops_what_is_not_seen,
    a_long_last_reply_arrives_whole,
    a_long_last_reply_arrives_whole_though_the_client_goes_on_sending,
    an_announced_length_above_max_message_is_too_big,
    a_spelling_that_the_codec_refuses_is_malformed,
    a_stop_is_said_to_those_who_are_connected,
    what_closed_sends_arrives_if_the_peer_only_ended_its_sending,
    closed_cannot_send_to_one_who_is_gone,
    each_of_sixty_clients_has_a_user_pointer_of_its_own)
