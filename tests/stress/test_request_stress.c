/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_request_stress.c - two nodes ask each other, from
 * endpoints' own strands and from rooms, with short and long timeouts, while
 * connections end in every way; then both stop with requests that wait.
 *
 * Each request that was taken is told exactly once, on the strand that asked,
 * and a reply is the one to it.  What a room keeps is plain memory, so TSan
 * sees whether its events are ordered; what is freed in on_reply would be
 * freed twice by one that is told twice.
 */
#include <errno.h>

#include <weft/weft.h>

#include "stress.h"

#define NAMES 16u /* max_endpoints: a slot each */
#define ROOMS 3u
#define CONNECTIONS 8u
#define TOLD 100000u /* requests */
#define CODES 5u

static const int codes[CODES] = { WEFT_OK, WEFT_EREFUSED, -ETIMEDOUT,
	WEFT_ENOENDPOINT, WEFT_ENOSTRAND };

/* One of the two. */
struct side {
	struct weft_node *node;
	uint64_t names[NAMES]; /* atomic: endpoints */
	uint64_t nasked;       /* atomic */
	uint64_t ntold[CODES]; /* atomic */
	uint64_t nwrong;       /* atomic: refused by weft_request() */
	pthread_mutex_t lock;  /* guards kept */
	struct weft_request_id kept;
};

struct ask {
	struct side *side;
	uint64_t strand;
	uint64_t number;
};

struct room {
	uint64_t ntold; /* plain: of its strand */
};

static struct side sides[2];
static struct room rooms[2][ROOMS];
static struct weft_bound bound;
static uint64_t next_number; /* atomic */
static _Thread_local uint32_t seed;

static uint64_t
counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void
count(uint64_t *counter)
{
	(void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static uint32_t
dice(uint32_t n)
{
	if (seed == 0)
		seed = (uint32_t)counted(&next_number) * 2654435761u + 1;
	return (stress_random(&seed) >> 8) % n;
}

static uint64_t
told(const struct side *side)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < CODES; i++)
		n += counted(&side->ntold[i]);
	return n;
}

static uint64_t
progress(void)
{
	return told(&sides[0]) + told(&sides[1]);
}

static void
missing(FILE *out)
{
	unsigned i, k;

	for (i = 0; i < 2; i++) {
		fprintf(out, "node %u: %llu asked (%llu could not be), told",
		    i, (unsigned long long)counted(&sides[i].nasked),
		    (unsigned long long)counted(&sides[i].nwrong));
		for (k = 0; k < CODES; k++)
			fprintf(out, " %s %llu", weft_errname(codes[k]),
			    (unsigned long long)counted(&sides[i].ntold[k]));
		fputc('\n', out);
	}
}

static struct side *
side_of(struct weft_call *call)
{
	return weft_call_node(call) == sides[0].node ? &sides[0] : &sides[1];
}

static void ask(struct weft_call *call);

static void
on_reply(struct weft_call *call, const struct weft_reply *reply, void *user)
{
	struct room *room = weft_call_strand_state(call);
	struct ask *asked = user;
	unsigned i;

	/* An endpoint's own strand may have been bound meanwhile. */
	stress_expect(weft_strand_of(call).id == asked->strand ||
		weft_call_endpoint(call).id == asked->strand,
	    "strand %llx, found %llx", (unsigned long long)asked->strand,
	    (unsigned long long)weft_strand_of(call).id);
	for (i = 0; i < CODES && codes[i] != reply->code; i++)
		continue;
	stress_expect(i < CODES, "%s", weft_errname(reply->code));
	if (reply->code == WEFT_OK)
		stress_expect(reply->msg.len == sizeof(asked->number) &&
			memcmp(reply->msg.data, &asked->number,
			    sizeof(asked->number)) == 0,
		    "another's reply");
	if (room != NULL)
		room->ntold++;
	count(&asked->side->ntold[i]);
	free(asked);
	if (reply->code != WEFT_ENOSTRAND)
		ask(call);
}

static void
ask(struct weft_call *call)
{
	struct side *side = side_of(call);
	struct ask *asked = malloc(sizeof(*asked));
	uint32_t ms = dice(8) == 0 ? 60000 : 1 + dice(20);
	weft_endpoint to;
	int rv;

	stress_expect(asked != NULL, "memory");
	*asked = (struct ask){ side, weft_strand_of(call).id,
		__atomic_add_fetch(&next_number, 1, __ATOMIC_RELAXED) };
	to.id = counted(&side->names[dice(NAMES)]);
	rv = weft_request(call, to,
	    (struct weft_bytes){ &asked->number, sizeof(asked->number) }, ms,
	    on_reply, asked);
	if (rv == WEFT_OK) {
		count(&side->nasked);
		return;
	}
	stress_expect(
	    rv == WEFT_ENOENDPOINT || rv == WEFT_EFULL || rv == WEFT_ESTATE,
	    "%s", weft_errname(rv));
	count(&side->nwrong);
	free(asked);
}

