/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/ws.c - how fast frames become messages: unmasked, and text
 * checked, where they lie.
 *
 *	ws [SECONDS]    of each row (1)
 *
 * CPU time of one thread; medians of 7 rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weft/error.h>

#include "codec/codecs.h"
#include "codec/mask.h"
#include "codec/ws.h"

#define ROUNDS 7
#define BATCH (1u << 20) /* [bytes] of frames, decoded again and again */

static uint8_t frames[BATCH + 1024], bytes[BATCH + 1024];
static double rates[ROUNDS];

static double
now(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int
by_rate(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Frames of size bytes, as many as fit; text: of this piece, again and again.
 * returns [bytes] of them all. */
static size_t
fill(size_t size, unsigned opcode, const char *text)
{
	static const uint8_t key[4] = { 0x12, 0x9a, 0xc3, 0x57 };
	size_t n = 0, head, i, piece = text == NULL ? 0 : strlen(text);

	while (n + size + WI_WS_HEAD_MAX < BATCH) {
		head = wi_ws_head(frames + n, opcode, size);
		frames[n + 1] |= WI_WS_MASKED;
		memcpy(frames + n + head, key, 4);
		n += head + 4;
		for (i = 0; i < size; i++)
			frames[n + i] = text == NULL ?
			    (uint8_t)(i * 7) :
			    (uint8_t)(i < size - size % piece ?
				    text[i % piece] :
				    ' ');
		wi_mask_copy(frames + n, frames + n, size, key);
		n += size;
	}
	return n;
}

/* All of them once; what decode() changes is made anew before. */
static size_t
decode_all(size_t len)
{
	static const struct weft_codec_place place = {
		.target = "", .origins = "", .protocols = ""
	};
	struct wi_ws ws = { .place = &place, .phase = WI_WS_OPEN };
	struct weft_cut cut;
	size_t at, payload = 0;

	for (at = 0; at < len; at += cut.used) {
		memset(&cut, 0, sizeof(cut));
		if (wi_ws_decode(&ws, bytes + at, len - at, BATCH, &cut) !=
		    WEFT_CUT_MESSAGE)
			abort();
		payload += cut.len;
	}
	return payload;
}

static void
measure(const char *name, size_t size, unsigned opcode, const char *text,
    double seconds)
{
	size_t len = fill(size, opcode, text), payload;
	double begin, spent;
	unsigned round;

	for (round = 0; round < ROUNDS; round++) {
		spent = 0;
		payload = 0;
		while (spent < seconds / ROUNDS) {
			memcpy(bytes, frames, len);
			begin = now();
			payload += decode_all(len);
			spent += now() - begin;
		}
		rates[round] = (double)payload / spent;
	}
	qsort(rates, ROUNDS, sizeof(rates[0]), by_rate);
	printf("| %s | %zu | %.2f | %.1f |\n", name, size,
	    rates[ROUNDS / 2] / 1e9, rates[ROUNDS / 2] / (double)size / 1e6);
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 64, 1024, 65536 };
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	size_t i;

	printf(
	    "| payload | bytes | GB/s | million frames/s |\n|---|---|---|---|"
	    "\n");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		measure("binary", sizes[i], WI_WS_BINARY, NULL, seconds);
		measure("text, ASCII", sizes[i], WI_WS_TEXT,
		    "all work and no play ", seconds);
		measure("text, 3 bytes a letter", sizes[i], WI_WS_TEXT,
		    "\xe2\x82\xac\xe6\xbc\xa2", seconds);
	}
	return EXIT_SUCCESS;
}
