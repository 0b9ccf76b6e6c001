/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/columns - texts for people: aligned columns, and numbers with their
 * units.
 *
 * thread: main.
 */
#include "host/columns.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int
columns_room(struct wi_columns *columns, size_t more)
{
	char **grown;

	if (columns->ncells + more <= columns->room)
		return 0;
	grown = realloc(columns->cells,
	    (2 * columns->room + 64) * sizeof(*columns->cells));
	if (grown == NULL)
		return -1;
	columns->cells = grown;
	columns->room = 2 * columns->room + 64;
	return 0;
}

void
wi_columns_row(struct wi_columns *columns, ...)
{
	size_t i, n = strlen(columns->align);
	va_list args;

	if (columns_room(columns, n) < 0)
		return;
	va_start(args, columns);
	for (i = 0; i < n; i++)
		columns->cells[columns->ncells + i] =
		    strdup(va_arg(args, const char *));
	va_end(args);
	columns->ncells += n;
}

/* As a terminal shows it: a character is one wide. */
static int
columns_width(const char *cell)
{
	int width = 0;

	for (; cell != NULL && *cell != '\0'; cell++)
		width += ((unsigned char)*cell & 0xc0u) != 0x80u;
	return width;
}

/* blanks: that are due before the next text, so that none end a line. */
static void
columns_cell(const struct wi_columns *columns, size_t i, int width,
    int *blanks, FILE *out)
{
	const char *cell = columns->cells[i] == NULL ? "" : columns->cells[i];
	size_t n = strlen(columns->align), at = i % n;
	int pad = width - columns_width(cell);
	bool right = columns->align[at] == 'r';

	*blanks += 2 + (right ? pad : 0);
	if (*cell != '\0') {
		(void)fprintf(out, "%*s%s", *blanks, "", cell);
		*blanks = 0;
	}
	*blanks += right ? 0 : pad;
	if (at + 1 == n) {
		(void)fputc('\n', out);
		*blanks = 0;
	}
}

void
wi_columns_print(struct wi_columns *columns, FILE *out)
{
	int widths[WI_COLUMNS_MAX] = { 0 }, blanks = 0;
	size_t i, n = strlen(columns->align);

	for (i = 0; i < columns->ncells; i++)
		if (columns_width(columns->cells[i]) > widths[i % n])
			widths[i % n] = columns_width(columns->cells[i]);
	for (i = 0; i < columns->ncells; i++) {
		columns_cell(columns, i, widths[i % n], &blanks, out);
		free(columns->cells[i]);
	}
	free(columns->cells);
	columns->cells = NULL;
	columns->ncells = columns->room = 0;
}

/* ---- units */

char *
wi_text_bytes(char room[WI_UNIT_TEXT], double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB" };
	unsigned i = 0;

	while (bytes >= 1024 && i + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		i++;
	}
	(void)snprintf(room, WI_UNIT_TEXT,
	    i == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, units[i]);
	return room;
}

char *
wi_text_ms(char room[WI_UNIT_TEXT], uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (ms < 1000)
		(void)snprintf(room, WI_UNIT_TEXT, "%" PRIu64 " ms", ms);
	else if (s < 60)
		(void)snprintf(
		    room, WI_UNIT_TEXT, "%.1f s", (double)(ms / 100) / 10);
	else if (s < 3600)
		(void)snprintf(room, WI_UNIT_TEXT,
		    "%" PRIu64 " m %" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(room, WI_UNIT_TEXT,
		    "%" PRIu64 " h %" PRIu64 " m", s / 3600, s / 60 % 60);
	else
		(void)snprintf(room, WI_UNIT_TEXT,
		    "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
	return room;
}

char *
wi_text_count(char room[WI_UNIT_TEXT], uint64_t count)
{
	(void)snprintf(room, WI_UNIT_TEXT, "%" PRIu64, count);
	return room;
}

char *
wi_text_rate(char room[WI_UNIT_TEXT], double per_second)
{
	(void)snprintf(room, WI_UNIT_TEXT,
	    per_second <= 0     ? "-" :
		per_second < 10 ? "%.1f/s" :
				  "%.0f/s",
	    per_second);
	return room;
}
