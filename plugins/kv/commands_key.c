/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands_key - commands on keys: whether they are there, and how long.
 *
 * thread: workers.
 */
#include <string.h>

#include "glob.h"
#include "kv.h"
#include "resp.h"

#define SCAN_COUNT 10u /* what Redis shows without COUNT */

/* DEL and EXISTS: count the keys for which it is so. */
static void
key_count(struct kv_run *run, bool take)
{
	struct kv_locks locks = { 0 };
	struct kv_shard *shard;
	int64_t count = 0;
	uint32_t i;

	for (i = 1; i < run->argc; i++)
		kv_locks_add(
		    &locks, kv_store_key(run->store, run->argv[i]).hash);
	kv_store_lock(run->store, &locks);
	for (i = 1; i < run->argc; i++) {
		struct kv_key key = kv_store_key(run->store, run->argv[i]);

		shard = kv_store_shard(run->store, key.hash);
		count += take ? kv_shard_delete(shard, &key) :
				kv_shard_find(shard, &key) != NULL;
	}
	kv_store_unlock(run->store, &locks);
	kv_reply_number(&run->reply, count);
}

void
kv_del(struct kv_run *run)
{
	key_count(run, true);
}

void
kv_exists(struct kv_run *run)
{
	key_count(run, false);
}

void
kv_type(struct kv_run *run)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct kv_shard *shard = kv_store_lock_one(run->store, key.hash);
	bool there = kv_shard_find(shard, &key) != NULL;

	kv_store_unlock_one(shard);
	kv_reply_simple(&run->reply, there ? "string" : "none");
}

bool
kv_expire_time(struct kv_run *run, struct weft_bytes arg, bool seconds,
    bool absolute, bool positive, int64_t *expire_ms)
{
	int64_t ms;

	if (!kv_integer(run, arg, &ms))
		return false;
	if ((positive && ms <= 0) ||
	    (seconds && __builtin_mul_overflow(ms, 1000, &ms)) ||
	    (!absolute && __builtin_add_overflow(ms, kv_store_now(), &ms))) {
		kv_reply_error(&run->reply,
		    "invalid expire time in '%s' command", run->command->name);
		return false;
	}
	*expire_ms = ms == KV_NO_EXPIRE ? ms + 1 : ms;
	return true;
}

enum expire_flag {
	EXPIRE_NX = 1,
	EXPIRE_XX = 2,
	EXPIRE_GT = 4,
	EXPIRE_LT = 8
};

/* false: answered. */
static bool
expire_options(struct kv_run *run, unsigned *flags)
{
	static const char *const words[] = { "nx", "xx", "gt", "lt" };
	uint32_t i;
	unsigned w;

	for (i = 3; i < run->argc; i++) {
		for (w = 0; w < 4 && !kv_is(run->argv[i], words[w]); w++)
			continue;
		if (w == 4) {
			kv_reply_error(&run->reply, "Unsupported option %.*s",
			    (int)strnlen(run->argv[i].data,
				run->argv[i].len < 256 ? run->argv[i].len :
							 256),
			    (const char *)run->argv[i].data);
			return false;
		}
		*flags |= 1u << w;
	}
	if ((*flags & EXPIRE_NX) != 0 && (*flags & ~(unsigned)EXPIRE_NX) != 0)
		kv_reply_error(&run->reply,
		    "NX and XX, GT or LT options at the same time are not "
		    "compatible");
	else if ((*flags & EXPIRE_GT) != 0 && (*flags & EXPIRE_LT) != 0)
		kv_reply_error(&run->reply,
		    "GT and LT options at the same time are not compatible");
	else
		return true;
	return false;
}

/* Do the options let the time become that?  No expiry is for ever. */
static bool
expire_wanted(unsigned flags, int64_t present, int64_t when)
{
	bool forever = present == KV_NO_EXPIRE;

	if ((flags & EXPIRE_NX) != 0 && !forever)
		return false;
	if ((flags & EXPIRE_XX) != 0 && forever)
		return false;
	if ((flags & EXPIRE_GT) != 0 && (forever || when <= present))
		return false;
	return (flags & EXPIRE_LT) == 0 || forever || when < present;
}

/* EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT */
void
kv_expire(struct kv_run *run)
{
	const char *name = run->command->name;
	bool seconds = name[0] == 'e';
	bool absolute = strcmp(name + strlen(name) - 2, "at") == 0;
	struct kv_shard *shard;
	struct kv_entry *entry;
	unsigned flags = 0;
	struct kv_key key;
	bool done = false;
	int64_t when;

	if (!expire_options(run, &flags) ||
	    !kv_expire_time(
		run, run->argv[2], seconds, absolute, false, &when))
		return;
	key = kv_store_key(run->store, run->argv[1]);
	shard = kv_store_lock_one(run->store, key.hash);
	entry = kv_shard_find(shard, &key);
	if (entry != NULL && expire_wanted(flags, entry->expire_ms, when)) {
		done = true;
		if (when <= kv_store_now())
			(void)kv_shard_delete(shard, &key);
		else
			kv_shard_expire(shard, entry, when);
	}
	kv_store_unlock_one(shard);
	kv_reply_number(&run->reply, done);
}

