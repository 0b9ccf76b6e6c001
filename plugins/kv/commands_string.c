/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands_string - commands on values.
 *
 * thread: workers.  Each takes the locks of all its keys first.
 */
#include <string.h>

#include "kv.h"
#include "resp.h"

static void
string_reply(struct kv_run *run, struct kv_entry *entry)
{
	if (entry == NULL)
		kv_reply_null(&run->reply);
	else
		kv_reply_bulk(
		    &run->reply, kv_entry_value(entry), entry->value_len);
}

void
kv_get(struct kv_run *run)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct kv_shard *shard = kv_store_lock_one(run->store, key.hash);

	string_reply(run, kv_shard_find(shard, &key));
	kv_store_unlock_one(shard);
}

void
kv_strlen(struct kv_run *run)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct kv_shard *shard = kv_store_lock_one(run->store, key.hash);
	struct kv_entry *entry = kv_shard_find(shard, &key);

	kv_reply_number(&run->reply, entry == NULL ? 0 : entry->value_len);
	kv_store_unlock_one(shard);
}

enum set_flag {
	SET_NX = 1,
	SET_XX = 2,
	SET_GET = 4,
	SET_KEEPTTL = 8,
	SET_EX = 16,
	SET_PX = 32,
	SET_EXAT = 64,
	SET_PXAT = 128
};
#define SET_EXPIRES (SET_EX | SET_PX | SET_EXAT | SET_PXAT)

/* Options of SET; *when is where the time stands.  false: syntax error. */
static bool
set_options(struct kv_run *run, unsigned *flags, uint32_t *when)
{
	static const struct {
		const char *word;
		unsigned flag, not_with;
	} options[] = {
		{ "nx", SET_NX, SET_XX },
		{ "xx", SET_XX, SET_NX },
		{ "get", SET_GET, 0 },
		{ "keepttl", SET_KEEPTTL, SET_EXPIRES },
		{ "ex", SET_EX, SET_KEEPTTL | SET_PX | SET_EXAT | SET_PXAT },
		{ "px", SET_PX, SET_KEEPTTL | SET_EX | SET_EXAT | SET_PXAT },
		{ "exat", SET_EXAT, SET_KEEPTTL | SET_EX | SET_PX | SET_PXAT },
		{ "pxat", SET_PXAT, SET_KEEPTTL | SET_EX | SET_PX | SET_EXAT },
	};
	size_t noptions = sizeof(options) / sizeof(options[0]), o;
	uint32_t i;

	for (i = 3; i < run->argc; i++) {
		for (o = 0; o < noptions; o++)
			if (kv_is(run->argv[i], options[o].word))
				break;
		if (o == noptions || (*flags & options[o].not_with) != 0)
			return false;
		*flags |= options[o].flag;
		if ((options[o].flag & SET_EXPIRES) != 0) {
			if (++i == run->argc)
				return false;
			*when = i;
		}
	}
	return true;
}

static void
set_locked(struct kv_run *run, struct kv_shard *shard, unsigned flags,
    int64_t expire_ms)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct weft_bytes value = run->argv[2];
	struct kv_entry *entry;
	size_t before = run->reply.len;

	if ((flags & (SET_NX | SET_XX | SET_GET)) != 0) {
		entry = kv_shard_find(shard, &key);
		if ((flags & SET_GET) != 0)
			string_reply(run, entry);
		if ((flags & (entry == NULL ? SET_XX : SET_NX)) != 0) {
			if ((flags & SET_GET) == 0)
				kv_reply_null(&run->reply);
			return;
		}
	}
	entry = kv_shard_value(shard, &key, (uint32_t)value.len, true);
	if (entry == NULL) {
		run->reply.len = before;
		kv_no_memory(run);
		return;
	}
	if (value.len > 0)
		memcpy(kv_entry_value(entry), value.data, value.len);
	if ((flags & SET_KEEPTTL) == 0 && entry->expire_ms != expire_ms)
		kv_shard_expire(shard, entry, expire_ms);
	if ((flags & SET_GET) == 0)
		kv_reply_raw(&run->reply, "+OK\r\n", 5);
}

void
kv_set(struct kv_run *run)
{
	int64_t expire_ms = KV_NO_EXPIRE;
	struct kv_shard *shard;
	unsigned flags = 0;
	uint32_t when = 0;

	if (run->argc > 3 && !set_options(run, &flags, &when)) {
		kv_syntax_error(run);
		return;
	}
	if (when > 0 &&
	    !kv_expire_time(run, run->argv[when],
		(flags & (SET_EX | SET_EXAT)) != 0,
		(flags & (SET_EXAT | SET_PXAT)) != 0, true, &expire_ms))
		return;
	shard = kv_store_lock_one(
	    run->store, kv_store_key(run->store, run->argv[1]).hash);
	set_locked(run, shard, flags, expire_ms);
	kv_store_unlock_one(shard);
}

