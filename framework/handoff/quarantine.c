/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/quarantine.c - messages that no handler is given.
 *
 * thread: any.
 */
#include "handoff/quarantine.h"

#include <errno.h>
#include <string.h>

uint64_t
wi_quarantine_hash(
    const struct wi_quarantine *quarantine, struct weft_bytes msg)
{
	uint64_t hash = wi_hash_bytes(&quarantine->key, msg.data, msg.len);

	return hash == 0 ? 1 : hash; /* 0 is a free place */
}

uint64_t
wi_quarantine_hash_bytes(const struct wi_quarantine *quarantine,
    const char *codec, struct weft_bytes bytes)
{
	uint64_t hash = wi_hash_bytes(&quarantine->key, bytes.data, bytes.len);

	hash ^= ~wi_hash_bytes(&quarantine->key, codec, strlen(codec));
	return hash == 0 ? 1 : hash;
}

bool
wi_quarantine_has(const struct wi_quarantine *quarantine, uint64_t hash)
{
	unsigned i;

	for (i = 0; i < WI_QUARANTINE_MAX; i++)
		if (__atomic_load_n(
			&quarantine->hashes[i], __ATOMIC_RELAXED) == hash)
			return hash != 0;
	return false;
}

int
wi_quarantine_add(struct wi_quarantine *quarantine, uint64_t hash)
{
	uint64_t expected;
	unsigned i;

	if (hash == 0)
		return -EINVAL;
	if (wi_quarantine_has(quarantine, hash))
		return WEFT_OK;
	for (i = 0; i < WI_QUARANTINE_MAX; i++) {
		expected = 0;
		if (__atomic_compare_exchange_n(&quarantine->hashes[i],
			&expected, hash, false, __ATOMIC_RELAXED,
			__ATOMIC_RELAXED)) {
			__atomic_fetch_add(
			    &quarantine->count, 1, __ATOMIC_RELAXED);
			return WEFT_OK;
		}
	}
	return WEFT_EFULL;
}

int
wi_quarantine_drop(struct wi_quarantine *quarantine, uint64_t hash)
{
	uint64_t expected;
	int rv = -ENOENT;
	unsigned i;

	/* Two threads that added it at once may have added it twice. */
	for (i = 0; hash != 0 && i < WI_QUARANTINE_MAX; i++) {
		expected = hash;
		if (__atomic_compare_exchange_n(&quarantine->hashes[i],
			&expected, 0, false, __ATOMIC_RELAXED,
			__ATOMIC_RELAXED)) {
			__atomic_fetch_sub(
			    &quarantine->count, 1, __ATOMIC_RELAXED);
			rv = WEFT_OK;
		}
	}
	return rv;
}
