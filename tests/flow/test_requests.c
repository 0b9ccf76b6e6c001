/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_requests.c - what is asked of an endpoint and of us, its
 * reply, and every other end that a request may have.  Many at a time:
 * tests/stress/test_request_stress.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "rpc_wire.h"

#define RPC "tcp+rpc://127.0.0.1:0"
#define MINUTE_MS 60000u
#define NOUTCOMES 64

/* What became of a request. */
struct outcome {
	int code;
	char text[32];
	const void *user;
	uint64_t from, endpoint, strand;
	bool behind_closed; /* its strand's closed() was called before */
};

/* Under flow_lock(). */
static struct outcome outcomes[NOUTCOMES];
static unsigned noutcomes, nclosed, nopened;
static weft_endpoint last; /* that was opened */
static struct weft_request_id kept;
static int asked; /* what weft_request() answered */
static weft_strand room;
static uint32_t ask_ms;
static uint8_t users[NOUTCOMES]; /* whose addresses are users */
static unsigned nusers;
static bool held;

static void
on_reply(struct weft_call *call, const struct weft_reply *reply, void *user)
{
	struct weft_request_id request;
	struct outcome *outcome;

	ck_assert(!weft_call_request(call, &request));
	flow_lock();
	ck_assert_uint_lt(noutcomes, NOUTCOMES);
	outcome = &outcomes[noutcomes++];
	*outcome = (struct outcome){ .code = reply->code,
		.user = user,
		.from = reply->from.id,
		.endpoint = weft_call_endpoint(call).id,
		.strand = weft_strand_of(call).id,
		.behind_closed = nclosed > 0 };
	ck_assert_uint_lt(reply->msg.len, sizeof(outcome->text));
	if (reply->msg.len > 0)
		memcpy(outcome->text, reply->msg.data, reply->msg.len);
	flow_notify();
	flow_unlock();
}

static void
ask(struct weft_call *call, weft_endpoint to, struct weft_bytes msg)
{
	int rv;

	flow_lock();
	ck_assert_uint_lt(nusers, NOUTCOMES);
	rv = weft_request(call, to, msg, ask_ms, on_reply, &users[nusers]);
	if (rv == WEFT_OK)
		nusers++;
	asked = rv;
	flow_unlock();
}

static bool
is(struct weft_bytes msg, const char *text)
{
	return msg.len == strlen(text) && memcmp(msg.data, text, msg.len) == 0;
}

/* Requests are answered with themselves, but "refuse" and "later"; messages
 * that begin with "ask" are asked of who sent them, those with "last" of who
 * was opened last. */
static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_request_id request;

	if (weft_call_request(call, &request)) {
		ck_assert_uint_eq(request.from.id, from.id);
		if (is(msg, "refuse")) {
			ck_assert_int_eq(
			    weft_refuse(call, request, msg), WEFT_OK);
		} else if (is(msg, "later")) {
			flow_lock();
			kept = request;
			flow_notify();
			flow_unlock();
		} else {
			ck_assert_int_eq(
			    weft_reply(call, request, msg), WEFT_OK);
		}
	} else if (is(msg, "hold")) {
		FLOW_HOLD(!held);
	} else if (is(msg, "close")) {
		ck_assert_int_eq(weft_close(call, from), WEFT_OK);
	} else if (is(msg, "answer")) {
		ck_assert_int_eq(weft_reply(call, kept, msg), WEFT_OK);
	} else if (msg.len >= 4 && memcmp(msg.data, "last", 4) == 0) {
		ask(call, last, msg);
	} else if (msg.len >= 3 && memcmp(msg.data, "ask", 3) == 0) {
		ask(call, from, msg);
	} else {
		(void)weft_send(call, from, msg);
	}
	flow_lock();
	flow_notify();
	flow_unlock();
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	(void)call;
	flow_lock();
	last = from;
	nopened++;
	flow_notify();
	flow_unlock();
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	(void)why;
	flow_lock();
	nclosed++;
	flow_notify();
	flow_unlock();
}

static void
on_signal(struct weft_call *call, const struct weft_signal *signal)
{
	ask(call, last, signal->bytes);
}

static const struct weft_plugin plugin =
    WEFT_PLUGIN_INIT(.name = "asks", .opened = on_opened,
	.message = on_message, .closed = on_closed, .signal = on_signal);

