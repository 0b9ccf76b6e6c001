/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_receive_stress.c - weft_node_receive(): no wake-up is
 * lost, no event either, whichever way a program waits.
 *
 * Clients send a numbered message and wait for its echo, so the receiver finds
 * nothing again and again, at every instant that the scheduler can make of it;
 * a wake-up that is lost stays lost, since nobody else comes by, and the
 * watchdog sees it.  A flood finds what depends on load instead: marks, pauses
 * and turns of strands.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <weft/weft.h>

#include "stress.h"

#define MAX_CLIENTS 8u
#define LEN 16u /* [bytes] of a message; its number comes first */
#define FRAME (LEN + 1)
#define BURST 64u /* messages of a flood in one write */

struct client {
	uint32_t number;
	uint64_t nmessages;
	uint64_t received; /* atomic: echoes */
};

static struct client clients[MAX_CLIENTS];
static uint32_t nclients;
static struct weft_node *node;
static struct weft_bound bound;
static uint64_t nfetched; /* atomic: events */
static uint64_t nclosed;
static uint64_t next_number[MAX_CLIENTS]; /* the receiver's */
static int (*fetch)(struct weft_event *event);

static uint64_t
progress(void)
{
	uint64_t sum = __atomic_load_n(&nfetched, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < nclients; i++)
		sum += __atomic_load_n(&clients[i].received, __ATOMIC_RELAXED);
	return sum;
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu events fetched; ",
	    (unsigned long long)__atomic_load_n(&nfetched, __ATOMIC_RELAXED));
	for (uint32_t i = 0; i < nclients; i++)
		fprintf(out, "client %u: expected %llu echoes, found %llu; ",
		    i, (unsigned long long)clients[i].nmessages,
		    (unsigned long long)__atomic_load_n(
			&clients[i].received, __ATOMIC_RELAXED));
	fputc('\n', out);
}

/* ---- the ways to wait */

static int
fetch_blocking(struct weft_event *event)
{
	return weft_node_receive(node, -1, event);
}

/* What a main loop does: all there is, then its own poll, without a time. */
static int
fetch_polling(struct weft_event *event)
{
	struct pollfd pollfd = { .fd = weft_node_receive_fd(node),
		.events = POLLIN };
	int rv;

	while ((rv = weft_node_receive(node, 0, event)) == -EAGAIN)
		stress_expect(
		    poll(&pollfd, 1, -1) == 1 || errno == EINTR, "poll");
	return rv;
}

/* A poll before each event, as level-triggered loops do. */
static int
fetch_one_a_poll(struct weft_event *event)
{
	struct pollfd pollfd = { .fd = weft_node_receive_fd(node),
		.events = POLLIN };
	int rv;

	do {
		stress_expect(
		    poll(&pollfd, 1, -1) == 1 || errno == EINTR, "poll");
		rv = weft_node_receive(node, 0, event);
	} while (rv == -EAGAIN);
	return rv;
}

/* A time that is over just when the next may come. */
static int
fetch_in_time(struct weft_event *event)
{
	static uint32_t random = 1;
	int rv;

	do
		rv = weft_node_receive(
		    node, (int)(stress_random(&random) % 3), event);
	while (rv == -EAGAIN);
	return rv;
}

/* ---- the threads */

static void
receive_message(const struct weft_event *event)
{
	uint32_t number;
	uint64_t at;
	int rv;

	stress_expect(event->msg.len == LEN, "%zu bytes", event->msg.len);
	memcpy(&number, event->msg.data, sizeof(number));
	memcpy(&at, (const char *)event->msg.data + 8, sizeof(at));
	stress_expect(number < nclients, "client %u", number);
	stress_expect(at == next_number[number], "%llu of client %u",
	    (unsigned long long)at, number);
	next_number[number]++;
	/* A client that reads what it is sent is never above the mark for
	 * long; it reads on its own. */
	do
		rv = weft_node_send(node, event->endpoint, event->msg);
	while (rv == WEFT_EFULL && sched_yield() == 0);
	stress_expect(rv == WEFT_OK, "%s", weft_errname(rv));
}

static void
receiver_main(void *arg)
{
	struct weft_event event;
	int rv;

	(void)arg;
	while ((rv = fetch(&event)) == WEFT_OK) {
		__atomic_fetch_add(&nfetched, 1, __ATOMIC_RELAXED);
		if (event.kind == WEFT_EVENT_MESSAGE)
			receive_message(&event);
		else if (event.kind == WEFT_EVENT_CLOSED &&
		    ++nclosed == nclients)
			weft_node_stop(node);
	}
	stress_expect(rv == WEFT_ESTATE, "%s", weft_errname(rv));
}

static int
client_connect(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons((uint16_t)atoi(strrchr(bound.url, ':') + 1));
	stress_expect(fd >= 0 &&
		connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0 &&
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ==
		    0,
	    "%s: %s", bound.url, strerror(errno));
	return fd;
}

