/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_deflate.c - frames of messages that were made smaller
 * (RFC 7692, section 6), on both sides, from scripted feeds; and the tables
 * that write them.
 */
#include "ws_script.h"

/* Handshakes agree on it from here on. */
static void
agree(unsigned bits, bool takeover)
{
	ws_feed_extension = (struct wi_ws_extension){ .is = true,
		.set = WI_DEFLATE_15,
		.bits = (uint8_t)bits,
		.takeover = takeover };
}

START_TEST(the_first_reserved_bit_marks_a_message)
{
	struct ws_feed seen;

	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		agree(client ? 15 : 11, !client);
		add(&script, 0xc1, "small");
		add(&script, 0x81, "as it is");
		add(&script, 0xc2, "");
		feed(&script, MAX, &seen);
		ck_assert_uint_eq(seen.nevents, 3);
		ck_assert(ws_seen_is(&seen, 0, WS_SEEN_MESSAGE,
		    WEFT_TEXT | wi_codec_inflates(client ? 15 : 11, !client),
		    "small", 5));
		ck_assert(ws_seen_is(
		    &seen, 1, WS_SEEN_MESSAGE, WEFT_TEXT, "as it is", 8));
		ck_assert(ws_seen_is(&seen, 2, WS_SEEN_MESSAGE,
		    wi_codec_inflates(client ? 15 : 11, !client), "", 0));
		done(&script, &seen);
	}
}
END_TEST

START_TEST(flags_say_how_to_inflate)
{
	unsigned bits, takeover;
	uint32_t flags;

	for (bits = 8; bits <= 15; bits++)
		for (takeover = 0; takeover <= 1; takeover++) {
			flags = wi_codec_inflates(bits, takeover == 1);
			ck_assert((flags & WI_CODEC_INFLATES) != 0);
			ck_assert_uint_eq(wi_codec_inflate_bits(flags), bits);
			ck_assert_int_eq(
			    (flags & WI_CODEC_TAKEOVER) != 0, takeover);
			ck_assert_uint_eq(flags & WEFT_TEXT, 0);
		}
}
END_TEST

/* Section 6.1: of fragments the first has it. */
START_TEST(fragments_of_a_small_message_are_joined)
{
	struct ws_feed seen;

	agree(15, true);
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x41, "\xff"); /* not UTF-8: nobody looks yet */
		add(&script, 0x89, "ping");
		add(&script, 0x00, "");
		add(&script, 0x80, "\xfe");
		/* The next one is not. */
		add(&script, 0x01, "pla");
		add(&script, 0x80, "in");
		feed(&script, MAX, &seen);
		ck_assert_uint_eq(seen.nevents, 3);
		ck_assert(ws_seen_is(&seen, 1, WS_SEEN_MESSAGE,
		    WEFT_TEXT | wi_codec_inflates(15, true), "\xff\xfe", 2));
		ck_assert(ws_seen_is(
		    &seen, 2, WS_SEEN_MESSAGE, WEFT_TEXT, "plain", 5));
		done(&script, &seen);
	}
}
END_TEST

/* Section 6: not of control frames, nor of a fragment that is not the first;
 * RFC 6455, section 5.2: the others mean nothing. */
START_TEST(reserved_bits_elsewhere_are_refused)
{
	static const uint8_t firsts[] = { 0xc8, 0xc9, 0xca, 0xe1, 0xd1, 0xa1,
		0x91, 0xf2, 0x61, 0x51, 0xc3, 0xcb };
	size_t i;

	agree(15, true);
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		for (i = 0; i < sizeof(firsts); i++) {
			add(&script, firsts[i], "");
			ends(&script, MAX, WEFT_EMALFORMED, 1002, 2);
		}
		for (i = 0; i < 2; i++) {
			add(&script, i == 0 ? 0x41 : 0x01, "a");
			add(&script, 0xc0, "b");
			ends(&script, MAX, WEFT_EMALFORMED, 1002,
			    (client ? 3 : 7) + 2);
		}
	}
}
END_TEST

START_TEST(without_the_extension_the_bit_is_refused)
{
	memset(&ws_feed_extension, 0, sizeof(ws_feed_extension));
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0xc1, "small");
		ends(&script, MAX, WEFT_EMALFORMED, 1002, 2);
	}
}
END_TEST

