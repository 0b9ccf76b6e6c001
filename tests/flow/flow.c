/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/flow.c - a node in a thread, its log, and waiting.
 *
 * thread: the node is made, run and freed by one thread, as weft/node.h asks;
 * everything else is the test's.
 */
#include "flow.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLOW_LOOK_MS 2        /* look again after this, if nobody notifies */
#define FLOW_TEST_SECONDS 240 /* then Check ends a test that hangs */

static pthread_mutex_t flow_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t flow_cond;
static pthread_once_t flow_once = PTHREAD_ONCE_INIT;

static void flow_on_line(
    void *arg, enum weft_log_level level, const char *id, const char *text);
static void *flow_run(void *arg);

static void
echo_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)weft_send(call, from, msg);
}

const struct weft_plugin flow_echo =
    WEFT_PLUGIN_INIT(.name = "echo", .message = echo_message);

/* ---- waiting */

static void
flow_set_up(void)
{
	pthread_condattr_t attr;

	ck_assert_int_eq(pthread_condattr_init(&attr), 0);
	ck_assert_int_eq(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), 0);
	ck_assert_int_eq(pthread_cond_init(&flow_cond, &attr), 0);
	ck_assert_int_eq(pthread_condattr_destroy(&attr), 0);
}

void
flow_lock(void)
{
	ck_assert_int_eq(pthread_once(&flow_once, flow_set_up), 0);
	ck_assert_int_eq(pthread_mutex_lock(&flow_mutex), 0);
}

void
flow_unlock(void)
{
	ck_assert_int_eq(pthread_mutex_unlock(&flow_mutex), 0);
}

void
flow_notify(void)
{
	ck_assert_int_eq(pthread_cond_broadcast(&flow_cond), 0);
}

struct timespec
flow_due(int ms)
{
	struct timespec due;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &due), 0);
	due.tv_sec += ms / 1000;
	due.tv_nsec += ms % 1000 * 1000000L;
	if (due.tv_nsec >= 1000000000L) {
		due.tv_sec++;
		due.tv_nsec -= 1000000000L;
	}
	return due;
}

int
flow_left_ms(const struct timespec *due)
{
	struct timespec now = flow_due(0);
	int64_t left;

	left = (int64_t)(due->tv_sec - now.tv_sec) * 1000 +
	    (due->tv_nsec - now.tv_nsec) / 1000000;
	return left < 0 ? 0 : (int)left;
}

void
flow_wait_more(const struct timespec *due, int ms, const char *what)
{
	struct timespec look = flow_due(FLOW_LOOK_MS);

	if (flow_left_ms(due) == 0) {
		flow_unlock();
		ck_abort_msg("waited %d ms for %s", ms, what);
	}
	(void)pthread_cond_timedwait(&flow_cond, &flow_mutex, &look);
}

/* ---- the node */

struct flow *
flow_new(void)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	ck_assert_ptr_nonnull(flow);
	flow->options = (struct weft_options)WEFT_OPTIONS_INIT;
	flow->options.workers = 2;
	flow->options.log = flow_on_line;
	flow->options.log_arg = flow;
	flow->options.log_level = WEFT_LOG_DEBUG;
	return flow;
}

static void
flow_on_line(
    void *arg, enum weft_log_level level, const char *id, const char *text)
{
	struct flow *flow = arg;
	struct flow_line *line;

	flow_lock();
	if (flow->nlines < FLOW_LINES) {
		line = &flow->lines[flow->nlines];
		line->level = level;
		strncpy(line->id, id, sizeof(line->id) - 1);
		strncpy(line->text, text, sizeof(line->text) - 1);
	}
	flow->nlines++;
	flow_notify();
	flow_unlock();
}

void
flow_add(struct flow *flow, const char *url, const struct weft_plugin *plugin)
{
	ck_assert_uint_lt(flow->nsites, FLOW_SITES);
	flow->urls[flow->nsites] = url;
	flow->plugins[flow->nsites] = plugin;
	flow->nsites++;
}

