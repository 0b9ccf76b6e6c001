/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/planted_race.c - a program with a fault that ThreadSanitizer
 * has to find, so that "no report" in the other tests means something.
 *
 *	planted_race tsan     exit status 0 if it was built with TSan, else 77
 *	planted_race clean    each room used as it is meant: no report
 *	planted_race mailbox | outbox | attention | runq
 *	                      touches what it has pushed: a report
 *
 * The fault is the one that the rooms invite: an event is somebody else's as
 * soon as it has been pushed.  tests/stress/planted_race.sh runs it.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handoff/mailbox.h"
#include "handoff/outbox.h"
#include "handoff/runq.h"

#if defined(__SANITIZE_THREAD__)
#define PLANTED_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLANTED_TSAN 1
#endif
#endif

#define EXIT_SKIPPED 77
#define DEADLINE_S 60

static struct wi_mailbox mailbox;
static struct wi_outbox outbox;
static struct wi_runq runq, thief;
static struct wi_event event;
static struct wi_chunk chunk;
static struct wi_endpoint endpoint;
static struct wi_strand strand;
static uint64_t sum; /* of what the taker read */

/* By a name of its own, which the script looks for in the report. */
__attribute__((noinline)) static void
planted_touch(uint32_t *value)
{
	(*value)++;
}

static bool
take_event(void)
{
	struct wi_event *taken = wi_mailbox_peek(&mailbox);

	if (taken == NULL)
		return false;
	sum += taken->detail;
	wi_mailbox_drop(&mailbox, taken);
	return true;
}

static bool
take_chunk(void)
{
	struct wi_chunk *taken = wi_outbox_take_chunks(&outbox);

	if (taken == NULL)
		return false;
	sum += taken->len;
	return true;
}

static bool
take_attention(void)
{
	struct wi_endpoint *taken = wi_outbox_take_attention(&outbox);
	uint32_t what;

	if (taken == NULL)
		return false;
	(void)wi_outbox_next_attention(taken, &what);
	sum += what + taken->own.own_holds;
	return true;
}

static bool
take_strand(void)
{
	struct wi_strand *taken = wi_runq_steal(&thief, &runq);

	if (taken == NULL)
		return false;
	sum += taken->own_holds;
	return true;
}

/* A room, what is touched, and how it comes out. */
struct plant {
	const char *name;
	uint32_t *touched;
	bool (*take)(void);
};

static const struct plant plants[] = {
	{ "mailbox", &event.detail, take_event },
	{ "outbox", &chunk.len, take_chunk },
	{ "attention", &endpoint.own.own_holds, take_attention },
	{ "runq", &strand.own_holds, take_strand },
};
#define NPLANTS (sizeof(plants) / sizeof(plants[0]))

static void
put_in(const struct plant *plant)
{
	if (plant->take == take_event) {
		/* Not from idle: the other thread is its runner already. */
		(void)wi_mailbox_push(&mailbox, &event);
	} else if (plant->take == take_chunk) {
		wi_outbox_push(&outbox, &chunk);
	} else if (plant->take == take_attention) {
		wi_outbox_attend(&outbox, &endpoint, WI_ATTEND_RESUME);
	} else {
		wi_runq_push_own(&runq, &strand);
	}
}

static void *
taker_main(void *arg)
{
	const struct plant *plant = arg;
	struct timespec now, end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += DEADLINE_S;
	while (!plant->take()) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end.tv_sec) {
			fprintf(stderr,
			    "%s: expected what was pushed within "
			    "%d s, found nothing\n",
			    plant->name, DEADLINE_S);
			exit(EXIT_FAILURE);
		}
		sched_yield();
	}
	return NULL;
}

static int
run(const struct plant *plant, bool faulty)
{
	static struct wi_event first;
	pthread_t thread;

	wi_mailbox_init(&mailbox);
	wi_outbox_init(&outbox);
	if (wi_runq_init(&runq, 4) < 0 || wi_runq_init(&thief, 4) < 0)
		return EXIT_FAILURE;
	(void)wi_mailbox_push(&mailbox, &first);
	wi_mailbox_drop(&mailbox, wi_mailbox_peek(&mailbox));
	if (pthread_create(
		&thread, NULL, taker_main, (void *)(uintptr_t)plant) != 0)
		return EXIT_FAILURE;
	planted_touch(plant->touched); /* it is ours still */
	put_in(plant);
	if (faulty)
		planted_touch(plant->touched);
	if (pthread_join(thread, NULL) != 0)
		return EXIT_FAILURE;
	planted_touch(plant->touched); /* and again */
	wi_runq_fini(&runq);
	wi_runq_fini(&thief);
	return EXIT_SUCCESS;
}

static int
run_all_clean(void)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < NPLANTS && status == EXIT_SUCCESS; i++)
		status = run(&plants[i], false);
	return status;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "tsan") == 0) {
#ifdef PLANTED_TSAN
		return EXIT_SUCCESS;
#else
		return EXIT_SKIPPED;
#endif
	}
	if (argc == 2 && strcmp(argv[1], "clean") == 0)
		return run_all_clean();
	for (size_t i = 0; argc == 2 && i < NPLANTS; i++)
		if (strcmp(argv[1], plants[i].name) == 0)
			return run(&plants[i], true);
	fprintf(stderr,
	    "usage: planted_race tsan | clean | mailbox | outbox "
	    "| attention | runq\n");
	return 2;
}
