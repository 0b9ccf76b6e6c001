/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/timer - signals that come later.
 *
 * thread: any; the list of free ones under a mutex, which a thread with a
 * cache takes once for WI_TIMER_CACHE timers.
 */
#include "handoff/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <weft/error.h>

#include "base/assert.h"
#include "handoff/hub.h"
#include "handoff/post.h"
#include "handoff/signal.h"

#define TIMERS_MANY (1024u * WI_TIMER_CACHE)
#define TIMER_STATE_SHIFT 24u
#define TIMER_STATE(word) ((uint32_t)(word) >> TIMER_STATE_SHIFT)
#define TIMER_HOLDS(word) ((uint32_t)(word)&0xffffffu)
#define TIMER_WORD(generation, state, holds)                                  \
	((uint64_t)(generation) << 32 |                                       \
	    (uint32_t)(state) << TIMER_STATE_SHIFT | (holds))

_Static_assert(sizeof(struct wi_timer) <= 256, "four cache lines");

CK_STACK_CONTAINER(struct wi_timer, set_entry, timer_of_free)

static size_t
timers_size(uint32_t max)
{
	return (size_t)max * sizeof(struct wi_timer);
}

int
wi_timers_init(struct wi_timers *timers, uint32_t max)
{
	void *base;

	memset(timers, 0, sizeof(*timers));
	ck_stack_init(&timers->sets);
	ck_stack_init(&timers->cancels);
	base = mmap(NULL, timers_size(max), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return -ENOMEM;
	if (pthread_mutex_init(&timers->mutex, NULL) != 0) {
		(void)munmap(base, timers_size(max));
		return -ENOMEM;
	}
	timers->base = base;
	timers->max = max;
	return WEFT_OK;
}

void
wi_timers_fini(struct wi_timers *timers)
{
	if (timers->base == NULL)
		return; /* never made */
	(void)munmap(timers->base, timers_size(timers->max));
	(void)pthread_mutex_destroy(&timers->mutex);
	timers->base = NULL;
}

/* ---- free ones */

/* Up to n of them, linked; *np: how many. */
static ck_stack_entry_t *
timers_get(struct wi_timers *timers, uint32_t n, uint32_t *np)
{
	ck_stack_entry_t *entry, *first = NULL;

	(void)pthread_mutex_lock(&timers->mutex);
	for (*np = 0; *np < n; (*np)++) {
		entry = timers->free;
		if (entry != NULL)
			timers->free = entry->next;
		else if (timers->nused < timers->max)
			entry = &timers->base[timers->nused++].set_entry;
		else
			break;
		entry->next = first;
		first = entry;
	}
	(void)pthread_mutex_unlock(&timers->mutex);
	return first;
}

static void
timers_put(struct wi_timers *timers, ck_stack_entry_t *first)
{
	ck_stack_entry_t *last = first;

	while (last->next != NULL)
		last = last->next;
	(void)pthread_mutex_lock(&timers->mutex);
	last->next = timers->free;
	timers->free = first;
	(void)pthread_mutex_unlock(&timers->mutex);
}

/* Where there are few, none may lie idle in a cache. */
static bool
timers_cached(
    const struct wi_timers *timers, const struct wi_timer_cache *cache)
{
	return cache != NULL && timers->max >= TIMERS_MANY;
}

struct wi_timer *
wi_timer_take(struct wi_timers *timers, struct wi_timer_cache *cache)
{
	struct wi_timer_cache one = { NULL, 0 };
	struct wi_timer *timer;
	uint32_t generation;

	if (!timers_cached(timers, cache))
		cache = &one;
	if (cache->first == NULL)
		cache->first = timers_get(
		    timers, cache == &one ? 1 : WI_TIMER_CACHE, &cache->count);
	if (cache->first == NULL)
		return NULL;
	timer = timer_of_free(cache->first);
	cache->first = cache->first->next;
	cache->count--;
	generation =
	    (uint32_t)(__atomic_load_n(&timer->word, __ATOMIC_RELAXED) >> 32) +
	    1;
	wi_event_init(&timer->event, WI_EVENT_TIMER);
	timer->tick = (struct wi_tick){ 0 };
	timer->queued = 0;
	timer->drop = 0;
	timer->sibling_link = NULL;
	__atomic_store_n(&timer->to, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&timer->word,
	    TIMER_WORD(generation, WI_TIMER_WAITING, 1), __ATOMIC_RELEASE);
	return timer;
}

static void
timer_give(struct wi_timers *timers, struct wi_timer_cache *cache,
    struct wi_timer *timer)
{
	ck_stack_entry_t *entry = &timer->set_entry, *half;
	uint32_t i;

	entry->next = NULL;
	if (!timers_cached(timers, cache)) {
		timers_put(timers, entry);
		return;
	}
	entry->next = cache->first;
	cache->first = entry;
	if (++cache->count < 2 * WI_TIMER_CACHE)
		return;
	half = entry;
	for (i = 1; i < WI_TIMER_CACHE; i++)
		half = half->next;
	entry = half->next;
	half->next = NULL;
	timers_put(timers, cache->first);
	cache->first = entry;
	cache->count -= WI_TIMER_CACHE;
}

/* ---- whose turn: see word_note */

uint64_t
wi_timer_id(const struct wi_timers *timers, const struct wi_timer *timer)
{
	uint64_t word = __atomic_load_n(&timer->word, __ATOMIC_RELAXED);

	return (word >> 32) << 32 | (uint64_t)(timer - timers->base);
}

/* From one state to another; false: it is in a third. */
static bool
timer_to(
    struct wi_timer *timer, enum wi_timer_state from, enum wi_timer_state to)
{
	uint64_t old = __atomic_load_n(&timer->word, __ATOMIC_RELAXED);

	do {
		if (TIMER_STATE(old) != from)
			return false;
	} while (!__atomic_compare_exchange_n(&timer->word, &old,
	    TIMER_WORD(old >> 32, to, TIMER_HOLDS(old)), true,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return true;
}

struct wi_timer *
wi_timer_cancel(struct wi_timers *timers, uint64_t id, uint64_t to, bool *runs)
{
	struct wi_timer *timer;
	uint32_t state;
	uint64_t old;

	if ((uint32_t)id >= timers->max)
		return NULL;
	timer = &timers->base[(uint32_t)id];
	old = __atomic_load_n(&timer->word, __ATOMIC_ACQUIRE);
	do {
		state = TIMER_STATE(old);
		/* Acquire: what the request is; pairs with the release in
		 * weft_request(). */
		if (old >> 32 != id >> 32 ||
		    __atomic_load_n(&timer->to, __ATOMIC_ACQUIRE) != to ||
		    (state != WI_TIMER_WAITING && state != WI_TIMER_REPEATING))
			return NULL;
	} while (!__atomic_compare_exchange_n(&timer->word, &old,
	    TIMER_WORD(old >> 32, WI_TIMER_CANCELLED, TIMER_HOLDS(old) + 1),
	    true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	*runs = state == WI_TIMER_REPEATING;
	return timer;
}

bool
wi_timer_used(const struct wi_timer *timer)
{
	enum wi_timer_state state =
	    TIMER_STATE(__atomic_load_n(&timer->word, __ATOMIC_ACQUIRE));

	return state != WI_TIMER_FREE && state != WI_TIMER_DONE;
}

bool
wi_timer_cancelled(const struct wi_timer *timer)
{
	return TIMER_STATE(__atomic_load_n(&timer->word, __ATOMIC_ACQUIRE)) ==
	    WI_TIMER_CANCELLED;
}

bool
wi_timer_begin(struct wi_timer *timer, bool *told)
{
	/* See destroy_note. */
	__atomic_store_n(&timer->queued, 0, __ATOMIC_SEQ_CST);
	*told = *told && __atomic_load_n(&timer->drop, __ATOMIC_SEQ_CST) == 0;
	return timer_to(timer, WI_TIMER_WAITING,
	    timer->every_ms == 0 ? WI_TIMER_RUNNING : WI_TIMER_REPEATING);
}

void
wi_timer_done(struct wi_timer *timer)
{
	if (timer->every_ms != 0 &&
	    __atomic_load_n(&timer->drop, __ATOMIC_SEQ_CST) == 0 &&
	    timer_to(timer, WI_TIMER_REPEATING, WI_TIMER_WAITING))
		return;
	(void)timer_to(timer, WI_TIMER_RUNNING, WI_TIMER_DONE);
	(void)timer_to(timer, WI_TIMER_REPEATING, WI_TIMER_DONE);
	wi_timer_destroy(timer);
}

void
wi_timer_hold(struct wi_timer *timer)
{
	__atomic_fetch_add(&timer->word, 1, __ATOMIC_RELAXED);
}

void
wi_timer_let_go(
    struct wi_hub *hub, struct wi_timer_cache *cache, struct wi_timer *timer)
{
	struct wi_strand *strand = timer->strand;
	uint64_t word;

	/* Release: what this one did comes before the next use; acquire: of
	 * what the others did. */
	word = __atomic_sub_fetch(&timer->word, 1, __ATOMIC_ACQ_REL);
	wi_assert(TIMER_HOLDS(word) != 0xffffffu);
	if (TIMER_HOLDS(word) != 0)
		return;
	__atomic_store_n(&timer->word,
	    TIMER_WORD(word >> 32, WI_TIMER_FREE, 0), __ATOMIC_RELAXED);
	timer_give(&hub->timers, cache, timer);
	wi_post_release(hub, strand, WI_HOLD_PLACE, 1);
}

void
wi_timer_destroy(struct wi_timer *timer)
{
	struct weft_signal *what = &timer->what;

	if (what->destroy != NULL)
		wi_signal_destroy(what);
	what->destroy = NULL;
	if (what->bytes.data != timer->bytes)
		free((void *)(uintptr_t)what->bytes.data);
	what->bytes.data = timer->bytes;
}
