/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/look_wait.h - waiting for what the I/O thread is asked for
 * (weft/admin.h).
 */
#ifndef TESTS_LOOK_WAIT_H
#define TESTS_LOOK_WAIT_H

#include <weft/admin.h>

#include "flow.h"

/* FLOW_WAIT() for what the I/O thread is asked for: without the lock, which
 * its log takes. */
#define LOOK_WAIT(condition, what)                                            \
	do {                                                                  \
		struct timespec due_ = flow_due(FLOW_DEADLINE_MS);            \
                                                                              \
		while (!(condition)) {                                        \
			flow_lock();                                          \
			flow_wait_more(&due_, FLOW_DEADLINE_MS, what);        \
			flow_unlock();                                        \
		}                                                             \
	} while (0)

/* look_start() - flow_start(), and the node answers. */
static inline void
look_start(
    struct flow *flow, const char *url, const struct weft_plugin *plugin)
{
	struct weft_listener_info info;

	flow_start(flow, url, plugin);
	LOOK_WAIT(weft_node_listener_at(flow->node, 0, &info) == WEFT_OK,
	    "the node to run");
}

#endif
