/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/build_id.h - the name that the link editor gave a file: its
 * .note.gnu.build-id.  Pure.
 *
 * thread: any.
 */
#ifndef WI_BUILD_ID_H
#define WI_BUILD_ID_H

#include <stddef.h>
#include <stdint.h>

#define WI_BUILD_ID_TEXT 65 /* [bytes] of the longest, in hex, with its NUL */

/*
 * wi_build_id() - of an ELF file of this machine's word size and byte order.
 *
 *   bytes    in       the file; any bytes.
 *   len      in       [bytes]
 *   out      out      in hex; "" if it has none, or is no such file.
 *   returns           the length of out.
 */
size_t wi_build_id(
    const uint8_t *bytes, size_t len, char out[WI_BUILD_ID_TEXT]);

#endif
