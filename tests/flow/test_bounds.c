/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_bounds.c - no client can make the node grow: readers that
 * never read, handlers that do not come back, lengths that are lies.
 *
 * Each test first fills up what is to be bounded, sees that the node holds
 * against it, that a good client is served meanwhile, and then lets go: all
 * that was held back must arrive, in order.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "flow_client.h"

#define MIB (1u << 20)
#define FILL_CAP (64u * MIB) /* [bytes] more than all kernel buffers */
#define HEAP_CAP (16u * MIB) /* [bytes] that a client may cost, roughly */

/* A client that is served while others make trouble. */
static void
serve_good(struct flow *flow)
{
	struct flow_client *good = flow_client_new(&flow->bound[0]);
	uint32_t i;

	for (i = 0; i < 50; i++) {
		flow_number_send(good, 64, i, 1);
		flow_number_recv(good, 64, i, 1);
	}
	flow_client_free(&good);
}

static void
expect_heap_below(size_t before)
{
	size_t now = flow_heap();

	ck_assert_msg(now < before + HEAP_CAP,
	    "expected at most %u bytes more on the heap, found %zu", HEAP_CAP,
	    now - before);
}

START_TEST(a_reader_that_never_reads_is_not_read_from_either)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	size_t heap;
	uint64_t sent;
	uint32_t whole;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	heap = flow_heap();
	sent = flow_number_fill(client, 1000, FILL_CAP);
	expect_heap_below(heap);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_read_pauses), 1);
	serve_good(flow);

	/* At last it reads: everything is there, in order.  No reply was
	 * refused, since reading stops well below that mark. */
	whole = (uint32_t)(sent / (1000 + 2));
	flow_number_recv(client, 1000, 0, whole);
	flow_number_recv(
	    client, 1000, whole, flow_number_rest(client, 1000, sent) - whole);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Floods whoever says 'f' until the outbox is full, by copy or with buffers in
 * turn; everything else is sent back. */
static uint32_t flood_sent; /* under flow_lock() */
static bool flood_full;

#define FLOOD_LEN 4096u

static int
flood_one(struct weft_call *call, weft_endpoint to, uint32_t number)
{
	uint8_t frame[FLOW_HEAD_MAX + FLOOD_LEN];
	const uint8_t *body = frame + 2;
	struct weft_buffer *buf, *kept;
	int rv;

	(void)flow_number_frame(frame, FLOOD_LEN, number);
	if (number % 2 == 0)
		return weft_send(
		    call, to, (struct weft_bytes){ body, FLOOD_LEN });
	ck_assert_int_eq(weft_buffer_new(&buf, FLOOD_LEN), WEFT_OK);
	kept = buf;
	memcpy(weft_buffer_data(buf), body, FLOOD_LEN);
	rv = weft_send_buffer(call, to, &buf);
	ck_assert_ptr_eq(buf, rv == WEFT_OK ? NULL : kept);
	weft_buffer_free(&buf);
	return rv;
}

static void
flood_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	uint32_t number = 0;
	int rv = WEFT_OK;

	if (msg.len == 0 || *(const char *)msg.data != 'f') {
		(void)weft_send(call, from, msg);
		return;
	}
	while (rv == WEFT_OK && number < FILL_CAP / FLOOD_LEN) {
		rv = flood_one(call, from, number);
		number += rv == WEFT_OK;
	}
	flow_lock();
	flood_sent = number;
	flood_full = rv == WEFT_EFULL;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin flood_plugin =
    WEFT_PLUGIN_INIT(.name = "flood", .message = flood_message);

START_TEST(a_flood_is_refused_when_the_outbox_is_above_its_mark)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	size_t heap;

	flow_start(flow, FLOW_VARINT, &flood_plugin);
	client = flow_client_new(&flow->bound[0]);
	heap = flow_heap();
	flow_say(client, "flood");
	FLOW_WAIT(flood_sent > 0, "the flood to be refused");
	ck_assert(flood_full);
	expect_heap_below(heap);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_sends_full), 1);
	serve_good(flow);

	/* What was accepted arrives, then there is room again. */
	flow_number_recv(client, FLOOD_LEN, 0, flood_sent);
	flow_say(client, "room again?");
	flow_hear(client, "room again?");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Answers any message with 100 short ones; notes how many were accepted. */
static unsigned many_sent;

