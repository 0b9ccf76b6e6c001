/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_typed_stuck.c - a handler that does not return is told of
 * with the type of what it was given.
 */
#include "flow.h"

#include <string.h>

#include "../unit/some_types.h"
#include "flow_client.h"
#include "flow_values.h"

static bool held = true; /* under flow_lock() */

static void
hold(struct weft_call *call, weft_endpoint from, const struct point *point)
{
	(void)call;
	(void)from;
	(void)point;
	FLOW_HOLD(!held);
}

START_TEST(who_is_stuck_is_told_with_the_type)
{
	static const struct weft_on on[] = { WEFT_ON(point, hold),
		WEFT_ON_END };
	static const struct weft_plugin slow =
	    WEFT_PLUGIN_INIT(.name = "slow", .receives = on);
	const struct point point = { 1, 2 };
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.stuck_after_ms = 30;
	flow_start(flow, "tcp+tpl://127.0.0.1:0", &slow);
	client = flow_client_new(&flow->bound[0]);
	flow_write_value(client, &point_type, &point);
	ck_assert_ptr_nonnull(strstr(flow_wait_log(flow, "WORK-STUCK")->text,
	    ", 37 bytes of type point"));
	flow_lock();
	held = false;
	flow_notify();
	flow_unlock();
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("typed_stuck", who_is_stuck_is_told_with_the_type)
