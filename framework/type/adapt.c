/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/adapt - values of another version of a type, or of the same one as
 * another tpl program may write it.
 *
 * thread: any.  The format of the image and the members of the type are walked
 * side by side:
 *
 * - what the type has and the image ends before gets its default;
 * - what the image has behind the type's last member is passed by, at the end
 *   of the image and of each element of a list;
 * - members may be grouped by S(...) or $(...), as a C program that gives
 *   libtpl a struct has them; such a group is a type of its own, so it may be
 *   longer or shorter too.
 *
 * part_note: a group at the beginning may also be only a part of the type: its
 * nested first member, or all that was in a struct before members were
 * appended behind it.  No group holds a list, an array or bytes.  So the type
 * of an image or of a list's element goes on behind the group, and a nested
 * one does if no group holds all of it.
 */
#include "type/adapt.h"

#include <string.h>

static bool adapt_type(struct wi_walk *walk, struct wi_format *format,
    const struct weft_type *type, uint8_t *to, bool goes_on);

static void adapt_default(const struct weft_member *member, uint8_t *to);

static void
adapt_defaults(const struct weft_type *type, uint8_t *to)
{
	uint32_t i;

	for (i = 0; i < type->nmembers; i++)
		adapt_default(&type->members[i], to + type->members[i].offset);
}

static void
adapt_default(const struct weft_member *member, uint8_t *to)
{
	uint8_t u8 = (uint8_t)member->number;
	uint16_t u16 = (uint16_t)member->number;
	uint32_t u32 = (uint32_t)member->number;

	switch (member->kind) {
	case WEFT_MEMBER_u8:
		memcpy(to, &u8, sizeof(u8));
		break;
	case WEFT_MEMBER_i16:
	case WEFT_MEMBER_u16:
		memcpy(to, &u16, sizeof(u16));
		break;
	case WEFT_MEMBER_i32:
	case WEFT_MEMBER_u32:
		memcpy(to, &u32, sizeof(u32));
		break;
	case WEFT_MEMBER_i64:
	case WEFT_MEMBER_u64:
		memcpy(to, &member->number, sizeof(member->number));
		break;
	case WEFT_MEMBER_f64:
		memcpy(to, &member->real, sizeof(member->real));
		break;
	case WEFT_MEMBER_str:
		memcpy(to, &member->text, sizeof(member->text));
		break;
	case WEFT_MEMBER_bytes:
		memset(to, 0, sizeof(struct weft_bytes));
		break;
	case WEFT_MEMBER_fixed:
		memset(to, 0,
		    (size_t)member->count * wi_kind_size(member->element));
		break;
	case WEFT_MEMBER_nested:
		adapt_defaults(member->of, to);
		break;
	default:
		memset(to, 0, sizeof(struct wi_list));
	}
}

/* A letter, with nothing behind it. */
static bool
adapt_letter(struct wi_walk *walk, struct wi_format *format, uint32_t kind)
{
	if (wi_format_kind(format->at[0]) != kind || format->at[1] == '#')
		return wi_walk_fault(walk, WEFT_FAULT_MISMATCH);
	format->at++;
	return true;
}

static bool
adapt_fixed(struct wi_walk *walk, struct wi_format *format,
    const struct weft_member *member, uint8_t *to)
{
	if (wi_format_kind(format->at[0]) != member->element ||
	    format->at[1] != '#' || format->at[2] == '#')
		return wi_walk_fault(walk, WEFT_FAULT_MISMATCH);
	if (wi_image_u32(format->dims, walk->swap) != member->count)
		return wi_walk_fault(walk, WEFT_FAULT_DIMS);
	wi_format_pass(format);
	return wi_walk_numbers(walk, member->element, member->count, to);
}

/* Of an array or a list: how many, and their place. */
static bool
adapt_count(struct wi_walk *walk, struct wi_format *format, uint32_t size,
    uint8_t *to, uint32_t *count, uint8_t **place)
{
	struct wi_list list = { .at = NULL };

	*place = NULL;
	if (format->at[0] != 'A')
		return wi_walk_fault(walk, WEFT_FAULT_MISMATCH);
	if (!wi_walk_u32(walk, count) || !wi_walk_elements(walk, *count, 1))
		return false;
	if (*count > 0 && !wi_walk_take(walk, (size_t)*count * size, 8, place))
		return false;
	list.at = *place;
	list.len = *count;
	if (to != NULL)
		memcpy(to, &list, sizeof(list));
	return true;
}

static bool
adapt_array(
    struct wi_walk *walk, struct wi_format *format, uint32_t kind, uint8_t *to)
{
	uint32_t count, i, size = wi_kind_size(kind);
	struct wi_format inside = *format;
	uint8_t *place;

