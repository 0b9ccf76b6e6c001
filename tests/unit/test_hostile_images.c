/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_hostile_images.c - images that make libtpl loop, take all
 * memory, read out of bounds or exit, each by the name that a fuzzer's finding
 * got: refused, with the reason.  Each is shown to come as far as that: with
 * the one thing mended it is taken.
 */
#include <weft/error.h>
#include <weft/type.h>

#include "check_main.h"
#include "codec/codecs.h"
#include "hostile.h"

#define number_MEMBERS(M) M(u32, number)
WEFT_TYPE_BARE(number);

#define words_MEMBERS(M) M(array, words, str)
WEFT_TYPE_BARE(words);

#define text_numbers_MEMBERS(M)                                               \
	M(str, text)                                                          \
	M(array, numbers, i32)
WEFT_TYPE_BARE(text_numbers);

#define numbers_MEMBERS(M) M(array, numbers, i32)
WEFT_TYPE(numbers);

#define text_blob_MEMBERS(M)                                                  \
	M(str, text)                                                          \
	M(bytes, blob)
WEFT_TYPE_BARE(text_blob);

#define blob_MEMBERS(M) M(bytes, blob)
WEFT_TYPE(blob);

#define pair_MEMBERS(M)                                                       \
	M(i32, i)                                                             \
	M(u32, u)
WEFT_TYPE_BARE(pair);

/* What codec/tpl says of it. */
static int
framed(struct weft_bytes image, size_t max_message, struct weft_cut *cut)
{
	uint8_t copy[64];

	ck_assert_uint_le(image.len, sizeof(copy));
	memcpy(copy, image.data, image.len);
	memset(cut, 0, sizeof(*cut));
	return wi_codec_tpl.decode(NULL, copy, image.len, max_message, cut);
}

static void
is_framed(struct weft_bytes image)
{
	struct weft_cut cut;

	ck_assert_int_eq(framed(image, 1024, &cut), WEFT_CUT_MESSAGE);
	ck_assert_uint_eq(cut.offset, 0);
	ck_assert_uint_eq(cut.len, image.len);
	ck_assert_uint_eq(cut.used, image.len);
}

START_TEST(g1_a_length_of_0_does_not_loop)
{
	const struct weft_bytes g1 = BYTES("tpl\0\0\0\0\0u");
	const struct weft_bytes length = BYTES("tpl\0\x9\0\0\0u");
	const struct weft_bytes mended = BYTES("tpl\0\xe\0\0\0u\0\7\0\0\0");
	struct weft_cut cut;

	is_framed(mended);
	is_accepted(&number_type, mended);
	ck_assert_uint_eq(((struct number *)hostile_value)->number, 7);
	/* With that one thing mended its end is the next one. */
	is_framed(length);
	is_refused(&number_type, length, WEFT_FAULT_FORMAT, 8);

	ck_assert_int_eq(framed(g1, 1024, &cut), WEFT_EMALFORMED);
	ck_assert_int_eq(framed(g1, SIZE_MAX, &cut), WEFT_EMALFORMED);
	is_refused(&number_type, g1, WEFT_FAULT_LENGTH, 4);
	is_walked(g1, WEFT_FAULT_LENGTH, 4);
}
END_TEST

START_TEST(g2_a_length_of_4_gib_takes_no_memory)
{
	const struct weft_bytes g2 = BYTES("tpl\0\xff\xff\xff\xffu");
	const struct weft_bytes length = BYTES("tpl\0\x9\0\0\0u");
	struct weft_cut cut;

	is_framed(length);
	is_refused(&number_type, length, WEFT_FAULT_FORMAT, 8);

	ck_assert_int_eq(framed(g2, 1024, &cut), WEFT_ETOOBIG);
	ck_assert_int_eq(framed(g2, UINT32_MAX - 1, &cut), WEFT_ETOOBIG);
	/* Who allows that asks for it, and memory follows what arrives. */
	ck_assert_int_eq(framed(g2, UINT32_MAX, &cut), WEFT_CUT_MORE);
	ck_assert_uint_eq(cut.need, UINT32_MAX);
	is_refused(&number_type, g2, WEFT_FAULT_LENGTH, 4);
	is_walked(g2, WEFT_FAULT_LENGTH, 4);
}
END_TEST

START_TEST(n1_a_count_that_is_negative_is_more_than_there_is)
{
	const struct weft_bytes n1 = BYTES("tpl\2\x11\0\0\0A(s)\0\0\0\0\x80");
	const struct weft_bytes mended =
	    BYTES("tpl\2\x11\0\0\0A(s)\0\0\0\0\0");

	is_accepted(&words_type, mended);
	is_walked(mended, WEFT_FAULT_NONE, 17);
	is_framed(n1); /* as a message it is whole */
	is_refused(&words_type, n1, WEFT_FAULT_COUNT, 17);
	ck_assert_str_eq(hostile_why.type, "words");
	ck_assert_str_eq(hostile_why.member, "words");
	is_walked(n1, WEFT_FAULT_COUNT, 17);
}
END_TEST

