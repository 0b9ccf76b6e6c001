/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/saved - what a version of a plugin hands over to the next one.
 *
 * thread: the one that reloads.
 * from:   the plugin's save*().  to: plugin/load, for its load*().
 */
#include "plugin/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

/* [bytes] each state begins at: what a malloc() would be aligned to. */
#define SAVED_ALIGN 16u

struct wi_saved_item *
wi_saved_add(
    struct wi_saved *saved, enum wi_saved_kind kind, uint64_t id, void *old)
{
	size_t max = saved->max_items;
	struct wi_saved_item *items;

	if (saved->nitems == max) {
		max = max == 0 ? 64 : 2 * max;
		items = realloc(saved->items, max * sizeof(*items));
		if (items == NULL)
			return NULL;
		saved->items = items;
		saved->max_items = max;
	}
	items = &saved->items[saved->nitems++];
	*items = (struct wi_saved_item){ .kind = kind, .id = id, .old = old };
	return items;
}

void
wi_saved_fini(struct wi_saved *saved)
{
	free(saved->items);
	free(saved->bytes);
	memset(saved, 0, sizeof(*saved));
}

/* Room for len bytes at the end, or NULL. */
static uint8_t *
saved_room(struct wi_saved *saved, size_t len)
{
	size_t at =
	    (saved->len + SAVED_ALIGN - 1) & ~(size_t)(SAVED_ALIGN - 1);
	size_t max = saved->max_bytes;
	uint8_t *bytes = saved->bytes;

	if (len > SIZE_MAX / 4 - at)
		return NULL;
	if (bytes == NULL || at + len > max) {
		max = 2 * (at + len) + SAVED_ALIGN;
		bytes = realloc(saved->bytes, max);
		if (bytes == NULL)
			return NULL;
		saved->bytes = bytes;
		saved->max_bytes = max;
	}
	saved->len = at;
	return saved->bytes + at;
}

/* The len bytes at the end are the item's. */
static void
saved_keep(struct weft_save *save, size_t len)
{
	save->item->said = true;
	save->item->at = save->saved->len;
	save->item->len = len;
	save->saved->len += len;
}

int
weft_save_bytes(struct weft_save *save, struct weft_bytes bytes)
{
	uint8_t *room;

	if (save->item->said)
		return -EEXIST;
	room = saved_room(save->saved, bytes.len);
	if (room == NULL)
		return -ENOMEM;
	if (bytes.len > 0)
		memcpy(room, bytes.data, bytes.len);
	saved_keep(save, bytes.len);
	return WEFT_OK;
}

int
weft_save_typed(
    struct weft_save *save, const struct weft_type *type, const void *value)
{
	uint8_t *room;
	size_t len;
	int rv;

	if (save->item->said)
		return -EEXIST;
	rv = weft_pack(type, value, NULL, 0, &len);
	if (rv < 0 && rv != WEFT_EFULL)
		return rv;
	room = saved_room(save->saved, len);
	if (room == NULL)
		return -ENOMEM;
	rv = weft_pack(type, value, room, len, &len);
	if (rv == WEFT_OK)
		saved_keep(save, len);
	return rv;
}
