/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/check.h - types that come with a plugin.
 *
 * thread: any.
 */
#ifndef WI_CHECK_H
#define WI_CHECK_H

#include <weft/error.h>
#include <weft/type.h>

/*
 * wi_type_check() - is that what WEFT_TYPE() makes, for this library?
 *
 *   err      out      names the type and its member, what was expected and
 *                     what was found; may be NULL.
 *   returns           WEFT_OK or WEFT_EABI.
 */
int wi_type_check(const struct weft_type *type, struct weft_error *err);

/*
 * wi_types_check() - what a plugin receives: each by itself, no two of a name,
 * and a bare one alone.
 *
 *   on       in       to WEFT_ON_END.
 *   n        out      how many.
 *   returns           WEFT_OK or WEFT_EABI.
 */
int wi_types_check(
    const struct weft_on *on, size_t *n, struct weft_error *err);

#endif
