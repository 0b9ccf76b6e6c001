/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/slow.h - a reader that does not read, for test_slow*.c.
 *
 * It has a small buffer and says hello, so that its endpoint is known; the
 * test's thread sends it numbered messages.  "+filter" subscribes it.
 */
#ifndef FLOW_SLOW_H
#define FLOW_SLOW_H

#include "flow.h"

#include <sched.h>
#include <string.h>

#include "flow_client.h"

#define LEN 1000u  /* [bytes] of a message */
#define DROPS 200u /* that a policy makes before the reader reads */
#define ROOM "outbox_high=40000&sndbuf=8k"

/* Under flow_lock(). */
static weft_endpoint reader;
static unsigned nreaders;
static unsigned ndrained;
static unsigned nclosed;
static enum weft_reason reason;

static inline void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char filter[64];

	if (msg.len > 0 && msg.len < sizeof(filter) &&
	    *(const char *)msg.data == '+') {
		memcpy(filter, msg.data, msg.len);
		filter[msg.len] = '\0';
		ck_assert_int_eq(
		    weft_subscribe(call, from, filter + 1), WEFT_OK);
	}
	flow_lock();
	reader = from;
	nreaders++;
	flow_notify();
	flow_unlock();
}

static inline void
on_drained(struct weft_call *call, weft_endpoint to)
{
	(void)call;
	flow_lock();
	ck_assert_uint_eq(to.id, reader.id);
	ndrained++;
	flow_notify();
	flow_unlock();
}

static inline void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	reason = why;
	nclosed++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin sink = WEFT_PLUGIN_INIT(.name = "sink",
    .message = on_message, .closed = on_closed, .drained = on_drained);

/* A reader that does not read. */
static inline struct flow_client *
reader_new(struct flow *flow, const char *says)
{
	struct flow_client *client;

	flow_lock();
	nreaders = ndrained = nclosed = 0;
	flow_unlock();
	client = flow_client_new_small(&flow->bound[0]);
	flow_say(client, says);
	FLOW_WAIT(nreaders == 1, "the reader to be known");
	return client;
}

#define NO_KEY UINT64_MAX

/* Number n to the reader, or to a topic.  The I/O thread may be behind. */
static inline void
send_to(struct flow *flow, const char *topic, uint32_t n, uint64_t key)
{
	uint8_t frame[FLOW_HEAD_MAX + LEN];
	struct weft_bytes msg;
	int rv;

	msg.data = frame + flow_number_frame(frame, LEN, n) - LEN;
	msg.len = LEN;
	for (;;) {
		if (topic == NULL && key == NO_KEY)
			rv = weft_node_send(flow->node, reader, msg);
		else if (topic == NULL)
			rv =
			    weft_node_send_keyed(flow->node, reader, key, msg);
		else if (key == NO_KEY)
			rv = weft_node_publish(flow->node, topic, msg);
		else
			rv = weft_node_publish_keyed(
			    flow->node, topic, key, msg);
		if (rv != WEFT_EFULL)
			break;
		(void)sched_yield();
	}
	ck_assert_int_eq(rv, WEFT_OK);
}

static inline void
send_number(struct flow *flow, uint32_t n, uint64_t key)
{
	send_to(flow, NULL, n, key);
}

/* Numbers from first on, until a counter has grown to least; returns the first
 * that was not sent. */
static inline uint32_t
send_until(
    struct flow *flow, uint32_t first, enum weft_counter which, uint64_t least)
{
	while (weft_node_counter(flow->node, which) < least)
		send_number(flow, first++, NO_KEY);
	return first;
}

static inline uint32_t
recv_number(struct flow_client *client)
{
	uint8_t body[LEN];

	ck_assert_uint_eq(flow_recv(client, body, LEN), LEN);
	return flow_number_check(body, LEN);
}

/* All that was asked for so far has been queued or dropped. */
static inline void
wait_collected(struct flow *flow, uint64_t sent)
{
	flow_wait_count(flow, WEFT_COUNTER_messages_out, sent);
}

/* Until something waits that its socket does not take; returns the first
 * number that was not sent. */
static inline uint32_t
fill(struct flow *flow)
{
	struct weft_endpoint_info info = { .queued_bytes = 0 };
	uint32_t sent = 0;

	while (info.queued_bytes < 20 * LEN) {
		send_number(flow, sent++, NO_KEY);
		wait_collected(flow, sent);
		ck_assert_int_eq(
		    weft_endpoint_info(flow->node, reader, &info), WEFT_OK);
	}
	return sent;
}

#endif
