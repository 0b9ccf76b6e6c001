/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_close.c - how a WebSocket ends (RFC 6455, sections 5.5.1
 * and 7), and what we send (5.1 to 5.3): head(), encode(), leave(), end(),
 * ping().
 */
#include "ws_script.h"

#include "check_random.h"

static void
add_close(struct script *script, unsigned status, const char *reason)
{
	uint8_t payload[125] = { (uint8_t)(status >> 8), (uint8_t)status };
	size_t len = strlen(reason);

	ck_assert_uint_le(len, 123);
	memcpy(payload + 2, reason, len);
	ws_add(&script->bytes, !script->client, 0x88, payload, 2 + len);
}

/* Section 7.4.1, and what IANA has added to it since: 1012, 1013, 1014. */
static bool
is_valid(unsigned status)
{
	static const unsigned named[] = { 1000, 1001, 1002, 1003, 1007, 1008,
		1009, 1010, 1011, 1012, 1013, 1014 };
	size_t i;

	for (i = 0; i < CHECK_COUNT(named); i++)
		if (status == named[i])
			return true;
	return status >= 3000 && status <= 4999;
}

START_TEST(a_close_is_answered_with_its_status)
{
	static const unsigned statuses[] = { 1000, 1001, 1008, 1014, 3000,
		4999 };
	size_t i;

	BOTH_SIDES(client) for (i = 0; i < CHECK_COUNT(statuses); i++)
	{
		struct script script = { { NULL, 0, 0 }, client };
		struct ws_feed seen;

		add(&script, 0x81, "last");
		add_close(&script, statuses[i], "bye \xe2\x82\xac");
		feed(&script, MAX, &seen);
		ck_assert(ws_seen_is(
		    &seen, 0, WS_SEEN_MESSAGE, WEFT_TEXT, "last", 4));
		ck_assert_uint_eq(seen.nevents, 1);
		ck_assert_uint_eq(seen.status, statuses[i]);
		ck_assert_uint_eq(seen.end_len, 4);
		ws_feed_free(&seen);
		ends(&script, MAX, WEFT_OK, statuses[i], 0);
	}
}
END_TEST

START_TEST(a_close_without_status_is_answered_without_one)
{
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };
		struct ws_feed seen;

		add(&script, 0x88, "");
		feed(&script, MAX, &seen);
		/* Section 7.1.5: it is taken as 1005. */
		ck_assert_uint_eq(seen.status, 1005);
		ck_assert_uint_eq(seen.end_len, 2);
		ws_feed_free(&seen);
		ends(&script, MAX, WEFT_OK, 1005, 0);
	}
}
END_TEST

/* Section 5.5.1: nothing is taken after it; 5.4: it may come anywhere. */
START_TEST(what_follows_a_close_is_not_looked_at)
{
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };
		struct ws_feed seen;
		size_t len;

		add(&script, 0x01, "never whole");
		add_close(&script, 1001, "");
		len = script.bytes.len;
		add(&script, 0x80, "too late");
		add(&script, 0x89, "too late");
		codec_bytes_add(&script.bytes, "\xff\xff\xff", 3);
		feed(&script, MAX, &seen);
		ck_assert_uint_eq(seen.nevents, 0);
		ck_assert_uint_eq(seen.status, 1001);
		ws_feed_free(&seen);
		ends(&script, MAX, WEFT_OK, 1001, len);
	}
}
END_TEST

START_TEST(each_status_is_taken_or_refused_as_section_7_4_says)
{
	unsigned status;

	BOTH_SIDES(client) for (status = 0; status <= 0xffff; status++)
	{
		struct script script = { { NULL, 0, 0 }, client };
		struct ws_feed seen;
		bool valid = is_valid(status);

		/* Far from the ends of ranges a few will do. */
		if (status > 5100 && status % 977 != 0 && status != 0xffff)
			continue;
		add_close(&script, status, "");
		ws_feed_open(&seen, client, MAX);
		ws_feed_arrive(&seen, script.bytes.data, script.bytes.len);
		check_holds(seen.ended);
		check_holds(seen.error == (valid ? WEFT_OK : WEFT_EMALFORMED));
		check_holds(said(&seen) == (valid ? status : 1002));
		check_holds(seen.status == (valid ? status : 0));
		done(&script, &seen);
	}
}
END_TEST

