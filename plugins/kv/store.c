/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - the shards and their locks.
 *
 * thread: any worker; several at a time.
 * owns: all entries.
 */
#include "store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "siphash.h"

#define STORE_ENTRY_BYTES (sizeof(struct kv_entry) + 16) /* with malloc's */
#define STORE_RECLAIM 64u /* chains that one full write looks at */
#define STORE_LINE 64u    /* [bytes] of a cache line */

struct kv_shard {
	pthread_mutex_t lock;
	struct kv_store *store;
	struct kv_dict dict;   /* guarded by lock, as all that follows */
	uint64_t nexpires;     /* entries with an expiry */
	uint64_t sweep;        /* chain that is looked at next for such */
	uint64_t bucket_bytes; /* of the dict, as counted in used */
	int64_t now_ms;        /* what time it is for the one who locked */
} __attribute__((aligned(STORE_LINE)));

struct kv_store {
	struct kv_shard shards[KV_SHARDS];
	uint64_t secret[2];
	uint64_t maxmemory; /* [bytes], 0: none */
	uint64_t used;      /* [bytes], atomic */
	uint64_t reclaim;   /* shard that is reclaimed next, atomic */
};

int
kv_store_new(struct kv_store **storep, uint64_t maxmemory)
{
	struct kv_store *store;
	unsigned i;

	*storep = NULL;
	store = aligned_alloc(STORE_LINE,
	    (sizeof(*store) + STORE_LINE - 1) / STORE_LINE * STORE_LINE);
	if (store == NULL)
		return -ENOMEM;
	memset(store, 0, sizeof(*store));
	if (getrandom(store->secret, sizeof(store->secret), 0) !=
	    (ssize_t)sizeof(store->secret)) {
		free(store);
		return errno > 0 ? -errno : -EIO;
	}
	store->maxmemory = maxmemory;
	for (i = 0; i < KV_SHARDS; i++) {
		store->shards[i].store = store;
		/* Default attributes: it cannot fail. */
		(void)pthread_mutex_init(&store->shards[i].lock, NULL);
	}
	*storep = store;
	return WEFT_OK;
}

void
kv_store_free(struct kv_store **storep)
{
	struct kv_store *store = *storep;
	unsigned i;

	if (store == NULL)
		return;
	for (i = 0; i < KV_SHARDS; i++) {
		kv_dict_fini(&store->shards[i].dict);
		(void)pthread_mutex_destroy(&store->shards[i].lock);
	}
	free(store);
	*storep = NULL;
}

int64_t
kv_store_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t
kv_store_used(const struct kv_store *store)
{
	return __atomic_load_n(&store->used, __ATOMIC_RELAXED);
}

uint64_t
kv_store_maxmemory(const struct kv_store *store)
{
	return store->maxmemory;
}

static void
store_charge(struct kv_store *store, uint64_t more, uint64_t less)
{
	if (more != less)
		(void)__atomic_add_fetch(
		    &store->used, more - less, __ATOMIC_RELAXED);
}

/* After what may have changed the tables' sizes. */
static void
shard_charge_buckets(struct kv_shard *shard)
{
	uint64_t bytes = kv_dict_bytes(&shard->dict);

	store_charge(shard->store, bytes, shard->bucket_bytes);
	shard->bucket_bytes = bytes;
}

static uint64_t
entry_bytes(const struct kv_entry *entry)
{
	return STORE_ENTRY_BYTES + entry->key_len + entry->value_cap;
}

static void
shard_drop(struct kv_shard *shard, struct kv_entry **link)
{
	struct kv_entry *entry = kv_dict_cut(&shard->dict, link);

	if (entry->expire_ms != KV_NO_EXPIRE)
		shard->nexpires--;
	store_charge(shard->store, 0, entry_bytes(entry));
	free(entry);
	shard_charge_buckets(shard);
}

/*
 * The time stands still while a shard is locked: a key that was found is
 * there until the command is done with it.  (APPEND took the length of a
 * value, then wrote behind a new one that had come in its place.)
 */
static void
shard_lock(struct kv_shard *shard)
{
	pthread_mutex_lock(&shard->lock);
	if (shard->nexpires > 0)
		shard->now_ms = kv_store_now();
}

static bool
entry_expired(const struct kv_shard *shard, const struct kv_entry *entry)
{
	return entry->expire_ms != KV_NO_EXPIRE &&
	    entry->expire_ms <= shard->now_ms;
}

/* Give back what has expired in the next chains. */
static void
shard_sweep(struct kv_shard *shard, unsigned chains)
{
	struct kv_entry *entry, *next, **link;

	for (; chains > 0 && shard->nexpires > 0; chains--) {
		entry = kv_dict_chain(&shard->dict, shard->sweep++);
		for (; entry != NULL; entry = next) {
			next = entry->next;
			if (!entry_expired(shard, entry))
				continue;
			link = kv_dict_find(&shard->dict, entry->hash,
			    entry->bytes, entry->key_len);
			shard_drop(shard, link);
		}
	}
}

