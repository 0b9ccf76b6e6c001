/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_publish.c - one message to all who have subscribed.
 *
 * A client says what is to be done, a letter and a word: "+filter" and
 * "-filter" subscribe and unsubscribe it, "!topic text" publishes text,
 * "~topic text" the same, but not to itself; "?" is answered at once.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flow_client.h"
#include "udp_client.h"

#define TEXT_MAX 2048

static struct weft_bytes
bytes(const char *text)
{
	return (struct weft_bytes){ (const uint8_t *)text, strlen(text) };
}

static void
copy(char *out, struct weft_bytes msg)
{
	ck_assert_uint_lt(msg.len, TEXT_MAX);
	memcpy(out, msg.data, msg.len);
	out[msg.len] = '\0';
}

static int
do_as_told(struct weft_call *call, weft_endpoint from, char *text)
{
	char *msg = strchr(text, ' ');

	if (msg != NULL)
		*msg++ = '\0';
	switch (text[0]) {
	case '+':
		return weft_subscribe(call, from, text + 1);
	case '-':
		return weft_unsubscribe(call, from, text + 1);
	case '!':
		return weft_publish(call, text + 1, bytes(msg));
	case '~':
		return weft_publish_except(call, text + 1, bytes(msg), from);
	default:
		return weft_send(call, from, bytes("!"));
	}
}

static void
news_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char text[TEXT_MAX];

	copy(text, msg);
	ck_assert_int_eq(do_as_told(call, from, text), WEFT_OK);
}

static const struct weft_plugin news =
    WEFT_PLUGIN_INIT(.name = "news", .message = news_message);

/* n clients, each of which has subscribed to its filter. */
static void
clients_new(struct flow *flow, struct flow_client **clients,
    const char *const *filters, unsigned n)
{
	char text[TEXT_MAX];
	unsigned i;

	for (i = 0; i < n; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		(void)snprintf(text, sizeof(text), "+%s", filters[i]);
		flow_say(clients[i], text);
	}
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, n);
}

static void
clients_free(struct flow_client **clients, unsigned n)
{
	while (n-- > 0)
		flow_client_free(&clients[n]);
}

/* Nothing has come but what is answered now. */
static void
expect_nothing(struct flow_client *client)
{
	flow_say(client, "?");
	flow_hear(client, "!");
}

START_TEST(those_whose_filter_meets_the_topic_get_it_once)
{
	static const char *const filters[] = { "a/b", "a/+", "a/#", "#", "b",
		"+/+/+" };
	struct flow *flow = flow_new();
	struct flow_client *clients[6];
	unsigned i;

	flow_start(flow, FLOW_VARINT, &news);
	clients_new(flow, clients, filters, 6);
	flow_say(clients[0], "+a/#"); /* by two filters */
	flow_say(clients[0], "+a/b"); /* and that again */
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 7);
	flow_say(clients[0], "!a/b hello");
	for (i = 0; i < 4; i++)
		flow_hear(clients[i], "hello");
	flow_say(clients[0], "!b there");
	flow_hear(clients[4], "there");
	flow_hear(clients[3], "there");
	flow_say(clients[0], "!1/2/3 again");
	flow_hear(clients[5], "again");
	flow_hear(clients[3], "again");
	for (i = 0; i < 6; i++)
		expect_nothing(clients[i]);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_publishes), 3);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_deliveries), 8);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_deliveries_dropped), 0);
	clients_free(clients, 6);
	flow_end(&flow);
}
END_TEST

START_TEST(one_may_be_left_out)
{
	static const char *const filters[] = { "a", "a" };
	struct flow *flow = flow_new();
	struct flow_client *clients[2];

	flow_start(flow, FLOW_VARINT, &news);
	clients_new(flow, clients, filters, 2);
	flow_say(clients[0], "~a others");
	flow_hear(clients[1], "others");
	expect_nothing(clients[0]);
	clients_free(clients, 2);
	flow_end(&flow);
}
END_TEST

START_TEST(who_unsubscribes_gets_nothing_more)
{
	static const char *const filters[] = { "a", "a" };
	struct flow *flow = flow_new();
	struct flow_client *clients[2];

	flow_start(flow, FLOW_VARINT, &news);
	clients_new(flow, clients, filters, 2);
	flow_say(clients[1], "!a one");
	flow_hear(clients[0], "one");
	flow_hear(clients[1], "one");
	flow_say(clients[1], "-other");
	flow_say(clients[1], "-a");
	flow_say(clients[1], "!a two");
	flow_hear(clients[0], "two");
	expect_nothing(clients[1]);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_subscriptions_now), 1);
	clients_free(clients, 2);
	flow_end(&flow);
}
END_TEST

START_TEST(subscriptions_end_with_their_endpoint)
{
	static const char *const filters[] = { "a", "a", "a" };
	struct flow *flow = flow_new();
	struct flow_client *clients[3];

	flow_start(flow, FLOW_VARINT, &news);
	clients_new(flow, clients, filters, 3);
	flow_say(clients[0], "+b/#");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 4);
	flow_client_free(&clients[0]);
	flow_client_reset(&clients[1]);
	flow_wait_count(flow, WEFT_COUNTER_unsubscriptions, 3);
	flow_say(clients[2], "!a left");
	flow_hear(clients[2], "left");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_deliveries), 1);
	flow_client_free(&clients[2]);
	flow_end(&flow);
}
END_TEST

