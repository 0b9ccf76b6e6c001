/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/same_value.h - are two values the same, wherever they lie?
 */
#ifndef TESTS_SAME_VALUE_H
#define TESTS_SAME_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <weft/type.h>

#include "type/walk.h"

static inline bool same_value(const struct weft_type *type,
    const uint8_t *value, const struct weft_type *newer, const uint8_t *other,
    bool defaults);

/* A number, str or bytes. */
static inline bool
same_one(uint32_t kind, const uint8_t *one, const uint8_t *other)
{
	struct weft_bytes bytes[2];
	const char *texts[2];

	if (kind == WEFT_MEMBER_str) {
		memcpy(&texts[0], one, sizeof(texts[0]));
		memcpy(&texts[1], other, sizeof(texts[1]));
		return strcmp(texts[0], texts[1]) == 0;
	}
	if (kind == WEFT_MEMBER_bytes) {
		memcpy(&bytes[0], one, sizeof(bytes[0]));
		memcpy(&bytes[1], other, sizeof(bytes[1]));
		return bytes[0].len == bytes[1].len &&
		    (bytes[0].len == 0 ||
			memcmp(bytes[0].data, bytes[1].data, bytes[0].len) ==
			    0);
	}
	return memcmp(one, other, wi_kind_wire(kind)) == 0;
}

static inline bool
same_list(const struct weft_member *member, const uint8_t *value,
    const struct weft_member *newer, const uint8_t *other, bool defaults)
{
	struct wi_list list, others;
	bool same;
	uint32_t i, size;

	memcpy(&list, value, sizeof(list));
	memcpy(&others, other, sizeof(others));
	same = list.len == others.len;
	for (i = 0; same && i < list.len; i++) {
		const uint8_t *one = list.at, *two = others.at;

		if (member->of != NULL) {
			same = same_value(member->of,
			    one + (size_t)i * member->of->value_size,
			    newer->of, two + (size_t)i * newer->of->value_size,
			    defaults);
			continue;
		}
		size = wi_kind_size(member->element);
		same = same_one(member->element, one + (size_t)i * size,
		    two + (size_t)i * size);
	}
	return same;
}

static inline bool
same_member(const struct weft_member *member, const uint8_t *value,
    const struct weft_member *newer, const uint8_t *other, bool defaults)
{
	if (member->kind == WEFT_MEMBER_nested)
		return same_value(
		    member->of, value, newer->of, other, defaults);
	if (member->kind == WEFT_MEMBER_fixed)
		return memcmp(value, other,
			   member->count * wi_kind_wire(member->element)) == 0;
	if (member->kind >= WEFT_MEMBER_array)
		return same_list(member, value, newer, other, defaults);
	return same_one(member->kind, value, other);
}

/* What a member is that did not come. */
static inline bool
same_as_default(const struct weft_member *member, const uint8_t *value)
{
	static const uint8_t nothing[64];
	const struct weft_type *of = member->of;
	bool same = true;
	uint32_t i;

	switch (member->kind) {
	case WEFT_MEMBER_f64:
		return memcmp(value, &member->real, sizeof(double)) == 0;
	case WEFT_MEMBER_str:
		return same_one(
		    member->kind, value, (const uint8_t *)&member->text);
	case WEFT_MEMBER_nested:
		for (i = 0; i < of->nmembers; i++)
			same &= same_as_default(
			    &of->members[i], value + of->members[i].offset);
		return same;
	case WEFT_MEMBER_bytes:
		return memcmp(value, nothing, sizeof(struct weft_bytes)) == 0;
	case WEFT_MEMBER_fixed:
		return memcmp(value, nothing,
			   member->count * wi_kind_wire(member->element)) == 0;
	case WEFT_MEMBER_array:
	case WEFT_MEMBER_list:
		return memcmp(value, nothing, sizeof(uint64_t) + 4) == 0;
	default: /* what it is as an integer of this size, little-endian */
		return memcmp(value, &member->number,
			   wi_kind_wire(member->kind)) == 0;
	}
}

/*
 * same_value() - whether what both have is the same.
 *
 *   newer    in       the same type, or one with members appended.
 *   defaults in       whether those are to be their defaults, too.
 */
static inline bool
same_value(const struct weft_type *type, const uint8_t *value,
    const struct weft_type *newer, const uint8_t *other, bool defaults)
{
	bool same = type->nmembers <= newer->nmembers;
	uint32_t i;

	for (i = 0; same && i < newer->nmembers; i++) {
		const struct weft_member *member = &newer->members[i];
		const uint8_t *at = other + member->offset;

		if (i >= type->nmembers)
			same = !defaults || same_as_default(member, at);
		else
			same = same_member(&type->members[i],
			    value + type->members[i].offset, member, at,
			    defaults);
	}
	return same;
}

#endif
