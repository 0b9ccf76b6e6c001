/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_request_codec.c - requests over a codec of the program's,
 * what one that is wrong costs, requests where nobody can ask, and those of
 * endpoints that share a strand.
 *
 * tag8: one byte of length, the message: kind, 8 bytes of id, payload; 'm' for
 * a message has no id.  open() refuses the kind '!', and of '?' it says what
 * cannot be.
 */
#include <string.h>

#include "flow.h"
#include "flow_client.h"
#include "receiver.h"
#include "rpc_wire.h"

static const char kinds[] = { 'm', 'q', 'r', 'n' };

static int
tag8_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	(void)state;
	(void)max_message;
	if (data[0] == 0)
		return WEFT_EMALFORMED;
	if (len < 1 + (size_t)data[0])
		return WEFT_CUT_MORE;
	cut->offset = 1;
	cut->len = data[0];
	cut->used = 1 + cut->len;
	cut->flags = 77;
	return WEFT_CUT_MESSAGE;
}

static size_t
tag8_head(uint8_t *out, size_t len, uint32_t flags)
{
	(void)flags;
	out[0] = (uint8_t)(len + 1);
	out[1] = 'm';
	return 2;
}

static size_t
tag8_seal(uint8_t *out, size_t len, enum weft_kind kind, uint64_t id)
{
	out[0] = (uint8_t)(len + 9);
	out[1] = (uint8_t)kinds[kind];
	memcpy(out + 2, &id, 8);
	return 10;
}

static int
tag8_open(const uint8_t *msg, size_t len, uint32_t flags,
    struct weft_envelope *envelope)
{
	const char *kind = memchr(kinds, msg[0], sizeof(kinds));
	size_t head = msg[0] == 'm' ? 1 : 9;

	ck_assert_uint_eq(flags, 77);
	if (msg[0] == '!' || (kind == NULL && msg[0] != '?') || len < head)
		return WEFT_EMALFORMED;
	envelope->payload = msg + head;
	envelope->payload_len = len - head + (msg[0] == '?');
	if (kind != NULL)
		envelope->kind = (enum weft_kind)(kind - kinds);
	if (head == 9)
		memcpy(&envelope->id, msg + 1, 8);
	return WEFT_OK;
}

static int
on_load(struct weft_load *load, void **state)
{
	static const struct weft_codec codec = WEFT_CODEC_INIT(.head_max = 10,
	    .name = "tag8", .decode = tag8_decode, .head = tag8_head,
	    .seal = tag8_seal, .open = tag8_open);

	(void)state;
	return weft_load_codec(load, &codec);
}

/* Under flow_lock(). */
static char told[16];
static int code = 1, asked = 1;
static unsigned nclosed, nmessages;
static unsigned nbefore; /* nmessages, when the reply came */
static uint64_t told_strand, told_endpoint;
static enum weft_reason closed_why;
static weft_endpoint pulled; /* its events are not for a worker */

static void
on_reply(struct weft_call *call, const struct weft_reply *reply, void *user)
{
	(void)user;
	flow_lock();
	code = reply->code;
	nbefore = nmessages;
	told_strand = weft_strand_of(call).id;
	told_endpoint = weft_call_endpoint(call).id;
	ck_assert_uint_lt(reply->msg.len, sizeof(told));
	memcpy(told, reply->msg.data, reply->msg.len);
	flow_notify();
	flow_unlock();
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_request_id request;
	weft_endpoint to = pulled.id != 0 ? pulled : from;

	if (weft_call_request(call, &request)) {
		ck_assert_int_eq(weft_reply(call, request, msg), WEFT_OK);
		return;
	}
	flow_lock();
	nmessages++;
	if (asked == WEFT_OK) {
		flow_unlock();
		return;
	}
	asked = weft_request(call, to, msg, 60000, on_reply, NULL);
	flow_notify();
	flow_unlock();
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	closed_why = why;
	nclosed++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin plugin = WEFT_PLUGIN_INIT(.name = "tags",
    .load = on_load, .message = on_message, .closed = on_closed);

static struct flow *
start(void)
{
	struct flow *flow = flow_new();

	/* The codec is known when its plugin is: by a listener without it. */
	flow_add(flow, "tcp+rpc://127.0.0.1:0", &plugin);
	flow_start(flow, "tcp+tag8://127.0.0.1:0", &plugin);
	return flow;
}

START_TEST(codec_of_the_program_carries_requests_both_ways)
{
	struct flow *flow = start();
	struct flow_client *client = flow_client_new(&flow->bound[1]);
	char bytes[13];

	flow_write(client, "\013qABCDEFGHhi", 12);
	flow_read(client, bytes, 12);
	ck_assert_mem_eq(bytes, "\013rABCDEFGHhi", 12);

	flow_write(client, "\4mask", 5);
	flow_read(client, bytes, 13);
	ck_assert_mem_eq(bytes, "\014q", 2);
	ck_assert_mem_eq(bytes + 10, "ask", 3);
	bytes[1] = 'r';
	memcpy(bytes + 10, "yes", 3);
	flow_write(client, bytes, 13);
	FLOW_WAIT(code == WEFT_OK, "the reply");
	ck_assert_str_eq(told, "yes");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* A client that was served, and then sends that, is aborted. */
static void
aborted_for(const char *bytes, size_t len)
{
	struct flow *flow = start();
	struct flow_client *client = flow_client_new(&flow->bound[1]);
	char reply[10];

	flow_write(client, "\11qABCDEFGH", 10);
	flow_read(client, reply, 10);
	flow_write(client, bytes, len);
	FLOW_WAIT(nclosed == 1, "closed()");
	ck_assert_int_eq(closed_why, WEFT_REASON_ABORT);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "CODEC-BROKEN")->text, "open()"));
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(message_that_open_refuses_costs_its_connection)
{
	aborted_for("\2!x", 3);
}
END_TEST

