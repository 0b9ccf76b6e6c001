/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_poller.c - io/poller: who is told what of a socket, and who
 * is not.  One turn of the loop at a time, so nothing is waited for.
 */
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include <weft/error.h>

#include "base/thread_role.h"
#include "check_main.h"
#include "io/poller.h"

#define PAIRS 4

struct rig {
	uv_loop_t loop;
	struct wi_poller poller;
	int ours[PAIRS], theirs[PAIRS];
	unsigned said[PAIRS];  /* events of the last turn */
	unsigned times[PAIRS]; /* told in the last turn */
	bool alone;            /* who is told first removes all the others */
};

static void
on_ready(void *arg, void *whose, unsigned events)
{
	struct rig *rig = arg;
	int *fd = whose;
	long who = fd - rig->ours, i;

	wi_assert_io();
	rig->said[who] = events;
	rig->times[who]++;
	for (i = 0; rig->alone && i < PAIRS; i++)
		if (i != who)
			wi_poller_remove(
			    &rig->poller, rig->ours[i], &rig->ours[i]);
}

WI_ON_IO static void
setup(struct rig *rig, unsigned events)
{
	int fds[2], i;

	memset(rig, 0, sizeof(*rig));
	ck_assert_int_eq(uv_loop_init(&rig->loop), 0);
	ck_assert_int_eq(
	    wi_poller_init(&rig->poller, &rig->loop, on_ready, rig), WEFT_OK);
	for (i = 0; i < PAIRS; i++) {
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
		    0);
		rig->ours[i] = fds[0];
		rig->theirs[i] = fds[1];
		ck_assert_int_eq(wi_poller_add(&rig->poller, rig->ours[i],
				     &rig->ours[i], events),
		    WEFT_OK);
	}
}

WI_ON_IO static void
teardown(struct rig *rig)
{
	int i;

	uv_close((uv_handle_t *)&rig->poller.handle, NULL);
	ck_assert_int_eq(uv_run(&rig->loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&rig->loop), 0);
	wi_poller_fini(&rig->poller);
	for (i = 0; i < PAIRS; i++) {
		close(rig->ours[i]);
		if (rig->theirs[i] >= 0)
			close(rig->theirs[i]);
	}
}

/* One turn; how many were told. */
static unsigned
turn(struct rig *rig)
{
	unsigned told = 0;
	int i;

	memset(rig->said, 0, sizeof(rig->said));
	memset(rig->times, 0, sizeof(rig->times));
	(void)uv_run(&rig->loop, UV_RUN_NOWAIT);
	for (i = 0; i < PAIRS; i++)
		told += rig->times[i];
	return told;
}

static void
say(struct rig *rig, int who)
{
	ck_assert_int_eq((int)write(rig->theirs[who], "x", 1), 1);
}

WI_ON_IO static void
want(struct rig *rig, int who, unsigned events)
{
	wi_poller_set(&rig->poller, rig->ours[who], &rig->ours[who], events);
}

START_TEST(who_has_something_is_told_each_turn_until_it_is_read)
{
	struct rig rig;
	char byte;

	wi_become_io();
	setup(&rig, WI_POLLER_READ);
	ck_assert_uint_eq(turn(&rig), 0);
	say(&rig, 2);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(turn(&rig), 1);
		ck_assert_uint_eq(rig.said[2], WI_POLLER_READ);
	}
	ck_assert_int_eq((int)read(rig.ours[2], &byte, 1), 1);
	ck_assert_uint_eq(turn(&rig), 0);
	teardown(&rig);
}
END_TEST

START_TEST(what_is_asked_for_is_what_is_told)
{
	struct rig rig;

	wi_become_io();
	setup(&rig, WI_POLLER_READ);
	say(&rig, 0);
	say(&rig, 1);
	want(&rig, 1, WI_POLLER_READ | WI_POLLER_WRITE);
	want(&rig, 2, WI_POLLER_WRITE);
	ck_assert_uint_eq(turn(&rig), 3);
	ck_assert_uint_eq(rig.said[0], WI_POLLER_READ);
	ck_assert_uint_eq(rig.said[1], WI_POLLER_READ | WI_POLLER_WRITE);
	ck_assert_uint_eq(rig.said[2], WI_POLLER_WRITE);
	want(&rig, 1, WI_POLLER_WRITE);
	ck_assert_uint_eq(turn(&rig), 3);
	ck_assert_uint_eq(rig.said[1], WI_POLLER_WRITE);
	teardown(&rig);
}
END_TEST

/* See nothing_note: told at most once, never again and again. */
START_TEST(of_whom_nothing_is_wanted_the_end_keeps_nobody_turning)
{
	struct rig rig;

	wi_become_io();
	setup(&rig, WI_POLLER_READ);
	want(&rig, 3, 0);
	say(&rig, 3);
	ck_assert_uint_eq(turn(&rig), 0);
	close(rig.theirs[3]);
	rig.theirs[3] = -1;
	ck_assert_uint_le(turn(&rig), 1);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(turn(&rig), 0);
	/* Wanted again, it is found though it came before. */
	want(&rig, 3, WI_POLLER_READ);
	ck_assert_uint_eq(turn(&rig), 1);
	ck_assert_uint_ne(rig.said[3] & WI_POLLER_READ, 0);
	ck_assert_uint_eq(turn(&rig), 1);
	teardown(&rig);
}
END_TEST

START_TEST(who_is_removed_in_a_turn_is_not_told_in_it)
{
	struct rig rig;

	wi_become_io();
	setup(&rig, WI_POLLER_READ);
	for (int i = 0; i < PAIRS; i++)
		say(&rig, i);
	ck_assert_uint_eq(turn(&rig), PAIRS);
	rig.alone = true;
	ck_assert_uint_eq(turn(&rig), 1);
	rig.alone = false;
	ck_assert_uint_eq(turn(&rig), 1);
	teardown(&rig);
}
END_TEST

/* A child of a handler has the socket still; close(2) does not end it. */
START_TEST(a_copy_of_a_removed_socket_tells_nothing)
{
	struct rig rig;
	int copy;

	wi_become_io();
	setup(&rig, WI_POLLER_READ);
	copy = dup(rig.ours[0]);
	ck_assert_int_ge(copy, 0);
	say(&rig, 0);
	ck_assert_uint_eq(turn(&rig), 1);
	wi_poller_remove(&rig.poller, rig.ours[0], &rig.ours[0]);
	close(rig.ours[0]);
	rig.ours[0] = copy;
	ck_assert_uint_eq(turn(&rig), 0);
	teardown(&rig);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		who_has_something_is_told_each_turn_until_it_is_read,
		what_is_asked_for_is_what_is_told,
		of_whom_nothing_is_wanted_the_end_keeps_nobody_turning,
		who_is_removed_in_a_turn_is_not_told_in_it,
		a_copy_of_a_removed_socket_tells_nothing,
	};

	return check_main("poller", tests, CHECK_COUNT(tests));
}
