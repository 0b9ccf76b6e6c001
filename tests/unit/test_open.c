/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/open: a file becomes code, whatever happens to the file afterwards,
 * and a file that cannot become code is refused before the linker sees it.
 *
 * The tests called "naive" show what the same steps do without the private
 * copy: they are why it is there.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* unshare */
#endif

#include "plugin/open.h"

#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "../plugins/fixture.h"
#include "check_main.h"
#include "plugin_files.h"

#define CANNOT 77 /* status of a child that may not do what it should */

/* What the code behind a handle answers, from its text segment. */
static const char *
answer_of(void *dl)
{
	const struct weft_plugin *api = dlsym(dl, "weft_plugin");
	struct fixture *fixture;
	void *state = NULL;

	ck_assert_ptr_nonnull(api);
	/* The load() of "versioned" asks for nothing. */
	ck_assert_int_eq(api->load(NULL, &state), WEFT_OK);
	fixture = state;
	return fixture->answer();
}

static void
expect_open(const char *path, struct wi_opened *opened)
{
	struct weft_error err;

	ck_assert_msg(
	    wi_open_file(path, opened, &err) == WEFT_OK, "%s", err.text);
	ck_assert_ptr_nonnull(opened->dl);
}

static void
expect_refused(const char *path, int code, const char *part)
{
	struct wi_opened opened;
	struct weft_error err;

	memset(&opened, 1, sizeof(opened));
	ck_assert_int_eq(wi_open_file(path, &opened, &err), code);
	ck_assert_int_eq(err.code, code);
	ck_assert_says(&err, path);
	ck_assert_says(&err, part);
	ck_assert_ptr_null(opened.dl);
	ck_assert_ptr_null(opened.copy);
	/* It can be refused without an error to fill, too. */
	ck_assert_int_eq(wi_open_file(path, &opened, NULL), code);
}

START_TEST(the_hash_is_fnv_1a_of_the_bytes_and_part_of_the_name)
{
	char dir[PATH_MAX], path[PATH_MAX], name[64];
	uint64_t hash = UINT64_C(14695981039346656037);
	struct wi_opened opened;
	uint8_t *bytes;
	size_t len, i;

	files_enter(dir);
	files_fixture(path, "version_one");
	bytes = files_read(path, &len);
	for (i = 0; i < len; i++) {
		hash ^= bytes[i];
		hash *= UINT64_C(1099511628211);
	}
	free(bytes);
	expect_open(path, &opened);
	ck_assert_uint_eq(opened.hash, hash);
	ck_assert_int_eq(strncmp(opened.copy, dir, strlen(dir)), 0);
	(void)snprintf(name, sizeof(name), "/version_one-%016llx.so",
	    (unsigned long long)hash);
	ck_assert_str_eq(strrchr(opened.copy, '/'), name);
	ck_assert_int_eq(wi_open_close(&opened), 0);
	files_leave(dir);
}
END_TEST

START_TEST(no_copy_is_left_while_the_code_is_in_use)
{
	char dir[PATH_MAX], path[PATH_MAX];
	struct wi_opened opened;

	files_enter(dir);
	files_fixture(path, "version_one");
	expect_open(path, &opened);
	ck_assert_uint_eq(files_count(dir), 0);
	ck_assert_int_ne(access(opened.copy, F_OK), 0);
	ck_assert_str_eq(answer_of(opened.dl), "one");
	ck_assert_int_eq(wi_open_close(&opened), 0);
	ck_assert_ptr_null(opened.dl);
	ck_assert_ptr_null(opened.copy);
	ck_assert_int_eq(wi_open_close(&opened), 0);
	files_leave(dir);
}
END_TEST

START_TEST(naive_open_of_a_replaced_file_answers_with_the_old_code)
{
	char dir[PATH_MAX], one[PATH_MAX], two[PATH_MAX], path[PATH_MAX];
	char beside[PATH_MAX];
	void *old, *new;

	files_enter(dir);
	files_fixture(one, "version_one");
	files_fixture(two, "version_two");
	files_path(path, "%s/x.so", dir);
	files_path(beside, "%s/y.so", dir);
	files_copy(one, path);
	files_copy(two, beside);
	old = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_ptr_nonnull(old);
	ck_assert_int_eq(rename(beside, path), 0);
	new = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_ptr_nonnull(new);
	ck_assert_str_eq(answer_of(new), "one");
	(void)dlclose(new);
	(void)dlclose(old);
	ck_assert_int_eq(unlink(path), 0);
	files_leave(dir);
}
END_TEST

