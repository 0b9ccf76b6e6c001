/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_ws.c - what a hostile peer can do to codec/ws.
 *
 * An input is: a byte that says which side it is fed to, and whether behind a
 * handshake or from its first byte; two that choose max_message; four that say
 * where it is split; and what the peer sends.  Checked besides what the
 * sanitizers see:
 * - each answer of decode() is one that weft/codec.h allows (ws_feed.h);
 * - whole, split, bytewise and in random chunks it brings the same;
 * - behind a handshake that is what a naive decoder finds, which has all bytes
 *   before it and keeps no state.
 */
#include <stdio.h>
#include <stdlib.h>

#define CODEC_FEED_FAIL(...)                                                  \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		fprintf(stderr, "\n");                                        \
		abort();                                                      \
	} while (0)

#define CODEC_FEED_SPLITS 32
#define CODEC_FEED_RANDOM_WAYS 4

#include "../unit/ws_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FUZZ_CLIENT = 1,
	FUZZ_HELLO = 2,
	FUZZ_HEADER = 7 /* bytes before those of the peer */
};

static const struct weft_codec_place fuzz_server = { NULL, "/chat",
	"http://b.example, http://c.example", "v1, v2", NULL,
	WEFT_DEFLATE_TAKEOVER, 12, 0, 0 };
static const struct weft_codec_place fuzz_client = { "a.example", "/chat", "",
	"v1, v2", NULL, WEFT_DEFLATE_TAKEOVER, 12, 0, 0 };

/* ---- naive */

struct naive {
	bool client;
	size_t max_message;
	struct codec_bytes script;
	size_t at;
	struct codec_bytes joined;
	unsigned opcode; /* of the message that is joined; 0: none */
	unsigned status; /* of the Close frame that ends it; 0: it goes on */
	const struct ws_feed *seen;
	size_t nevents;
};

/* 1: text, 0: may become text, -1: never; by code points (RFC 3629). */
static int
naive_text(const uint8_t *at, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t low, high;
	unsigned n, i;

	for (; len > 0; at += n, len -= n) {
		for (n = 0; n < 8 && (*at & 0x80u >> n) != 0; n++)
			continue;
		if (n == 1 || n > 4)
			return -1;
		n += n == 0;
		low = high = n == 1 ? *at : *at & 0x7fu >> n;
		for (i = 1; i < n; i++) {
			if (i < len && (at[i] & 0xc0u) != 0x80)
				return -1;
			low = low << 6 | (i < len ? at[i] & 0x3fu : 0);
			high = high << 6 | (i < len ? at[i] & 0x3fu : 0x3fu);
		}
		low = low < least[n] ? least[n] : low;
		high = high > 0x10ffff ? 0x10ffff : high;
		if (low > high || (low >= 0xd800 && high <= 0xdfff))
			return -1;
		if (n > len)
			return 0;
	}
	return 1;
}

static void
naive_event(struct naive *naive, enum ws_kind kind, uint32_t flags,
    const struct codec_bytes *bytes)
{
	if (!ws_seen_is(naive->seen, naive->nevents, kind, flags, bytes->data,
		bytes->len))
		CODEC_FEED_FAIL("event %zu is not the %zu bytes of kind %d "
				"that a naive decoder finds",
		    naive->nevents, bytes->len, kind);
	naive->nevents++;
}

/* The status of the Close that answers a Close. */
static unsigned
naive_close(const uint8_t *payload, size_t len)
{
	unsigned status;

	if (len == 0)
		return 1005;
	status = payload[0] * 256u + payload[1];
	if (status < 1000 || status > 4999 ||
	    (status > 1014 && status < 3000) ||
	    (status > 1003 && status < 1007))
		return 1002;
	return naive_text(payload + 2, len - 2) == 1 ? status : 1007;
}

static unsigned
naive_control(
    struct naive *naive, unsigned opcode, uint8_t *payload, size_t len)
{
	struct codec_bytes pong = { NULL, 0, 0 };

	if (opcode == 8)
		return naive_close(payload, len);
	if (opcode == 9) {
		ws_add(&pong, false, 0x8a, payload, len);
		naive_event(naive, WS_SEEN_ANSWER, 0, &pong);
		codec_bytes_free(&pong);
	}
	return 0;
}

static unsigned
naive_data(struct naive *naive, unsigned opcode, bool fin, uint8_t *payload,
    size_t len)
{
	int text;

	if (opcode != 0)
		naive->opcode = opcode;
	codec_bytes_add(&naive->joined, payload, len);
	text = naive_text(naive->joined.data, naive->joined.len);
	if (naive->opcode == 1 && text < (fin ? 1 : 0))
		return 1007;
	if (fin) {
		naive_event(naive, WS_SEEN_MESSAGE,
		    naive->opcode == 1 ? WEFT_TEXT : 0, &naive->joined);
		naive->joined.len = 0;
		naive->opcode = 0;
	}
	return 0;
}

/* What may not be, by the first two bytes (RFC 6455, sections 5.1 to 5.5). */
static bool
naive_wrong(const struct naive *naive, unsigned first, unsigned second)
{
	unsigned opcode = first % 16;

	return (first & 0x70) != 0 || second >= 128 == naive->client ||
	    (opcode > 2 && opcode < 8) || opcode > 10 ||
	    (opcode >= 8 && (first < 128 || second % 128 > 125)) ||
	    (opcode == 8 && second % 128 == 1) ||
	    (opcode < 8 && (opcode == 0) != (naive->opcode != 0));
}