START_TEST(a_wrong_status_is_refused_with_1002)
{
	static const unsigned wrong[] = { 0, 999, 1004, 1005, 1006, 1015, 1016,
		1100, 2000, 2999, 5000, 65535 };
	size_t i;

	BOTH_SIDES(client) for (i = 0; i < CHECK_COUNT(wrong); i++)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add_close(&script, wrong[i], "why");
		ends(&script, MAX, WEFT_EMALFORMED, 1002, 0);
	}
}
END_TEST

START_TEST(a_reason_that_is_not_utf8_is_refused_with_1007)
{
	static const char *const wrong[] = { "\xff", "cut\xe2\x82",
		"\xed\xa0\x80", "\xc0\x80" };
	size_t i;

	BOTH_SIDES(client) for (i = 0; i < CHECK_COUNT(wrong); i++)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add_close(&script, 1000, wrong[i]);
		ends(&script, MAX, WEFT_EMALFORMED, 1007, 0);
		/* The text that is begun is another matter. */
		add(&script, 0x01, "begun\xe2");
		add_close(&script, 1000, wrong[i]);
		ends(&script, MAX, WEFT_EMALFORMED, 1007, 0);
	}
}
END_TEST

START_TEST(a_reason_within_begun_text_is_text_of_its_own)
{
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add(&script, 0x01, "begun\xe2\x82");
		add_close(&script, 1000, "\xc3\xa9");
		ends(&script, MAX, WEFT_OK, 1000, 0);
	}
}
END_TEST

START_TEST(a_reason_may_be_123_bytes)
{
	char reason[124];

	memset(reason, 'r', 123);
	reason[123] = '\0';
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };

		add_close(&script, 3999, reason);
		ends(&script, MAX, WEFT_OK, 3999, 0);
	}
}
END_TEST

/* ---- what we say */

/* The Close frame of an open connection that ends for that reason. */
static unsigned
says(bool client, enum weft_reason why)
{
	struct ws_feed seen;
	unsigned status;

	ws_feed_open(&seen, client, MAX);
	seen.end_len = seen.codec->end(seen.ws, why, seen.end);
	seen.end_len = ws_unmask(client, seen.end, seen.end_len);
	ck_assert_uint_eq(seen.end_len, 4);
	status = said(&seen);
	ws_feed_free(&seen);
	return status;
}

START_TEST(an_end_of_ours_is_told_by_its_reason)
{
	BOTH_SIDES(client)
	{
		ck_assert_uint_eq(says(client, WEFT_REASON_LOCAL), 1000);
		ck_assert_uint_eq(says(client, WEFT_REASON_PEER), 1000);
		ck_assert_uint_eq(says(client, WEFT_REASON_STOPPING), 1001);
		ck_assert_uint_eq(says(client, WEFT_REASON_UNLISTEN), 1001);
		ck_assert_uint_eq(says(client, WEFT_REASON_IDLE), 1001);
		ck_assert_uint_eq(says(client, WEFT_REASON_TOOBIG), 1009);
	}
}
END_TEST

START_TEST(what_leave_was_told_is_said_at_the_end)
{
	static const char text[] = "that was all \xe2\x82\xac";

	BOTH_SIDES(client)
	{
		struct ws_feed seen;

		ws_feed_open(&seen, client, MAX);
		seen.codec->leave(seen.ws, 4001, text, strlen(text));
		seen.end_len =
		    seen.codec->end(seen.ws, WEFT_REASON_LOCAL, seen.end);
		seen.end_len = ws_unmask(client, seen.end, seen.end_len);
		ck_assert_uint_eq(said(&seen), 4001);
		ck_assert_uint_eq(seen.end_len, 4 + strlen(text));
		ck_assert_mem_eq(seen.end + 4, text, strlen(text));
		ws_feed_free(&seen);
	}
}
END_TEST

