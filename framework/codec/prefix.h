/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/prefix.h - what codec/u16 and codec/u32 share: a big-endian length of
 * a fixed number of bytes, then that many bytes.
 *
 * thread: I/O.
 *
 * verdict_note: what is missing of a length is taken as zero, so the bytes
 * that are there say the least that the length can be.  A length that is too
 * big is refused as soon as that least is, and however its bytes arrived.
 */
#ifndef WI_PREFIX_H
#define WI_PREFIX_H

#include <stddef.h>
#include <stdint.h>

#include <weft/codec.h>
#include <weft/error.h>

/* wi_prefix_begun() - decode()'s answer to the first len bytes of a length of
 * head bytes, len < head.  See verdict_note. */
static inline int
wi_prefix_begun(
    const uint8_t *data, size_t len, size_t head, size_t max_message)
{
	uint64_t least = 0;
	size_t i;

	for (i = 0; i < head; i++)
		least = least << 8 | (i < len ? data[i] : 0);
	return least > max_message ? WEFT_ETOOBIG : WEFT_CUT_MORE;
}

/* wi_prefix_cut() - decode()'s answer to len bytes, of which the first head
 * say that body bytes follow. */
static inline int
wi_prefix_cut(size_t body, size_t head, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	/* Nor may the sum of head and body overflow. */
	if (body > max_message || body > SIZE_MAX - head)
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

#endif
