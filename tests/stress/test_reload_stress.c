/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_reload_stress.c - a plugin is replaced again and again
 * while connections keep it busy: its replies count the messages of their
 * connection, so one that is lost, doubled or out of order is seen, and so is
 * a connection that ends.
 *
 * Each thread has some of the connections, and sends WINDOW messages to each
 * before it reads their replies; versions 1 and 2 of tests/plugins/ledger.c
 * take turns, in every third turn by a rollback.
 *
 *   WEFT_RELOADS=N     how many reloads (default 60)
 *   WEFT_RELOAD_MS=T   [ms] from one to the next (default: at once)
 *
 * What it has measured is printed: the longest time without a reply of any
 * connection, and the longest pause.
 */
#include "node.h"

#include "../flow/reload_rig.h"

#include "stress.h"

#define NTHREADS 5u
#define NEACH 10u /* connections of a thread */
#define WINDOW 16u

struct puller {
	pthread_t thread;
	struct reload_rig *rig;
	unsigned nclients;
	unsigned window;
	uint64_t nturns;   /* atomic */
	uint64_t worst_ns; /* of one turn */
};

static uint64_t nreplies; /* atomic */
static uint32_t stop;     /* atomic */
static struct puller pullers[NTHREADS];

static uint64_t
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* "VERSION all mine ...": mine must be the next of its connection. */
static void
hear_next(struct flow_client *client, uint64_t *mine)
{
	unsigned long long all, now;
	unsigned version;
	char text[128];
	size_t len;

	len = flow_recv(client, text, sizeof(text) - 1);
	text[len] = '\0';
	ck_assert_msg(
	    sscanf(text, "%u %llu %llu", &version, &all, &now) == 3 &&
		(version == 1 || version == 2),
	    "found \"%s\"", text);
	ck_assert_msg(now == *mine + 1,
	    "expected reply %llu of this connection, found %llu",
	    (unsigned long long)*mine + 1, now);
	*mine = now;
}

static void *
pull(void *arg)
{
	struct puller *puller = arg;
	struct flow_client *clients[NEACH];
	uint64_t mine[NEACH] = { 0 }, began, took;
	unsigned i, j;

	for (i = 0; i < puller->nclients; i++)
		clients[i] = flow_client_new(&puller->rig->bound);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		began = now_ns();
		for (i = 0; i < puller->nclients; i++)
			for (j = 0; j < puller->window; j++)
				flow_say(clients[i], "count");
		for (i = 0; i < puller->nclients; i++)
			for (j = 0; j < puller->window; j++)
				hear_next(clients[i], &mine[i]);
		took = now_ns() - began;
		if (took > puller->worst_ns)
			puller->worst_ns = took;
		(void)__atomic_fetch_add(&nreplies,
		    puller->nclients * puller->window, __ATOMIC_RELAXED);
		(void)__atomic_fetch_add(&puller->nturns, 1, __ATOMIC_RELEASE);
	}
	for (i = 0; i < puller->nclients; i++)
		flow_client_free(&clients[i]);
	return NULL;
}

/* A process that is forked has the locks of all, and nobody sees to those of
 * ASan's allocator: under load the trial may wait for ever. */
#if defined(__SANITIZE_ADDRESS__)
#define RELOAD_FLAGS WEFT_RELOAD_NO_TRIAL
#else
#define RELOAD_FLAGS 0
#endif

static void
reload_once(struct reload_rig *rig, uint64_t turn, struct weft_reloaded *done)
{
	const struct weft_reload how = { .size = sizeof(how),
		.flags = RELOAD_FLAGS };
	struct weft_error err;
	int rv;

	if (turn % 3 == 2)
		rv = weft_node_rollback(
		    rig->flow->node, "ledger", &how, done, &err);
	else
		rv = weft_node_reload(rig->flow->node, "ledger",
		    rig_file(turn % 2 == 0 ? "ledger_two" : "ledger_one"),
		    &how, done, &err);
	ck_assert_msg(rv == WEFT_OK, "reload %llu: %s",
	    (unsigned long long)turn, err.text);
	ck_assert_uint_eq(done->endpoints, NTHREADS * NEACH);
	ck_assert_uint_eq(done->mapped, 0);
}