static void
client_send(int fd, struct client *client, uint64_t first, uint32_t count)
{
	uint8_t frames[FRAME * BURST];
	uint32_t i;

	memset(frames, 0, sizeof(frames));
	for (i = 0; i < count; i++) {
		uint64_t at = first + i;

		frames[FRAME * i] = LEN;
		memcpy(&frames[FRAME * i + 1], &client->number, 4);
		memcpy(&frames[FRAME * i + 9], &at, 8);
	}
	stress_expect(send(fd, frames, FRAME * count, MSG_NOSIGNAL) ==
		(ssize_t)(FRAME * count),
	    "send: %s", strerror(errno));
}

static void
client_recv(int fd, struct client *client, uint64_t first, uint32_t count)
{
	uint8_t frames[FRAME * BURST];
	uint64_t at;
	uint32_t i;

	stress_expect(recv(fd, frames, FRAME * count, MSG_WAITALL) ==
		(ssize_t)(FRAME * count),
	    "recv: %s", strerror(errno));
	for (i = 0; i < count; i++) {
		memcpy(&at, &frames[FRAME * i + 9], sizeof(at));
		stress_expect(frames[FRAME * i] == LEN && at == first + i,
		    "echo %llu", (unsigned long long)at);
	}
	__atomic_store_n(&client->received, first + count, __ATOMIC_RELAXED);
}

/* One message, its echo, and so on. */
static void
ping_main(void *arg)
{
	struct client *client = arg;
	int fd = client_connect();
	uint32_t random = client->number + 1;

	for (uint64_t i = 0; i < client->nmessages; i++) {
		stress_spin(stress_random(&random) % 2048);
		client_send(fd, client, i, 1);
		client_recv(fd, client, i, 1);
	}
	close(fd);
}

/* Two bursts on their way at a time. */
static void
flood_main(void *arg)
{
	struct client *client = arg;
	int fd = client_connect();
	uint64_t i;

	client_send(fd, client, 0, BURST);
	for (i = BURST; i < client->nmessages; i += BURST) {
		client_send(fd, client, i, BURST);
		client_recv(fd, client, i - BURST, BURST);
	}
	client_recv(fd, client, i - BURST, BURST);
	close(fd);
}

static void
try_receive(int (*how)(struct weft_event *event), uint32_t n,
    uint64_t nmessages, void (*client_main)(void *arg))
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	struct weft_error err;

	options.workers = 1;
	options.mailbox_high_messages = 100;
	fetch = how;
	nclients = n;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_listen(node, "tcp+varint://127.0.0.1:0",
			     WEFT_PULL, &bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	for (uint32_t i = 0; i < n; i++)
		clients[i] = (struct client){ .number = i,
			.nmessages = nmessages / BURST * BURST };
	stress_watch_start(&watch);
	stress_team_add(&team, receiver_main, NULL);
	for (uint32_t i = 0; i < n; i++)
		stress_team_add(&team, client_main, &clients[i]);
	stress_team_run(&team);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	stress_watch_end(&watch);
	ck_assert_uint_eq(weft_node_counter(node, WEFT_COUNTER_messages_run),
	    n * clients[0].nmessages);
	ck_assert_uint_eq(
	    weft_node_counter(node, WEFT_COUNTER_messages_dropped), 0);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}

START_TEST(no_wake_up_is_lost_on_who_waits_in_receive)
{
	try_receive(fetch_blocking, 1, stress_many(50000), ping_main);
}
END_TEST

START_TEST(no_wake_up_is_lost_on_who_polls)
{
	try_receive(fetch_polling, 1, stress_many(50000), ping_main);
}
END_TEST

START_TEST(no_wake_up_is_lost_on_who_polls_for_each_event)
{
	try_receive(fetch_one_a_poll, 2, stress_many(25000), ping_main);
}
END_TEST

START_TEST(no_wake_up_is_lost_on_who_waits_a_while)
{
	try_receive(fetch_in_time, 3, stress_many(15000), ping_main);
}
END_TEST

START_TEST(no_event_is_lost_in_a_flood)
{
	try_receive(fetch_blocking, 4, stress_many(250000), flood_main);
}
END_TEST

START_TEST(no_event_is_lost_in_a_flood_on_who_polls)
{
	try_receive(fetch_polling, 7, stress_many(50000), flood_main);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		no_wake_up_is_lost_on_who_waits_in_receive,
		no_wake_up_is_lost_on_who_polls,
		no_wake_up_is_lost_on_who_polls_for_each_event,
		no_wake_up_is_lost_on_who_waits_a_while,
		no_event_is_lost_in_a_flood,
		no_event_is_lost_in_a_flood_on_who_polls,
	};

	return stress_main("receive_stress", tests, CHECK_COUNT(tests));
}
