/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_codecs.c - the list of codecs, and that the feed which tests
 * each of them catches one that is wrong.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Said by a child of ours: why, on its stdout; then no further. */
#define CODEC_FEED_FAIL(...)                                                  \
	do {                                                                  \
		dprintf(STDOUT_FILENO, __VA_ARGS__);                          \
		_exit(CAUGHT);                                                \
	} while (0)
#define CAUGHT 42

/* What only that sanitizer can see. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif

#include "codec_feed.h"

#include "../stress/aborts.h"
#include "check_main.h"
#include "codec/codecs.h"

START_TEST(codec_is_found_by_name_and_none_said_is_raw)
{
	ck_assert_ptr_eq(wi_codec_find(""), &wi_codec_raw);
	ck_assert_ptr_eq(wi_codec_find("raw"), &wi_codec_raw);
	ck_assert_ptr_eq(wi_codec_find("varint"), &wi_codec_varint);
	ck_assert_ptr_eq(wi_codec_find("u16"), &wi_codec_u16);
	ck_assert_ptr_eq(wi_codec_find("rpc"), &wi_codec_rpc);
	ck_assert_ptr_eq(wi_codec_find("u32"), &wi_codec_u32);
	ck_assert_ptr_eq(wi_codec_find("line"), &wi_codec_line);
	ck_assert_ptr_eq(wi_codec_find("tpl"), &wi_codec_tpl);
	ck_assert_ptr_null(wi_codec_find("varin"));
	ck_assert_ptr_null(wi_codec_find("varints"));
	ck_assert_ptr_null(wi_codec_find("VARINT"));
}
END_TEST

START_TEST(names_are_listed_and_cut_at_size)
{
	char *tight = malloc(8);
	char out[64];

	ck_assert_ptr_nonnull(tight);
	wi_codec_names(out, sizeof(out));
	ck_assert_str_eq(out, "raw, varint, u16, u32, line, tpl, rpc");
	wi_codec_names(tight, 8);
	ck_assert_str_eq(tight, "raw, va");
	wi_codec_names(tight, 4);
	ck_assert_str_eq(tight, "raw");
	wi_codec_names(tight, 1);
	ck_assert_str_eq(tight, "");
	tight[0] = 'x';
	wi_codec_names(tight, 0);
	ck_assert_int_eq(tight[0], 'x');
	free(tight);
}
END_TEST

/* Every name that wi_codec_names() lists. */
START_TEST(every_codec_keeps_what_its_table_promises)
{
	const struct weft_codec *codec;
	char names[256];
	char *name;
	char *rest;
	unsigned n;

	n = 0;
	wi_codec_names(names, sizeof(names));
	for (name = strtok_r(names, ", ", &rest); name != NULL;
	     name = strtok_r(NULL, ", ", &rest)) {
		codec = wi_codec_find(name);
		ck_assert_msg(codec != NULL, "%s is listed, not found", name);
		ck_assert_str_eq(codec->name, name);
		ck_assert_uint_eq(codec->size, sizeof(*codec));
		ck_assert_uint_le(codec->head_max, WI_CODEC_HEAD_MAX);
		ck_assert_uint_le(codec->tail_max, WI_CODEC_TAIL_MAX);
		ck_assert_int_eq(codec->head != NULL, codec->head_max > 0);
		ck_assert_int_eq(codec->tail != NULL, codec->tail_max > 0);
		ck_assert_ptr_nonnull(codec->decode);
		n++;
	}
	ck_assert_uint_ge(n, 6);
}
END_TEST

START_TEST(frame_max_holds_head_message_and_tail)
{
	static const struct weft_codec both = { .head_max = 14,
		.tail_max = 2 };

	ck_assert_uint_eq(wi_codec_frame_max(&wi_codec_raw, 64), 64);
	ck_assert_uint_eq(wi_codec_frame_max(&wi_codec_varint, 64), 74);
	ck_assert_uint_eq(wi_codec_frame_max(&both, 64), 80);
}
END_TEST

START_TEST(message_max_is_the_codecs_or_the_endpoints_whichever_is_less)
{
	static const struct weft_codec bounded = { .message_max = 100 };

	ck_assert_uint_eq(wi_codec_message_max(&bounded, 99), 99);
	ck_assert_uint_eq(wi_codec_message_max(&bounded, 100), 100);
	ck_assert_uint_eq(wi_codec_message_max(&bounded, 101), 100);
	ck_assert_uint_eq(
	    wi_codec_message_max(&wi_codec_raw, SIZE_MAX), SIZE_MAX);
}
END_TEST

static size_t
twice_max(size_t len)
{
	return 2 * len;
}

static size_t
twice(uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags)
{
	size_t i;

	(void)flags;
	for (i = 0; i < 2 * len; i++)
		out[i] = msg[i / 2];
	return 2 * len;
}

static size_t
star(uint8_t *out, size_t len, uint32_t flags)
{
	(void)len;
	(void)flags;
	out[0] = '*';
	return 1;
}

START_TEST(a_message_is_framed_by_head_and_tail_or_by_encode)
{
	static const struct weft_codec stars = {
		.head_max = 1, .tail_max = 1, .head = star, .tail = star
	};
	static const struct weft_codec doubled = { .head_max = 1,
		.tail_max = 1,
		.head = star, /* not called, and takes no room */
		.tail = star,
		.encode_max = twice_max,
		.encode = twice };
	uint8_t out[8];

	ck_assert_uint_eq(wi_codec_frame(&stars, out, "ab", 2, 0), 4);
	ck_assert_mem_eq(out, "*ab*", 4);
	ck_assert_uint_eq(wi_codec_frame(&stars, out, NULL, 0, 0), 2);
	ck_assert_mem_eq(out, "**", 2);
	ck_assert_uint_eq(wi_codec_frame(&wi_codec_raw, out, "ab", 2, 0), 2);
	ck_assert_mem_eq(out, "ab", 2);
	ck_assert_uint_eq(wi_codec_frame_max(&doubled, 2), 4);
	ck_assert_uint_eq(wi_codec_frame(&doubled, out, "ab", 2, 0), 4);
	ck_assert_mem_eq(out, "aabb", 4);
	ck_assert_uint_eq(wi_codec_wire_max(0), 1024);
	ck_assert_uint_eq(wi_codec_wire_max(1u << 30), (2u << 30) + 1024u);
}
END_TEST

