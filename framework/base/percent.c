/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/percent.c - %41 and such.
 *
 * thread: any (pure).
 */
#include "base/percent.h"

#include <string.h>

/* Of a hexadecimal digit, 16 if it is none. */
static unsigned
percent_digit(char digit)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = digit != '\0' ? strchr(digits, digit) : NULL;
	unsigned value = at != NULL ? (unsigned)(at - digits) : 16;

	return at == NULL || value < 16 ? value : value - 6;
}

bool
wi_percent_decode(const char *from, size_t len, char *out, size_t size)
{
	unsigned high, low;
	size_t n = 0, i;

	for (i = 0; i < len; i++) {
		if (n + 1 >= size)
			return false;
		out[n] = from[i];
		if (from[i] == '%') {
			if (len - i < 3)
				return false;
			high = percent_digit(from[i + 1]);
			low = percent_digit(from[i + 2]);
			if (high > 15 || low > 15 || high + low == 0)
				return false;
			out[n] = (char)(high << 4 | low);
			i += 2;
		}
		n++;
	}
	out[n] = '\0';
	return true;
}

char *
wi_percent_encode(const char *text, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/:,@";
	unsigned char byte;

	for (; *text != '\0'; text++) {
		byte = (unsigned char)*text;
		if (strchr(plain, *text) != NULL) {
			*out++ = *text;
			continue;
		}
		*out++ = '%';
		*out++ = digits[byte >> 4];
		*out++ = digits[byte & 15];
	}
	*out = '\0';
	return out;
}
