/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/quarantine.h - messages that no handler is given, by their hashes.
 *
 * owned by: the hub.  The list is written by any thread and read by workers,
 * all relaxed: a message that comes while one is added may still be run.
 */
#ifndef WI_QUARANTINE_H
#define WI_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/crash.h>

#include "base/hash.h"

#define WI_QUARANTINE_MAX 64u

struct wi_quarantine {
	uint32_t count;         /* atomic: how many there are */
	struct wi_hash_key key; /* constant while the node runs, as the rest */
	weft_quarantine_cb *caught; /* or NULL */
	void *arg;
	uint64_t hashes[WI_QUARANTINE_MAX]; /* atomic; 0: free */
};

/* wi_quarantine_any() - is there anything to look for? */
static inline bool
wi_quarantine_any(const struct wi_quarantine *quarantine)
{
	return __atomic_load_n(&quarantine->count, __ATOMIC_RELAXED) != 0;
}

/* wi_quarantine_hash() - of a message; never 0.  thread: any, and signal
 * handlers. */
uint64_t wi_quarantine_hash(
    const struct wi_quarantine *quarantine, struct weft_bytes msg);

/* wi_quarantine_hash_bytes() - of bytes that no message was cut off yet, and
 * of the codec that was given them, by its name.  Another codec, and the
 * handler of a message with the same bytes, need not die of them. */
uint64_t wi_quarantine_hash_bytes(const struct wi_quarantine *quarantine,
    const char *codec, struct weft_bytes bytes);

/* wi_quarantine_has() - is it one of them? */
bool wi_quarantine_has(const struct wi_quarantine *quarantine, uint64_t hash);

/* wi_quarantine_add(), wi_quarantine_drop() - as weft_node_quarantine() and
 * weft_node_quarantine_release(). */
int wi_quarantine_add(struct wi_quarantine *quarantine, uint64_t hash);
int wi_quarantine_drop(struct wi_quarantine *quarantine, uint64_t hash);

#endif