START_TEST(a_replaced_file_gives_the_new_code_beside_the_old)
{
	char dir[PATH_MAX], one[PATH_MAX], two[PATH_MAX], path[PATH_MAX];
	char beside[PATH_MAX];
	struct wi_opened old, new;

	files_enter(dir);
	files_fixture(one, "version_one");
	files_fixture(two, "version_two");
	files_path(path, "%s/x.so", dir);
	files_path(beside, "%s/y.so", dir);
	files_copy(one, path);
	files_copy(two, beside);
	expect_open(path, &old);
	ck_assert_int_eq(rename(beside, path), 0);
	expect_open(path, &new);
	ck_assert_str_eq(answer_of(new.dl), "two");
	ck_assert_str_eq(answer_of(old.dl), "one");
	ck_assert_uint_ne(old.hash, new.hash);
	ck_assert_int_eq(wi_open_close(&old), 0);
	ck_assert_str_eq(answer_of(new.dl), "two");
	ck_assert_int_eq(wi_open_close(&new), 0);
	ck_assert_int_eq(unlink(path), 0);
	files_leave(dir);
}
END_TEST

START_TEST(the_same_file_opened_twice_shares_nothing)
{
	char dir[PATH_MAX], path[PATH_MAX];
	struct wi_opened first, second;

	files_enter(dir);
	files_fixture(path, "version_one");
	expect_open(path, &first);
	expect_open(path, &second);
	ck_assert_uint_eq(first.hash, second.hash);
	ck_assert_ptr_ne(first.dl, second.dl);
	ck_assert_ptr_ne(
	    dlsym(first.dl, "weft_plugin"), dlsym(second.dl, "weft_plugin"));
	ck_assert_int_eq(wi_open_close(&first), 0);
	ck_assert_str_eq(answer_of(second.dl), "one");
	ck_assert_int_eq(wi_open_close(&second), 0);
	files_leave(dir);
}
END_TEST

START_TEST(naive_open_of_a_file_that_is_cut_short_later_kills_the_host)
{
	char dir[PATH_MAX], one[PATH_MAX], path[PATH_MAX];
	int status;
	pid_t pid;
	void *dl;

	files_enter(dir);
	files_fixture(one, "version_one");
	files_path(path, "%s/x.so", dir);
	files_copy(one, path);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)signal(SIGBUS, SIG_DFL); /* a sanitizer may have it */
		dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (dl == NULL || strcmp(answer_of(dl), "one") != 0 ||
		    truncate(path, 0) < 0)
			_exit(1);
		(void)answer_of(dl);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGBUS);
	ck_assert_int_eq(unlink(path), 0);
	files_leave(dir);
}
END_TEST

START_TEST(a_file_may_be_overwritten_cut_short_and_removed_while_in_use)
{
	char dir[PATH_MAX], one[PATH_MAX], two[PATH_MAX], path[PATH_MAX];
	struct wi_opened opened;

	files_enter(dir);
	files_fixture(one, "version_one");
	files_fixture(two, "version_two");
	files_path(path, "%s/x.so", dir);
	files_copy(one, path);
	expect_open(path, &opened);
	files_copy(two, path); /* as cp does: the same inode */
	ck_assert_str_eq(answer_of(opened.dl), "one");
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_str_eq(answer_of(opened.dl), "one");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_str_eq(answer_of(opened.dl), "one");
	ck_assert_int_eq(wi_open_close(&opened), 0);
	files_leave(dir);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	char dir[PATH_MAX], path[PATH_MAX], here[PATH_MAX];

	files_enter(dir);
	files_path(path, "%s/x.so", dir);
	expect_refused(path, WEFT_ENOPLUGIN, weft_strerror(-ENOENT));
	files_path(here, "%s/x.so/y.so", dir);
	files_write(path, "", 0);
	expect_refused(here, WEFT_ENOPLUGIN, weft_strerror(-ENOTDIR));
	expect_refused(path, WEFT_ELOAD, "found 0");
	ck_assert_int_eq(unlink(path), 0);
	expect_refused(
	    dir, WEFT_ELOAD, "expected a regular file, found a directory");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	/* Nobody will ever write to it: a plain open would wait for ever. */
	expect_refused(path, WEFT_ELOAD, "found a special file");
	ck_assert_int_eq(unlink(path), 0);
	files_leave(dir);
}
END_TEST

START_TEST(a_file_that_is_too_large_is_not_read)
{
	char dir[PATH_MAX], path[PATH_MAX];

	files_enter(dir);
	files_path(path, "%s/x.so", dir);
	files_write(path, "x", 1);
	ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0);
	expect_refused(path, WEFT_ELOAD, "found 1099511627776");
	ck_assert_int_eq(unlink(path), 0);
	files_leave(dir);
}
END_TEST