void
kv_append(struct kv_run *run)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct kv_shard *shard = kv_store_lock_one(run->store, key.hash);
	struct kv_entry *entry = kv_shard_find(shard, &key);
	struct weft_bytes more = run->argv[2];
	size_t before = entry == NULL ? 0 : entry->value_len;

	if (before + more.len > KV_BULK_MAX) {
		kv_reply_error(&run->reply,
		    "string exceeds maximum allowed "
		    "size (proto-max-bulk-len)");
	} else {
		entry = kv_shard_value(
		    shard, &key, (uint32_t)(before + more.len), false);
		if (entry == NULL) {
			kv_no_memory(run);
		} else {
			if (more.len > 0)
				memcpy(kv_entry_value(entry) + before,
				    more.data, more.len);
			kv_reply_number(&run->reply, entry->value_len);
		}
	}
	kv_store_unlock_one(shard);
}

static void
number_add_locked(struct kv_run *run, struct kv_shard *shard,
    const struct kv_key *key, int64_t by)
{
	struct kv_entry *entry = kv_shard_find(shard, key);
	char text[KV_NUMBER_CHARS];
	int64_t value = 0;
	size_t len;

	if (entry != NULL) {
		struct weft_bytes old = { kv_entry_value(entry),
			entry->value_len };

		if (!kv_integer(run, old, &value))
			return;
	}
	if (__builtin_add_overflow(value, by, &value)) {
		kv_reply_error(
		    &run->reply, "increment or decrement would overflow");
		return;
	}
	len = kv_number_write(text, value);
	entry = kv_shard_value(shard, key, (uint32_t)len, true);
	if (entry == NULL) {
		kv_no_memory(run);
		return;
	}
	memcpy(kv_entry_value(entry), text, len);
	kv_reply_number(&run->reply, value);
}

static void
number_add(struct kv_run *run, int64_t by)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct kv_shard *shard = kv_store_lock_one(run->store, key.hash);

	number_add_locked(run, shard, &key, by);
	kv_store_unlock_one(shard);
}

void
kv_incr(struct kv_run *run)
{
	number_add(run, 1);
}

void
kv_decr(struct kv_run *run)
{
	number_add(run, -1);
}

void
kv_incrby(struct kv_run *run)
{
	int64_t by;

	if (kv_integer(run, run->argv[2], &by))
		number_add(run, by);
}

void
kv_decrby(struct kv_run *run)
{
	int64_t by;

	if (!kv_integer(run, run->argv[2], &by))
		return;
	if (by == INT64_MIN)
		kv_reply_error(&run->reply, "decrement would overflow");
	else
		number_add(run, -by);
}

void
kv_mget(struct kv_run *run)
{
	struct kv_locks locks = { 0 };
	struct kv_key key;
	uint32_t i;

	for (i = 1; i < run->argc; i++)
		kv_locks_add(
		    &locks, kv_store_key(run->store, run->argv[i]).hash);
	kv_reply_array(&run->reply, run->argc - 1);
	kv_store_lock(run->store, &locks);
	for (i = 1; i < run->argc; i++) {
		key = kv_store_key(run->store, run->argv[i]);
		string_reply(run,
		    kv_shard_find(kv_store_shard(run->store, key.hash), &key));
	}
	kv_store_unlock(run->store, &locks);
}

/* All or nothing but for want of memory, which is said. */
void
kv_mset(struct kv_run *run)
{
	struct kv_locks locks = { 0 };
	struct kv_entry *entry = NULL;
	struct kv_shard *shard;
	struct kv_key key;
	uint32_t i;

	if (run->argc % 2 == 0) {
		kv_arity_error(run, NULL);
		return;
	}
	for (i = 1; i < run->argc; i += 2)
		kv_locks_add(
		    &locks, kv_store_key(run->store, run->argv[i]).hash);
	kv_store_lock(run->store, &locks);
	for (i = 1; i < run->argc; i += 2) {
		struct weft_bytes value = run->argv[i + 1];

		key = kv_store_key(run->store, run->argv[i]);
		shard = kv_store_shard(run->store, key.hash);
		entry = kv_shard_value(shard, &key, (uint32_t)value.len, true);
		if (entry == NULL)
			break;
		if (value.len > 0)
			memcpy(kv_entry_value(entry), value.data, value.len);
		if (entry->expire_ms != KV_NO_EXPIRE)
			kv_shard_expire(shard, entry, KV_NO_EXPIRE);
	}
	kv_store_unlock(run->store, &locks);
	if (entry == NULL)
		kv_no_memory(run);
	else
		kv_reply_text(&run->reply, "+OK\r\n");
}
