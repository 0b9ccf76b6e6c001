/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/format.h - formats of tpl that come from outside.
 *
 *	items   one or more of:
 *	LETTER  c j v i u I U f s, each with up to 4 '#' behind it
 *	B
 *	A(items)
 *	S(items) with up to 4 '#' behind it; in it $(items), and neither A nor
 *	B nor S
 *
 * thread: any.
 */
#ifndef WI_FORMAT_H
#define WI_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "type/walk.h"

#define WI_FORMAT_DEPTH 8u /* of groups in each other */
#define WI_FORMAT_HASHES 4u

/* Where the groups of a format end, by where their letter stands; of all other
 * places nothing is known.  owned by: who follows the format, on its stack. */
struct wi_format_groups {
	const char *text;
	uint16_t end[WI_IMAGE_FORMAT_MAX + 1];    /* behind the ')' */
	uint16_t hashes[WI_IMAGE_FORMAT_MAX + 1]; /* '#' in the group */
};

/* A place in a format, and the lengths of arrays from there on. */
struct wi_format {
	const char *at;
	const uint8_t *dims;
	const struct wi_format_groups *groups;
};

/*
 * wi_format_check() - is that a format?
 *
 *   text     in       ended by NUL.
 *   ndims    out      how many '#'.
 *   offset   out      [bytes] where the fault is.
 *   returns           NONE, FORMAT or DEPTH.
 */
enum weft_fault wi_format_check(
    const char *text, uint32_t *ndims, uint32_t *offset);

/* wi_format_begin() - the first item of an image whose format is a checked
 * one.  groups: to be there as long as the format is followed. */
struct wi_format wi_format_begin(
    const struct wi_image *image, struct wi_format_groups *groups);

/* wi_format_ends() - the end of the group, or of all. */
static inline bool
wi_format_ends(const struct wi_format *format)
{
	return *format->at == ')' || *format->at == '\0';
}

/* wi_format_pass() - behind the next item, in the format alone. */
void wi_format_pass(struct wi_format *format);

/* wi_format_skip() - the next item, and its bytes.  The format is a checked
 * one, and no length of an array is 0. */
bool wi_format_skip(struct wi_format *format, struct wi_walk *walk);

/* wi_format_skip_rest() - the items to the end of the group, likewise. */
bool wi_format_skip_rest(struct wi_format *format, struct wi_walk *walk);

/* wi_format_kind() - of a letter of one value; NONE: it is none. */
uint32_t wi_format_kind(char letter);

#endif
