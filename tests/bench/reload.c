/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/reload.c - how long a plugin is held up when it is reloaded.
 *
 *	reload [ENDPOINTS [TIMES]]	(10000, 11)
 *
 * So many connections, each with a state that save_endpoint() and
 * load_endpoint() hand over; versions 1 and 2 of tests/plugins/ledger.c take
 * turns.  A line for each reload, then the medians.  "rest" is the pause
 * without what the plugin's own callbacks took, and without the trial.
 *
 * thread: main, beside a node's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <weft/weft.h>

#include "../flow/reload_rig.h"
#include "../unit/check_main.h"

#define TIMES_MAX 101

struct times {
	double wait, pause, save, trial, load, rest; /* [ms] */
};

static int
by_value(const void *one, const void *other)
{
	const double *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

static double
median(const struct times *all, unsigned n, size_t member)
{
	double values[TIMES_MAX];
	unsigned i;

	for (i = 0; i < n; i++)
		memcpy(&values[i], (const char *)&all[i] + member,
		    sizeof(double));
	qsort(values, n, sizeof(double), by_value);
	return values[n / 2];
}

static void
say(const char *name, const struct times *times)
{
	printf("%-8s wait %6.2f  pause %6.2f = save %6.2f + trial %6.2f + "
	       "load %6.2f + rest %6.2f ms\n",
	    name, times->wait, times->pause, times->save, times->trial,
	    times->load, times->rest);
}

static struct times
times_of(const struct weft_reloaded *done)
{
	struct times times = { .wait = (double)done->wait_ns / 1e6,
		.pause = (double)done->pause_ns / 1e6,
		.save = (double)done->save_ns / 1e6,
		.trial = (double)done->trial_ns / 1e6,
		.load = (double)done->load_ns / 1e6 };

	times.rest = times.pause - times.save - times.trial - times.load;
	return times;
}

static unsigned nendpoints = 10000, ntimes = 11;

/* A test, since what it shares with tests asserts as tests do. */
START_TEST(pauses)
{
	struct flow_client **clients = calloc(nendpoints, sizeof(*clients));
	struct rlimit limit;
	struct times all[TIMES_MAX] = { { 0 } }, mid;
	struct weft_reloaded done;
	struct reload_rig rig;
	char name[48];
	unsigned i;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	rig_start(&rig, FLOW_VARINT);
	for (i = 0; i < nendpoints; i++) {
		clients[i] = flow_client_new(&rig.bound);
		(void)snprintf(name, sizeof(name), "1 %u 1 0 0", i + 1);
		rig_count(clients[i], name);
	}
	for (i = 0; i < ntimes; i++) {
		done =
		    rig_reload(&rig, i % 2 == 0 ? "ledger_two" : "ledger_one");
		ck_assert_uint_eq(done.endpoints, nendpoints);
		all[i] = times_of(&done);
		(void)snprintf(name, sizeof(name), "%u", i + 1);
		say(name, &all[i]);
	}
	mid = (struct times){
		median(all, ntimes, offsetof(struct times, wait)),
		median(all, ntimes, offsetof(struct times, pause)),
		median(all, ntimes, offsetof(struct times, save)),
		median(all, ntimes, offsetof(struct times, trial)),
		median(all, ntimes, offsetof(struct times, load)),
		median(all, ntimes, offsetof(struct times, rest)),
	};
	say("medians", &mid);
	for (i = 0; i < nendpoints; i++)
		flow_client_free(&clients[i]);
	flow_end(&rig.flow);
	free(clients);
}
END_TEST

int
main(int argc, char **argv)
{
	const TTest *const tests[] = { pauses };

	if (argc > 1)
		nendpoints = (unsigned)atoi(argv[1]);
	if (argc > 2)
		ntimes = (unsigned)atoi(argv[2]);
	if (ntimes < 1 || ntimes > TIMES_MAX ||
	    setenv("CK_DEFAULT_TIMEOUT", "300", 0) < 0)
		return EXIT_FAILURE;
	return check_main("reload", tests, CHECK_COUNT(tests));
}
