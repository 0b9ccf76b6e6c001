/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/deflate - messages made smaller: zlib's deflate, and nothing else.
 *
 * thread: any; a stream is used by the one that owns it.
 */
#include "codec/deflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#define DEFLATE_LEVEL 1 /* measured in HACKING.md */
#define DEFLATE_TAIL 4u /* [bytes] 00 00 ff ff (RFC 7692, section 7.2.1) */

struct wi_deflate_stream {
	z_stream z; /* zlib points back to it */
};

static const struct {
	int bits;
	int memory; /* zlib's memLevel: the hash, and how long a block is */
} deflate_sets[WI_DEFLATE_SETS] = {
	[WI_DEFLATE_9] = { 9, 5 },
	[WI_DEFLATE_12] = { 12, 5 },
	[WI_DEFLATE_15] = { 15, 6 },
};

_Thread_local struct wi_deflater *wi_deflater_current;

static struct wi_deflate_stream *
deflate_stream(struct wi_deflater *deflater, enum wi_deflate_set set)
{
	struct wi_deflate_stream *stream = deflater->streams[set];

	if (stream != NULL)
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return NULL;
	if (deflateInit2(&stream->z, DEFLATE_LEVEL, Z_DEFLATED,
		-deflate_sets[set].bits, deflate_sets[set].memory,
		Z_DEFAULT_STRATEGY) != Z_OK) {
		free(stream);
		return NULL;
	}
	deflater->streams[set] = stream;
	return stream;
}

void
wi_deflater_fini(struct wi_deflater *deflater)
{
	unsigned i;

	for (i = 0; i < WI_DEFLATE_SETS; i++) {
		if (deflater->streams[i] == NULL)
			continue;
		(void)deflateEnd(&deflater->streams[i]->z);
		free(deflater->streams[i]);
		deflater->streams[i] = NULL;
	}
}

enum wi_deflate_set
wi_deflate_fits(unsigned bits)
{
	enum wi_deflate_set set = WI_DEFLATE_15;

	while (
	    set > WI_DEFLATE_NONE && (unsigned)deflate_sets[set].bits > bits)
		set--;
	return set;
}

/* 0: it is not smaller. */
static size_t
deflate_run(
    z_stream *z, uint8_t *out, size_t size, const uint8_t *msg, size_t len)
{
	size_t n = 0;
	bool is_whole;

	z->next_in = (z_const Bytef *)(uintptr_t)msg;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)size;
	/* With room left, all of it was said, up to the tail. */
	is_whole = deflate(z, Z_SYNC_FLUSH) == Z_OK && z->avail_in == 0 &&
	    z->avail_out > 0;
	if (is_whole)
		n = size - z->avail_out - DEFLATE_TAIL;
	(void)deflateReset(z);
	return n;
}

size_t
wi_deflate(enum wi_deflate_set set, uint8_t *out, size_t size,
    const uint8_t *msg, size_t len)
{
	struct wi_deflater once = { { NULL } };
	struct wi_deflater *own = wi_deflater_current;
	struct wi_deflate_stream *stream;
	size_t n = 0;

	if (set == WI_DEFLATE_NONE || len < WI_DEFLATE_MIN || len > UINT32_MAX)
		return 0;
	if (size > len)
		size = len;
	if (own == NULL)
		own = &once;
	stream = deflate_stream(own, set);
	if (stream != NULL)
		n = deflate_run(&stream->z, out, size, msg, len);
	wi_deflater_fini(&once);
	return n;
}
