/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/two_versions.h - a type as an old and as a new program have it,
 * both under the name "offer": members were appended to it, and to what is in
 * its list.
 */
#ifndef TESTS_TWO_VERSIONS_H
#define TESTS_TWO_VERSIONS_H

#include <string.h>

#include <weft/type.h>

#include "some_types.h"

#define thing1_MEMBERS(M)                                                     \
	M(str, name)                                                          \
	M(u32, count)
WEFT_TYPE(thing1);

#define offer1_MEMBERS(M)                                                     \
	M(u64, price)                                                         \
	M(nested, at, point)                                                  \
	M(list, things, thing1)
WEFT_TYPE(offer1);

#define thing2_MEMBERS(M)                                                     \
	M(str, name)                                                          \
	M(u32, count)                                                         \
	M(i16, weight, -3)                                                    \
	M(str, unit, "kg")
WEFT_TYPE(thing2);

#define offer2_MEMBERS(M)                                                     \
	M(u64, price)                                                         \
	M(nested, at, point)                                                  \
	M(list, things, thing2)                                               \
	M(u32, urgency, 7)                                                    \
	M(str, note, "none")                                                  \
	M(f64, rate, 1.5)                                                     \
	M(list, extras, thing2)                                               \
	M(bytes, seal)                                                        \
	M(fixed, code, u8, 3)                                                 \
	M(array, tags, str)                                                   \
	M(nested, to, point)
WEFT_TYPE(offer2);

/* A struct's tag is the name on the wire; these are two of one name. */
static inline struct weft_type
version_of_offer(const struct weft_type *type)
{
	static char heads[2][128];
	const size_t format = type->format_len + 1;
	const uint32_t length = 6; /* of the name, with a NUL */
	char *head = heads[type == &offer2_type];
	struct weft_type named = *type;

	memcpy(head, type->format, format);
	memcpy(head + format, &length, sizeof(length));
	memcpy(head + format + sizeof(length), "offer", 5);
	named.name = "offer";
	named.name_len = 5;
	named.head = head;
	named.head_len = format + sizeof(length) + 5;
	return named;
}

#endif
