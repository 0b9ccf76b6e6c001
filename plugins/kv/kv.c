/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kv - a key-value server that speaks RESP2, for clients of Redis.
 *
 *	weft run kv --listen tcp+resp://127.0.0.1:6390
 *	redis-cli -p 6390 set greeting hello
 *
 * thread: decode on the I/O thread; handlers on workers, several at a time for
 * different clients.
 */
#include "kv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resp.h"

static const struct weft_plugin_option options[] = {
	{ "maxmemory", WEFT_OPTION_SIZE, "1G", 0, INT64_MAX,
	    "what keys and values may take together; 0: no limit" },
	WEFT_OPTION_END,
};

static int
load(struct weft_load *load, void **state)
{
	const char *maxmemory = weft_load_option(load, "maxmemory");
	struct kv *kv;
	int rv;

	kv = calloc(1, sizeof(*kv));
	if (kv == NULL)
		return weft_load_fail(load, -ENOMEM, "no memory");
	rv = kv_store_new(&kv->store, strtoull(maxmemory, NULL, 10));
	if (rv < 0) {
		free(kv);
		return weft_load_fail(
		    load, rv, "no store: %s", weft_strerror(rv));
	}
	(void)pthread_mutex_init(&kv->lock, NULL);
	kv->since_ms = kv_store_now();
	kv_command_index();
	*state = kv;
	return WEFT_OK;
}

static void
unload(void *state)
{
	struct kv *kv = state;

	kv_store_free(&kv->store);
	(void)pthread_mutex_destroy(&kv->lock);
	free(kv);
}

static void
opened(struct weft_call *call, weft_endpoint from)
{
	struct kv *kv = weft_call_state(call);
	struct kv_session *session = kv_session_new();

	if (session == NULL) {
		(void)weft_abort(call, from);
		return;
	}
	session->endpoint = from;
	session->since_ms = kv_store_now();
	pthread_mutex_lock(&kv->lock);
	session->id = ++kv->next_id;
	session->next = kv->sessions;
	if (kv->sessions != NULL)
		kv->sessions->prev = session;
	kv->sessions = session;
	kv->nsessions++;
	pthread_mutex_unlock(&kv->lock);
	weft_call_set_user(call, session);
}

static void
kv_answer(struct kv *kv, struct kv_session *session, struct weft_call *call,
    struct weft_bytes msg)
{
	enum kv_fault fault;
	struct kv_args args;
	struct kv_run run;

	run.kv = kv;
	run.store = kv->store;
	run.session = session;
	run.call = call;
	run.close = false;
	kv_reply_init(&run.reply);
	if (kv_args_parse(&args, msg, &fault) < 0) {
		run.reply.failed = true;
	} else if (fault != KV_FAULT_NONE) {
		if (fault == KV_FAULT_DOLLAR)
			kv_reply_error(&run.reply, "%s%c'",
			    kv_fault_text(fault), args.odd);
		else
			kv_reply_error(&run.reply, "%s", kv_fault_text(fault));
		run.close = true;
	} else if (args.argc > 0) {
		run.argv = args.argv;
		run.argc = args.argc;
		kv_run_command(&run);
	}
	if (run.reply.len > 0 || run.reply.failed || run.close)
		kv_session_send(session, call, &run.reply, run.close);
	kv_args_fini(&args);
	kv_reply_fini(&run.reply);
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct kv_session *session = weft_call_user(call);

	if (session == NULL || session->closing)
		return;
	if (!kv_session_late(session))
		kv_answer(weft_call_state(call), session, call, msg);
	else if (kv_session_keep(session, msg) < 0)
		(void)weft_abort(call, from);
}

static void
drained(struct weft_call *call, weft_endpoint to)
{
	struct kv_session *session = weft_call_user(call);
	struct kv_late *late;

	(void)to;
	if (session == NULL)
		return;
	kv_session_drained(session, call);
	while (
	    !session->closing && (late = kv_session_next(session)) != NULL) {
		struct weft_bytes msg = { late->bytes, late->len };

		kv_answer(weft_call_state(call), session, call, msg);
		free(late);
	}
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct kv *kv = weft_call_state(call);
	struct kv_session *session = weft_call_user(call);

	(void)from;
	(void)why;
	if (session == NULL)
		return;
	pthread_mutex_lock(&kv->lock);
	if (session->prev != NULL)
		session->prev->next = session->next;
	else
		kv->sessions = session->next;
	if (session->next != NULL)
		session->next->prev = session->prev;
	kv->nsessions--;
	kv->commands += kv_session_commands(session);
	pthread_mutex_unlock(&kv->lock);
	weft_call_set_user(call, NULL);
	kv_session_free(&session);
}

WEFT_CODEC(.state_size = sizeof(struct kv_resp_state), .name = "resp",
    .decode = kv_resp_decode);

WEFT_PLUGIN(.name = "kv", .load = load, .unload = unload, .opened = opened,
    .message = message, .closed = closed, .drained = drained,
    .options = options);
