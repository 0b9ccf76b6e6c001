/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_utf8.c - codec/utf8 against a reference that knows only what
 * a code point is (RFC 3629, section 3).
 */
#include "codec/utf8.h"

#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "check_random.h"

enum verdict {
	IMPOSSIBLE, /* whatever follows */
	BEGUN,      /* a sequence is not whole */
	WHOLE
};

/*
 * Byte by byte.  A first byte says how many follow; with so many missing, the
 * sequence can still become any code point of a range, and one of these must
 * be a character: not in fewer bytes (section 3, "overlong"), not a surrogate,
 * not above U+10FFFF.
 */
struct reference {
	uint32_t so_far;
	unsigned missing;
	unsigned len;
};

static int
reaches_a_character(const struct reference *reference)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t low = reference->so_far << 6 * reference->missing;
	uint32_t high = low | ((UINT32_C(1) << 6 * reference->missing) - 1);

	if (low < least[reference->len])
		low = least[reference->len];
	if (high > 0x10ffff)
		high = 0x10ffff;
	return low <= high && !(low >= 0xd800 && high <= 0xdfff);
}

static int
reference_byte(struct reference *reference, uint8_t byte)
{
	unsigned ones = 0;

	if (reference->missing > 0) {
		if (byte >> 6 != 2)
			return 0;
		reference->so_far = reference->so_far << 6 | (byte & 0x3fu);
		reference->missing--;
		return reaches_a_character(reference);
	}
	while (ones < 8 && (byte & 0x80u >> ones) != 0)
		ones++;
	if (ones == 0)
		return 1;
	if (ones == 1 || ones > 4)
		return 0;
	reference->len = ones;
	reference->missing = ones - 1;
	reference->so_far = byte & (0x7fu >> ones);
	return reaches_a_character(reference);
}

static enum verdict
by_reference(const uint8_t *at, size_t len)
{
	struct reference reference = { 0, 0, 0 };

	for (; len > 0; len--)
		if (!reference_byte(&reference, *at++))
			return IMPOSSIBLE;
	return reference.missing > 0 ? BEGUN : WHOLE;
}

/* In two pieces, each in a block of its size. */
static enum verdict
in_pieces(const uint8_t *at, size_t len, size_t split)
{
	struct wi_utf8 utf8 = { 0, 0, 0 };
	uint8_t *first = malloc(split + !split);
	uint8_t *second = malloc(len - split + !(len - split));
	enum verdict verdict = IMPOSSIBLE;

	ck_assert(first != NULL && second != NULL);
	memcpy(first, at, split);
	memcpy(second, at + split, len - split);
	if (wi_utf8_next(&utf8, first, split) &&
	    wi_utf8_next(&utf8, second, len - split))
		verdict = wi_utf8_whole(&utf8) ? WHOLE : BEGUN;
	free(first);
	free(second);
	return verdict;
}

static enum verdict
at_once(const uint8_t *at, size_t len)
{
	struct wi_utf8 utf8 = { 0, 0, 0 };

	if (!wi_utf8_next(&utf8, at, len))
		return IMPOSSIBLE;
	return wi_utf8_whole(&utf8) ? WHOLE : BEGUN;
}

/* Whole, in two pieces however split, and one byte at a time. */
static void
agrees(const uint8_t *at, size_t len)
{
	enum verdict expected = by_reference(at, len);
	struct wi_utf8 utf8 = { 0, 0, 0 };
	size_t i;

	for (i = 0; i <= len; i++)
		check_holds(in_pieces(at, len, i) == expected);
	for (i = 0; i < len && wi_utf8_next(&utf8, at + i, 1); i++)
		continue;
	check_holds((i < len) == (expected == IMPOSSIBLE));
	if (i == len)
		check_holds(wi_utf8_whole(&utf8) == (expected == WHOLE));
	else
		/* No byte later than the reference (section 4's table). */
		check_holds(by_reference(at, i) != IMPOSSIBLE &&
		    by_reference(at, i + 1) == IMPOSSIBLE);
}

START_TEST(sequences_of_one_to_three_bytes_are_judged_as_by_reference)
{
	uint8_t bytes[8] = { 0, 0, 0, 'a', 'b', 'c', 'd', 'e' };
	enum verdict expected;
	uint32_t i;

	for (i = 0; i < 1u << 8; i++) {
		bytes[0] = (uint8_t)i;
		agrees(bytes, 1);
	}
	for (i = 0; i < 1u << 16; i++) {
		bytes[0] = (uint8_t)(i >> 8);
		bytes[1] = (uint8_t)i;
		check_holds(at_once(bytes, 2) == by_reference(bytes, 2));
	}
	for (i = 0; i < 1u << 24; i++) {
		bytes[0] = (uint8_t)(i >> 16);
		bytes[1] = (uint8_t)(i >> 8);
		bytes[2] = (uint8_t)i;
		expected = by_reference(bytes, 3);
		check_holds(at_once(bytes, 3) == expected);
		/* With what follows it goes another way (fast_note). */
		check_holds(
		    (at_once(bytes, 8) == WHOLE) == (expected == WHOLE));
	}
}
END_TEST

