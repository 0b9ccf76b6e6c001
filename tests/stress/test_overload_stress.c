/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_overload_stress.c - overloads that begin and end all the
 * time: handlers take long and take no time in turns, so that endpoints are
 * paused and read again while others are.
 *
 * An endpoint that is not read again when it should be is a client that waits
 * for ever, and the watchdog says so (without the second look of pause_note in
 * io/read.c, and 0.1 ms between its two steps, it does).  Of a client's
 * messages all are run, in order; or with a deadline all are run or counted as
 * late, and what is run is in order.
 *
 * Clients are of another node, which has no deadline: what they wait for is
 * the server's.
 */
#include <weft/weft.h>

#include "stress.h"

#define NCLIENTS 24u
#define WINDOW 16u      /* messages of a client without an answer */
#define PHASE 500u      /* messages of the server, slow and fast in turns */
#define SLOW_NS 200000u /* [ns] of one of the slow */
#define DEADLINE_MS 4u
#define ASK_AGAIN_MS 20u /* what has no answer by then is late */
#define TIMES 5u         /* that it has come to an overload, at least */

struct client {
	uint32_t nsent;
	uint32_t answered; /* the last number that was */
	uint32_t settled;  /* up to here nothing is waited for */
	uint32_t looked;   /* settled, when the timer came last */
};

static struct weft_node *server_node, *client_node;
static uint64_t most;     /* messages to be sent, at least */
static uint64_t nsent;    /* atomic */
static uint64_t nrun;     /* atomic: by the server */
static uint64_t nanswers; /* atomic */
static bool with_deadline;

static uint64_t
count(enum weft_counter counter)
{
	return weft_node_counter(server_node, counter);
}

static uint64_t
progress(void)
{
	return __atomic_load_n(&nanswers, __ATOMIC_RELAXED) +
	    count(WEFT_COUNTER_messages_late);
}

static void
missing(FILE *out)
{
	fprintf(out,
	    "%llu sent, %llu run, %llu late, %llu answers, %llu overloads\n",
	    (unsigned long long)__atomic_load_n(&nsent, __ATOMIC_RELAXED),
	    (unsigned long long)__atomic_load_n(&nrun, __ATOMIC_RELAXED),
	    (unsigned long long)count(WEFT_COUNTER_messages_late),
	    (unsigned long long)__atomic_load_n(&nanswers, __ATOMIC_RELAXED),
	    (unsigned long long)count(WEFT_COUNTER_overloads));
}

/* Has all been sent that is to be, and has everything happened? */
static bool
enough(void)
{
	return __atomic_load_n(&nsent, __ATOMIC_RELAXED) >= most &&
	    count(WEFT_COUNTER_overloads) >= TIMES &&
	    (!with_deadline || count(WEFT_COUNTER_messages_late) >= TIMES);
}

static void
burn(uint64_t ns)
{
	struct timespec now;
	uint64_t until = 0, at;

	do {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		at =
		    (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
		if (until == 0)
			until = at + ns;
	} while (at < until);
}

static void
server_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	uint64_t n = __atomic_fetch_add(&nrun, 1, __ATOMIC_RELAXED);

	if (n / PHASE % 2 == 0)
		burn(SLOW_NS);
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "server", .message = server_message);

static void
client_ask(struct weft_call *call, weft_endpoint to)
{
	struct client *client = weft_call_user(call);
	struct weft_bytes msg = { &client->nsent, sizeof(client->nsent) };

	while (client->nsent - client->settled < WINDOW && !enough()) {
		client->nsent++;
		if (weft_send(call, to, msg) != WEFT_OK) {
			client->nsent--;
			break;
		}
		__atomic_fetch_add(&nsent, 1, __ATOMIC_RELAXED);
	}
}

static void
client_opened(struct weft_call *call, weft_endpoint to)
{
	struct weft_signal signal = { .kind = 0 };

	weft_call_set_user(call, calloc(1, sizeof(struct client)));
	ck_assert_ptr_nonnull(weft_call_user(call));
	if (with_deadline)
		ck_assert_int_eq(weft_signal_every(weft_strand_of(call),
				     ASK_AGAIN_MS, &signal, NULL),
		    WEFT_OK);
	client_ask(call, to);
}

