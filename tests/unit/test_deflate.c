/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_deflate.c - codec/deflate and codec/inflate: messages made
 * smaller and as they were, beside zlib used plainly; what a peer may send,
 * and what it may not.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <weft/error.h>

#include "check_main.h"
#include "check_random.h"
#include "codec/deflate.h"
#include "codec/inflate.h"

#define MAX (1u << 20) /* max, where it does not matter */

/* ---- what a peer would send: zlib, plainly */

struct peer {
	z_stream z;
};

static void
peer_begin(struct peer *peer, int bits, int level)
{
	memset(peer, 0, sizeof(*peer));
	ck_assert_int_eq(deflateInit2(&peer->z, level, Z_DEFLATED, -bits, 8,
			     Z_DEFAULT_STRATEGY),
	    Z_OK);
}

/* RFC 7692, section 7.2.1; returns the length. */
static size_t
peer_says(struct peer *peer, const void *data, size_t len, int flush,
    uint8_t *out, size_t size)
{
	size_t n;

	peer->z.next_in = (z_const Bytef *)(uintptr_t)data;
	peer->z.avail_in = (uInt)len;
	peer->z.next_out = out;
	peer->z.avail_out = (uInt)size;
	ck_assert_int_ge(deflate(&peer->z, flush), Z_OK);
	ck_assert_uint_gt(peer->z.avail_out, 0);
	n = size - peer->z.avail_out;
	if (flush != Z_SYNC_FLUSH)
		return n;
	ck_assert_uint_ge(n, 4);
	ck_assert_int_eq(memcmp(out + n - 4, "\0\0\xff\xff", 4), 0);
	return n - 4;
}

/* ---- ours */

static int
inflates_to(struct wi_inflater *inflater, bool goes_on, const void *data,
    size_t len, size_t max, const void *expected, size_t expected_len)
{
	struct wi_arena arena = { NULL, 0, NULL };
	struct weft_bytes msg;
	const char *why = NULL;
	uint8_t *exact = malloc(len + 1); /* so that ASan sees what is read */
	int rv;

	memcpy(exact + 1, data, len);
	msg = (struct weft_bytes){ exact + 1, len };
	rv = wi_inflate(inflater, goes_on, &msg, max, &arena, &why);
	if (rv == WEFT_OK) {
		ck_assert_uint_eq(msg.len, expected_len);
		if (msg.len > 0)
			ck_assert_int_eq(
			    memcmp(msg.data, expected, msg.len), 0);
	} else {
		ck_assert_ptr_nonnull(why);
	}
	wi_arena_fini(&arena);
	free(exact);
	return rv;
}

static void
fill_text(uint8_t *out, size_t len, uint32_t seed)
{
	static const char words[] =
	    "the quick brown fox jumps over a lazy dog and says hello ";
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = (uint8_t)
		    words[(i + (i / 97) * seed) % (sizeof(words) - 1)];
}

START_TEST(a_message_comes_back_as_it_was)
{
	static const size_t lens[] = { WI_DEFLATE_MIN, 129, 1000, 4096, 40000,
		65535, 65536, 65537, 300000 };
	uint8_t *in = malloc(300000), *out = malloc(300000);
	struct wi_deflater own = { { NULL } };
	struct wi_inflater *inflater;
	unsigned set, round, bits;
	size_t i, n;

	/* With a deflater of the thread's own, and without. */
	for (round = 0; round < 2; round++) {
		wi_deflater_current = round == 0 ? &own : NULL;
		for (set = WI_DEFLATE_9; set < WI_DEFLATE_SETS; set++) {
			bits = set == WI_DEFLATE_9 ? 9 :
			    set == WI_DEFLATE_12   ? 12 :
						     15;
			/* It keeps to its window. */
			inflater = wi_inflater_new(bits);
			for (i = 0; i < CHECK_COUNT(lens); i++) {
				fill_text(in, lens[i], (uint32_t)i);
				n = wi_deflate((enum wi_deflate_set)set, out,
				    lens[i], in, lens[i]);
				ck_assert_uint_gt(n, 0);
				ck_assert_uint_lt(n, lens[i]);
				ck_assert_int_eq(inflates_to(inflater, false,
						     out, n, MAX, in, lens[i]),
				    WEFT_OK);
			}
			wi_inflater_free(&inflater);
		}
	}
	wi_deflater_current = NULL;
	wi_deflater_fini(&own);
	free(in);
	free(out);
}
END_TEST

