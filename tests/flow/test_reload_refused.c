/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_reload_refused.c - another version of a plugin does not take
 * over: it says why, and the old one goes on with what it had.
 */
#include "reload_rig.h"

#include <sys/stat.h>
#include <unistd.h>

#include "rpc_wire.h"

/* Each with three endpoints that have a state. */
static const struct rig_refusal refusals[] = {
	{ "no_such", WEFT_ENOPLUGIN, "no_such.so" },
	{ "undefined", WEFT_ELOAD, "undefined symbol" },
	{ "no_symbol", WEFT_ELOAD, "expected the symbol weft_plugin" },
	{ "abi_major", WEFT_EABI, "expected plugin ABI" },
	{ "good", WEFT_ELOAD, "expected a version of ledger, found good" },
	{ "ledger_name", WEFT_ELOAD, "expected a version of ledger" },
	{ "ledger_scope", WEFT_ELOAD, "expected scope 0" },
	{ "ledger_refuses", WEFT_ELOAD,
	    "load() answered -1 (EPERM): not today" },
	{ "ledger_crashes", WEFT_ELOAD, "it crashed: signal " },
	{ "ledger_aborts", WEFT_ELOAD, "it crashed: signal 6" },
	{ "ledger_exits", WEFT_ELOAD, "it ended its process" },
	{ "ledger_hangs", WEFT_ELOAD, "to end within 700 ms" },
	{ "ledger_deaf", WEFT_ELOAD, "expected load_endpoint()" },
	{ "ledger_late", WEFT_ELOAD, "two are enough" },
};

#define NREFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static void
refuse(
    struct reload_rig *rig, const struct rig_refusal *refusal, uint32_t flags)
{
	/* Only the one that hangs is to be waited for in vain. */
	const bool hangs = strcmp(refusal->file, "ledger_hangs") == 0;
	const struct weft_reload how = { .size = sizeof(how),
		.flags = flags,
		.wait_ms = FLOW_DEADLINE_MS,
		.trial_ms = hangs ? 700 : FLOW_DEADLINE_MS };
	struct weft_error err;
	int rv;

	rv = weft_node_reload(rig->flow->node, "ledger",
	    rig_file(refusal->file), &how, NULL, &err);
	rig_refused(refusal, rv, &err);
}

/* It says what it finds in another way, or takes its time. */
static bool
sanitizers_meddle(const struct rig_refusal *refusal)
{
#ifdef FLOW_SANITIZED
	return strcmp(refusal->file, "ledger_crashes") == 0 ||
	    strcmp(refusal->file, "ledger_aborts") == 0 ||
	    strcmp(refusal->file, "ledger_exits") == 0 ||
	    strcmp(refusal->file, "ledger_hangs") == 0;
#else
	(void)refusal;
	return false;
#endif
}

START_TEST(the_old_one_goes_on)
{
	struct flow_client *clients[3];
	struct weft_reloaded done;
	struct reload_rig rig;
	unsigned i, n = 0;
	char text[32];

	rig_start(&rig, FLOW_VARINT);
	for (i = 0; i < 3; i++) {
		clients[i] = flow_client_new(&rig.bound);
		(void)snprintf(text, sizeof(text), "1 %u 1 0 0", i + 1);
		rig_count(clients[i], text);
	}
	for (i = 0; i < NREFUSALS; i++) {
		if (sanitizers_meddle(&refusals[i]))
			continue;
		refuse(&rig, &refusals[i], 0);
		n++;
		(void)snprintf(
		    text, sizeof(text), "1 %u %u 0 0", 3 + n, 1 + n);
		rig_count(clients[0], text);
	}
	(void)flow_wait_log(rig.flow, "PLUGIN-KEPT");
	/* And a good one is taken. */
	done = rig_reload(&rig, "ledger_two");
	ck_assert_uint_eq(done.mapped, 0);
	(void)snprintf(text, sizeof(text), "2 %u %u 0 7", 4 + n, 2 + n);
	rig_count(clients[0], text);
	for (i = 0; i < 3; i++)
		flow_client_free(&clients[i]);
	flow_end(&rig.flow);
}
END_TEST

