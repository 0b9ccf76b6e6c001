/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_per_ip.c - io/per_ip: how many endpoints each address has.
 */
#include <arpa/inet.h>
#include <string.h>

#include <weft/error.h>

#include "../stress/aborts.h"
#include "check_main.h"
#include "check_random.h"
#include "collide.h"
#include "io/per_ip.h"

#define ADDRESSES 3000u
#define LIMIT 4u

static struct wi_address
v4(const char *text)
{
	struct wi_address address = { .family = AF_INET, .port = 1234 };

	ck_assert_int_eq(inet_pton(AF_INET, text, address.ip), 1);
	return address;
}

static struct wi_address
v6(const char *text)
{
	struct wi_address address = { .family = AF_INET6, .port = 1234 };

	ck_assert_int_eq(inet_pton(AF_INET6, text, address.ip), 1);
	return address;
}

/* The i-th of many, every other one of IPv6. */
static struct wi_address
nth(uint32_t i)
{
	struct wi_address address = { .port = (uint16_t)i };

	address.family = i % 2 == 0 ? AF_INET : AF_INET6;
	address.ip[0] = 0x2a;
	address.ip[1] = (uint8_t)(i >> 16);
	address.ip[2] = (uint8_t)(i >> 8);
	address.ip[3] = (uint8_t)i;
	return address;
}

/* A key of our own, so that each run is the same. */
WI_ON_IO static void
begin(struct wi_per_ip *table, uint64_t key)
{
	wi_per_ip_init(table);
	table->key.words[0] = key;
	table->has_key = true;
}

WI_ON_IO static void
add(struct wi_per_ip *table, struct wi_address address)
{
	check_holds(wi_per_ip_add(table, &address, LIMIT) == WEFT_OK);
}

WI_ON_IO static void
sub(struct wi_per_ip *table, struct wi_address address)
{
	wi_per_ip_sub(table, &address);
}

WI_ON_IO static uint32_t
count(const struct wi_per_ip *table, struct wi_address address)
{
	return wi_per_ip_count(table, &address);
}

START_TEST(ipv4_address_counts_by_itself_whatever_its_port)
{
	struct wi_address other = v4("192.0.2.1");
	struct wi_per_ip table;

	wi_become_io();
	wi_per_ip_init(&table);
	ck_assert_uint_eq(count(&table, other), 0);
	add(&table, v4("192.0.2.1"));
	other.port = 4321;
	add(&table, other);
	add(&table, v4("192.0.2.2"));
	ck_assert_uint_eq(count(&table, other), 2);
	ck_assert_uint_eq(count(&table, v4("192.0.2.2")), 1);
	ck_assert_uint_eq(count(&table, v4("192.0.2.3")), 0);
	ck_assert_uint_eq(table.count, 2);
	sub(&table, other);
	ck_assert_uint_eq(count(&table, v4("192.0.2.1")), 1);
	wi_per_ip_fini(&table);
	ck_assert_uint_eq(count(&table, v4("192.0.2.1")), 0);
}
END_TEST

START_TEST(ipv6_address_counts_by_its_first_64_bits)
{
	struct wi_per_ip table;

	wi_become_io();
	wi_per_ip_init(&table);
	add(&table, v6("2001:db8:1:2::1"));
	add(&table, v6("2001:db8:1:2:ffff:ffff:ffff:ffff"));
	add(&table, v6("2001:db8:1:2:8000::"));
	add(&table, v6("2001:db8:1:3::1"));
	ck_assert_uint_eq(table.count, 2);
	ck_assert_uint_eq(count(&table, v6("2001:db8:1:2:3:4:5:6")), 3);
	ck_assert_uint_eq(count(&table, v6("2001:db8:1:3::")), 1);
	ck_assert_uint_eq(count(&table, v6("a001:db8:1:2::1")), 0);
	/* Any of them is as good as the one that was added. */
	sub(&table, v6("2001:db8:1:2:7::7"));
	ck_assert_uint_eq(count(&table, v6("2001:db8:1:2::")), 2);
	wi_per_ip_fini(&table);
}
END_TEST

START_TEST(ipv4_in_ipv6_counts_as_ipv4_and_not_as_one_network)
{
	struct wi_per_ip table;

	wi_become_io();
	wi_per_ip_init(&table);
	add(&table, v6("::ffff:192.0.2.1"));
	add(&table, v4("192.0.2.1"));
	add(&table, v6("::ffff:192.0.2.2"));
	add(&table, v6("::1"));
	ck_assert_uint_eq(count(&table, v4("192.0.2.1")), 2);
	ck_assert_uint_eq(count(&table, v6("::ffff:192.0.2.2")), 1);
	ck_assert_uint_eq(count(&table, v6("::")), 1);
	ck_assert_uint_eq(table.count, 3);
	wi_per_ip_fini(&table);
}
END_TEST

