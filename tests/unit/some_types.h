/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/some_types.h - types for tests, fuzzers and benches.
 */
#ifndef TESTS_SOME_TYPES_H
#define TESTS_SOME_TYPES_H

#include <weft/type.h>

/* Three messages as servers have them. */
#define login_MEMBERS(M)                                                      \
	M(str, user)                                                          \
	M(str, password)
WEFT_TYPE(login);

#define move_MEMBERS(M)                                                       \
	M(u32, player)                                                        \
	M(f64, x)                                                             \
	M(f64, y)                                                             \
	M(i16, heading)                                                       \
	M(u8, flags)
WEFT_TYPE(move);

#define slot_MEMBERS(M)                                                       \
	M(u32, item)                                                          \
	M(u16, count)                                                         \
	M(f64, wear)
WEFT_TYPE(slot);

#define inventory_MEMBERS(M)                                                  \
	M(u64, player)                                                        \
	M(list, slots, slot)
WEFT_TYPE(inventory);

/* All that a type may have. */
#define point_MEMBERS(M)                                                      \
	M(f64, x)                                                             \
	M(f64, y)
WEFT_TYPE(point);

#define leaf_MEMBERS(M)                                                       \
	M(str, text)                                                          \
	M(fixed, color, u8, 3)                                                \
	M(array, sizes, u16)
WEFT_TYPE(leaf);

#define branch_MEMBERS(M)                                                     \
	M(nested, at, point)                                                  \
	M(list, leaves, leaf)                                                 \
	M(i64, age)
WEFT_TYPE(branch);

#define zoo_MEMBERS(M)                                                        \
	M(u8, a)                                                              \
	M(i16, b)                                                             \
	M(u16, c)                                                             \
	M(i32, d)                                                             \
	M(u32, e)                                                             \
	M(i64, f)                                                             \
	M(u64, g)                                                             \
	M(f64, h)                                                             \
	M(str, text)                                                          \
	M(bytes, blob)                                                        \
	M(fixed, matrix, f64, 4)                                              \
	M(array, names, str)                                                  \
	M(array, blobs, bytes)                                                \
	M(array, numbers, i32)                                                \
	M(nested, at, point)                                                  \
	M(list, way, point)                                                   \
	M(nested, trunk, branch)                                              \
	M(list, branches, branch)
WEFT_TYPE(zoo);

/* What a plain tpl program sends. */
#define plain_MEMBERS(M)                                                      \
	M(i32, number)                                                        \
	M(array, words, str)
WEFT_TYPE_BARE(plain);

#endif
