/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/per_ip.h - how many endpoints each address has: for
 * max_endpoints_per_ip.
 *
 * An IPv4 address counts by itself, also when it comes as an IPv6 one
 * (::ffff:1.2.3.4); an IPv6 address by its first 64 bits, which is what one
 * customer gets (RFC 6177), and by its interface if it is link-local.  Ports
 * do not count.  A hash table with a secret key: who chooses addresses cannot
 * choose where they fall.  Memory is in proportion to the addresses that are
 * there, none when there are none.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_PER_IP_H
#define WI_PER_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/thread_role.h"

struct wi_per_ip_entry;

struct wi_per_ip {
	struct wi_per_ip_entry *entries; /* open addressing; NULL: none */
	uint32_t capacity;               /* a power of two, or 0 */
	uint32_t count;                  /* addresses in it */
	bool has_key;                    /* made when there is a first one */
	struct wi_hash_key key;
};

/* wi_per_ip_init() - nobody is there.  wi_per_ip_fini() - forget all. */
void wi_per_ip_init(struct wi_per_ip *table) WI_ON_IO;
void wi_per_ip_fini(struct wi_per_ip *table) WI_ON_IO;

/*
 * wi_per_ip_add() - one more endpoint of an address.
 *
 *   address  in       AF_UNIX and none are not counted: always WEFT_OK.
 *   limit    in       most of one address; 0: no limit, and not counted.
 *   returns           WEFT_OK; WEFT_EFULL: it has so many; -ENOMEM; or as
 *                     wi_hash_key_make().  Unless WEFT_OK nothing was added.
 */
int wi_per_ip_add(struct wi_per_ip *table, const struct wi_address *address,
    uint32_t limit) WI_ON_IO;

/* wi_per_ip_sub() - one less; what was added, with the same limit != 0. */
void wi_per_ip_sub(
    struct wi_per_ip *table, const struct wi_address *address) WI_ON_IO;

/* wi_per_ip_count() - of an address, at this moment. */
uint32_t wi_per_ip_count(
    const struct wi_per_ip *table, const struct wi_address *address) WI_ON_IO;

#endif
