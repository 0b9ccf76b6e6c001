/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/meant.c - which of the known words was meant.
 *
 * thread: any (pure).
 */
#include "base/meant.h"

#include <string.h>

#define MEANT_NEAR 2 /* edits that make a slip of the pen */

static unsigned
meant_least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits from one word to the other: a letter more, less or another, or two
 * that have changed places (Damerau and Levenshtein). */
static unsigned
meant_distance(const char *a, const char *b)
{
	unsigned rows[3][WI_MEANT_MAX + 1], *now = rows[0], *before = rows[1];
	unsigned *older = rows[2], *spare;
	const size_t len = strlen(b);
	size_t i, j;

	if (strlen(a) > WI_MEANT_MAX || len > WI_MEANT_MAX)
		return WI_MEANT_MAX;
	for (j = 0; j <= len; j++)
		now[j] = (unsigned)j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		spare = older;
		older = before;
		before = now;
		now = spare;
		now[0] = (unsigned)i;
		for (j = 1; j <= len; j++) {
			now[j] = meant_least(before[j], now[j - 1]) + 1;
			now[j] = meant_least(
			    now[j], before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = meant_least(now[j], older[j - 2] + 1);
		}
	}
	return now[len];
}

void
wi_meant_begin(struct wi_meant *meant, const char *word)
{
	meant->word = word;
	meant->best = NULL;
	meant->distance = MEANT_NEAR + 1;
}

/* Of a short name a slip leaves more than half. */
void
wi_meant_try(struct wi_meant *meant, const char *known)
{
	unsigned distance = meant_distance(meant->word, known);

	if (distance < meant->distance &&
	    2 * (size_t)distance < strlen(meant->word)) {
		meant->distance = distance;
		meant->best = known;
	}
}
