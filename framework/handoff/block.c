/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/block - reference-counted memory that crosses threads.
 *
 * thread: a pool is taken from by its owner alone; blocks come back from any
 * thread through a CK stack (push by CAS, the owner takes all by exchange, so
 * neither side ever waits for the other).  An idle pool keeps ncached blocks;
 * the rest goes back to malloc at once, whoever lets go of it.
 */
#include "handoff/block.h"

#include <stdlib.h>

#include "base/assert.h"

CK_STACK_CONTAINER(struct wi_block, entry, block_of_entry)

static void
pool_init(struct wi_pool *pool, uint32_t size, uint32_t ncached)
{
	pool->free = NULL;
	ck_stack_init(&pool->returned);
	pool->nidle = 0;
	pool->ncached = ncached;
	pool->size = size;
}

void
wi_pool_init(struct wi_pool *pool)
{
	pool_init(pool, WI_BLOCK_SIZE, WI_BLOCK_CACHED);
}

void
wi_pool_init_long(struct wi_pool *pool)
{
	pool_init(pool, WI_BLOCK_LONG_SIZE, WI_BLOCK_LONG_CACHED);
}

static void
pool_free_list(ck_stack_entry_t *entry)
{
	while (entry != NULL) {
		ck_stack_entry_t *next = entry->next;

		free(block_of_entry(entry));
		entry = next;
	}
}

void
wi_pool_fini(struct wi_pool *pool)
{
	pool_free_list(pool->free);
	pool_free_list(ck_stack_batch_pop_upmc(&pool->returned));
	pool_init(pool, pool->size, pool->ncached);
}

static struct wi_block *
block_init(struct wi_block *block, struct wi_pool *pool, size_t size)
{
	block->pool = pool;
	block->refs = 1;
	block->size = (uint32_t)size;
	block->fill = 0;
	return block;
}

struct wi_block *
wi_pool_take(struct wi_pool *pool)
{
	struct wi_block *block;

	if (pool->free == NULL)
		pool->free = ck_stack_batch_pop_upmc(&pool->returned);
	if (pool->free != NULL) {
		block = block_of_entry(pool->free);
		pool->free = block->entry.next;
		__atomic_fetch_sub(&pool->nidle, 1, __ATOMIC_RELAXED);
	} else {
		block = malloc(pool->size);
		if (block == NULL)
			return NULL;
	}
	return block_init(block, pool, pool->size - sizeof(*block));
}

struct wi_block *
wi_block_new(size_t size)
{
	struct wi_block *block;

	if (size > UINT32_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	return block_init(block, NULL, size);
}

void
wi_block_unref(struct wi_block **blockp)
{
	struct wi_block *block = *blockp;
	struct wi_pool *pool = block->pool;
	uint32_t refs;

	*blockp = NULL;
	/* Release: what this thread did with the bytes comes before the next
	 * use of the block; acquire: of what the others did. */
	refs = __atomic_sub_fetch(&block->refs, 1, __ATOMIC_ACQ_REL);
	wi_assert(refs != UINT32_MAX);
	if (refs != 0)
		return;
	if (pool == NULL) {
		free(block);
		return;
	}
	if (__atomic_fetch_add(&pool->nidle, 1, __ATOMIC_RELAXED) >=
	    pool->ncached) {
		__atomic_fetch_sub(&pool->nidle, 1, __ATOMIC_RELAXED);
		free(block);
		return;
	}
	ck_stack_push_upmc(&pool->returned, &block->entry);
}
