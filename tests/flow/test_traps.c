/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_traps.c - three traps that message-io 0.19 has, and that
 * must not be here:
 *
 *   framed TCP without NODELAY, with the prefix in a write of its own, stalls
 *   40 ms a message;
 *   a peer that does not read makes send spin, and the server stand still;
 *   a malformed length mutes the connection while it buffers without limit.
 */
#include "flow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_client.h"
#include "witness.h"

#define REQUESTS 1000u
#define STALLED_MS 30000u /* 1000 stalls of 40 ms are more */
#define LEN 10000u        /* [bytes] of a message */
#define OUTBOX 100000u    /* [bytes] */
#define MIB (1u << 20)
#define FDS 256 /* descriptors looked at */

/* ---- stalls */

/* How many sockets of this process have that port as their own (or, remote,
 * as their peer's) and are connected; all of them must have NODELAY. */
static unsigned
expect_no_delay(uint16_t port, bool remote)
{
	struct sockaddr_in own, peer;
	socklen_t own_len, peer_len, size;
	unsigned n = 0;
	int fd, on;

	for (fd = 0; fd < FDS; fd++) {
		own_len = sizeof(own);
		peer_len = sizeof(peer);
		if (getsockname(fd, (struct sockaddr *)&own, &own_len) < 0 ||
		    getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0 ||
		    own.sin_family != AF_INET ||
		    ntohs(remote ? peer.sin_port : own.sin_port) != port)
			continue;
		size = sizeof(on);
		ck_assert_int_eq(
		    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
		ck_assert_int_ne(on, 0);
		n++;
	}
	return n;
}

static uint16_t
port_of(const struct weft_bound *bound)
{
	return (uint16_t)atoi(strrchr(bound->url, ':') + 1);
}

/* The client's prefix and payload are two segments each time. */
START_TEST(a_thousand_requests_do_not_stall)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint64_t began;
	unsigned i;

	flow_start(flow, FLOW_VARINT, &flow_echo);
	client = flow_client_new(&flow->bound[0]);
	flow_say(client, "here");
	flow_hear(client, "here");
	ck_assert_uint_eq(expect_no_delay(port_of(&flow->bound[0]), false), 1);
	/* It counts when the write has returned: we may know before. */
	flow_wait_count(flow, WEFT_COUNTER_writes, 1);
	began = flow_now_ms();
	for (i = 0; i < REQUESTS; i++) {
		flow_write(client, "\7", 1);
		flow_write(client, "request", 7);
		flow_hear(client, "request");
	}
	ck_assert_uint_lt(flow_now_ms() - began, STALLED_MS);
	/* Each reply left in one write, with its prefix. */
	flow_wait_count(flow, WEFT_COUNTER_bytes_out, 5 + 8 * REQUESTS);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_writes), 1 + REQUESTS);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_bytes_out), 5 + 8 * REQUESTS);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* The other way round: what we connect to asks, and a thread of ours. */
START_TEST(a_thousand_requests_of_ours_do_not_stall)
{
	struct flow *flow = flow_new();
	struct weft_error err;
	weft_endpoint to;
	uint64_t began, writes;
	unsigned i;

	flow_add(flow, FLOW_VARINT, &flow_echo);
	flow_start(flow, FLOW_VARINT, &witness_only);
	ck_assert_int_eq(weft_node_connect(flow->node, flow->bound[0].url,
			     "witness", &to, &err),
	    WEFT_OK);
	(void)witness_wait('o', to.id, 1);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, 2);
	ck_assert_uint_eq(expect_no_delay(port_of(&flow->bound[0]), true), 1);
	ck_assert_uint_eq(expect_no_delay(port_of(&flow->bound[0]), false), 1);
	writes = flow_count(flow, WEFT_COUNTER_writes);
	ck_assert_uint_eq(writes, 0);
	began = flow_now_ms();
	for (i = 1; i <= REQUESTS; i++) {
		ck_assert_int_eq(weft_node_send(flow->node, to,
				     (struct weft_bytes){ "request", 7 }),
		    WEFT_OK);
		(void)witness_wait('m', to.id, i);
	}
	ck_assert_uint_lt(flow_now_ms() - began, STALLED_MS);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_writes) - writes, 2 * REQUESTS);
	flow_end(&flow);
}
END_TEST

/* ---- a peer that does not read */

static unsigned nfull, ngone; /* under flow_lock() */

static void
push(struct weft_call *call, weft_endpoint to)
{
	static const uint8_t body[LEN];
	int rv;

	while ((rv = weft_send(call, to, (struct weft_bytes){ body, LEN })) ==
	    WEFT_OK)
		continue;
	ck_assert_int_eq(rv, WEFT_EFULL);
	flow_lock();
	nfull++;
	flow_notify();
	flow_unlock();
}

/* "push" is answered with as much as goes, all else with itself. */
static void
push_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 4 && memcmp(msg.data, "push", 4) == 0)
		push(call, from);
	else
		ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static void
