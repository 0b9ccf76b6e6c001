/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_slow_stress.c - everything at once to readers that are too
 * slow: threads publish and send, with keys and without, to readers under each
 * policy that take what comes in fits and starts and open a new connection now
 * and then, while another thread changes what holds for the topics.
 *
 * Of each thread, way and key, the numbers that a reader sees grow; and in the
 * end nothing is left of what was counted as waiting.
 */
#include <weft/weft.h>

#include "stress.h"

#define NSENDERS 2u
#define NREADERS 10u /* two for each policy */
#define NKEYS 8u
#define LIFE 300u
#define PAUSE 64u /* messages that are read at once */
#define TIMES 10u /* that each policy has done something, at least */
#define LOOK 64u  /* messages between two looks whether that is so */

enum way {
	PUBLISH,
	PUBLISH_KEYED,
	SEND,
	SEND_KEYED,
	NWAYS
};

struct what {
	uint32_t sender;
	uint32_t way;
	uint32_t key;
	uint32_t number;
	uint8_t padding[200];
};

struct reader {
	uint32_t nread;
	uint32_t last[NSENDERS][NWAYS][NKEYS];
};

struct sender {
	pthread_t thread;
	uint32_t number;
};

static const char *const policies[] = { "refuse", "drop-newest", "drop-oldest",
	"conflate", "close" };
#define NPOLICIES (sizeof(policies) / sizeof(policies[0]))

static struct weft_node *node;
static struct weft_bound bounds[NPOLICIES];
static uint64_t nitems; /* to be read, at least */
static uint64_t nread, nlives, ndone;
static uint64_t ends[NREADERS]; /* atomic: endpoints on our side, or 0 */
static uint32_t next_end;

static uint64_t
progress(void)
{
	return __atomic_load_n(&nread, __ATOMIC_RELAXED);
}

static const enum weft_counter counters[] = { WEFT_COUNTER_slow_newest,
	WEFT_COUNTER_slow_oldest, WEFT_COUNTER_slow_conflated,
	WEFT_COUNTER_closed_slow };

static void
missing(FILE *out)
{
	size_t i;

	fprintf(out, "%llu read, %llu lives\n", (unsigned long long)progress(),
	    (unsigned long long)__atomic_load_n(&nlives, __ATOMIC_RELAXED));
	for (i = 0; i < CHECK_COUNT(counters); i++)
		fprintf(out, "%s: %llu\n",
		    weft_counter_info(counters[i])->name,
		    (unsigned long long)weft_node_counter(node, counters[i]));
}

static void
server_opened(struct weft_call *call, weft_endpoint from)
{
	uint32_t i = __atomic_fetch_add(&next_end, 1, __ATOMIC_RELAXED);

	ck_assert_int_eq(weft_subscribe(call, from, "p/+"), WEFT_OK);
	__atomic_store_n(&ends[i % NREADERS], from.id, __ATOMIC_RELAXED);
}

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "server", .opened = server_opened);

/* Its user is a struct reader, and with it which policy it reads under. */
struct life {
	struct reader reader;
	uint32_t policy;
};

static void
reader_opened(struct weft_call *call, weft_endpoint from)
{
	struct life *life = calloc(1, sizeof(*life));
	struct weft_endpoint_info info;
	uint32_t i;

	ck_assert_ptr_nonnull(life);
	weft_call_set_user(call, life);
	if (weft_endpoint_info(weft_call_node(call), from, &info) != WEFT_OK)
		return;
	for (i = 0; i < NPOLICIES; i++)
		if (strstr(bounds[i].url, info.remote) != NULL)
			life->policy = i;
}

/* Others come first, so that meanwhile more arrives than is taken. */
static void
reader_pause(void)
{
	unsigned i;

	for (i = 0; i < 20; i++)
		(void)sched_yield();
}

static void
reader_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct life *life = weft_call_user(call);
	struct what what;
	uint32_t *last;

	ck_assert_uint_eq(msg.len, sizeof(what));
	memcpy(&what, msg.data, sizeof(what));
	last = &life->reader.last[what.sender][what.way][what.key];
	ck_assert_uint_gt(what.number, *last);
	*last = what.number;
	__atomic_fetch_add(&nread, 1, __ATOMIC_RELAXED);
	if (++life->reader.nread % PAUSE == 0)
		reader_pause();
	if (life->reader.nread == LIFE)
		(void)weft_close(call, from);
}

static void
reader_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct life *life = weft_call_user(call);
	uint32_t policy = life == NULL ? 0 : life->policy;
	struct weft_error err;

	(void)from;
	(void)why;
	free(life);
	__atomic_fetch_add(&nlives, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&ndone, __ATOMIC_RELAXED) < NSENDERS)
		ck_assert_int_eq(
		    weft_connect(call, bounds[policy].url, &from, &err),
		    WEFT_OK);
}