/* Each thread has had a whole turn, or two of which one was. */
static void
let_all_run(void)
{
	uint64_t before[NTHREADS];
	unsigned i;

	for (i = 0; i < NTHREADS; i++)
		before[i] =
		    __atomic_load_n(&pullers[i].nturns, __ATOMIC_ACQUIRE);
	for (i = 0; i < NTHREADS; i++)
		stress_wait(&pullers[i].nturns, before[i] + 2);
}

/* The same until so much time has passed. */
static void
let_run(uint64_t ms)
{
	const uint64_t until = now_ns() + ms * 1000000u;

	do
		let_all_run();
	while (now_ns() < until);
}

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

static void
pull_start(struct reload_rig *rig, unsigned nclients, unsigned window)
{
	unsigned i;

	rig_start(rig, FLOW_VARINT);
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	for (i = 0; i < NTHREADS; i++) {
		pullers[i] = (struct puller){
			.rig = rig, .nclients = nclients, .window = window
		};
		ck_assert_int_eq(pthread_create(&pullers[i].thread, NULL, pull,
				     &pullers[i]),
		    0);
	}
	let_all_run();
}

/* [ns] the longest turn. */
static uint64_t
pull_end(struct reload_rig *rig)
{
	uint64_t worst = 0;
	unsigned i;

	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < NTHREADS; i++) {
		ck_assert_int_eq(pthread_join(pullers[i].thread, NULL), 0);
		if (pullers[i].worst_ns > worst)
			worst = pullers[i].worst_ns;
	}
	flow_end(&rig->flow);
	return worst;
}

START_TEST(nothing_is_lost_doubled_or_reordered)
{
	const uint64_t n = stress_setting("WEFT_RELOADS", stress_many(60));
	const char *every = getenv("WEFT_RELOAD_MS");
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	uint64_t turn, pause = 0, worst;
	struct weft_reloaded done;
	struct reload_rig rig;

	stress_watch_start(&watch);
	pull_start(&rig, NEACH, WINDOW);
	for (turn = 0; turn < n; turn++) {
		reload_once(&rig, turn, &done);
		if (done.pause_ns > pause)
			pause = done.pause_ns;
		let_run(every == NULL ? 0 : (uint64_t)atoi(every));
	}
	worst = pull_end(&rig);
	stress_watch_end(&watch);
	fprintf(stderr,
	    "%llu reloads, %llu replies, longest turn %.1f ms, longest pause "
	    "%.1f ms\n",
	    (unsigned long long)n, (unsigned long long)progress(),
	    (double)worst / 1e6, (double)pause / 1e6);
}
END_TEST

/* While it is shut nothing is run.  A strand that is parked just when it is
 * opened must not lie there: without the second look of park_note it does. */
START_TEST(a_gate_that_is_shut_and_opened_at_once)
{
	const uint64_t n = stress_many(2000);
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct reload_rig rig;
	struct wi_gate *gate;
	struct wi_hub *hub;
	uint64_t i, before;

	stress_watch_start(&watch);
	pull_start(&rig, 1, 1);
	hub = &rig.flow->node->hub;
	gate = &wi_plugins_find(&rig.flow->node->plugins, "ledger")->gate;
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(
		    wi_gate_close(hub, gate, FLOW_DEADLINE_MS), WEFT_OK);
		before = flow_count(rig.flow, WEFT_COUNTER_messages_run);
		stress_spin((uint32_t)i % 4096);
		ck_assert_uint_eq(
		    flow_count(rig.flow, WEFT_COUNTER_messages_run), before);
		wi_gate_open(hub, gate);
		let_all_run();
	}
	(void)pull_end(&rig);
	stress_watch_end(&watch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { nothing_is_lost_doubled_or_reordered,
		a_gate_that_is_shut_and_opened_at_once };

	return stress_main("reload stress", tests, CHECK_COUNT(tests));
}
