/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_timeouts.c - half-sent messages, idle endpoints, addresses
 * that take too much: each ends with its reason, counter and log id, and the
 * others go on.
 */
#include "flow.h"

#include <stdio.h>
#include <string.h>

#include "flow_client.h"
#include "witness.h"

START_TEST(a_message_that_is_never_whole_ends_its_connection)
{
	struct flow *flow = flow_new();
	struct flow_client *slow, *good;
	char rest[16];
	int end;

	flow_start(
	    flow, "tcp+varint://127.0.0.1:0?partial=100ms", &witness_echo);
	slow = flow_client_new(&flow->bound[0]);
	good = flow_client_new(&flow->bound[0]);
	/* A whole one is answered, then one has begun. */
	flow_write(slow, "\3abc\5de", 7);
	flow_hear(slow, "abc");
	ck_assert_uint_eq(flow_read_rest(slow, rest, sizeof(rest), &end), 0);
	ck_assert_int_eq(end, 0);
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_PARTIAL);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_partial), 1);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-PARTIAL")->text, "100 ms"));
	flow_say(good, "still here");
	flow_hear(good, "still here");
	flow_client_free(&good);
	flow_client_free(&slow);
	flow_end(&flow);
}
END_TEST

/* Bytes that trickle do not buy more time than a message may take. */
START_TEST(a_trickle_does_not_put_the_deadline_off)
{
	struct flow *flow = flow_new();
	struct flow_client *slow;
	struct timespec due = flow_due(FLOW_DEADLINE_MS);
	unsigned sent = 0;

	flow_start(
	    flow, "tcp+varint://127.0.0.1:0?partial=200ms", &witness_echo);
	slow = flow_client_new(&flow->bound[0]);
	flow_write(slow, "\xff\x7f", 2); /* 16383 bytes are to come */
	while (witness_count('c', 0) == 0) {
		ck_assert_int_gt(flow_left_ms(&due), 0);
		if (sent < 16000 &&
		    flow_count(flow, WEFT_COUNTER_bytes_in) >= 2 + sent &&
		    witness_count('c', 0) == 0) {
			/* One more as soon as the last has been read. */
			if (!flow_try_write(slow, "x", 1))
				break;
			sent++;
		}
	}
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_PARTIAL);
	flow_client_free(&slow);
	flow_end(&flow);
}
END_TEST

/* What a client does in time it may do late on a machine that is busy: then
 * nothing was shown, and it is done again with more of it. */
#define TIMEOUTS_MS 1000u
#define TIMEOUTS_MS_MAX 16000u

/* From step to now; so long, that what is written now may come too late? */
static bool
is_late(uint64_t *step, uint32_t ms)
{
	uint64_t before = *step;

	*step = flow_now_ms();
	return *step - before > ms / 2;
}

/* Always one that has begun, for longer than a message may take, but never the
 * same one.  false: we were late. */
static bool
whole_in_time(uint32_t partial_ms)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint64_t began, step;
	bool late = false;
	unsigned i;

	flow->options.partial_ms = partial_ms;
	flow_start(flow, FLOW_VARINT, &witness_echo);
	client = flow_client_new(&flow->bound[0]);
	began = step = flow_now_ms();
	flow_write(client, "\2", 1);
	for (i = 0; step - began < partial_ms * 5 / 2; i++) {
		late = is_late(&step, partial_ms);
		if (late)
			break;
		flow_write(client, "ab\2", 3);
		flow_hear(client, "ab");
	}
	if (!late)
		ck_assert_uint_eq(witness_count('c', 0), 0);
	flow_client_free(&client);
	flow_end(&flow);
	return !late;
}

START_TEST(messages_that_become_whole_in_time_are_never_cut_off)
{
	uint32_t ms = TIMEOUTS_MS;

	while (!whole_in_time(ms)) {
		ms *= 2;
		ck_assert_uint_le(ms, TIMEOUTS_MS_MAX);
		witness_forget();
	}
}
END_TEST

