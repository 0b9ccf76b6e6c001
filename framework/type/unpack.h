/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/unpack.h - an image, and which of several types it is a value of.
 *
 * thread: any.
 */
#ifndef WI_UNPACK_H
#define WI_UNPACK_H

#include "type/walk.h"

/* An image that is a value of a type, as far as its head says.  owned by: the
 * caller, on its stack. */
struct wi_unpack {
	struct wi_image image;
	const struct weft_on *on; /* whose type it is */
	const uint8_t *data;      /* behind the name */
	bool exact;               /* its format is the type's own */
};

/*
 * wi_unpack_find() - judge a head, and find the type.
 *
 *   on, n    in       the types that are expected; a bare one is alone.
 *   why      out      on WEFT_EMALFORMED: fault, offset, type, msg.
 *   returns           WEFT_OK or WEFT_EMALFORMED.
 */
int wi_unpack_find(struct weft_bytes msg, const struct weft_on *on, size_t n,
    struct wi_unpack *unpack, struct weft_malformed *why);

/*
 * wi_unpack_value() - check the rest, and make the value.
 *
 *   value    out      a struct of the type; NULL: only check and count.
 *   memory   out      as weft_unpack(); NULL if value is.
 *   need     out      [bytes] of memory that were or would be used; with
 *                     WEFT_EFULL nothing.
 *   returns           WEFT_OK, WEFT_EMALFORMED or WEFT_EFULL.
 */
int wi_unpack_value(const struct wi_unpack *unpack, void *value, void *memory,
    size_t size, size_t *need, struct weft_malformed *why);

#endif
