/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_columns.c - aligned columns, and numbers with their units.
 */
#include "host/columns.h"

#include <stdlib.h>

#include "check_main.h"

static void
expect_printed(struct wi_columns *columns, const char *text)
{
	char *found = NULL;
	size_t len;
	FILE *out = open_memstream(&found, &len);

	ck_assert_ptr_nonnull(out);
	wi_columns_print(columns, out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(found, text);
	free(found);
}

START_TEST(columns_are_as_wide_as_their_widest_cell)
{
	struct wi_columns columns = { .align = "lrl" };

	wi_columns_row(&columns, "NAME", "N", "LAST");
	wi_columns_row(&columns, "a", "12345", "x");
	wi_columns_row(&columns, "\xc3\xa4hnlich", "1", "");
	expect_printed(&columns,
	    "  NAME         N  LAST\n"
	    "  a        12345  x\n"
	    "  \xc3\xa4hnlich      1\n");
	expect_printed(&columns, "");
}
END_TEST

START_TEST(a_last_column_may_be_of_numbers)
{
	struct wi_columns columns = { .align = "lr" };
	unsigned i;
	FILE *out;

	for (i = 0; i < 100; i++) /* more than are made room for at first */
		wi_columns_row(&columns, "x", "1");
	ck_assert_uint_eq(columns.ncells, 200);
	out = fopen("/dev/null", "w");
	ck_assert_ptr_nonnull(out);
	wi_columns_print(&columns, out);
	ck_assert_int_eq(fclose(out), 0);
	wi_columns_row(&columns, "x", "1");
	wi_columns_row(&columns, "y", "100");
	expect_printed(&columns, "  x    1\n  y  100\n");
}
END_TEST

START_TEST(numbers_have_their_units)
{
	char room[WI_UNIT_TEXT];

	ck_assert_str_eq(wi_text_bytes(room, 0), "0 B");
	ck_assert_str_eq(wi_text_bytes(room, 1023), "1023 B");
	ck_assert_str_eq(wi_text_bytes(room, 1536), "1.5 KiB");
	ck_assert_str_eq(wi_text_bytes(room, 200.0 * 1048576), "200 MiB");
	ck_assert_str_eq(
	    wi_text_bytes(room, 18446744073709551615.0), "16.0 EiB");
	ck_assert_str_eq(wi_text_ms(room, 0), "0 ms");
	ck_assert_str_eq(wi_text_ms(room, 999), "999 ms");
	ck_assert_str_eq(wi_text_ms(room, 1000), "1.0 s");
	ck_assert_str_eq(wi_text_ms(room, 59999), "59.9 s");
	ck_assert_str_eq(wi_text_ms(room, 61000), "1 m 1 s");
	ck_assert_str_eq(wi_text_ms(room, 7380000), "2 h 3 m");
	ck_assert_str_eq(wi_text_ms(room, 180000000), "2 d 2 h");
	ck_assert_str_eq(wi_text_rate(room, 0), "-");
	ck_assert_str_eq(wi_text_rate(room, 1.25), "1.2/s");
	ck_assert_str_eq(wi_text_rate(room, 1234.4), "1234/s");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		columns_are_as_wide_as_their_widest_cell,
		a_last_column_may_be_of_numbers, numbers_have_their_units
	};

	return check_main("columns", tests, CHECK_COUNT(tests));
}
