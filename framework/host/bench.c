/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/bench.c - weft bench: connect, warm up, measure, drain.
 *
 * One thread and one epoll set.  The clock is read once per wake-up here and
 * once per read in bench_conn.c; phases change between wake-ups only.
 *
 * thread: main.
 */
#include "host/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/fail.h"
#include "host/usage.h"

#define EVENTS 256           /* taken per wake-up */
#define CONNECTING_MAX 128   /* at a time: a listener's backlog is short */
#define IO_SIZE (256u << 10) /* [bytes] read or written by one call */
#define SPARE_DESCRIPTORS 16 /* besides the connections */
#define TICK                                                                  \
	UINT64_C(20000) /* [ns] open loop: least sleep, so that a high
				 rate is sent in groups and not one by one */

static int bench_setup(struct wi_bench *b, struct weft_error *err);
static int bench_run(struct wi_bench *b, struct weft_error *err);
static void bench_free(struct wi_bench *b);

/* Which phase may follow which: only forward. */
static void
bench_to(struct wi_bench *b, enum wi_bench_phase phase)
{
	wi_assert(phase > b->phase);
	b->phase = phase;
}

/* Datagrams are lost now and then; one in a hundred is no accident.  With a
 * deadline the server may leave any unanswered. */
static uint64_t
bench_may_lose(const struct wi_bench *b)
{
	if (b->options.deadline != 0)
		return UINT64_MAX;
	return b->client.datagram ? b->figures.replies / 100 : 0;
}

int
wi_bench_main(int argc, char **argv)
{
	struct wi_bench *b = calloc(1, sizeof(*b));
	struct weft_error err;
	int rc, status;

	if (b == NULL) {
		wi_complain(WI_BENCH_NAME, "no memory");
		return WI_EXIT_FAILURE;
	}
	b->epoll_fd = b->signal_fd = -1;
	wi_bench_options(&b->options, argc, argv);
	rc = bench_setup(b, &err);
	if (rc == WEFT_OK)
		rc = bench_run(b, &err);
	if (rc == WEFT_OK)
		wi_bench_report(b);
	else
		wi_complain(WI_BENCH_NAME, "%s", err.text);
	if (rc == WEFT_EURL || rc == -EINVAL)
		status = WI_EXIT_USAGE;
	else if (rc != WEFT_OK || b->figures.wrong != 0 ||
	    b->figures.closed != 0 || b->figures.lost > bench_may_lose(b))
		status = WI_EXIT_FAILURE;
	else
		status = WI_EXIT_OK;
	bench_free(b);
	return status;
}

/* ---- set up */

static int
bench_check_options(struct wi_bench *b, struct weft_error *err)
{
	const struct wi_bench_options *o = &b->options;

	if (b->client.raw && o->size == 0)
		return wi_fail(err, -EINVAL,
		    "--size: expected 1 or more for a"
		    " byte stream (%s), found 0",
		    o->url);
	if (b->client.raw && o->deadline != 0)
		return wi_fail(err, -EINVAL,
		    "--deadline: expected a codec with messages, found a byte "
		    "stream (%s)",
		    o->url);
	if (b->client.unconnected)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a server, found a group", o->url);
	if (b->client.datagram &&
	    (o->size < WI_BENCH_LOSABLE_MIN || o->size > 65507))
		return wi_fail(err, -EINVAL,
		    "--size: expected %u to 65507 bytes for datagrams (%s), "
		    "found %" PRIu64,
		    WI_BENCH_LOSABLE_MIN, o->url, o->size);
	if (o->sources != 0 && !wi_client_is_loopback(&b->client))
		return wi_fail(err, -EINVAL,
		    "--sources: expected a server on"
		    " 127.x.y.z, found %s",
		    o->url);
	return WEFT_OK;
}

