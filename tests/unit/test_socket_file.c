/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_socket_file.c - io/socket_file: Unix listeners and their
 * files.  Each test has a folder of its own.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include "check_main.h"
#include "socket_folder.h"
#include "socket_url.h"

static int
listen_ok(const struct wi_url *url, struct wi_socket_file *file)
{
	struct weft_error err;
	int fd = -2;

	ck_assert_msg(
	    wi_socket_listen("unix://test", url, &fd, file, &err) == WEFT_OK,
	    "%s", err.text);
	expect_nonblocking_cloexec(fd);
	return fd;
}

static int
listen_bad(const struct wi_url *url, const char *part)
{
	struct wi_socket_file file = { 1, 1 };
	struct weft_error err;
	int fd = -2, rv;

	rv = wi_socket_listen("unix://test", url, &fd, &file, &err);
	ck_assert_int_lt(rv, 0);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(err.code, rv);
	ck_assert_uint_eq(file.inode, 0);
	expect_in(err.text, "unix://test: ");
	expect_in(err.text, part);
	return rv;
}

static void
expect_answers(const struct wi_url *url, int listener)
{
	int client, fd;

	client = connect_to(url);
	ck_assert_int_ge(client, 0);
	fd = accept4(listener, NULL, NULL, 0);
	ck_assert_int_ge(fd, 0);
	close(fd);
	close(client);
}

