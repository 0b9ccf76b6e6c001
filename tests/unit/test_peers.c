/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_peers.c - io/peers: who talks to a datagram socket, in order
 * of who was heard of last.
 */
#include <string.h>

#include "../stress/aborts.h"
#include "check_main.h"
#include "check_random.h"
#include "collide.h"
#include "io/peers.h"

#define PEERS 2000u
#define FLOOD 100000u

/* The i-th of many: two ports of ours, each other one of IPv6. */
static void
nth(uint32_t i, struct wi_address *remote, struct wi_address *local)
{
	memset(remote, 0, sizeof(*remote));
	memset(local, 0, sizeof(*local));
	remote->family = i % 2 == 0 ? AF_INET : AF_INET6;
	local->family = remote->family;
	remote->ip[2] = (uint8_t)(i >> 16);
	remote->ip[3] = (uint8_t)(i >> 8);
	remote->port = (uint16_t)(i >> 2 & 0x3f);
	local->port = (uint16_t)(80 + (i >> 1) % 2);
}

/* A key of our own, so that each run is the same. */
WI_ON_IO static void
begin(struct wi_peers *peers, uint64_t key)
{
	wi_peers_init(peers);
	peers->key.words[0] = key;
	peers->has_key = true;
}

WI_ON_IO static struct wi_peer *
find(const struct wi_peers *peers, uint32_t i)
{
	struct wi_address remote, local;

	nth(i, &remote, &local);
	return wi_peers_find(peers, &remote, &local);
}

WI_ON_IO static struct wi_peer *
try_add(struct wi_peers *peers, uint32_t i, uint64_t now)
{
	struct wi_address remote, local;

	nth(i, &remote, &local);
	return wi_peers_add(peers, &remote, &local, now);
}

WI_ON_IO static struct wi_peer *
add(struct wi_peers *peers, uint32_t i, uint64_t now)
{
	struct wi_peer *peer = try_add(peers, i, now);

	check_holds(peer != NULL);
	check_holds(peer->slot == 0);
	check_holds(peer->heard == now);
	peer->slot = i;
	return peer;
}

WI_ON_IO static void
remove_all(struct wi_peers *peers)
{
	while (peers->oldest != NULL)
		wi_peers_remove(peers, peers->oldest);
	wi_peers_fini(peers);
}

START_TEST(peer_is_found_by_both_addresses)
{
	struct wi_address remote, local, other;
	struct wi_peer *here, *there;
	struct wi_peers peers;

	wi_become_io();
	wi_peers_init(&peers);
	nth(0, &remote, &local);
	ck_assert_ptr_null(wi_peers_find(&peers, &remote, &local));
	here = wi_peers_add(&peers, &remote, &local, 5);
	ck_assert_ptr_nonnull(here);
	other = local;
	other.port++;
	ck_assert_ptr_null(wi_peers_find(&peers, &remote, &other));
	ck_assert_ptr_null(wi_peers_find(&peers, &other, &local));
	ck_assert_ptr_null(wi_peers_find(&peers, &local, &remote));
	there = wi_peers_add(&peers, &remote, &other, 6);
	ck_assert_ptr_eq(wi_peers_find(&peers, &remote, &local), here);
	ck_assert_ptr_eq(wi_peers_find(&peers, &remote, &other), there);
	ck_assert_mem_eq(&there->remote, &remote, sizeof(remote));
	ck_assert_mem_eq(&there->local, &other, sizeof(other));
	ck_assert_uint_eq(peers.count, 2);
	wi_peers_remove(&peers, here);
	ck_assert_ptr_null(wi_peers_find(&peers, &remote, &local));
	ck_assert_ptr_eq(wi_peers_find(&peers, &remote, &other), there);
	remove_all(&peers);
}
END_TEST

/* Of many that differ in one of their two addresses only. */
static uint32_t
hash_of_remote(const void *arg, uint32_t number)
{
	struct wi_address remote = { .scope = number }, local = { 0 };

	return (uint32_t)wi_hash_pair(arg, &remote, &local);
}

static uint32_t
hash_of_local(const void *arg, uint32_t number)
{
	struct wi_address remote = { 0 }, local = { .scope = number };

	return (uint32_t)wi_hash_pair(arg, &remote, &local);
}

START_TEST(peers_with_the_same_hash_are_told_apart)
{
	struct wi_address same = { 0 }, a = { 0 }, b = { 0 };
	struct wi_peer *peer;
	struct wi_peers peers;
	uint32_t pair[2];

	wi_become_io();
	begin(&peers, 1);
	collide(hash_of_remote, &peers.key, pair);
	a.scope = pair[0];
	b.scope = pair[1];
	peer = wi_peers_add(&peers, &a, &same, 0);
	ck_assert_ptr_eq(wi_peers_find(&peers, &a, &same), peer);
	ck_assert_ptr_null(wi_peers_find(&peers, &b, &same));
	ck_assert_uint_eq(
	    wi_peers_add(&peers, &b, &same, 0)->hash, peer->hash);
	collide(hash_of_local, &peers.key, pair);
	a.scope = pair[0];
	b.scope = pair[1];
	peer = wi_peers_add(&peers, &same, &a, 0);
	ck_assert_ptr_null(wi_peers_find(&peers, &same, &b));
	ck_assert_uint_eq(
	    wi_peers_add(&peers, &same, &b, 0)->hash, peer->hash);
	ck_assert_ptr_eq(wi_peers_find(&peers, &same, &a), peer);
	remove_all(&peers);
}
END_TEST

