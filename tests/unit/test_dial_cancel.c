/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_dial_cancel.c - io/dial given up, in each of its phases:
 * nothing is told, nothing is left.  What is used after it was freed, ASan
 * tells.
 */
#include "check_main.h"
#include "dial_run.h"

#define POOL_THREADS 4 /* libuv's, unless UV_THREADPOOL_SIZE says more */

static void
cancel(struct dial_run *run)
{
	wi_assert_io();
	ck_assert_ptr_nonnull(run->dial);
	wi_dial_cancel(&run->dial);
	ck_assert_ptr_null(run->dial);
	wi_dial_cancel(&run->dial); /* there is nothing to give up */
}

static void
expect_nothing(struct dial_run *run)
{
	run_fini(run);
	ck_assert_uint_eq(run->ntold, 0);
}

START_TEST(before_the_loop_has_run)
{
	struct wi_url url = url_of(WI_URL_TCP, "name.test", 80);
	const char *const none[] = { NULL };
	struct dial_run run;

	run_init(&run);
	resolver_answer = none;
	run_start(&run, &url, 1000);
	cancel(&run);
	expect_nothing(&run);
}
END_TEST

static sem_t pool_busy, pool_go;

static void
pool_work(uv_work_t *work)
{
	(void)work;
	sem_post(&pool_busy);
	while (sem_wait(&pool_go) != 0)
		continue;
}

static void
pool_done(uv_work_t *work, int status)
{
	(void)work;
	ck_assert_int_eq(status, 0);
}

START_TEST(while_the_lookup_waits_for_a_thread)
{
	struct wi_url url = url_of(WI_URL_TCP, "name.test", 80);
	uv_work_t works[POOL_THREADS];
	struct dial_run run;

	ck_assert_int_eq(setenv("UV_THREADPOOL_SIZE", "4", 1), 0);
	run_init(&run);
	resolver_waits = true; /* it is not reached */
	ck_assert_int_eq(sem_init(&pool_busy, 0, 0), 0);
	ck_assert_int_eq(sem_init(&pool_go, 0, 0), 0);
	for (int i = 0; i < POOL_THREADS; i++)
		ck_assert_int_eq(
		    uv_queue_work(&run.loop, &works[i], pool_work, pool_done),
		    0);
	for (int i = 0; i < POOL_THREADS; i++)
		ck_assert_int_eq(sem_wait(&pool_busy), 0);
	run_start(&run, &url, 0);
	(void)uv_run(&run.loop, UV_RUN_NOWAIT);
	/* The works, the lookup, and the two timers are not active. */
	ck_assert_uint_eq(run.loop.active_reqs.count, POOL_THREADS + 1);
	cancel(&run);
	for (int i = 0; i < POOL_THREADS; i++)
		ck_assert_int_eq(sem_post(&pool_go), 0);
	expect_nothing(&run);
	ck_assert_int_ne(sem_trywait(&resolver_asked), 0);
}
END_TEST

START_TEST(while_the_resolver_is_asked)
{
	struct wi_url url = url_of(WI_URL_TCP, "name.test", 80);
	const char *const answer[] = { "127.0.0.1", "::1", NULL };
	struct dial_run run;

	run_init(&run);
	resolver_answer = answer;
	resolver_waits = true;
	run_start(&run, &url, 1000);
	(void)uv_run(&run.loop, UV_RUN_NOWAIT);
	ck_assert_int_eq(sem_wait(&resolver_asked), 0);
	cancel(&run);
	/* The handles are closed, and it still has not answered. */
	(void)uv_run(&run.loop, UV_RUN_NOWAIT);
	ck_assert_int_eq(sem_post(&resolver_go), 0);
	expect_nothing(&run);
}
END_TEST

/* Clients that the listeners have not answered are in SYN_SENT. */
static void
trying(struct dial_run *run, unsigned nattempts, uint32_t ms)
{
	const char *const answer[] = { "127.0.0.1", "127.0.0.2", NULL };
	struct silence silences[2];
	struct wi_url url;
	int before;

	wi_assert_io();
	resolver_answer = answer;
	silence_open(&silences[0], "127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "name.test", port_of(silences[0].listener));
	silence_open(&silences[1], "127.0.0.2", url.port);
	before = lowest_free();
	run_start(run, &url, ms);
	while (lowest_free() < before + (int)nattempts)
		ck_assert_int_ne(uv_run(&run->loop, UV_RUN_ONCE), 0);
	cancel(run);
	ck_assert_int_eq(lowest_free(), before);
	silence_close(&silences[0]);
	silence_close(&silences[1]);
}

START_TEST(while_the_first_address_is_tried)
{
	struct dial_run run;

	run_init(&run);
	trying(&run, 1, 0);
	expect_nothing(&run);
}
END_TEST

START_TEST(while_two_addresses_are_tried)
{
	struct dial_run run;

	run_init(&run);
	trying(&run, 2, 30000);
	expect_nothing(&run);
}
END_TEST

/* The answer is there, and the loop has not seen it. */
START_TEST(when_the_connection_stands_already)
{
	struct dial_run run;
	struct wi_url url;
	int before, listener;

	run_init(&run);
	listener = listener_at("127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "127.0.0.1", port_of(listener));
	before = lowest_free();
	run_start(&run, &url, 0);
	(void)uv_run(&run.loop, UV_RUN_NOWAIT);
	if (run.ntold == 0) { /* else the same turn has seen it */
		wait_readable(listener);
		cancel(&run);
		ck_assert_int_eq(lowest_free(), before);
	}
	close(listener);
	run_fini(&run);
}
END_TEST

START_TEST(while_a_unix_listener_has_no_room)
{
	struct wi_socket_file file;
	struct dial_run run;
	int clients[8], listener, n;
	struct wi_url url;

	run_init(&run);
	folder_new();
	url = url_in_folder("a.sock");
	url_give(&url, WI_URL_backlog, 1);
	ck_assert_int_eq(
	    wi_socket_listen("x", &url, &listener, &file, NULL), WEFT_OK);
	for (n = 0; n < 8 && (clients[n] = connect_to(&url)) >= 0; n++)
		continue;
	ck_assert_int_eq(clients[n], -EAGAIN);
	run_start(&run, &url, 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ne(uv_run(&run.loop, UV_RUN_ONCE), 0);
	cancel(&run);
	while (n > 0)
		close(clients[--n]);
	close(listener);
	folder_end(&url);
	expect_nothing(&run);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		before_the_loop_has_run,
		while_the_lookup_waits_for_a_thread,
		while_the_resolver_is_asked,
		while_the_first_address_is_tried,
		while_two_addresses_are_tried,
		when_the_connection_stands_already,
		while_a_unix_listener_has_no_room,
	};

	return check_main("dial_cancel", tests, CHECK_COUNT(tests));
}
