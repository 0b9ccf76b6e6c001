/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/bench_conn.c - one connection: send, receive, check.
 *
 * A wake-up is one recv(), one look at the clock, one send().  Nothing is
 * kept of what was sent: a message follows from its number, so a partial write
 * is continued by making the rest again, and a reply is compared with what it
 * has to be.  Reads land in one buffer for all; only the beginning of a reply
 * that is not whole is copied to its connection.
 *
 * thread: main.
 */
#include "host/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/fail.h"
#include "host/usage.h"

#define TOLD_MAX 5 /* connections whose trouble is told; others are counted */
#define WHY_MAX 200

static void conn_flush(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now);
static void conn_read(struct wi_bench *b, struct wi_bench_conn *c);
static int conn_take_bytes(const struct wi_bench *b, struct wi_bench_conn *c,
    const uint8_t *data, size_t len, char *why);
static int conn_take_frames(struct wi_bench *b, struct wi_bench_conn *c,
    uint8_t *data, size_t len, char *why);

int
wi_bench_conn_open(
    struct wi_bench *b, struct wi_bench_conn *c, struct weft_error *err)
{
	uint64_t sources = b->options.sources;
	unsigned source = 0;
	int rc;

	if (sources != 0)
		source = (unsigned)(c->number % sources) + 1;
	rc = wi_client_connect(&b->client, source, &c->fd, err);
	if (rc != WEFT_OK)
		return rc;
	c->state = WI_BENCH_CONN_CONNECTING;
	rc = wi_bench_conn_watch(b, c, EPOLL_CTL_ADD, EPOLLOUT);
	if (rc != WEFT_OK)
		return wi_fail(err, rc,
		    "cannot watch connection %" PRIu32 ": %s", c->number,
		    strerror(-rc));
	return WEFT_OK;
}

int
wi_bench_conn_watch(const struct wi_bench *b, struct wi_bench_conn *c,
    int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = c };

	return epoll_ctl(b->epoll_fd, operation, c->fd, &event) == 0 ?
	    WEFT_OK :
	    -errno;
}

int
wi_bench_conn_ready(
    struct wi_bench *b, struct wi_bench_conn *c, struct weft_error *err)
{
	size_t state_size = b->client.codec->state_size;
	int rc;

	rc = wi_client_connected(&b->client, c->fd, err);
	if (rc != WEFT_OK)
		return rc;
	if (state_size != 0)
		c->codec_state = calloc(1, state_size);
	if (b->options.rate == 0 && !b->options.idle)
		c->stamps = calloc(b->stamp_mask + 1, sizeof(*c->stamps));
	if ((state_size != 0 && c->codec_state == NULL) ||
	    (b->options.rate == 0 && !b->options.idle && c->stamps == NULL))
		return wi_fail(err, -ENOMEM,
		    "no memory for connection %" PRIu32, c->number);
	rc = wi_client_greet(&b->client, c->fd, &c->tls, c->codec_state, err);
	if (rc != WEFT_OK)
		return rc;
	rc = wi_bench_conn_watch(b, c, EPOLL_CTL_MOD, EPOLLIN);
	if (rc != WEFT_OK)
		return wi_fail(err, rc,
		    "cannot watch connection %" PRIu32 ": %s", c->number,
		    strerror(-rc));
	c->state = WI_BENCH_CONN_OPEN;
	b->open++;
	return WEFT_OK;
}

void
wi_bench_conn_close(struct wi_bench *b, struct wi_bench_conn *c)
{
	if (c->state == WI_BENCH_CONN_OPEN) {
		b->open--;
		b->outstanding -= c->made - c->acked;
	}
	wi_client_tls_end(&c->tls);
	if (c->state == WI_BENCH_CONN_OPEN ||
	    c->state == WI_BENCH_CONN_CONNECTING)
		close(c->fd);
	c->state = WI_BENCH_CONN_CLOSED;
	free(c->part);
	free(c->stamps);
	free(c->codec_state);
	c->part = NULL;
	c->stamps = NULL;
	c->codec_state = NULL;
}