/* Instead of this one the one before it, which may be anybody's. */
static struct weft_request_id
keep(struct side *side, struct weft_request_id request)
{
	struct weft_request_id before;

	(void)pthread_mutex_lock(&side->lock);
	before = side->kept;
	side->kept = request;
	(void)pthread_mutex_unlock(&side->lock);
	return before;
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_request_id request;

	if (!weft_call_request(call, &request))
		return;
	switch (dice(24)) {
	case 0:
		(void)weft_reply(call, request, msg);
		(void)weft_close(call, from);
		return;
	case 1:
		if (dice(8) == 0)
			(void)weft_abort(call, from);
		return;
	case 2:
		return;
	case 3:
		(void)weft_refuse(call, request, msg);
		return;
	case 4:
		/* Too late, or to nobody: a refusal fits any question. */
		(void)weft_refuse(call, keep(side_of(call), request), msg);
		return;
	default:
		(void)weft_reply(call, request, msg);
		if (dice(16) == 0)
			(void)weft_reply(call, request, msg);
	}
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct side *side = side_of(call);
	weft_strand room;
	char name[8];
	unsigned i;

	__atomic_store_n(
	    &side->names[from.id % NAMES], from.id, __ATOMIC_RELAXED);
	(void)snprintf(name, sizeof(name), "%u", dice(ROOMS));
	if (dice(2) == 0 && weft_strand_get(call, name, &room) == WEFT_OK) {
		(void)weft_bind(from, room);
		weft_strand_release(room);
	}
	for (i = 0; i < 8; i++)
		ask(call);
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	(void)why;
	/* Also of one that is not quite gone. */
	ask(call);
}

static void
on_signal(struct weft_call *call, const struct weft_signal *signal)
{
	(void)signal;
	ask(call);
}

static const struct weft_plugin peer =
    WEFT_PLUGIN_INIT(.name = "peer", .opened = on_opened,
	.message = on_message, .closed = on_closed, .signal = on_signal);

static void
side_new(struct side *side)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_error err;

	options.workers = 2;
	options.max_endpoints = NAMES;
	options.max_requests = 400;
	options.linger_ms = 200;
	ck_assert_int_eq(pthread_mutex_init(&side->lock, NULL), 0);
	ck_assert_msg(weft_node_new(&side->node, &options, &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_int_eq(
	    weft_node_add(side->node, &peer, NULL, &err), WEFT_OK);
}

static void
side_start(struct side *side, struct room *room)
{
	struct weft_signal signal = { .kind = 0 };
	struct weft_error err;
	weft_strand strand;
	char name[8];
	unsigned i;

	ck_assert_int_eq(weft_node_start(side->node, &err), WEFT_OK);
	for (i = 0; i < ROOMS; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		ck_assert_int_eq(weft_node_strand_new(side->node, "peer", name,
				     &room[i], &strand),
		    WEFT_OK);
		ck_assert_int_eq(
		    weft_signal_every(strand, 1 + i, &signal, NULL), WEFT_OK);
		weft_strand_release(strand);
	}
}

/* So many connections at a time, each second one with reconnect. */
static void
connect_again(void)
{
	const char *more[] = { "", "?reconnect=1ms&reconnect_max=5ms" };
	struct weft_error err;
	weft_endpoint to;
	char url[300];
	unsigned i = 0;
	int rv;

	while (progress() < stress_many(TOLD)) {
		if (weft_node_counter(sides[1].node,
			WEFT_COUNTER_endpoints_now) >= CONNECTIONS) {
			sched_yield();
			continue;
		}
		(void)snprintf(
		    url, sizeof(url), "%s%s", bound.url, more[i++ % 2]);
		rv = weft_node_connect(sides[1].node, url, "peer", &to, &err);
		ck_assert_msg(
		    rv == WEFT_OK || rv == WEFT_EFULL, "%s", err.text);
	}
}

static void
side_end(struct side *side)
{
	struct weft_error err;
	unsigned i;

	weft_node_stop(side->node);
	ck_assert_msg(
	    weft_node_join(side->node, &err) == WEFT_OK, "%s", err.text);
	/* All of them, and each once. */
	ck_assert_uint_eq(told(side), counted(&side->nasked));
	ck_assert_uint_eq(weft_node_counter(side->node, WEFT_COUNTER_requests),
	    counted(&side->nasked));
	ck_assert_uint_eq(
	    weft_node_counter(side->node, WEFT_COUNTER_requests_timed_out),
	    counted(&side->ntold[2]));
	ck_assert_uint_eq(
	    weft_node_counter(side->node, WEFT_COUNTER_requests_disconnected),
	    counted(&side->ntold[3]));
	/* It did go through what it is to go through. */
	for (i = 0; i < CODES; i++)
		ck_assert_uint_gt(counted(&side->ntold[i]), 0);
}

START_TEST(each_request_comes_to_one_end)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct weft_error err;
	unsigned i;

	for (i = 0; i < 2; i++)
		side_new(&sides[i]);
	ck_assert_int_eq(weft_node_listen(sides[0].node,
			     "tcp+rpc://127.0.0.1:0", "peer", &bound, &err),
	    WEFT_OK);
	for (i = 0; i < 2; i++)
		side_start(&sides[i], rooms[i]);
	stress_watch_start(&watch);
	connect_again();
	side_end(&sides[1]);
	side_end(&sides[0]);
	for (i = 0; i < 2; i++)
		ck_assert_uint_gt(rooms[i][0].ntold, 0);
	if (getenv("STRESS_TELL") != NULL)
		missing(stderr);
	stress_watch_end(&watch);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(weft_node_free(&sides[i].node), WEFT_OK);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_request_comes_to_one_end,
	};

	return stress_main("request_stress", tests, CHECK_COUNT(tests));
}
