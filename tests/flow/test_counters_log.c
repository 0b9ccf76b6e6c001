/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_counters_log.c - what a node counts, and what it says.
 */
#include "flow.h"

#include <stdio.h>
#include <string.h>

#include "flow_client.h"

START_TEST(every_counter_has_a_name_a_unit_and_a_meaning_of_its_own)
{
	const struct weft_counter_info *info, *other;
	unsigned i, j;

	for (i = 0; i < WEFT_NCOUNTERS; i++) {
		info = weft_counter_info(i);
		ck_assert_ptr_nonnull(info);
		ck_assert_uint_gt(strlen(info->name), 3);
		ck_assert_uint_gt(strlen(info->unit), 3);
		ck_assert_uint_gt(strlen(info->text), 3);
		for (j = 0; j < i; j++) {
			other = weft_counter_info(j);
			ck_assert_str_ne(info->name, other->name);
			ck_assert_str_ne(info->text, other->text);
		}
	}
	ck_assert_ptr_null(weft_counter_info(WEFT_NCOUNTERS));
	ck_assert_ptr_null(weft_counter_info(~0u));
	ck_assert_str_eq(
	    weft_counter_info(WEFT_COUNTER_bytes_in)->name, "bytes_in");
	ck_assert_str_eq(
	    weft_counter_info(WEFT_COUNTER_bytes_in)->unit, "bytes");
}
END_TEST

START_TEST(a_new_node_has_counted_nothing)
{
	struct weft_error err;
	struct weft_node *node;
	unsigned i;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	for (i = 0; i < WEFT_NCOUNTERS + 2; i++)
		ck_assert_uint_eq(weft_node_counter(node, i), 0);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* Looks at all counters as fast as it can, until told to end. */
struct watcher {
	struct flow *flow;
	bool end; /* under flow_lock() */
	uint64_t looks;
};

static bool
is_now(unsigned counter)
{
	const char *name = weft_counter_info(counter)->name;
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, "_now") == 0;
}

static void *
watch(void *arg)
{
	struct watcher *watcher = arg;
	uint64_t seen[WEFT_NCOUNTERS] = { 0 }, value;
	unsigned i;
	bool end;

	do {
		for (i = 0; i < WEFT_NCOUNTERS; i++) {
			value = weft_node_counter(watcher->flow->node, i);
			ck_assert_msg(value >= seen[i] || is_now(i),
			    "counter %s fell from %llu to %llu",
			    weft_counter_info(i)->name,
			    (unsigned long long)seen[i],
			    (unsigned long long)value);
			seen[i] = value;
		}
		flow_lock();
		watcher->looks++;
		flow_notify();
		end = watcher->end;
		flow_unlock();
	} while (!end);
	return NULL;
}

START_TEST(counters_only_grow_but_those_of_now)
{
	struct watcher watcher = { .flow = flow_new() };
	struct flow *flow = watcher.flow;
	struct flow_client *clients[10];
	pthread_t thread;
	unsigned i, turn;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(pthread_create(&thread, NULL, watch, &watcher), 0);
	for (turn = 0; turn < 30; turn++) {
		for (i = 0; i < 10; i++) {
			clients[i] = flow_client_new(&flow->bound[0]);
			flow_number_send(clients[i], 100, 0, 20);
		}
		for (i = 0; i < 10; i++) {
			flow_number_recv(clients[i], 100, 0, 20);
			flow_client_free(&clients[i]);
		}
	}
	FLOW_WAIT(watcher.looks > 0, "the watcher to look");
	flow_lock();
	watcher.end = true;
	flow_unlock();
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 300);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_now), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_run), 6000);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_out), 6000);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_bytes_out), 6000 * 101);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_bytes_in), 6000 * 101);
	flow_end(&flow);
}
END_TEST

static void
be_malformed(struct flow *flow)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_write(client, "\x80\0", 2);
	(void)flow_read_end(client);
	flow_client_free(&client);
}

START_TEST(a_line_that_repeats_is_held_back_and_counted)
{
	struct timespec due = flow_due(FLOW_DEADLINE_MS);
	struct flow *flow = flow_new();
	unsigned i, n = 0, passed, held = 0;
	const char *words = NULL;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	/* Until some were held back, and the first that passed after that has
	 * said so: one second later at most. */
	while (words == NULL) {
		ck_assert_msg(flow_left_ms(&due) > 0,
		    "waited %d ms for a line that says what was held back",
		    FLOW_DEADLINE_MS);
		be_malformed(flow);
		flow_wait_count(flow, WEFT_COUNTER_closed_malformed, ++n);
		flow_lock();
		for (i = 0; i < flow->nlines && words == NULL; i++)
			words =
			    strstr(flow->lines[i].text, " more held back)");
		flow_unlock();
	}
	passed = flow_logged(flow, "IO-MALFORMED");
	while (words[-1] != '(')
		words--;
	ck_assert_int_eq(sscanf(words, "%u more held back)", &held), 1);
	/* Each client has its line, or was counted; the last is the line that
	 * told. */
	ck_assert_uint_gt(held, 0);
	ck_assert_uint_eq(passed + held, n);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_log_suppressed), held);
	flow_end(&flow);
}
END_TEST