START_TEST(the_longest_text_fits_the_close_frame)
{
	char text[123];

	memset(text, 't', sizeof(text));
	BOTH_SIDES(client)
	{
		struct ws_feed seen;

		ws_feed_open(&seen, client, MAX);
		seen.codec->leave(seen.ws, 1000, text, sizeof(text));
		seen.end_len =
		    seen.codec->end(seen.ws, WEFT_REASON_LOCAL, seen.end);
		ck_assert_uint_le(seen.end_len, sizeof(seen.end));
		seen.end_len = ws_unmask(client, seen.end, seen.end_len);
		ck_assert_uint_eq(seen.end_len, 127);
		ck_assert_mem_eq(seen.end + 4, text, sizeof(text));
		ws_feed_free(&seen);
	}
}
END_TEST

/* A ping that crosses it is answered, and leaves the words alone. */
START_TEST(what_arrives_after_leave_does_not_change_the_words)
{
	BOTH_SIDES(client)
	{
		struct script script = { { NULL, 0, 0 }, client };
		struct ws_feed seen;

		add(&script, 0x89, "crosses");
		add_close(&script, 1001, "me too");
		ws_feed_open(&seen, client, MAX);
		seen.codec->leave(seen.ws, 4001, "my words", 8);
		ws_feed_arrive(&seen, script.bytes.data, script.bytes.len);
		ck_assert(ws_seen_is(&seen, 0, WS_SEEN_ANSWER, 0,
		    "\x8a\x07"
		    "crosses",
		    9));
		ck_assert(seen.ended);
		ck_assert_uint_eq(said(&seen), 4001);
		ck_assert_uint_eq(seen.end_len, 4 + 8);
		ck_assert_mem_eq(seen.end + 4, "my words", 8);
		done(&script, &seen);
	}
}
END_TEST

START_TEST(a_ping_of_ours_is_an_empty_frame)
{
	BOTH_SIDES(client)
	{
		struct ws_feed seen;
		uint8_t out[32];
		size_t len;

		ws_feed_open(&seen, client, MAX);
		len = seen.codec->ping(seen.ws, out);
		ck_assert_uint_eq(len, client ? 6 : 2);
		ck_assert_uint_eq(ws_unmask(client, out, len), 2);
		ck_assert_mem_eq(out, "\x89\0", 2);
		ws_feed_free(&seen);
	}
}
END_TEST

/* Section 5.2. */
START_TEST(a_head_says_the_length_in_the_least_bytes)
{
	static const struct {
		size_t len;
		const char *head;
		size_t head_len;
	} heads[] = {
		{ 0, "\x00", 1 },
		{ 125, "\x7d", 1 },
		{ 126, "\x7e\x00\x7e", 3 },
		{ 65535, "\x7e\xff\xff", 3 },
		{ 65536, "\x7f\0\0\0\0\0\1\0\0", 9 },
		{ 0x12345678, "\x7f\0\0\0\0\x12\x34\x56\x78", 9 },
	};
	uint8_t out[32];
	size_t i;

	for (i = 0; i < CHECK_COUNT(heads); i++) {
		ck_assert_uint_eq(wi_codec_ws.head(out, heads[i].len, 0),
		    1 + heads[i].head_len);
		ck_assert_uint_eq(out[0], 0x82);
		ck_assert_mem_eq(out + 1, heads[i].head, heads[i].head_len);
		(void)wi_codec_ws.head(out, heads[i].len, WEFT_TEXT);
		ck_assert_uint_eq(out[0], 0x81);
		ck_assert_uint_eq(wi_codec_ws_text.head(out, heads[i].len, 0),
		    1 + heads[i].head_len);
		ck_assert_uint_eq(out[0], 0x81);
		ck_assert_mem_eq(out + 1, heads[i].head, heads[i].head_len);
	}
}
END_TEST

/* Append a message as that side sends it, in blocks of their size. */
static void
add_sent(struct codec_bytes *script, const struct weft_codec *codec,
    const uint8_t *message, size_t len, uint32_t flags)
{
	uint8_t *out;

	if (codec->encode == NULL) {
		codec_frame_add(script, codec, message, len, flags);
		return;
	}
	ck_assert_uint_le(codec->encode_max(len), 2 * len + 1024);
	out = malloc(codec->encode_max(len));
	codec_bytes_add(script, out, codec->encode(out, message, len, flags));
	free(out);
}

