/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/find: from what the user wrote to a file, with trees of directories
 * made for each test.
 */
#include "plugin/find.h"

#include "check_main.h"
#include "plugin_files.h"

#define NAME "weft-nosuch" /* a name that nobody has installed */

/* Make the directories of dir/a/b/c.so, and the file. */
static void
plant(const char *dir, const char *file)
{
	char path[PATH_MAX];
	char *slash;

	files_path(path, "%s/%s", dir, file);
	for (slash = path + strlen(dir) + 1;
	     (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	files_write(path, "x", 1);
}

/* Take away dir/a/b/c.so and the directories that it leaves empty. */
static void
uproot(const char *dir, const char *file)
{
	char path[PATH_MAX];

	files_path(path, "%s/%s", dir, file);
	ck_assert_int_eq(unlink(path), 0);
	for (;;) {
		*strrchr(path, '/') = '\0';
		if (strlen(path) <= strlen(dir) || rmdir(path) < 0)
			return;
	}
}

/* The name is found at dir/file, by a program at dir/exe. */
static void
expect_found(const char *exe, const char *dir, const char *file)
{
	char program[PATH_MAX], expected[PATH_MAX];
	struct weft_error err;
	char *path;

	files_path(program, "%s/%s", dir, exe);
	files_path(expected, "%s/%s", dir, file);
	ck_assert_msg(wi_find_name(NAME, program, &path, &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_str_eq(path, expected);
	free(path);
}

/* The name is not found; what is said is in *err. */
static void
expect_missing(const char *exe, const char *dir, struct weft_error *err)
{
	char program[PATH_MAX];
	char *path = program;

	files_path(program, "%s/%s", dir, exe);
	ck_assert_int_eq(
	    wi_find_name(NAME, program, &path, err), WEFT_ENOPLUGIN);
	ck_assert_ptr_null(path);
	ck_assert_int_eq(err->code, WEFT_ENOPLUGIN);
	ck_assert_says(err, NAME);
}

START_TEST(a_path_is_taken_as_it_is_and_its_options_are_cut_off)
{
	static const struct {
		const char *what, *path, *options;
	} cases[] = {
		{ "./a", "./a", NULL },
		{ "a.so", "a.so", NULL },
		{ ".so", ".so", NULL },
		{ "/x/y.so?", "/x/y.so", "" },
		{ "../slow.so?burn_us=2&every=3", "../slow.so",
		    "burn_us=2&every=3" },
		{ "x/a?b?c", "x/a", "b?c" },
	};
	struct weft_error err;
	const char *options;
	size_t i;
	char *path;

	for (i = 0; i < CHECK_COUNT(cases); i++) {
		ck_assert_int_eq(
		    wi_find_plugin(cases[i].what, &path, &options, &err),
		    WEFT_OK);
		ck_assert_str_eq(path, cases[i].path);
		ck_assert_pstr_eq(options, cases[i].options);
		free(path);
	}
}
END_TEST

START_TEST(nothing_is_no_name)
{
	struct weft_error err;
	const char *options;
	char *path;

	ck_assert_int_eq(
	    wi_find_plugin("", &path, &options, &err), WEFT_ENOPLUGIN);
	ck_assert_int_eq(
	    wi_find_plugin("?a=b", &path, &options, &err), WEFT_ENOPLUGIN);
	ck_assert_says(&err, "expected the name or the file of a plugin");
	ck_assert_says(&err, "\"?a=b\"");
}
END_TEST

START_TEST(a_name_is_found_in_the_first_directory_of_the_path_that_has_it)
{
	char dir[PATH_MAX], path[PATH_MAX];
	struct weft_error err;
	const char *options;
	char *found;

	files_enter(dir);
	plant(dir, "two/" NAME ".so");
	plant(dir, "three/" NAME ".so");
	files_path(path, ":%s/one::%s/two:%s/three:", dir, dir, dir);
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", path, 1), 0);
	expect_found("weft", dir, "two/" NAME ".so");
	ck_assert_int_eq(
	    wi_find_plugin(NAME "?x=1", &found, &options, &err), WEFT_OK);
	ck_assert_ptr_nonnull(strstr(found, "/two/" NAME ".so"));
	ck_assert_str_eq(options, "x=1");
	free(found);
	uproot(dir, "two/" NAME ".so");
	expect_found("weft", dir, "three/" NAME ".so");
	uproot(dir, "three/" NAME ".so");
	files_leave(dir);
}
END_TEST

START_TEST(an_empty_element_of_the_path_is_not_the_working_directory)
{
	char dir[PATH_MAX];
	struct weft_error err;

	files_enter(dir);
	plant(dir, NAME ".so");
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", ".", 1), 0);
	/* It would be found there, if it were asked for. */
	expect_found("weft", ".", NAME ".so");
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", "::", 1), 0);
	expect_missing("weft", dir, &err);
	/* Nor is it the root. */
	ck_assert_ptr_null(strstr(err.text, "looked at /" NAME ".so"));
	uproot(dir, NAME ".so");
	files_leave(dir);
}
END_TEST

START_TEST(a_program_of_the_build_tree_finds_the_tree_around_it)
{
	static const char module[] = "plugins/" NAME "/.libs/" NAME ".so";
	char dir[PATH_MAX];
	struct weft_error err;

	files_enter(dir);
	ck_assert_int_eq(unsetenv("WEFT_PLUGIN_PATH"), 0);
	plant(dir, module);
	/* No build tree yet: somebody's folder of that name. */
	expect_missing("weft", dir, &err);
	plant(dir, "config.status");
	expect_found("weft", dir, module);
	expect_found(".libs/weft", dir, module);
	expect_found("tests/unit/test_find", dir, module);
	expect_found("tests/unit/.libs/test_find", dir, module);
	expect_found("a/b/c/test_find", dir, module);
	expect_found("a/b/c/.libs/test_find", dir, module);
	/* One too deep: the tree is somebody else's. */
	expect_missing("a/b/c/d/test_find", dir, &err);
	uproot(dir, "config.status");
	uproot(dir, module);
	files_leave(dir);
}
END_TEST

START_TEST(the_path_goes_before_the_build_tree)
{
	static const char module[] = "plugins/" NAME "/.libs/" NAME ".so";
	char dir[PATH_MAX];

	files_enter(dir);
	plant(dir, module);
	plant(dir, "config.status");
	plant(dir, NAME ".so");
	ck_assert_int_eq(unsetenv("WEFT_PLUGIN_PATH"), 0);
	expect_found("weft", dir, module);
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", dir, 1), 0);
	expect_found("weft", dir, NAME ".so");
	uproot(dir, NAME ".so");
	uproot(dir, "config.status");
	uproot(dir, module);
	files_leave(dir);
}
END_TEST

START_TEST(what_was_not_found_is_said_with_every_place)
{
	char dir[PATH_MAX], place[PATH_MAX];
	struct weft_error err;

	files_enter(dir);
	plant(dir, "config.status");
	files_path(place, "%s/one:%s/two", dir, dir);
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", place, 1), 0);
	expect_missing("weft", dir, &err);
	files_path(place, "looked at %s/one/" NAME ".so, %s/two/" NAME ".so, ",
	    dir, dir);
	ck_assert_says(&err, place);
	files_path(place, "%s/plugins/" NAME "/.libs/" NAME ".so, ", dir);
	ck_assert_says(&err, place);
	ck_assert_says(&err, WEFT_PLUGINDIR "/" NAME ".so");
	uproot(dir, "config.status");
	files_leave(dir);
}
END_TEST

START_TEST(places_that_do_not_fit_are_counted)
{
	char dir[PATH_MAX], place[PATH_MAX] = "";
	struct weft_error err;
	char *path;
	size_t len = 0;
	int i;

	files_enter(dir);
	for (i = 0; i < 40; i++)
		len += (size_t)snprintf(
		    place + len, sizeof(place) - len, "%s/%d:", dir, i);
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", place, 1), 0);
	ck_assert_int_eq(
	    wi_find_name(NAME, NULL, &path, &err), WEFT_ENOPLUGIN);
	for (i = 0; i < 40; i++) {
		files_path(place, "%s/%d/" NAME ".so", dir, i);
		if (strstr(err.text, place) == NULL)
			break;
	}
	/* The first i are there; WEFT_PLUGINDIR is the 41st place. */
	ck_assert_int_gt(i, 1);
	files_path(place, " and %d more", 41 - i);
	ck_assert_says(&err, place);
	files_leave(dir);
}
END_TEST

START_TEST(what_is_there_but_no_file_is_said_too)
{
	char dir[PATH_MAX], place[PATH_MAX];
	struct weft_error err;

	files_enter(dir);
	files_path(place, "%s/" NAME ".so", dir);
	ck_assert_int_eq(mkdir(place, 0700), 0);
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", dir, 1), 0);
	expect_missing("weft", dir, &err);
	files_path(place, "%s/" NAME ".so (not a regular file)", dir);
	ck_assert_says(&err, place);
	files_path(place, "%s/" NAME ".so", dir);
	ck_assert_int_eq(rmdir(place), 0);
	files_leave(dir);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_path_is_taken_as_it_is_and_its_options_are_cut_off,
		nothing_is_no_name,
		a_name_is_found_in_the_first_directory_of_the_path_that_has_it,
		an_empty_element_of_the_path_is_not_the_working_directory,
		a_program_of_the_build_tree_finds_the_tree_around_it,
		the_path_goes_before_the_build_tree,
		what_was_not_found_is_said_with_every_place,
		places_that_do_not_fit_are_counted,
		what_is_there_but_no_file_is_said_too,
	};

	return check_main("find", tests, CHECK_COUNT(tests));
}
