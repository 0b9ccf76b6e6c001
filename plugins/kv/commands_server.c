/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands_server - commands on the server and what it tells of itself.
 *
 * thread: workers.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "glob.h"
#include "kv.h"

void
kv_ping(struct kv_run *run)
{
	if (run->argc > 2)
		kv_arity_error(run, NULL);
	else if (run->argc == 2)
		kv_reply_bulk(
		    &run->reply, run->argv[1].data, run->argv[1].len);
	else
		kv_reply_raw(&run->reply, "+PONG\r\n", 7);
}

void
kv_echo(struct kv_run *run)
{
	kv_reply_bulk(&run->reply, run->argv[1].data, run->argv[1].len);
}

void
kv_quit(struct kv_run *run)
{
	kv_reply_text(&run->reply, "+OK\r\n");
	run->close = true;
}

/* There is one database, so 0 is the only index. */
void
kv_select(struct kv_run *run)
{
	int64_t number;

	if (!kv_integer(run, run->argv[1], &number))
		return;
	if (number < INT32_MIN || number > INT32_MAX)
		kv_reply_error(&run->reply,
		    "value is out of range, value must "
		    "between -2147483648 and "
		    "2147483647");
	else if (number != 0)
		kv_reply_error(&run->reply, "DB index is out of range");
	else
		kv_reply_text(&run->reply, "+OK\r\n");
}

void
kv_dbsize(struct kv_run *run)
{
	uint64_t keys, expires;

	kv_store_count(run->store, &keys, &expires);
	kv_reply_number(&run->reply, (int64_t)keys);
}

/* FLUSHALL, FLUSHDB */
void
kv_flushall(struct kv_run *run)
{
	if (run->argc > 2 ||
	    (run->argc == 2 && !kv_is(run->argv[1], "async") &&
		!kv_is(run->argv[1], "sync"))) {
		kv_syntax_error(run);
		return;
	}
	kv_store_flush(run->store);
	kv_reply_text(&run->reply, "+OK\r\n");
}

/* COMMAND's entry of one command, as Redis 7 shows it. */
static void
command_show(struct kv_run *run, const struct kv_command *command)
{
	static const struct {
		unsigned flag;
		const char *word;
	} flags[] = { { KV_WRITE, "write" }, { KV_READ, "readonly" },
		{ KV_DENYOOM, "denyoom" }, { KV_ADMIN, "admin" },
		{ KV_FAST, "fast" } };
	size_t i, nflags = sizeof(flags) / sizeof(flags[0]);
	struct kv_reply *reply = &run->reply;

	kv_reply_array(reply, 10);
	kv_reply_bulk_text(reply, command->name);
	kv_reply_number(reply, command->arity);
	kv_reply_array(reply, (uint64_t)__builtin_popcount(command->flags));
	for (i = 0; i < nflags; i++)
		if ((command->flags & flags[i].flag) != 0)
			kv_reply_simple(reply, flags[i].word);
	kv_reply_number(reply, command->first_key);
	kv_reply_number(reply, command->last_key);
	kv_reply_number(reply, command->step);
	/* Categories, tips, specifications of keys, subcommands: none. */
	for (i = 0; i < 4; i++)
		kv_reply_array(reply, 0);
}

void
kv_command(struct kv_run *run)
{
	const struct kv_command *command;
	unsigned i;

	if (run->argc == 1 ||
	    (run->argc == 2 && kv_is(run->argv[1], "info"))) {
		kv_reply_array(&run->reply, kv_ncommands);
		for (i = 0; i < kv_ncommands; i++)
			command_show(run, &kv_commands[i]);
	} else if (kv_is(run->argv[1], "info")) {
		kv_reply_array(&run->reply, run->argc - 2);
		for (i = 2; i < run->argc; i++) {
			command = kv_command_find(run->argv[i]);
			if (command == NULL)
				kv_reply_null(&run->reply);
			else
				command_show(run, command);
		}
	} else if (kv_is(run->argv[1], "docs")) {
		kv_reply_array(&run->reply, 0);
	} else if (!kv_is(run->argv[1], "count") &&
	    !kv_is(run->argv[1], "list")) {
		kv_subcommand_error(run);
	} else if (run->argc > 2) {
		kv_arity_error(
		    run, kv_is(run->argv[1], "count") ? "count" : "list");
	} else if (kv_is(run->argv[1], "count")) {
		kv_reply_number(&run->reply, kv_ncommands);
	} else {
		kv_reply_array(&run->reply, kv_ncommands);
		for (i = 0; i < kv_ncommands; i++)
			kv_reply_bulk_text(&run->reply, kv_commands[i].name);
	}
}

/* What redis-benchmark and clients ask for. */
static void
config_get(struct kv_run *run)
{
	char maxmemory[24];
	const struct {
		const char *name, *value;
	} settings[] = { { "appendonly", "no" }, { "databases", "1" },
		{ "maxmemory", maxmemory },
		{ "maxmemory-policy", "noeviction" },
		{ "proto-max-bulk-len", "536870912" }, { "save", "" } };
	size_t n = sizeof(settings) / sizeof(settings[0]), i;
	/* By which argument, 0: by none. */
	uint32_t wanted[sizeof(settings) / sizeof(settings[0])] = { 0 };
	uint64_t count = 0;
	uint32_t a;

	(void)snprintf(maxmemory, sizeof(maxmemory), "%llu",
	    (unsigned long long)kv_store_maxmemory(run->store));
	for (i = 0; i < n; i++) {
		struct weft_bytes name = { settings[i].name,
			strlen(settings[i].name) };

		for (a = 2; a < run->argc && wanted[i] == 0; a++)
			if (kv_glob(run->argv[a], name, true))
				wanted[i] = a;
		count += wanted[i] != 0;
	}
	kv_reply_array(&run->reply, count * 2);
	for (i = 0; i < n; i++)
		if (wanted[i] != 0) {
			/* A whole name comes back as it was written. */
			if (kv_is(run->argv[wanted[i]], settings[i].name))
				kv_reply_bulk(&run->reply,
				    run->argv[wanted[i]].data,
				    run->argv[wanted[i]].len);
			else
				kv_reply_bulk_text(
				    &run->reply, settings[i].name);
			kv_reply_bulk_text(&run->reply, settings[i].value);
		}
}