START_TEST(payload_that_is_not_in_the_message_costs_its_connection)
{
	aborted_for("\12?ABCDEFGHx", 11);
}
END_TEST

START_TEST(who_fetches_events_cannot_be_asked_and_sees_plain_messages)
{
	struct flow *flow = flow_new();
	struct flow_client *client, *other;
	struct weft_event event;

	flow_add(flow, "tcp+rpc://127.0.0.1:0", &plugin);
	flow_begin(flow, "tcp+rpc://127.0.0.1:0", NULL);
	client = flow_client_new(&flow->bound[0]);
	other = flow_client_new(&flow->bound[1]);
	rpc_say(other, RPC_REPLY, 3, "reply");
	rpc_say(other, RPC_REQUEST, 4, "request");
	(void)receiver_expect(flow->node, WEFT_EVENT_OPENED, NULL);
	(void)receiver_expect(flow->node, WEFT_EVENT_MESSAGE, "reply");
	event = receiver_expect(flow->node, WEFT_EVENT_MESSAGE, "request");
	pulled = event.endpoint;
	rpc_say(client, RPC_MESSAGE, 0, "ask");
	FLOW_WAIT(asked != 1, "an answer");
	ck_assert_int_eq(asked, WEFT_ESTATE);
	flow_client_free(&client);
	flow_client_free(&other);
	weft_node_stop(flow->node);
	(void)receiver_rest(flow->node);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(messages_before_a_reply_come_before_it_on_a_shared_strand)
{
	static const struct weft_plugin shared =
	    WEFT_PLUGIN_INIT(.name = "shared", .load = on_load,
		.message = on_message, .scope = WEFT_SCOPE_PLUGIN);
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint8_t bytes[300];
	size_t len = 0;
	uint64_t id;
	unsigned i;

	flow_start(flow, "tcp+rpc://127.0.0.1:0", &shared);
	client = flow_client_new(&flow->bound[0]);
	rpc_say(client, RPC_MESSAGE, 0, "ask");
	id = rpc_hear(client, RPC_REQUEST, "ask");
	for (i = 0; i < 10; i++)
		len += rpc_frame(bytes + len, RPC_MESSAGE, 0, "x");
	len += rpc_frame(bytes + len, RPC_REPLY, id, "ten");
	len += rpc_frame(bytes + len, RPC_MESSAGE, 0, "x");
	flow_write(client, bytes, len);
	FLOW_WAIT(nmessages == 12, "all messages");
	ck_assert_int_eq(code, WEFT_OK);
	ck_assert_str_eq(told, "ten");
	ck_assert_uint_eq(nbefore, 11);
	/* Told to the strand that they share, not to an endpoint. */
	ck_assert_uint_eq(told_endpoint, 0);
	ck_assert_uint_ne(told_strand >> 63, 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("request_codec", codec_of_the_program_carries_requests_both_ways,
    message_that_open_refuses_costs_its_connection,
    payload_that_is_not_in_the_message_costs_its_connection,
    who_fetches_events_cannot_be_asked_and_sees_plain_messages,
    messages_before_a_reply_come_before_it_on_a_shared_strand)