/* One frame; false: it is not whole. */
static bool
naive_frame(struct naive *naive)
{
	const uint8_t *at = naive->script.data + naive->at;
	size_t left = naive->script.len - naive->at, n = 2, i;
	uint64_t len;
	uint8_t *payload;

	if (left < 2)
		return false;
	naive->status = naive_wrong(naive, at[0], at[1]) ? 1002 : 0;
	n += at[1] % 128 == 126 ? 2 : at[1] % 128 == 127 ? 8 : 0;
	if (naive->status != 0 || left < n + (naive->client ? 0 : 4))
		return false;
	len = n == 2 ? at[1] % 128 : 0;
	for (i = 2; i < n; i++)
		len = len * 256 + at[i];
	if ((n == 4 && len < 126) || (n == 10 && len < 65536) || len >> 63)
		naive->status = 1002;
	else if (at[0] % 16 < 8 &&
	    len > naive->max_message - naive->joined.len)
		naive->status = 1009;
	n += naive->client ? 0 : 4;
	if (naive->status != 0 || left - n < len)
		return false;
	payload = malloc((size_t)len + 1);
	if (payload == NULL)
		abort();
	for (i = 0; i < len; i++)
		payload[i] =
		    at[n + i] ^ (naive->client ? 0 : at[n - 4 + i % 4]);
	naive->at += n + (size_t)len;
	naive->status = at[0] % 16 >= 8 ?
	    naive_control(naive, at[0] % 16, payload, (size_t)len) :
	    naive_data(naive, at[0] % 16, at[0] >= 128, payload, (size_t)len);
	free(payload);
	return true;
}

static unsigned
fuzz_said(const struct ws_feed *seen)
{
	return !seen->ended    ? 0 :
	    seen->end_len == 2 ? 1005 :
				 seen->end[2] * 256u + seen->end[3];
}

static void
fuzz_is_naive(const struct ws_feed *seen, const uint8_t *script, size_t len)
{
	struct naive naive = { .client = seen->client,
		.max_message = seen->max_message,
		.seen = seen };

	codec_bytes_add(&naive.script, script, len);
	while (naive.status == 0 && naive_frame(&naive))
		continue;
	if (naive.nevents != seen->nevents || naive.status != fuzz_said(seen))
		CODEC_FEED_FAIL("%zu events and status %u, a naive decoder "
				"finds %zu and %u",
		    seen->nevents, fuzz_said(seen), naive.nevents,
		    naive.status);
	codec_bytes_free(&naive.script);
	codec_bytes_free(&naive.joined);
}

/* ---- one input */

struct fuzz {
	bool client;
	bool hello;
	size_t max_message;
	const uint8_t *script;
	size_t len;
};

static void
fuzz_way(const struct fuzz *fuzz, const struct codec_way *way, size_t second,
    struct ws_feed *feed)
{
	ws_feed_begin(feed, fuzz->client, fuzz->max_message,
	    fuzz->client ? &fuzz_client : &fuzz_server);
	if (!fuzz->hello) {
		/* As a handshake leaves it, without the time that it takes. */
		feed->ws->phase = WI_WS_OPEN;
		feed->open = true;
	} else if (fuzz->client) {
		/* An accept that an input can know. */
		memcpy(feed->ws->answer,
		    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WI_WS_ACCEPT);
	}
	if (second > way->split && second < fuzz->len) {
		ws_feed_script(feed, fuzz->script, second, way);
		ws_feed_arrive(
		    feed, fuzz->script + second, fuzz->len - second);
	} else {
		ws_feed_script(feed, fuzz->script, fuzz->len, way);
	}
}

static void
fuzz_try(const struct fuzz *fuzz, struct codec_way way, size_t second,
    const struct ws_feed *whole)
{
	struct ws_feed feed;

	for (way.obey_need = 0; way.obey_need <= 1; way.obey_need++) {
		fuzz_way(fuzz, &way, second, &feed);
		ws_feed_same(whole, &feed, &way);
		ws_feed_free(&feed);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec_way way = { .name = "whole", .bytes_from = SIZE_MAX };
	struct ws_feed whole;
	struct fuzz fuzz;
	size_t first, second;

	if (size <= FUZZ_HEADER)
		return 0;
	fuzz.client = (data[0] & FUZZ_CLIENT) != 0;
	fuzz.hello = (data[0] & FUZZ_HELLO) != 0;
	/* 0 .. 0x7fff, or up to what the option max_message allows. */
	fuzz.max_message = (size_t)data[1] | (size_t)data[2] << 8;
	if (fuzz.max_message & 0x8000)
		fuzz.max_message = (size_t)1 << fuzz.max_message % 31;
	first = (size_t)data[3] | (size_t)data[4] << 8;
	second = (size_t)data[5] | (size_t)data[6] << 8;
	fuzz.script = data + FUZZ_HEADER;
	fuzz.len = size - FUZZ_HEADER;

	fuzz_way(&fuzz, &way, 0, &whole);
	if (!fuzz.hello)
		fuzz_is_naive(&whole, fuzz.script, fuzz.len);
	way.name = "split";
	way.split = first % fuzz.len;
	fuzz_try(&fuzz, way, second % fuzz.len, &whole);
	way.name = "one byte at a time";
	way.bytes_to = fuzz.len < CODEC_FEED_BYTES ? fuzz.len : 512;
	fuzz_try(&fuzz, way, 0, &whole);
	way = (struct codec_way){ .name = "in random chunks",
		.bytes_from = SIZE_MAX };
	for (way.random = 1; way.random <= CODEC_FEED_RANDOM_WAYS;
	     way.random++)
		fuzz_try(&fuzz, way, 0, &whole);
	ws_feed_free(&whole);
	return 0;
}
