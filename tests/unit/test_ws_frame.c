/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_frame.c - frames become messages, messages frames (RFC
 * 6455, sections 5 to 8), on both sides, from scripted feeds.
 */
#include "ws_script.h"

START_TEST(a_masked_frame_is_unmasked)
{
	/* Section 5.7. */
	static const uint8_t hello[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d,
		0x7f, 0x9f, 0x4d, 0x51, 0x58 };
	struct ws_feed seen;

	ws_feed_all(false, MAX, hello, sizeof(hello), &seen);
	ck_assert_uint_eq(seen.nevents, 1);
	ck_assert(
	    ws_seen_is(&seen, 0, WS_SEEN_MESSAGE, WEFT_TEXT, "Hello", 5));
	ck_assert(!seen.ended);
	ws_feed_free(&seen);
}
END_TEST

/* Section 5.2: each form of the length, and its ends. */
START_TEST(messages_of_each_form_of_length_are_cut)
{
	static const size_t lens[] = { 0, 1, 125, 126, 127, 65535, 65536,
		70000 };
	uint8_t *payload = malloc(70000);
	struct ws_feed seen;
	size_t i;

	memset(payload, 'z', 70000);
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		for (i = 0; i < CHECK_COUNT(lens); i++)
			ws_add(&script.bytes, !client,
			    i % 2 == 0 ? 0x82 : 0x81, payload, lens[i]);
		ws_feed_open(&seen, client, 70000);
		ws_feed_script(&seen, script.bytes.data, script.bytes.len,
		    &(struct codec_way){ .name = "in random chunks",
			.random = 7,
			.bytes_from = SIZE_MAX });
		ck_assert_uint_eq(seen.nevents, CHECK_COUNT(lens));
		for (i = 0; i < CHECK_COUNT(lens); i++)
			ck_assert(ws_seen_is(&seen, i, WS_SEEN_MESSAGE,
			    i % 2 == 0 ? 0 : WEFT_TEXT, payload, lens[i]));
		ck_assert_uint_eq(seen.npending, 0);
		done(&script, &seen);
	}
	free(payload);
}
END_TEST

START_TEST(short_frames_in_one_segment_are_cut_one_by_one)
{
	struct ws_feed seen;

	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x81, "one");
		add(&script, 0x82, "");
		add(&script, 0x82, "three");
		feed(&script, MAX, &seen);
		ck_assert_uint_eq(seen.nevents, 3);
		ck_assert(ws_seen_is(
		    &seen, 0, WS_SEEN_MESSAGE, WEFT_TEXT, "one", 3));
		ck_assert(ws_seen_is(&seen, 1, WS_SEEN_MESSAGE, 0, "", 0));
		ck_assert(
		    ws_seen_is(&seen, 2, WS_SEEN_MESSAGE, 0, "three", 5));
		done(&script, &seen);
	}
}
END_TEST

/* Section 5.4: control frames may stand between fragments. */
START_TEST(fragments_are_joined_and_pings_between_them_answered)
{
	struct ws_feed seen;

	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x01, "Hel");
		add(&script, 0x89, "p1");
		add(&script, 0x00, "");
		add(&script, 0x8a, "unasked");
		add(&script, 0x00, "l");
		add(&script, 0x89, "");
		add(&script, 0x80, "o");
		add(&script, 0x02, "");
		add(&script, 0x80, "last");
		add(&script, 0x82, "alone");
		feed(&script, MAX, &seen);
		ck_assert_uint_eq(seen.nevents, 5);
		ck_assert(
		    ws_seen_is(&seen, 0, WS_SEEN_ANSWER, 0, "\x8a\x02p1", 4));
		ck_assert(
		    ws_seen_is(&seen, 1, WS_SEEN_ANSWER, 0, "\x8a\0", 2));
		ck_assert(ws_seen_is(
		    &seen, 2, WS_SEEN_MESSAGE, WEFT_TEXT, "Hello", 5));
		ck_assert(ws_seen_is(&seen, 3, WS_SEEN_MESSAGE, 0, "last", 4));
		ck_assert(
		    ws_seen_is(&seen, 4, WS_SEEN_MESSAGE, 0, "alone", 5));
		ck_assert(!seen.ended);
		done(&script, &seen);
	}
}
END_TEST

