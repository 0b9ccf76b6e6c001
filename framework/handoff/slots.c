/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/slots - numbered slots in address space that is reserved once.
 *
 * thread: the I/O thread takes and gives; any thread may read a slot.
 *
 * give_back_note: a group whose last slot is given loses its pages by
 * madvise(MADV_DONTNEED), except for a few that are kept so that a client that
 * comes and goes costs no page faults.  A reader with a stale id then sees
 * zeros, which is no endpoint's id.
 */
#include "handoff/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <weft/error.h>

#include "base/assert.h"

#define SLOTS_GENERATION_MASK 0xffffffu

int
wi_slots_init(
    struct wi_slots *slots, uint32_t max, const size_t stride[WI_SLOTS_ARRAYS])
{
	unsigned i;

	memset(slots, 0, sizeof(*slots));
	slots->ngroups = (max + WI_SLOTS_GROUP - 1) / WI_SLOTS_GROUP;
	slots->max = slots->ngroups * WI_SLOTS_GROUP;
	slots->limit = max;
	if (pthread_mutex_init(&slots->mutex, NULL) != 0)
		return -ENOMEM;
	slots->used = calloc(slots->ngroups, sizeof(*slots->used));
	slots->touched = calloc(slots->ngroups, sizeof(*slots->touched));
	slots->generations = calloc(slots->max, sizeof(*slots->generations));
	if (slots->used == NULL || slots->touched == NULL ||
	    slots->generations == NULL)
		goto fail;
	for (i = 0; i < WI_SLOTS_ARRAYS; i++) {
		void *base;

		slots->stride[i] = (stride[i] + 63) & ~(size_t)63;
		if (stride[i] == 0)
			continue;
		base = mmap(NULL, slots->stride[i] * slots->max,
		    PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (base == MAP_FAILED)
			goto fail;
		slots->base[i] = base;
	}
	return WEFT_OK;
fail:
	wi_slots_fini(slots);
	return -ENOMEM;
}

void
wi_slots_fini(struct wi_slots *slots)
{
	unsigned i;

	if (slots->ngroups == 0)
		return; /* never made, or ended already */
	for (i = 0; i < WI_SLOTS_ARRAYS; i++)
		if (slots->base[i] != NULL)
			(void)munmap(
			    slots->base[i], slots->stride[i] * slots->max);
	free(slots->used);
	free(slots->touched);
	free(slots->generations);
	(void)pthread_mutex_destroy(&slots->mutex);
	memset(slots, 0, sizeof(*slots));
}

static int64_t
slots_take(struct wi_slots *slots, uint32_t *generation)
{
	uint32_t group, slot;

	if (slots->nused >= slots->limit)
		return -1;

	for (group = slots->low; group < slots->ngroups; group++)
		if (slots->used[group] != UINT64_MAX)
			break;
	slots->low = group;
	if (group == slots->ngroups)
		return -1;
	if (slots->used[group] == 0 && slots->touched[group])
		slots->nempty--;
	slots->touched[group] = 1;
	slot = group * WI_SLOTS_GROUP +
	    (uint32_t)__builtin_ctzll(~slots->used[group]);
	slots->used[group] |= UINT64_C(1) << (slot % WI_SLOTS_GROUP);
	__atomic_store_n(&slots->nused, slots->nused + 1, __ATOMIC_RELAXED);
	*generation = (slots->generations[slot] + 1) & SLOTS_GENERATION_MASK;
	if (*generation == 0)
		*generation = 1;
	slots->generations[slot] = *generation;
	return slot;
}

int64_t
wi_slots_take(struct wi_slots *slots, uint32_t *generation)
{
	int64_t slot;

	(void)pthread_mutex_lock(&slots->mutex);
	slot = slots_take(slots, generation);
	(void)pthread_mutex_unlock(&slots->mutex);
	return slot;
}

void
wi_slots_set(struct wi_slots *slots, uint32_t limit)
{
	(void)pthread_mutex_lock(&slots->mutex);
	wi_assert(limit <= slots->max);
	__atomic_store_n(&slots->limit, limit, __ATOMIC_RELAXED);
	(void)pthread_mutex_unlock(&slots->mutex);
}

uint32_t
wi_slots_limit(const struct wi_slots *slots)
{
	return __atomic_load_n(&slots->limit, __ATOMIC_RELAXED);
}

bool
wi_slots_full(const struct wi_slots *slots)
{
	return __atomic_load_n(&slots->nused, __ATOMIC_RELAXED) >=
	    wi_slots_limit(slots);
}

static void
slots_empty(struct wi_slots *slots, uint32_t group)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size;
	unsigned i;

	if (slots->nempty < WI_SLOTS_EMPTY_KEPT) {
		slots->nempty++;
		return;
	}
	for (i = 0; i < WI_SLOTS_ARRAYS; i++) {
		if (slots->base[i] == NULL)
			continue;
		size = slots->stride[i] * WI_SLOTS_GROUP;
		/* Where pages are larger than 4 KiB, a group may share one
		 * with its neighbours: then it is kept. */
		if (size % page == 0)
			(void)madvise(
			    wi_slots_at(slots, i, group * WI_SLOTS_GROUP),
			    size, MADV_DONTNEED);
	}
	slots->touched[group] = 0;
}

void
wi_slots_give(struct wi_slots *slots, uint32_t slot)
{
	uint32_t group = slot / WI_SLOTS_GROUP;
	uint64_t bit = UINT64_C(1) << (slot % WI_SLOTS_GROUP);

	(void)pthread_mutex_lock(&slots->mutex);
	wi_assert(slot < slots->max && (slots->used[group] & bit) != 0);
	slots->used[group] &= ~bit;
	__atomic_store_n(&slots->nused, slots->nused - 1, __ATOMIC_RELAXED);
	if (group < slots->low)
		slots->low = group;
	if (slots->used[group] == 0)
		slots_empty(slots, group);
	(void)pthread_mutex_unlock(&slots->mutex);
}

static int64_t
slots_next(const struct wi_slots *slots, uint32_t from)
{
	uint32_t group = from / WI_SLOTS_GROUP;
	uint64_t word;

	if (from >= slots->max)
		return -1;
	word = slots->used[group] & (UINT64_MAX << (from % WI_SLOTS_GROUP));
	while (word == 0) {
		if (++group == slots->ngroups)
			return -1;
		word = slots->used[group];
	}
	return (int64_t)group * WI_SLOTS_GROUP + __builtin_ctzll(word);
}

int64_t
wi_slots_next(struct wi_slots *slots, uint32_t from)
{
	int64_t slot;

	(void)pthread_mutex_lock(&slots->mutex);
	slot = slots_next(slots, from);
	(void)pthread_mutex_unlock(&slots->mutex);
	return slot;
}
