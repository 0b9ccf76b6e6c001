/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_block.c - handoff/block: reference-counted memory, and the
 * pools that it comes from and goes back to.
 */
#include <pthread.h>
#include <string.h>

#include "../stress/aborts.h"
#include "check_main.h"
#include "handoff/block.h"

#define MANY 20u
_Static_assert(MANY > WI_BLOCK_CACHED, "more than an idle pool keeps");

START_TEST(block_of_its_own_has_the_room_that_was_asked_for)
{
	static const size_t sizes[] = { 0, 1, 100, 16384, 1u << 20 };
	size_t i;

	for (i = 0; i < CHECK_COUNT(sizes); i++) {
		struct wi_block *block = wi_block_new(sizes[i]);

		ck_assert_ptr_nonnull(block);
		ck_assert_ptr_null(block->pool);
		ck_assert_uint_eq(block->refs, 1);
		ck_assert_uint_eq(block->size, sizes[i]);
		ck_assert_uint_eq(block->fill, 0);
		ck_assert_uint_eq(wi_block_room(block), sizes[i]);
		ck_assert_uint_eq((uintptr_t)block->data % 16, 0);
		memset(block->data, 0x5a, sizes[i]);
		wi_block_unref(&block);
		ck_assert_ptr_null(block);
	}
}
END_TEST

START_TEST(block_longer_than_its_size_can_say_is_refused)
{
	ck_assert_ptr_null(wi_block_new(SIZE_MAX));
	ck_assert_ptr_null(wi_block_new(UINT32_MAX));
	ck_assert_ptr_null(
	    wi_block_new(UINT32_MAX - sizeof(struct wi_block) + 1));
}
END_TEST

START_TEST(room_is_what_is_left_behind_fill)
{
	struct wi_block *block = wi_block_new(100);

	block->fill = 30;
	ck_assert_uint_eq(wi_block_room(block), 70);
	block->fill = 100;
	ck_assert_uint_eq(wi_block_room(block), 0);
	wi_block_unref(&block);
}
END_TEST

START_TEST(pooled_block_fills_its_memory_to_the_last_byte)
{
	struct wi_block *block;
	struct wi_pool pool;

	wi_pool_init(&pool);
	block = wi_pool_take(&pool);
	ck_assert_ptr_nonnull(block);
	ck_assert_ptr_eq(block->pool, &pool);
	ck_assert_uint_eq(block->refs, 1);
	ck_assert_uint_eq(block->size, WI_BLOCK_DATA);
	ck_assert_uint_eq(sizeof(*block) + block->size, WI_BLOCK_SIZE);
	ck_assert_uint_eq(wi_block_room(block), WI_BLOCK_DATA);
	ck_assert_uint_eq((uintptr_t)block->data % 16, 0);
	memset(block->data, 0xff, block->size); /* ASan: all of it is ours */
	wi_block_unref(&block);
	wi_pool_fini(&pool);
}
END_TEST

START_TEST(block_stays_until_the_last_reference_is_gone)
{
	struct wi_block *block, *second, *third, *taken;
	struct wi_pool pool;

	wi_pool_init(&pool);
	block = second = third = wi_pool_take(&pool);
	wi_block_ref(block);
	wi_block_ref(block);
	ck_assert_uint_eq(block->refs, 3);

	wi_block_unref(&block);
	ck_assert_ptr_null(block);
	ck_assert_uint_eq(second->refs, 2);
	wi_block_unref(&second);
	ck_assert_uint_eq(pool.nidle, 0);
	taken = wi_pool_take(&pool);
	ck_assert_ptr_ne(taken, third);

	wi_block_unref(&third);
	ck_assert_uint_eq(pool.nidle, 1);
	wi_block_unref(&taken);
	wi_pool_fini(&pool);
}
END_TEST

START_TEST(block_that_came_back_is_taken_again_and_empty)
{
	struct wi_block *block, *first;
	struct wi_pool pool;

	wi_pool_init(&pool);
	block = first = wi_pool_take(&pool);
	block->fill = 1234;
	wi_block_unref(&block);
	ck_assert_uint_eq(pool.nidle, 1);
	block = wi_pool_take(&pool);
	ck_assert_ptr_eq(block, first);
	ck_assert_uint_eq(pool.nidle, 0);
	ck_assert_uint_eq(block->fill, 0);
	ck_assert_uint_eq(block->refs, 1);
	ck_assert_ptr_eq(block->pool, &pool);
	wi_block_unref(&block);
	wi_pool_fini(&pool);
}
END_TEST

START_TEST(idle_pool_keeps_a_few_blocks_and_frees_the_rest)
{
	struct wi_block *blocks[MANY], *kept[WI_BLOCK_CACHED];
	struct wi_block *back[WI_BLOCK_CACHED];
	struct wi_pool pool;
	unsigned i, j;

	wi_pool_init(&pool);
	for (i = 0; i < MANY; i++) {
		blocks[i] = wi_pool_take(&pool);
		if (i < WI_BLOCK_CACHED)
			kept[i] = blocks[i];
	}
	for (i = 0; i < MANY; i++)
		wi_block_unref(&blocks[i]);
	ck_assert_uint_eq(pool.nidle, WI_BLOCK_CACHED);

	/* What came back first was kept: all of it comes out again, once. */
	for (i = 0; i < WI_BLOCK_CACHED; i++) {
		back[i] = wi_pool_take(&pool);
		for (j = 0; j < WI_BLOCK_CACHED && kept[j] != back[i]; j++)
			continue;
		ck_assert_uint_lt(j, WI_BLOCK_CACHED);
		kept[j] = NULL;
	}
	ck_assert_uint_eq(pool.nidle, 0);
	for (i = 0; i < WI_BLOCK_CACHED; i++)
		wi_block_unref(&back[i]);
	wi_pool_fini(&pool);
}
END_TEST

