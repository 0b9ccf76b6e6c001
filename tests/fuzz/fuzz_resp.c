/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_resp.c - what a hostile client can do to plugins/kv's codec,
 * and to the arguments that are found in what it cuts.
 */
#include "fuzz_codec.h"

#include "resp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAIVE_LINE 65536u /* [bytes] of a line that is not too long */

static const struct weft_codec resp =
    WEFT_CODEC_INIT(.state_size = sizeof(struct kv_resp_state), .name = "resp",
	.decode = kv_resp_decode);

/* A fault of the naive decoder is a message with this in its flags. */
static int
naive_fault(enum kv_fault fault, size_t len, size_t max, struct weft_cut *cut)
{
	cut->flags = 1 + (uint32_t)fault;
	cut->used = len;
	return max < KV_FAULT_LEN ? WEFT_EMALFORMED : WEFT_CUT_MESSAGE;
}

static int
naive_inline(const uint8_t *data, size_t len, size_t max, struct weft_cut *cut)
{
	size_t n = 0, text;

	while (n < len && n <= NAIVE_LINE && data[n] != '\n')
		n++;
	text = n;
	if (n > 0 && data[n - 1] == '\r')
		text--;
	if (n == len || n > NAIVE_LINE) {
		/* All of it counts as text, but a CR at the very end. */
		text = len - (data[len - 1] == '\r');
		if (text > max)
			return WEFT_ETOOBIG;
		return n > NAIVE_LINE ?
		    naive_fault(KV_FAULT_INLINE_LONG, len, max, cut) :
		    WEFT_CUT_MORE;
	}
	if (text > max)
		return WEFT_ETOOBIG;
	cut->used = n + 1;
	cut->len = text;
	return text == 0 ? WEFT_CUT_SKIP : WEFT_CUT_MESSAGE;
}

/* "*3\r\n" or "$3\r\n" at data: the length of the line, 0 if it is not whole,
 * SIZE_MAX if it is too long; what is no number is *good false. */
static size_t
naive_line(const uint8_t *data, size_t len, long long *number, int *good)
{
	char text[32], again[32];
	size_t n = 0;

	while (n < len && n <= NAIVE_LINE && data[n] != '\r')
		n++;
	if (n > NAIVE_LINE)
		return SIZE_MAX;
	if (n + 2 > len)
		return 0;
	*good = 0;
	if (n >= 2 && n - 1 < sizeof(text)) {
		memcpy(text, data + 1, n - 1);
		text[n - 1] = '\0';
		*number = strtoll(text, NULL, 10);
		snprintf(again, sizeof(again), "%lld", *number);
		*good = strlen(text) == n - 1 && strcmp(text, again) == 0;
	}
	return n + 2;
}

static int
naive_bulks(const uint8_t *data, size_t len, size_t max, size_t at,
    size_t count, struct weft_cut *cut)
{
	long long bulk = 0;
	size_t line;
	int good = 0;

	for (; count > 0; count--) {
		if (at >= len)
			return WEFT_CUT_MORE;
		line = naive_line(data + at, len - at, &bulk, &good);
		if (line == 0)
			return WEFT_CUT_MORE;
		if (line == SIZE_MAX)
			return naive_fault(KV_FAULT_BULK_LONG, len, max, cut);
		if (data[at] != '$')
			return naive_fault(KV_FAULT_DOLLAR, len, max, cut);
		if (!good || bulk < 0 || (unsigned long long)bulk > max)
			return naive_fault(KV_FAULT_BULK, len, max, cut);
		at += line + (size_t)bulk + 2;
		if (at + 6 * (count - 1) > max)
			return WEFT_ETOOBIG;
		if (at > len)
			return WEFT_CUT_MORE;
	}
	cut->len = cut->used = at;
	return WEFT_CUT_MESSAGE;
}

