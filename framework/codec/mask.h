/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/mask.h - the mask of RFC 6455, section 5.3, on and off.
 *
 * thread: any (pure).
 */
#ifndef WI_MASK_H
#define WI_MASK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* wi_mask_copy() - octet i of out is octet i of from, xored with octet i
 * modulo 4 of the key.  out may be from. */
static inline void
wi_mask_copy(
    uint8_t *out, const uint8_t *from, size_t len, const uint8_t key[4])
{
	uint64_t wide, words[4];
	uint32_t narrow;
	size_t i = 0, k;

	memcpy(&narrow, key, 4);
	wide = (uint64_t)narrow << 32 | narrow;
	for (; len - i >= sizeof(words); i += sizeof(words)) {
		memcpy(words, from + i, sizeof(words));
		for (k = 0; k < 4; k++)
			words[k] ^= wide;
		memcpy(out + i, words, sizeof(words));
	}
	for (; len - i >= 8; i += 8) {
		memcpy(words, from + i, 8);
		words[0] ^= wide;
		memcpy(out + i, words, 8);
	}
	for (; i < len; i++)
		out[i] = from[i] ^ key[i & 3];
}

#endif
