/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/leb128.h - unsigned LEB128 numbers, as varint lengths and ids are.
 *
 * Seven bits in a byte, the lowest first, bit 7 set when more follow.  A
 * number has one spelling, the shortest; another one is malformed.
 * Source: DWARF 5, section 7.6.
 *
 * thread: any (pure).
 *
 * verdict_note: a number is judged byte by byte from the left, and the first
 * fault decides.  So the verdict does not depend on how the bytes arrived, and
 * one that is too big is refused before its last byte is there.
 */
#ifndef WI_LEB128_H
#define WI_LEB128_H

#include <stddef.h>
#include <stdint.h>

#include <weft/codec.h>
#include <weft/error.h>

#define WI_LEB128_MAX 10u /* [bytes] 64 bits in groups of 7 */

/* wi_leb128_get() - the number that data starts with, of the len bytes that
 * are there.
 * returns MESSAGE: it is in *value, and takes *nbytes; MORE: it is not whole.
 * errors: WEFT_EMALFORMED; WEFT_ETOOBIG as soon as it is above max. */
static inline int
wi_leb128_get(const uint8_t *data, size_t len, uint64_t max, uint64_t *value,
    size_t *nbytes)
{
	size_t i;

	*value = 0;
	for (i = 0; i < len; i++) {
		if (i == WI_LEB128_MAX - 1 && data[i] > 1)
			return WEFT_EMALFORMED; /* an 11th byte, or bit 64 */
		*value |= (uint64_t)(data[i] & 0x7f) << (7 * i);
		if (*value > max)
			return WEFT_ETOOBIG;
		if (data[i] < 0x80) {
			if (data[i] == 0 && i > 0)
				return WEFT_EMALFORMED; /* overlong */
			*nbytes = i + 1;
			return WEFT_CUT_MESSAGE;
		}
	}
	return WEFT_CUT_MORE;
}

/* wi_leb128_put() - write a number, of WI_LEB128_MAX bytes at most; how many
 * it takes. */
static inline size_t
wi_leb128_put(uint8_t *out, uint64_t value)
{
	size_t n;

	for (n = 0; value >= 0x80; n++) {
		out[n] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[n] = (uint8_t)value;
	return n + 1;
}

#endif
