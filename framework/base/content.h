/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/content.h - the hash that names the contents of a plugin's file.
 *
 * thread: any (pure).
 */
#ifndef WI_CONTENT_H
#define WI_CONTENT_H

#include <stddef.h>
#include <stdint.h>

/* wi_content_hash() - FNV-1a, 64 bits: names contents; nobody's safety rests
 * on it.  Source: draft-eastlake-fnv. */
static inline uint64_t
wi_content_hash(const uint8_t *bytes, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
