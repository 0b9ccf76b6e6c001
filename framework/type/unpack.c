/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/unpack - an image becomes a value: the public doors, and those of the
 * worker that has a table of types.
 *
 * thread: any.
 *
 * exact_note: nearly all images have the very format of their type, which one
 * memcmp() finds; then the format need not be read.  Any other is checked to
 * be a format at all before it is followed, and leads through type/adapt.
 */
#include "type/unpack.h"

#include <weft/error.h>

#include "type/adapt.h"
#include "type/copy.h"
#include "type/fast.h"

static const char *const fault_names[] = {
#define FAULT_NAME(name, word, text) word,
	WEFT_FAULTS(FAULT_NAME)
#undef FAULT_NAME
};

static const char *const fault_texts[] = {
#define FAULT_TEXT(name, word, text) text,
	WEFT_FAULTS(FAULT_TEXT)
#undef FAULT_TEXT
};

#define NFAULTS (sizeof(fault_names) / sizeof(fault_names[0]))

const char *
weft_fault_name(enum weft_fault fault)
{
	return (size_t)fault < NFAULTS ? fault_names[fault] : "?";
}

const char *
weft_fault_text(enum weft_fault fault)
{
	return (size_t)fault < NFAULTS ? fault_texts[fault] : "?";
}

static int
unpack_malformed(
    struct weft_malformed *why, enum weft_fault fault, size_t offset)
{
	if (why != NULL) {
		why->fault = fault;
		why->offset = (uint32_t)offset;
	}
	return WEFT_EMALFORMED;
}

/* [bytes] from the image's first. */
static size_t
unpack_offset(const struct wi_image *image, const uint8_t *at)
{
	return (size_t)(at - image->bytes);
}

/* ---- which type */

/* The lengths of a type's fixed arrays, in the order of its format. */
static bool
unpack_dims(const struct weft_type *type, const uint8_t **at, bool swap)
{
	uint32_t i;

	if (type->ndims == 0)
		return true;
	for (i = 0; i < type->nmembers; i++) {
		const struct weft_member *member = &type->members[i];

		if (member->kind == WEFT_MEMBER_fixed) {
			if (wi_image_u32(*at, swap) != member->count)
				return false;
			*at += 4;
		} else if (member->of != NULL &&
		    !unpack_dims(member->of, at, swap)) {
			return false;
		}
	}
	return true;
}

/* The name in front, where it is to be; false: another, or none. */
static bool
unpack_is_named(const struct wi_image *image, const uint8_t *at,
    const struct weft_type *type)
{
	size_t left = image->len - unpack_offset(image, at);

	return left >= 4 + (size_t)type->name_len &&
	    wi_image_u32(at, image->swap) == type->name_len + 1 &&
	    wi_copy_same(at + 4, type->name, type->name_len);
}

/* See exact_note. */
static bool
unpack_is_exact(struct wi_unpack *unpack, const struct weft_type *type)
{
	struct wi_image *image = &unpack->image;
	const size_t format = type->format_len + 1;
	const uint8_t *data;

	if (image->len - WI_IMAGE_HEAD < format ||
	    !wi_copy_same(image->format, type->format, format))
		return false;
	image->format_len = type->format_len;
	image->dims = image->bytes + WI_IMAGE_HEAD + format;
	if (image->len - unpack_offset(image, image->dims) <
	    (size_t)type->ndims * 4)
		return false;
	data = image->dims + (size_t)type->ndims * 4;
	if ((type->flags & WEFT_TYPE_IS_BARE) != 0) {
		unpack->data = data;
		return image->strings ||
		    (type->flags & WEFT_TYPE_HAS_STRINGS) == 0;
	}
	unpack->data = data + 4 + type->name_len;
	return image->strings && unpack_is_named(image, data, type);
}

/* All that must hold of a format of another's.  data: behind the lengths. */
static int
unpack_check_format(const struct wi_image *image, const uint8_t **data,
    struct weft_malformed *why)
{
	const uint8_t *at = image->dims;
	uint32_t ndims, offset;
	enum weft_fault fault;

	fault = wi_format_check(image->format, &ndims, &offset);
	if (fault != WEFT_FAULT_NONE)
		return unpack_malformed(why, fault, offset);
	if (!image->strings && memchr(image->format, 's', image->format_len))
		return unpack_malformed(why, WEFT_FAULT_OLD_STRINGS, 3);
	if (image->len - unpack_offset(image, at) < (size_t)ndims * 4)
		return unpack_malformed(
		    why, WEFT_FAULT_SHORT, unpack_offset(image, at));
	for (; ndims > 0; ndims--, at += 4)
		if (wi_image_u32(at, image->swap) == 0)
			return unpack_malformed(
			    why, WEFT_FAULT_DIMS, unpack_offset(image, at));
	*data = at;
	return WEFT_OK;
}

/* The image's name is that of one of these. */
static int
unpack_by_name(struct wi_unpack *unpack, const struct weft_on *on, size_t n,
    struct weft_malformed *why)
{
	const struct wi_image *image = &unpack->image;
	size_t i;

