/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/flow.h - what all flow tests share: a node in a thread, its log,
 * and waiting for what must happen.
 *
 *	struct flow *flow = flow_new();
 *	struct flow_client *client;
 *
 *	flow->options.max_message = 100;
 *	flow_start(flow, "tcp+varint://127.0.0.1:0", &flow_echo);
 *	client = flow_client_new(&flow->bound[0]);
 *	flow_say(client, "hello");
 *	flow_hear(client, "hello");
 *	flow_client_free(&client);
 *	flow_end(&flow);
 *
 * Nothing here sleeps in order to wait.  Every wait has a deadline, and a test
 * that misses it fails with the words for what it waited for.  An assertion
 * may fail in any thread: Check runs each test in a process of its own, which
 * then ends.
 */
#ifndef TESTS_FLOW_H
#define TESTS_FLOW_H

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <weft/weft.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FLOW_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FLOW_SANITIZED 1
#endif
#endif

/* How long anything may take that must happen.  The only such number. */
#ifdef FLOW_SANITIZED
#define FLOW_DEADLINE_MS 60000
#else
#define FLOW_DEADLINE_MS 20000
#endif

/* How long a test looks on while something must not happen: too short a time
 * can let a fault pass, never fail a node that is right. */
#define FLOW_WINDOW_MS 300

#define FLOW_SITES 4   /* listeners of a node, at most */
#define FLOW_LINES 512 /* log lines kept */

#define FLOW_VARINT "tcp+varint://127.0.0.1:0"

struct flow_line {
	enum weft_log_level level;
	char id[48];
	char text[640];
};

/* A node and the thread that makes, runs and frees it. */
struct flow {
	/* For the test to change before flow_start(). */
	struct weft_options options;
	const char *load; /* a plugin's file, to be loaded first, or NULL */

	/* From flow_start() on. */
	struct weft_node *node; /* NULL once it is freed */
	struct weft_bound bound[FLOW_SITES];

	/* From flow_join() on. */
	int rv; /* what weft_node_run() answered, and its words */
	struct weft_error err;
	uint64_t counters[WEFT_NCOUNTERS]; /* after the run */

	/* Under flow_lock(). */
	struct flow_line lines[FLOW_LINES];
	unsigned nlines; /* all, also those that were not kept */
	bool ready;
	bool ended;

	/* flow.c's own. */
	pthread_t thread;
	unsigned nsites;
	const char *urls[FLOW_SITES];
	const struct weft_plugin *plugins[FLOW_SITES];
};

/* Answers every message with itself. */
extern const struct weft_plugin flow_echo;

/* flow_new() - default options, but 2 workers, every level logged, and the
 * sink flow->lines.  Nothing runs yet. */
struct flow *flow_new(void);

/* flow_add() - one more listener; before flow_start().  plugin NULL: its
 * events are for weft_node_receive(). */
void flow_add(
    struct flow *flow, const char *url, const struct weft_plugin *plugin);

/* flow_start() - flow_add(), then run: clients can connect when it returns.
 * bound[] has the listeners in the order of flow_add(). */
void flow_start(
    struct flow *flow, const char *url, const struct weft_plugin *plugin);

/* flow_begin() - flow_start(), but by weft_node_start(): the node is the
 * calling thread's.  flow_finish() - weft_node_join(), which is to answer
 * WEFT_OK; counters are set, the node is freed.  flow_free() then. */
void flow_begin(
    struct flow *flow, const char *url, const struct weft_plugin *plugin);
void flow_finish(struct flow *flow);

/* flow_join() - wait until the run has ended by itself or by a stop; then
 * rv, err and counters are set, and the node is freed unless it is stuck. */
void flow_join(struct flow *flow);

/* flow_end() - stop, join, expect WEFT_OK, and free; *flowp becomes NULL. */
void flow_end(struct flow **flowp);

/* flow_free() - after flow_join() or flow_finish(). */
void flow_free(struct flow **flowp);

/* flow_count() - a counter of the running node, or of the one that ran. */
uint64_t flow_count(struct flow *flow, enum weft_counter which);

/* flow_wait_count() - until a counter is at least that. */
void flow_wait_count(
    struct flow *flow, enum weft_counter which, uint64_t least);

/* flow_logged() - how many kept lines have that id.  flow_wait_log(): until
 * there is one; returns it. */
unsigned flow_logged(struct flow *flow, const char *id);
const struct flow_line *flow_wait_log(struct flow *flow, const char *id);

/*
 * One lock and one condition for all that tests and handlers tell each other.
 * Whoever changes something under the lock calls flow_notify() with it held.
 */
void flow_lock(void);
void flow_unlock(void);
void flow_notify(void);

/* FLOW_WAIT() - until the condition holds, which is looked at under the lock,
 * at each flow_notify() and now and then besides, for what notifies nobody:
 * counters, /proc.  what: words for the failure. */
#define FLOW_WAIT(condition, what)                                            \
	FLOW_WAIT_MS(condition, FLOW_DEADLINE_MS, what)
#define FLOW_WAIT_MS(condition, ms, what)                                     \
	do {                                                                  \
		struct timespec flow_due_ = flow_due(ms);                     \
                                                                              \
		flow_lock();                                                  \
		while (!(condition))                                          \
			flow_wait_more(&flow_due_, ms, what);                 \
		flow_unlock();                                                \
	} while (0)

/* FLOW_HOLD() - FLOW_WAIT() for a handler that is to be held up until the test
 * says so: longer, so that what fails is what the test waits for meanwhile. */
#define FLOW_HOLD(condition)                                                  \
	FLOW_WAIT_MS(condition, 3 * FLOW_DEADLINE_MS, "the test to go on")

struct timespec flow_due(int ms);
void flow_wait_more(const struct timespec *due, int ms, const char *what);

/* flow_left_ms() - [ms] until then, at least 0. */
int flow_left_ms(const struct timespec *due);

/* flow_descriptors(), flow_threads() - how many this process has; files of
 * /proc do not count. */
unsigned flow_descriptors(void);
unsigned flow_threads(void);

/* flow_now_ms() - [ms] of a clock that only goes forward. */
uint64_t flow_now_ms(void);

/* flow_cpu_ms() - CPU time that this process has used. */
uint64_t flow_cpu_ms(void);

/* flow_heap() - [bytes] that malloc() has given out; 0 under a sanitizer,
 * which has an allocator of its own. */
size_t flow_heap(void);

/* flow_main() - main() of a flow test. */
int flow_main(const char *name, const TTest *const *tests, size_t count);

#define FLOW_MAIN(name, ...)                                                  \
	int main(void)                                                        \
	{                                                                     \
		const TTest *const tests[] = { __VA_ARGS__ };                 \
                                                                              \
		return flow_main(                                             \
		    name, tests, sizeof(tests) / sizeof(tests[0]));           \
	}

#endif
