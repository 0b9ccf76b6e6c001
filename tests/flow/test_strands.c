/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_strands.c - on which strand endpoints run: scopes, and
 * binding.  Many at a time: tests/stress/test_bind_stress.c.
 */
#include "notes.h"

START_TEST(endpoint_has_a_strand_of_its_own)
{
	struct flow *flow = flow_new();
	struct flow_client *one, *two;
	const struct note *first, *second;

	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	one = flow_client_new(&flow->bound[0]);
	first = wait_note('o', 1);
	two = flow_client_new(&flow->bound[0]);
	second = wait_note('o', 2);
	ck_assert_uint_eq(first->strand, first->endpoint);
	ck_assert_uint_eq(second->strand, second->endpoint);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_strands_now), 0);
	flow_client_free(&one);
	flow_client_free(&two);
	flow_end(&flow);
}
END_TEST

START_TEST(scope_of_a_listener_is_one_strand_each)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[3];
	uint64_t strands[3];

	flow_add(flow, FLOW_VARINT, &notes_by_listener);
	flow_start(flow, "udp://127.0.0.1:0", &notes_by_listener);
	for (unsigned i = 0; i < 2; i++) {
		clients[i] = flow_client_new(&flow->bound[0]);
		strands[i] = wait_note('o', i + 1)->strand;
	}
	ck_assert_uint_eq(strands[0], strands[1]);
	ck_assert_uint_ne(strands[0], wait_note('o', 1)->endpoint);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_strands_now), 2);
	/* It goes with its last endpoint, when nobody listens any more. */
	ck_assert_int_eq(
	    weft_node_unlisten(flow->node, flow->bound[0].listener), WEFT_OK);
	flow_say(clients[1], "still there");
	flow_hear(clients[1], "still there");
	ck_assert_uint_eq(wait_note('m', 1)->strand, strands[0]);
	flow_client_free(&clients[0]);
	flow_client_free(&clients[1]);
	ck_assert_uint_eq(wait_note('e', 1)->strand, strands[0]);
	flow_end(&flow);
	ck_assert_uint_ne(wait_note('e', 2)->strand, strands[0]);
}
END_TEST

START_TEST(scope_of_a_plugin_is_one_strand)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[2];
	weft_strand strand;

	flow_add(flow, FLOW_VARINT, &notes_by_plugin);
	flow_start(flow, FLOW_VARINT, &notes_by_plugin);
	ck_assert_int_eq(weft_node_strand_get(
			     flow->node, "by_plugin", "by_plugin", &strand),
	    WEFT_OK);
	for (unsigned i = 0; i < 2; i++) {
		clients[i] = flow_client_new(&flow->bound[i]);
		ck_assert_uint_eq(wait_note('o', i + 1)->strand, strand.id);
	}
	tell(strand, "hello");
	ck_assert_uint_eq(wait_note('s', 1)->strand, strand.id);
	flow_client_free(&clients[0]);
	flow_client_free(&clients[1]);
	flow_end(&flow);
	ck_assert_uint_eq(wait_note('e', 1)->strand, strand.id);
}
END_TEST

START_TEST(bind_holds_from_the_next_message_on)
{
	static const char *const texts[] = { "a", "join x", "b", "c", "leave",
		"d" };
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint64_t own, there;

	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	client = flow_client_new(&flow->bound[0]);
	own = wait_note('o', 1)->endpoint;
	{
		/* One segment: all of them are one batch. */
		uint8_t bytes[64];
		size_t n = 0, len;

		for (unsigned i = 0; i < 6; i++) {
			len = strlen(texts[i]);
			n += flow_head(bytes + n, len);
			memcpy(bytes + n, texts[i], len);
			n += len;
		}
		flow_write(client, bytes, n);
	}
	expect_texts('m', texts, 6);
	there = wait_note('b', 1)->strand;
	ck_assert_uint_ne(there, own);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(wait_note('m', i + 1)->strand,
		    i == 2 || i == 3 || i == 4 ? there : own);
	ck_assert_uint_eq(wait_note('b', 2)->strand, own);
	ck_assert_uint_eq(wait_note('e', 1)->strand, there);
	for (unsigned i = 0; i < 6; i++)
		flow_hear(client, texts[i]);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_rebinds), 2);
	/* Its place is free some instructions after its ended() has run. */
	FLOW_WAIT(weft_node_counter(flow->node, WEFT_COUNTER_strands_now) == 0,
	    "the strand's place");
	flow_client_free(&client);
	ck_assert_uint_eq(wait_note('c', 1)->strand, own);
	flow_end(&flow);
}
END_TEST

