/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_echo_flow.c - the way of a message, once around.  Read this
 * test first.
 *
 * A node runs in a thread of this process, with the smallest plugin there is;
 * a client talks to it over a socket.  The first test goes from room to room
 * and looks at what each has counted; the others send the same in every shape
 * that a network can bring it in.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "flow_client.h"

#define MIB (1u << 20)

START_TEST(a_message_goes_once_round_the_table)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	/* io/listen: port 0 took a free one, and the URL says which. */
	flow_start(flow, "tcp+varint://127.0.0.1:0", &flow_echo);
	ck_assert_ptr_nonnull(
	    strstr(flow->bound[0].url, "tcp+varint://127.0.0.1:"));
	ck_assert_ptr_null(strstr(flow->bound[0].url, ":0"));

	/* io/accept: a client has become an endpoint. */
	client = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_now), 1);

	/* "hello" in varint framing: its length, then its bytes. */
	flow_write(client, "\5hello", 6);

	/* io/read, io/decode: 6 bytes became one message. */
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_reads), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_bytes_in), 6);

	/* handoff/mailbox, runq -> work/worker, dispatch: it met a handler. */
	flow_wait_count(flow, WEFT_COUNTER_messages_run, 1);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_strand_runs), 1);

	/* work/send -> handoff/outbox -> io/collect, flush: and back. */
	flow_hear(client, "hello");
	flow_wait_count(flow, WEFT_COUNTER_writes, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_out), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_bytes_out), 6);

	/* io/conn: the client leaves, the endpoint closes. */
	flow_client_free(&client);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_now), 0);

	/* io/drain: the node stops, its threads end, all is given back. */
	flow_end(&flow);
}
END_TEST

/* A word over the listener and back, whatever its codec. */
static void
try_url(const char *url, const char *bytes, size_t len)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	char found[32];

	flow_start(flow, url, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, bytes, len);
	flow_read(client, found, len);
	ck_assert_mem_eq(found, bytes, len);
	flow_client_finish(client);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(varint_works_over_ipv4)
{
	try_url("tcp+varint://127.0.0.1:0", "\3one\0\2ii", 8);
}
END_TEST

START_TEST(varint_works_over_ipv6)
{
	try_url("tcp+varint://[::1]:0", "\3one\0\2ii", 8);
}
END_TEST

START_TEST(raw_works_over_ipv4)
{
	try_url("tcp://127.0.0.1:0", "any bytes\0\377", 11);
}
END_TEST

START_TEST(raw_works_over_ipv6)
{
	try_url("tcp://[::1]:0", "any bytes\0\377", 11);
}
END_TEST

START_TEST(one_node_serves_four_listeners)
{
	static const char *const urls[] = { "tcp+varint://[::1]:0",
		"tcp://127.0.0.1:0", "tcp://[::1]:0" };
	struct flow_client *clients[FLOW_SITES];
	struct flow *flow = flow_new();
	unsigned i;
	char found[4];

	for (i = 0; i < 3; i++)
		flow_add(flow, urls[i], &flow_echo);
	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < FLOW_SITES; i++)
		clients[i] = flow_client_new(&flow->bound[i]);
	for (i = 0; i < FLOW_SITES; i++)
		flow_write(clients[i], "\3abc", 4);
	for (i = 0; i < FLOW_SITES; i++) {
		flow_read(clients[i], found, 4);
		ck_assert_mem_eq(found, "\3abc", 4);
		flow_client_free(&clients[i]);
	}
	flow_end(&flow);
}
END_TEST

START_TEST(a_message_that_comes_byte_by_byte_is_one)
{
	static const char frame[] = "\x85\1"; /* 133 */
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint8_t body[133], found[133];
	unsigned i;

	for (i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)i;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	/* Each byte has arrived before the next one leaves. */
	for (i = 0; i < 2 + sizeof(body); i++) {
		flow_write(client,
		    i < 2 ? (const void *)&frame[i] :
			    (const void *)&body[i - 2],
		    1);
		flow_wait_count(flow, WEFT_COUNTER_bytes_in, i + 1);
	}
	ck_assert_uint_eq(flow_recv(client, found, sizeof(found)), 133);
	ck_assert_mem_eq(found, body, sizeof(body));
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_reads), 135);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_in), 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(several_messages_in_one_segment_are_several)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, "\1a\2bb\3ccc\0\4dd", 13);
	flow_hear(client, "a");
	flow_hear(client, "bb");
	flow_hear(client, "ccc");
	flow_hear(client, "");
	flow_write(client, "dd\1e", 4);
	flow_hear(client, "dddd");
	flow_hear(client, "e");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_in), 6);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_reads), 2);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(an_empty_message_is_a_message)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "");
	flow_hear(client, "");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_run), 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(messages_of_every_size_come_back_whole)
{
	/* Around what a prefix, a block, a write and a message can hold. */
	static const uint32_t sizes[] = { 8, 127, 128, 4095, 4096, 4097, 16383,
		16384, 16385, 65535, 65536, 65537, 262143, 262145, MIB - 1,
		MIB };
	struct flow *flow = flow_new();
	struct flow_client *client;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		flow_number_send(client, sizes[i], i, 1);
		flow_number_recv(client, sizes[i], i, 1);
	}
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* What the writer of the next test is told. */
struct burst {
	struct flow_client **clients;
	unsigned nclients;
	uint32_t each; /* messages per client */
	uint32_t part; /* of them at a time */
};

static size_t
burst_size(uint32_t first)
{
	return 8 + first % 97;
}

static void *
burst_write(void *arg)
{
	const struct burst *burst = arg;
	uint32_t first;
	unsigned i;

	for (first = 0; first < burst->each; first += burst->part)
		for (i = 0; i < burst->nclients; i++)
			flow_number_send(burst->clients[i], burst_size(first),
			    first, burst->part);
	return NULL;
}

START_TEST(a_hundred_thousand_messages_of_fifty_clients_keep_their_order)
{
	struct flow_client *clients[50];
	struct burst burst = { clients, 50, 2000, 100 };
	struct flow *flow = flow_new();
	pthread_t writer;
	uint32_t first;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < burst.nclients; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	ck_assert_int_eq(
	    pthread_create(&writer, NULL, burst_write, &burst), 0);
	for (first = 0; first < burst.each; first += burst.part)
		for (i = 0; i < burst.nclients; i++)
			flow_number_recv(
			    clients[i], burst_size(first), first, burst.part);
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_in), 100000);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), 0);
	for (i = 0; i < burst.nclients; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("echo_flow", a_message_goes_once_round_the_table,
    varint_works_over_ipv4, varint_works_over_ipv6, raw_works_over_ipv4,
    raw_works_over_ipv6, one_node_serves_four_listeners,
    a_message_that_comes_byte_by_byte_is_one,
    several_messages_in_one_segment_are_several, an_empty_message_is_a_message,
    messages_of_every_size_come_back_whole,
    a_hundred_thousand_messages_of_fifty_clients_keep_their_order)