push_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	(void)why;
	flow_lock();
	ngone++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin pusher = WEFT_PLUGIN_INIT(.name = "pusher",
    .message = push_message, .closed = push_closed, .drained = push);

/* Until the kernel takes no more: then no drained() comes any more. */
static void
wait_stuck(void)
{
	unsigned seen;
	uint64_t began;

	do {
		flow_lock();
		seen = nfull;
		flow_unlock();
		began = flow_now_ms();
		FLOW_WAIT(
		    nfull != seen || flow_now_ms() - began > FLOW_WINDOW_MS,
		    "a window to pass");
	} while (nfull != seen);
}

START_TEST(a_peer_that_does_not_read_holds_nobody_up)
{
	struct flow *flow = flow_new();
	struct flow_client *deaf, *good;
	size_t heap;
	uint64_t began, cpu, full, out;
	unsigned i;

	flow->options.outbox_high_bytes = OUTBOX;
	flow_start(flow, FLOW_VARINT, &pusher);
	deaf = flow_client_new_small(&flow->bound[0]);
	good = flow_client_new(&flow->bound[0]);
	flow_say(good, "hello");
	flow_hear(good, "hello");
	heap = flow_heap();
	flow_say(deaf, "push");
	FLOW_WAIT(nfull > 0, "WEFT_EFULL");
	wait_stuck();
	ck_assert_uint_ge(flow_count(flow, WEFT_COUNTER_sends_full), 1);
	full = flow_count(flow, WEFT_COUNTER_sends_full);
	out = flow_count(flow, WEFT_COUNTER_messages_out);
	/* Nothing spins for it ... */
	began = flow_now_ms();
	cpu = flow_cpu_ms();
	FLOW_WAIT(
	    flow_now_ms() - began >= 2 * FLOW_WINDOW_MS, "a window to pass");
	ck_assert_uint_lt(flow_cpu_ms() - cpu, FLOW_WINDOW_MS);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), full);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_out), out);
	/* ... others are served, and memory stays within the bound. */
	for (i = 0; i < REQUESTS; i++) {
		flow_say(good, "hello");
		flow_hear(good, "hello");
	}
	ck_assert_uint_lt(flow_heap(), heap + OUTBOX + 2 * MIB);
	ck_assert_uint_eq(ngone, 0);
	flow_client_free(&deaf);
	FLOW_WAIT(ngone == 1, "its end");
	flow_client_free(&good);
	flow_end(&flow);
}
END_TEST

/* ---- a malformed length */

static void
try_length(const void *bytes, size_t len, enum weft_reason why, int code,
    enum weft_counter counter)
{
	static const uint8_t junk[65536];
	struct flow *flow = flow_new();
	struct flow_client *bad, *good;
	unsigned before = witness_count('c', 0), i;
	const struct witness_entry *closed;
	size_t heap;

	flow_start(flow, FLOW_VARINT, &witness_echo);
	bad = flow_client_new(&flow->bound[0]);
	good = flow_client_new(&flow->bound[0]);
	flow_say(good, "hello");
	flow_hear(good, "hello");
	flow_say(bad, "hello");
	flow_hear(bad, "hello");
	heap = flow_heap();
	flow_write(bad, bytes, len);
	/* It goes on: until it is told, and longer. */
	for (i = 0; i < 1000; i++)
		if (!flow_try_write(bad, junk, sizeof(junk)))
			break;
	closed = witness_wait('c', 0, before + 1);
	ck_assert_int_eq(closed->why, why);
	ck_assert_int_eq(closed->code, code);
	ck_assert_uint_eq(flow_count(flow, counter), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_in), 2);
	ck_assert_uint_lt(flow_count(flow, WEFT_COUNTER_bytes_in), MIB);
	ck_assert_uint_lt(flow_heap(), heap + MIB);
	(void)flow_read_end(bad);
	flow_say(good, "hello");
	flow_hear(good, "hello");
	flow_client_free(&bad);
	flow_client_free(&good);
	flow_end(&flow);
}

START_TEST(a_malformed_length_closes_at_once)
{
	/* Eleven bytes, and a length that is longer than it need be. */
	try_length("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11,
	    WEFT_REASON_MALFORMED, WEFT_EMALFORMED,
	    WEFT_COUNTER_closed_malformed);
	try_length("\x85\x00", 2, WEFT_REASON_MALFORMED, WEFT_EMALFORMED,
	    WEFT_COUNTER_closed_malformed);
}
END_TEST

START_TEST(a_huge_length_closes_at_once)
{
	uint8_t head[FLOW_HEAD_MAX];

	try_length(head, flow_head(head, UINT64_C(1) << 40),
	    WEFT_REASON_TOOBIG, WEFT_ETOOBIG, WEFT_COUNTER_closed_toobig);
}
END_TEST

FLOW_MAIN("traps", a_thousand_requests_do_not_stall,
    a_thousand_requests_of_ours_do_not_stall,
    a_peer_that_does_not_read_holds_nobody_up,
    a_malformed_length_closes_at_once, a_huge_length_closes_at_once)