/* Section 5.5.3: the pong has the ping's payload; pongs are not answered. */
START_TEST(a_ping_is_answered_with_its_payload)
{
	uint8_t ping[127], pong[127];
	struct ws_feed seen;
	size_t i;

	for (i = 2; i < sizeof(ping); i++)
		ping[i] = (uint8_t)(i * 7);
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		memcpy(pong, ping, sizeof(pong));
		pong[0] = 0x8a;
		pong[1] = 125;
		ws_add(&script.bytes, !client, 0x89, ping + 2, 125);
		add(&script, 0x8a, "");
		add(&script, 0x89, "again");
		feed(&script, 0, &seen);
		ck_assert_uint_eq(seen.nevents, 2);
		ck_assert(ws_seen_is(
		    &seen, 0, WS_SEEN_ANSWER, 0, pong, sizeof(pong)));
		ck_assert(ws_seen_is(&seen, 1, WS_SEEN_ANSWER, 0,
		    "\x8a\x05"
		    "again",
		    7));
		ck_assert_uint_eq(seen.npending, 0);
		done(&script, &seen);
	}
}
END_TEST

/* One byte in each frame and a ping behind each tenth: what is kept for it
 * stays within the bound (the feeder fails if not). */
static void
in_frames_of_one_byte(bool client, size_t len, size_t chunk, bool pings)
{
	struct codec_bytes script = { NULL, 0, 0 };
	uint8_t *message = malloc(len);
	struct ws_feed seen;
	size_t i, n, ping = 0;

	for (i = 0; i < len; i++) {
		message[i] = (uint8_t)(i * 31 >> 3);
		ws_add(&script, !client,
		    i == 0           ? 0x02 :
			i == len - 1 ? 0x80 :
				       0x00,
		    message + i, 1);
		if (pings && i % 10 == 0 && ++ping)
			ws_add(&script, !client, 0x89, "are you there?", 14);
	}
	ws_feed_open(&seen, client, len);
	for (i = 0; i < script.len; i += n) {
		n = script.len - i < chunk ? script.len - i : chunk;
		ws_feed_arrive(&seen, script.data + i, n);
	}
	ck_assert_uint_eq(seen.nmessages, 1);
	ck_assert_uint_eq(seen.nevents, 1 + ping);
	ck_assert(ws_seen_is(
	    &seen, seen.nevents - 1, WS_SEEN_MESSAGE, 0, message, len));
	ck_assert_uint_eq(seen.npending, 0);
	ck_assert_uint_le(seen.kept, 2 * len + 1024);
	ws_feed_free(&seen);
	codec_bytes_free(&script);
	free(message);
}

START_TEST(a_message_in_frames_of_one_byte_is_kept_within_the_bound)
{
	BOTH_SIDES(client)
	{
		in_frames_of_one_byte(client, 65536, 1400, false);
		in_frames_of_one_byte(client, 65536, 1400, true);
		in_frames_of_one_byte(client, 3000, 1, true);
		in_frames_of_one_byte(client, 3000, 7, false);
		in_frames_of_one_byte(client, 65536, SIZE_MAX, false);
	}
}
END_TEST

/* Nor do empty fragments add up, or control frames that never end. */
START_TEST(frames_that_carry_nothing_are_not_kept)
{
	struct ws_feed seen;
	unsigned i;

	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x01, "begun");
		for (i = 0; i < 5000; i++)
			add(&script, i % 3 == 0 ? 0x00 : 0x8a, "");
		add(&script, 0x80, "");
		ws_feed_open(&seen, client, 100);
		ws_feed_script(&seen, script.bytes.data, script.bytes.len,
		    &(struct codec_way){
			.name = "one byte at a time", .bytes_from = 0 });
		ck_assert_uint_eq(seen.nevents, 1);
		ck_assert(ws_seen_is(
		    &seen, 0, WS_SEEN_MESSAGE, WEFT_TEXT, "begun", 5));
		ck_assert_uint_le(seen.kept, 2 * 100 + 1024);
		done(&script, &seen);
	}
}
END_TEST

/* Section 5.6: fragments may cut a character, the message may not. */
START_TEST(a_character_may_be_cut_by_fragments)
{
	static const char text[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
	struct ws_feed seen;
	size_t i;

	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		for (i = 0; i < 9; i++) {
			ws_add(&script.bytes, !client,
			    i == 0     ? 0x01 :
				i == 8 ? 0x80 :
					 0x00,
			    text + i, 1);
			if (i == 4)
				add(&script, 0x89, "\xff");
		}
		feed(&script, 9, &seen);
		ck_assert_uint_eq(seen.nevents, 2);
		ck_assert(
		    ws_seen_is(&seen, 1, WS_SEEN_MESSAGE, WEFT_TEXT, text, 9));
		done(&script, &seen);
	}
}
END_TEST

