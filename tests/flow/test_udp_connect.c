/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_udp_connect.c - datagram connections of ours, and many peers
 * at once.
 */
#include "flow.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "udp_client.h"
#include "witness.h"

#define UDP "udp://127.0.0.1:0"

static uint8_t bytes[UDP_LONGEST + 1];

/* Site 0 echoes; the connections are the witness's. */
static struct flow *
udp_node(void)
{
	struct flow *flow = flow_new();
	unsigned i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 41 + i / 256);
	flow_add(flow, UDP, &flow_echo);
	flow_start(flow, UDP, &witness_only);
	return flow;
}

static weft_endpoint
udp_connect(struct flow *flow, const char *url)
{
	struct weft_error err;
	weft_endpoint to;
	int rv = weft_node_connect(flow->node, url, "witness", &to, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	return to;
}

static int
udp_tell(struct flow *flow, weft_endpoint to, const void *data, size_t len)
{
	return weft_node_send(
	    flow->node, to, (struct weft_bytes){ data, len });
}

START_TEST(a_connection_opens_at_once_and_goes_both_ways)
{
	struct flow *flow = udp_node();
	weft_endpoint to = udp_connect(flow, flow->bound[0].url);
	struct weft_endpoint_info info;
	char order[16];

	(void)witness_wait('o', to.id, 1);
	ck_assert_int_eq(udp_tell(flow, to, "one", 3), WEFT_OK);
	ck_assert_str_eq(witness_wait('m', to.id, 1)->head, "one");
	ck_assert_int_eq(udp_tell(flow, to, "", 0), WEFT_OK);
	ck_assert_uint_eq(witness_wait('m', to.id, 2)->len, 0);
	ck_assert_int_eq(udp_tell(flow, to, bytes, UDP_LONGEST), WEFT_OK);
	ck_assert_uint_eq(witness_wait('m', to.id, 3)->len, UDP_LONGEST);
	ck_assert_int_eq(
	    udp_tell(flow, to, bytes, UDP_LONGEST + 1), WEFT_ETOOBIG);
	ck_assert_int_eq(weft_endpoint_info(flow->node, to, &info), WEFT_OK);
	ck_assert_str_eq(info.transport, "udp");
	ck_assert_str_eq(info.codec, "raw");
	ck_assert_ptr_nonnull(strstr(flow->bound[0].url, info.remote));
	ck_assert_uint_eq(info.bytes_in, UDP_LONGEST + 3);
	ck_assert_uint_eq(info.bytes_out, UDP_LONGEST + 3);
	flow_end(&flow);
	witness_order(to.id, order, sizeof(order));
	ck_assert_str_eq(order, "ommmc");
}
END_TEST

/* A socket that is connected elsewhere is nobody for all others, and its port
 * nobody else's. */
START_TEST(that_nobody_is_there_does_not_end_it)
{
	struct flow *flow = udp_node();
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	struct weft_endpoint_info info;
	int fd = udp_client(&flow->bound[1]);
	weft_endpoint to;
	char url[64];

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(
	    url, sizeof(url), "udp://127.0.0.1:%u", ntohs(in.sin_port));
	to = udp_connect(flow, url);
	while (flow_count(flow, WEFT_COUNTER_datagrams_failed) < 5)
		ck_assert_int_eq(udp_tell(flow, to, "hello?", 6), WEFT_OK);
	ck_assert_int_eq(weft_endpoint_info(flow->node, to, &info), WEFT_OK);
	ck_assert_int_eq(info.state, WEFT_ENDPOINT_OPEN);
	/* Now somebody is. */
	in.sin_port = htons((uint16_t)atoi(strrchr(info.local, ':') + 1));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, len), 0);
	FLOW_WAIT(weft_endpoint_info(flow->node, to, &info) == WEFT_OK &&
		info.queued_bytes == 0,
	    "what was sent to nobody to be gone");
	while (recv(fd, url, sizeof(url), MSG_DONTWAIT) > 0)
		continue;
	ck_assert_int_eq(udp_tell(flow, to, "you", 3), WEFT_OK);
	udp_hear(fd, "you");
	udp_say(fd, "me");
	ck_assert_str_eq(witness_wait('m', to.id, 1)->head, "me");
	ck_assert_uint_eq(witness_count('c', to.id), 0);
	close(fd);
	flow_end(&flow);
}
END_TEST

