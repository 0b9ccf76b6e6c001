/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/saved.h - what a version of a plugin hands over to the next one.
 *
 * thread: the one that reloads.
 */
#ifndef WI_SAVED_H
#define WI_SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/reload.h>

enum wi_saved_kind {
	WI_SAVED_PLUGIN, /* the first, and there is one */
	WI_SAVED_STRAND,
	WI_SAVED_ENDPOINT,
};

/* One state. */
struct wi_saved_item {
	enum wi_saved_kind kind;
	bool said;   /* the callback has saved something */
	uint64_t id; /* of the strand or the endpoint */
	size_t at;   /* in struct wi_saved.bytes */
	size_t len;  /* [bytes] */
	void *old;   /* the state that was saved */
	void *now;   /* what the next version has made of it, or NULL */
};

/* All of one plugin.  All zero: nothing.  owned by: who reloads. */
struct wi_saved {
	struct wi_saved_item *items;
	size_t nitems;
	size_t max_items;
	uint8_t *bytes;
	size_t len;
	size_t max_bytes;
};

/* What save(), save_strand() and save_endpoint() are given. */
struct weft_save {
	struct wi_saved *saved;
	struct wi_saved_item *item; /* the last one */
};

/* wi_saved_add() - one more state, of which nothing is saved yet; NULL: no
 * memory.  It may move when another is added. */
struct wi_saved_item *wi_saved_add(
    struct wi_saved *saved, enum wi_saved_kind kind, uint64_t id, void *old);

/* wi_saved_bytes() - what was saved of it. */
static inline struct weft_bytes
wi_saved_bytes(const struct wi_saved *saved, const struct wi_saved_item *item)
{
	return (struct weft_bytes){
		item->len == 0 ? NULL : saved->bytes + item->at, item->len
	};
}

/* wi_saved_fini() - all zero again. */
void wi_saved_fini(struct wi_saved *saved);

#endif
