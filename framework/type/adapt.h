/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/adapt.h - values of another version of a type.
 *
 * thread: any.
 */
#ifndef WI_ADAPT_H
#define WI_ADAPT_H

#include "type/format.h"

/* wi_adapt_members() - as wi_walk_members(), from an image whose format (a
 * checked one) is another, to the end of it. */
bool wi_adapt_members(struct wi_walk *walk, struct wi_format format,
    const struct weft_type *type, uint8_t *to);

#endif