/* What could not be made smaller may be a little longer on the wire. */
START_TEST(a_small_message_is_bounded_on_the_wire)
{
	const size_t most = wi_inflate_wire_max(200);
	char payload[400];
	struct ws_feed seen;

	ck_assert_uint_lt(most, sizeof(payload));
	ck_assert_uint_gt(most, 200);
	memset(payload, 'p', sizeof(payload));
	agree(15, false);
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		ws_add(&script.bytes, !client, 0xc2, payload, most);
		ws_add(&script.bytes, !client, 0x42, payload, 200);
		ws_add(&script.bytes, !client, 0x80, payload, most - 200);
		feed(&script, 200, &seen);
		ck_assert_uint_eq(seen.nmessages, 2);
		ck_assert(!seen.ended);
		ws_feed_free(&seen);
		script.bytes.len = 0;
		ws_add(&script.bytes, !client, 0xc2, payload, most + 1);
		ends(&script, 200, WEFT_ETOOBIG, 1009, client ? 4 : 8);
		/* One that is as it is has no more than before. */
		ws_add(&script.bytes, !client, 0x82, payload, 201);
		ends(&script, 200, WEFT_ETOOBIG, 1009, client ? 4 : 8);
	}
}
END_TEST

/* ---- the tables */

static const struct weft_codec *const plains[WI_CODEC_WS_KINDS] = {
	&wi_codec_ws, &wi_codec_ws_text, &wi_codec_ws_client,
	&wi_codec_ws_client_text
};

START_TEST(an_endpoint_has_the_codec_of_what_was_agreed_on)
{
	const struct weft_codec *codec;
	struct wi_ws ws = { .bits = 0 };
	unsigned i, set;

	for (i = 0; i < WI_CODEC_WS_KINDS; i++) {
		ws.bits = 0;
		ck_assert_ptr_eq(
		    wi_codec_agreed(plains[i], &ws, true), plains[i]);
		ck_assert(!wi_codec_deflates(plains[i]));
		ck_assert_ptr_eq(wi_codec_plain(plains[i]), plains[i]);
		ws.bits = 9;
		for (set = 0; set < WI_DEFLATE_SETS; set++) {
			ws.set = (uint8_t)set;
			codec = wi_codec_agreed(plains[i], &ws, true);
			ck_assert(wi_codec_deflates(codec));
			ck_assert_uint_eq(wi_codec_deflate_set(codec), set);
			ck_assert_ptr_eq(wi_codec_plain(codec), plains[i]);
			ck_assert_str_eq(codec->name, plains[i]->name);
			ck_assert_ptr_eq(codec->begin, plains[i]->begin);
			ck_assert_ptr_eq(codec->decode, plains[i]->decode);
			ck_assert_uint_eq(
			    codec->state_size, plains[i]->state_size);
			/* It may only read what was made smaller. */
			codec = wi_codec_agreed(plains[i], &ws, false);
			ck_assert_uint_eq(
			    wi_codec_deflate_set(codec), WI_DEFLATE_NONE);
		}
	}
	ck_assert_ptr_eq(
	    wi_codec_agreed(&wi_codec_varint, NULL, true), &wi_codec_varint);
	ck_assert(!wi_codec_deflates(&wi_codec_varint));
	ck_assert_uint_eq(wi_codec_cut_max(&wi_codec_ws, 100), 100);
	ck_assert_uint_gt(wi_codec_cut_max(codec, 100), 100);
}
END_TEST

/* A frame of ours, taken apart by the other side's decode(). */
static void
is_read_as(unsigned kind, const uint8_t *frame, size_t len, uint32_t flags,
    const uint8_t *msg, size_t msg_len)
{
	struct wi_inflater *inflater = wi_inflater_new(15);
	struct wi_arena arena = { NULL, 0, NULL };
	const struct ws_event *event;
	struct weft_bytes found;
	struct ws_feed seen;
	const char *why;

	ws_feed_open(&seen, kind < 2, 1u << 20);
	ws_feed_arrive(&seen, frame, len);
	ck_assert_uint_eq(seen.nevents, 1);
	event = ws_seen(&seen, 0);
	ck_assert_int_eq(event->kind, WS_SEEN_MESSAGE);
	ck_assert_uint_eq(event->flags, flags);
	found =
	    (struct weft_bytes){ seen.bytes.data + event->offset, event->len };
	if ((flags & WI_CODEC_INFLATES) != 0)
		ck_assert_int_eq(wi_inflate(inflater, false, &found, 1u << 20,
				     &arena, &why),
		    WEFT_OK);
	ck_assert_uint_eq(found.len, msg_len);
	if (msg_len > 0)
		ck_assert_int_eq(memcmp(found.data, msg, msg_len), 0);
	ws_feed_free(&seen);
	wi_arena_fini(&arena);
	wi_inflater_free(&inflater);
}

