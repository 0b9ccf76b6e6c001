/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_option.c - base/option and plugin/load: tables of options of
 * plugins, and what load() gets by them.
 */
#include "base/option.h"

#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "plugin_place.h"

static const struct weft_plugin_option good[] = {
	{ "text", WEFT_OPTION_TEXT, "a text", 0, 0, "anything" },
	{ "bool", WEFT_OPTION_BOOL, "yes", 0, 0, "whether" },
	{ "number", WEFT_OPTION_NUMBER, "-2", -5, 4096, "how many" },
	{ "any", WEFT_OPTION_NUMBER, NULL, 0, 0, "any number" },
	{ "time", WEFT_OPTION_TIME, "2s", 1, 60000, "how long" },
	{ "size", WEFT_OPTION_SIZE, "64k", 1, 1 << 20, "how much" },
	{ "file", WEFT_OPTION_FILE, NULL, 0, 0, "where" },
	WEFT_OPTION_END,
};

START_TEST(a_value_is_given_in_one_form)
{
	static const struct {
		const char *name, *value, *given;
	} cases[] = {
		{ "text", "", "" },
		{ "text", "1k", "1k" },
		{ "bool", "yes", "1" },
		{ "bool", "off", "0" },
		{ "bool", "maybe", NULL },
		{ "bool", "", NULL },
		{ "number", "-5", "-5" },
		{ "number", "-6", NULL },
		{ "number", "4k", "4096" },
		{ "number", "4097", NULL },
		{ "number", "+1", NULL },
		{ "number", "1.0", NULL },
		{ "number", "-", NULL },
		{ "number", "", NULL },
		{ "any", "9223372036854775807", "9223372036854775807" },
		{ "any", "9223372036854775808", NULL },
		{ "any", "99999999999999999999", NULL },
		{ "any", "-7G", "-7516192768" },
		{ "time", "1ms", "1" },
		{ "time", "0", NULL },
		{ "time", "1m", "60000" },
		{ "time", "60", "60000" },
		{ "time", "61s", NULL },
		{ "time", "-1s", NULL },
		{ "size", "1M", "1048576" },
		{ "size", "1025k", NULL },
		{ "size", "1s", NULL },
		{ "file", "a/b", "a/b" },
		{ "file", "", NULL },
	};
	const struct weft_plugin_option *option;
	char given[64];
	size_t i;

	for (i = 0; i < CHECK_COUNT(cases); i++) {
		option = wi_option_find(good, cases[i].name);
		ck_assert_ptr_nonnull(option);
		ck_assert_msg(wi_option_read(option, cases[i].value, given,
				  sizeof(given)) == (cases[i].given != NULL),
		    "%s = %s", cases[i].name, cases[i].value);
		if (cases[i].given != NULL)
			ck_assert_str_eq(given, cases[i].given);
	}
}
END_TEST

START_TEST(what_may_be_is_said)
{
	static const struct {
		const char *name, *expected;
	} cases[] = {
		{ "text", "a text" },
		{ "bool", "yes or no" },
		{ "number", "a number, -5 to 4096" },
		{ "any", "a number" },
		{ "time", "a time, 1ms to 1m (like 300ms, 10s, 2m, 1h)" },
		{ "size", "bytes, 1 to 1M (like 1500, 64k, 1M)" },
		{ "file", "a path" },
	};
	char expected[160];
	size_t i;

	for (i = 0; i < CHECK_COUNT(cases); i++) {
		wi_option_expected(wi_option_find(good, cases[i].name),
		    expected, sizeof(expected));
		ck_assert_str_eq(expected, cases[i].expected);
	}
}
END_TEST

START_TEST(a_table_that_is_not_good_is_refused)
{
#define ROW(...) __VA_ARGS__
#define BAD(row, said)                                                        \
	{                                                                     \
		{ { "a", WEFT_OPTION_TEXT, NULL, 0, 0, "a" }, { row },        \
			WEFT_OPTION_END },                                    \
		    "x.so: option " said                                      \
	}
	static const struct {
		struct weft_plugin_option table[3];
		const char *said;
	} cases[] = {
		BAD(ROW("", WEFT_OPTION_TEXT, NULL, 0, 0, ""),
		    ": expected a name of 1 to 31 of [a-z0-9_]"),
		BAD(ROW("B", WEFT_OPTION_TEXT, NULL, 0, 0, ""),
		    "B: expected a name of 1 to 31 of [a-z0-9_]"),
		BAD(ROW("a", WEFT_OPTION_TEXT, NULL, 0, 0, ""),
		    "a: expected each name once, found it again"),
		BAD(ROW("b", (enum weft_option_kind)0, NULL, 0, 0, ""),
		    "b: expected a kind of enum weft_option_kind"),
		BAD(ROW("b", (enum weft_option_kind)7, NULL, 0, 0, ""),
		    "b: expected a kind of enum weft_option_kind"),
		BAD(ROW("b", WEFT_OPTION_NUMBER, NULL, 2, 1, ""),
		    "b: expected min to be at most max"),
		BAD(ROW("b", WEFT_OPTION_NUMBER, NULL, 0, 0, NULL),
		    "b: expected a text, found NULL"),
		BAD(ROW("b", WEFT_OPTION_NUMBER, "3", 1, 2, ""),
		    "b: expected a default that may be written, found "
		    "another"),
	};
#undef BAD
#undef ROW
	struct weft_error err;
	size_t i;

	ck_assert_int_eq(wi_options_check(NULL, "x.so", &err), WEFT_OK);
	ck_assert_int_eq(wi_options_check(good, "x.so", &err), WEFT_OK);
	for (i = 0; i < CHECK_COUNT(cases); i++) {
		ck_assert_int_eq(
		    wi_options_check(cases[i].table, "x.so", &err), WEFT_EABI);
		ck_assert_str_eq(err.text, cases[i].said);
	}
}
END_TEST

