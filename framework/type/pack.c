/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/pack - a value becomes an image, byte for byte as libtpl writes it.
 *
 * thread: any.
 *
 * room_note: what does not fit is counted and not written, so that one pass
 * says how much room it takes.
 */
#include <errno.h>
#include <string.h>

#include <weft/error.h>

#include "type/copy.h"
#include "type/fast.h"
#include "type/flat.h"
#include "type/walk.h"

/* owned by: weft_pack(). */
struct pack {
	uint8_t *out;
	size_t size; /* [bytes] of out */
	size_t len;  /* [bytes] so far, also of what did not fit */
	uint32_t elements;
	uint32_t max_elements;
	int rv; /* WEFT_OK so far */
};

static void pack_members(
    struct pack *pack, const struct weft_type *type, const uint8_t *value);

/* Where so many bytes go; NULL: they do not fit.  See room_note. */
static inline uint8_t *
pack_room(struct pack *pack, size_t bytes)
{
	size_t at = pack->len;

	pack->len = at + bytes;
	return __builtin_expect(pack->len <= pack->size, 1) ? pack->out + at :
							      NULL;
}

static inline void
pack_put(struct pack *pack, const void *from, size_t bytes)
{
	uint8_t *to = pack_room(pack, bytes);

	if (to != NULL)
		memcpy(to, from, bytes);
}

static inline void
pack_u32(struct pack *pack, uint32_t number)
{
	pack_put(pack, &number, sizeof(number));
}

/* Bytes behind their length, or what stands for it. */
static inline void
pack_text(struct pack *pack, uint32_t length, const void *from, size_t bytes)
{
	uint8_t *to = pack_room(pack, 4 + bytes);

	if (to != NULL) {
		memcpy(to, &length, 4);
		wi_copy(to + 4, from, bytes);
	}
}

/* A length is what it says, or it does not fit the wire. */
static inline bool
pack_length(struct pack *pack, size_t len)
{
	if (__builtin_expect(len < UINT32_MAX, 1))
		return true;
	pack->rv = WEFT_ETOOBIG;
	return false;
}

static void
pack_str(struct pack *pack, const uint8_t *from)
{
	const char *text;
	size_t len;

	memcpy(&text, from, sizeof(text));
	if (text == NULL) {
		pack_u32(pack, 0);
		return;
	}
	len = strlen(text);
	if (pack_length(pack, len))
		pack_text(pack, (uint32_t)len + 1, text, len);
}

static void
pack_bytes(struct pack *pack, const uint8_t *from)
{
	struct weft_bytes bytes;

	memcpy(&bytes, from, sizeof(bytes));
	if (!pack_length(pack, bytes.len))
		return;
	if (bytes.data == NULL && bytes.len > 0) {
		pack->rv = -EINVAL;
		return;
	}
	pack_text(pack, (uint32_t)bytes.len, bytes.data, bytes.len);
}

static void
pack_value(struct pack *pack, uint32_t kind, const uint8_t *from)
{
	switch (wi_kind_wire(kind)) {
	case 1:
		pack_put(pack, from, 1);
		break;
	case 2:
		pack_put(pack, from, 2);
		break;
	case 8:
		pack_put(pack, from, 8);
		break;
	default:
		if (kind == WEFT_MEMBER_str)
			pack_str(pack, from);
		else if (kind == WEFT_MEMBER_bytes)
			pack_bytes(pack, from);
		else
			pack_put(pack, from, 4);
	}
}

/* How many elements follow, and from where; false: none. */
static bool
pack_count(struct pack *pack, const uint8_t *from, struct wi_list *list)
{
	memcpy(list, from, sizeof(*list));
	if (list->len > 0 && list->at == NULL) {
		pack->rv = -EINVAL;
		return false;
	}
	if (list->len > pack->max_elements - pack->elements) {
		pack->rv = WEFT_ETOOBIG;
		return false;
	}
	pack->elements += list->len;
	pack_u32(pack, list->len);
	return list->len > 0;
}

static void
pack_array(struct pack *pack, uint32_t kind, const uint8_t *from)
{
	const uint8_t *element;
	struct wi_list list;
	uint32_t i;

	if (!pack_count(pack, from, &list))
		return;
	element = list.at;
	if (kind <= WEFT_MEMBER_f64) {
		pack_put(pack, element, (size_t)list.len * wi_kind_wire(kind));
		return;
	}
	for (i = 0; i < list.len; i++)
		pack_value(
		    pack, kind, element + (size_t)i * wi_kind_size(kind));
}

