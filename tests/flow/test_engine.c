/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_engine.c - an engine that joins two nodes: what is published
 * on one is heard on both, once; and it is told of the first subscription and
 * the last.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flow_client.h"

/* A node with its engine.  What the engine was told, under flow_lock(). */
struct side {
	struct weft_node *node;
	struct weft_bound bound;
	struct side *other;
	int start_rv;
	unsigned nstarts;
	unsigned nstops;
	unsigned npublishes;
	char said[512]; /* "+filter -filter " */
};

static void
say(struct side *side, char what, const char *filter)
{
	size_t len = strlen(side->said);

	flow_lock();
	(void)snprintf(
	    side->said + len, sizeof(side->said) - len, "%c%s ", what, filter);
	flow_notify();
	flow_unlock();
}

static int
side_start(void *user, struct weft_node *node)
{
	struct side *side = user;

	ck_assert_ptr_eq(side->node, node);
	side->nstarts++;
	return side->start_rv;
}

static void
side_stop(void *user)
{
	struct side *side = user;

	side->nstops++;
}

static void
side_subscribe(void *user, const char *filter)
{
	say(user, '+', filter);
}

static void
side_unsubscribe(void *user, const char *filter)
{
	say(user, '-', filter);
}

static void
side_publish(void *user, const char *topic, struct weft_bytes msg)
{
	struct side *side = user;

	flow_lock();
	side->npublishes++;
	flow_unlock();
	ck_assert_int_eq(
	    weft_engine_direct(side->other->node, topic, msg), WEFT_OK);
}

static const struct weft_engine joins = WEFT_ENGINE_INIT(.name = "joins",
    .start = side_start, .stop = side_stop, .subscribe = side_subscribe,
    .unsubscribe = side_unsubscribe, .publish = side_publish);

/* "+filter", "-filter"; else it is published to "news". */
static void
side_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char text[64];

	ck_assert_uint_lt(msg.len, sizeof(text));
	memcpy(text, msg.data, msg.len);
	text[msg.len] = '\0';
	if (text[0] == '+')
		ck_assert_int_eq(
		    weft_subscribe(call, from, text + 1), WEFT_OK);
	else if (text[0] == '-')
		ck_assert_int_eq(
		    weft_unsubscribe(call, from, text + 1), WEFT_OK);
	else
		ck_assert_int_eq(weft_publish(call, "news", msg), WEFT_OK);
}

static const struct weft_plugin plugin =
    WEFT_PLUGIN_INIT(.name = "side", .message = side_message);

static void
side_new(struct side *side, struct side *other)
{
	struct weft_error err;

	*side = (struct side){ .other = other };
	ck_assert_int_eq(weft_node_new(&side->node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(side->node, &plugin, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_listen(side->node, FLOW_VARINT, "side",
			     &side->bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_engine(side->node, &joins, side, &err), WEFT_OK);
}

static void
side_end(struct side *side)
{
	struct weft_error err;

	weft_node_stop(side->node);
	ck_assert_int_eq(weft_node_join(side->node, &err), WEFT_OK);
	ck_assert_uint_eq(side->nstarts, 1);
	ck_assert_uint_eq(side->nstops, 1);
}

START_TEST(two_nodes_hear_each_other_once)
{
	struct flow_client *one, *two;
	struct weft_error err;
	struct side a, b;

	side_new(&a, &b);
	side_new(&b, &a);
	ck_assert_int_eq(weft_node_start(a.node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_start(b.node, &err), WEFT_OK);
	one = flow_client_new(&a.bound);
	two = flow_client_new(&b.bound);
	flow_say(one, "+#");
	flow_say(two, "+news");
	FLOW_WAIT(strcmp(a.said, "+# ") == 0, "the first engine to be told");
	FLOW_WAIT(strcmp(b.said, "+news ") == 0, "the other one");
	flow_say(one, "from a");
	flow_hear(one, "from a");
	flow_hear(two, "from a");
	flow_say(two, "from b");
	flow_hear(two, "from b");
	flow_hear(one, "from b");
	/* Nothing goes round: the next is the next. */
	flow_say(one, "again");
	flow_hear(one, "again");
	flow_hear(two, "again");
	ck_assert_uint_eq(a.npublishes, 2);
	ck_assert_uint_eq(b.npublishes, 1);
	ck_assert_int_eq(
	    weft_node_engine(a.node, NULL, NULL, &err), WEFT_ESTATE);
	flow_client_free(&one);
	flow_client_free(&two);
	FLOW_WAIT(strcmp(a.said, "+# -# ") == 0, "the last to be told");
	side_end(&a);
	side_end(&b);
	ck_assert_int_eq(weft_node_free(&a.node), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&b.node), WEFT_OK);
}
END_TEST

START_TEST(only_the_first_and_the_last_subscription_are_told)
{
	struct flow_client *clients[3];
	struct weft_error err;
	struct side a, b;
	unsigned i;

	side_new(&a, &b);
	ck_assert_int_eq(weft_node_start(a.node, &err), WEFT_OK);
	for (i = 0; i < 3; i++) {
		clients[i] = flow_client_new(&a.bound);
		flow_say(clients[i], "+a/+/c");
		FLOW_WAIT(weft_node_counter(
			      a.node, WEFT_COUNTER_subscriptions) == i + 1,
		    "the subscription");
	}
	flow_say(clients[0], "-a/+/c");
	flow_say(clients[0], "+b");
	flow_client_free(&clients[1]);
	FLOW_WAIT(weft_node_counter(a.node, WEFT_COUNTER_unsubscriptions) == 2,
	    "two to end");
	FLOW_WAIT(strcmp(a.said, "+a/+/c +b ") == 0, "no more to be told");
	flow_say(clients[2], "-a/+/c");
	FLOW_WAIT(
	    strcmp(a.said, "+a/+/c +b -a/+/c ") == 0, "the last to be told");
	flow_client_free(&clients[0]);
	flow_client_free(&clients[2]);
	side_end(&a);
	ck_assert_int_eq(weft_node_free(&a.node), WEFT_OK);
}
END_TEST

START_TEST(an_engine_that_does_not_start_stops_the_node)
{
	struct weft_error err;
	struct side a, b;

	side_new(&a, &b);
	a.start_rv = -ECONNREFUSED;
	ck_assert_int_eq(weft_node_run(a.node, &err), -ECONNREFUSED);
	ck_assert_ptr_nonnull(strstr(err.text, "engine joins"));
	ck_assert_uint_eq(a.nstarts, 1);
	ck_assert_uint_eq(a.nstops, 0);
	ck_assert_int_eq(weft_node_free(&a.node), WEFT_OK);
}
END_TEST

START_TEST(an_engine_of_a_wrong_size_is_refused)
{
	struct weft_engine wrong = joins;
	struct weft_error err;
	struct side a, b;

	side_new(&a, &b);
	wrong.size = 8;
	ck_assert_int_eq(
	    weft_node_engine(a.node, &wrong, NULL, &err), -EINVAL);
	ck_assert_int_eq(weft_node_free(&a.node), WEFT_OK);
}
END_TEST

FLOW_MAIN("engine", two_nodes_hear_each_other_once,
    only_the_first_and_the_last_subscription_are_told,
    an_engine_that_does_not_start_stops_the_node,
    an_engine_of_a_wrong_size_is_refused)
