/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_image.c - what a hostile client can do to the walk over an
 * image of a type that nobody knows.
 *
 * Checked besides what the sanitizers see: it is taken or not, and ends, where
 * a naive reader says, which is written for this: it knows a format by its
 * brackets alone, counts the '#' before each array to find its length, and
 * reads each value that is there one by one.
 */
#include "fuzz_image.h"

/* ---- formats, from left to right; open has the letters of what is open */

/* A letter that has a group behind it. */
static enum weft_fault
naive_open(const char *letter, char *open)
{
	size_t depth = strlen(open);

	if (letter[1] != '(')
		return WEFT_FAULT_FORMAT;
	if (depth == 8)
		return WEFT_FAULT_DEPTH;
	open[depth] = *letter;
	open[depth + 1] = '\0';
	return WEFT_FAULT_NONE;
}

static enum weft_fault
naive_format(const char *format, size_t *at)
{
	enum weft_fault fault;
	bool counts = false; /* what is before may have a '#' behind it */
	char open[16] = "";
	unsigned hashes = 0;

	for (*at = 0; format[*at] != '\0'; ++*at) {
		const char *f = format + *at;
		char group = open[0] != '\0' ? open[strlen(open) - 1] : '\0';
		bool in_struct = group == 'S' || group == '$';

		hashes = *f == '#' ? hashes + 1 : 0;
		if (*f == '#' && counts && hashes <= 4)
			continue;
		counts = strchr("cjviuIUfs", *f) != NULL;
		if (counts || (*f == 'B' && !in_struct))
			continue;
		if (*f == ')' && group != '\0' && f[-1] != '(') {
			counts = in_struct;
			open[strlen(open) - 1] = '\0';
			continue;
		}
		if (strchr(in_struct ? "$" : "AS", *f) == NULL)
			return WEFT_FAULT_FORMAT;
		++*at; /* a fault is behind the letter */
		fault = naive_open(f, open);
		if (fault != WEFT_FAULT_NONE)
			return fault;
	}
	return *at == 0 || open[0] != '\0' ? WEFT_FAULT_FORMAT :
					     WEFT_FAULT_NONE;
}

/* ---- data */

struct naive {
	const uint8_t *data;
	size_t len;
	size_t at;
	const char *format;
	size_t dims; /* where the lengths of arrays begin */
};

static bool naive_items(struct naive *naive, size_t from, size_t to);

/* A number of 32 bits as the sum that it is; false: it is not there. */
static bool
naive_u32(const struct naive *naive, size_t at, uint64_t *number)
{
	static const uint64_t weights[] = { 1, 256, 65536, 16777216 };
	size_t i;

	*number = 0;
	for (i = 0; i < 4 && at + i < naive->len; i++)
		*number += naive->data[at + i] *
		    weights[naive->data[3] % 2 == 1 ? 3 - i : i];
	return i == 4;
}

/* Behind an item's letter and what is in its brackets. */
static size_t
naive_behind(const char *format, size_t at)
{
	int open = 0;

	if (format[++at] != '(')
		return at;
	do {
		if (format[at] == '(')
			open++;
		if (format[at] == ')')
			open--;
		at++;
	} while (open > 0);
	return at;
}

/* How often an item is there: the lengths that its '#' have, multiplied; no
 * more than there could be. */
static uint64_t
naive_times(const struct naive *naive, size_t at)
{
	uint64_t times = 1, one;
	size_t i, nth = 0;

	for (i = 0; i < at; i++)
		if (naive->format[i] == '#')
			nth++;
	for (; naive->format[i] == '#'; i++, nth++) {
		CHECK(naive_u32(naive, naive->dims + 4 * nth, &one));
		times *= one;
		if (times > naive->len)
			times = naive->len + 1;
	}
	return times;
}