static void
client_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct client *client = weft_call_user(call);
	uint32_t number;

	ck_assert_uint_eq(msg.len, sizeof(number));
	memcpy(&number, msg.data, sizeof(number));
	if (with_deadline)
		ck_assert_uint_gt(number, client->answered);
	else
		ck_assert_uint_eq(number, client->answered + 1);
	client->answered = number;
	if (number > client->settled)
		client->settled = number;
	__atomic_fetch_add(&nanswers, 1, __ATOMIC_RELAXED);
	client_ask(call, from);
}

/* All that it has sent may have been late. */
static void
client_signal(struct weft_call *call, const struct weft_signal *signal)
{
	struct client *client = weft_call_user(call);

	(void)signal;
	if (client->looked == client->settled)
		client->settled = client->nsent;
	client->looked = client->settled;
	client_ask(call, weft_call_endpoint(call));
}

static void
client_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	(void)why;
	free(weft_call_user(call));
}

static const struct weft_plugin client = WEFT_PLUGIN_INIT(.name = "client",
    .opened = client_opened, .message = client_message,
    .signal = client_signal, .closed = client_closed);

static void
nodes_new(void)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_error err;

	options.workers = 2;
	options.max_workers = 2;
	ck_assert_int_eq(weft_node_new(&client_node, &options, &err), WEFT_OK);
	options.queue_target_ms = 1;
	options.queue_interval_ms = 1;
	options.deadline_ms = with_deadline ? DEADLINE_MS : 0;
	ck_assert_int_eq(weft_node_new(&server_node, &options, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(server_node, &server, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_add(client_node, &client, NULL, &err), WEFT_OK);
}

static void
nodes_end(void)
{
	struct weft_error err;

	weft_node_stop(client_node);
	ck_assert_int_eq(weft_node_join(client_node, &err), WEFT_OK);
	weft_node_stop(server_node);
	ck_assert_int_eq(weft_node_join(server_node, &err), WEFT_OK);
}

/* Does anybody still wait? */
static bool
settled(void)
{
	uint64_t run = __atomic_load_n(&nanswers, __ATOMIC_RELAXED);

	return enough() &&
	    run + count(WEFT_COUNTER_messages_late) >=
	    __atomic_load_n(&nsent, __ATOMIC_RELAXED);
}

static void
run(bool deadline)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct weft_bound bound;
	struct weft_error err;
	weft_endpoint to;
	uint32_t i;

	with_deadline = deadline;
	most = stress_many(20000);
	nsent = nrun = nanswers = 0;
	nodes_new();
	ck_assert_int_eq(
	    weft_node_listen(server_node, "tcp+varint://127.0.0.1:0", "server",
		&bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_start(server_node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_start(client_node, &err), WEFT_OK);
	stress_watch_start(&watch);
	for (i = 0; i < NCLIENTS; i++)
		ck_assert_int_eq(weft_node_connect(client_node, bound.url,
				     "client", &to, &err),
		    WEFT_OK);
	while (!settled())
		sched_yield();
	nodes_end();
	stress_watch_end(&watch);
	ck_assert_uint_eq(count(WEFT_COUNTER_messages_run), nrun);
	ck_assert_uint_eq(nrun + count(WEFT_COUNTER_messages_late),
	    count(WEFT_COUNTER_messages_in));
	ck_assert_int_eq(weft_node_free(&client_node), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&server_node), WEFT_OK);
}

START_TEST(who_was_paused_is_read_again)
{
	run(false);
}
END_TEST

START_TEST(what_is_late_is_counted_and_the_rest_runs_in_order)
{
	run(true);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		who_was_paused_is_read_again,
		what_is_late_is_counted_and_the_rest_runs_in_order,
	};

	return stress_main("overload stress", tests, CHECK_COUNT(tests));
}
