/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/change.h - what the tests of weft_node_limits() share.
 */
#ifndef TESTS_CHANGE_H
#define TESTS_CHANGE_H

#include "flow_client.h"
#include "look_wait.h"

static inline void
expect_served(struct flow_client *client, const char *words)
{
	flow_say(client, words);
	flow_hear(client, words);
}

static inline void
change(struct flow *flow)
{
	struct weft_error err;
	int rv = weft_node_limits(flow->node, &flow->options, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
}

static inline struct weft_bounds
bounds_of(struct flow *flow, uint32_t index)
{
	struct weft_listener_info info;

	ck_assert_int_eq(
	    weft_node_listener_at(flow->node, index, &info), WEFT_OK);
	return info.bounds;
}

#endif
