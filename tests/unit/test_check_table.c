/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_check_table.c - members of a plugin that need each other.
 */
#include "host/check_table.h"

#include <string.h>

#include "check_main.h"

/* What was said, one letter for its level: "E", "WW". */
static char levels[16];
static char whats[256];

static void
note(void *arg, enum wi_level level, const char *what, const char *text)
{
	size_t len = strlen(levels);

	ck_assert_ptr_eq(arg, levels);
	ck_assert_ptr_nonnull(strstr(text, "expected "));
	ck_assert_ptr_nonnull(strstr(text, "found "));
	ck_assert_uint_lt(len, sizeof(levels) - 1);
	levels[len] = "EWN"[level];
	levels[len + 1] = '\0';
	strcat(whats, what);
	strcat(whats, ";");
}

static void
judge(const struct weft_plugin *api, bool codec)
{
	levels[0] = '\0';
	whats[0] = '\0';
	wi_check_table(api, codec, note, levels);
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)call;
	(void)from;
	(void)msg;
}

static int
load(struct weft_load *load, void **state)
{
	(void)load;
	(void)state;
	return WEFT_OK;
}

static void
unload(void *state)
{
	(void)state;
}

static int
save(struct weft_save *save, void *state)
{
	(void)save;
	(void)state;
	return WEFT_OK;
}

static int
save_strand(struct weft_save *save, weft_strand strand, void *state)
{
	(void)save;
	(void)strand;
	(void)state;
	return WEFT_OK;
}

static int
load_strand(
    struct weft_load *load, void *state, weft_strand strand, void **made)
{
	(void)load;
	(void)state;
	(void)strand;
	(void)made;
	return WEFT_OK;
}

static void
drop_strand(weft_strand strand, void *state)
{
	(void)strand;
	(void)state;
}

START_TEST(a_plugin_that_is_whole_has_no_finding)
{
	const struct weft_plugin plain = WEFT_PLUGIN_INIT(.message = message);
	const struct weft_plugin all =
	    WEFT_PLUGIN_INIT(.load = load, .unload = unload,
		.message = message, .save = save, .save_strand = save_strand,
		.load_strand = load_strand, .drop_strand = drop_strand);

	judge(&plain, false);
	ck_assert_str_eq(levels, "");
	judge(&all, false);
	ck_assert_str_eq(levels, "");
}
END_TEST

START_TEST(a_plugin_needs_a_handler_or_a_codec)
{
	const struct weft_plugin empty = WEFT_PLUGIN_INIT(.name = "empty");

	judge(&empty, false);
	ck_assert_str_eq(levels, "W");
	ck_assert_str_eq(whats, "handlers;");
	judge(&empty, true);
	ck_assert_str_eq(levels, "");
}
END_TEST

START_TEST(what_is_saved_must_be_loaded)
{
	const struct weft_plugin one = WEFT_PLUGIN_INIT(.unload = unload,
	    .message = message, .save = save);
	const struct weft_plugin two = WEFT_PLUGIN_INIT(.message = message,
	    .save_strand = save_strand, .drop_strand = drop_strand);

	judge(&one, false);
	ck_assert_str_eq(levels, "E");
	ck_assert_str_eq(whats, "save();");
	judge(&two, false);
	ck_assert_str_eq(levels, "E");
	ck_assert_str_eq(whats, "save_strand();");
}
END_TEST

START_TEST(what_is_loaded_should_be_saved_and_what_is_made_freed)
{
	const struct weft_plugin unwritten =
	    WEFT_PLUGIN_INIT(.message = message, .load_strand = load_strand);
	const struct weft_plugin unfreed = WEFT_PLUGIN_INIT(.message = message,
	    .save_strand = save_strand, .load_strand = load_strand);

	judge(&unwritten, false);
	ck_assert_str_eq(levels, "W");
	ck_assert_str_eq(whats, "load_strand();");
	judge(&unfreed, false);
	ck_assert_str_eq(levels, "W");
	ck_assert_str_eq(whats, "save_strand();");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_plugin_that_is_whole_has_no_finding,
		a_plugin_needs_a_handler_or_a_codec,
		what_is_saved_must_be_loaded,
		what_is_loaded_should_be_saved_and_what_is_made_freed,
	};

	return check_main("check_table", tests, CHECK_COUNT(tests));
}