void
kv_persist(struct kv_run *run)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct kv_shard *shard = kv_store_lock_one(run->store, key.hash);
	struct kv_entry *entry = kv_shard_find(shard, &key);
	bool done = entry != NULL && entry->expire_ms != KV_NO_EXPIRE;

	if (done)
		kv_shard_expire(shard, entry, KV_NO_EXPIRE);
	kv_store_unlock_one(shard);
	kv_reply_number(&run->reply, done);
}

/* TTL, PTTL */
void
kv_ttl(struct kv_run *run)
{
	struct kv_key key = kv_store_key(run->store, run->argv[1]);
	struct kv_shard *shard = kv_store_lock_one(run->store, key.hash);
	struct kv_entry *entry = kv_shard_find(shard, &key);
	int64_t left = -2;

	if (entry != NULL && entry->expire_ms == KV_NO_EXPIRE) {
		left = -1;
	} else if (entry != NULL) {
		left = entry->expire_ms - kv_store_now();
		left = left < 0 ? 0 : left;
		if (run->command->name[0] == 't')
			left = left / 1000 + (left % 1000 >= 500);
	}
	kv_store_unlock_one(shard);
	kv_reply_number(&run->reply, left);
}

/* Keys on their way into a reply. */
struct key_list {
	struct kv_reply reply;
	struct weft_bytes pattern;
	uint64_t count; /* in the reply */
	uint64_t want;  /* full is set when there are so many */
	bool all;       /* the pattern is "*", or there is none */
	bool none;      /* none is of the type that is wanted */
	bool full;
};

static void
key_show(void *arg, struct kv_entry *entry)
{
	struct key_list *list = arg;
	struct weft_bytes key = { entry->bytes, entry->key_len };

	if (list->none || (!list->all && !kv_glob(list->pattern, key, false)))
		return;
	kv_reply_bulk(&list->reply, key.data, key.len);
	list->count++;
	list->full = list->count >= list->want;
}

static void
key_pattern(struct key_list *list, struct weft_bytes pattern)
{
	list->pattern = pattern;
	list->all = pattern.len == 1 && *(const char *)pattern.data == '*';
}

/* The array, once it is known how many there are. */
static void
key_list_reply(struct kv_run *run, struct key_list *list)
{
	kv_reply_array(&run->reply, list->count);
	kv_reply_raw(&run->reply, list->reply.data, list->reply.len);
	run->reply.failed = run->reply.failed || list->reply.failed;
	kv_reply_fini(&list->reply);
}

void
kv_keys(struct kv_run *run)
{
	struct key_list list = { .want = UINT64_MAX };

	kv_reply_init(&list.reply);
	key_pattern(&list, run->argv[1]);
	kv_store_each(run->store, key_show, &list);
	key_list_reply(run, &list);
}

/* MATCH, COUNT, TYPE; false: answered. */
static bool
scan_options(struct kv_run *run, struct key_list *list)
{
	int64_t count;
	uint32_t i;

	for (i = 2; i < run->argc; i += 2) {
		bool last = i + 1 == run->argc;

		if (!last && kv_is(run->argv[i], "count")) {
			if (!kv_integer(run, run->argv[i + 1], &count))
				return false;
			if (count < 1) {
				kv_syntax_error(run);
				return false;
			}
			list->want = (uint64_t)count;
		} else if (!last && kv_is(run->argv[i], "match")) {
			key_pattern(list, run->argv[i + 1]);
		} else if (!last && kv_is(run->argv[i], "type")) {
			list->none = !kv_is(run->argv[i + 1], "string");
		} else {
			kv_syntax_error(run);
			return false;
		}
	}
	return true;
}

/* strtoul() of Redis takes no blanks in front and nothing behind. */
static bool
scan_cursor(struct weft_bytes arg, uint64_t *cursor)
{
	const uint8_t *at = arg.data;
	size_t i;

	*cursor = 0;
	for (i = 0; i < arg.len; i++) {
		if (at[i] < '0' || at[i] > '9' ||
		    __builtin_mul_overflow(*cursor, 10, cursor) ||
		    __builtin_add_overflow(
			*cursor, (uint64_t)at[i] - '0', cursor))
			return false;
	}
	return true;
}

void
kv_scan(struct kv_run *run)
{
	struct key_list list = { .want = SCAN_COUNT, .all = true };
	char text[24];
	uint64_t cursor, buckets;
	size_t len = sizeof(text);

	if (!scan_cursor(run->argv[1], &cursor)) {
		kv_reply_error(&run->reply, "invalid cursor");
		return;
	}
	if (!scan_options(run, &list))
		return;
	kv_reply_init(&list.reply);
	/* Redis looks at ten buckets per key that is wanted, at most. */
	buckets = list.want > UINT64_MAX / 10 ? UINT64_MAX : list.want * 10;
	cursor = kv_store_scan(
	    run->store, cursor, buckets, key_show, &list, &list.full);
	do {
		text[--len] = (char)('0' + cursor % 10);
		cursor /= 10;
	} while (cursor > 0);
	kv_reply_array(&run->reply, 2);
	kv_reply_bulk(&run->reply, text + len, sizeof(text) - len);
	key_list_reply(run, &list);
}
