/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_outbox_stress.c - handoff/outbox with many senders and the
 * one that takes, as work/send and work/dispatch use it and io/collect.
 *
 * A sender publishes lists of chunks for its endpoints, says RESUME of them
 * now and then, and at last RELEASE; a released endpoint is given back and
 * used again.  Looked for: each sender's chunks in order, none lost, none
 * twice; each RESUME seen at the latest with the RELEASE; and order_note: when
 * RELEASE is seen, all chunks of the endpoint have been.  What senders write
 * into chunks and endpoints is not atomic: the outbox has to carry it over.
 */
#include "handoff/outbox.h"
#include "stress.h"

#define NSENDERS 3u
#define NENDPOINTS 6u /* of each sender */
#define NCHUNKS 512u  /* of each sender */
#define LIST_MAX 4u

struct stress_chunk {
	struct wi_chunk chunk;
	struct place *place; /* whom it is for */
	uint32_t sender;
	uint32_t is_out; /* atomic: not taken yet */
	uint64_t number; /* of its sender */
};

/* An endpoint, and what is known of it on both sides. */
struct place {
	_Alignas(STRESS_LINE) struct wi_endpoint endpoint;
	uint64_t nsent;    /* sender; the taker's from RELEASE on */
	uint64_t nresumes; /* atomic, sender: RESUME said so often */
	uint64_t nlives;   /* sender: RELEASE said so often; written last */
	uint32_t is_given; /* atomic: released, and not given back */
	_Alignas(STRESS_LINE) uint64_t nseen; /* taker */
	uint64_t nresumed; /* taker: of nresumes, heard of so many */
	uint64_t nlived;   /* taker: of nlives, heard of so many */
	uint32_t what;     /* taker: was said, and is to be looked at */
	struct place *attended_next; /* taker */
};

struct sender {
	_Alignas(STRESS_LINE) struct stress_chunk chunks[NCHUNKS];
	struct place places[NENDPOINTS];
	uint32_t number;
	uint64_t nsent;
	uint64_t nreleased;
};

static struct sender senders[NSENDERS];
static struct wi_outbox outbox;

static uint64_t nchunks;                  /* of each sender */
static uint64_t nexpected[NSENDERS];      /* taker: the next chunk's number */
static uint64_t nreleases;                /* taker */
static _Alignas(64) uint64_t ntaken;      /* atomic, taker */
static _Alignas(64) uint64_t nsenders_on; /* atomic */

static uint64_t
progress(void)
{
	return __atomic_load_n(&ntaken, __ATOMIC_RELAXED);
}

static void
missing(FILE *out)
{
	uint32_t i, j, ngiven = 0;

	for (i = 0; i < NSENDERS; i++)
		for (j = 0; j < NENDPOINTS; j++)
			ngiven += __atomic_load_n(
			    &senders[i].places[j].is_given, __ATOMIC_RELAXED);
	fprintf(out,
	    "expected %llu chunks, found %llu; of %u endpoints that "
	    "were released nothing was heard\n",
	    (unsigned long long)(nchunks * NSENDERS),
	    (unsigned long long)progress(), ngiven);
}

static struct wi_chunk *
sender_chunk(struct sender *sender, struct place *place)
{
	struct stress_chunk *chunk = &sender->chunks[sender->nsent % NCHUNKS];

	while (__atomic_load_n(&chunk->is_out, __ATOMIC_ACQUIRE) != 0)
		sched_yield();
	chunk->is_out = 1;
	chunk->sender = sender->number;
	chunk->place = place;
	chunk->number = sender->nsent++;
	chunk->chunk.next = NULL;
	place->nsent++;
	return &chunk->chunk;
}

static void
sender_publish(struct sender *sender, struct place *place, uint32_t n)
{
	struct wi_chunk *first, *last;

	first = last = sender_chunk(sender, place);
	while (--n > 0 && sender->nsent < nchunks) {
		last->next = sender_chunk(sender, place);
		last = last->next;
	}
	wi_outbox_push(&outbox, first);
}

static void
sender_resume(struct place *place)
{
	__atomic_store_n(
	    &place->nresumes, place->nresumes + 1, __ATOMIC_RELAXED);
	wi_outbox_attend(&outbox, &place->endpoint, WI_ATTEND_RESUME);
}

static void
sender_release(struct sender *sender, struct place *place)
{
	sender->nreleased++;
	place->nlives++;
	__atomic_store_n(&place->is_given, 1, __ATOMIC_RELAXED);
	wi_outbox_attend(&outbox, &place->endpoint, WI_ATTEND_RELEASE);
}

/* The same as the last run of a strand: a batch is done, its mailbox has room
 * again; the replies; the end. */
static void
sender_end(struct sender *sender, struct place *place, uint32_t random)
{
	if (random % 2 == 0)
		sender_resume(place);
	stress_spin(random / 2 % 64);
	if (sender->nsent < nchunks)
		sender_publish(sender, place, 1);
	sender_release(sender, place);
}

