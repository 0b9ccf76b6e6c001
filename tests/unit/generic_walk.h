/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/generic_walk.h - a whole image whose type nobody knows, by what
 * weft_unpack() passes by with what its type does not have.
 */
#ifndef TESTS_GENERIC_WALK_H
#define TESTS_GENERIC_WALK_H

#include <string.h>

#include "type/format.h"

/*
 * generic_walk() - is it an image, to its last byte?
 *
 *   offset   out      [bytes] where the fault is, or the end.
 */
static inline enum weft_fault
generic_walk(struct weft_bytes bytes, uint32_t *offset)
{
	static const struct weft_type any = { .size = 0 };
	struct wi_format_groups groups;
	struct wi_format format;
	struct wi_image image;
	struct wi_walk walk;
	enum weft_fault fault;
	uint32_t ndims;

	fault = wi_image_open(bytes, &image, offset);
	if (fault == WEFT_FAULT_NONE)
		fault = wi_format_check(image.format, &ndims, offset);
	if (fault != WEFT_FAULT_NONE)
		return fault;
	*offset = 3;
	if (!image.strings && strchr(image.format, 's') != NULL)
		return WEFT_FAULT_OLD_STRINGS;
	wi_walk_begin(&walk, &image, &any, NULL, 0);
	for (; ndims > 0; ndims--, walk.at += 4) {
		*offset = (uint32_t)(walk.at - image.bytes);
		if (wi_walk_left(&walk) < (size_t)ndims * 4)
			return WEFT_FAULT_SHORT;
		if (wi_image_u32(walk.at, image.swap) == 0)
			return WEFT_FAULT_DIMS;
	}
	format = wi_format_begin(&image, &groups);
	if (wi_format_skip_rest(&format, &walk) && walk.at != walk.end)
		walk.fault = WEFT_FAULT_LONG;
	*offset = (uint32_t)(walk.at - image.bytes);
	return walk.fault;
}

#endif