/* What fails here, and not in a forked process, leaves nothing either. */
START_TEST(without_a_trial_too)
{
	static const struct rig_refusal here[] = {
		{ "ledger_refuses", WEFT_ELOAD, "not today" },
		{ "ledger_late", WEFT_ELOAD, "two are enough" },
		{ "undefined", WEFT_ELOAD, "undefined symbol" },
	};
	struct flow_client *clients[3];
	struct reload_rig rig;
	unsigned i;

	rig_start(&rig, FLOW_VARINT);
	for (i = 0; i < 3; i++) {
		clients[i] = flow_client_new(&rig.bound);
		flow_say(clients[i], "join lobby");
		flow_recv(clients[i], (char[64]){ 0 }, 64);
	}
	for (i = 0; i < 3; i++)
		refuse(&rig, &here[i], WEFT_RELOAD_NO_TRIAL);
	rig_count(clients[0], "1 4 2 1 0");
	(void)rig_reload(&rig, "ledger_two");
	rig_count(clients[0], "2 5 3 2 7");
	for (i = 0; i < 3; i++)
		flow_client_free(&clients[i]);
	flow_end(&rig.flow);
}
END_TEST

static void
stays(const char *file, const struct rig_refusal *refusal)
{
	struct flow_client *client;
	struct reload_rig rig;

	rig_start(&rig, FLOW_VARINT);
	(void)rig_reload(&rig, file);
	client = flow_client_new(&rig.bound);
	rig_count(client, "3 1 1 0 7");
	refuse(&rig, refusal, 0);
	rig_count(client, "3 2 2 0 7");
	rig_end(&rig, client);
}

START_TEST(a_state_that_nobody_saves)
{
	static const struct rig_refusal mute = { "ledger_one", WEFT_ELOAD,
		"expected save_endpoint(), as 1 endpoints have a state" };

	stays("ledger_mute", &mute);
}
END_TEST

START_TEST(a_save_that_says_no)
{
	static const struct rig_refusal keeps = { "ledger_one", WEFT_ELOAD,
		"save() answered -1 (EPERM)" };

	stays("ledger_keeps", &keeps);
}
END_TEST

START_TEST(a_request_that_nobody_would_take_the_reply_of)
{
	static const struct rig_refusal refusal = { "ledger_no_replies",
		WEFT_ELOAD, "expected its .replies to have a place 0" };
	struct flow_client *client;
	struct reload_rig rig;
	uint64_t id;

	rig_start(&rig, "tcp+rpc://127.0.0.1:0");
	client = flow_client_new(&rig.bound);
	rpc_say(client, RPC_MESSAGE, 0, "ask");
	id = rpc_hear(client, RPC_REQUEST, "who?");
	rpc_hear(client, RPC_MESSAGE, "1 1 1 0 0");
	refuse(&rig, &refusal, 0);
	rpc_say(client, RPC_REPLY, id, "me");
	rpc_hear(client, RPC_MESSAGE, "reply 1");
	/* Now none waits. */
	(void)rig_reload(&rig, "ledger_no_replies");
	rig_end(&rig, client);
}
END_TEST

