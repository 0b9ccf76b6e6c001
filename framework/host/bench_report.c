/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/bench_report.c - the figures of weft bench, for people and as JSON.
 *
 * thread: main.
 */
#include "host/bench.h"

#include <inttypes.h>
#include <stdio.h>

/* The percentiles that are shown. */
static const struct {
	const char *text;
	const char *key;
	double share;
} report_shares[] = { { "p50", "p50", 0.5 }, { "p90", "p90", 0.9 },
	{ "p99", "p99", 0.99 }, { "p99.9", "p99_9", 0.999 },
	{ "max", "max", 1.0 } };

#define SHARES (sizeof(report_shares) / sizeof(report_shares[0]))

static double
report_us(const struct wi_histogram *h, double share)
{
	return (double)wi_histogram_at(h, share) / 1e3;
}

static double
report_seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* A figure per second; 0 if no time was measured. */
static double
report_rate(const struct wi_bench *b, double figure)
{
	uint64_t ns = b->figures.elapsed;

	return ns == 0 ? 0.0 : figure / report_seconds(ns);
}

static double
report_cpu_ns(const struct wi_bench *b)
{
	uint64_t n = b->figures.messages;

	return n == 0 ? 0.0 : b->figures.cpu * 1e9 / (double)n;
}

static void
report_latency(const char *what, const struct wi_histogram *h)
{
	size_t i;

	printf("%-12s", what);
	for (i = 0; i < SHARES; i++)
		printf("%s%s %.1f", i == 0 ? "" : "   ", report_shares[i].text,
		    report_us(h, report_shares[i].share));
	printf("\n");
}

static void
report_human(const struct wi_bench *b)
{
	const struct wi_bench_options *o = &b->options;
	const struct wi_bench_figures *f = &b->figures;
	double per_s = report_rate(b, (double)f->messages);

	printf("%s %s\n", WI_BENCH_NAME, o->url);
	if (o->idle) {
		printf("%-12s%" PRIu64 " connections held for %.1f s\n",
		    "idle", o->connections, report_seconds(f->elapsed));
	} else {
		printf("%-12s%" PRIu64 " connections   depth ", "load",
		    o->connections);
		if (o->depth == 0)
			printf("any");
		else
			printf("%" PRIu64, o->depth);
		printf("   %" PRIu64 " bytes   ", o->size);
		if (o->rate == 0)
			printf("closed loop\n");
		else
			printf("open loop, %.0f/s\n", o->rate);
		printf("%-12s%.0f/s   %.1f MB/s each way   %" PRIu64
		       " in %.1f s\n",
		    "messages", per_s, per_s * (double)o->size / 1e6,
		    f->messages, report_seconds(f->elapsed));
		report_latency("latency us", &f->latency);
		if (o->rate != 0)
			report_latency("sent late", &f->late);
		printf("%-12s%.2f of a core   %.0f ns per message\n",
		    "own cpu", report_rate(b, f->cpu), report_cpu_ns(b));
	}
	if (o->deadline != 0)
		printf("%-12s%.0f/s within %.0f ms\n", "in time",
		    report_rate(b, (double)f->in_time),
		    (double)o->deadline / 1e6);
	printf("%-12s%" PRIu64 " wrong   %" PRIu64 " lost   %" PRIu64
	       " connections broken\n",
	    "errors", f->wrong, f->lost, f->closed);
}

static void
report_string(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20)
			printf("\\u%04x", (unsigned)(unsigned char)*s);
		else if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void
report_json_latency(const char *key, const struct wi_histogram *h)
{
	size_t i;

	printf(",\"%s\":{\"count\":%" PRIu64 ",\"mean\":%.3f,\"min\":%.3f",
	    key, h->count, wi_histogram_mean(h) / 1e3,
	    h->count == 0 ? 0.0 : (double)h->min / 1e3);
	for (i = 0; i < SHARES; i++)
		printf(",\"%s\":%.3f", report_shares[i].key,
		    report_us(h, report_shares[i].share));
	printf("}");
}

/* Units are in the keys; percentiles may be 0.8 % too high, never too low. */
static void
report_json(const struct wi_bench *b)
{
	const struct wi_bench_options *o = &b->options;
	const struct wi_bench_figures *f = &b->figures;

	printf("{\"url\":");
	report_string(o->url);
	printf(",\"connections\":%" PRIu64 ",\"depth\":%" PRIu64
	       ",\"size\":%" PRIu64 ",\"duration_s\":%.3f,\"warmup_s\":%.3f"
	       ",\"timeout_s\":%.3f,\"rate\":%.0f,\"sources\":%" PRIu64
	       ",\"idle\":%s",
	    o->connections, o->depth, o->size, report_seconds(o->duration),
	    report_seconds(o->warmup), report_seconds(o->timeout), o->rate,
	    o->sources, o->idle ? "true" : "false");
	printf(",\"elapsed_s\":%.6f,\"messages\":%" PRIu64
	       ",\"messages_with_warmup\":%" PRIu64
	       ",\"messages_per_s\":%.1f,\"bytes_per_s\":%.1f",
	    report_seconds(f->elapsed), f->messages, f->replies,
	    report_rate(b, (double)f->messages),
	    report_rate(b, (double)f->messages * (double)o->size));
	report_json_latency("latency_us", &f->latency);
	if (o->rate != 0)
		report_json_latency("sent_late_us", &f->late);
	if (o->deadline != 0)
		printf(",\"deadline_s\":%.3f,\"in_time_per_s\":%.1f",
		    report_seconds(o->deadline),
		    report_rate(b, (double)f->in_time));
	printf(",\"own_cpu_cores\":%.4f,\"own_cpu_ns_per_message\":%.1f",
	    report_rate(b, f->cpu), report_cpu_ns(b));
	printf(",\"wrong\":%" PRIu64 ",\"lost\":%" PRIu64
	       ",\"connections_broken\":%" PRIu64 "}\n",
	    f->wrong, f->lost, f->closed);
}

void
wi_bench_report(const struct wi_bench *b)
{
	if (b->options.json)
		report_json(b);
	else
		report_human(b);
	fflush(stdout);
}
