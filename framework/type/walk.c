/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/walk - an image whose format is the type's own, member by member.
 *
 * thread: any.  Nothing is allocated: what members point to lies in memory
 * that the caller has.
 *
 * bound_note: before anything is taken from the image it is known to be there;
 * before memory is taken for elements, their bytes are known to be there too,
 * so that a count costs what its sender paid for it.  Each step of a walk uses
 * up a byte at least, so its time is bounded by the image's length.
 */
#include "type/walk.h"

#include <string.h>

#include "type/copy.h"
#include "type/flat.h"

#define WALK_ALIGN 8u /* of what lists and arrays point to */

void
wi_walk_begin(struct wi_walk *walk, const struct wi_image *image,
    const struct weft_type *type, void *memory, size_t size)
{
	walk->at = image->dims;
	walk->end = image->bytes + image->len;
	walk->swap = image->swap;
	walk->full = false;
	walk->fault = WEFT_FAULT_NONE;
	walk->member = NULL;
	walk->memory = memory;
	walk->used = 0;
	walk->elements = 0;
	walk->max_elements =
	    type->max_elements != 0 ? type->max_elements : WI_TYPE_ELEMENTS;
	walk->max_bytes =
	    type->max_bytes != 0 ? type->max_bytes : WI_TYPE_BYTES;
	walk->size = memory != NULL ? size : walk->max_bytes;
}

static inline bool
walk_take(struct wi_walk *walk, size_t bytes, size_t align, uint8_t **place)
{
	size_t at = (walk->used + align - 1) & ~(align - 1);

	*place = NULL;
	if (at > walk->max_bytes || bytes > walk->max_bytes - at)
		return wi_walk_fault(walk, WEFT_FAULT_BYTES);
	if (at > walk->size || bytes > walk->size - at) {
		walk->full = true;
		return false;
	}
	walk->used = at + bytes;
	if (walk->memory != NULL)
		*place = walk->memory + at;
	return true;
}

bool
wi_walk_take(struct wi_walk *walk, size_t bytes, size_t align, uint8_t **place)
{
	return walk_take(walk, bytes, align, place);
}

bool
wi_walk_elements(struct wi_walk *walk, uint32_t count, uint32_t min)
{
	if ((uint64_t)count * min > wi_walk_left(walk))
		return wi_walk_fault(walk, WEFT_FAULT_COUNT);
	if (count > walk->max_elements - walk->elements)
		return wi_walk_fault(walk, WEFT_FAULT_ELEMENTS);
	walk->elements += count;
	return true;
}

static void
walk_swapped(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes; i++)
		to[i] = from[bytes - 1 - i];
}

/* Numbers that are known to be there. */
static inline void
walk_copy(struct wi_walk *walk, uint32_t kind, uint32_t count, uint8_t *to)
{
	uint32_t i, bytes = wi_kind_wire(kind);

	if (__builtin_expect(walk->swap, 0) && to != NULL) {
		for (i = 0; i < count; i++)
			walk_swapped(to + (size_t)i * bytes,
			    walk->at + (size_t)i * bytes, bytes);
	} else if (to != NULL) {
		memcpy(to, walk->at, (size_t)count * bytes);
	}
	walk->at += (size_t)count * bytes;
}

bool
wi_walk_numbers(
    struct wi_walk *walk, uint32_t kind, uint32_t count, uint8_t *to)
{
	if ((uint64_t)count * wi_kind_wire(kind) > wi_walk_left(walk))
		return wi_walk_fault(walk, WEFT_FAULT_SHORT);
	walk_copy(walk, kind, count, to);
	return true;
}

/* The length of a str or bytes is read: are they there? */
static inline bool
walk_text_is_there(struct wi_walk *walk, uint32_t len)
{
	return len <= wi_walk_left(walk) ?
	    true :
	    wi_walk_fault(walk, WEFT_FAULT_SHORT);
}

/* A str: its length counts one more than its bytes, 0 is NULL. */
static bool
walk_str(struct wi_walk *walk, uint8_t *to)
{
	static const char *const empty = "";
	const uint8_t *from;
	uint8_t *place;
	uint32_t len;

	if (!wi_walk_u32(walk, &len))
		return false;
	if (len <= 1) {
		if (to != NULL)
			memcpy(to, &empty, sizeof(empty));
		return true;
	}
	len--;
	if (!walk_text_is_there(walk, len))
		return false;
	from = walk->at;
	if (wi_copy_has_zero(from, len))
		return wi_walk_fault(walk, WEFT_FAULT_ZERO);
	if (!walk_take(walk, (size_t)len + 1, 1, &place))
		return false;
	if (to != NULL) {
		wi_copy(place, from, len);
		place[len] = '\0';
		memcpy(to, &place, sizeof(place));
	}
	walk->at += len;
	return true;
}

/* They stay where they are. */
static bool
walk_bytes(struct wi_walk *walk, uint8_t *to)
{
	struct weft_bytes bytes;
	uint32_t len;

	if (!wi_walk_u32(walk, &len) || !walk_text_is_there(walk, len))
		return false;
	bytes.data = walk->at;
	bytes.len = len;
	if (to != NULL)
		memcpy(to, &bytes, sizeof(bytes));
	walk->at += len;
	return true;
}

