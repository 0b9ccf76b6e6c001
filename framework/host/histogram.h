/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/histogram.h - many durations in little memory, and their percentiles.
 *
 * Log-linear: values below 256 are kept exactly, above that every octave has
 * 128 buckets.  What is read back is the top of a bucket: never less than what
 * was added, and at most 1/128 (0.8 %) more.  Pure; thread: the caller's.
 */
#ifndef WI_HISTOGRAM_H
#define WI_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define WI_HISTOGRAM_BITS 7 /* 2^7 buckets per octave */
#define WI_HISTOGRAM_BUCKETS                                                  \
	((64 - WI_HISTOGRAM_BITS + 1) << WI_HISTOGRAM_BITS)

/* owned by: the caller. */
struct wi_histogram {
	uint64_t count; /* values added */
	uint64_t min;   /* exact; UINT64_MAX while empty */
	uint64_t max;   /* exact; 0 while empty */
	double sum;     /* of all values */
	uint64_t buckets[WI_HISTOGRAM_BUCKETS];
};

void wi_histogram_init(struct wi_histogram *h);

/* wi_histogram_add() - the same value, times over. */
void wi_histogram_add(struct wi_histogram *h, uint64_t value, uint64_t times);

/*
 * wi_histogram_at() - the smallest value that a share of all do not exceed.
 *
 *   share    in       0.0 .. 1.0: 0.5 is the median, 1.0 the maximum.
 *   returns           top of the bucket, at most max; 0 while empty.
 */
uint64_t wi_histogram_at(const struct wi_histogram *h, double share);

/* wi_histogram_mean() - 0 while empty. */
double wi_histogram_mean(const struct wi_histogram *h);

/* wi_histogram_index(), wi_histogram_top() - the bucket of a value; the
 * greatest value of a bucket. */
size_t wi_histogram_index(uint64_t value);
uint64_t wi_histogram_top(size_t index);

#endif