START_TEST(each_receiver_has_its_codec)
{
	struct flow *flow = flow_new();
	struct flow_client *varint, *u32, *line;
	char text[8];

	flow_add(flow, "tcp+u32://127.0.0.1:0", &news);
	flow_add(flow, "tcp+line://127.0.0.1:0", &news);
	flow_start(flow, FLOW_VARINT, &news);
	u32 = flow_client_new(&flow->bound[0]);
	line = flow_client_new(&flow->bound[1]);
	varint = flow_client_new(&flow->bound[2]);
	flow_write(u32, "\0\0\0\2+a", 6);
	flow_write(line, "+a\n", 3);
	flow_say(varint, "+a");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 3);
	flow_say(varint, "!a one");
	flow_hear(varint, "one");
	flow_read(u32, text, 7);
	ck_assert_int_eq(memcmp(text, "\0\0\0\3one", 7), 0);
	flow_read(line, text, 4);
	ck_assert_int_eq(memcmp(text, "one\n", 4), 0);
	flow_client_free(&varint);
	flow_client_free(&u32);
	flow_client_free(&line);
	flow_end(&flow);
}
END_TEST

START_TEST(a_slow_receiver_is_left_out_and_a_fast_one_gets_all)
{
	static const char *const filters[] = { "a", "a" };
	struct flow *flow = flow_new();
	struct flow_client *fast, *slow, *clients[1];
	char text[1100] = "!a ", body[1100];
	unsigned i, n = 0;

	flow->options.outbox_high_bytes = 64 << 10;
	flow_start(flow, FLOW_VARINT "?sndbuf=8k", &news);
	slow = flow_client_new_small(&flow->bound[0]);
	flow_say(slow, "+a");
	clients_new(flow, clients, filters, 1);
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2);
	fast = clients[0];
	memset(text + 3, 'x', 1000);
	while (flow_count(flow, WEFT_COUNTER_deliveries_dropped) < 20) {
		for (i = 0; i < 20; i++)
			flow_say(fast, text);
		for (i = 0; i < 20; i++)
			ck_assert_uint_eq(
			    flow_recv(fast, body, sizeof(body)), 1000);
		n += 20;
	}
	flow_wait_count(flow, WEFT_COUNTER_publishes, n);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_publishes), n);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_deliveries),
	    2 * n - flow_count(flow, WEFT_COUNTER_deliveries_dropped));
	flow_client_free(&slow);
	flow_client_free(&fast);
	flow_end(&flow);
}
END_TEST

START_TEST(one_too_big_for_a_receiver_goes_to_the_others)
{
	struct flow *flow = flow_new();
	struct flow_client *small, *client;

	flow_add(flow, FLOW_VARINT "?max_message=4", &news);
	flow_start(flow, FLOW_VARINT, &news);
	small = flow_client_new(&flow->bound[0]);
	flow_say(small, "+a");
	client = flow_client_new(&flow->bound[1]);
	flow_say(client, "+a");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2);
	flow_say(client, "!a 12345");
	flow_hear(client, "12345");
	flow_say(client, "!a 1234");
	flow_hear(small, "1234");
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_deliveries_dropped), 1);
	flow_client_free(&small);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(more_than_max_subscriptions_are_not_made)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	const struct flow_line *line;

	flow->options.max_subscriptions = 2;
	flow_start(flow, FLOW_VARINT, &news);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "+a");
	flow_say(client, "+b");
	flow_say(client, "+a");
	flow_say(client, "+c");
	line = flow_wait_log(flow, "IO-SUBSCRIBE");
	ck_assert_ptr_nonnull(strstr(line->text, "\"c\": expected at most 2"));
	flow_say(client, "-a");
	flow_say(client, "+c");
	flow_say(client, "!c now");
	flow_hear(client, "now");
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_subscriptions_refused), 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(threads_of_the_program_publish_and_subscribe)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_error err;
	weft_endpoint none = { 77 };

	flow_start(flow, FLOW_VARINT, &news);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "+a/+");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 1);
	ck_assert_int_eq(
	    weft_node_publish(flow->node, "a/b", bytes("one")), WEFT_OK);
	flow_hear(client, "one");
	ck_assert_int_eq(
	    weft_node_publish_except(flow->node, "a/b", bytes("two"), none),
	    WEFT_OK);
	flow_hear(client, "two");
	ck_assert_int_eq(
	    weft_node_subscribe(flow->node, none, "a"), WEFT_ENOENDPOINT);
	ck_assert_int_eq(
	    weft_node_unsubscribe(flow->node, none, "a"), WEFT_ENOENDPOINT);
	ck_assert_int_eq(weft_node_subscribe(flow->node, none, "a#"), -EINVAL);
	ck_assert_int_eq(
	    weft_node_publish(flow->node, "a/+", bytes("x")), -EINVAL);
	ck_assert_int_eq(weft_topic_check("a/+", &err), -EINVAL);
	ck_assert_int_ne(err.text[0], '\0');
	ck_assert_int_eq(weft_filter_check("a/+", &err), WEFT_OK);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