START_TEST(same_bytes_of_another_family_or_interface_are_another_address)
{
	struct wi_address link = v6("fe80::1"), other = v6("fe80::2");
	struct wi_per_ip table;

	wi_become_io();
	wi_per_ip_init(&table);
	add(&table, v4("10.1.2.3"));
	ck_assert_uint_eq(count(&table, v6("0a01:0203::")), 0);
	link.scope = 1;
	other.scope = 2;
	add(&table, link);
	ck_assert_uint_eq(count(&table, other), 0);
	other.scope = 1;
	ck_assert_uint_eq(count(&table, other), 1);
	wi_per_ip_fini(&table);
}
END_TEST

START_TEST(what_has_no_address_or_no_limit_is_not_counted)
{
	struct wi_address unix_one = { .family = AF_UNIX }, none = { 0 };
	struct wi_address ip = v4("192.0.2.1");
	struct wi_per_ip table;
	int i;

	wi_become_io();
	wi_per_ip_init(&table);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(wi_per_ip_add(&table, &unix_one, 1), WEFT_OK);
		ck_assert_int_eq(wi_per_ip_add(&table, &none, 1), WEFT_OK);
		ck_assert_int_eq(wi_per_ip_add(&table, &ip, 0), WEFT_OK);
	}
	ck_assert_uint_eq(count(&table, unix_one), 0);
	ck_assert_uint_eq(count(&table, none), 0);
	ck_assert_uint_eq(count(&table, ip), 0);
	sub(&table, unix_one);
	sub(&table, none);
	ck_assert_ptr_null(table.entries);
	wi_per_ip_fini(&table);
}
END_TEST

/* Of many that differ in their network, or in their interface, only. */
static struct wi_address
net_of(uint32_t number)
{
	struct wi_address net = { .family = AF_INET6 };

	memcpy(net.ip, &number, sizeof(number));
	return net;
}

static struct wi_address
link_of(uint32_t number)
{
	return (struct wi_address){ .family = AF_INET6, .scope = number };
}

static uint32_t
hash_of_net(const void *arg, uint32_t number)
{
	struct wi_address net = net_of(number);

	return (uint32_t)(wi_hash_address(arg, &net) >> 32);
}

static uint32_t
hash_of_link(const void *arg, uint32_t number)
{
	struct wi_address net = link_of(number);

	return (uint32_t)(wi_hash_address(arg, &net) >> 32);
}

START_TEST(addresses_with_the_same_hash_are_told_apart)
{
	struct wi_per_ip table;
	uint32_t nets[2], links[2];

	wi_become_io();
	begin(&table, 1);
	collide(hash_of_net, &table.key, nets);
	collide(hash_of_link, &table.key, links);
	add(&table, net_of(nets[0]));
	add(&table, link_of(links[0]));
	ck_assert_uint_eq(count(&table, net_of(nets[1])), 0);
	ck_assert_uint_eq(count(&table, link_of(links[1])), 0);
	add(&table, net_of(nets[1]));
	add(&table, link_of(links[1]));
	ck_assert_uint_eq(table.count, 4);
	sub(&table, net_of(nets[0]));
	sub(&table, link_of(links[0]));
	ck_assert_uint_eq(count(&table, net_of(nets[1])), 1);
	ck_assert_uint_eq(count(&table, link_of(links[1])), 1);
	wi_per_ip_fini(&table);
}
END_TEST

START_TEST(limit_holds_until_one_leaves)
{
	struct wi_address ip = v4("192.0.2.1");
	struct wi_per_ip table;
	uint32_t i;

	wi_become_io();
	wi_per_ip_init(&table);
	for (i = 0; i < LIMIT; i++)
		add(&table, ip);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(
		    wi_per_ip_add(&table, &ip, LIMIT), WEFT_EFULL);
	ck_assert_uint_eq(count(&table, ip), LIMIT);
	ck_assert_int_eq(wi_per_ip_add(&table, &ip, LIMIT - 1), WEFT_EFULL);
	ck_assert_int_eq(wi_per_ip_add(&table, &ip, LIMIT + 1), WEFT_OK);
	add(&table, v4("192.0.2.2")); /* nobody else is held up */
	sub(&table, ip);
	sub(&table, ip);
	add(&table, ip);
	ck_assert_int_eq(wi_per_ip_add(&table, &ip, LIMIT), WEFT_EFULL);
	wi_per_ip_fini(&table);
}
END_TEST

START_TEST(memory_follows_the_addresses_that_are_there)
{
	struct wi_per_ip table;
	uint32_t i;

	wi_become_io();
	begin(&table, 1);
	for (i = 0; i < ADDRESSES; i++) {
		add(&table, nth(i));
		check_holds(table.count == i + 1);
		check_holds(table.count <= table.capacity / 4 * 3);
		if (table.capacity > 8)
			check_holds(table.count > table.capacity / 8);
	}
	while (i-- > 0) {
		sub(&table, nth(i));
		check_holds(table.count == i);
		if (table.capacity > 8)
			check_holds(table.count >= table.capacity / 8);
	}
	check_holds(table.capacity == 0);
	check_holds(table.entries == NULL);
}
END_TEST

