/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/utf8.h - is it UTF-8 (RFC 3629)?  Piece by piece.
 *
 * thread: any (pure).
 */
#ifndef WI_UTF8_H
#define WI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has begun and is not whole: how many bytes are missing, and between
 * which values the next one lies.  All zero: nothing. */
struct wi_utf8 {
	uint8_t missing;
	uint8_t low;
	uint8_t high;
};

/* wi_utf8_next() - the next piece; false: it cannot be, and no later piece
 * makes it so. */
bool wi_utf8_next(struct wi_utf8 *utf8, const uint8_t *at, size_t len);

/* wi_utf8_whole() - may it end here? */
static inline bool
wi_utf8_whole(const struct wi_utf8 *utf8)
{
	return utf8->missing == 0;
}

#endif
