/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_trust.c - files and folders that others can write.
 */
#include "host/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"

static char top[] = "/tmp/weft-trust.XXXXXX";
static char folder[64], file[128];
static struct weft_error err;

static void
set_up(void)
{
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(folder, sizeof(folder), "%s/folder", top);
	(void)snprintf(file, sizeof(file), "%s/file.so", folder);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(wi_trust_file("test", file, &err), WEFT_OK);
}

static void
tear_down(void)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "%s/link.so", top);
	(void)unlink(link);
	(void)unlink(file);
	(void)rmdir(folder);
	(void)rmdir(top);
}

static void
expect_distrusted(const char *path, const char *where, const char *who)
{
	ck_assert_int_eq(wi_trust_file("test", path, &err), -EPERM);
	ck_assert_msg(
	    strstr(err.text, where) != NULL && strstr(err.text, who) != NULL,
	    "expected %s and %s, found: %s", where, who, err.text);
}

START_TEST(a_file_of_ours_is_trusted)
{
	ck_assert_int_eq(chmod(file, 0644), 0);
	ck_assert_int_eq(wi_trust_file("test", file, &err), WEFT_OK);
	ck_assert_int_eq(wi_trust_folder("test", folder, &err), WEFT_OK);
}
END_TEST

START_TEST(a_file_that_everybody_can_write_is_not)
{
	ck_assert_int_eq(chmod(file, 0602), 0);
	expect_distrusted(file, "file.so", "everybody");
}
END_TEST

START_TEST(a_folder_that_everybody_can_write_is_not)
{
	ck_assert_int_eq(chmod(folder, 0777), 0);
	expect_distrusted(file, "/folder", "everybody");
	ck_assert_int_eq(chmod(folder, 01777), 0);
	expect_distrusted(file, "/folder", "everybody");
	ck_assert_int_eq(wi_trust_folder("test", folder, &err), -EPERM);
}
END_TEST

START_TEST(a_folder_above_may_be_sticky_and_not_open)
{
	ck_assert_int_eq(chmod(top, 01777), 0);
	ck_assert_int_eq(wi_trust_file("test", file, &err), WEFT_OK);
	ck_assert_int_eq(chmod(top, 0777), 0);
	expect_distrusted(file, "/weft-trust.", "everybody");
}
END_TEST

START_TEST(a_link_must_lie_in_such_a_folder_too)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "%s/link.so", top);
	ck_assert_int_eq(symlink(file, link), 0);
	ck_assert_int_eq(wi_trust_file("test", link, &err), WEFT_OK);
	ck_assert_int_eq(chmod(top, 01777), 0);
	expect_distrusted(link, "/weft-trust.", "everybody");
}
END_TEST

START_TEST(what_another_group_or_user_owns_is_not)
{
	if (geteuid() != 0)
		return; /* only root can give files away */
	ck_assert_int_eq(chmod(file, 0660), 0);
	ck_assert_int_eq(wi_trust_file("test", file, &err), WEFT_OK);
	ck_assert_int_eq(chown(file, 0, 65534), 0);
	expect_distrusted(file, "file.so", "its group");
	ck_assert_int_eq(chmod(file, 0640), 0);
	ck_assert_int_eq(wi_trust_file("test", file, &err), WEFT_OK);
	ck_assert_int_eq(chown(file, 65534, 0), 0);
	expect_distrusted(file, "file.so", "another user");
	ck_assert_int_eq(chown(file, 0, 0), 0);
	ck_assert_int_eq(chown(folder, 65534, 0), 0);
	expect_distrusted(file, "/folder", "another user");
}
END_TEST

START_TEST(what_is_not_there_is_told)
{
	ck_assert_int_eq(
	    wi_trust_file("test", "/nowhere/at/all", &err), -ENOENT);
	ck_assert_int_eq(wi_trust_folder("test", file, &err), -ENOTDIR);
	ck_assert_ptr_nonnull(strstr(err.text, "found another file"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_file_of_ours_is_trusted,
		a_file_that_everybody_can_write_is_not,
		a_folder_that_everybody_can_write_is_not,
		a_folder_above_may_be_sticky_and_not_open,
		a_link_must_lie_in_such_a_folder_too,
		what_another_group_or_user_owns_is_not,
		what_is_not_there_is_told };
	Suite *suite = suite_create("trust");
	TCase *tcase = tcase_create("trust");
	SRunner *runner;
	size_t i;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	for (i = 0; i < CHECK_COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner) != 0 ||
	    srunner_ntests_run(runner) == 0;
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
