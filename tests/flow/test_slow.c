/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_slow.c - readers that are too slow: each policy, by what
 * arrives when the reader reads again.
 */
#include "flow.h"

#include <string.h>

#include "flow_client.h"
#include "slow.h"

#define AGE_MS 1000u /* the last one is read before, on any machine */

/* The messages that are left of those below end, whose numbers grow.  Returns
 * the last. */
static uint32_t
recv_growing(struct flow_client *client, uint32_t count, uint32_t end)
{
	uint32_t last = 0, number, i;

	for (i = 0; i < count; i++) {
		number = recv_number(client);
		ck_assert_uint_lt(number, end);
		ck_assert(i == 0 || number > last);
		if (i == 0)
			ck_assert_uint_eq(number, 0);
		last = number;
	}
	return last;
}

START_TEST(drop_newest_keeps_what_waits_and_tells_when_there_is_room)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t sent, dropped;

	flow_start(flow, FLOW_VARINT "?slow_reader=drop-newest&" ROOM, &sink);
	client = reader_new(flow, "hello");
	sent = send_until(flow, 0, WEFT_COUNTER_slow_newest, DROPS);
	wait_collected(flow, sent);
	dropped = (uint32_t)flow_count(flow, WEFT_COUNTER_slow_newest);
	(void)recv_growing(client, sent - dropped, sent);
	FLOW_WAIT(ndrained >= 1, "drained()");
	send_number(flow, sent, NO_KEY);
	ck_assert_uint_eq(recv_number(client), sent);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(drop_oldest_keeps_the_newest)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t sent, dropped;

	flow_start(flow, FLOW_VARINT "?slow_reader=drop-oldest&" ROOM, &sink);
	client = reader_new(flow, "hello");
	sent = send_until(flow, 0, WEFT_COUNTER_slow_oldest, DROPS);
	wait_collected(flow, sent);
	dropped = (uint32_t)flow_count(flow, WEFT_COUNTER_slow_oldest);
	ck_assert_uint_eq(
	    recv_growing(client, sent - dropped, sent), sent - 1);
	FLOW_WAIT(ndrained >= 1, "drained()");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_slow_newest), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

#define KEYS 10u

START_TEST(conflate_keeps_the_newest_of_each_key)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_endpoint_info info;
	uint32_t sent = 0, number, last[KEYS], seen = 0, i;

	flow_start(flow, FLOW_VARINT "?slow_reader=conflate&" ROOM, &sink);
	client = reader_new(flow, "hello");
	while (weft_node_counter(flow->node, WEFT_COUNTER_slow_conflated) <
	    DROPS) {
		send_number(flow, sent, sent % KEYS);
		sent++;
	}
	wait_collected(flow, sent);
	ck_assert_int_eq(
	    weft_endpoint_info(flow->node, reader, &info), WEFT_OK);
	/* And one of a key that had begun to leave. */
	ck_assert_uint_le(info.queued_messages, KEYS + 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_slow_oldest), 0);
	do {
		number = recv_number(client);
		ck_assert((seen & 1u << number % KEYS) == 0 ||
		    last[number % KEYS] < number);
		last[number % KEYS] = number;
		seen |= 1u << number % KEYS;
		for (i = 0; i < KEYS; i++)
			if ((seen & 1u << i) == 0 || last[i] + KEYS < sent)
				break;
	} while (i < KEYS);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(more_keys_than_there_is_room_for_lose_the_oldest)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t sent = 0, dropped;

	flow_start(flow, FLOW_VARINT "?slow_reader=conflate&" ROOM, &sink);
	client = reader_new(flow, "hello");
	while (
	    weft_node_counter(flow->node, WEFT_COUNTER_slow_oldest) < DROPS) {
		send_number(flow, sent, sent);
		sent++;
	}
	wait_collected(flow, sent);
	dropped = (uint32_t)flow_count(flow, WEFT_COUNTER_slow_oldest);
	ck_assert_uint_eq(
	    recv_growing(client, sent - dropped, sent), sent - 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_slow_conflated), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

#define LONG 300000u /* [bytes]: more than a socket takes at once */
#define NLONG 20u

/* The first one, of which a part has left, and the newest. */
static void
first_and_newest(const char *url)
{
	static uint8_t frame[FLOW_HEAD_MAX + LONG];
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_bytes msg;
	uint32_t i;

	flow_start(flow, url, &sink);
	client = reader_new(flow, "hello");
	for (i = 0; i < NLONG; i++) {
		msg.data = frame + flow_number_frame(frame, LONG, i) - LONG;
		msg.len = LONG;
		ck_assert_int_eq(
		    weft_node_send_keyed(flow->node, reader, 1, msg), WEFT_OK);
		wait_collected(flow, i + 1);
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_slow_conflated) +
		flow_count(flow, WEFT_COUNTER_slow_oldest),
	    NLONG - 2);
	ck_assert_uint_eq(flow_recv(client, frame, LONG), LONG);
	ck_assert_uint_eq(flow_number_check(frame, LONG), 0);
	ck_assert_uint_eq(flow_recv(client, frame, LONG), LONG);
	ck_assert_uint_eq(flow_number_check(frame, LONG), NLONG - 1);
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(what_has_begun_to_leave_is_not_replaced)
{
	first_and_newest(
	    FLOW_VARINT "?slow_reader=conflate&sndbuf=8k&outbox_high=1M");
}
END_TEST

START_TEST(what_has_begun_to_leave_is_not_dropped)
{
	first_and_newest(
	    FLOW_VARINT "?slow_reader=drop-oldest&sndbuf=8k&outbox_high=400k");
}
END_TEST

