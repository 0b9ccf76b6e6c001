/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/slow_keys - the messages that wait for one endpoint, by their key.
 *
 * thread: I/O.
 */
#include "io/slow_keys.h"

#include <errno.h>
#include <stdlib.h>

#include <weft/error.h>

#include "base/assert.h"
#include "io/waiting.h"

#define KEYS_AT_FIRST 16u

/* The place of a key, or the free one where it would be. */
WI_ON_IO static uint32_t
keys_slot(const struct wi_slow_keys *keys, const struct wi_slow_key *key)
{
	uint32_t mask = keys->capacity - 1, i = (uint32_t)key->hash & mask;
	const struct wi_waiting *there;

	while ((there = keys->slots[i]) != NULL &&
	    (there->key.key != key->key || there->key.scope != key->scope))
		i = (i + 1) & mask;
	return i;
}

struct wi_waiting *
wi_slow_keys_find(
    const struct wi_slow_keys *keys, const struct wi_slow_key *key)
{
	return keys->count == 0 ? NULL : keys->slots[keys_slot(keys, key)];
}

WI_ON_IO static int
keys_grow(struct wi_slow_keys *keys)
{
	struct wi_slow_keys grown = { .count = keys->count };
	uint32_t i;

	grown.capacity =
	    keys->capacity == 0 ? KEYS_AT_FIRST : 2 * keys->capacity;
	grown.slots = calloc(grown.capacity, sizeof(struct wi_waiting *));
	if (grown.slots == NULL)
		return -ENOMEM;
	for (i = 0; i < keys->capacity; i++)
		if (keys->slots[i] != NULL)
			grown.slots[keys_slot(&grown, &keys->slots[i]->key)] =
			    keys->slots[i];
	free(keys->slots);
	*keys = grown;
	return WEFT_OK;
}

int
wi_slow_keys_add(struct wi_slow_keys *keys, struct wi_waiting *waiting)
{
	uint32_t slot;

	if (2 * (keys->count + 1) > keys->capacity && keys_grow(keys) < 0)
		return -ENOMEM;
	slot = keys_slot(keys, &waiting->key);
	wi_assert(keys->slots[slot] == NULL);
	keys->slots[slot] = waiting;
	keys->count++;
	return WEFT_OK;
}

void
wi_slow_keys_remove(
    struct wi_slow_keys *keys, const struct wi_waiting *waiting)
{
	uint32_t mask = keys->capacity - 1, hole, i, home;

	hole = keys_slot(keys, &waiting->key);
	wi_assert(keys->slots[hole] == waiting);
	/* Whoever stands behind the hole and could stand in it moves there. */
	for (i = (hole + 1) & mask; keys->slots[i] != NULL;
	     i = (i + 1) & mask) {
		home = (uint32_t)keys->slots[i]->key.hash & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		keys->slots[hole] = keys->slots[i];
		hole = i;
	}
	keys->slots[hole] = NULL;
	keys->count--;
}

void
wi_slow_keys_fini(struct wi_slow_keys *keys)
{
	wi_assert(keys->count == 0);
	free(keys->slots);
	*keys = (struct wi_slow_keys){ .slots = NULL };
}
