/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_slow_keys.c - the table of what waits, by its key, against
 * an array.
 */
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "io/waiting.h"

#define NKEYS 300u
#define STEPS 200000u

static struct wi_waiting all[NKEYS];
static bool is_there[NKEYS];

static uint32_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* hashes: how many different ones there are. */
WI_ON_IO static void
compare(uint32_t hashes, uint64_t seed)
{
	struct wi_slow_keys keys = { .slots = NULL };
	uint64_t random = seed;
	uint32_t step, i;

	memset(is_there, 0, sizeof(is_there));
	for (i = 0; i < NKEYS; i++)
		all[i].key = (struct wi_slow_key){ .scope = i % 3,
			.key = i / 3,
			.hash = next_random(&random) % hashes };
	for (step = 0; step < STEPS; step++) {
		i = next_random(&random) % NKEYS;
		ck_assert_ptr_eq(wi_slow_keys_find(&keys, &all[i].key),
		    is_there[i] ? &all[i] : NULL);
		if (is_there[i])
			wi_slow_keys_remove(&keys, &all[i]);
		else
			ck_assert_int_eq(
			    wi_slow_keys_add(&keys, &all[i]), WEFT_OK);
		is_there[i] = !is_there[i];
	}
	for (i = 0; i < NKEYS; i++) {
		ck_assert_ptr_eq(wi_slow_keys_find(&keys, &all[i].key),
		    is_there[i] ? &all[i] : NULL);
		if (is_there[i])
			wi_slow_keys_remove(&keys, &all[i]);
	}
	wi_slow_keys_fini(&keys);
	ck_assert_ptr_null(keys.slots);
}

START_TEST(each_key_is_found_until_it_is_removed)
{
	wi_become_io();
	compare(UINT32_MAX, 1);
	compare(UINT32_MAX, 2);
}
END_TEST

START_TEST(keys_of_one_hash_do_not_hide_each_other)
{
	wi_become_io();
	compare(7, 4);
	compare(100, 5);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_key_is_found_until_it_is_removed,
		keys_of_one_hash_do_not_hide_each_other,
	};

	return check_main("slow_keys", tests, CHECK_COUNT(tests));
}
