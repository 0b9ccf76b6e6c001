/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands - which there are, and what holds for all of them.
 *
 * thread: workers.  The index is made once, before there are any.
 */
#include <stdio.h>
#include <string.h>

#include "kv.h"
#include "resp.h"

#define COMMANDS_SLOTS 256u /* a power of two, several times the commands */
#define COMMANDS_NAME 32u   /* [bytes] none has so many */

#define WRITE_FULL (KV_WRITE | KV_DENYOOM)

const struct kv_command kv_commands[] = {
	{ "append", kv_append, 3, WRITE_FULL | KV_FAST, 1, 1, 1 },
	{ "auth", kv_auth, -2, KV_FAST, 0, 0, 0 },
	{ "client", kv_client, -2, 0, 0, 0, 0 },
	{ "command", kv_command, -1, 0, 0, 0, 0 },
	{ "config", kv_config, -2, KV_ADMIN, 0, 0, 0 },
	{ "dbsize", kv_dbsize, 1, KV_READ | KV_FAST, 0, 0, 0 },
	{ "decr", kv_decr, 2, WRITE_FULL | KV_FAST, 1, 1, 1 },
	{ "decrby", kv_decrby, 3, WRITE_FULL | KV_FAST, 1, 1, 1 },
	{ "del", kv_del, -2, KV_WRITE, 1, -1, 1 },
	{ "echo", kv_echo, 2, KV_FAST, 0, 0, 0 },
	{ "exists", kv_exists, -2, KV_READ | KV_FAST, 1, -1, 1 },
	{ "expire", kv_expire, -3, KV_WRITE | KV_FAST, 1, 1, 1 },
	{ "expireat", kv_expire, -3, KV_WRITE | KV_FAST, 1, 1, 1 },
	{ "flushall", kv_flushall, -1, KV_WRITE, 0, 0, 0 },
	{ "flushdb", kv_flushall, -1, KV_WRITE, 0, 0, 0 },
	{ "get", kv_get, 2, KV_READ | KV_FAST, 1, 1, 1 },
	{ "hello", kv_hello, -1, KV_FAST, 0, 0, 0 },
	{ "incr", kv_incr, 2, WRITE_FULL | KV_FAST, 1, 1, 1 },
	{ "incrby", kv_incrby, 3, WRITE_FULL | KV_FAST, 1, 1, 1 },
	{ "info", kv_info, -1, 0, 0, 0, 0 },
	{ "keys", kv_keys, 2, KV_READ, 0, 0, 0 },
	{ "mget", kv_mget, -2, KV_READ | KV_FAST, 1, -1, 1 },
	{ "mset", kv_mset, -3, WRITE_FULL, 1, -1, 2 },
	{ "persist", kv_persist, 2, KV_WRITE | KV_FAST, 1, 1, 1 },
	{ "pexpire", kv_expire, -3, KV_WRITE | KV_FAST, 1, 1, 1 },
	{ "pexpireat", kv_expire, -3, KV_WRITE | KV_FAST, 1, 1, 1 },
	{ "ping", kv_ping, -1, KV_FAST, 0, 0, 0 },
	{ "pttl", kv_ttl, 2, KV_READ | KV_FAST, 1, 1, 1 },
	{ "quit", kv_quit, -1, KV_FAST, 0, 0, 0 },
	{ "reset", kv_reset, 1, KV_FAST, 0, 0, 0 },
	{ "scan", kv_scan, -2, KV_READ, 0, 0, 0 },
	{ "select", kv_select, 2, KV_FAST, 0, 0, 0 },
	{ "set", kv_set, -3, WRITE_FULL, 1, 1, 1 },
	{ "strlen", kv_strlen, 2, KV_READ | KV_FAST, 1, 1, 1 },
	{ "ttl", kv_ttl, 2, KV_READ | KV_FAST, 1, 1, 1 },
	{ "type", kv_type, 2, KV_READ | KV_FAST, 1, 1, 1 },
	{ "unlink", kv_del, -2, KV_WRITE | KV_FAST, 1, -1, 1 },
};
const unsigned kv_ncommands = sizeof(kv_commands) / sizeof(kv_commands[0]);

/* Written by load() only, the same each time. */
static uint8_t commands_index[COMMANDS_SLOTS]; /* number + 1, 0: free */

static unsigned
commands_slot(const uint8_t *name, size_t len)
{
	unsigned hash = (unsigned)len;
	size_t i;

	for (i = 0; i < len; i++)
		hash = hash * 31 + (name[i] | 0x20u);
	return (hash ^ hash >> 8) % COMMANDS_SLOTS;
}

