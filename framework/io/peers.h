/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/peers.h - who talks to a datagram socket: a table by address, in order
 * of who was heard of last.
 *
 * A peer is a pair of addresses: its own, and the one of ours that it talks
 * to, since an answer must come from there.  The table's hash has a secret
 * key: who forges addresses cannot choose where they fall.  It grows and
 * shrinks by a bucket or two at a time, so no datagram waits for the others.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_PEERS_H
#define WI_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/thread_role.h"

struct wi_peer {
	struct wi_address remote;
	struct wi_address local;
	uint32_t slot; /* of its endpoint; 0 until the owner says */
	uint32_t hash;
	struct wi_peer *hash_next;
	struct wi_peer *newer; /* heard of later */
	struct wi_peer *older;
	uint64_t heard; /* [ms] of the loop's clock */
};

struct wi_peers {
	struct wi_peer **buckets; /* NULL: nobody is there */
	uint32_t nbuckets;        /* in use; follows count, see split_note */
	uint32_t capacity;        /* there is room for; a power of two, or 0 */
	uint32_t count;
	bool has_key; /* made when there is a first one */
	struct wi_peer *newest;
	struct wi_peer *oldest;
	struct wi_hash_key key;
};

/* wi_peers_init() - nobody is there. */
void wi_peers_init(struct wi_peers *peers) WI_ON_IO;

/* wi_peers_fini() - it must be empty. */
void wi_peers_fini(struct wi_peers *peers) WI_ON_IO;

/* wi_peers_find() - NULL: not there. */
struct wi_peer *wi_peers_find(const struct wi_peers *peers,
    const struct wi_address *remote, const struct wi_address *local) WI_ON_IO;

/*
 * wi_peers_add() - a peer that is not there, as the newest.
 *
 *   returns           NULL: no memory, or no random key.
 *   owner             the table, until wi_peers_remove().
 */
struct wi_peer *wi_peers_add(struct wi_peers *peers,
    const struct wi_address *remote, const struct wi_address *local,
    uint64_t now) WI_ON_IO;

/* wi_peers_heard() - it has just been heard of: now it is the newest. */
void wi_peers_heard(
    struct wi_peers *peers, struct wi_peer *peer, uint64_t now) WI_ON_IO;

/* wi_peers_remove() - out of the table, and freed. */
void wi_peers_remove(struct wi_peers *peers, struct wi_peer *peer) WI_ON_IO;

#endif
