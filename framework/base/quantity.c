/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/quantity.c - numbers as people write them.
 *
 * thread: any (pure).
 */
#include "base/quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct quantity_unit {
	const char *name;
	uint64_t factor;
};

/* The first of a size is the one that is written; largest first. */
static const struct quantity_unit quantity_units[][9] = {
	[WI_QUANTITY_COUNT] = { { "", 1 }, { NULL, 0 } },
	[WI_QUANTITY_BYTES] = { { "G", 1u << 30 }, { "g", 1u << 30 },
	    { "M", 1u << 20 }, { "m", 1u << 20 }, { "k", 1u << 10 },
	    { "K", 1u << 10 }, { "", 1 }, { NULL, 0 } },
	[WI_QUANTITY_TIME] = { { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
	    { "", 1000 }, { "ms", 1 }, { NULL, 0 } },
};

bool
wi_quantity_read(enum wi_quantity quantity, const char *text, uint64_t *out)
{
	const struct quantity_unit *unit = quantity_units[quantity];
	uint64_t number = 0;
	unsigned digit;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		digit = (unsigned)(*text - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	for (; unit->name != NULL; unit++)
		if (strcmp(text, unit->name) == 0 &&
		    number <= UINT64_MAX / unit->factor) {
			*out = number * unit->factor;
			return true;
		}
	return false;
}

const char *
wi_quantity_text(
    enum wi_quantity quantity, uint64_t number, char *out, size_t size)
{
	const struct quantity_unit *unit = quantity_units[quantity];

	while (number == 0 ? unit->factor != 1 : number % unit->factor != 0)
		unit++;
	(void)snprintf(out, size, "%" PRIu64 "%s", number / unit->factor,
	    number == 0 ? "" : unit->name);
	return out;
}
