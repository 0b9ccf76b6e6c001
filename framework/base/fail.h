/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fail.h - fill a struct weft_error.
 *
 * thread: any.
 */
#ifndef WI_FAIL_H
#define WI_FAIL_H

#include <stdarg.h>
#include <stddef.h>

#include <weft/error.h>

/*
 * wi_fail() - write code and a formatted line into *err.
 *
 *   err      out      may be NULL.
 *   code     in       a negative code.
 *   format   in       as printf; its arguments may be texts of *err itself, so
 *                     that a caller can put its own words around them.
 *   returns           code, so that the caller can return it.
 */
int wi_fail(struct weft_error *err, int code, const char *format, ...)
    WEFT_PRINTF(3, 4);

/* wi_fail_clear() - WEFT_OK and an empty text. */
void wi_fail_clear(struct weft_error *err);

/*
 * wi_line_format() - format what is to be one line, whatever is in it.
 *
 * Control bytes (a newline in a file name, an escape code from a client) come
 * out as '?'.  What does not fit is cut, and "..." at the end says so.
 *
 *   out      out      the line, always ended by NUL.
 *   size     in       [bytes] of out, at least 4.
 *   returns           length of the line.
 */
size_t wi_line_format(char *out, size_t size, const char *format, va_list args)
    WEFT_PRINTF(3, 0);

#endif