START_TEST(n2_a_count_of_minus_1_is_more_than_there_is)
{
	const struct weft_bytes n2 =
	    BYTES("tpl\2\x16\0\0\0sA(i)\0\0\0\0\0\xff\xff\xff\xff");
	const struct weft_bytes mended =
	    BYTES("tpl\2\x16\0\0\0sA(i)\0\0\0\0\0\0\0\0\0");
	const struct weft_bytes named =
	    BYTES("tpl\2\x1d\0\0\0sA(i)\0\x8\0\0\0numbers\xff\xff\xff\xff");
	const struct weft_bytes named_mended =
	    BYTES("tpl\2\x1d\0\0\0sA(i)\0\x8\0\0\0numbers\0\0\0\0");

	is_accepted(&text_numbers_type, mended);
	is_walked(mended, WEFT_FAULT_NONE, 22);
	is_refused(&text_numbers_type, n2, WEFT_FAULT_COUNT, 22);
	ck_assert_str_eq(hostile_why.member, "numbers");
	is_walked(n2, WEFT_FAULT_COUNT, 22);

	/* Its string is no type's name, but if it were: */
	is_refused(&numbers_type, n2, WEFT_FAULT_UNKNOWN, 14);
	is_accepted(&numbers_type, named_mended);
	is_refused(&numbers_type, named, WEFT_FAULT_COUNT, 29);
}
END_TEST

/* Two words, in this byte order and in the other. */
#define GOOD "tpl\2\x1a\0\0\0A(s)\0\2\0\0\0\2\0\0\0a\0\0\0\0"
#define SWAPPED "tpl\3\0\0\0\32A(s)\0\0\0\0\2\0\0\0\2a\0\0\0\0"

START_TEST(f1_a_bad_image_leaves_no_byte_order_to_the_next)
{
	const struct weft_bytes bad = BYTES("tpl\3\0\0\0\0\0\0\0\0\x17\0");
	const struct weft_bytes good = BYTES(GOOD);
	const struct words *words = (const struct words *)hostile_value;

	is_accepted(&words_type, BYTES(SWAPPED)); /* that order is known */
	is_refused(&words_type, bad, WEFT_FAULT_LENGTH, 4);
	is_accepted(&words_type, good);
	ck_assert_uint_eq(words->words.len, 2);
	ck_assert_str_eq(words->words.at[0], "a");
	ck_assert_str_eq(words->words.at[1], "");
	is_walked(bad, WEFT_FAULT_LENGTH, 4);
	is_walked(good, WEFT_FAULT_NONE, 26);
}
END_TEST

START_TEST(f2_what_is_good_only_when_it_is_swapped_stays_bad)
{
	const struct weft_bytes bad = BYTES("tpl\3\0\0\0\0\0\0\0\0\x17\0");
	/* Bad where its data begin, so that the walk has a byte order. */
	const struct weft_bytes later = BYTES("tpl\3\0\0\0\x11"
					      "A(s)\0\0\0\0\1");
	const struct weft_bytes next =
	    BYTES("tpl\2\x1a\0\0\0A(s)\0\0\0\0\2\0\0\0\2a\0\0\0\0");

	is_accepted(&words_type, BYTES(SWAPPED));
	is_refused(&words_type, bad, WEFT_FAULT_LENGTH, 4);
	is_refused(&words_type, next, WEFT_FAULT_COUNT, 17);
	is_refused(&words_type, later, WEFT_FAULT_COUNT, 17);
	is_refused(&words_type, next, WEFT_FAULT_COUNT, 17);
	is_walked(later, WEFT_FAULT_COUNT, 17);
	is_walked(next, WEFT_FAULT_COUNT, 17);
}
END_TEST

/* "sB" and "sA(i)" with strings as tpl wrote them before 1.3, whose lengths
 * count no byte more. */
START_TEST(o1_old_strings_are_refused_before_they_are_walked)
{
	const struct weft_bytes o1 =
	    BYTES("tpl\0\x17\0\0\0sB\0\4\0\0\0\xff\xff\xff\xff\0\0\0\0");
	const struct weft_bytes flag =
	    BYTES("tpl\2\x17\0\0\0sB\0\4\0\0\0\xff\xff\xff\xff\0\0\0\0");
	const struct weft_bytes mended =
	    BYTES("tpl\2\x17\0\0\0sB\0\5\0\0\0\xff\xff\xff\xff\0\0\0\0");

	is_accepted(&text_blob_type, mended);
	/* Here is what the two walks of libtpl do not agree about. */
	is_refused(&text_blob_type, flag, WEFT_FAULT_SHORT, 22);
	is_framed(o1);
	is_refused(&text_blob_type, o1, WEFT_FAULT_OLD_STRINGS, 3);
	is_refused(&blob_type, o1, WEFT_FAULT_OLD_STRINGS, 3);
	is_walked(o1, WEFT_FAULT_OLD_STRINGS, 3);
}
END_TEST

