/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_wake.c - handoff/wake: the beds, one step at a time.  The
 * races are tests/stress's.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <uv.h>

#include <weft/error.h>

#include "check_main.h"
#include "handoff/wake.h"

static int
posts_of(struct wi_bed *bed)
{
	int value;

	ck_assert_int_eq(sem_getvalue(&bed->sem, &value), 0);
	return value;
}

START_TEST(worker_that_is_up_is_not_woken)
{
	struct wi_bed bed;

	ck_assert_int_eq(wi_bed_init(&bed), WEFT_OK);
	ck_assert(!wi_bed_used(&bed));
	ck_assert(!wi_wake_worker(&bed));
	ck_assert_int_eq(
	    posts_of(&bed), 0); /* or the next sleep ends at once */
	wi_bed_fini(&bed);
}
END_TEST

START_TEST(worker_that_lies_is_woken_once)
{
	struct wi_bed bed;

	ck_assert_int_eq(wi_bed_init(&bed), WEFT_OK);
	for (int i = 0; i < 3; i++) {
		wi_bed_lie_down(&bed);
		ck_assert(wi_bed_used(&bed));
		ck_assert(wi_wake_worker(&bed));
		ck_assert(!wi_bed_used(&bed));
		ck_assert(!wi_wake_worker(&bed));
		ck_assert_int_eq(posts_of(&bed), 1);
		wi_bed_sleep(&bed); /* ends at once */
		ck_assert_int_eq(posts_of(&bed), 0);
	}
	wi_bed_fini(&bed);
}
END_TEST

START_TEST(worker_that_gets_up_by_itself_is_not_woken)
{
	struct wi_bed bed;

	ck_assert_int_eq(wi_bed_init(&bed), WEFT_OK);
	wi_bed_lie_down(&bed);
	wi_bed_get_up(&bed);
	ck_assert(!wi_bed_used(&bed));
	ck_assert(!wi_wake_worker(&bed));
	ck_assert_int_eq(posts_of(&bed), 0);
	wi_bed_fini(&bed);
}
END_TEST

START_TEST(getting_up_takes_the_post_of_who_woke_us_meanwhile)
{
	struct wi_bed bed;

	ck_assert_int_eq(wi_bed_init(&bed), WEFT_OK);
	wi_bed_lie_down(&bed);
	ck_assert(wi_wake_worker(&bed));
	ck_assert_int_eq(posts_of(&bed), 1);
	wi_bed_get_up(&bed);
	ck_assert_int_eq(posts_of(&bed), 0);
	wi_bed_fini(&bed);
}
END_TEST

struct sleeper {
	struct wi_bed bed;
	uint32_t nslept;   /* atomic: sleeps that have ended */
	uint32_t nlaid;    /* atomic: sleeps that have begun */
	uint32_t nsignals; /* atomic */
	pid_t tid;         /* written before nlaid is */
};

#define SLEEPS 200u

