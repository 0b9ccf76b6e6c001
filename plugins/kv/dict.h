/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict.h - one hash table of entries, grown and shrunk a bucket at a time.
 *
 * While it changes size there are two tables: entries move from [0] to [1] by
 * kv_dict_step(), new ones go to [1] at once.  No operation looks at more than
 * a few chains, so nobody waits for a table to be copied.
 *
 * thread: not its own business: the shard's lock guards it.
 */
#ifndef KV_DICT_H
#define KV_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KV_NO_EXPIRE INT64_MIN

/* A key and its value, in one allocation: a GET touches one place. */
struct kv_entry {
	struct kv_entry *next;
	uint64_t hash;
	int64_t expire_ms;  /* of the Unix epoch, or KV_NO_EXPIRE */
	uint32_t key_len;   /* [bytes] */
	uint32_t value_len; /* [bytes] */
	uint32_t value_cap; /* [bytes] that there is room for */
	uint8_t bytes[];    /* the key, then the value */
};

struct kv_table {
	struct kv_entry **buckets; /* NULL if size is 0 */
	uint64_t size;             /* a power of two, or 0 */
	uint64_t used;             /* entries */
};

struct kv_dict {
	struct kv_table tables[2];
	uint64_t moved; /* buckets of [0] that are empty, from the front */
	bool moving;
};

static inline uint8_t *
kv_entry_value(struct kv_entry *entry)
{
	return entry->bytes + entry->key_len;
}

static inline uint64_t
kv_dict_used(const struct kv_dict *dict)
{
	return dict->tables[0].used + dict->tables[1].used;
}

/* kv_dict_bytes() - what its buckets take. */
uint64_t kv_dict_bytes(const struct kv_dict *dict);

/* kv_dict_fini() - frees the entries too, leaves an empty dict. */
void kv_dict_fini(struct kv_dict *dict);

/* kv_dict_find() - the place that points to the key's entry, or NULL; valid
 * until the next other call. */
struct kv_entry **kv_dict_find(
    struct kv_dict *dict, uint64_t hash, const void *key, size_t len);

/* kv_dict_add() - an entry whose key is not there.
 * errors: -ENOMEM, only if there is no table at all. */
int kv_dict_add(struct kv_dict *dict, struct kv_entry *entry);

/* kv_dict_cut() - take the entry out that find() found. */
struct kv_entry *kv_dict_cut(struct kv_dict *dict, struct kv_entry **link);

/* kv_dict_step() - move a bucket, if there is one to move. */
void kv_dict_step(struct kv_dict *dict);

/* kv_dict_chain() - bucket number, taken around the tables, for sampling. */
struct kv_entry *kv_dict_chain(const struct kv_dict *dict, uint64_t number);

/*
 * kv_dict_scan() - show the entries of some buckets.
 *
 *   cursor   in       0 at first, then what was returned.
 *   returns           0 when all was shown.  An entry that is there from the
 *                     first call to the last is shown at least once, whatever
 *                     sizes the tables have had in between (the cursor counts
 *                     with its bits reversed, as Redis's does).
 */
uint64_t kv_dict_scan(struct kv_dict *dict, uint64_t cursor,
    void (*show)(void *arg, struct kv_entry *entry), void *arg);

#endif
