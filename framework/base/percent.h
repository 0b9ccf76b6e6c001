/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/percent.h - %41 and such, in URLs and in options of plugins.
 *
 * thread: any (pure).
 */
#ifndef WI_PERCENT_H
#define WI_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * wi_percent_decode() - each %XX becomes its byte.
 *
 *   from     in       len bytes.
 *   out      out      ended by NUL; may be from, if there is room for the NUL.
 *   size     in       [bytes] of out, at least 1.
 *   returns           false: not two hexadecimal digits behind a "%", a NUL,
 *                     or too long.
 */
bool wi_percent_decode(const char *from, size_t len, char *out, size_t size);

/*
 * wi_percent_encode() - all but letters, digits and -._~/:,@ becomes %XX.
 *
 *   out      out      ended by NUL; has room for three times the text's bytes,
 *                     and one.
 *   returns           where the NUL is.
 */
char *wi_percent_encode(const char *text, char *out);

#endif
