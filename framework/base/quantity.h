/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/quantity.h - numbers as people write them: 4096, 64k, 1M, 500ms, 30s.
 *
 * thread: any (pure).
 */
#ifndef WI_QUANTITY_H
#define WI_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wi_quantity {
	WI_QUANTITY_COUNT, /* digits alone */
	WI_QUANTITY_BYTES, /* and k, M or G behind them: powers of 1024 */
	WI_QUANTITY_TIME,  /* [ms] "ms", "s", "m" or "h" behind them; a number
	                      alone is of seconds */
};

/*
 * wi_quantity_read() - digits and perhaps a unit, and nothing besides.
 *
 *   out      out      untouched if it is none.
 *   returns           false: it is something else, or more than 64 bits.
 */
bool wi_quantity_read(
    enum wi_quantity quantity, const char *text, uint64_t *out);

/*
 * wi_quantity_text() - as short as it can be written: 65536 as "64k", 90000
 * as "90s".
 *
 *   returns           out, cut at size.
 */
const char *wi_quantity_text(
    enum wi_quantity quantity, uint64_t number, char *out, size_t size);

#endif
