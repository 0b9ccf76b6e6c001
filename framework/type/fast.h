/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/fast.h - the usual case, in as few steps as it takes: an image of this
 * machine's byte order, in the very format of its type, whose value fits.
 *
 * thread: any.
 *
 * doubt_note: all that type/walk, type/unpack and type/pack check is checked
 * here too; but what is not the usual case, and what is wrong, is left to
 * them: they begin anew, and only they say what it is.
 */
#ifndef WI_FAST_H
#define WI_FAST_H

#include <stdbool.h>
#include <stdint.h>

#include "type/copy.h"
#include "type/walk.h"

/* The first four bytes of an image of the type, as weft_pack() writes them. */
static inline uint32_t
wi_fast_magic(const struct weft_type *type)
{
	const bool strings =
	    (type->flags & (WEFT_TYPE_IS_BARE | WEFT_TYPE_HAS_STRINGS)) !=
	    WEFT_TYPE_IS_BARE;
	const uint8_t magic[4] = { 't', 'p', 'l',
		(uint8_t)(wi_image_host_order() |
		    (strings ? WI_IMAGE_STRINGS : 0)) };

	return wi_copy_load4(magic);
}

/* wi_fast_is() - is that the head of one, usual in all?  Where its members
 * begin; NULL: in doubt. */
static inline const uint8_t *
wi_fast_is(const struct weft_type *type, struct weft_bytes msg)
{
	const size_t head = type->head_len;
	const uint8_t *at = msg.data;

	if (msg.len < WI_IMAGE_HEAD + head ||
	    wi_copy_load4(at) != wi_fast_magic(type) ||
	    wi_copy_load4(at + 4) != msg.len || type->ndims != 0 ||
	    !wi_copy_same(at + WI_IMAGE_HEAD, type->head, head))
		return NULL;
	return at + WI_IMAGE_HEAD + head;
}

/*
 * wi_fast_unpack() - the members, from there to the end of the image.
 *
 *   value, memory     as wi_unpack_value().
 *   need     out      [bytes] of memory that are used.
 *   returns           false: in doubt.
 */
bool wi_fast_unpack(const struct weft_type *type, const uint8_t *at,
    const uint8_t *end, void *value, void *memory, size_t size, size_t *need);

/* wi_fast_pack() - returns where the image ends; NULL: in doubt. */
uint8_t *wi_fast_pack(const struct weft_type *type, const void *value,
    uint8_t *out, size_t size);

#endif
