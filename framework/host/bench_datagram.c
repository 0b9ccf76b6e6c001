/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/bench_datagram.c - one connection of weft bench over udp.
 *
 * Messages tell their number, so a reply says by itself which one it answers:
 * those before it that were not answered are lost.  When nothing comes for
 * WI_BENCH_PATIENCE, all that is out is lost, and new ones are sent.
 *
 * thread: main.
 */
#include "host/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"

#define DATAGRAMS 32u /* in one call */
#define WHY_MAX 200

static void
datagram_wait(struct wi_bench *b, struct wi_bench_conn *c, int full)
{
	if (full == c->writing)
		return;
	c->writing = full;
	if (wi_bench_conn_watch(b, c, EPOLL_CTL_MOD,
		full ? EPOLLIN | EPOLLOUT : EPOLLIN) != WEFT_OK)
		wi_bench_conn_give_up(
		    b, c, &b->figures.closed, "cannot be watched");
}

void
wi_bench_datagram_flush(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now)
{
	size_t size = b->message.size;
	struct mmsghdr headers[DATAGRAMS];
	struct iovec iov[DATAGRAMS];
	uint64_t limit = c->made;
	unsigned n, i;
	int sent = 1;

	if (b->options.depth != 0 && limit > c->acked + b->options.depth)
		limit = c->acked + b->options.depth;
	while (c->sent < limit && sent > 0) {
		n = limit - c->sent < DATAGRAMS ? (unsigned)(limit - c->sent) :
						  DATAGRAMS;
		if (n > b->out_frames)
			n = (unsigned)b->out_frames;
		memset(headers, 0, n * sizeof(headers[0]));
		for (i = 0; i < n; i++) {
			wi_bench_message_put(&b->message, b->out + i * size,
			    c->number, c->sent + i);
			iov[i] = (struct iovec){ b->out + i * size, size };
			headers[i].msg_hdr.msg_iov = &iov[i];
			headers[i].msg_hdr.msg_iovlen = 1;
		}
		sent = sendmmsg(c->fd, headers, n, MSG_NOSIGNAL);
		if (sent > 0) {
			wi_bench_conn_sent(b, c, (size_t)sent * size, now);
			c->moved = now;
		}
	}
	/* ECONNREFUSED tells of an earlier one: that is lost, no more. */
	datagram_wait(b, c, sent < 0 && errno == EAGAIN);
}

/* One reply.  1: it is not what it should be. */
static int
datagram_take(struct wi_bench *b, struct wi_bench_conn *c, const uint8_t *data,
    size_t len, uint64_t now, char *why)
{
	uint64_t seq = wi_bench_message_seq(data, len);

	if (len == b->message.size && seq < c->acked)
		return 0; /* was counted as lost: late */
	if (seq >= c->sent ||
	    !wi_bench_message_is(&b->message, data, len, c->number, seq)) {
		wi_bench_message_blame(
		    &b->message, why, WHY_MAX, data, len, c->number, c->acked);
		return 1;
	}
	if (seq > c->acked)
		wi_bench_conn_lost(b, c, seq - c->acked);
	c->acked++;
	wi_bench_conn_answered(b, c, now);
	return 0;
}

void
wi_bench_datagram_read(struct wi_bench *b, struct wi_bench_conn *c)
{
	size_t place = b->message.size + 1; /* one more: too long shows */
	struct mmsghdr headers[DATAGRAMS];
	struct iovec iov[DATAGRAMS];
	unsigned max, i;
	char why[WHY_MAX];
	uint64_t now;
	int n;

	max = b->in_size / place < DATAGRAMS ? (unsigned)(b->in_size / place) :
					       DATAGRAMS;
	memset(headers, 0, max * sizeof(headers[0]));
	for (i = 0; i < max; i++) {
		iov[i] = (struct iovec){ b->in + i * place, place };
		headers[i].msg_hdr.msg_iov = &iov[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(c->fd, headers, max, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return; /* EAGAIN; ECONNREFUSED, which the patience tells */
	now = wi_clock_ns();
	c->moved = now;
	for (i = 0; (int)i < n; i++)
		if (datagram_take(
			b, c, iov[i].iov_base, headers[i].msg_len, now, why)) {
			wi_bench_conn_give_up(b, c, &b->figures.wrong, why);
			return;
		}
	if (!c->writing)
		wi_bench_datagram_flush(b, c, now);
}

void
wi_bench_datagram_stalled(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now)
{
	uint64_t out = c->sent - c->acked;

	if (c->state != WI_BENCH_CONN_OPEN || out == 0 ||
	    now < c->moved + WI_BENCH_PATIENCE)
		return;
	wi_bench_conn_lost(b, c, out);
	if (b->options.rate == 0 && b->phase < WI_BENCH_DRAINING)
		wi_bench_conn_start(b, c, now);
	else if (!c->writing)
		wi_bench_datagram_flush(b, c, now);
}