START_TEST(a_table_has_32_rows_at_most)
{
	struct weft_plugin_option rows[WI_OPTIONS_MAX + 2];
	char names[WI_OPTIONS_MAX + 1][8];
	struct weft_error err;
	size_t i;

	memset(rows, 0, sizeof(rows));
	for (i = 0; i <= WI_OPTIONS_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "o%zu", i);
		rows[i] = (struct weft_plugin_option){ names[i],
			WEFT_OPTION_TEXT, NULL, 0, 0, "" };
	}
	ck_assert_int_eq(wi_options_check(rows, "x.so", &err), WEFT_EABI);
	ck_assert_str_eq(err.text,
	    "x.so: expected at most 32 options, found \"o32\" besides");
	rows[WI_OPTIONS_MAX].name = NULL;
	ck_assert_int_eq(wi_options_check(rows, "x.so", &err), WEFT_OK);
}
END_TEST

/* ---- load() ----------------------------------------------------------- */

static char got[512];
static int loads;

static int
load(struct weft_load *load, void **state)
{
	const struct weft_plugin_option *option;
	const char *value;

	(void)state;
	loads++;
	got[0] = '\0';
	for (option = good; option->name != NULL; option++) {
		value = weft_load_option(load, option->name);
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s=%s;", option->name, value != NULL ? value : "-");
	}
	return WEFT_OK;
}

static const struct weft_plugin tabled =
    WEFT_PLUGIN_INIT(.name = "tabled", .load = load, .options = good);

static int
try_load(const char *options, struct weft_error *err)
{
	struct wi_plugin *plugin;
	struct place place;
	int rc;

	loads = 0;
	place_init(&place);
	rc = wi_plugins_add(&place.plugins, &tabled, options, &plugin, err);
	place_fini(&place);
	return rc;
}

START_TEST(load_gets_what_was_written_and_defaults_for_the_rest)
{
	struct weft_error err;

	ck_assert_int_eq(try_load(NULL, &err), WEFT_OK);
	ck_assert_str_eq(got,
	    "text=a text;bool=1;number=-2;any=-;time=2000;size=65536;file=-;");
	ck_assert_int_eq(try_load("text=&bool=no&number=1K&any=0&time=1m&"
				  "size=1&file=a%26b",
			     &err),
	    WEFT_OK);
	ck_assert_str_eq(
	    got, "text=;bool=0;number=1024;any=0;time=60000;size=1;file=a&b;");
}
END_TEST

START_TEST(what_the_table_does_not_have_is_refused_before_load)
{
	static const struct {
		const char *options, *said;
	} cases[] = {
		{ "sise=1",
		    "expected options of text, bool, number, any, time, size, "
		    "file, found the option \"sise\": did you mean size?" },
		{ "time=soon",
		    "time: expected a time, 1ms to 1m (like 300ms, 10s, 2m, "
		    "1h), found \"soon\"" },
		{ "number=4097",
		    "number: expected a number, -5 to 4096, found \"4097\"" },
		{ "bool=2", "bool: expected yes or no, found \"2\"" },
	};
	struct weft_error err;
	size_t i;

	ck_assert_int_eq(try_load("size=1", &err), WEFT_OK);
	ck_assert_int_eq(loads, 1);
	for (i = 0; i < CHECK_COUNT(cases); i++) {
		ck_assert_int_eq(try_load(cases[i].options, &err), WEFT_ELOAD);
		ck_assert_ptr_nonnull(strstr(err.text, cases[i].said));
		ck_assert_int_eq(loads, 0);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_value_is_given_in_one_form,
		what_may_be_is_said, a_table_that_is_not_good_is_refused,
		a_table_has_32_rows_at_most,
		load_gets_what_was_written_and_defaults_for_the_rest,
		what_the_table_does_not_have_is_refused_before_load };

	return check_main("option", tests, CHECK_COUNT(tests));
}
