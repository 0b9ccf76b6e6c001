/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_typed_row.c - values that one call sends one behind the
 * other: those that are packed where they leave from, and those between them
 * that cannot be, arrive whole and in order.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/some_types.h"
#include "flow_client.h"
#include "flow_values.h"

#define ROUNDS 60u
#define SLOTS 1200u /* of the largest: more than a block has room for */

static struct slot slots[70000];

static uint32_t
row_len(uint32_t round)
{
	return round % 7 == 6 ? SLOTS : round * 2;
}

/* move: packed in place; leaf: its fixed array is not; inventory: grows beyond
 * what is free of the block; the last is longer than a message may be. */
static void
send_row(struct weft_call *call, weft_endpoint from, const struct move *move)
{
	struct leaf leaf = { .text = "leaf", .color = { 1, 2, 3 } };
	struct inventory inventory = { .slots = { slots, 0 } };
	struct move next = *move;
	uint32_t i;

	for (i = 0; i < ROUNDS; i++) {
		next.player = i;
		ck_assert_int_eq(move_send(call, from, &next), WEFT_OK);
		leaf.color[1] = (uint8_t)i;
		ck_assert_int_eq(leaf_send(call, from, &leaf), WEFT_OK);
		inventory.player = i;
		inventory.slots.len = row_len(i);
		ck_assert_int_eq(
		    inventory_send(call, from, &inventory), WEFT_OK);
		inventory.slots.len = sizeof(slots) / sizeof(slots[0]);
		ck_assert_int_eq(
		    inventory_send(call, from, &inventory), WEFT_ETOOBIG);
	}
}

static const struct weft_on receives[] = {
	WEFT_ON(move, send_row),
	WEFT_ON_END,
};

static const struct weft_plugin row =
    WEFT_PLUGIN_INIT(.name = "row", .receives = receives);

START_TEST(values_sent_in_a_row_arrive_in_a_row)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct move move = { .x = 1.5 };
	struct inventory inventory;
	struct leaf leaf;
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		slots[i].item = i;
	flow_start(flow, "tcp+tpl://127.0.0.1:0", &row);
	client = flow_client_new(&flow->bound[0]);
	flow_write_value(client, &move_type, &move);
	for (i = 0; i < ROUNDS; i++) {
		flow_read_value(client, &move_type, &move);
		ck_assert(move.player == i && move.x == 1.5);
		flow_read_value(client, &leaf_type, &leaf);
		ck_assert_str_eq(leaf.text, "leaf");
		ck_assert_uint_eq(leaf.color[1], i);
		flow_read_value(client, &inventory_type, &inventory);
		ck_assert_uint_eq(inventory.player, i);
		ck_assert_uint_eq(inventory.slots.len, row_len(i));
		if (i > 0)
			ck_assert_uint_eq(
			    inventory.slots.at[row_len(i) - 1].item,
			    row_len(i) - 1);
	}
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("typed_row", values_sent_in_a_row_arrive_in_a_row)
