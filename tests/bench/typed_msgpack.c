/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/typed_msgpack.c - msgpack-c: a message is an array of its
 * members, the buffer and the zone are made once.
 */
#include <msgpack.h>
#include <string.h>

#include "typed.h"

static msgpack_sbuffer buffer;
static msgpack_packer packer;
static msgpack_zone zone;
static struct slot slots[TYPED_SLOTS];
static char texts[2][256];

/* ---- pack */

static msgpack_packer *
begin(size_t members)
{
	if (__builtin_expect(packer.callback == NULL, 0)) {
		msgpack_sbuffer_init(&buffer);
		msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
	}
	msgpack_sbuffer_clear(&buffer);
	msgpack_pack_array(&packer, members);
	return &packer;
}

static void
put_text(msgpack_packer *to, const char *text)
{
	size_t len = strlen(text);

	msgpack_pack_str(to, len);
	msgpack_pack_str_body(to, text, len);
}

static void
pack_login(void)
{
	msgpack_packer *to = begin(2);

	put_text(to, typed_login.user);
	put_text(to, typed_login.password);
	typed_packed(buffer.data, buffer.size);
}

static void
pack_move(void)
{
	msgpack_packer *to = begin(5);

	msgpack_pack_uint32(to, typed_move.player);
	msgpack_pack_double(to, typed_move.x);
	msgpack_pack_double(to, typed_move.y);
	msgpack_pack_int16(to, typed_move.heading);
	msgpack_pack_uint8(to, typed_move.flags);
	typed_packed(buffer.data, buffer.size);
}

static void
pack_inventory(void)
{
	msgpack_packer *to = begin(2);
	uint32_t i;

	msgpack_pack_uint64(to, typed_inventory.player);
	msgpack_pack_array(to, typed_inventory.slots.len);
	for (i = 0; i < typed_inventory.slots.len; i++) {
		const struct slot *slot = &typed_inventory.slots.at[i];

		msgpack_pack_array(to, 3);
		msgpack_pack_uint32(to, slot->item);
		msgpack_pack_uint16(to, slot->count);
		msgpack_pack_double(to, slot->wear);
	}
	typed_packed(buffer.data, buffer.size);
}

/* ---- unpack */

/* A message of so many members. */
static const msgpack_object *
read_message(msgpack_object *message, uint32_t members)
{
	static bool made;

	if (__builtin_expect(!made, 0))
		TYPED(msgpack_zone_init(&zone, MSGPACK_ZONE_CHUNK_SIZE));
	made = true;
	msgpack_zone_clear(&zone);
	TYPED(msgpack_unpack((const char *)typed_image, typed_image_len, NULL,
		  &zone, message) == MSGPACK_UNPACK_SUCCESS);
	TYPED(message->type == MSGPACK_OBJECT_ARRAY &&
	    message->via.array.size == members);
	return message->via.array.ptr;
}

/* Its strings are not ended: a copy is. */
static const char *
get_text(const msgpack_object *from, char text[256])
{
	TYPED(from->type == MSGPACK_OBJECT_STR && from->via.str.size < 256);
	memcpy(text, from->via.str.ptr, from->via.str.size);
	text[from->via.str.size] = '\0';
	return text;
}

static uint64_t
get_number(const msgpack_object *from)
{
	TYPED(from->type == MSGPACK_OBJECT_POSITIVE_INTEGER);
	return from->via.u64;
}

static double
get_real(const msgpack_object *from)
{
	TYPED(from->type == MSGPACK_OBJECT_FLOAT64);
	return from->via.f64;
}

static void
unpack_login(void)
{
	msgpack_object message;
	const msgpack_object *from = read_message(&message, 2);
	struct login login;

	login.user = get_text(&from[0], texts[0]);
	login.password = get_text(&from[1], texts[1]);
	typed_unpacked(TYPED_LOGIN, &login);
}

static void
unpack_move(void)
{
	msgpack_object message;
	const msgpack_object *from = read_message(&message, 5);
	struct move move;

	move.player = (uint32_t)get_number(&from[0]);
	move.x = get_real(&from[1]);
	move.y = get_real(&from[2]);
	TYPED(from[3].type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
	    from[3].type == MSGPACK_OBJECT_POSITIVE_INTEGER);
	move.heading = (int16_t)from[3].via.i64;
	move.flags = (uint8_t)get_number(&from[4]);
	typed_unpacked(TYPED_MOVE, &move);
}

static void
unpack_inventory(void)
{
	msgpack_object message;
	const msgpack_object *from = read_message(&message, 2), *slot;
	struct inventory inventory;
	uint32_t i, n;

	TYPED(from[1].type == MSGPACK_OBJECT_ARRAY);
	slot = from[1].via.array.ptr;
	n = from[1].via.array.size;
	TYPED(n <= TYPED_SLOTS);
	for (i = 0; i < n; i++, slot++) {
		const msgpack_object *member = slot->via.array.ptr;

		TYPED(slot->type == MSGPACK_OBJECT_ARRAY &&
		    slot->via.array.size == 3);
		slots[i].item = (uint32_t)get_number(&member[0]);
		slots[i].count = (uint16_t)get_number(&member[1]);
		slots[i].wear = get_real(&member[2]);
	}
	inventory.player = get_number(&from[0]);
	inventory.slots.at = slots;
	inventory.slots.len = n;
	typed_unpacked(TYPED_INVENTORY, &inventory);
}

const struct typed_lib typed_msgpack = {
	"msgpack-c",
	{ pack_login, pack_move, pack_inventory },
	{ unpack_login, unpack_move, unpack_inventory },
};
