/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_bad_input.c - bad input, for each codec: it ends with the
 * reason in closed(), in a counter and under a log id, and others are served.
 *
 * Each client is answered once before it misbehaves, so that what ends it is
 * what it then does.  The bytes on the wire are written down here, not made by
 * the codecs.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow_client.h"
#include "witness.h"

struct wire {
	const char *bytes;
	size_t len;
};

#define WIRE(literal)                                                         \
	{                                                                     \
		literal, sizeof(literal) - 1                                  \
	}

/* What each codec does with max_message = 20. */
struct way {
	const char *codec;
	struct wire good;    /* one message, and its echo */
	size_t good_len;     /* [bytes] of that message */
	struct wire toobig;  /* the beginning of one that is too long */
	struct wire partial; /* the beginning of one that never ends */
	struct wire empty;   /* len 0: it knows no empty message */
};

static const struct way ways[] = {
	{ "varint", WIRE("\2hi"), 2, WIRE("\x15"), WIRE("\5he"), WIRE("\0") },
	{ "u16", WIRE("\0\2hi"), 2, WIRE("\0\x15"), WIRE("\0\5he"),
	    WIRE("\0\0") },
	{ "u32", WIRE("\0\0\0\2hi"), 2, WIRE("\0\0\0\x15"), WIRE("\0\0\0\5he"),
	    WIRE("\0\0\0\0") },
	{ "rpc", WIRE("\3\0hi"), 2, WIRE("\x16\0"), WIRE("\6\0he"),
	    WIRE("\1\0") },
	{ "line", WIRE("hi\n"), 2, WIRE("012345678901234567890"), WIRE("he"),
	    WIRE("\n") },
	{ "tpl", WIRE("tpl\0\x0e\0\0\0i\0\7\0\0\0"), 14,
	    WIRE("tpl\1\0\0\0\x15"), WIRE("tpl\0\x0e\0\0\0i"), { NULL, 0 } },
};

#define NWAYS (sizeof(ways) / sizeof(ways[0]))

static struct flow *
way_start(const struct way *way, const char *options)
{
	static char url[80]; /* kept until the node has read it */
	struct flow *flow = flow_new();

	(void)snprintf(
	    url, sizeof(url), "tcp+%s://127.0.0.1:0%s", way->codec, options);
	flow->options.max_message = 20;
	flow_start(flow, url, &witness_echo);
	return flow;
}

static void
way_served(struct flow_client *client, const struct way *way)
{
	char found[32];

	flow_write(client, way->good.bytes, way->good.len);
	flow_read(client, found, way->good.len);
	ck_assert_mem_eq(found, way->good.bytes, way->good.len);
}

/* The last events of an endpoint.  Ids come again in the next node. */
static void
expect_order(uint64_t id, const char *events)
{
	char order[256];
	size_t n;

	witness_order(id, order, sizeof(order));
	n = strlen(order) < strlen(events) ? strlen(order) : strlen(events);
	ck_assert_str_eq(order + strlen(order) - n, events);
}

static uint64_t
last_closed(unsigned nth, enum weft_reason why, int code)
{
	const struct witness_entry *closed = witness_wait('c', 0, nth);

	ck_assert_msg(closed->why == why, "expected %s, found %s",
	    weft_reason_name(why), weft_reason_name(closed->why));
	ck_assert_int_eq(closed->code, code);
	return closed->id;
}

/* One client that misbehaves beside one that does not. */
static void
way_refused(const struct way *way, const char *options, struct wire bad,
    enum weft_reason why, int code, enum weft_counter counter, const char *id)
{
	struct flow *flow = way_start(way, options);
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	struct flow_client *other = flow_client_new(&flow->bound[0]);
	const struct flow_line *line;
	char codec[32];
	unsigned before = witness_count('c', 0);

	way_served(client, way);
	way_served(other, way);
	ck_assert_uint_eq(flow_count(flow, counter), 0);
	flow_write(client, bad.bytes, bad.len);
	(void)flow_read_end(client);
	expect_order(last_closed(before + 1, why, code), "omc");
	ck_assert_uint_eq(flow_count(flow, counter), 1);
	line = flow_wait_log(flow, id);
	(void)snprintf(codec, sizeof(codec), ": codec %s: ", way->codec);
	ck_assert_msg(strstr(line->text, codec) != NULL &&
		strncmp(line->text, "127.0.0.1:", 10) == 0,
	    "expected peer and codec, found: %s", line->text);
	way_served(other, way);
	ck_assert_uint_eq(witness_count('c', 0), before + 1);
	flow_client_free(&client);
	flow_client_free(&other);
	flow_end(&flow);
}

