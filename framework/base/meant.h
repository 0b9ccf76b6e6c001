/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/meant.h - which of the known words was meant by one that is not known.
 *
 * thread: any (pure).
 */
#ifndef WI_MEANT_H
#define WI_MEANT_H

#include <stddef.h>

#define WI_MEANT_MAX 32 /* [bytes] longer words are like no other */

struct wi_meant {
	const char *word;  /* what was written */
	const char *best;  /* of those that were tried; NULL: none is near */
	unsigned distance; /* from word to it, in edits */
};

/* wi_meant_begin() - no word was tried yet. */
void wi_meant_begin(struct wi_meant *meant, const char *word);

/* wi_meant_try() - a known word.  Near is one that is at most two edits away
 * (two letters that have changed places are one), and less of them than half
 * of what was written.
 *
 *   known    in       must stay as long as best is looked at.
 */
void wi_meant_try(struct wi_meant *meant, const char *known);

#endif