static int
bench_setup_descriptors(struct wi_bench *b, struct weft_error *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	sigset_t signals;
	int rc;

	rc = wi_client_raise_nofile(
	    b->options.connections + SPARE_DESCRIPTORS, err);
	if (rc != WEFT_OK)
		return rc;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	b->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	event.data.ptr = NULL; /* a connection has its own address */
	if (b->epoll_fd < 0 || b->signal_fd < 0 ||
	    epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, b->signal_fd, &event) != 0)
		return wi_fail(
		    err, -errno, "cannot set up epoll: %s", strerror(errno));
	return WEFT_OK;
}

static int
bench_setup_memory(struct wi_bench *b, struct weft_error *err)
{
	const struct wi_bench_options *o = &b->options;
	uint64_t i;
	int rc;

	rc = wi_bench_message_init(
	    &b->message, b->client.codec, (size_t)o->size, err);
	if (rc != WEFT_OK)
		return rc;
	b->out_frames = IO_SIZE / b->message.frame;
	if (b->out_frames == 0)
		b->out_frames = 1;
	b->out_size = b->out_frames * b->message.frame;
	b->in_size = IO_SIZE;
	b->stamp_mask = 1;
	while (b->stamp_mask < o->depth)
		b->stamp_mask *= 2;
	b->stamp_mask--;
	b->in = malloc(b->in_size);
	b->out = malloc(b->out_size);
	b->conns = calloc((size_t)o->connections, sizeof(*b->conns));
	if (b->in == NULL || b->out == NULL || b->conns == NULL)
		return wi_fail(err, -ENOMEM,
		    "no memory for %" PRIu64 " connections", o->connections);
	for (i = 0; i < o->connections; i++) {
		b->conns[i].number = (uint32_t)i;
		b->conns[i].fd = -1;
	}
	return WEFT_OK;
}

static int
bench_setup(struct wi_bench *b, struct weft_error *err)
{
	int rc;

	wi_histogram_init(&b->figures.latency);
	wi_histogram_init(&b->figures.late);
	b->measure_from = b->measure_to = UINT64_MAX;
	rc = wi_client_resolve(
	    &b->client, b->options.url, b->options.idle != 0, err);
	if (rc == WEFT_OK)
		rc = bench_check_options(b, err);
	if (rc == WEFT_OK)
		rc = bench_setup_descriptors(b, err);
	if (rc == WEFT_OK)
		rc = bench_setup_memory(b, err);
	/* Sleeps are as short as an open loop asks, not 50 us longer. */
	if (rc == WEFT_OK && b->options.rate != 0)
		prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
	return rc;
}

/* ---- connecting */

static int
bench_open_more(struct wi_bench *b, struct weft_error *err)
{
	int rc;

	while (b->opening < b->options.connections &&
	    b->opening - b->open < CONNECTING_MAX) {
		rc = wi_bench_conn_open(b, &b->conns[b->opening], err);
		if (rc != WEFT_OK)
			return rc;
		b->opening++;
	}
	return WEFT_OK;
}

/* All are connected: the load begins. */
static void
bench_start(struct wi_bench *b, uint64_t now)
{
	uint64_t i;

	b->started = now;
	b->measure_from = now + b->options.warmup;
	b->measure_to = b->measure_from + b->options.duration;
	bench_to(b, WI_BENCH_WARMING);
	if (b->options.idle && !b->options.json) {
		printf("holding %" PRIu64 " connections\n", b->open);
		fflush(stdout);
	}
	if (b->options.idle || b->options.rate != 0)
		return;
	for (i = 0; i < b->options.connections; i++)
		wi_bench_conn_start(b, &b->conns[i], wi_clock_ns());
}

