/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/table: which codecs are taken, what is said about the others, and when
 * a codec can be found.
 */
#include "codec/table.h"

#include <errno.h>

#include "../plugins/slip.h"
#include "check_main.h"
#include "codec/codecs.h"
#include "codec_feed.h"

#define RIGHT                                                                 \
	{                                                                     \
		.size = sizeof(struct weft_codec), .name = "mine",            \
		.decode = slip_decode                                         \
	}

static const char one, two; /* whose addresses are owners */

/* Refused with that code and exactly these words, and not there then. */
static void
expect_refused(struct wi_codecs *codecs, const struct weft_codec *codec,
    int code, const char *text)
{
	const struct wi_codec_entry *first = codecs->first;
	struct weft_error err;

	ck_assert_int_eq(
	    wi_codecs_add(codecs, codec, &two, "two.so", &err), code);
	ck_assert_int_eq(err.code, code);
	ck_assert_str_eq(err.text, text);
	ck_assert_ptr_eq(codecs->first, first);
	ck_assert_int_eq(
	    wi_codecs_add(codecs, codec, &two, "two.so", NULL), code);
}

/* Taken as "mine", found as such, and out again. */
static void
expect_taken(const struct weft_codec *codec)
{
	struct wi_codecs codecs;
	struct weft_error err;
	int rv;

	wi_codecs_init(&codecs);
	rv = wi_codecs_add(&codecs, codec, &one, "one.so", &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	wi_codecs_keep(&codecs, &one);
	ck_assert_ptr_nonnull(wi_codecs_find(&codecs, codec->name));
	wi_codecs_fini(&codecs);
	ck_assert_ptr_null(codecs.first);
}

/* expect_refused() of a codec that only this change makes wrong. */
#define REFUSED(change, text)                                                 \
	do {                                                                  \
		struct weft_codec codec = RIGHT;                              \
                                                                              \
		expect_taken(&codec);                                         \
		change;                                                       \
		expect_refused(&codecs, &codec, -EINVAL, text);               \
	} while (0)
#define TAKEN(change)                                                         \
	do {                                                                  \
		struct weft_codec codec = RIGHT;                              \
                                                                              \
		change;                                                       \
		expect_taken(&codec);                                         \
	} while (0)

START_TEST(what_abi_1_0_was_has_not_changed)
{
	/* 4 numbers, the name, 3 functions, in this order. */
	ck_assert_uint_eq(WI_CODEC_SIZE_1_0, 16 + 4 * sizeof(void *));
	ck_assert_uint_eq(offsetof(struct weft_codec, size), 0);
	ck_assert_uint_eq(offsetof(struct weft_codec, name), 16);
	ck_assert_uint_eq(offsetof(struct weft_codec, tail) + sizeof(void *),
	    WI_CODEC_SIZE_1_0);
}
END_TEST

START_TEST(a_size_that_no_version_had_is_refused)
{
	const uint32_t first = (uint32_t)WI_CODEC_SIZE_1_0;
	const uint32_t ours = (uint32_t)sizeof(struct weft_codec);
	const uint32_t sizes[] = { 0, first - 8, first + 4, ours - 4, ours + 8,
		UINT32_MAX };
	struct wi_codecs codecs;
	struct weft_codec codec = RIGHT;
	char text[256];
	size_t i;

	wi_codecs_init(&codecs);
	for (i = 0; i < CHECK_COUNT(sizes); i++) {
		codec.size = sizes[i];
		(void)snprintf(text, sizeof(text),
		    "codec: expected weft_codec.size to be %u to %u in steps "
		    "of %zu, found %u: begin with WEFT_CODEC() or "
		    "WEFT_CODEC_INIT()",
		    first, ours, sizeof(void *), sizes[i]);
		expect_refused(&codecs, &codec, -EINVAL, text);
	}
	codec.size = first;
	expect_taken(&codec);
	codec.size = ours;
	expect_taken(&codec);
	expect_refused(
	    &codecs, NULL, -EINVAL, "codec: expected a codec, found NULL");
}
END_TEST

START_TEST(a_name_that_a_url_cannot_say_is_refused)
{
	static const char *const good[] = { "a", "0-_z", "012345678901234" };
	static const char *const bad[] = { "", "A", "a b", "a+b", "a:b",
		"\303\244", "0123456789012345",
		"01234567890123456789012345678901234567890123456789" };
	struct wi_codecs codecs;
	char text[256];
	size_t i;

	wi_codecs_init(&codecs);
	for (i = 0; i < CHECK_COUNT(good); i++)
		TAKEN(codec.name = good[i]);
	for (i = 0; i < CHECK_COUNT(bad); i++) {
		(void)snprintf(text, sizeof(text),
		    "codec: expected weft_codec.name to be 1 to 15 of "
		    "[a-z0-9_-], found \"%.40s\"",
		    bad[i]);
		REFUSED(codec.name = bad[i], text);
	}
	REFUSED(codec.name = NULL,
	    "codec: expected weft_codec.name to be set, found NULL");
	REFUSED(codec.name = "multicast",
	    "codec: expected weft_codec.name to be a word that has no other "
	    "meaning in a URL, found \"multicast\"");
}
END_TEST

START_TEST(functions_that_do_not_fit_each_other_are_refused)
{
	struct wi_codecs codecs;

	wi_codecs_init(&codecs);
	REFUSED(codec.decode = NULL,
	    "codec mine: expected decode() to be set, found NULL");
	REFUSED(codec.head_max = 1,
	    "codec mine: expected head() to be set, as head_max is 1, found "
	    "NULL");
	REFUSED(codec.head = len8_head,
	    "codec mine: expected head_max to say how many bytes head() "
	    "writes, found 0");
	REFUSED(codec.head = len8_head; codec.head_max = 33,
		"codec mine: expected head_max to be at most 32, found 33");
	TAKEN(codec.head = len8_head; codec.head_max = 32);
	REFUSED(codec.tail_max = 32,
	    "codec mine: expected tail() to be set, as tail_max is 32, found "
	    "NULL");
	REFUSED(codec.tail = len8_tail,
	    "codec mine: expected tail_max to say how many bytes tail() "
	    "writes, found 0");
	REFUSED(codec.tail = len8_tail; codec.tail_max = UINT32_MAX,
		"codec mine: expected tail_max to be at most 32, found "
		"4294967295");
	TAKEN(codec.tail = len8_tail; codec.tail_max = 32);
	REFUSED(codec.encode = slip_encode,
	    "codec mine: expected encode() and encode_max() or neither, found "
	    "encode() alone");
	REFUSED(codec.encode_max = slip_encode_max,
	    "codec mine: expected encode() and encode_max() or neither, found "
	    "encode_max() alone");
	TAKEN(codec.encode = slip_encode; codec.encode_max = slip_encode_max);
	REFUSED(codec.seal = wi_codec_rpc.seal,
	    "codec mine: expected seal() and open() or neither, found seal() "
	    "alone");
	REFUSED(codec.open = wi_codec_rpc.open,
	    "codec mine: expected seal() and open() or neither, found open() "
	    "alone");
	REFUSED(codec.seal = wi_codec_rpc.seal; codec.open = wi_codec_rpc.open,
		"codec mine: expected head_max to say how many bytes seal() "
		"writes, and no encode(), found 0 and none");
	TAKEN(codec.seal = wi_codec_rpc.seal; codec.open = wi_codec_rpc.open;
	      codec.head = len8_head; codec.head_max = 21);
	REFUSED(codec.state_size = 65537,
	    "codec mine: expected state_size to be at most 65536, found "
	    "65537");
	TAKEN(codec.state_size = 65536);
}
END_TEST

START_TEST(a_name_that_is_taken_is_refused_with_who_has_it)
{
	struct weft_codec codec = RIGHT, raw = RIGHT;
	struct wi_codecs codecs;

	wi_codecs_init(&codecs);
	raw.name = "raw";
	expect_refused(&codecs, &raw, -EEXIST,
	    "codec raw: expected a name that is free, found a codec that is "
	    "built in");
	ck_assert_int_eq(
	    wi_codecs_add(&codecs, &codec, &one, "one.so", NULL), WEFT_OK);
	/* Also while it cannot be found yet. */
	expect_refused(&codecs, &codec, -EEXIST,
	    "codec mine: expected a name that is free, found the codec that "
	    "one.so brought");
	wi_codecs_keep(&codecs, &one);
	expect_refused(&codecs, &codec, -EEXIST,
	    "codec mine: expected a name that is free, found the codec that "
	    "one.so brought");
	wi_codecs_fini(&codecs);
}
END_TEST

START_TEST(a_codec_is_a_copy_of_full_size)
{
	char name[] = "mine";
	struct weft_codec given = RIGHT;
	const struct weft_codec *codec;
	struct wi_codecs codecs;

	given.size = (uint32_t)WI_CODEC_SIZE_1_0;
	given.name = name;
	given.encode = slip_encode; /* behind its end: not of it */
	given.encode_max = slip_encode_max;
	given.message_max = 7;
	wi_codecs_init(&codecs);
	ck_assert_int_eq(
	    wi_codecs_add(&codecs, &given, &one, "one.so", NULL), WEFT_OK);
	wi_codecs_keep(&codecs, &one);
	memset(&given, 0xff, sizeof(given));
	memset(name, 'x', 4);
	codec = wi_codecs_find(&codecs, "mine");
	ck_assert_ptr_nonnull(codec);
	ck_assert_str_eq(codec->name, "mine");
	ck_assert(codec->decode == slip_decode);
	ck_assert(codec->encode == NULL && codec->encode_max == NULL);
	ck_assert_uint_eq(codec->message_max, 0);
	ck_assert_ptr_null(wi_codecs_find(&codecs, "xxxx"));
	wi_codecs_fini(&codecs);
}
END_TEST

static void
add_named(struct wi_codecs *codecs, const char *name, const void *owner)
{
	struct weft_codec codec = RIGHT;

	codec.name = name;
	ck_assert_int_eq(
	    wi_codecs_add(codecs, &codec, owner, "x.so", NULL), WEFT_OK);
}

START_TEST(what_was_not_kept_is_not_found_and_can_be_dropped)
{
	char names[256], built_in[256];
	struct wi_codecs codecs;

	wi_codecs_init(&codecs);
	wi_codec_names(built_in, sizeof(built_in));
	add_named(&codecs, "a", &one);
	add_named(&codecs, "b", &two);
	add_named(&codecs, "c", &one);
	ck_assert_ptr_null(wi_codecs_find(&codecs, "a"));
	wi_codecs_names(&codecs, names, sizeof(names));
	ck_assert_str_eq(names, built_in);

	wi_codecs_keep(&codecs, &two);
	ck_assert_ptr_null(wi_codecs_find(&codecs, "a"));
	ck_assert_ptr_nonnull(wi_codecs_find(&codecs, "b"));
	wi_codecs_drop(&codecs, &two); /* it is kept */
	ck_assert_ptr_nonnull(wi_codecs_find(&codecs, "b"));
	wi_codecs_drop(&codecs, &one);
	add_named(&codecs, "c", &one);
	wi_codecs_keep(&codecs, &one);
	ck_assert_ptr_null(wi_codecs_find(&codecs, "a"));
	ck_assert_ptr_nonnull(wi_codecs_find(&codecs, "c"));
	wi_codecs_names(&codecs, names, sizeof(names));
	ck_assert_uint_eq(strncmp(names, built_in, strlen(built_in)), 0);
	ck_assert_str_eq(names + strlen(built_in), ", b, c");
	wi_codecs_fini(&codecs);
}
END_TEST

START_TEST(built_in_codecs_are_found_and_names_are_cut_at_size)
{
	struct wi_codecs codecs;
	char *tight = malloc(6);

	ck_assert_ptr_nonnull(tight);
	wi_codecs_init(&codecs);
	add_named(&codecs, "mine", &one);
	wi_codecs_keep(&codecs, &one);
	ck_assert_ptr_eq(wi_codecs_find(&codecs, ""), &wi_codec_raw);
	ck_assert_ptr_eq(wi_codecs_find(&codecs, "varint"), &wi_codec_varint);
	ck_assert_ptr_null(wi_codecs_find(&codecs, "min"));
	ck_assert_ptr_null(wi_codecs_find(&codecs, "mines"));
	wi_codecs_names(&codecs, tight, 6);
	ck_assert_str_eq(tight, "raw, ");
	tight[0] = 'x';
	wi_codecs_names(&codecs, tight, 0);
	ck_assert_int_eq(tight[0], 'x');
	free(tight);
	wi_codecs_fini(&codecs);
}
END_TEST

/* Append a message as encode() writes it, into exactly the room that it asks
 * for. */
static void
encode_add(struct codec_bytes *script, const struct weft_codec *codec,
    const void *data, size_t len)
{
	size_t most = wi_codec_frame_max(codec, len);
	uint8_t *out = malloc(most);

	ck_assert_ptr_nonnull(out);
	codec_bytes_add(script, out, wi_codec_frame(codec, out, data, len, 0));
	free(out);
}

/* The two codecs that the tests of plugins bring. */
START_TEST(slip_and_len8_are_right_whole_split_and_byte_by_byte)
{
	static const struct weft_codec slip = WEFT_CODEC_INIT(SLIP_MEMBERS);
	static const struct weft_codec len8 = WEFT_CODEC_INIT(LEN8_MEMBERS);
	static const uint8_t all[] = { 0xc0, 0xdb, 0xdc, 0xdd, 0, 0xdb, 0xc0 };
	static const uint8_t wire[] = { 0xdb, 0xdc, 0xdb, 0xdd, 0xdc, 0xdd, 0,
		0xdb, 0xdd, 0xdb, 0xdc, 0xc0 };
	struct codec_bytes script = { 0 };
	struct codec_feed feed;

	encode_add(&script, &slip, all, sizeof(all));
	ck_assert_uint_eq(script.len, sizeof(wire));
	ck_assert_mem_eq(script.data, wire, sizeof(wire));
	encode_add(&script, &slip, "", 0); /* nothing comes of it */
	encode_add(&script, &slip, "hello", 5);
	codec_feed_all(
	    &slip, CODEC_FEED_FRAMES, 7, script.data, script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 2);
	ck_assert_mem_eq(feed.bytes.data, all, sizeof(all));
	codec_feed_free(&feed);
	codec_feed_all(
	    &slip, CODEC_FEED_FRAMES, 6, script.data, script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_ETOOBIG);
	codec_feed_free(&feed);
	codec_feed_all(&slip, CODEC_FEED_FRAMES, 6, "a\xc0\xdb-", 4, &feed);
	ck_assert_int_eq(feed.error, WEFT_EMALFORMED);
	ck_assert_uint_eq(feed.nmessages, 1);
	codec_feed_free(&feed);
	codec_bytes_free(&script);

	codec_frame_add(&script, &len8, all, sizeof(all), 0);
	codec_frame_add(&script, &len8, "", 0, 0);
	codec_feed_all(
	    &len8, CODEC_FEED_FRAMES, 7, script.data, script.len, &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 2);
	ck_assert_uint_eq(feed.messages[1].flags, 2);
	codec_feed_free(&feed);
	codec_bytes_free(&script);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_abi_1_0_was_has_not_changed,
		a_size_that_no_version_had_is_refused,
		a_name_that_a_url_cannot_say_is_refused,
		functions_that_do_not_fit_each_other_are_refused,
		a_name_that_is_taken_is_refused_with_who_has_it,
		a_codec_is_a_copy_of_full_size,
		what_was_not_kept_is_not_found_and_can_be_dropped,
		built_in_codecs_are_found_and_names_are_cut_at_size,
		slip_and_len8_are_right_whole_split_and_byte_by_byte,
	};

	return check_main("table", tests, CHECK_COUNT(tests));
}
