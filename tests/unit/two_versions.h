/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/two_versions.h - a type as an old and as a new program have it,
 * both under the name "offer": members were appended to it, and to what is in
 * its list.
 */
#ifndef TESTS_TWO_VERSIONS_H
#define TESTS_TWO_VERSIONS_H

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
	struct weft_type named = *type;

	named.name = "offer";
	named.name_len = 5;
	return named;
}

#endif