static void
many_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	unsigned i, sent = 0;

	for (i = 0; i < 100; i++)
		sent += weft_send(call, from, msg) == WEFT_OK;
	flow_lock();
	many_sent = sent;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin many_plugin =
    WEFT_PLUGIN_INIT(.name = "many", .message = many_message);

START_TEST(the_outbox_has_a_mark_in_messages_too)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	unsigned i;

	flow->options.outbox_high_messages = 10;
	flow_start(flow, FLOW_VARINT, &many_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "m");
	/* Nothing of a handler's leaves before it returns. */
	FLOW_WAIT(many_sent > 0, "the handler to return");
	ck_assert_uint_eq(many_sent, 10);
	for (i = 0; i < 10; i++)
		flow_hear(client, "m");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), 90);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_message_above_the_mark_passes_when_nothing_else_is_queued)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.outbox_high_bytes = 1000;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, MIB, 0, 1);
	flow_number_recv(client, MIB, 0, 1);
	flow_number_send(client, MIB, 1, 1);
	flow_number_recv(client, MIB, 1, 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Holds whoever says 'h' until the test opens the gate; checks numbers of
 * everybody else's messages, and counts them; echoes those of 64 bytes. */
static bool gate_open; /* under flow_lock() */
static unsigned gate_held;
static uint32_t gate_next;

static void
gate_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 1) {
		flow_lock();
		gate_held++;
		flow_notify();
		flow_unlock();
		FLOW_HOLD(gate_open);
		return;
	}
	if (msg.len == 64) {
		(void)weft_send(call, from, msg);
		return;
	}
	flow_lock();
	ck_assert_uint_eq(flow_number_check(msg.data, msg.len), gate_next);
	gate_next++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin gate_plugin =
    WEFT_PLUGIN_INIT(.name = "gate", .message = gate_message);

/* Fill the mailbox behind a handler that does not come back, then let go. */
static void
try_mailbox(struct flow *flow, size_t body_len, uint64_t most_messages)
{
	struct flow_client *client;
	uint64_t sent, messages;
	uint32_t count;
	size_t heap;

	flow_start(flow, FLOW_VARINT, &gate_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "h");
	FLOW_WAIT(gate_held == 1, "the handler to be held");
	heap = flow_heap();
	sent = flow_number_fill(client, body_len, FILL_CAP);
	expect_heap_below(heap);
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_read_pauses), 1);
	messages = flow_count(flow, WEFT_COUNTER_messages_in);
	ck_assert_msg(messages <= most_messages,
	    "expected at most %llu messages in the mailbox, found %llu",
	    (unsigned long long)most_messages, (unsigned long long)messages);
	serve_good(flow);

	flow_lock();
	gate_open = true;
	flow_notify();
	flow_unlock();
	count = flow_number_rest(client, body_len, sent);
	FLOW_WAIT(gate_next == count, "all messages to be handled");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_dropped), 0);
	/* And the client is read from as before. */
	flow_number_send(client, 64, 7, 1);
	flow_number_recv(client, 64, 7, 1);
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(reading_pauses_above_the_mailbox_mark_in_messages)
{
	struct flow *flow = flow_new();

	/* One read may go beyond the mark: 64 KiB of them. */
	flow->options.mailbox_high_messages = 100;
	flow->options.mailbox_high_bytes = 64 * MIB;
	try_mailbox(flow, 16, 101 + 65536 / 17);
}
END_TEST

START_TEST(reading_pauses_above_the_mailbox_mark_in_bytes)
{
	try_mailbox(flow_new(), 1000, 1 + 2 * 65536 / 1002);
}
END_TEST

START_TEST(a_mailbox_of_one_message_loses_nothing)
{
	struct flow *flow = flow_new();

	flow->options.mailbox_high_messages = 1;
	flow->options.mailbox_high_bytes = 1;
	try_mailbox(flow, 1000, 2 + 65536 / 1002);
}
END_TEST

/* Messages that were read but found no room in the mailbox, while the outbox
 * is above its mark as well: when that has emptied, no socket event comes to
 * tell of them. */
START_TEST(small_marks_on_both_sides_hold_nobody_up)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.mailbox_high_messages = 2;
	flow->options.outbox_pause_bytes = 1;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_number_send(client, 64, 0, 1000);
	flow_number_recv(client, 64, 0, 1000);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Send bytes that must close the client at once. */