START_TEST(a_missing_symbol_is_named_with_the_file_that_lacks_it)
{
	char dir[PATH_MAX], path[PATH_MAX];
	struct wi_opened opened;
	struct weft_error err;

	files_enter(dir);
	files_fixture(path, "undefined");
	expect_refused(path, WEFT_ELOAD, "weft_test_no_such_function");
	ck_assert_int_eq(wi_open_file(path, &opened, &err), WEFT_ELOAD);
	/* The copy is nobody's business. */
	ck_assert_ptr_null(strstr(err.text, dir));
	ck_assert_uint_eq(files_count(dir), 0);
	files_leave(dir);
}
END_TEST

START_TEST(a_truncated_file_is_refused_and_the_host_lives)
{
	char dir[PATH_MAX], good[PATH_MAX], path[PATH_MAX];
	struct wi_opened opened;
	struct stat st;

	files_enter(dir);
	files_fixture(good, "good");
	files_path(path, "%s/x.so", dir);
	files_copy(good, path);
	expect_open(path, &opened);
	ck_assert_int_eq(wi_open_close(&opened), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size / 2), 0);
	expect_refused(path, WEFT_ELOAD, "it is cut short");
	ck_assert_int_eq(unlink(path), 0);
	files_leave(dir);
}
END_TEST

/* ---- where copies go -------------------------------------------------- */

START_TEST(a_directory_that_is_not_there_makes_room_for_the_next)
{
	char dir[PATH_MAX], path[PATH_MAX], missing[PATH_MAX];
	struct wi_opened opened;

	files_enter(dir);
	files_fixture(path, "version_one");
	files_path(missing, "%s/missing", dir);
	ck_assert_int_eq(setenv("TMPDIR", dir, 1), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", missing, 1), 0);
	expect_open(path, &opened);
	ck_assert_int_eq(strncmp(opened.copy, dir, strlen(dir)), 0);
	ck_assert_int_eq(wi_open_close(&opened), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", "relative", 1), 0);
	ck_assert_int_eq(unsetenv("TMPDIR"), 0);
	expect_open(path, &opened);
	ck_assert_int_eq(strncmp(opened.copy, "/tmp/weft-", 10), 0);
	ck_assert_int_eq(wi_open_close(&opened), 0);
	files_leave(dir);
}
END_TEST

/* In a child: put a file system on dir that takes no code or no bytes, and see
 * that the copy goes to next.  Status 0 if it does. */
static int
open_beside_mount(const char *dir, const char *next, const char *path,
    unsigned long flags, const char *options)
{
	struct wi_opened opened;
	char copy[PATH_MAX];
	struct weft_error err;

	if (unshare(CLONE_NEWNS) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return CANNOT;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", flags, options) < 0)
		return CANNOT;
	/* The mount has the effect that it is here for. */
	files_path(copy, "%s/x.so", dir);
	if (flags & MS_NOEXEC) {
		files_copy(path, copy);
		if (dlopen(copy, RTLD_NOW) != NULL || unlink(copy) < 0)
			return 2;
	}
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	ck_assert_int_eq(setenv("TMPDIR", next, 1), 0);
	if (wi_open_file(path, &opened, &err) < 0)
		return 3;
	if (strncmp(opened.copy, next, strlen(next)) != 0)
		return 4;
	return wi_open_close(&opened) == 0 && files_count(dir) == 0 ? 0 : 5;
}

static void
expect_next(unsigned long flags, const char *options)
{
	char dir[PATH_MAX], next[PATH_MAX], path[PATH_MAX];
	int status;
	pid_t pid;

	files_fixture(path, "version_one");
	files_enter(dir);
	files_enter(next);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(open_beside_mount(dir, next, path, flags, options));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	files_leave(next);
	files_leave(dir);
	if (WEXITSTATUS(status) == CANNOT)
		(void)fprintf(stderr, "open: not tried, no right to mount\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(a_directory_where_no_code_may_run_makes_room_for_the_next)
{
	expect_next(MS_NOEXEC, NULL);
}
END_TEST

START_TEST(a_directory_that_is_full_makes_room_for_the_next)
{
	expect_next(0, "size=4k");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_hash_is_fnv_1a_of_the_bytes_and_part_of_the_name,
		no_copy_is_left_while_the_code_is_in_use,
		naive_open_of_a_replaced_file_answers_with_the_old_code,
		a_replaced_file_gives_the_new_code_beside_the_old,
		the_same_file_opened_twice_shares_nothing,
		naive_open_of_a_file_that_is_cut_short_later_kills_the_host,
		a_file_may_be_overwritten_cut_short_and_removed_while_in_use,
		what_is_no_file_is_refused,
		a_file_that_is_too_large_is_not_read,
		a_missing_symbol_is_named_with_the_file_that_lacks_it,
		a_truncated_file_is_refused_and_the_host_lives,
		a_directory_that_is_not_there_makes_room_for_the_next,
		a_directory_where_no_code_may_run_makes_room_for_the_next,
		a_directory_that_is_full_makes_room_for_the_next,
	};

	return check_main("open", tests, CHECK_COUNT(tests));
}
