/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/slow_keys.h - the messages that wait for one endpoint, by their key.
 *
 * A table with open addressing, of which at most half is used; what is removed
 * leaves no trace (Knuth, The Art of Computer Programming, volume 3, 6.4,
 * algorithm R).
 *
 * owned by: the I/O thread.
 */
#ifndef WI_SLOW_KEYS_H
#define WI_SLOW_KEYS_H

#include <stdint.h>

#include "base/thread_role.h"

struct wi_waiting;

/* The scope keeps the keys of different topics apart; hash: of both, and not
 * to be guessed by whoever chooses keys. */
struct wi_slow_key {
	uint64_t scope;
	uint64_t key;
	uint64_t hash;
};

struct wi_slow_keys {
	struct wi_waiting **slots; /* NULL: none yet */
	uint32_t capacity;         /* a power of 2, or 0 */
	uint32_t count;
};

/* wi_slow_keys_find() - the one with this key, or NULL. */
struct wi_waiting *wi_slow_keys_find(
    const struct wi_slow_keys *keys, const struct wi_slow_key *key) WI_ON_IO;

/* wi_slow_keys_add() - none with its key may be there.
 * returns WEFT_OK or -ENOMEM. */
int wi_slow_keys_add(
    struct wi_slow_keys *keys, struct wi_waiting *waiting) WI_ON_IO;

/* wi_slow_keys_remove() - it must be there. */
void wi_slow_keys_remove(
    struct wi_slow_keys *keys, const struct wi_waiting *waiting) WI_ON_IO;

/* wi_slow_keys_fini() - none is left. */
void wi_slow_keys_fini(struct wi_slow_keys *keys) WI_ON_IO;

#endif
