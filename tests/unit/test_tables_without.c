/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_tables_without.c - io/per_ip and io/peers without memory,
 * and without random numbers for a key.
 */
#include <errno.h>
#include <string.h>

#include <weft/error.h>

#define WITHOUT_MEMORY

#include "check_main.h"
#include "io/peers.h"
#include "io/per_ip.h"
#include "without.h"

static struct wi_address
nth(uint32_t i)
{
	struct wi_address address = { .family = AF_INET };

	memcpy(address.ip, &i, sizeof(i));
	return address;
}

WI_ON_IO static void
add(struct wi_per_ip *table, uint32_t i)
{
	const struct wi_address address = nth(i);

	ck_assert_int_eq(wi_per_ip_add(table, &address, 9), WEFT_OK);
}

WI_ON_IO static void
sub(struct wi_per_ip *table, uint32_t i)
{
	const struct wi_address address = nth(i);

	wi_per_ip_sub(table, &address);
}

WI_ON_IO static uint32_t
count(const struct wi_per_ip *table, uint32_t i)
{
	const struct wi_address address = nth(i);

	return wi_per_ip_count(table, &address);
}

START_TEST(without_memory_no_address_is_added_and_none_is_lost)
{
	struct wi_address first = nth(0), next;
	struct wi_per_ip table;
	uint32_t i, n = 0;
	int rv;

	wi_become_io();
	wi_per_ip_init(&table);
	WITHOUT(1, rv = wi_per_ip_add(&table, &first, 9));
	ck_assert_int_eq(rv, -ENOMEM);
	ck_assert_uint_eq(count(&table, 0), 0);
	for (; table.count < 96; n++)
		add(&table, n);
	ck_assert_uint_eq(table.capacity, 128);
	next = nth(n);
	without_refused = 0;
	WITHOUT(1, rv = wi_per_ip_add(&table, &next, 9));
	ck_assert_int_eq(rv, -ENOMEM);
	ck_assert_uint_eq(without_refused, 1);
	ck_assert_uint_eq(table.count, n);
	ck_assert_uint_eq(count(&table, n), 0);
	/* One that is there needs none. */
	WITHOUT(1, rv = wi_per_ip_add(&table, &first, 9));
	ck_assert_int_eq(rv, WEFT_OK);
	sub(&table, 0);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(count(&table, i), 1);
	add(&table, n);
	ck_assert_uint_eq(table.capacity, 256);
	wi_per_ip_fini(&table);
}
END_TEST

START_TEST(table_that_cannot_get_smaller_stays_as_it_is)
{
	struct wi_per_ip table;
	uint32_t i, n = 96;

	wi_become_io();
	wi_per_ip_init(&table);
	for (i = 0; i < n; i++)
		add(&table, i);
	without_refused = 0;
	for (i = 0; i < n - 1; i++) {
		WITHOUT(1, sub(&table, i));
		ck_assert_uint_eq(table.capacity, 128);
		ck_assert_uint_eq(count(&table, i), 0);
		ck_assert_uint_eq(count(&table, n - 1), 1);
	}
	ck_assert_uint_gt(without_refused, 1);
	add(&table, 0);
	sub(&table, 0); /* with memory again */
	ck_assert_uint_eq(table.capacity, 64);
	ck_assert_uint_eq(count(&table, n - 1), 1);
	sub(&table, n - 1);
	ck_assert_ptr_null(table.entries);
}
END_TEST

static bool
first_ip_is_refused(void)
{
	struct wi_address address = { .family = AF_INET };
	struct wi_per_ip table;
	int rv;

	wi_become_io();
	wi_per_ip_init(&table);
	rv = wi_per_ip_add(&table, &address, 1);
	if (rv == WEFT_OK || table.entries != NULL)
		rv = 1;
	wi_per_ip_fini(&table);
	return rv == -ENOSYS;
}

START_TEST(without_getrandom_the_first_address_is_refused)
{
	ck_assert(!first_ip_is_refused()); /* here it is not */
	ck_assert(without_getrandom(first_ip_is_refused));
}
END_TEST

WI_ON_IO static struct wi_peer *
try_peer(struct wi_peers *peers, uint32_t i)
{
	const struct wi_address remote = nth(i), local = nth(0);

	return wi_peers_add(peers, &remote, &local, i);
}

WI_ON_IO static void
add_peer(struct wi_peers *peers, uint32_t i)
{
	ck_assert_ptr_nonnull(try_peer(peers, i));
}

