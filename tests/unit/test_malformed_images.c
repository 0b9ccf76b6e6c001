/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_malformed_images.c - each limit and each rule for an image,
 * from both sides: the last one that is taken, and the first one that is not.
 */
#include <weft/type.h>

#include "check_main.h"
#include "hostile.h"
#include "some_types.h"

#define colors_MEMBERS(M)                                                     \
	M(u8, first)                                                          \
	M(list, leaves, leaf)
WEFT_TYPE(colors);

#define few_MEMBERS(M)                                                        \
	M(array, numbers, u8)                                                 \
	M(list, points, point)
WEFT_TYPE_LIMITED(few, 5, 0);

#define small_MEMBERS(M)                                                      \
	M(str, text)                                                          \
	M(array, numbers, u64)                                                \
	M(list, points, point)
WEFT_TYPE_LIMITED(small, 0, 64);

/* ---- an image, piece by piece */

static uint8_t image[1 << 20];
static size_t image_len;

static void
add(const void *bytes, size_t len)
{
	ck_assert_uint_le(len, sizeof(image) - image_len);
	if (len > 0)
		memcpy(image + image_len, bytes, len);
	image_len += len;
}

static void
add_u32(uint32_t number)
{
	add(&number, sizeof(number));
}

static void
set_u32(size_t at, uint32_t number)
{
	memcpy(image + at, &number, sizeof(number));
}

static void
add_text(const char *text)
{
	add_u32((uint32_t)strlen(text) + 1);
	add(text, strlen(text));
}

static void
add_zeros(size_t len)
{
	static const uint8_t zeros[1 << 19];

	add(zeros, len);
}

/* Head and format; its length is mended by each look at it. */
static void
begin(const char *format)
{
	const uint8_t head[8] = { 't', 'p', 'l',
		(uint8_t)(2u | wi_image_host_order()) };

	image_len = 0;
	add(head, sizeof(head));
	add(format, strlen(format) + 1);
}

static struct weft_bytes
so_far(void)
{
	uint32_t len = (uint32_t)image_len;

	memcpy(image + 4, &len, sizeof(len));
	return (struct weft_bytes){ image, image_len };
}

/* ---- formats */

/* The lengths of arrays stand before all data: with one of 0, elements would
 * use up no byte, and 4,294,967,295 of them would be there. */
START_TEST(an_array_of_length_0_is_refused)
{
	begin("A(c#)");
	add_u32(1);
	add_u32(2);
	add("ab", 2);
	is_walked(so_far(), WEFT_FAULT_NONE, 24);
	begin("A(c#)");
	add_u32(0);
	add_u32(UINT32_MAX);
	is_walked(so_far(), WEFT_FAULT_DIMS, 14);
}
END_TEST

/* In the type's own format, and in another that it is found in. */
START_TEST(an_array_of_length_0_is_not_the_types_either)
{
	static const char *const formats[] = { "scA(sc#A(v))", "scA(sc#A(v)c)",
		"scA(sc#A(v))A(c)" };
	size_t i, dims;

	for (i = 0; i < CHECK_COUNT(formats); i++) {
		begin(formats[i]);
		dims = image_len;
		add_u32(3);
		add_text("colors");
		add("\1", 1);
		add_u32(0);
		if (i == 2)
			add_u32(0);
		is_accepted(&colors_type, so_far());
		set_u32(dims, 0);
		is_refused(
		    &colors_type, so_far(), WEFT_FAULT_DIMS, (uint32_t)dims);
	}
}
END_TEST

START_TEST(a_format_of_1024_bytes_is_too_long)
{
	char format[1025];
	size_t len;

	for (len = 1023; len <= 1024; len++) {
		memset(format, 'c', len);
		format[len] = '\0';
		memcpy(format, "iA(s)", 5);
		begin(format);
		add_u32(1);
		add_u32(0);
		add_zeros(len - 5);
		if (len == 1023)
			is_accepted(&plain_type, so_far());
		else
			is_refused(
			    &plain_type, so_far(), WEFT_FAULT_FORMAT, 8);
	}
}
END_TEST

START_TEST(a_format_that_does_not_end_is_none)
{
	begin("iA(s)");
	image_len--;
	is_refused(&plain_type, so_far(), WEFT_FAULT_FORMAT, 8);
}
END_TEST

