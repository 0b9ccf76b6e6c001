/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/varint.c - an unsigned LEB128 length, then that many bytes.
 *
 * Byte-compatible with message-io's FramedTcp.  A length has one spelling
 * (verdict_note in codec/leb128.h).  Needs no state: a prefix that is not
 * whole is at most nine bytes to look at again.
 *
 * thread: I/O (decode), any (head).
 */
#include "codec/codecs.h"

#include "codec/leb128.h"

static int varint_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);
static int varint_long_prefix(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
    __attribute__((noinline)); /* keeps the short way free of its registers */
static size_t varint_head(uint8_t *out, size_t len, uint32_t flags);

const struct weft_codec wi_codec_varint = {
	.size = sizeof(struct weft_codec),
	.head_max = WI_LEB128_MAX,
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
		 * of the verdict is the same as in codec/leb128.h: a first
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
 * cut->len. */
static int
varint_long_prefix(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	/* Also no sum of head and body may overflow. */
	uint64_t value, max = SIZE_MAX - WI_LEB128_MAX;
	int rv;

	if (max_message < max)
		max = max_message;
	rv = wi_leb128_get(data, len, max, &value, &cut->offset);
	if (rv == WEFT_CUT_MESSAGE)
		cut->len = (size_t)value;
	return rv;
}

static size_t
varint_head(uint8_t *out, size_t len, uint32_t flags)
{
	(void)flags;
	return wi_leb128_put(out, len);
}