void
kv_config(struct kv_run *run)
{
	if (kv_is(run->argv[1], "get")) {
		if (run->argc < 3)
			kv_arity_error(run, "get");
		else
			config_get(run);
	} else if (kv_is(run->argv[1], "resetstat")) {
		if (run->argc > 2)
			kv_arity_error(run, "resetstat");
		else
			kv_reply_text(&run->reply, "+OK\r\n");
	} else {
		kv_subcommand_error(run);
	}
}

/* A line of INFO. */
static void info_line(struct kv_reply *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
info_line(struct kv_reply *text, const char *format, ...)
{
	char line[160];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	kv_reply_text(text, line);
	kv_reply_raw(text, "\r\n", 2);
}

static void
info_server(struct kv_run *run, struct kv_reply *text)
{
	int64_t up = (kv_store_now() - run->kv->since_ms) / 1000;

	info_line(text, "redis_version:%s", KV_REDIS_VERSION);
	info_line(text, "redis_mode:standalone");
	info_line(text, "server_name:weft-kv");
	info_line(text, "weft_version:%s", WEFT_VERSION);
	info_line(text, "arch_bits:%d", (int)sizeof(void *) * 8);
	info_line(text, "process_id:%ld", (long)getpid());
	info_line(text, "uptime_in_seconds:%lld", (long long)up);
	info_line(text, "uptime_in_days:%lld", (long long)(up / 86400));
}

static void
info_clients(struct kv_run *run, struct kv_reply *text)
{
	uint64_t nsessions;

	pthread_mutex_lock(&run->kv->lock);
	nsessions = run->kv->nsessions;
	pthread_mutex_unlock(&run->kv->lock);
	info_line(
	    text, "connected_clients:%llu", (unsigned long long)nsessions);
}

static void
info_memory(struct kv_run *run, struct kv_reply *text)
{
	info_line(text, "used_memory:%llu",
	    (unsigned long long)kv_store_used(run->store));
	info_line(text, "maxmemory:%llu",
	    (unsigned long long)kv_store_maxmemory(run->store));
	info_line(text, "maxmemory_policy:noeviction");
}

static void
info_persistence(struct kv_run *run, struct kv_reply *text)
{
	(void)run;
	info_line(text, "loading:0");
	info_line(text, "aof_enabled:0");
}

static void
info_stats(struct kv_run *run, struct kv_reply *text)
{
	const struct kv_session *session;
	uint64_t total, commands;

	pthread_mutex_lock(&run->kv->lock);
	total = run->kv->next_id;
	commands = run->kv->commands;
	for (session = run->kv->sessions; session != NULL;
	     session = session->next)
		commands += kv_session_commands(session);
	pthread_mutex_unlock(&run->kv->lock);
	info_line(text, "total_connections_received:%llu",
	    (unsigned long long)total);
	info_line(text, "total_commands_processed:%llu",
	    (unsigned long long)commands);
}

static void
info_replication(struct kv_run *run, struct kv_reply *text)
{
	(void)run;
	info_line(text, "role:master");
	info_line(text, "connected_slaves:0");
}

static void
info_cluster(struct kv_run *run, struct kv_reply *text)
{
	(void)run;
	info_line(text, "cluster_enabled:0");
}

static void
info_keyspace(struct kv_run *run, struct kv_reply *text)
{
	uint64_t keys, expires;

	kv_store_count(run->store, &keys, &expires);
	if (keys > 0)
		info_line(text, "db0:keys=%llu,expires=%llu,avg_ttl=0",
		    (unsigned long long)keys, (unsigned long long)expires);
}

/* Is that section asked for? */
static bool
info_wanted(struct kv_run *run, const char *section)
{
	uint32_t i;

	for (i = 1; i < run->argc; i++)
		if (kv_is(run->argv[i], section) ||
		    kv_is(run->argv[i], "all") ||
		    kv_is(run->argv[i], "default") ||
		    kv_is(run->argv[i], "everything"))
			return true;
	return run->argc == 1;
}

void
kv_info(struct kv_run *run)
{
	static const struct {
		const char *section, *title;
		void (*show)(struct kv_run *run, struct kv_reply *text);
	} sections[] = {
		{ "server", "# Server", info_server },
		{ "clients", "# Clients", info_clients },
		{ "memory", "# Memory", info_memory },
		{ "persistence", "# Persistence", info_persistence },
		{ "stats", "# Stats", info_stats },
		{ "replication", "# Replication", info_replication },
		{ "cluster", "# Cluster", info_cluster },
		{ "keyspace", "# Keyspace", info_keyspace },
	};
	struct kv_reply text;
	size_t i;

	kv_reply_init(&text);
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (!info_wanted(run, sections[i].section))
			continue;
		if (text.len > 0)
			kv_reply_raw(&text, "\r\n", 2);
		info_line(&text, "%s", sections[i].title);
		sections[i].show(run, &text);
	}
	kv_reply_bulk(&run->reply, text.data, text.len);
	run->reply.failed = run->reply.failed || text.failed;
	kv_reply_fini(&text);
}
