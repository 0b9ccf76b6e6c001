/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/hash.h - a keyed hash of addresses: SipHash-1-3.
 *
 * For tables whose keys others choose.  Who does not know the key cannot find
 * addresses that fall together, so chains stay as short as chance makes them.
 * thread: any.
 */
#ifndef WI_HASH_H
#define WI_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

struct wi_hash_key {
	uint64_t words[2];
};

/*
 * wi_hash_key_make() - a key that nobody can guess: from getrandom(2).
 *
 *   returns           WEFT_OK; a negated errno where the system has no
 *                     getrandom(2) or forbids it (-ENOSYS, -EPERM): *key is
 *                     as it was.
 */
int wi_hash_key_make(struct wi_hash_key *key)
    __attribute__((warn_unused_result));

/* wi_hash_address() - of its 24 bytes.  wi_hash_pair() - of the 48 bytes of
 * two, in this order.  All 64 bits are equally good. */
uint64_t wi_hash_address(
    const struct wi_hash_key *key, const struct wi_address *address);
uint64_t wi_hash_pair(const struct wi_hash_key *key,
    const struct wi_address *first, const struct wi_address *second);

/* wi_hash_bytes() - of any bytes; none may have no address. */
uint64_t wi_hash_bytes(
    const struct wi_hash_key *key, const void *data, size_t len);

#endif
