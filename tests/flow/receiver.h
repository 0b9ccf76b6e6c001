/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/receiver.h - what the tests of weft_node_receive() share: events
 * with a deadline.
 */
#ifndef TESTS_RECEIVER_H
#define TESTS_RECEIVER_H

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "flow.h"

/* receiver_next() - there must be one. */
static inline struct weft_event
receiver_next(struct weft_node *node)
{
	struct weft_event event;
	int rv = weft_node_receive(node, FLOW_DEADLINE_MS, &event);

	ck_assert_msg(rv == WEFT_OK, "expected an event, found %s",
	    rv == -EAGAIN ? "none" : weft_errname(rv));
	return event;
}

/* receiver_expect() - the next must be of that kind; MESSAGE: text. */
static inline struct weft_event
receiver_expect(
    struct weft_node *node, enum weft_event_kind kind, const char *text)
{
	struct weft_event event = receiver_next(node);

	ck_assert_int_eq(event.kind, kind);
	if (text != NULL) {
		ck_assert_uint_eq(event.msg.len, strlen(text));
		ck_assert_mem_eq(event.msg.data, text, event.msg.len);
	}
	return event;
}

/* receiver_rest() - up to WEFT_ESTATE; returns how many CLOSED there were. */
static inline unsigned
receiver_rest(struct weft_node *node)
{
	struct weft_event event;
	unsigned nclosed = 0;
	int rv;

	while ((rv = weft_node_receive(node, FLOW_DEADLINE_MS, &event)) ==
	    WEFT_OK)
		nclosed += event.kind == WEFT_EVENT_CLOSED;
	ck_assert_msg(rv == WEFT_ESTATE, "expected the end, found %s",
	    rv == -EAGAIN ? "nothing more" : weft_errname(rv));
	return nclosed;
}

/* receiver_readable() - does poll(2) say so within that time? */
static inline bool
receiver_readable(struct weft_node *node, int timeout_ms)
{
	struct pollfd pollfd = { .fd = weft_node_receive_fd(node),
		.events = POLLIN };
	int rv;

	ck_assert_int_ge(pollfd.fd, 0);
	do
		rv = poll(&pollfd, 1, timeout_ms);
	while (rv < 0 && errno == EINTR);
	ck_assert_int_ge(rv, 0);
	return rv == 1;
}

/* receiver_stop() - stop, fetch up to the end, join, free all.  nclosed: so
 * many endpoints are to close meanwhile. */
static inline void
receiver_stop(struct flow **flowp, unsigned nclosed)
{
	weft_node_stop((*flowp)->node);
	ck_assert_uint_eq(receiver_rest((*flowp)->node), nclosed);
	flow_finish(*flowp);
	ck_assert_uint_eq((*flowp)->counters[WEFT_COUNTER_endpoints_now], 0);
	flow_free(flowp);
}

#endif
