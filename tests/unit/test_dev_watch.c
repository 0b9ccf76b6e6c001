/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_dev_watch.c - which changes of a folder mean a build, and
 * when it begins.  Time is what the test says it is.
 */
#include "host/dev_watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check_main.h"

#define MS UINT64_C(1000000) /* [ns] */

static char folder[64];
static struct wi_dev_watch watch;

static void
watch_folder(void)
{
	const char *folders[] = { folder };
	struct weft_error err;

	strcpy(folder, "/tmp/weft-watch.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_msg(wi_dev_watch_init(&watch, folders, 1, &err) == WEFT_OK,
	    "%s", err.text);
}

static void
save(const char *name)
{
	FILE *out = fopen(name, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_ge(fputs("text\n", out), 0);
	ck_assert_int_eq(fclose(out), 0);
}

static void
leave(const char *name)
{
	wi_dev_watch_fini(&watch);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(sources_are_told_from_what_lies_beside_them)
{
	static const char *const are[] = { "a.c", "a.h", "b.cc", "b.hpp",
		"Makefile", "weft.conf", "rules.mk" };
	static const char *const are_not[] = { "a.o", "a.so", "a.d",
		".a.c.swp", ".#a.c", "#a.c#", "a.c~", "4913", "README.md", "",
		"a.", "a.c.tmp" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(are); i++)
		ck_assert_msg(wi_dev_is_source(are[i]), "%s", are[i]);
	for (i = 0; i < CHECK_COUNT(are_not); i++)
		ck_assert_msg(!wi_dev_is_source(are_not[i]), "%s", are_not[i]);
}
END_TEST

START_TEST(a_change_is_due_when_it_has_been_quiet)
{
	watch_folder();
	wi_dev_watch_read(&watch, 1 * MS);
	ck_assert_uint_eq(wi_dev_watch_due(&watch), 0);
	save("a.c");
	wi_dev_watch_read(&watch, 1000 * MS);
	ck_assert_str_eq(watch.name, "a.c");
	ck_assert_uint_eq(
	    wi_dev_watch_due(&watch), 1000 * MS + WI_DEV_QUIET_NS);
	/* Nothing more has changed. */
	wi_dev_watch_read(&watch, 1010 * MS);
	ck_assert_uint_eq(
	    wi_dev_watch_due(&watch), 1000 * MS + WI_DEV_QUIET_NS);
	leave("a.c");
}
END_TEST

START_TEST(changes_without_end_are_due_at_last)
{
	uint64_t now = 1000 * MS;

	watch_folder();
	for (; now < 2000 * MS; now += 10 * MS) {
		save("a.c");
		wi_dev_watch_read(&watch, now);
	}
	ck_assert_uint_eq(
	    wi_dev_watch_due(&watch), 1000 * MS + WI_DEV_LONGEST_NS);
	leave("a.c");
}
END_TEST

START_TEST(a_file_in_the_place_of_another_is_a_change)
{
	watch_folder();
	save("a.c.tmp");
	wi_dev_watch_read(&watch, 1 * MS);
	ck_assert_uint_eq(wi_dev_watch_due(&watch), 0);
	ck_assert_int_eq(rename("a.c.tmp", "a.c"), 0);
	wi_dev_watch_read(&watch, 2 * MS);
	ck_assert_uint_eq(watch.first_ns, 2 * MS);
	/* And the one after it: the folder is watched, not the file. */
	watch.first_ns = 0;
	save("a.c.tmp");
	ck_assert_int_eq(rename("a.c.tmp", "a.c"), 0);
	wi_dev_watch_read(&watch, 3 * MS);
	ck_assert_uint_eq(watch.first_ns, 3 * MS);
	leave("a.c");
}
END_TEST

START_TEST(what_is_made_and_folders_are_no_change)
{
	watch_folder();
	save("a.so");
	ck_assert_int_eq(mkdir("folder.c", 0700), 0);
	ck_assert_int_eq(rmdir("folder.c"), 0);
	wi_dev_watch_read(&watch, 1 * MS);
	ck_assert_uint_eq(wi_dev_watch_due(&watch), 0);
	leave("a.so");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
	const char *folders[] = { "/", "/nonexistent/folder" };
	struct weft_error err;

	ck_assert_int_lt(wi_dev_watch_init(&watch, folders, 2, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/folder: "));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		sources_are_told_from_what_lies_beside_them,
		a_change_is_due_when_it_has_been_quiet,
		changes_without_end_are_due_at_last,
		a_file_in_the_place_of_another_is_a_change,
		what_is_made_and_folders_are_no_change,
		a_folder_that_is_not_there_is_named,
	};

	return check_main("dev_watch", tests, CHECK_COUNT(tests));
}
