/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/format - formats that come from outside: checked, and what they say of
 * bytes that nobody wants is passed by.
 *
 * thread: any.
 *
 * work_note: who writes the format says how much work it is to follow it.  So
 * groups nest WI_FORMAT_DEPTH deep at most, a letter has WI_FORMAT_HASHES
 * lengths at most, no length is 0, and a group is passed by in one step
 * however long it is (a list that is empty is 4 bytes): then a few steps use
 * up a byte, and what an image costs is bounded by its length.
 */
#include "type/format.h"

#include <string.h>

static enum weft_fault check_items(
    const char **at, uint32_t *ndims, uint32_t depth, bool in_struct);

uint32_t
wi_format_kind(char letter)
{
	switch (letter) {
	case 'c':
		return WEFT_MEMBER_u8;
	case 'j':
		return WEFT_MEMBER_i16;
	case 'v':
		return WEFT_MEMBER_u16;
	case 'i':
		return WEFT_MEMBER_i32;
	case 'u':
		return WEFT_MEMBER_u32;
	case 'I':
		return WEFT_MEMBER_i64;
	case 'U':
		return WEFT_MEMBER_u64;
	case 'f':
		return WEFT_MEMBER_f64;
	case 's':
		return WEFT_MEMBER_str;
	case 'B':
		return WEFT_MEMBER_bytes;
	default:
		return WEFT_MEMBER_none;
	}
}

/* ---- check */

static enum weft_fault
check_hashes(const char **at, uint32_t *ndims)
{
	uint32_t n;

	for (n = 0; **at == '#'; n++) {
		if (n == WI_FORMAT_HASHES)
			return WEFT_FAULT_FORMAT;
		(*at)++;
	}
	*ndims += n;
	return WEFT_FAULT_NONE;
}

/* Behind its letter: "(items)". */
static enum weft_fault
check_group(const char **at, uint32_t *ndims, uint32_t depth, bool in_struct)
{
	enum weft_fault fault;

	if (**at != '(')
		return WEFT_FAULT_FORMAT;
	if (depth == WI_FORMAT_DEPTH)
		return WEFT_FAULT_DEPTH;
	(*at)++;
	fault = check_items(at, ndims, depth + 1, in_struct);
	if (fault != WEFT_FAULT_NONE)
		return fault;
	if (**at != ')')
		return WEFT_FAULT_FORMAT;
	(*at)++;
	return WEFT_FAULT_NONE;
}

static enum weft_fault
check_item(const char **at, uint32_t *ndims, uint32_t depth, bool in_struct)
{
	char letter = **at;
	enum weft_fault fault;

	if (letter == '\0' || letter == ')')
		return WEFT_FAULT_FORMAT;
	(*at)++;
	if (letter == 'B' && !in_struct)
		return WEFT_FAULT_NONE;
	if (letter != 'B' && wi_format_kind(letter) != WEFT_MEMBER_none)
		return check_hashes(at, ndims);
	if (letter == 'A' && !in_struct)
		return check_group(at, ndims, depth, false);
	if (letter == (in_struct ? '$' : 'S')) {
		fault = check_group(at, ndims, depth, true);
		return fault != WEFT_FAULT_NONE ? fault :
						  check_hashes(at, ndims);
	}
	(*at)--;
	return WEFT_FAULT_FORMAT;
}

/* At least one. */
static enum weft_fault
check_items(const char **at, uint32_t *ndims, uint32_t depth, bool in_struct)
{
	enum weft_fault fault;

	do {
		fault = check_item(at, ndims, depth, in_struct);
		if (fault != WEFT_FAULT_NONE)
			return fault;
	} while (**at != '\0' && **at != ')');
	return WEFT_FAULT_NONE;
}

enum weft_fault
wi_format_check(const char *text, uint32_t *ndims, uint32_t *offset)
{
	const char *at = text;
	enum weft_fault fault;

	*ndims = 0;
	fault = check_items(&at, ndims, 0, false);
	if (fault == WEFT_FAULT_NONE && *at != '\0')
		fault = WEFT_FAULT_FORMAT;
	*offset = WI_IMAGE_HEAD + (uint32_t)(at - text);
	return fault;
}

/* ---- skip */

static bool
format_is_group(char letter)
{
	return letter == 'A' || letter == 'S' || letter == '$';
}

