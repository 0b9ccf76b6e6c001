/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash - SipHash-1-3 of Aumasson and Bernstein.
 *
 * thread: any.
 */
#include "siphash.h"

#include <string.h>

#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define ROUND(v0, v1, v2, v3)                                                 \
	do {                                                                  \
		v0 += v1;                                                     \
		v1 = ROTATE(v1, 13) ^ v0;                                     \
		v0 = ROTATE(v0, 32);                                          \
		v2 += v3;                                                     \
		v3 = ROTATE(v3, 16) ^ v2;                                     \
		v0 += v3;                                                     \
		v3 = ROTATE(v3, 21) ^ v0;                                     \
		v2 += v1;                                                     \
		v1 = ROTATE(v1, 17) ^ v2;                                     \
		v2 = ROTATE(v2, 32);                                          \
	} while (0)

uint64_t
kv_siphash(const uint64_t secret[2], const void *data, size_t len)
{
	uint64_t v0 = 0x736f6d6570736575u ^ secret[0];
	uint64_t v1 = 0x646f72616e646f6du ^ secret[1];
	uint64_t v2 = 0x6c7967656e657261u ^ secret[0];
	uint64_t v3 = 0x7465646279746573u ^ secret[1];
	const uint8_t *at = data, *end = at + (len & ~(size_t)7);
	uint64_t word, last = 0;

	for (; at < end; at += 8) {
		memcpy(&word, at, 8);
		v3 ^= word;
		ROUND(v0, v1, v2, v3);
		v0 ^= word;
	}
	/* An empty key may have no address. */
	if ((len & 7) > 0)
		memcpy(&last, at, len & 7);
	last |= (uint64_t)len << 56;
	v3 ^= last;
	ROUND(v0, v1, v2, v3);
	v0 ^= last;
	v2 ^= 0xff;
	ROUND(v0, v1, v2, v3);
	ROUND(v0, v1, v2, v3);
	ROUND(v0, v1, v2, v3);
	return v0 ^ v1 ^ v2 ^ v3;
}
