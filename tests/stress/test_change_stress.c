/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_change_stress.c - the options of a node change all the
 * time while connections keep it busy: no message is lost, doubled or out of
 * order, nobody waits for ever for a mark of before, and no connection ends.
 *
 * Clients of the first kind send WINDOW numbered messages, read their replies,
 * and now and then come back by another connection; those of the second read
 * what a handler sends whenever it is told that there is room again.  Two
 * threads change the options meanwhile, so that orders for the I/O thread
 * overtake each other.
 *
 *   WEFT_CHANGES=N   how many changes, of each of the two (default 400)
 */
#include <weft/limits.h>

#include "../flow/flow.h"
#include "../flow/flow_client.h"
#include "stress.h"

#define NTHREADS 2u
#define NEACH 4u /* connections of a thread */
#define WINDOW 16u
#define LEN 64u
#define TURNS 50u /* of one connection */
#define NCHANGERS 2u
#define PIECE 2000u

static struct flow *flow;
static uint64_t nreplies; /* atomic */
static uint32_t stop;     /* atomic */
static uint64_t nchanges;

static uint64_t
progress(void)
{
	return __atomic_load_n(&nreplies, __ATOMIC_RELAXED);
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu replies\n", (unsigned long long)progress());
}

static bool
over(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED) != 0;
}

static void
heard(uint64_t n)
{
	(void)__atomic_fetch_add(&nreplies, n, __ATOMIC_RELAXED);
}

/* ---- who changes them */

static uint32_t
one_of(uint32_t *random, uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t which = stress_random(random) % 3;

	return which == 0 ? a : which == 1 ? b : c;
}

/* Marks that pause a lot, and times that are over for nobody. */
static void
other_options(struct weft_options *options, uint32_t *random)
{
	options->mailbox_high_messages = one_of(random, 1, 5, 0);
	options->mailbox_high_bytes = one_of(random, 10, 3000, 0);
	options->outbox_high_messages = one_of(random, 70, 500, 0);
	options->outbox_high_bytes = one_of(random, 8000, 90000, 0);
	options->outbox_pause_bytes = one_of(random, 100, 5000, 0);
	options->idle_ms = one_of(random, 3600000, 3700000, 0);
	options->partial_ms = one_of(random, 3600000, 3700000, 0);
	options->outbox_age_ms = one_of(random, 3600000, 3700000, 0);
	options->deadline_ms = one_of(random, 3600000, 3700000, 0);
	options->queue_target_ms = one_of(random, 1, 1000, 0);
	options->queue_interval_ms = one_of(random, 1, 1000, 0);
	options->max_endpoints_per_ip = one_of(random, 100, 1000, 0);
	options->max_endpoints = one_of(random, 100, 1000, 0);
	options->max_strands = one_of(random, 100, 1000, 0);
	options->max_message = one_of(random, 4000, 9000, 0);
	options->max_workers = one_of(random, 2, 3, 0);
	options->block_after_ms = one_of(random, 1, 2, 0);
	options->spare_ms = one_of(random, 1, 2, 0);
	options->stuck_after_ms = one_of(random, 3600000, 3700000, 0);
	options->linger_ms = one_of(random, 3600000, 3700000, 0);
	options->max_requests = one_of(random, 1, 2, 0);
	options->max_signals = one_of(random, 1, 2, 0);
	options->max_subscriptions = one_of(random, 1, 2, 0);
	options->max_handshakes = one_of(random, 1, 2, 0);
	options->publish_high_bytes = one_of(random, 1, 2, 0);
	options->malformed = one_of(random, 1, 2, 0);
}

static void *
change(void *arg)
{
	uint32_t random = (uint32_t)(uintptr_t)arg;
	struct weft_options options = flow->options, found;
	struct weft_error err;
	uint64_t i, before;
	int rv;

	for (i = 0; i < nchanges; i++) {
		other_options(&options, &random);
		rv = weft_node_limits(flow->node, &options, &err);
		ck_assert_msg(rv == WEFT_OK, "%s", err.text);
		found.size = sizeof(found);
		weft_node_options(flow->node, &found);
		ck_assert_uint_eq(found.workers, options.workers);
		before = progress();
		while (i % 4 == 0 && progress() == before)
			(void)sched_yield();
	}
	return NULL;
}

static void
change_all(void)
{
	pthread_t threads[NCHANGERS];
	uintptr_t i;

	nchanges = stress_setting("WEFT_CHANGES", stress_many(400));
	for (i = 0; i < NCHANGERS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, change, (void *)(i + 1)),
		    0);
	for (i = 0; i < NCHANGERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
}

/* ---- who is answered */

static void *
ask(void *arg)
{
	struct flow_client *clients[NEACH];
	unsigned i, turn;

	(void)arg;
	while (!over()) {
		for (i = 0; i < NEACH; i++)
			clients[i] = flow_client_new(&flow->bound[0]);
		for (turn = 0; turn < TURNS; turn++) {
			for (i = 0; i < NEACH; i++)
				flow_number_send(
				    clients[i], LEN, turn * WINDOW, WINDOW);
			for (i = 0; i < NEACH; i++)
				flow_number_recv(
				    clients[i], LEN, turn * WINDOW, WINDOW);
			heard((uint64_t)NEACH * WINDOW);
		}
		for (i = 0; i < NEACH; i++)
			flow_client_free(&clients[i]);
	}
	return NULL;
}

START_TEST(no_message_is_lost_doubled_or_reordered)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	pthread_t threads[NTHREADS];
	unsigned i;

	flow = flow_new();
	flow_start(flow, FLOW_VARINT, &flow_echo);
	stress_watch_start(&watch);
	for (i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, ask, NULL), 0);
	change_all();
	for (i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	stress_watch_end(&watch);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed,
	    flow_count(flow, WEFT_COUNTER_endpoints_opened));
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_dropped), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_late), 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_gone), 0);
	flow_end(&flow);
}
END_TEST

/* ---- who is sent to */

/* As many as there is room for: the number of the next one is the endpoint's
 * user. */
static void
pour(struct weft_call *call, weft_endpoint to)
{
	uintptr_t next = (uintptr_t)weft_call_user(call);
	uint8_t frame[FLOW_HEAD_MAX + PIECE];
	size_t head;

	do {
		head = flow_number_frame(frame, PIECE, (uint32_t)next) - PIECE;
		next++;
	} while (weft_send(call, to,
		     (struct weft_bytes){ frame + head, PIECE }) == WEFT_OK);
	weft_call_set_user(call, (void *)(next - 1));
}

static const struct weft_plugin pourer =
    WEFT_PLUGIN_INIT(.name = "pourer", .opened = pour, .drained = pour);

static void *
drink(void *arg)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	uint32_t i;

	(void)arg;
	for (i = 0; !over(); i++) {
		flow_number_recv(client, PIECE, i, 1);
		heard(1);
	}
	flow_client_reset(&client);
	return NULL;
}

START_TEST(who_waits_for_room_is_told_when_there_is)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	pthread_t threads[NTHREADS];
	unsigned i;

	flow = flow_new();
	flow_start(flow, "tcp+varint://127.0.0.1:0?sndbuf=8k", &pourer);
	stress_watch_start(&watch);
	for (i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, drink, NULL), 0);
	change_all();
	for (i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	stress_watch_end(&watch);
	flow_end(&flow);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { no_message_is_lost_doubled_or_reordered,
		who_waits_for_room_is_told_when_there_is };

	return stress_main("change stress", tests, CHECK_COUNT(tests));
}