START_TEST(close_closes_with_reason_slow)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	const struct flow_line *line;
	static const uint8_t body[LEN];
	struct weft_bytes msg = { body, LEN };

	flow_start(flow, FLOW_VARINT "?slow_reader=close&" ROOM, &sink);
	client = reader_new(flow, "hello");
	while (weft_node_send(flow->node, reader, msg) != WEFT_ENOENDPOINT)
		continue;
	FLOW_WAIT(nclosed == 1, "closed()");
	ck_assert_int_eq(reason, WEFT_REASON_SLOW);
	ck_assert_str_eq(weft_reason_name(reason), "slow");
	ck_assert_int_eq(weft_reason_side(reason), WEFT_SIDE_NODE);
	line = flow_wait_log(flow, "IO-SLOW");
	ck_assert_ptr_nonnull(strstr(line->text, "bytes waiting"));
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_slow), 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- age */

static void
wait_ms(uint64_t ms)
{
	uint64_t until = flow_now_ms() + ms;

	FLOW_WAIT(flow_now_ms() >= until, "the time to pass");
}

START_TEST(what_has_waited_too_long_is_dropped_instead_of_sent)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint32_t sent, number, n = 0;

	flow_start(flow,
	    FLOW_VARINT "?slow_reader=drop-oldest&outbox_age=1s&sndbuf=8k",
	    &sink);
	client = reader_new(flow, "hello");
	sent = fill(flow);
	wait_ms(2 * AGE_MS);
	send_number(flow, sent, NO_KEY);
	do {
		number = recv_number(client);
		n++;
	} while (number != sent);
	ck_assert_uint_gt(flow_count(flow, WEFT_COUNTER_slow_aged), 10);
	ck_assert_uint_eq(
	    n + flow_count(flow, WEFT_COUNTER_slow_aged), sent + 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

#define SOME 60u /* messages: more than a socket takes, less than the mark */

/* SOME messages, or as many as are taken before the age has passed: as soon as
 * the socket is full, time counts.  Returns how many. */
static uint32_t
send_some(struct flow *flow)
{
	uint8_t frame[FLOW_HEAD_MAX + LEN];
	struct weft_bytes msg;
	uint32_t n;

	for (n = 0; n < SOME; n++) {
		msg.data = frame + flow_number_frame(frame, LEN, n) - LEN;
		msg.len = LEN;
		if (weft_node_send(flow->node, reader, msg) != WEFT_OK)
			break;
	}
	return n;
}

START_TEST(close_closes_when_the_oldest_is_too_old)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow,
	    FLOW_VARINT "?slow_reader=close&outbox_age=200ms&sndbuf=8k",
	    &sink);
	client = reader_new(flow, "hello");
	(void)send_some(flow);
	FLOW_WAIT(nclosed == 1, "closed()");
	ck_assert_int_eq(reason, WEFT_REASON_SLOW);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(refuse_refuses_while_the_oldest_is_too_old)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_endpoint_info info;
	struct weft_bytes msg = { "x", 1 };
	uint32_t sent, i;

	flow_start(flow, FLOW_VARINT "?outbox_age=200ms&sndbuf=8k", &sink);
	client = reader_new(flow, "hello");
	sent = send_some(flow);
	FLOW_WAIT(weft_node_send(flow->node, reader, msg) == WEFT_EFULL,
	    "WEFT_EFULL");
	ck_assert_int_eq(
	    weft_endpoint_info(flow->node, reader, &info), WEFT_OK);
	ck_assert_uint_lt(info.queued_bytes, 128u << 10); /* not the mark */
	ck_assert_uint_eq(ndrained, 0);
	for (i = 0; i < sent; i++)
		ck_assert_uint_eq(recv_number(client), i);
	FLOW_WAIT(ndrained == 1, "drained()");
	ck_assert_int_eq(weft_node_send(flow->node, reader, msg), WEFT_OK);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- memory */

#define SMALL 16u
#define TICKS 5000u
#define BIG 4096u

static void
tick_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	static const uint8_t small[SMALL];

	if (msg.len < BIG) {
		on_message(call, from, msg);
		return;
	}
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
	ck_assert_int_eq(
	    weft_send(call, reader, (struct weft_bytes){ small, SMALL }),
	    WEFT_OK);
}

static const struct weft_plugin ticker =
    WEFT_PLUGIN_INIT(.name = "ticker", .message = tick_message);

/* Of the blocks in which other replies lay, nothing is kept for what little
 * waits: keep_note in io/waiting.c. */
START_TEST(little_that_waits_keeps_little)
{
	struct flow *flow = flow_new();
	struct flow_client *client, *fast;
	uint8_t big[BIG] = { 0 };
	size_t before, after;
	unsigned i;

	flow_start(flow, FLOW_VARINT "?sndbuf=8k", &ticker);
	client = reader_new(flow, "hello");
	fast = flow_client_new(&flow->bound[0]);
	(void)fill(flow);
	before = flow_heap();
	for (i = 0; i < TICKS; i++) {
		flow_send(fast, big, BIG);
		ck_assert_uint_eq(flow_recv(fast, big, BIG), BIG);
	}
	after = flow_heap();
	ck_assert_uint_lt(after, before + TICKS * BIG / 4);
	flow_client_free(&fast);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("slow", drop_newest_keeps_what_waits_and_tells_when_there_is_room,
    drop_oldest_keeps_the_newest, conflate_keeps_the_newest_of_each_key,
    more_keys_than_there_is_room_for_lose_the_oldest,
    what_has_begun_to_leave_is_not_replaced,
    what_has_begun_to_leave_is_not_dropped, close_closes_with_reason_slow,
    what_has_waited_too_long_is_dropped_instead_of_sent,
    close_closes_when_the_oldest_is_too_old,
    refuse_refuses_while_the_oldest_is_too_old, little_that_waits_keeps_little)