/* Oldest first, by number. */
WI_ON_IO static void
assert_order(const struct wi_peers *peers, const uint32_t *order, uint32_t n)
{
	const struct wi_peer *peer = peers->oldest, *before = NULL;
	uint32_t i;

	check_holds(peers->count == n);
	for (i = 0; i < n; i++) {
		check_holds(peer != NULL);
		check_holds(peer->slot == order[i]);
		check_holds(peer->older == before);
		if (before != NULL)
			check_holds(before->heard <= peer->heard);
		before = peer;
		peer = peer->newer;
	}
	check_holds(peer == NULL);
	check_holds(peers->newest == before);
}

START_TEST(order_is_that_of_who_was_heard_of_last)
{
	struct wi_peers peers;
	uint32_t i;

	wi_become_io();
	wi_peers_init(&peers);
	assert_order(&peers, NULL, 0);
	for (i = 0; i < 4; i++)
		(void)add(&peers, i, i);
	assert_order(&peers, (uint32_t[]){ 0, 1, 2, 3 }, 4);
	wi_peers_heard(&peers, find(&peers, 0), 10); /* the oldest */
	assert_order(&peers, (uint32_t[]){ 1, 2, 3, 0 }, 4);
	wi_peers_heard(&peers, find(&peers, 3), 11); /* a middle one */
	assert_order(&peers, (uint32_t[]){ 1, 2, 0, 3 }, 4);
	wi_peers_heard(&peers, find(&peers, 3), 12); /* the newest */
	assert_order(&peers, (uint32_t[]){ 1, 2, 0, 3 }, 4);
	ck_assert_uint_eq(find(&peers, 3)->heard, 12);
	ck_assert_uint_eq(find(&peers, 0)->heard, 10);
	wi_peers_remove(&peers, find(&peers, 2));
	assert_order(&peers, (uint32_t[]){ 1, 0, 3 }, 3);
	wi_peers_remove(&peers, find(&peers, 3));
	assert_order(&peers, (uint32_t[]){ 1, 0 }, 2);
	wi_peers_remove(&peers, find(&peers, 1));
	assert_order(&peers, (uint32_t[]){ 0 }, 1);
	wi_peers_heard(&peers, find(&peers, 0), 13);
	assert_order(&peers, (uint32_t[]){ 0 }, 1);
	remove_all(&peers);
	assert_order(&peers, NULL, 0);
}
END_TEST

/* Every peer is in one chain; returns the longest one. */
WI_ON_IO static uint32_t
longest_chain(const struct wi_peers *peers)
{
	const struct wi_peer *peer;
	uint32_t i, len, longest = 0, seen = 0;

	for (i = 0; i < peers->nbuckets; i++) {
		len = 0;
		for (peer = peers->buckets[i]; peer; peer = peer->hash_next)
			len++;
		seen += len;
		longest = len > longest ? len : longest;
	}
	ck_assert_uint_eq(seen, peers->count);
	return longest;
}

START_TEST(table_grows_and_shrinks_by_a_bucket_or_two_at_a_time)
{
	uint32_t i, before = 16;
	struct wi_peers peers;

	wi_become_io();
	begin(&peers, 1);
	check_holds(peers.buckets == NULL);
	for (i = 0; i < FLOOD; i++) {
		(void)add(&peers, i, i);
		check_holds(peers.count <= peers.nbuckets);
		check_holds(peers.nbuckets >= before);
		check_holds(peers.nbuckets <= before + 1);
		check_holds(peers.nbuckets <= peers.capacity);
		before = peers.nbuckets;
	}
	check_holds(longest_chain(&peers) < 16);
	for (i = 0; i < FLOOD; i++) {
		wi_peers_remove(&peers, peers.oldest);
		if (i == FLOOD - 1)
			break;
		check_holds(peers.nbuckets <= before);
		check_holds(peers.nbuckets + 2 >= before);
		if (peers.nbuckets > 16)
			check_holds(peers.count >= peers.nbuckets / 2);
		check_holds((peers.nbuckets) >
		    (peers.capacity == 16 ? 15 : peers.capacity / 4));
		before = peers.nbuckets;
	}
	check_holds(peers.buckets == NULL);
	check_holds(peers.capacity == 0);
	wi_peers_fini(&peers);
}
END_TEST

