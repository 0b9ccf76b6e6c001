/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_runq_stress.c - handoff/runq between its worker, thieves
 * and those who push from outside.
 *
 * Strands go round: a pusher takes a free one and queues it somewhere; whoever
 * gets it runs it and either queues it again or frees it.  A strand that is
 * lost never gets free again; one that is doubled is found running or free.
 * What a pusher wrote into it is not atomic: the queue has to carry it over,
 * and TSan looks whether it does.
 */
#include "handoff/runq.h"
#include "stress.h"

#define NWORKERS 3u
#define NPUSHERS 2u
#define MAX_STRANDS 255u

enum place {
	FREE,
	QUEUED,
	RUNNING,
};

struct token {
	_Alignas(STRESS_LINE) struct wi_strand strand;
	uint32_t place;   /* atomic: enum place */
	uint64_t nqueued; /* its holder: times it was put into a queue */
	uint64_t nruns;   /* its holder */
};

struct worker {
	_Alignas(STRESS_LINE) struct wi_runq runq;
	uint32_t number;
	uint64_t nruns; /* atomic, one writer */
	uint64_t nstolen;
};

static struct token tokens[MAX_STRANDS];
static struct worker workers[NWORKERS];

static uint32_t ntokens;
static uint64_t npushes;  /* of each pusher */
static uint64_t npushing; /* atomic: pushers that are not done */

static uint64_t
progress(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < NWORKERS; i++)
		sum += __atomic_load_n(&workers[i].nruns, __ATOMIC_RELAXED);
	return sum;
}

static void
missing(FILE *out)
{
	uint32_t nlost = 0, first = 0, place;

	for (uint32_t i = ntokens; i-- > 0;) {
		place = __atomic_load_n(&tokens[i].place, __ATOMIC_RELAXED);
		if (place == FREE)
			continue;
		nlost++;
		first = i;
	}
	fprintf(out,
	    "expected %u free strands, found %u; strand %u and %u "
	    "others are in no hands; after %llu runs\n",
	    ntokens, ntokens - nlost, first, nlost == 0 ? 0 : nlost - 1,
	    (unsigned long long)progress());
}