bool
kv_store_full(struct kv_store *store)
{
	struct kv_shard *shard;
	uint64_t number;

	if (store->maxmemory == 0 || kv_store_used(store) <= store->maxmemory)
		return false;
	number = __atomic_fetch_add(&store->reclaim, 1, __ATOMIC_RELAXED);
	shard = &store->shards[number % KV_SHARDS];
	shard_lock(shard);
	shard_sweep(shard, STORE_RECLAIM);
	pthread_mutex_unlock(&shard->lock);
	return kv_store_used(store) > store->maxmemory;
}

void
kv_store_count(struct kv_store *store, uint64_t *keys, uint64_t *expires)
{
	unsigned i;

	*keys = *expires = 0;
	for (i = 0; i < KV_SHARDS; i++) {
		struct kv_shard *shard = &store->shards[i];

		shard_lock(shard);
		*keys += kv_dict_used(&shard->dict);
		*expires += shard->nexpires;
		pthread_mutex_unlock(&shard->lock);
	}
}

void
kv_store_flush(struct kv_store *store)
{
	struct kv_locks all;
	struct kv_dict *dicts;
	unsigned i;

	all.bits = UINT32_MAX;
	/* Freed behind the locks; without memory for that, within them. */
	dicts = calloc(KV_SHARDS, sizeof(*dicts));
	kv_store_lock(store, &all);
	for (i = 0; i < KV_SHARDS; i++) {
		struct kv_shard *shard = &store->shards[i];

		if (dicts != NULL) {
			dicts[i] = shard->dict;
			memset(&shard->dict, 0, sizeof(shard->dict));
		} else {
			kv_dict_fini(&shard->dict);
		}
		shard->nexpires = 0;
		shard->bucket_bytes = 0;
	}
	__atomic_store_n(&store->used, 0, __ATOMIC_RELAXED);
	kv_store_unlock(store, &all);
	for (i = 0; dicts != NULL && i < KV_SHARDS; i++)
		kv_dict_fini(&dicts[i]);
	free(dicts);
}

/* What show() is not to see. */
struct store_living {
	void (*show)(void *arg, struct kv_entry *entry);
	void *arg;
	const struct kv_shard *shard;
};

static void
store_show_living(void *arg, struct kv_entry *entry)
{
	struct store_living *living = arg;

	if (!entry_expired(living->shard, entry))
		living->show(living->arg, entry);
}

void
kv_store_each(struct kv_store *store,
    void (*show)(void *arg, struct kv_entry *entry), void *arg)
{
	struct store_living living = { show, arg, NULL };
	unsigned i;

	for (i = 0; i < KV_SHARDS; i++) {
		struct kv_shard *shard = &store->shards[i];
		uint64_t cursor = 0;

		shard_lock(shard);
		living.shard = shard;
		do {
			cursor = kv_dict_scan(
			    &shard->dict, cursor, store_show_living, &living);
		} while (cursor != 0);
		pthread_mutex_unlock(&shard->lock);
	}
}

/* A cursor of ours: the shard in the low bits, the dict's above them, so that
 * 0 is the first and, after the last shard, the end. */
uint64_t
kv_store_scan(struct kv_store *store, uint64_t cursor, uint64_t buckets,
    void (*show)(void *arg, struct kv_entry *entry), void *arg,
    const bool *stop)
{
	struct store_living living = { show, arg, NULL };
	uint64_t in_dict = cursor >> KV_SHARD_BITS;
	unsigned i = (unsigned)(cursor % KV_SHARDS);

	for (; i < KV_SHARDS; i++, in_dict = 0) {
		struct kv_shard *shard = &store->shards[i];

		shard_lock(shard);
		living.shard = shard;
		/* Nearly free, so not counted: an empty store is one call. */
		if (kv_dict_used(&shard->dict) == 0) {
			pthread_mutex_unlock(&shard->lock);
			continue;
		}
		do {
			in_dict = kv_dict_scan(
			    &shard->dict, in_dict, store_show_living, &living);
			buckets -= buckets > 0;
		} while (in_dict != 0 && buckets > 0 && !*stop);
		pthread_mutex_unlock(&shard->lock);
		if (in_dict != 0)
			return in_dict << KV_SHARD_BITS | i;
		if ((buckets == 0 || *stop) && i + 1 < KV_SHARDS)
			return i + 1;
	}
	return 0;
}

struct kv_key
kv_store_key(const struct kv_store *store, struct weft_bytes b)
{
	struct kv_key key = { b.data, b.len,
		kv_siphash(store->secret, b.data, b.len) };

	return key;
}

_Static_assert(KV_SHARDS <= 32, "struct kv_locks has a bit for each");