static mode_t
mode_of(const struct wi_url *url)
{
	struct stat st;

	ck_assert_int_eq(lstat(url->path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	return st.st_mode & 07777;
}

START_TEST(listener_answers_and_its_file_goes_with_it)
{
	struct wi_socket_file file;
	struct wi_url url;
	int fd;

	folder_new();
	url = url_in_folder("a.sock");
	fd = listen_ok(&url, &file);
	ck_assert_uint_ne(file.inode, 0);
	expect_answers(&url, fd);
	wi_socket_unlink(&url, &file);
	ck_assert_int_eq(connect_to(&url), -ENOENT);
	close(fd);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(name_in_the_working_directory_is_a_path_too)
{
	struct wi_url url = url_of(WI_URL_UNIX, "a.sock", 0);
	struct wi_socket_file file;
	int fd;

	folder_new();
	ck_assert_int_eq(chdir(folder), 0);
	close(listen_ok(&url, &file)); /* leaves a dead one */
	fd = listen_ok(&url, &file);
	expect_answers(&url, fd);
	wi_socket_unlink(&url, &file);
	close(fd);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(dead_socket_is_replaced)
{
	struct wi_socket_file dead, file;
	struct wi_url url;
	int fd;

	folder_new();
	url = url_in_folder("a.sock");
	close(listen_ok(&url, &dead));
	ck_assert_int_eq(connect_to(&url), -ECONNREFUSED);
	fd = listen_ok(&url, &file);
	expect_answers(&url, fd);
	close(fd);
	folder_end(&url);
}
END_TEST

START_TEST(live_socket_is_refused_and_lives_on)
{
	struct wi_socket_file file;
	struct wi_url url;
	int fd;

	folder_new();
	url = url_in_folder("a.sock");
	fd = listen_ok(&url, &file);
	ck_assert_int_eq(
	    listen_bad(&url, "that somebody listens on"), -EADDRINUSE);
	close(accept4(fd, NULL, NULL, 0)); /* the one that asked */
	expect_answers(&url, fd);
	close(fd);
	folder_end(&url);
}
END_TEST

START_TEST(socket_with_a_full_backlog_is_alive)
{
	struct wi_socket_file file;
	int clients[8], fd, n;
	struct wi_url url;

	folder_new();
	url = url_in_folder("a.sock");
	url_give(&url, WI_URL_backlog, 1);
	fd = listen_ok(&url, &file);
	for (n = 0; n < 8 && (clients[n] = connect_to(&url)) >= 0; n++)
		continue;
	ck_assert_int_lt(n, 8);
	ck_assert_int_eq(clients[n], -EAGAIN);
	ck_assert_int_eq(
	    listen_bad(&url, "that somebody listens on"), -EADDRINUSE);
	while (n > 0)
		close(clients[--n]);
	close(fd);
	folder_end(&url);
}
END_TEST

START_TEST(datagram_socket_that_lives_is_refused)
{
	struct sockaddr_storage addr;
	struct wi_url url;
	socklen_t len;
	int fd;

	folder_new();
	url = url_in_folder("a.sock");
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	len = wi_socket_path(&url, &addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	ck_assert_int_eq(
	    listen_bad(&url, "that somebody listens on"), -EADDRINUSE);
	close(fd);
	folder_end(&url);
}
END_TEST

START_TEST(file_that_is_no_socket_is_refused_and_stays)
{
	struct wi_url url, target;
	struct stat st;
	int fd;

	folder_new();
	url = url_in_folder("a.sock");
	fd = open(url.path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, "kept", 4), 4);
	ck_assert_int_eq(
	    listen_bad(&url, "found a file that is no socket"), -EEXIST);
	ck_assert_int_eq(stat(url.path, &st), 0);
	ck_assert_int_eq(st.st_size, 4);
	close(fd);
	/* Nor is a symbolic link one, wherever it leads. */
	ck_assert_int_eq(unlink(url.path), 0);
	target = url_in_folder("target");
	ck_assert_int_eq(symlink(target.path, url.path), 0);
	ck_assert_int_eq(listen_bad(&url, "no socket"), -EEXIST);
	ck_assert_int_eq(lstat(url.path, &st), 0);
	folder_end(&url);
}
END_TEST

START_TEST(folder_that_is_not_there_is_an_error)
{
	struct wi_url url;

	folder_new();
	url = url_in_folder("none/a.sock");
	ck_assert_int_eq(
	    listen_bad(&url, "No such file or directory"), -ENOENT);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(mode_is_what_was_asked_for_whatever_the_umask)
{
	static const mode_t modes[] = { 0, 0600, 0660, 0666, 0777 };
	struct wi_socket_file file;
	struct wi_url url;
	int fd;

	folder_new();
	url = url_in_folder("a.sock");
	(void)umask(027);
	fd = listen_ok(&url, &file);
	ck_assert_uint_eq(mode_of(&url), 0750); /* none asked for */
	wi_socket_unlink(&url, &file);
	close(fd);
	for (size_t i = 0; i < CHECK_COUNT(modes); i++) {
		url_give(&url, WI_URL_mode, modes[i]);
		fd = listen_ok(&url, &file);
		ck_assert_uint_eq(mode_of(&url), modes[i]);
		wi_socket_unlink(&url, &file);
		close(fd);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* Only root may give files away; others may keep them. */
START_TEST(owner_is_a_user_and_a_group_by_name_or_number)
{
	const bool root = geteuid() == 0;
	const uid_t uid = root ? 12345 : geteuid();
	const gid_t gid = root ? 23456 : getegid();
	struct wi_socket_file file;
	struct wi_url url;
	struct stat st;
	char owner[64];

	folder_new();
	url = url_in_folder("a.sock");
	url_give(&url, WI_URL_mode, 0640);
	snprintf(owner, sizeof(owner), "%u:%u", uid, gid);
	url_give_text(&url, owner, owner);
	close(listen_ok(&url, &file));
	ck_assert_int_eq(lstat(url.path, &st), 0);
	ck_assert_uint_eq(st.st_uid, uid);
	ck_assert_uint_eq(st.st_gid, gid);
	ck_assert_uint_eq(mode_of(&url), 0640);
	wi_socket_unlink(&url, &file);

	snprintf(owner, sizeof(owner), ":%u", gid);
	url_give_text(&url, owner, owner);
	close(listen_ok(&url, &file));
	ck_assert_int_eq(lstat(url.path, &st), 0);
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_uint_eq(st.st_gid, gid);
	wi_socket_unlink(&url, &file);

	if (root) {
		url_give_text(&url, owner, "daemon:tty");
		close(listen_ok(&url, &file));
		ck_assert_int_eq(lstat(url.path, &st), 0);
		ck_assert_uint_eq(st.st_uid, 1);
		ck_assert_uint_eq(st.st_gid, 5);
		wi_socket_unlink(&url, &file);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(owner_that_is_nobody_is_an_error_and_leaves_no_file)
{
	static const char *const owners[][2] = {
		{ "no-such-user", "expected a user of this machine" },
		{ "0:no-such-group", "expected a group of this machine" },
		{ ":", "expected user[:group]" },
		{ "", "expected user[:group]" },
		{ "4294967295", "expected a user" }, /* (uid_t)-1 */
		{ "99999999999999999999", "expected a user" },
		{ "0:4294967295", "expected a group" },
		{ "0:0:0", "found \"0:0\"" },
		{ "-1", "found \"-1\"" },
	};
	struct wi_url url;

	folder_new();
	url = url_in_folder("a.sock");
	for (size_t i = 0; i < CHECK_COUNT(owners); i++) {
		url_give_text(&url, owner, owners[i][0]);
		ck_assert_int_eq(listen_bad(&url, owners[i][1]), WEFT_EURL);
		ck_assert_int_eq(connect_to(&url), -ENOENT);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(unlink_leaves_what_others_have_put_there)
{
	struct wi_socket_file mine, other;
	struct wi_url url;
	int fd, other_fd;

	folder_new();
	url = url_in_folder("a.sock");
	fd = listen_ok(&url, &mine);
	ck_assert_int_eq(unlink(url.path), 0);
	wi_socket_unlink(&url, &mine); /* there is nothing */
	other_fd = listen_ok(&url, &other);
	wi_socket_unlink(&url, &mine);
	close(fd);
	expect_answers(&url, other_fd);
	wi_socket_unlink(&url, &other);
	close(other_fd);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(folder_that_somebody_has_locked_is_not_waited_for)
{
	struct wi_socket_file file;
	struct wi_url url;
	int fd, lock;

	folder_new();
	url = url_in_folder("a.sock");
	close(listen_ok(&url, &file));
	lock = open(folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(flock(lock, LOCK_EX), 0);
	fd = listen_ok(&url, &file);
	expect_answers(&url, fd);
	close(fd);
	close(lock);
	folder_end(&url);
}
END_TEST

START_TEST(longest_path_and_longest_abstract_name_work)
{
	char path[WI_URL_PATH_MAX] = "@";
	struct wi_socket_file file;
	struct wi_url url;
	int fd;

	memset(path + 1, 'a', sizeof(path) - 2);
	url = url_of(WI_URL_UNIX, path, 0); /* 106 letters behind the '@' */
	url.path[106] = 'b';
	ck_assert_uint_eq(strlen(url.path), 107);
	fd = listen_ok(&url, &file);
	expect_answers(&url, fd);
	close(fd);

	folder_new();
	memset(path, 'a', sizeof(path) - 1);
	memcpy(path, folder, strlen(folder));
	path[strlen(folder)] = '/';
	url = url_of(WI_URL_UNIX, path, 0);
	ck_assert_uint_eq(strlen(url.path), 107);
	fd = listen_ok(&url, &file);
	expect_answers(&url, fd);
	close(fd);
	close(listen_ok(&url, &file)); /* and its dead socket is found */
	folder_end(&url);
}
END_TEST

START_TEST(abstract_name_has_no_file_and_is_free_when_closed)
{
	struct wi_socket_file file;
	struct wi_url url;
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "@weft-test-%d", getpid());
	url = url_of(WI_URL_UNIX, name, 0);
	fd = listen_ok(&url, &file);
	ck_assert_uint_eq(file.inode, 0);
	expect_answers(&url, fd);
	ck_assert_int_ne(access(url.path, F_OK), 0);
	ck_assert_int_eq(
	    listen_bad(&url, "expected an abstract name that is free"),
	    -EADDRINUSE);
	close(fd);
	close(listen_ok(&url, &file));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		listener_answers_and_its_file_goes_with_it,
		name_in_the_working_directory_is_a_path_too,
		dead_socket_is_replaced,
		live_socket_is_refused_and_lives_on,
		socket_with_a_full_backlog_is_alive,
		datagram_socket_that_lives_is_refused,
		file_that_is_no_socket_is_refused_and_stays,
		folder_that_is_not_there_is_an_error,
		mode_is_what_was_asked_for_whatever_the_umask,
		owner_is_a_user_and_a_group_by_name_or_number,
		owner_that_is_nobody_is_an_error_and_leaves_no_file,
		unlink_leaves_what_others_have_put_there,
		folder_that_somebody_has_locked_is_not_waited_for,
		longest_path_and_longest_abstract_name_work,
		abstract_name_has_no_file_and_is_free_when_closed,
	};

	return check_main("socket_file", tests, CHECK_COUNT(tests));
}
