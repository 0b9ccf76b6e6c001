/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_signals.c - strands are told things, found by name, and end.
 * Many at a time: tests/stress/test_signal_stress.c.
 */
#include "notes.h"

static weft_strand room;

/* A node, and a strand with state &room that is busy: set_held(false). */
static struct flow *
busy_room(void)
{
	struct flow *flow = flow_new();
	struct weft_signal signal = text_signal("first");

	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	ck_assert_int_eq(weft_node_strand_new(
			     flow->node, "by_endpoint", "room", &room, &room),
	    WEFT_OK);
	held = true;
	signal.kind = 1;
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	ck_assert_ptr_null(wait_note('s', 1)->state);
	return flow;
}

START_TEST(urgent_signals_overtake_and_keep_their_order)
{
	static const char *const texts[] = { "first", "u1", "u2", "n1", "n2" };
	struct flow *flow = busy_room();
	struct weft_signal signal;

	tell(room, "n1");
	signal = text_signal("u1");
	ck_assert_int_eq(weft_signal_urgent(room, &signal), WEFT_OK);
	tell(room, "n2");
	signal = text_signal("u2");
	signal.flags = WEFT_SIGNAL_URGENT;
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	set_held(false);
	expect_texts('s', texts, 5);
	FLOW_WAIT(ndestroyed == 5, "all to be destroyed");
	weft_strand_release(room);
	ck_assert_ptr_eq(wait_note('e', 1)->state, &room);
	flow_end(&flow);
	ck_assert_uint_eq(ndestroyed, 5);
}
END_TEST

START_TEST(urgent_signal_overtakes_a_batch_that_has_begun)
{
	static const char *const texts[] = { "join x", "hold", "b", "c" };
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_signal signal = text_signal("now");
	weft_strand strand;
	unsigned at = 0;

	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	client = flow_client_new(&flow->bound[0]);
	(void)wait_note('o', 1);
	held = true;
	for (unsigned i = 0; i < 4; i++)
		flow_say(client, texts[i]);
	(void)wait_note('m', 2);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 4);
	ck_assert_int_eq(
	    weft_node_strand_get(flow->node, "by_endpoint", "x", &strand),
	    WEFT_OK);
	ck_assert_int_eq(weft_signal_urgent(strand, &signal), WEFT_OK);
	weft_strand_release(strand);
	set_held(false);
	(void)wait_note('m', 4);
	for (unsigned i = 0; i < nnotes; i++)
		if (notes[i].what == 's')
			at = i;
	ck_assert_int_eq(notes[at - 1].what, 'm');
	ck_assert_str_eq(notes[at - 1].text, "hold");
	ck_assert_int_eq(notes[at + 1].what, 'm');
	ck_assert_str_eq(notes[at + 1].text, "b");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(signal_to_an_endpoint_follows_it)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	weft_endpoint who;
	weft_strand own;
	struct weft_signal signal = text_signal("late");
	int rv;

	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	client = flow_client_new(&flow->bound[0]);
	who.id = wait_note('o', 1)->endpoint;
	own = weft_endpoint_strand(flow->node, who);
	tell(own, "one");
	ck_assert_uint_eq(wait_note('s', 1)->strand, who.id);
	ck_assert_uint_eq(wait_note('s', 1)->endpoint, who.id);
	flow_say(client, "join x");
	(void)wait_note('b', 1);
	tell(own, "two");
	ck_assert_uint_eq(
	    wait_note('s', 2)->strand, wait_note('b', 1)->strand);
	ck_assert_uint_eq(wait_note('s', 2)->endpoint, who.id);
	flow_client_free(&client);
	(void)wait_note('c', 1);
	FLOW_WAIT((rv = weft_signal(own, &signal)) != WEFT_OK,
	    "the endpoint to be gone");
	ck_assert_int_eq(rv, WEFT_ENOSTRAND);
	flow_end(&flow);
}
END_TEST

START_TEST(refused_signal_stays_the_callers)
{
	struct flow *flow = flow_new();
	struct weft_signal signal = text_signal("x");

	flow->options.max_signals = 2;
	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	ck_assert_int_eq(weft_node_strand_new(
			     flow->node, "by_endpoint", "room", NULL, &room),
	    WEFT_OK);
	held = true;
	signal.kind = 1;
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	(void)wait_note('s', 1);
	signal.kind = 0;
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_EFULL);
	signal.flags = 8;
	ck_assert_int_eq(weft_signal(room, &signal), -EINVAL);
	signal.flags = 0;
	ck_assert_int_eq(
	    weft_signal((weft_strand){ NULL, 0 }, &signal), WEFT_ENOSTRAND);
	set_held(false);
	(void)wait_note('s', 2);
	weft_strand_release(room);
	(void)wait_note('e', 1);
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_ENOSTRAND);
	ck_assert_int_eq(weft_strand_hold(room), WEFT_ENOSTRAND);
	flow_end(&flow);
	ck_assert_uint_eq(ndestroyed, 2);
}
END_TEST

