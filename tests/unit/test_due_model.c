/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_due_model.c - io/due beside a sorted list of all deadlines,
 * for a random life of many rounds.
 */
#include "check_main.h"
#include "check_random.h"
#include "due_rig.h"
#include "io/due.h"

/* [ms] from now, of all kinds. */
static int64_t
model_delay(uint64_t *random)
{
	switch (check_below(random, 8)) {
	case 0:
		return -(int64_t)check_below(random, 3 * ROUND);
	case 1:
		return 0;
	case 2:
	case 3:
		return check_below(random, 3 * TICK);
	case 4:
	case 5:
		return check_below(random, ROUND);
	case 6:
		return (int64_t)ROUND - 20 + check_below(random, 40);
	default:
		return check_below(random, 12 * ROUND);
	}
}

WI_ON_IO static void
model_touch(struct rig *rig)
{
	uint32_t i = check_below(&rig->random, ENTRIES);
	int64_t at;

	if (check_below(&rig->random, 4) == 0) {
		clear(rig, &rig->entries[i]);
		return;
	}
	at = (int64_t)uv_now(&rig->loop) + model_delay(&rig->random);
	set(rig, &rig->entries[i], at < 0 ? 0 : (uint64_t)at);
}

static void
then_touch(struct rig *rig, struct entry *entry)
{
	uint32_t i;

	wi_assert_io();
	(void)entry;
	for (i = check_below(&rig->random, 3); i > 0; i--)
		model_touch(rig);
}

static int
model_compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* The sorted list of all deadlines must agree with the wheel. */
WI_ON_IO static void
assert_as_model(const struct rig *rig)
{
	uint64_t sorted[ENTRIES], now = uv_now(&rig->loop), wake, latest;
	uint32_t i, n = 0;

	for (i = 0; i < ENTRIES; i++) {
		check_holds(wi_due_is_set(&rig->entries[i].due) ==
		    rig->entries[i].set);
		if (rig->entries[i].set)
			sorted[n++] = rig->entries[i].due.at;
	}
	check_holds(rig->nset == n);
	check_holds(rig->dues.count == n);
	wake = wake_of(rig);
	check_holds((wake == UINT64_MAX) == (n == 0));
	if (n == 0)
		return;
	qsort(sorted, n, sizeof(sorted[0]), model_compare);
	latest = sorted[0] / TICK * TICK + TICK - 1;
	if (latest <= now) /* it was set in a callback */
		latest = now + 1;
	check_holds(wake >= now);
	check_holds(wake <= latest);
}

WI_ON_IO static void
model_step(struct rig *rig)
{
	uint64_t now = uv_now(&rig->loop);
	uint32_t i;

	switch (check_below(&rig->random, 12)) {
	case 0:
		pass_until(rig, now + check_below(&rig->random, 2 * ROUND));
		break;
	case 1:
		jump_to(rig, now + check_below(&rig->random, 3 * ROUND));
		break;
	case 2: /* until all have been called or cleared */
		rig->then = NULL;
		pass_until(rig, now + 16 * ROUND);
		ck_assert_uint_eq(rig->nset, 0);
		rig->then = then_touch;
		break;
	case 3:
	case 4:
	case 5:
		pass_until(rig, now + check_below(&rig->random, 5 * TICK));
		break;
	default:
		for (i = check_below(&rig->random, 40); i > 0; i--)
			model_touch(rig);
		break;
	}
}

START_TEST(wheel_does_what_a_sorted_list_does)
{
	struct rig *rig;
	uint64_t seed;
	uint32_t i;

	wi_become_io();
	for (seed = 1; seed <= 150; seed++) {
		rig = rig_new();
		rig->random = seed;
		rig->then = then_touch;
		for (i = 0; i < 300; i++) {
			model_step(rig);
			assert_as_model(rig);
		}
		ck_assert_uint_gt(rig->nfired, 100);
		rig->then = NULL;
		rig_free(rig);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		wheel_does_what_a_sorted_list_does,
	};

	return check_main("due_model", tests, CHECK_COUNT(tests));
}