	if (!adapt_count(walk, format, size, to, &count, &place))
		return false;
	inside.at += 2;
	if (!adapt_letter(walk, &inside, kind))
		return false;
	if (!wi_format_ends(&inside))
		return wi_walk_fault(walk, WEFT_FAULT_MISMATCH);
	wi_format_pass(format);
	for (i = 0; i < count; i++)
		if (!wi_walk_value(walk, kind,
			place == NULL ? NULL : place + (size_t)i * size))
			return false;
	return true;
}

static bool
adapt_list(struct wi_walk *walk, struct wi_format *format,
    const struct weft_type *type, uint8_t *to)
{
	struct wi_format begin = *format, inside;
	uint32_t count, i;
	uint8_t *place;

	if (!adapt_count(walk, format, type->value_size, to, &count, &place))
		return false;
	begin.at += 2;
	wi_format_pass(format);
	for (i = 0; i < count; i++) {
		inside = begin;
		if (!adapt_type(walk, &inside, type,
			place == NULL ? NULL :
					place + (size_t)i * type->value_size,
			true) ||
		    !wi_format_skip_rest(&inside, walk))
			return false;
	}
	return true;
}

static bool
adapt_member(struct wi_walk *walk, struct wi_format *format,
    const struct weft_member *member, uint8_t *to)
{
	switch (member->kind) {
	case WEFT_MEMBER_fixed:
		return adapt_fixed(walk, format, member, to);
	case WEFT_MEMBER_array:
		return adapt_array(walk, format, member->element, to);
	case WEFT_MEMBER_list:
		return adapt_list(walk, format, member->of, to);
	case WEFT_MEMBER_nested:
		return adapt_type(walk, format, member->of, to, false);
	default:
		return adapt_letter(walk, format, member->kind) &&
		    wi_walk_value(walk, member->kind, to);
	}
}

/* Members from *member on, to the last or to the end of the group. */
static bool
adapt_some(struct wi_walk *walk, struct wi_format *format,
    const struct weft_type *type, uint32_t *member, uint8_t *to)
{
	for (; *member < type->nmembers && !wi_format_ends(format);
	     ++*member) {
		const struct weft_member *one = &type->members[*member];

		if (!adapt_member(walk, format, one,
			to == NULL ? NULL : to + one->offset)) {
			if (walk->member == NULL)
				walk->member = one;
			return false;
		}
	}
	return true;
}

/* What a group can not hold: see part_note. */
static bool
adapt_holds_lists(const struct weft_type *type)
{
	bool holds = false;
	uint32_t i;

	for (i = 0; i < type->nmembers && !holds; i++) {
		const struct weft_member *member = &type->members[i];

		holds = member->kind == WEFT_MEMBER_bytes ||
		    member->kind == WEFT_MEMBER_array ||
		    member->kind == WEFT_MEMBER_list ||
		    (member->kind == WEFT_MEMBER_nested &&
			adapt_holds_lists(member->of));
	}
	return holds;
}

/* Is a group of the type next, not one of its first member? */
static bool
adapt_is_grouped(const struct wi_format *format, const struct weft_type *type)
{
	if (*format->at != 'S' && *format->at != '$')
		return false;
	return type->members->kind != WEFT_MEMBER_nested ||
	    !adapt_holds_lists(type->members->of);
}

/* A group at the beginning.  See part_note. */
static bool
adapt_group(struct wi_walk *walk, struct wi_format *format,
    const struct weft_type *type, uint32_t *member, uint8_t *to)
{
	struct wi_format inside = *format;

	wi_format_pass(format);
	if (format->at[-1] == '#')
		return wi_walk_fault(walk, WEFT_FAULT_MISMATCH);
	inside.at += 2;
	return adapt_some(walk, &inside, type, member, to) &&
	    wi_format_skip_rest(&inside, walk);
}

/* goes_on: also behind a group, see part_note. */
static bool
adapt_type(struct wi_walk *walk, struct wi_format *format,
    const struct weft_type *type, uint8_t *to, bool goes_on)
{
	const bool group = adapt_is_grouped(format, type);
	uint32_t member = 0;

	if (group && !adapt_group(walk, format, type, &member, to))
		return false;
	if ((!group || goes_on || adapt_holds_lists(type)) &&
	    !adapt_some(walk, format, type, &member, to))
		return false;
	for (; member < type->nmembers && to != NULL; member++)
		adapt_default(
		    &type->members[member], to + type->members[member].offset);
	return true;
}

bool
wi_adapt_members(struct wi_walk *walk, struct wi_format format,
    const struct weft_type *type, uint8_t *to)
{
	return adapt_type(walk, &format, type, to, true) &&
	    wi_format_skip_rest(&format, walk);
}