static unsigned nfull; /* under flow_lock() */

/* A handler whose publishing is not looked at before it returns. */
static void
flood_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	int rv;

	rv = weft_subscribe(call, from, "a");
	ck_assert_int_eq(rv, WEFT_OK);
	do
		rv = weft_publish(call, "a", msg);
	while (rv == WEFT_OK);
	ck_assert_int_eq(rv, WEFT_EFULL);
	flow_lock();
	nfull++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin flood =
    WEFT_PLUGIN_INIT(.name = "flood", .message = flood_message);

START_TEST(publishing_is_bounded)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	/* Less than a worker keeps back before it hands it over. */
	flow->options.publish_high_bytes = 1000;
	flow_start(flow, FLOW_VARINT, &flood);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "0123456789");
	FLOW_WAIT(nfull == 1, "the publisher to be refused");
	flow_hear(client, "0123456789");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_publishes_full), 1);
	flow_wait_count(flow, WEFT_COUNTER_publishes, 2);
	/* It has room again, also for one that is larger than all of it. */
	ck_assert_int_eq(
	    weft_node_publish(flow->node, "b",
		(struct weft_bytes){ (const uint8_t *)flow, 2000 }),
	    WEFT_OK);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

enum {
	RECEIVERS = 40,
	HIGH = 20000,
	COST = RECEIVERS * 64 /* [bytes] of a message's receivers */
};

/* Without its receivers, some 300 would be let pass. */
START_TEST(publishing_to_many_is_bounded_by_their_number)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[RECEIVERS], *client;
	const char *filters[RECEIVERS];
	unsigned i, before;

	for (i = 0; i < RECEIVERS; i++)
		filters[i] = "a";
	flow->options.publish_high_bytes = HIGH;
	flow_add(flow, FLOW_VARINT, &news);
	flow_start(flow, FLOW_VARINT, &flood);
	clients_new(flow, clients, filters, RECEIVERS);
	/* It learns how many they are. */
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(
		    weft_node_publish(flow->node, "a", bytes("x")), WEFT_OK);
		flow_wait_count(flow, WEFT_COUNTER_publishes, i + 1);
	}
	before = i;
	client = flow_client_new(&flow->bound[1]);
	flow_say(client, "y");
	FLOW_WAIT(nfull == 1, "the publisher to be refused");
	flow_wait_count(flow, WEFT_COUNTER_publishes, before + 1);
	for (i = 0; i < before; i++)
		flow_hear(clients[0], "x");
	flow_hear(clients[0], "y");
	ck_assert_uint_le(
	    flow_count(flow, WEFT_COUNTER_publishes), before + HIGH / COST);
	flow_client_free(&client);
	clients_free(clients, RECEIVERS);
	flow_end(&flow);
}
END_TEST

START_TEST(a_stop_with_messages_under_way_leaks_nothing)
{
	static const char *const filters[] = { "a", "a", "#", "+" };
	struct flow *flow = flow_new();
	struct flow_client *clients[4];
	unsigned i;

	flow_start(flow, FLOW_VARINT, &news);
	clients_new(flow, clients, filters, 4);
	for (i = 0; i < 200; i++)
		ck_assert_int_eq(
		    weft_node_publish(flow->node, "a", bytes("x")), WEFT_OK);
	weft_node_stop(flow->node);
	for (i = 0; i < 200; i++)
		(void)weft_node_publish(flow->node, "a", bytes("x"));
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_subscriptions_now], 0);
	clients_free(clients, 4);
	flow_free(&flow);
}
END_TEST

START_TEST(datagram_peers_get_it_too)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	int fd;

	flow_add(flow, "udp://127.0.0.1:0", &news);
	flow_start(flow, FLOW_VARINT, &news);
	fd = udp_client(&flow->bound[0]);
	udp_say(fd, "+a");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 1);
	client = flow_client_new(&flow->bound[1]);
	flow_say(client, "!a one");
	flow_say(client, "!a two");
	udp_hear(fd, "one");
	udp_hear(fd, "two");
	udp_say(fd, "~a three");
	udp_say(fd, "!a four");
	udp_hear(fd, "four");
	(void)close(fd);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("publish", those_whose_filter_meets_the_topic_get_it_once,
    one_may_be_left_out, who_unsubscribes_gets_nothing_more,
    subscriptions_end_with_their_endpoint, each_receiver_has_its_codec,
    a_slow_receiver_is_left_out_and_a_fast_one_gets_all,
    one_too_big_for_a_receiver_goes_to_the_others,
    more_than_max_subscriptions_are_not_made,
    threads_of_the_program_publish_and_subscribe, publishing_is_bounded,
    publishing_to_many_is_bounded_by_their_number,
    a_stop_with_messages_under_way_leaks_nothing, datagram_peers_get_it_too)