START_TEST(groups_nest_eight_deep)
{
	begin("iA(s)A(A(A(A(A(A(A(A(c))))))))");
	add_zeros(12);
	is_accepted(&plain_type, so_far());
	is_walked(so_far(), WEFT_FAULT_NONE, (uint32_t)image_len);
	begin("iA(s)A(A(A(A(A(A(A(A(A(c)))))))))");
	add_zeros(12);
	is_refused(&plain_type, so_far(), WEFT_FAULT_DEPTH, 8 + 22);
	is_walked(so_far(), WEFT_FAULT_DEPTH, 8 + 22);
	begin("iA(s)S($($($($($($($($(c)))))))))");
	add_zeros(12);
	is_refused(&plain_type, so_far(), WEFT_FAULT_DEPTH, 8 + 22);
}
END_TEST

START_TEST(a_letter_has_four_lengths_at_most)
{
	begin("iA(s)c####");
	add_u32(1);
	add_u32(2);
	add_u32(3);
	add_u32(1);
	add_zeros(8);
	add("123456", 6);
	is_accepted(&plain_type, so_far());
	is_walked(so_far(), WEFT_FAULT_NONE, (uint32_t)image_len);
	begin("iA(s)c#####");
	add_zeros(100);
	is_refused(&plain_type, so_far(), WEFT_FAULT_FORMAT, 8 + 10);
	is_walked(so_far(), WEFT_FAULT_FORMAT, 8 + 10);
}
END_TEST

/* Their product is as wide as it likes; only what is there counts. */
START_TEST(lengths_of_4_gib_each_are_short_of_bytes)
{
	int i;

	begin("iA(s)c####");
	for (i = 0; i < 4; i++)
		add_u32(UINT32_MAX);
	add_zeros(8);
	is_refused(
	    &plain_type, so_far(), WEFT_FAULT_SHORT, (uint32_t)image_len);
	begin("iA(s)S(c)####");
	for (i = 0; i < 4; i++)
		add_u32(0x10000);
	add_zeros(8);
	is_refused(
	    &plain_type, so_far(), WEFT_FAULT_SHORT, (uint32_t)image_len);
}
END_TEST

START_TEST(what_is_no_format_is_refused_where_it_is_none)
{
	static const struct {
		const char *format;
		uint32_t at;
	} none[] = { { "", 0 }, { "iA(s)x", 5 }, { "iA(s)A", 6 },
		{ "iA(s)A(", 7 }, { "iA(s)A()", 7 }, { "iA(s)A(c", 8 },
		{ "iA(s))", 5 }, { "iA(s)#", 5 }, { "iA(s)B#", 6 },
		{ "iA(s)S(A(c))", 7 }, { "iA(s)S(B)", 7 },
		{ "iA(s)S(S(c))", 7 }, { "iA(s)$(c)", 5 }, { "iA(s)(c)", 5 } };
	size_t i;

	for (i = 0; i < CHECK_COUNT(none); i++) {
		begin(none[i].format);
		add_zeros(64);
		is_refused(
		    &plain_type, so_far(), WEFT_FAULT_FORMAT, 8 + none[i].at);
		is_walked(so_far(), WEFT_FAULT_FORMAT, 8 + none[i].at);
	}
}
END_TEST

/* ---- counts and lengths */

START_TEST(counts_of_4294967295_are_more_than_there_is)
{
	size_t at;

	begin("sA(c)A(ff)");
	add_text("few");
	at = image_len;
	add_u32(0);
	add_u32(0);
	is_accepted(&few_type, so_far());
	set_u32(at, UINT32_MAX);
	is_refused(&few_type, so_far(), WEFT_FAULT_COUNT, (uint32_t)at + 4);
	ck_assert_str_eq(hostile_why.member, "numbers");
	set_u32(at, 0);
	set_u32(at + 4, UINT32_MAX);
	is_refused(&few_type, so_far(), WEFT_FAULT_COUNT, (uint32_t)at + 8);
	ck_assert_str_eq(hostile_why.member, "points");
	is_walked(so_far(), WEFT_FAULT_COUNT, (uint32_t)at + 8);
}
END_TEST

