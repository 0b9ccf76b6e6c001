/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_hash.c - base/hash: SipHash-1-3 of addresses and bytes.
 *
 * The values are CPython 3.11's hash(bytes), which is SipHash-1-3 there
 * (sys.hash_info), for PYTHONHASHSEED 0, 1 and 4711.
 */
#include <errno.h>
#include <string.h>

#include <weft/error.h>

#include "base/hash.h"
#include "check_main.h"
#include "without.h"

struct known {
	struct wi_hash_key key;
	uint64_t counted;  /* of bytes 0 .. 23 */
	uint64_t ones;     /* of 24 times 255 */
	uint64_t pair;     /* of bytes 0 .. 47 */
	uint64_t swapped;  /* of bytes 24 .. 47, 0 .. 23 */
	uint64_t nothings; /* of 48 times 0 */
};

static const struct known known[] = {
	{ { { 0, 0 } }, 0x31185a47af932f3a, 0x1b8698f54a7f563b,
	    0xfe1f2445ba50237f, 0xf79862b91115df17, 0x52e5cedc00a049e0 },
	{ { { 0xaed66ce184be2329, 0xebe9bbf1f1499052 } }, 0x19b4e5f288f874ce,
	    0xdc21fd548bb15872, 0xe29343c400d583a7, 0xca410f502f46e3db,
	    0x4258051bb01628ca },
	{ { { 0x65121defe496063e, 0xb30647aa540bb9c8 } }, 0x25cbad031a30cd39,
	    0x067b660ca1167062, 0xab4d7e5b60f123b8, 0xbc68c711cc1d6930,
	    0x2230ab69647fb494 },
};

/* Bytes from, from + 1, ... */
static struct wi_address
counted(uint8_t from)
{
	uint8_t bytes[sizeof(struct wi_address)];
	struct wi_address address;
	uint8_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(from + i);
	memcpy(&address, bytes, sizeof(bytes));
	return address;
}

START_TEST(hashes_are_those_of_another_implementation)
{
	const struct wi_address first = counted(0), second = counted(24);
	struct wi_address ones, zeros;
	const struct known *k;
	size_t i;

	memset(&ones, 0xff, sizeof(ones));
	memset(&zeros, 0, sizeof(zeros));
	for (i = 0; i < CHECK_COUNT(known); i++) {
		k = &known[i];
		ck_assert_uint_eq(
		    wi_hash_address(&k->key, &first), k->counted);
		ck_assert_uint_eq(wi_hash_address(&k->key, &ones), k->ones);
		ck_assert_uint_eq(
		    wi_hash_pair(&k->key, &first, &second), k->pair);
		ck_assert_uint_eq(
		    wi_hash_pair(&k->key, &second, &first), k->swapped);
		ck_assert_uint_eq(
		    wi_hash_pair(&k->key, &zeros, &zeros), k->nothings);
	}
}
END_TEST

#define LENGTHS 13

/* Of bytes 0 .. len - 1, by the keys above; and of seven times 255. */
static const size_t lengths[LENGTHS] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17,
	63 };
static const uint64_t of_bytes[CHECK_COUNT(known)][LENGTHS] = {
	{ 0x68a914128e01e473, 0x010bac45c41e3669, 0x4d4c9a4a8ef6e0ad,
	    0x7cc43f98813e4dbd, 0x5abe2169dff36275, 0xe3c25f87624f1cdb,
	    0x2f098ab0c751325a, 0xead411e67ebe2eea, 0x75927f9d95124362,
	    0xf30eb725bb91c9ea, 0x8972188433a5c5b7, 0x4883c49a2c009c1d,
	    0x385d3e39e5f37359 },
	{ 0xecd3e5afcecda4b9, 0xbf360f1ea1745965, 0x8d5b20ab227ba858,
	    0x968a3280faeeb716, 0xbbda3b5f513c3d69, 0xa77f099d6ffed90e,
	    0xfd15e78052a69ddf, 0xc0b5739e7e28dd01, 0x208a1a5a0cbbf778,
	    0xfa87985f39e97a53, 0x12e9d283f9f37002, 0x9f5bb4237f61907f,
	    0x542052345bc68274 },
	{ 0x45e8aedb829392e6, 0xd0eb70b4ba10c879, 0x06cb7614b84a6ba7,
	    0x58f5938b103a002e, 0xf21e3ff5afb7f2f6, 0xa958b826cdac2bf2,
	    0x3990ca76319e0858, 0xb19e59eaf2bc3c22, 0xc4d687976a3f24f4,
	    0xa992d7421f616793, 0x3294f72ea83895d8, 0xa926ea60beac6c4b,
	    0xf7d3a7c86255326a },
};
static const uint64_t of_ones[CHECK_COUNT(known)] = { 0xa3cf0c89008da505,
	0x908a0611f708fdce, 0x6f4cca0b46010888 };