static struct flow_client *
client_new(struct flow *flow)
{
	unsigned before = nopened;
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	FLOW_WAIT(nopened == before + 1, "opened()");
	return client;
}

static struct flow *
start(struct flow_client **clientp)
{
	struct flow *flow = flow_new();

	ask_ms = MINUTE_MS;
	flow_start(flow, RPC, &plugin);
	*clientp = client_new(flow);
	return flow;
}

/* It is asked; returns the id. */
static uint64_t
asked_by(struct flow_client *client, const char *text)
{
	rpc_say(client, RPC_MESSAGE, 0, text);
	return rpc_hear(client, RPC_REQUEST, text);
}

static const struct outcome *
outcome_wait(unsigned nth)
{
	FLOW_WAIT(noutcomes > nth, "an outcome");
	return &outcomes[nth];
}

static void
outcome_is(unsigned nth, int code, const char *text, unsigned user)
{
	const struct outcome *outcome = outcome_wait(nth);

	ck_assert_int_eq(outcome->code, code);
	ck_assert_str_eq(outcome->text, text);
	ck_assert_ptr_eq(outcome->user, &users[user]);
}

/* Nothing but these was told, and nothing waits. */
static void
end(struct flow **flowp, unsigned nexpected)
{
	struct flow *flow = *flowp;

	flow_end(&flow);
	*flowp = NULL;
	ck_assert_uint_eq(noutcomes, nexpected);
}

START_TEST(who_asks_us_is_answered_at_once_or_later_or_refused)
{
	struct flow_client *client, *other;
	struct flow *flow = start(&client);

	rpc_say(client, RPC_REQUEST, 7, "hi");
	ck_assert_uint_eq(rpc_hear(client, RPC_REPLY, "hi"), 7);
	rpc_say(client, RPC_REQUEST, UINT64_MAX, "refuse");
	ck_assert_uint_eq(rpc_hear(client, RPC_REFUSAL, "refuse"), UINT64_MAX);
	rpc_say(client, RPC_MESSAGE, 0, "plain");
	(void)rpc_hear(client, RPC_MESSAGE, "plain");

	/* Kept, and answered from another strand, and by this thread. */
	other = client_new(flow);
	rpc_say(client, RPC_REQUEST, 8, "later");
	FLOW_WAIT(kept.id == 8, "the request");
	rpc_say(other, RPC_MESSAGE, 0, "answer");
	ck_assert_uint_eq(rpc_hear(client, RPC_REPLY, "answer"), 8);
	ck_assert_int_eq(weft_node_reply(flow->node, kept,
			     (struct weft_bytes){ "again", 5 }),
	    WEFT_OK);
	ck_assert_uint_eq(rpc_hear(client, RPC_REPLY, "again"), 8);
	ck_assert_int_eq(
	    weft_node_refuse(flow->node, kept, (struct weft_bytes){ "", 0 }),
	    WEFT_OK);
	ck_assert_uint_eq(rpc_hear(client, RPC_REFUSAL, ""), 8);
	flow_client_free(&client);
	FLOW_WAIT(nclosed == 1, "closed()");
	FLOW_WAIT(weft_node_reply(flow->node, kept,
		      (struct weft_bytes){ "", 0 }) == WEFT_ENOENDPOINT,
	    "its name to be stale");
	flow_client_free(&other);
	end(&flow, 0);
}
END_TEST

START_TEST(replies_come_in_any_order_each_to_its_request)
{
	struct flow_client *client;
	struct flow *flow = start(&client);
	uint64_t ids[3];

	ids[0] = asked_by(client, "ask 0");
	ids[1] = asked_by(client, "ask 1");
	ids[2] = asked_by(client, "ask 2");
	rpc_say(client, RPC_REPLY, ids[2], "two");
	rpc_say(client, RPC_REFUSAL, ids[0], "no");
	rpc_say(client, RPC_REPLY, ids[1], "");
	outcome_is(0, WEFT_OK, "two", 2);
	outcome_is(1, WEFT_EREFUSED, "no", 0);
	outcome_is(2, WEFT_OK, "", 1);
	ck_assert_uint_eq(outcomes[0].from, last.id);
	ck_assert_uint_eq(outcomes[0].endpoint, last.id);
	ck_assert_uint_eq(outcomes[0].strand, last.id);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_requests), 3);
	flow_client_free(&client);
	end(&flow, 3);
}
END_TEST

