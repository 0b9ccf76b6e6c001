/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/block.h - reference-counted memory that crosses threads.
 *
 * What crosses between the I/O thread and the workers lies in blocks: the
 * bytes that were read, the list of messages cut from them, the replies and
 * their headers.  A block is filled by one thread, its owner, from the front
 * to the back; whoever holds a reference may read what was filled before the
 * reference was handed over.  The last to let go gives it back.
 */
#ifndef WI_BLOCK_H
#define WI_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include <ck_stack.h>

#define WI_BLOCK_SIZE                                                         \
	(64u * 1024u)      /* [bytes] of a pooled block, head included */
#define WI_BLOCK_CACHED 8u /* blocks that an idle pool keeps */
#define WI_BLOCK_LONG_SIZE                                                    \
	(256u * 1024u)          /* [bytes] of one for long messages */
#define WI_BLOCK_LONG_CACHED 4u /* of these, that an idle pool keeps */

struct wi_pool;

struct wi_block {
	ck_stack_entry_t entry; /* while it lies in its pool */
	struct wi_pool *pool;   /* where it goes back to; NULL: to malloc */
	uint32_t refs;          /* atomic */
	uint32_t size;          /* [bytes] at data */
	uint32_t fill;          /* [bytes] used so far; owner only */
	uint32_t reserved;
	_Alignas(16) uint8_t data[];
};

#define WI_BLOCK_DATA (WI_BLOCK_SIZE - (uint32_t)sizeof(struct wi_block))

/* One per thread that fills blocks.  owned by: that thread, except returned
 * and nidle, which any thread may touch. */
struct wi_pool {
	ck_stack_entry_t *free; /* owner only */
	uint32_t size;          /* [bytes] of each block, its head included */
	uint32_t ncached;       /* blocks that it keeps when it is idle */
	char pad[48];
	ck_stack_t returned; /* any thread pushes, the owner takes all */
	uint32_t nidle;      /* atomic: blocks in free and returned */
};

void wi_pool_init(struct wi_pool *pool);

/* wi_pool_init_long() - one of WI_BLOCK_LONG_SIZE blocks. */
void wi_pool_init_long(struct wi_pool *pool);

/* wi_pool_fini() - free what lies in it; all its blocks must be back. */
void wi_pool_fini(struct wi_pool *pool);

/* wi_pool_take() - an empty block with one reference, or NULL: no memory.
 * thread: the pool's owner. */
struct wi_block *wi_pool_take(struct wi_pool *pool);

/* wi_block_new() - a block of its own with room for size bytes and one
 * reference, or NULL.  thread: any. */
struct wi_block *wi_block_new(size_t size);

/* wi_block_ref() - one more reference.  thread: any that holds one. */
static inline void
wi_block_ref(struct wi_block *block)
{
	__atomic_fetch_add(&block->refs, 1, __ATOMIC_RELAXED);
}

/* wi_block_unref() - let go; *blockp becomes NULL.  thread: any. */
void wi_block_unref(struct wi_block **blockp);

/* wi_block_room() - [bytes] left behind fill.  thread: the owner. */
static inline uint32_t
wi_block_room(const struct wi_block *block)
{
	return block->size - block->fill;
}

#endif