START_TEST(a_length_above_the_bound_closes)
{
	size_t i;

	for (i = 0; i < NWAYS; i++) {
		unsigned ends = witness_count('c', 0);

		way_refused(&ways[i], "", ways[i].toobig, WEFT_REASON_TOOBIG,
		    WEFT_ETOOBIG, WEFT_COUNTER_closed_toobig,
		    "IO-MESSAGE-TOOBIG");
		/* The other one ended as well, with its own reason. */
		ck_assert_uint_eq(witness_count('c', 0), ends + 2);
	}
}
END_TEST

START_TEST(a_length_that_never_completes_closes)
{
	size_t i;

	for (i = 0; i < NWAYS; i++)
		way_refused(&ways[i], "?partial=100ms", ways[i].partial,
		    WEFT_REASON_PARTIAL, WEFT_OK, WEFT_COUNTER_closed_partial,
		    "IO-PARTIAL");
}
END_TEST

/* By default there is such a time, and it is no less than what is said. */
START_TEST(half_a_message_is_not_closed_at_once)
{
	struct flow *flow = way_start(&ways[0], "");
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	way_served(client, &ways[0]);
	flow_write(client, "\2h", 2);
	flow_silent(client);
	ck_assert_uint_eq(witness_count('c', 0), 0);
	flow_write(client, "i", 1);
	flow_hear(client, "hi");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(an_empty_message_is_delivered)
{
	size_t i;

	for (i = 0; i < NWAYS; i++) {
		const struct way *way = &ways[i];
		struct flow *flow = way_start(way, "");
		struct flow_client *client = flow_client_new(&flow->bound[0]);
		unsigned before = witness_count('m', 0);
		char found[8];

		way_served(client, way);
		ck_assert_uint_eq(
		    witness_wait('m', 0, before + 1)->len, way->good_len);
		if (way->empty.len > 0) {
			flow_write(client, way->empty.bytes, way->empty.len);
			flow_read(client, found, way->empty.len);
			ck_assert_mem_eq(
			    found, way->empty.bytes, way->empty.len);
			ck_assert_uint_eq(
			    witness_wait('m', 0, before + 2)->len, 0);
		}
		flow_client_free(&client);
		flow_end(&flow);
	}
}
END_TEST

/* ---- ends */

static void
close_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	witness_echo.message(call, from, msg);
	if (msg.len > 0 && *(const char *)msg.data == 'x')
		ck_assert_int_eq(weft_close(call, from), WEFT_OK);
}

static void
close_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	witness_echo.closed(call, from, why);
}

static void
close_opened(struct weft_call *call, weft_endpoint from)
{
	witness_echo.opened(call, from);
}

static const struct weft_plugin closer = WEFT_PLUGIN_INIT(.name = "closer",
    .opened = close_opened, .message = close_message, .closed = close_closed);

START_TEST(bytes_after_close_reach_no_handler)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &closer);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "first");
	flow_hear(client, "first");
	/* In one segment: what stands behind the message that closes. */
	flow_write(client, "\1x\1y\1z", 6);
	flow_hear(client, "x");
	ck_assert_int_eq(flow_read_end(client), 0);
	/* And what comes later. */
	(void)flow_try_write(client, "\1w", 2);
	expect_order(last_closed(1, WEFT_REASON_LOCAL, WEFT_OK), "ommc");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_run), 2);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_dropped), 2);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_peer_that_half_closes_is_answered_first)
{
	size_t i;

	for (i = 0; i < NWAYS; i++) {
		const struct way *way = &ways[i];
		struct flow *flow = way_start(way, "");
		struct flow_client *client = flow_client_new(&flow->bound[0]);
		unsigned before = witness_count('c', 0), n;
		char found[32];

		way_served(client, way);
		for (n = 0; n < 50; n++)
			flow_write(client, way->good.bytes, way->good.len);
		flow_client_finish(client);
		for (n = 0; n < 50; n++) {
			flow_read(client, found, way->good.len);
			ck_assert_mem_eq(
			    found, way->good.bytes, way->good.len);
		}
		ck_assert_int_eq(flow_read_end(client), 0);
		(void)last_closed(before + 1, WEFT_REASON_PEER, WEFT_OK);
		ck_assert_uint_eq(
		    flow_count(flow, WEFT_COUNTER_endpoints_closed), 1);
		flow_client_free(&client);
		flow_end(&flow);
	}
}
END_TEST

