/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena - memory that is given back all at once.
 *
 * thread: its owner.
 */
#include "base/arena.h"

#include <stdlib.h>

#define ARENA_ALIGN 16u

struct wi_arena_giant {
	struct wi_arena_giant *next;
	_Alignas(ARENA_ALIGN) uint8_t bytes[];
};

uint8_t *
wi_arena_room(struct wi_arena *arena, size_t *size)
{
	size_t at = (arena->used + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);

	*size = 0;
	if (arena->base == NULL)
		arena->base = malloc(WI_ARENA_BYTES);
	if (arena->base == NULL)
		return NULL;
	if (at > WI_ARENA_BYTES)
		at = WI_ARENA_BYTES;
	arena->used = at;
	*size = WI_ARENA_BYTES - at;
	return arena->base + at;
}

uint8_t *
wi_arena_giant(struct wi_arena *arena, size_t bytes)
{
	struct wi_arena_giant *giant;

	if (bytes > SIZE_MAX - sizeof(*giant))
		return NULL;
	giant = malloc(sizeof(*giant) + bytes);
	if (giant == NULL)
		return NULL;
	giant->next = arena->giants;
	arena->giants = giant;
	return giant->bytes;
}

void
wi_arena_free_giants(
    struct wi_arena *arena, const struct wi_arena_giant *oldest)
{
	struct wi_arena_giant *giant;

	while ((giant = arena->giants) != oldest) {
		arena->giants = giant->next;
		free(giant);
	}
}

void
wi_arena_fini(struct wi_arena *arena)
{
	wi_arena_release(arena, (struct wi_arena_mark){ 0, NULL });
	free(arena->base);
	arena->base = NULL;
}