/* So it is the same, whoever makes it and after whatever. */
START_TEST(a_message_made_smaller_depends_on_nothing_before_it)
{
	uint8_t in[2000], first[2000], again[2000];
	struct wi_deflater own = { { NULL } };
	size_t n, m;

	fill_text(in, sizeof(in), 3);
	n = wi_deflate(WI_DEFLATE_15, first, sizeof(first), in, sizeof(in));
	ck_assert_uint_gt(n, 0);
	wi_deflater_current = &own;
	for (unsigned i = 0; i < 3; i++) {
		m = wi_deflate(
		    WI_DEFLATE_15, again, sizeof(again), in, sizeof(in));
		ck_assert_uint_eq(m, n);
		ck_assert_int_eq(memcmp(first, again, n), 0);
		(void)wi_deflate(WI_DEFLATE_15, again, 100, in + 500, 1000);
	}
	wi_deflater_current = NULL;
	wi_deflater_fini(&own);
}
END_TEST

START_TEST(what_would_not_shrink_stays_as_it_is)
{
	uint8_t in[5000], out[5000];
	uint64_t seed = 1;
	size_t i;

	fill_text(in, sizeof(in), 0);
	/* Short, no set, no room. */
	ck_assert_uint_eq(wi_deflate(WI_DEFLATE_15, out, sizeof(out), in,
			      WI_DEFLATE_MIN - 1),
	    0);
	ck_assert_uint_eq(
	    wi_deflate(WI_DEFLATE_NONE, out, sizeof(out), in, 5000), 0);
	ck_assert_uint_gt(
	    wi_deflate(WI_DEFLATE_15, out, sizeof(out), in, 5000), 20);
	ck_assert_uint_eq(wi_deflate(WI_DEFLATE_15, out, 20, in, 5000), 0);
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(check_random(&seed) >> 8);
	for (i = WI_DEFLATE_MIN; i < sizeof(in); i += 61)
		ck_assert_uint_eq(
		    wi_deflate(WI_DEFLATE_15, out, sizeof(out), in, i), 0);
}
END_TEST

START_TEST(a_set_is_the_largest_that_fits)
{
	static const enum wi_deflate_set sets[] = { WI_DEFLATE_NONE,
		WI_DEFLATE_9, WI_DEFLATE_9, WI_DEFLATE_9, WI_DEFLATE_12,
		WI_DEFLATE_12, WI_DEFLATE_12, WI_DEFLATE_15 };
	unsigned bits;

	for (bits = 8; bits <= 15; bits++)
		ck_assert_int_eq(wi_deflate_fits(bits), sets[bits - 8]);
}
END_TEST

/* ---- RFC 7692, section 7.2.3: its examples */

