/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/registry: the options behind a plugin's name reach its load(), and
 * what is wrong with them is said.
 */
#include "plugin/plugin.h"

#include "check_main.h"
#include "plugin_place.h"

#define HUGE "99999999999999999999" /* above 2^64 */

START_TEST(options_reach_load)
{
	static const struct {
		const char *options, *word;
	} cases[] = {
		{ "?", "(none)" },
		{ "?word=", "" },
		{ "?word=a b", "a b" },
		{ "?other=1&word=x=y?z", "x=y?z" },
		{ "?word=a%26b%3d%25%41", "a&b=%A" },
	};
	const struct fixture *fixture;
	struct place place;
	size_t i;

	for (i = 0; i < CHECK_COUNT(cases); i++) {
		place_init(&place);
		fixture = expect_load(&place, "good", cases[i].options)->state;
		ck_assert_str_eq(fixture->word, cases[i].word);
		place_fini(&place);
	}
}
END_TEST

START_TEST(options_that_are_no_options_are_refused_before_load)
{
#define FORM "expected options as name=value&name=value, found "
	static const struct {
		const char *options, *text;
	} cases[] = {
		{ "?word", FORM "\"word\"" },
		{ "?=1", FORM "\"=1\"" },
		{ "?word=1&", FORM "\"\"" },
		{ "?word=1&&other=2", FORM "\"\"" },
		{ "?word=1&other", FORM "\"other\"" },
		{ "?word=1&word=2",
		    "expected each option once, found \"word\" twice" },
		{ "?word=100%",
		    "word: expected two hexadecimal digits behind \"%\", "
		    "found \"100%\"" },
		{ "?word=%0",
		    "word: expected two hexadecimal digits behind \"%\", "
		    "found \"%0\"" },
		{ "?word=%00",
		    "word: expected two hexadecimal digits behind \"%\", "
		    "found \"%00\"" },
	};
#undef FORM
	struct place place;
	size_t i;

	place_init(&place);
	for (i = 0; i < CHECK_COUNT(cases); i++) {
		expect_refused(&place, "traced", cases[i].options, WEFT_ELOAD,
		    cases[i].text);
		/* It was there, and load() was not asked. */
		expect_trace(&place, "cd");
	}
	place_fini(&place);
}
END_TEST

START_TEST(more_options_than_there_is_room_for_are_refused)
{
	char options[1024] = "?word=1";
	struct place place;
	size_t len;
	int i;

	place_init(&place);
	for (i = 2; i <= 33; i++) {
		len = strlen(options);
		(void)snprintf(
		    options + len, sizeof(options) - len, "&o%d=", i);
	}
	expect_refused(&place, "good", options, WEFT_ELOAD,
	    "expected at most 32 options, found \"o33\" besides");
	place_fini(&place);
}
END_TEST

START_TEST(an_option_that_the_plugin_does_not_know_is_refused)
{
	static const struct weft_plugin none = { .abi_major = WEFT_ABI_MAJOR,
		.abi_minor = WEFT_ABI_MINOR,
		.size = sizeof(struct weft_plugin),
		.name = "none" };
	struct wi_plugin *plugin;
	struct weft_error err;
	struct place place;

	place_init(&place);
	expect_refused(&place, "good", "?word=1&wrod=2", WEFT_ELOAD,
	    "expected options of word, other, found the option \"wrod\"");
	expect_refused(&place, "traced", "?wrod=2", WEFT_ELOAD,
	    "expected options of word, found the option \"wrod\"");
	/* load() had made its state by then. */
	expect_trace(&place, "clud");
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &none, "a=b", &plugin, &err),
	    WEFT_ELOAD);
	ck_assert_str_eq(err.text,
	    "(part of the program): expected no options, found the option "
	    "\"a\"");
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &none, "", &plugin, &err), WEFT_OK);
	place_fini(&place);
}
END_TEST

START_TEST(the_plugin_slow_knows_its_options_and_their_ranges)
{
#define RANGE(name, min, max, found)                                          \
	name ": expected a number, " min " to " max ", found \"" found "\""
	static const struct {
		const char *what, *text;
	} cases[] = {
		{ "slow?burn_us=x", RANGE("burn_us", "0", "60000000", "x") },
		{ "slow?burn_us=-1", RANGE("burn_us", "0", "60000000", "-1") },
		{ "slow?burn_us= 1", RANGE("burn_us", "0", "60000000", " 1") },
		{ "slow?sleep_us=", RANGE("sleep_us", "0", "60000000", "") },
		{ "slow?sleep_us=60000001",
		    RANGE("sleep_us", "0", "60000000", "60000001") },
		{ "slow?sleep_us=5ms",
		    RANGE("sleep_us", "0", "60000000", "5ms") },
		{ "slow?every=0", RANGE("every", "1", "1000000000", "0") },
		{ "slow?every=" HUGE,
		    RANGE("every", "1", "1000000000", HUGE) },
		{ "slow?burn=1",
		    "expected options of burn_us, sleep_us, every, found the "
		    "option \"burn\"" },
	};
#undef RANGE
	struct wi_plugin *plugin;
	struct weft_error err;
	struct place place;
	size_t i;

	place_init(&place);
	for (i = 0; i < CHECK_COUNT(cases); i++) {
		ck_assert_int_eq(wi_plugins_load(&place.plugins, cases[i].what,
				     &plugin, &err),
		    WEFT_ELOAD);
		ck_assert_says(&err, cases[i].text);
	}
	ck_assert_msg(wi_plugins_load(&place.plugins,
			  "slow?burn_us=60000000&sleep_us=0&every=1", &plugin,
			  &err) == WEFT_OK,
	    "%s", err.text);
	place_fini(&place);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		options_reach_load,
		options_that_are_no_options_are_refused_before_load,
		more_options_than_there_is_room_for_are_refused,
		an_option_that_the_plugin_does_not_know_is_refused,
		the_plugin_slow_knows_its_options_and_their_ranges,
	};

	return check_main("registry_options", tests, CHECK_COUNT(tests));
}