static void *
sleep_again_and_again(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = gettid();
	for (uint32_t i = 0; i < SLEEPS; i++) {
		wi_bed_lie_down(&sleeper->bed);
		__atomic_store_n(&sleeper->nlaid, i + 1, __ATOMIC_RELEASE);
		wi_bed_sleep(&sleeper->bed);
		__atomic_store_n(&sleeper->nslept, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void
wait_for(const uint32_t *value, uint32_t at_least)
{
	while (__atomic_load_n(value, __ATOMIC_ACQUIRE) < at_least)
		sched_yield(); /* CK_DEFAULT_TIMEOUT is the deadline */
}

START_TEST(sleep_lasts_until_somebody_wakes)
{
	struct sleeper sleeper = { .nslept = 0 };
	pthread_t thread;

	ck_assert_int_eq(wi_bed_init(&sleeper.bed), WEFT_OK);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, sleep_again_and_again, &sleeper), 0);
	for (uint32_t i = 0; i < SLEEPS; i++) {
		wait_for(&sleeper.nlaid, i + 1);
		ck_assert_uint_eq(
		    __atomic_load_n(&sleeper.nslept, __ATOMIC_ACQUIRE), i);
		ck_assert(wi_wake_worker(&sleeper.bed));
		wait_for(&sleeper.nslept, i + 1);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(posts_of(&sleeper.bed), 0);
	wi_bed_fini(&sleeper.bed);
}
END_TEST

static struct sleeper *signalled;

static void
on_signal(int signum)
{
	(void)signum;
	__atomic_fetch_add(&signalled->nsignals, 1, __ATOMIC_RELEASE);
}

/* The kernel says that the thread sleeps.  A signal that comes between lying
 * down and that may be held by TSan (LLVM 14) until the sleep has ended. */
static void
wait_for_sleep(pid_t tid)
{
	char path[64], state = '?';

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	while (state != 'S') {
		FILE *file = fopen(path, "re");

		ck_assert_ptr_nonnull(file);
		ck_assert_int_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
		(void)fclose(file);
	}
}

START_TEST(signal_does_not_end_a_sleep)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sleeper sleeper = { .nslept = 0 };
	pthread_t thread;

	signalled = &sleeper;
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(wi_bed_init(&sleeper.bed), WEFT_OK);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, sleep_again_and_again, &sleeper), 0);
	for (uint32_t i = 0; i < SLEEPS; i++) {
		wait_for(&sleeper.nlaid, i + 1);
		wait_for_sleep(sleeper.tid);
		ck_assert_int_eq(pthread_kill(thread, SIGUSR1), 0);
		wait_for(&sleeper.nsignals, i + 1);
		ck_assert_uint_eq(
		    __atomic_load_n(&sleeper.nslept, __ATOMIC_ACQUIRE), i);
		ck_assert(wi_bed_used(&sleeper.bed));
		ck_assert(wi_wake_worker(&sleeper.bed));
		wait_for(&sleeper.nslept, i + 1);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	wi_bed_fini(&sleeper.bed);
}
END_TEST

struct io_bed {
	uv_loop_t loop;
	struct wi_io_door door;
};

static void
io_setup(struct io_bed *io)
{
	ck_assert_int_eq(uv_loop_init(&io->loop), 0);
	ck_assert_int_eq(wi_io_door_init(&io->door, &io->loop), 0);
	/* From the first turn on its descriptor is in the poller. */
	(void)uv_run(&io->loop, UV_RUN_NOWAIT);
}

static void
io_teardown(struct io_bed *io)
{
	uv_close((uv_handle_t *)&io->door.async, NULL);
	ck_assert_int_eq(uv_run(&io->loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&io->loop), 0);
}

/* Would a poll of the loop end now? */
static bool
io_would_wake(const struct io_bed *io)
{
	struct pollfd pollfd = { .fd = uv_backend_fd(&io->loop),
		.events = POLLIN };

	return poll(&pollfd, 1, 0) == 1;
}

START_TEST(poller_that_is_up_is_not_woken)
{
	struct io_bed io;

	io_setup(&io);
	ck_assert(!wi_wake_io(&io.door));
	ck_assert(!io_would_wake(&io));
	wi_io_lie_down(&io.door);
	wi_io_get_up(&io.door);
	ck_assert(!wi_wake_io(&io.door));
	ck_assert(!io_would_wake(&io));
	io_teardown(&io);
}
END_TEST

START_TEST(poller_that_lies_is_woken_once)
{
	struct io_bed io;

	io_setup(&io);
	for (int i = 0; i < 3; i++) {
		wi_io_lie_down(&io.door);
		ck_assert(!io_would_wake(&io));
		ck_assert(wi_wake_io(&io.door));
		ck_assert(io_would_wake(&io));
		ck_assert(!wi_wake_io(&io.door));
		/* The poll ends, and takes the wake-up with it. */
		(void)uv_run(&io.loop, UV_RUN_ONCE);
		ck_assert(!io_would_wake(&io));
		wi_io_get_up(&io.door);
	}
	io_teardown(&io);
}
END_TEST

