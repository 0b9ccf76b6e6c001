/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_seccomp_without.c - a weft that is built without libseccomp
 * (this program is compiled with -UHAVE_SECCOMP): the option is refused, and
 * says why.
 */
#include <errno.h>
#include <string.h>

#include "check_main.h"
#include "host/conf_table.h"
#include "host/seccomp.h"

START_TEST(option_may_only_be_off)
{
	const struct wi_conf_option *option =
	    wi_conf_option_find(WI_CONF_TOP, "seccomp");
	uint64_t number = 9;
	char words[160];

	ck_assert_ptr_nonnull(option);
	ck_assert(wi_conf_number(option, "off", &number));
	ck_assert_uint_eq(number, WI_SECCOMP_OFF);
	ck_assert(!wi_conf_number(option, "log", &number));
	ck_assert(!wi_conf_number(option, "enforce", &number));
	wi_conf_expected(option, words, sizeof(words));
	ck_assert_str_eq(
	    words, "off, as this weft is built without libseccomp");
}
END_TEST

START_TEST(profile_is_refused)
{
	struct weft_error err;

	ck_assert_int_eq(wi_seccomp_enter(WI_SECCOMP_ENFORCE, &err), -ENOSYS);
	ck_assert_ptr_nonnull(strstr(err.text, "built without libseccomp"));
}
END_TEST

START_TEST(words_name_the_forbidden_calls)
{
	const struct wi_seccomp_call call = { .number = 59,
		.arch = 0xc000003e,
		.where = "plugin a, callback b" };
	char words[512];

	wi_seccomp_words(&call, words, sizeof(words));
#ifdef __x86_64__
	ck_assert_str_eq(words,
	    "execve (59), which its profile forbids: plugin a, callback b");
#else
	ck_assert_str_eq(words,
	    "another (59), which its profile forbids: plugin a, callback b");
#endif
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		option_may_only_be_off,
		profile_is_refused,
		words_name_the_forbidden_calls,
	};

	return check_main("seccomp_without", tests, CHECK_COUNT(tests));
}
