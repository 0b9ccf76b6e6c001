/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_spare_stress.c - handlers block at random, so that spare
 * workers come, park, leave and come again all the time: nothing that is told
 * is lost, doubled or reordered, and no strand is run by two workers.
 *
 * What is told goes on from strand to strand, so workers schedule as well as
 * the threads that began it.  A lost wake-up ends the run: then nothing moves,
 * and the watchdog tells.
 */
#include <weft/weft.h>

#include <errno.h>
#include <time.h>

#include "stress.h"

#define NTELLERS 3u
#define NROOMS 10u
#define HOPS 6u
#define BLOCK_ONE_IN 60u
#define WAITING_MAX 2000u /* told and not done: less than max_signals */

struct what {
	uint32_t teller;
	uint32_t number;
	uint32_t hops; /* still to do */
};

struct room {
	weft_strand strand;
	uint32_t inside; /* atomic */
	uint32_t random;
	uint32_t next[NTELLERS]; /* of first hops: not below it */
};

struct teller {
	pthread_t thread;
	uint32_t number;
	uint32_t random;
};

static struct weft_node *node;
static struct room rooms[NROOMS];
static uint64_t nitems;       /* of each teller */
static uint64_t ntold, nrun;  /* atomic */
static uint64_t ndone, nlost; /* atomic: last hops */

static uint64_t
progress(void)
{
	return __atomic_load_n(&nrun, __ATOMIC_RELAXED);
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu hops, %llu of %llu done\n",
	    (unsigned long long)__atomic_load_n(&nrun, __ATOMIC_RELAXED),
	    (unsigned long long)__atomic_load_n(&ndone, __ATOMIC_RELAXED),
	    (unsigned long long)__atomic_load_n(&ntold, __ATOMIC_RELAXED));
}

/* As a call to a database would. */
static void
block(uint32_t *random)
{
	struct timespec left = {
		.tv_nsec = (long)(1 + stress_random(random) % 4) * 1000000
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		continue;
}

static int
tell(struct room *room, const struct what *what)
{
	const struct weft_signal signal = { .kind = 1,
		.bytes = { (const uint8_t *)what, sizeof(*what) } };

	return weft_signal(room->strand, &signal);
}

static void
signal_run(struct weft_call *call, const struct weft_signal *signal)
{
	struct room *room = weft_call_strand_state(call);
	struct what what;

	ck_assert_uint_eq(
	    __atomic_exchange_n(&room->inside, 1, __ATOMIC_ACQUIRE), 0);
	memcpy(&what, signal->bytes.data, sizeof(what));
	if (what.hops == HOPS) {
		ck_assert_uint_ge(what.number, room->next[what.teller]);
		room->next[what.teller] = what.number + 1;
	}
	if (stress_random(&room->random) % BLOCK_ONE_IN == 0)
		block(&room->random);
	if (what.hops-- > 0) {
		if (tell(&rooms[stress_random(&room->random) % NROOMS],
			&what) < 0)
			__atomic_fetch_add(&nlost, 1, __ATOMIC_RELAXED);
	} else {
		__atomic_fetch_add(&ndone, 1, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&nrun, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&room->inside, 0, __ATOMIC_RELEASE);
}

static const struct weft_plugin plugin =
    WEFT_PLUGIN_INIT(.name = "spares", .signal = signal_run);

static void *
teller_main(void *arg)
{
	struct teller *teller = arg;
	struct what what = { .teller = teller->number, .hops = HOPS };
	uint64_t told;

	while (what.number < nitems) {
		told = __atomic_add_fetch(&ntold, 1, __ATOMIC_RELAXED);
		if (told > WAITING_MAX)
			stress_wait(&ndone, told - WAITING_MAX);
		ck_assert_int_eq(
		    tell(&rooms[stress_random(&teller->random) % NROOMS],
			&what),
		    WEFT_OK);
		what.number++;
	}
	return NULL;
}

START_TEST(nothing_is_lost_while_spares_come_and_go)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct teller tellers[NTELLERS];
	struct weft_error err;
	uint32_t i;

	nitems = stress_many(10000);
	options.workers = 2;
	options.max_workers = 6;
	options.block_after_ms = 1;
	options.spare_ms = 1;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	for (i = 0; i < NROOMS; i++) {
		rooms[i].random = 7 + i;
		ck_assert_int_eq(weft_node_strand_new(node, "spares", NULL,
				     &rooms[i], &rooms[i].strand),
		    WEFT_OK);
	}
	stress_watch_start(&watch);
	for (i = 0; i < NTELLERS; i++) {
		tellers[i] = (struct teller){ .number = i, .random = 99 + i };
		ck_assert_int_eq(pthread_create(&tellers[i].thread, NULL,
				     teller_main, &tellers[i]),
		    0);
	}
	for (i = 0; i < NTELLERS; i++)
		ck_assert_int_eq(pthread_join(tellers[i].thread, NULL), 0);
	stress_wait(&ndone, ntold);
	stress_watch_end(&watch);
	for (i = 0; i < NROOMS; i++)
		weft_strand_release(rooms[i].strand);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	/* That it was what it says: they came, again and again. */
	ck_assert_uint_gt(
	    weft_node_counter(node, WEFT_COUNTER_spares_started) +
		weft_node_counter(node, WEFT_COUNTER_spares_woken),
	    4);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_uint_eq(nlost, 0);
	ck_assert_uint_eq(nrun, NTELLERS * nitems * (HOPS + 1));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		nothing_is_lost_while_spares_come_and_go
	};

	return stress_main("spare_stress", tests, CHECK_COUNT(tests));
}
