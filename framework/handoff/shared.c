/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/shared - the strands that the program makes, and their names.
 *
 * thread: any; the table of names under the mutex.
 *
 * ended_note: one whose last hold is gone stays in the table until its ended()
 * was run.  Whoever asks for its name meanwhile cannot hold it any more, and
 * makes a new one, which takes its place in the table.
 */
#include "handoff/shared.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "base/assert.h"

#define SHARED_BUCKETS_MIN 64u

int
wi_shareds_init(struct wi_shareds *shareds, uint32_t max)
{
	const size_t strides[WI_SLOTS_ARRAYS] = { sizeof(struct wi_shared),
		0 };
	int rv;

	memset(shareds, 0, sizeof(*shareds));
	rv = wi_hash_key_make(&shareds->key);
	if (rv < 0)
		return rv;
	shareds->nbuckets = SHARED_BUCKETS_MIN;
	shareds->named = calloc(shareds->nbuckets, sizeof(struct wi_shared *));
	if (shareds->named == NULL)
		return -ENOMEM;
	rv = wi_slots_init(&shareds->slots, max, strides);
	if (rv == WEFT_OK) {
		rv = -pthread_mutex_init(&shareds->mutex, NULL);
		if (rv < 0)
			wi_slots_fini(&shareds->slots);
	}
	if (rv < 0) {
		free(shareds->named);
		shareds->named = NULL;
	}
	return rv;
}

void
wi_shareds_fini(struct wi_shareds *shareds)
{
	if (shareds->named == NULL)
		return; /* never made */
	wi_slots_fini(&shareds->slots);
	free(shareds->named);
	shareds->named = NULL;
	(void)pthread_mutex_destroy(&shareds->mutex);
}

/* ---- the table of names, under the mutex */

static struct wi_shared **
shared_bucket(const struct wi_shareds *shareds, const char *name)
{
	uint64_t hash = wi_hash_bytes(&shareds->key, name, strlen(name));

	return &shareds->named[hash & (shareds->nbuckets - 1)];
}

/* Without memory for it the chains get longer, and that is all. */
static void
shared_grow(struct wi_shareds *shareds)
{
	struct wi_shared **old = shareds->named, *shared, **bucket;
	uint32_t i, n = shareds->nbuckets;
	struct wi_shared **grown;

	if (shareds->nnamed < n)
		return;
	grown = calloc(2 * (size_t)n, sizeof(*grown));
	if (grown == NULL)
		return;
	shareds->named = grown;
	shareds->nbuckets = 2 * n;
	for (i = 0; i < n; i++)
		while ((shared = old[i]) != NULL) {
			old[i] = shared->next;
			bucket = shared_bucket(shareds, shared->name);
			shared->next = *bucket;
			*bucket = shared;
		}
	free(old);
}

static void
shared_list(struct wi_shareds *shareds, struct wi_shared *shared)
{
	struct wi_shared **bucket;

	shared_grow(shareds);
	bucket = shared_bucket(shareds, shared->name);
	shared->next = *bucket;
	*bucket = shared;
	shared->named = true;
	shareds->nnamed++;
}

static void
shared_unlist(struct wi_shareds *shareds, struct wi_shared *shared)
{
	struct wi_shared **link = shared_bucket(shareds, shared->name);

	while (*link != shared)
		link = &(*link)->next;
	*link = shared->next;
	shared->named = false;
	shareds->nnamed--;
}

/* The one of that name that has not ended; NULL: there is none.  See
 * ended_note. */
static struct wi_shared *
shared_named(struct wi_shareds *shareds, const struct wi_plugin *plugin,
    const char *name)
{
	struct wi_shared *shared;

	for (shared = *shared_bucket(shareds, name); shared != NULL;
	     shared = shared->next)
		if (shared->plugin == plugin &&
		    strcmp(shared->name, name) == 0)
			break;
	if (shared != NULL &&
	    __atomic_load_n(&shared->holds, __ATOMIC_RELAXED) == 0) {
		shared_unlist(shareds, shared);
		return NULL;
	}
	return shared;
}

/* ---- */

