/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/receive - events for programs that ask for them.
 *
 * thread: one of the program's own.  Takes events from handoff/pull, one a
 * call, as work/dispatch would give them to a handler; sleeps in one place, by
 * the dance of handoff/wake.h, which it leaves in the middle when it answers
 * -EAGAIN: the program may then poll the same descriptor.
 */
#include "work/receive.h"

#include <errno.h>
#include <limits.h>

#include <weft/node.h>

#include "base/clock.h"
#include "base/thread_role.h"
#include "handoff/hub.h"
#include "handoff/pull.h"
#include "plugin/plugin.h"
#include "work/node_hub.h"
#include "work/worker.h"

#define RECEIVE_MS 1000000u /* [ns] */

/* No handler: it only says whose the endpoint is. */
static const struct weft_plugin receive_api = WEFT_PLUGIN_INIT(.name = "pull");

const struct wi_plugin wi_pull_plugin = { .api = &receive_api };

struct wi_plugin *
wi_receive_plugin(void)
{
	/* Nobody writes to a plugin that is not in the registry. */
	return (struct wi_plugin *)(uintptr_t)&wi_pull_plugin;
}

bool
wi_receive_is_worker(const struct wi_hub *hub)
{
	return wi_worker_current != NULL && wi_worker_current->hub == hub;
}

/* When to give up; UINT64_MAX: never. */
static uint64_t
receive_due(int timeout_ms)
{
	if (timeout_ms < 0)
		return UINT64_MAX;
	if (timeout_ms == 0)
		return 0;
	return wi_clock_ns() + (uint64_t)timeout_ms * RECEIVE_MS;
}

/* [ms] until then, for poll(2): never less than there is left. */
static int
receive_left_ms(uint64_t due)
{
	uint64_t now, left;

	if (due == UINT64_MAX)
		return -1;
	if (due == 0)
		return 0;
	now = wi_clock_ns();
	left = due > now ? (due - now + RECEIVE_MS - 1) / RECEIVE_MS : 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Nothing was found: until something may have come.  false: not in time. */
static bool
receive_sleep(struct wi_pull *pull, uint64_t due)
{
	if (wi_fd_bed_lie_down(&pull->bed) &&
	    (wi_pull_waits(pull) || wi_pull_ended(pull))) {
		(void)wi_wake_fd(&pull->bed);
		return true;
	}
	return wi_fd_bed_sleep(&pull->bed, receive_left_ms(due));
}

static int
receive_next(struct wi_hub *hub, uint64_t due, struct weft_event *event)
{
	struct wi_pull *pull = &hub->pull;

	for (;;) {
		if (wi_pull_ended(pull))
			return WEFT_ESTATE;
		if (wi_pull_next(hub, event))
			return WEFT_OK;
		if (!receive_sleep(pull, due))
			return -EAGAIN;
	}
}

int
weft_node_receive(
    struct weft_node *node, int timeout_ms, struct weft_event *event)
{
	struct wi_hub *hub = wi_node_hub(node);
	int rv;

	if (!wi_role_is_none() || !wi_pull_claim(&hub->pull))
		return WEFT_ESTATE;
	rv = receive_next(hub, receive_due(timeout_ms), event);
	wi_pull_let_go(&hub->pull);
	return rv;
}

int
weft_node_receive_fd(struct weft_node *node)
{
	return wi_node_hub(node)->pull.bed.fd;
}

int
wi_receive_end(struct wi_hub *hub)
{
	struct wi_pull *pull = &hub->pull;

	if (!wi_pull_claim(pull))
		return WEFT_ESTATE;
	while (!wi_pull_ended(pull)) {
		wi_pull_drop(hub);
		(void)receive_sleep(pull, UINT64_MAX);
	}
	wi_pull_forget(hub);
	wi_pull_let_go(pull);
	return WEFT_OK;
}
