/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_publish_stress.c - threads publish while those who have
 * subscribed come and go: what one publishes comes in order and without a gap,
 * unless it was counted as dropped, from the first message that a receiver
 * gets to its last.
 *
 * Server and clients are plugins of one node.  Each client closes its
 * connection after LIFE messages and opens another one; each server endpoint
 * subscribes in two ways and changes its mind about a third.
 */
#include <weft/weft.h>

#include "stress.h"

#define NPUBLISHERS 3u
#define NREADERS 12u
#define LIFE 300u

struct what {
	uint32_t publisher;
	uint32_t number;
};

struct reader {
	uint32_t nread;
	uint32_t next[NPUBLISHERS]; /* 0: none has come */
};

struct publisher {
	pthread_t thread;
	uint32_t number;
};

static struct weft_node *node;
static struct weft_bound bound;
static uint64_t nitems;               /* of each publisher */
static uint64_t nread, ngaps, nlives; /* atomic */
static uint64_t ndone;                /* atomic: publishers */

static uint64_t
progress(void)
{
	return __atomic_load_n(&nread, __ATOMIC_RELAXED);
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu read, %llu lives\n",
	    (unsigned long long)__atomic_load_n(&nread, __ATOMIC_RELAXED),
	    (unsigned long long)__atomic_load_n(&nlives, __ATOMIC_RELAXED));
}

static void
server_opened(struct weft_call *call, weft_endpoint from)
{
	ck_assert_int_eq(weft_subscribe(call, from, "p/#"), WEFT_OK);
	ck_assert_int_eq(weft_subscribe(call, from, "p/+"), WEFT_OK);
	ck_assert_int_eq(weft_subscribe(call, from, "p/0"), WEFT_OK);
	ck_assert_int_eq(weft_unsubscribe(call, from, "p/#"), WEFT_OK);
}

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "server", .opened = server_opened);

static void
reader_opened(struct weft_call *call, weft_endpoint from)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	(void)from;
	ck_assert_ptr_nonnull(reader);
	weft_call_set_user(call, reader);
}

static void
reader_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct reader *reader = weft_call_user(call);
	struct what what;
	uint32_t *next;

	ck_assert_uint_eq(msg.len, sizeof(what));
	memcpy(&what, msg.data, sizeof(what));
	next = &reader->next[what.publisher];
	ck_assert_uint_ge(what.number, *next);
	if (*next != 0 && what.number != *next)
		__atomic_fetch_add(
		    &ngaps, what.number - *next, __ATOMIC_RELAXED);
	*next = what.number + 1;
	__atomic_fetch_add(&nread, 1, __ATOMIC_RELAXED);
	if (++reader->nread == LIFE)
		(void)weft_close(call, from);
}

static void
reader_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct weft_error err;

	(void)from;
	(void)why;
	free(weft_call_user(call));
	__atomic_fetch_add(&nlives, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&ndone, __ATOMIC_RELAXED) < NPUBLISHERS)
		ck_assert_int_eq(
		    weft_connect(call, bound.url, &from, &err), WEFT_OK);
}

static const struct weft_plugin reader =
    WEFT_PLUGIN_INIT(.name = "reader", .opened = reader_opened,
	.message = reader_message, .closed = reader_closed);

static void *
publisher_main(void *arg)
{
	struct publisher *publisher = arg;
	struct what what = { .publisher = publisher->number };
	char topic[8];
	int rv;

	(void)snprintf(topic, sizeof(topic), "p/%u", publisher->number);
	/* 0 is what a reader's next begins with. */
	for (what.number = 1; what.number <= nitems;) {
		rv = weft_node_publish(node, topic,
		    (struct weft_bytes){
			(const uint8_t *)&what, sizeof(what) });
		if (rv == WEFT_OK) {
			what.number++;
		} else {
			ck_assert_int_eq(rv, WEFT_EFULL);
			(void)sched_yield();
		}
	}
	__atomic_fetch_add(&ndone, 1, __ATOMIC_RELAXED);
	return NULL;
}

START_TEST(each_receiver_sees_each_publisher_in_order)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct publisher publishers[NPUBLISHERS];
	struct weft_error err;
	weft_endpoint to;
	uint32_t i;

	nitems = stress_many(60000);
	options.workers = 2;
	options.publish_high_bytes = 10000;
	options.outbox_high_bytes = 1u << 20;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &server, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &reader, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_listen(node, "tcp+varint://127.0.0.1:0",
			     "server", &bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	stress_watch_start(&watch);
	for (i = 0; i < NREADERS; i++)
		ck_assert_int_eq(
		    weft_node_connect(node, bound.url, "reader", &to, &err),
		    WEFT_OK);
	for (i = 0; i < NPUBLISHERS; i++) {
		publishers[i].number = i;
		ck_assert_int_eq(pthread_create(&publishers[i].thread, NULL,
				     publisher_main, &publishers[i]),
		    0);
	}
	for (i = 0; i < NPUBLISHERS; i++)
		ck_assert_int_eq(pthread_join(publishers[i].thread, NULL), 0);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	stress_watch_end(&watch);
	ck_assert_uint_gt(nlives, NREADERS);
	ck_assert_uint_le(
	    ngaps, weft_node_counter(node, WEFT_COUNTER_deliveries_dropped));
	ck_assert_uint_eq(weft_node_counter(node, WEFT_COUNTER_publishes),
	    NPUBLISHERS * nitems);
	ck_assert_uint_eq(
	    weft_node_counter(node, WEFT_COUNTER_subscriptions_now), 0);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_receiver_sees_each_publisher_in_order
	};

	return stress_main("publish_stress", tests, CHECK_COUNT(tests));
}