START_TEST(one_that_comes_and_goes_does_not_resize_each_time)
{
	const struct wi_per_ip_entry *entries;
	struct wi_per_ip table;
	uint32_t i, n;

	wi_become_io();
	begin(&table, 1);
	for (n = 0; n < 200; n++)
		add(&table, nth(n));
	/* At whatever size: it may have to be resized once. */
	for (; n > 1; n--) {
		sub(&table, nth(n - 1));
		add(&table, nth(n - 1));
		entries = table.entries;
		for (i = 0; i < 3; i++) {
			sub(&table, nth(n - 1));
			add(&table, nth(n - 1));
			check_holds(table.entries == entries);
		}
		sub(&table, nth(n - 1));
	}
	wi_per_ip_fini(&table);
}
END_TEST

WI_ON_IO static void
assert_as(const struct wi_per_ip *table, const uint8_t *model, uint32_t n)
{
	uint32_t i, there = 0;

	for (i = 0; i < n; i++) {
		check_holds(count(table, nth(i)) == model[i]);
		there += model[i] != 0;
	}
	check_holds(table->count == there);
	check_holds((table->entries == NULL) == (there == 0));
}

/* Of n addresses; comes is how many of ten times one is added. */
WI_ON_IO static void
model_step(struct wi_per_ip *table, uint8_t *model, uint32_t n, uint32_t comes,
    uint64_t *random)
{
	uint32_t i = check_below(random, n);
	struct wi_address address = nth(i);
	int rv;

	if (check_below(random, 10) < comes) {
		rv = wi_per_ip_add(table, &address, LIMIT);
		check_holds((rv) == (model[i] < LIMIT ? WEFT_OK : WEFT_EFULL));
		model[i] = (uint8_t)(model[i] + (rv == WEFT_OK));
	} else if (model[i] > 0) {
		sub(table, address);
		model[i]--;
	}
	check_holds(count(table, address) == model[i]);
}

/* Grow, stay, shrink to nothing; in tables of n. */
WI_ON_IO static void
model_run(uint32_t n, uint32_t steps, uint64_t seed)
{
	static const uint32_t comes[] = { 9, 5, 7, 2, 5, 0 };
	uint8_t model[ADDRESSES] = { 0 };
	struct wi_per_ip table;
	uint64_t random = seed;
	uint32_t i, phase;

	begin(&table, seed);
	for (phase = 0; phase < CHECK_COUNT(comes); phase++) {
		for (i = 0; i < steps; i++)
			model_step(&table, model, n, comes[phase], &random);
		assert_as(&table, model, n);
	}
	for (i = 0; i < n; i++) {
		for (; model[i] > 0; model[i]--)
			sub(&table, nth(i));
		if (i % 64 == 0)
			assert_as(&table, model, n);
	}
	assert_as(&table, model, n);
	wi_per_ip_fini(&table);
}

START_TEST(small_tables_do_what_an_array_of_counts_does)
{
	uint64_t seed;

	/* Of 6 places of 8 taken many lie across the end. */
	wi_become_io();
	for (seed = 1; seed <= 300; seed++)
		model_run(6 + (uint32_t)seed % 20, 200, seed);
}
END_TEST

START_TEST(large_table_does_what_an_array_of_counts_does)
{
	wi_become_io();
	model_run(ADDRESSES, 30000, 4711);
}
END_TEST

START_TEST(each_table_has_a_key_of_its_own_and_keeps_it)
{
	struct wi_per_ip a, b;
	struct wi_hash_key key;

	wi_become_io();
	wi_per_ip_init(&a);
	wi_per_ip_init(&b);
	add(&a, nth(0));
	add(&b, nth(0));
	ck_assert_mem_ne(&a.key, &b.key, sizeof(a.key));
	key = a.key;
	sub(&a, nth(0));
	add(&a, nth(0));
	ck_assert_mem_eq(&a.key, &key, sizeof(key));
	wi_per_ip_fini(&a);
	wi_per_ip_fini(&b);
}
END_TEST

static void
sub_second(void *arg)
{
	wi_become_io();
	sub(arg, nth(1));
}

START_TEST(one_that_was_not_added_cannot_leave)
{
	struct wi_per_ip table;

	wi_become_io();
	wi_per_ip_init(&table);
	ck_assert(aborts_saying(sub_second, &table, "capacity != 0"));
	add(&table, nth(0));
	ck_assert(aborts_saying(sub_second, &table, "count != 0"));
	wi_per_ip_fini(&table);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		ipv4_address_counts_by_itself_whatever_its_port,
		ipv6_address_counts_by_its_first_64_bits,
		ipv4_in_ipv6_counts_as_ipv4_and_not_as_one_network,
		same_bytes_of_another_family_or_interface_are_another_address,
		what_has_no_address_or_no_limit_is_not_counted,
		addresses_with_the_same_hash_are_told_apart,
		limit_holds_until_one_leaves,
		memory_follows_the_addresses_that_are_there,
		one_that_comes_and_goes_does_not_resize_each_time,
		small_tables_do_what_an_array_of_counts_does,
		large_table_does_what_an_array_of_counts_does,
		each_table_has_a_key_of_its_own_and_keeps_it,
		one_that_was_not_added_cannot_leave,
	};

	return check_main("per_ip", tests, CHECK_COUNT(tests));
}