START_TEST(names_find_the_strand_of_their_plugin)
{
	struct flow *flow = flow_new();
	weft_strand one, two, other;
	char name[65];

	flow_add(flow, FLOW_VARINT, &notes_by_listener);
	flow_start(flow, FLOW_VARINT, &notes_by_endpoint);
	ck_assert_int_eq(
	    weft_node_strand_get(flow->node, "by_endpoint", "x", &one),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_strand_get(flow->node, "by_endpoint", "x", &two),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_strand_get(flow->node, "by_listener", "x", &other),
	    WEFT_OK);
	ck_assert_uint_eq(one.id, two.id);
	ck_assert_uint_ne(one.id, other.id);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "by_endpoint", "x", NULL, &two),
	    -EEXIST);
	ck_assert_uint_eq(two.id, 0);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "by_endpoint", "", NULL, &two),
	    -EINVAL);
	ck_assert_int_eq(
	    weft_node_strand_get(flow->node, "by_endpoint", NULL, &two),
	    -EINVAL);
	ck_assert_uint_eq(two.id, 0);
	memset(name, 'n', sizeof(name));
	name[64] = '\0';
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, "by_endpoint", name, NULL, &two),
	    -EINVAL);
	weft_strand_release(one);
	weft_strand_release(one);
	ck_assert_uint_eq(wait_note('e', 1)->strand, one.id);
	weft_strand_release(other);
	(void)wait_note('e', 2);
	flow_end(&flow);
}
END_TEST

/* A stop: what waits is destroyed or told, what is left ends. */
START_TEST(stop_ends_strands_that_somebody_still_holds)
{
	struct flow *flow = busy_room();
	unsigned told;

	tell(room, "waits");
	weft_node_stop(flow->node);
	set_held(false);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	ck_assert_ptr_eq(wait_note('e', 1)->state, &room);
	ck_assert_uint_eq(ndestroyed, 2);
	told = (unsigned)(flow->counters[WEFT_COUNTER_signals_run] +
	    flow->counters[WEFT_COUNTER_signals_dropped]);
	ck_assert_uint_eq(told, 2);
	flow_free(&flow);
}
END_TEST

START_TEST(node_that_never_runs_ends_its_strands)
{
	struct weft_error err;
	struct weft_node *node;
	struct weft_signal signal = text_signal("never");

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(node, &notes_by_plugin, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "by_plugin", NULL, &err),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_strand_new(node, "by_plugin", "x", &room, &room),
	    WEFT_OK);
	ck_assert_int_eq(weft_signal(room, &signal), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_uint_eq(ndestroyed, 1);
	ck_assert_ptr_eq(wait_note('e', 2)->state, &room);
}
END_TEST

START_TEST(receiver_gets_signals_and_the_end)
{
	struct flow *flow = flow_new();
	struct weft_event event;
	struct flow_client *client;

	flow_begin(flow, FLOW_VARINT, NULL);
	ck_assert_int_eq(
	    weft_node_strand_new(flow->node, WEFT_PULL, "mine", &room, &room),
	    WEFT_OK);
	tell(room, "one");
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	ck_assert_int_eq(event.kind, WEFT_EVENT_SIGNAL);
	ck_assert_uint_eq(event.strand.id, room.id);
	ck_assert_uint_eq(event.endpoint.id, 0);
	ck_assert_int_eq(memcmp(event.signal->bytes.data, "one", 3), 0);
	ck_assert_uint_eq(ndestroyed, 0);
	weft_strand_release(room);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	ck_assert_uint_eq(ndestroyed, 1);
	ck_assert_int_eq(event.kind, WEFT_EVENT_ENDED);
	ck_assert_ptr_eq(event.state, &room);
	client = flow_client_new(&flow->bound[0]);
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	ck_assert_int_eq(event.kind, WEFT_EVENT_OPENED);
	ck_assert_uint_eq(event.strand.id, event.endpoint.id);
	tell(event.strand, "two");
	ck_assert_int_eq(
	    weft_node_receive(flow->node, FLOW_DEADLINE_MS, &event), WEFT_OK);
	ck_assert_int_eq(event.kind, WEFT_EVENT_SIGNAL);
	ck_assert_uint_ne(event.endpoint.id, 0);
	ck_assert_int_eq(weft_bind(event.endpoint, event.strand), WEFT_ESTATE);
	weft_node_stop(flow->node);
	flow_finish(flow);
	ck_assert_uint_eq(ndestroyed, 2);
	flow_client_free(&client);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("signals", urgent_signals_overtake_and_keep_their_order,
    urgent_signal_overtakes_a_batch_that_has_begun,
    signal_to_an_endpoint_follows_it, refused_signal_stays_the_callers,
    names_find_the_strand_of_their_plugin,
    stop_ends_strands_that_somebody_still_holds,
    node_that_never_runs_ends_its_strands, receiver_gets_signals_and_the_end)
