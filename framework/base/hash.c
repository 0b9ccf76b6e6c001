/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/hash.c - SipHash-1-3, written from its paper (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012): one round a word, three at the
 * end.
 *
 * The paper proposes 2-4; 1-3 is what the hash tables of Rust and CPython have
 * come to use, as no way to find collisions in it is known either, and no
 * hash leaves this process.  CPython's is the oracle of tests/unit/test_hash.
 *
 * thread: any.
 */
#include "base/hash.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <weft/error.h>

#include "base/assert.h"

#define HASH_WORDS 3u /* of an address */

struct hash_state {
	uint64_t v[4];
};

_Static_assert(sizeof(struct wi_address) == HASH_WORDS * sizeof(uint64_t),
    "an address has no padding and is whole words");

int
wi_hash_key_make(struct wi_hash_key *key)
{
	struct wi_hash_key made;
	ssize_t n;

	/* A signal may end only the wait at boot for the first random bytes;
	 * up to 256 bytes come whole (getrandom(2)). */
	do {
		n = getrandom(&made, sizeof(made), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	wi_assert(n == sizeof(made));
	*key = made;
	return WEFT_OK;
}

static inline uint64_t
hash_rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void
hash_round(struct hash_state *s)
{
	s->v[0] += s->v[1];
	s->v[1] = hash_rotate(s->v[1], 13) ^ s->v[0];
	s->v[0] = hash_rotate(s->v[0], 32);
	s->v[2] += s->v[3];
	s->v[3] = hash_rotate(s->v[3], 16) ^ s->v[2];
	s->v[0] += s->v[3];
	s->v[3] = hash_rotate(s->v[3], 21) ^ s->v[0];
	s->v[2] += s->v[1];
	s->v[1] = hash_rotate(s->v[1], 17) ^ s->v[2];
	s->v[2] = hash_rotate(s->v[2], 32);
}

static inline void
hash_begin(struct hash_state *s, const struct wi_hash_key *key)
{
	s->v[0] = key->words[0] ^ 0x736f6d6570736575u;
	s->v[1] = key->words[1] ^ 0x646f72616e646f6du;
	s->v[2] = key->words[0] ^ 0x6c7967656e657261u;
	s->v[3] = key->words[1] ^ 0x7465646279746573u;
}

static inline void
hash_word(struct hash_state *s, uint64_t word)
{
	s->v[3] ^= word;
	hash_round(s);
	s->v[0] ^= word;
}

static inline void
hash_add(struct hash_state *s, const struct wi_address *address)
{
	uint64_t words[HASH_WORDS];
	unsigned i;

	memcpy(words, address, sizeof(words));
	for (i = 0; i < HASH_WORDS; i++)
		hash_word(s, le64toh(words[i]));
}

/* len: [bytes] that were added; rest: those of them behind the last whole
 * word. */
static inline uint64_t
hash_end_with(struct hash_state *s, uint64_t len, uint64_t rest)
{
	hash_word(s, len << 56 | rest);
	s->v[2] ^= 0xff;
	hash_round(s);
	hash_round(s);
	hash_round(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

static inline uint64_t
hash_end(struct hash_state *s, uint64_t len)
{
	return hash_end_with(s, len, 0);
}

uint64_t
wi_hash_bytes(const struct wi_hash_key *key, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	struct hash_state s;
	uint64_t word;
	size_t at;

	hash_begin(&s, key);
	for (at = 0; len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		hash_word(&s, le64toh(word));
	}
	word = 0;
	if (len > at)
		memcpy(&word, bytes + at, len - at);
	return hash_end_with(&s, len, le64toh(word));
}

uint64_t
wi_hash_address(
    const struct wi_hash_key *key, const struct wi_address *address)
{
	struct hash_state s;

	hash_begin(&s, key);
	hash_add(&s, address);
	return hash_end(&s, sizeof(*address));
}

uint64_t
wi_hash_pair(const struct wi_hash_key *key, const struct wi_address *first,
    const struct wi_address *second)
{
	struct hash_state s;

	hash_begin(&s, key);
	hash_add(&s, first);
	hash_add(&s, second);
	return hash_end(&s, sizeof(*first) + sizeof(*second));
}
