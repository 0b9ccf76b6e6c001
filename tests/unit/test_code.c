/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_code.c - which code an address lies in, and what holds it.
 */
#include "base/code.h"

#include <stddef.h>

#include "check_main.h"

/* Stands for code that was mapped. */
static char one[64], two[64];

static int
add(const char *code, size_t size)
{
	return wi_code_add((uintptr_t)code, (uintptr_t)code + size);
}

START_TEST(an_address_is_counted_where_it_lies)
{
	int first = add(one, sizeof(one)), second = add(two, sizeof(two));

	ck_assert_int_ge(first, 0);
	ck_assert_int_ge(second, 0);
	ck_assert_int_ne(first, second);
	wi_code_use(one);
	wi_code_use(one + 63);
	wi_code_use(two + 5);
	ck_assert_uint_eq(wi_code_used(first), 2);
	ck_assert_uint_eq(wi_code_used(second), 1);
	wi_code_unuse(one);
	wi_code_unuse(one + 63);
	wi_code_unuse(two + 5);
	ck_assert_uint_eq(wi_code_used(first), 0);
	ck_assert_uint_eq(wi_code_used(second), 0);
}
END_TEST

START_TEST(what_lies_nowhere_is_nothing)
{
	int code = add(one, 32);

	wi_code_use(NULL);
	wi_code_use(one + 32);
	wi_code_use(&code);
	ck_assert_uint_eq(wi_code_used(code), 0);
	wi_code_unuse(one + 32);
	ck_assert_uint_eq(wi_code_used(code), 0);
}
END_TEST

START_TEST(a_place_is_used_again)
{
	int code = add(one, sizeof(one));

	wi_code_use(one);
	wi_code_unuse(one);
	wi_code_drop(code);
	ck_assert_int_eq(add(two, sizeof(two)), code);
	wi_code_use(one);
	ck_assert_uint_eq(wi_code_used(code), 0);
	wi_code_use(two);
	ck_assert_uint_eq(wi_code_used(code), 1);
}
END_TEST

START_TEST(when_all_places_are_taken_code_is_never_free)
{
	unsigned i;

	for (i = 0; i < WI_CODE_MAX; i++)
		ck_assert_int_ge(wi_code_add(1000 + i, 1001 + i), 0);
	ck_assert_int_eq(add(one, sizeof(one)), -1);
	ck_assert_uint_eq(wi_code_used(-1), 1);
	wi_code_drop(-1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { an_address_is_counted_where_it_lies,
		what_lies_nowhere_is_nothing, a_place_is_used_again,
		when_all_places_are_taken_code_is_never_free };

	return check_main("code", tests, CHECK_COUNT(tests));
}