START_TEST(a_peer_that_half_closes_amid_a_message_is_just_closed)
{
	size_t i;

	for (i = 0; i < NWAYS; i++) {
		struct flow *flow = way_start(&ways[i], "");
		struct flow_client *client = flow_client_new(&flow->bound[0]);
		unsigned before = witness_count('c', 0);

		way_served(client, &ways[i]);
		flow_write(client, ways[i].partial.bytes, ways[i].partial.len);
		flow_client_finish(client);
		ck_assert_int_eq(flow_read_end(client), 0);
		(void)last_closed(before + 1, WEFT_REASON_PEER, WEFT_OK);
		flow_client_free(&client);
		flow_end(&flow);
	}
}
END_TEST

START_TEST(a_peer_that_resets_amid_a_message_is_closed_with_the_cause)
{
	size_t i;

	for (i = 0; i < NWAYS; i++) {
		struct flow *flow = way_start(&ways[i], "");
		struct flow_client *client = flow_client_new(&flow->bound[0]);
		unsigned before = witness_count('c', 0);

		way_served(client, &ways[i]);
		flow_write(client, ways[i].partial.bytes, ways[i].partial.len);
		flow_wait_count(flow, WEFT_COUNTER_bytes_in,
		    ways[i].good.len + ways[i].partial.len);
		flow_client_reset(&client);
		expect_order(
		    last_closed(before + 1, WEFT_REASON_RESET, -ECONNRESET),
		    "omc");
		flow_end(&flow);
	}
}
END_TEST

/* ---- too many, and too far */

START_TEST(a_flood_of_endpoints_waits_and_those_who_are_in_are_served)
{
	struct flow *flow = flow_new();
	struct flow_client *in[4], *out[40];
	unsigned i;

	flow->options.max_endpoints = 4;
	flow_start(flow, FLOW_VARINT, &witness_echo);
	for (i = 0; i < 4; i++) {
		in[i] = flow_client_new(&flow->bound[0]);
		flow_say(in[i], "in");
		flow_hear(in[i], "in");
	}
	for (i = 0; i < 40; i++) {
		out[i] = flow_client_new(&flow->bound[0]);
		flow_say(out[i], "out");
	}
	flow_wait_count(flow, WEFT_COUNTER_accept_pauses, 1);
	ck_assert_ptr_nonnull(strstr(
	    flow_wait_log(flow, "IO-ACCEPT-PAUSED")->text, "max_endpoints"));
	for (i = 0; i < 4; i++) {
		flow_say(in[i], "still");
		flow_hear(in[i], "still");
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_opened), 4);
	for (i = 0; i < 4; i++)
		flow_client_free(&in[i]);
	for (i = 0; i < 40; i++) {
		flow_hear(out[i], "out");
		flow_client_free(&out[i]);
	}
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 44);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_accept_errors), 0);
	for (i = 1; i <= 44; i++)
		(void)last_closed(i, WEFT_REASON_PEER, WEFT_OK);
	flow_end(&flow);
}
END_TEST

