/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/peers - who talks to a datagram socket.
 *
 * thread: I/O.  Owns the peers.
 *
 * split_note: linear hashing (Litwin, 1980).  Bucket n is made by splitting
 * the one whose number is n without its first bit, and goes back into it; of a
 * hash, so many of the last bits count as nbuckets has, or one less where they
 * name a bucket that is not there yet.  There are as many buckets as peers, at
 * most twice as many when peers leave, so that one more peer splits one chain
 * and one less joins two pairs.  Only where the array of buckets has no room
 * is it copied as a whole (8 bytes a bucket).  While there is no memory for
 * that, chains get longer; afterwards two are split at a time until there are
 * enough.
 */
#include "io/peers.h"

#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "base/assert.h"

#define PEERS_MIN 16u /* buckets at least, a power of two */
#define PEERS_MAX (UINT32_C(1) << 31)
#define PEERS_STEPS 2u /* splits or joins at a time */

void
wi_peers_init(struct wi_peers *peers)
{
	memset(peers, 0, sizeof(*peers));
}

void
wi_peers_fini(struct wi_peers *peers)
{
	wi_assert(peers->count == 0 && peers->buckets == NULL);
	memset(peers, 0, sizeof(*peers));
}

/* The first bit of a number that is not 0. */
static uint32_t
peers_first_bit(uint32_t number)
{
	return UINT32_C(1) << (31 - __builtin_clz(number));
}

/* See split_note. */
WI_ON_IO static struct wi_peer **
peers_bucket(const struct wi_peers *peers, uint32_t hash)
{
	uint32_t mask = UINT32_MAX >> __builtin_clz(peers->nbuckets - 1);
	uint32_t bucket = hash & mask;

	if (bucket >= peers->nbuckets)
		bucket &= mask >> 1;
	return &peers->buckets[bucket];
}

WI_ON_IO static uint32_t
peers_hash(const struct wi_peers *peers, const struct wi_address *remote,
    const struct wi_address *local)
{
	return (uint32_t)wi_hash_pair(&peers->key, remote, local);
}

WI_ON_IO static struct wi_peer *
peers_find(const struct wi_peers *peers, uint32_t hash,
    const struct wi_address *remote, const struct wi_address *local)
{
	struct wi_peer *peer = *peers_bucket(peers, hash);

	for (; peer != NULL; peer = peer->hash_next)
		if (peer->hash == hash &&
		    memcmp(&peer->remote, remote, sizeof(*remote)) == 0 &&
		    memcmp(&peer->local, local, sizeof(*local)) == 0)
			break;
	return peer;
}

struct wi_peer *
wi_peers_find(const struct wi_peers *peers, const struct wi_address *remote,
    const struct wi_address *local)
{
	if (peers->count == 0)
		return NULL;
	return peers_find(
	    peers, peers_hash(peers, remote, local), remote, local);
}

/* Another capacity, if there is memory for it. */
WI_ON_IO static bool
peers_resize(struct wi_peers *peers, uint32_t capacity)
{
	struct wi_peer **buckets;

	buckets = realloc(peers->buckets, capacity * sizeof(*buckets));
	if (buckets == NULL)
		return false;
	peers->buckets = buckets;
	peers->capacity = capacity;
	return true;
}

/* The first one brings the buckets and the key. */
WI_ON_IO static bool
peers_begin(struct wi_peers *peers)
{
	if (!peers->has_key && wi_hash_key_make(&peers->key) != WEFT_OK)
		return false;
	peers->has_key = true;
	if (!peers_resize(peers, PEERS_MIN))
		return false;
	memset(peers->buckets, 0, PEERS_MIN * sizeof(*peers->buckets));
	peers->nbuckets = PEERS_MIN;
	return true;
}

WI_ON_IO static void
peers_split(struct wi_peers *peers)
{
	uint32_t made = peers->nbuckets, bit = peers_first_bit(made);
	struct wi_peer *peer, **stays, **goes;

	if (made == peers->capacity &&
	    (made == PEERS_MAX || !peers_resize(peers, made * 2)))
		return;
	stays = &peers->buckets[made - bit];
	goes = &peers->buckets[made];
	for (peer = *stays; peer != NULL; peer = peer->hash_next) {
		if ((peer->hash & bit) != 0) {
			*goes = peer;
			goes = &peer->hash_next;
		} else {
			*stays = peer;
			stays = &peer->hash_next;
		}
	}
	*stays = NULL;
	*goes = NULL;
	peers->nbuckets++;
}

WI_ON_IO static void
peers_join(struct wi_peers *peers)
{
	uint32_t gone = --peers->nbuckets;
	struct wi_peer **end;

	end = &peers->buckets[gone - peers_first_bit(gone)];
	while (*end != NULL)
		end = &(*end)->hash_next;
	*end = peers->buckets[gone];
	if (peers->nbuckets <= peers->capacity / 4)
		(void)peers_resize(peers, peers->capacity / 2);
}

WI_ON_IO static void
peers_link(struct wi_peers *peers, struct wi_peer *peer)
{
	peer->newer = NULL;
	peer->older = peers->newest;
	if (peers->newest != NULL)
		peers->newest->newer = peer;
	else
		peers->oldest = peer;
	peers->newest = peer;
}

WI_ON_IO static void
peers_unlink(struct wi_peers *peers, struct wi_peer *peer)
{
	if (peer->newer != NULL)
		peer->newer->older = peer->older;
	else
		peers->newest = peer->older;
	if (peer->older != NULL)
		peer->older->newer = peer->newer;
	else
		peers->oldest = peer->newer;
}

/* Without peers there are no buckets either. */
WI_ON_IO static void
peers_end(struct wi_peers *peers)
{
	free(peers->buckets);
	peers->buckets = NULL;
	peers->nbuckets = 0;
	peers->capacity = 0;
}

struct wi_peer *
wi_peers_add(struct wi_peers *peers, const struct wi_address *remote,
    const struct wi_address *local, uint64_t now)
{
	struct wi_peer *peer, **bucket;
	unsigned i;

	peer = malloc(sizeof(*peer));
	if (peer == NULL)
		return NULL;
	if (peers->count == 0 && !peers_begin(peers)) {
		free(peer);
		return NULL;
	}
	*peer = (struct wi_peer){ .remote = *remote,
		.local = *local,
		.hash = peers_hash(peers, remote, local),
		.heard = now };
	wi_assert(peers_find(peers, peer->hash, remote, local) == NULL);
	for (i = 0; i < PEERS_STEPS && peers->count >= peers->nbuckets; i++)
		peers_split(peers);
	bucket = peers_bucket(peers, peer->hash);
	peer->hash_next = *bucket;
	*bucket = peer;
	peers_link(peers, peer);
	peers->count++;
	return peer;
}

void
wi_peers_heard(struct wi_peers *peers, struct wi_peer *peer, uint64_t now)
{
	peer->heard = now;
	if (peer->newer == NULL)
		return;
	peers_unlink(peers, peer);
	peers_link(peers, peer);
}

void
wi_peers_remove(struct wi_peers *peers, struct wi_peer *peer)
{
	struct wi_peer **at = peers_bucket(peers, peer->hash);
	unsigned i;

	while (*at != peer) {
		wi_assert(*at != NULL);
		at = &(*at)->hash_next;
	}
	*at = peer->hash_next;
	peers_unlink(peers, peer);
	free(peer);
	if (--peers->count == 0)
		peers_end(peers);
	for (i = 0; i < PEERS_STEPS && peers->nbuckets > PEERS_MIN &&
	     peers->count < peers->nbuckets / 2;
	     i++)
		peers_join(peers);
}
