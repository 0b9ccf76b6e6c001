/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_rpc.c - codec/rpc from scripted feeds.
 */
#include "codec_feed.h"

#include "check_main.h"
#include "codec/codecs.h"

/* A script as a literal that may hold NUL bytes. */
#define FEED(max, script, feed)                                               \
	codec_feed_all(&wi_codec_rpc, CODEC_FEED_FRAMES, max, script,         \
	    sizeof(script) - 1, feed)
#define REFUSED(max, script, error, after)                                    \
	codec_feed_refused(                                                   \
	    &wi_codec_rpc, max, script, sizeof(script) - 1, error, after)

/* What open() finds in the only message of a frame in a block of exactly its
 * size. */
static void
expect_opened(const void *frame, size_t len, enum weft_kind kind, uint64_t id,
    const void *payload, size_t payload_len)
{
	struct weft_envelope envelope = { .id = 0 };
	uint8_t *exact = codec_bytes_exact(frame, len);
	struct weft_cut cut = { 0 };

	ck_assert_int_eq(
	    wi_codec_rpc.decode(NULL, exact, len, payload_len, &cut),
	    WEFT_CUT_MESSAGE);
	ck_assert_uint_eq(cut.used, len);
	ck_assert_int_eq(wi_codec_rpc.open(exact + cut.offset, cut.len,
			     cut.flags, &envelope),
	    WEFT_OK);
	ck_assert_uint_eq(envelope.kind, kind);
	ck_assert_uint_eq(envelope.id, id);
	ck_assert_uint_eq(envelope.payload_len, payload_len);
	if (payload_len > 0)
		ck_assert_mem_eq(envelope.payload, payload, payload_len);
	free(exact);
}

static const struct {
	enum weft_kind kind;
	uint64_t id;
	const char *bytes;
	size_t len;
} frames[] = {
	{ WEFT_KIND_REQUEST, 0, "\5\1\0abc", 6 },
	{ WEFT_KIND_REQUEST, 7, "\5\1\7abc", 6 },
	{ WEFT_KIND_REPLY, 127,
	    "\5\2\x7f"
	    "abc",
	    6 },
	{ WEFT_KIND_REPLY, 128, "\6\2\x80\1abc", 7 },
	{ WEFT_KIND_REFUSAL, 300, "\6\3\xac\2abc", 7 },
	{ WEFT_KIND_REQUEST, UINT64_C(1) << 32,
	    "\x9\1\x80\x80\x80\x80\x10"
	    "abc",
	    10 },
	{ WEFT_KIND_REQUEST, UINT64_MAX,
	    "\xe\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1abc", 15 },
};

START_TEST(frames_are_these_bytes_both_ways)
{
	uint8_t *out;
	size_t i, n;

	for (i = 0; i < CHECK_COUNT(frames); i++) {
		/* No more room than it needs: a write behind is seen. */
		out = malloc(frames[i].len - 3);
		ck_assert_ptr_nonnull(out);
		n = wi_codec_rpc.seal(out, 3, frames[i].kind, frames[i].id);
		ck_assert_uint_eq(n, frames[i].len - 3);
		ck_assert_mem_eq(out, frames[i].bytes, n);
		free(out);
		expect_opened(frames[i].bytes, frames[i].len, frames[i].kind,
		    frames[i].id, "abc", 3);
	}
	expect_opened("\4\0abc", 5, WEFT_KIND_MESSAGE, 0, "abc", 3);
	expect_opened("\1\0", 2, WEFT_KIND_MESSAGE, 0, "", 0);
	expect_opened("\2\1\0", 3, WEFT_KIND_REQUEST, 0, "", 0);
}
END_TEST

START_TEST(what_is_written_is_never_more_than_it_says)
{
	uint8_t *out = malloc(wi_codec_rpc.head_max);
	size_t n;

	ck_assert_ptr_nonnull(out);
	n = wi_codec_rpc.seal(out, SIZE_MAX - 64, WEFT_KIND_REPLY, UINT64_MAX);
	ck_assert_uint_eq(n, wi_codec_rpc.head_max);
	ck_assert_uint_eq(wi_codec_rpc.head(out, SIZE_MAX - 64, 0), 11);
	free(out);
}
END_TEST

