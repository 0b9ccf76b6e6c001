/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - all keys: shards, each with a lock, a dict and expiry.
 *
 * Which shard a key is in follows from its hash.  A command locks the shards
 * of all its keys, in the order of their numbers, before it looks at the
 * first, so it is one step for whoever else looks: an MSET is never half
 * there.  Lock order: shard 0 first, then 1, ...; nothing is sent and no
 * other lock is taken meanwhile.
 *
 * Expired keys are not there for anybody.  Their memory is given back when
 * they are looked for, by each write to the shard (a chain at a time), and
 * when maxmemory is reached.
 */
#ifndef KV_STORE_H
#define KV_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#include "dict.h"

/* TSan follows at most 64 locks that one thread holds, and a FLUSHALL holds
 * all of these. */
#define KV_SHARD_BITS 5u
#define KV_SHARDS (1u << KV_SHARD_BITS)

struct kv_store;
struct kv_shard;

/* A key that is looked for. */
struct kv_key {
	const void *data;
	size_t len;
	uint64_t hash;
};

/* A set of shards. */
struct kv_locks {
	uint32_t bits;
};

/* kv_store_new() - maxmemory in bytes, 0: no limit.  errors: -ENOMEM, or what
 * getrandom(2) says. */
int kv_store_new(struct kv_store **storep, uint64_t maxmemory);
void kv_store_free(struct kv_store **storep);

/* kv_store_now() - ms since the Unix epoch. */
int64_t kv_store_now(void);

/* kv_store_full() - is used memory above maxmemory, also after expired keys
 * of some shards were given back?  Takes locks. */
bool kv_store_full(struct kv_store *store);
uint64_t kv_store_used(const struct kv_store *store);
uint64_t kv_store_maxmemory(const struct kv_store *store);

/* kv_store_count() - keys, and those that expire.  Takes locks in turn. */
void kv_store_count(struct kv_store *store, uint64_t *keys, uint64_t *expires);

/* kv_store_flush() - all keys go, in one step. */
void kv_store_flush(struct kv_store *store);

/* kv_store_each() - show() all keys that have not expired, shard by shard. */
void kv_store_each(struct kv_store *store,
    void (*show)(void *arg, struct kv_entry *entry), void *arg);

/* kv_store_scan() - at least so many buckets from the cursor on, or until
 * *stop is true; as kv_dict_scan(). */
uint64_t kv_store_scan(struct kv_store *store, uint64_t cursor,
    uint64_t buckets, void (*show)(void *arg, struct kv_entry *entry),
    void *arg, const bool *stop);

struct kv_key kv_store_key(const struct kv_store *store, struct weft_bytes b);

/* One shard, or those of many keys.  kv_store_shard() does not lock. */
struct kv_shard *kv_store_shard(struct kv_store *store, uint64_t hash);
struct kv_shard *kv_store_lock_one(struct kv_store *store, uint64_t hash);
void kv_store_unlock_one(struct kv_shard *shard);
void kv_locks_add(struct kv_locks *locks, uint64_t hash);
void kv_store_lock(struct kv_store *store, const struct kv_locks *locks);
void kv_store_unlock(struct kv_store *store, const struct kv_locks *locks);

/* The rest is called with the shard's lock held.  An entry is valid until the
 * next call. */

/* kv_shard_find() - NULL: not there, or expired. */
struct kv_entry *kv_shard_find(
    struct kv_shard *shard, const struct kv_key *key);

/*
 * kv_shard_value() - the key's entry with a value of len bytes, of which the
 * first ones are those that were there; made if it is not there (then without
 * expiry).
 *
 *   exact    in       room for just that much; else room to grow in.
 *   returns           NULL: no memory, and nothing has changed.
 */
struct kv_entry *kv_shard_value(struct kv_shard *shard,
    const struct kv_key *key, uint32_t len, bool exact);

void kv_shard_expire(
    struct kv_shard *shard, struct kv_entry *entry, int64_t expire_ms);

/* kv_shard_delete() - false: it was not there. */
bool kv_shard_delete(struct kv_shard *shard, const struct kv_key *key);

#endif
