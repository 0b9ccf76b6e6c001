/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_reload.c - another version of a plugin takes over: what
 * stays, and what is handed over.  What may go wrong: test_reload_refused.
 */
#include "reload_rig.h"

#include <dirent.h>

#include "rpc_wire.h"

START_TEST(states_are_handed_over)
{
	struct reload_rig rig;
	struct weft_reloaded done;
	struct flow_client *one, *two;

	rig_start(&rig, FLOW_VARINT);
	one = flow_client_new(&rig.bound);
	two = flow_client_new(&rig.bound);
	rig_count(one, "1 1 1 0 0");
	rig_count(one, "1 2 2 0 0");
	rig_count(two, "1 3 1 0 0");
	flow_say(two, "join lobby");
	flow_hear(two, "1 4 2 0 0");
	rig_count(two, "1 5 3 1 0");
	done = rig_reload(&rig, "ledger_two");
	ck_assert_str_eq(done.from, "1");
	ck_assert_str_eq(done.to, "2");
	ck_assert_uint_eq(done.endpoints, 2);
	ck_assert_uint_eq(done.strands, 1);
	ck_assert_uint_eq(done.mapped, 0);
	ck_assert_uint_ne(done.from_hash, done.to_hash);
	ck_assert_uint_gt(done.pause_ns, 0);
	/* The member that version 2 has appended has its default. */
	rig_count(one, "2 6 3 0 7");
	rig_count(two, "2 7 4 2 7");
	flow_client_free(&one);
	flow_client_free(&two);
	one = flow_client_new(&rig.bound);
	rig_count(one, "2 8 1 0 7");
	flow_client_free(&one);
	flow_end(&rig.flow);
}
END_TEST

START_TEST(an_older_version_reads_what_it_knows)
{
	struct reload_rig rig;
	struct flow_client *client;

	client = rig_begin(&rig);
	(void)rig_reload(&rig, "ledger_two");
	(void)rig_reload(&rig, "ledger_one");
	rig_count(client, "1 2 2 0 0");
	rig_end(&rig, client);
}
END_TEST

