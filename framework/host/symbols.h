/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/symbols.h - functions and lines of addresses in a file, by addr2line(1)
 * of binutils, if it is installed.
 *
 * thread: main.
 */
#ifndef WI_SYMBOLS_H
#define WI_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#define WI_SYMBOL_MAX 400 /* [bytes] */

/* "crashy_null at /src/crashy.c:31"; "": not known.  Printable. */
struct wi_symbol {
	char text[WI_SYMBOL_MAX];
};

/*
 * wi_symbols_find() - of some addresses in one file.
 *
 *   file     in       a path.
 *   addresses in      as the file has them, count of them, 256 at most.
 *   symbols  out      one for each.
 *   returns           WEFT_OK; or why none is known: -ENOENT: there is no
 *                     addr2line; what the system says.
 */
int wi_symbols_find(const char *file, const uint64_t *addresses, size_t count,
    struct wi_symbol *symbols);

#endif
