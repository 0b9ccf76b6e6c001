/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/registry: which tables a host of some ABI takes; shown with a host of
 * a later ABI than there is, so that the rules hold when it comes.
 */
#include "plugin/registry.h"

#include "check_main.h"
#include "plugin_files.h"

#define V1_0 ((uint32_t)WI_ABI_SIZE_1_0)

/* A host of ABI 1.2, whose table has grown twice. */
static const struct wi_abi abi_later = { 1, 2, V1_0 + 16 };

START_TEST(what_abi_1_0_was_has_not_changed)
{
	/* 4 numbers, 2 strings, 5 functions, in this order. */
	ck_assert_uint_eq(V1_0, 16 + 7 * sizeof(void *));
	ck_assert_uint_eq(offsetof(struct weft_plugin, abi_major), 0);
	ck_assert_uint_eq(offsetof(struct weft_plugin, abi_minor), 4);
	ck_assert_uint_eq(offsetof(struct weft_plugin, size), 8);
	ck_assert_uint_eq(offsetof(struct weft_plugin, name), 16);
}
END_TEST

START_TEST(a_later_host_takes_older_minors_and_their_sizes)
{
	static const struct {
		uint32_t major, minor, size;
		int code;
	} cases[] = {
		{ 1, 2, V1_0 + 16, WEFT_OK },
		{ 1, 1, V1_0 + 8, WEFT_OK },
		{ 1, 0, V1_0, WEFT_OK },
		{ 1, 2, V1_0 + 8, WEFT_EABI },
		{ 1, 2, V1_0 + 24, WEFT_EABI },
		{ 1, 1, V1_0 + 24, WEFT_EABI },
		{ 1, 0, V1_0 - 8, WEFT_EABI },
		{ 1, 0, 0, WEFT_EABI },
		{ 1, 3, V1_0 + 16, WEFT_EABI },
		{ 0, 2, V1_0 + 16, WEFT_EABI },
		{ 2, 2, V1_0 + 16, WEFT_EABI },
	};
	struct weft_plugin api = { .name = "x" };
	struct weft_error err;
	size_t i;

	for (i = 0; i < CHECK_COUNT(cases); i++) {
		api.abi_major = cases[i].major;
		api.abi_minor = cases[i].minor;
		api.size = cases[i].size;
		ck_assert_int_eq(wi_abi_check(&api, &abi_later, "x.so", &err),
		    cases[i].code);
	}
	ck_assert_str_eq(
	    err.text, "x.so: expected plugin ABI 1.x (x <= 2), found 2.2");
}
END_TEST

START_TEST(names_are_short_and_plain)
{
	static const char *const good[] = { "a", "0-_z",
		"0123456789012345678901234567890" };
	static const char *const bad[] = { "", "A", "a b", "a.so", "a/b",
		"\303\244", "01234567890123456789012345678901" };
	struct weft_plugin api = {
		.abi_major = 1, .abi_minor = 0, .size = V1_0
	};
	struct weft_error err;
	size_t i;

	for (i = 0; i < CHECK_COUNT(good); i++) {
		api.name = good[i];
		ck_assert_int_eq(
		    wi_abi_check(&api, &abi_later, "x.so", &err), WEFT_OK);
	}
	for (i = 0; i < CHECK_COUNT(bad); i++) {
		api.name = bad[i];
		ck_assert_int_eq(
		    wi_abi_check(&api, &abi_later, "x.so", &err), WEFT_EABI);
		ck_assert_says(&err, "expected weft_plugin.name");
	}
	api.name = good[0];
	api.reserved = 1;
	ck_assert_int_eq(
	    wi_abi_check(&api, &abi_later, "x.so", &err), WEFT_EABI);
	ck_assert_says(&err, "reserved to be 0, found 1");
}
END_TEST

START_TEST(what_an_older_table_does_not_have_is_null)
{
	/* As if closed had come with a later minor. */
	const uint32_t size = offsetof(struct weft_plugin, closed);
	struct weft_plugin full = { .abi_major = 1,
		.abi_minor = 0,
		.size = V1_0,
		.name = "x",
		.unload = free };
	struct weft_plugin table;

	full.closed = (void (*)(
	    struct weft_call *, weft_endpoint, enum weft_reason))abort;
	wi_abi_copy(&table, &full);
	ck_assert(table.closed == full.closed);
	/* What lies behind the older table is not of it. */
	full.size = size;
	memset(&table, 1, sizeof(table));
	wi_abi_copy(&table, &full);
	ck_assert_uint_eq(table.size, size);
	ck_assert(table.unload == free);
	ck_assert(table.closed == NULL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_abi_1_0_was_has_not_changed,
		a_later_host_takes_older_minors_and_their_sizes,
		names_are_short_and_plain,
		what_an_older_table_does_not_have_is_null,
	};

	return check_main("registry_abi", tests, CHECK_COUNT(tests));
}
