/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_order.c - handoff/order: an order is one chunk, whose bytes
 * it is, and keeps its place in the outbox.
 */
#include <string.h>

#include "check_main.h"
#include "handoff/order.h"
#include "handoff/outbox.h"
#include "handoff/wake.h"

static struct wi_order *
order_of(const struct wi_chunk *chunk)
{
	return (void *)(uintptr_t)chunk->bytes;
}

START_TEST(a_new_order_owns_nothing)
{
	struct wi_order *order = wi_order_new(WI_ORDER_CONNECT);

	ck_assert_ptr_nonnull(order);
	ck_assert_int_eq(order->kind, WI_ORDER_CONNECT);
	ck_assert_int_eq(order->fd, -1);
	ck_assert_uint_eq(order->id, 0);
	ck_assert_ptr_null(order->waiter);
	wi_order_drop(order); /* ASan sees if something is left */
}
END_TEST

START_TEST(orders_come_out_in_the_order_they_were_pushed)
{
	static struct wi_hub hub;
	struct wi_chunk *list, *next;
	uv_loop_t loop;
	uint64_t i;

	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(wi_io_door_init(&hub.io_door, &loop), 0);
	wi_outbox_init(&hub.outbox);
	for (i = 1; i <= 3; i++) {
		struct wi_order *order = wi_order_new(WI_ORDER_UNLISTEN);

		order->id = i;
		wi_order_push(&hub, order);
	}
	list = wi_outbox_take_chunks(&hub.outbox);
	for (i = 1; list != NULL; i++, list = next) {
		next = wi_outbox_next_list(list);
		ck_assert_int_eq(list->kind, WI_CHUNK_ORDER);
		ck_assert_ptr_null(list->next);
		ck_assert_uint_eq(order_of(list)->id, i);
		wi_order_drop(order_of(list));
	}
	ck_assert_uint_eq(i, 4);
	ck_assert(wi_outbox_empty(&hub.outbox));
	uv_close((uv_handle_t *)&hub.io_door.async, NULL);
	ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_new_order_owns_nothing,
		orders_come_out_in_the_order_they_were_pushed,
	};

	return check_main("order", tests, CHECK_COUNT(tests));
}