static int
bench_connecting(struct wi_bench *b, uint64_t now, struct weft_error *err)
{
	int rc;

	if (b->interrupted != 0)
		return wi_fail(err, -EINTR,
		    "%s: interrupted, with %" PRIu64 " of %" PRIu64
		    " connected",
		    b->options.url, b->open, b->options.connections);
	rc = bench_open_more(b, err);
	if (rc != WEFT_OK)
		return rc;
	if (b->figures.closed != 0 || b->figures.wrong != 0)
		return wi_fail(err, -ECONNRESET,
		    "%s: expected %" PRIu64
		    " connections, one ended before all were connected",
		    b->options.url, b->options.connections);
	if (b->open == b->options.connections)
		bench_start(b, now);
	else if (now >= b->deadline)
		return wi_fail(err, -ETIMEDOUT,
		    "%s: only %" PRIu64 " of %" PRIu64
		    " connected within %.3g s",
		    b->options.url, b->open, b->options.connections,
		    (double)b->options.timeout / 1e9);
	return WEFT_OK;
}

/* ---- the open loop's timetable */

uint64_t
wi_bench_due_at(const struct wi_bench *b, uint32_t number, uint64_t seq)
{
	uint64_t place = seq * b->options.connections + number;

	return b->started + (uint64_t)((double)place * 1e9 / b->options.rate);
}

/* How many messages, over all connections, are due until a time. */
static uint64_t
bench_due_until(const struct wi_bench *b, uint64_t now)
{
	double past;

	if (now >= b->measure_to)
		now = b->measure_to;
	past = (double)(now - b->started) * b->options.rate / 1e9;
	return (uint64_t)floor(past) + 1;
}

/* Messages go round the connections: those from due to the new due. */
static void
bench_make_due(struct wi_bench *b, uint64_t now)
{
	uint64_t all = b->options.connections;
	uint64_t until = bench_due_until(b, now);
	uint64_t n = until > b->due ? until - b->due : 0, i, which;

	if (n > all)
		n = all;
	for (i = 0; i < n; i++) {
		which = (b->due + i) % all;
		wi_bench_conn_due(
		    b, &b->conns[which], (until - which + all - 1) / all, now);
	}
	if (until > b->due)
		b->due = until;
}

/* ---- phases */

