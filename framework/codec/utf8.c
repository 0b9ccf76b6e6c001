/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/utf8 - is it UTF-8 (RFC 3629, section 4)?
 *
 * thread: any (pure).
 *
 * fast_note: text is ASCII for the most part, and that goes 32 bytes at a
 * time; else whole sequences are taken at once where there is room for the
 * longest.  What is left, and what a piece has cut, goes byte by byte, by the
 * one table of the RFC that this file has.
 */
#include "codec/utf8.h"

#include <string.h>

#define UTF8_HIGH UINT64_C(0x8080808080808080)

static inline uint64_t
utf8_load8(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* RFC 3629, section 4: what follows a first byte; false: nothing may. */
static inline bool
utf8_first(struct wi_utf8 *utf8, uint8_t byte)
{
	utf8->low = 0x80;
	utf8->high = 0xbf;
	if (byte < 0x80) {
		utf8->missing = 0;
	} else if (byte < 0xc2) {
		return false;
	} else if (byte < 0xe0) {
		utf8->missing = 1;
	} else if (byte < 0xf0) {
		utf8->missing = 2;
		if (byte == 0xe0)
			utf8->low = 0xa0;
		else if (byte == 0xed)
			utf8->high = 0x9f;
	} else if (byte < 0xf5) {
		utf8->missing = 3;
		if (byte == 0xf0)
			utf8->low = 0x90;
		else if (byte == 0xf4)
			utf8->high = 0x8f;
	} else {
		return false;
	}
	return true;
}

static inline bool
utf8_byte(struct wi_utf8 *utf8, uint8_t byte)
{
	if (utf8->missing == 0)
		return utf8_first(utf8, byte);
	if (byte < utf8->low || byte > utf8->high)
		return false;
	utf8->missing--;
	utf8->low = 0x80;
	utf8->high = 0xbf;
	return true;
}

/* ASCII from here on, in steps of 32. */
static inline const uint8_t *
utf8_ascii(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 32 &&
	    ((utf8_load8(at) | utf8_load8(at + 8) | utf8_load8(at + 16) |
		 utf8_load8(at + 24)) &
		UTF8_HIGH) == 0)
		at += 32;
	return at;
}

static inline bool
utf8_tail(uint8_t byte)
{
	return (byte & 0xc0u) == 0x80;
}

/* A sequence that has room for four bytes; NULL: it is none. */
static inline const uint8_t *
utf8_sequence(const uint8_t *at)
{
	const uint8_t a = at[0], b = at[1];

	if (a < 0x80)
		return at + 1;
	if (a < 0xe0)
		return a >= 0xc2 && utf8_tail(b) ? at + 2 : NULL;
	if (a < 0xf0)
		return utf8_tail(b) && utf8_tail(at[2]) &&
			(a != 0xe0 || b >= 0xa0) && (a != 0xed || b < 0xa0) ?
		    at + 3 :
		    NULL;
	return a < 0xf5 && utf8_tail(b) && utf8_tail(at[2]) &&
		utf8_tail(at[3]) && (a != 0xf0 || b >= 0x90) &&
		(a != 0xf4 || b < 0x90) ?
	    at + 4 :
	    NULL;
}

bool
wi_utf8_next(struct wi_utf8 *utf8, const uint8_t *at, size_t len)
{
	const uint8_t *const end = at + len;

	while (at < end && utf8->missing != 0)
		if (!utf8_byte(utf8, *at++))
			return false;
	while (end - at >= 4) {
		at = utf8_ascii(at, end);
		/* A few of them, before ASCII is looked for again. */
		for (int i = 0; i < 8 && end - at >= 4; i++) {
			at = utf8_sequence(at);
			if (at == NULL)
				return false;
		}
	}
	while (at < end)
		if (!utf8_byte(utf8, *at++))
			return false;
	return true;
}
