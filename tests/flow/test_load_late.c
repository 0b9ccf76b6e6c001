/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_load_late.c - plugins that come to a node that runs.
 */
#include <errno.h>
#include <semaphore.h>

#include "reload_rig.h"

/* ---- files, tried in a forked process first */

static const struct rig_refusal refusals[] = {
	{ "no_such", WEFT_ENOPLUGIN, "no_such.so" },
	{ "undefined", WEFT_ELOAD, "undefined symbol" },
	{ "no_symbol", WEFT_ELOAD, "expected the symbol weft_plugin" },
	{ "abi_major", WEFT_EABI, "expected plugin ABI" },
	{ "codec_builtin", -EEXIST, "codec" },
	{ "ledger_refuses", WEFT_ELOAD, "not today" },
#ifndef FLOW_SANITIZED /* which find it first, and say it in their way */
	{ "ledger_crashes", WEFT_ELOAD, "it crashed: signal " },
	{ "ledger_aborts", WEFT_ELOAD, "it crashed: signal 6" },
	{ "ledger_exits", WEFT_ELOAD, "it ended its process" },
	{ "ledger_hangs", WEFT_ELOAD, "to end within 5000 ms" },
#endif
};

START_TEST(file_is_loaded_and_serves)
{
	struct flow_client *old, *new;
	struct weft_plugin_info info;
	struct weft_bound bound;
	struct weft_error err;
	const char *name;
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &flow_echo);
	old = flow_client_new(&flow->bound[0]);
	ck_assert_int_eq(
	    weft_node_listen(flow->node, FLOW_VARINT, "ledger", &bound, &err),
	    WEFT_ENOPLUGIN);
	ck_assert_msg(weft_node_load(flow->node, rig_file("ledger_one"), &name,
			  &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_str_eq(name, "ledger");
	ck_assert_int_eq(
	    weft_node_listen(flow->node, FLOW_VARINT, name, &bound, &err),
	    WEFT_OK);
	new = flow_client_new(&bound);
	rig_count(new, "1 1 1 0 0");
	flow_say(old, "hello");
	flow_hear(old, "hello");
	ck_assert_int_eq(weft_node_plugin_at(flow->node, 1, &info), WEFT_OK);
	ck_assert_str_eq(info.name, "ledger");
	(void)flow_wait_log(flow, "PLUGIN-LOADED");
	/* From then on it is as any other. */
	ck_assert_msg(weft_node_reload(flow->node, name,
			  rig_file("ledger_two"), NULL, NULL, &err) == WEFT_OK,
	    "%s", err.text);
	rig_count(new, "2 2 2 0 7");
	flow_client_free(&new);
	flow_client_free(&old);
	flow_end(&flow);
}
END_TEST

START_TEST(what_is_refused_changes_nothing)
{
	struct flow_client *client;
	struct weft_plugin_info info;
	struct weft_error err;
	struct flow *flow = flow_new();
	size_t i;
	int rv;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		rv = weft_node_load(
		    flow->node, rig_file(refusals[i].file), NULL, &err);
		rig_refused(&refusals[i], rv, &err);
		flow_say(client, "still");
		flow_hear(client, "still");
	}
	ck_assert_int_eq(
	    weft_node_plugin_at(flow->node, 1, &info), WEFT_ENOPLUGIN);
	/* The name is still free, and then it is not. */
	ck_assert_int_eq(
	    weft_node_load(flow->node, rig_file("ledger_one"), NULL, &err),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_load(flow->node, rig_file("ledger_two"), NULL, &err),
	    -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "ledger_one.so has"));
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(codec_that_it_brings_is_found)
{
	struct weft_bound bound;
	struct weft_error err;
	struct flow *flow = flow_new();

	flow_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(weft_node_listen(flow->node, "tcp+old://127.0.0.1:0",
			     flow_echo.name, &bound, &err),
	    WEFT_EURL);
	ck_assert_msg(weft_node_load(flow->node, rig_file("codec_old"), NULL,
			  &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_msg(weft_node_listen(flow->node, "tcp+old://127.0.0.1:0",
			  flow_echo.name, &bound, &err) == WEFT_OK,
	    "%s", err.text);
	flow_end(&flow);
}
END_TEST

/* ---- parts of the program: what load() does here is seen by the node */

#define LATE_KIND 7

static sem_t marked;       /* the other strand has run */
static bool late_is_there; /* its load() has returned */
static bool late_says_no;
static unsigned late_signals, late_freed, late_ended; /* under flow_lock() */

static void
mark_signal(struct weft_call *call, const struct weft_signal *signal)
{
	(void)call;
	(void)signal;
	sem_post(&marked);
}

static const struct weft_plugin mark =
    WEFT_PLUGIN_INIT(.name = "mark", .signal = mark_signal);

static void
late_free(void *data)
{
	(void)data;
	flow_lock();
	late_freed++;
	flow_notify();
	flow_unlock();
}

/* Its strand has something to do before load() is over; the one worker that
 * there is comes to another strand behind it. */
static int
late_load(struct weft_load *load, void **state)
{
	const struct weft_signal signal = {
		.kind = LATE_KIND, .data = &late_freed, .destroy = late_free
	};
	struct weft_node *node = weft_load_node(load);
	weft_strand mine, other;

	ck_assert_int_eq(weft_load_is_trial(load), 0);
	ck_assert_int_eq(
	    weft_load_strand_new(load, "late", &late_ended, &mine), WEFT_OK);
	ck_assert_int_eq(weft_signal(mine, &signal), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_strand_new(node, "mark", NULL, NULL, &other), WEFT_OK);
	ck_assert_int_eq(
	    weft_signal(other, &(struct weft_signal){ .kind = 1 }), WEFT_OK);
	while (sem_wait(&marked) != 0)
		continue;
	weft_strand_release(other);
	ck_assert_uint_eq(late_signals, 0);
	*state = &late_is_there;
	__atomic_store_n(&late_is_there, true, __ATOMIC_RELAXED);
	return late_says_no ? weft_load_fail(load, -EPERM, "after all") :
			      WEFT_OK;
}

static void
late_signal(struct weft_call *call, const struct weft_signal *signal)
{
	ck_assert(__atomic_load_n(&late_is_there, __ATOMIC_RELAXED));
	ck_assert_ptr_eq(weft_call_state(call), &late_is_there);
	ck_assert_uint_eq(signal->kind, LATE_KIND);
	flow_lock();
	late_signals++;
	flow_notify();
	flow_unlock();
}

static void
late_on_ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	ck_assert_ptr_eq(state, &late_ended);
	flow_lock();
	late_ended++;
	flow_unlock();
}

static const struct weft_plugin late = WEFT_PLUGIN_INIT(.name = "late",
    .load = late_load, .signal = late_signal, .ended = late_on_ended);

static struct flow *
late_begin(void)
{
	struct flow *flow = flow_new();
	struct weft_error err;

	ck_assert_int_eq(sem_init(&marked, 0, 0), 0);
	flow->options.workers = 1;
	flow_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(
	    weft_node_add(flow->node, &mark, NULL, &err), WEFT_OK);
	return flow;
}

START_TEST(no_handler_runs_before_load_has_returned)
{
	struct flow *flow = late_begin();
	struct weft_error err;

	ck_assert_int_eq(
	    weft_node_add(flow->node, &late, NULL, &err), WEFT_OK);
	FLOW_WAIT(late_signals == 1, "what was sent in load()");
	FLOW_WAIT(late_freed == 1, "its end");
	flow_end(&flow);
	ck_assert_uint_eq(late_ended, 1);
}
END_TEST

/* No trial has seen it coming. */
START_TEST(load_that_refuses_late_leaves_what_it_made_to_the_end)
{
	struct flow *flow = late_begin();
	struct flow_client *client;
	struct weft_plugin_info info;
	struct weft_error err;

	late_says_no = true;
	ck_assert_int_eq(
	    weft_node_add(flow->node, &late, NULL, &err), WEFT_ELOAD);
	ck_assert_ptr_nonnull(strstr(err.text, "after all"));
	/* Nobody was there to take it. */
	FLOW_WAIT(late_freed == 1, "the end of what was sent in load()");
	ck_assert_int_eq(
	    weft_node_plugin_at(flow->node, 2, &info), WEFT_ENOPLUGIN);
	ck_assert_int_eq(
	    weft_node_listen(flow->node, FLOW_VARINT, "late", NULL, &err),
	    WEFT_ENOPLUGIN);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "still");
	flow_hear(client, "still");
	/* Another of that name may come. */
	late_says_no = false;
	__atomic_store_n(&late_is_there, false, __ATOMIC_RELAXED);
	ck_assert_int_eq(
	    weft_node_add(flow->node, &late, NULL, &err), WEFT_OK);
	FLOW_WAIT(late_signals == 1, "what was sent in the second load()");
	flow_client_free(&client);
	flow_end(&flow);
	ck_assert_uint_eq(late_ended, 2);
}
END_TEST

