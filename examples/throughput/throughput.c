/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throughput - each transport beside the bare socket, as a table.
 *
 *	./throughput            1 GiB each, 5 runs
 *	./throughput 64 3       64 MiB each, 3 runs
 *
 * Messages are of 64 KiB, datagrams of 60,000 bytes (they end at 65,507).  A
 * run of the one follows a run of the other; the figures are medians.  What
 * counts is what arrives, in the time from the first send to the last arrival.
 */
#include "bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define RUNS_MAX 99u
#define SIZE 65536u
#define DATAGRAM 60000u

struct side {
	double speed[RUNS_MAX]; /* [MB/s] */
	double lost;            /* [%] of the bytes, of all runs */
	double cpu;             /* [ms] for 1 GiB that arrived, likewise */
};

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_value);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static double
cpu_ms(void)
{
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
}

/* One run of one side. */
static void
run_once(struct side *side, unsigned i, unsigned runs, const struct row *row,
    uint64_t count, struct result (*run)(const struct row *, uint64_t))
{
	double all = (double)(count * row->size), began = cpu_ms();
	struct result result = run(row, count);

	side->speed[i] = (double)result.bytes * 1e3 / (double)result.ns;
	side->lost += 100 * (1 - (double)result.bytes / all) / runs;
	side->cpu += (cpu_ms() - began) * 1073741824 /
	    (double)(result.bytes + 1) / runs;
}

static void
measure(const struct row *row, uint64_t bytes, unsigned runs)
{
	struct side bare = { .lost = 0 }, node = { .lost = 0 };
	uint64_t count = bytes / row->size;
	double bare_speed, node_speed;

	for (unsigned i = 0; i < runs; i++) {
		run_once(&bare, i, runs, row, count, bare_run);
		run_once(&node, i, runs, row, count, node_run);
	}
	bare_speed = median(bare.speed, runs);
	node_speed = median(node.speed, runs);
	(void)printf("| %-11s | %5u | %9.0f | %9.0f | %5.2f | %6.0f | %6.0f | "
		     "%6.1f | %6.1f |\n",
	    row->name, row->size, bare_speed, node_speed,
	    node_speed / bare_speed, bare.cpu, node.cpu, bare.lost, node.lost);
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	char path[64];
	const struct row rows[] = {
		{ "tcp", "tcp://127.0.0.1:0", AF_INET, SOCK_STREAM, 0, SIZE },
		{ "tcp+varint", "tcp+varint://127.0.0.1:0", AF_INET,
		    SOCK_STREAM, 3, SIZE },
		{ "unix+varint", path, AF_UNIX, SOCK_STREAM, 3, SIZE },
		{ "udp", "udp://127.0.0.1:0", AF_INET, SOCK_DGRAM, 0,
		    DATAGRAM },
	};
	unsigned long mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
	unsigned long runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;

	if (argc > 3 || mib < 1 || mib > 65536 || runs < 1 ||
	    runs > RUNS_MAX) {
		(void)fprintf(stderr, "usage: throughput [MIB [RUNS]]\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path),
	    "unix+varint:///tmp/weft-throughput.%ld", (long)getpid());
	(void)printf("| transport   | bytes | bare MB/s | weft MB/s | ratio | "
		     "cpu ms | cpu ms | lost %% | lost %% |\n"
		     "|---|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		measure(&rows[i], (uint64_t)mib << 20, (unsigned)runs);
	return 0;
}
