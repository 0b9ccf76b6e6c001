/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/inflate.h - messages that were made smaller, as they were (RFC 7692,
 * section 7.2.2).
 *
 * thread: its owner.
 */
#ifndef WI_INFLATE_H
#define WI_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/endpoint.h>

#include "base/arena.h"

#define WI_INFLATE_BITS 15u /* the widest window that a peer may have */

/* What is remembered of the messages before: 7 KiB, and a window of 2 to the
 * power of its bits from the first of them on. */
struct wi_inflater;

/* wi_inflater_new() - for a window of 2 to the power of bits, 8 to 15; NULL:
 * no memory.
 * wi_inflater_free() - *inflaterp becomes NULL; it may be. */
struct wi_inflater *wi_inflater_new(unsigned bits);
void wi_inflater_free(struct wi_inflater **inflaterp);

/* wi_inflate_wire_max() - [bytes] that a message of at most max may have when
 * it was "made smaller", where it could not be. */
static inline size_t
wi_inflate_wire_max(size_t max)
{
	return max + max / 8 + 64;
}

/*
 * wi_inflate() - a message as it was.
 *
 *   goes_on  in       it may refer to the messages before it.
 *   msg      in,out   what came; on WEFT_OK what it was, in the arena.
 *   max      in       [bytes] it may have been; no more than that, and one
 *                     byte, is ever written.
 *   why      out      on an error but -ENOMEM: what was expected and found.
 *   returns           WEFT_OK, or an error below: then, with goes_on, what
 *                     comes next cannot be understood.
 *   errors            WEFT_ETOOBIG     it is longer than max.
 *                     WEFT_EMALFORMED  it is not RFC 1951, or ends within a
 *                                      block.
 *                     -ENOMEM
 *   owner             the arena, until it is released; also on an error.
 */
int wi_inflate(struct wi_inflater *inflater, bool goes_on,
    struct weft_bytes *msg, size_t max, struct wi_arena *arena,
    const char **why);

#endif