static struct io_bed *handler_io;
static uint32_t handler_woke;

static void
wake_in_a_handler(int signum)
{
	(void)signum;
	handler_woke += wi_wake_io(&handler_io->door);
}

START_TEST(signal_handler_may_wake_the_poller)
{
	struct sigaction action = { .sa_handler = wake_in_a_handler };
	struct io_bed io;

	io_setup(&io);
	handler_io = &io;
	handler_woke = 0;
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	wi_io_lie_down(&io.door);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_uint_eq(handler_woke, 1);
	(void)uv_run(&io.loop, UV_RUN_ONCE);
	io_teardown(&io);
}
END_TEST

static bool
fd_readable(const struct wi_fd_bed *bed)
{
	struct pollfd pollfd = { .fd = bed->fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1;
}

START_TEST(descriptor_is_readable_from_a_wake_to_the_next_lying_down)
{
	struct wi_fd_bed bed;

	ck_assert_int_eq(wi_fd_bed_init(&bed), WEFT_OK);
	/* Asleep from the start: who has never looked may poll. */
	for (int i = 0; i < 3; i++) {
		ck_assert(!fd_readable(&bed));
		ck_assert(wi_wake_fd(&bed));
		ck_assert(fd_readable(&bed));
		ck_assert(!wi_wake_fd(&bed)); /* woken once */
		ck_assert(wi_fd_bed_sleep(&bed, -1));
		ck_assert(fd_readable(&bed)); /* until nothing is found */
		ck_assert(wi_fd_bed_lie_down(&bed));
		ck_assert(!fd_readable(&bed));
		ck_assert(wi_fd_bed_lie_down(&bed)); /* lies already */
	}
	wi_fd_bed_fini(&bed);
	ck_assert_int_eq(bed.fd, -1);
}
END_TEST

/* See post_note: the waker is between its exchange and its write. */
START_TEST(who_is_just_being_woken_does_not_lie_down)
{
	const uint64_t one = 1;
	struct wi_fd_bed bed;

	ck_assert_int_eq(wi_fd_bed_init(&bed), WEFT_OK);
	bed.asleep = 0;
	ck_assert(!wi_fd_bed_lie_down(&bed));
	ck_assert_uint_eq(bed.asleep, 0);
	ck_assert_int_eq(write(bed.fd, &one, sizeof(one)), sizeof(one));
	ck_assert(wi_fd_bed_sleep(&bed, -1));
	ck_assert(wi_fd_bed_lie_down(&bed));
	ck_assert_uint_eq(bed.asleep, 1);
	ck_assert(!fd_readable(&bed));
	wi_fd_bed_fini(&bed);
}
END_TEST

START_TEST(sleep_on_a_descriptor_ends_with_its_time)
{
	struct wi_fd_bed bed;

	ck_assert_int_eq(wi_fd_bed_init(&bed), WEFT_OK);
	ck_assert(!wi_fd_bed_sleep(&bed, 0));
	ck_assert(!wi_fd_bed_sleep(&bed, 5));
	ck_assert(wi_wake_fd(&bed));
	/* Not to wait at all is not to look either: lying down looks. */
	ck_assert(!wi_fd_bed_sleep(&bed, 0));
	ck_assert(wi_fd_bed_sleep(&bed, 5));
	wi_fd_bed_fini(&bed);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		worker_that_is_up_is_not_woken,
		worker_that_lies_is_woken_once,
		worker_that_gets_up_by_itself_is_not_woken,
		getting_up_takes_the_post_of_who_woke_us_meanwhile,
		sleep_lasts_until_somebody_wakes,
		signal_does_not_end_a_sleep,
		poller_that_is_up_is_not_woken,
		poller_that_lies_is_woken_once,
		signal_handler_may_wake_the_poller,
		descriptor_is_readable_from_a_wake_to_the_next_lying_down,
		who_is_just_being_woken_does_not_lie_down,
		sleep_on_a_descriptor_ends_with_its_time,
	};

	return check_main("wake", tests, CHECK_COUNT(tests));
}