/* Was this plugin given for an earlier listener already? */
static bool
flow_has(const struct flow *flow, unsigned site)
{
	unsigned i;

	for (i = 0; i < site; i++)
		if (flow->plugins[i] == flow->plugins[site])
			return true;
	return false;
}

static void
flow_make(struct flow *flow)
{
	struct weft_error *err = &flow->err;
	unsigned i;
	int rv;

	rv = weft_node_new(&flow->node, &flow->options, err);
	ck_assert_msg(rv == WEFT_OK, "weft_node_new: %s", err->text);
	if (flow->load != NULL)
		rv = weft_node_load(flow->node, flow->load, NULL, err);
	ck_assert_msg(rv == WEFT_OK, "weft_node_load: %s", err->text);
	for (i = 0; i < flow->nsites; i++) {
		rv = flow->plugins[i] == NULL || flow_has(flow, i) ?
		    WEFT_OK :
		    weft_node_add(flow->node, flow->plugins[i], NULL, err);
		ck_assert_msg(rv == WEFT_OK, "weft_node_add: %s", err->text);
		rv = weft_node_listen(flow->node, flow->urls[i],
		    flow->plugins[i] == NULL ? WEFT_PULL :
					       flow->plugins[i]->name,
		    &flow->bound[i], err);
		ck_assert_msg(
		    rv == WEFT_OK, "weft_node_listen: %s", err->text);
	}
}

static void *
flow_run(void *arg)
{
	struct flow *flow = arg;
	struct weft_node *node;
	unsigned i;

	flow_make(flow);
	flow_lock();
	flow->ready = true;
	flow_notify();
	flow_unlock();
	flow->rv = weft_node_run(flow->node, &flow->err);
	for (i = 0; i < WEFT_NCOUNTERS; i++)
		flow->counters[i] = weft_node_counter(flow->node, i);
	flow_lock();
	node = flow->node;
	if (flow->rv != WEFT_ESTUCK)
		flow->node = NULL;
	flow_unlock();
	if (flow->rv != WEFT_ESTUCK)
		ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	flow_lock();
	flow->ended = true;
	flow_notify();
	flow_unlock();
	return NULL;
}

void
flow_start(
    struct flow *flow, const char *url, const struct weft_plugin *plugin)
{
	flow_add(flow, url, plugin);
	ck_assert_int_eq(
	    pthread_create(&flow->thread, NULL, flow_run, flow), 0);
	FLOW_WAIT(flow->ready, "the listeners");
	/* What a start opens for a moment is closed by then. */
	FLOW_WAIT(flow->ended ||
		weft_node_counter(flow->node, WEFT_COUNTER_workers_now) > 0,
	    "the workers");
}

void
flow_begin(
    struct flow *flow, const char *url, const struct weft_plugin *plugin)
{
	int rv;

	flow_add(flow, url, plugin);
	flow_make(flow);
	rv = weft_node_start(flow->node, &flow->err);
	ck_assert_msg(rv == WEFT_OK, "weft_node_start: %s", flow->err.text);
}

void
flow_finish(struct flow *flow)
{
	struct weft_node *node = flow->node;
	unsigned i;

	flow->rv = weft_node_join(node, &flow->err);
	ck_assert_msg(
	    flow->rv == WEFT_OK, "weft_node_join: %s", flow->err.text);
	for (i = 0; i < WEFT_NCOUNTERS; i++)
		flow->counters[i] = weft_node_counter(node, i);
	flow_lock();
	flow->node = NULL;
	flow_unlock();
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}

void
flow_join(struct flow *flow)
{
	FLOW_WAIT(flow->ended, "weft_node_run() to return");
	ck_assert_int_eq(pthread_join(flow->thread, NULL), 0);
}

void
flow_free(struct flow **flowp)
{
	free(*flowp);
	*flowp = NULL;
}

