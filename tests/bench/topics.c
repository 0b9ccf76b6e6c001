/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/topics.c - how long the topic tree (io/topics.h) takes, alone;
 * best of some rounds.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "io/topics.h"

#define ROUNDS 7u
#define MANY 100000u

static const char player[] = "sport/tennis/player1";
static const char worst[] = "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/b";
static char names[MANY][sizeof("all/4294967295")];
static struct wi_topics topics;
static struct wi_subscription subs[MANY + 1];
static uint32_t nsubs;
static uint64_t delivered;

static void
deliver(void *arg, struct wi_subscription *sub)
{
	*(uint64_t *)arg += sub->list + 1;
}

WI_ON_IO static void
add(const char *filter)
{
	int rv = wi_topics_add(
	    &topics, filter, strlen(filter), &subs[nsubs++], NULL);

	wi_assert(rv == WEFT_OK);
}

WI_ON_IO static void
clear(uint32_t left)
{
	while (nsubs > left)
		wi_topics_remove(&topics, &subs[--nsubs]);
}

/* NULL: a filter comes and goes; names[0]: any, all over the memory. */
WI_ON_IO static void
run(const char *topic, uint32_t i)
{
	if (topic == names[0])
		topic = names[i * UINT64_C(2654435761) % MANY];
	if (topic != NULL) {
		wi_topics_match(
		    &topics, topic, strlen(topic), deliver, &delivered);
	} else {
		add(player);
		clear(nsubs - 1);
	}
}

/* The best round of count runs; [ns], of each of per. */
WI_ON_IO static void
measure(const char *what, const char *topic, uint32_t count, uint32_t per)
{
	uint64_t best = UINT64_MAX, took;
	uint32_t round, i;

	for (round = 0; round < ROUNDS; round++) {
		took = wi_clock_ns();
		for (i = 0; i < count; i++)
			run(topic, i);
		took = wi_clock_ns() - took;
		best = took < best ? took : best;
	}
	printf("%-52s %12.1f ns\n", what, (double)best / count / per);
}

WI_ON_IO static void
bench_few(void)
{
	uint32_t i;

	add("a");
	measure("add and remove, 3 levels, a new filter", NULL, 100000, 1);
	add(player);
	measure("add and remove, a filter that is there", NULL, 100000, 1);
	measure("match, 3 levels, 1 subscriber", player, 100000, 1);
	for (i = 1; i < 1000; i++)
		add(player);
	measure("each of 1,000 subscribers of one filter", player, 1000, 1000);
	clear(0);
}

/* All filters of 16 levels whose first 15 are 'a' or '+'; nobody is found. */
WI_ON_IO static void
bench_worst(void)
{
	char filter[sizeof(worst)];
	uint32_t bits, i;

	for (bits = 0; bits < 1u << (WI_TOPIC_LEVELS - 1); bits++) {
		memcpy(filter, worst, sizeof(filter));
		for (i = 0; i + 1 < WI_TOPIC_LEVELS; i++)
			if ((bits >> i & 1) != 0)
				filter[2 * i] = '+';
		filter[2 * i] = 'z';
		if (__builtin_popcount(bits) <= WI_TOPIC_PLUSES)
			add(filter);
	}
	printf("worst match: %u filters, %u nodes\n", nsubs,
	    topics.nodes.hashed + topics.nodes.pluses);
	measure("  match of a topic of 16 levels", worst, 20, 1);
	clear(0);
}

WI_ON_IO static void
bench_many(void)
{
	size_t bytes = mallinfo2().uordblks;
	uint64_t begin;
	uint32_t i;

	for (i = 0; i < MANY; i++)
		(void)snprintf(names[i], sizeof(names[i]), "all/%u", i);
	begin = wi_clock_ns();
	for (i = 0; i < MANY; i++)
		add(names[i]);
	begin = wi_clock_ns() - begin;
	bytes = mallinfo2().uordblks - bytes;
	printf("100,000 filters of one parent: add each %20.1f ns\n"
	       "  bytes each, without the subscription %23.1f\n",
	    (double)begin / MANY, (double)bytes / MANY);
	measure("  match of one of them at random", names[0], MANY, 1);
	measure("  add and remove another", NULL, MANY, 1);
	clear(0);
}

int
main(void)
{
	wi_become_io();
	wi_topics_init(&topics);
	mallopt(M_MMAP_THRESHOLD, 1 << 30); /* all is in mallinfo2() */
	bench_few();
	bench_worst();
	bench_many();
	wi_topics_fini(&topics);
	return delivered == 0;
}
