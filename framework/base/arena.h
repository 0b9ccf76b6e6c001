/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena.h - memory that is given back all at once.
 *
 * It lies in one piece that stays, so who takes and releases often costs no
 * malloc(); what is too large for that has a piece of its own, which goes when
 * it is released.
 *
 * thread: its owner.
 */
#ifndef WI_ARENA_H
#define WI_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define WI_ARENA_BYTES (64u << 10) /* [bytes] of the piece that stays */

struct wi_arena_giant;

/* owned by: a worker.  All zero at first. */
struct wi_arena {
	uint8_t *base;                 /* NULL: nothing was taken yet */
	size_t used;                   /* [bytes] of it */
	struct wi_arena_giant *giants; /* newest first */
};

/* What was taken up to a moment. */
struct wi_arena_mark {
	size_t used;
	struct wi_arena_giant *giants;
};

static inline struct wi_arena_mark
wi_arena_mark(const struct wi_arena *arena)
{
	return (struct wi_arena_mark){ arena->used, arena->giants };
}

/* wi_arena_room() - the part that stays and is free, aligned as malloc() does;
 * NULL: no memory. */
uint8_t *wi_arena_room(struct wi_arena *arena, size_t *size);

/* wi_arena_keep() - so many bytes of that room are in use. */
static inline void
wi_arena_keep(struct wi_arena *arena, size_t bytes)
{
	arena->used += bytes;
}

/* wi_arena_giant() - a piece of its own; NULL: no memory. */
uint8_t *wi_arena_giant(struct wi_arena *arena, size_t bytes);

/* wi_arena_free_giants() - all that are newer than oldest. */
void wi_arena_free_giants(
    struct wi_arena *arena, const struct wi_arena_giant *oldest);

/* wi_arena_release() - all that was taken since the mark. */
static inline void
wi_arena_release(struct wi_arena *arena, struct wi_arena_mark mark)
{
	arena->used = mark.used;
	if (__builtin_expect(arena->giants != mark.giants, 0))
		wi_arena_free_giants(arena, mark.giants);
}

/* wi_arena_fini() - all of it; it may be used again. */
void wi_arena_fini(struct wi_arena *arena);

#endif
