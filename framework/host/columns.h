/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/columns.h - texts for people: aligned columns, and numbers with their
 * units.
 *
 * thread: main.
 */
#ifndef WI_COLUMNS_H
#define WI_COLUMNS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WI_COLUMNS_MAX 14u
#define WI_UNIT_TEXT 32u /* [bytes] that the texts below need at most */

/* owned by: who prints. */
struct wi_columns {
	const char *align; /* per column 'l' or 'r' */
	char **cells;      /* row after row */
	size_t ncells;
	size_t room;
};

/* wi_columns_row() - one more row: as many texts as align has letters; they
 * are copied.  Without memory rows are left out. */
void wi_columns_row(struct wi_columns *columns, ...);

/* wi_columns_print() - all rows, each behind two blanks; then they are gone.
 */
void wi_columns_print(struct wi_columns *columns, FILE *out);

/* wi_text_bytes() - "512 B", "1.5 MiB".  wi_text_ms() - "12 ms", "3.4 s",
 * "2 h 3 m".  wi_text_count() - "1234567".  wi_text_rate() - "12/s", "-" for
 * 0.  Each returns room. */
char *wi_text_bytes(char room[WI_UNIT_TEXT], double bytes);
char *wi_text_ms(char room[WI_UNIT_TEXT], uint64_t ms);
char *wi_text_count(char room[WI_UNIT_TEXT], uint64_t count);
char *wi_text_rate(char room[WI_UNIT_TEXT], double per_second);

#endif
