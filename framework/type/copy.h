/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/copy.h - short bytes, as formats, names and most strings are: copied,
 * compared and searched without a call.
 *
 * thread: any.
 *
 * overlap_note: n bytes of 8 to 16 are the first 8 and the last 8, which may
 * have some in common; and so for other sizes.
 */
#ifndef WI_COPY_H
#define WI_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WI_COPY_SHORT 32u /* [bytes] above it the C library is asked */

static inline uint64_t
wi_copy_load8(const void *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return word;
}

static inline uint32_t
wi_copy_load4(const void *from)
{
	uint32_t word;

	memcpy(&word, from, sizeof(word));
	return word;
}

/* wi_copy() - memcpy() of what is mostly short.  See overlap_note. */
static inline void
wi_copy(uint8_t *to, const uint8_t *from, size_t n)
{
	if (__builtin_expect(n > WI_COPY_SHORT, 0)) {
		memcpy(to, from, n);
	} else if (n > 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else if (n > 0) {
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

/* wi_copy_same() - are these the same? */
static inline bool
wi_copy_same(const void *left, const void *right, size_t n)
{
	const uint8_t *a = left, *b = right;

	if (n > WI_COPY_SHORT)
		return memcmp(a, b, n) == 0;
	if (n > 16)
		return ((wi_copy_load8(a) ^ wi_copy_load8(b)) |
			   (wi_copy_load8(a + 8) ^ wi_copy_load8(b + 8)) |
			   (wi_copy_load8(a + n - 16) ^
			       wi_copy_load8(b + n - 16)) |
			   (wi_copy_load8(a + n - 8) ^
			       wi_copy_load8(b + n - 8))) == 0;
	if (n >= 8)
		return ((wi_copy_load8(a) ^ wi_copy_load8(b)) |
			   (wi_copy_load8(a + n - 8) ^
			       wi_copy_load8(b + n - 8))) == 0;
	if (n >= 4)
		return ((wi_copy_load4(a) ^ wi_copy_load4(b)) |
			   (wi_copy_load4(a + n - 4) ^
			       wi_copy_load4(b + n - 4))) == 0;
	return n == 0 ||
	    (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

/* Not 0: one of the eight bytes is zero.  What is taken from a byte is only
 * borrowed from the next if that byte was zero. */
static inline uint64_t
wi_copy_zeros(uint64_t word)
{
	return (word - UINT64_C(0x0101010101010101)) & ~word &
	    UINT64_C(0x8080808080808080);
}

/* wi_copy_has_zero() - is one of these bytes zero? */
static inline bool
wi_copy_has_zero(const uint8_t *at, size_t n)
{
	if (n > WI_COPY_SHORT)
		return memchr(at, '\0', n) != NULL;
	if (n > 16)
		return (wi_copy_zeros(wi_copy_load8(at)) |
			   wi_copy_zeros(wi_copy_load8(at + 8)) |
			   wi_copy_zeros(wi_copy_load8(at + n - 16)) |
			   wi_copy_zeros(wi_copy_load8(at + n - 8))) != 0;
	if (n >= 8)
		return (wi_copy_zeros(wi_copy_load8(at)) |
			   wi_copy_zeros(wi_copy_load8(at + n - 8))) != 0;
	if (n >= 4)
		return wi_copy_zeros(wi_copy_load4(at) |
			   (uint64_t)wi_copy_load4(at + n - 4) << 32) != 0;
	return n > 0 && (at[0] == 0 || at[n / 2] == 0 || at[n - 1] == 0);
}

#endif