static void
pack_flat(struct pack *pack, const struct weft_type *type, uint32_t count,
    const uint8_t *from)
{
	size_t bytes = (size_t)count * type->wire_min;
	uint8_t *to = pack_room(pack, bytes);

	if (to == NULL)
		return;
	if ((type->flags & WEFT_TYPE_IS_PACKED) != 0)
		memcpy(to, from, bytes);
	else
		wi_flat_pack(type, count, from, to);
}

static void
pack_list(struct pack *pack, const struct weft_type *type, const uint8_t *from)
{
	const uint8_t *element;
	struct wi_list list;
	uint32_t i;

	if (!pack_count(pack, from, &list))
		return;
	element = list.at;
	if ((type->flags & WEFT_TYPE_IS_FLAT) != 0) {
		pack_flat(pack, type, list.len, element);
		return;
	}
	for (i = 0; i < list.len && pack->rv == WEFT_OK; i++)
		pack_members(
		    pack, type, element + (size_t)i * type->value_size);
}

static void
pack_members(
    struct pack *pack, const struct weft_type *type, const uint8_t *value)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	if ((type->flags & WEFT_TYPE_IS_FLAT) != 0) {
		pack_flat(pack, type, 1, value);
		return;
	}
	for (; member < last; member++) {
		const uint8_t *from = value + member->offset;

		switch (member->kind) {
		case WEFT_MEMBER_fixed:
			pack_put(pack, from,
			    (size_t)member->count *
				wi_kind_wire(member->element));
			break;
		case WEFT_MEMBER_array:
			pack_array(pack, member->element, from);
			break;
		case WEFT_MEMBER_list:
			pack_list(pack, member->of, from);
			break;
		case WEFT_MEMBER_nested:
			pack_members(pack, member->of, from);
			break;
		default:
			pack_value(pack, member->kind, from);
		}
	}
}

/* The lengths of fixed arrays, in the order of the format. */
static void
pack_dims(struct pack *pack, const struct weft_type *type)
{
	uint32_t i;

	if (type->ndims == 0)
		return;
	for (i = 0; i < type->nmembers; i++) {
		const struct weft_member *member = &type->members[i];

		if (member->kind == WEFT_MEMBER_fixed)
			pack_u32(pack, member->count);
		else if (member->of != NULL)
			pack_dims(pack, member->of);
	}
}

/* All before the members, but the length of the whole. */
static void
pack_head(struct pack *pack, const struct weft_type *type)
{
	const bool bare = (type->flags & WEFT_TYPE_IS_BARE) != 0;
	uint8_t head[WI_IMAGE_HEAD] = { 't', 'p', 'l', wi_image_host_order() };
	uint8_t *to = pack_room(pack, sizeof(head) + type->format_len + 1);

	if (!bare || (type->flags & WEFT_TYPE_HAS_STRINGS) != 0)
		head[3] |= WI_IMAGE_STRINGS;
	if (to != NULL) {
		memcpy(to, head, sizeof(head));
		wi_copy(to + sizeof(head), (const uint8_t *)type->format,
		    type->format_len + 1);
	}
	pack_dims(pack, type);
	if (!bare)
		pack_text(
		    pack, type->name_len + 1, type->name, type->name_len);
}

static int __attribute__((noinline)) pack_slow(const struct weft_type *type,
    const void *value, void *out, size_t size, size_t *len)
{
	struct pack pack = { .out = out,
		.size = size,
		.max_elements = type->max_elements != 0 ? type->max_elements :
							  WI_TYPE_ELEMENTS };
	uint32_t whole;

	*len = 0;
	pack_head(&pack, type);
	pack_members(&pack, type, value);
	if (pack.rv == WEFT_OK && !pack_length(&pack, pack.len))
		return pack.rv;
	*len = pack.len;
	if (pack.rv < 0)
		return pack.rv;
	if (pack.len > size)
		return WEFT_EFULL;
	whole = (uint32_t)pack.len;
	memcpy(pack.out + 4, &whole, sizeof(whole));
	return WEFT_OK;
}

int
weft_pack(const struct weft_type *type, const void *value, void *out,
    size_t size, size_t *len)
{
	const uint8_t *end = wi_fast_pack(type, value, out, size);

	if (__builtin_expect(end == NULL, 0))
		return pack_slow(type, value, out, size, len);
	*len = (size_t)(end - (uint8_t *)out);
	return WEFT_OK;
}