START_TEST(reply_that_nobody_waits_for_is_dropped_and_counted)
{
	struct flow_client *client, *other;
	struct flow *flow = start(&client);
	uint64_t id = asked_by(client, "ask"), strange;

	other = client_new(flow);
	/* Of another connection; of another generation; of none. */
	rpc_say(other, RPC_REPLY, id, "mine");
	rpc_say(client, RPC_REPLY, id + (UINT64_C(1) << 32), "next");
	rpc_say(client, RPC_REPLY, id - (UINT64_C(1) << 32), "before");
	for (strange = 1; strange < 60; strange++)
		rpc_say(client, RPC_REFUSAL, UINT64_MAX >> strange, "x");
	flow_wait_count(flow, WEFT_COUNTER_replies_unasked, 62);
	ck_assert_uint_eq(noutcomes, 0);
	/* It is right in spite of all that, and only once. */
	rpc_say(client, RPC_REPLY, id, "right");
	rpc_say(client, RPC_REPLY, id, "twice");
	outcome_is(0, WEFT_OK, "right", 0);
	flow_wait_count(flow, WEFT_COUNTER_replies_unasked, 63);
	flow_client_free(&client);
	flow_client_free(&other);
	end(&flow, 1);
}
END_TEST

START_TEST(reply_that_comes_too_late_is_not_told)
{
	struct flow_client *client;
	struct flow *flow = start(&client);
	uint64_t before = flow_now_ms(), id;

	ask_ms = 30;
	id = asked_by(client, "ask");
	outcome_is(0, -ETIMEDOUT, "", 0);
	ck_assert_uint_ge(flow_now_ms() - before, 30);
	rpc_say(client, RPC_REPLY, id, "late");
	flow_wait_count(flow, WEFT_COUNTER_replies_unasked, 1);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_requests_timed_out), 1);
	flow_client_free(&client);
	end(&flow, 1);
}
END_TEST

/* How the connection ends, after one request. */
static void
ends_disconnected(void (*how)(struct flow_client **clientp))
{
	struct flow_client *client;
	struct flow *flow = start(&client);

	(void)asked_by(client, "ask");
	how(&client);
	outcome_is(0, WEFT_ENOENDPOINT, "", 0);
	ck_assert(!outcomes[0].behind_closed);
	FLOW_WAIT(nclosed == 1, "closed()");
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_requests_disconnected), 1);
	if (client != NULL)
		flow_client_free(&client);
	end(&flow, 1);
}

static void
we_close(struct flow_client **clientp)
{
	rpc_say(*clientp, RPC_MESSAGE, 0, "close");
}

START_TEST(end_of_the_connection_is_told_before_closed)
{
	ends_disconnected(flow_client_free);
}
END_TEST

START_TEST(reset_of_the_connection_is_told_before_closed)
{
	ends_disconnected(flow_client_reset);
}
END_TEST

START_TEST(connection_that_we_close_is_told_before_closed)
{
	ends_disconnected(we_close);
}
END_TEST

START_TEST(reply_right_before_the_end_is_a_reply)
{
	struct flow_client *client;
	struct flow *flow = start(&client);
	uint64_t id = asked_by(client, "ask");

	/* Both are there when the strand goes on. */
	rpc_say(client, RPC_MESSAGE, 0, "hold");
	held = true;
	rpc_say(client, RPC_REPLY, id, "bye");
	flow_client_free(&client);
	flow_lock();
	held = false;
	flow_notify();
	flow_unlock();
	outcome_is(0, WEFT_OK, "bye", 0);
	FLOW_WAIT(nclosed == 1, "closed()");
	end(&flow, 1);
}
END_TEST

START_TEST(stop_of_the_node_ends_what_waits)
{
	struct flow_client *client;
	struct flow *flow = start(&client);

	(void)asked_by(client, "ask");
	end(&flow, 1);
	outcome_is(0, WEFT_ENOENDPOINT, "", 0);
	flow_client_free(&client);
}
END_TEST

