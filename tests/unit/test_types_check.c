/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_types_check.c - tables of types that a plugin may not have.
 */
#include "broken_type.h"

static void
on_any(struct weft_call *call, weft_endpoint from, const void *value)
{
	(void)call;
	(void)from;
	(void)value;
}

static void
are_refused(const struct weft_on *on, const char *text)
{
	size_t n;

	ck_assert_int_eq(wi_types_check(on, &n, &err), WEFT_EABI);
	ck_assert_str_eq(err.text, text);
}

START_TEST(types_are_counted_to_the_end_of_the_table)
{
	const struct weft_on on[] = { { &move_type, on_any },
		{ &login_type, on_any }, WEFT_ON_END };
	const struct weft_on alone[] = { { &plain_type, on_any },
		WEFT_ON_END };
	const struct weft_on none[] = { WEFT_ON_END };
	size_t n;

	ck_assert_int_eq(wi_types_check(on, &n, &err), WEFT_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(wi_types_check(alone, &n, &err), WEFT_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(wi_types_check(none, &n, &err), WEFT_OK);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_bad_one_among_them_is_refused)
{
	struct broken *broken = broken_from(&move_type);
	const struct weft_on on[] = { { &login_type, on_any },
		{ &broken->type, on_any }, WEFT_ON_END };

	broken->type.nmembers = 0;
	are_refused(on, "type move: expected 1 to 256 members, found 0");
}
END_TEST

START_TEST(two_types_of_a_name_are_refused)
{
	struct broken *broken = broken_from(&login_type);
	const struct weft_on on[] = { { &move_type, on_any },
		{ &login_type, on_any }, { &broken->type, on_any },
		WEFT_ON_END };
	char head[64];

	is_called(&broken->type, "move", head);
	are_refused(on, "type move: expected once, found twice");
}
END_TEST

START_TEST(a_bare_type_beside_another_is_refused)
{
	const struct weft_on on[] = { { &plain_type, on_any },
		{ &login_type, on_any }, WEFT_ON_END };

	are_refused(on,
	    "expected a bare type to be the only one that is received, found "
	    "2 types");
}
END_TEST

START_TEST(a_type_without_a_function_is_refused)
{
	const struct weft_on on[] = { { &login_type, on_any },
		{ &move_type, NULL }, WEFT_ON_END };

	are_refused(on, "type move: expected a function, found NULL");
}
END_TEST

START_TEST(a_table_of_256_types_without_an_end_is_refused)
{
	static struct weft_type types[257];
	static struct weft_on on[258];
	static char names[257][8], heads[257][32];
	size_t i, n;

	for (i = 0; i < 257; i++) {
		types[i] = move_type;
		snprintf(names[i], sizeof(names[i]), "t%zu", i);
		is_called(&types[i], names[i], heads[i]);
		on[i] = (struct weft_on){ &types[i], on_any };
	}
	are_refused(on,
	    "expected at most 256 types, found more: is there no "
	    "WEFT_ON_END?");
	on[256].type = NULL;
	ck_assert_int_eq(wi_types_check(on, &n, &err), WEFT_OK);
	ck_assert_uint_eq(n, 256);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		types_are_counted_to_the_end_of_the_table,
		a_bad_one_among_them_is_refused,
		two_types_of_a_name_are_refused,
		a_bare_type_beside_another_is_refused,
		a_type_without_a_function_is_refused,
		a_table_of_256_types_without_an_end_is_refused,
	};

	return check_main("types_check", tests, CHECK_COUNT(tests));
}