/* Section 8.1. */
START_TEST(text_that_is_not_utf8_is_refused_with_1007)
{
	static const char *const wrong[] = { "\xff", "abc\xc0\xaf",
		"\xed\xa0\x80", "cut\xe2\x82", "\xf4\x90\x80\x80" };
	size_t i;

	BOTH_SIDES(client) for (i = 0; i < CHECK_COUNT(wrong); i++)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x81, wrong[i]);
		ends(&script, MAX, WEFT_EMALFORMED, 1007, 0);
		/* In a later frame of several: no need for the last one. */
		add(&script, 0x01, "fine");
		add(&script, 0x00, wrong[i]);
		if (i == 3)
			add(&script, 0x80, "");
		ends(&script, MAX, WEFT_EMALFORMED, 1007, 0);
	}
}
END_TEST

START_TEST(binary_need_not_be_utf8)
{
	struct ws_feed seen;

	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x02, "\xff");
		add(&script, 0x80, "\xc0");
		add(&script, 0x81, "text");
		feed(&script, MAX, &seen);
		ck_assert_uint_eq(seen.nevents, 2);
		ck_assert(
		    ws_seen_is(&seen, 0, WS_SEEN_MESSAGE, 0, "\xff\xc0", 2));
		done(&script, &seen);
	}
}
END_TEST

/* Section 10.4: as soon as the head says so. */
START_TEST(a_message_that_is_too_big_is_refused_by_its_head)
{
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };
		size_t key = client ? 0 : 4;
		char payload[201] = { 0 };

		memset(payload, 'p', 200);
		add(&script, 0x82, payload);
		ends(&script, 199, WEFT_ETOOBIG, 1009, 4 + key);
		/* The largest length that there is. */
		codec_bytes_add(&script.bytes,
		    client ? "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff" :
			     "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff",
		    10);
		codec_bytes_add(&script.bytes, "keys", key);
		ends(&script, 1u << 30, WEFT_ETOOBIG, 1009, 10 + key);
		/* Over fragments. */
		payload[100] = '\0';
		add(&script, 0x01, payload);
		add(&script, 0x00, payload);
		add(&script, 0x80, "p");
		ends(&script, 200, WEFT_ETOOBIG, 1009,
		    2 * (102 + key) + 2 + key);
		add(&script, 0x81, "p");
		ends(&script, 0, WEFT_ETOOBIG, 1009, 2 + key);
	}
}
END_TEST

START_TEST(a_message_of_max_message_is_not_too_big)
{
	struct ws_feed seen;
	char payload[201] = { 0 };

	memset(payload, 'p', 200);
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x81, payload);
		add(&script, 0x01, payload + 100);
		add(&script, 0x00, payload + 100);
		add(&script, 0x80, "");
		feed(&script, 200, &seen);
		ck_assert_uint_eq(seen.nevents, 2);
		ck_assert(!seen.ended);
		ck_assert(ws_seen_is(
		    &seen, 1, WS_SEEN_MESSAGE, WEFT_TEXT, payload, 200));
		done(&script, &seen);
	}
}
END_TEST

/* What a frame may not begin with, whatever follows, if none is begun:
 * reserved bits and opcodes (5.2), parts of control frames (5.5), what
 * continues nothing (5.4). */
static const uint8_t wrong_firsts[] = { 0xc1, 0xa1, 0x91, 0xf2, 0xc9, 0x83,
	0x84, 0x85, 0x86, 0x87, 0x03, 0x07, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x0f,
	0x08, 0x09, 0x0a, 0x80, 0x00 };

/* Wrong lengths, without the mask; known when all of the head is there, or
 * after two bytes. */