static double
bench_cpu(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void
bench_end_measure(struct wi_bench *b, uint64_t now)
{
	if (now < b->measure_to)
		b->measure_to = now; /* ended early */
	b->figures.elapsed = b->measure_to - b->measure_from;
	b->figures.cpu = bench_cpu() - b->figures.cpu;
	b->deadline = now +
	    (b->options.deadline != 0 ? b->options.deadline :
					b->options.timeout);
	bench_to(b, WI_BENCH_DRAINING);
}

/* What is still out when nobody waits any longer is lost. */
static void
bench_end_drain(struct wi_bench *b)
{
	if (b->outstanding != 0 && b->options.deadline == 0)
		wi_complain(WI_BENCH_NAME,
		    "%s: %" PRIu64 " messages were not"
		    " answered within %.3g s",
		    b->options.url, b->outstanding,
		    (double)b->options.timeout / 1e9);
	b->figures.lost += b->outstanding;
	bench_to(b, WI_BENCH_OVER);
}

/* Datagrams may be lost: look for connections that wait in vain. */
static void
bench_look(struct wi_bench *b, uint64_t now)
{
	uint64_t i;

	if (!b->client.datagram || now < b->look_at)
		return;
	for (i = 0; i < b->options.connections; i++)
		wi_bench_datagram_stalled(b, &b->conns[i], now);
	b->look_at = now + WI_BENCH_PATIENCE / 2;
}

static void
bench_phase(struct wi_bench *b, uint64_t now)
{
	int nobody;

	bench_look(b, now);

	if (b->phase < WI_BENCH_DRAINING && b->options.rate != 0)
		bench_make_due(b, now);
	nobody = b->open == 0; /* all were given up */
	if (b->phase == WI_BENCH_WARMING &&
	    (now >= b->measure_from || b->interrupted || nobody)) {
		if (now < b->measure_from)
			b->measure_from = now;
		b->figures.cpu = bench_cpu();
		bench_to(b, WI_BENCH_MEASURING);
	}
	if (b->phase == WI_BENCH_MEASURING &&
	    (now >= b->measure_to || b->interrupted || nobody))
		bench_end_measure(b, now);
	if (b->phase == WI_BENCH_DRAINING &&
	    (b->outstanding == 0 || now >= b->deadline || b->interrupted > 1))
		bench_end_drain(b);
}

/* ---- the loop */

/* When something is to be done although nothing happens. */
static uint64_t
bench_wake_at(const struct wi_bench *b, uint64_t now)
{
	uint64_t at, due;

	at = b->phase == WI_BENCH_WARMING  ? b->measure_from :
	    b->phase == WI_BENCH_MEASURING ? b->measure_to :
					     b->deadline;
	if (b->client.datagram && b->phase != WI_BENCH_CONNECTING &&
	    b->look_at < at)
		at = b->look_at;
	if (b->phase == WI_BENCH_CONNECTING || b->phase == WI_BENCH_DRAINING)
		return at;
	if (b->options.rate == 0)
		return at;
	due = b->started + (uint64_t)((double)b->due * 1e9 / b->options.rate);
	if (due < now + TICK)
		due = now + TICK;
	return due < at ? due : at;
}

/* Sleep to the nanosecond where the kernel can (Linux 5.11), else to the
 * millisecond. */
static int
bench_wait(const struct wi_bench *b, struct epoll_event *events, uint64_t now)
{
	uint64_t at = bench_wake_at(b, now);
	uint64_t ns = at > now ? at - now : 0, ms;
#ifdef SYS_epoll_pwait2
	struct {
		int64_t sec, nsec;
	} timeout;
	int n;

	timeout.sec = (int64_t)(ns / 1000000000u);
	timeout.nsec = (int64_t)(ns % 1000000000u);
	n = (int)syscall(SYS_epoll_pwait2, b->epoll_fd, events, EVENTS,
	    &timeout, NULL, (size_t)0);
	if (n >= 0 || errno != ENOSYS)
		return n;
#endif
	ms = (ns + 999999) / 1000000;
	return epoll_wait(
	    b->epoll_fd, events, EVENTS, ms < 60000 ? (int)ms : 60000);
}

static int
bench_on_event(struct wi_bench *b, const struct epoll_event *event,
    struct weft_error *err)
{
	struct wi_bench_conn *c = event->data.ptr;
	struct signalfd_siginfo info;

	if (c == NULL) {
		if (read(b->signal_fd, &info, sizeof(info)) == sizeof(info))
			b->interrupted++;
		return WEFT_OK;
	}
	if (c->state == WI_BENCH_CONN_CONNECTING)
		return wi_bench_conn_ready(b, c, err);
	wi_bench_conn_on_event(b, c, event->events);
	return WEFT_OK;
}

static int
bench_run(struct wi_bench *b, struct weft_error *err)
{
	struct epoll_event events[EVENTS];
	uint64_t now = wi_clock_ns();
	int rc = WEFT_OK, n, i;

	b->deadline = now + b->options.timeout;
	while (rc == WEFT_OK && b->phase != WI_BENCH_OVER) {
		if (b->phase == WI_BENCH_CONNECTING)
			rc = bench_connecting(b, now, err);
		else
			bench_phase(b, now);
		if (rc != WEFT_OK || b->phase == WI_BENCH_OVER)
			break;
		n = bench_wait(b, events, now);
		if (n < 0 && errno != EINTR)
			rc = wi_fail(err, -errno, "cannot wait for events: %s",
			    strerror(errno));
		for (i = 0; i < n && rc == WEFT_OK; i++)
			rc = bench_on_event(b, &events[i], err);
		now = wi_clock_ns();
	}
	return rc;
}

static void
bench_free(struct wi_bench *b)
{
	uint64_t i;

	for (i = 0; b->conns != NULL && i < b->opening; i++)
		wi_bench_conn_close(b, &b->conns[i]);
	if (b->epoll_fd >= 0)
		close(b->epoll_fd);
	if (b->signal_fd >= 0)
		close(b->signal_fd);
	wi_bench_message_fini(&b->message);
	wi_client_fini(&b->client);
	free(b->conns);
	free(b->in);
	free(b->out);
	free(b);
}
