/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fail.h - fill a struct weft_error.
 *
 * thread: any.
 */
#ifndef WI_FAIL_H
#define WI_FAIL_H

#include <weft/error.h>

/*
 * wi_fail() - write code and a formatted line into *err.
 *
 *   err      out      may be NULL.
 *   code     in       a negative code.
 *   returns           code, so that the caller can return it.
 */
int wi_fail(struct weft_error *err, int code, const char *format, ...)
    WEFT_PRINTF(3, 4);

/* wi_fail_clear() - WEFT_OK and an empty text. */
void wi_fail_clear(struct weft_error *err);

#endif
