/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_bind_stress.c - endpoints that are bound to other strands
 * at random while their messages come at full speed: none is lost, doubled or
 * reordered, and no strand and no endpoint is run by two workers at a time.
 *
 * Clients send numbered messages, many in a segment.  Their handlers bind them
 * now and then, and so do threads that are no workers, whose word races with
 * what the I/O thread pushes, with the handlers' own and with the end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <weft/weft.h>

#include "stress.h"

#define NCLIENTS 8u
#define NBINDERS 2u
#define NROOMS 6u
#define LEN 8u
#define FRAME (LEN + 1)
#define BURST 64u

/* What a strand has, made by the first who comes, freed by ended(). */
struct state {
	uint32_t inside;  /* a handler is, atomic */
	uint64_t counted; /* by handlers, without a lock */
};

struct user {
	uint32_t inside;
	uint64_t next; /* the number that must come */
	uint64_t client;
};

static struct weft_node *node;
static struct weft_bound bound;
static uint64_t nmessages; /* of a connection */
static uint64_t nconnections;
static uint64_t nrun;  /* atomic: messages that were right */
static uint64_t nopen; /* atomic */
static uint64_t nclosed, nbound, nended, nmade; /* atomic */
static uint64_t over;                           /* atomic: binders go */
static uint64_t endpoints[NCLIENTS];            /* atomic: present ids */

static uint64_t
progress(void)
{
	return __atomic_load_n(&nrun, __ATOMIC_RELAXED) +
	    __atomic_load_n(&nclosed, __ATOMIC_RELAXED);
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu messages run, %llu connections closed\n",
	    (unsigned long long)__atomic_load_n(&nrun, __ATOMIC_RELAXED),
	    (unsigned long long)__atomic_load_n(&nclosed, __ATOMIC_RELAXED));
}

static void
add(uint64_t *value)
{
	__atomic_fetch_add(value, 1, __ATOMIC_RELAXED);
}

static void
enter(uint32_t *inside, const char *what)
{
	stress_expect(__atomic_exchange_n(inside, 1, __ATOMIC_RELAXED) == 0,
	    "two handlers of one %s at a time", what);
}

static void
leave(uint32_t *inside)
{
	__atomic_store_n(inside, 0, __ATOMIC_RELAXED);
}

/* NULL on an endpoint's own strand. */
static struct state *
state_of(struct weft_call *call)
{
	struct state *state = weft_call_strand_state(call);

	if (state != NULL)
		return state;
	state = calloc(1, sizeof(*state));
	if (state == NULL)
		abort();
	if (weft_call_set_strand_state(call, state) < 0) {
		free(state);
		return NULL;
	}
	add(&nmade);
	return state;
}

static void
room_name(char out[8], uint32_t random)
{
	(void)snprintf(out, 8, "room%u", random % NROOMS);
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct user *user = calloc(1, sizeof(*user));

	(void)from;
	if (user == NULL)
		abort();
	user->client = UINT64_MAX;
	weft_call_set_user(call, user);
	add(&nopen);
}

/* Somewhere else, or home. */
static void
bind_away(struct weft_call *call, weft_endpoint from, uint32_t random)
{
	weft_strand strand;
	char name[8];

	if (random % 4 == 0) {
		strand = weft_endpoint_strand(weft_call_node(call), from);
		stress_expect(weft_bind(from, strand) == WEFT_OK, "home");
		return;
	}
	room_name(name, random / 4);
	stress_expect(weft_strand_get(call, name, &strand) == WEFT_OK, "get");
	stress_expect(weft_bind(from, strand) == WEFT_OK, "bind");
	weft_strand_release(strand);
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct user *user = weft_call_user(call);
	struct state *state = state_of(call);
	uint32_t number, client;

	enter(&user->inside, "endpoint");
	if (state != NULL)
		enter(&state->inside, "strand");
	memcpy(&number, msg.data, 4);
	memcpy(&client, (const char *)msg.data + 4, 4);
	stress_expect(number == user->next,
	    "client %u: expected message %llu, found %u", client,
	    (unsigned long long)user->next, number);
	if (number == 0) {
		user->client = client;
		__atomic_store_n(
		    &endpoints[client], from.id, __ATOMIC_RELAXED);
	}
	user->next++;
	add(&nrun);
	if (number % 37 == client)
		bind_away(call, from, number * 2654435761u >> 8);
	if (state != NULL) {
		state->counted++;
		leave(&state->inside);
	}
	leave(&user->inside);
}

static void
on_bound(struct weft_call *call, weft_endpoint who)
{
	struct user *user = weft_call_user(call);
	struct state *state = state_of(call);

	enter(&user->inside, "endpoint");
	if (state != NULL)
		enter(&state->inside, "strand");
	add(&nbound);
	/* And on at once, sometimes. */
	if (user->next % 11 == 0)
		bind_away(call, who, (uint32_t)user->next * 40503u);
	if (state != NULL)
		leave(&state->inside);
	leave(&user->inside);
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct user *user = weft_call_user(call);
	struct state *state = state_of(call);

	(void)why;
	if (state != NULL)
		enter(&state->inside, "strand");
	stress_expect(user->next == nmessages,
	    "client %llu: expected %llu messages, found %llu",
	    (unsigned long long)user->client, (unsigned long long)nmessages,
	    (unsigned long long)user->next);
	/* It has no effect any more, and does no harm. */
	(void)weft_bind(
	    from, weft_endpoint_strand(weft_call_node(call), from));
	free(user);
	__atomic_fetch_add(&nclosed, 1, __ATOMIC_RELEASE);
	if (state != NULL)
		leave(&state->inside);
}

