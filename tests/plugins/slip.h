/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/slip.h - two codecs such as a user would write, for fixtures
 * and for the tests that feed them.
 *
 *   slip   RFC 1055: a message ends with END; END and ESC inside it are sent
 *          as two bytes.  Unescapes in place, byte by byte, and knows in its
 *          state how far it is.  An END that ends nothing is skipped.
 *   len8   one byte of length, the message, a newline.  A state that is too
 *          large to be kept in a connection counts what was cut, and gives it
 *          as the flags.
 */
#ifndef TESTS_SLIP_H
#define TESTS_SLIP_H

#include <string.h>

#include <weft/weft.h>

#define SLIP_END 0xc0
#define SLIP_ESC 0xdb
#define SLIP_ESC_END 0xdc
#define SLIP_ESC_ESC 0xdd

struct slip {
	size_t at;   /* bytes looked at */
	size_t out;  /* of them, bytes of the message: they are in front */
	int escaped; /* the last one was ESC */
};

static inline int
slip_end(struct slip *slip, struct weft_cut *cut)
{
	if (slip->escaped)
		return WEFT_EMALFORMED;
	cut->len = slip->out;
	cut->used = slip->at + 1;
	memset(slip, 0, sizeof(*slip));
	return cut->len > 0 ? WEFT_CUT_MESSAGE : WEFT_CUT_SKIP;
}

static inline int
slip_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	struct slip *slip = state;
	uint8_t c;

	for (; slip->at < len; slip->at++) {
		c = data[slip->at];
		if (c == SLIP_END)
			return slip_end(slip, cut);
		if (slip->escaped && c != SLIP_ESC_END && c != SLIP_ESC_ESC)
			return WEFT_EMALFORMED;
		if (!slip->escaped && c == SLIP_ESC) {
			slip->escaped = 1;
			continue;
		}
		if (slip->out == max_message)
			return WEFT_ETOOBIG;
		if (slip->escaped)
			c = c == SLIP_ESC_END ? SLIP_END : SLIP_ESC;
		slip->escaped = 0;
		data[slip->out++] = c;
	}
	return WEFT_CUT_MORE;
}

static inline size_t
slip_encode_max(size_t len)
{
	return 2 * len + 1;
}

static inline size_t
slip_encode(uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags)
{
	size_t i, n = 0;

	(void)flags;
	for (i = 0; i < len; i++) {
		if (msg[i] == SLIP_END || msg[i] == SLIP_ESC) {
			out[n++] = SLIP_ESC;
			out[n++] =
			    msg[i] == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
		} else {
			out[n++] = msg[i];
		}
	}
	out[n++] = SLIP_END;
	return n;
}

#define SLIP_MEMBERS                                                          \
	.state_size = sizeof(struct slip), .name = "slip",                    \
	.decode = slip_decode, .encode_max = slip_encode_max,                 \
	.encode = slip_encode

struct len8 {
	uint8_t filler[4096];
	uint32_t cut; /* messages so far */
};

static inline int
len8_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	struct len8 *len8 = state;

	if (data[0] > max_message)
		return WEFT_ETOOBIG;
	cut->need = (size_t)data[0] + 2;
	if (len < cut->need)
		return WEFT_CUT_MORE;
	if (data[cut->need - 1] != '\n')
		return WEFT_EMALFORMED;
	cut->offset = 1;
	cut->len = data[0];
	cut->used = cut->need;
	cut->flags = ++len8->cut;
	return WEFT_CUT_MESSAGE;
}

static inline size_t
len8_head(uint8_t *out, size_t len, uint32_t flags)
{
	(void)flags;
	out[0] = (uint8_t)len;
	return 1;
}

static inline size_t
len8_tail(uint8_t *out, size_t len, uint32_t flags)
{
	(void)len;
	(void)flags;
	out[0] = '\n';
	return 1;
}

#define LEN8_MEMBERS                                                          \
	.state_size = sizeof(struct len8), .head_max = 1, .tail_max = 1,      \
	.name = "len8_a-z", .decode = len8_decode, .head = len8_head,         \
	.tail = len8_tail, .message_max = 255

#endif
