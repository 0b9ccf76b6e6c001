/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_deflate.c - what a hostile peer can do with messages that
 * are to be inflated (RFC 7692).
 *
 * An input is: a byte that says how it is fed and what was agreed on; two that
 * choose max_message; and what the peer sends: frames, for the side that the
 * first byte says, or messages, each behind its length of 16 bits.  Checked
 * besides what the sanitizers see:
 * - frames: each answer of decode() is one that weft/codec.h allows;
 * - messages: what comes of each is what a naive inflater finds, which has all
 *   its bytes before it, gets them out few at a time, and carries the window
 *   over the end of a stream by hand;
 * - no more than max_message comes out;
 * - what was inflated, or came as it is, is the same again when we make it
 *   smaller and inflate it, for each set of parameters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define CODEC_FEED_FAIL(...)                                                  \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		fprintf(stderr, "\n");                                        \
		abort();                                                      \
	} while (0)

#include "../unit/ws_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FUZZ_CLIENT = 1,
	FUZZ_TAKEOVER = 2,
	FUZZ_FRAMES = 4,
	FUZZ_HEADER = 3, /* bytes before those of the peer */
	FUZZ_PIECE = 61  /* bytes that the naive one gets out at a time */
};

struct fuzz {
	size_t max_message;
	unsigned bits;
	bool takeover;
	struct wi_inflater *inflater;
	z_stream naive;
	bool over; /* a message could not be: nothing follows */
};

/* ---- naive */

/* The next stream, with what the last one has left to refer to. */
static void
naive_again(z_stream *z)
{
	static uint8_t window[32768];
	uInt len = 0;

	if (inflateGetDictionary(z, window, &len) != Z_OK ||
	    inflateReset(z) != Z_OK ||
	    (len > 0 && inflateSetDictionary(z, window, len) != Z_OK))
		abort();
}

/* WEFT_OK, or what is wrong with it. */
static int
naive_inflate(struct fuzz *fuzz, const uint8_t *data, size_t len,
    struct codec_bytes *out)
{
	struct codec_bytes all = { NULL, 0, 0 };
	z_stream *z = &fuzz->naive;
	uint8_t piece[FUZZ_PIECE];
	bool at_end = false, whole = false;
	size_t left;
	int rv;

	if (len == 0)
		return WEFT_OK;
	codec_bytes_add(&all, data, len);
	codec_bytes_add(&all, "\0\0\xff\xff", 4);
	z->next_in = all.data;
	z->avail_in = (uInt)all.len;
	do {
		z->next_out = piece;
		z->avail_out = sizeof(piece);
		rv = inflate(z, Z_SYNC_FLUSH);
		codec_bytes_add(out, piece, sizeof(piece) - z->avail_out);
		left = z->avail_in;
		if (rv == Z_OK)
			whole = (z->data_type & 128) != 0 &&
			    (z->data_type & 63) == 0;
		if (out->len > fuzz->max_message)
			break;
		if (rv == Z_STREAM_END) {
			naive_again(z);
			at_end = left == 4;
		}
	} while (!at_end &&
	    (rv == Z_STREAM_END ||
		(rv == Z_OK && (left > 0 || z->avail_out == 0))));
	codec_bytes_free(&all);
	if (out->len > fuzz->max_message)
		return WEFT_ETOOBIG;
	if (at_end)
		return WEFT_OK;
	if (rv != Z_OK && (rv != Z_BUF_ERROR || left > 0))
		return WEFT_EMALFORMED;
	return whole ? WEFT_OK : WEFT_EMALFORMED;
}

/* ---- one message */

/* Made smaller by us, it is the same again. */
static void
fuzz_again(struct weft_bytes msg)
{
	struct wi_inflater *inflater = wi_inflater_new(15);
	struct wi_arena arena = { NULL, 0, NULL };
	uint8_t *out = malloc(msg.len + 1);
	struct weft_bytes again;
	const char *why;
	unsigned set;

	if (out == NULL || inflater == NULL)
		abort();
	for (set = 0; set < WI_DEFLATE_SETS; set++) {
		again.data = out;
		again.len = wi_deflate(
		    (enum wi_deflate_set)set, out, msg.len, msg.data, msg.len);
		if (again.len == 0)
			continue;
		if (set == WI_DEFLATE_NONE || msg.len < WI_DEFLATE_MIN ||
		    again.len >= msg.len ||
		    wi_inflate(inflater, false, &again, msg.len, &arena,
			&why) != WEFT_OK ||
		    again.len != msg.len ||
		    memcmp(again.data, msg.data, msg.len) != 0)
			CODEC_FEED_FAIL("%zu bytes are not the same again, "
					"set %u",
			    msg.len, set);
	}
	wi_arena_fini(&arena);
	wi_inflater_free(&inflater);
	free(out);
}

