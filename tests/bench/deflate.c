/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/deflate.c - what permessage-deflate saves and costs, with lines
 * of a chat in JSON.
 *
 *   deflate                                  how small, by itself and with
 *                                            takeover, and the time of it
 *   deflate OPTION SIZE CONNECTIONS DEPTH SECONDS
 *                                            an echo over ws://, with
 *                                            ?deflate=OPTION on both sides
 *
 * The echo: two nodes in this process, with a worker each; so many messages of
 * SIZE on their way on each connection.  Both sides inflate and deflate.
 * Prints one line; run it several times and take medians.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include <weft/weft.h>

#define NLINES 64u
#define LINE_MAX_BYTES 65536u /* [bytes] */
#define PATIENCE_MS 60000u

static char lines[NLINES][LINE_MAX_BYTES];
static size_t lens[NLINES];
static uint64_t depth, nconnections;
static uint64_t nback;  /* atomic, by the asking node's one worker */
static uint64_t nbytes; /* of these, likewise */

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "deflate: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* A line of about size bytes, never the same. */
static void
make_lines(size_t size)
{
	static const char *const words[] = { "hello", "there", "how", "are",
		"you", "doing", "today", "I", "think", "the", "meeting", "was",
		"moved", "to", "friday", "please", "check", "message", "again",
		"later", "thanks", "ok", "lunch", "and", "coffee", "maybe",
		"we", "should", "see", "it" };
	uint32_t i, x;
	size_t n;

	for (i = 0; i < NLINES; i++) {
		n = (size_t)snprintf(lines[i], LINE_MAX_BYTES,
		    "{\"type\":\"message\",\"room\":\"general\",\"id\":%u,"
		    "\"from\":\"user%u\",\"text\":\"",
		    (i + 1) * 7919u % 1000000, (i + 1) % 977);
		x = (i + 1) * 2654435761u;
		while (n + 12 < size) {
			x = x * 1664525u + 1013904223u;
			n += (size_t)snprintf(lines[i] + n, LINE_MAX_BYTES - n,
			    "%s ", words[(x >> 16) % 30]);
		}
		n += (size_t)snprintf(lines[i] + n, LINE_MAX_BYTES - n, "\"}");
		lens[i] = n;
	}
}

/* ---- how small */

static double
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

struct small {
	double ratio;
	double ns; /* a message, the best of five rounds */
};

/* All lines, again and again. */
static struct small
deflate_lines(int level, int bits, int memory, bool takeover)
{
	static uint8_t out[2 * LINE_MAX_BYTES];
	struct small best = { 0, 1e18 };
	uint64_t all = 0, small = 0;
	unsigned round, again, i, times;
	z_stream z = { 0 };
	double begun, ns;

	if (deflateInit2(&z, level, Z_DEFLATED, -bits, memory, 0) != Z_OK)
		die("zlib", "no memory");
	for (i = 0; i < NLINES; i++)
		all += lens[i];
	times = (unsigned)(4000000 / all) + 1;
	for (round = 0; round < 5; round++) {
		begun = now_ns();
		for (again = 0; again < times; again++) {
			(void)deflateReset(&z);
			for (small = 0, i = 0; i < NLINES; i++) {
				z.next_in = (void *)lines[i];
				z.avail_in = (uInt)lens[i];
				z.next_out = out;
				z.avail_out = sizeof(out);
				(void)deflate(&z, Z_SYNC_FLUSH);
				small += sizeof(out) - z.avail_out - 4;
				if (!takeover)
					(void)deflateReset(&z);
			}
		}
		ns = (now_ns() - begun) / times / NLINES;
		best.ns = ns < best.ns ? ns : best.ns;
	}
	best.ratio = (double)small / (double)all;
	(void)deflateEnd(&z);
	return best;
}

