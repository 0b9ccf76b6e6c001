/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/histogram.c - many durations in little memory, and their percentiles.
 *
 * A value of b significant bits keeps its upper 8 and drops the rest, shift =
 * b - 8 of them; its bucket is shift * 128 + what was kept (128 .. 255).  For
 * shift 0 that is the value itself, so small values need no case of their own.
 */
#include "host/histogram.h"

#include <string.h>

#define HALF ((uint64_t)1 << WI_HISTOGRAM_BITS)

static unsigned
histogram_shift(uint64_t value)
{
	unsigned bits = 64u - (unsigned)__builtin_clzll(value | 1);

	return bits > WI_HISTOGRAM_BITS + 1 ? bits - WI_HISTOGRAM_BITS - 1 : 0;
}

size_t
wi_histogram_index(uint64_t value)
{
	unsigned shift = histogram_shift(value);

	return (size_t)((shift << WI_HISTOGRAM_BITS) + (value >> shift));
}

uint64_t
wi_histogram_top(size_t index)
{
	uint64_t kept = index;
	unsigned shift = 0;

	if (index >= 2 * HALF) {
		shift = (unsigned)(index >> WI_HISTOGRAM_BITS) - 1;
		kept = (index & (HALF - 1)) | HALF;
	}
	return (kept << shift) | (((uint64_t)1 << shift) - 1);
}

void
wi_histogram_init(struct wi_histogram *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void
wi_histogram_add(struct wi_histogram *h, uint64_t value, uint64_t times)
{
	if (times == 0)
		return;
	h->buckets[wi_histogram_index(value)] += times;
	h->count += times;
	h->sum += (double)value * (double)times;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

uint64_t
wi_histogram_at(const struct wi_histogram *h, double share)
{
	double want = share * (double)h->count;
	uint64_t seen = 0;
	size_t i;

	if (h->count == 0)
		return 0;
	for (i = 0; i < WI_HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen != 0 && (double)seen >= want)
			break;
	}
	/* Sums of shares may round above count: the last bucket then. */
	if (i == WI_HISTOGRAM_BUCKETS || wi_histogram_top(i) > h->max)
		return h->max;
	return wi_histogram_top(i);
}

double
wi_histogram_mean(const struct wi_histogram *h)
{
	return h->count == 0 ? 0.0 : h->sum / (double)h->count;
}
