/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/typed_protobuf.c - protobuf-c, from and to the same structs.
 * Its pack() looks at no size: who uses it asks for that before, which is not
 * measured here.
 */
#include "typed.h"
#include "typed.pb-c.h"

static uint8_t out[TYPED_ROOM];
static struct slot slots[TYPED_SLOTS];

static void
pack_login(void)
{
	Pb__Login message = PB__LOGIN__INIT;

	message.user = (char *)(uintptr_t)typed_login.user;
	message.password = (char *)(uintptr_t)typed_login.password;
	typed_packed(out, pb__login__pack(&message, out));
}

static void
pack_move(void)
{
	Pb__Move message = PB__MOVE__INIT;

	message.player = typed_move.player;
	message.x = typed_move.x;
	message.y = typed_move.y;
	message.heading = typed_move.heading;
	message.flags = typed_move.flags;
	typed_packed(out, pb__move__pack(&message, out));
}

static void
pack_inventory(void)
{
	static Pb__Slot each[TYPED_SLOTS];
	static Pb__Slot *places[TYPED_SLOTS];
	Pb__Inventory message = PB__INVENTORY__INIT;
	uint32_t i;

	if (__builtin_expect(places[0] == NULL, 0))
		for (i = 0; i < TYPED_SLOTS; i++) {
			pb__slot__init(&each[i]);
			places[i] = &each[i];
		}
	for (i = 0; i < typed_inventory.slots.len; i++) {
		each[i].item = typed_inventory.slots.at[i].item;
		each[i].count = typed_inventory.slots.at[i].count;
		each[i].wear = typed_inventory.slots.at[i].wear;
	}
	message.player = typed_inventory.player;
	message.n_slots = typed_inventory.slots.len;
	message.slots = places;
	typed_packed(out, pb__inventory__pack(&message, out));
}

static void
unpack_login(void)
{
	Pb__Login *message =
	    pb__login__unpack(NULL, typed_image_len, typed_image);
	struct login login;

	TYPED(message != NULL);
	login.user = message->user;
	login.password = message->password;
	typed_unpacked(TYPED_LOGIN, &login);
	pb__login__free_unpacked(message, NULL);
}

static void
unpack_move(void)
{
	Pb__Move *message =
	    pb__move__unpack(NULL, typed_image_len, typed_image);
	struct move move;

	TYPED(message != NULL);
	move.player = message->player;
	move.x = message->x;
	move.y = message->y;
	move.heading = (int16_t)message->heading;
	move.flags = (uint8_t)message->flags;
	typed_unpacked(TYPED_MOVE, &move);
	pb__move__free_unpacked(message, NULL);
}

static void
unpack_inventory(void)
{
	Pb__Inventory *message =
	    pb__inventory__unpack(NULL, typed_image_len, typed_image);
	struct inventory inventory;
	uint32_t i;

	TYPED(message != NULL && message->n_slots <= TYPED_SLOTS);
	for (i = 0; i < message->n_slots; i++) {
		slots[i].item = message->slots[i]->item;
		slots[i].count = (uint16_t)message->slots[i]->count;
		slots[i].wear = message->slots[i]->wear;
	}
	inventory.player = message->player;
	inventory.slots.at = slots;
	inventory.slots.len = (uint32_t)message->n_slots;
	typed_unpacked(TYPED_INVENTORY, &inventory);
	pb__inventory__free_unpacked(message, NULL);
}

const struct typed_lib typed_protobuf = {
	"protobuf-c",
	{ pack_login, pack_move, pack_inventory },
	{ unpack_login, unpack_move, unpack_inventory },
};
