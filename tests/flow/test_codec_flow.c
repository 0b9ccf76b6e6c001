/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_codec_flow.c - the built-in codecs over a real connection:
 * what is echoed, what closes the client and with which words, and what is too
 * long to be sent.
 *
 * The bytes on the wire are written down here, not made by the codecs.
 */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_client.h"

#define URL(codec) "tcp+" codec "://127.0.0.1:0"
#define U16_LONGEST 65535u

struct wire {
	const char *bytes;
	size_t len;
};

#define WIRE(literal)                                                         \
	{                                                                     \
		literal, sizeof(literal) - 1                                  \
	}

/* What a codec takes, what the echo of that is, and what it refuses. */
struct talk {
	const char *url;
	struct wire said;
	struct wire heard;
	unsigned nmessages;
	struct wire toobig; /* with max_message = 20 */
	struct wire malformed;
};

static const struct talk u16 = { URL("u16"), WIRE("\0\2hi\0\0\0\1x"),
	WIRE("\0\2hi\0\0\0\1x"), 3, WIRE("\0\x15"), { NULL, 0 } };
static const struct talk u32 = { URL("u32"),
	WIRE("\0\0\0\2hi\0\0\0\0\0\0\0\1x"),
	WIRE("\0\0\0\2hi\0\0\0\0\0\0\0\1x"), 3, WIRE("G"), { NULL, 0 } };
static const struct talk line = { URL("line"), WIRE("hi\r\n\n\rx\n"),
	WIRE("hi\n\n\rx\n"), 3, WIRE("012345678901234567890"), { NULL, 0 } };
static const struct talk tpl = { URL("tpl"),
	WIRE("tpl\0\x0e\0\0\0i\0\7\0\0\0tpl\1\0\0\0\x0ei\0\0\0\0\7"),
	WIRE("tpl\0\x0e\0\0\0i\0\7\0\0\0tpl\1\0\0\0\x0ei\0\0\0\0\7"), 2,
	WIRE("tpl\1\0\0\0\x15"), WIRE("tpl\0\0\0\0\0") };

/* Requests and replies carry an id; their answer here is a message. */
static const struct talk rpc = { URL("rpc"),
	WIRE("\3\0hi\4\1\7hi\4\2\x80\1x\1\0"), WIRE("\3\0hi\3\0hi\1\0"), 4,
	WIRE("\x16\0"), WIRE("\3\4hi") };

static unsigned closed_for[64]; /* under flow_lock(), by reason */

static void
talk_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static void
talk_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	ck_assert_uint_lt(why, 64);
	closed_for[why]++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin talk_plugin = WEFT_PLUGIN_INIT(.name = "talk",
    .message = talk_message, .closed = talk_closed);

static struct flow *
talk_start(const struct talk *talk)
{
	struct flow *flow = flow_new();

	flow->options.max_message = 20;
	flow_start(flow, talk->url, &talk_plugin);
	return flow;
}

static void
talk_once(struct flow_client *client, const struct talk *talk)
{
	char *found = malloc(talk->heard.len);

	ck_assert_ptr_nonnull(found);
	flow_write(client, talk->said.bytes, talk->said.len);
	flow_read(client, found, talk->heard.len);
	ck_assert_mem_eq(found, talk->heard.bytes, talk->heard.len);
	free(found);
}

/* A client that was served well says this, and is closed for it. */
static void
talk_refused(struct flow *flow, const struct talk *talk, struct wire bytes,
    enum weft_reason reason, const char *log_id)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	const struct flow_line *logged;
	char codec[32];

	talk_once(client, talk);
	flow_write(client, bytes.bytes, bytes.len);
	(void)flow_read_end(client);
	FLOW_WAIT(closed_for[reason] == 1, "closed() with that reason");
	logged = flow_wait_log(flow, log_id);
	snprintf(codec, sizeof(codec),
	    ": codec %.*s: ", (int)strcspn(talk->url + 4, ":"), talk->url + 4);
	ck_assert_msg(strstr(logged->text, codec) != NULL,
	    "expected the codec to be named, found: %s", logged->text);
	flow_client_free(&client);
}

