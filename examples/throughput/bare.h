/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare.h - what both sides of the table are made of: what to send, what was
 * measured, and the two that do it.
 */
#ifndef BARE_H
#define BARE_H

#include <stdint.h>
#include <time.h>

/* One row of the table. */
struct row {
	const char *name; /* "tcp+varint" */
	const char *url;  /* where the node listens */
	int family;       /* of the bare socket */
	int type;
	uint32_t head; /* [bytes] of a varint in front of each message */
	uint32_t size; /* [bytes] of a message */
};

struct result {
	uint64_t bytes;    /* that arrived */
	uint64_t messages; /* likewise; of a stream without frames: reads */
	uint64_t ns;       /* from the first send to the last arrival */
};

static inline uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * bare_run(), node_run() - send count messages and say what arrived.  On an
 * error they print it and end the program.
 */
struct result bare_run(const struct row *row, uint64_t count);
struct result node_run(const struct row *row, uint64_t count);

#endif