START_TEST(counts_of_another_version_are_looked_at_too)
{
	size_t at;

	begin("sA(c)A(ffu)A(v)");
	add_text("few");
	at = image_len;
	add_zeros(12);
	is_accepted(&few_type, so_far());
	set_u32(at + 4, UINT32_MAX);
	is_refused(&few_type, so_far(), WEFT_FAULT_COUNT, (uint32_t)at + 8);
	set_u32(at + 4, 0);
	set_u32(at + 8, UINT32_MAX);
	is_refused(&few_type, so_far(), WEFT_FAULT_COUNT, (uint32_t)at + 12);
	ck_assert_ptr_null(hostile_why.member); /* it is not ours */
}
END_TEST

START_TEST(lengths_of_4294967295_are_short_of_bytes)
{
	size_t at;

	begin("sss");
	add_text("login");
	at = image_len;
	add_text("me");
	add_text("");
	is_accepted(&login_type, so_far());
	set_u32(at, UINT32_MAX);
	is_refused(&login_type, so_far(), WEFT_FAULT_SHORT, (uint32_t)at + 4);
	ck_assert_str_eq(hostile_why.member, "user");
	is_walked(so_far(), WEFT_FAULT_SHORT, (uint32_t)at + 4);

	begin("iA(s)B");
	add_zeros(8);
	at = image_len;
	add_text("me");
	is_refused(&plain_type, so_far(), WEFT_FAULT_SHORT, (uint32_t)at + 4);
	set_u32(at, 2);
	is_accepted(&plain_type, so_far());
	set_u32(at, UINT32_MAX);
	is_refused(&plain_type, so_far(), WEFT_FAULT_SHORT, (uint32_t)at + 4);
}
END_TEST

START_TEST(a_string_with_a_zero_byte_is_no_string)
{
	size_t at;

	begin("sss");
	add_text("login");
	add_text("me");
	add_u32(4);
	at = image_len;
	add("a0c", 3);
	is_accepted(&login_type, so_far());
	image[at + 1] = '\0';
	is_refused(&login_type, so_far(), WEFT_FAULT_ZERO, (uint32_t)at);
	ck_assert_str_eq(hostile_why.member, "password");
	memcpy(image + at, "ab", 3); /* also at its end */
	is_refused(&login_type, so_far(), WEFT_FAULT_ZERO, (uint32_t)at);
}
END_TEST

/* Of all lists and arrays together. */
START_TEST(elements_above_max_elements_are_refused)
{
	size_t at;

	begin("sA(c)A(ff)");
	add_text("few");
	at = image_len;
	add_u32(3);
	add_zeros(3);
	add_u32(2);
	add_zeros(2 * 16);
	is_accepted(&few_type, so_far());
	add_zeros(16);
	is_refused(
	    &few_type, so_far(), WEFT_FAULT_LONG, (uint32_t)image_len - 16);
	set_u32(at + 7, 3);
	is_refused(
	    &few_type, so_far(), WEFT_FAULT_ELEMENTS, (uint32_t)at + 11);
	ck_assert_str_eq(hostile_why.member, "points");
	is_walked(so_far(), WEFT_FAULT_NONE, (uint32_t)image_len);
}
END_TEST

START_TEST(elements_above_65536_are_refused_where_nothing_is_said)
{
	size_t at;

	begin("iA(s)");
	add_u32(1);
	at = image_len;
	add_u32(65536);
	add_zeros(65536 * 4);
	is_accepted(&plain_type, so_far());
	add_zeros(4);
	set_u32(at, 65537);
	is_refused(
	    &plain_type, so_far(), WEFT_FAULT_ELEMENTS, (uint32_t)at + 4);
}
END_TEST

/* Of 64: 16 for the text, 16 for two numbers, 32 for two points. */
START_TEST(a_value_above_max_bytes_is_refused)
{
	char text[19];
	size_t i;

	for (i = 0; i < 2; i++) {
		memset(text, 'x', sizeof(text));
		text[15 + i] = '\0'; /* 16 bytes or 17 with its end */
		begin("ssA(U)A(ff)");
		add_text("small");
		add_text(text);
		add_u32(2);
		add_zeros(2 * 8);
		add_u32(2);
		add_zeros(2 * 16);
		if (i == 0)
			is_accepted(&small_type, so_far());
		else
			is_refused(&small_type, so_far(), WEFT_FAULT_BYTES,
			    (uint32_t)image_len - 2 * 16);
	}
	ck_assert_str_eq(hostile_why.member, "points");
}
END_TEST

