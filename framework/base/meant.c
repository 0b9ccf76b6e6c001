/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/meant.c - which of the known words was meant.
 *
 * thread: any (pure).
 */
#include "base/meant.h"

#include <string.h>

#define MEANT_NEAR 2 /* edits that make a slip of the pen */

/* Edits from one word to the other (Levenshtein). */
static unsigned
meant_distance(const char *a, const char *b)
{
	unsigned row[WI_MEANT_MAX + 1], i, j, diagonal, above, least;
	size_t len = strlen(b);

	if (strlen(a) > WI_MEANT_MAX || len > WI_MEANT_MAX)
		return WI_MEANT_MAX;
	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= len; j++) {
			above = row[j];
			least = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < least)
				least = above + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
			diagonal = above;
		}
	}
	return row[len];
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
