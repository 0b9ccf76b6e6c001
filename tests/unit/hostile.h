/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/hostile.h - for tests of hostile images: each is judged by all
 * that reads images.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <weft/type.h>

#include "generic_walk.h"

/* What the last image was made into, and what was wrong with it. */
static _Alignas(16) uint8_t hostile_value[1024], hostile_memory[4 << 20];
static struct weft_malformed hostile_why;

/* A literal without the NUL that C adds. */
#define BYTES(literal)                                                        \
	(struct weft_bytes)                                                   \
	{                                                                     \
		(const uint8_t *)(literal), sizeof(literal) - 1               \
	}

/* hostile_unpack() - by both doors, which have to agree; from a copy that a
 * sanitizer sees the end of, and that the value does not outlive. */
static inline int
hostile_unpack(const struct weft_type *type, struct weft_bytes image)
{
	struct weft_malformed again;
	size_t need = 0;
	uint8_t *copy;
	int rv;

	copy = malloc(image.len > 0 ? image.len : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, image.data, image.len);
	image.data = copy;
	rv = weft_unpack(type, image, hostile_value, hostile_memory,
	    sizeof(hostile_memory), &hostile_why);
	ck_assert_int_eq(weft_unpack_need(type, image, &need, &again), rv);
	if (rv == WEFT_EMALFORMED) {
		ck_assert_int_eq(again.fault, hostile_why.fault);
		ck_assert_uint_eq(again.offset, hostile_why.offset);
	}
	free(copy);
	return rv;
}

static inline void
is_accepted(const struct weft_type *type, struct weft_bytes image)
{
	int rv = hostile_unpack(type, image);

	if (rv != WEFT_OK)
		ck_abort_msg("expected a value, found %d: %s at %u", rv,
		    weft_fault_name(hostile_why.fault), hostile_why.offset);
}

static inline void
is_refused(const struct weft_type *type, struct weft_bytes image,
    enum weft_fault fault, uint32_t offset)
{
	ck_assert_int_eq(hostile_unpack(type, image), WEFT_EMALFORMED);
	if (hostile_why.fault != fault || hostile_why.offset != offset)
		ck_abort_msg("expected %s at %u, found %s at %u",
		    weft_fault_name(fault), offset,
		    weft_fault_name(hostile_why.fault), hostile_why.offset);
}

/* That is what it is also to who does not know the type. */
static inline void
is_walked(struct weft_bytes image, enum weft_fault fault, uint32_t offset)
{
	uint32_t at;
	enum weft_fault found = generic_walk(image, &at);

	if (found != fault || at != offset)
		ck_abort_msg("expected %s at %u, found %s at %u",
		    weft_fault_name(fault), offset, weft_fault_name(found),
		    at);
}

#endif
