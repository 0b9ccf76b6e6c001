/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/wheel.h - dates that are exact to a millisecond, for very many things:
 * a hierarchical timing wheel (Varghese and Lauck, 1987).
 *
 * Setting and clearing are a few instructions, whatever is set already; an
 * entry is 24 bytes in the object that it is about.  The wheel has no clock
 * and calls nobody: who owns it says what time it is, and takes what is due.
 * For deadlines that may be a little late io/due costs less.
 *
 * owned by: one thread, whichever it is.
 */
#ifndef WI_WHEEL_H
#define WI_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

/* 1 ms, 256 ms, 65.5 s and 4.66 h to a bucket; one more for what is later. */
#define WI_WHEEL_LEVELS 4u
#define WI_WHEEL_DIGIT_BITS 8u
#define WI_WHEEL_DIGITS (1u << WI_WHEEL_DIGIT_BITS) /* buckets to a level */
#define WI_WHEEL_LATER (WI_WHEEL_LEVELS * WI_WHEEL_DIGITS)

/* All zeros: not set. */
struct wi_tick {
	struct wi_tick *next, *prev; /* ring of its bucket; NULL: not set */
	uint64_t at;                 /* [ms] when it is due */
};

/* It must not be moved: the rings go through it. */
struct wi_wheel {
	uint64_t now;   /* [ms] the latest that its owner told */
	uint64_t clock; /* [ms] all before is taken; not after now */
	uint32_t count; /* entries that are set */
	/* Where a ring begins and ends; its at: none of it is earlier. */
	struct wi_tick buckets[WI_WHEEL_LATER + 1];
	uint64_t used[WI_WHEEL_LATER / 64 + 1]; /* bit: not empty */
};

/* wi_wheel_init() - nothing is set.  There is nothing to end, but what is set
 * still: see wi_wheel_any(). */
void wi_wheel_init(struct wi_wheel *wheel, uint64_t now);

/* wi_wheel_set() - at that time; one that has passed becomes the wheel's now:
 * it is due at once, after all that is due already.  An entry that is set is
 * moved, to the back of its millisecond even if that is the same one. */
void wi_wheel_set(struct wi_wheel *wheel, struct wi_tick *tick, uint64_t at);

/* wi_wheel_clear() - not any more; does nothing if it is not set. */
void wi_wheel_clear(struct wi_wheel *wheel, struct wi_tick *tick);

/* wi_wheel_take() - the next one that is due by now, which is not set any
 * more; NULL: none is.  They come in the order of their time, and those of the
 * same millisecond in the order in which they were set.  A loop that takes
 * until NULL also gets what it sets meanwhile for now or before.  A now before
 * an earlier one is none: time stands still, and nothing comes early. */
struct wi_tick *wi_wheel_take(struct wi_wheel *wheel, uint64_t now);

/* wi_wheel_next() - a time that no entry is due before; UINT64_MAX: none is
 * set.  It is the first one's own, unless one before it was cleared or moved:
 * then it may be early, once (wi_wheel_take() at that time looks again). */
uint64_t wi_wheel_next(const struct wi_wheel *wheel);

/* wi_wheel_any() - one that is set, which is not any more; NULL: none is. */
struct wi_tick *wi_wheel_any(struct wi_wheel *wheel);

static inline bool
wi_tick_is_set(const struct wi_tick *tick)
{
	return tick->next != 0;
}

#endif