bool
wi_walk_value(struct wi_walk *walk, uint32_t kind, uint8_t *to)
{
	if (kind == WEFT_MEMBER_str)
		return walk_str(walk, to);
	if (kind == WEFT_MEMBER_bytes)
		return walk_bytes(walk, to);
	return wi_walk_numbers(walk, kind, 1, to);
}

/* A type of one size, which is known to be there, in the other byte order. */
static void
walk_flat_swapped(
    struct wi_walk *walk, const struct weft_type *type, uint8_t *to)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	for (; member < last; member++) {
		uint8_t *at = to + member->offset;

		if (member->kind == WEFT_MEMBER_nested)
			walk_flat_swapped(walk, member->of, at);
		else if (member->kind == WEFT_MEMBER_fixed)
			walk_copy(walk, member->element, member->count, at);
		else
			walk_copy(walk, member->kind, 1, at);
	}
}

/* Values of a type of one size, which are known to be there. */
static void
walk_flat_list(struct wi_walk *walk, const struct weft_type *type,
    uint32_t count, uint8_t *to)
{
	size_t bytes = (size_t)count * type->wire_min;
	uint32_t i;

	if (__builtin_expect(walk->swap, 0) && to != NULL) {
		for (i = 0; i < count; i++)
			walk_flat_swapped(
			    walk, type, to + (size_t)i * type->value_size);
		return;
	}
	if (to != NULL && (type->flags & WEFT_TYPE_IS_PACKED) != 0)
		memcpy(to, walk->at, bytes);
	else if (to != NULL)
		wi_flat_unpack(type, count, walk->at, to);
	walk->at += bytes;
}

/* The place of count elements, and where the struct says it. */
static bool
walk_list_place(struct wi_walk *walk, uint32_t count, uint32_t size,
    uint8_t *to, uint8_t **place)
{
	struct wi_list list = { .len = count };

	*place = NULL;
	if (count > 0 &&
	    !wi_walk_take(walk, (size_t)count * size, WALK_ALIGN, place))
		return false;
	list.at = *place;
	if (to != NULL)
		memcpy(to, &list, sizeof(list));
	return true;
}

static bool
walk_list(struct wi_walk *walk, const struct weft_type *type, uint8_t *to)
{
	uint8_t *place;
	uint32_t count, i;

	if (!wi_walk_u32(walk, &count) ||
	    !wi_walk_elements(walk, count, type->wire_min) ||
	    !walk_list_place(walk, count, type->value_size, to, &place))
		return false;
	if ((type->flags & WEFT_TYPE_IS_FLAT) != 0) {
		walk_flat_list(walk, type, count, place);
		return true;
	}
	for (i = 0; i < count; i++)
		if (!wi_walk_members(walk, type,
			place == NULL ? NULL :
					place + (size_t)i * type->value_size))
			return false;
	return true;
}

static bool
walk_array(struct wi_walk *walk, uint32_t kind, uint8_t *to)
{
	uint32_t count, i, size = wi_kind_size(kind);
	uint8_t *place;

	if (!wi_walk_u32(walk, &count) ||
	    !wi_walk_elements(walk, count, wi_kind_wire(kind)) ||
	    !walk_list_place(walk, count, size, to, &place))
		return false;
	if (kind <= WEFT_MEMBER_f64) {
		walk_copy(walk, kind, count, place);
		return true;
	}
	for (i = 0; i < count; i++)
		if (!wi_walk_value(walk, kind,
			place == NULL ? NULL : place + (size_t)i * size))
			return false;
	return true;
}

static inline bool
walk_member(
    struct wi_walk *walk, const struct weft_member *member, uint8_t *to)
{
	switch (member->kind) {
	case WEFT_MEMBER_str:
		return walk_str(walk, to);
	case WEFT_MEMBER_bytes:
		return walk_bytes(walk, to);
	case WEFT_MEMBER_fixed:
		return wi_walk_numbers(
		    walk, member->element, member->count, to);
	case WEFT_MEMBER_array:
		return walk_array(walk, member->element, to);
	case WEFT_MEMBER_list:
		return walk_list(walk, member->of, to);
	case WEFT_MEMBER_nested:
		return wi_walk_members(walk, member->of, to);
	default:
		return wi_walk_numbers(walk, member->kind, 1, to);
	}
}

bool
wi_walk_members(
    struct wi_walk *walk, const struct weft_type *type, uint8_t *to)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	if ((type->flags & WEFT_TYPE_IS_FLAT) != 0 &&
	    wi_walk_left(walk) >= type->wire_min) {
		walk_flat_list(walk, type, 1, to);
		return true;
	}
	for (; member < last; member++)
		if (!walk_member(walk, member,
			to == NULL ? NULL : to + member->offset)) {
			if (walk->member == NULL)
				walk->member = member;
			return false;
		}
	return true;
}
