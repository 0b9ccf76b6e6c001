/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/fast - the usual case, in as few steps as it takes.
 *
 * thread: any.  See doubt_note in type/fast.h: false and NULL mean that the
 * others are to look at it.
 */
#include "type/fast.h"

#include <string.h>

#include "type/flat.h"

/* owned by: the function that begins it, on its stack. */
struct fast {
	const uint8_t *at; /* the next byte of the image */
	const uint8_t *end;
	uint8_t *room; /* what is free of the memory */
	uint8_t *room_end;
	uint32_t elements; /* that there may still be */
};

/* ---- unpack */

static bool fast_members(
    struct fast *fast, const struct weft_type *type, uint8_t *to);

/* Copy text; false: there is a zero byte in it. */
static inline bool
fast_text(uint8_t *to, const uint8_t *from, size_t n)
{
	uint64_t a, b, zeros = 0;

	if (n > 16 && n <= 32) {
		a = wi_copy_load8(from + 8);
		b = wi_copy_load8(from + n - 16);
		memcpy(to + 8, &a, 8);
		memcpy(to + n - 16, &b, 8);
		zeros = wi_copy_zeros(a) | wi_copy_zeros(b);
	} else if (n < 8 || n > 16) {
		wi_copy(to, from, n);
		return !wi_copy_has_zero(from, n);
	}
	a = wi_copy_load8(from);
	b = wi_copy_load8(from + n - 8);
	memcpy(to, &a, 8);
	memcpy(to + n - 8, &b, 8);
	return (zeros | wi_copy_zeros(a) | wi_copy_zeros(b)) == 0;
}

/* Where what is behind it begins; NULL: in doubt. */
static inline __attribute__((always_inline)) const uint8_t *
fast_str(const uint8_t *at, const uint8_t *end, uint8_t **roomp,
    const uint8_t *room_end, uint8_t *to)
{
	static const char *const empty = "";
	uint8_t *room = *roomp;
	size_t len;

	if (__builtin_expect(end - at < 4, 0))
		return NULL;
	len = wi_copy_load4(at);
	at += 4;
	if (len <= 1) {
		memcpy(to, &empty, sizeof(empty));
		return at;
	}
	if (__builtin_expect(len - 1 > (size_t)(end - at) ||
		    len > (size_t)(room_end - room),
		0))
		return NULL;
	memcpy(to, &room, sizeof(room));
	*roomp = room + len;
	len--;
	room[len] = '\0';
	return fast_text(room, at, len) ? at + len : NULL;
}

/* Bytes stay in the image.  NULL: in doubt. */
static inline const uint8_t *
fast_bytes(const uint8_t *at, const uint8_t *end, uint8_t *to)
{
	struct weft_bytes bytes;

	if (__builtin_expect(end - at < 4, 0))
		return NULL;
	bytes.len = wi_copy_load4(at);
	bytes.data = at + 4;
	if (__builtin_expect(bytes.len > (size_t)(end - at) - 4, 0))
		return NULL;
	memcpy(to, &bytes, sizeof(bytes));
	return at + 4 + bytes.len;
}

/* The place of so many elements, whose bytes are there; false: in doubt. */
static inline bool
fast_place(struct fast *fast, uint32_t wire, uint32_t size, uint8_t *to,
    struct wi_list *list)
{
	uint8_t *place;

	if (fast->end - fast->at < 4)
		return false;
	list->at = NULL;
	list->len = wi_copy_load4(fast->at);
	fast->at += 4;
	place = (uint8_t *)(((uintptr_t)fast->room + 7) & ~(uintptr_t)7);
	if (list->len > fast->elements ||
	    (uint64_t)list->len * wire > (size_t)(fast->end - fast->at) ||
	    place > fast->room_end ||
	    (uint64_t)list->len * size > (size_t)(fast->room_end - place))
		return false;
	if (list->len > 0) {
		list->at = place;
		fast->elements -= list->len;
		fast->room = place + (size_t)list->len * size;
	}
	memcpy(to, list, sizeof(*list));
	return true;
}

static bool
fast_list(struct fast *fast, const struct weft_type *type, uint8_t *to)
{
	struct wi_list list;
	uint8_t *place;
	uint32_t i;

	if (!fast_place(fast, type->wire_min, type->value_size, to, &list))
		return false;
	place = (uint8_t *)(uintptr_t)list.at;
	if ((type->flags & WEFT_TYPE_IS_FLAT) != 0) {
		if (list.len > 0)
			wi_flat_unpack(type, list.len, fast->at, place);
		fast->at += (size_t)list.len * type->wire_min;
		return true;
	}
	for (i = 0; i < list.len; i++)
		if (!fast_members(
			fast, type, place + (size_t)i * type->value_size))
			return false;
	return true;
}

