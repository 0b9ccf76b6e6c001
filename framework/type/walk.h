/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/walk.h - one walk over an image: checked at every step, and on the way
 * the value is made, or only what memory it would take is counted.
 *
 *   image.c    the head
 *   format.c   formats: are they one, and what is of no interest is passed by
 *   walk.c     an image whose format is the type's own
 *   adapt.c    one of an older or a newer version of the type
 *   unpack.c   the public doors, which choose
 *   pack.c     the other way
 *   check.c    is a type that a plugin brings one that can be trusted?
 *
 * thread: any.
 */
#ifndef WI_WALK_H
#define WI_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "type/image.h"

#define WI_TYPE_ELEMENTS 65536u  /* where a type says nothing */
#define WI_TYPE_BYTES (4u << 20) /* [bytes] likewise */
#define WI_TYPE_DEPTH 4u         /* of types in each other */
#define WI_TYPE_MEMBERS 256u     /* of a type */

/* owned by: the function that begins it, on its stack. */
struct wi_walk {
	const uint8_t *at;  /* the next byte */
	const uint8_t *end; /* of the image */
	bool swap;
	bool full;             /* it takes more memory than there is */
	enum weft_fault fault; /* NONE so far */
	const struct weft_member *member; /* at the fault; NULL: none */
	uint8_t *memory;
	size_t used; /* [bytes] of it, or that would be */
	size_t size; /* [bytes] that it has; without memory max_bytes */
	size_t max_bytes;
	uint32_t elements; /* so far */
	uint32_t max_elements;
};

/* wi_walk_begin() - over what is behind the head and the lengths of arrays.
 * memory: NULL, with size 0, only counts. */
void wi_walk_begin(struct wi_walk *walk, const struct wi_image *image,
    const struct weft_type *type, void *memory, size_t size);

/*
 * wi_walk_members() - the members of a type, in its own format.
 *
 *   to       out      the struct; NULL: only count.
 *   returns           false: see walk->fault and walk->full.
 */
bool wi_walk_members(
    struct wi_walk *walk, const struct weft_type *type, uint8_t *to);

/* wi_walk_fault() - returns false. */
static inline bool
wi_walk_fault(struct wi_walk *walk, enum weft_fault fault)
{
	walk->fault = fault;
	return false;
}

static inline size_t
wi_walk_left(const struct wi_walk *walk)
{
	return (size_t)(walk->end - walk->at);
}

/* wi_walk_u32() - false: the image ends. */
static inline bool
wi_walk_u32(struct wi_walk *walk, uint32_t *number)
{
	if (wi_walk_left(walk) < 4)
		return wi_walk_fault(walk, WEFT_FAULT_SHORT);
	*number = wi_image_u32(walk->at, walk->swap);
	walk->at += 4;
	return true;
}

/* wi_walk_take() - memory for what a member points to; *place is NULL where
 * memory is only counted. */
bool wi_walk_take(
    struct wi_walk *walk, size_t bytes, size_t align, uint8_t **place);

/* wi_walk_elements() - that many more, each of so many bytes at least. */
bool wi_walk_elements(struct wi_walk *walk, uint32_t count, uint32_t min);

/* wi_walk_value() - one number, str or bytes, to where it goes or NULL. */
bool wi_walk_value(struct wi_walk *walk, uint32_t kind, uint8_t *to);

/* wi_walk_numbers() - several of one kind, side by side. */
bool wi_walk_numbers(
    struct wi_walk *walk, uint32_t kind, uint32_t count, uint8_t *to);

/* [bytes] on the wire of a kind that has one size; of str and bytes what they
 * have at least. */
static inline uint32_t
wi_kind_wire(uint32_t kind)
{
	static const uint8_t wire[16] = { 0, 1, 2, 2, 4, 4, 8, 8, 8, 4, 4 };

	return wire[kind];
}

/* [bytes] in memory of an element. */
static inline uint32_t
wi_kind_size(uint32_t kind)
{
	if (kind == WEFT_MEMBER_str)
		return sizeof(const char *);
	if (kind == WEFT_MEMBER_bytes)
		return sizeof(struct weft_bytes);
	return wi_kind_wire(kind);
}

/* What a list or an array is in its struct. */
struct wi_list {
	const void *at;
	uint32_t len;
};

#endif