/* Give a connection up, after what cannot be continued. */
void
wi_bench_conn_give_up(struct wi_bench *b, struct wi_bench_conn *c,
    uint64_t *counter, const char *why)
{
	uint64_t told = b->figures.wrong + b->figures.closed;

	if (told < TOLD_MAX)
		wi_complain(WI_BENCH_NAME, "%s: connection %" PRIu32 ": %s",
		    b->options.url, c->number, why);
	else if (told == TOLD_MAX)
		wi_complain(WI_BENCH_NAME,
		    "%s: more such trouble, which is"
		    " only counted",
		    b->options.url);
	*counter += 1;
	wi_bench_conn_close(b, c);
}

static void
conn_broken(struct wi_bench *b, struct wi_bench_conn *c, const char *cause)
{
	char why[WHY_MAX];
	uint64_t lost = c->made - c->acked;

	snprintf(why, sizeof(why), "%s with %" PRIu64 " messages unanswered",
	    cause, lost);
	b->figures.lost += lost;
	wi_bench_conn_give_up(b, c, &b->figures.closed, why);
}

/* Messages below limit are due now (closed loop). */
static void
conn_make(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t limit, uint64_t now)
{
	b->outstanding += limit - c->made;
	while (c->made < limit)
		c->stamps[c->made++ & b->stamp_mask] = now;
}

void
wi_bench_conn_start(struct wi_bench *b, struct wi_bench_conn *c, uint64_t now)
{
	if (c->state != WI_BENCH_CONN_OPEN)
		return;
	conn_make(b, c, c->acked + b->options.depth, now);
	conn_flush(b, c, now);
}

void
wi_bench_conn_due(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t made, uint64_t now)
{
	if (c->state != WI_BENCH_CONN_OPEN || made <= c->made)
		return;
	b->outstanding += made - c->made;
	c->made = made;
	if (!c->writing)
		conn_flush(b, c, now);
}

/* So many bytes have left; how late each message was is an open loop's
 * measure of the generator and of TCP's push-back together. */
void
wi_bench_conn_sent(
    struct wi_bench *b, struct wi_bench_conn *c, size_t bytes, uint64_t now)
{
	size_t all = c->sent_part + bytes;
	uint64_t whole = all / b->message.frame;
	uint64_t due;

	c->sent_part = all % b->message.frame;
	if (b->options.rate == 0) {
		c->sent += whole;
		return;
	}
	for (; whole > 0; whole--, c->sent++) {
		due = wi_bench_due_at(b, c->number, c->sent);
		if (due >= b->measure_from && due < b->measure_to)
			wi_histogram_add(
			    &b->figures.late, now > due ? now - due : 0, 1);
	}
}

/* Send all that may go: in one call, unless it is more than the buffer. */
static void
conn_flush(struct wi_bench *b, struct wi_bench_conn *c, uint64_t now)
{
	const struct wi_bench_message *m = &b->message;
	uint64_t limit = c->made, seq, end;
	uint8_t *to;
	size_t len;
	ssize_t n;
	int partial = 0;

	if (b->client.datagram) {
		wi_bench_datagram_flush(b, c, now);
		return;
	}
	if (b->options.depth != 0 && limit > c->acked + b->options.depth)
		limit = c->acked + b->options.depth;
	while (c->sent < limit && !partial) {
		end = limit - c->sent > b->out_frames ?
		    c->sent + b->out_frames :
		    limit;
		to = b->out;
		for (seq = c->sent; seq < end; seq++, to += m->frame)
			wi_bench_message_put(m, to, c->number, seq);
		len = (size_t)(to - b->out) - c->sent_part;
		n = wi_client_send(c->fd, c->tls, b->out + c->sent_part, len);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			conn_broken(b, c, strerror(errno));
			return;
		}
		if (n > 0)
			wi_bench_conn_sent(b, c, (size_t)n, now);
		partial = n < 0 || (size_t)n < len;
	}
	if (partial == c->writing)
		return;
	c->writing = partial;
	if (wi_bench_conn_watch(b, c, EPOLL_CTL_MOD,
		partial ? EPOLLIN | EPOLLOUT : EPOLLIN) != WEFT_OK)
		conn_broken(b, c, "cannot be watched");
}

