/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_mailbox_stress.c - handoff/mailbox under the protocol that
 * it is made for: producers push and schedule, runners take strands from run
 * queues, run them for a while, and rest or requeue them.
 *
 * Looked for: each producer's events in order in each strand, none lost, none
 * twice, and never two runners in a strand.  What the runners check with is
 * not atomic wherever the mailbox has to make it theirs, so that TSan looks
 * for the same.  Events are used again at once: their addresses come back in
 * the same inbox.
 */
#include "handoff/mailbox.h"
#include "handoff/runq.h"
#include "handoff/wake.h"
#include "stress.h"

#define NPRODUCERS 3u
#define NRUNNERS 2u
#define MAX_STRANDS 256u
#define NEVENTS 1024u /* of each producer */

struct stress_event {
	struct wi_event event;
	uint32_t producer;
	uint32_t number; /* in its strand, of its producer */
	uint32_t is_out; /* atomic: not dropped yet */
};

/* A strand; behind it what its runner alone may touch. */
struct room {
	_Alignas(STRESS_LINE) struct wi_strand strand;
	uint32_t is_inside;          /* atomic: somebody runs it */
	uint32_t nruns;              /* runner */
	uint32_t expect[NPRODUCERS]; /* runner: number of the next event */
};

struct producer {
	_Alignas(STRESS_LINE) struct stress_event events[NEVENTS];
	uint32_t nsent[MAX_STRANDS];
	uint32_t number;
};

struct runner {
	_Alignas(STRESS_LINE) struct wi_runq runq;
	struct wi_bed bed;
	uint32_t number;
	uint64_t nruns;
	uint64_t nrequeued;
};

static struct room rooms[MAX_STRANDS];
static struct producer producers[NPRODUCERS];
static struct runner runners[NRUNNERS];

static uint32_t nstrands;
static uint32_t budget;
static uint64_t nevents;            /* of each producer */
static _Alignas(64) uint64_t ndone; /* atomic */
static uint32_t is_over;            /* atomic */

static uint64_t
progress(void)
{
	return __atomic_load_n(&ndone, __ATOMIC_RELAXED);
}

/* Reads what is not its own, but only when nothing moves any more. */
__attribute__((no_sanitize("thread"))) static void
missing(FILE *out)
{
	uint32_t i, j, nsaid = 0;

	fprintf(out, "expected %llu events, found %llu;",
	    (unsigned long long)(nevents * NPRODUCERS),
	    (unsigned long long)progress());
	for (i = 0; i < nstrands; i++)
		for (j = 0; j < NPRODUCERS; j++)
			if (rooms[i].expect[j] != producers[j].nsent[i] &&
			    nsaid++ < 5)
				fprintf(out,
				    " strand %u: %u of %u of "
				    "producer %u;",
				    i, rooms[i].expect[j],
				    producers[j].nsent[i], j);
	fputc('\n', out);
}

static void
producer_main(void *arg)
{
	struct producer *producer = arg;
	uint32_t random = producer->number + 7;

	for (uint64_t i = 0; i < nevents; i++) {
		struct stress_event *event = &producer->events[i % NEVENTS];
		uint32_t to = stress_random(&random) % nstrands;
		struct room *room = &rooms[to];
		struct runner *runner = &runners[to % NRUNNERS];

		while (__atomic_load_n(&event->is_out, __ATOMIC_ACQUIRE) != 0)
			sched_yield();
		event->is_out = 1;
		event->producer = producer->number;
		event->number = producer->nsent[to]++;
		if (!wi_mailbox_push(&room->strand.mailbox, &event->event))
			continue;
		wi_runq_push(&runner->runq, &room->strand);
		(void)wi_wake_worker(&runner->bed);
	}
}

static void
run_event(struct room *room, struct stress_event *event)
{
	uint32_t expected = room->expect[event->producer]++;

	stress_expect(event->number == expected,
	    "strand %d, producer %u: expected event %u, found %u",
	    (int)(room - rooms), event->producer, expected, event->number);
	wi_mailbox_drop(&room->strand.mailbox, &event->event);
	__atomic_store_n(&event->is_out, 0, __ATOMIC_RELEASE);
}

