/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_peek.c - a plugin is looked at, and not loaded.
 */
#include <weft/plugin.h>

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/fixture.h"
#include "check_main.h"
#include "plugin_files.h"

/* The fixture of that name cannot be opened, for this reason. */
static void
refused(const char *dir, const char *name, int code, const char *says)
{
	const struct weft_plugin *api = (const void *)name;
	struct weft_error err;
	struct weft_opened *opened = (void *)&err;
	char path[PATH_MAX];

	(void)snprintf(
	    path, sizeof(path), "%s/%s.so", getenv("WEFT_TEST_PLUGINS"), name);
	ck_assert_int_eq(weft_plugin_open(path, &api, &opened, &err), code);
	ck_assert_says(&err, says);
	ck_assert_ptr_null(api);
	ck_assert_ptr_null(opened);
	ck_assert_int_eq(weft_plugin_open(path, &api, &opened, NULL), code);
	ck_assert_uint_eq(files_count(dir), 0);
}

static const struct weft_plugin *
opens(const char *name, struct weft_opened **opened)
{
	const struct weft_plugin *api;
	struct weft_error err;
	char path[PATH_MAX];

	(void)snprintf(
	    path, sizeof(path), "%s/%s.so", getenv("WEFT_TEST_PLUGINS"), name);
	ck_assert_msg(weft_plugin_open(path, &api, opened, &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_ptr_nonnull(api);
	return api;
}

START_TEST(its_table_and_types_are_there)
{
	char dir[PATH_MAX];
	struct weft_opened *opened;
	const struct weft_plugin *api;

	files_enter(dir);
	api = opens("shop", &opened);
	ck_assert_str_eq(api->name, "shop");
	ck_assert_str_eq(api->version, "1.2");
	ck_assert_str_eq(api->receives[0].type->name, "order");
	ck_assert_str_eq(api->sends[0]->name, "answer");
	ck_assert_ptr_null(weft_plugin_codec(opened));
	weft_plugin_close(&opened);
	ck_assert_ptr_null(opened);
	weft_plugin_close(&opened);
	files_leave(dir);
}
END_TEST

/* shop's load() refuses when it is told to: it is not asked. */
START_TEST(load_does_not_run)
{
	char dir[PATH_MAX];
	struct weft_opened *opened;

	files_enter(dir);
	ck_assert_int_eq(setenv("WEFT_TEST_NO_LOAD", "1", 1), 0);
	(void)opens("shop", &opened);
	weft_plugin_close(&opened);
	files_leave(dir);
}
END_TEST

START_TEST(its_codec_is_there)
{
	char dir[PATH_MAX];
	struct weft_opened *opened;

	files_enter(dir);
	(void)opens("slip", &opened);
	ck_assert_str_eq(weft_plugin_codec(opened)->name, "slip");
	weft_plugin_close(&opened);
	files_leave(dir);
}
END_TEST

START_TEST(twice_is_two)
{
	char dir[PATH_MAX];
	struct weft_opened *one, *two;
	const struct weft_plugin *first;

	files_enter(dir);
	first = opens("good", &one);
	ck_assert_ptr_ne(first, opens("good", &two));
	weft_plugin_close(&one);
	weft_plugin_close(&two);
	files_leave(dir);
}
END_TEST

START_TEST(what_is_no_good_plugin_is_refused)
{
	char dir[PATH_MAX];

	files_enter(dir);
	refused(dir, "nosuch", WEFT_ENOPLUGIN, "No such file");
	refused(
	    dir, "no_symbol", WEFT_ELOAD, "expected the symbol weft_plugin");
	refused(dir, "abi_major", WEFT_EABI, "expected plugin ABI 1");
	refused(dir, "bad_name", WEFT_EABI, "expected weft_plugin.name");
	refused(dir, "codec_bad", WEFT_EABI, "codec_bad.so: ");
	refused(dir, "codec_builtin", -EEXIST, "codec_builtin.so: ");
	files_leave(dir);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		its_table_and_types_are_there,
		load_does_not_run,
		its_codec_is_there,
		twice_is_two,
		what_is_no_good_plugin_is_refused,
	};

	return check_main("peek", tests, CHECK_COUNT(tests));
}