/* All of a codec's talk. */
static void
try_codec(const struct talk *talk)
{
	struct flow *flow = talk_start(talk);
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	size_t i;
	char c;

	talk_once(client, talk);
	/* The same a byte at a time; what it completes is answered. */
	for (i = 0; i < talk->said.len; i++)
		flow_write(client, talk->said.bytes + i, 1);
	for (i = 0; i < talk->heard.len; i++) {
		flow_read(client, &c, 1);
		ck_assert_int_eq(c, talk->heard.bytes[i]);
	}
	flow_wait_count(
	    flow, WEFT_COUNTER_messages_in, 2 * (uint64_t)talk->nmessages);

	talk_refused(
	    flow, talk, talk->toobig, WEFT_REASON_TOOBIG, "IO-MESSAGE-TOOBIG");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_toobig), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_malformed), 0);
	if (talk->malformed.bytes != NULL) {
		talk_refused(flow, talk, talk->malformed,
		    WEFT_REASON_MALFORMED, "IO-MALFORMED");
		ck_assert_uint_eq(
		    flow_count(flow, WEFT_COUNTER_closed_malformed), 1);
	}
	talk_once(client, talk); /* it is still served */
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(u16_is_echoed_and_a_long_one_closes)
{
	try_codec(&u16);
}
END_TEST

START_TEST(u32_is_echoed_and_a_long_one_closes)
{
	try_codec(&u32);
}
END_TEST

START_TEST(line_is_echoed_and_a_long_one_closes)
{
	try_codec(&line);
}
END_TEST

START_TEST(tpl_is_echoed_and_a_bad_one_closes)
{
	try_codec(&tpl);
}
END_TEST

START_TEST(rpc_is_echoed_and_a_bad_one_closes)
{
	try_codec(&rpc);
}
END_TEST

/* Answers with what u16 can not say, then with its longest, then "ok". */
static void
long_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	static const char zeros[U16_LONGEST + 1];
	struct weft_bytes longer = { zeros, sizeof(zeros) };
	struct weft_bytes longest = { zeros, U16_LONGEST };
	struct weft_node *node = weft_call_node(call);
	struct weft_buffer *buf, *kept;

	(void)msg;
	ck_assert_int_eq(weft_send(call, from, longer), WEFT_ETOOBIG);
	ck_assert_int_eq(weft_node_send(node, from, longer), WEFT_ETOOBIG);
	ck_assert_int_eq(weft_buffer_new(&buf, longer.len), WEFT_OK);
	kept = buf;
	ck_assert_int_eq(weft_send_buffer(call, from, &buf), WEFT_ETOOBIG);
	ck_assert_ptr_eq(buf, kept);
	weft_buffer_free(&buf);
	ck_assert_int_eq(weft_send(call, from, longest), WEFT_OK);
	ck_assert_int_eq(
	    weft_send(call, from, (struct weft_bytes){ "ok", 2 }), WEFT_OK);
	ck_assert_int_eq(weft_send(call, from, longer), WEFT_ETOOBIG);
}

static const struct weft_plugin long_plugin =
    WEFT_PLUGIN_INIT(.name = "long", .message = long_message);

START_TEST(what_a_codec_can_not_frame_is_too_big_to_be_sent)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint8_t *found = malloc(2 + U16_LONGEST);
	char end[4];

	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(flow->options.max_message, 0); /* 1 MiB, then */
	flow_start(flow, u16.url, &long_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, "\0\0", 2);
	flow_read(client, found, 2 + U16_LONGEST);
	ck_assert_mem_eq(found, "\xff\xff", 2);
	flow_read(client, end, 4);
	ck_assert_mem_eq(end, "\0\2ok", 4);
	flow_client_finish(client);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	free(found);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("codec_flow", u16_is_echoed_and_a_long_one_closes,
    u32_is_echoed_and_a_long_one_closes, line_is_echoed_and_a_long_one_closes,
    tpl_is_echoed_and_a_bad_one_closes, rpc_is_echoed_and_a_bad_one_closes,
    what_a_codec_can_not_frame_is_too_big_to_be_sent)