WI_ON_IO static struct wi_peer *
find_peer(const struct wi_peers *peers, uint32_t i)
{
	const struct wi_address remote = nth(i), local = nth(0);

	return wi_peers_find(peers, &remote, &local);
}

WI_ON_IO static void
remove_peers(struct wi_peers *peers)
{
	while (peers->oldest != NULL)
		wi_peers_remove(peers, peers->oldest);
	wi_peers_fini(peers);
}

START_TEST(without_memory_for_a_peer_the_others_stay)
{
	const struct wi_peer *peer;
	struct wi_peers peers;
	uint32_t i;

	wi_become_io();
	wi_peers_init(&peers);
	WITHOUT(1, peer = try_peer(&peers, 0));
	ck_assert_ptr_null(peer);
	/* For the peer there is some, for its table there is none. */
	without_refused = 0;
	WITHOUT(sizeof(*peer) + 1, peer = try_peer(&peers, 0));
	ck_assert_ptr_null(peer);
	ck_assert_uint_eq(without_refused, 1);
	ck_assert_ptr_null(peers.buckets);
	ck_assert_ptr_null(find_peer(&peers, 0));
	for (i = 0; i < 3; i++)
		add_peer(&peers, i);
	WITHOUT(1, peer = try_peer(&peers, 3));
	ck_assert_ptr_null(peer);
	ck_assert_uint_eq(peers.count, 3);
	ck_assert_ptr_eq(peers.newest, find_peer(&peers, 2));
	ck_assert_ptr_eq(peers.oldest, find_peer(&peers, 0));
	ck_assert_ptr_null(find_peer(&peers, 3));
	remove_peers(&peers);
}
END_TEST

START_TEST(without_memory_for_buckets_chains_get_longer_for_a_while)
{
	struct wi_peer *peer;
	struct wi_peers peers;
	uint32_t i;

	wi_become_io();
	wi_peers_init(&peers);
	for (i = 0; i < 64; i++)
		add_peer(&peers, i);
	ck_assert_uint_eq(peers.capacity, 64);
	without_refused = 0;
	for (; i < 1000; i++) {
		WITHOUT(128 * sizeof(void *), peer = try_peer(&peers, i));
		ck_assert_ptr_nonnull(peer);
	}
	ck_assert_uint_gt(without_refused, 0);
	ck_assert_uint_eq(peers.nbuckets, 64);
	for (i = 0; i < 1000; i++)
		ck_assert_ptr_nonnull(find_peer(&peers, i));
	/* It makes up for what it has missed. */
	for (; i < 2000; i++)
		add_peer(&peers, i);
	ck_assert_uint_eq(peers.nbuckets, 2000);
	remove_peers(&peers);
}
END_TEST

START_TEST(array_that_cannot_get_smaller_stays_as_it_is)
{
	struct wi_peers peers;
	uint32_t i;

	wi_become_io();
	wi_peers_init(&peers);
	for (i = 0; i < 2000; i++)
		add_peer(&peers, i);
	without_refused = 0;
	while (peers.count > 1) {
		WITHOUT(1, wi_peers_remove(&peers, peers.oldest));
		ck_assert_uint_eq(peers.capacity, 2048);
		ck_assert_ptr_eq(find_peer(&peers, 1999), peers.newest);
	}
	ck_assert_uint_gt(without_refused, 1);
	ck_assert_uint_eq(peers.nbuckets, 16);
	for (i = 0; i < 500; i++)
		add_peer(&peers, i);
	for (i = 0; i < 500; i++)
		ck_assert_ptr_nonnull(find_peer(&peers, i));
	remove_peers(&peers);
}
END_TEST

static bool
first_peer_is_refused(void)
{
	struct wi_peers peers;
	bool refused;

	wi_become_io();
	wi_peers_init(&peers);
	refused = try_peer(&peers, 0) == NULL;
	if (!refused)
		wi_peers_remove(&peers, peers.newest);
	wi_peers_fini(&peers);
	return refused;
}

START_TEST(without_getrandom_the_first_peer_is_refused)
{
	ck_assert(!first_peer_is_refused()); /* here it is not */
	ck_assert(without_getrandom(first_peer_is_refused));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		without_memory_no_address_is_added_and_none_is_lost,
		table_that_cannot_get_smaller_stays_as_it_is,
		without_getrandom_the_first_address_is_refused,
		without_memory_for_a_peer_the_others_stay,
		without_memory_for_buckets_chains_get_longer_for_a_while,
		array_that_cannot_get_smaller_stays_as_it_is,
		without_getrandom_the_first_peer_is_refused,
	};

	return check_main("tables_without", tests, CHECK_COUNT(tests));
}
