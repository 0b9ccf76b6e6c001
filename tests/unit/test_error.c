/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_error.c - base/error: codes and reasons in words; with it
 * base/version and base/clock, which are a line each.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/version.h>

#include "base/clock.h"
#include "check_main.h"

START_TEST(codes_of_ours_have_their_fixed_value_name_and_text)
{
	/* By hand, not from the list: a changed value must fail here. */
	static const struct {
		int code;
		int value;
		const char *name;
	} codes[] = {
		{ WEFT_EFULL, -10001, "WEFT_EFULL" },
		{ WEFT_ENOENDPOINT, -10002, "WEFT_ENOENDPOINT" },
		{ WEFT_ETOOBIG, -10003, "WEFT_ETOOBIG" },
		{ WEFT_EMALFORMED, -10004, "WEFT_EMALFORMED" },
		{ WEFT_ENOSTRAND, -10014, "WEFT_ENOSTRAND" },
		{ WEFT_ENOTIMER, -10015, "WEFT_ENOTIMER" },
		{ WEFT_EURL, -10005, "WEFT_EURL" },
		{ WEFT_ENOPLUGIN, -10006, "WEFT_ENOPLUGIN" },
		{ WEFT_EABI, -10007, "WEFT_EABI" },
		{ WEFT_ELOAD, -10008, "WEFT_ELOAD" },
		{ WEFT_ESTATE, -10009, "WEFT_ESTATE" },
		{ WEFT_ESTUCK, -10010, "WEFT_ESTUCK" },
		{ WEFT_ETLS, -10020, "WEFT_ETLS" },
		{ WEFT_ETLS_UNTRUSTED, -10021, "WEFT_ETLS_UNTRUSTED" },
		{ WEFT_ETLS_EXPIRED, -10022, "WEFT_ETLS_EXPIRED" },
		{ WEFT_ETLS_HOST, -10023, "WEFT_ETLS_HOST" },
		{ WEFT_ETLS_VERSION, -10024, "WEFT_ETLS_VERSION" },
		{ WEFT_ETLS_TRUNCATED, -10025, "WEFT_ETLS_TRUNCATED" },
		{ WEFT_ETLS_NO_CERT, -10026, "WEFT_ETLS_NO_CERT" },
	};
	size_t i;
	size_t j;

	for (i = 0; i < CHECK_COUNT(codes); i++) {
		ck_assert_int_eq(codes[i].code, codes[i].value);
		ck_assert_str_eq(weft_errname(codes[i].code), codes[i].name);
		ck_assert_str_ne(
		    weft_strerror(codes[i].code), "unknown error");
		for (j = 0; j < i; j++)
			ck_assert_str_ne(weft_strerror(codes[i].code),
			    weft_strerror(codes[j].code));
	}
	ck_assert_str_eq(
	    weft_strerror(WEFT_ETOOBIG), "message is longer than max_message");
}
END_TEST

START_TEST(ok_is_no_error)
{
	ck_assert_int_eq(WEFT_OK, 0);
	ck_assert_str_eq(weft_errname(WEFT_OK), "WEFT_OK");
	ck_assert_str_eq(weft_strerror(WEFT_OK), "no error");
}
END_TEST

START_TEST(negated_errno_has_the_name_and_text_of_the_system)
{
	ck_assert_str_eq(weft_errname(-EADDRINUSE), "EADDRINUSE");
	ck_assert_str_eq(weft_strerror(-EADDRINUSE), "Address already in use");
	ck_assert_str_eq(weft_errname(-ENOMEM), "ENOMEM");
	ck_assert_str_eq(weft_strerror(-ENOMEM), "Cannot allocate memory");
}
END_TEST

START_TEST(unknown_code_has_a_text_too)
{
	static const int codes[] = { 1, ENOENT, INT_MAX, INT_MIN, -4000, -4096,
		-9999, -10000, -10050, -10100 };
	size_t i;

	for (i = 0; i < CHECK_COUNT(codes); i++) {
		ck_assert_str_eq(weft_errname(codes[i]), "unknown");
		ck_assert_str_eq(weft_strerror(codes[i]), "unknown error");
	}
}
END_TEST

START_TEST(error_struct_keeps_its_size)
{
	ck_assert_uint_eq(sizeof(struct weft_error), 512);
}
END_TEST

START_TEST(reason_is_one_word)
{
	ck_assert_str_eq(weft_reason_name(WEFT_REASON_PEER), "peer");
	ck_assert_str_eq(weft_reason_name(WEFT_REASON_RESET), "reset");
	ck_assert_str_eq(weft_reason_name(WEFT_REASON_LOCAL), "local");
	ck_assert_str_eq(weft_reason_name(WEFT_REASON_TOOBIG), "too-big");
	ck_assert_str_eq(weft_reason_name(WEFT_REASON_MALFORMED), "malformed");
	ck_assert_str_eq(weft_reason_name(WEFT_REASON_NOMEM), "no-memory");
	ck_assert_str_eq(weft_reason_name(WEFT_REASON_STOPPING), "stopping");
	ck_assert_str_eq(weft_reason_name((enum weft_reason)99), "unknown");
}
END_TEST

START_TEST(version_is_that_of_the_header_in_words_and_numbers)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", WEFT_VERSION_MAJOR,
	    WEFT_VERSION_MINOR, WEFT_VERSION_PATCH);
	ck_assert_str_eq(weft_version(), text);
	ck_assert_str_eq(weft_version(), WEFT_VERSION);
}
END_TEST

START_TEST(clock_is_the_monotonic_one_in_nanoseconds)
{
	struct timespec before;
	struct timespec after;
	uint64_t now;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	now = wi_clock_ns();
	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	ck_assert_uint_ge(now,
	    (uint64_t)before.tv_sec * 1000000000u + (uint64_t)before.tv_nsec);
	ck_assert_uint_le(now,
	    (uint64_t)after.tv_sec * 1000000000u + (uint64_t)after.tv_nsec);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		codes_of_ours_have_their_fixed_value_name_and_text,
		ok_is_no_error,
		negated_errno_has_the_name_and_text_of_the_system,
		unknown_code_has_a_text_too,
		error_struct_keeps_its_size,
		reason_is_one_word,
		version_is_that_of_the_header_in_words_and_numbers,
		clock_is_the_monotonic_one_in_nanoseconds,
	};

	return check_main("error", tests, CHECK_COUNT(tests));
}
