/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/u32.c - a length of four bytes, big-endian, then that many bytes.
 *
 * A message of length 0 is a message.  One of more than message_max can not be
 * written: its sender is told (weft/codec.h).
 *
 * thread: I/O (decode), any (head).
 */
#include "codec/codecs.h"

#include "codec/prefix.h"

#define U32_HEAD 4 /* [bytes] */

static int u32_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);
static size_t u32_head(uint8_t *out, size_t len, uint32_t flags);

const struct weft_codec wi_codec_u32 = {
	.size = sizeof(struct weft_codec),
	.head_max = U32_HEAD,
	.name = "u32",
	.decode = u32_decode,
	.head = u32_head,
	.message_max = UINT32_MAX,
};

static int
u32_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	uint32_t body;

	(void)state;
	if (len < U32_HEAD)
		return wi_prefix_begun(data, len, U32_HEAD, max_message);
	body = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
	    (uint32_t)data[2] << 8 | data[3];
	return wi_prefix_cut(body, U32_HEAD, len, max_message, cut);
}

static size_t
u32_head(uint8_t *out, size_t len, uint32_t flags)
{
	(void)flags;
	out[0] = (uint8_t)(len >> 24);
	out[1] = (uint8_t)(len >> 16);
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	return U32_HEAD;
}