/* Its strand is busy, and messages wait: they are run on the new one. */
START_TEST(bind_from_another_thread_takes_along_what_waits)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	weft_endpoint who;
	weft_strand strand;

	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	client = flow_client_new(&flow->bound[0]);
	who.id = wait_note('o', 1)->endpoint;
	held = true;
	flow_say(client, "hold");
	(void)wait_note('m', 1);
	flow_say(client, "next");
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 2);
	ck_assert_int_eq(weft_node_strand_new(
			     flow->node, "by_endpoint", NULL, &who, &strand),
	    WEFT_OK);
	ck_assert_int_eq(weft_bind(who, strand), WEFT_OK);
	weft_strand_release(strand);
	set_held(false);
	ck_assert_uint_eq(wait_note('b', 1)->strand, strand.id);
	ck_assert_uint_eq(wait_note('m', 2)->strand, strand.id);
	ck_assert_ptr_eq(wait_note('m', 2)->state, &who);
	flow_hear(client, "hold");
	flow_hear(client, "next");
	flow_client_free(&client);
	ck_assert_uint_eq(wait_note('c', 1)->strand, strand.id);
	ck_assert_ptr_eq(wait_note('e', 1)->state, &who);
	ck_assert_int_eq(weft_bind(who, strand), WEFT_ENOENDPOINT);
	flow_end(&flow);
}
END_TEST

START_TEST(bind_refuses_what_cannot_be)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	weft_endpoint who;
	weft_strand strand, other;

	flow_add(flow, FLOW_VARINT, &notes_by_listener);
	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	client = flow_client_new(&flow->bound[1]);
	who.id = wait_note('o', 1)->endpoint;
	ck_assert_int_eq(weft_node_strand_new(
			     flow->node, "by_listener", NULL, NULL, &strand),
	    WEFT_OK);
	ck_assert_int_eq(weft_bind(who, strand), WEFT_ENOSTRAND);
	weft_strand_release(strand);
	(void)wait_note('e', 1);
	ck_assert_int_eq(weft_bind(who, strand), WEFT_ENOSTRAND);
	other = (weft_strand){ .node = flow->node, .id = who.id ^ 1 };
	ck_assert_int_eq(weft_bind(who, other), WEFT_ENOSTRAND);
	ck_assert_int_eq(
	    weft_bind(who, (weft_strand){ NULL, 0 }), WEFT_ENOSTRAND);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "nobody", NULL, NULL, &strand),
	    WEFT_ENOPLUGIN);
	flow_say(client, "here");
	flow_hear(client, "here");
	ck_assert_uint_eq(wait_note('m', 1)->strand, who.id);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

static int late_rv = 1; /* under flow_lock() */

static void
late_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	weft_strand strand;
	int rv;

	ck_assert_int_eq(weft_strand_get(call, "late", &strand), WEFT_OK);
	rv = weft_bind(from, strand);
	weft_strand_release(strand);
	on_closed(call, from, why);
	flow_lock();
	late_rv = rv;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin late_plugin = WEFT_PLUGIN_INIT(.name = "late",
    .opened = on_opened, .message = on_message, .closed = late_closed,
    .bound = on_bound, .ended = on_ended);

/* One that can still be sent to has no event more, either. */
START_TEST(closed_cannot_bind_its_endpoint)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &late_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "hello");
	flow_client_finish(client);
	flow_hear(client, "hello");
	FLOW_WAIT(late_rv != 1, "closed() to be called");
	ck_assert_int_eq(late_rv, WEFT_ENOENDPOINT);
	(void)wait_note('e', 1);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	flow_end(&flow);
	ck_assert_ptr_null(find_note('b', 1));
}
END_TEST

FLOW_MAIN("strands", endpoint_has_a_strand_of_its_own,
    scope_of_a_listener_is_one_strand_each, scope_of_a_plugin_is_one_strand,
    bind_holds_from_the_next_message_on,
    bind_from_another_thread_takes_along_what_waits,
    bind_refuses_what_cannot_be, closed_cannot_bind_its_endpoint)
