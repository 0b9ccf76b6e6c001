/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_connect_stress.c - connections of ours, made, used and
 * ended by several threads at once, to a server that comes and goes.
 *
 * Two nodes: the server echoes, and ends a client now and then; its listeners
 * are closed and opened again all the time, two of them ws:// paths of one
 * socket.  The other one connects, with and without reconnect.  Every event is
 * checked against what may come next for its endpoint: (opened message*
 * closed)* and at most one closed more, without opened, that ends it.  What
 * the handlers keep of a slot is plain memory, so TSan sees whether a strand's
 * events are ordered.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <weft/weft.h>

#include "stress.h"

#define DRIVERS 3u
#define NAMES 24u /* endpoints that the drivers know of */
#define SLOTS 64u /* max_endpoints of each node */
#define SLOT_MASK 0xffffffu
#define LONGEST 20000u /* [bytes] of a message */
#define STEPS 150000u  /* of each driver */
#define NSITES 4u
#define NURLS (2 * (NSITES + 1))

/* How far the last endpoint of a slot has come. */
enum step {
	STEP_NONE,
	STEP_OPEN,
	STEP_CLOSED,
	STEP_ENDED
};

struct record {
	uint64_t id;
	enum step step;
};

static struct record records[SLOTS]; /* of its strand */
static struct weft_node *server, *client;
static struct weft_bound sites[NSITES];
static char urls[NURLS][400];
static uint64_t names[NAMES]; /* atomic: endpoint ids */
static uint8_t bytes[LONGEST];

static uint64_t nsteps; /* atomic: of all drivers */
static uint64_t ndrivers_done;
static uint64_t nconnected; /* atomic: connects that answered WEFT_OK */
static uint64_t nseen;      /* atomic: endpoints with an event */
static uint64_t nopened, nclosed, nturns, ndrained, nmessages;