START_TEST(first_and_last_characters_of_each_length_are_text)
{
	static const char *const texts[] = { "\x7f", "\xc2\x80", "\xdf\xbf",
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(texts); i++) {
		const uint8_t *at = (const uint8_t *)texts[i];

		ck_assert_int_eq(at_once(at, strlen(texts[i])), WHOLE);
		agrees(at, strlen(texts[i]));
	}
}
END_TEST

/* RFC 3629, section 3 and section 10: the forms that let things in. */
START_TEST(overlong_forms_surrogates_and_what_is_too_high_are_not_text)
{
	static const char *const texts[] = { "\xc0\x80", "\xc0\xaf",
		"\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xed\xa1\x8c\xed\xbe\xb4", "\xed\xbf\xbf", "\xf0\x80\x80\xaf",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xfe", "\xff", "\x80", "\xbf",
		"\xc3\x28", "\xe2\x82\x28", "\xf0\x9f\x98\x28" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(texts); i++) {
		const uint8_t *at = (const uint8_t *)texts[i];

		ck_assert_int_eq(at_once(at, strlen(texts[i])), IMPOSSIBLE);
		agrees(at, strlen(texts[i]));
	}
}
END_TEST

START_TEST(sequences_of_four_bytes_are_judged_at_their_boundaries)
{
	static const uint8_t tails[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
		0xa0, 0xbf, 0xc0, 0xff };
	uint8_t bytes[4];
	unsigned a, b;
	size_t i, k;

	for (a = 0xe0; a <= 0xff; a++)
		for (b = 0; b <= 0xff; b++)
			for (i = 0; i < sizeof(tails); i++)
				for (k = 0; k < sizeof(tails); k++) {
					bytes[0] = (uint8_t)a;
					bytes[1] = (uint8_t)b;
					bytes[2] = tails[i];
					bytes[3] = tails[k];
					check_holds(at_once(bytes, 4) ==
					    by_reference(bytes, 4));
				}
}
END_TEST

START_TEST(what_begins_late_may_not_end)
{
	ck_assert_int_eq(
	    at_once((const uint8_t *)"abc\xf0\x9f\x98", 6), BEGUN);
	ck_assert_int_eq(at_once((const uint8_t *)"abcd\xe2\x82", 6), BEGUN);
	ck_assert_int_eq(at_once((const uint8_t *)"abcde\xc3", 6), BEGUN);
	ck_assert_int_eq(at_once((const uint8_t *)"", 0), WHOLE);
}
END_TEST

/* fast_note: the steps of 32 must begin and end at any place. */
START_TEST(a_sequence_is_found_anywhere_in_long_ascii)
{
	static const char *const parts[] = { "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xe2\x82", "\xff" };
	uint8_t bytes[110];
	size_t at, i, len;

	for (i = 0; i < CHECK_COUNT(parts); i++) {
		len = strlen(parts[i]);
		for (at = 0; at + len <= sizeof(bytes); at++) {
			memset(bytes, 'x', sizeof(bytes));
			memcpy(bytes + at, parts[i], len);
			agrees(bytes, sizeof(bytes));
			agrees(bytes, at + len);
		}
	}
}
END_TEST

/* Mostly well-formed, so that an error has much before and behind it. */
static size_t
random_text(uint64_t *random, uint8_t *out, size_t size)
{
	static const char *const parts[] = { "a", "0123456789abcdefghijklmnop",
		"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xe1\x80\xbf",
		"\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf1\x80\x80\x80", "\xf4\x8f\xbf\xbf" };
	size_t len = 0, wanted = check_below(random, (uint32_t)size);

	while (len < wanted) {
		const char *part =
		    parts[check_below(random, CHECK_COUNT(parts))];
		size_t n = strlen(part);

		if (n > size - len)
			break;
		memcpy(out + len, part, n);
		len += n;
	}
	return len;
}

START_TEST(random_text_and_damaged_text_are_judged_as_by_reference)
{
	uint64_t random = 3629;
	uint8_t bytes[150];
	size_t len;
	unsigned i;

	for (i = 0; i < 3000; i++) {
		len = random_text(&random, bytes, sizeof(bytes));
		ck_assert_int_eq(at_once(bytes, len), WHOLE);
		if (len > 0 && i % 4 != 0)
			bytes[check_below(&random, (uint32_t)len)] =
			    (uint8_t)check_random(&random);
		if (len > 0 && i % 8 == 1)
			len = 1 + check_below(&random, (uint32_t)len);
		agrees(bytes, len);
	}
}
END_TEST

START_TEST(random_bytes_are_judged_as_by_reference)
{
	uint64_t random = 6455;
	uint8_t bytes[12];
	unsigned i;
	size_t k;

	for (i = 0; i < 20000; i++) {
		for (k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)(check_random(&random) >> 32);
		/* Fewer first bytes that no sequence has. */
		bytes[i % sizeof(bytes)] &= 0xf7;
		agrees(bytes, 1 + i % sizeof(bytes));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		sequences_of_one_to_three_bytes_are_judged_as_by_reference,
		first_and_last_characters_of_each_length_are_text,
		overlong_forms_surrogates_and_what_is_too_high_are_not_text,
		sequences_of_four_bytes_are_judged_at_their_boundaries,
		what_begins_late_may_not_end,
		a_sequence_is_found_anywhere_in_long_ascii,
		random_text_and_damaged_text_are_judged_as_by_reference,
		random_bytes_are_judged_as_by_reference,
	};

	return check_main("utf8", tests, CHECK_COUNT(tests));
}