START_TEST(frames_are_small_where_that_helps)
{
	static const size_t lens[] = { 0, 1, WI_DEFLATE_MIN - 1,
		WI_DEFLATE_MIN, 1000, 65535, 65536, 300000 };
	uint8_t *msg = malloc(300000);
	unsigned kind, set, text;
	size_t i, n, room;

	agree(15, false);
	for (i = 0; i < 300000; i++)
		msg[i] = (uint8_t)("abcdefg"[i % 7] + (i / 500) % 3);
	for (kind = 0; kind < WI_CODEC_WS_KINDS; kind++)
		for (set = 0; set < WI_DEFLATE_SETS; set++)
			for (i = 0; i < 2 * CHECK_COUNT(lens); i++) {
				const struct weft_codec *codec =
				    &wi_codecs_deflate[set][kind];
				size_t len = lens[i / 2];
				bool is_small = len >= WI_DEFLATE_MIN &&
				    set != WI_DEFLATE_NONE;
				uint8_t *frame;

				text = i % 2;
				room = wi_codec_frame_max(codec, len);
				ck_assert_uint_le(
				    room, wi_codec_wire_max(len));
				frame = malloc(room);
				n = wi_codec_frame(codec, frame, msg, len,
				    text ? WEFT_TEXT : 0);
				ck_assert_uint_le(n, room);
				ck_assert_int_eq(
				    n < len, is_small); /* or a head more */
				is_read_as(kind, frame, n,
				    (text || kind % 2 == 1 ? WEFT_TEXT : 0) |
					(is_small ?
						wi_codec_inflates(15, false) :
						0),
				    msg, len);
				free(frame);
			}
	free(msg);
}
END_TEST

START_TEST(what_would_not_shrink_is_sent_as_it_is)
{
	uint8_t msg[3000], frame[3100];
	uint32_t x = 1;
	unsigned kind;
	size_t i, n;

	agree(15, false);
	for (i = 0; i < sizeof(msg); i++) {
		x = x * 1664525u + 1013904223u;
		msg[i] = (uint8_t)(x >> 24);
	}
	for (kind = 0; kind < WI_CODEC_WS_KINDS; kind += 2) {
		n = wi_codec_frame(&wi_codecs_deflate[WI_DEFLATE_15][kind],
		    frame, msg, sizeof(msg), 0);
		is_read_as(kind, frame, n, kind % 2 == 1 ? WEFT_TEXT : 0, msg,
		    sizeof(msg));
	}
}
END_TEST

/* What is published: the copy is made once, the frame for each table. */
START_TEST(a_copy_is_framed_as_the_message_would_be)
{
	uint8_t msg[2000], copy[2000], frame[2100], whole[2100];
	unsigned kind, set;
	size_t i, n, m;

	agree(15, false);
	for (i = 0; i < sizeof(msg); i++)
		msg[i] = (uint8_t)("abcdefg"[i % 7] + (i / 50) % 3);
	for (set = WI_DEFLATE_9; set < WI_DEFLATE_SETS; set++)
		for (kind = 0; kind < WI_CODEC_WS_KINDS; kind++) {
			const struct weft_codec *codec =
			    &wi_codecs_deflate[set][kind];

			n = wi_deflate((enum wi_deflate_set)set, copy,
			    sizeof(copy), msg, sizeof(msg));
			ck_assert_uint_gt(n, 0);
			m = wi_codec_deflated(codec, frame, copy, n);
			ck_assert_uint_le(m, n + WI_CODEC_HEAD_MAX);
			is_read_as(kind, frame, m,
			    (kind % 2 == 1 ? WEFT_TEXT : 0) |
				wi_codec_inflates(15, false),
			    msg, sizeof(msg));
			/* Of a server byte by byte; a client's mask is
			 * another each time. */
			ck_assert_uint_eq(
			    wi_codec_frame(codec, whole, msg, sizeof(msg), 0),
			    m);
			if (kind < 2)
				ck_assert_int_eq(memcmp(frame, whole, m), 0);
		}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_first_reserved_bit_marks_a_message,
		flags_say_how_to_inflate,
		fragments_of_a_small_message_are_joined,
		reserved_bits_elsewhere_are_refused,
		without_the_extension_the_bit_is_refused,
		a_small_message_is_bounded_on_the_wire,
		an_endpoint_has_the_codec_of_what_was_agreed_on,
		frames_are_small_where_that_helps,
		what_would_not_shrink_is_sent_as_it_is,
		a_copy_is_framed_as_the_message_would_be,
	};

	return check_main("ws_deflate", tests, CHECK_COUNT(tests));
}
