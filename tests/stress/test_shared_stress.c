/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_shared_stress.c - handoff/shared: threads that get, hold,
 * find and let go of the same few names, so that strands end while others are
 * about to hold them, and slots are another's at once.
 *
 * Who holds a strand looks whether it is that of the id that he has, and who
 * lets go of the last hold does what would follow its ended().
 */
#include <errno.h>

#include <weft/error.h>

#include "handoff/shared.h"
#include "plugin/plugin.h"
#include "stress.h"

#define NTHREADS 4u
#define NNAMES 6u
#define NKEPT 8u       /* holds that a thread keeps */
#define NKNOWN 64u     /* ids that all know of, most of them stale */
#define STEPS 1200000u /* of each thread */
#define SLOTS 64u

struct keeper {
	_Alignas(STRESS_LINE) struct wi_shared *kept[NKEPT];
	uint64_t ids[NKEPT];
	enum wi_hold what[NKEPT];
	uint32_t nkept;
	uint32_t random;
	uint64_t nended, nstale, nmistaken, nfound, nrefused;
	uint64_t nsteps; /* atomic */
};

static struct wi_plugin plugins[2];
static struct wi_shareds shareds;
static struct keeper keepers[NTHREADS];
static uint64_t over[SLOTS];   /* the strand that ended there last */
static uint64_t known[NKNOWN]; /* atomic: ids */
static uint64_t nsteps;        /* of each thread */

static const char *const names[NNAMES] = { "a", "b", "lobby", "another lobby",
	"c", "the last one" };

static uint64_t
progress(void)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < NTHREADS; i++)
		sum += __atomic_load_n(&keepers[i].nsteps, __ATOMIC_RELAXED);
	return sum;
}

static void
missing(FILE *out)
{
	fprintf(out, "expected %llu steps, found %llu\n",
	    (unsigned long long)(nsteps * NTHREADS),
	    (unsigned long long)progress());
}

/* It is held by the caller: it is that of the id, and has not ended. */
static void
look_at(struct wi_shared *shared, uint64_t id)
{
	uint64_t now = __atomic_load_n(&shared->id, __ATOMIC_RELAXED);

	stress_expect(now == id, "expected strand %llx, found %llx",
	    (unsigned long long)id, (unsigned long long)now);
	/* Plain: what its maker wrote is seen. */
	stress_expect(shared->state >= (void *)&keepers[0] &&
		shared->state < (void *)&keepers[NTHREADS],
	    "%llx has no state", (unsigned long long)id);
	stress_expect(wi_shared_find(&shareds, id) == shared,
	    "%llx is not found while it is held", (unsigned long long)id);
}

static void
keep(struct keeper *keeper, struct wi_shared *shared, enum wi_hold what)
{
	keeper->kept[keeper->nkept] = shared;
	keeper->ids[keeper->nkept] = shared->id;
	keeper->what[keeper->nkept] = what;
	keeper->nkept++;
	__atomic_store_n(&known[stress_random(&keeper->random) % NKNOWN],
	    shared->id, __ATOMIC_RELAXED);
}

/* As the worker that runs ENDED does it. */
static void
finish(struct keeper *keeper, struct wi_shared *shared)
{
	uint64_t id = shared->id, slot = id & 0xffffff;

	stress_expect(id != 0 && slot < SLOTS, "%llx", (unsigned long long)id);
	stress_expect(
	    over[slot] != id, "two ends of %llx", (unsigned long long)id);
	over[slot] = id;
	stress_spin(stress_random(&keeper->random) % 256);
	stress_expect(wi_strand_hold(&shared->strand, WI_HOLD_PLACE, 0) ==
		WEFT_ENOSTRAND,
	    "%llx was held after its end", (unsigned long long)id);
	wi_shared_end(shared);
	stress_expect(wi_shared_find(&shareds, id) == NULL,
	    "%llx was found after its end", (unsigned long long)id);
	keeper->nended++;
	wi_shared_free(&shareds, shared);
	stress_expect(wi_shared_find(&shareds, id) == NULL,
	    "%llx was found in a free slot", (unsigned long long)id);
}

static void
let_go(struct keeper *keeper, uint32_t at)
{
	struct wi_shared *shared = keeper->kept[at];
	enum wi_hold what = keeper->what[at];
	uint64_t id = keeper->ids[at];
	uint32_t last = --keeper->nkept;

	look_at(shared, id);
	keeper->kept[at] = keeper->kept[last];
	keeper->ids[at] = keeper->ids[last];
	keeper->what[at] = keeper->what[last];
	if (wi_strand_let_go(&shared->strand, what, 1))
		finish(keeper, shared);
}