void
wi_bench_conn_on_event(
    struct wi_bench *b, struct wi_bench_conn *c, uint32_t events)
{
	/* An earlier event of the same wake-up may have closed it. */
	if (c->state != WI_BENCH_CONN_OPEN)
		return;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		conn_read(b, c);
	while (c->state == WI_BENCH_CONN_OPEN && wi_client_holds(c->tls))
		conn_read(b, c);
	if (c->state == WI_BENCH_CONN_OPEN && (events & EPOLLOUT))
		conn_flush(b, c, wi_clock_ns());
}

static void
conn_read(struct wi_bench *b, struct wi_bench_conn *c)
{
	uint64_t now;
	char why[WHY_MAX];
	ssize_t n;
	int wrong;

	if (b->client.datagram) {
		wi_bench_datagram_read(b, c);
		return;
	}
	n = wi_client_recv(c->fd, c->tls, b->in, b->in_size);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_broken(
		    b, c, n == 0 ? "closed by the peer" : strerror(errno));
		return;
	}
	now = wi_clock_ns();
	b->read_at = now;
	wrong = b->client.raw ? conn_take_bytes(b, c, b->in, (size_t)n, why) :
				conn_take_frames(b, c, b->in, (size_t)n, why);
	wi_bench_conn_answered(b, c, now);
	if (wrong)
		wi_bench_conn_give_up(b, c, &b->figures.wrong, why);
	else if (!c->writing)
		conn_flush(b, c, now);
}

/* A byte stream: the messages come back to back.  1 if they do not. */
static int
conn_take_bytes(const struct wi_bench *b, struct wi_bench_conn *c,
    const uint8_t *data, size_t len, char *why)
{
	const struct wi_bench_message *m = &b->message;
	uint64_t open =
	    (c->sent - c->acked) * m->size + c->sent_part - c->part_len;
	size_t n;

	if (len > open) {
		snprintf(why, WHY_MAX,
		    "expected at most %" PRIu64 " bytes after message %" PRIu64
		    ", found %zu",
		    open, c->acked, len);
		return 1;
	}
	while (len > 0) {
		n = m->size - c->part_len < len ? m->size - c->part_len : len;
		if (!wi_bench_message_part_is(
			m, data, c->part_len, n, c->number, c->acked)) {
			wi_bench_message_blame_part(m, why, WHY_MAX, data,
			    c->part_len, n, c->number, c->acked);
			return 1;
		}
		data += n;
		len -= n;
		c->part_len += n;
		if (c->part_len == m->size) {
			c->part_len = 0;
			c->acked++;
		}
	}
	return 0;
}

/* So many messages from acked on will not be answered any more. */
void
wi_bench_conn_lost(struct wi_bench *b, struct wi_bench_conn *c, uint64_t n)
{
	c->acked += n;
	c->counted = c->acked;
	b->outstanding -= n;
	b->figures.lost += n;
}

/* With a deadline: is it a later one?  Then those before it are lost. */
static int
conn_skip(struct wi_bench *b, struct wi_bench_conn *c, const uint8_t *data,
    size_t len)
{
	uint64_t seq = wi_bench_message_seq(data, len);

	if (b->options.deadline == 0 || seq <= c->acked || seq >= c->sent ||
	    !wi_bench_message_is(&b->message, data, len, c->number, seq))
		return 0;
	wi_bench_conn_answered(b, c, b->read_at);
	wi_bench_conn_lost(b, c, seq - c->acked);
	return 1;
}

