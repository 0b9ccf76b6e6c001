/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict - one hash table, resized a bucket at a time.
 *
 * thread: whoever holds the shard's lock.
 */
#include "dict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DICT_SIZE_MIN 4u
#define DICT_EMPTY_MAX 16u /* empty buckets that one step passes over */
#define DICT_SPARSE 8u     /* buckets per entry at which it shrinks */

uint64_t
kv_dict_bytes(const struct kv_dict *dict)
{
	return (dict->tables[0].size + dict->tables[1].size) *
	    sizeof(struct kv_entry *);
}

void
kv_dict_fini(struct kv_dict *dict)
{
	struct kv_entry *entry, *next;
	uint64_t bucket;
	int t;

	for (t = 0; t < 2; t++) {
		struct kv_table *table = &dict->tables[t];

		for (bucket = 0; bucket < table->size; bucket++)
			for (entry = table->buckets[bucket]; entry != NULL;
			     entry = next) {
				next = entry->next;
				free(entry);
			}
		free(table->buckets);
	}
	memset(dict, 0, sizeof(*dict));
}

static struct kv_entry **
dict_bucket(const struct kv_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->size - 1)];
}

struct kv_entry **
kv_dict_find(struct kv_dict *dict, uint64_t hash, const void *key, size_t len)
{
	struct kv_entry **link, *entry;
	int t;

	for (t = 0; t <= dict->moving; t++) {
		if (dict->tables[t].used == 0)
			continue;
		for (link = dict_bucket(&dict->tables[t], hash);
		     (entry = *link) != NULL; link = &entry->next)
			if (entry->hash == hash && entry->key_len == len &&
			    (len == 0 || memcmp(entry->bytes, key, len) == 0))
				return link;
	}
	return NULL;
}

/* Begin to move to a table of that size; if there is no memory for it the
 * present one goes on, with longer chains. */
static void
dict_resize(struct kv_dict *dict, uint64_t size)
{
	struct kv_entry **buckets = calloc(size, sizeof(struct kv_entry *));

	if (buckets == NULL)
		return;
	dict->tables[1].buckets = buckets;
	dict->tables[1].size = size;
	dict->tables[1].used = 0;
	dict->moved = 0;
	dict->moving = true;
}

int
kv_dict_add(struct kv_dict *dict, struct kv_entry *entry)
{
	struct kv_table *table = &dict->tables[0];
	struct kv_entry **bucket;

	if (table->size == 0) {
		table->buckets =
		    calloc(DICT_SIZE_MIN, sizeof(struct kv_entry *));
		if (table->buckets == NULL)
			return -ENOMEM;
		table->size = DICT_SIZE_MIN;
	} else if (!dict->moving && table->used >= table->size) {
		dict_resize(dict, table->size * 2);
	}
	if (dict->moving)
		table = &dict->tables[1];
	bucket = dict_bucket(table, entry->hash);
	entry->next = *bucket;
	*bucket = entry;
	table->used++;
	return 0;
}

/* Which table a link lies in follows from its entry's place there. */
static struct kv_table *
dict_table_of(struct kv_dict *dict, const struct kv_entry *entry)
{
	const struct kv_entry *other;

	if (!dict->moving)
		return &dict->tables[0];
	for (other = *dict_bucket(&dict->tables[1], entry->hash);
	     other != NULL; other = other->next)
		if (other == entry)
			return &dict->tables[1];
	return &dict->tables[0];
}

struct kv_entry *
kv_dict_cut(struct kv_dict *dict, struct kv_entry **link)
{
	struct kv_entry *entry = *link;
	struct kv_table *table = dict_table_of(dict, entry);

	*link = entry->next;
	table->used--;
	/* An empty dict takes no memory. */
	if (kv_dict_used(dict) == 0)
		kv_dict_fini(dict);
	else if (!dict->moving && table->size > DICT_SIZE_MIN &&
	    table->used < table->size / DICT_SPARSE)
		dict_resize(dict, table->size / 2);
	return entry;
}

void
kv_dict_step(struct kv_dict *dict)
{
	struct kv_table *from = &dict->tables[0], *to = &dict->tables[1];
	struct kv_entry *entry, *next, **bucket;
	uint64_t end;

	if (!dict->moving)
		return;
	end = dict->moved + DICT_EMPTY_MAX;
	while (dict->moved < from->size && dict->moved < end &&
	    from->buckets[dict->moved] == NULL)
		dict->moved++;
	if (dict->moved < from->size && dict->moved < end) {
		for (entry = from->buckets[dict->moved]; entry != NULL;
		     entry = next) {
			next = entry->next;
			bucket = dict_bucket(to, entry->hash);
			entry->next = *bucket;
			*bucket = entry;
			from->used--;
			to->used++;
		}
		from->buckets[dict->moved++] = NULL;
	}
	if (dict->moved < from->size)
		return;
	free(from->buckets);
	*from = *to;
	memset(to, 0, sizeof(*to));
	dict->moving = false;
}

struct kv_entry *
kv_dict_chain(const struct kv_dict *dict, uint64_t number)
{
	uint64_t size = dict->tables[0].size;

	if (size + dict->tables[1].size == 0)
		return NULL;
	number %= size + dict->tables[1].size;
	return number < size ? dict->tables[0].buckets[number] :
			       dict->tables[1].buckets[number - size];
}

static uint64_t
dict_reverse(uint64_t v)
{
	v = ((v >> 1) & 0x5555555555555555u) | (v & 0x5555555555555555u) << 1;
	v = ((v >> 2) & 0x3333333333333333u) | (v & 0x3333333333333333u) << 2;
	v = ((v >> 4) & 0x0f0f0f0f0f0f0f0fu) | (v & 0x0f0f0f0f0f0f0f0fu) << 4;
	return __builtin_bswap64(v);
}

/* The cursor after this one, the bits below mask counted from the top. */
static uint64_t
dict_next(uint64_t cursor, uint64_t mask)
{
	return dict_reverse(dict_reverse(cursor | ~mask) + 1);
}

static void
dict_show(const struct kv_table *table, uint64_t cursor,
    void (*show)(void *arg, struct kv_entry *entry), void *arg)
{
	struct kv_entry *entry = *dict_bucket(table, cursor), *next;

	for (; entry != NULL; entry = next) {
		next = entry->next;
		show(arg, entry);
	}
}

uint64_t
kv_dict_scan(struct kv_dict *dict, uint64_t cursor,
    void (*show)(void *arg, struct kv_entry *entry), void *arg)
{
	const struct kv_table *small = &dict->tables[0];
	const struct kv_table *large = &dict->tables[1];
	uint64_t mask;

	if (kv_dict_used(dict) == 0)
		return 0;
	if (!dict->moving) {
		dict_show(small, cursor, show, arg);
		return dict_next(cursor, small->size - 1);
	}
	if (small->size > large->size) {
		const struct kv_table *swap = small;

		small = large;
		large = swap;
	}
	dict_show(small, cursor, show, arg);
	mask = (small->size - 1) ^ (large->size - 1);
	/* All buckets of the large table that the small one's expands to. */
	do {
		dict_show(large, cursor, show, arg);
		cursor = dict_next(cursor, large->size - 1);
	} while ((cursor & mask) != 0);
	return cursor;
}