static unsigned
shard_number(uint64_t hash)
{
	return (unsigned)(hash >> (64 - KV_SHARD_BITS));
}

struct kv_shard *
kv_store_shard(struct kv_store *store, uint64_t hash)
{
	return &store->shards[shard_number(hash)];
}

struct kv_shard *
kv_store_lock_one(struct kv_store *store, uint64_t hash)
{
	struct kv_shard *shard = kv_store_shard(store, hash);

	shard_lock(shard);
	return shard;
}

void
kv_store_unlock_one(struct kv_shard *shard)
{
	pthread_mutex_unlock(&shard->lock);
}

void
kv_locks_add(struct kv_locks *locks, uint64_t hash)
{
	locks->bits |= UINT32_C(1) << shard_number(hash);
}

static bool
locks_have(const struct kv_locks *locks, unsigned i)
{
	return (locks->bits >> i & 1) != 0;
}

void
kv_store_lock(struct kv_store *store, const struct kv_locks *locks)
{
	unsigned i;

	for (i = 0; i < KV_SHARDS; i++)
		if (locks_have(locks, i))
			shard_lock(&store->shards[i]);
}

void
kv_store_unlock(struct kv_store *store, const struct kv_locks *locks)
{
	unsigned i;

	for (i = 0; i < KV_SHARDS; i++)
		if (locks_have(locks, i))
			pthread_mutex_unlock(&store->shards[i].lock);
}

/* The place of an entry that has not expired. */
static struct kv_entry **
shard_link(struct kv_shard *shard, const struct kv_key *key)
{
	struct kv_entry **link =
	    kv_dict_find(&shard->dict, key->hash, key->data, key->len);

	if (link != NULL && entry_expired(shard, *link)) {
		shard_drop(shard, link);
		return NULL;
	}
	return link;
}

struct kv_entry *
kv_shard_find(struct kv_shard *shard, const struct kv_key *key)
{
	struct kv_entry **link = shard_link(shard, key);

	return link == NULL ? NULL : *link;
}

static struct kv_entry *
shard_add(struct kv_shard *shard, const struct kv_key *key, uint32_t len)
{
	struct kv_entry *entry = malloc(sizeof(*entry) + key->len + len);

	if (entry == NULL)
		return NULL;
	entry->hash = key->hash;
	entry->expire_ms = KV_NO_EXPIRE;
	entry->key_len = (uint32_t)key->len;
	entry->value_len = len;
	entry->value_cap = len;
	if (key->len > 0)
		memcpy(entry->bytes, key->data, key->len);
	if (kv_dict_add(&shard->dict, entry) < 0) {
		free(entry);
		return NULL;
	}
	store_charge(shard->store, entry_bytes(entry), 0);
	shard_charge_buckets(shard);
	return entry;
}

/* Another capacity for the entry at link. */
static struct kv_entry *
shard_resize(struct kv_shard *shard, struct kv_entry **link, uint32_t cap)
{
	uint64_t before = entry_bytes(*link);
	struct kv_entry *entry;

	entry = realloc(*link, sizeof(*entry) + (*link)->key_len + cap);
	if (entry == NULL)
		return NULL;
	*link = entry;
	entry->value_cap = cap;
	store_charge(shard->store, entry_bytes(entry), before);
	return entry;
}

struct kv_entry *
kv_shard_value(
    struct kv_shard *shard, const struct kv_key *key, uint32_t len, bool exact)
{
	struct kv_entry **link, *entry;
	uint32_t cap;

	kv_dict_step(&shard->dict);
	shard_charge_buckets(shard);
	if (shard->nexpires > 0)
		shard_sweep(shard, 1);
	link = shard_link(shard, key);
	if (link == NULL)
		return shard_add(shard, key, len);
	entry = *link;
	cap = entry->value_cap;
	/* A value that shrinks much gives its memory back; the longer one that
	 * grows, the less is kept for more. */
	if (len > cap)
		cap = len + (exact ? 0 : len > (1u << 20) ? len / 8 : len);
	else if (exact && cap > 64 && len < cap / 4)
		cap = len;
	if (cap != entry->value_cap)
		entry = shard_resize(shard, link, cap);
	if (entry != NULL)
		entry->value_len = len;
	return entry;
}

void
kv_shard_expire(
    struct kv_shard *shard, struct kv_entry *entry, int64_t expire_ms)
{
	if (entry->expire_ms != KV_NO_EXPIRE)
		shard->nexpires--;
	if (expire_ms != KV_NO_EXPIRE)
		shard->nexpires++;
	entry->expire_ms = expire_ms;
}

bool
kv_shard_delete(struct kv_shard *shard, const struct kv_key *key)
{
	struct kv_entry **link;

	kv_dict_step(&shard->dict);
	link = shard_link(shard, key);
	if (link == NULL)
		return false;
	shard_drop(shard, link);
	return true;
}