/* Cut and check what is whole; *used bytes were.  1 if one is wrong. */
static int
conn_cut(struct wi_bench *b, struct wi_bench_conn *c, uint8_t *data,
    size_t len, size_t *used, char *why)
{
	const struct weft_codec *codec = b->client.codec;
	struct weft_cut cut;
	int rc;

	for (*used = 0; *used < len; *used += cut.used) {
		memset(&cut, 0, sizeof(cut));
		rc = codec->decode(c->codec_state, data + *used, len - *used,
		    b->message.size + b->message.inside, &cut);
		if (rc == WEFT_CUT_MORE)
			break;
		if (rc == WEFT_CUT_END)
			rc = cut.error < 0 ? cut.error : WEFT_ENOENDPOINT;
		if (rc < 0) {
			snprintf(why, WHY_MAX,
			    "message %" PRIu64 ": expected"
			    " %zu bytes in codec %s, found: %s",
			    c->acked, b->message.size, codec->name,
			    rc == WEFT_ETOOBIG ? "a longer reply" :
						 weft_strerror(rc));
			return 1;
		}
		wi_assert(cut.used > 0 || cut.answer_len > 0);
		if (rc == WEFT_CUT_SKIP)
			continue;
		wi_bench_message_cut(&b->message, &cut);
		if (c->acked == c->sent) {
			snprintf(why, WHY_MAX,
			    "expected nothing after %" PRIu64
			    " replies, found another",
			    c->acked);
			return 1;
		}
		if (!wi_bench_message_is(&b->message,
			data + *used + cut.offset, cut.len, c->number,
			c->acked) &&
		    !conn_skip(b, c, data + *used + cut.offset, cut.len)) {
			wi_bench_message_blame(&b->message, why, WHY_MAX,
			    data + *used + cut.offset, cut.len, c->number,
			    c->acked);
			return 1;
		}
		c->acked++;
	}
	return 0;
}

/* Keep the beginning of a reply.  1 if that is longer than a whole one. */
static int
conn_keep(const struct wi_bench *b, struct wi_bench_conn *c,
    const uint8_t *data, size_t len, char *why)
{
	if (c->part == NULL)
		c->part = malloc(b->message.frame);
	if (c->part == NULL || c->part_len + len > b->message.frame) {
		snprintf(why, WHY_MAX, "message %" PRIu64 ": %s", c->acked,
		    c->part == NULL ? "no memory for the reply" :
				      "the reply is longer than was sent");
		return 1;
	}
	memcpy(c->part + c->part_len, data, len);
	c->part_len += len;
	return 0;
}

/*
 * What was kept is filled up to one whole frame, never beyond: a right reply
 * uses it up, and the rest is cut where it lies.
 */
static int
conn_take_frames(struct wi_bench *b, struct wi_bench_conn *c, uint8_t *data,
    size_t len, char *why)
{
	size_t used, n;

	while (len > 0) {
		if (c->part_len == 0) {
			if (conn_cut(b, c, data, len, &used, why))
				return 1;
			return used == len ?
			    0 :
			    conn_keep(b, c, data + used, len - used, why);
		}
		n = b->message.frame - c->part_len;
		if (n == 0 || n > len)
			n = n == 0 ? 1 : len; /* 1: one too many, refused */
		if (conn_keep(b, c, data, n, why) ||
		    conn_cut(b, c, c->part, c->part_len, &used, why))
			return 1;
		c->part_len -= used;
		if (used != 0)
			memmove(c->part, c->part + used, c->part_len);
		data += n;
		len -= n;
	}
	return 0;
}

/* One that was due in the measured time, whenever its reply came. */
static void
conn_timed(struct wi_bench *b, uint64_t due, uint64_t now)
{
	uint64_t latency = now > due ? now - due : 0;

	if (due < b->measure_from || due >= b->measure_to)
		return;
	wi_histogram_add(&b->figures.latency, latency, 1);
	b->figures.in_time += latency <= b->options.deadline;
}

/* Replies counted .. acked are right: count them, time them, go on. */
void
wi_bench_conn_answered(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now)
{
	int in_time = now >= b->measure_from && now < b->measure_to;
	uint64_t before = c->counted, seq = before, run, due;

	c->counted = c->acked;

	if (in_time)
		b->figures.messages += c->acked - before;
	b->figures.replies += c->acked - before;
	b->outstanding -= c->acked - before;
	if (b->options.rate != 0) {
		for (; seq < c->acked; seq++)
			conn_timed(b, wi_bench_due_at(b, c->number, seq), now);
		return;
	}
	for (; in_time && seq < c->acked; seq += run) {
		due = c->stamps[seq & b->stamp_mask];
		for (run = 1; seq + run < c->acked &&
		     c->stamps[(seq + run) & b->stamp_mask] == due;)
			run++;
		wi_histogram_add(&b->figures.latency, now - due, run);
	}
	if (b->phase < WI_BENCH_DRAINING && c->acked != before)
		conn_make(b, c, c->acked + b->options.depth, now);
}
