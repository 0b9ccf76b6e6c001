/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/typed.h - what tests/bench/typed asks of each library, a file
 * for each.
 *
 * Each packs the same values, which are in C structs, and each ends with all
 * values in a C struct again: one that is no longer than the call of unpack()
 * or points into what has arrived is good enough, as it is for a handler.
 */
#ifndef TESTS_BENCH_TYPED_H
#define TESTS_BENCH_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../unit/some_types.h"

enum typed_message {
	TYPED_LOGIN,
	TYPED_MOVE,
	TYPED_INVENTORY
};

#define TYPED_MESSAGES 3
#define TYPED_SLOTS 100u
#define TYPED_ROOM 8192u /* [bytes] for any image */

struct typed_lib {
	const char *name;
	void (*pack[TYPED_MESSAGES])(void);   /* to typed_packed() */
	void (*unpack[TYPED_MESSAGES])(void); /* from typed_image, to
	                                         typed_unpacked() */
};

extern const struct typed_lib typed_weft;
extern const struct typed_lib typed_tpl;
extern const struct typed_lib typed_tpl_cached;
extern const struct typed_lib typed_protobuf;
extern const struct typed_lib typed_msgpack;

/* The values. */
extern struct login typed_login;
extern struct move typed_move;
extern struct inventory typed_inventory;

/* What is unpacked: the last that was packed while typed_checks. */
extern uint8_t typed_image[TYPED_ROOM];
extern size_t typed_image_len; /* [bytes] */
extern bool typed_checks;      /* not while it is measured */

void typed_keep(const void *image, size_t len);
void typed_compare(enum typed_message message, const void *value);
void typed_fail(const char *what, const char *file, int line);

#define TYPED(what)                                                           \
	do {                                                                  \
		if (__builtin_expect(!(what), 0))                             \
			typed_fail(#what, __FILE__, __LINE__);                \
	} while (0)

/* typed_packed() - that is the image. */
static inline void
typed_packed(const void *image, size_t len)
{
	__asm__ volatile("" : : "r"(image), "r"(len) : "memory");
	if (__builtin_expect(typed_checks, 0))
		typed_keep(image, len);
}

/* typed_unpacked() - that is the value: a struct login, move or inventory. */
static inline void
typed_unpacked(enum typed_message message, const void *value)
{
	__asm__ volatile("" : : "r"(value) : "memory");
	if (__builtin_expect(typed_checks, 0))
		typed_compare(message, value);
}

#endif