struct wi_format
wi_format_begin(const struct wi_image *image, struct wi_format_groups *groups)
{
	struct {
		size_t letter;
		uint16_t hashes;
	} open[WI_FORMAT_DEPTH];
	uint16_t hashes = 0;
	uint32_t depth = 0;
	size_t i;

	groups->text = image->format;
	for (i = 0; i < image->format_len; i++)
		if (image->format[i] == '#') {
			hashes++;
		} else if (image->format[i] == '(') {
			open[depth].letter = i - 1;
			open[depth++].hashes = hashes;
		} else if (image->format[i] == ')') {
			depth--;
			groups->end[open[depth].letter] = (uint16_t)(i + 1);
			groups->hashes[open[depth].letter] =
			    (uint16_t)(hashes - open[depth].hashes);
		}
	return (struct wi_format){ image->format, image->dims, groups };
}

/* Behind the ')' of a group, or behind a letter; before the '#'. */
static void
format_pass_item(struct wi_format *format)
{
	const struct wi_format_groups *groups = format->groups;
	size_t letter = (size_t)(format->at - groups->text);

	if (!format_is_group(*format->at)) {
		format->at++;
		return;
	}
	format->at = groups->text + groups->end[letter];
	format->dims += 4 * groups->hashes[letter];
}

void
wi_format_pass(struct wi_format *format)
{
	format_pass_item(format);
	for (; *format->at == '#'; format->at++)
		format->dims += 4;
}

/* The product of the lengths behind an item; false: more than could be. */
static bool
format_times(
    const struct wi_format *format, struct wi_walk *walk, uint64_t *times)
{
	struct wi_format at = *format;

	for (*times = 1; *at.at == '#'; at.at++) {
		*times *= wi_image_u32(at.dims, walk->swap);
		at.dims += 4;
		if (*times > wi_walk_left(walk))
			return wi_walk_fault(walk, WEFT_FAULT_SHORT);
	}
	return true;
}

/* One value of a letter. */
static bool
skip_value(struct wi_walk *walk, uint32_t kind)
{
	uint32_t len;

	if (kind != WEFT_MEMBER_str && kind != WEFT_MEMBER_bytes)
		return wi_walk_numbers(walk, kind, 1, NULL);
	if (!wi_walk_u32(walk, &len))
		return false;
	if (kind == WEFT_MEMBER_str && len > 0)
		len--;
	if (len > wi_walk_left(walk))
		return wi_walk_fault(walk, WEFT_FAULT_SHORT);
	walk->at += len;
	return true;
}

/* A group, behind its '(': so many times.  Leaves format at its ')'. */
static bool
skip_group(struct wi_format *format, struct wi_walk *walk, uint64_t times)
{
	const struct wi_format begin = *format;

	for (; times > 0; times--) {
		*format = begin;
		if (!wi_format_skip_rest(format, walk))
			return false;
	}
	return true;
}

static bool
skip_grouped(struct wi_format *format, struct wi_walk *walk)
{
	struct wi_format behind = *format, inside = *format;
	uint32_t count;
	uint64_t times;

	wi_format_pass(&behind);
	inside.at += 2;
	if (*format->at == 'A') {
		if (!wi_walk_u32(walk, &count))
			return false;
		times = count;
		if (times > wi_walk_left(walk))
			return wi_walk_fault(walk, WEFT_FAULT_COUNT);
	} else {
		/* Its own lengths stand behind those of what is in it. */
		struct wi_format hashes = *format;

		format_pass_item(&hashes);
		if (!format_times(&hashes, walk, &times))
			return false;
	}
	*format = behind;
	return skip_group(&inside, walk, times);
}

bool
wi_format_skip(struct wi_format *format, struct wi_walk *walk)
{
	uint32_t kind = wi_format_kind(*format->at);
	struct wi_format hashes = *format;
	uint64_t times;

	if (format_is_group(*format->at))
		return skip_grouped(format, walk);
	format_pass_item(&hashes);
	if (!format_times(&hashes, walk, &times))
		return false;
	wi_format_pass(format);
	for (; times > 0; times--)
		if (!skip_value(walk, kind))
			return false;
	return true;
}

bool
wi_format_skip_rest(struct wi_format *format, struct wi_walk *walk)
{
	while (!wi_format_ends(format))
		if (!wi_format_skip(format, walk))
			return false;
	return true;
}