START_TEST(strand_that_ends_is_told_behind_its_closed)
{
	struct flow_client *client, *other;
	struct flow *flow = start(&client);
	uint64_t id;

	other = client_new(flow);
	rpc_say(client, RPC_MESSAGE, 0, "last");
	id = rpc_hear(other, RPC_REQUEST, "last");
	flow_client_free(&client);
	outcome_is(0, WEFT_ENOSTRAND, "", 0);
	ck_assert(outcomes[0].behind_closed);
	ck_assert_uint_ne(outcomes[0].endpoint, last.id);
	rpc_say(other, RPC_REPLY, id, "alas");
	flow_wait_count(flow, WEFT_COUNTER_replies_unasked, 1);
	flow_client_free(&other);
	end(&flow, 1);
}
END_TEST

START_TEST(strand_that_was_made_gets_replies_of_endpoints_elsewhere)
{
	struct flow_client *client;
	struct flow *flow = start(&client);
	struct weft_signal signal = { .bytes = { "ask room", 8 } };
	uint64_t id;

	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "asks", "room", NULL, &room),
	    WEFT_OK);
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	id = rpc_hear(client, RPC_REQUEST, "ask room");
	rpc_say(client, RPC_REPLY, id, "there");
	outcome_is(0, WEFT_OK, "there", 0);
	ck_assert_uint_eq(outcomes[0].strand, room.id);
	ck_assert_uint_eq(outcomes[0].endpoint, 0);

	/* It is held until then, and the end is told to it as well. */
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	(void)rpc_hear(client, RPC_REQUEST, "ask room");
	weft_strand_release(room);
	flow_client_free(&client);
	outcome_is(1, WEFT_ENOENDPOINT, "", 1);
	ck_assert_uint_eq(outcomes[1].strand, room.id);
	flow_wait_count(flow, WEFT_COUNTER_strands_ended, 1);
	end(&flow, 2);
}
END_TEST

START_TEST(what_cannot_be_asked_is_refused_and_never_told)
{
	struct flow_client *client, *other;
	struct flow *flow = flow_new();
	struct weft_signal signal = { .bytes = { "ask room", 8 } };

	ask_ms = MINUTE_MS;
	flow->options.max_requests = 2;
	flow_add(flow, RPC, &plugin);
	flow_add(flow, FLOW_VARINT, &plugin);
	flow_start(flow, RPC, NULL);
	client = client_new(flow);
	(void)asked_by(client, "ask 0");
	(void)asked_by(client, "ask 1");
	rpc_say(client, RPC_MESSAGE, 0, "ask 2");
	rpc_say(client, RPC_MESSAGE, 0, "plain");
	(void)rpc_hear(client, RPC_MESSAGE, "plain");
	ck_assert_int_eq(asked, WEFT_EFULL);
	flow_client_free(&client);
	outcome_is(1, WEFT_ENOENDPOINT, "", 1);
	FLOW_WAIT(nclosed == 1, "closed()");

	/* The endpoint has gone, and is not just about to go. */
	FLOW_WAIT(weft_node_send(flow->node, last,
		      (struct weft_bytes){ "", 0 }) == WEFT_ENOENDPOINT,
	    "its name to be stale");
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "asks", "room", NULL, &room),
	    WEFT_OK);
	asked = 1;
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	FLOW_WAIT(asked != 1, "an answer");
	ck_assert_int_eq(asked, WEFT_ENOENDPOINT);

	/* A codec without ids; no time. */
	other = flow_client_new(&flow->bound[1]);
	flow_say(other, "ask");
	flow_say(other, "plain");
	flow_hear(other, "plain");
	ck_assert_int_eq(asked, WEFT_ESTATE);
	ask_ms = 0;
	flow_say(other, "ask");
	flow_say(other, "plain");
	flow_hear(other, "plain");
	ck_assert_int_eq(asked, -EINVAL);
	flow_client_free(&other);
	end(&flow, 2);
}
END_TEST

FLOW_MAIN("requests", who_asks_us_is_answered_at_once_or_later_or_refused,
    replies_come_in_any_order_each_to_its_request,
    reply_that_nobody_waits_for_is_dropped_and_counted,
    reply_that_comes_too_late_is_not_told,
    end_of_the_connection_is_told_before_closed,
    reset_of_the_connection_is_told_before_closed,
    connection_that_we_close_is_told_before_closed,
    reply_right_before_the_end_is_a_reply, stop_of_the_node_ends_what_waits,
    strand_that_ends_is_told_behind_its_closed,
    strand_that_was_made_gets_replies_of_endpoints_elsewhere,
    what_cannot_be_asked_is_refused_and_never_told)