static void
fuzz_message(struct fuzz *fuzz, const uint8_t *data, size_t len)
{
	struct codec_bytes naive = { NULL, 0, 0 };
	struct wi_arena arena = { NULL, 0, NULL };
	uint8_t *exact = codec_bytes_exact(data, len);
	struct weft_bytes msg = { exact, len };
	const char *why = NULL;
	int found, expected;

	if (!fuzz->takeover)
		(void)inflateReset(&fuzz->naive);
	expected = naive_inflate(fuzz, data, len, &naive);
	found = wi_inflate(fuzz->inflater, fuzz->takeover, &msg,
	    fuzz->max_message, &arena, &why);
	/* How far back a message may refer is looked at where the window is
	 * needed; the naive one has the widest. */
	if (found == WEFT_EMALFORMED && fuzz->takeover && fuzz->bits < 15)
		expected = found;
	if (found != expected ||
	    (found == WEFT_OK &&
		(msg.len != naive.len ||
		    (msg.len > 0 &&
			memcmp(msg.data, naive.data, msg.len) != 0))))
		CODEC_FEED_FAIL("%zu bytes: found %d and %zu bytes, a naive "
				"inflater %d and %zu",
		    len, found, msg.len, expected, naive.len);
	if (found == WEFT_OK)
		fuzz_again(msg);
	else if (why == NULL)
		CODEC_FEED_FAIL("no words");
	fuzz->over = found != WEFT_OK;
	wi_arena_fini(&arena);
	codec_bytes_free(&naive);
	free(exact);
}

static void
fuzz_messages(struct fuzz *fuzz, const uint8_t *script, size_t len)
{
	size_t n;

	while (len >= 2 && !fuzz->over) {
		n = (size_t)script[0] | (size_t)script[1] << 8;
		if (n > len - 2)
			n = len - 2;
		fuzz_message(fuzz, script + 2, n);
		script += 2 + n;
		len -= 2 + n;
	}
}

static void
fuzz_frames(struct fuzz *fuzz, bool client, const uint8_t *script, size_t len)
{
	const struct ws_event *event;
	struct ws_feed feed;
	size_t i;

	ws_feed_begin(&feed, client, fuzz->max_message,
	    client ? &ws_feed_place_client : &ws_feed_place);
	feed.ws->phase = WI_WS_OPEN;
	feed.ws->bits = (uint8_t)fuzz->bits;
	feed.ws->takeover = fuzz->takeover;
	feed.open = true;
	ws_feed_arrive(&feed, script, len);
	for (i = 0; i < feed.nevents && !fuzz->over; i++) {
		event = ws_seen(&feed, i);
		if (event->kind == WS_SEEN_MESSAGE &&
		    (event->flags & WI_CODEC_INFLATES) != 0)
			fuzz_message(fuzz,
			    event->len == 0 ? NULL :
					      feed.bytes.data + event->offset,
			    event->len);
	}
	ws_feed_free(&feed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = { .over = false };

	if (size <= FUZZ_HEADER)
		return 0;
	fuzz.takeover = (data[0] & FUZZ_TAKEOVER) != 0;
	fuzz.bits = 8 + (data[0] >> 5);
	/* 0 .. 0x7fff, or up to 1 MiB. */
	fuzz.max_message = (size_t)data[1] | (size_t)data[2] << 8;
	if (fuzz.max_message & 0x8000)
		fuzz.max_message = (size_t)1 << fuzz.max_message % 21;
	fuzz.inflater =
	    wi_inflater_new(fuzz.takeover ? fuzz.bits : WI_INFLATE_BITS);
	if (fuzz.inflater == NULL || inflateInit2(&fuzz.naive, -15) != Z_OK)
		abort();
	if ((data[0] & FUZZ_FRAMES) != 0)
		fuzz_frames(&fuzz, (data[0] & FUZZ_CLIENT) != 0,
		    data + FUZZ_HEADER, size - FUZZ_HEADER);
	else
		fuzz_messages(&fuzz, data + FUZZ_HEADER, size - FUZZ_HEADER);
	(void)inflateEnd(&fuzz.naive);
	wi_inflater_free(&fuzz.inflater);
	return 0;
}