static void
count(uint64_t *counter)
{
	(void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static uint64_t
counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static uint64_t
progress(void)
{
	return counted(&nsteps) + counted(&nturns) + counted(&nclosed) +
	    counted(&ndrivers_done);
}

static void
missing(FILE *out)
{
	fprintf(out,
	    "%llu steps, %llu connects, %llu endpoints, %llu opened, %llu "
	    "closed; open now: server %llu, client %llu\n",
	    (unsigned long long)counted(&nsteps),
	    (unsigned long long)counted(&nconnected),
	    (unsigned long long)counted(&nseen),
	    (unsigned long long)counted(&nopened),
	    (unsigned long long)counted(&nclosed),
	    (unsigned long long)weft_node_counter(
		server, WEFT_COUNTER_endpoints_now),
	    (unsigned long long)weft_node_counter(
		client, WEFT_COUNTER_endpoints_now));
}

/* ---- the server: an echo that ends who it likes */

static void
serve_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	uint8_t what = 0;

	if (msg.len > 0)
		memcpy(&what, msg.data, 1);
	(void)weft_send(call, from, msg);
	if (what < 8)
		(void)weft_close(call, from);
	else if (what < 16)
		(void)weft_abort(call, from);
}

static const struct weft_plugin serve =
    WEFT_PLUGIN_INIT(.name = "serve", .message = serve_message);

/* ---- the client: what may come next? */

static struct record *
record_of(weft_endpoint from)
{
	struct record *record = &records[from.id & SLOT_MASK];

	stress_expect((from.id & SLOT_MASK) < SLOTS, "%llx",
	    (unsigned long long)from.id);
	if (record->id == from.id)
		return record;
	stress_expect(record->step != STEP_OPEN,
	    "%llx comes while %llx is open", (unsigned long long)from.id,
	    (unsigned long long)record->id);
	record->id = from.id;
	record->step = STEP_NONE;
	count(&nseen);
	return record;
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct record *record = record_of(from);

	stress_expect(record->step == STEP_NONE || record->step == STEP_CLOSED,
	    "opened after step %d", record->step);
	stress_expect(weft_call_user(call) == NULL, "a user pointer is left");
	weft_call_set_user(call, record);
	record->step = STEP_OPEN;
	count(&nopened);
}

/* Without reconnect nothing follows a closed. */
static void
on_opened_once(struct weft_call *call, weft_endpoint from)
{
	stress_expect(record_of(from)->step == STEP_NONE, "opened again: %llx",
	    (unsigned long long)from.id);
	on_opened(call, from);
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct record *record = record_of(from);

	stress_expect(record->step == STEP_OPEN, "a message after step %d",
	    record->step);
	stress_expect(msg.len <= LONGEST, "%zu bytes", msg.len);
	stress_expect(weft_call_user(call) == record, "another user pointer");
	count(&nmessages);
}

static void
on_drained(struct weft_call *call, weft_endpoint from)
{
	(void)call;
	stress_expect(record_of(from)->step == STEP_OPEN,
	    "drained after step %d", record_of(from)->step);
	count(&ndrained);
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct record *record = record_of(from);

	(void)why;
	stress_expect(record->step != STEP_ENDED, "closed after the end");
	record->step = record->step == STEP_OPEN ? STEP_CLOSED : STEP_ENDED;
	/* What no sender may ever do is to hurt the next one. */
	(void)weft_send(call, from, (struct weft_bytes){ "late", 4 });
	count(&nclosed);
}

static void
on_closed_once(
    struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	stress_expect(record_of(from)->step < STEP_CLOSED,
	    "closed twice: %llx", (unsigned long long)from.id);
	on_closed(call, from, why);
}

static const struct weft_plugin once = WEFT_PLUGIN_INIT(.name = "once",
    .opened = on_opened_once, .message = on_message, .closed = on_closed_once,
    .drained = on_drained);
static const struct weft_plugin again =
    WEFT_PLUGIN_INIT(.name = "again", .opened = on_opened,
	.message = on_message, .closed = on_closed, .drained = on_drained);

/* ---- the drivers */

static void
drive_connect(uint32_t random)
{
	uint32_t which = (random >> 8) % NURLS;
	const char *name = which % 2 == 0 ? "once" : "again";
	struct weft_error err;
	weft_endpoint to;
	bool wait = (random >> 16) % 8 == 0;
	int rv;

	/* Somebody else's name is overwritten: he finds it by chance only. */
	rv = wait ? weft_node_connect_wait(client, urls[which], name,
			(random >> 20) % 20, &to, &err) :
		    weft_node_connect(client, urls[which], name, &to, &err);
	stress_expect(wait || rv == WEFT_OK || rv == WEFT_EFULL, "%s: %s",
	    urls[which], err.text);
	/* One that was waited for in vain was begun, unless there was no
	 * place. */
	if (rv != WEFT_EFULL)
		count(&nconnected);
	if (rv != WEFT_OK)
		return;
	to.id = __atomic_exchange_n(
	    &names[random % NAMES], to.id, __ATOMIC_ACQ_REL);
	if (to.id != 0)
		(void)weft_node_close(client, to);
}

static void
drive_send(weft_endpoint to, uint32_t random)
{
	uint32_t len = random % 64 == 0 ? random / 64 % LONGEST : random % 64;
	int rv;

	/* The first byte says what the server makes of it. */
	rv = weft_node_send(
	    client, to, (struct weft_bytes){ bytes + random % 64, len });
	stress_expect(rv == WEFT_OK || rv == WEFT_EFULL ||
		rv == WEFT_ENOENDPOINT || rv == WEFT_ETOOBIG,
	    "%s", weft_errname(rv));
	if (random % 4 == 0)
		(void)weft_node_send_ready(
		    client, to, (struct weft_bytes){ bytes + 63, 1 });
}

static void
drive_info(weft_endpoint to)
{
	struct weft_endpoint_info info;
	int rv = weft_endpoint_info(client, to, &info);

	stress_expect(
	    rv == WEFT_OK || rv == WEFT_ENOENDPOINT, "%s", weft_errname(rv));
	if (rv < 0)
		return;
	stress_expect((strcmp(info.codec, "ws") == 0 ?
			      strcmp(info.transport, "ws") == 0 :
			      strcmp(info.codec, "varint") == 0 &&
				  (strcmp(info.transport, "tcp") == 0 ||
				      strcmp(info.transport, "unix") == 0)) &&
		info.state <= WEFT_ENDPOINT_CLOSING,
	    "%s over %s, state %d", info.codec, info.transport,
	    (int)info.state);
	/* Loads of senders that found a stale name may be there too. */
	stress_expect(info.queued_bytes < 4u << 20, "%llu bytes queued",
	    (unsigned long long)info.queued_bytes);
}

static void
driver_main(void *arg)
{
	uint32_t random = 7 + 100 * *(uint32_t *)arg, i;
	uint64_t steps = stress_many(STEPS);

	for (i = 0; i < steps; i++) {
		weft_endpoint to;
		uint32_t what = stress_random(&random) % 64;

		to.id = __atomic_load_n(
		    &names[stress_random(&random) % NAMES], __ATOMIC_ACQUIRE);
		if (what < 6)
			drive_connect(stress_random(&random));
		else if (what == 6)
			(void)weft_node_close(client, to);
		else if (what == 7)
			(void)weft_node_abort(client, to);
		else if (what < 20)
			drive_info(to);
		else
			drive_send(to, stress_random(&random));
		count(&nsteps);
		/* The nodes shall keep up, or all that happens is EFULL. */
		if (i % 4 == 0)
			sched_yield();
	}
	count(&ndrivers_done);
}

/* The server's listeners go and come back where they were. */
static void
turner_main(void *arg)
{
	struct weft_bound *site;
	struct weft_error err;
	char url[sizeof(site->url)];
	uint32_t turn;
	int rv;

	(void)arg;
	for (turn = 0; counted(&ndrivers_done) < DRIVERS; turn++) {
		uint64_t steps = counted(&nsteps) + 200;

		site = &sites[turn % NSITES];
		(void)snprintf(url, sizeof(url), "%s", site->url);
		stress_expect(
		    weft_node_unlisten(server, site->listener) == WEFT_OK,
		    "unlisten %s", url);
		stress_expect(weft_node_unlisten(server, site->listener) ==
			WEFT_ENOLISTENER,
		    "unlisten %s twice", url);
		/* In use until the I/O thread has closed it. */
		while ((rv = weft_node_listen(
			    server, url, "serve", site, &err)) == -EADDRINUSE)
			sched_yield();
		stress_expect(rv == WEFT_OK, "%s", err.text);
		count(&nturns);
		while (counted(&nsteps) < steps &&
		    counted(&ndrivers_done) < DRIVERS)
			sched_yield();
	}
}

/* ---- all together */

static unsigned
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
node_new(struct weft_node **nodep)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_error err;

	options.workers = 2;
	options.max_endpoints = SLOTS;
	options.outbox_high_bytes = 64u << 10;
	options.linger_ms = 200;
	ck_assert_msg(
	    weft_node_new(nodep, &options, &err) == WEFT_OK, "%s", err.text);
}

