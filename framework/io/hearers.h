/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/hearers.h - strands that have subscribed.
 *
 * They are known by their ids and not held, so a subscription does not keep a
 * strand; when it ends, the I/O thread is told (wi_publish_over()).
 *
 * owned by: the I/O thread.
 */
#ifndef WI_HEARERS_H
#define WI_HEARERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/thread_role.h"

struct weft_bytes;
struct wi_block;
struct wi_hub;
struct wi_subscribed;

struct wi_hearer {
	uint64_t id;                      /* the strand's */
	struct wi_subscribed *subscribed; /* newest first */
	struct wi_hearer *next;           /* of the same slot */
	struct wi_hearer *found_next;     /* who get the present message */
	uint64_t published;               /* mark of the last one for it */
	uint32_t kind;                    /* of the present message's signal */
};

struct wi_hearers {
	struct wi_hub *hub;
	struct wi_hearer **slots; /* by the strand's slot; NULL: none yet */
};

/* wi_hearers_find() - the hearer that a strand is; make: it becomes one if it
 * is there.  NULL: it is none, or no memory. */
struct wi_hearer *wi_hearers_find(
    struct wi_hearers *hearers, uint64_t id, bool make) WI_ON_IO;

/* wi_hearers_remove() - it has no subscription any more. */
void wi_hearers_remove(
    struct wi_hearers *hearers, struct wi_hearer *hearer) WI_ON_IO;

/* wi_hearer_copy() - a message as all hearers share it, with one reference;
 * NULL: no memory.  wi_hearer_tell() - as a signal.  false: it was not, since
 * the strand is over, or has too much waiting. */
struct wi_block *wi_hearer_copy(const char *topic, uint32_t topic_len,
    const uint8_t *msg, uint32_t len) WI_ON_IO;
bool wi_hearer_tell(struct wi_hearers *hearers, const struct wi_hearer *hearer,
    struct wi_block *copy) WI_ON_IO;

#endif