static const struct wrong {
	const char *head;
	size_t len;
	bool whole;
} wrong_lengths[] = {
	{ "\x89\x7e\x00\x7e", 4, false }, /* 5.5: more than 125 bytes */
	{ "\x8a\x7e\x00\x05", 4, false },
	{ "\x88\x7f\0\0\0\0\0\1\0\0", 10, false },
	{ "\x88\x01", 2, false },        /* 5.5.1: half a status */
	{ "\x82\x7e\x00\x00", 4, true }, /* 5.2: not in the least bytes */
	{ "\x82\x7e\x00\x7d", 4, true },
	{ "\x82\x7f\0\0\0\0\0\0\0\0", 10, true },
	{ "\x82\x7f\0\0\0\0\0\0\0\x7d", 10, true },
	{ "\x82\x7f\0\0\0\0\0\0\xff\xff", 10, true },
	{ "\x82\x7f\x80\0\0\0\0\0\0\0", 10, true }, /* the highest bit */
	{ "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10, true },
};

/* Alone, and behind what is right. */
static void
is_refused(bool client, const struct wrong *wrong)
{
	struct script script = { { NULL, 0, 0 }, client };
	size_t before;

	for (unsigned behind = 0; behind <= 1; behind++) {
		if (behind) {
			add(&script, 0x81, "right");
			add(&script, 0x8a, "");
		}
		before = script.bytes.len;
		codec_bytes_add(&script.bytes, wrong->head, wrong->len);
		if (!client) {
			script.bytes.data[before + 1] |= 0x80;
			codec_bytes_add(&script.bytes, "keys", 4);
		}
		ends(&script, MAX, WEFT_EMALFORMED, 1002,
		    wrong->whole ? script.bytes.len : before + 2);
	}
}

START_TEST(a_wrong_head_is_refused_as_soon_as_it_is_there)
{
	size_t i;

	BOTH_SIDES(client)
	{
		for (i = 0; i < CHECK_COUNT(wrong_lengths); i++)
			is_refused(client, &wrong_lengths[i]);
		for (i = 0; i < sizeof(wrong_firsts); i++) {
			const char head[2] = { (char)wrong_firsts[i], 0 };
			const struct wrong wrong = { head, 2, false };

			is_refused(client, &wrong);
		}
	}
}
END_TEST

/* Section 5.1. */
START_TEST(a_mask_must_be_a_clients_and_only_a_clients)
{
	BOTH_SIDES(client)
	{
		static const unsigned firsts[] = { 0x81, 0x02, 0x89, 0x88 };
		struct script script = { { NULL, 0, 0 }, client };
		size_t i;

		for (i = 0; i < CHECK_COUNT(firsts); i++) {
			ws_add(&script.bytes, client, firsts[i], "", 0);
			ends(&script, MAX, WEFT_EMALFORMED, 1002, 2);
		}
	}
}
END_TEST

/* Section 5.4: fragments of two messages are never mixed. */
START_TEST(a_message_within_a_message_is_refused)
{
	static const unsigned firsts[] = { 0x81, 0x82, 0x01, 0x02 };
	size_t i;

	BOTH_SIDES(client) for (i = 0; i < CHECK_COUNT(firsts); i++)
	{
		struct script script = { { NULL, 0, 0 }, client };
		size_t before;

		/* An empty beginning is one. */
		for (unsigned empty = 0; empty <= 1; empty++) {
			add(&script, 0x02, empty ? "" : "begun");
			add(&script, 0x89, "ping");
			before = script.bytes.len;
			add(&script, firsts[i], "other");
			ends(&script, MAX, WEFT_EMALFORMED, 1002, before + 2);
		}
		/* What has ended can not go on. */
		add(&script, 0x01, "a");
		add(&script, 0x80, "b");
		before = script.bytes.len;
		add(&script, 0x80, "c");
		ends(&script, MAX, WEFT_EMALFORMED, 1002, before + 2);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_masked_frame_is_unmasked,
		messages_of_each_form_of_length_are_cut,
		short_frames_in_one_segment_are_cut_one_by_one,
		fragments_are_joined_and_pings_between_them_answered,
		a_ping_is_answered_with_its_payload,
		a_message_in_frames_of_one_byte_is_kept_within_the_bound,
		frames_that_carry_nothing_are_not_kept,
		a_character_may_be_cut_by_fragments,
		text_that_is_not_utf8_is_refused_with_1007,
		binary_need_not_be_utf8,
		a_message_that_is_too_big_is_refused_by_its_head,
		a_message_of_max_message_is_not_too_big,
		a_wrong_head_is_refused_as_soon_as_it_is_there,
		a_mask_must_be_a_clients_and_only_a_clients,
		a_message_within_a_message_is_refused,
	};

	return check_main("ws_frame", tests, CHECK_COUNT(tests));
}