static void
run_strand(struct runner *runner, struct room *room)
{
	struct wi_event *event;
	uint32_t n = 0;

	/* Relaxed: order between runners is the mailbox's to make. */
	stress_expect(
	    __atomic_exchange_n(&room->is_inside, 1, __ATOMIC_RELAXED) == 0,
	    "strand %d: found two runners in it", (int)(room - rooms));
	runner->nruns++;
	room->nruns++;
	while (n < budget &&
	    (event = wi_mailbox_peek(&room->strand.mailbox)) != NULL) {
		run_event(room, (struct stress_event *)event);
		n++;
	}
	__atomic_store_n(&room->is_inside, 0, __ATOMIC_RELAXED);
	if (!wi_mailbox_rest(&room->strand.mailbox)) {
		runner->nrequeued++;
		wi_runq_push_own(&runner->runq, &room->strand);
	}
	if (__atomic_add_fetch(&ndone, n, __ATOMIC_RELAXED) <
	    nevents * NPRODUCERS)
		return;
	__atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < NRUNNERS; i++)
		(void)wi_wake_worker(&runners[i].bed);
}

static struct wi_strand *
find_strand(struct runner *runner)
{
	struct wi_strand *strand = wi_runq_take(&runner->runq);
	uint32_t i;

	for (i = 1; strand == NULL && i < NRUNNERS; i++)
		strand = wi_runq_steal(&runner->runq,
		    &runners[(runner->number + i) % NRUNNERS].runq);
	return strand;
}

static bool
may_not_sleep(void)
{
	for (uint32_t i = 0; i < NRUNNERS; i++)
		if (!wi_runq_empty(&runners[i].runq))
			return true;
	return __atomic_load_n(&is_over, __ATOMIC_ACQUIRE) != 0;
}

static void
runner_main(void *arg)
{
	struct runner *runner = arg;
	struct wi_strand *strand;

	while (__atomic_load_n(&is_over, __ATOMIC_ACQUIRE) == 0) {
		strand = find_strand(runner);
		if (strand != NULL) {
			run_strand(runner, (struct room *)strand);
			continue;
		}
		wi_bed_lie_down(&runner->bed);
		if (may_not_sleep())
			wi_bed_get_up(&runner->bed);
		else
			wi_bed_sleep(&runner->bed);
	}
}

static void
setup(struct stress_team *team)
{
	uint32_t i;

	for (i = 0; i < nstrands; i++)
		wi_mailbox_init(&rooms[i].strand.mailbox);
	for (i = 0; i < NRUNNERS; i++) {
		runners[i].number = i;
		ck_assert_int_eq(wi_runq_init(&runners[i].runq, nstrands), 0);
		ck_assert_int_eq(wi_bed_init(&runners[i].bed), 0);
		stress_team_add(team, runner_main, &runners[i]);
	}
	for (i = 0; i < NPRODUCERS; i++) {
		producers[i].number = i;
		stress_team_add(team, producer_main, &producers[i]);
	}
}

static void
run(uint32_t strands, uint32_t events_a_run, uint64_t events)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	uint64_t nruns = 0, nruns_seen = 0;
	uint32_t i, j;

	nstrands = strands;
	budget = events_a_run;
	nevents = stress_many(events) / NPRODUCERS;
	setup(&team);
	stress_watch_start(&watch);
	stress_team_run(&team);
	stress_watch_end(&watch);

	ck_assert_uint_eq(ndone, nevents * NPRODUCERS);
	for (i = 0; i < nstrands; i++) {
		struct wi_event event;

		for (j = 0; j < NPRODUCERS; j++)
			ck_assert_uint_eq(
			    rooms[i].expect[j], producers[j].nsent[i]);
		nruns_seen += rooms[i].nruns;
		/* It was left idle. */
		ck_assert(wi_mailbox_push(&rooms[i].strand.mailbox, &event));
	}
	for (i = 0; i < NRUNNERS; i++) {
		ck_assert(wi_runq_empty(&runners[i].runq));
		nruns += runners[i].nruns;
		wi_runq_fini(&runners[i].runq);
		wi_bed_fini(&runners[i].bed);
	}
	ck_assert_uint_eq(nruns, nruns_seen);
}

START_TEST(many_strands_keep_order_and_lose_nothing)
{
	run(MAX_STRANDS, 64, 6000000);
}
END_TEST

START_TEST(few_strands_with_a_short_run_keep_order_and_lose_nothing)
{
	uint64_t nrequeued = 0;

	run(5, 2, 6000000);
	for (uint32_t i = 0; i < NRUNNERS; i++)
		nrequeued += runners[i].nrequeued;
	ck_assert_uint_gt(nrequeued, 0); /* both ways out of a run were gone */
}
END_TEST

START_TEST(one_strand_for_all_keeps_order_and_loses_nothing)
{
	run(1, 64, 6000000);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		many_strands_keep_order_and_lose_nothing,
		few_strands_with_a_short_run_keep_order_and_lose_nothing,
		one_strand_for_all_keeps_order_and_loses_nothing,
	};

	return stress_main("mailbox stress", tests, CHECK_COUNT(tests));
}