/* Says a line of each level for every message. */
static int
wordy_load(struct weft_load *load, void **state)
{
	weft_log(weft_load_node(load), WEFT_LOG_INFO, "WORDY-LOADED", "%s",
	    "at your service");
	*state = NULL;
	return WEFT_OK;
}

static void
wordy_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_node *node = weft_call_node(call);

	weft_log(node, WEFT_LOG_DEBUG, "WORDY-D", "%d bytes", (int)msg.len);
	weft_log(node, WEFT_LOG_INFO, "WORDY-I", "%d bytes", (int)msg.len);
	weft_log(node, WEFT_LOG_WARN, "WORDY-W", "%0600d", 7);
	weft_log(node, WEFT_LOG_ERROR, "WORDY-E", "two\nlines");
	(void)weft_send(call, from, msg);
}

static const struct weft_plugin wordy_plugin =
    WEFT_PLUGIN_INIT(.name = "wordy", .load = wordy_load,
	.message = wordy_message);

static struct flow *
say_all(uint32_t level, weft_log_cb *sink)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.log_level = level;
	if (sink == NULL)
		flow->options.log = NULL;
	flow_start(flow, FLOW_VARINT, &wordy_plugin);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "talk");
	flow_hear(client, "talk");
	flow_client_free(&client);
	be_malformed(flow);
	flow_wait_count(flow, WEFT_COUNTER_closed_malformed, 1);
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	return flow;
}

START_TEST(a_sink_gets_level_id_and_text_of_the_librarys_and_plugins_lines)
{
	static const char *const own[] = { "PLUGIN-LOADED", "IO-LISTENING",
		"IO-STOPPING", "IO-STOPPED", "PLUGIN-UNLOADED" };
	struct flow *flow = say_all(WEFT_LOG_DEBUG, weft_log_stderr);
	const struct flow_line *line;
	unsigned i;

	line = flow_wait_log(flow, "WORDY-LOADED");
	ck_assert_str_eq(line->text, "at your service");
	line = flow_wait_log(flow, "WORDY-D");
	ck_assert_str_eq(line->text, "4 bytes");
	ck_assert_int_eq(line->level, WEFT_LOG_DEBUG);
	line = flow_wait_log(flow, "WORDY-I");
	ck_assert_int_eq(line->level, WEFT_LOG_INFO);
	line = flow_wait_log(flow, "WORDY-W");
	ck_assert_int_eq(line->level, WEFT_LOG_WARN);
	ck_assert_uint_eq(strlen(line->text), 500);
	line = flow_wait_log(flow, "WORDY-E");
	ck_assert_int_eq(line->level, WEFT_LOG_ERROR);
	ck_assert_str_eq(line->text, "two?lines");
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		line = flow_wait_log(flow, own[i]);
		ck_assert_int_eq(line->level, WEFT_LOG_INFO);
		ck_assert_uint_eq(flow_logged(flow, own[i]), 1);
	}
	ck_assert_str_eq(
	    flow_wait_log(flow, "IO-LISTENING")->text, flow->bound[0].url);
	ck_assert_uint_eq(flow_logged(flow, "IO-MALFORMED"), 1);
	flow_free(&flow);
}
END_TEST

START_TEST(lines_below_the_level_of_the_node_are_dropped)
{
	/* At WARN: WORDY-W, WORDY-E and IO-MALFORMED. */
	static const unsigned lines[] = {
		[WEFT_LOG_WARN] = 3, [WEFT_LOG_ERROR] = 1, [WEFT_LOG_OFF] = 0
	};
	struct flow *flow;
	uint32_t level;
	unsigned i;

	for (level = WEFT_LOG_INFO; level <= WEFT_LOG_OFF; level++) {
		flow = say_all(level, weft_log_stderr);
		for (i = 0; i < flow->nlines; i++)
			ck_assert_uint_ge(flow->lines[i].level, level);
		ck_assert_uint_eq(
		    flow_logged(flow, "WORDY-E"), level <= WEFT_LOG_ERROR);
		ck_assert_uint_eq(
		    flow_logged(flow, "IO-MALFORMED"), level <= WEFT_LOG_WARN);
		if (level >= WEFT_LOG_WARN)
			ck_assert_uint_eq(flow->nlines, lines[level]);
		ck_assert_uint_eq(
		    flow->counters[WEFT_COUNTER_log_suppressed], 0);
		flow_free(&flow);
	}
}
END_TEST

START_TEST(a_node_without_a_sink_is_silent)
{
	struct flow *flow = say_all(WEFT_LOG_DEBUG, NULL);

	ck_assert_uint_eq(flow->nlines, 0);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("counters_log",
    every_counter_has_a_name_a_unit_and_a_meaning_of_its_own,
    a_new_node_has_counted_nothing, counters_only_grow_but_those_of_now,
    a_line_that_repeats_is_held_back_and_counted,
    a_sink_gets_level_id_and_text_of_the_librarys_and_plugins_lines,
    lines_below_the_level_of_the_node_are_dropped,
    a_node_without_a_sink_is_silent)
