/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/shared.h - the strands that the program makes, and their names.
 *
 * They lie in slots like endpoints, so a stale name can always be looked up.
 * A name that is a text finds the strand of its plugin: under a mutex, which
 * is on no message's way.
 *
 * Life: made with one hold, the maker's reference.  Who lets go of the last
 * pushes ENDED; the worker that runs it calls ended() and gives the slot back.
 */
#ifndef WI_SHARED_H
#define WI_SHARED_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "handoff/slots.h"
#include "handoff/strand.h"

struct wi_plugin;

#define WI_SHARED_ID                                                          \
	(UINT64_C(1) << 63) /* in a strand's id: not an endpoint */
#define WI_SHARED_NAME 64u  /* [bytes] with its NUL */

struct wi_shared {
	_Alignas(64) uint64_t id; /* atomic; 0: nobody */
	uint64_t holds;           /* atomic: signals << 32 | places */
	uint64_t last_id;         /* its id, also after id is 0; constant */
	struct wi_strand strand;
	struct wi_plugin *plugin;  /* whose functions get its events */
	void *state;               /* the program's; its runner only */
	struct wi_event ended;     /* never allocated, so never lost */
	struct wi_shared *next;    /* of the same hash; under the mutex */
	bool named;                /* it is in the table; under the mutex */
	uint8_t hears;             /* atomic: it has subscribed to something */
	char name[WI_SHARED_NAME]; /* constant; "": none */
};

struct wi_shareds {
	struct wi_slots slots;
	pthread_mutex_t mutex; /* guards the rest */
	struct wi_shared **named;
	uint32_t nbuckets; /* a power of two */
	uint32_t nnamed;
	struct wi_hash_key key; /* names come from clients, mostly */
};

int wi_shareds_init(struct wi_shareds *shareds, uint32_t max);
void wi_shareds_fini(struct wi_shareds *shareds);

/*
 * wi_shared_new() - make one.
 *
 *   name     in       NULL: it cannot be found by name.
 *   state    in       the program's.
 *   get      in       if there is one of that name, hold and return that.
 *   out      out      held once more, for the caller.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EEXIST     there is one of that name, and not get.
 *                     -EINVAL     the name is empty or too long, or get and it
 *                                 is NULL.
 *                     WEFT_EFULL  max_strands are there.
 *   thread            any.
 */
int wi_shared_new(struct wi_shareds *shareds, struct wi_plugin *plugin,
    const char *name, void *state, bool get, struct wi_shared **out);

/* wi_shared_end() - nobody finds it or holds it any more: before its ended().
 * thread: the one that runs ENDED. */
void wi_shared_end(struct wi_shared *shared);

/* wi_shared_free() - its place is free; its ended() was run.  thread: the one
 * that ran ENDED. */
void wi_shared_free(struct wi_shareds *shareds, struct wi_shared *shared);

/* wi_shared_find() - who an id names, or NULL: not held yet.  thread: any. */
struct wi_shared *wi_shared_find(
    const struct wi_shareds *shareds, uint64_t id);

/* wi_shared_name() - its name; "": it has none, or has ended.  thread: any. */
void wi_shared_name(
    struct wi_shareds *shareds, uint64_t id, char *out, size_t size);

/* wi_shared_of() - where a strand that is shared lies. */
static inline struct wi_shared *
wi_shared_of(struct wi_strand *strand)
{
	return (void *)((char *)strand - offsetof(struct wi_shared, strand));
}

#endif