void
kv_command_index(void)
{
	unsigned i, slot;

	memset(commands_index, 0, sizeof(commands_index));
	for (i = 0; i < kv_ncommands; i++) {
		slot = commands_slot((const uint8_t *)kv_commands[i].name,
		    strlen(kv_commands[i].name));
		while (commands_index[slot] != 0)
			slot = (slot + 1) % COMMANDS_SLOTS;
		commands_index[slot] = (uint8_t)(i + 1);
	}
}

bool
kv_is(struct weft_bytes arg, const char *word)
{
	const uint8_t *at = arg.data;
	size_t i;

	for (i = 0; i < arg.len; i++) {
		uint8_t c = at[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		/* Also at the word's end: no argument's byte ends it. */
		if (word[i] == '\0' || c != (uint8_t)word[i])
			return false;
	}
	return word[i] == '\0';
}

const struct kv_command *
kv_command_find(struct weft_bytes name)
{
	unsigned slot;

	if (name.len == 0 || name.len >= COMMANDS_NAME)
		return NULL;
	slot = commands_slot(name.data, name.len);
	for (; commands_index[slot] != 0; slot = (slot + 1) % COMMANDS_SLOTS)
		if (kv_is(name, kv_commands[commands_index[slot] - 1].name))
			return &kv_commands[commands_index[slot] - 1];
	return NULL;
}

/* As "%.*s" shows it: up to the first NUL. */
static int
shown_len(struct weft_bytes arg, size_t max)
{
	return (int)strnlen(arg.data, arg.len < max ? arg.len : max);
}

static void
command_unknown(struct kv_run *run)
{
	char args[192];
	size_t len = 0;
	uint32_t i;

	args[0] = '\0';
	for (i = 1; i < run->argc && len < 128; i++)
		len += (size_t)snprintf(args + len, sizeof(args) - len,
		    "'%.*s' ", shown_len(run->argv[i], 128 - len),
		    (const char *)run->argv[i].data);
	kv_reply_error(&run->reply,
	    "unknown command '%.*s', with args beginning with: %s",
	    shown_len(run->argv[0], 128), (const char *)run->argv[0].data,
	    args);
}

/*
 * The first words of an HTTP request: somebody has a browser talk to us, whose
 * POST may carry commands.  Redis hangs up on those, and so do we.
 */
static bool
command_is_http(struct weft_bytes name)
{
	return kv_is(name, "post") || kv_is(name, "host:");
}

void
kv_run_command(struct kv_run *run)
{
	const struct kv_command *command = kv_command_find(run->argv[0]);

	run->command = command;
	kv_session_count(run->session);
	if (command == NULL && command_is_http(run->argv[0])) {
		run->close = true;
	} else if (command == NULL) {
		command_unknown(run);
	} else if (command->arity > 0 ?
		run->argc != (uint32_t)command->arity :
		run->argc < (uint32_t)-command->arity) {
		kv_arity_error(run, NULL);
	} else if ((command->flags & KV_DENYOOM) != 0 &&
	    kv_store_full(run->store)) {
		kv_reply_text(&run->reply,
		    "-OOM command not allowed when used memory > "
		    "'maxmemory'.\r\n");
	} else {
		command->run(run);
	}
}

bool
kv_integer(struct kv_run *run, struct weft_bytes arg, int64_t *number)
{
	if (kv_number_parse(arg.data, arg.len, number))
		return true;
	kv_reply_error(&run->reply, "value is not an integer or out of range");
	return false;
}

void
kv_syntax_error(struct kv_run *run)
{
	kv_reply_error(&run->reply, "syntax error");
}

void
kv_arity_error(struct kv_run *run, const char *subcommand)
{
	kv_reply_error(&run->reply,
	    "wrong number of arguments for '%s%s%s' command",
	    run->command->name, subcommand == NULL ? "" : "|",
	    subcommand == NULL ? "" : subcommand);
}

void
kv_subcommand_error(struct kv_run *run)
{
	char name[COMMANDS_NAME];
	size_t i;

	for (i = 0; run->command->name[i] != '\0'; i++)
		name[i] = (char)(run->command->name[i] & ~0x20);
	name[i] = '\0';
	kv_reply_error(&run->reply, "unknown subcommand '%.*s'. Try %s HELP.",
	    shown_len(run->argv[1], 128), (const char *)run->argv[1].data,
	    name);
}

void
kv_no_memory(struct kv_run *run)
{
	kv_reply_text(&run->reply, "-OOM no memory was left\r\n");
}
