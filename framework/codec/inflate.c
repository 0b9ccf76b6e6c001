/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/inflate - messages that were made smaller, as they were: zlib's
 * inflate, with a bound.
 *
 * thread: its owner.
 *
 * room_note: nobody says how long a message was.  The first piece is what the
 * arena has free; when it is full, the next one is twice as long, up to max.
 * So memory follows what has really come out: three times that and 128 KiB, at
 * most.
 */
#include "codec/inflate.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <weft/error.h>

struct wi_inflater {
	z_stream z; /* zlib points back to it */
};

/* One message. */
struct inflate_run {
	z_stream *z;
	struct wi_arena *arena;
	uint8_t *out;
	size_t used; /* [bytes] of it */
	size_t size;
	size_t max;
	bool in_place; /* out is what the arena had free */
	bool ended;    /* a block said that it is the last, and all was used */
	bool whole;    /* the last block that was fed ended, at a byte's end */
};

struct wi_inflater *
wi_inflater_new(unsigned bits)
{
	struct wi_inflater *inflater = calloc(1, sizeof(*inflater));

	if (inflater == NULL)
		return NULL;
	if (inflateInit2(&inflater->z, -(int)bits) != Z_OK) {
		free(inflater);
		return NULL;
	}
	return inflater;
}

void
wi_inflater_free(struct wi_inflater **inflaterp)
{
	if (*inflaterp == NULL)
		return;
	(void)inflateEnd(&(*inflaterp)->z);
	free(*inflaterp);
	*inflaterp = NULL;
}

/* See room_note. */
static int
inflate_begin(struct inflate_run *run)
{
	size_t size;

	run->out = wi_arena_room(run->arena, &size);
	if (run->out == NULL)
		return -ENOMEM;
	run->size = size < run->max ? size : run->max;
	run->in_place = true;
	return WEFT_OK;
}

static int
inflate_grow(struct inflate_run *run)
{
	size_t size = 2 * run->size + WI_ARENA_BYTES;
	uint8_t *grown;

	if (size > run->max)
		size = run->max;
	grown = wi_arena_giant(run->arena, size);
	if (grown == NULL)
		return -ENOMEM;
	if (run->used > 0)
		memcpy(grown, run->out, run->used);
	run->out = grown;
	run->size = size;
	run->in_place = false;
	return WEFT_OK;
}

/* Has the last block that was fed ended, and at a byte's end?  Not to be asked
 * after a call that had nothing to do. */
static bool
inflate_is_whole(const z_stream *z)
{
	const int ended = 128, bits = 63; /* zlib.h, of data_type */

	return (z->data_type & ended) != 0 && (z->data_type & bits) == 0;
}

/* One call of zlib's; WEFT_OK: it has got on, or has nothing left to do. */
static int
inflate_step(struct inflate_run *run)
{
	z_stream *z = run->z;
	bool is_full = run->used == run->max;
	uint8_t beyond; /* the byte that is too many */
	int rv;

	if (run->used == run->size && !is_full) {
		rv = inflate_grow(run);
		if (rv < 0)
			return rv;
	}
	z->next_out = is_full ? &beyond : run->out + run->used;
	z->avail_out = is_full ? 1 : (uInt)(run->size - run->used);
	rv = inflate(z, Z_SYNC_FLUSH);
	if (is_full && z->avail_out == 0)
		return WEFT_ETOOBIG;
	if (!is_full)
		run->used = run->size - z->avail_out;
	if (rv == Z_STREAM_END) {
		/* Section 7.2.3.4: others may follow, and refer to it. */
		run->ended = z->avail_in == 0;
		(void)inflateResetKeep(z);
		return WEFT_OK;
	}
	if (rv == Z_OK)
		run->whole = inflate_is_whole(z);
	if (rv == Z_MEM_ERROR)
		return -ENOMEM;
	return rv == Z_OK || (rv == Z_BUF_ERROR && z->avail_in == 0) ?
	    WEFT_OK :
	    WEFT_EMALFORMED;
}

static int
inflate_feed(struct inflate_run *run, const uint8_t *data, size_t len)
{
	z_stream *z = run->z;
	int rv;

	z->next_in = (z_const Bytef *)(uintptr_t)data;
	z->avail_in = (uInt)len;
	/* Where the room is full, more may follow. */
	do
		rv = inflate_step(run);
	while (rv == WEFT_OK && (z->avail_in > 0 || z->avail_out == 0));
	return rv;
}

static int
inflate_run(struct inflate_run *run, struct weft_bytes msg)
{
	static const uint8_t tail[] = { 0, 0, 0xff, 0xff };
	int rv;

	rv = inflate_feed(run, msg.data, msg.len);
	if (rv < 0 || run->ended)
		return rv;
	rv = inflate_feed(run, tail, sizeof(tail));
	if (rv < 0)
		return rv;
	return run->whole ? WEFT_OK : WEFT_EMALFORMED;
}

int
wi_inflate(struct wi_inflater *inflater, bool goes_on, struct weft_bytes *msg,
    size_t max, struct wi_arena *arena, const char **why)
{
	struct inflate_run run = {
		.z = &inflater->z, .arena = arena, .max = max
	};
	int rv;

	if (!goes_on)
		(void)inflateReset(&inflater->z);
	rv = inflate_begin(&run);
	/* Some say nothing at all where they mean an empty block. */
	if (rv == WEFT_OK && msg->len > 0)
		rv = inflate_run(&run, *msg);
	*why = rv == WEFT_ETOOBIG ?
	    "expected at most max_message bytes when inflated, found more" :
	    "expected whole blocks of DEFLATE (RFC 7692, 7.2.2), found "
	    "something else";
	if (rv < 0)
		return rv;
	if (run.in_place)
		wi_arena_keep(arena, run.used);
	*msg = (struct weft_bytes){ run.out, run.used };
	return WEFT_OK;
}