START_TEST(one_that_comes_and_goes_does_not_copy_the_array_each_time)
{
	uint32_t i, n, capacity;
	struct wi_peers peers;

	wi_become_io();
	begin(&peers, 1);
	for (n = 0; n < 300; n++)
		(void)add(&peers, n, 0);
	for (; n > 1; n--) {
		wi_peers_remove(&peers, peers.newest);
		capacity = peers.capacity;
		for (i = 0; i < 3; i++) {
			(void)add(&peers, n - 1, 0);
			check_holds(peers.capacity == capacity);
			wi_peers_remove(&peers, peers.newest);
			check_holds(peers.capacity == capacity);
		}
	}
	remove_all(&peers);
}
END_TEST

struct model {
	uint32_t order[PEERS]; /* oldest first */
	uint32_t n;
	uint64_t now;
};

static uint32_t
model_at(const struct model *model, uint32_t i)
{
	uint32_t at;

	for (at = 0; at < model->n && model->order[at] != i; at++)
		continue;
	return at;
}

static void
model_drop(struct model *model, uint32_t at)
{
	model->n--;
	memmove(&model->order[at], &model->order[at + 1],
	    (model->n - at) * sizeof(model->order[0]));
}

/* goes: of sixteen times one is removed. */
WI_ON_IO static void
model_step(struct wi_peers *peers, struct model *model, uint32_t universe,
    uint32_t goes, uint64_t *random)
{
	uint32_t i = check_below(random, universe), at = model_at(model, i);
	struct wi_peer *peer = find(peers, i);

	model->now += check_below(random, 3);
	check_holds((peer != NULL) == (at < model->n));
	if (check_below(random, 16) < goes) {
		if (peer == NULL && model->n > 0) {
			peer = peers->oldest;
			at = 0;
		}
		if (peer != NULL) {
			check_holds(peer->slot == model->order[at]);
			wi_peers_remove(peers, peer);
			model_drop(model, at);
		}
		return;
	}
	if (peer == NULL) {
		(void)add(peers, i, model->now);
	} else {
		check_holds(peer->slot == i);
		wi_peers_heard(peers, peer, model->now);
		check_holds(peer->heard == model->now);
		model_drop(model, at);
	}
	model->order[model->n++] = i;
}

WI_ON_IO static void
model_run(uint32_t universe, uint32_t steps, uint64_t seed)
{
	static const uint32_t goes[] = { 1, 8, 3, 13, 6, 15 };
	struct model *model = calloc(1, sizeof(*model));
	struct wi_peers peers;
	uint64_t random = seed;
	uint32_t i, phase;

	check_holds(model != NULL);
	begin(&peers, seed);
	for (phase = 0; phase < CHECK_COUNT(goes); phase++) {
		for (i = 0; i < steps; i++)
			model_step(
			    &peers, model, universe, goes[phase], &random);
		assert_order(&peers, model->order, model->n);
		(void)longest_chain(&peers);
		for (i = 0; i < universe; i++)
			check_holds((find(&peers, i) != NULL) ==
			    (model_at(model, i) < model->n));
	}
	remove_all(&peers);
	free(model);
}

START_TEST(small_tables_do_what_a_sorted_array_does)
{
	uint64_t seed;

	wi_become_io();
	for (seed = 1; seed <= 100; seed++)
		model_run(1 + (uint32_t)seed, 300, seed);
}
END_TEST

START_TEST(large_table_does_what_a_sorted_array_does)
{
	wi_become_io();
	model_run(PEERS, 10000, 4711);
}
END_TEST

START_TEST(each_table_has_a_key_of_its_own_and_keeps_it)
{
	struct wi_hash_key key;
	struct wi_peers a, b;

	wi_become_io();
	wi_peers_init(&a);
	wi_peers_init(&b);
	(void)add(&a, 0, 0);
	(void)add(&b, 0, 0);
	ck_assert_mem_ne(&a.key, &b.key, sizeof(a.key));
	key = a.key;
	wi_peers_remove(&a, a.oldest);
	(void)add(&a, 0, 0);
	ck_assert_mem_eq(&a.key, &key, sizeof(key));
	remove_all(&a);
	remove_all(&b);
}
END_TEST

static void
add_first(void *arg)
{
	wi_become_io();
	(void)try_add(arg, 0, 0);
}

static void
fini(void *arg)
{
	wi_become_io();
	wi_peers_fini(arg);
}

START_TEST(one_peer_twice_and_an_end_with_peers_are_caught)
{
	struct wi_peers peers;

	wi_become_io();
	begin(&peers, 1);
	(void)add(&peers, 0, 0);
	ck_assert(aborts_saying(add_first, &peers, "peers_find("));
	ck_assert(aborts_saying(fini, &peers, "count == 0"));
	remove_all(&peers);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		peer_is_found_by_both_addresses,
		peers_with_the_same_hash_are_told_apart,
		order_is_that_of_who_was_heard_of_last,
		table_grows_and_shrinks_by_a_bucket_or_two_at_a_time,
		one_that_comes_and_goes_does_not_copy_the_array_each_time,
		small_tables_do_what_a_sorted_array_does,
		large_table_does_what_a_sorted_array_does,
		each_table_has_a_key_of_its_own_and_keeps_it,
		one_peer_twice_and_an_end_with_peers_are_caught,
	};

	return check_main("peers", tests, CHECK_COUNT(tests));
}