static const struct weft_plugin reader =
    WEFT_PLUGIN_INIT(.name = "reader", .opened = reader_opened,
	.message = reader_message, .closed = reader_closed);

static int
ask(const struct what *what, weft_endpoint to)
{
	struct weft_bytes msg = { what, sizeof(*what) };
	char topic[16];

	(void)snprintf(topic, sizeof(topic), "p/%u", what->sender);
	switch (what->way) {
	case PUBLISH:
		return weft_node_publish(node, topic, msg);
	case PUBLISH_KEYED:
		/* Another topic than that of PUBLISH, whose key is 0. */
		(void)snprintf(topic, sizeof(topic), "p/k%u", what->sender);
		return weft_node_publish_keyed(node, topic, what->key, msg);
	case SEND:
		return weft_node_send(node, to, msg);
	default:
		return weft_node_send_keyed(node, to, what->key, msg);
	}
}

/* Has everything happened that is to happen? */
static bool
all_seen(void)
{
	size_t i;

	for (i = 0; i < CHECK_COUNT(counters); i++)
		if (weft_node_counter(node, counters[i]) < TIMES)
			return false;
	return progress() >= nitems &&
	    __atomic_load_n(&nlives, __ATOMIC_RELAXED) > 2 * NREADERS;
}

static void *
sender_main(void *arg)
{
	struct sender *sender = arg;
	struct what what = { .sender = sender->number };
	uint32_t random = 1 + sender->number;
	weft_endpoint to;
	int rv;

	for (what.number = 1; what.number % LOOK != 0 || !all_seen();
	     what.number++) {
		(void)stress_random(&random);
		what.way = random >> 30;
		what.key = what.way == PUBLISH || what.way == SEND ?
		    0 :
		    random >> 20 & (NKEYS - 1);
		to.id =
		    __atomic_load_n(&ends[random >> 8 & 7], __ATOMIC_RELAXED);
		rv = ask(&what, to);
		if (rv == WEFT_EFULL)
			(void)sched_yield();
		ck_assert(rv == WEFT_OK || rv == WEFT_EFULL ||
		    rv == WEFT_ENOENDPOINT);
	}
	__atomic_fetch_add(&ndone, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *
rules_main(void *arg)
{
	struct weft_slow_reader what = { 0 };
	uint32_t random = 77;

	(void)arg;
	while (__atomic_load_n(&ndone, __ATOMIC_RELAXED) < NSENDERS) {
		(void)stress_random(&random);
		what.policy = (random >> 24) % (WEFT_SLOW_CLOSE + 1);
		what.age_ms = (random >> 16 & 1) * 20;
		ck_assert_int_eq(
		    weft_node_topic_slow(
			node, (random >> 12 & 1) != 0 ? "p/+" : "#", &what),
		    WEFT_OK);
		(void)sched_yield();
	}
	return NULL;
}

static void
listen_all(void)
{
	struct weft_error err;
	char url[128];
	size_t i;

	for (i = 0; i < NPOLICIES; i++) {
		(void)snprintf(url, sizeof(url),
		    "tcp+varint://127.0.0.1:0?slow_reader=%s&outbox_high=8k&"
		    "outbox_age=%s&sndbuf=4k",
		    policies[i], i % 2 == 0 ? "50ms" : "0");
		ck_assert_int_eq(
		    weft_node_listen(node, url, "server", &bounds[i], &err),
		    WEFT_OK);
	}
}

START_TEST(whatever_the_policy_numbers_grow_and_nothing_stays)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct sender senders[NSENDERS];
	struct weft_error err;
	pthread_t rules;
	weft_endpoint to;
	uint32_t i;

	nitems = stress_many(200000);
	options.workers = 2;
	options.drain_ms = 60000;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &server, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &reader, NULL, &err), WEFT_OK);
	listen_all();
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	stress_watch_start(&watch);
	for (i = 0; i < NREADERS; i++)
		ck_assert_int_eq(
		    weft_node_connect(
			node, bounds[i % NPOLICIES].url, "reader", &to, &err),
		    WEFT_OK);
	ck_assert_int_eq(pthread_create(&rules, NULL, rules_main, NULL), 0);
	for (i = 0; i < NSENDERS; i++) {
		senders[i].number = i;
		ck_assert_int_eq(pthread_create(&senders[i].thread, NULL,
				     sender_main, &senders[i]),
		    0);
	}
	for (i = 0; i < NSENDERS; i++)
		ck_assert_int_eq(pthread_join(senders[i].thread, NULL), 0);
	ck_assert_int_eq(pthread_join(rules, NULL), 0);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	stress_watch_end(&watch);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		whatever_the_policy_numbers_grow_and_nothing_stays
	};

	return stress_main("slow_stress", tests, CHECK_COUNT(tests));
}