	if (n == 1 && (on->type->flags & WEFT_TYPE_IS_BARE) != 0) {
		unpack->on = on;
		return WEFT_OK;
	}
	if (image->format[0] != 's' || image->format[1] == '#')
		return unpack_malformed(
		    why, WEFT_FAULT_UNKNOWN, WI_IMAGE_HEAD);
	for (i = 0; i < n; i++)
		if ((on[i].type->flags & WEFT_TYPE_IS_BARE) == 0 &&
		    unpack_is_named(image, unpack->data, on[i].type)) {
			unpack->on = &on[i];
			unpack->data += 4 + on[i].type->name_len;
			return WEFT_OK;
		}
	return unpack_malformed(
	    why, WEFT_FAULT_UNKNOWN, unpack_offset(image, unpack->data));
}

int
wi_unpack_find(struct weft_bytes msg, const struct weft_on *on, size_t n,
    struct wi_unpack *unpack, struct weft_malformed *why)
{
	enum weft_fault fault;
	uint32_t offset;
	size_t i;
	int rv;

	if (why != NULL)
		*why = (struct weft_malformed){ .msg = msg };
	fault = wi_image_head(msg, &unpack->image, &offset);
	if (fault != WEFT_FAULT_NONE)
		return unpack_malformed(why, fault, offset);
	for (i = 0; i < n; i++)
		if (unpack_is_exact(unpack, on[i].type)) {
			unpack->on = &on[i];
			unpack->exact = true;
			return WEFT_OK;
		}
	unpack->exact = false;
	fault = wi_image_format(&unpack->image, &offset);
	if (fault != WEFT_FAULT_NONE)
		return unpack_malformed(why, fault, offset);
	rv = unpack_check_format(&unpack->image, &unpack->data, why);
	return rv < 0 ? rv : unpack_by_name(unpack, on, n, why);
}

/* ---- its value */

/* From where the members of the type begin in a format of another's. */
static bool
unpack_adapt(
    const struct wi_unpack *unpack, struct wi_walk *walk, uint8_t *value)
{
	const struct weft_type *type = unpack->on->type;
	struct wi_format_groups groups;
	struct wi_format format = wi_format_begin(&unpack->image, &groups);

	if ((type->flags & WEFT_TYPE_IS_BARE) == 0)
		format.at++;
	return wi_adapt_members(walk, format, type, value);
}

static bool
unpack_walk(
    const struct wi_unpack *unpack, struct wi_walk *walk, uint8_t *value)
{
	const struct weft_type *type = unpack->on->type;
	const uint8_t *dims = unpack->image.dims;

	if (!unpack->exact)
		return unpack_adapt(unpack, walk, value);
	if (type->ndims > 0 && !unpack_dims(type, &dims, unpack->image.swap)) {
		walk->at = dims;
		return wi_walk_fault(walk, WEFT_FAULT_DIMS);
	}
	return wi_walk_members(walk, type, value);
}

static int
unpack_failed(const struct wi_unpack *unpack, const struct wi_walk *walk,
    struct weft_malformed *why)
{
	if (walk->full)
		return WEFT_EFULL;
	if (why != NULL) {
		why->type = unpack->on->type->name;
		why->member = walk->member != NULL ? walk->member->name : NULL;
	}
	return unpack_malformed(
	    why, walk->fault, unpack_offset(&unpack->image, walk->at));
}

int
wi_unpack_value(const struct wi_unpack *unpack, void *value, void *memory,
    size_t size, size_t *need, struct weft_malformed *why)
{
	struct wi_walk walk;

	wi_walk_begin(&walk, &unpack->image, unpack->on->type, memory, size);
	walk.at = unpack->data;
	if (value != NULL && memory == NULL)
		walk.size = 0;
	if (unpack_walk(unpack, &walk, value) && walk.at != walk.end)
		walk.fault = WEFT_FAULT_LONG;
	if (walk.full || walk.fault != WEFT_FAULT_NONE)
		return unpack_failed(unpack, &walk, why);
	*need = walk.used;
	return WEFT_OK;
}

/* ---- the public doors */

static int __attribute__((noinline))
unpack_slow(const struct weft_type *type, struct weft_bytes image, void *value,
    void *memory, size_t size, struct weft_malformed *why)
{
	const struct weft_on on = { type, NULL };
	struct wi_unpack unpack;
	size_t need;
	int rv;

	rv = wi_unpack_find(image, &on, 1, &unpack, why);
	return rv < 0 ?
	    rv :
	    wi_unpack_value(&unpack, value, memory, size, &need, why);
}

int
weft_unpack(const struct weft_type *type, struct weft_bytes image, void *value,
    void *memory, size_t size, struct weft_malformed *why)
{
	const uint8_t *data = wi_fast_is(type, image);
	size_t need;

	if (__builtin_expect(data != NULL, 1) &&
	    wi_fast_unpack(type, data, (const uint8_t *)image.data + image.len,
		value, memory, size, &need))
		return WEFT_OK;
	return unpack_slow(type, image, value, memory, size, why);
}

int
weft_unpack_need(const struct weft_type *type, struct weft_bytes image,
    size_t *need, struct weft_malformed *why)
{
	const struct weft_on on = { type, NULL };
	struct wi_unpack unpack;
	int rv;

	rv = wi_unpack_find(image, &on, 1, &unpack, why);
	return rv < 0 ? rv :
			wi_unpack_value(&unpack, NULL, NULL, 0, need, why);
}
