/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/requests.c - what a request and its reply cost.
 *
 *   requests CONNECTIONS DEPTH SECONDS
 *
 * Two nodes in this process, with a worker each, over tcp+rpc: on each
 * connection one asks the other so many at a time, 64 bytes, with a timeout
 * that does not come.  Prints one line; run it several times and take medians.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <weft/weft.h>

#define PATIENCE_MS 60000u

static const char question[64] = "?";
static uint64_t depth;
static uint64_t ntold; /* atomic, by the asking node's one worker */

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "requests: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static void on_reply(
    struct weft_call *call, const struct weft_reply *reply, void *user);

static void
ask(struct weft_call *call, weft_endpoint to)
{
	int rv;

	rv = weft_request(call, to,
	    (struct weft_bytes){ question, sizeof(question) }, PATIENCE_MS,
	    on_reply, NULL);
	if (rv < 0 && rv != WEFT_ENOENDPOINT && rv != WEFT_ESTATE)
		die("weft_request", weft_strerror(rv));
}

static void
on_reply(struct weft_call *call, const struct weft_reply *reply, void *user)
{
	(void)user;
	if (reply->code != WEFT_OK)
		return; /* it is over */
	__atomic_store_n(&ntold, ntold + 1, __ATOMIC_RELAXED);
	ask(call, reply->from);
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	uint64_t i;

	for (i = 0; i < depth; i++)
		ask(call, from);
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_request_id request;

	(void)from;
	if (weft_call_request(call, &request))
		(void)weft_reply(call, request, msg);
}

static const struct weft_plugin asks =
    WEFT_PLUGIN_INIT(.name = "asks", .opened = on_opened);
static const struct weft_plugin answers =
    WEFT_PLUGIN_INIT(.name = "answers", .message = on_message);

static struct weft_node *
node_start(const struct weft_plugin *plugin)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_node *node;
	struct weft_error err;

	options.workers = 1;
	options.drain_ms = 1000;
	if (weft_node_new(&node, &options, &err) < 0 ||
	    weft_node_add(node, plugin, NULL, &err) < 0 ||
	    weft_node_start(node, &err) < 0)
		die(plugin->name, err.text);
	return node;
}

static void
node_end(struct weft_node *node)
{
	struct weft_error err;

	weft_node_stop(node);
	if (weft_node_join(node, &err) < 0)
		die("weft_node_join", err.text);
	(void)weft_node_free(&node);
}

static uint64_t
told(void)
{
	return __atomic_load_n(&ntold, __ATOMIC_RELAXED);
}

/* Until all stand and caches are warm: each question was answered often. */
static void
warm_up(uint64_t nquestions)
{
	struct timespec time = { .tv_nsec = 1000000 };
	unsigned patience_ms;

	for (patience_ms = PATIENCE_MS; told() < nquestions * 200;
	     patience_ms--) {
		if (patience_ms == 0)
			die("warm-up", "too few replies in a minute");
		(void)nanosleep(&time, NULL);
	}
}

int
main(int argc, char **argv)
{
	uint64_t nconnections, seconds, before, i;
	struct weft_node *from, *to;
	struct weft_bound bound;
	struct weft_error err;
	struct timespec time;
	weft_endpoint name;

	if (argc != 4)
		die("usage", "requests CONNECTIONS DEPTH SECONDS");
	nconnections = strtoull(argv[1], NULL, 10);
	depth = strtoull(argv[2], NULL, 10);
	seconds = strtoull(argv[3], NULL, 10);
	to = node_start(&answers);
	from = node_start(&asks);
	if (weft_node_listen(
		to, "tcp+rpc://127.0.0.1:0", "answers", &bound, &err) < 0)
		die("weft_node_listen", err.text);
	for (i = 0; i < nconnections; i++)
		if (weft_node_connect(from, bound.url, "asks", &name, &err) <
		    0)
			die("weft_node_connect", err.text);
	warm_up(nconnections * depth);
	before = told();
	time = (struct timespec){ .tv_sec = (time_t)seconds };
	(void)nanosleep(&time, NULL);
	(void)printf(
	    "%" PRIu64 " requests a second\n", (told() - before) / seconds);
	node_end(from);
	node_end(to);
	return EXIT_SUCCESS;
}
