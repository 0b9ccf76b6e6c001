/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/collide.h - two keys of a table whose hashes are the same, to see
 * whether it looks at more than those.
 */
#ifndef TESTS_COLLIDE_H
#define TESTS_COLLIDE_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

/* Of so many, about ten pairs have the same 32 bits. */
#define COLLIDE_TRIED 300000u

static inline int
collide_compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Two numbers for which hash(arg, number) is the same. */
static inline void
collide(uint32_t (*hash)(const void *arg, uint32_t number), const void *arg,
    uint32_t pair[2])
{
	uint64_t *all = calloc(COLLIDE_TRIED, sizeof(*all));
	uint32_t i;

	ck_assert_ptr_nonnull(all);
	for (i = 0; i < COLLIDE_TRIED; i++)
		all[i] = (uint64_t)hash(arg, i) << 32 | i;
	qsort(all, COLLIDE_TRIED, sizeof(*all), collide_compare);
	for (i = 1; i < COLLIDE_TRIED; i++)
		if (all[i] >> 32 == all[i - 1] >> 32)
			break;
	ck_assert_uint_lt(i, COLLIDE_TRIED);
	pair[0] = (uint32_t)all[i - 1];
	pair[1] = (uint32_t)all[i];
	free(all);
	ck_assert_uint_ne(pair[0], pair[1]);
	ck_assert_uint_eq(hash(arg, pair[0]), hash(arg, pair[1]));
}

#endif
