/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/wheel - dates that are exact to a millisecond, for very many things.
 *
 * thread: its owner's.  Owns nothing: the entries are their objects'.
 *
 * A time is a number of digits of 8 bits.  A bucket of level n is a block of
 * 256^n ms, and a level's 256 buckets are the block that wheel->clock is in
 * and the 255 after it.  An entry lies in the lowest level that reaches its
 * date; on level 0 a bucket is one millisecond.  When the clock comes to a
 * block's first millisecond, its bucket falls: its entries find new places,
 * further down.  So above level 0 the clock's own buckets are always empty,
 * and the bucket of the clock's millisecond holds all that is due then.
 *
 * The clock goes from one used bucket's first millisecond to the next one's,
 * or to now, however far that is.  Any bucket knows a date that none of its
 * entries comes before (clearing an entry leaves it, an empty bucket forgets
 * it); its upper digits are the bucket's own, and the least one of all is what
 * to wait for.
 *
 * order_note: of the same date, what was set first comes first.  Which level a
 * date belongs to depends on it and on the clock only, and goes down while the
 * clock goes on; but an entry stays where it is until its bucket falls.  So
 * with 300 set at 0 (level 1) and again at 100 (level 0) the later one is
 * ahead: of entries with one date those further up are older, and those in the
 * same bucket stand in order.  Hence what falls goes to the front of a bucket,
 * before what has been set there directly, and keeps its own order: it is
 * walked from its end.  Where buckets of several levels begin at the same
 * millisecond the lower ones fall first: the others' are older, and must come
 * in front of theirs.
 *
 * level_note: with each date on the level of its first digit that differs from
 * the clock's, all entries of a date would lie in one bucket, and appending
 * would do.  But then nearly all of the next minute is on level 2 just before
 * each full 65.5 s, and falls in one piece: with 100,000 entries within 60 s
 * that took 1.5 to 2.2 ms, while now no millisecond takes more than 0.04
 * (tests/bench/wheel).
 *
 * later_note: what no level reaches (49.7 days) lies in one bucket more, which
 * falls when the block of level 3 begins that its first date is in.  What is
 * still out of reach then goes back there.
 */
#include "base/wheel.h"

#include <string.h>

#define WHEEL_NEVER UINT64_MAX
#define WHEEL_WORDS (WI_WHEEL_DIGITS / 64) /* of wheel->used, for a level */
#define WHEEL_NONE UINT32_MAX

void
wi_wheel_init(struct wi_wheel *wheel, uint64_t now)
{
	struct wi_tick *head;
	uint32_t i;

	memset(wheel, 0, sizeof(*wheel));
	wheel->now = now;
	wheel->clock = now;
	for (i = 0; i <= WI_WHEEL_LATER; i++) {
		head = &wheel->buckets[i];
		head->next = head;
		head->prev = head;
		head->at = WHEEL_NEVER;
	}
}

/* Bits of a time below a block's number.  What is later falls as level 3. */
static uint32_t
wheel_shift(uint32_t level)
{
	if (level == WI_WHEEL_LEVELS)
		level--;
	return level * WI_WHEEL_DIGIT_BITS;
}

/* The bucket of a level that a time belongs to. */
static uint32_t
wheel_bucket(uint32_t level, uint64_t at)
{
	if (level == WI_WHEEL_LEVELS)
		return WI_WHEEL_LATER;
	return level * WI_WHEEL_DIGITS +
	    (uint32_t)(at >> wheel_shift(level)) % WI_WHEEL_DIGITS;
}

/* The lowest level that reaches that far; WI_WHEEL_LEVELS: none. */
static uint32_t
wheel_level(const struct wi_wheel *wheel, uint64_t at)
{
	uint32_t level, shift;

	for (level = 0; level < WI_WHEEL_LEVELS; level++) {
		shift = wheel_shift(level);
		if ((at >> shift) - (wheel->clock >> shift) < WI_WHEEL_DIGITS)
			break;
	}
	return level;
}

/* The used bucket of a level that comes first; WHEEL_NONE: all are empty. */
static uint32_t
wheel_first(const struct wi_wheel *wheel, uint32_t level)
{
	const uint64_t *used = &wheel->used[level * WHEEL_WORDS];
	uint32_t from = wheel_bucket(level, wheel->clock) % WI_WHEEL_DIGITS;
	uint32_t at = from / 64, words, i;
	uint64_t word = used[at] & (UINT64_MAX << (from % 64));

	words = level == WI_WHEEL_LEVELS ? 1 : WHEEL_WORDS;
	/* The last word is the first again, for what lies before from. */
	for (i = 0; word == 0; i++) {
		if (i == words)
			return WHEEL_NONE;
		at = (at + 1) % words;
		word = used[at];
	}
	return level * WI_WHEEL_DIGITS + at * 64 +
	    (uint32_t)__builtin_ctzll(word);
}

/* Put an entry behind one of that ring: the bucket itself, or its last. */
static void
wheel_link(struct wi_wheel *wheel, uint32_t bucket, struct wi_tick *before,
    struct wi_tick *tick)
{
	struct wi_tick *head = &wheel->buckets[bucket];