/* ---- many, while others look at them */

#define NMANY 100u

static struct weft_plugin many[NMANY];
static char many_names[NMANY][16];

static void *
many_look(void *arg)
{
	struct flow *flow = arg;
	struct weft_plugin_info info;
	struct weft_error err;
	uint32_t n;

	do {
		for (n = 0; weft_node_plugin_at(flow->node, n, &info) == 0;
		     n++)
			ck_assert_str_ne(info.name, "");
		ck_assert_int_eq(weft_node_listen(flow->node, FLOW_VARINT,
				     "nobody", NULL, &err),
		    WEFT_ENOPLUGIN);
	} while (n < NMANY + 1);
	return NULL;
}

START_TEST(many_come_while_others_look)
{
	struct flow *flow = flow_new();
	struct weft_bound bound;
	struct weft_error err;
	struct flow_client *client;
	pthread_t thread;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(pthread_create(&thread, NULL, many_look, flow), 0);
	for (i = 0; i < NMANY; i++) {
		(void)snprintf(
		    many_names[i], sizeof(many_names[i]), "many-%u", i);
		many[i] = flow_echo;
		many[i].name = many_names[i];
		ck_assert_int_eq(
		    weft_node_add(flow->node, &many[i], NULL, &err), WEFT_OK);
		ck_assert_int_eq(weft_node_listen(flow->node, FLOW_VARINT,
				     many_names[i], &bound, &err),
		    WEFT_OK);
		client = flow_client_new(&bound);
		flow_say(client, many_names[i]);
		flow_hear(client, many_names[i]);
		flow_client_free(&client);
		ck_assert_int_eq(
		    weft_node_unlisten(flow->node, bound.listener), WEFT_OK);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	flow_end(&flow);
}
END_TEST

/* ---- who may not, and when */

static int handler_rv;
static struct weft_error handler_err;

static void
loads_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes bytes)
{
	(void)bytes;
	handler_rv =
	    weft_node_add(weft_call_node(call), &mark, NULL, &handler_err);
	weft_send(call, from, (struct weft_bytes){ "done", 4 });
}

static const struct weft_plugin loads =
    WEFT_PLUGIN_INIT(.name = "loads", .message = loads_message);

START_TEST(handler_cannot_load)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, FLOW_VARINT, &loads);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "load");
	flow_hear(client, "done");
	ck_assert_int_eq(handler_rv, WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(handler_err.text, "not the node's own"));
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(node_that_stops_takes_none)
{
	struct flow *flow = flow_new();
	struct weft_error err;

	flow_begin(flow, FLOW_VARINT, &flow_echo);
	weft_node_stop(flow->node);
	ck_assert_int_eq(
	    weft_node_add(flow->node, &mark, NULL, &err), WEFT_ESTATE);
	ck_assert_ptr_nonnull(strstr(err.text, "does not stop"));
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("load_late", file_is_loaded_and_serves,
    what_is_refused_changes_nothing, codec_that_it_brings_is_found,
    no_handler_runs_before_load_has_returned,
    load_that_refuses_late_leaves_what_it_made_to_the_end,
    many_come_while_others_look, handler_cannot_load,
    node_that_stops_takes_none)