/* NULL: its own file again, whatever that has become. */
START_TEST(the_same_file_again)
{
	const struct weft_reload changed = { .size = sizeof(changed),
		.flags = WEFT_RELOAD_IF_CHANGED };
	struct reload_rig rig;
	struct weft_reloaded done;
	struct weft_error err;
	struct flow_client *client;

	client = rig_begin(&rig);
	ck_assert_msg(weft_node_reload(rig.flow->node, "ledger", NULL, NULL,
			  &done, &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_uint_eq(done.from_hash, done.to_hash);
	ck_assert_uint_gt(done.pause_ns, 0);
	rig_count(client, "1 2 2 0 0");
	/* Or only if it is another. */
	ck_assert_int_eq(weft_node_reload(rig.flow->node, "ledger", NULL,
			     &changed, &done, &err),
	    WEFT_OK);
	ck_assert_uint_eq(done.pause_ns, 0);
	ck_assert_uint_eq(done.from_hash, done.to_hash);
	ck_assert_int_eq(weft_node_reload(rig.flow->node, "ledger",
			     rig_file("ledger_two"), &changed, &done, &err),
	    WEFT_OK);
	ck_assert_uint_gt(done.pause_ns, 0);
	rig_count(client, "2 3 3 0 7");
	rig_end(&rig, client);
}
END_TEST

START_TEST(half_a_message_and_what_is_written_while_it_is_shut)
{
	struct reload_rig rig;
	struct flow_client *client;

	client = rig_begin(&rig);
	flow_write(client, "\5co", 3);
	(void)rig_reload(&rig, "ledger_two");
	flow_write(client, "unt", 3);
	flow_hear(client, "2 2 2 0 7");
	rig_end(&rig, client);
}
END_TEST

START_TEST(timers_go_on)
{
	struct reload_rig rig;
	struct flow_client *client;

	rig_start(&rig, FLOW_VARINT);
	client = flow_client_new(&rig.bound);
	flow_say(client, "tick 20");
	flow_hear(client, "1 1 1 0 0");
	flow_hear(client, "tick 1");
	(void)rig_reload(&rig, "ledger_two");
	rig_hear_until(client, "tick 1", "tick 2");
	flow_hear(client, "tick 2");
	rig_end(&rig, client);
}
END_TEST

/* Its destroy() is the old version's: that stays mapped until it was called.
 */
START_TEST(code_that_something_waits_for_stays)
{
	struct reload_rig rig;
	struct weft_reloaded done;
	struct flow_client *client;

	rig_start(&rig, FLOW_VARINT);
	client = flow_client_new(&rig.bound);
	flow_say(client, "keep 300");
	flow_hear(client, "1 1 1 0 0");
	done = rig_reload(&rig, "ledger_two");
	ck_assert_uint_eq(done.mapped, 1);
	FLOW_WAIT(
	    weft_node_counter(rig.flow->node, WEFT_COUNTER_timers_fired) == 1,
	    "the signal to be told");
	rig_count(client, "2 2 2 0 7");
	done = rig_reload(&rig, "ledger_one");
	ck_assert_uint_eq(done.mapped, 0);
	rig_count(client, "1 3 3 0 0");
	rig_end(&rig, client);
}
END_TEST

START_TEST(a_reply_finds_the_function_of_the_new_version)
{
	struct reload_rig rig;
	struct flow_client *client;
	uint64_t id;

	rig_start(&rig, "tcp+rpc://127.0.0.1:0");
	client = flow_client_new(&rig.bound);
	rpc_say(client, RPC_MESSAGE, 0, "ask");
	id = rpc_hear(client, RPC_REQUEST, "who?");
	rpc_hear(client, RPC_MESSAGE, "1 1 1 0 0");
	(void)rig_reload(&rig, "ledger_two");
	rpc_say(client, RPC_REPLY, id, "me");
	rpc_hear(client, RPC_MESSAGE, "reply 2");
	rig_end(&rig, client);
}
END_TEST

START_TEST(back_to_the_version_before)
{
	const struct weft_reload dry = { .size = sizeof(dry),
		.flags = WEFT_RELOAD_DRY };
	struct reload_rig rig;
	struct weft_reloaded done;
	struct weft_error err;
	struct flow_client *client;

	client = rig_begin(&rig);
	ck_assert_int_eq(
	    weft_node_rollback(rig.flow->node, "ledger", NULL, &done, &err),
	    WEFT_ENOSAVED);
	(void)rig_reload(&rig, "ledger_two");
	rig_count(client, "2 2 2 0 7");
	ck_assert_int_eq(
	    weft_node_rollback(rig.flow->node, "ledger", &dry, &done, &err),
	    WEFT_OK);
	rig_count(client, "2 3 3 0 7");
	ck_assert_msg(weft_node_rollback(rig.flow->node, "ledger", NULL, &done,
			  &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_str_eq(done.to, "1");
	rig_count(client, "1 4 4 0 0");
	rig_end(&rig, client);
}
END_TEST

/* Its save() refuses: the one before takes up what it once had. */
START_TEST(back_without_what_the_present_one_will_not_give)
{
	struct reload_rig rig;
	struct weft_reloaded done;
	struct weft_error err;
	struct flow_client *client, *late;

	client = rig_begin(&rig);
	(void)rig_reload(&rig, "ledger_keeps");
	rig_count(client, "3 2 2 0 7");
	late = flow_client_new(&rig.bound);
	rig_count(late, "3 3 1 0 7");
	flow_client_free(&late);
	FLOW_WAIT(weft_node_counter(
		      rig.flow->node, WEFT_COUNTER_endpoints_closed) == 1,
	    "the late one's end");
	ck_assert_msg(weft_node_rollback(rig.flow->node, "ledger", NULL, &done,
			  &err) == WEFT_OK,
	    "%s", err.text);
	rig_count(client, "1 2 2 0 0");
	rig_end(&rig, client);
}
END_TEST

START_TEST(before_it_runs_and_without_a_trial)
{
	const struct weft_reload how = { .size = sizeof(how),
		.flags = WEFT_RELOAD_NO_TRIAL };
	struct weft_reloaded done;
	struct weft_node *node;
	struct weft_error err;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_msg(weft_node_load(
			  node, rig_file("ledger_one"), NULL, &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_msg(weft_node_reload(node, "ledger", rig_file("ledger_two"),
			  &how, &done, &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_str_eq(done.to, "2");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* How many lines of a file have a word in them; NULL: of a folder, entries. */
static unsigned
count_in(const char *path, const char *word)
{
	char line[512];
	unsigned n = 0;
	FILE *file;
	DIR *dir;

	if (word == NULL) {
		dir = opendir(path);
		ck_assert_ptr_nonnull(dir);
		while (readdir(dir) != NULL)
			n++;
		(void)closedir(dir);
		return n;
	}
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, word) != NULL;
	(void)fclose(file);
	return n;
}

START_TEST(many_leave_nothing_behind)
{
	unsigned i, nfds, nmaps;
	struct flow_client *client;
	struct reload_rig rig;

	client = rig_begin(&rig);
	/* From the second on there is one to go back to. */
	(void)rig_reload(&rig, "ledger_two");
	(void)rig_reload(&rig, "ledger_one");
	nfds = count_in("/proc/self/fd", NULL);
	nmaps = count_in("/proc/self/maps", "/ledger_");
	ck_assert_uint_gt(nmaps, 0);
	for (i = 0; i < 100; i++)
		(void)rig_reload(
		    &rig, i % 2 == 0 ? "ledger_two" : "ledger_one");
	ck_assert_uint_eq(count_in("/proc/self/fd", NULL), nfds);
	ck_assert_uint_eq(count_in("/proc/self/maps", "/ledger_"), nmaps);
	rig_count(client, "1 2 2 0 0");
	rig_end(&rig, client);
}
END_TEST

FLOW_MAIN("reload", states_are_handed_over,
    an_older_version_reads_what_it_knows, the_same_file_again,
    half_a_message_and_what_is_written_while_it_is_shut, timers_go_on,
    code_that_something_waits_for_stays,
    a_reply_finds_the_function_of_the_new_version, back_to_the_version_before,
    back_without_what_the_present_one_will_not_give,
    before_it_runs_and_without_a_trial, many_leave_nothing_behind)
