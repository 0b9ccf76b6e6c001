/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/hex.h - hexadecimal digits.
 *
 * thread: any.
 */
#ifndef WI_HEX_H
#define WI_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* wi_hex_digit() - the value of a digit, or -1. */
static inline int
wi_hex_digit(uint8_t ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* wi_hex_bytes() - len digits to len / 2 bytes; false: they are not that. */
static inline bool
wi_hex_bytes(const char *digits, size_t len, uint8_t *out)
{
	int high, low;
	size_t i;

	for (i = 0; i + 1 < len; i += 2) {
		high = wi_hex_digit((uint8_t)digits[i]);
		low = wi_hex_digit((uint8_t)digits[i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return i == len;
}

#endif