static struct wi_shared *
shared_make(struct wi_shareds *shareds, struct wi_plugin *plugin,
    const char *name, void *state)
{
	struct wi_shared *shared;
	uint32_t generation;
	int64_t slot;

	slot = wi_slots_take(&shareds->slots, &generation);
	if (slot < 0)
		return NULL;
	shared = wi_slots_at(&shareds->slots, 0, (uint32_t)slot);
	shared->plugin = plugin;
	shared->state = state;
	shared->named = false;
	__atomic_store_n(&shared->hears, 0, __ATOMIC_RELAXED);
	wi_event_init(&shared->ended, WI_EVENT_ENDED);
	strcpy(shared->name, name == NULL ? "" : name);
	wi_strand_init(&shared->strand, true, plugin == &wi_pull_plugin);
	shared->last_id =
	    WI_SHARED_ID | (uint64_t)generation << 24 | (uint64_t)slot;
	/* Release: pairs with wi_shared_find(). */
	__atomic_store_n(&shared->id, shared->last_id, __ATOMIC_RELEASE);
	return shared;
}

static int
shared_new(struct wi_shareds *shareds, struct wi_plugin *plugin,
    const char *name, void *state, bool get, struct wi_shared **out)
{
	struct wi_shared *there = NULL;

	if (name != NULL)
		there = shared_named(shareds, plugin, name);
	if (there != NULL && !get)
		return -EEXIST;
	/* Its last hold may go at any time: then it is as if it had gone
	 * before. */
	if (there != NULL &&
	    wi_strand_hold(&there->strand, WI_HOLD_PLACE, 0) < 0) {
		shared_unlist(shareds, there);
		there = NULL;
	}
	if (there == NULL) {
		there = shared_make(shareds, plugin, name, state);
		if (there == NULL)
			return WEFT_EFULL;
		if (name != NULL)
			shared_list(shareds, there);
	}
	*out = there;
	return WEFT_OK;
}

int
wi_shared_new(struct wi_shareds *shareds, struct wi_plugin *plugin,
    const char *name, void *state, bool get, struct wi_shared **out)
{
	size_t len = name != NULL ? strlen(name) : 0;
	int rv;

	*out = NULL;
	if (name == NULL ? get : len == 0 || len >= WI_SHARED_NAME)
		return -EINVAL;
	(void)pthread_mutex_lock(&shareds->mutex);
	rv = shared_new(shareds, plugin, name, state, get, out);
	(void)pthread_mutex_unlock(&shareds->mutex);
	return rv;
}

void
wi_shared_end(struct wi_shared *shared)
{
	__atomic_store_n(&shared->holds, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&shared->id, 0, __ATOMIC_RELEASE);
}

void
wi_shared_free(struct wi_shareds *shareds, struct wi_shared *shared)
{
	ptrdiff_t at = (uint8_t *)shared - shareds->slots.base[0];

	(void)pthread_mutex_lock(&shareds->mutex);
	if (shared->named)
		shared_unlist(shareds, shared);
	(void)pthread_mutex_unlock(&shareds->mutex);
	wi_slots_give(&shareds->slots,
	    (uint32_t)((size_t)at / shareds->slots.stride[0]));
}

struct wi_shared *
wi_shared_find(const struct wi_shareds *shareds, uint64_t id)
{
	uint32_t slot = (uint32_t)(id & 0xffffffu);
	struct wi_shared *shared;

	if ((id & WI_SHARED_ID) == 0 || slot >= shareds->slots.max)
		return NULL;
	shared = wi_slots_at(&shareds->slots, 0, slot);
	/* Acquire: pairs with the release in shared_make(). */
	return __atomic_load_n(&shared->id, __ATOMIC_ACQUIRE) == id ? shared :
								      NULL;
}

/* Under the mutex no place becomes another's. */
void
wi_shared_name(struct wi_shareds *shareds, uint64_t id, char *out, size_t size)
{
	const struct wi_shared *shared;

	(void)pthread_mutex_lock(&shareds->mutex);
	shared = id == 0 ? NULL : wi_shared_find(shareds, id);
	(void)snprintf(out, size, "%s", shared == NULL ? "" : shared->name);
	(void)pthread_mutex_unlock(&shareds->mutex);
}
