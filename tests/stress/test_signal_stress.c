/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_signal_stress.c - threads that tell strands things while
 * these come and go: what one tells one strand in one lane comes in order, and
 * what a signal carries is destroyed exactly once, whether it was told or the
 * node stopped before.
 */
#include <weft/weft.h>

#include "stress.h"

#define NTELLERS 3u
#define NROOMS 4u
#define LIFE 500u /* tellings, then a teller gives its references back */

/* The place of what is carried: its sender's own. */
struct item {
	uint32_t ndestroyed; /* atomic */
};

struct what {
	uint32_t teller;
	uint32_t number;
};

struct state {
	uint32_t inside;            /* atomic */
	uint32_t next[NTELLERS][2]; /* by teller and lane: not below it */
};

struct teller {
	pthread_t thread;
	uint32_t number;
	uint32_t random;
	struct item *items;
	uint64_t ntold; /* signals that were taken */
	uint32_t at[2]; /* by lane */
	bool stopped;
};

static struct weft_node *node;
static struct teller tellers[NTELLERS];
static uint64_t nitems;
static uint64_t ndestroyed, nrun, nended, nmade; /* atomic */

static uint64_t
progress(void)
{
	return __atomic_load_n(&ndestroyed, __ATOMIC_RELAXED) +
	    __atomic_load_n(&nrun, __ATOMIC_RELAXED);
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu told, %llu destroyed\n",
	    (unsigned long long)__atomic_load_n(&nrun, __ATOMIC_RELAXED),
	    (unsigned long long)__atomic_load_n(
		&ndestroyed, __ATOMIC_RELAXED));
}

static void
destroy(void *data)
{
	struct item *item = data;

	stress_expect(
	    __atomic_fetch_add(&item->ndestroyed, 1, __ATOMIC_RELAXED) == 0,
	    "destroyed twice");
	__atomic_fetch_add(&ndestroyed, 1, __ATOMIC_RELEASE);
}

static void
on_signal(struct weft_call *call, const struct weft_signal *signal)
{
	struct state *state = weft_call_strand_state(call);
	struct what what;
	uint32_t *next;

	if (state == NULL) {
		state = calloc(1, sizeof(*state));
		stress_expect(state != NULL &&
			weft_call_set_strand_state(call, state) == WEFT_OK,
		    "state");
		__atomic_fetch_add(&nmade, 1, __ATOMIC_RELAXED);
	}
	stress_expect(
	    __atomic_exchange_n(&state->inside, 1, __ATOMIC_RELAXED) == 0,
	    "two handlers of one strand");
	memcpy(&what, signal->bytes.data, sizeof(what));
	next = &state->next[what.teller]
			   [(signal->flags & WEFT_SIGNAL_URGENT) != 0];
	stress_expect(what.number >= *next,
	    "teller %u: expected at least %u, found %u", what.teller, *next,
	    what.number);
	*next = what.number + 1;
	__atomic_fetch_add(&nrun, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&state->inside, 0, __ATOMIC_RELAXED);
}

static void
on_ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	if (state != NULL)
		__atomic_fetch_add(&nended, 1, __ATOMIC_RELAXED);
	free(state);
}

static const struct weft_plugin plugin = WEFT_PLUGIN_INIT(.name = "signals",
    .signal = on_signal, .ended = on_ended);

/* The next number goes to any room, in any lane: what one room gets of one
 * lane still grows. */
static void
tell_one(struct teller *teller, weft_strand strand)
{
	uint32_t lane = stress_random(&teller->random) % 4 == 0;
	struct what what = { .teller = teller->number,
		.number = teller->at[lane] + 1 };
	struct weft_signal signal = { .flags = lane,
		.bytes = { &what, sizeof(what) },
		.data = &teller->items[teller->ntold],
		.destroy = destroy };
	int rv;

	rv = weft_signal(strand, &signal);
	if (rv == WEFT_OK) {
		teller->ntold++;
		teller->at[lane] = what.number;
	} else if (rv == WEFT_ESTATE) {
		teller->stopped = true;
	} else {
		stress_expect(rv == WEFT_EFULL, "weft_signal(): %d", rv);
		sched_yield();
	}
}

static void *
teller_main(void *arg)
{
	struct teller *teller = arg;
	weft_strand rooms[NROOMS];
	char name[8];
	uint32_t i, n;
	int rv;

	while (teller->ntold < nitems && !teller->stopped) {
		for (n = 0; n < NROOMS; n++) {
			(void)snprintf(name, sizeof(name), "room%u", n);
			rv = weft_node_strand_get(
			    node, "signals", name, &rooms[n]);
			if (rv < 0)
				break;
		}
		teller->stopped = n < NROOMS;
		for (i = 0;
		     i < LIFE && teller->ntold < nitems && !teller->stopped;
		     i++)
			tell_one(teller,
			    rooms[stress_random(&teller->random) % NROOMS]);
		while (n-- > 0)
			weft_strand_release(rooms[n]);
	}
	return NULL;
}

static void
run(uint64_t items, bool stop_early)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct weft_error err;
	uint64_t total = 0;
	uint32_t i;

	nitems = items;
	options.workers = 3;
	options.max_signals = 1000;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	stress_watch_start(&watch);
	for (i = 0; i < NTELLERS; i++) {
		tellers[i] = (struct teller){ .number = i, .random = 99 + i };
		tellers[i].items = calloc(nitems, sizeof(struct item));
		ck_assert_ptr_nonnull(tellers[i].items);
		ck_assert_int_eq(pthread_create(&tellers[i].thread, NULL,
				     teller_main, &tellers[i]),
		    0);
	}
	if (stop_early) {
		stress_wait(&ndestroyed, nitems / 2);
		weft_node_stop(node);
	}
	for (i = 0; i < NTELLERS; i++) {
		ck_assert_int_eq(pthread_join(tellers[i].thread, NULL), 0);
		total += tellers[i].ntold;
	}
	if (!stop_early) {
		stress_wait(&ndestroyed, total);
		weft_node_stop(node);
	}
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	stress_watch_end(&watch);
	ck_assert_uint_eq(
	    weft_node_counter(node, WEFT_COUNTER_strands_now), 0);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_uint_eq(ndestroyed, total);
	ck_assert_uint_eq(nended, nmade);
	for (i = 0; i < NTELLERS; i++)
		free(tellers[i].items);
}

START_TEST(all_is_told_in_order_and_destroyed_once)
{
	run(stress_many(200000), false);
}
END_TEST

START_TEST(a_stop_in_between_destroys_the_rest)
{
	run(stress_many(200000), true);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { all_is_told_in_order_and_destroyed_once,
		a_stop_in_between_destroys_the_rest };

	return stress_main("signal_stress", tests, CHECK_COUNT(tests));
}