/* ---- what it is */

START_TEST(bytes_behind_the_last_member_are_refused)
{
	begin("sss");
	add_text("login");
	add_text("me");
	add_text("pw");
	is_accepted(&login_type, so_far());
	add("", 1);
	is_refused(
	    &login_type, so_far(), WEFT_FAULT_LONG, (uint32_t)image_len - 1);
	is_walked(so_far(), WEFT_FAULT_LONG, (uint32_t)image_len - 1);

	begin("sssc");
	add_text("login");
	add_text("me");
	add_text("pw");
	add("x", 1);
	is_accepted(&login_type, so_far());
	add("", 1);
	is_refused(
	    &login_type, so_far(), WEFT_FAULT_LONG, (uint32_t)image_len - 1);
}
END_TEST

START_TEST(a_name_that_is_anothers_is_unknown)
{
	static const char *const names[] = { "logi", "login2", "LOGIN", "",
		"move" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(names); i++) {
		begin("sss");
		add_text(names[i]);
		add_text("me");
		add_text("pw");
		is_refused(&login_type, so_far(), WEFT_FAULT_UNKNOWN, 8 + 4);
		ck_assert_ptr_null(hostile_why.type);
	}
	/* The name is a string, and one. */
	begin("Bss");
	add_u32(5);
	add("login", 5);
	add_zeros(8);
	is_refused(&login_type, so_far(), WEFT_FAULT_UNKNOWN, 8);
	begin("s#ss");
	add_u32(1);
	add_text("login");
	add_zeros(8);
	is_refused(&login_type, so_far(), WEFT_FAULT_UNKNOWN, 8);
}
END_TEST

START_TEST(letters_that_do_not_fit_a_member_are_a_mismatch)
{
	static const char *const formats[] = { "suffj#", "suffs", "suffjv",
		"suffS(c)", "suffA(c)", "sifjfc", "sUffjc", "s$(uff)jc" };
	static const char *const members[] = { "heading", "heading", "flags",
		"heading", "heading", "player", "player", NULL };
	size_t i;

	begin("suffjc");
	add_text("move");
	add_zeros(4 + 8 + 8 + 2 + 1);
	is_accepted(&move_type, so_far());
	for (i = 0; i < CHECK_COUNT(formats); i++) {
		begin(formats[i]);
		if (strchr(formats[i], '#') != NULL)
			add_u32(1);
		add_text("move");
		add_zeros(64);
		ck_assert_int_eq(
		    hostile_unpack(&move_type, so_far()), WEFT_EMALFORMED);
		ck_assert_int_eq(hostile_why.fault,
		    members[i] == NULL ? WEFT_FAULT_FORMAT :
					 WEFT_FAULT_MISMATCH);
		ck_assert_pstr_eq(hostile_why.member, members[i]);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		an_array_of_length_0_is_refused,
		an_array_of_length_0_is_not_the_types_either,
		a_format_of_1024_bytes_is_too_long,
		a_format_that_does_not_end_is_none,
		groups_nest_eight_deep,
		a_letter_has_four_lengths_at_most,
		lengths_of_4_gib_each_are_short_of_bytes,
		what_is_no_format_is_refused_where_it_is_none,
		counts_of_4294967295_are_more_than_there_is,
		counts_of_another_version_are_looked_at_too,
		lengths_of_4294967295_are_short_of_bytes,
		a_string_with_a_zero_byte_is_no_string,
		elements_above_max_elements_are_refused,
		elements_above_65536_are_refused_where_nothing_is_said,
		a_value_above_max_bytes_is_refused,
		bytes_behind_the_last_member_are_refused,
		a_name_that_is_anothers_is_unknown,
		letters_that_do_not_fit_a_member_are_a_mismatch,
	};

	return check_main("malformed_images", tests, CHECK_COUNT(tests));
}