static void
on_ended(struct weft_call *call, weft_strand strand, void *arg)
{
	struct state *state = arg;

	(void)call;
	(void)strand;
	if (state == NULL)
		return;
	stress_expect(state->inside == 0, "ended() beside a handler");
	add(&nended);
	free(state);
}

static const struct weft_plugin plugin = WEFT_PLUGIN_INIT(.name = "bind",
    .opened = on_opened, .message = on_message, .closed = on_closed,
    .bound = on_bound, .ended = on_ended);

static void *
binder_main(void *arg)
{
	uint32_t random = 991 + (uint32_t)(uintptr_t)arg;
	uint64_t seen = 0, now;
	weft_endpoint who;
	weft_strand strand;
	char name[8];
	int rv;

	while (__atomic_load_n(&over, __ATOMIC_RELAXED) == 0) {
		who.id = __atomic_load_n(
		    &endpoints[stress_random(&random) % NCLIENTS],
		    __ATOMIC_RELAXED);
		/* Binding is urgent: who did nothing else would keep all
		 * messages waiting. */
		now = __atomic_load_n(&nrun, __ATOMIC_RELAXED);
		if (who.id == 0 || now - seen < NCLIENTS) {
			sched_yield();
			continue;
		}
		seen = now;
		room_name(name, stress_random(&random));
		stress_expect(weft_node_strand_get(
				  node, "bind", name, &strand) == WEFT_OK,
		    "get");
		rv = weft_bind(who, strand);
		stress_expect(rv == WEFT_OK || rv == WEFT_ENOENDPOINT ||
			rv == WEFT_EFULL,
		    "weft_bind() by a thread: %d", rv);
		weft_strand_release(strand);
		stress_spin(stress_random(&random) % 4000);
	}
	return NULL;
}

static int
client_connect(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	const char *port = strrchr(bound.url, ':');
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_port = htons((uint16_t)atoi(port + 1));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	stress_expect(fd >= 0 &&
		connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0,
	    "connect: %s", strerror(errno));
	return fd;
}

static void
client_send(int fd, uint32_t client)
{
	uint8_t bytes[BURST * FRAME];
	uint32_t number = 0, n;
	size_t at;
	ssize_t sent;

	while (number < nmessages) {
		for (n = 0; n < BURST && number < nmessages; n++, number++) {
			uint8_t *frame = bytes + n * FRAME;

			frame[0] = LEN;
			memcpy(frame + 1, &number, 4);
			memcpy(frame + 5, &client, 4);
		}
		for (at = 0; at < n * FRAME; at += (size_t)sent) {
			sent = send(fd, bytes + at, n * FRAME - at, 0);
			stress_expect(sent > 0, "send: %s", strerror(errno));
		}
	}
}

static void *
client_main(void *arg)
{
	uint32_t client = (uint32_t)(uintptr_t)arg;
	uint64_t i;
	char byte;
	int fd;

	for (i = 0; i < nconnections; i++) {
		fd = client_connect();
		client_send(fd, client);
		/* Until all of it was handled: the node ends its side too. */
		(void)shutdown(fd, SHUT_WR);
		stress_expect(recv(fd, &byte, 1, 0) == 0, "the end");
		(void)close(fd);
	}
	return NULL;
}

START_TEST(nothing_is_lost_and_nothing_runs_twice_at_a_time)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	pthread_t clients[NCLIENTS], binders[NBINDERS];
	struct weft_error err;
	uintptr_t i;

	nmessages = stress_many(100000);
	nconnections = 5;
	options.workers = 4;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_listen(node, "tcp+varint://127.0.0.1:0",
			     "bind", &bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	stress_watch_start(&watch);
	for (i = 0; i < NCLIENTS; i++)
		ck_assert_int_eq(
		    pthread_create(&clients[i], NULL, client_main, (void *)i),
		    0);
	for (i = 0; i < NBINDERS; i++)
		ck_assert_int_eq(
		    pthread_create(&binders[i], NULL, binder_main, (void *)i),
		    0);
	for (i = 0; i < NCLIENTS; i++)
		ck_assert_int_eq(pthread_join(clients[i], NULL), 0);
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	for (i = 0; i < NBINDERS; i++)
		ck_assert_int_eq(pthread_join(binders[i], NULL), 0);
	stress_wait(&nclosed, NCLIENTS * nconnections);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	stress_watch_end(&watch);
	ck_assert_uint_eq(nrun, NCLIENTS * nconnections * nmessages);
	ck_assert_uint_eq(nopen, NCLIENTS * nconnections);
	ck_assert_uint_eq(nclosed, NCLIENTS * nconnections);
	ck_assert_uint_gt(nbound, nrun / 100);
	ck_assert_uint_eq(nended, nmade);
	ck_assert_uint_eq(
	    weft_node_counter(node, WEFT_COUNTER_strands_now), 0);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		nothing_is_lost_and_nothing_runs_twice_at_a_time
	};

	return stress_main("bind_stress", tests, CHECK_COUNT(tests));
}