START_TEST(closing_it_lets_what_was_sent_leave_and_frees_its_socket)
{
	struct flow *flow = udp_node();
	int other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	char url[64];
	weft_endpoint to;
	unsigned files;

	ck_assert_int_eq(bind(other, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(other, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(
	    url, sizeof(url), "udp://127.0.0.1:%u", ntohs(in.sin_port));
	to = udp_connect(flow, flow->bound[0].url);
	ck_assert_int_eq(udp_tell(flow, to, "warm", 4), WEFT_OK);
	(void)witness_wait('m', to.id, 1);
	files = flow_descriptors();
	to = udp_connect(flow, url);
	ck_assert_int_eq(udp_tell(flow, to, "first", 5), WEFT_OK);
	ck_assert_int_eq(udp_tell(flow, to, "last", 4), WEFT_OK);
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	udp_hear(other, "first");
	udp_hear(other, "last");
	ck_assert_int_eq(witness_wait('c', to.id, 1)->why, WEFT_REASON_LOCAL);
	FLOW_WAIT(flow_descriptors() == files, "its socket to close");
	to = udp_connect(flow, url);
	(void)witness_wait('o', to.id, 1);
	ck_assert_int_eq(weft_node_abort(flow->node, to), WEFT_OK);
	ck_assert_int_eq(witness_wait('c', to.id, 1)->why, WEFT_REASON_ABORT);
	FLOW_WAIT(flow_descriptors() == files, "its socket to close");
	close(other);
	flow_end(&flow);
}
END_TEST

/* Its answers come from somebody else: an endpoint of its own. */
START_TEST(who_answers_a_broadcast_is_an_endpoint_of_the_same_plugin)
{
	struct flow *flow = flow_new();
	const struct witness_entry *answer;
	char url[80];
	weft_endpoint to;

	flow_add(flow, "udp://*:0", &flow_echo);
	flow_start(flow, UDP, &witness_only);
	(void)snprintf(url, sizeof(url),
	    "udp://127.255.255.255:%u?broadcast=yes",
	    udp_port(&flow->bound[0]));
	to = udp_connect(flow, url);
	ck_assert_int_eq(udp_tell(flow, to, "anybody", 7), WEFT_OK);
	answer = witness_wait('m', 0, 1);
	ck_assert_str_eq(answer->head, "anybody");
	ck_assert_uint_ne(answer->id, to.id);
	ck_assert_int_eq(
	    udp_tell(flow, (weft_endpoint){ answer->id }, "you", 3), WEFT_OK);
	ck_assert_str_eq(witness_wait('m', answer->id, 2)->head, "you");
	/* The socket is the connection's. */
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	ck_assert_int_eq(witness_wait('c', to.id, 1)->why, WEFT_REASON_LOCAL);
	ck_assert_int_eq(
	    witness_wait('c', answer->id, 1)->why, WEFT_REASON_UNLISTEN);
	flow_end(&flow);
}
END_TEST

/* ---- many at once */

enum {
	PEERS = 50,
	EACH = 2000,
	AHEAD = 2
};

struct talker {
	int fd;
	uint32_t sent;
	uint32_t heard;
};

/* Number and padding: sizes vary, so that segments come and go. */
static size_t
talk_fill(uint8_t *out, uint32_t number)
{
	memset(out, (int)number, 64);
	memcpy(out, &number, sizeof(number));
	return 8 + number / 7 % 40;
}

static void
talk_hear(struct talker *talker)
{
	uint8_t found[256], wanted[64];
	ssize_t n;

	while (
	    (n = recv(talker->fd, found, sizeof(found), MSG_DONTWAIT)) >= 0) {
		ck_assert_int_eq(
		    (int)n, (int)talk_fill(wanted, talker->heard));
		ck_assert_int_eq(memcmp(found, wanted, (size_t)n), 0);
		talker->heard++;
	}
	ck_assert_int_eq(errno, EAGAIN);
}

static bool
talk_say(struct talker *talker)
{
	uint8_t message[64];

	while (talker->sent < EACH && talker->sent < talker->heard + AHEAD) {
		udp_send(
		    talker->fd, message, talk_fill(message, talker->sent));
		talker->sent++;
	}
	return talker->heard < EACH;
}

/*
 * All together have no more on their way than fits, so none may be lost: 208
 * KiB, of which the kernel takes 768 bytes for the smallest datagram and may
 * hold a quarter for what was read already (udp_rmem_release() in udp.c).
 * With four each, one was lost in one of 150 runs.
 */
START_TEST(many_peers_get_everything_back_in_order)
{
	struct flow *flow = flow_new();
	struct talker talkers[PEERS] = { { 0 } };
	struct pollfd fds[PEERS];
	unsigned i, left = PEERS;

	flow_start(flow, "udp://127.0.0.1:0", &flow_echo);
	for (i = 0; i < PEERS; i++) {
		talkers[i].fd = udp_client(&flow->bound[0]);
		fds[i] =
		    (struct pollfd){ .fd = talkers[i].fd, .events = POLLIN };
	}
	while (left > 0) {
		for (left = 0, i = 0; i < PEERS; i++) {
			talk_hear(&talkers[i]);
			left += talk_say(&talkers[i]);
		}
		if (left > 0)
			ck_assert_int_gt(
			    poll(fds, PEERS, FLOW_DEADLINE_MS), 0);
	}
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_messages_in), PEERS * EACH);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_datagrams_dropped), 0);
	/* Several a call, both ways. */
	ck_assert_uint_lt(flow_count(flow, WEFT_COUNTER_reads), PEERS * EACH);
	ck_assert_uint_lt(flow_count(flow, WEFT_COUNTER_writes), PEERS * EACH);
	for (i = 0; i < PEERS; i++)
		close(talkers[i].fd);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("udp_connect", a_connection_opens_at_once_and_goes_both_ways,
    that_nobody_is_there_does_not_end_it,
    closing_it_lets_what_was_sent_leave_and_frees_its_socket,
    who_answers_a_broadcast_is_an_endpoint_of_the_same_plugin,
    many_peers_get_everything_back_in_order)
