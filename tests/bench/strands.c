/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/strands.c - what signals between strands cost, and timers.
 *
 *   strands signals SECONDS   one strand tells another, on another worker, as
 *                             much as that takes
 *   strands rooms N           N rooms that are always busy, 20 us an event
 *   strands timers PENDING    set and cancel, set and tell, with that many
 *                             others pending
 *
 * Prints one line a measurement; run it several times and take medians.
 */
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weft/weft.h>

#define ROOMS 16u
#define BURN_NS 20000u
#define ROUNDS 200000u /* timers that are set and cancelled */
#define BATCH 64u      /* of them between two looks of the I/O thread */

struct side {
	weft_strand peer;
	uint64_t ntold; /* its strand only */
	uint64_t nfar;  /* of these, from another worker */
};

static _Thread_local int here; /* its address is the thread's */

static struct weft_node *node;
static sem_t done;
static uint64_t seconds, npending, ntold, nfull;
static uint32_t over; /* atomic */

static uint64_t
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
die(const char *what, int rv)
{
	fprintf(stderr, "strands: %s: %s\n", what, weft_strerror(rv));
	exit(EXIT_FAILURE);
}

static void
must(const char *what, int rv)
{
	if (rv < 0)
		die(what, rv);
}

/* ---- signals: one strand tells another as much as that takes */

static void
flood(struct weft_call *call, const struct weft_signal *signal)
{
	struct side *side = weft_call_strand_state(call);
	const int *mine = &here, *from;
	struct weft_signal next = { .kind = 1,
		.bytes = { &mine, sizeof(mine) } };

	if (signal->kind == 1) {
		memcpy(&from, signal->bytes.data, sizeof(from));
		side->ntold++;
		side->nfar += from != mine;
		return;
	}
	/* It holds its worker: the other strand is on another. */
	while (__atomic_load_n(&over, __ATOMIC_RELAXED) == 0)
		if (weft_signal(side->peer, &next) == WEFT_EFULL)
			nfull++;
}

static const struct weft_plugin signals_plugin =
    WEFT_PLUGIN_INIT(.name = "signals", .signal = flood);

static void
bench_signals(void)
{
	const struct timespec length = { .tv_sec = (time_t)seconds };
	static struct side sides[2];
	weft_strand strands[2];
	struct weft_signal signal = { .kind = 2 };
	struct weft_error err;
	uint64_t began;
	unsigned i;

	for (i = 0; i < 2; i++)
		must("strand",
		    weft_node_strand_new(
			node, "signals", NULL, &sides[i], &strands[i]));
	sides[0].peer = strands[1];
	must("signal", weft_signal(strands[0], &signal));
	began = now_ns();
	if (weft_node_start(node, &err) < 0)
		die("start", err.code);
	(void)nanosleep(&length, NULL); /* the length of the measurement */
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	weft_node_stop(node);
	if (weft_node_join(node, &err) < 0)
		die("join", err.code);
	began = now_ns() - began;
	printf("signals/s %.0f  of these from another worker %.3f  refused "
	       "%" PRIu64 "\n",
	    (double)sides[1].ntold * 1e9 / (double)began,
	    (double)sides[1].nfar / (double)sides[1].ntold, nfull);
}

/* ---- rooms: each tells itself, and burns */

static void
burn(struct weft_call *call, const struct weft_signal *signal)
{
	struct side *room = weft_call_strand_state(call);
	uint64_t until = now_ns() + BURN_NS;

	while (now_ns() < until)
		continue;
	room->ntold++;
	(void)weft_signal(weft_strand_of(call), signal);
}

static const struct weft_plugin rooms_plugin =
    WEFT_PLUGIN_INIT(.name = "rooms", .signal = burn);