/* One of an array of them. */
static bool
fast_text_element(struct fast *fast, uint32_t kind, uint8_t *to)
{
	if (kind == WEFT_MEMBER_str)
		fast->at = fast_str(
		    fast->at, fast->end, &fast->room, fast->room_end, to);
	else
		fast->at = fast_bytes(fast->at, fast->end, to);
	return fast->at != NULL;
}

static bool
fast_array(struct fast *fast, uint32_t kind, uint8_t *to)
{
	uint32_t i, size = wi_kind_size(kind);
	struct wi_list list;
	uint8_t *place;

	if (!fast_place(fast, wi_kind_wire(kind), size, to, &list))
		return false;
	place = (uint8_t *)(uintptr_t)list.at;
	if (kind <= WEFT_MEMBER_f64 && list.len > 0) {
		memcpy(place, fast->at, (size_t)list.len * size);
		fast->at += (size_t)list.len * size;
		return true;
	}
	for (i = 0; i < list.len; i++, place += size)
		if (!fast_text_element(fast, kind, place))
			return false;
	return true;
}

/* What has members or elements: at and room are in the struct then. */
static bool
fast_compound(struct fast *fast, const struct weft_member *member, uint8_t *to)
{
	switch (member->kind) {
	case WEFT_MEMBER_array:
		return fast_array(fast, member->element, to);
	case WEFT_MEMBER_nested:
		return fast_members(fast, member->of, to);
	case WEFT_MEMBER_list:
		return fast_list(fast, member->of, to);
	default:
		return false;
	}
}

/* bytes is a constant where this is inlined; NULL: in doubt. */
static inline const uint8_t *
fast_number(
    const uint8_t *at, const uint8_t *end, uint8_t *to, ptrdiff_t bytes)
{
	if (__builtin_expect(end - at < bytes, 0))
		return NULL;
	memcpy(to, at, (size_t)bytes);
	return at + bytes;
}

/* cursor_note: at and room stay in registers, which a struct that bytes are
 * written beside would not. */
static bool
fast_members(struct fast *fast, const struct weft_type *type, uint8_t *to)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;
	const uint8_t *at = fast->at, *const end = fast->end;
	uint8_t *room = fast->room, *const room_end = fast->room_end;

	for (; member < last && at != NULL; member++) {
		uint8_t *value = to + member->offset;

		switch (member->kind) {
		case WEFT_MEMBER_u8:
			at = fast_number(at, end, value, 1);
			break;
		case WEFT_MEMBER_i16:
		case WEFT_MEMBER_u16:
			at = fast_number(at, end, value, 2);
			break;
		case WEFT_MEMBER_i32:
		case WEFT_MEMBER_u32:
			at = fast_number(at, end, value, 4);
			break;
		case WEFT_MEMBER_i64:
		case WEFT_MEMBER_u64:
		case WEFT_MEMBER_f64:
			at = fast_number(at, end, value, 8);
			break;
		case WEFT_MEMBER_str:
			at = fast_str(at, end, &room, room_end, value);
			break;
		case WEFT_MEMBER_bytes:
			at = fast_bytes(at, end, value);
			break;
		default:
			fast->at = at;
			fast->room = room;
			at = fast_compound(fast, member, value) ? fast->at :
								  NULL;
			room = fast->room;
		}
	}
	fast->at = at;
	fast->room = room;
	return at != NULL;
}

bool
wi_fast_unpack(const struct weft_type *type, const uint8_t *at,
    const uint8_t *end, void *value, void *memory, size_t size, size_t *need)
{
	const size_t most =
	    type->max_bytes != 0 ? type->max_bytes : WI_TYPE_BYTES;
	struct fast fast = { at, end, memory, memory,
		type->max_elements != 0 ? type->max_elements :
					  WI_TYPE_ELEMENTS };

	if (memory != NULL)
		fast.room_end += size < most ? size : most;
	if (!fast_members(&fast, type, value) || fast.at != end)
		return false;
	*need = (size_t)(fast.room - (uint8_t *)memory);
	return true;
}

/* ---- pack: each says where what it has written ends; NULL: in doubt */

static uint8_t *fast_pack_members(const struct weft_type *type,
    const uint8_t *value, uint8_t *at, uint8_t *end, uint32_t *elements);

static inline uint8_t *
fast_put(uint8_t *at, const uint8_t *end, const uint8_t *from, ptrdiff_t bytes)
{
	if (__builtin_expect(end - at < bytes, 0))
		return NULL;
	memcpy(at, from, (size_t)bytes);
	return at + bytes;
}

