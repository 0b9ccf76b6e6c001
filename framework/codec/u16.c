/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/u16.c - a length of two bytes, big-endian, then that many bytes.
 *
 * A message of length 0 is a message.  One of more than message_max can not be
 * written: its sender is told (weft/codec.h).
 *
 * thread: I/O (decode), any (head).
 */
#include "codec/codecs.h"

#include "codec/prefix.h"

#define U16_HEAD 2 /* [bytes] */

static int u16_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);
static size_t u16_head(uint8_t *out, size_t len, uint32_t flags);

const struct weft_codec wi_codec_u16 = {
	.size = sizeof(struct weft_codec),
	.head_max = U16_HEAD,
	.name = "u16",
	.decode = u16_decode,
	.head = u16_head,
	.message_max = UINT16_MAX,
};

static int
u16_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	size_t body;

	(void)state;
	if (len < U16_HEAD)
		return wi_prefix_begun(data, len, U16_HEAD, max_message);
	body = (size_t)data[0] << 8 | data[1];
	return wi_prefix_cut(body, U16_HEAD, len, max_message, cut);
}

static size_t
u16_head(uint8_t *out, size_t len, uint32_t flags)
{
	(void)flags;
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	return U16_HEAD;
}
