/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/read_versions.h - for tests: read an image as a version of the
 * offer (two_versions.h), and what there is to be found in it.
 */
#ifndef TESTS_READ_VERSIONS_H
#define TESTS_READ_VERSIONS_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <weft/type.h>

#include "two_versions.h"

/* Of the last image that was read. */
static _Alignas(16) uint8_t memory[4096];
static struct weft_malformed why;

static inline int
read_as(const struct weft_type *type, const void *image, size_t len, void *to)
{
	const struct weft_bytes bytes = { image, len };
	uint8_t *copy = malloc(len); /* that a sanitizer sees the end of */
	size_t need = 0;
	int rv;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, image, len);
	memset(to, 0xa5, type->value_size);
	rv = weft_unpack(type, bytes, to, memory, sizeof(memory), &why);
	ck_assert_int_eq(weft_unpack_need(type,
			     (struct weft_bytes){ copy, len }, &need, NULL),
	    rv);
	ck_assert_uint_le(need, sizeof(memory));
	free(copy);
	return rv;
}

/* Either version of the offer. */
static inline int
read_offer(
    const struct weft_type *version, const void *image, size_t len, void *to)
{
	const struct weft_type type = version_of_offer(version);

	return read_as(&type, image, len, to);
}

static inline void
is_offer1(const struct offer1 *offer)
{
	ck_assert_uint_eq(offer->price, 3);
	ck_assert(offer->at.x == 1.5 && offer->at.y == -2.0);
	ck_assert_uint_eq(offer->things.len, 2);
	ck_assert_str_eq(offer->things.at[0].name, "rope");
	ck_assert_uint_eq(offer->things.at[0].count, 2);
	ck_assert_str_eq(offer->things.at[1].name, "");
	ck_assert_uint_eq(offer->things.at[1].count, 0);
}

/* What version 1 has said, and the defaults of all else. */
static inline void
is_offer2_of_version_1(const struct offer2 *offer)
{
	uint32_t i;

	ck_assert_uint_eq(offer->price, 3);
	ck_assert(offer->at.x == 1.5 && offer->at.y == -2.0);
	ck_assert_uint_eq(offer->things.len, 2);
	ck_assert_str_eq(offer->things.at[0].name, "rope");
	ck_assert_uint_eq(offer->things.at[0].count, 2);
	ck_assert_str_eq(offer->things.at[1].name, "");
	ck_assert_uint_eq(offer->things.at[1].count, 0);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(offer->things.at[i].weight, -3);
		ck_assert_str_eq(offer->things.at[i].unit, "kg");
	}
	ck_assert_uint_eq(offer->urgency, 7);
	ck_assert_str_eq(offer->note, "none");
	ck_assert(offer->rate == 1.5);
	ck_assert_uint_eq(offer->extras.len, 0);
	ck_assert_ptr_null(offer->extras.at);
	ck_assert_uint_eq(offer->seal.len, 0);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(offer->code[i], 0);
	ck_assert_uint_eq(offer->tags.len, 0);
	ck_assert(offer->to.x == 0 && offer->to.y == 0);
}

#endif
