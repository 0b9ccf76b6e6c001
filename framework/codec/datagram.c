/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/datagram.c - how datagrams lie beside each other in a sender's block.
 *
 * Nothing of it is on the wire: see wi_codec_datagram in codec/codecs.h.  What
 * arrives is a message as it is, so decode() is never asked.
 *
 * thread: any (head).
 */
#include "codec/codecs.h"

#include <string.h>

static int datagram_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);
static size_t datagram_head(uint8_t *out, size_t len, uint32_t flags);

const struct weft_codec wi_codec_datagram = {
	.size = sizeof(struct weft_codec),
	.head_max = WI_DATAGRAM_HEAD,
	.name = "raw",
	.decode = datagram_decode,
	.head = datagram_head,
};

static int
datagram_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	(void)state;
	(void)data;
	(void)max_message;
	cut->len = len;
	cut->used = len;
	return WEFT_CUT_MESSAGE;
}

static size_t
datagram_head(uint8_t *out, size_t len, uint32_t flags)
{
	uint32_t head = (uint32_t)len;

	(void)flags;
	memcpy(out, &head, sizeof(head));
	return sizeof(head);
}