void
flow_end(struct flow **flowp)
{
	struct flow *flow = *flowp;

	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_msg(flow->rv == WEFT_OK, "weft_node_run answered %s: %s",
	    weft_errname(flow->rv), flow->err.text);
	flow_free(flowp);
}

/* ---- what it says */

static uint64_t
flow_count_locked(struct flow *flow, enum weft_counter which)
{
	return flow->node != NULL ? weft_node_counter(flow->node, which) :
				    flow->counters[which];
}

uint64_t
flow_count(struct flow *flow, enum weft_counter which)
{
	uint64_t count;

	flow_lock();
	count = flow_count_locked(flow, which);
	flow_unlock();
	return count;
}

void
flow_wait_count(struct flow *flow, enum weft_counter which, uint64_t least)
{
	char what[96];

	(void)snprintf(what, sizeof(what), "counter %s to be %llu or more",
	    weft_counter_info(which)->name, (unsigned long long)least);
	FLOW_WAIT(flow_count_locked(flow, which) >= least, what);
}

static const struct flow_line *
flow_find_locked(struct flow *flow, const char *id, unsigned *count)
{
	const struct flow_line *first = NULL;
	unsigned i;

	*count = 0;
	for (i = 0; i < flow->nlines && i < FLOW_LINES; i++) {
		if (strcmp(flow->lines[i].id, id) != 0)
			continue;
		if (first == NULL)
			first = &flow->lines[i];
		(*count)++;
	}
	return first;
}

unsigned
flow_logged(struct flow *flow, const char *id)
{
	unsigned count;

	flow_lock();
	(void)flow_find_locked(flow, id, &count);
	flow_unlock();
	return count;
}

const struct flow_line *
flow_wait_log(struct flow *flow, const char *id)
{
	const struct flow_line *line;
	char what[96];
	unsigned count;

	(void)snprintf(what, sizeof(what), "a log line %s", id);
	FLOW_WAIT((line = flow_find_locked(flow, id, &count)) != NULL, what);
	return line;
}

/* ---- the process */

static unsigned
flow_entries(const char *path, bool (*counts)(int dir, const char *name))
{
	struct dirent *entry;
	unsigned count = 0;
	DIR *dir = opendir(path);

	ck_assert_msg(dir != NULL, "%s cannot be read", path);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.' &&
		    counts(dirfd(dir), entry->d_name);
	ck_assert_int_eq(closedir(dir), 0);
	return count;
}

/* Files of /proc are open for a moment: ours here, and the node's when it
 * looks at a thread that a handler holds. */
static bool
flow_stays_open(int dir, const char *name)
{
	char target[8];
	ssize_t len = readlinkat(dir, name, target, sizeof(target));

	return len > 0 && (len < 6 || memcmp(target, "/proc/", 6) != 0);
}

static bool
flow_any(int dir, const char *name)
{
	(void)dir;
	(void)name;
	return true;
}

unsigned
flow_descriptors(void)
{
	return flow_entries("/proc/self/fd", flow_stays_open);
}

unsigned
flow_threads(void)
{
	return flow_entries("/proc/self/task", flow_any);
}

uint64_t
flow_now_ms(void)
{
	struct timespec now;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
flow_cpu_ms(void)
{
	struct timespec used;

	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
	return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}

size_t
flow_heap(void)
{
#ifdef FLOW_SANITIZED
	return 0;
#else
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#endif
}

int
flow_main(const char *name, const TTest *const *tests, size_t count)
{
	SRunner *runner;
	Suite *suite;
	TCase *tcase;
	size_t i;
	int failed;

	suite = suite_create(name);
	tcase = tcase_create(name);
	tcase_set_timeout(tcase, FLOW_TEST_SECONDS);
	for (i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	/* A run that ran nothing is not a run that passed. */
	failed = srunner_ntests_failed(runner) != 0 ||
	    srunner_ntests_run(runner) == 0;
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