/* false: the busy one was late. */
static bool
idle_in_time(uint32_t idle_ms)
{
	struct flow *flow = flow_new();
	struct flow_client *quiet, *busy;
	uint64_t began, step;
	bool late = false;
	unsigned n = 0;

	flow->options.idle_ms = idle_ms;
	flow_start(flow, FLOW_VARINT, &witness_echo);
	quiet = flow_client_new(&flow->bound[0]);
	busy = flow_client_new(&flow->bound[0]);
	began = step = flow_now_ms();
	/* Once more when the other one is gone. */
	while (n < 2) {
		ck_assert_uint_lt(step - began, FLOW_DEADLINE_MS);
		late = is_late(&step, idle_ms);
		if (late)
			break;
		flow_say(busy, "tick");
		flow_hear(busy, "tick");
		n += n > 0 || witness_count('c', 0) > 0;
	}
	if (!late) {
		ck_assert_int_eq(
		    witness_wait('c', 0, 1)->why, WEFT_REASON_IDLE);
		ck_assert_int_eq(flow_read_end(quiet), 0);
		ck_assert_uint_eq(witness_count('c', 0), 1);
		ck_assert_uint_eq(
		    flow_count(flow, WEFT_COUNTER_closed_idle), 1);
		flow_wait_log(flow, "IO-IDLE");
	}
	flow_client_free(&quiet);
	flow_client_free(&busy);
	flow_end(&flow);
	return !late;
}

START_TEST(one_that_says_nothing_is_idle)
{
	uint32_t ms = TIMEOUTS_MS;

	while (!idle_in_time(ms)) {
		ms *= 2;
		ck_assert_uint_le(ms, TIMEOUTS_MS_MAX);
		witness_forget();
	}
}
END_TEST

START_TEST(one_address_gets_no_more_than_its_part)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[3], *late;
	unsigned i, open;

	flow_start(flow, "tcp+varint://127.0.0.1:0?max_endpoints_per_ip=3",
	    &witness_echo);
	for (i = 0; i < 3; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		flow_say(clients[i], "in");
		flow_hear(clients[i], "in");
	}
	late = flow_client_new(&flow->bound[0]);
	(void)flow_read_end(late);
	flow_client_free(&late);
	flow_wait_count(flow, WEFT_COUNTER_refused_per_ip, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_refused_per_ip), 1);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-PER-IP")->text, "at most 3"));
	/* The place is free when both ends of the first are closed. */
	open = flow_descriptors();
	flow_client_free(&clients[0]);
	FLOW_WAIT(flow_descriptors() == open - 2, "the socket to close");
	late = flow_client_new(&flow->bound[0]);
	flow_say(late, "now");
	flow_hear(late, "now");
	flow_client_free(&late);
	for (i = 1; i < 3; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

/* ---- time that is ours */

static bool held, may_go; /* under flow_lock() */

static void
hold_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	witness_only.message(call, from, msg);
	flow_lock();
	held = true;
	flow_notify();
	flow_unlock();
	FLOW_HOLD(may_go);
}

static void
hold_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	witness_only.closed(call, from, why);
}

static const struct weft_plugin holder = WEFT_PLUGIN_INIT(.name = "holder",
    .message = hold_message, .closed = hold_closed);

/* Half a message lies there while we do not read: only the time in which we do
 * is the peer's. */
START_TEST(a_pause_of_ours_is_no_time_of_the_peers)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint64_t began, let_go;

	flow->options.mailbox_high_messages = 1;
	flow_start(flow, "tcp+varint://127.0.0.1:0?partial=600ms", &holder);
	client = flow_client_new(&flow->bound[0]);
	began = flow_now_ms();
	flow_write(client, "\1a\5bc", 5);
	FLOW_WAIT(held, "the handler to hold");
	flow_wait_count(flow, WEFT_COUNTER_read_pauses, 1);
	FLOW_WAIT(flow_now_ms() - began > 450, "most of that time");
	let_go = flow_now_ms();
	flow_lock();
	may_go = true;
	flow_notify();
	flow_unlock();
	ck_assert_int_eq(witness_wait('c', 0, 1)->why, WEFT_REASON_PARTIAL);
	ck_assert_uint_ge(flow_now_ms() - let_go, 400);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("timeouts", a_message_that_is_never_whole_ends_its_connection,
    a_trickle_does_not_put_the_deadline_off,
    messages_that_become_whole_in_time_are_never_cut_off,
    one_that_says_nothing_is_idle, one_address_gets_no_more_than_its_part,
    a_pause_of_ours_is_no_time_of_the_peers)