START_TEST(the_examples_of_section_7_2_3_are_understood)
{
	struct wi_inflater *inflater = wi_inflater_new(15);
	unsigned i;

	/* 7.2.3.1: one block. */
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(
		    inflates_to(inflater, false,
			"\xf2\x48\xcd\xc9\xc9\x07\x00", 7, 5, "Hello", 5),
		    WEFT_OK);
	/* 7.2.3.2: the second refers to the first. */
	ck_assert_int_eq(inflates_to(inflater, false,
			     "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, 5, "Hello", 5),
	    WEFT_OK);
	ck_assert_int_eq(inflates_to(inflater, true, "\xf2\x00\x11\x00\x00", 5,
			     5, "Hello", 5),
	    WEFT_OK);
	/* And without the first it cannot be. */
	ck_assert_int_eq(inflates_to(inflater, false, "\xf2\x00\x11\x00\x00",
			     5, 5, NULL, 0),
	    WEFT_EMALFORMED);
	/* 7.2.3.3: a block that is not compressed. */
	ck_assert_int_eq(inflates_to(inflater, false,
			     "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
			     11, 5, "Hello", 5),
	    WEFT_OK);
	/* 7.2.3.4: BFINAL is set; what follows may refer to it. */
	ck_assert_int_eq(
	    inflates_to(inflater, false, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8,
		5, "Hello", 5),
	    WEFT_OK);
	ck_assert_int_eq(inflates_to(inflater, true, "\xf2\x00\x11\x00\x00", 5,
			     5, "Hello", 5),
	    WEFT_OK);
	/* Some leave out the last byte. */
	ck_assert_int_eq(inflates_to(inflater, false,
			     "\xf3\x48\xcd\xc9\xc9\x07\x00", 7, 5, "Hello", 5),
	    WEFT_OK);
	/* 7.2.3.5: two blocks. */
	ck_assert_int_eq(inflates_to(inflater, false,
			     "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07"
			     "\x00",
			     13, 5, "Hello", 5),
	    WEFT_OK);
	/* 7.2.3.6: an empty message; and none at all, as some say it. */
	ck_assert_int_eq(
	    inflates_to(inflater, false, "\x00", 1, 5, "", 0), WEFT_OK);
	ck_assert_int_eq(
	    inflates_to(inflater, true, "", 0, 5, "", 0), WEFT_OK);
	wi_inflater_free(&inflater);
}
END_TEST

START_TEST(messages_may_refer_to_those_before_them)
{
	static const int bits[] = { 9, 12, 15 };
	uint8_t in[70000], out[80000];
	uint64_t seed = 7;
	struct wi_inflater *inflater;
	struct peer peer;
	size_t i, b, len, n;

	for (b = 0; b < CHECK_COUNT(bits); b++) {
		inflater = wi_inflater_new((unsigned)bits[b]);
		peer_begin(&peer, bits[b], 6);
		for (i = 0; i < 200; i++) {
			len = 1 +
			    check_random(&seed) % (i % 20 == 0 ? 69999 : 300);
			fill_text(in, len, check_below(&seed, 5));
			n = peer_says(
			    &peer, in, len, Z_SYNC_FLUSH, out, sizeof(out));
			ck_assert_int_eq(inflates_to(inflater, true, out, n,
					     70000, in, len),
			    WEFT_OK);
		}
		(void)deflateEnd(&peer.z);
		wi_inflater_free(&inflater);
	}
}
END_TEST

START_TEST(a_window_wider_than_agreed_is_refused)
{
	struct wi_inflater *inflater = wi_inflater_new(9);
	uint8_t in[2000], out[4000];
	struct peer peer;
	uint64_t seed = 3;
	size_t i, n;

	for (i = 0; i < 1000; i++)
		in[i] = (uint8_t)(check_random(&seed) >> 8);
	peer_begin(&peer, 15, 6);
	n = peer_says(&peer, in, 1000, Z_SYNC_FLUSH, out, sizeof(out));
	ck_assert_int_eq(
	    inflates_to(inflater, true, out, n, MAX, in, 1000), WEFT_OK);
	/* The first 100 bytes again, 1,000 back. */
	n = peer_says(&peer, in, 100, Z_SYNC_FLUSH, out, sizeof(out));
	ck_assert_uint_lt(n, 50);
	ck_assert_int_eq(inflates_to(inflater, true, out, n, MAX, NULL, 0),
	    WEFT_EMALFORMED);
	(void)deflateEnd(&peer.z);
	wi_inflater_free(&inflater);
}
END_TEST

/* ---- bounds */

/* Zeros, as small as they can be made: what a bomb is. */
static size_t
bomb(size_t len, uint8_t *out, size_t size)
{
	uint8_t *zeros = calloc(1, len);
	struct peer peer;
	size_t n;

	peer_begin(&peer, 15, 9);
	n = peer_says(&peer, zeros, len, Z_SYNC_FLUSH, out, size);
	(void)deflateEnd(&peer.z);
	free(zeros);
	return n;
}

START_TEST(a_message_may_be_as_long_as_max_and_no_longer)
{
	static const size_t lens[] = { 1, 2, 100, 65535, 65536, 65537, 131072,
		196608, 196609, 1u << 20 };
	struct wi_inflater *inflater = wi_inflater_new(15);
	uint8_t *zeros = calloc(1, 1u << 20), *out = malloc(1u << 20);
	size_t i, n;

	for (i = 0; i < CHECK_COUNT(lens); i++) {
		n = bomb(lens[i], out, 1u << 20);
		ck_assert_int_eq(inflates_to(inflater, false, out, n, lens[i],
				     zeros, lens[i]),
		    WEFT_OK);
		ck_assert_int_eq(
		    inflates_to(inflater, false, out, n, lens[i] - 1, NULL, 0),
		    WEFT_ETOOBIG);
		ck_assert_int_eq(
		    inflates_to(inflater, false, out, n, lens[i] / 2, NULL, 0),
		    WEFT_ETOOBIG);
	}
	free(zeros);
	free(out);
	wi_inflater_free(&inflater);
}
END_TEST

START_TEST(memory_follows_what_has_come_out)
{
	struct wi_inflater *inflater = wi_inflater_new(15);
	struct wi_arena arena = { NULL, 0, NULL };
	uint8_t *out = malloc(1u << 20);
	struct weft_bytes msg = { out, 0 };
	const char *why;

	/* Small ones cost none but the arena, whatever they might become. */
	msg.len = bomb(60000, out, 1u << 20);
	ck_assert_int_eq(
	    wi_inflate(inflater, false, &msg, 1u << 30, &arena, &why),
	    WEFT_OK);
	ck_assert_uint_eq(msg.len, 60000);
	ck_assert_ptr_null(arena.giants);
	ck_assert_uint_ge(arena.used, 60000);
	wi_arena_fini(&arena);
	free(out);
	wi_inflater_free(&inflater);
}
END_TEST

/* ---- what is no DEFLATE */

START_TEST(what_is_cut_off_or_changed_is_refused_or_another_message)
{
	uint8_t in[3000], out[4000];
	struct wi_inflater *inflater = wi_inflater_new(15);
	struct wi_arena arena = { NULL, 0, NULL };
	struct weft_bytes msg;
	unsigned nrefused = 0, ncut = 0;
	struct peer peer;
	const char *why;
	size_t i, n;
	int rv;

	fill_text(in, sizeof(in), 2);
	peer_begin(&peer, 15, 6);
	n = peer_says(&peer, in, sizeof(in), Z_SYNC_FLUSH, out, sizeof(out));
	(void)deflateEnd(&peer.z);
	for (i = 1; i < n; i++) {
		msg = (struct weft_bytes){ out, i };
		rv = wi_inflate(inflater, false, &msg, MAX, &arena, &why);
		/* Nothing that is cut off is taken for all of it. */
		ck_assert(rv == WEFT_EMALFORMED || rv == WEFT_ETOOBIG ||
		    (rv == WEFT_OK && msg.len < sizeof(in)));
		ncut += rv == WEFT_EMALFORMED;
		wi_arena_fini(&arena);
		out[i] ^= 0x55;
		msg = (struct weft_bytes){ out, n };
		rv = wi_inflate(inflater, false, &msg, MAX, &arena, &why);
		nrefused += rv == WEFT_EMALFORMED;
		wi_arena_fini(&arena);
		out[i] ^= 0x55;
	}
	/* Most are seen; DEFLATE has no checksum. */
	ck_assert_uint_gt(ncut, (unsigned)n / 2);
	ck_assert_uint_gt(nrefused, (unsigned)n / 4);
	ck_assert_int_eq(
	    inflates_to(inflater, false, out, n, MAX, in, sizeof(in)),
	    WEFT_OK);
	wi_inflater_free(&inflater);
}
END_TEST

START_TEST(wrong_blocks_are_refused)
{
	static const struct {
		const char *bytes;
		size_t len;
	} wrong[] = {
		{ "\x07", 1 },                 /* no such type of block */
		{ "\xff\xff\xff", 3 },         /* likewise */
		{ "\x00\x05\x00\xff\xff", 5 }, /* a length, and not its
						  complement */
		{ "\x00\x05\x00\xfa\xff\x48\x65", 7 }, /* it is not there */
		{ "\xf2\x48\xcd", 3 },                 /* within a block */
		{ "\x04\xff\xff\xff\xff", 5 },         /* lengths of codes */
		{ "Hello, this is not deflated at all", 34 },
	};
	struct wi_inflater *inflater = wi_inflater_new(15);
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++)
		ck_assert_msg(
		    inflates_to(inflater, false, wrong[i].bytes, wrong[i].len,
			MAX, NULL, 0) == WEFT_EMALFORMED,
		    "%zu is taken", i);
	/* And it goes on with what is right. */
	ck_assert_int_eq(inflates_to(inflater, false,
			     "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, 5, "Hello", 5),
	    WEFT_OK);
	wi_inflater_free(&inflater);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_message_comes_back_as_it_was,
		a_message_made_smaller_depends_on_nothing_before_it,
		what_would_not_shrink_stays_as_it_is,
		a_set_is_the_largest_that_fits,
		the_examples_of_section_7_2_3_are_understood,
		messages_may_refer_to_those_before_them,
		a_window_wider_than_agreed_is_refused,
		a_message_may_be_as_long_as_max_and_no_longer,
		memory_follows_what_has_come_out,
		what_is_cut_off_or_changed_is_refused_or_another_message,
		wrong_blocks_are_refused,
	};

	return check_main("deflate", tests, CHECK_COUNT(tests));
}
