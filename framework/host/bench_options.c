/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/bench_options.c - the command line of weft bench.
 *
 * thread: main.
 */
#include "host/bench.h"

#include <argp.h>
#include <stdlib.h>

#include "host/usage.h"

#define SECOND UINT64_C(1000000000)

enum {
	KEY_RATE = 0x100,
	KEY_DEADLINE,
	KEY_SOURCES,
	KEY_IDLE,
	KEY_JSON,
	KEY_TIMEOUT
};

static const char options_doc[] =
    "Put load on an echo server, check every reply (content and order), and "
    "print messages per second and latencies."
    "\v"
    "URL is tcp+CODEC://HOST:PORT, or tcp://HOST:PORT for a byte stream; "
    "ws://HOST:PORT/PATH; "
    "unix+CODEC:///PATH; or udp://HOST:PORT, where up to 1 % of the messages "
    "may be lost.  T "
    "is in seconds, or says its unit: 300ms, 2m.\n\n"
    "Without --rate the loop is closed: each connection always has D messages "
    "on their way, and a reply makes room for the next.  With --rate it is "
    "open: messages are due at fixed times whatever the server does, and "
    "latency counts from the time a message was due, so a server that stalls "
    "cannot hide it; --depth then is a limit that is not there by default.\n\n"
    "A reply that is wrong, missing or out of order, or a connection that "
    "breaks, is reported and makes the exit status 1.";

static const struct argp_option options_table[] = {
	{ .name = "connections",
	    .key = 'c',
	    .arg = "N",
	    .doc = "Connections at a time (1)" },
	{ .name = "depth",
	    .key = 'd',
	    .arg = "D",
	    .doc = "Unanswered messages per connection (1)" },
	{ .name = "size",
	    .key = 's',
	    .arg = "S",
	    .doc = "Bytes per message (64)" },
	{ .name = "duration",
	    .key = 't',
	    .arg = "T",
	    .doc = "Measure that long (5)" },
	{ .name = "warmup",
	    .key = 'w',
	    .arg = "T",
	    .doc = "Put load on that long before (0)" },
	{ .name = "rate",
	    .key = KEY_RATE,
	    .arg = "R",
	    .doc = "Open loop: R messages per second over all connections" },
	{ .name = "deadline",
	    .key = KEY_DEADLINE,
	    .arg = "T",
	    .doc = "Open loop: count the replies that come within T of the "
		   "time they were due; others, and those that never come, "
		   "are no error" },
	{ .name = "sources",
	    .key = KEY_SOURCES,
	    .arg = "K",
	    .doc = "Come from 127.0.0.1 .. 127.0.0.K in turn, for more "
		   "connections than one address has ports" },
	{ .name = "idle",
	    .key = KEY_IDLE,
	    .doc = "Only connect and hold until the duration ends or SIGINT "
		   "comes" },
	{ .name = "timeout",
	    .key = KEY_TIMEOUT,
	    .arg = "T",
	    .doc = "Wait that long for all to connect, and for the last "
		   "replies (10)" },
	{ .name = "json", .key = KEY_JSON, .doc = "Print one JSON object" },
	{ .name = NULL }
};

/* WEFT_OK, or the error of a value that cannot be used. */
static int
options_value(struct wi_bench_options *o, int key, const char *arg,
    struct weft_error *err)
{
	uint64_t rate = 0;
	int rc;

	switch (key) {
	case 'c':
		return wi_usage_number(
		    "--connections", arg, 1, 1000000, &o->connections, err);
	case 'd':
		return wi_usage_number(
		    "--depth", arg, 1, 1000000, &o->depth, err);
	case 's':
		return wi_usage_number(
		    "--size", arg, 0, 256u << 20, &o->size, err);
	case 't':
		return wi_usage_duration("--duration", arg, &o->duration, err);
	case 'w':
		return wi_usage_duration("--warmup", arg, &o->warmup, err);
	case KEY_TIMEOUT:
		return wi_usage_duration("--timeout", arg, &o->timeout, err);
	case KEY_DEADLINE:
		return wi_usage_duration("--deadline", arg, &o->deadline, err);
	case KEY_SOURCES:
		return wi_usage_number(
		    "--sources", arg, 1, 254, &o->sources, err);
	default: /* KEY_RATE */
		rc = wi_usage_number("--rate", arg, 1, 100000000, &rate, err);
		o->rate = (double)rate;
		return rc;
	}
}

static error_t
options_parse(int key, char *arg, struct argp_state *state)
{
	struct wi_bench_options *o = state->input;
	struct weft_error err;

	switch (key) {
	case KEY_IDLE:
		o->idle = 1;
		return 0;
	case KEY_JSON:
		o->json = 1;
		return 0;
	case ARGP_KEY_ARG:
		if (o->url != NULL)
			argp_error(state,
			    "expected one URL, found a second:"
			    " \"%s\"",
			    arg);
		o->url = arg;
		return 0;
	case ARGP_KEY_END:
		if (o->url == NULL)
			argp_error(state, "expected the URL of a server");
		else if (o->deadline != 0 && o->rate == 0)
			argp_error(state, "--deadline: expected --rate");
		else if (o->deadline != 0 && o->size < WI_BENCH_LOSABLE_MIN)
			argp_error(state,
			    "--deadline: expected --size of %u or more, "
			    "found %u",
			    WI_BENCH_LOSABLE_MIN, (unsigned)o->size);
		return 0;
	case 'c':
	case 'd':
	case 's':
	case 't':
	case 'w':
	case KEY_RATE:
	case KEY_DEADLINE:
	case KEY_SOURCES:
	case KEY_TIMEOUT:
		if (options_value(o, key, arg, &err) != WEFT_OK)
			argp_error(state, "%s", err.text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void
wi_bench_options(struct wi_bench_options *options, int argc, char **argv)
{
	static const struct argp argp = { .options = options_table,
		.parser = options_parse,
		.args_doc = "URL",
		.doc = options_doc };

	*options = (struct wi_bench_options){ .connections = 1,
		.size = 64,
		.duration = 5 * SECOND,
		.timeout = 10 * SECOND };
	argp_err_exit_status = WI_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, options);
	if (options->depth == 0 && options->rate == 0)
		options->depth = 1;
	if (options->idle) {
		options->warmup = 0;
		options->rate = 0;
	}
}