/* However they end, an address gets its places back. */
START_TEST(a_flood_of_one_address_is_refused_and_its_places_come_back)
{
	struct flow *flow = flow_new();
	struct flow_client *in[3], *late;
	unsigned round, i, idle, ends = 0;

	flow->options.max_endpoints_per_ip = 3;
	flow->options.max_message = 20;
	flow_start(flow, FLOW_VARINT, &closer);
	FLOW_WAIT(flow_threads() >= 4, "the node to run");
	idle = flow_descriptors();
	for (round = 0; round < 8; round++) {
		for (i = 0; i < 3; i++) {
			in[i] = flow_client_new(&flow->bound[0]);
			flow_say(in[i], "in");
			flow_hear(in[i], "in");
		}
		late = flow_client_new(&flow->bound[0]);
		(void)flow_read_end(late);
		flow_client_free(&late);
		flow_wait_count(flow, WEFT_COUNTER_refused_per_ip, round + 1);
		ck_assert_uint_eq(
		    flow_count(flow, WEFT_COUNTER_refused_per_ip), round + 1);
		/* One is closed by us, one for its length, one resets. */
		flow_say(in[0], "x");
		flow_hear(in[0], "x");
		ck_assert_int_eq(flow_read_end(in[0]), 0);
		flow_client_free(&in[0]);
		flow_write(in[1], "\x15", 1);
		(void)flow_read_end(in[1]);
		flow_client_free(&in[1]);
		flow_client_reset(&in[2]);
		ends += 3;
		(void)witness_wait('c', 0, ends);
		flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, ends);
		/* The place is free when the socket is closed. */
		FLOW_WAIT(flow_descriptors() == idle, "the sockets to close");
	}
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-PER-IP")->text, "at most 3"));
	flow_end(&flow);
}
END_TEST

START_TEST(a_unix_path_too_long_is_refused_by_listen_and_connect)
{
	struct flow *flow = flow_new();
	struct weft_error err;
	weft_endpoint to;
	char url[300], name[64];
	struct weft_bound bound;
	int rv;

	flow_add(flow, FLOW_VARINT, &flow_echo);
	flow_start(flow, FLOW_VARINT, &witness_only);
	/* The fixture gets as far: a short one of the same form works. */
	(void)snprintf(name, sizeof(name), "unix+varint:///tmp/weft-bad-%d",
	    (int)getpid());
	rv = weft_node_listen(flow->node, name, "echo", &bound, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	ck_assert_int_eq(
	    weft_node_connect(flow->node, name, "witness", &to, &err),
	    WEFT_OK);
	(void)witness_wait('o', to.id, 1);
	(void)snprintf(
	    url, sizeof(url), "unix+varint:///tmp/%0150d", (int)getpid());
	ck_assert_int_eq(
	    weft_node_listen(flow->node, url, "echo", &bound, &err),
	    WEFT_EURL);
	ck_assert_msg(
	    strstr(err.text, "155") != NULL && strstr(err.text, "107") != NULL,
	    "expected both lengths, found: %s", err.text);
	ck_assert_int_eq(
	    weft_node_connect(flow->node, url, "witness", &to, &err),
	    WEFT_EURL);
	ck_assert_uint_eq(to.id, 0);
	flow_end(&flow);
}
END_TEST

START_TEST(an_address_that_does_not_resolve_is_told_in_closed)
{
	struct flow *flow = flow_new();
	struct weft_error err;
	weft_endpoint to;

	flow_add(flow, FLOW_VARINT, &flow_echo);
	flow_start(flow, FLOW_VARINT, &witness_only);
	ck_assert_int_eq(weft_node_connect(flow->node, flow->bound[0].url,
			     "witness", &to, &err),
	    WEFT_OK);
	(void)witness_wait('o', to.id, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_connects_failed), 0);
	ck_assert_int_eq(
	    weft_node_connect(flow->node,
		"tcp+varint://no-such-host.invalid:1", "witness", &to, &err),
	    WEFT_OK);
	expect_order(
	    last_closed(1, WEFT_REASON_UNRESOLVED, WEFT_EUNRESOLVED), "c");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_connects_failed), 1);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-CONNECT-FAILED")->text,
		"no-such-host.invalid"));
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("bad_input", a_length_above_the_bound_closes,
    a_length_that_never_completes_closes, half_a_message_is_not_closed_at_once,
    an_empty_message_is_delivered, bytes_after_close_reach_no_handler,
    a_peer_that_half_closes_is_answered_first,
    a_peer_that_half_closes_amid_a_message_is_just_closed,
    a_peer_that_resets_amid_a_message_is_closed_with_the_cause,
    a_flood_of_endpoints_waits_and_those_who_are_in_are_served,
    a_flood_of_one_address_is_refused_and_its_places_come_back,
    a_unix_path_too_long_is_refused_by_listen_and_connect,
    an_address_that_does_not_resolve_is_told_in_closed)