START_TEST(half_used_pool_counts_both_lists)
{
	struct wi_block *blocks[MANY];
	struct wi_pool pool;
	unsigned i;

	wi_pool_init(&pool);
	for (i = 0; i < 6; i++)
		blocks[i] = wi_pool_take(&pool);
	for (i = 0; i < 6; i++)
		wi_block_unref(&blocks[i]);
	/* One take moves the six into the owner's list, of which five stay;
	 * what comes back now lies in the other list. */
	for (i = 0; i < 6; i++)
		blocks[i] = i < 1 ? wi_pool_take(&pool) : NULL;
	ck_assert_uint_eq(pool.nidle, 5);
	wi_block_unref(&blocks[0]);
	ck_assert_uint_eq(pool.nidle, 6);
	wi_pool_fini(&pool);
	ck_assert_uint_eq(pool.nidle, 0);
	ck_assert_ptr_null(pool.free);
}
END_TEST

static void *
unref_all(void *arg)
{
	struct wi_block **blocks = arg;
	unsigned i;

	for (i = 0; i < WI_BLOCK_CACHED; i++) {
		/* TSan: the taker's bytes were ours to read and write. */
		blocks[i]->data[0]++;
		wi_block_unref(&blocks[i]);
	}
	return NULL;
}

START_TEST(block_comes_back_from_another_thread)
{
	struct wi_block *blocks[WI_BLOCK_CACHED];
	struct wi_pool pool;
	pthread_t thread;
	unsigned round, i;

	wi_pool_init(&pool);
	for (round = 0; round < 100; round++) {
		for (i = 0; i < WI_BLOCK_CACHED; i++) {
			blocks[i] = wi_pool_take(&pool);
			ck_assert_ptr_nonnull(blocks[i]);
			blocks[i]->data[0] = 0;
		}
		ck_assert_uint_eq(pool.nidle, 0);
		ck_assert_int_eq(
		    pthread_create(&thread, NULL, unref_all, blocks), 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
		ck_assert_uint_eq(pool.nidle, WI_BLOCK_CACHED);
	}
	wi_pool_fini(&pool);
}
END_TEST

struct shared_block {
	struct wi_block *block;
	pthread_barrier_t *start;
	uint64_t sum;
};

static void *
read_and_unref(void *arg)
{
	struct shared_block *shared = arg;
	uint32_t i;

	pthread_barrier_wait(shared->start);
	for (i = 0; i < 64; i++)
		shared->sum += shared->block->data[i];
	wi_block_unref(&shared->block);
	return NULL;
}

/* Whoever is last frees it; under ASan and TSan a free that came too early, or
 * before another reader was done, is a report. */
START_TEST(last_of_many_readers_lets_go)
{
	struct shared_block shared[4];
	pthread_barrier_t start;
	pthread_t threads[4];
	struct wi_pool pool;
	unsigned round, i;

	wi_pool_init(&pool);
	pthread_barrier_init(&start, NULL, 4);
	for (round = 0; round < 200; round++) {
		struct wi_block *block = wi_pool_take(&pool);

		memset(block->data, 3, 64);
		for (i = 0; i < 4; i++) {
			shared[i] = (struct shared_block){ block, &start, 0 };
			if (i > 0)
				wi_block_ref(block);
		}
		for (i = 0; i < 4; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL,
					     read_and_unref, &shared[i]),
			    0);
		for (i = 0; i < 4; i++) {
			pthread_join(threads[i], NULL);
			ck_assert_uint_eq(shared[i].sum, 3 * 64);
		}
		ck_assert_uint_eq(pool.nidle, 1);
	}
	pthread_barrier_destroy(&start);
	wi_pool_fini(&pool);
}
END_TEST

static void
unref_twice(void *arg)
{
	struct wi_block *block = arg, *again = arg;

	wi_block_unref(&block); /* now idle in its pool, so still there */
	wi_block_unref(&again);
}

START_TEST(letting_go_twice_is_caught)
{
	struct wi_block *block;
	struct wi_pool pool;

	wi_pool_init(&pool);
	block = wi_pool_take(&pool);
	ck_assert(aborts_saying(unref_twice, block, "block.c"));
	wi_block_unref(&block);
	wi_pool_fini(&pool);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		block_of_its_own_has_the_room_that_was_asked_for,
		block_longer_than_its_size_can_say_is_refused,
		room_is_what_is_left_behind_fill,
		pooled_block_fills_its_memory_to_the_last_byte,
		block_stays_until_the_last_reference_is_gone,
		block_that_came_back_is_taken_again_and_empty,
		idle_pool_keeps_a_few_blocks_and_frees_the_rest,
		half_used_pool_counts_both_lists,
		block_comes_back_from_another_thread,
		last_of_many_readers_lets_go,
		letting_go_twice_is_caught,
	};

	return check_main("block", tests, CHECK_COUNT(tests));
}