static int
naive_resp(const uint8_t *data, size_t len, size_t max, struct weft_cut *cut)
{
	long long count = 0;
	size_t line;
	int good = 0;

	if (data[0] != '*')
		return naive_inline(data, len, max, cut);
	line = naive_line(data, len, &count, &good);
	if (line == 0)
		return WEFT_CUT_MORE;
	if (line == SIZE_MAX)
		return naive_fault(KV_FAULT_COUNT_LONG, len, max, cut);
	if (!good || count > KV_ARGS_MAX)
		return naive_fault(KV_FAULT_COUNT, len, max, cut);
	if (count <= 0) {
		cut->used = line;
		return WEFT_CUT_SKIP;
	}
	if (line + 6 * (size_t)count > max)
		return WEFT_ETOOBIG;
	return naive_bulks(data, len, max, line, (size_t)count, cut);
}

/* The arguments of a message, or of a part of it: never outside of it. */
static void
arguments(const uint8_t *data, size_t len, const struct weft_cut *cut)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct weft_bytes msg = { copy, len };
	enum kv_fault fault;
	struct kv_args args;
	uint8_t sum = 0;
	uint32_t i;
	size_t n;

	if (copy == NULL)
		abort();
	memcpy(copy, data, len); /* so that ASan knows where it ends */
	if (kv_args_parse(&args, msg, &fault) < 0)
		abort();
	if (fault != KV_FAULT_NONE && args.argc != 0)
		abort();
	if (cut != NULL && cut->flags != 0 && fault != cut->flags - 1)
		CODEC_FEED_FAIL(
		    "expected fault %u, found %d", cut->flags - 1, (int)fault);
	if (cut != NULL && cut->flags == 0 && fault != KV_FAULT_NONE &&
	    fault != KV_FAULT_QUOTES)
		CODEC_FEED_FAIL("expected no fault, found %d", (int)fault);
	for (i = 0; i < args.argc; i++)
		for (n = 0; n < args.argv[i].len; n++)
			sum ^= ((const uint8_t *)args.argv[i].data)[n];
	__asm__ volatile("" : : "r"(sum)); /* it was read, all of it */
	kv_args_fini(&args);
	free(copy);
}

/* As fuzz_is_naive(), but that a fault is not made of the client's bytes. */
static void
is_naive(const struct codec_feed *feed, const uint8_t *script, size_t len,
    size_t max_message)
{
	struct weft_cut cut;
	size_t at, i = 0;
	int rv = WEFT_CUT_MORE;

	for (at = 0; at < len; at += cut.used) {
		memset(&cut, 0, sizeof(cut));
		rv = naive_resp(script + at, len - at, max_message, &cut);
		if (rv == WEFT_CUT_SKIP)
			continue;
		if (rv != WEFT_CUT_MESSAGE)
			break;
		if (i == feed->nmessages)
			CODEC_FEED_FAIL("message %zu is missing", i);
		if (cut.flags == 0 &&
		    !codec_feed_is(feed, i, script + at + cut.offset, cut.len))
			CODEC_FEED_FAIL("message %zu is another", i);
		arguments(
		    codec_feed_data(feed, i), feed->messages[i].len, &cut);
		i++;
	}
	if (i != feed->nmessages || (rv < 0 ? rv : 0) != feed->error ||
	    (rv >= 0 && len - at != feed->left))
		CODEC_FEED_FAIL("%zu messages, error %d, %zu bytes left; a "
				"naive decoder finds %zu, %d, %zu",
		    feed->nmessages, feed->error, feed->left, i,
		    rv < 0 ? rv : 0, len - at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec_feed feed;
	size_t max_message;

	if (size < 2)
		return 0;
	max_message = fuzz_max_message(data);
	data += 2;
	size -= 2;
	codec_feed_all(
	    &resp, CODEC_FEED_FRAMES, max_message, data, size, &feed);
	is_naive(&feed, data, size, max_message);
	codec_feed_free(&feed);
	arguments(data, size, NULL);
	return 0;
}