START_TEST(messages_of_every_kind_come_back_as_sent)
{
	static const size_t lens[] = { 0, 1, 2, 116, 117, 118, 125, 126, 127,
		128, 254, 999, 0 };
	struct codec_bytes script = { NULL, 0, 0 };
	struct codec_feed feed;
	uint8_t data[1020], head[32];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 0x80);
	for (i = 0; i < CHECK_COUNT(lens); i++) {
		codec_frame_add(&script, &wi_codec_rpc, data + i, lens[i], 0);
		codec_bytes_add(&script, head,
		    wi_codec_rpc.seal(head, lens[i],
			(enum weft_kind)(1 + i % 3), UINT64_MAX >> (i * 5)));
		codec_bytes_add(&script, data + i, lens[i]);
	}
	codec_feed_all(&wi_codec_rpc, CODEC_FEED_FRAMES, 999, script.data,
	    script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 2 * CHECK_COUNT(lens));
	for (i = 0; i < feed.nmessages; i++) {
		ck_assert(codec_feed_is(&feed, i, data + i / 2, lens[i / 2]));
		ck_assert_uint_eq(feed.messages[i].flags & 0xffu,
		    i % 2 == 0 ? 0 : 1 + i / 2 % 3);
	}
	ck_assert_uint_eq(feed.left, 0);
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

START_TEST(message_that_is_not_whole_is_kept_and_says_what_it_needs)
{
	struct codec_feed feed;

	FEED(100, "\3\0ab\7\1\7hel", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	ck_assert(codec_feed_is(&feed, 0, "ab", 2));
	ck_assert_uint_eq(feed.left, 6);
	ck_assert_uint_eq(feed.need, 8);
	codec_feed_free(&feed);

	/* Until the id is whole it may still be refused. */
	FEED(100, "\7\1\x87", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.left, 3);
	ck_assert_uint_eq(feed.need, 0);
	codec_feed_free(&feed);
}
END_TEST

START_TEST(payload_of_max_message_passes_and_one_more_is_too_big)
{
	struct codec_feed feed;

	FEED(5, "\6\0hello\7\1\7hello\x8\2\x80\1hello", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	ck_assert(codec_feed_is(&feed, 2, "hello", 5));
	codec_feed_free(&feed);
	REFUSED(5, "\7\0hello!", WEFT_ETOOBIG, 2);
	REFUSED(5, "\x8\1\7hello!", WEFT_ETOOBIG, 3);
	REFUSED(5, "\x9\2\x80\1hello!", WEFT_ETOOBIG, 4);
	/* No kind of message is that long. */
	REFUSED(5, "\x11", WEFT_ETOOBIG, 1);
	REFUSED(5, "\x91\1", WEFT_ETOOBIG, 1);
	REFUSED(200, "\x80\2", WEFT_ETOOBIG, 2);

	FEED(0, "\1\0\2\1\0\1\0", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 3);
	codec_feed_free(&feed);
	REFUSED(0, "\2\0x", WEFT_ETOOBIG, 2);
}
END_TEST

START_TEST(kinds_and_ids_that_cannot_be_are_malformed)
{
	/* Not even a kind. */
	REFUSED(100, "\0", WEFT_EMALFORMED, 1);
	REFUSED(100, "\2\4\0", WEFT_EMALFORMED, 2);
	REFUSED(100, "\2\xff\0", WEFT_EMALFORMED, 2);
	/* No id, or it does not end within. */
	REFUSED(100, "\1\1\1", WEFT_EMALFORMED, 2);
	REFUSED(100, "\3\1\x80\x80\1", WEFT_EMALFORMED, 4);
	/* Overlong; 65 bits; 11 bytes. */
	REFUSED(100, "\5\1\x87\0ab", WEFT_EMALFORMED, 4);
	REFUSED(100, "\xe\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\2abc",
	    WEFT_EMALFORMED, 12);
	REFUSED(100, "\xe\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\0bc",
	    WEFT_EMALFORMED, 12);
	/* An overlong length. */
	REFUSED(100, "\x84\0\0abc", WEFT_EMALFORMED, 2);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		frames_are_these_bytes_both_ways,
		what_is_written_is_never_more_than_it_says,
		messages_of_every_kind_come_back_as_sent,
		message_that_is_not_whole_is_kept_and_says_what_it_needs,
		payload_of_max_message_passes_and_one_more_is_too_big,
		kinds_and_ids_that_cannot_be_are_malformed,
	};

	return check_main("rpc", tests, CHECK_COUNT(tests));
}