	tick->prev = before;
	tick->next = before->next;
	before->next->prev = tick;
	before->next = tick;
	if (tick->at < head->at)
		head->at = tick->at;
	wheel->used[bucket / 64] |= UINT64_C(1) << (bucket % 64);
}

static void
wheel_empty(struct wi_wheel *wheel, struct wi_tick *head)
{
	uint32_t bucket = (uint32_t)(head - wheel->buckets);

	head->next = head;
	head->prev = head;
	head->at = WHEEL_NEVER;
	wheel->used[bucket / 64] &= ~(UINT64_C(1) << (bucket % 64));
}

static void
wheel_unlink(struct wi_wheel *wheel, struct wi_tick *tick)
{
	if (tick->next == tick->prev) { /* alone: that is its bucket */
		wheel_empty(wheel, tick->next);
	} else {
		tick->next->prev = tick->prev;
		tick->prev->next = tick->next;
	}
	tick->next = NULL;
	tick->prev = NULL;
	wheel->count--;
}

void
wi_wheel_set(struct wi_wheel *wheel, struct wi_tick *tick, uint64_t at)
{
	uint32_t bucket;

	if (wi_tick_is_set(tick))
		wheel_unlink(wheel, tick);
	tick->at = at > wheel->now ? at : wheel->now;
	bucket = wheel_bucket(wheel_level(wheel, tick->at), tick->at);
	wheel_link(wheel, bucket, wheel->buckets[bucket].prev, tick);
	wheel->count++;
}

void
wi_wheel_clear(struct wi_wheel *wheel, struct wi_tick *tick)
{
	if (wi_tick_is_set(tick))
		wheel_unlink(wheel, tick);
}

/* Its block has begun: see order_note. */
static void
wheel_fall(struct wi_wheel *wheel, struct wi_tick *head)
{
	struct wi_tick *tick = head->prev, *prev;
	uint32_t bucket;

	wheel_empty(wheel, head);
	for (; tick != head; tick = prev) {
		prev = tick->prev;
		bucket = wheel_bucket(wheel_level(wheel, tick->at), tick->at);
		wheel_link(wheel, bucket, &wheel->buckets[bucket], tick);
	}
}

/* When does the next used bucket begin?  WHEEL_NEVER: there is none. */
static uint64_t
wheel_begin(const struct wi_wheel *wheel)
{
	uint64_t begin = WHEEL_NEVER, at;
	uint32_t level, bucket, shift;

	for (level = 0; level <= WI_WHEEL_LEVELS; level++) {
		bucket = wheel_first(wheel, level);
		if (bucket == WHEEL_NONE)
			continue;
		shift = wheel_shift(level);
		at = wheel->buckets[bucket].at >> shift << shift;
		if (at < begin)
			begin = at;
	}
	return begin;
}

/* Let time pass, to where the next used bucket begins; false: not by now. */
static bool
wheel_advance(struct wi_wheel *wheel, uint64_t now)
{
	uint64_t begin = wheel_begin(wheel);
	struct wi_tick *head;
	uint32_t level, shift;

	if (wheel->count == 0 || begin > now) {
		wheel->clock = now;
		return false;
	}
	wheel->clock = begin;
	for (level = 1; level <= WI_WHEEL_LEVELS; level++) {
		head = &wheel->buckets[wheel_bucket(level, begin)];
		shift = wheel_shift(level);
		if (head->next != head && head->at >> shift == begin >> shift)
			wheel_fall(wheel, head);
	}
	return true;
}

struct wi_tick *
wi_wheel_take(struct wi_wheel *wheel, uint64_t now)
{
	struct wi_tick *head, *tick;

	if (now > wheel->now)
		wheel->now = now;
	if (wheel->clock > now)
		return NULL;
	do {
		head = &wheel->buckets[wheel_bucket(0, wheel->clock)];
		tick = head->next;
		if (tick != head) {
			wheel_unlink(wheel, tick);
			return tick;
		}
	} while (wheel_advance(wheel, now));
	return NULL;
}

uint64_t
wi_wheel_next(const struct wi_wheel *wheel)
{
	uint64_t next = WHEEL_NEVER;
	uint32_t level, bucket;

	for (level = 0; level <= WI_WHEEL_LEVELS; level++) {
		bucket = wheel_first(wheel, level);
		if (bucket != WHEEL_NONE && wheel->buckets[bucket].at < next)
			next = wheel->buckets[bucket].at;
	}
	return next;
}

struct wi_tick *
wi_wheel_any(struct wi_wheel *wheel)
{
	uint32_t level, bucket = WHEEL_NONE;
	struct wi_tick *tick;

	for (level = 0; bucket == WHEEL_NONE; level++) {
		if (level > WI_WHEEL_LEVELS)
			return NULL;
		bucket = wheel_first(wheel, level);
	}
	tick = wheel->buckets[bucket].next;
	wheel_unlink(wheel, tick);
	return tick;
}
