/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/typed_weft.c - weft_pack() and weft_unpack().
 */
#include <weft/error.h>

#include "typed.h"

static uint8_t out[TYPED_ROOM];
static _Alignas(16) uint8_t memory[TYPED_ROOM];

static void
pack(const struct weft_type *type, const void *value)
{
	size_t len;

	TYPED(weft_pack(type, value, out, sizeof(out), &len) == WEFT_OK);
	typed_packed(out, len);
}

static void
unpack(const struct weft_type *type, void *value)
{
	const struct weft_bytes image = { typed_image, typed_image_len };

	TYPED(weft_unpack(type, image, value, memory, sizeof(memory), NULL) ==
	    WEFT_OK);
}

static void
pack_login(void)
{
	pack(&login_type, &typed_login);
}

static void
pack_move(void)
{
	pack(&move_type, &typed_move);
}

static void
pack_inventory(void)
{
	pack(&inventory_type, &typed_inventory);
}

static void
unpack_login(void)
{
	struct login login;

	unpack(&login_type, &login);
	typed_unpacked(TYPED_LOGIN, &login);
}

static void
unpack_move(void)
{
	struct move move;

	unpack(&move_type, &move);
	typed_unpacked(TYPED_MOVE, &move);
}

static void
unpack_inventory(void)
{
	struct inventory inventory;

	unpack(&inventory_type, &inventory);
	typed_unpacked(TYPED_INVENTORY, &inventory);
}

const struct typed_lib typed_weft = {
	"weft",
	{ pack_login, pack_move, pack_inventory },
	{ unpack_login, unpack_move, unpack_inventory },
};
