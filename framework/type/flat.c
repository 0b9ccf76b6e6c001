/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/flat - values of types that have one size on the wire.
 *
 * thread: any.
 *
 * column_note: of several, one member of all is copied after the other, so
 * that what a member is, is asked once for all; but of FLAT_ROWS at a time,
 * which stay in the cache meanwhile.
 */
#include "type/flat.h"

#include <string.h>

#include "type/walk.h"

#define FLAT_ROWS 64u

/* Where one member of the first value is, and how far the next ones are. */
struct flat {
	uint8_t *to;
	const uint8_t *from;
	size_t to_step, from_step; /* [bytes] */
	uint32_t count;
};

/* bytes is a constant where this is inlined, mostly. */
static inline void
flat_column(
    const struct flat *flat, size_t to_at, size_t from_at, size_t bytes)
{
	const size_t to_step = flat->to_step, from_step = flat->from_step;
	const uint8_t *from = flat->from + from_at;
	uint8_t *to = flat->to + to_at;
	uint32_t left = flat->count;

	do {
		memcpy(to, from, bytes);
		to += to_step;
		from += from_step;
	} while (--left > 0);
}

/* [bytes] of a member, of numbers, on the wire. */
static inline size_t
flat_bytes(const struct weft_member *member)
{
	return member->kind == WEFT_MEMBER_fixed ?
	    (size_t)member->count * wi_kind_wire(member->element) :
	    wi_kind_wire(member->kind);
}

static inline void
flat_member(const struct flat *flat, size_t to, size_t from, size_t bytes)
{
	switch (bytes) {
	case 1:
		flat_column(flat, to, from, 1);
		break;
	case 2:
		flat_column(flat, to, from, 2);
		break;
	case 4:
		flat_column(flat, to, from, 4);
		break;
	case 8:
		flat_column(flat, to, from, 8);
		break;
	default:
		flat_column(flat, to, from, bytes);
	}
}

/* From where the type is in memory and on the wire; returns where it ends
 * there. */
static size_t
flat_pack(const struct flat *flat, const struct weft_type *type, size_t value,
    size_t wire)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	for (; member < last; member++) {
		size_t at = value + member->offset, bytes;

		if (member->kind == WEFT_MEMBER_nested) {
			wire = flat_pack(flat, member->of, at, wire);
			continue;
		}
		bytes = flat_bytes(member);
		flat_member(flat, wire, at, bytes);
		wire += bytes;
	}
	return wire;
}

static size_t
flat_unpack(const struct flat *flat, const struct weft_type *type,
    size_t value, size_t wire)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	for (; member < last; member++) {
		size_t at = value + member->offset, bytes;

		if (member->kind == WEFT_MEMBER_nested) {
			wire = flat_unpack(flat, member->of, at, wire);
			continue;
		}
		bytes = flat_bytes(member);
		flat_member(flat, at, wire, bytes);
		wire += bytes;
	}
	return wire;
}

/* ---- one value: without columns there is less to set up */

static inline size_t
flat_copy(uint8_t *to, const uint8_t *from, const struct weft_member *member)
{
	const size_t bytes = flat_bytes(member);

	switch (bytes) {
	case 1:
		*to = *from;
		break;
	case 2:
		memcpy(to, from, 2);
		break;
	case 4:
		memcpy(to, from, 4);
		break;
	case 8:
		memcpy(to, from, 8);
		break;
	default:
		memcpy(to, from, bytes);
	}
	return bytes;
}

static uint8_t *
flat_pack_one(
    const struct weft_type *type, const uint8_t *value, uint8_t *wire)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	for (; member < last; member++) {
		const uint8_t *at = value + member->offset;

		if (__builtin_expect(member->kind == WEFT_MEMBER_nested, 0))
			wire = flat_pack_one(member->of, at, wire);
		else
			wire += flat_copy(wire, at, member);
	}
	return wire;
}

static const uint8_t *
flat_unpack_one(
    const struct weft_type *type, const uint8_t *wire, uint8_t *value)
{
	const struct weft_member *member = type->members;
	const struct weft_member *last = member + type->nmembers;

	for (; member < last; member++) {
		uint8_t *at = value + member->offset;

		if (__builtin_expect(member->kind == WEFT_MEMBER_nested, 0))
			wire = flat_unpack_one(member->of, wire, at);
		else
			wire += flat_copy(at, wire, member);
	}
	return wire;
}

/* ---- what the others call; see column_note */

void
wi_flat_pack(const struct weft_type *type, uint32_t count,
    const uint8_t *value, uint8_t *wire)
{
	struct flat flat = { wire, value, type->wire_min, type->value_size,
		0 };

	if (count == 1) {
		flat_pack_one(type, value, wire);
		return;
	}
	for (; count > 0; count -= flat.count) {
		flat.count = count < FLAT_ROWS ? count : FLAT_ROWS;
		flat_pack(&flat, type, 0, 0);
		flat.to += flat.count * flat.to_step;
		flat.from += flat.count * flat.from_step;
	}
}

void
wi_flat_unpack(const struct weft_type *type, uint32_t count,
    const uint8_t *wire, uint8_t *value)
{
	struct flat flat = { value, wire, type->value_size, type->wire_min,
		0 };

	if (count == 1) {
		flat_unpack_one(type, wire, value);
		return;
	}
	for (; count > 0; count -= flat.count) {
		flat.count = count < FLAT_ROWS ? count : FLAT_ROWS;
		flat_unpack(&flat, type, 0, 0);
		flat.to += flat.count * flat.to_step;
		flat.from += flat.count * flat.from_step;
	}
}