START_TEST(a_handler_that_does_not_return_and_one_plugin_holds_up_no_other)
{
	const struct weft_reload how = { .size = sizeof(how), .wait_ms = 200 };
	struct flow_client *holder, *other, *echo;
	char dir[] = "/tmp/weft-hold-XXXXXX", fifo[64];
	struct weft_reloaded done;
	struct reload_rig rig;
	struct weft_error err;
	FILE *stream;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(fifo, sizeof(fifo), "%s/hold", dir);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(setenv("LEDGER_HOLD", fifo, 1), 0);
	rig_start(&rig, FLOW_VARINT);
	holder = flow_client_new(&rig.bound);
	other = flow_client_new(&rig.bound);
	echo = flow_client_new(&rig.flow->bound[0]);
	rig_count(other, "1 1 1 0 0");
	flow_say(holder, "hold");
	flow_hear(holder, "holding");
	ck_assert_int_eq(weft_node_reload(rig.flow->node, "ledger",
			     rig_file("ledger_two"), &how, &done, &err),
	    WEFT_EBUSY);
	ck_assert_msg(
	    strstr(err.text, "within 200 ms") != NULL, "%s", err.text);
	flow_say(echo, "hello");
	flow_hear(echo, "hello");
	rig_count(other, "1 3 2 0 0");
	stream = fopen(fifo, "w");
	ck_assert_ptr_nonnull(stream);
	(void)fclose(stream);
	flow_hear(holder, "1 3 1 0 0");
	(void)rig_reload(&rig, "ledger_two");
	rig_count(holder, "2 4 2 0 7");
	flow_client_free(&holder);
	flow_client_free(&other);
	flow_client_free(&echo);
	flow_end(&rig.flow);
	(void)unlink(fifo);
	(void)rmdir(dir);
}
END_TEST

static int handler_rv = 1;

static void
handler_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_error err;
	int rv;

	(void)from;
	(void)msg;
	rv = weft_node_reload(
	    weft_call_node(call), "ledger", NULL, NULL, NULL, &err);
	flow_lock();
	handler_rv = rv;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin handler =
    WEFT_PLUGIN_INIT(.name = "handler", .message = handler_message);

START_TEST(in_a_handler_and_of_a_part_of_the_program)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_error err;

	flow_start(flow, FLOW_VARINT, &handler);
	ck_assert_int_eq(
	    weft_node_reload(flow->node, "handler", NULL, NULL, NULL, &err),
	    WEFT_ELOAD);
	ck_assert_int_eq(
	    weft_node_reload(flow->node, "nobody", NULL, NULL, NULL, NULL),
	    WEFT_ENOPLUGIN);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "reload");
	FLOW_WAIT(handler_rv != 1, "the handler");
	ck_assert_int_eq(handler_rv, WEFT_ESTATE);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

static void *
reload_all_the_time(void *arg)
{
	struct reload_rig *rig = arg;
	struct weft_error err;
	unsigned turn = 0;
	int rv;

	do
		rv = weft_node_reload(rig->flow->node, "ledger",
		    rig_file(turn++ % 2 == 0 ? "ledger_two" : "ledger_one"),
		    NULL, NULL, &err);
	while (rv == WEFT_OK);
	ck_assert_msg(rv == WEFT_ESTATE, "%d: %s", rv, err.text);
	return NULL;
}

/* Whatever comes first: the plugin is the one or the other, and all ends. */
START_TEST(a_node_that_stops_meanwhile)
{
	struct flow_client *client;
	struct reload_rig rig;
	struct weft_error err;
	pthread_t thread;

	/* The node is ours to free, when nobody reloads it any more. */
	rig.flow = flow_new();
	rig.flow->load = rig_file("ledger_one");
	flow_begin(rig.flow, FLOW_VARINT, &flow_echo);
	ck_assert_int_eq(weft_node_listen(rig.flow->node, FLOW_VARINT,
			     "ledger", &rig.bound, &err),
	    WEFT_OK);
	client = flow_client_new(&rig.bound);
	flow_say(client, "join lobby");
	flow_hear(client, "1 1 1 0 0");
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, reload_all_the_time, &rig), 0);
	(void)flow_wait_log(rig.flow, "PLUGIN-RELOADED");
	weft_node_stop(rig.flow->node);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	flow_finish(rig.flow);
	flow_client_free(&client);
	flow_free(&rig.flow);
}
END_TEST

FLOW_MAIN("reload_refused", the_old_one_goes_on, without_a_trial_too,
    a_state_that_nobody_saves, a_save_that_says_no,
    a_request_that_nobody_would_take_the_reply_of,
    a_handler_that_does_not_return_and_one_plugin_holds_up_no_other,
    in_a_handler_and_of_a_part_of_the_program, a_node_that_stops_meanwhile)