static struct token *
grab_free(uint32_t *random)
{
	uint32_t i, at = stress_random(random) % ntokens;
	uint32_t place;

	for (i = 0; i < ntokens; i++) {
		struct token *token = &tokens[(at + i) % ntokens];

		place = FREE;
		if (__atomic_load_n(&token->place, __ATOMIC_RELAXED) == FREE &&
		    __atomic_compare_exchange_n(&token->place, &place, QUEUED,
			false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return token;
	}
	return NULL;
}

static void
pusher_main(void *arg)
{
	uint32_t random = 99 + *(uint32_t *)arg;
	struct token *token;

	for (uint64_t n = 0; n < npushes; n++) {
		while ((token = grab_free(&random)) == NULL)
			sched_yield();
		token->nqueued++;
		wi_runq_push(&workers[stress_random(&random) % NWORKERS].runq,
		    &token->strand);
	}
	__atomic_fetch_sub(&npushing, 1, __ATOMIC_RELEASE);
}

static void
run_token(struct worker *worker, struct token *token, uint32_t *random)
{
	/* Relaxed: the queue has to carry over what the pusher wrote. */
	uint32_t place =
	    __atomic_exchange_n(&token->place, RUNNING, __ATOMIC_RELAXED);
	bool closing = __atomic_load_n(&npushing, __ATOMIC_ACQUIRE) == 0;

	stress_expect(place == QUEUED,
	    "strand %d: came out of a queue, found %s", (int)(token - tokens),
	    place == FREE ? "free" : "running");
	token->nruns++;
	stress_expect(token->nqueued == token->nruns,
	    "strand %d: queued %llu times, run %llu times",
	    (int)(token - tokens), (unsigned long long)token->nqueued,
	    (unsigned long long)token->nruns);
	__atomic_store_n(&worker->nruns, worker->nruns + 1, __ATOMIC_RELAXED);
	if (!closing && stress_random(random) % 4 != 0) {
		token->nqueued++;
		__atomic_store_n(&token->place, QUEUED, __ATOMIC_RELAXED);
		wi_runq_push_own(&worker->runq, &token->strand);
		return;
	}
	__atomic_store_n(&token->place, FREE, __ATOMIC_RELEASE);
}

static bool
all_free(void)
{
	for (uint32_t i = 0; i < ntokens; i++)
		if (__atomic_load_n(&tokens[i].place, __ATOMIC_ACQUIRE) !=
		    FREE)
			return false;
	return true;
}

static void
worker_main(void *arg)
{
	struct worker *worker = arg;
	uint32_t random = 1 + worker->number, i;
	struct wi_strand *strand;

	for (;;) {
		/* Stealing now and then although there is work makes more of
		 * the races than a thief that is out of work would. */
		strand = stress_random(&random) % 4 == 0 ?
		    NULL :
		    wi_runq_take(&worker->runq);
		for (i = 1; strand == NULL && i < NWORKERS; i++) {
			strand = wi_runq_steal(&worker->runq,
			    &workers[(worker->number + i) % NWORKERS].runq);
			worker->nstolen += strand != NULL;
		}
		if (strand == NULL)
			strand = wi_runq_take(&worker->runq);
		if (strand != NULL) {
			run_token(worker, (struct token *)strand, &random);
			continue;
		}
		if (__atomic_load_n(&npushing, __ATOMIC_ACQUIRE) == 0 &&
		    all_free())
			return;
		sched_yield();
	}
}

static void
run(uint32_t strands, uint64_t pushes)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	uint32_t numbers[NPUSHERS], i;
	uint64_t nqueued = 0, nruns = 0, nstolen = 0;

	ntokens = strands;
	npushing = NPUSHERS;
	npushes = stress_many(pushes) / NPUSHERS;
	for (i = 0; i < NWORKERS; i++) {
		workers[i].number = i;
		ck_assert_int_eq(wi_runq_init(&workers[i].runq, ntokens), 0);
		stress_team_add(&team, worker_main, &workers[i]);
	}
	for (i = 0; i < NPUSHERS; i++) {
		numbers[i] = i;
		stress_team_add(&team, pusher_main, &numbers[i]);
	}
	stress_watch_start(&watch);
	stress_team_run(&team);
	stress_watch_end(&watch);

	for (i = 0; i < ntokens; i++) {
		ck_assert_uint_eq(tokens[i].nqueued, tokens[i].nruns);
		nqueued += tokens[i].nqueued;
	}
	for (i = 0; i < NWORKERS; i++) {
		ck_assert(wi_runq_empty(&workers[i].runq));
		nruns += workers[i].nruns;
		nstolen += workers[i].nstolen;
		wi_runq_fini(&workers[i].runq);
	}
	ck_assert_uint_eq(nqueued, nruns);
	ck_assert_uint_gt(nstolen, 0); /* or thieves were not tested */
	ck_assert_uint_ge(nruns, npushes * NPUSHERS);
}

START_TEST(many_strands_are_neither_lost_nor_doubled)
{
	run(MAX_STRANDS, 2000000);
}
END_TEST

/* Rings of four and of eight that are full when all strands stand in one. */
START_TEST(as_many_strands_as_the_ring_holds_never_fill_it)
{
	run(3, 1000000);
}
END_TEST

START_TEST(seven_strands_in_a_ring_of_eight_never_fill_it)
{
	run(7, 1000000);
}
END_TEST

START_TEST(one_strand_is_never_in_two_hands)
{
	run(1, 400000);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		many_strands_are_neither_lost_nor_doubled,
		as_many_strands_as_the_ring_holds_never_fill_it,
		seven_strands_in_a_ring_of_eight_never_fill_it,
		one_strand_is_never_in_two_hands,
	};

	return stress_main("runq stress", tests, CHECK_COUNT(tests));
}
