/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_timer_stress.c - timers that are set and cancelled by many
 * threads: each is told or cancelled, never both and never neither, and what
 * it carries is destroyed exactly once, also when the node stops in between.
 *
 * Times are short, so that a cancel meets its timer at every instant of its
 * life: before the I/O thread has heard of it, in the wheel, in the mailbox,
 * while it is told.
 */
#include <weft/weft.h>

#include "stress.h"

#define NTHREADS 3u
#define NSTRANDS 4u
#define NOPEN 32u /* timers that a thread has at a time */

struct item {
	uint32_t ntold;      /* its strand only */
	uint32_t ndestroyed; /* atomic */
	uint32_t repeats;
	uint32_t cancelled; /* by its thread: weft_cancel() said in time */
	uint32_t refused;   /* it was never set */
	weft_timer timer;
};

struct setter {
	pthread_t thread;
	uint32_t random;
	struct item *items;
	uint64_t nitems;
	bool stopped;
};

static struct weft_node *node;
static weft_strand strands[NSTRANDS];
static struct setter setters[NTHREADS];
static uint64_t ndestroyed; /* atomic */
static uint64_t nset;       /* atomic */

static uint64_t
progress(void)
{
	return __atomic_load_n(&ndestroyed, __ATOMIC_RELAXED) +
	    __atomic_load_n(&nset, __ATOMIC_RELAXED);
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu timers set, %llu destroyed\n",
	    (unsigned long long)__atomic_load_n(&nset, __ATOMIC_RELAXED),
	    (unsigned long long)__atomic_load_n(
		&ndestroyed, __ATOMIC_RELAXED));
}

static void
destroy(void *data)
{
	struct item *item = data;

	__atomic_fetch_add(&item->ndestroyed, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&ndestroyed, 1, __ATOMIC_RELEASE);
}

static void
on_signal(struct weft_call *call, const struct weft_signal *signal)
{
	struct item *item = signal->data;

	(void)call;
	ck_assert_uint_eq(
	    __atomic_load_n(&item->ndestroyed, __ATOMIC_RELAXED), 0);
	item->ntold++;
	ck_assert_uint_eq(*(const uint32_t *)signal->bytes.data, signal->kind);
}

static const struct weft_plugin plugin =
    WEFT_PLUGIN_INIT(.name = "timers", .signal = on_signal);

static bool
set_one(struct setter *setter, struct item *item)
{
	uint32_t r = stress_random(&setter->random), kind = r >> 8;
	struct weft_signal signal = { .kind = kind,
		.flags = r % 5 == 0 ? WEFT_SIGNAL_URGENT : 0,
		.bytes = { &kind, sizeof(kind) },
		.data = item,
		.destroy = destroy };
	weft_strand strand = strands[r % NSTRANDS];
	int rv;

	item->repeats = r % 7 == 0;
	rv = item->repeats ?
	    weft_signal_every(strand, 1 + r % 2, &signal, &item->timer) :
	    weft_signal_after(strand, r % 3, &signal, &item->timer);
	if (rv == WEFT_OK) {
		__atomic_fetch_add(&nset, 1, __ATOMIC_RELAXED);
		return true;
	}
	ck_assert_int_eq(rv, WEFT_ESTATE);
	item->refused = 1;
	setter->stopped = true;
	return false;
}

static void
cancel_one(struct item *item)
{
	int rv = weft_cancel(item->timer);

	ck_assert(rv == WEFT_OK || rv == WEFT_ENOTIMER);
	item->cancelled = rv == WEFT_OK;
	/* The name of one that is over names nothing. */
	ck_assert_int_eq(weft_cancel(item->timer), WEFT_ENOTIMER);
}

static void *
setter_main(void *arg)
{
	struct setter *setter = arg;
	uint64_t i;

	for (i = 0; i < setter->nitems && !setter->stopped; i++) {
		struct item *item = &setter->items[i];

		if (!set_one(setter, item))
			break;
		/* Some at once, before anybody has heard of them. */
		if (stress_random(&setter->random) % 3 == 0) {
			cancel_one(item);
			item->timer.id = 0;
		}
		if (i >= NOPEN && item[-(int)NOPEN].timer.id != 0 &&
		    (item[-(int)NOPEN].repeats ||
			stress_random(&setter->random) % 2 == 0))
			cancel_one(&item[-(int)NOPEN]);
		if (stress_random(&setter->random) % 16 == 0)
			stress_spin(stress_random(&setter->random) % 200000);
	}
	for (; i < setter->nitems; i++)
		setter->items[i].refused = 1;
	return NULL;
}

static void
check_items(const struct setter *setter, bool stopped)
{
	uint64_t i;

	for (i = 0; i < setter->nitems; i++) {
		const struct item *item = &setter->items[i];

		if (item->refused) {
			ck_assert_uint_eq(item->ndestroyed, 0);
			continue;
		}
		ck_assert_uint_eq(item->ndestroyed, 1);
		if (item->repeats)
			continue;
		ck_assert_uint_le(item->ntold, 1);
		if (item->cancelled)
			ck_assert_uint_eq(item->ntold, 0);
		else if (!stopped)
			ck_assert_uint_eq(item->ntold, 1);
	}
}

static void
run(uint64_t nitems, bool stop_early)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct weft_error err;
	uint64_t total;
	uint32_t i;

	options.workers = 2;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, &err), WEFT_OK);
	for (i = 0; i < NSTRANDS; i++)
		ck_assert_int_eq(weft_node_strand_new(
				     node, "timers", NULL, NULL, &strands[i]),
		    WEFT_OK);
	stress_watch_start(&watch);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	for (i = 0; i < NTHREADS; i++) {
		setters[i] =
		    (struct setter){ .random = 77 + i, .nitems = nitems };
		setters[i].items = calloc(nitems, sizeof(struct item));
		ck_assert_ptr_nonnull(setters[i].items);
		ck_assert_int_eq(pthread_create(&setters[i].thread, NULL,
				     setter_main, &setters[i]),
		    0);
	}
	if (stop_early) {
		stress_wait(&ndestroyed, nitems);
		weft_node_stop(node);
	}
	for (i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(pthread_join(setters[i].thread, NULL), 0);
	total = __atomic_load_n(&nset, __ATOMIC_RELAXED);
	if (!stop_early) {
		/* All but those that repeat and were not cancelled. */
		for (i = 0; i < NTHREADS; i++)
			for (uint64_t j = 0; j < nitems; j++) {
				struct item *item = &setters[i].items[j];

				if (item->repeats && !item->cancelled)
					(void)weft_cancel(item->timer);
			}
		stress_wait(&ndestroyed, total);
		weft_node_stop(node);
	}
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	stress_watch_end(&watch);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_uint_eq(ndestroyed, total);
	for (i = 0; i < NTHREADS; i++) {
		check_items(&setters[i], stop_early);
		free(setters[i].items);
	}
}

START_TEST(each_is_told_or_cancelled_and_destroyed_once)
{
	run(stress_many(60000), false);
}
END_TEST

START_TEST(a_stop_in_between_destroys_the_rest)
{
	run(stress_many(20000), true);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_is_told_or_cancelled_and_destroyed_once,
		a_stop_in_between_destroys_the_rest
	};

	return stress_main("timer_stress", tests, CHECK_COUNT(tests));
}