static void
try_refused(const void *bytes, size_t len, enum weft_counter counter,
    const char *log_id)
{
	struct flow *flow = flow_new();
	const struct flow_line *line;
	struct flow_client *client;
	size_t heap;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "good so far");
	flow_hear(client, "good so far");
	heap = flow_heap();
	flow_write(client, bytes, len);
	(void)flow_read_end(client);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 1);
	expect_heap_below(heap);
	ck_assert_uint_eq(flow_count(flow, counter), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_toobig) +
		flow_count(flow, WEFT_COUNTER_closed_malformed),
	    1);
	line = flow_wait_log(flow, log_id);
	ck_assert_msg(strncmp(line->text, "127.0.0.1:", 10) == 0,
	    "expected the peer's address first, found: %s", line->text);
	ck_assert_int_eq(line->level, WEFT_LOG_WARN);
	flow_client_free(&client);
	serve_good(flow);
	flow_end(&flow);
}

START_TEST(a_length_above_max_message_closes_before_any_byte_of_it)
{
	uint8_t head[FLOW_HEAD_MAX];

	try_refused(head, flow_head(head, MIB + 1), WEFT_COUNTER_closed_toobig,
	    "IO-MESSAGE-TOOBIG");
}
END_TEST

START_TEST(a_length_of_a_gibibyte_closes_before_any_byte_of_it)
{
	uint8_t head[FLOW_HEAD_MAX];

	try_refused(head, flow_head(head, 1u << 30),
	    WEFT_COUNTER_closed_toobig, "IO-MESSAGE-TOOBIG");
}
END_TEST

START_TEST(a_length_of_64_bits_closes_before_any_byte_of_it)
{
	uint8_t head[FLOW_HEAD_MAX];

	try_refused(head, flow_head(head, ~UINT64_C(0)),
	    WEFT_COUNTER_closed_toobig, "IO-MESSAGE-TOOBIG");
}
END_TEST

START_TEST(an_overlong_varint_closes)
{
	try_refused(
	    "\x80\0", 2, WEFT_COUNTER_closed_malformed, "IO-MALFORMED");
}
END_TEST

START_TEST(a_varint_of_eleven_bytes_closes)
{
	try_refused("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1", 11,
	    WEFT_COUNTER_closed_malformed, "IO-MALFORMED");
}
END_TEST

START_TEST(two_hundred_who_announce_a_mebibyte_and_send_little_cost_little)
{
	struct flow_client *clients[200];
	struct flow *flow = flow_new();
	uint8_t head[FLOW_HEAD_MAX];
	size_t heap, len;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	for (i = 0; i < 200; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 200);
	heap = flow_heap();
	len = flow_head(head, MIB);
	for (i = 0; i < 200; i++) {
		flow_write(clients[i], head, len);
		flow_write(clients[i], head, 7);
	}
	flow_wait_count(flow, WEFT_COUNTER_bytes_in, 200 * (len + 7));
	expect_heap_below(heap);
	serve_good(flow);
	for (i = 0; i < 200; i++)
		flow_client_free(&clients[i]);
	flow_end(&flow);
}
END_TEST

START_TEST(half_a_message_waits_for_its_other_half)
{
	static uint8_t frame[FLOW_HEAD_MAX + 100000];
	struct flow *flow = flow_new();
	struct flow_client *client;
	size_t len;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	len = flow_number_frame(frame, 100000, 5);
	flow_write(client, frame, 50000);
	flow_wait_count(flow, WEFT_COUNTER_bytes_in, 50000);
	serve_good(flow);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_in), 50);
	flow_write(client, frame + 50000, len - 50000);
	flow_number_recv(client, 100000, 5, 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("bounds", a_reader_that_never_reads_is_not_read_from_either,
    a_flood_is_refused_when_the_outbox_is_above_its_mark,
    the_outbox_has_a_mark_in_messages_too,
    a_message_above_the_mark_passes_when_nothing_else_is_queued,
    reading_pauses_above_the_mailbox_mark_in_messages,
    reading_pauses_above_the_mailbox_mark_in_bytes,
    a_mailbox_of_one_message_loses_nothing,
    small_marks_on_both_sides_hold_nobody_up,
    a_length_above_max_message_closes_before_any_byte_of_it,
    a_length_of_a_gibibyte_closes_before_any_byte_of_it,
    a_length_of_64_bits_closes_before_any_byte_of_it,
    an_overlong_varint_closes, a_varint_of_eleven_bytes_closes,
    two_hundred_who_announce_a_mebibyte_and_send_little_cost_little,
    half_a_message_waits_for_its_other_half)