static int
say_ratios(void)
{
	static const size_t sizes[] = { 64, 128, 256, 512, 1024, 4096, 16384 };
	static const int levels[] = { 1, 6 };
	struct small alone, takeover;
	size_t i, l;

	printf("size  level  by itself  ns      with takeover  ns\n");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (l = 0; l < 2; l++) {
			make_lines(sizes[i]);
			alone = deflate_lines(levels[l], 15, 6, false);
			takeover = deflate_lines(levels[l], 15, 8, true);
			printf("%-5zu %-6d %-10.2f %-7.0f %-14.2f %.0f\n",
			    lens[0], levels[l], alone.ratio, alone.ns,
			    takeover.ratio, takeover.ns);
		}
	return EXIT_SUCCESS;
}

/* ---- the echo */

static void
say(struct weft_call *call, weft_endpoint to)
{
	unsigned i = (unsigned)(nback % NLINES);

	(void)weft_send_text(
	    call, to, (struct weft_bytes){ lines[i], lens[i] });
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	uint64_t i;

	for (i = 0; i < depth; i++)
		say(call, from);
}

static void
on_back(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	__atomic_store_n(&nbytes, nbytes + msg.len, __ATOMIC_RELAXED);
	__atomic_store_n(&nback, nback + 1, __ATOMIC_RELAXED);
	say(call, from);
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)weft_send_text(call, from, msg);
}

static const struct weft_plugin asks =
    WEFT_PLUGIN_INIT(.name = "asks", .opened = on_opened, .message = on_back);
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
back(void)
{
	return __atomic_load_n(&nback, __ATOMIC_RELAXED);
}

static void
connect_all(struct weft_node *node, const char *url, const char *option)
{
	struct weft_error err;
	weft_endpoint to;
	char whole[320];
	uint64_t i;

	(void)snprintf(whole, sizeof(whole), "%s?deflate=%s", url, option);
	for (i = 0; i < nconnections; i++)
		if (weft_node_connect(node, whole, "asks", &to, &err) < 0)
			die(whole, err.text);
}

/* Until all stand and caches are warm. */
static void
warm_up(void)
{
	struct timespec time = { .tv_nsec = 1000000 };
	unsigned patience_ms;

	for (patience_ms = PATIENCE_MS;
	     back() < nconnections * depth * 50 && patience_ms > 0;
	     patience_ms--)
		(void)nanosleep(&time, NULL);
	if (patience_ms == 0)
		die("warm up", "expected answers, found none in time");
}

static int
say_echo(char **argv)
{
	struct weft_node *server = node_start(&answers), *client;
	struct weft_bound bound;
	struct weft_error err;
	struct timespec time;
	uint64_t from, to, bytes, wire;
	char url[64];

	make_lines((size_t)strtoull(argv[2], NULL, 10));
	nconnections = strtoull(argv[3], NULL, 10);
	depth = strtoull(argv[4], NULL, 10);
	time = (struct timespec){ .tv_sec = atoi(argv[5]) };
	(void)snprintf(
	    url, sizeof(url), "ws://127.0.0.1:0?deflate=%s", argv[1]);
	if (weft_node_listen(server, url, "answers", &bound, &err) < 0)
		die(url, err.text);
	client = node_start(&asks);
	connect_all(client, bound.url, argv[1]);
	warm_up();
	from = back();
	bytes = __atomic_load_n(&nbytes, __ATOMIC_RELAXED);
	wire = weft_node_counter(server, WEFT_COUNTER_bytes_out);
	(void)nanosleep(&time, NULL);
	to = back();
	bytes = __atomic_load_n(&nbytes, __ATOMIC_RELAXED) - bytes;
	wire = weft_node_counter(server, WEFT_COUNTER_bytes_out) - wire;
	printf("deflate=%s, %zu bytes, %s connections, %s at a time: %.0f "
	       "messages/s, on the wire %.2f\n",
	    argv[1], lens[0], argv[3], argv[4],
	    (double)(to - from) / (double)time.tv_sec,
	    (double)wire / (double)bytes);
	node_end(client);
	node_end(server);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	if (argc == 1)
		return say_ratios();
	if (argc == 6 && atoi(argv[5]) > 0 && atoi(argv[2]) > 0 &&
	    (size_t)atoi(argv[2]) < LINE_MAX_BYTES)
		return say_echo(argv);
	die("usage", "deflate [OPTION SIZE CONNECTIONS DEPTH SECONDS]");
}
