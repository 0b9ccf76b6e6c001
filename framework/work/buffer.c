/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/buffer - a message that a sender builds and gives away.
 *
 * thread: any; a buffer belongs to one at a time.
 *
 * One block holds all of it, with room for what the codec puts around the
 * message, so that sending it copies nothing:
 *
 *   | struct weft_buffer, later the chunk | head | message | tail |
 *
 * Only a codec with an encode() has it written anew, into another block.
 */
#include "work/buffer.h"

#include <errno.h>
#include <string.h>

#include "codec/codecs.h"

struct weft_buffer {
	struct wi_block *block;
	size_t len; /* [bytes] of the message */
};

#define BUFFER_FRONT                                                          \
	((sizeof(struct wi_chunk) > sizeof(struct weft_buffer) ?              \
		 sizeof(struct wi_chunk) :                                    \
		 sizeof(struct weft_buffer)) +                                \
	    WI_CODEC_HEAD_MAX)

int
weft_buffer_new(struct weft_buffer **bufp, size_t len)
{
	struct wi_block *block = NULL;
	struct weft_buffer *buf;

	*bufp = NULL;
	if (len <= UINT32_MAX)
		block = wi_block_new(BUFFER_FRONT + len + WI_CODEC_TAIL_MAX);
	if (block == NULL)
		return -ENOMEM;
	buf = (void *)block->data;
	buf->block = block;
	buf->len = len;
	*bufp = buf;
	return WEFT_OK;
}

void *
weft_buffer_data(struct weft_buffer *buf)
{
	return buf->block->data + BUFFER_FRONT;
}

size_t
weft_buffer_len(const struct weft_buffer *buf)
{
	return buf->len;
}

int
weft_buffer_truncate(struct weft_buffer *buf, size_t len)
{
	if (len > buf->len)
		return -EINVAL;
	buf->len = len;
	return WEFT_OK;
}

void
weft_buffer_free(struct weft_buffer **bufp)
{
	struct wi_block *block;

	if (*bufp == NULL)
		return;
	block = (*bufp)->block;
	*bufp = NULL;
	wi_block_unref(&block);
}

static void
buffer_chunk(struct wi_chunk *chunk, struct wi_block *block, uint64_t to,
    const uint8_t *bytes, size_t len)
{
	memset(chunk, 0, sizeof(*chunk));
	chunk->to = to;
	chunk->block = block;
	chunk->bytes = bytes;
	chunk->len = (uint32_t)len;
	chunk->nmessages = 1;
	chunk->kind = WI_CHUNK_DATA;
}

/* A codec that changes the bytes needs another place for them. */
static struct wi_chunk *
buffer_encode(struct weft_buffer **bufp, const struct weft_codec *codec,
    uint64_t to, uint32_t flags)
{
	size_t len = (*bufp)->len;
	struct wi_block *block;
	struct wi_chunk *chunk;
	uint8_t *out;

	block = wi_block_new(sizeof(*chunk) + wi_codec_frame_max(codec, len));
	if (block == NULL)
		return NULL;
	chunk = (void *)block->data;
	out = block->data + sizeof(*chunk);
	buffer_chunk(chunk, block, to, out,
	    wi_codec_encode(codec, out, weft_buffer_data(*bufp), len, flags));
	weft_buffer_free(bufp);
	return chunk;
}

struct wi_chunk *
wi_buffer_frame(struct weft_buffer **bufp, const struct weft_codec *codec,
    uint64_t to, uint32_t flags)
{
	struct wi_block *block = (*bufp)->block;
	uint8_t *message = block->data + BUFFER_FRONT;
	size_t len = (*bufp)->len, head = 0, tail = 0;
	uint8_t head_bytes[WI_CODEC_HEAD_MAX];
	struct wi_chunk *chunk;

	if (codec->encode != NULL)
		return buffer_encode(bufp, codec, to, flags);
	*bufp = NULL;
	if (codec->head != NULL)
		head = codec->head(head_bytes, len, flags);
	memcpy(message - head, head_bytes, head);
	if (codec->tail != NULL)
		tail = codec->tail(message + len, len, flags);
	chunk = (void *)block->data;
	buffer_chunk(chunk, block, to, message - head, head + len + tail);
	return chunk;
}