static void
bench_rooms(uint64_t nrooms)
{
	const struct timespec length = { .tv_sec = 2 };
	static struct side rooms[ROOMS];
	struct weft_signal signal = { .kind = 1 };
	struct weft_error err;
	weft_strand strand;
	uint64_t began, sum = 0, i;

	for (i = 0; i < nrooms && i < ROOMS; i++) {
		must("strand",
		    weft_node_strand_new(
			node, "rooms", NULL, &rooms[i], &strand));
		must("signal", weft_signal(strand, &signal));
	}
	began = now_ns();
	if (weft_node_start(node, &err) < 0)
		die("start", err.code);
	(void)nanosleep(&length, NULL); /* the length of the measurement */
	weft_node_stop(node);
	if (weft_node_join(node, &err) < 0)
		die("join", err.code);
	began = now_ns() - began;
	for (i = 0; i < ROOMS; i++)
		sum += rooms[i].ntold;
	printf("rooms %" PRIu64 "  events/s %.0f\n", nrooms,
	    (double)sum * 1e9 / (double)began);
}

/* ---- timers */

static void
time_timers(struct weft_call *call)
{
	weft_strand strand = weft_strand_of(call);
	struct weft_signal signal = { .kind = 2 };
	weft_timer timers[BATCH];
	uint64_t began = now_ns();
	unsigned i, j;

	for (i = 0; i < ROUNDS; i += BATCH) {
		for (j = 0; j < BATCH; j++)
			must("after",
			    weft_signal_after(
				strand, 30000 + j * 100, &signal, &timers[j]));
		for (j = 0; j < BATCH; j++)
			must("cancel", weft_cancel(timers[j]));
	}
	printf("set+cancel %.1f ns a pair, here\n",
	    (double)(now_ns() - began) / ROUNDS);
}

static void
timers_told(struct weft_call *call, const struct weft_signal *signal)
{
	struct weft_signal next = { .kind = 3 };
	static uint64_t began;
	unsigned i;

	if (signal->kind == 1) {
		time_timers(call);
		began = now_ns();
		for (i = 0; i < ROUNDS; i++)
			must("after",
			    weft_signal_after(
				weft_strand_of(call), 1, &next, NULL));
	} else if (signal->kind == 3 && ++ntold == ROUNDS) {
		printf("set+tell %.1f ns a timer, all threads\n",
		    (double)(now_ns() - began) / ROUNDS);
		(void)sem_post(&done);
	}
}

static const struct weft_plugin timers_plugin =
    WEFT_PLUGIN_INIT(.name = "timers", .signal = timers_told);

static void
bench_timers(void)
{
	struct weft_signal signal = { .kind = 2 };
	struct weft_error err;
	weft_strand strand;
	uint64_t i, fired;

	must("strand",
	    weft_node_strand_new(node, "timers", NULL, NULL, &strand));
	if (weft_node_start(node, &err) < 0)
		die("start", err.code);
	for (i = 0; i < npending; i++)
		must("after",
		    weft_signal_after(
			strand, 600000 + (uint32_t)(i * 37), &signal, NULL));
	signal.kind = 1;
	must("signal", weft_signal(strand, &signal));
	(void)sem_wait(&done);
	fired = weft_node_counter(node, WEFT_COUNTER_timers_fired);
	weft_node_stop(node);
	if (weft_node_join(node, &err) < 0)
		die("join", err.code);
	if (fired < ROUNDS)
		die("too few", WEFT_ESTATE);
}

int
main(int argc, char **argv)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	const struct weft_plugin *plugin = NULL;
	struct weft_error err;
	uint64_t n;

	if (argc == 3)
		plugin = strcmp(argv[1], "signals") == 0 ? &signals_plugin :
		    strcmp(argv[1], "rooms") == 0        ? &rooms_plugin :
		    strcmp(argv[1], "timers") == 0       ? &timers_plugin :
							   NULL;
	if (plugin == NULL) {
		fprintf(stderr,
		    "usage: strands signals SECONDS | strands rooms N | "
		    "strands timers PENDING\n");
		return EXIT_FAILURE;
	}
	n = seconds = npending = strtoull(argv[2], NULL, 10);
	options.workers = 2;
	if (sem_init(&done, 0, 0) < 0 ||
	    weft_node_new(&node, &options, &err) < 0 ||
	    weft_node_add(node, plugin, NULL, &err) < 0)
		return EXIT_FAILURE;
	if (plugin == &signals_plugin)
		bench_signals();
	else if (plugin == &rooms_plugin)
		bench_rooms(n);
	else
		bench_timers();
	return weft_node_free(&node) == WEFT_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