static bool
naive_item(struct naive *naive, size_t at)
{
	const char letter = naive->format[at];
	size_t behind = naive_behind(naive->format, at);
	uint64_t bytes = 0;

	if (letter == '$' || letter == 'S')
		return naive_items(naive, at + 2, behind - 1);
	if (strchr("AsB", letter) != NULL) {
		if (!naive_u32(naive, naive->at, &bytes))
			return false;
		naive->at += 4;
	}
	if (letter == 'A') {
		for (; bytes > 0; bytes--)
			if (!naive_items(naive, at + 2, behind - 1))
				return false;
		return true;
	}
	if (letter == 's' && bytes > 0)
		bytes--;
	bytes += letter == 'c';
	bytes += strchr("jv", letter) != NULL ? 2 : 0;
	bytes += strchr("iu", letter) != NULL ? 4 : 0;
	bytes += strchr("IUf", letter) != NULL ? 8 : 0;
	if (bytes > naive->len - naive->at)
		return false;
	naive->at += (size_t)bytes;
	return true;
}

/* Those of a part of the format. */
static bool
naive_items(struct naive *naive, size_t from, size_t to)
{
	uint64_t times;
	size_t behind;

	for (; from < to; from = behind) {
		behind = naive_behind(naive->format, from);
		times = naive_times(naive, behind);
		while (naive->format[behind] == '#')
			behind++;
		for (; times > 0; times--)
			if (!naive_item(naive, from))
				return false;
	}
	return true;
}

/* ---- an image */

/* Head and format; false: there is none. */
static bool
naive_head(struct naive *naive)
{
	uint64_t len;
	size_t end;

	if (naive->len < 9 || memcmp(naive->data, "tpl", 3) != 0 ||
	    naive->data[3] > 3)
		return false;
	if (!naive_u32(naive, 4, &len) || len != naive->len)
		return false;
	for (end = 8; end < naive->len && naive->data[end] != 0; end++)
		;
	naive->format = (const char *)naive->data + 8;
	naive->dims = end + 1;
	return end < naive->len && end - 8 <= 1023;
}

/* NONE, or one fault of several that are like it: SHORT, also for COUNT. */
static enum weft_fault
naive_image(struct naive *naive, size_t *at)
{
	enum weft_fault fault = naive_format(naive->format, at);
	uint64_t length;
	size_t i;

	*at += 8;
	if (fault != WEFT_FAULT_NONE)
		return fault;
	if (naive->data[3] < 2 && strchr(naive->format, 's') != NULL)
		return WEFT_FAULT_OLD_STRINGS;
	naive->at = naive->dims;
	for (i = 0; naive->format[i] != '\0'; i++) {
		if (naive->format[i] != '#')
			continue;
		if (!naive_u32(naive, naive->at, &length))
			return WEFT_FAULT_SHORT;
		naive->at += 4;
	}
	for (i = naive->dims; i < naive->at; i += 4)
		if (naive_u32(naive, i, &length) && length == 0)
			return WEFT_FAULT_DIMS;
	if (!naive_items(naive, 0, strlen(naive->format)))
		return WEFT_FAULT_SHORT;
	return naive->at == naive->len ? WEFT_FAULT_NONE : WEFT_FAULT_LONG;
}

size_t
LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return fuzz_mutate_image(data, size, max_size, seed, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct naive naive = { .data = data, .len = size };
	enum weft_fault fault, expected;
	uint32_t offset;
	size_t at = 0;

	fault = generic_walk((struct weft_bytes){ data, size }, &offset);
	CHECK(offset <= size || fault == WEFT_FAULT_LENGTH);
	if (!naive_head(&naive)) {
		CHECK(fault == WEFT_FAULT_MAGIC || fault == WEFT_FAULT_FLAGS ||
		    fault == WEFT_FAULT_LENGTH ||
		    (fault == WEFT_FAULT_FORMAT && offset == 8));
		return 0;
	}
	expected = naive_image(&naive, &at);
	if (fault == WEFT_FAULT_COUNT)
		fault = WEFT_FAULT_SHORT;
	CHECK(fault == expected);
	if (fault == WEFT_FAULT_FORMAT || fault == WEFT_FAULT_DEPTH)
		CHECK(offset == at);
	if (fault == WEFT_FAULT_NONE || fault == WEFT_FAULT_LONG)
		CHECK(offset == naive.at);
	return 0;
}