START_TEST(bytes_of_any_length_and_place_have_the_known_hashes)
{
	uint8_t bytes[64 + 8], ones[7];
	size_t i, j, shift;

	memset(ones, 0xff, sizeof(ones));
	for (shift = 0; shift < 8; shift++) {
		for (i = 0; i < 64; i++)
			bytes[shift + i] = (uint8_t)i;
		for (i = 0; i < CHECK_COUNT(known); i++)
			for (j = 0; j < LENGTHS; j++)
				ck_assert_uint_eq(
				    wi_hash_bytes(&known[i].key, bytes + shift,
					lengths[j]),
				    of_bytes[i][j]);
	}
	for (i = 0; i < CHECK_COUNT(known); i++)
		ck_assert_uint_eq(
		    wi_hash_bytes(&known[i].key, ones, sizeof(ones)),
		    of_ones[i]);
}
END_TEST

START_TEST(bytes_of_an_address_have_its_hash_and_no_bytes_have_one_too)
{
	const struct wi_address address = counted(0);
	const struct wi_hash_key *key = &known[2].key;

	ck_assert_uint_eq(wi_hash_bytes(key, &address, sizeof(address)),
	    wi_hash_address(key, &address));
	ck_assert_uint_eq(
	    wi_hash_bytes(key, NULL, 0), wi_hash_bytes(key, "", 0));
	ck_assert_uint_ne(
	    wi_hash_bytes(key, NULL, 0), wi_hash_bytes(key, "", 1));
}
END_TEST

/* With another bit each hash must change, and by about half of its bits. */
static void
bit_counts(uint64_t before, uint64_t after)
{
	int changed = __builtin_popcountll(before ^ after);

	ck_assert_int_ge(changed, 12);
	ck_assert_int_le(changed, 52);
}

START_TEST(each_bit_of_key_and_addresses_counts)
{
	struct wi_address first = counted(0), second = counted(24);
	struct wi_hash_key key = known[1].key;
	uint8_t *bytes[] = { (void *)&first, (void *)&second };
	uint64_t one, both, word;
	size_t i, bit;

	one = wi_hash_address(&key, &first);
	both = wi_hash_pair(&key, &first, &second);
	for (i = 0; i < 2; i++) {
		for (bit = 0; bit < 8 * sizeof(first); bit++) {
			bytes[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (i == 0)
				bit_counts(one, wi_hash_address(&key, &first));
			bit_counts(both, wi_hash_pair(&key, &first, &second));
			bytes[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	for (bit = 0; bit < 128; bit++) {
		word = UINT64_C(1) << bit % 64;
		key.words[bit / 64] ^= word;
		bit_counts(one, wi_hash_address(&key, &first));
		key.words[bit / 64] ^= word;
	}
}
END_TEST

/* Chi-squared for 256 buckets has a mean of 255, a deviation of 22.6. */
static void
assert_even(const uint32_t *buckets, uint32_t total)
{
	double expected = total / 256.0, chi = 0, off;
	unsigned i;

	for (i = 0; i < 256; i++) {
		off = buckets[i] - expected;
		chi += off * off / expected;
	}
	ck_assert_double_gt(chi, 255 - 5 * 22.6);
	ck_assert_double_lt(chi, 255 + 5 * 22.6);
}

START_TEST(neighbours_fall_evenly_by_the_first_and_by_the_last_bits)
{
	uint32_t first[256] = { 0 }, middle[256] = { 0 }, last[256] = { 0 };
	struct wi_address address = { .family = AF_INET, .ip = { 10 } };
	uint32_t i;
	uint64_t h;

	for (i = 0; i < 65536; i++) {
		address.ip[2] = (uint8_t)(i >> 8);
		address.ip[3] = (uint8_t)i;
		h = wi_hash_address(&known[1].key, &address);
		first[h >> 56]++;
		middle[(h >> 32) & 255]++;
		last[h & 255]++;
	}
	assert_even(first, i);
	assert_even(middle, i);
	assert_even(last, i);
}
END_TEST

START_TEST(keys_differ_each_time)
{
	struct wi_hash_key keys[3];
	size_t i, j;

	memset(keys, 0, sizeof(keys));
	for (i = 0; i < CHECK_COUNT(keys); i++)
		ck_assert_int_eq(wi_hash_key_make(&keys[i]), WEFT_OK);
	for (i = 0; i < CHECK_COUNT(keys); i++) {
		ck_assert_uint_ne(keys[i].words[0], 0);
		ck_assert_uint_ne(keys[i].words[1], 0);
		for (j = 0; j < i; j++) {
			ck_assert_uint_ne(keys[i].words[0], keys[j].words[0]);
			ck_assert_uint_ne(keys[i].words[1], keys[j].words[1]);
		}
	}
}
END_TEST

static bool
key_is_refused(void)
{
	struct wi_hash_key key = known[1].key;

	return wi_hash_key_make(&key) == -ENOSYS &&
	    memcmp(&key, &known[1].key, sizeof(key)) == 0;
}

START_TEST(without_getrandom_there_is_no_key_and_no_guess_at_one)
{
	ck_assert(!key_is_refused()); /* here there is one */
	ck_assert(without_getrandom(key_is_refused));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		hashes_are_those_of_another_implementation,
		bytes_of_any_length_and_place_have_the_known_hashes,
		bytes_of_an_address_have_its_hash_and_no_bytes_have_one_too,
		each_bit_of_key_and_addresses_counts,
		neighbours_fall_evenly_by_the_first_and_by_the_last_bits,
		keys_differ_each_time,
		without_getrandom_there_is_no_key_and_no_guess_at_one,
	};

	return check_main("hash", tests, CHECK_COUNT(tests));
}