static void
nodes_start(int nobody)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	struct weft_error err;
	char text[320];
	unsigned i;

	node_new(&server);
	node_new(&client);
	ck_assert_int_eq(weft_node_add(server, &serve, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(client, &once, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(client, &again, NULL, &err), WEFT_OK);
	(void)snprintf(text, sizeof(text), "unix+varint://@weft-stress-%d",
	    (int)getpid());
	ck_assert_int_eq(weft_node_listen(server, "tcp+varint://127.0.0.1:0",
			     "serve", &sites[0], &err),
	    WEFT_OK);
	ck_assert_msg(weft_node_listen(
			  server, text, "serve", &sites[1], &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_int_eq(weft_node_listen(server, "ws://127.0.0.1:0/a",
			     "serve", &sites[2], &err),
	    WEFT_OK);
	(void)snprintf(text, sizeof(text), "%s", sites[2].url);
	*strrchr(text, 'a') = 'b';
	ck_assert_msg(weft_node_listen(
			  server, text, "serve", &sites[3], &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_int_eq(bind(nobody, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(nobody, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(text, sizeof(text), "tcp+varint://127.0.0.1:%u",
	    ntohs(in.sin_port));
	for (i = 0; i < NURLS; i++)
		(void)snprintf(urls[i], sizeof(urls[i]), "%s%s",
		    i / 2 == NSITES ? text : sites[i / 2].url,
		    i % 2 == 0 ? "" : "?reconnect=1ms&reconnect_max=5ms");
	for (i = 0; i < LONGEST; i++)
		bytes[i] = (uint8_t)i;
	ck_assert_int_eq(weft_node_start(server, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_start(client, &err), WEFT_OK);
}

static void
node_end(struct weft_node **nodep)
{
	struct weft_error err;

	weft_node_stop(*nodep);
	ck_assert_msg(weft_node_join(*nodep, &err) == WEFT_OK, "%s", err.text);
	ck_assert_uint_gt(
	    weft_node_counter(*nodep, WEFT_COUNTER_endpoints_opened), 0);
	ck_assert_uint_eq(
	    weft_node_counter(*nodep, WEFT_COUNTER_endpoints_opened),
	    weft_node_counter(*nodep, WEFT_COUNTER_endpoints_closed));
}

START_TEST(endpoints_that_come_and_go_in_every_way_keep_their_order)
{
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { .nthreads = 0 };
	uint32_t numbers[DRIVERS], i;
	unsigned before;
	int nobody;

	/* What libuv opens once for the process does not count. */
	node_new(&client);
	ck_assert_int_eq(weft_node_free(&client), WEFT_OK);
	before = descriptors();
	nobody = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	nodes_start(nobody);
	stress_watch_start(&watch);
	for (i = 0; i < DRIVERS; i++) {
		numbers[i] = i;
		stress_team_add(&team, driver_main, &numbers[i]);
	}
	stress_team_add(&team, turner_main, NULL);
	stress_team_run(&team);
	node_end(&client);
	node_end(&server);
	/* Each of them has been told of, and all have ended. */
	ck_assert_uint_eq(counted(&nseen), counted(&nconnected));
	ck_assert_uint_eq(weft_node_counter(client, WEFT_COUNTER_connects),
	    counted(&nconnected));
	ck_assert_uint_le(counted(&nopened), counted(&nclosed));
	for (i = 0; i < SLOTS; i++)
		ck_assert_int_ne(records[i].step, STEP_OPEN);
	/* It did go through what it is to go through. */
	ck_assert_uint_gt(counted(&nopened), 100);
	ck_assert_uint_gt(counted(&nmessages), 100);
	ck_assert_uint_gt(counted(&nturns), 10);
	ck_assert_uint_gt(
	    weft_node_counter(client, WEFT_COUNTER_reconnects), 10);
	ck_assert_uint_gt(
	    weft_node_counter(client, WEFT_COUNTER_connects_failed), 10);
	if (getenv("STRESS_TELL") != NULL)
		missing(stderr);
	stress_watch_end(&watch);
	ck_assert_int_eq(weft_node_free(&client), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&server), WEFT_OK);
	close(nobody);
	ck_assert_uint_eq(descriptors(), before);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		endpoints_that_come_and_go_in_every_way_keep_their_order,
	};

	return stress_main("connect_stress", tests, CHECK_COUNT(tests));
}