START_TEST(what_one_side_sends_the_other_one_reads)
{
	static const size_t lens[] = { 0, 1, 125, 126, 65535, 65536 };
	uint8_t *message = malloc(65536);
	struct codec_bytes script = { NULL, 0, 0 };
	struct ws_feed seen;
	size_t i;

	for (i = 0; i < 65536; i++)
		message[i] = (uint8_t)(i * 5 % 127);
	BOTH_SIDES(client) for (unsigned text = 0; text <= 2; text++)
	{
		const struct weft_codec *sender = text == 2 ?
		    wi_codec_ws_find("text", !client) :
		    wi_codec_ws_find("", !client);

		for (i = 0; i < CHECK_COUNT(lens); i++)
			add_sent(&script, sender, i == 0 ? NULL : message,
			    lens[i], text == 1 ? WEFT_TEXT : 0);
		ws_feed_open(&seen, client, 65536);
		ws_feed_script(&seen, script.data, script.len,
		    &(struct codec_way){ .name = "in random chunks",
			.random = 3,
			.bytes_from = SIZE_MAX });
		ck_assert_uint_eq(seen.nevents, CHECK_COUNT(lens));
		for (i = 0; i < CHECK_COUNT(lens); i++)
			ck_assert(ws_seen_is(&seen, i, WS_SEEN_MESSAGE,
			    text == 0 ? 0 : WEFT_TEXT, message, lens[i]));
		ws_feed_free(&seen);
		codec_bytes_free(&script);
	}
	free(message);
}
END_TEST

/* Section 5.3: a key for each frame, that can not be foretold. */
START_TEST(each_frame_of_a_client_has_a_key_of_its_own)
{
	uint8_t frames[64][8];
	size_t i, k;

	for (i = 0; i < CHECK_COUNT(frames); i++) {
		ck_assert_uint_eq(wi_codec_ws_client.encode(frames[i],
				      (const uint8_t *)"ab", 2, WEFT_TEXT),
		    8);
		ck_assert_mem_eq(frames[i], "\x81\x82", 2);
		/* Two equal ones of 64 are a chance of 1 in 2 million. */
		for (k = 0; k < i; k++)
			ck_assert_mem_ne(frames[i] + 2, frames[k] + 2, 4);
	}
}
END_TEST

START_TEST(only_these_names_are_known)
{
	ck_assert_ptr_eq(wi_codec_ws_find("", false), &wi_codec_ws);
	ck_assert_ptr_eq(wi_codec_ws_find("", true), &wi_codec_ws_client);
	ck_assert_ptr_eq(wi_codec_ws_find("text", false), &wi_codec_ws_text);
	ck_assert_ptr_eq(
	    wi_codec_ws_find("text", true), &wi_codec_ws_client_text);
	ck_assert_ptr_null(wi_codec_ws_find("line", false));
	ck_assert_ptr_null(wi_codec_ws_find("texts", true));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_close_is_answered_with_its_status,
		a_close_without_status_is_answered_without_one,
		what_follows_a_close_is_not_looked_at,
		each_status_is_taken_or_refused_as_section_7_4_says,
		a_wrong_status_is_refused_with_1002,
		a_reason_that_is_not_utf8_is_refused_with_1007,
		a_reason_within_begun_text_is_text_of_its_own,
		a_reason_may_be_123_bytes,
		an_end_of_ours_is_told_by_its_reason,
		what_leave_was_told_is_said_at_the_end,
		the_longest_text_fits_the_close_frame,
		what_arrives_after_leave_does_not_change_the_words,
		a_ping_of_ours_is_an_empty_frame,
		a_head_says_the_length_in_the_least_bytes,
		what_one_side_sends_the_other_one_reads,
		each_frame_of_a_client_has_a_key_of_its_own,
		only_these_names_are_known,
	};

	return check_main("ws_close", tests, CHECK_COUNT(tests));
}