/* Bytes behind their length, or what stands for it. */
static inline uint8_t *
fast_put_text(uint8_t *at, const uint8_t *end, size_t length,
    const uint8_t *from, size_t bytes)
{
	uint32_t number = (uint32_t)length;

	/* What is to be written is less than 4 GiB: so is length. */
	if (__builtin_expect((size_t)(end - at) < 4 + bytes, 0))
		return NULL;
	memcpy(at, &number, 4);
	wi_copy(at + 4, from, bytes);
	return at + 4 + bytes;
}

static inline uint8_t *
fast_put_str(uint8_t *at, const uint8_t *end, const uint8_t *from)
{
	const char *text;
	size_t len;

	memcpy(&text, from, sizeof(text));
	if (text == NULL)
		return NULL;
	len = strlen(text);
	return fast_put_text(at, end, len + 1, (const uint8_t *)text, len);
}

static inline uint8_t *
fast_put_bytes(uint8_t *at, const uint8_t *end, const uint8_t *from)
{
	struct weft_bytes bytes;

	memcpy(&bytes, from, sizeof(bytes));
	if (bytes.data == NULL || bytes.len > (size_t)(end - at))
		return NULL;
	return fast_put_text(at, end, bytes.len, bytes.data, bytes.len);
}

static uint8_t *
fast_put_list(const struct weft_type *type, const uint8_t *from, uint8_t *at,
    uint8_t *end, uint32_t *elements)
{
	const uint8_t *element;
	struct wi_list list;
	size_t bytes;
	uint32_t i;

	memcpy(&list, from, sizeof(list));
	if (list.at == NULL || list.len > *elements)
		return NULL;
	at = fast_put(at, end, (const uint8_t *)&list.len, 4);
	*elements -= list.len;
	element = list.at;
	bytes = (size_t)list.len * type->wire_min;
	if (at != NULL && (type->flags & WEFT_TYPE_IS_FLAT) != 0) {
		if (bytes > (size_t)(end - at))
			return NULL;
		wi_flat_pack(type, list.len, element, at);
		return at + bytes;
	}
	for (i = 0; i < list.len && at != NULL; i++)
		at = fast_pack_members(type,
		    element + (size_t)i * type->value_size, at, end, elements);
	return at;
}

/* Arrays and fixed ones are left to the others. */
static uint8_t *
fast_pack_compound(const struct weft_member *member, const uint8_t *from,
    uint8_t *at, uint8_t *end, uint32_t *elements)
{
	switch (member->kind) {
	case WEFT_MEMBER_nested:
		return fast_pack_members(member->of, from, at, end, elements);
	case WEFT_MEMBER_list:
		return fast_put_list(member->of, from, at, end, elements);
	default:
		return NULL;
	}
}

static uint8_t *
fast_pack_members(const struct weft_type *type, const uint8_t *value,
    uint8_t *at, uint8_t *end, uint32_t *elements)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	for (; member < last && at != NULL; member++) {
		const uint8_t *from = value + member->offset;

		switch (member->kind) {
		case WEFT_MEMBER_u8:
			at = fast_put(at, end, from, 1);
			break;
		case WEFT_MEMBER_i16:
		case WEFT_MEMBER_u16:
			at = fast_put(at, end, from, 2);
			break;
		case WEFT_MEMBER_i32:
		case WEFT_MEMBER_u32:
			at = fast_put(at, end, from, 4);
			break;
		case WEFT_MEMBER_i64:
		case WEFT_MEMBER_u64:
		case WEFT_MEMBER_f64:
			at = fast_put(at, end, from, 8);
			break;
		case WEFT_MEMBER_str:
			at = fast_put_str(at, end, from);
			break;
		case WEFT_MEMBER_bytes:
			at = fast_put_bytes(at, end, from);
			break;
		default:
			at = fast_pack_compound(
			    member, from, at, end, elements);
		}
	}
	return at;
}

uint8_t *
wi_fast_pack(
    const struct weft_type *type, const void *value, uint8_t *out, size_t size)
{
	const size_t head = type->head_len;
	const uint32_t magic = wi_fast_magic(type);
	uint32_t len,
	    elements = type->max_elements != 0 ? type->max_elements :
						 WI_TYPE_ELEMENTS;
	uint8_t *end;

	if (size < WI_IMAGE_HEAD + head || size > UINT32_MAX ||
	    type->ndims != 0)
		return NULL;
	memcpy(out, &magic, 4);
	wi_copy(out + WI_IMAGE_HEAD, (const uint8_t *)type->head, head);
	end = fast_pack_members(
	    type, value, out + WI_IMAGE_HEAD + head, out + size, &elements);
	if (end == NULL)
		return NULL;
	len = (uint32_t)(end - out);
	memcpy(out + 4, &len, 4);
	return end;
}
