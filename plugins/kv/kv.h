/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kv.h - the plugin's state, and how a command is described and run.
 */
#ifndef KV_KV_H
#define KV_KV_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#include "reply.h"
#include "session.h"
#include "store.h"

/* What HELLO and INFO say: the version whose commands, replies and errors
 * these are.  Clients decide by it what they may use. */
#define KV_REDIS_VERSION "7.0.15"

struct kv {
	struct kv_store *store;
	int64_t since_ms; /* Unix time of load */
	pthread_mutex_t lock;
	struct kv_session *sessions; /* guarded by lock, as all that follows */
	uint64_t nsessions;
	uint64_t next_id;
	uint64_t commands; /* run for sessions that are gone */
};

/* One run of one command. */
struct kv_run {
	struct kv *kv;
	struct kv_store *store;
	struct kv_session *session;
	struct weft_call *call;
	const struct kv_command *command;
	const struct weft_bytes *argv; /* [0] is the command's name */
	uint32_t argc;
	bool close; /* out: the connection ends after the reply */
	struct kv_reply reply;
};

enum kv_command_flag {
	KV_WRITE = 1,
	KV_READ = 2,
	KV_DENYOOM = 4, /* refused above maxmemory */
	KV_FAST = 8,
	KV_ADMIN = 16
};

struct kv_command {
	const char *name; /* lower case */
	void (*run)(struct kv_run *run);
	int arity; /* with the name; negative: at least that many */
	unsigned flags;
	int first_key, last_key, step; /* as COMMAND says them */
};

extern const struct kv_command kv_commands[];
extern const unsigned kv_ncommands;

/* kv_command_find() - NULL: there is none. */
const struct kv_command *kv_command_find(struct weft_bytes name);

/* kv_command_index() - before the first find. */
void kv_command_index(void);

/* kv_run_command() - argv and argc are set; the reply is made. */
void kv_run_command(struct kv_run *run);

/* kv_is() - is the argument that word (lower case), in any case? */
bool kv_is(struct weft_bytes arg, const char *word);

/* What many answer.  kv_integer() answers the error itself. */
bool kv_integer(struct kv_run *run, struct weft_bytes arg, int64_t *number);
void kv_syntax_error(struct kv_run *run);
void kv_arity_error(struct kv_run *run, const char *subcommand);
void kv_subcommand_error(struct kv_run *run);
void kv_no_memory(struct kv_run *run);
/* kv_expire_time() - an argument of SET or EXPIRE as Unix time in ms; false:
 * answered. */
bool kv_expire_time(struct kv_run *run, struct weft_bytes arg, bool seconds,
    bool absolute, bool positive, int64_t *expire_ms);

void kv_append(struct kv_run *run);
void kv_auth(struct kv_run *run);
void kv_client(struct kv_run *run);
void kv_command(struct kv_run *run);
void kv_config(struct kv_run *run);
void kv_dbsize(struct kv_run *run);
void kv_decr(struct kv_run *run);
void kv_decrby(struct kv_run *run);
void kv_del(struct kv_run *run);
void kv_echo(struct kv_run *run);
void kv_exists(struct kv_run *run);
void kv_expire(struct kv_run *run);
void kv_flushall(struct kv_run *run);
void kv_get(struct kv_run *run);
void kv_hello(struct kv_run *run);
void kv_incr(struct kv_run *run);
void kv_incrby(struct kv_run *run);
void kv_info(struct kv_run *run);
void kv_keys(struct kv_run *run);
void kv_mget(struct kv_run *run);
void kv_mset(struct kv_run *run);
void kv_persist(struct kv_run *run);
void kv_ping(struct kv_run *run);
void kv_quit(struct kv_run *run);
void kv_reset(struct kv_run *run);
void kv_scan(struct kv_run *run);
void kv_select(struct kv_run *run);
void kv_set(struct kv_run *run);
void kv_strlen(struct kv_run *run);
void kv_ttl(struct kv_run *run);
void kv_type(struct kv_run *run);

#endif