static void
get(struct keeper *keeper)
{
	uint32_t random = stress_random(&keeper->random);
	const char *name = names[random / 8 % NNAMES];
	struct wi_plugin *plugin = &plugins[random / 64 % 2];
	struct wi_shared *shared;
	bool found = random % 8 != 0;
	int rv;

	if (random % 32 == 1)
		name = NULL;
	rv = wi_shared_new(
	    &shareds, plugin, name, keeper, found && name != NULL, &shared);
	if (rv < 0) {
		stress_expect(rv == WEFT_EFULL ||
			(rv == -EEXIST && !found && name != NULL),
		    "%s", weft_errname(rv));
		keeper->nrefused++;
		return;
	}
	stress_expect(shared->plugin == plugin &&
		strcmp(shared->name, name == NULL ? "" : name) == 0,
	    "expected %s, found %s", name, shared->name);
	keep(keeper, shared, WI_HOLD_PLACE);
}

/* As wi_post_find() does it (hold_note in handoff/strand.h). */
static void
find(struct keeper *keeper)
{
	uint32_t random = stress_random(&keeper->random);
	uint64_t id =
	    __atomic_load_n(&known[random % NKNOWN], __ATOMIC_RELAXED);
	enum wi_hold what =
	    random / NKNOWN % 2 == 0 ? WI_HOLD_PLACE : WI_HOLD_SIGNAL;
	struct wi_shared *shared = wi_shared_find(&shareds, id);

	if (shared == NULL ||
	    wi_strand_hold(&shared->strand, what, UINT32_MAX) < 0) {
		keeper->nstale++;
		return;
	}
	if (wi_shared_find(&shareds, id) == shared) {
		keep(keeper, shared, what);
		keeper->nfound++;
		return;
	}
	keeper->nstale++;
	keeper->nmistaken++;
	if (wi_strand_let_go(&shared->strand, what, 1))
		finish(keeper, shared);
}

static void
keeper_main(void *arg)
{
	struct keeper *keeper = arg;
	uint32_t random;

	for (uint64_t i = 0; i < nsteps; i++) {
		random = stress_random(&keeper->random) >> 8;
		if (keeper->nkept == NKEPT ||
		    (keeper->nkept > 0 && random % 16 < 8))
			let_go(keeper, random / 16 % keeper->nkept);
		else if (random % 16 < 12)
			get(keeper);
		else
			find(keeper);
		__atomic_store_n(&keeper->nsteps, i, __ATOMIC_RELAXED);
	}
	while (keeper->nkept > 0)
		let_go(keeper, keeper->nkept - 1);
}

/* All of them are used by no more than so many strands at a time. */
static void
run(uint32_t max_strands)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	uint64_t nmade = 0, nended = 0, nfound = 0, nstale = 0, nrefused = 0;
	uint32_t i;

	nsteps = stress_many(STEPS);
	ck_assert_int_eq(wi_shareds_init(&shareds, max_strands), WEFT_OK);
	for (i = 0; i < NTHREADS; i++) {
		keepers[i].random = i + 1;
		stress_team_add(&team, keeper_main, &keepers[i]);
	}
	stress_watch_start(&watch);
	stress_team_run(&team);
	stress_watch_end(&watch);

	for (i = 0; i < NTHREADS; i++) {
		nended += keepers[i].nended;
		nfound += keepers[i].nfound;
		nstale += keepers[i].nstale;
		nrefused += keepers[i].nrefused;
	}
	/* A slot has a new generation each time that it is taken. */
	for (i = 0; i < SLOTS; i++)
		nmade += shareds.slots.generations[i];
	ck_assert_uint_eq(nended, nmade);
	ck_assert_uint_eq(shareds.slots.nused, 0);
	ck_assert_uint_eq(shareds.nnamed, 0);
	for (i = 0; i < shareds.nbuckets; i++)
		ck_assert_ptr_null(shareds.named[i]);
	/* It was what it is for. */
	ck_assert_uint_gt(nended, nsteps / 20);
	ck_assert_uint_gt(nfound, nsteps / 100);
	ck_assert_uint_gt(nstale, nsteps / 100);
	ck_assert_uint_gt(nrefused, nsteps / 100);
	wi_shareds_fini(&shareds);
}

START_TEST(each_strand_that_is_made_ends_once_and_is_then_found_by_nobody)
{
	run(SLOTS);
}
END_TEST

/* There is hardly a slot that is not another's at once. */
START_TEST(the_same_where_there_is_never_room_enough)
{
	run(3);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_strand_that_is_made_ends_once_and_is_then_found_by_nobody,
		the_same_where_there_is_never_room_enough,
	};

	return stress_main("shared stress", tests, CHECK_COUNT(tests));
}