START_TEST(o2_old_strings_before_a_list_do_not_end_the_process)
{
	const struct weft_bytes o2 =
	    BYTES("tpl\0\x1a\0\0\0sA(i)\0\4\0\0\0\1\1\1\1\0\0\0\0");
	const struct weft_bytes flag =
	    BYTES("tpl\2\x1a\0\0\0sA(i)\0\4\0\0\0\1\1\1\1\0\0\0\0");
	const struct weft_bytes mended =
	    BYTES("tpl\2\x1a\0\0\0sA(i)\0\5\0\0\0\1\1\1\1\0\0\0\0");

	is_accepted(&text_numbers_type, mended);
	/* The count is 1 then, of which there are three bytes. */
	is_refused(&text_numbers_type, flag, WEFT_FAULT_COUNT, 25);
	is_framed(o2);
	is_refused(&text_numbers_type, o2, WEFT_FAULT_OLD_STRINGS, 3);
	is_refused(&numbers_type, o2, WEFT_FAULT_OLD_STRINGS, 3);
	is_walked(o2, WEFT_FAULT_OLD_STRINGS, 3);
}
END_TEST

/* "S(iu)#" is no format of a type of ours: it is refused as one, and walked as
 * what a newer version may have behind the members. */
START_TEST(p1_a_loop_that_was_cut_leaves_no_count_to_the_next)
{
	const struct weft_bytes cut =
	    BYTES("tpl\2\x1b\0\0\0S(iu)#\0\2\0\0\0\1\0\0\0\2\0\0\0");
	const struct weft_bytes whole =
	    BYTES("tpl\2\x23\0\0\0S(iu)#\0\2\0\0\0\1\0\0\0\2\0\0\0"
		  "\3\0\0\0\4\0\0\0");
	const struct weft_bytes behind_cut =
	    BYTES("tpl\2\x25\0\0\0iuS(iu)#\0\2\0\0\0\5\0\0\0\6\0\0\0"
		  "\1\0\0\0\2\0\0\0");
	const struct weft_bytes behind =
	    BYTES("tpl\2\x2d\0\0\0iuS(iu)#\0\2\0\0\0\5\0\0\0\6\0\0\0"
		  "\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0");
	int i;

	for (i = 0; i < 2; i++) { /* nothing stays from the first time */
		is_walked(cut, WEFT_FAULT_SHORT, 27);
		is_walked(whole, WEFT_FAULT_NONE, 35);
		is_refused(&pair_type, cut, WEFT_FAULT_MISMATCH, 19);
		is_refused(&pair_type, whole, WEFT_FAULT_MISMATCH, 19);
		is_refused(&pair_type, behind_cut, WEFT_FAULT_SHORT, 37);
		is_accepted(&pair_type, behind);
		ck_assert_uint_eq(((struct pair *)hostile_value)->u, 6);
	}
}
END_TEST

/* What is cut within its own members, then one that is whole. */
START_TEST(p1_a_struct_that_was_cut_leaves_nothing_to_the_next)
{
	const struct weft_bytes cut = BYTES("tpl\2\x12\0\0\0S(iu)\0\1\0\0\0");
	const struct weft_bytes whole =
	    BYTES("tpl\2\x16\0\0\0S(iu)\0\1\0\0\0\2\0\0\0");
	const struct pair *pair = (const struct pair *)hostile_value;

	is_accepted(&pair_type, whole);
	is_refused(&pair_type, cut, WEFT_FAULT_SHORT, 18);
	ck_assert_str_eq(hostile_why.member, "u");
	is_accepted(&pair_type, whole);
	ck_assert_int_eq(pair->i, 1);
	ck_assert_uint_eq(pair->u, 2);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		g1_a_length_of_0_does_not_loop,
		g2_a_length_of_4_gib_takes_no_memory,
		n1_a_count_that_is_negative_is_more_than_there_is,
		n2_a_count_of_minus_1_is_more_than_there_is,
		f1_a_bad_image_leaves_no_byte_order_to_the_next,
		f2_what_is_good_only_when_it_is_swapped_stays_bad,
		o1_old_strings_are_refused_before_they_are_walked,
		o2_old_strings_before_a_list_do_not_end_the_process,
		p1_a_loop_that_was_cut_leaves_no_count_to_the_next,
		p1_a_struct_that_was_cut_leaves_nothing_to_the_next,
	};

	return check_main("hostile_images", tests, CHECK_COUNT(tests));
}
