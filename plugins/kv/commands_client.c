/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands_client - commands on the connection: HELLO, CLIENT, RESET.
 *
 * thread: workers.  The list of sessions and their names have kv->lock, since
 * CLIENT LIST reads those of others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kv.h"
#include "resp.h"

/* false: answered.  As Redis: nothing from ' ' down, nothing above '~'. */
static bool
client_name_good(struct kv_run *run, struct weft_bytes name)
{
	const uint8_t *at = name.data;
	size_t i;

	for (i = 0; i < name.len; i++)
		if (at[i] < '!' || at[i] > '~') {
			kv_reply_error(&run->reply,
			    "Client names cannot contain spaces, newlines or "
			    "special characters.");
			return false;
		}
	return true;
}

/* An empty name is none.  false: answered. */
static bool
client_set_name(struct kv_run *run, struct weft_bytes name)
{
	char *copy = NULL, *old;

	if (name.len > 0) {
		copy = malloc(name.len + 1);
		if (copy == NULL) {
			kv_no_memory(run);
			return false;
		}
		memcpy(copy, name.data, name.len);
		copy[name.len] = '\0';
	}
	pthread_mutex_lock(&run->kv->lock);
	old = run->session->name;
	run->session->name = copy;
	pthread_mutex_unlock(&run->kv->lock);
	free(old);
	return true;
}

static void
client_show(struct kv_run *run, const struct kv_session *session,
    struct kv_reply *text)
{
	struct weft_endpoint_info info;
	char line[360];

	if (weft_endpoint_info(
		weft_call_node(run->call), session->endpoint, &info) < 0)
		return;
	(void)snprintf(line, sizeof(line),
	    "id=%llu addr=%s laddr=%s name=", (unsigned long long)session->id,
	    info.remote, info.local);
	kv_reply_text(text, line);
	if (session->name != NULL)
		kv_reply_text(text, session->name);
	(void)snprintf(line, sizeof(line),
	    " age=%llu idle=%llu flags=N db=0 omem=%llu user=default "
	    "resp=2\n",
	    (unsigned long long)info.age_ms / 1000,
	    (unsigned long long)info.idle_ms / 1000,
	    (unsigned long long)info.queued_bytes);
	kv_reply_text(text, line);
}

/* CLIENT LIST: all; CLIENT INFO: this one. */
static void
client_list(struct kv_run *run, bool all)
{
	const struct kv_session *session;
	struct kv_reply text;

	kv_reply_init(&text);
	pthread_mutex_lock(&run->kv->lock);
	if (!all)
		client_show(run, run->session, &text);
	for (session = run->kv->sessions; all && session != NULL;
	     session = session->next)
		client_show(run, session, &text);
	pthread_mutex_unlock(&run->kv->lock);
	kv_reply_bulk(&run->reply, text.data, text.len);
	run->reply.failed = run->reply.failed || text.failed;
	kv_reply_fini(&text);
}

static void
client_setinfo(struct kv_run *run)
{
	if (!kv_is(run->argv[2], "lib-name") &&
	    !kv_is(run->argv[2], "lib-ver"))
		kv_reply_error(&run->reply, "Unrecognized option '%.*s'",
		    (int)(run->argv[2].len < 128 ? run->argv[2].len : 128),
		    (const char *)run->argv[2].data);
	else
		kv_reply_text(&run->reply, "+OK\r\n");
}

static void
client_id(struct kv_run *run)
{
	kv_reply_number(&run->reply, (int64_t)run->session->id);
}

static void
client_getname(struct kv_run *run)
{
	/* Only this strand writes it. */
	if (run->session->name == NULL)
		kv_reply_null(&run->reply);
	else
		kv_reply_bulk_text(&run->reply, run->session->name);
}

static void
client_setname(struct kv_run *run)
{
	if (client_name_good(run, run->argv[2]) &&
	    client_set_name(run, run->argv[2]))
		kv_reply_text(&run->reply, "+OK\r\n");
}

static void
client_list_all(struct kv_run *run)
{
	client_list(run, true);
}

static void
client_info(struct kv_run *run)
{
	client_list(run, false);
}