static size_t
one_max(size_t len)
{
	return 2 * len - 1;
}

static void
frame_ab(void *arg)
{
	const struct weft_codec *codec = arg;
	uint8_t out[8];

	(void)wi_codec_frame(codec, out, "ab", 2, 0);
}

START_TEST(an_encode_that_wrote_more_than_it_said_ends_the_process)
{
	struct weft_codec codec = { .encode_max = twice_max, .encode = twice };

	frame_ab(&codec);
	codec.encode_max = one_max;
	ck_assert(aborts_saying(frame_ab, &codec, "encode_max(len)"));
}
END_TEST

/* Codecs with one fault each; messages are of two bytes, "ab". */

static int
decode_right(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	(void)state;
	(void)data;
	(void)max_message;
	cut->need = 2;
	if (len < 2)
		return WEFT_CUT_MORE;
	cut->len = cut->used = 2;
	return WEFT_CUT_MESSAGE;
}

static int
decode_what_is_there(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	(void)state;
	(void)data;
	(void)max_message;
	cut->len = cut->used = len;
	return WEFT_CUT_MESSAGE;
}

#ifdef UNDER_ASAN
static int
decode_reads_one_too_many(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	cut->flags = *(volatile uint8_t *)&data[len] & 0u;
	return decode_right(state, data, len, max_message, cut);
}
#endif

static int
decode_uses_too_much(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	int rv = decode_right(state, data, len, max_message, cut);

	cut->used++;
	return rv;
}

static int
decode_needs_too_much(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	int rv = decode_right(state, data, len, max_message, cut);

	cut->need++;
	return rv;
}

static int
decode_fails_late(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	return len == 3 ? WEFT_EMALFORMED :
			  decode_right(state, data, len, max_message, cut);
}

static int
decode_flags_of_chance(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut)
{
	int rv = decode_right(state, data, len, max_message, cut);

	cut->flags = len > 2;
	return rv;
}

static int
decode_stands_still(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	(void)state;
	(void)data;
	(void)len;
	(void)max_message;
	(void)cut;
	return WEFT_CUT_SKIP;
}

/* Feed "abababab" in a child; its exit status, and what it said. */
static int
feed_in_a_child(
    int (*decode)(void *, uint8_t *, size_t, size_t, struct weft_cut *),
    char *said, size_t size)
{
	const struct weft_codec codec = {
		.size = sizeof(codec), .name = "faulty", .decode = decode
	};
	struct codec_feed feed;
	int status;
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		codec_feed_all(
		    &codec, CODEC_FEED_FRAMES, 100, "abababab", 8, &feed);
		_exit(feed.nmessages == 4 ? 0 : 1);
	}
	close(fds[1]);
	check_read_all(fds[0], said, size);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "killed by a signal");
	return WEXITSTATUS(status);
}

START_TEST(feed_passes_a_right_codec_and_catches_each_wrong_one)
{
	char said[512];

#define CATCHES(decode, text)                                                 \
	do {                                                                  \
		ck_assert_int_eq(                                             \
		    feed_in_a_child(decode, said, sizeof(said)), CAUGHT);     \
		ck_assert_msg(strstr(said, text) != NULL, "said: %s", said);  \
	} while (0)

	/* The way there is good: only the fault makes the difference. */
	ck_assert_int_eq(feed_in_a_child(decode_right, said, sizeof(said)), 0);

	CATCHES(decode_what_is_there, "another number of messages");
	CATCHES(decode_flags_of_chance, "a message with other flags");
	CATCHES(decode_uses_too_much, "used is not in 1 .. len");
	CATCHES(decode_needs_too_much, "used up before the bytes it needed");
	CATCHES(decode_fails_late, "another error");
	CATCHES(decode_stands_still, "used is not in 1 .. len");
#undef CATCHES
}
END_TEST

#ifdef UNDER_ASAN
START_TEST(feed_shows_a_read_behind_the_bytes_to_the_sanitizer)
{
	char said[8192];
	int status;

	status =
	    feed_in_a_child(decode_reads_one_too_many, said, sizeof(said));
	ck_assert_int_ne(status, 0);
	ck_assert_int_ne(status, CAUGHT);
	ck_assert_msg(
	    strstr(said, "heap-buffer-overflow") != NULL, "said: %s", said);
}
END_TEST
#endif

int
main(void)
{
	const TTest *const tests[] = {
		codec_is_found_by_name_and_none_said_is_raw,
		names_are_listed_and_cut_at_size,
		every_codec_keeps_what_its_table_promises,
		frame_max_holds_head_message_and_tail,
		a_message_is_framed_by_head_and_tail_or_by_encode,
		an_encode_that_wrote_more_than_it_said_ends_the_process,
		message_max_is_the_codecs_or_the_endpoints_whichever_is_less,
		feed_passes_a_right_codec_and_catches_each_wrong_one,
#ifdef UNDER_ASAN
		feed_shows_a_read_behind_the_bytes_to_the_sanitizer,
#endif
	};

	return check_main("codecs", tests, CHECK_COUNT(tests));
}
