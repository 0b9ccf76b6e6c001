/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/varint.c - an unsigned LEB128 length, then that many bytes.
 *
 * Byte-compatible with message-io's FramedTcp.  A length has one spelling, the
 * shortest; another one is malformed.  Needs no state: a prefix that is not
 * whole is at most nine bytes to look at again.
 *
 * thread: I/O (decode), any (head).
 *
 * verdict_note: a prefix is judged byte by byte from the left, and the first
 * fault decides.  So the verdict does not depend on how the bytes arrived, and
 * a length that is too big is refused before its last byte is there.
 */
#include "codec/codecs.h"

#include <weft/error.h>

#define VARINT_HEAD_MAX 10 /* 64 bits in groups of 7 */

static int varint_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);
static int varint_long_prefix(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
    __attribute__((noinline)); /* keeps the short way free of its registers */
static size_t varint_head(uint8_t *out, size_t len, uint32_t flags);

const struct weft_codec wi_codec_varint = {
	.size = sizeof(struct weft_codec),
	.head_max = VARINT_HEAD_MAX,
	.name = "varint",
	.decode = varint_decode,
	.head = varint_head,
};

static int
varint_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	size_t body;
	size_t head;
	int rv;

	(void)state;
	if (data[0] < 0x80) {
		head = 1;
		body = data[0];
	} else if (len >= 2 && data[1] - 1u < 0x7f) {
		/* 01 .. 7f: the last byte, and not one too many.  The rest
		 * of the verdict is the same as by verdict_note: a first
		 * byte that is too big alone is too big with this one. */
		head = 2;
		body = (data[0] & 0x7fu) | (size_t)data[1] << 7;
	} else {
		rv = varint_long_prefix(data, len, max_message, cut);
		if (rv != WEFT_CUT_MESSAGE)
			return rv;
		head = cut->offset;
		body = cut->len;
	}
	if (body > max_message)
		return WEFT_ETOOBIG;
	if (len - head < body) {
		cut->need = head + body;
		return WEFT_CUT_MORE;
	}
	cut->offset = head;
	cut->len = body;
	cut->used = head + body;
	return WEFT_CUT_MESSAGE;
}

/* Any prefix; MESSAGE: its length is in cut->offset, what it says in
 * cut->len.  See verdict_note. */
static int
varint_long_prefix(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	uint64_t value;
	size_t i;

	value = 0;
	for (i = 0; i < len; i++) {
		if (i == VARINT_HEAD_MAX - 1 && data[i] > 1)
			return WEFT_EMALFORMED; /* an 11th byte, or bit 64 */
		value |= (uint64_t)(data[i] & 0x7f) << (7 * i);
		/* Also no sum of head and body may overflow. */
		if (value > max_message || value > SIZE_MAX - VARINT_HEAD_MAX)
			return WEFT_ETOOBIG;
		if (data[i] < 0x80) {
			if (data[i] == 0 && i > 0)
				return WEFT_EMALFORMED; /* overlong */
			cut->offset = i + 1;
			cut->len = (size_t)value;
			return WEFT_CUT_MESSAGE;
		}
	}
	return WEFT_CUT_MORE;
}

static size_t
varint_head(uint8_t *out, size_t len, uint32_t flags)
{
	uint64_t left;
	size_t n;

	(void)flags;
	left = len;
	for (n = 0; left >= 0x80; n++) {
		out[n] = (uint8_t)(left | 0x80);
		left >>= 7;
	}
	out[n] = (uint8_t)left;
	return n + 1;
}
