/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/typed_tpl.c - libtpl, as its manual uses it: a map for each
 * message; and with a map that is made once, packed into memory of ours.
 *
 * Its images have no name of a type in front, so it has a little less to do
 * than we have.
 *
 * empty_note: nothing empties a map that has been dumped, so elements of 'A'
 * would be added to those of the message before.  But a map that has been
 * loaded is empty when it is packed again, so an inventory's cached map loads
 * one without slots in between.
 */
#include <stdlib.h>
#include <string.h>
#include <tpl.h>

#include "typed.h"

/* What maps point to. */
static struct login login;
static struct move move;
static struct inventory inventory;
static struct slot slot;
static struct slot slots[TYPED_SLOTS];

static uint8_t out[TYPED_ROOM];

/* ---- maps */

static tpl_node *
map(enum typed_message message)
{
	static char of_login[] = "ss", of_move[] = "uffjc",
		    of_inventory[] = "UA(uvf)";
	tpl_node *node;

	if (message == TYPED_LOGIN)
		node = tpl_map(of_login, &login.user, &login.password);
	else if (message == TYPED_MOVE)
		node = tpl_map(of_move, &move.player, &move.x, &move.y,
		    &move.heading, &move.flags);
	else
		node = tpl_map(of_inventory, &inventory.player, &slot.item,
		    &slot.count, &slot.wear);
	TYPED(node != NULL);
	return node;
}

/* One for packing, one for unpacking. */
static tpl_node *
cached(enum typed_message message, bool unpacks)
{
	static tpl_node *maps[TYPED_MESSAGES][2];
	tpl_node **node = &maps[message][unpacks];

	if (__builtin_expect(*node == NULL, 0))
		*node = map(message);
	return *node;
}

/* ---- values into a map, and out of it */

static void
put(tpl_node *node, enum typed_message message)
{
	uint32_t i;

	if (message == TYPED_LOGIN)
		login = typed_login;
	else if (message == TYPED_MOVE)
		move = typed_move;
	else
		inventory.player = typed_inventory.player;
	TYPED(tpl_pack(node, 0) >= 0);
	if (message != TYPED_INVENTORY)
		return;
	for (i = 0; i < typed_inventory.slots.len; i++) {
		slot = typed_inventory.slots.at[i];
		TYPED(tpl_pack(node, 1) >= 0);
	}
}

static void
get(tpl_node *node, enum typed_message message)
{
	uint32_t n = 0;

	TYPED(tpl_unpack(node, 0) > 0);
	if (message == TYPED_LOGIN) {
		typed_unpacked(message, &login);
		free((void *)(uintptr_t)login.user);
		free((void *)(uintptr_t)login.password);
	} else if (message == TYPED_MOVE) {
		typed_unpacked(message, &move);
	} else {
		while (n < TYPED_SLOTS && tpl_unpack(node, 1) > 0)
			slots[n++] = slot;
		inventory.slots.at = slots;
		inventory.slots.len = n;
		typed_unpacked(message, &inventory);
	}
}

/* ---- as the manual does it */

static void
pack(enum typed_message message)
{
	tpl_node *node = map(message);
	void *image;
	size_t len;

	put(node, message);
	TYPED(tpl_dump(node, TPL_MEM, &image, &len) == 0);
	tpl_free(node);
	typed_packed(image, len);
	free(image);
}

static void
unpack(enum typed_message message)
{
	tpl_node *node = map(message);

	TYPED(tpl_load(node, TPL_MEM, typed_image, typed_image_len) == 0);
	get(node, message);
	tpl_free(node);
}

static void
pack_login(void)
{
	pack(TYPED_LOGIN);
}

static void
pack_move(void)
{
	pack(TYPED_MOVE);
}

static void
pack_inventory(void)
{
	pack(TYPED_INVENTORY);
}

static void
unpack_login(void)
{
	unpack(TYPED_LOGIN);
}

static void
unpack_move(void)
{
	unpack(TYPED_MOVE);
}

static void
unpack_inventory(void)
{
	unpack(TYPED_INVENTORY);
}

const struct typed_lib typed_tpl = {
	"libtpl",
	{ pack_login, pack_move, pack_inventory },
	{ unpack_login, unpack_move, unpack_inventory },
};

/* ---- with a map that is made once */

/* See empty_note. */
static void
make_empty(tpl_node *node)
{
	static uint8_t empty[64];
	static size_t len;
	size_t size = sizeof(empty);
	tpl_node *once;

	if (__builtin_expect(len == 0, 0)) {
		once = map(TYPED_INVENTORY);
		TYPED(tpl_pack(once, 0) >= 0);
		TYPED(
		    tpl_dump(once, TPL_MEM | TPL_PREALLOCD, empty, size) == 0);
		TYPED(tpl_dump(once, TPL_GETSIZE, &len) == 0);
		tpl_free(once);
	}
	TYPED(tpl_load(node, TPL_MEM, empty, len) == 0);
}

static void
cached_pack(enum typed_message message)
{
	tpl_node *node = cached(message, false);
	size_t len;

	if (message == TYPED_INVENTORY)
		make_empty(node);
	put(node, message);
	TYPED(tpl_dump(node, TPL_GETSIZE, &len) == 0);
	TYPED(tpl_dump(node, TPL_MEM | TPL_PREALLOCD, out, sizeof(out)) == 0);
	typed_packed(out, len);
}

static void
cached_unpack(enum typed_message message)
{
	tpl_node *node = cached(message, true);

	TYPED(tpl_load(node, TPL_MEM, typed_image, typed_image_len) == 0);
	get(node, message);
}

static void
cached_pack_login(void)
{
	cached_pack(TYPED_LOGIN);
}

static void
cached_pack_move(void)
{
	cached_pack(TYPED_MOVE);
}

static void
cached_pack_inventory(void)
{
	cached_pack(TYPED_INVENTORY);
}

static void
cached_unpack_login(void)
{
	cached_unpack(TYPED_LOGIN);
}

static void
cached_unpack_move(void)
{
	cached_unpack(TYPED_MOVE);
}

static void
cached_unpack_inventory(void)
{
	cached_unpack(TYPED_INVENTORY);
}

const struct typed_lib typed_tpl_cached = {
	"libtpl-cached",
	{ cached_pack_login, cached_pack_move, cached_pack_inventory },
	{ cached_unpack_login, cached_unpack_move, cached_unpack_inventory },
};