static void
sender_main(void *arg)
{
	struct sender *sender = arg;
	uint32_t random = sender->number + 3, i;
	struct place *place;

	while (sender->nsent < nchunks) {
		i = stress_random(&random);
		place = &sender->places[i % NENDPOINTS];
		if (__atomic_load_n(&place->is_given, __ATOMIC_ACQUIRE) != 0) {
			sched_yield();
			continue;
		}
		sender_publish(sender, place, i / 64 % LIST_MAX + 1);
		if (i / 512 % 4 == 0)
			sender_resume(place);
		if (i / 2048 % 4 == 0)
			sender_end(sender, place, i / 8192);
	}
	for (i = 0; i < NENDPOINTS; i++) {
		place = &sender->places[i];
		while (
		    __atomic_load_n(&place->is_given, __ATOMIC_ACQUIRE) != 0)
			sched_yield();
		sender_release(sender, place);
	}
	__atomic_fetch_sub(&nsenders_on, 1, __ATOMIC_RELEASE);
}

static void
take_chunk(struct stress_chunk *chunk)
{
	uint64_t expected = nexpected[chunk->sender]++;

	stress_expect(chunk->number == expected,
	    "sender %u: expected chunk %llu, found %llu", chunk->sender,
	    (unsigned long long)expected, (unsigned long long)chunk->number);
	chunk->place->nseen++;
	__atomic_store_n(&ntaken, ntaken + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&chunk->is_out, 0, __ATOMIC_RELEASE);
}

static void
take_release(struct place *place)
{
	uint64_t nresumes =
	    __atomic_load_n(&place->nresumes, __ATOMIC_RELAXED);

	stress_expect(place->nseen == place->nsent,
	    "RELEASE of an endpoint: %llu chunks were published before it, "
	    "found %llu",
	    (unsigned long long)place->nsent,
	    (unsigned long long)place->nseen);
	stress_expect(place->nresumed == nresumes,
	    "RELEASE of an endpoint: RESUME was said %llu times before it, "
	    "heard of %llu",
	    (unsigned long long)nresumes, (unsigned long long)place->nresumed);
	stress_expect(place->nlives == ++place->nlived,
	    "RELEASE of an endpoint: said %llu times, heard of %llu",
	    (unsigned long long)place->nlives,
	    (unsigned long long)place->nlived);
	/* It is the next one's now: nothing may be left in it. */
	place->nsent = place->nseen = 0;
	place->endpoint.attend_entry.next = NULL;
	nreleases++;
	__atomic_store_n(&place->is_given, 0, __ATOMIC_RELEASE);
}

/* Ask what was said of each, before the chunks are taken: see order_note. */
static struct place *
take_attention(void)
{
	struct place *first = NULL, **end = &first;
	struct wi_endpoint *endpoint, *next;

	endpoint = wi_outbox_take_attention(&outbox);
	for (; endpoint != NULL; endpoint = next) {
		struct place *place = (struct place *)endpoint;

		next = wi_outbox_next_attention(endpoint, &place->what);
		stress_expect(place->what != 0, "nothing was said");
		*end = place;
		end = &place->attended_next;
	}
	*end = NULL;
	return first;
}

static void
attend(struct place *place)
{
	for (struct place *next; place != NULL; place = next) {
		uint32_t what = place->what;

		next = place->attended_next;
		if ((what & WI_ATTEND_RESUME) != 0)
			place->nresumed = __atomic_load_n(
			    &place->nresumes, __ATOMIC_RELAXED);
		if ((what & WI_ATTEND_RELEASE) != 0)
			take_release(place);
	}
}

/* As io/collect.c's wi_collect(); false: there was nothing. */
static bool
taker_collect(void)
{
	struct wi_chunk *list, *chunk, *next, *after;
	struct place *attended;
	bool any;

	attended = take_attention();
	list = wi_outbox_take_chunks(&outbox);
	any = attended != NULL || list != NULL;
	for (; list != NULL; list = next) {
		next = wi_outbox_next_list(list);
		for (chunk = list; chunk != NULL; chunk = after) {
			after = chunk->next;
			take_chunk((struct stress_chunk *)chunk);
		}
	}
	attend(attended);
	return any;
}

static void
taker_main(void *arg)
{
	bool last = false;

	(void)arg;
	for (;;) {
		if (taker_collect())
			continue;
		/* Once more after the last sender has said that it is done. */
		if (last)
			break;
		last = __atomic_load_n(&nsenders_on, __ATOMIC_ACQUIRE) == 0;
		if (!last)
			sched_yield();
	}
}

static void
run(uint64_t chunks)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	uint64_t nreleased = 0;
	uint32_t i;

	wi_outbox_init(&outbox);
	nchunks = stress_many(chunks) / NSENDERS;
	nsenders_on = NSENDERS;
	for (i = 0; i < NSENDERS; i++) {
		senders[i].number = i;
		stress_team_add(&team, sender_main, &senders[i]);
	}
	stress_team_add(&team, taker_main, NULL);
	stress_watch_start(&watch);
	stress_team_run(&team);
	stress_watch_end(&watch);

	ck_assert_uint_eq(ntaken, nchunks * NSENDERS);
	ck_assert(wi_outbox_empty(&outbox));
	for (i = 0; i < NSENDERS; i++) {
		ck_assert_uint_eq(nexpected[i], nchunks);
		nreleased += senders[i].nreleased;
	}
	ck_assert_uint_eq(nreleases, nreleased);
	ck_assert_uint_gt(nreleases, NSENDERS * NENDPOINTS);
}

START_TEST(chunks_and_attention_keep_their_order_and_none_is_lost)
{
	run(24000000);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		chunks_and_attention_keep_their_order_and_none_is_lost,
	};

	return stress_main("outbox stress", tests, CHECK_COUNT(tests));
}
