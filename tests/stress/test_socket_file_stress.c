/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_socket_file_stress.c - io/socket_file: several processes
 * that start on one dead socket at the same time (race_note).
 */
#include <signal.h>
#include <sys/wait.h>

#include "../unit/check_main.h"
#include "../unit/socket_folder.h"

#define STARTERS 8
#define ROUNDS 40

/* A starter: waits for the start, listens, tells what it got, and goes on
 * listening until it is told to end. */
static void
starter_run(const struct wi_url *url, const int *start, const int *tell)
{
	struct wi_socket_file file;
	char byte;
	int fd, rv;

	close(start[1]);
	(void)!read(start[0], &byte, 1); /* ends when start[1] is closed */
	rv = wi_socket_listen("unix://test", url, &fd, &file, NULL);
	byte = rv == WEFT_OK ? 'w' : rv == -EADDRINUSE ? 'l' : '?';
	(void)!write(tell[1], &byte, 1);
	(void)pause();
	_exit(0);
}

static void
start_together(const struct wi_url *url)
{
	int start[2], tell[2], client, status, winners = 0;
	pid_t pids[STARTERS];
	char byte;

	ck_assert_int_eq(pipe2(start, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(tell, O_CLOEXEC), 0);
	for (int i = 0; i < STARTERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0)
			starter_run(url, start, tell);
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < STARTERS; i++) {
		wait_readable(tell[0]);
		ck_assert_int_eq(read(tell[0], &byte, 1), 1);
		ck_assert_int_ne(byte, '?');
		winners += byte == 'w';
	}
	ck_assert_int_eq(winners, 1);
	client = connect_to(url);
	ck_assert_int_ge(client, 0); /* it is the winner's, all others end */
	close(client);
	for (int i = 0; i < STARTERS; i++) {
		ck_assert_int_eq(kill(pids[i], SIGKILL), 0);
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
	}
	close(tell[0]);
	close(tell[1]);
}

START_TEST(of_many_starters_on_a_dead_socket_one_wins)
{
	struct wi_socket_file file;
	struct wi_url url;
	int fd;

	folder_new();
	url = url_in_folder("a.sock");
	ck_assert_int_eq(
	    wi_socket_listen("unix://test", &url, &fd, &file, NULL), WEFT_OK);
	close(fd);
	/* The winner is killed: each round leaves a dead one to the next. */
	for (int i = 0; i < ROUNDS; i++) {
		ck_assert_int_eq(connect_to(&url), -ECONNREFUSED);
		start_together(&url);
	}
	folder_end(&url);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		of_many_starters_on_a_dead_socket_one_wins,
	};

	return check_main("socket_file_stress", tests, CHECK_COUNT(tests));
}