void
kv_client(struct kv_run *run)
{
	static const struct {
		const char *name;
		uint32_t argc;
		void (*run)(struct kv_run *run);
	} subcommands[] = {
		{ "getname", 2, client_getname },
		{ "id", 2, client_id },
		{ "info", 2, client_info },
		{ "list", 2, client_list_all },
		{ "setinfo", 4, client_setinfo },
		{ "setname", 3, client_setname },
	};
	size_t i;

	for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (!kv_is(run->argv[1], subcommands[i].name))
			continue;
		if (run->argc != subcommands[i].argc)
			kv_arity_error(run, subcommands[i].name);
		else
			subcommands[i].run(run);
		return;
	}
	kv_subcommand_error(run);
}

void
kv_reset(struct kv_run *run)
{
	struct weft_bytes none = { "", 0 };

	if (client_set_name(run, none))
		kv_reply_simple(&run->reply, "RESET");
}

/* There is one user, "default", without a password: each is right for it. */
static bool
auth_user(struct kv_run *run, struct weft_bytes user)
{
	if (user.len == 7 && memcmp(user.data, "default", 7) == 0)
		return true;
	kv_reply_text(&run->reply,
	    "-WRONGPASS invalid username-password pair or user is "
	    "disabled.\r\n");
	return false;
}

void
kv_auth(struct kv_run *run)
{
	if (run->argc > 3)
		kv_syntax_error(run);
	else if (run->argc == 2)
		kv_reply_error(&run->reply,
		    "AUTH <password> called without any password configured "
		    "for the default user. Are you sure your configuration "
		    "is correct?");
	else if (auth_user(run, run->argv[1]))
		kv_reply_text(&run->reply, "+OK\r\n");
}

/* HELLO's options from argv[2] on; false: answered. */
static bool
hello_options(struct kv_run *run, struct weft_bytes *name)
{
	uint32_t i = 2;

	while (i < run->argc) {
		uint32_t more = run->argc - 1 - i;

		if (more >= 2 && kv_is(run->argv[i], "auth")) {
			if (!auth_user(run, run->argv[i + 1]))
				return false;
			i += 3;
		} else if (more >= 1 && kv_is(run->argv[i], "setname")) {
			*name = run->argv[i + 1];
			if (!client_name_good(run, *name))
				return false;
			i += 2;
		} else {
			kv_reply_error(&run->reply,
			    "Syntax error in HELLO option '%.*s'",
			    (int)strnlen(run->argv[i].data,
				run->argv[i].len < 128 ? run->argv[i].len :
							 128),
			    (const char *)run->argv[i].data);
			return false;
		}
	}
	return true;
}

void
kv_hello(struct kv_run *run)
{
	struct weft_bytes name = { NULL, 0 };
	struct kv_reply *reply = &run->reply;
	int64_t version = 2;

	if (run->argc > 1 &&
	    !kv_number_parse(run->argv[1].data, run->argv[1].len, &version)) {
		kv_reply_error(reply,
		    "Protocol version is not an integer or "
		    "out of range");
		return;
	}
	if (version != 2) {
		kv_reply_text(
		    reply, "-NOPROTO unsupported protocol version\r\n");
		return;
	}
	if (!hello_options(run, &name) ||
	    (name.data != NULL && !client_set_name(run, name)))
		return;
	kv_reply_array(reply, 14);
	kv_reply_bulk_text(reply, "server");
	kv_reply_bulk_text(reply, "redis");
	kv_reply_bulk_text(reply, "version");
	kv_reply_bulk_text(reply, KV_REDIS_VERSION);
	kv_reply_bulk_text(reply, "proto");
	kv_reply_number(reply, 2);
	kv_reply_bulk_text(reply, "id");
	kv_reply_number(reply, (int64_t)run->session->id);
	kv_reply_bulk_text(reply, "mode");
	kv_reply_bulk_text(reply, "standalone");
	kv_reply_bulk_text(reply, "role");
	kv_reply_bulk_text(reply, "master");
	kv_reply_bulk_text(reply, "modules");
	kv_reply_array(reply, 0);
}
